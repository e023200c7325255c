"""Take material out of a corpus again: somebody took back a consent, or it should never have come in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aigc_lab import LabError
from aigc_lab.collect import manifest
from aigc_lab.collect.adding import places, settle
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.manifest import Row


@dataclass(frozen=True)
class Removed:
    """What went: one row of each file; and the files that are usable now, since what they were copies of is gone."""

    files: list[Row]
    freed: list[Row]


def remove(held: Corpus, which: Sequence[str]) -> Removed:
    """Remove whole files from a corpus: their rows, their bytes, and the clips that were cut from them for training.

    which: ids or their beginnings; one shot stands for its whole file, since its frames lie in that file. The original
    outside the corpus stays, and comes in again when its source is collected again. A near-duplicate that was in
    quarantine for the sake of a removed file becomes usable. Raises LabError for an unknown id, before anything goes,
    and when a file cannot be deleted.
    """
    gone = {rows[0].file: rows[0] for rows in map(held.find, which)}
    with manifest.locked(held.folder):
        now = manifest.read(held.folder)
        waiting = {row.file for row in now.rows if row.status == "quarantine"}
        rows = settle(held.folder, now, [row for row in now.rows if row.file not in gone])
        for row in gone.values():
            _delete(held.folder, row)
    freed = {row.file: row for row in rows if row.status == "usable" and row.file in waiting}
    return Removed(list(gone.values()), list(freed.values()))


def _delete(folder: Path, row: Row) -> None:
    """Delete a file in the corpus, under each of its names, and what was cut from it."""
    cut = (folder / "cache").rglob(f"{row.file}-*.npy")  # aigc_lab.train.feeding keeps its clips there
    for path in [*(folder / place for place in places(row.path)), *cut]:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise LabError(
                f"{path} cannot be deleted ({error.strerror or error}): close the program that has it open, and delete "
                "it by hand."
            ) from error
