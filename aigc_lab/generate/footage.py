"""A person's own videos and photos: the best parts of them, matched to the shots, as references for the one encode.

A video is never copied or encoded here: its take says which seconds and which part of the picture ffmpeg is to read.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from aigc_lab import LabError
from aigc_lab.generate.sidecars import told
from aigc_lab.generate.still import flatten, moving_photo, photo_crop
from aigc_lab.generate.words import find_words, near
from aigc_lab.measures import LUMA, sharpness
from aigc_lab.media import MediaInfo, probe, read_frames, read_image, write_frames
from aigc_lab.rights import Asset
from aigc_lab.storyboard import Shot
from aigc_lab.vision import changes, crop_9x16, motion
from aigc_lab.vocabulary import vocabulary

FPS = 30
VIDEOS = {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".mts", ".m2ts", ".3gp"}
PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif"}
MOST = 60  # files looked at in one folder
STEP = 0.125  # s between the frames that are looked at
SPAN = 60.0  # s of a long clip that are looked at, in stretches over its length
MARGIN = 0.1  # s kept free at both ends of a clip
CLOSER = (1.0, 1.35, 1.15, 1.6)  # how much nearer a part is shown the first time, the second, ...
SMALLEST = 240  # px of the short side
# 203 cd/m2 is the white of paper (ITU-R BT.2408); mobius keeps mid tones exact and bends only what is brighter
HDR = (
    "zscale=min=2020_ncl:pin=2020:t=linear:npl=203,format=gbrpf32le,zscale=p=709,"
    "tonemap=tonemap=mobius:desat=0:peak=5,zscale=t=709:m=709:r=tv"
)


@dataclass(frozen=True)
class FootageItem:
    """One usable file: what it is, what is said about it, and how good it is at each time (s) that was looked at.

    quality is 0 (black, blurred, shaking) to about 1; breaks are times at which another scene begins inside the file.
    """

    path: Path
    info: MediaInfo
    words: str
    rights: Asset
    times: np.ndarray = field(default_factory=lambda: np.zeros(0))
    quality: np.ndarray = field(default_factory=lambda: np.ones(1))
    breaks: tuple[float, ...] = ()

    @property
    def seconds(self) -> float:
        """How much of a video can be used; 0 for a photo."""
        return float(self.times[-1]) + STEP if len(self.times) else 0.0


@dataclass(frozen=True)
class Piece:
    """What one shot shows: a file, from which second (videos), which crop of it (0 the best), and why it was chosen."""

    item: FootageItem
    start: float
    crop: int
    why: str


def survey(folder: Path) -> tuple[list[FootageItem], list[str]]:
    """The usable videos and photos of a folder and of those inside it, and one sentence for each file that is not.

    Raises LabError when the folder is missing or nothing in it can be used.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise LabError(f"The footage folder {folder} is not there: check its name.")
    inside = (f for f in folder.rglob("*") if not any(p.startswith(".") for p in f.relative_to(folder).parts))
    files = sorted(f for f in inside if f.suffix.lower() in VIDEOS | PHOTOS and f.is_file())
    notes = [f"{folder.name} holds {len(files)} files: the first {MOST} by name are used."] if len(files) > MOST else []
    items = []
    for path in files[:MOST]:
        try:
            item, more = _look(path)
            items.append(item)
            notes += more
        except LabError as error:
            notes.append(f"Left out: {error}")
    if not items:
        why = f" {notes[0]}" if notes else ""
        raise LabError(f"The footage folder {folder} holds no video or photo that can be used.{why} Put some into it.")
    return items, notes


def _look(path: Path) -> tuple[FootageItem, list[str]]:
    info = probe(path)
    words, rights, notes = told(path)
    text = f"{path.parent.name} {path.stem} {words}"
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-.+,()\[\]]|\d+", " ", text)
    if min(info.width, info.height) < SMALLEST:
        raise LabError(f"{path.name} is only {info.width}x{info.height}: use a larger one.")
    if info.kind == "image":
        read_image(path)  # a cut-off picture is found here and not in the middle of the work
        return FootageItem(path, info, text, rights), notes
    times, quality, breaks = _quality(path, info)
    if len(times) < 6:
        raise LabError(f"{path.name} has less than a second that can be decoded: copy it again or take it out.")
    end = float(times[-1]) + STEP
    if quality.max() <= 0.05:
        raise LabError(f"{path.name} is black or without any detail all through: take it out.")
    if info.seconds - end > max(0.5, 0.1 * info.seconds) and len(times) * STEP < SPAN - 1:
        notes.append(f"{path.name} breaks off after {end:.1f} s of {info.seconds:.1f} s: only its beginning is used.")
    return FootageItem(path, info, text, rights, times, quality, breaks), notes


