"""Footage for each shot: the material whose words fit what is said, as references for the one encode.

A video is never copied or encoded here: its take says which seconds and which part of the picture ffmpeg is to read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from aigc_lab import LabError
from aigc_lab.collect.checkup import cropped
from aigc_lab.collect.concepts import seen
from aigc_lab.collect.searching import search
from aigc_lab.generate.material import STEP, FootageItem, Material, material
from aigc_lab.generate.sentences import fill, patterns_for
from aigc_lab.generate.still import flatten, moving_photo, photo_crop
from aigc_lab.media import read_frames, read_image, write_frames
from aigc_lab.rights import Asset
from aigc_lab.storyboard import Shot
from aigc_lab.vision import crop_9x16
from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import find_words

FPS = 30
MARGIN = 0.1  # s kept free at both ends of a shot
CLOSER = (1.0, 1.35, 1.15, 1.6)  # how much nearer a part is shown the first time, the second, ...
# Of 80 questions in both languages 79 score at least this with the caption that they mean, and 2 % of all others do
FITS = 0.4
SUBJECT = 0.9  # what the subject counts, which is coarser than the words that are said
SAID = {"thing": 1.0, "place": 0.9, "doing": 0.7, "look": 0.0}  # what a kind of word in a sentence counts
COARSE = 270  # px of the width of an upright part, below which a picture looks soft at four times the size
POOR = 0.2  # quality below which nothing of a corpus is shown: a blurred clock has 0.14, what has detail 0.6
TWICE = 2  # times that a part of a corpus may be shown
VAGUE = {"person"}  # nearly every sentence has somebody in it
STAND_IN = 0.8  # what a subject counts that was chosen for a sentence which names none
WHOLE = 0.9  # what the sentence as a whole counts
# 203 cd/m2 is the white of paper (ITU-R BT.2408); mobius keeps mid tones exact and bends only what is brighter
HDR = (
    "zscale=min=2020_ncl:pin=2020:t=linear:npl=203,format=gbrpf32le,zscale=p=709,"
    "tonemap=tonemap=mobius:desat=0:peak=5,zscale=t=709:m=709:r=tv"
)


@dataclass(frozen=True)
class Piece:
    """What one shot shows: of which material, from which second (videos), which crop of it (0 the best), and why."""

    item: FootageItem
    start: float
    crop: int
    why: str


@dataclass(frozen=True)
class Fits:
    """How well all material fits one shot: the best score (N,), by which words, and what the whole sentence adds."""

    scores: np.ndarray
    words: list[str]
    context: np.ndarray


def questions(shot: Shot, language: str = "en-US") -> list[tuple[str, str, float]]:
    """What is searched for to fill a shot: (question, its words as shown, what it counts), the whole sentence last.

    Its subject, in both languages, and each thing that is said or written in it.
    """
    text = f"{shot.say}\n{shot.headline}"
    hits = [hit for hit in seen(text) if SAID[hit.concept.kind] and hit.concept.id not in VAGUE]
    named = {hit.concept.subject for hit in hits} | {m.label for m in find_words(text)}
    asked = []
    if shot.subject:
        word = vocabulary().subjects.get(shot.subject)
        question = f"{word.en} {word.zh}" if word else shot.subject
        shown = word.name(language) if word else shot.subject
        asked.append((question, shown, SUBJECT if shot.subject in named else STAND_IN))
    asked += [(hit.word, hit.word, SAID[hit.concept.kind]) for hit in hits]
    whole = text.strip() or shot.theme or shot.role
    return [*dict.fromkeys(asked), (whole, shot.headline or whole, WHOLE)]


def fits(items: Sequence[FootageItem], shot: Shot, language: str = "en-US") -> Fits:
    """How well each item fits a shot, 0 to 1, by a search over its captions for what is said, written and shown."""
    captions = [item.captions for item in items]
    scores, words, context = np.zeros(len(items)), [""] * len(items), np.zeros(len(items))
    for question, shown, weight in questions(shot, language):
        context = np.zeros(len(items))
        for index, score in search(captions, question, len(items)):
            context[index] = score
            if weight * score > scores[index]:
                scores[index], words[index] = weight * score, shown
    return Fits(scores, words, context)


@dataclass
class _Choice:
    """Pieces chosen so far, and how often each item was used."""

    stock: Material
    shots: list[Shot]
    language: str
    luck: np.ndarray
    wished: dict[int, int]  # shot -> index of the item that it would get if all got the best together
    pieces: dict[int, Piece] = field(default_factory=dict)
    broken: dict[Path, str] = field(default_factory=dict)

    def best(self, shot: Shot, found: Fits) -> Piece | None:
        """The best piece that there still is for a shot; a file is looked at only while it may be the best."""
        beside = [self.pieces[k].item for k in _beside(self.shots, shot) if k in self.pieces]
        scores = 4 * found.scores + found.context + self.luck
        if shot.id in self.wished:
            scores[self.wished[shot.id]] += 2
        best, piece = -np.inf, None
        for number in np.argsort(-scores, kind="stable"):
            item, like = self.stock.items[number], float(scores[number])
            if like + 0.8 <= best:
                break
            if found.scores[number] < FITS and not self.stock.chosen:
                continue
            near = any(item.like(other) for other in beside)
            place = None if near and not self.stock.chosen else self._place(item, shot.seconds)
            if place is None:
                continue
            start, crop, quality = place
            times = sum(p.item.path == item.path for p in self.pieces.values())
            near = near or any(item.path == other.path for other in beside)
            score = like + 0.8 * item.worth * quality - 0.7 * times - 2.5 * crop - 2 * near
            if score > best:
                best, piece = score, Piece(item, start, crop, self._why(item, found, number))
        return piece

    def _place(self, item: FootageItem, seconds: float) -> tuple[float, int, float] | None:
        """Start, crop and quality of the best stretch that is still free; of a used one, closer, when none is.

        Of a corpus no part is shown more than twice.
        """
        lengths = {s.id: s.seconds for s in self.shots}
        taken = [(p.start, p.start + lengths[k]) for k, p in self.pieces.items() if p.item is item]
        if item.kind == "picture":
            return self._good((0.0, len(taken), item.still_quality))
        if item.path in self.broken or item.seconds < seconds:
            return None
        try:
            return self._good(_stretch(item, seconds, taken))
        except LabError as error:
            self.broken[item.path] = str(error)
            return None

    def _good(self, place: tuple[float, int, float] | None) -> tuple[float, int, float] | None:
        """The place, unless a part of a corpus is blurred or was shown twice already."""
        poor = place is None or (not self.stock.chosen and (place[1] >= TWICE or place[2] < POOR))
        return None if poor else place

    def _why(self, item: FootageItem, found: Fits, number: int) -> str:
        patterns, share = patterns_for(self.language)["why"], f"{found.scores[number]:.0%}"
        how = "shown" if found.scores[number] >= FITS else "unfit"
        return fill(patterns[how], file=item.name, word=found.words[number], share=share)


def _stretch(item: FootageItem, seconds: float, taken: list[tuple[float, float]]) -> tuple[float, int, float] | None:
    best: dict[int, tuple[float, float]] = {}
    times, quality = item.look.times, item.look.quality
    for start in np.arange(max(item.start, float(times[0])) + MARGIN, item.end - seconds - MARGIN + 1e-6, STEP):
        end = start + seconds
        inside = (times >= start - STEP / 2) & (times <= end)
        if inside.sum() < 0.6 * seconds / STEP:
            continue  # not looked at
        crop = sum(a < end + 0.3 and start < b + 0.3 for a, b in taken)
        # in steps of 0.05: of what looks about as good the first is taken, so that room is left for other shots
        value = round(10 * float(quality[inside].mean() + np.percentile(quality[inside], 10))) / 20
        if value > best.get(crop, (0.0, 0.02))[1]:
            best[crop] = (round(float(start), 3), value)
    if not best:
        return None
    return best[min(best)][0], min(best), best[min(best)][1]


def choose(
    stock: Material, shots: Iterable[Shot], rng: np.random.Generator, language: str = "en-US"
) -> tuple[dict[int, Piece], list[str]]:
    """A piece for each shot id, and sentences about what the person should know.

    What is told of the material is searched for what each shot says and shows, in English and Chinese. Nothing is
    stretched or frozen: a shot that is longer than every clip gets no piece. Of a person's own folder something is
    shown even where no words fit, and when there is too little of it a used part again, closer. Of a corpus only what
    fits (FITS) is shown, no part more than twice, and never the same in two shots in a row; other shots get no piece.
    """
    shots = list(shots)
    found = {s.id: fits(stock.items, s, language) for s in shots}
    luck = rng.random(len(stock.items)) * 0.2
    state = _Choice(stock, shots, language, luck, _together(stock, shots, found))
    for shot in sorted(shots, key=lambda s: -found[s.id].scores.max(initial=0)):
        if piece := state.best(shot, found[shot.id]):
            state.pieces[shot.id] = piece
    notes = [f"Left out: {reason}" for reason in state.broken.values()] + _told(state, found)
    pieces = {s.id: state.pieces[s.id] for s in shots if s.id in state.pieces}
    return _without_jumps(pieces), notes


def _together(stock: Material, shots: list[Shot], found: dict[int, Fits]) -> dict[int, int]:
    """An item of its own for each shot, as many as there are, so that the words of all fit best in sum."""
    fit = np.array([found[s.id].scores + 0.25 * found[s.id].context for s in shots])
    short = [[i.kind == "video" and i.seconds < s.seconds + 2 * MARGIN for i in stock.items] for s in shots]
    fit[np.array(short, bool) | (fit < FITS)] = 0
    rows, columns = linear_sum_assignment(fit, maximize=True)
    return {shots[r].id: int(c) for r, c in zip(rows, columns, strict=True) if fit[r, c] > 0}


def _told(state: _Choice, found: dict[int, Fits]) -> list[str]:
    """What the person should know of shots that show nothing of it, or a part again."""
    patterns, notes = patterns_for(state.language)["notes"], []
    longest = max((i.seconds for i in state.stock.items), default=0)
    empty = [s for s in state.shots if s.id not in state.pieces]
    unfit = [s for s in empty if not state.stock.chosen and found[s.id].scores.max(initial=0) < FITS]
    for shot in (s for s in empty if s not in unfit):
        how = "longer" if shot.seconds > longest - 2 * MARGIN else "scarce"
        notes.append(fill(patterns[how], shot=shot.id, n=f"{shot.seconds:.1f}", longest=f"{longest:.1f}"))
    if unfit:
        which = ", ".join(f"{s.id} ({found[s.id].scores.max(initial=0):.0%})" for s in unfit)
        notes.append(fill(patterns["unfit"], which=which))
    if again := [f"{k} ({p.item.name})" for k, p in state.pieces.items() if p.crop]:
        notes.append(fill(patterns["again"], which=", ".join(again)))
    return notes


def _without_jumps(pieces: dict[int, Piece]) -> dict[int, Piece]:
    """Every second of neighbouring shots from one file is closer: a cut within one view would look like a fault."""
    made: dict[int, Piece] = {}
    before = None
    for number, piece in pieces.items():
        if before and before.item.path == piece.item.path and before.crop == piece.crop:
            piece = replace(piece, crop=1 if piece.crop != 1 else 0)
        made[number] = before = piece
    return made


def _beside(shots: list[Shot], shot: Shot) -> list[int]:
    at = shots.index(shot)
    return [shots[k].id for k in (at - 1, at + 1) if 0 <= k < len(shots)]


def footage_take(piece: Piece, seconds: float, out: Path, size: tuple[int, int] = (1080, 1920), seed: int = 0) -> dict:
    """The take of a piece for a shot of `seconds`, as the render reads it; `seed` varies the move of a photo.

    A video becomes a reference {kind "footage", path, start, seconds, crop (x, y, w, h), fps, rotation, hdr}; the crop
    counts in pixels of the upright picture. A photo becomes a moving clip of `size`, written to `out`.
    Raises LabError when the file is too short or can no longer be read.
    """
    item, aspect, zoom = piece.item, size[0] / size[1], CLOSER[min(piece.crop, 3)]
    if item.kind == "picture":
        whole = flatten(read_image(item.path))
        picture = cropped(whole, item.crop, max(whole.shape))
        crop = photo_crop(picture, aspect, zoom)
        frames = moving_photo(picture, crop, round(seconds * FPS), size, seed + piece.crop)
        write_frames(frames, FPS, out, crf=12)
        return {"kind": "clip", "path": str(out), "start": 0.0, "seconds": seconds, "source": item.name}
    if piece.start + seconds > item.end + 1e-3:
        raise LabError(f"{item.name} has {item.end:.1f} s, too short for {seconds:.1f} s from {piece.start:.1f} s.")
    return {
        "kind": "footage", "path": str(item.path.resolve()), "start": piece.start, "seconds": seconds,
        "crop": _crop(piece, seconds, aspect, zoom), "fps": item.info.fps, "rotation": item.info.rotation,
        "hdr": item.info.hdr, "source": item.name,
    }  # fmt: skip


def _crop(piece: Piece, seconds: float, aspect: float, zoom: float) -> list[int]:
    """The part (x, y, w, h) of a video that is shown, all even, in pixels of the upright picture."""
    item, step = piece.item, max(seconds / 6, 1 / 15)
    left, top, width, height = item.crop or (0, 0, item.info.width, item.info.height)
    right, bottom = (left + width) // 2 * 2, (top + height) // 2 * 2
    left, top = left + left % 2, top + top % 2
    width, height = right - left, bottom - top
    read = read_frames(item.path, piece.start, seconds, step=step)
    frames = [cropped(frame, (left, top, width, height), 640) for _, frame in read]
    if not frames:
        raise LabError(f"{item.name} has no frames at {piece.start:.1f} s: copy the file again.")
    scale = width / frames[0].shape[1]
    box = crop_9x16(np.stack(frames), aspect, zoom)
    x, y, w, h = (round(v * scale) // 2 * 2 for v in box)
    w, h = min(w, width), min(h, height)
    return [left + min(x, width - w), top + min(y, height - h), w, h]


def footage_filter(take: dict, size: tuple[int, int], fps: float) -> str:
    """ffmpeg's filter chain for a footage take: crop, scale, HDR to BT.709, a steady frame rate from time 0.

    ffmpeg itself turns the picture upright before this chain and seeks to the start (-ss before -i).
    """
    x, y, w, h = take["crop"]
    scale = f"scale={size[0]}:{size[1]}:flags=lanczos"
    color = f"{scale},{HDR}" if take["hdr"] else f"{scale}:out_color_matrix=bt709:out_range=tv"
    return f"setpts=PTS-STARTPTS,crop={w}:{h}:{x}:{y},{color},fps={fps:g},setsar=1,format=yuv420p"


def footage_takes(
    shots: list[Shot], folder: Path, seed: int, work: Path, size: tuple[int, int] = (1080, 1920),
    uses: Sequence[str] = ("publish", "edit"), language: str = "en-US",
) -> tuple[list[dict], list[Asset], list[str]]:  # fmt: skip
    """Takes (with the shot's id and why), the assets in them, and notes, for all shots that a folder or corpus serves.

    Only what may be used for all `uses` is taken. Raises LabError when there is nothing that can be used.
    """
    stock = material(Path(folder), uses)
    pieces, more = choose(stock, shots, np.random.default_rng([abs(int(seed)), 61]), language)
    takes, assets = [], []
    for shot in shots:
        if shot.id in pieces:
            piece = pieces[shot.id]
            take = footage_take(piece, shot.seconds, work / f"take-{shot.id}.mp4", size, shot.seed)
            takes.append({"id": shot.id, **take, "why": piece.why})
            assets.append(piece.item.rights)
    if coarse := dict.fromkeys(p.item.name for p in pieces.values() if p.item.across < COARSE):
        more.append(fill(patterns_for(language)["notes"]["coarse"], which=", ".join(coarse), n=COARSE))
    return takes, list(dict.fromkeys(assets)), stock.notes + more
