"""Masters: one file per lesson, `notebooks/src/NN_name.py`, from which every notebook of the lesson is built.

A master is plain Python in cells (py:percent), in the order in which a reader meets them:

    # %% [raw] id="words"                                    1. what a reader sees inside code, in both languages (YAML)
    # frame: {en: frame, zh: 帧}

    # %% [markdown] id="idea" lang="en"                      2. text stands twice under one id, side by side, behind #
    # ## A clip is a row of [pictures](/data/row.png)           or between lines of three quotation marks: the same
    #                                                           headings, links, words in `backticks`; a link into the
    # %% [markdown] id="idea" lang="zh"                         project begins with / and is the same in both (the
    # ## 一段视频就是一排[图片](/data/row.png)                    Chinese notebook finds zh/ and .zh-CN.md by itself)

    # %% id="parameters" part="both" tags=["parameters"]     3. parameters are literals; a cell is part of the lesson,
    seed = 7                                                    unless it says part="exercise" or part="both"

    # %% id="plot"                                           4. code stands once, in 25 lines at most; its strings and
    show(clip, "<<frame>> 1")  # the first <<frame>>            comments take <<words>> from the table

    # %% id="mean" part="exercise" grade="answer"            5. a task is a grade="answer" with a solution, then a
    def mean(values):                                           grade="test" points=2 (what only the teacher sees is
        ### BEGIN SOLUTION                                      between ### BEGIN HIDDEN TESTS and ### END HIDDEN
        return sum(values) / len(values)                        TESTS), or a grade="manual" points=2, text or code,
        ### END SOLUTION                                        for a person to mark; grade="readonly" is locked

Then `course build`. A draft warns where the languages differ, a strict build refuses; both name the line of a fault.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from aigc_lab import LabError
from aigc_lab.course.cells import Cell, cell_faults, header_faults, python_faults
from aigc_lab.course.words import LANGUAGES, Word, expand, read_words, used

HEADER = re.compile(r"^\s*#\s*%%+(\s|$)")


@dataclass
class Master:
    """A master as it was read: its lines, its cells in order, its words, and its errors, each with its place."""

    path: Path
    lines: list[str]
    cells: list[Cell] = field(default_factory=list)
    words: dict[str, Word] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The lesson's name, as in `00_welcome`."""
        return self.path.stem

    def at(self, line: int, text: str) -> str:
        """A message with its place, `file:line: text`."""
        return f"{self.path.as_posix()}:{line}: {text}"

    def by_id(self) -> dict[str, dict[str | None, Cell]]:
        """The cells in order: id -> language (None for code) -> cell."""
        found: dict[str, dict[str | None, Cell]] = {}
        for cell in self.cells:
            if cell.type != "raw":
                found.setdefault(cell.id, {})[cell.lang] = cell
        return found


def read_master(path: Path) -> Master:
    """Read a master; what is wrong in it is in `errors`. Raises LabError when the file cannot be read as text."""
    path = Path(path)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise LabError(f"{path.as_posix()} cannot be read ({error.strerror}): check the name.") from error
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise LabError(f"{path.as_posix()}:{line}: this is not UTF-8; save the file as UTF-8.") from error
    return parse_master(path, text)


def parse_master(path: Path, text: str) -> Master:
    """Parse the text of a master; `path` is only named in messages. Raises LabError when a header cannot be read."""
    master = Master(path, text.rstrip("\n").split("\n"))
    wrong = [fault for node in _parse(master) for fault in _take(master, node)]
    wrong += _id_faults(master) + _parameter_faults(master)
    if not wrong:
        wrong += _word_faults(master)
    master.errors = [master.at(line, text) for line, text in sorted(wrong)]
    return master


