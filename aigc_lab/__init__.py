"""AIGC Short-Video Lab: from a brief to a finished short, step by step.

collect -> train -> generate -> optimize -> publish, and `production` which runs them in order.
"""

from aigc_lab.quiet import install as _start_quietly

__version__ = "0.1.0"


class LabError(Exception):
    """Something a person can put right: the message says what, where and what to do, in one sentence."""


_start_quietly()
