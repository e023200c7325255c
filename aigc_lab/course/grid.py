"""A lesson run many times without a screen, once for each combination of values, by papermill."""

import ast
import csv
import hashlib
import itertools
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import papermill
import yaml
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from aigc_lab import LabError
from aigc_lab.course.notebook import KERNEL, LESSON, Place, code_hash, read_notebook
from aigc_lab.course.words import LANGUAGES
from aigc_lab.media import write_text

PLACE = "out_dir"  # the parameter that says where a lesson writes; the grid sets it
RECORD = "run.json"
UNSAFE = re.compile(r"[^\w=.-]+")


@dataclass(frozen=True)
class Run:
    """What came of one run. `error` is empty when it went well; `clip` is the newest video that it wrote."""

    values: dict[str, Any]
    folder: Path
    seconds: float
    clip: Path | None = None
    error: str = ""
    kept: bool = False  # it was finished by an earlier call


def lesson_path(name: str, language: str = "en", root: Path = Path()) -> Path:
    """The notebook of a lesson by its number, its name or its file. Raises LabError when there is none."""
    if name.endswith(".ipynb"):
        return Path(name)
    if language not in LANGUAGES:
        raise LabError(f"No language {language!r}: choose {', '.join(LANGUAGES)}.")
    folder = root / Place("", "lesson", language).folder
    lessons = sorted(path for path in folder.glob("*.ipynb") if LESSON.fullmatch(path.stem))
    for path in lessons:
        if name in (path.stem, path.stem[:2]) or name == path.stem[:2].lstrip("0"):
            return path
    known = ", ".join(path.stem[:2] for path in lessons)
    raise LabError(f"No lesson {name!r} in {folder.as_posix()}: " + (f"choose {known}." if known else "it has none."))


def parameters(notebook: NotebookNode, path: Path) -> dict[str, Any]:
    """The names and values of the cell tagged `parameters`. Raises LabError when there is no such cell."""
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            try:
                lines = ast.parse(cell.source).body
                pairs = [(n.targets[0] if isinstance(n, ast.Assign) else n.target, n.value) for n in lines]
                return {target.id: ast.literal_eval(value) for target, value in pairs}
            except (SyntaxError, ValueError, AttributeError) as error:
                raise LabError(f"{path.as_posix()}: the cell tagged 'parameters' takes plain values only.") from error
    raise LabError(f"{path.as_posix()} has no cell tagged 'parameters': there is nothing to set in it.")


def combinations(settings: Iterable[str], defaults: dict[str, Any]) -> list[dict[str, Any]]:
    """["theme=food", "seed=1,2,3"] -> three dicts, one for each run; a value with a comma goes in quotes.

    Raises LabError for a name that the lesson does not have, a value of another type, and what is no NAME=VALUE.
    """
    columns: dict[str, list[Any]] = {}
    for text in settings:
        name, equals, values = text.partition("=")
        name = name.strip()
        if not equals or not values.strip():
            raise LabError(f"--set {text!r}: write NAME=VALUE, or NAME=VALUE,VALUE for several runs.")
        if name not in defaults or name == PLACE:
            free = ", ".join(known for known in defaults if known != PLACE)
            raise LabError(f"The lesson has no knob {name!r}: choose {free}." if name != PLACE else
                           "Where the runs go is said by --out, not by --set out_dir.")  # fmt: skip
        if name in columns:
            raise LabError(f"{name!r} is set twice: write all its values behind one --set, with commas between.")
        listed = next(csv.reader([values], skipinitialspace=True))
        columns[name] = [_value(name, value, defaults[name]) for value in dict.fromkeys(listed)]
    return [dict(zip(columns, values, strict=True)) for values in itertools.product(*columns.values())]


def _value(name: str, text: str, default: Any) -> Any:
    """The text as the type that the lesson's own value has."""
    if isinstance(default, str):
        return text
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    fits = isinstance(value, int | float) if isinstance(default, float) else isinstance(value, type(default))
    if not fits or isinstance(value, bool) != isinstance(default, bool):
        raise LabError(f"{name} = {text!r} does not fit: the lesson has {default!r} there.")
    return value


def run_grid(
    path: Path, settings: Iterable[str], out: Path, tell: Callable[[str], None] = lambda said: None
) -> Iterator[Run]:
    """Run a lesson once for each combination and give what came of each; each has a folder of its own under `out`.

    A run that an earlier call finished, from the same code and values, is kept. One that fails does not stop the
    others. Raises LabError before the first run when a setting is wrong.
    """
    notebook = read_notebook(path)
    runs = combinations(settings, parameters(notebook, path))
    for number, values in enumerate(runs, 1):
        name = UNSAFE.sub("-", ",".join(f"{k}={v}" for k, v in values.items()).replace(",", "_"))[:60].strip("-._ ")
        key = hashlib.sha256(json.dumps([code_hash(notebook), values], sort_keys=True).encode()).hexdigest()
        folder = out / (f"{name}-{key[:6]}" if name else f"as-it-is-{key[:6]}")
        kept = _kept(folder, values, key)
        tell(f"{number} of {len(runs)}  {name or 'as it is'}" + ("  (kept from before)" if kept else ""))
        yield kept or _run(path, values, folder, key)


def _kept(folder: Path, values: dict[str, Any], key: str) -> Run | None:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        if record["key"] != key:
            return None
        clip = folder / record["clip"] if record["clip"] else None
        return Run(values, folder, record["seconds"], clip, kept=True) if not clip or clip.exists() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _run(path: Path, values: dict[str, Any], folder: Path, key: str) -> Run:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"{folder} cannot be made ({error.strerror}): choose another place with --out.") from error
    begun = time.time()
    error = ""
    try:
        papermill.execute_notebook(
            str(path), str(folder / "run.ipynb"), {**values, PLACE: str(folder.resolve())},
            cwd=str(folder), kernel_name=KERNEL["name"], progress_bar=False,
        )  # fmt: skip
    except PapermillExecutionError as failed:
        error = f"cell {failed.exec_count}: {failed.ename}: {failed.evalue}"
    except DeadKernelError:
        error = "its kernel ended: is there enough memory?"
    except NoSuchKernel as missing:
        raise LabError("There is no Python kernel to run notebooks with: python lab.py setup installs it.") from missing
    except OSError as failed:
        error = f"{failed.filename or folder}: {failed.strerror}"
    clips = [p for p in folder.rglob("*.mp4") if p.stat().st_mtime >= begun - 2]
    clip = max(clips, key=lambda p: p.stat().st_mtime, default=None)
    made = Run(values, folder, time.time() - begun, clip, error)
    if not error:
        name = clip.relative_to(folder).as_posix() if clip else ""
        write_text(folder / RECORD, json.dumps({"key": key, "seconds": round(made.seconds, 1), "clip": name}))
    return made
