"""A corpus: a folder of media with a manifest that says of each shot what it is and whose, and a gate in front of it.

    media/        files that may be used for something, named by what is in them (the start of their SHA-256)
    quarantine/   the same for those that are refused for everything; the manifest says why
    manifest.parquet, CARD.md, CARD.zh-CN.md, contact.webp

How items come in is in adding.py, the manifest in manifest.py, the splits in splitting.py, the card in card.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aigc_lab import LabError
from aigc_lab.collect import manifest, splitting
from aigc_lab.collect.adding import Adding, Report, has_rights
from aigc_lab.collect.checkup import Describe, Inspect, file_hash, look_at
from aigc_lab.collect.items import Item
from aigc_lab.collect.manifest import FOLDERS, NAME, Manifest, Row
from aigc_lab.rights import USES, credit_sheet, gate

if TYPE_CHECKING:
    import pandas as pd


class Corpus:
    """The corpus in a folder; the folder is made when the first item comes.

    Several programs may read and write one corpus at a time. Methods raise LabError when the manifest is damaged or
    the folder cannot be written.
    """

    def __init__(self, folder: Path | str) -> None:
        """Open the corpus in `folder`. Raises LabError when that is a file."""
        self.folder = Path(folder)
        if self.folder.is_file():
            raise LabError(f"{self.folder} is a file: name a folder for the corpus.")
        self._read: tuple[object, Manifest] = (None, Manifest())

    def __repr__(self) -> str:
        return f"Corpus({str(self.folder)!r}, {len(self.rows)} rows)"

    @property
    def manifest(self) -> Manifest:
        """The manifest as it is now on the disk (read again when the file has changed)."""
        path = self.folder / NAME
        stamp = (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else None
        if stamp is None or stamp != self._read[0]:
            self._read = (stamp, manifest.read(self.folder))
        return self._read[1]

    @property
    def rows(self) -> list[Row]:
        """All rows, those in quarantine too, in the order they came."""
        return list(self.manifest.rows)

    def path(self, row: Row) -> Path:
        """Where the file of a row lies on this machine."""
        return self.folder / row.path

    def find(self, which: str) -> list[Row]:
        """The rows of the one file that an id or its beginning names: one of them, or all shots. Raises LabError."""
        file, _, shot = which.strip().lower().partition("-")
        fitting = [r for r in self.rows if r.file.startswith(file) and (not shot or r.id == f"{r.file}-{shot}")]
        if len(file) < 4 or not fitting:
            listed = f"`aigc-lab corpus show {self.folder} --rows 50` lists ids."
            raise LabError(f"{self.folder} has no row '{which}': {listed}")
        if len({r.file for r in fitting}) > 1:
            raise LabError(f"'{which}' begins the ids of {len(fitting)} rows: type more of it.")
        return fitting

    def table(self) -> "pd.DataFrame":
        """All rows as a pandas table: measures and `how` as dicts, flags as their names, without the fingerprints."""
        import pandas as pd

        names = [name for name in manifest.SCHEMA.names if name not in ("fingerprint", "told")]
        table = pd.DataFrame([{name: getattr(row, name) for name in names} for row in self.rows], columns=names)
        table["flags"] = [[flag.name for flag in row.flags] for row in self.rows]
        return table

    def add(self, items: Iterable[Item], workers: int = 1, tell: Callable[[str], None] | None = None, *,
            inspect: Inspect | None = None, describe: Describe | None = None) -> Report:  # fmt: skip
        """Take items in: look at each, cut it into shots, describe it, put it into media or quarantine.

        What is known already is skipped unless its source now tells something else of it (another licence, a consent);
        so a run may be stopped at any time and started again. Of near-duplicates the better one stays: rights before
        none, then larger, then longer, then first. workers: processes that look; with two or more a file that kills
        its process is put into quarantine. tell: hears a line for each file. inspect, describe: see `look_at`.

        The files must stay where they are until this returns; they are never written to. Raises what `items` raises,
        after all that came before it is safe; LabError when the folder cannot be written.
        """
        run = Adding(self.folder, tell or (lambda line: None))
        try:
            for find, seen in look_at(run.new(items), workers, inspect, describe):
                run.take(find, seen)
        finally:
            run.write()
        run.name_refused()
        return run.report

    def usable(self, use: str) -> list[Row]:
        """The gate: the rows that may be used to publish, edit, sell or train. Raises LabError for another use."""
        return [row for row in self.rows if not refusal(row, use)]

    def refused(self, use: str) -> list[tuple[Row, str]]:
        """The rows that the gate stops for a use, each with the reason. Raises LabError for an unknown use."""
        return [(row, reason) for row in self.rows if (reason := refusal(row, use))]

    def credits(self, language: str) -> str:
        """Markdown that names author, source and licence of everything usable, as CC BY asks for (rights.py)."""
        return credit_sheet((row.rights for row in self.rows if row.status == "usable"), language)

    def check(self, tell: Callable[[float], None] | None = None) -> list[tuple[str, str]]:
        """Read everything again: (row id or path, problem) for what has changed, is missing, or has no rights."""
        return problems(self.folder, tell)

    def split(self, shares: dict[str, float] | None = None, seed: int = 0) -> dict[str, int]:
        """Write the split of each row (splitting.py) and return the number of rows in each.

        Rows keep their split while shares and seed stay the same; with others all are split anew. Raises LabError.
        """
        shares = splitting.checked_shares(shares or splitting.SHARES)
        how = {"seed": seed, "shares": shares}
        with manifest.locked(self.folder):
            now = manifest.read(self.folder)
            rows = [row if now.split == how else replace(row, split="") for row in now.rows]
            names = splitting.splits(rows, shares, seed)
            rows = [replace(row, split=name) for row, name in zip(rows, names, strict=True)]
            manifest.write(self.folder, Manifest(tuple(rows), how))
        return {name: names.count(name) for name in shares}

    def card(self) -> list[Path]:
        """Write the data card in English and Chinese, with a contact sheet; returns their paths (card.py)."""
        from aigc_lab.collect.card import write_cards

        return write_cards(self)


def refusal(row: Row, use: str) -> str:
    """Why the gate stops a row for a use, in a sentence; nothing when it may pass. Raises LabError: no such use."""
    if use not in USES:
        raise LabError(f"There is no use '{use}': ask for one of {', '.join(USES)}.")
    if row.status != "usable":
        return " ".join(flag.reason for flag in row.refusing) or "It is in quarantine."
    try:
        gate([row.rights], use)
    except LabError as error:
        return str(error)
    if use == "train" and not row.consent and (seen := [f for f in row.flags if f.name == "faces"]):
        return f"{seen[0].reason} Nobody said that these people agreed to training: record their consent, or blur them."
    return ""


def problems(folder: Path, tell: Callable[[float], None] | None = None) -> list[tuple[str, str]]:
    """Read everything in a corpus again: (id or path, problem) for what has changed, is missing, or has no rights.

    `tell` hears how much is done, 0 to 1. A damaged manifest is the only problem then: without it nothing can be said.
    """
    try:
        rows = manifest.read(folder).rows
    except LabError as error:
        return [(NAME, str(error))]
    found, files = [], {row.path: row for row in rows}
    for number, (path, row) in enumerate(files.items()):
        found += [(row.file, problem) for problem in _of_file(folder / path, row)]
        if tell:
            tell((number + 1) / len(files))
    for row in rows:
        if row.path.partition("/")[0] != FOLDERS[row.status]:
            found.append((row.id, f"It is {row.status} but lies in {row.path}: add any item to put it right."))
        if not has_rights(row.rights):
            found.append((row.id, f"{row.name} has no rights: name its licence where it came from and add it again."))
    return found + _strays(folder, set(files)) + splitting.leaks(rows)


def _of_file(path: Path, row: Row) -> list[str]:
    if not path.is_file():
        return [f"{row.path} is missing: add {row.name} again."]
    try:
        same = file_hash(path) == row.file
    except OSError as error:
        return [f"{row.path} cannot be read ({error.strerror or error}): copy it back."]
    return [] if same else [f"The bytes of {row.path} have changed: delete it and add {row.name} again."]


def _strays(folder: Path, known: set[str]) -> list[tuple[str, str]]:
    """Files that no row names, as a run that was killed, or a person, may leave."""
    lying = (p for top in FOLDERS.values() for p in sorted((folder / top).rglob("*")) if not p.is_dir())
    names = (path.relative_to(folder).as_posix() for path in lying)
    return [(name, "No row names it: add it from its source, or delete it.") for name in names if name not in known]
