"""What the worker processes of test_train_files.py do: functions of a module of their own, so that they find them."""

import os
import signal
import sys
import time
from pathlib import Path

from aigc_lab.console import in_one_sentence
from aigc_lab.media import atomic
from aigc_lab.train.workers import spread


def double(number: int) -> int:
    return 2 * number


def die_at_two(number: int) -> int:
    if number == 2:
        os._exit(9)
    return number


def stubborn(number: int) -> int:
    """The second dies; the first does not let itself be ended, as some imports do not."""
    if number:
        time.sleep(1)
        os._exit(9)
    for _ in range(2):
        try:
            time.sleep(600)
        except BaseException:
            print("not now")
    return number


def unhearing(number: int) -> int:
    """The second dies; the first does not hear that it is to end."""
    if number:
        time.sleep(1)
        os._exit(9)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)
    return number


def no_memory(number: int) -> int:
    raise MemoryError(f"number {number}")


def slow_file(path: Path) -> None:
    """A file that takes half a minute to write; that it is begun is seen beside it."""
    with atomic(path) as part:
        part.write_bytes(b"half")
        path.with_suffix(".begun").touch()
        time.sleep(30)


@in_one_sentence
def main() -> None:
    list(spread(slow_file, [Path(sys.argv[1]) / f"{name}.npy" for name in "abcd"], 2))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is born deaf to Ctrl-C
    try:
        main()
    except Exception as error:
        sys.exit(getattr(error, "exit_code", 1))