def _parse(master: Master) -> list[NotebookNode]:
    """jupytext's cells; each header carries its line number through, because jupytext does not tell it."""
    marked = [f"{line} line={at}" if HEADER.match(line) else line for at, line in enumerate(master.lines, 1)]
    try:
        return jupytext.reads("\n".join(marked), fmt="py:percent").cells
    except Exception as error:  # a header that makes no valid notebook comes without a line: find it
        for at, line in enumerate(marked, 1):
            try:
                jupytext.reads(line if HEADER.match(line) else "", fmt="py:percent")
            except Exception:
                text = master.at(at, 'this header cannot be read: write fields as id="x", tags=["x"], points=2')
                raise LabError(f"{text}.") from error
        raise LabError(f"{master.path.as_posix()} is not a notebook in cells (py:percent): {error}.") from error


def _take(master: Master, node: NotebookNode) -> list[tuple[int, str]]:
    """Make a Cell of one of jupytext's and give back what is wrong with it by itself: (line of the master, what)."""
    meta, line = node.metadata, node.metadata.get("line")
    if line is None:
        text = 'this stands before the first cell: give it a header, # %% id="a-name"'
        return [(1, text)] if node.source.strip() else []
    faults = header_faults(node)
    if faults:
        return [(line, fault) for fault in faults]
    lines = node.source.rstrip("\n").split("\n")
    source = "\n".join(re.sub(r" line=\d+$", "", text) if HEADER.match(text) else text for text in lines)
    quoted = "cell_marker" in meta
    first = master.lines[line] if line < len(master.lines) else ""
    if node.cell_type == "markdown" and not quoted and source and not first.startswith("#"):
        return [(line + 1, 'text stands behind # or between lines of three quotation marks (""") alone')]
    cell = Cell(
        meta["id"], node.cell_type, source, line, line + 2 if quoted else line + 1, quoted, meta.get("lang"),
        meta.get("part", "lesson"), meta.get("grade"), meta.get("points"), tuple(meta.get("tags", ())),
        bool(meta.get("stale", False)),
    )  # fmt: skip
    master.cells.append(cell)
    return [(cell.body + at, fault) for at, fault in cell_faults(cell)]


def _id_faults(master: Master) -> list[tuple[int, str]]:
    seen: dict[tuple[str, str | None], Cell] = {}
    faults = []
    for cell in master.cells:
        others = [seen[cell.id, lang] for lang in (None, *LANGUAGES) if (cell.id, lang) in seen]
        same = [other for other in others if cell.lang == other.lang or None in (cell.lang, other.lang)]
        if same:
            faults.append((cell.line, f"the id {cell.id!r} is taken by line {same[0].line}: choose another"))
        for other in others if not same else []:
            for name in ("part", "grade", "points", "tags"):
                if getattr(cell, name) != getattr(other, name):
                    faults.append((cell.line, f"{name} is not the same as in its twin, line {other.line}"))
        seen.setdefault((cell.id, cell.lang), cell)
    return faults


def _parameter_faults(master: Master) -> list[tuple[int, str]]:
    faults = []
    for part in ("lesson", "exercise"):
        cells = [cell for cell in master.cells if "parameters" in cell.tags and cell.part in (part, "both")]
        faults += [(cell.line, f"the {part} has its parameters in line {cells[0].line} already") for cell in cells[1:]]
    return sorted(set(faults))


def _word_faults(master: Master) -> list[tuple[int, str]]:
    """What is wrong with the table of words and its use; fills `master.words`."""
    faults: list[tuple[int, str]] = []
    for table in (cell for cell in master.cells if cell.type == "raw"):
        master.words, faults = read_words(table.source, table.body)
    if faults:
        return faults
    named = set()
    for cell in (cell for cell in master.cells if cell.type == "code"):
        for at, name in used(cell.source):
            named.add(name)
            if name not in master.words:
                faults.append((cell.body + at, f"the word {name!r} is not in the table of words"))
        for lang in LANGUAGES:
            broken = python_faults(expand(cell.source, master.words, lang))
            faults += [
                (cell.body + at, f"with the words of {lang!r} this is not Python: {what}") for at, what in broken
            ]
    unused = [word for word in master.words.values() if word.name not in named]
    return faults + [(word.line, f"the word {word.name!r} is used nowhere: take it away") for word in unused]