def _quality(path: Path, info: MediaInfo) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    """Times, quality at each, and scene changes, from small frames some eight times a second."""
    times, frames = [], []
    for start, seconds in _stretches(info.seconds):
        try:
            for time, frame in read_frames(path, start, seconds, step=STEP, longest=256):
                times.append(time)
                frames.append(frame)
        except LabError:
            break  # cut off: what came before is still good
    if len(frames) < 6:
        return np.zeros(0), np.zeros(0), ()
    clip = np.stack(frames)
    light = clip.reshape(len(clip), -1, 3) @ LUMA
    sharp = np.array([sharpness(f) for f in clip])
    amount, shake = motion(clip, 1 / STEP)
    jumps = changes(clip)
    shake[jumps] = amount[jumps] = 0
    shake = np.convolve(np.pad(shake, 2, mode="edge"), np.ones(5) / 5, "valid")
    value = 0.7 * np.minimum(1, sharp / max(np.percentile(sharp, 90), 60.0)) + 0.3 * np.minimum(1, amount / 0.08)
    value *= np.clip(1 - shake / 0.5, 0.1, 1)  # half a picture width a second, back and forth
    value[(light.mean(axis=1) < 14) | (light.std(axis=1) < 3)] = 0
    return np.array(times), value, tuple(np.array(times)[jumps])


def _stretches(seconds: float) -> list[tuple[float, float]]:
    if seconds <= SPAN * 1.2:
        return [(0.0, seconds + 1)]
    count = 10
    return [(float(s), SPAN / count) for s in np.linspace(0, seconds - SPAN / count - 0.5, count)]


def choose(
    items: list[FootageItem], shots: Iterable[Shot], rng: np.random.Generator
) -> tuple[dict[int, Piece], list[str]]:
    """A piece for each shot id, and sentences about what the person should know.

    File names, folder names and titles are matched with the shot's subject, theme and words, in English and Chinese. No
    part of a file is shown twice: when the material is too little, a used part is shown closer, and that is said. A
    shot that is longer than every clip gets no piece (nothing is stretched or frozen), and that is said too.
    """
    shots, chosen, notes, again = list(shots), {}, [], []
    used: dict[Path, list[Piece]] = {i.path: [] for i in items}
    lengths = {s.id: s.seconds for s in shots}
    likings = {s.id: [_likeness(s, i) for i in items] for s in shots}
    order = sorted(shots, key=lambda s: -max(score for score, _ in likings[s.id]))
    tie = rng.random(len(items)) * 0.2
    for shot in order:
        neighbours = {chosen[k].item.path for k in _beside(shots, shot) if k in chosen}
        best, piece = -np.inf, None
        for item, (like, why), luck in zip(items, likings[shot.id], tie, strict=True):
            found = _place(item, shot.seconds, used[item.path], lengths, chosen)
            if found is None:
                continue
            start, crop, quality = found
            score = (
                like + 0.8 * quality + luck - 0.7 * len(used[item.path]) - 2.5 * crop - 2 * (item.path in neighbours)
            )
            if score > best:
                best, piece = score, Piece(item, start, crop, why)
        if piece is None:
            longest = max((i.seconds for i in items), default=0)
            notes.append(
                f"Shot {shot.id} lasts {shot.seconds:.1f} s and the longest clip {longest:.1f} s: add a longer one."
            )
            continue
        chosen[shot.id] = piece
        used[piece.item.path].append(piece)
        if piece.crop:
            again.append(f"{shot.id} ({piece.item.path.name})")
    if again:
        notes.append(f"There is too little footage: shots {', '.join(again)} show a part again, closer.")
    return _without_jumps({s.id: chosen[s.id] for s in shots if s.id in chosen}), notes


def _without_jumps(pieces: dict[int, Piece]) -> dict[int, Piece]:
    """Every second of neighbouring shots from one file is closer: a cut within one view would look like a fault."""
    made: dict[int, Piece] = {}
    before = None
    for number, piece in pieces.items():
        if before and before.item is piece.item and before.crop == piece.crop:
            piece = replace(piece, crop=1 if piece.crop != 1 else 0)
        made[number] = before = piece
    return made


def _beside(shots: list[Shot], shot: Shot) -> list[int]:
    at = shots.index(shot)
    return [shots[k].id for k in (at - 1, at + 1) if 0 <= k < len(shots)]


def _likeness(shot: Shot, item: FootageItem) -> tuple[float, str]:
    """How well a file's words fit a shot (0: not at all), and in which words."""
    hits = find_words(item.words)
    subjects = {h.label: h.word for h in hits if h.kind == "subject"}
    themes = {h.label: h.word for h in hits if h.kind == "theme"}
    for label, word in subjects.items():
        themes.setdefault(vocabulary().subjects[label].theme, word)
    if shot.subject in subjects:
        return 4.0, f"'{subjects[shot.subject]}' is what the shot is about"
    said = {h.label: h.word for h in find_words(f"{shot.say} {shot.headline}") if h.kind == "subject"}
    if both := [s for s in subjects if s in said]:
        return 3.0, f"'{subjects[both[0]]}' is said in the shot"
    if shot.subject in vocabulary().subjects and (kin := [s for s in near(shot.subject) if s in subjects]):
        return 2.0, f"'{subjects[kin[0]]}' is near the shot's subject"
    if shot.theme in themes:
        return 1.5, f"'{themes[shot.theme]}' is of the shot's theme"
    return 0.0, "no words match; its picture is good"


