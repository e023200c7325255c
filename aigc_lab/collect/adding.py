"""How items come into a corpus: known or new, one row for each shot, the best of near-duplicates, all in one stroke.

Files come in as they are: as a second name of the same file where the disk allows it, else as a copy. They are laid
down first and then entered in the manifest in one stroke, so that a run that is stopped or killed leaves at most files
that no row names; the next run takes them up again.
"""

import hashlib
import json
import os
import re
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from aigc_lab.collect import manifest
from aigc_lab.collect.checkup import Find, Seen, file_hash
from aigc_lab.collect.cleaning import Flag
from aigc_lab.collect.items import Item
from aigc_lab.collect.manifest import FOLDERS, Manifest, Row
from aigc_lab.media import atomic
from aigc_lab.rights import USES, Asset

LOCAL = ("folder", "classes")  # sources whose files have names that a person gave them
EVERY = 10.0  # seconds between two writings of the manifest while items come in, at least


@dataclass
class Report:
    """What `Corpus.add` did, counted in files: new ones (and their shots), those the corpus knew, those of which the
    source tells something else than before, lost ones that were put back; and (name, reason) of each refused file."""

    added: int = 0
    shots: int = 0
    known: int = 0
    renewed: int = 0
    restored: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        """The counts in one line, then a line for each refused file."""
        head = f"{self.added} new ({self.shots} shots), {self.known} known, {self.renewed} told anew, "
        head += f"{self.restored} put back, {len(self.refused)} refused"
        return "\n".join([head, *(f"- {name}: {reason}" for name, reason in self.refused)])


@dataclass(frozen=True)
class Held:
    """A file that the corpus has: its name and path, where its source has it, what that told, and if it has rights."""

    name: str
    path: str
    place: tuple[str, str]
    told: str
    allowed: bool


class Adding:
    """One run of `Corpus.add`: what is known, what waits to be written, and the report."""

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        """Raises LabError when the manifest in `folder` is damaged. `tell` hears a line for each file."""
        self.folder, self.tell, self.report = folder, tell, Report()
        rows = manifest.read(folder).rows
        self.held = {
            r.file: Held(r.name, r.path, (r.source, r.address), r.told, has_rights(r.rights)) for r in reversed(rows)
        }
        self.before = {row.file: row.status for row in rows}
        self.taken: dict[str, str] = {}  # file -> name, of this run
        self.batch: dict[str, list[Row]] = {}
        self.again: set[str] = set()  # files whose rows are replaced
        self.due = time.monotonic() + EVERY

    def new(self, items: Iterable[Item]) -> Iterator[Find]:
        """The items that must be looked at; lost files of the others are put back."""
        for item in items:
            name = name_of(item)
            try:
                find = self._find(item, name, file_hash(item.path))
            except OSError as error:
                self._refuse(name, f"It cannot be read ({error.strerror or error}): copy it again.")
                continue
            if find:
                self.taken[find.file] = name
                path = self.held[find.file].path if find.again else _path(item, find.file)
                place = (item.source, item.address)
                self.held[find.file] = Held(name, path, place, told(item), has_rights(item.rights))
                yield find

    def _find(self, item: Item, name: str, file: str) -> Find | None:
        held = self.held.get(file)
        if held is None:
            return Find(item, file)
        same_place = bool(item.address) and held.place == (item.source, item.address)
        other_words = same_place and held.told != told(item) and file not in self.taken
        if other_words or (has_rights(item.rights) and not held.allowed):
            return Find(item, file, again=True)
        lost = not any((self.folder / path).is_file() for path in places(held.path))
        if lost and file not in self.taken:  # what was taken in this run is on its way
            lay_down(item.path, self.folder / held.path)
            self.report.restored += 1
        elif same_place or held.told == told(item):
            self.report.known += 1
        else:
            self._refuse(name, f"Its bytes are those of {held.name}, which is there already.")
        return None

    def _refuse(self, name: str, reason: str) -> None:
        self.report.refused.append((name, reason))
        self.tell(f"- {name}: {reason}")

    def take(self, find: Find, seen: Seen) -> None:
        """Lay a file down and hold its rows; write when it is due: at most a tenth of the time goes into writing."""
        rows = rows_of(find, seen, self.held[find.file].path)
        name = self.taken[find.file]
        try:
            lay_down(find.item.path, self.folder / rows[0].path)
        except FileNotFoundError:
            self._refuse(name, "It went away while it was looked at: add it again.")
            return
        self.batch[find.file] = rows
        self.again |= {find.file} if find.again else set()
        reasons = " ".join(flag.reason for flag in rows[0].refusing)
        self.tell(f"- {name}: {reasons}" if reasons else f"+ {name}")
        if time.monotonic() > self.due:
            self.write()

    def write(self) -> None:
        """Enter what is held in the manifest as it is now on the disk, and clear away the old names of moved files.

        Raises LabError when another program does not let go of the corpus, or it cannot be written.
        """
        if not self.batch:
            return
        begun = time.monotonic()
        with manifest.locked(self.folder):
            now = manifest.read(self.folder)
            self._count({row.file for row in now.rows})
            settle(self.folder, now, merged(now.rows, self.batch, self.again))
        self.batch, self.again = {}, set()
        self.due = time.monotonic() + max(EVERY, 10 * (time.monotonic() - begun))

    def _count(self, there: set[str]) -> None:
        fresh = [file for file in self.batch if file not in there]
        self.report.added += len(fresh)
        self.report.shots += sum(len(self.batch[file]) for file in fresh)
        self.report.renewed += len(self.again & there)
        self.report.known += len(there.intersection(self.batch) - self.again)  # another program was first

    def name_refused(self) -> None:
        """Put into the report which files this run has brought into quarantine, old ones with a better copy too."""
        for row in {row.file: row for row in manifest.read(self.folder).rows}.values():
            fresh = row.file in self.taken or self.before.get(row.file) == "usable"
            if fresh and row.status == "quarantine":
                name = self.taken.get(row.file, row.name)
                self.report.refused.append((name, " ".join(flag.reason for flag in row.refusing)))


