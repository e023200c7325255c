"""Generate: script, pictures, voice and music, each a short list of providers behind one function."""
