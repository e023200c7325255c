"""The free pictures and the clip that come with the project (data/samples): what each file is, and whose.

One table for the corpus and for training. Each file is checked against its sha256 when it is asked for.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aigc_lab import LabError
from aigc_lab.brief import read_yaml
from aigc_lab.settings import data_path


@dataclass(frozen=True)
class Sample:
    """One file and its rights, as in data/samples/samples.yaml."""

    id: str
    file: str
    sha256: str
    package: str  # that carries it
    title: str
    author: str
    licence: str
    address: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""

    @property
    def path(self) -> Path:
        """Where it lies. Raises LabError when it is missing or not the file that the table names."""
        path = data_path("samples", self.file)
        if _hash(path, path.stat().st_mtime_ns) != self.sha256:
            raise LabError(f"{path} is not the file that samples.yaml names: take it from the project again.")
        return path


@cache
def _hash(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def sample_table() -> dict[str, Sample]:
    """All samples by id."""
    table = {}
    for key, row in read_yaml(data_path("samples", "samples.yaml"), "table of samples").items():
        table[key] = Sample(key, package=row.pop("from"), **{**row, "tags": tuple(row.get("tags", ()))})
    return table
