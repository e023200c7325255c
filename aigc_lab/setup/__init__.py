"""Setting up: `.venv` from the lock, a wheelhouse for machines without network, and what to say when it fails.

Used by lab.py before anything is installed, so these modules import nothing but the standard library.
"""
