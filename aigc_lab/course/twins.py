"""The two languages of a text: are they twins, and where do their links lead from each notebook?"""

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

from aigc_lab.course.cells import Cell
from aigc_lab.course.master import Master
from aigc_lab.course.words import LANGUAGES

FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
HEADING = re.compile(r"^(#{1,6})\s", re.MULTILINE)
LINK = re.compile(
    r'\]\(\s*<?([^)\s>]+)|\b(?:src|href)="([^"]+)"|<(https?://[^>\s]+)>|^\[[^\]]+\]:\s*(\S+)', re.MULTILINE
)
HOMES = ("notebooks", "exercises", "solutions")


def twin_faults(master: Master, root: Path) -> list[str]:
    """Where the languages of a master are not equal, and links that lead nowhere: `file:line: what`."""
    faults: list[tuple[int, str]] = []
    for name, cells in master.by_id().items():
        if None in cells:
            continue
        first = min(cells.values(), key=lambda cell: cell.line)
        for lang in (lang for lang in LANGUAGES if lang not in cells):
            faults.append((first.line, f'the text {name!r} has no twin with lang="{lang}"'))
        for cell in cells.values():
            if cell.stale:
                faults.append(
                    (cell.line, f"the text {name!r} did not follow its twin: change it, then take stale away")
                )
            faults += [(line, f"the link {link} leads nowhere") for line, link in _lost_links(cell, root)]
        if len(cells) == len(LANGUAGES):
            faults += _differences(*sorted(cells.values(), key=lambda cell: cell.line))
    return [master.at(line, text) for line, text in sorted(faults)]


def _differences(first: Cell, second: Cell) -> list[tuple[int, str]]:
    faults = []
    traits = {"headings": (_headings, list), "links": (links, sorted), "words in backticks": (code_words, sorted)}
    for name, (trait, ordered) in traits.items():
        one, other = ordered(trait(first.source)), ordered(trait(second.source))
        if one != other:
            here, there = (", ".join(values) or "none" for values in (other, one))
            faults.append(
                (second.line, f"{name} are not those of its twin in line {first.line}: {here}; there: {there}")
            )
    return faults


def _headings(text: str) -> list[str]:
    return HEADING.findall(FENCE.sub("", text))


def links(text: str) -> list[str]:
    """Where the links and pictures of a text lead, in order."""
    bare = CODE.sub("", FENCE.sub("", text))
    return ["".join(match) for match in LINK.findall(bare)]


def code_words(text: str) -> set[str]:
    """The words in backticks of a text."""
    return {match[2].strip() for match in CODE.finditer(FENCE.sub("", text))}


def link_from(link: str, folder: str, language: str, root: Path) -> str:
    """A link as it stands in a notebook of `folder` ("notebooks/zh"): one into the project ("/data/x.png") is relative.

    In Chinese a notebook is the one in `zh/`, and a page the one that ends in `.zh-CN.md`, where there is one.
    """
    if not link.startswith("/") or link.startswith("//"):
        return link
    target, anchor, rest = link[1:].partition("#")
    if language == "zh":
        home, _, name = target.partition("/")
        if home in HOMES and name.endswith(".ipynb") and "/" not in name:
            target = f"{home}/zh/{name}"
        own = re.sub(r"\.md$", ".zh-CN.md", target)
        target = own if (root / own).is_file() else target
    return posixpath.relpath(target, folder) + anchor + rest


def localised(text: str, folder: str, language: str, root: Path) -> str:
    """A text with every link into the project as it stands in a notebook of `folder`; line stays line."""
    return _with_links(text, lambda link: link_from(link, folder, language, root))


def delocalised(text: str, master: str, folder: str, language: str, root: Path) -> str:
    """The way back, for the links that `master` has."""
    known = {link_from(link, folder, language, root): link for link in links(master)}
    return _with_links(text, lambda link: known.get(link, link))


def _with_links(text: str, change: Callable[[str], str]) -> str:
    def changed(match: re.Match) -> str:
        at = next(group for group in range(1, 5) if match[group])
        start, end = match.start(at) - match.start(), match.end(at) - match.start()
        return match[0][:start] + change(match[at]) + match[0][end:]

    return LINK.sub(changed, text)


def _lost_links(cell: Cell, root: Path) -> list[tuple[int, str]]:
    lost = []
    for link in links(cell.source):
        path = link.partition("#")[0].lstrip("/")
        master = root / "notebooks" / "src" / (Path(path).stem + ".py")
        built = path.endswith(".ipynb") and path.split("/")[0] in HOMES and master.is_file()
        if link.startswith("/") and not built and not (root / path).exists():
            before = cell.source.partition(link)[0]
            lost.append((cell.body + before.count("\n"), link))
    return lost
