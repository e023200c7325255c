"""Work for several processes that ends well: quiet at Ctrl-C, no half-written files, and an end when one is killed."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import util
from multiprocessing.pool import IMapIterator, Pool
from multiprocessing.process import BaseProcess
from typing import Any

from aigc_lab import LabError

PATIENCE = 1.0  # s between two looks whether all processes are alive
LONGEST_END = 3.0  # s that a process may take to put its files in order


def spread(work: Callable[[Any], Any], jobs: Iterable[Any], processes: int, together: int = 1) -> Iterator[Any]:
    """`work` of each job in the order of the jobs, done by other processes, `together` jobs at a time; 1: by this one.

    With more than one process the caller's module must guard its main part. Raises what `work` raises, and LabError
    when a process is killed, as a system does that runs out of memory.
    """
    jobs = list(jobs)
    parts = [jobs[at : at + together] for at in range(0, len(jobs), together)]
    if min(processes, len(parts)) <= 1:
        yield from map(work, jobs)
        return
    strangers = set(multiprocessing.active_children())
    with _deaf():
        pool = multiprocessing.get_context("spawn").Pool(min(processes, len(parts)), _begin)
    try:
        mine = set(multiprocessing.active_children()) - strangers
        answers = pool.imap(partial(_all, work), parts)
        for _ in parts:
            yield from _next(answers, mine)
    finally:
        _finish(pool)


def _all(work: Callable[[Any], Any], jobs: list[Any]) -> list[Any]:
    return [work(job) for job in jobs]


def _next(answers: IMapIterator, workers: set[BaseProcess]) -> list[Any]:
    while True:
        try:
            return answers.next(timeout=PATIENCE)
        except multiprocessing.TimeoutError:
            if all(worker.is_alive() for worker in workers):
                continue
        raise LabError(
            "A process that helped was killed, most likely because memory was full: close other programs, or set "
            "AIGC_LAB_THREADS=1. What is finished is kept: the same command goes on from there."
        )


def _finish(pool: Pool) -> None:
    """Ask all processes to end, and kill those that do not.

    A process does not hear a signal that comes in the moment before it begins to wait for work: Python looks for one
    before and after it waits. `Pool.terminate` asks once, and would wait for such a process for ever.
    """
    last = threading.Timer(LONGEST_END + PATIENCE, lambda: [worker.kill() for worker in pool._pool])
    last.daemon = True
    last.start()
    try:
        pool.terminate()
    finally:
        last.cancel()


@contextmanager
def _deaf() -> Iterator[None]:
    """Nobody hears Ctrl-C for the moment, nor do processes that begin now: they ignore it from their first line on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


def _begin() -> None:
    """In each process: Ctrl-C is for the one that is in charge; when that one ends this, files are put in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    # When this process has nothing left to put in order it may be ended at once, and Python need not complain of it.
    util.Finalize(None, signal.signal, (signal.SIGTERM, signal.SIG_DFL), exitpriority=0)


def _end(*_: object) -> None:
    """Leave through all `finally`, and in any case: code that is just being imported may swallow the exit."""
    last = threading.Timer(LONGEST_END, os._exit, (1,))
    last.daemon = True
    last.start()
    sys.exit(1)
