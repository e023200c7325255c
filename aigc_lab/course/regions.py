"""What an exercise leaves out: solution regions and hidden tests, and a cell as each notebook shows it."""

from dataclasses import dataclass

STUBS = {  # what stands in an exercise where the solution was: nbgrader's own words, and the same in Chinese
    ("code", "en"): ("# YOUR CODE HERE", "raise NotImplementedError()"),
    ("code", "zh"): ("# 在这里写代码", "raise NotImplementedError()"),
    ("markdown", "en"): ("YOUR ANSWER HERE",),
    ("markdown", "zh"): ("在这里写答案",),
}
MARKS = {"SOLUTION": "### BEGIN SOLUTION", "HIDDEN TESTS": "### BEGIN HIDDEN TESTS"}


@dataclass(frozen=True)
class Region:
    """Lines `first` to `last` of a cell (counted from 0, markers included) that an exercise does not show."""

    name: str  # SOLUTION or HIDDEN TESTS
    first: int
    last: int


@dataclass(frozen=True)
class Piece:
    """Some lines as a notebook shows them, and the lines of the master that they came from."""

    shown: tuple[str, ...]
    master: tuple[str, ...]
    region: bool = False  # are these lines of the master left out?


def find_regions(source: str) -> tuple[list[Region], list[tuple[int, str]]]:
    """The regions of a cell, and what is wrong with them: (line counted from 0, what)."""
    found, wrong, opened = [], [], None
    for at, line in enumerate(source.split("\n")):
        text = line.strip()
        for name, begin in MARKS.items():
            if text == begin and opened is not None:
                wrong.append((at, f"{text} inside another region: close that one first"))
            elif text == begin:
                opened = (name, at)
            elif text == begin.replace("BEGIN", "END") and (opened is None or opened[0] != name):
                wrong.append((at, f"{text} closes nothing: write {begin} above it"))
            elif text == begin.replace("BEGIN", "END"):
                found.append(Region(name, opened[1], at))
                opened = None
    if opened is not None:
        wrong.append((opened[1], f"{MARKS[opened[0]]} does not close: write ### END {opened[0]} below it"))
    return found, wrong


def pieces(master: str, expanded: str, kind: str, cell: str, language: str, whole: bool = False) -> list[Piece]:
    """A cell's lines as a notebook of `kind` (lesson, exercise, solution) shows them, each with the master's own.

    `expanded` is `master` line by line with words and links in `language`; `cell` is code or markdown. Only an exercise
    leaves anything out. `whole`: the cell is an answer from its first to its last line, as nbgrader takes a written
    answer without a region.
    """
    own, seen = master.split("\n"), expanded.split("\n")
    regions = find_regions(master)[0] if kind == "exercise" else []
    if kind == "exercise" and whole and not any(region.name == "SOLUTION" for region in regions):
        return [Piece(STUBS[cell, language], tuple(own), True)]
    result, at = [], 0
    for region in regions:
        result += [Piece((seen[k],), (own[k],)) for k in range(at, region.first)]
        body = tuple(own[region.first : region.last + 1])
        indent = own[region.first][: -len(own[region.first].lstrip())]
        if region.name == "SOLUTION":
            result.append(Piece(tuple(indent + line for line in STUBS[cell, language]), body, True))
        else:
            while (
                result and result[-1].shown == ("",) and not result[-1].region
            ):  # the empty lines above hidden tests go with them
                body = result.pop().master + body
            result.append(Piece((), body, True))
        at = region.last + 1
    return result + [Piece((seen[k],), (own[k],)) for k in range(at, len(own))]


def shown(view: list[Piece]) -> str:
    """The text of a cell in its notebook."""
    return "\n".join(line for piece in view for line in piece.shown)
