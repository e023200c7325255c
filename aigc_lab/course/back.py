"""A teacher's edited notebook goes back into its master, cell by cell, by id."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from nbformat import NotebookNode

from aigc_lab import LabError
from aigc_lab.course.build import notebook_of, view
from aigc_lab.course.cells import Cell, python_faults
from aigc_lab.course.master import Master, parse_master, read_master
from aigc_lab.course.notebook import Place, cell_hash, read_notebook, read_stamp
from aigc_lab.course.regions import Piece, shown
from aigc_lab.course.twins import delocalised
from aigc_lab.course.words import PLACEHOLDER, changed_words, restore
from aigc_lab.media import write_text

STALE = " stale=true"


@dataclass
class Imported:
    """What went back into a master: the ids that changed, and what a person has to know or do."""

    master: Path
    changed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Edits:
    """Changes to the lines of a master, all counted in its old lines, made at once."""

    def __init__(self, master: Master):
        self.lines = dict(enumerate(master.lines, 1))
        self.after: dict[int, list[str]] = defaultdict(list)
        self.gone: set[int] = set()

    def replace(self, first: int, last: int, lines: list[str]) -> None:
        """Put `lines` in place of the lines `first` to `last`; with last = first - 1 nothing goes."""
        self.gone |= set(range(first, last + 1))
        self.after[first - 1] = [*lines, *self.after[first - 1]]

    def insert(self, line: int, lines: list[str]) -> None:
        """Put `lines` after a line, behind what was put there before."""
        self.after[line] += lines

    def text(self) -> str:
        """The new master."""
        result = list(self.after[0])
        for at, line in self.lines.items():
            result += ([] if at in self.gone else [line]) + self.after[at]
        return "\n".join(result).rstrip("\n") + "\n"


def import_notebook(path: Path, masters: Path, delete: bool = False) -> Imported:
    """Take the changes of a built and edited notebook back into its master in the folder `masters`.

    A changed text goes to its language, and its twin is marked `stale=true`; changed code goes to its cell, with its
    <<words>> and regions. A cell without a known id is put after the one before it, under a new id. Cells that are
    missing are only told of, unless `delete`. A cell that changed in the master too since the notebook was built stays
    as it is there. Raises LabError when the notebook has no stamp or its master has errors.
    """
    path, masters = Path(path), Path(masters)
    notebook = read_notebook(path)
    found = read_stamp(notebook)
    if found is None:
        raise LabError(f"{path.as_posix()} has no stamp that tells its master: start from a notebook that was built.")
    place, mark = found
    master = read_master(masters / f"{place.name}.py")
    if master.errors:
        raise LabError("First put the master right:\n" + "\n".join(master.errors))
    task = _Task(master, place, masters.resolve().parent.parent, mark["cells"])
    task.take(notebook, delete)
    if task.result.changed:
        text = task.edits.text()
        task.result.notes += parse_master(master.path, text).errors
        write_text(master.path, text)
    return task.result


class _Task:
    """One import: what the master shows now, what it is changed to, and what is told."""

    def __init__(self, master: Master, place: Place, root: Path, hashes: dict[str, str]):
        self.master, self.place, self.root, self.hashes = master, place, root, hashes
        self.views = {cell.id: (cell, parts) for cell, parts in view(master, place, root)}
        self.now = {cell.id: cell_hash(cell) for cell in notebook_of(master, place, root).cells}
        self.edits, self.result = _Edits(master), Imported(master.path)
        self.taken = {cell.id for cell in master.cells}

    def note(self, cell: Cell, text: str) -> None:
        """Tell something about a cell of the master."""
        self.result.notes.append(self.master.at(cell.line, f"{cell.id!r}: {text}"))

    def take(self, notebook: NotebookNode, delete: bool) -> None:
        """Go through the notebook from top to bottom."""
        known = {(cell.type, shown(parts)) for cell, parts in self.views.values()}
        seen: list[str] = []
        for node in notebook.cells:
            name = node.get("id")
            if name in self.views and name not in seen:
                seen.append(name)
                self._known(node, *self.views[name])
            elif node.source.strip() and (node.cell_type, node.source) not in known:
                self._new(node, seen[-1] if seen else None)
        order = [name for name in self.views if name in seen]
        if order != seen:
            moved = next(new for new, old in zip(seen, order, strict=True) if new != old)
            self.note(self.views[moved][0], "stands elsewhere in the notebook: the master keeps its own order")
        for name in (name for name in self.views if name not in seen):
            self._missing(name, delete)

    def _known(self, node: NotebookNode, cell: Cell, parts: list[Piece]) -> None:
        if node.cell_type != cell.type:
            self.note(cell, f"is {node.cell_type} in the notebook and {cell.type} here: not taken")
            return
        base = self.hashes.get(cell.id)
        if node.source == shown(parts) or cell_hash(node) == base:
            return
        if base is not None and base != self.now[cell.id]:
            self.note(cell, "was changed here too since the notebook was built: not taken, put both together by hand")
            return
        own = _merge(parts, node.source.split("\n"))
        if own is None:
            self.note(cell, "the lines in place of the solution were changed: change them in the solution notebook")
        elif cell.type == "code":
            self._code(cell, "\n".join(own))
        else:
            self._text(cell, "\n".join(own))

    def _code(self, cell: Cell, edited: str) -> None:
        source = restore(edited, cell.source, self.master.words, self.place.language)
        broken = python_faults(source)
        if broken:
            self.note(cell, f"not taken, line {broken[0][0] + 1} of the cell has a {broken[0][1]}")
            return
        new_words = changed_words(source, cell.source)
        if new_words:
            for name, text in new_words.items():
                self._word(cell, name, text)
            return
        self._body(cell, source)
        for name in sorted(set(PLACEHOLDER.findall(cell.source)) - set(PLACEHOLDER.findall(source))):
            line = self.master.words[name].line
            self.note(cell, f"no longer has <<{name}>>; texts for both languages belong into the table, line {line}")

    def _word(self, cell: Cell, name: str, text: str) -> None:
        if text == f"<<{name}>>":
            return
        word = self.master.words[name]
        line, first, last = word.places.get(self.place.language, (word.line, 0, 0))
        table = next(other for other in self.master.cells if other.type == "raw")
        before = self.edits.lines[line]
        if not last or before != self.master.lines[line - 1]:  # on several lines, or changed a moment ago
            self.note(cell, f"<<{name}>> is now {text!r}: write it into the table of words yourself, line {line}")
            return
        shift = 0 if table.quoted else 2 if before.startswith("# ") else 1
        self.edits.lines[line] = f'{before[: first + shift]}"{text}"{before[last + shift :]}'
        self.result.changed.append("words")
        self.note(cell, f"<<{name}>> is now {text!r} in the table of words, line {line}: look at its other language")

    def _text(self, cell: Cell, edited: str) -> None:
        text = delocalised(edited, cell.source, self.place.folder, self.place.language, self.root)
        if cell.lang != self.place.language:  # the notebook showed the other language for want of this one
            self._insert(cell, self._header(cell.id, cell, self.place.language), text)
            self.result.changed.append(cell.id)
            return
        self._body(cell, text)
        if cell.stale:
            header = self.edits.lines[cell.line]
            self.edits.lines[cell.line] = re.sub(r"\s+stale\s*=\s*[Tt]rue", "", header)
            return
        for twin in self.master.by_id()[cell.id].values():
            if twin.lang != cell.lang and not twin.stale:
                self.edits.lines[twin.line] += STALE
                self.note(twin, f"the text in {twin.lang!r} did not follow: it is marked stale")

    def _body(self, cell: Cell, source: str) -> None:
        self.edits.replace(cell.body, cell.end, _lines(source, cell.type, cell.quoted))
        self.result.changed.append(cell.id)

    def _new(self, node: NotebookNode, before: str | None) -> None:
        if node.cell_type not in ("code", "markdown"):
            self.result.notes.append(f"a new {node.cell_type} cell after {before!r} was not taken")
            return
        anchor = self.views[before][0] if before else min((c for c, _ in self.views.values()), key=lambda c: c.line)
        number = 2
        while f"{anchor.id}-{number}" in self.taken:
            number += 1
        name = f"{anchor.id}-{number}"
        self.taken.add(name)
        header = self._header(name, None, self.place.language if node.cell_type == "markdown" else None)
        if before is None:
            lines = [header, *_lines(node.source, node.cell_type, False), ""]
            self.edits.insert(anchor.line - 1, lines)
        else:
            self._insert(anchor, header, node.source)
        self.result.changed.append(name)
        self.note(anchor, f"a new {node.cell_type} cell stands after it, {name!r}")

    def _header(self, name: str, like: Cell | None, lang: str | None) -> str:
        part = like.part if like else ("lesson" if self.place.kind == "lesson" else "exercise")
        fields = f'id="{name}"' + (f' lang="{lang}"' if lang else "") + (f' part="{part}"' if part != "lesson" else "")
        if like and like.grade:
            fields += f' grade="{like.grade}"' + (f" points={like.points}" if like.points is not None else "")
        return f"# %% {'[markdown] ' if lang else ''}{fields}"

    def _insert(self, anchor: Cell, header: str, source: str) -> None:
        """A cell after the last one with the anchor's id."""
        twins = self.master.by_id()[anchor.id].values()
        last = max(twins, key=lambda cell: cell.line)
        kind = "markdown" if "[markdown]" in header else "code"
        self.edits.insert(last.end + (1 if last.quoted else 0), ["", header, *_lines(source, kind, False)])

    def _missing(self, name: str, delete: bool) -> None:
        cell = self.views[name][0]
        if not delete:
            self.note(cell, "is not in the notebook: it stays here, unless you import with delete")
            return
        for twin in self.master.by_id()[name].values():
            last = twin.end + (1 if twin.quoted else 0)
            while last < len(self.master.lines) and not self.master.lines[last].strip():
                last += 1
            self.edits.replace(twin.line, last, [])
        self.result.changed.append(name)
        self.note(cell, "was taken out, in both languages")


def _lines(source: str, kind: str, quoted: bool) -> list[str]:
    """The lines of a cell as a master holds them."""
    lines = source.split("\n")
    return lines if kind == "code" or quoted else [f"# {line}" if line else "#" for line in lines]


def _merge(parts: list[Piece], edited: list[str]) -> list[str] | None:
    """The master's lines for an edited cell: what is as it was shown keeps what it came from.

    None when the lines that stand in place of a solution were changed.
    """
    before = [line for piece in parts for line in piece.shown]
    blocks = SequenceMatcher(None, before, edited, autojunk=False).get_matching_blocks()
    same = {block.a + k: block.b + k for block in blocks for k in range(block.size)}
    result: list[str] = []
    at = done = 0
    for piece in parts:
        places = [same.get(k) for k in range(at, at + len(piece.shown))]
        at += len(piece.shown)
        if not places:  # hidden tests stay before the next line that is still there
            following = min((place for k, place in same.items() if k >= at), default=len(edited))
            result += [*edited[done:following], *piece.master]
            done = following
        elif None not in places and places == list(range(places[0], places[0] + len(places))):
            result += [*edited[done : places[0]], *piece.master]
            done = places[-1] + 1
        elif piece.region:
            return None
    return result + edited[done:]
