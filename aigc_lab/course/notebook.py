"""Notebook files: read, written the same every time, and stamped with the hash of what they were built from."""

import hashlib
import json
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from aigc_lab import LabError
from aigc_lab.course.words import LANGUAGES
from aigc_lab.media import write_text

FOLDERS = {"lesson": "notebooks", "exercise": "exercises", "solution": "solutions"}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {  # as Jupyter writes it, without the version of one machine's Python
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
LESSON = re.compile(r"[0-9]{2}_[A-Za-z0-9_]+")  # a lesson's name, as in 07_steer
WIDGETS = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Place:
    """Which notebook of a lesson: its kind (lesson, exercise, solution) and its language (en, zh)."""

    name: str
    kind: str
    language: str

    @property
    def folder(self) -> str:
        """Its folder in the project, as in `exercises/zh`."""
        return FOLDERS[self.kind] + ("" if self.language == "en" else f"/{self.language}")

    @property
    def path(self) -> str:
        """Its file in the project, as in `exercises/zh/00_welcome.ipynb`."""
        return f"{self.folder}/{self.name}.ipynb"


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook of any version. Raises LabError when the file cannot be read or is none."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # copied cells: nbformat gives the second one an id of its own, and says so
            return nbformat.reads(text, as_version=4)
    except OSError as error:
        raise LabError(f"{path.as_posix()} cannot be read ({error.strerror}): check the name.") from error
    except Exception as error:  # whatever a damaged file does to JSON and to nbformat
        raise LabError(f"{path.as_posix()} is damaged or no notebook: take a fresh copy.") from error


def notebook_text(notebook: NotebookNode) -> str:
    """The file's text: keys sorted, one line end at the end. Raises LabError when it would be no valid notebook."""
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise LabError(f"This would be no valid notebook: {error.message}.") from error
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def write_notebook(path: Path, notebook: NotebookNode) -> bool:
    """Write a notebook if its text is new; was it? Raises LabError as `notebook_text` and the disk do."""
    text = notebook_text(notebook)
    if path.is_file() and path.read_bytes() == text.encode("utf-8"):
        return False
    write_text(path, text)
    return True


def cell_hash(cell: NotebookNode) -> str:
    """SHA-256 (12 letters) of a cell without its outputs."""
    meta = {name: cell.metadata[name] for name in ("tags", "nbgrader") if cell.metadata.get(name)}
    return _sha256([cell.cell_type, cell.source, meta])[:12]


def source_hash(notebook: NotebookNode) -> str:
    """SHA-256 of a notebook's cells without their outputs."""
    return _sha256([[cell.get("id"), cell_hash(cell)] for cell in notebook.cells])


def code_hash(notebook: NotebookNode) -> str:
    """SHA-256 of what is executed: a changed text needs no new run."""
    return _sha256([[cell.get("id"), cell.source] for cell in notebook.cells if cell.cell_type == "code"])


def _sha256(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def stamp(notebook: NotebookNode, place: Place) -> None:
    """Write into a fresh notebook which one it is and the hash of what it was built from."""
    notebook.metadata["aigc_lab"] = NotebookNode(
        master=place.name,
        kind=place.kind,
        language=LANGUAGES[place.language],
        source_sha256=source_hash(notebook),
        cells={cell.id: cell_hash(cell) for cell in notebook.cells},
    )


def read_stamp(notebook: NotebookNode) -> tuple[Place, NotebookNode] | None:
    """Which notebook this is and its stamp; None when it has none that holds together."""
    mark = notebook.metadata.get("aigc_lab")
    if not isinstance(mark, dict) or not isinstance(mark.get("cells"), dict):
        return None
    language = {full: short for short, full in LANGUAGES.items()}.get(mark.get("language"))
    if language is None or mark.get("kind") not in FOLDERS or not LESSON.fullmatch(str(mark.get("master"))):
        return None
    return Place(mark["master"], mark["kind"], language), mark


def edited_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that were changed or added by hand since the notebook was built; empty ones do not count."""
    found = read_stamp(notebook)
    hashes = found[1]["cells"] if found else {}
    return [cell for cell in notebook.cells if cell.source.strip() and hashes.get(cell.get("id")) != cell_hash(cell)]


def same_source(one: NotebookNode | Path, other: NotebookNode | Path) -> bool:
    """Are two notebooks (or files) the same but for what running them leaves: outputs, counts, widgets, that stamp?"""
    return _bare(one) == _bare(other)


def _bare(notebook: NotebookNode | Path) -> tuple:
    if not isinstance(notebook, NotebookNode):
        notebook = read_notebook(notebook)
    meta = {name: value for name, value in notebook.metadata.items() if name != "widgets"}
    mark = meta.get("aigc_lab")
    if isinstance(mark, dict):
        meta["aigc_lab"] = {name: value for name, value in mark.items() if not name.startswith("executed")}
    cells = [(cell.get("id"), cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells]
    return notebook.nbformat, notebook.nbformat_minor, meta, cells
