"""Benchmarks: each has `run() -> dict` and is called by `python lab.py bench`."""
