"""Masters -> notebooks: lesson, exercise and solution of each, in English and Chinese.

A solution keeps its ### BEGIN and ### END lines: it is what nbgrader calls a source notebook, so a class that has
nbgrader makes its own assignment from it, and a reader sees which lines were theirs to write.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from aigc_lab import LabError
from aigc_lab.course.cells import GRADES, Cell
from aigc_lab.course.master import Master, read_master
from aigc_lab.course.notebook import (
    FOLDERS,
    KERNEL,
    LANGUAGE,
    LESSON,
    WIDGETS,
    Place,
    code_hash,
    edited_cells,
    read_notebook,
    read_stamp,
    same_source,
    source_hash,
    stamp,
    write_notebook,
)
from aigc_lab.course.regions import Piece, pieces, shown
from aigc_lab.course.twins import localised, twin_faults
from aigc_lab.course.words import LANGUAGES, expand

__all__ = ["Built", "build", "find_masters", "notebook_of", "notebooks_of", "same_source", "stale", "view"]


@dataclass
class Built:
    """What a build did: the files that are new or different, and what a strict build would not have let pass."""

    written: list[Path] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def find_masters(sources: Path | Iterable[Path]) -> list[Path]:
    """The masters in a folder, or of a list, in order. Raises LabError when there is none, or one is no NN_name.py."""
    listed = [sources] if isinstance(sources, str | Path) else list(sources)
    found: list[Path] = []
    for path in map(Path, listed):
        if not path.exists():
            raise LabError(f"{path.as_posix()} is missing: masters lie in notebooks/src of the project.")
        found += sorted(path.glob("*.py")) if path.is_dir() else [path]
    for path in found:
        if not LESSON.fullmatch(path.stem):
            raise LabError(f"{path.as_posix()} has no lesson's name: call it like 07_steer.py.")
    if not found:
        raise LabError(
            f"No master in {', '.join(Path(path).as_posix() for path in listed)}: name a file or its folder."
        )
    return sorted(found)


def build(sources: Path | Iterable[Path], root: Path, strict: bool = False, overwrite: bool = False) -> Built:
    """Build every notebook of the masters below `root`; outputs of cells that did not change stay.

    A draft build warns where the languages are not equal, a strict one refuses. Nothing is written when anything is
    refused: LabError then lists every fault with its file and line. A notebook that was edited by hand since is one of
    them, unless its changes are in the master by now or `overwrite` says that they may go.
    """
    root, built = Path(root), Built()
    masters = [read_master(path) for path in find_masters(sources)]
    errors = [error for master in masters for error in master.errors]
    for master in (master for master in masters if not master.errors):
        built.warnings += twin_faults(master, root)
    errors += built.warnings if strict else []
    fresh = {} if errors else {root / p.path: nb for m in masters for p, nb in notebooks_of(m, root).items()}
    for path, notebook in fresh.items():
        if path.is_file() and not overwrite:
            errors += _unsaved(path, notebook)
    if errors:
        raise LabError("Nothing was built:\n" + "\n".join(errors))
    for path, notebook in fresh.items():
        if path.is_file() and notebook.metadata.aigc_lab.kind != "exercise":
            _keep_outputs(path, notebook)
        built.written += [path] if write_notebook(path, notebook) else []
    return built


def notebooks_of(master: Master, root: Path) -> dict[Place, NotebookNode]:
    """Every notebook of a lesson, without outputs; one without tasks has no exercise and no solution."""
    tasks = any(cell.part == "exercise" for cell in master.cells)
    kinds = list(FOLDERS) if tasks else ["lesson"]
    places = [Place(master.name, kind, language) for kind in kinds for language in LANGUAGES]
    return {place: notebook_of(master, place, root) for place in places}


def notebook_of(master: Master, place: Place, root: Path) -> NotebookNode:
    """One notebook of a lesson, without outputs."""
    cells = []
    for cell, parts in view(master, place, root):
        new = new_code_cell if cell.type == "code" else new_markdown_cell
        cells.append(new(shown(parts), id=cell.id, metadata=_metadata(cell, place)))
    notebook = new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": LANGUAGE})
    notebook.nbformat_minor = 5
    stamp(notebook, place)
    return notebook


def view(master: Master, place: Place, root: Path) -> list[tuple[Cell, list[Piece]]]:
    """The cells that a notebook shows, in order; a text without its twin stands there in the other language."""
    part = "lesson" if place.kind == "lesson" else "exercise"
    found = []
    for cells in master.by_id().values():
        cell = cells.get(None) or cells.get(place.language) or next(iter(cells.values()))
        if cell.part not in (part, "both"):
            continue
        if cell.type == "code":
            text = expand(cell.source, master.words, place.language)
        else:
            text = localised(cell.source, place.folder, place.language, root)
        found.append((cell, pieces(cell.source, text, place.kind, cell.type, place.language, cell.whole_answer)))
    return found


def _metadata(cell: Cell, place: Place) -> dict:
    meta: dict = {"tags": list(cell.tags)} if cell.tags else {}
    if cell.grade is None or place.kind == "lesson":
        return meta
    grade, solution, locked, _ = GRADES[cell.grade]
    meta["nbgrader"] = {
        "grade": grade, "grade_id": cell.id, "locked": locked, "schema_version": 3, "solution": solution, "task": False,
    }  # fmt: skip
    if grade:
        meta["nbgrader"]["points"] = cell.points
    if place.kind == "exercise":  # as nbgrader locks the cells of what it hands out
        meta |= {"deletable": False} | ({"editable": False} if locked else {})
    return meta


def _unsaved(path: Path, fresh: NotebookNode) -> list[str]:
    """Cells changed by hand whose text is nowhere in the fresh notebook."""
    there = {(cell.cell_type, cell.source.strip()) for cell in fresh.cells}
    edited = [cell for cell in edited_cells(read_notebook(path)) if (cell.cell_type, cell.source.strip()) not in there]
    names = ", ".join(str(cell.get("id")) for cell in edited)
    advice = "take the change back with `course import`, or build with overwrite"
    return [f"{path.as_posix()} was edited since it was built (cells {names}): {advice}"] if edited else []


def _keep_outputs(path: Path, fresh: NotebookNode) -> None:
    """Outputs and counts of the cells that did not change, and the stamp of the run that made them."""
    old = read_notebook(path)
    before = {cell.get("id"): cell for cell in old.cells if cell.cell_type == "code"}
    kept = []
    for cell in fresh.cells:
        same = before.get(cell.id)
        if cell.cell_type == "code" and same is not None and same.source == cell.source:
            cell.outputs, cell.execution_count = same.outputs, same.execution_count
            kept += same.outputs
    found = read_stamp(old)
    for name in ("executed_sha256", "executed_mode") if found else ():
        if name in found[1]:
            fresh.metadata.aigc_lab[name] = found[1][name]
    if "widgets" in old.metadata and any(WIDGETS in output.get("data", {}) for output in kept):
        fresh.metadata["widgets"] = old.metadata["widgets"]


def stale(root: Path) -> list[tuple[Path, str]]:
    """Notebooks below `root` that are not what their master and their stamp say: (file, why and what to do).

    Raises LabError when a master has errors.
    """
    root, wanted = Path(root), {}
    for path in find_masters(root / "notebooks" / "src"):
        master = read_master(path)
        if master.errors:
            raise LabError("\n".join(master.errors))
        wanted |= {root / place.path: notebook for place, notebook in notebooks_of(master, root).items()}
    homes = [root / Place("", kind, language).folder for kind in FOLDERS for language in LANGUAGES]
    there = {path for home in homes for path in home.glob("*.ipynb")}
    reasons = ((path, _reason(path, wanted.get(path))) for path in sorted(there | set(wanted)))
    return [(path, reason) for path, reason in reasons if reason]


def _reason(path: Path, wanted: NotebookNode | None) -> str:
    if not path.is_file():
        return "it is not there yet: course build"
    notebook = read_notebook(path)
    found = read_stamp(notebook)
    if found is None:
        return "it has no stamp, so it was not built from a master"
    place, mark = found
    if wanted is None:
        return "it has no master"
    if source_hash(notebook) != mark.get("source_sha256"):
        return "it was edited since it was built: course import, then course build"
    if mark["source_sha256"] != wanted.metadata.aigc_lab.source_sha256:
        return "its master has changed: course build"
    if place.kind == "exercise":
        return ""
    if mark.get("executed_sha256") != code_hash(notebook):
        return "its code was never run or has changed since: course execute"
    return "" if mark.get("executed_mode") == "quick" else "it was not run in quick mode: course execute"
