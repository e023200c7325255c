"""TensorFlow starts without talking: it writes to stderr from C++, into notebooks and between progress bars.

TF_CPP_MIN_LOG_LEVEL does not hold back what is said before its log is set up, so stderr is closed for that moment.
"""

import contextlib
import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Iterator
from types import ModuleType


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """What is written to file descriptor 2, by C++ too, goes nowhere for a while."""
    try:
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # a program without a console has no stderr
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


class _Quiet(importlib.abc.MetaPathFinder):
    """Stands before the other finders until `tensorflow` is asked for, once."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec and spec.loader:
            run = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _begin(run, module)
        return spec


def _begin(run, module: ModuleType) -> None:
    with silent_stderr():
        run(module)
        module.config.list_physical_devices()  # looks for graphics cards, and complains when there is none
        module.get_logger().setLevel("ERROR")  # it also warns when a model meets a second shape


def install() -> None:
    """From now on TensorFlow will start without talking, whoever imports it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "tensorflow" not in sys.modules and not any(isinstance(f, _Quiet) for f in sys.meta_path):
        sys.meta_path.insert(0, _Quiet())
