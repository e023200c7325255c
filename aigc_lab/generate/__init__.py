"""Generate: script, pictures, voice and music, each a short list of providers behind one function."""

GUIDANCE, STEPS = 3.0, 8  # the judge on guidance 2, 3, 4: theme 82, 89, 89 %, style 95, 94, 91 % (300 to 500 clips)
