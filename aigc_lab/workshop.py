"""A folder in which every finished step is remembered under the fingerprint of its inputs, so that a run goes on."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from aigc_lab import LabError, __version__
from aigc_lab.media import write_json
from aigc_lab.settings import data_path

PACKAGE = Path(__file__).resolve().parent
LIBRARIES = (
    "skia-python",
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "imageio-ffmpeg",
    "midirenderer",
    "pysubs2",
)


def digest(value: Any) -> str:
    """SHA-256 (hex, 16 letters) of a value that JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes. Raises LabError when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LabError(f"{path} cannot be read ({error.strerror}): check the name.") from error


@cache
def code_digest(*rooms: str) -> str:
    """Fingerprint of the code that makes a step: the named modules or rooms of the package, and the libraries."""
    files = sorted(f for room in rooms for f in (PACKAGE / room).rglob("*.py")) if rooms else []
    files += [PACKAGE / f"{room}.py" for room in rooms if (PACKAGE / f"{room}.py").exists()]
    return digest([__version__, library_versions(), [file_digest(f) for f in files]])


@cache
def data_digest(*names: str) -> str:
    """Fingerprint of files or folders in `data/`, by their names there."""
    files = [f for n in names for f in ([data_path(n)] if data_path(n).is_file() else sorted(data_path(n).rglob("*")))]
    return digest([file_digest(f) for f in files if f.is_file()])


@cache
def library_versions() -> dict[str, str]:
    """Versions of the libraries that decide what pictures and sounds come out."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


class Workshop:
    """The working folder of one bundle."""

    def __init__(self, folder: Path):
        self.folder = folder

    def step(
        self,
        name: str,
        inputs: Any,
        make: Callable[[], dict | None],
        files: Iterable[str] | Callable[[dict], Iterable[str]] = (),
        rooms: tuple[str, ...] = (),
    ) -> dict:
        """What `make` returned for these inputs, now or in an earlier run whose files are still there.

        `files` are the names that `make` writes into the folder (or tells them from its result); `rooms` the code that
        the result depends on. Raises LabError when a file was not written.
        """
        key = digest([inputs, code_digest(*rooms)])
        known = read_stamp(self._stamp(name))
        if known.get("key") == key and all(_size(self.folder / f) == size for f, size in known["sizes"].items()):
            return known["result"]
        result = json.loads(json.dumps(make() or {}, default=str))
        sizes = {f: _size(self.folder / f) for f in (files(result) if callable(files) else files)}
        if missing := [f for f, size in sizes.items() if not size]:
            raise LabError(f"The step '{name}' left no {missing[0]}: please report this.")
        write_json(self._stamp(name), {"key": key, "sizes": sizes, "result": result})
        return result

    def _stamp(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def read_stamp(path: Path) -> dict:
    """A stamp's content, or nothing when it is missing or damaged."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        return value if isinstance(value, dict) and {"key", "sizes", "result"} <= set(value) else {}
    except (OSError, ValueError):
        return {}


def open_folder(out: Path, job: str, title: str, force: bool = False) -> Workshop:
    """The workshop of the bundle folder `out`: a new one, or the one of the same job, which goes on (`job` "": of any).

    Raises LabError when the folder holds something else and `force` is not set; with `force` only our own working
    files are removed.
    """
    work = out / ".work"
    if out.exists() and not out.is_dir():
        raise LabError(f"{out} is a file: choose another folder with --out.")
    known = read_stamp(work / "job.json")
    job = job or known.get("key", "")
    if known.get("key") != job and not force:
        if known:
            other = known["result"].get("title", "another brief")
            raise LabError(f"{out} holds another job ('{other}'): choose another --out, or --force to replace it.")
        if out.is_dir() and any(out.iterdir()):
            raise LabError(
                f"{out} is not empty and no bundle of ours: choose another --out, or --force to write into it."
            )
    if force and known.get("key") != job:
        shutil.rmtree(work, ignore_errors=True)
    write_json(work / "job.json", {"key": job, "sizes": {}, "result": {"title": title}})
    return Workshop(work)
