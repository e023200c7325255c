"""Looking at files before they come into a corpus, in worker processes that may die over a broken one.

A worker is a process of its own (the start method is "spawn" on every system: decoders with threads do not survive a
fork). When one dies, nobody knows which of the files in work killed it; so all of them are tried again, each alone, and
the one that kills again is the one to blame.
"""

import hashlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from aigc_lab import LabError
from aigc_lab.collect.cleaning import REFUSED, Flag, Inspection, Shot
from aigc_lab.collect.items import Item
from aigc_lab.media import read_frames, read_image
from aigc_lab.vision import small

if TYPE_CHECKING:
    from aigc_lab.collect.describing import Description

SIDE = 160  # pixels of the long side of the frames that describing sees
RATE, LENGTH = 8.0, 2.0  # frames a second, and seconds of a shot, that describing sees
Inspect = Callable[[Path, str], Inspection]
Describe = Callable[[Item, Inspection | None, np.ndarray | None, float], "Description"]


@dataclass(frozen=True)
class Find:
    """An item that is new to a corpus. file: the first 32 digits of its SHA-256; again: the corpus has it already, and
    it is looked at anew because its source tells something else of it now."""

    item: Item
    file: str
    again: bool = False


@dataclass(frozen=True)
class Seen:
    """What was found in a file, and a description of each of its shots (None: it could not be looked at)."""

    inspection: Inspection
    shots: tuple[tuple[Shot, "Description | None"], ...]


def file_hash(path: Path) -> str:
    """The first 32 digits of the SHA-256 of a file's bytes. Raises OSError when it cannot be read."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:32]


def look_at(finds: Iterable[Find], workers: int, inspect: Inspect | None = None, describe: Describe | None = None
            ) -> Iterator[tuple[Find, Seen]]:  # fmt: skip
    """Look at each file and give back what was found, in the order of `finds`.

    With one worker this happens in the program itself, with more in so many processes, and a file that kills its
    process comes back with the flag "decode". What `finds` raises is raised after everything before it has come back.
    `inspect` and `describe` are those of cleaning.py and describing.py, or functions that a worker can import.
    """
    work = partial(look, inspect=inspect, describe=describe)
    if workers <= 1:
        for find in finds:
            yield find, work(find.item)
    else:
        yield from _in_processes(finds, work, workers)


def look(item: Item, inspect: Inspect | None = None, describe: Describe | None = None) -> Seen:
    """Inspect one file and describe its shots. Whatever goes wrong becomes the flag "decode", with what was said."""
    inspect, describe = inspect or _usual("cleaning", "inspect"), describe or _usual("describing", "describe")
    try:
        found = inspect(item.path, item.kind)
        shots = found.shots or (Shot(0.0, found.seconds),)
        refused = any(flag.name in REFUSED for flag in found.flags)
        told = []
        for shot in shots:
            frames, rate = (None, 0.0) if refused else _frames(item, found, shot)
            told.append((shot, describe(item, found, frames, rate)))
        return Seen(found, tuple(told))
    except Exception as error:  # one file of ten thousand must not stop the others
        return unseen(item, f"It could not be looked at ({type(error).__name__}: {error}).")


def _usual(module: str, name: str) -> Callable:
    """A function of a room beside this one, found when it is needed: the rooms stay apart, and start quickly."""
    return getattr(import_module(f"aigc_lab.collect.{module}"), name)


def unseen(item: Item, reason: str) -> Seen:
    """What is known of a file that could not be looked at: nothing but why."""
    flag = Flag("decode", 0.0, 1.0, " ".join(reason.split()))
    found = Inspection(
        kind=item.kind, width=0, height=0, fps=0.0, seconds=0.0, crop=None, shots=(), measures={}, flags=(flag,),
        fingerprint=b"",
    )  # fmt: skip
    return Seen(found, ((Shot(0.0, 0.0), None),))


def _frames(item: Item, found: Inspection, shot: Shot) -> tuple[np.ndarray | None, float]:
    """Small frames from the middle of a shot, without bars: uint8 (T, H, W, 3) and how many a second; None for text."""
    if found.kind == "picture":
        return cropped(read_image(item.path)[:, :, :3], found.crop, SIDE)[None], 0.0
    if found.kind != "video":
        return None, 0.0
    start = shot.start + max(shot.end - shot.start - LENGTH, 0.0) / 2
    read = read_frames(item.path, start, min(shot.end - shot.start, LENGTH), step=1 / RATE)
    held = [(time, cropped(frame, found.crop, SIDE)) for time, frame in read]
    if not held:
        return None, 0.0
    passed = held[-1][0] - held[0][0]
    return np.stack([frame for _, frame in held]), (len(held) - 1) / passed if passed > 0 else 0.0


def cropped(frame: np.ndarray, crop: tuple[int, int, int, int] | None, longest: int) -> np.ndarray:
    """A picture uint8 (H, W, 3) cut to `crop` (x, y, width, height), its long side at most `longest` pixels."""
    x, y, width, height = crop or (0, 0, frame.shape[1], frame.shape[0])
    return small(frame[y : y + height, x : x + width], longest)


Work = Callable[[Item], Seen]
KILLED = "The program that read it died: the file is damaged, or needs more memory than there is."


def _in_processes(finds: Iterable[Find], work: Work, workers: int) -> Iterator[tuple[Find, Seen]]:
    source, failure = iter(finds), None
    waiting: deque[tuple[Find, Future]] = deque()
    pool = _pool(workers)
    try:
        while True:
            while failure is None and len(waiting) < 2 * workers:  # a short queue: sources may fetch as we go
                try:
                    find = next(source)
                except Exception as error:  # StopIteration is the usual one; a source's own waits for the rest
                    failure = error
                else:
                    waiting.append((find, _submitted(pool, work, find.item)))
            if not waiting:
                break
            if isinstance(waiting[0][1].exception(), BrokenProcessPool):
                pool.shutdown()  # now every future has its result or its error
                yield from _one_by_one(waiting, work)
                waiting.clear()
                pool = _pool(workers) if failure is None else pool
            else:
                find, future = waiting.popleft()
                yield find, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
    if not isinstance(failure, StopIteration):
        raise failure


def _submitted(pool: ProcessPoolExecutor, work: Work, item: Item) -> Future:
    try:
        return pool.submit(work, item)
    except BrokenProcessPool as error:
        broken: Future = Future()
        broken.set_exception(error)
        return broken


def _one_by_one(held: Iterable[tuple[Find, Future]], work: Work) -> Iterator[tuple[Find, Seen]]:
    """Try files again, each alone in a process, unless their result came before the others died."""
    pool = None
    try:
        for find, future in held:
            if future.exception() is None:
                yield find, future.result()
                continue
            pool = pool or _pool(1)
            try:
                yield find, pool.submit(work, find.item).result()
            except BrokenProcessPool:
                pool = None
                yield find, unseen(find.item, KILLED)
    finally:
        if pool:
            pool.shutdown(cancel_futures=True)


def _pool(workers: int) -> ProcessPoolExecutor:
    """Processes that have shown that they can start, so that no file is blamed for what is wrong with the program."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _one_thread)
    try:
        pool.submit(abs, 0).result()
    except BrokenProcessPool as error:
        raise LabError(
            "Worker processes cannot be started: call this under `if __name__ == '__main__':`, or use one worker."
        ) from error
    return pool


def _one_thread() -> None:
    """Each worker has a core of its own. Ctrl-C reaches all processes of a console: only the first one acts on it."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