def _place(
    item: FootageItem, seconds: float, pieces: list[Piece], lengths: dict[int, float], chosen: dict[int, Piece]
) -> tuple[float, int, float] | None:
    """Start, crop and quality of the best stretch that is still free; of a used one, closer, when none is."""
    if item.info.kind == "image":
        return 0.0, len(pieces), 0.7
    taken = [(p.start, p.start + lengths[k]) for k, p in chosen.items() if p.item is item]
    best = {}
    for start in np.arange(item.times[0] + MARGIN, item.seconds - seconds - MARGIN + 1e-6, STEP):
        end = start + seconds
        inside = (item.times >= start - STEP / 2) & (item.times <= end)
        if inside.sum() < 0.6 * seconds / STEP or any(start < b < end for b in item.breaks):
            continue  # not looked at, or another scene begins in it
        crop = sum(a < end + 0.3 and start < b + 0.3 for a, b in taken)
        quality = float(0.5 * item.quality[inside].mean() + 0.5 * np.percentile(item.quality[inside], 10))
        if quality > best.get(crop, (0.0, 0.02))[1]:
            best[crop] = (round(float(start), 3), quality)
    if not best:
        return None
    crop = min(best)
    return best[crop][0], crop, best[crop][1]


def footage_take(piece: Piece, seconds: float, out: Path, size: tuple[int, int] = (1080, 1920), seed: int = 0) -> dict:
    """The take of a piece for a shot of `seconds`, as the render reads it; `seed` varies the move of a photo.

    A video becomes a reference {kind "footage", path, start, seconds, crop (x, y, w, h), fps, rotation, hdr}; the crop
    counts in pixels of the upright picture. A photo becomes a moving clip of `size`, written to `out`.
    Raises LabError when the file is too short or can no longer be read.
    """
    item, aspect, zoom = piece.item, size[0] / size[1], CLOSER[min(piece.crop, 3)]
    if item.info.kind == "image":
        picture = flatten(read_image(item.path))
        crop = photo_crop(picture, aspect, zoom)
        frames = moving_photo(picture, crop, round(seconds * FPS), size, seed + piece.crop)
        write_frames(frames, FPS, out, crf=12)
        return {"kind": "clip", "path": str(out), "start": 0.0, "seconds": seconds, "source": item.path.name}
    if piece.start + seconds > item.seconds + 1e-3:
        raise LabError(
            f"{item.path.name} has {item.seconds:.1f} s, too short for {seconds:.1f} s from {piece.start:.1f} s."
        )
    step = max(seconds / 6, 1 / 15)
    frames = [f for _, f in read_frames(item.path, piece.start, seconds, step=step, longest=640)]
    if not frames:
        raise LabError(f"{item.path.name} has no frames at {piece.start:.1f} s: copy the file again.")
    scale = item.info.width / frames[0].shape[1]
    box = crop_9x16(np.stack(frames), aspect, zoom)
    x, y, w, h = (round(v * scale) // 2 * 2 for v in box)
    w, h = min(w, item.info.width - x), min(h, item.info.height - y)
    return {
        "kind": "footage", "path": str(item.path.resolve()), "start": piece.start, "seconds": seconds,
        "crop": [x, y, w, h], "fps": item.info.fps, "rotation": item.info.rotation, "hdr": item.info.hdr,
        "source": item.path.name,
    }  # fmt: skip


def footage_filter(take: dict, size: tuple[int, int], fps: float) -> str:
    """ffmpeg's filter chain for a footage take: crop, scale, HDR to BT.709, a steady frame rate from time 0.

    ffmpeg itself turns the picture upright before this chain and seeks to the start (-ss before -i).
    """
    x, y, w, h = take["crop"]
    scale = f"scale={size[0]}:{size[1]}:flags=lanczos"
    color = f"{scale},{HDR}" if take["hdr"] else f"{scale}:out_color_matrix=bt709:out_range=tv"
    return f"setpts=PTS-STARTPTS,crop={w}:{h}:{x}:{y},{color},fps={fps:g},setsar=1,format=yuv420p"


def footage_takes(
    shots: list[Shot], folder: Path, seed: int, work: Path, size: tuple[int, int] = (1080, 1920)
) -> tuple[list[dict], list[Asset], list[str]]:
    """Takes (with the shot's id and why), the assets in them, and notes, for all shots that the folder can serve.

    Raises LabError when the folder holds nothing that can be used.
    """
    items, notes = survey(Path(folder))
    pieces, more = choose(items, shots, np.random.default_rng([abs(int(seed)), 61]))
    takes, assets = [], []
    for shot in shots:
        if shot.id in pieces:
            piece = pieces[shot.id]
            take = footage_take(piece, shot.seconds, work / f"take-{shot.id}.mp4", size, shot.seed)
            takes.append({"id": shot.id, **take, "why": piece.why})
            assets.append(piece.item.rights)
    return takes, list(dict.fromkeys(assets)), notes + more