def has_rights(rights: Asset) -> bool:
    """Whether any use is allowed."""
    return any(rights.may(use) for use in USES)


def name_of(item: Item) -> str:
    """How a person knows an item: where its source has it, and the name of a file of their own that this hides."""
    name, file = item.address or item.path.name, item.path.name
    name = f"{file} ({name})" if item.source in LOCAL and file not in name else name
    return name.encode("utf-8", "replace").decode("utf-8")


def told(item: Item) -> str:
    """A digest of all that a source says of an item, apart from where the file lies on this machine."""
    facts = [item.kind, item.source, item.address, item.author, item.licence, item.title, list(item.tags), item.text,
             item.group, item.consent, item.note, item.answers, item.labels]  # fmt: skip
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def rows_of(find: Find, seen: Seen, path: str) -> list[Row]:
    """The rows that a file becomes, one for each shot. Without any right it carries the flag "rights"."""
    item, found, rights = find.item, seen.inspection, find.item.rights
    flags = tuple(found.flags)
    if not has_rights(rights):
        unknown = rights.licence == "LicenseRef-Unknown"
        why = "Nobody says whose it is" if unknown else f"Its licence, '{rights.licence}', allows no use"
        flags += (Flag("rights", 0.0, 1.0, f"{why}: name its licence and add it again, or leave it out."),)
    whole = Row(
        id=find.file, path=path, kind=found.kind or item.kind, source=item.source, address=item.address,
        author=item.author, licence=rights.licence, may_publish=rights.may_publish, may_edit=rights.may_edit,
        may_sell=rights.may_sell, may_train=rights.may_train, consent=item.consent, title=item.title,
        tags=tuple(item.tags), note=item.note, group=item.group, width=found.width, height=found.height, fps=found.fps,
        crop=found.crop, measures=dict(found.measures), flags=flags, fingerprint=found.fingerprint,
        added=datetime.now(UTC).date().isoformat(), told=told(item),
    )  # fmt: skip
    rows = []
    for number, (shot, words) in enumerate(seen.shots, 1):
        own = f"{find.file}-{number:03}" if len(seen.shots) > 1 else find.file
        if words:
            said = {"caption_en": words.caption_en, "caption_zh": words.caption_zh, "how": dict(words.how)}
            said |= {"theme": words.theme, "subject": words.subject, "style": words.style}
        else:
            said = {name: item.labels.get(name, "") for name in ("theme", "subject", "style")}
        rows.append(replace(whole, id=own, start=shot.start, end=shot.end, seconds=shot.end - shot.start, **said))
    return [_placed(row) for row in rows]


