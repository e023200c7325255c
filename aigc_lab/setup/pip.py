"""Running pip inside `.venv`: its words into a log, its progress on the screen, its failures in plain sentences."""

import os
import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from aigc_lab.setup.troubles import reason

PIP = ["-m", "pip", "--disable-pip-version-check", "--no-input"]
INSTALL = "install 安装"


def say(*lines: str) -> None:
    """Print at once, so that lines keep their order with those of the programs started here."""
    print(*lines, sep="\n", flush=True)


def interpreter(venv: Path) -> Path:
    """The Python inside a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages(venv: Path) -> Path:
    """Where a virtual environment of this Python's version keeps its packages."""
    version = "python{}.{}".format(*sys.version_info[:2])
    return venv / "Lib" / "site-packages" if os.name == "nt" else venv / "lib" / version / "site-packages"


def environment() -> dict[str, str]:
    """The environment of every program started here: UTF-8, what a console cannot show replaced, a quiet TensorFlow."""
    env = dict(os.environ, PYTHONUTF8="1")
    encoding = (env.get("PYTHONIOENCODING") or "utf-8").split(":")[0]
    env["PYTHONIOENCODING"] = f"{encoding}:replace"
    env.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    env.setdefault("KERAS_BACKEND", "tensorflow")
    return env


class Progress:
    """One line of progress: rewritten in place on a terminal, printed every five seconds elsewhere."""

    def __init__(self) -> None:
        self.last = -9.0

    def show(self, done: int, total: int, words: str) -> None:
        """Say that `done` of `total` packages are there, and what is going on."""
        text = f"[{min(done, total):3d}/{total}] {words}"
        if sys.stdout.isatty():
            print("\r" + text[:70].ljust(70), end="", flush=True)
        elif time.monotonic() - self.last > 5:
            say(text)
        else:
            return
        self.last = time.monotonic()

    def end(self) -> None:
        """Leave the line on a terminal."""
        if sys.stdout.isatty() and self.last > 0:
            print(flush=True)


def pip(venv: Path, arguments: list[str], total: int = 0) -> None:
    """Run the pip of `venv`, its words into `setup.log` and progress over `total` packages to the screen.

    Raises Trouble when it fails.
    """
    command = [str(interpreter(venv)), *PIP, *arguments]
    env = dict(environment(), PYTHONIOENCODING="utf-8:replace", PIP_PROGRESS_BAR="off", PYTHONUNBUFFERED="1")
    lines: queue.Queue = queue.Queue()
    with (venv / "setup.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
        try:
            said = _follow(lines, log, venv, total)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.wait():
        raise reason(said, venv / "setup.log")


def _read(stream: IO[bytes], lines: queue.Queue) -> None:
    for line in stream:
        lines.put(line.decode("utf-8", "replace"))
    lines.put(None)


def _follow(lines: queue.Queue, log: IO[str], venv: Path, total: int) -> str:
    """Turn pip's lines into progress until they end; return all of them."""
    said, count, words, progress = "", 0, "", Progress()
    while True:
        try:
            line = lines.get(timeout=0.5)
        except queue.Empty:
            if words == INSTALL and total > 1:
                progress.show(sum(1 for _ in site_packages(venv).glob("*.dist-info/RECORD")), total, words)
            continue
        if line is None:
            progress.end()
            return said
        said += line
        log.write(line)
        log.flush()
        total -= line.startswith("Ignoring ")  # a line of the lock for another system
        found = re.match(r"\s*(Collecting|Downloading|Using cached|Requirement already satisfied:) (\S+)(.*)", line)
        if found:
            count += found[1][0] in "CR"
            name = re.split("-[0-9]|==", found[2].rsplit("/", 1)[-1])[0]
            verb = "there 已有" if found[1][0] == "R" else "download 下载"
            words = f"{verb} {name} {''.join(re.findall('[(][0-9.]+ .B[)]', found[3]))}"
        elif line.startswith("Installing collected"):
            words = INSTALL
        if total > 1 and words:
            progress.show(count, total, words)
