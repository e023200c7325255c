"""What goes wrong while models learn or are measured, in a sentence that says what to do.

That memory is full is said by NumPy, TensorFlow, PyTorch and JAX each in its own way, and what goes wrong inside of
tf.data arrives in one of TensorFlow's errors. All verbs that train or evaluate do their work inside of `plainly`.
"""

import errno
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from aigc_lab import LabError

FULL = re.compile(  # memory, in the words of NumPy, PyTorch, CUDA, OpenCV, XLA and TensorFlow
    r"unable to allocate|not enough memory|can(?:'t|not) allocate memory|out of memory|insufficient memory"
    r"|resource_?exhausted|OOM when allocating",
    re.IGNORECASE,
)
OWN = re.compile(r"\bLabError: ([^\n]+)")  # how TensorFlow tells what its data raised


@contextmanager
def plainly(smaller: str) -> Iterator[None]:
    """What a person can put right becomes a LabError, whatever raised it; mistakes of the program stay as they are.

    smaller: what to do when memory is full, like "take a smaller --batch".
    """
    try:
        yield
    except Exception as error:
        told = plain(error, smaller)
        if told is None or told is error:
            raise
        raise told from error


def plain(error: BaseException, smaller: str) -> LabError | None:
    """An error as a LabError that says what to do, None when it is none that a person can put right."""
    if isinstance(error, LabError):
        return error
    text = f"{type(error).__name__}: {error}"
    if own := OWN.search(text):
        return LabError(own[1].strip())
    if isinstance(error, MemoryError) or FULL.search(text) or getattr(error, "errno", None) == errno.ENOMEM:
        return LabError(
            f"There is not enough memory: {smaller}, or close other programs. What is finished is kept: the same "
            "command goes on from there."
        )
    if isinstance(error, OSError):
        where = f"{error.filename} cannot be read or written" if error.filename else "A file cannot be read or written"
        return LabError(f"{where} ({error.strerror or error}): see that it is there and that the disk has room.")
    return None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """An OSError while `path` is written becomes a LabError."""
    try:
        yield
    except OSError as error:
        raise LabError(
            f"Cannot write {path} ({error.strerror or error}): free some space or choose another folder."
        ) from error


def check_folder(folder: Path, flag: str) -> None:
    """Make a folder, and find out before the work that it takes files. Raises LabError, which names the flag."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = "it is a file" if folder.is_file() else error.strerror or error
        raise LabError(f"Nothing can be written to {folder} ({why}): name another folder with {flag}.") from error


def stored(path: Path, shape: tuple[int | None, ...], kind: type, remedy: str) -> np.ndarray:
    """The array in a .npy file, mapped: of this shape (None: any number) and type.

    Raises LabError when it is missing, cut off, of another shape or type, or no array; it ends with `remedy`.
    """
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        why = error.strerror or str(error)
    except ValueError:
        why = "it is cut off, or no array"
    else:
        fits = len(array.shape) == len(shape) and all(w in (None, n) for w, n in zip(shape, array.shape, strict=True))
        if fits and array.dtype == kind:
            return array
        wanted = "x".join("?" if n is None else str(n) for n in shape)
        why = f"{array.dtype} {'x'.join(map(str, array.shape))} instead of {np.dtype(kind)} {wanted}"
    raise LabError(f"{path} cannot be used ({why}): {remedy}.")