def merged(old: Sequence[Row], new: dict[str, list[Row]], again: set[str]) -> list[Row]:
    """Old and new rows. A file that is in both keeps its old rows, unless it was looked at again on purpose: then its
    new ones take the place, the day and the split of the old."""
    rows, first = [], {row.file: row for row in reversed(old)}
    for row in old:
        if row.file not in again:
            rows.append(row)
        elif row is first[row.file]:
            rows += [replace(r, path=row.path, added=row.added, split=row.split) for r in new[row.file]]
    return rows + [row for file, found in new.items() if file not in first for row in found]


def settle(folder: Path, now: Manifest, rows: Sequence[Row]) -> list[Row]:
    """Write these rows into a locked corpus, duplicates found anew, and bring each file to where its row says it is."""
    rows = settled(rows)
    paths = list(dict.fromkeys(row.path for row in rows))
    for path in paths:
        _bring(folder, path)
    manifest.write(folder, replace(now, rows=tuple(rows)))
    for path in paths:
        _clear(folder, path)
    return rows


def settled(rows: Sequence[Row]) -> list[Row]:
    """The rows with near-duplicates put into quarantine: of each group of one kind the best file stays.

    It depends on the rows alone, not on how many runs brought them. Best: rights before none, then larger, then
    longer, then first. Files that are refused for what they are do not count.
    """
    from aigc_lab.collect import duplicates

    clean = [replace(row, flags=tuple(f for f in row.flags if f.name != "duplicate")) for row in rows]
    files = {r.file: r for r in reversed(clean) if r.fingerprint and {f.name for f in r.refusing} <= {"rights"}}
    length, order = Counter(), {file: -place for place, file in enumerate(dict.fromkeys(r.file for r in clean))}
    for row in clean:
        length[row.file] += row.seconds
    better = {f: (has_rights(r.rights), r.width * r.height, length[f], order[f]) for f, r in files.items()}
    worse: dict[str, Flag] = {}
    for kind in sorted({row.kind for row in files.values()}):
        alike, groups = [row for row in files.values() if row.kind == kind], defaultdict(list)
        for row, number in zip(alike, duplicates.groups([row.fingerprint for row in alike]), strict=True):
            groups[number].append(row)
        for group in groups.values():
            best = max(group, key=lambda row: better[row.file])
            worse |= {row.file: _duplicate(row, best) for row in group if row is not best}
    return [_placed(replace(r, flags=(*r.flags, worse[r.file])) if r.file in worse else r) for r in clean]


def _duplicate(row: Row, best: Row) -> Flag:
    from aigc_lab.collect import duplicates

    far = duplicates.distance(row.fingerprint, best.fingerprint)
    return Flag(
        "duplicate", far, duplicates.LIMIT, f"It shows the same as {best.name} ({best.file[:8]}), which is kept."
    )


def _placed(row: Row) -> Row:
    """The row with the status that its flags give it, and the path that its status gives it."""
    status = "quarantine" if row.refusing else "usable"
    path = f"{FOLDERS[status]}/{row.path.partition('/')[2]}"
    return replace(row, status=status, path=path, split="" if row.refusing else row.split)


def _path(item: Item, file: str) -> str:
    """Where a new file goes; of its own name only a plain ending is kept."""
    suffix = item.path.suffix.lower()
    return f"media/{file[:2]}/{file}{suffix if re.fullmatch(r'[.][a-z0-9]{1,8}', suffix) else ''}"


def places(path: str) -> list[str]:
    """Where the file of a row may lie: as usable and in quarantine."""
    return [f"{top}/{path.partition('/')[2]}" for top in FOLDERS.values()]


def lay_down(source: Path, target: Path) -> None:
    """Give a file its name in the corpus: a second name of the same bytes where the disk allows it, else a copy.

    Raises FileNotFoundError when there is no such file any more, LabError when the disk is full.
    """
    if target.is_file():
        return
    source = Path(source).resolve(strict=True)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, target)
    except OSError:  # another disk, a file system without links, or another program was first
        if not target.is_file():
            with atomic(target) as part:
                shutil.copyfile(source, part)


def _bring(folder: Path, path: str) -> None:
    """Bring a file to where its row says it is; its old name goes when the manifest is written."""
    other = next(folder / p for p in places(path) if p != path)
    if not (folder / path).is_file() and other.is_file():
        lay_down(other, folder / path)


def _clear(folder: Path, path: str) -> None:
    other = next(folder / p for p in places(path) if p != path)
    if (folder / path).is_file() and other.is_file():
        try:
            other.unlink()
        except OSError:  # another program under Windows has it open: `check` will name it
            return
