"""Call a function that somebody else wrote, and come back whatever it does: wrong, slow, endless or loud.

It runs in a thread of its own. When its time is up, an exception is raised inside it, again and again, which ends loops
of Python code on every system, most of those too that catch every exception. What that cannot reach: one long call into
C (`time.sleep(1e6)`) goes on in the background until it returns, and one that never lets Python run (`10 ** 10 ** 9`,
`list(itertools.count())`, a regular expression that explodes) holds up the whole kernel, as it would in any cell:
interrupt or restart it. The grader, which must be sure, runs submissions in a process of their own.
"""

import builtins
import contextlib
import copy
import ctypes
import io
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MOST_PRINTED = 2000  # characters of the student's printing that are kept
MOST_PARTS = 50_000  # numbers, texts and lists in an answer
DEEPEST = 12  # lists within lists
GRACE = 1.0  # s that a function gets to end after it was told to


class Stopped(BaseException):
    """Raised inside a function whose time is up; no `except Exception` catches it."""


class NoKeyboard(RuntimeError):
    """The function asked for input()."""


class TooMuch(Exception):
    """The answer has too many parts, or is nested too deep."""


@dataclass(frozen=True, repr=False)
class Opaque:
    """A value of a kind that no check asks for; only the name of its type is kept, its own code never runs."""

    kind: str

    def __repr__(self) -> str:
        return f"<{self.kind}>"


@dataclass
class Outcome:
    """What came of a call.

    value: the answer as plain data; given: what became of the arguments; error: the exception's class, with its words,
    line number and source line; ended: False when the function still runs in the background.
    """

    value: Any = None
    given: Any = None
    error: type[BaseException] | None = None
    words: str = ""
    line: int = 0
    source: str = ""
    late: bool = False
    ended: bool = True
    printed: str = ""
    seconds: float = 0.0


def plain(value: Any) -> Any:
    """The value as None, bool, int, float, str, bytes, list, tuple, set and dict of their exact types.

    Numbers and arrays of NumPy become Python's; anything else becomes Opaque. Raises TooMuch.
    """
    return _plain(value, [0], 0)


def _plain(value: Any, count: list[int], depth: int) -> Any:
    count[0] += 1
    if count[0] > MOST_PARTS or depth > DEEPEST:
        raise TooMuch
    if isinstance(value, np.ndarray | np.generic):
        if value.size > MOST_PARTS:
            raise TooMuch
        value = value.tolist()
    for exact in (bool, int, float, str, bytes):
        if isinstance(value, exact):
            return value if type(value) is exact else exact(value) if exact is not str else str.__str__(value)
    if value is None:
        return None
    for exact in (list, tuple, set, frozenset):
        if isinstance(value, exact):
            return exact(_plain(part, count, depth + 1) for part in exact.__iter__(value))
    if isinstance(value, dict):
        return {_plain(k, count, depth + 1): _plain(v, count, depth + 1) for k, v in dict.items(value)}
    if hasattr(type(value), "cr_frame"):  # a coroutine that is never awaited complains later
        value.close()
    return Opaque(type.__getattribute__(type(value), "__name__"))


class Worker(threading.Thread):
    """The thread that a student's function runs in."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        super().__init__(daemon=True, name="aigc-lab-check")
        self.function, self.args = function, args
        self.outcome, self.lock, self.finished = Outcome(), threading.Lock(), False

    def run(self) -> None:
        """Call the function; whatever it raises ends here."""
        with contextlib.suppress(BaseException):
            try:
                given = copy.deepcopy(self.args)
                value = plain(self.function(*given))
                self.outcome.value, self.outcome.given = value, plain(given)
            except BaseException as error:
                self._note(error)
            with self.lock:
                self.finished = True

    def _note(self, error: BaseException) -> None:
        self.outcome.error = type(error)
        self.outcome.words = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1][:300]
        file = getattr(getattr(self.function, "__code__", None), "co_filename", None)
        frames = [f for f in traceback.extract_tb(error.__traceback__, -50) if f.filename == file]
        if frames:
            self.outcome.line, self.outcome.source = frames[-1].lineno or 0, (frames[-1].line or "")[:120]

    def stop(self) -> None:
        """Raise Stopped inside the function, unless it is done."""
        with self.lock:
            if not self.finished and self.ident is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), ctypes.py_object(Stopped))


@dataclass
class _Ear(io.TextIOBase):
    """Stands for stdout: keeps the beginning of what one thread prints, lets all others through."""

    through: Any
    kept: list[str] = field(default_factory=list)
    room: int = MOST_PRINTED

    def write(self, text: str) -> int:
        """Keep or pass on."""
        if not isinstance(threading.current_thread(), Worker):
            return self.through.write(text)
        if self.room > 0:
            self.kept.append(str(text)[: self.room])
            self.room -= len(self.kept[-1])
        return len(text)

    def flush(self) -> None:
        """Nothing waits here."""
        if not isinstance(threading.current_thread(), Worker):
            self.through.flush()


@contextlib.contextmanager
def _quiet() -> Iterator[_Ear]:
    """While a student's function runs: its printing is kept, and nobody sits at its keyboard."""
    ear, out, err, ask = _Ear(sys.stdout), sys.stdout, sys.stderr, builtins.input

    def refuse(*question: object) -> str:
        if isinstance(threading.current_thread(), Worker):
            raise NoKeyboard("input()")
        return ask(*question)

    sys.stdout, sys.stderr, builtins.input = ear, _Ear(err, ear.kept), refuse
    try:
        yield ear
    finally:
        sys.stdout, sys.stderr, builtins.input = out, err, ask


def call(function: Callable[..., Any], args: tuple[Any, ...], seconds: float) -> Outcome:
    """Call `function` with a copy of `args`, for at most so many seconds. Never raises because of the function.

    A KeyboardInterrupt of the person at the keyboard ends the function and passes through.
    """
    worker, begun = Worker(function, args), time.monotonic()
    with _quiet() as ear:
        worker.start()
        late = False
        try:
            _wait(worker, begun + seconds)
            late = worker.is_alive()
        finally:
            until = time.monotonic() + GRACE
            while worker.is_alive() and time.monotonic() < until:
                worker.stop()  # again and again: a bare `except:` in a loop may have caught the one before
                worker.join(0.005)
    ended = not worker.is_alive()
    outcome = worker.outcome if ended else Outcome()  # the thread may still write into its own
    outcome.late, outcome.ended = late or outcome.error is Stopped, ended
    outcome.printed, outcome.seconds = "".join(ear.kept), time.monotonic() - begun
    return outcome


def _wait(worker: Worker, until: float) -> None:
    """Short waits, because under Windows a long one cannot be interrupted."""
    while worker.is_alive() and time.monotonic() < until:
        worker.join(0.05)
