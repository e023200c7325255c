"""The manifest of a corpus: one row for each shot, whose it is, and what was found out about it.

It is one Parquet file, manifest.parquet, which pandas and every other table tool opens. The type of each column is
fixed. What differs from file to file (measures, flags, how the words came about) is JSON text: columns inside a column
would change their type with every new measure, and a Parquet map comes out of pandas as a list of pairs; text stays
text everywhere, and `json.loads` opens it.
"""

import io
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from aigc_lab import LabError
from aigc_lab.collect.cleaning import REFUSED, Flag
from aigc_lab.media import atomic
from aigc_lab.rights import Asset

NAME = "manifest.parquet"
VERSION = 1  # of the columns; a manifest with a higher one is not touched
WAIT = 60.0  # seconds that a second writer waits for the first
REFUSING = (*REFUSED, "rights")  # flags that refuse every use
FOLDERS = {"usable": "media", "quarantine": "quarantine"}  # where a file lies, by its status

_TEXT, _WHOLE, _REAL, _ANSWER = pa.string(), pa.int32(), pa.float64(), pa.bool_()
SCHEMA = pa.schema(
    {
        "id": _TEXT, "path": _TEXT, "kind": _TEXT, "status": _TEXT,
        "source": _TEXT, "address": _TEXT, "author": _TEXT, "licence": _TEXT,
        "may_publish": _ANSWER, "may_edit": _ANSWER, "may_sell": _ANSWER, "may_train": _ANSWER, "consent": _TEXT,
        "title": _TEXT, "tags": pa.list_(_TEXT), "note": _TEXT, "group": _TEXT,
        "width": _WHOLE, "height": _WHOLE, "fps": _REAL, "seconds": _REAL, "start": _REAL, "end": _REAL,
        "crop": pa.list_(_WHOLE),
        "theme": _TEXT, "subject": _TEXT, "style": _TEXT, "caption_en": _TEXT, "caption_zh": _TEXT, "how": _TEXT,
        "split": _TEXT, "measures": _TEXT, "flags": _TEXT, "fingerprint": pa.binary(), "added": _TEXT, "told": _TEXT,
    }
)  # fmt: skip
_JSON = ("how", "measures", "flags")
_PLACE = re.compile(r"(?:media|quarantine)/([0-9a-f]{2})/\1[0-9a-f]{30}(?:\.[a-z0-9]{1,8})?")


@dataclass(frozen=True)
class Row:
    """One shot of a video, or one picture or text: a line of the manifest.

    id: the first 32 digits of the file's SHA-256, with -001, -002 ... when the file has several shots; path: where it
    lies in the corpus, with / on every system; width, height: pixels as shown; seconds: of this shot (0 for pictures
    and text), from start to end in the file; crop: x, y, width, height of the picture without bars; group: items of one
    group are never split; how: where theme and captions came from; told: a digest of all that the source said, so
    that the same source added again is known; added: the day, ISO 8601.
    """

    id: str
    path: str
    kind: str
    status: str = "usable"
    source: str = ""
    address: str = ""
    author: str = ""
    licence: str = ""
    may_publish: bool = False
    may_edit: bool = False
    may_sell: bool = False
    may_train: bool = False
    consent: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    group: str = ""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    seconds: float = 0.0
    start: float = 0.0
    end: float = 0.0
    crop: tuple[int, int, int, int] | None = None
    theme: str = ""
    subject: str = ""
    style: str = ""
    caption_en: str = ""
    caption_zh: str = ""
    how: dict[str, str] = field(default_factory=dict)
    split: str = ""
    measures: dict[str, float] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    fingerprint: bytes = b""
    added: str = ""
    told: str = ""

    @property
    def file(self) -> str:
        """The hash of the file, the same for all its shots."""
        return self.id.partition("-")[0]

    @property
    def name(self) -> str:
        """How a person knows it: its address or title, else its path in the corpus."""
        return self.address or self.title or self.path

    @property
    def rights(self) -> Asset:
        """Its source, author, licence and four answers, as the gate and the credit sheet of aigc_lab.rights take it."""
        what = {"video": "footage", "picture": "photo"}.get(self.kind, self.kind)
        answers = (self.may_publish, self.may_edit, self.may_sell, self.may_train)
        where = self.address or self.source
        return Asset(what, self.title or self.name, where, self.author, self.licence, *answers, self.note)

    @property
    def refusing(self) -> tuple[Flag, ...]:
        """The flags that refuse it for every use; none for a usable row."""
        return tuple(flag for flag in self.flags if flag.name in REFUSING)


@dataclass(frozen=True)
class Manifest:
    """All rows in the order they came, and how they were split last: {"seed": 0, "shares": {"train": 0.8 ...}}."""

    rows: tuple[Row, ...] = ()
    split: dict[str, Any] = field(default_factory=dict)


