"""Publish: captions, vector overlay, the single encode, labels."""
