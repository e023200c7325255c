"""What a student has done so far, in a small file beside the notebook.

It is for the student's own eyes: the grader runs every check again and reads none of this.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from aigc_lab import LabError
from aigc_lab.course.page import Words
from aigc_lab.media import write_json

FILE = ".aigc-lab-progress.json"
STUDENT_FILE = "student.txt"
MOST_SEEN = 50  # fingerprints of failed tries that are remembered for one task


@contextlib.contextmanager
def set_aside(folder: Path) -> Iterator[None]:
    """A folder without its record for a while, so that a run begins with nothing done and leaves nothing behind."""
    path = folder / FILE
    kept = path.read_bytes() if path.is_file() else None
    path.unlink(missing_ok=True)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        if kept is not None:
            path.write_bytes(kept)


@dataclass
class Record:
    """One task: passed once, tries counted, hints opened, points as the check gave them.

    failed: fingerprints of the failed tries, each once; a hint costs one.
    """

    passed: bool = False
    tries: int = 0
    hints: int = 0
    points: int = 0
    failed: list[str] = field(default_factory=list)


_memory: dict[Path, dict[str, Record]] = {}  # folders whose file cannot be read or written


def records() -> tuple[dict[str, Record], Words | None]:
    """Every record of the working folder by task id, and a notice when its file is broken (given once)."""
    path = Path.cwd() / FILE
    if path in _memory:
        return _memory[path], None
    try:
        return _read(path), None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        _memory[path] = {}
        return _memory[path], Words(
            f"{FILE} cannot be read, so your progress is kept until the kernel stops: delete the file to start anew.",
            f"读不了 {FILE}，进度只保留到内核关闭为止；删掉这个文件就能重新开始记录。",
        )


def keep(kept: dict[str, Record]) -> Words | None:
    """Write the records; when that cannot be done they stay in memory, with a notice the first time."""
    path = Path.cwd() / FILE
    known = path in _memory
    if known and path.exists():  # a file that cannot be read is the student's to mend or delete
        _memory[path] = kept
        return None
    try:
        write_json(path, {"tasks": {task: asdict(record) for task, record in kept.items()}})
        _memory.pop(path, None)
    except LabError:
        _memory[path] = kept
        return (
            None
            if known
            else Words(
                f"{FILE} cannot be written in this folder, so your progress is kept until the kernel stops.",
                f"这个文件夹里写不了 {FILE}，进度只保留到内核关闭为止。",
            )
        )
    return None


def _read(path: Path) -> dict[str, Record]:
    if not path.exists():
        return {}
    stored = json.loads(path.read_text(encoding="utf-8-sig"))
    return {str(task): _record(fields) for task, fields in stored["tasks"].items()}


def _record(fields: dict[str, Any]) -> Record:
    """One record as it was written. Raises ValueError or TypeError for anything else."""
    record = Record(**fields)
    whole = [record.tries, record.hints, record.points]
    if type(record.passed) is not bool or any(type(n) is not int or not 0 <= n < 10**6 for n in whole):
        raise ValueError(fields)
    if not all(isinstance(mark, str) for mark in record.failed):
        raise ValueError(fields)
    record.failed = list(record.failed)[-MOST_SEEN:]
    return record


def student_seed() -> int:
    """The number that a student's fixtures are drawn from: made of AIGC_LAB_STUDENT, else of the first line of
    student.txt beside the notebook; 0 where neither is.
    """
    name = os.environ.get("AIGC_LAB_STUDENT", "")
    if not name:
        try:
            lines = Path(STUDENT_FILE).read_text(encoding="utf-8-sig", errors="replace").splitlines()
        except OSError:
            lines = []
        name = lines[0] if lines else ""
    name = name.strip()
    return int.from_bytes(hashlib.sha256(name.encode("utf-8")).digest()[:4], "big") >> 1 if name else 0
