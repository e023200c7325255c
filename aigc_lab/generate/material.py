"""What there is to show: the shots of a person's own folder, or those of a corpus that may be used.

A shot is a stretch without a cut, with what is told of it in both languages, whose it is, and how good each moment is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from aigc_lab import LabError
from aigc_lab.collect import duplicates
from aigc_lab.collect.cleaning import SHORTEST, SMALLEST
from aigc_lab.collect.corpus import Corpus, refusal
from aigc_lab.collect.describing import describe
from aigc_lab.collect.items import Item
from aigc_lab.collect.manifest import NAME, Row
from aigc_lab.collect.sources import local
from aigc_lab.measures import sharpness, shows_nothing
from aigc_lab.media import MediaInfo, probe, read_frames, read_image
from aigc_lab.rights import Asset, refused, supplied
from aigc_lab.vision import changes, motion, small

MOST = 60  # files looked at in one folder
STEP = 0.125  # s between the frames that are looked at
SPAN = 60.0  # s of a long clip that are looked at, in stretches over its length
FEWEST = 6  # frames that a shot must have
LIKED = 0.7  # quality of a sharp picture, which does not move, beside that of a video
SHARP = 40.0  # sharpness from which no more is gained, where nothing in the file has more
COVERED = 0.6  # how much the quality of a picture with letters or faces in it counts: our words are laid over them
FINE = 540  # px of the width of the upright part from which no more is gained; half of the finished video's


@dataclass(frozen=True)
class Look:
    """How good a shot is at each time (s in its file) that was looked at: 0 (black, blurred, shaking) to about 1."""

    times: np.ndarray
    quality: np.ndarray


@dataclass(frozen=True, eq=False)
class FootageItem:
    """One shot of a video, from start to end (s in the file), or one picture.

    kind: "video" or "picture"; captions: what is told of it in English and in Chinese; crop: x, y, width, height of the
    upright picture without bars; across: px of the width of an upright 9:16 part of it; sharp: its `sharpness`;
    covered: our words would lie over letters or a face; mark: its `duplicates.fingerprint`; seen: how it looks.
    """

    path: Path
    kind: str
    captions: tuple[str, str]
    rights: Asset
    start: float = 0.0
    end: float = 0.0
    crop: tuple[int, int, int, int] | None = None
    across: int = FINE
    sharp: float = SHARP
    covered: bool = False
    mark: bytes = b""
    seen: Look | None = None

    @property
    def name(self) -> str:
        """Its file's or its work's name, as the credit sheet shows it."""
        return self.rights.file

    @property
    def seconds(self) -> float:
        """How much of a video can be used; 0 for a picture."""
        return self.end - self.start

    @property
    def still_quality(self) -> float:
        """How good a picture is, 0 to LIKED: a blurred one looks like a fault."""
        return LIKED * min(1.0, self.sharp / SHARP)

    @property
    def worth(self) -> float:
        """What its quality counts, 0 to 1: less when it is small, or has letters or faces in it."""
        return min(1.0, self.across / FINE) * (COVERED if self.covered else 1.0)

    @cached_property
    def info(self) -> MediaInfo:
        """What the file is. Raises LabError when it cannot be read."""
        return probe(self.path)

    @cached_property
    def look(self) -> Look:
        """How good a video is at each time; read from the file when it is needed first. Raises LabError."""
        if self.seen:
            return self.seen
        times, frames = _frames(self.path, _stretches(self.start, self.end))
        if not len(times):
            raise LabError(f"{self.name} cannot be decoded from {self.start:.1f} s on: copy the file again.")
        return Look(times, _quality(frames)[0])

    def like(self, other: "FootageItem") -> bool:
        """Whether both show the same: one shot, or near-duplicates."""
        if self is other:
            return True
        return bool(self.mark and other.mark) and duplicates.distance(self.mark, other.mark) <= duplicates.LIMIT


@dataclass(frozen=True)
class Material:
    """The shots that may be used, and sentences about what was left out.

    chosen: a person put these files together for this video; else it is a corpus, which holds all sorts of things.
    """

    items: list[FootageItem]
    notes: list[str]
    chosen: bool = True


def material(folder: Path, uses: Sequence[str] = ("publish", "edit")) -> Material:
    """What a folder or a corpus (a folder with manifest.parquet) holds whose rights allow all `uses`.

    Raises LabError when the folder is missing or nothing in it can be used.
    """
    folder = Path(folder)
    if (folder / NAME).is_file():
        return _of_corpus(Corpus(folder), uses)
    items, notes = survey(folder)
    stopped = {i.path: use for i in items for use in uses if refused([i.rights], use)}
    notes += [_not_allowed(i.name, i.rights.licence, stopped[i.path]) for i in _firsts(items) if i.path in stopped]
    items = [i for i in items if i.path not in stopped]
    if not items:
        raise LabError(f"Nothing in the footage folder {folder} may be used. {notes[-1]}")
    return Material(items, notes)


def _firsts(items: Sequence[FootageItem]) -> list[FootageItem]:
    return list({item.path: item for item in reversed(items)}.values())[::-1]


def _not_allowed(name: str, licence: str, use: str) -> str:
    words = {"publish": "be published", "edit": "be changed", "sell": "be used to sell"}[use]
    return f"Left out: {name} may not {words} ({licence}): replace it, or name a licence that allows it."


def _of_corpus(corpus: Corpus, uses: Sequence[str]) -> Material:
    """The rows that pass the gate for all uses; videos are looked at only when they are needed."""
    rows = [row for row in corpus.rows if row.kind in ("video", "picture")]
    reasons = {row.id: why for row in rows if (why := next(filter(None, (refusal(row, u) for u in uses)), ""))}
    lost = [row.name for row in rows if row.id not in reasons and not corpus.path(row).is_file()]
    kept = [row for row in rows if row.id not in reasons and corpus.path(row).is_file()]
    notes = []
    if reasons:
        first = next(row.name for row in rows if row.id in reasons)
        told = f"{len(reasons)} of {len(rows)} shots may not be used here, such as {first}"
        notes.append(f"{corpus.folder.name}: {told}: {next(iter(reasons.values()))}")
    if lost:
        notes.append(f"{corpus.folder.name}: {len(lost)} files are missing ({lost[0]} ...): add them again.")
    if not kept:
        more = f" {notes[0]}" if notes else ""
        raise LabError(f"The corpus {corpus.folder} holds no video or picture that may be used.{more} Add some to it.")
    return Material([_from_row(corpus, row) for row in kept], notes, chosen=False)


def _from_row(corpus: Corpus, row: Row) -> FootageItem:
    mark = duplicates.part(row.fingerprint, row.start, row.end) if row.kind == "video" else row.fingerprint
    path, captions = corpus.path(row), (row.caption_en, row.caption_zh)
    across = _across(*(row.crop[2:] if row.crop else (row.width, row.height)))
    covered = any(flag.name in ("text", "faces") for flag in row.flags)
    sharp, rights = row.measures.get("sharpness", SHARP), replace(row.rights, path=path)
    return FootageItem(path, row.kind, captions, rights, row.start, row.end, row.crop, across, sharp, covered, mark)


def _across(width: int, height: int) -> int:
    return round(min(width, height * 9 / 16))


def survey(folder: Path) -> tuple[list[FootageItem], list[str]]:
    """The usable shots and photos of a folder and of those inside it, and one sentence for each file that is not.

    Raises LabError when the folder is missing or nothing in it can be used.
    """
    folder, items, notes, seen = Path(folder), [], [], 0
    if not folder.is_dir():
        raise LabError(f"The footage folder {folder} is not there: check its name.")
    for seen, item in enumerate(islice(_media(folder, notes), MOST + 1), 1):
        if seen > MOST:
            notes.append(f"{folder.name} holds more than {MOST} files: the first {MOST} by name are used.")
            break
        try:
            items += _look_at(item, notes)
        except LabError as error:
            notes.append(f"Left out: {error}")
    if not items:
        why = f" {notes[0]}" if notes else ""
        raise LabError(f"The footage folder {folder} holds no video or photo that can be used.{why} Put some into it.")
    return items, notes


def _media(folder: Path, notes: list[str]) -> Iterator[Item]:
    """The videos and pictures of a folder, and files that are named as such and are none."""
    try:
        for item in local.folder(folder, own=True, notes=notes):
            if item.kind != "text" or item.path.suffix.lower() in local.VIDEOS | local.PHOTOS:
                yield item
    except LabError:
        return  # it holds nothing to collect: said with its name by `survey`


def _look_at(item: Item, notes: list[str]) -> list[FootageItem]:
    """A photo, or the shots of a video. Raises LabError when it cannot be used."""
    path = item.path
    if item.kind == "text":
        raise LabError(f"{path.name} is a text and no video or photo: take it out.")
    info, own = probe(path), item.licence == "LicenseRef-Own" and not item.author
    rights = supplied("footage", path) if own else replace(item.rights, path=path)
    words = describe(replace(item, tags=(*item.tags, local.clean_name(path.stem))))
    captions, across = (words.caption_en, words.caption_zh), _across(info.width, info.height)
    whole = FootageItem(path, item.kind, captions, rights, across=across)
    if min(info.width, info.height) < SMALLEST:
        raise LabError(f"{path.name} is only {info.width}x{info.height}: use a larger one.")
    if item.kind == "picture":
        picture = read_image(path)  # a cut-off picture is found here and not in the middle of the work
        frame = small(picture[..., :3], 640)
        return [replace(whole, sharp=sharpness(frame), mark=duplicates.fingerprint(small(frame)[None]))]
    parts = _stretches(0.0, info.seconds)
    # a file may be longer than it says
    times, frames = _frames(path, parts if len(parts) > 1 else [(0.0, info.seconds + 1)])
    if len(times) * STEP < SHORTEST - 0.25:
        raise LabError(f"{path.name} has less than a second that can be decoded: copy it again or take it out.")
    quality, cuts = _quality(frames)
    if quality.max() <= 0.05:
        raise LabError(f"{path.name} is black or without any detail all through: take it out.")
    end = float(times[-1]) + STEP
    if info.seconds - end > max(0.5, 0.1 * info.seconds) and len(times) * STEP < SPAN - 1:
        notes.append(f"{path.name} breaks off after {end:.1f} s of {info.seconds:.1f} s: only its beginning is used.")
    shots = []
    for a, b in pairwise([0, *np.flatnonzero(cuts), len(times)]):
        if b - a >= FEWEST:
            last = end if b == len(times) else float(times[b])
            mark = duplicates.fingerprint(frames[a : b : round(duplicates.STEP / STEP)])
            look = Look(times[a:b], quality[a:b])
            shots.append(replace(whole, start=float(times[a]), end=last, mark=mark, seen=look))
    return shots


def _stretches(start: float, end: float) -> list[tuple[float, float]]:
    """What of a video is looked at: (start, seconds) of all of it, or of ten parts of a long one."""
    if end - start <= SPAN * 1.2:
        return [(start, end - start)]
    count = 10
    return [(float(s), SPAN / count) for s in np.linspace(start, end - SPAN / count - 0.5, count)]


def _frames(path: Path, stretches: Sequence[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Times (T,) and small frames uint8 (T, H, W, 3), some eight a second; those before the place where it breaks."""
    times, frames = [], []
    for start, seconds in stretches:
        try:
            for time, frame in read_frames(path, start, seconds, step=STEP, longest=256):
                times.append(time)
                frames.append(frame)
        except LabError:
            break  # cut off: what came before is still good
    return np.array(times), np.stack(frames) if frames else np.zeros((0, 1, 1, 3), np.uint8)


def _quality(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How good each frame is (T,), and where another scene begins (bool (T,))."""
    sharp = np.array([sharpness(f) for f in frames])
    amount, shake = motion(frames, 1 / STEP)
    jumps = changes(frames)
    shake[jumps] = amount[jumps] = 0
    shake = np.convolve(np.pad(shake, 2, mode="edge"), np.ones(5) / 5, "valid")
    value = 0.7 * np.minimum(1, sharp / max(np.percentile(sharp, 90), SHARP)) + 0.3 * np.minimum(1, amount / 0.08)
    value *= np.clip(1 - shake / 0.5, 0.1, 1)  # half a picture width a second, back and forth
    value[[shows_nothing(f) for f in frames]] = 0
    return value, jumps