@contextmanager
def locked(folder: Path, seconds: float = WAIT) -> Iterator[None]:
    """Hold the right to change the corpus in `folder`; another writer (program or thread) waits for `seconds`.

    The operating system gives the lock back when a writer dies. Raises LabError when the time is over, or when the
    folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "manifest.lock")
        lock.acquire(timeout=seconds)
    except Timeout as error:
        raise LabError(
            f"Another program has been writing to {folder} for over {seconds:g} s: wait until it is done and try again."
        ) from error
    except OSError as error:
        raise LabError(f"Cannot write to {folder} ({error.strerror or error}): choose another folder.") from error
    try:
        yield
    finally:
        lock.release()


def packed(manifest: Manifest) -> bytes:
    """The manifest as the bytes of a Parquet file: the same rows are the same bytes."""
    columns = {name: [_stored(name, getattr(row, name)) for row in manifest.rows] for name in SCHEMA.names}
    about = json.dumps({"version": VERSION, "split": manifest.split}, sort_keys=True)
    table = pa.table(columns, SCHEMA).replace_schema_metadata({"aigc_lab": about})
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd", write_page_checksum=True)
    return out.getvalue()


def write(folder: Path, manifest: Manifest) -> bool:
    """Write the manifest, all of it or nothing; call it inside `locked`. Returns whether anything has changed.

    Raises LabError when two rows have one id, or when it cannot be written.
    """
    if twice := _twice(manifest.rows):
        raise LabError(f"Two rows of {folder / NAME} would have the id {twice}: nothing was written.")
    path, data = folder / NAME, packed(manifest)
    if path.is_file() and path.read_bytes() == data:
        return False
    with atomic(path) as part:
        part.write_bytes(data)
    return True


def read(folder: Path) -> Manifest:
    """The manifest of a corpus; an empty one where there is none yet.

    Raises LabError when it is damaged, from a newer version of the lab, or has lost columns or their types.
    """
    path = Path(folder) / NAME
    if not path.exists():
        return Manifest()
    try:
        # not with read_table: it starts threads, which on a busy machine may abort the whole program when it ends
        file = pq.ParquetFile(pa.BufferReader(path.read_bytes()), page_checksum_verification=True)
        table = file.read(use_threads=False)
        about = json.loads((table.schema.metadata or {}).get(b"aigc_lab", b'{"version": 1}'))
        version, split = int(about["version"]), dict(about.get("split") or {})
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, error) from error
    if version > VERSION:
        raise LabError(f"{path} was written by a newer lab (version {version}, this one reads {VERSION}): update it.")
    rows = tuple(_rows(path, table))
    if twice := _twice(rows):
        raise _damaged(path, f"two rows have the id {twice}")
    return Manifest(rows, split)


def _rows(path: Path, table: pa.Table) -> Iterator[Row]:
    if missing := [name for name in SCHEMA.names if name not in table.column_names]:
        raise LabError(f"{path} has lost the columns {', '.join(missing)}: put back the file as the lab wrote it.")
    if more := [name for name in table.column_names if name not in SCHEMA.names]:
        raise LabError(
            f"{path} has columns the lab does not know ({', '.join(more)}): keep them in a file of your own."
        )
    try:
        stored = table.select(SCHEMA.names).cast(SCHEMA).to_pylist()
        for values in stored:
            row = Row(**{name: _read(name, value) for name, value in values.items() if value is not None})
            if not _PLACE.fullmatch(row.path) or row.file not in row.path or row.status not in FOLDERS:
                raise ValueError(f"no row of a corpus: {row.id} {row.path} {row.status}")
            yield row
    except (pa.ArrowException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, why: object) -> LabError:
    told = (str(why).strip().splitlines() or [type(why).__name__])[0][:120]
    return LabError(
        f"{path} is damaged ({told}): put back a copy, or move it away and collect the same sources again; media stay."
    )


def _twice(rows: tuple[Row, ...]) -> str:
    """An id that more than one row has, else nothing."""
    seen: set[str] = set()
    return next((row.id for row in rows if row.id in seen or seen.add(row.id)), "")


def _stored(name: str, value: Any) -> Any:
    """A field of a Row as its column keeps it. Half characters, as undecodable file names have them, become `?`."""
    if name == "flags":
        value = [asdict(flag) | {"value": _number(flag.value), "limit": _number(flag.limit)} for flag in value]
    elif name == "measures":
        value = {key: _number(number) for key, number in value.items()}
    if name in _JSON:
        value = json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if name == "tags":
        return [_stored("", tag) for tag in value]
    return value


def _number(value: float) -> float | None:
    """JSON has no infinity and no nan: they are stored as null and come back as nan."""
    return float(value) if math.isfinite(value) else None


def _read(name: str, value: Any) -> Any:
    if name in _JSON:
        value = json.loads(value)
    if name == "measures":
        return {key: math.nan if number is None else number for key, number in value.items()}
    if name == "flags":
        return tuple(Flag(**{key: math.nan if v is None else v for key, v in flag.items()}) for flag in value)
    if name in ("tags", "crop"):
        return tuple(value)
    return value


if tuple(f.name for f in fields(Row)) != tuple(SCHEMA.names):  # a column without a field would be lost in silence
    raise TypeError("Row and SCHEMA must have the same fields in the same order")
