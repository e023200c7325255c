"""One cell of a master: its fields, what they may be, and what can be wrong with a cell by itself."""

import ast
import re
import warnings
from dataclasses import dataclass

from nbformat import NotebookNode

from aigc_lab.course.regions import find_regions, pieces, shown
from aigc_lab.course.words import LANGUAGES, Found

TAGS = (
    "parameters",  # papermill puts its values after this cell
    "nbval-check-output",  # the output is compared, not only made
    "nbval-ignore-output",
    "nbval-skip",
)
RAISES = "raises-exception"
GRADES = {  # grade: (nbgrader's grade, solution, locked; the kinds of cell it can be)
    "answer": (False, True, False, ("code",)),
    "test": (True, False, True, ("code",)),
    "manual": (True, True, False, ("code", "markdown")),
    "readonly": (False, False, True, ("code", "markdown")),
}
PARTS = ("lesson", "exercise", "both")
FIELDS = ("id", "lang", "part", "grade", "points", "tags", "stale")
READING = {"line", "cell_marker", "lines_to_next_cell", "region_name"}  # put there by the reading
MOST_LINES = 25  # of a code cell in a lesson


@dataclass(frozen=True)
class Cell:
    """One cell of a master; `line` is that of its header, `body` that of its first line (both counted from 1)."""

    id: str
    type: str  # code, markdown or raw
    source: str
    line: int
    body: int
    quoted: bool = False  # text between triple quotes instead of behind #
    lang: str | None = None  # en or zh for text, None for code
    part: str = "lesson"
    grade: str | None = None
    points: int | None = None
    tags: tuple[str, ...] = ()
    stale: bool = False  # text that did not follow a change of its twin

    @property
    def end(self) -> int:
        """The last line of the body; the header's line when the cell is empty."""
        return self.body + self.source.count("\n") if self.source else self.body - 1

    @property
    def whole_answer(self) -> bool:
        """Is all of it an answer, as nbgrader takes a written answer without a region?"""
        return self.type == "markdown" and self.grade == "manual"


def header_faults(node: NotebookNode) -> list[str]:
    """What is wrong with the fields of a header, one sentence each."""
    meta = {name: value for name, value in node.metadata.items() if name not in READING}
    if "incorrectly_encoded_metadata" in meta or "title" in meta:
        odd = meta.get("title") or meta["incorrectly_encoded_metadata"]
        return [f'{odd!r} in the header is no field: write name="value"']
    unknown = [name for name in meta if name not in FIELDS]
    faults = [f"unknown field {name!r}: a header has {', '.join(FIELDS)}" for name in unknown]
    known = {"lang": tuple(LANGUAGES), "part": PARTS, "grade": tuple(GRADES), "stale": (True, False)}
    for name, values in known.items():
        if name in meta and meta[name] not in values:
            faults.append(f"{name}={meta[name]!r} is not one of {', '.join(map(str, values))}")
    tags = meta.get("tags", [])
    faults += [f"unknown tag {tag!r}: the tags are {', '.join(TAGS)}" for tag in tags if tag not in (*TAGS, RAISES)]
    if RAISES in tags:
        faults.append(f"papermill ends at a cell that fails, tagged {RAISES!r} or not: catch the error and print it")
    if not meta.get("id"):
        faults.append('this cell has no id: write id="a-short-name", the same in both languages')
    elif not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(meta["id"])):
        faults.append(f"id={meta['id']!r} has other signs than letters of a to z, digits, - and _, or over 64 of them")
    if node.cell_type == "markdown" and "lang" not in meta:
        faults.append('this text has no language: write lang="en" or lang="zh"')
    if node.cell_type != "markdown" and "lang" in meta:
        faults.append("code stands once for both languages: take lang away and put words into the table")
    if node.cell_type == "raw" and meta.get("id") != "words":
        faults.append('the only raw cell of a master is its table of words: # %% [raw] id="words"')
    return faults + _grade_faults(node.cell_type, meta)


def _grade_faults(kind: str, meta: dict) -> list[str]:
    grade, points = meta.get("grade"), meta.get("points")
    if grade not in GRADES:
        return ["points without a grade: write grade too"] if "points" in meta and grade is None else []
    is_graded, _, _, kinds = GRADES[grade]
    faults = []
    if kind not in kinds:
        faults.append(f'grade="{grade}" is for {" and ".join(kinds)} cells, and this one is {kind}')
    if meta.get("part") != "exercise":
        faults.append('a grade belongs to the exercise: write part="exercise"')
    if is_graded and (not isinstance(points, int) or isinstance(points, bool) or points < 0):
        faults.append(f'grade="{grade}" needs its points: write points=2')
    if not is_graded and "points" in meta:
        faults.append(f'grade="{grade}" has no points: they stand at its test')
    return faults


def cell_faults(cell: Cell) -> Found:
    """What is wrong with a cell by itself: (line of its body counted from 0, what)."""
    regions, faults = find_regions(cell.source)
    homes = {"SOLUTION": ("answer", "manual"), "HIDDEN TESTS": ("test",)}
    for region in regions:
        if cell.grade not in homes[region.name]:
            grades = " or ".join(f'grade="{grade}"' for grade in homes[region.name])
            faults.append((region.first, f"a region {region.name} belongs into a cell with {grades}"))
    is_answer = cell.grade in ("answer", "manual") and cell.type == "code"
    if is_answer and not faults and not any(region.name == "SOLUTION" for region in regions):
        faults.append((0, "this answer has no ### BEGIN SOLUTION ... ### END SOLUTION to leave out"))
    if cell.type != "code":
        return faults
    lines = cell.source.count("\n") + 1
    if cell.part != "exercise" and lines > MOST_LINES:
        faults.append(
            (MOST_LINES, f"a code cell of {lines} lines: {MOST_LINES} at most, put the rest into the package")
        )
    broken = python_faults(cell.source)
    if not broken and regions and not faults:
        exercise = shown(pieces(cell.source, cell.source, "exercise", "code", "en"))
        rest = python_faults(exercise)
        broken = [(regions[0].first, f"without its solution this is not Python ({what})") for _, what in rest]
    if "parameters" in cell.tags and not broken:
        faults += _literal_faults(cell.source)
    return faults + broken


def python_faults(code: str) -> Found:
    """The syntax error of a code cell, if it has one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compile(code, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, Warning) as error:
        line = getattr(error, "lineno", None) or 1
        return [(line - 1, f"syntax error: {getattr(error, 'msg', None) or error}")]
    return []


def _literal_faults(code: str) -> Found:
    faults = []
    for node in ast.parse(code).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        plain = isinstance(node, ast.Assign | ast.AnnAssign) and all(isinstance(at, ast.Name) for at in targets)
        try:
            ast.literal_eval(node.value if plain else "?")
        except (ValueError, SyntaxError, TypeError):
            text = ast.unparse(node).split("\n")[0]
            faults.append(
                (node.lineno - 1, f"parameters are literals, and `{text}` is not: work it out in the next cell")
            )
    return faults
