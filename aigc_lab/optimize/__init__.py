"""Step 4: what was made is made better (picture, words, sound)."""
