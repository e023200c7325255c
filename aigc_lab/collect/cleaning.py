"""Looking into a file before it may enter a corpus: what it is, a number for each thing that matters, and flags.

A file is judged by its content; its name may lie. A video is decoded once, frame by frame, and never kept in memory.
"""

import warnings
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from aigc_lab import LabError
from aigc_lab.collect import duplicates
from aigc_lab.collect.contents import content, read_text
from aigc_lab.collect.detectors import LONGEST, faces, letters
from aigc_lab.measures import LUMA, colorfulness, contrast, sharpness, shows_nothing
from aigc_lab.media import MediaInfo, opened, probe, read_frames, read_image
from aigc_lab.vision import letterbox, motion, small

REFUSED = ("decode", "short", "small", "black", "frozen", "duplicate")  # flags that refuse every use; others warn
SHORTEST = 1.0  # s of a video
SMALLEST = 180  # px of the short side: real clips of UCF-101 are 320x240, and less without their bars
BLACK = 0.5  # share of black frames
STILL = 2.0  # change of the brightness of a 16th of the picture, over one second, below which nothing moves
FROZEN = 0.9  # share of seconds in which nothing moves
SOFT = 5.0  # sharpness; what has detail has 39 and more, and nearly always at most 4 when blurred by 4 px of 640
TEXT = 5  # letters in a line: finds 126 of 128 captions in both languages, and warns wrongly of 8 of 67 pictures
READABLE = 0.9  # share of the seconds a file promises
LOOKS = 6  # frames in which letters and faces are looked for
HASHED = 2400  # frames at most in a fingerprint: ten minutes
CUT = 0.5  # s between two cuts at least
TICKS = 90_000  # a second, of the times given to scenedetect


@dataclass(frozen=True)
class Flag:
    """Something that speaks against a file: the number that was measured, its limit, and one English sentence."""

    name: str
    value: float
    limit: float
    reason: str


@dataclass(frozen=True)
class Shot:
    """A stretch without a cut: seconds in the file."""

    start: float
    end: float


@dataclass(frozen=True)
class Inspection:
    """What is known about a file. Sizes are upright; crop is (x, y, width, height) without letterbox bars.

    kind: "video", "picture", "text", or "" when it is none of them. seconds: what can be decoded. measures: brightness
    and contrast (0 to 1), colorfulness, sharpness, motion (picture widths a second), black and still (shares), letters,
    faces (how many; missing when the detector is not installed), hdr and sound (0 or 1); of a text letters.
    fingerprint: `duplicates.fingerprint` of the picture without bars, empty for a text.
    """

    kind: str
    width: int
    height: int
    fps: float
    seconds: float
    crop: tuple[int, int, int, int] | None
    shots: tuple[Shot, ...]
    measures: dict[str, float]
    flags: tuple[Flag, ...]
    fingerprint: bytes


def inspect(path: Path, kind: str = "") -> Inspection:
    """Look into a file. `kind` is what its source says it is ("video", "picture", "text"); "" takes what it holds.

    Never raises for a bad file: that is the flag "decode", as is a file that is not of the kind.
    """
    path, found = Path(path), ""
    try:
        with warnings.catch_warnings(action="ignore"):  # what decoders mutter about damage becomes a flag
            found = content(path)
            if kind and kind != found:
                if found == "video":  # so is called what nobody knows: now it is opened
                    found = kind
                    found = {"image": "picture"}.get(probe(path).kind, "video")
                raise LabError(f"{path.name} is said to be a {kind} and holds a {found}: correct that or take it out.")
            return {"text": _text, "picture": _picture, "video": _video}[found](path)
    except LabError as error:
        reason = str(error).replace(str(path), path.name)  # folders of this machine are nobody's business
    except Exception as error:  # decoders raise whatever they like on damaged files
        reason = f"{path.name} cannot be read ({type(error).__name__}: {error}): copy it again or take it out."
    return Inspection(found, 0, 0, 0.0, 0.0, None, (), {}, (Flag("decode", 0.0, READABLE, reason),), b"")


def _text(path: Path) -> Inspection:
    count = sum(c.isalnum() for c in read_text(path))
    flags = () if count else (Flag("decode", 0.0, 1.0, f"{path.name} holds no words: take it out."),)
    return Inspection("text", 0, 0, 0.0, 0.0, None, (), {"letters": float(count)}, flags, b"")


def _picture(path: Path) -> Inspection:
    picture = read_image(path)
    if picture.shape[2] == 4:  # what is transparent lies on white
        share = picture[..., 3:] / 255
        picture = (picture[..., :3] * share + 255 * (1 - share)).astype(np.uint8)
    height, width = picture.shape[:2]
    watch = _Watch(0.0, fps=0.0)
    watch.look(small(picture, LONGEST))
    return watch.result("picture", MediaInfo("image", width, height), (), [])


def _video(path: Path) -> Inspection:
    info = probe(path)
    watch, broken = _Watch(info.seconds, info.fps), ""
    try:
        for time, frame in read_frames(path, longest=LONGEST):
            watch.see(time, np.ascontiguousarray(frame))
    except LabError as error:
        broken = str(error)  # what came before is looked at
    if not watch.kept:
        raise LabError(broken or f"{path.name} has no frame that can be decoded: copy it again or take it out.")
    flags, promised = [], max(info.seconds, 1e-6)
    short = promised - watch.end > max(0.5, (1 - READABLE) * promised)
    if (short and (broken or _last_packet(path) < promised - 0.5)) or (broken and not info.seconds):
        reason = f"It breaks off after {watch.end:.1f} s of {info.seconds:.1f} s: copy it again or take it out."
        flags.append(Flag("decode", round(watch.end / promised, 3), READABLE, reason))
    if watch.end < SHORTEST:
        flags.append(
            Flag(
                "short", round(watch.end, 3), SHORTEST, f"It lasts only {watch.end:.2f} s; {SHORTEST:g} s is the least."
            )
        )
    return watch.result("video", info, watch.shots(), flags)


def _last_packet(path: Path) -> float:
    """When the last packet of any stream begins (s): sound may go on after the pictures have ended."""
    last = 0.0
    with opened(path) as container:
        first = (container.start_time or 0) / av.time_base
        try:
            for packet in container.demux():
                if packet.pts is not None:
                    last = max(last, float(packet.pts * packet.time_base) - first)
        except av.FFmpegError:
            pass  # the end of what can be read
    return last


class _Watch:
    """Sees the frames of a file go by, and keeps of them only what is needed for its numbers."""

    def __init__(self, seconds: float, fps: float) -> None:
        from scenedetect import AdaptiveDetector  # it takes seconds to start, and a corpus is mostly read

        # It compares a change with those around it, so that a fast pan is no cut: of 14 hard cuts between pans, drawn
        # scenes and real clips it found 14 with 1 mistake (a flash); ContentDetector and HistogramDetector 13 with 1,
        # HashDetector 13 with 7. It gets our frames: upright, and decoded only once.
        self.detector = AdaptiveDetector(min_scene_len=CUT)
        self.fps, self.end, self.due = fps, 0.0, 0.0
        self.looks = [(seconds or 12.0) * (k + 0.5) / LOOKS for k in range(LOOKS)]
        self.cuts: list[float] = []
        self.kept: list[np.ndarray] = []  # small frames, one each STEP
        self.rows: list[tuple[float, ...]] = []  # of those: brightness, empty, contrast, colour, sharpness
        self.brightest: np.ndarray | None = None
        self.letters: list[int] = []
        self.faces: list[int] = []

    def see(self, time: float, frame: np.ndarray) -> None:
        """The next frame of a video: its long side has at most LONGEST px."""
        from scenedetect import FrameTimecode
        from scenedetect.common import Timecode

        tiny = small(frame, 160)[..., ::-1]  # BGR
        stamp = FrameTimecode(Timecode(pts=round(max(time, 0) * TICKS), time_base=Fraction(1, TICKS)), fps=self.fps)
        self.cuts += [cut.seconds for cut in self.detector.process_frame(stamp, np.ascontiguousarray(tiny))]
        self.end = max(self.end, time + 1 / self.fps)
        late = bool(self.looks) and time >= self.looks[0]
        if time >= self.due - 1e-6:
            self.due = max(self.due + duplicates.STEP, time)
            self.look(frame, closely=late or not self.letters)
        elif late:
            self.closely(frame)
        if late:
            self.looks = [t for t in self.looks if t > time]

    def look(self, frame: np.ndarray, closely: bool = True) -> None:
        """Measure a frame; `closely` looks for letters and faces too."""
        light, empty = (frame[::2, ::2] @ LUMA).mean(), float(shows_nothing(frame))
        self.rows.append((light, empty, contrast(frame), colorfulness(frame), sharpness(frame)))
        if len(self.kept) < HASHED:
            self.kept.append(small(frame, 128))
        self.brightest = frame.copy() if self.brightest is None else np.maximum(self.brightest, frame)
        if closely:
            self.closely(frame)

    def closely(self, frame: np.ndarray) -> None:
        """Look for letters and faces."""
        self.letters.append(letters(frame))
        found = faces(frame)
        if found is not None:
            self.faces.append(len(found))

    def shots(self) -> tuple[Shot, ...]:
        """The stretches between the cuts."""
        edges = [0.0, *(round(c, 3) for c in self.cuts if 0 < c < self.end), round(self.end, 3)]
        return tuple(Shot(a, b) for a, b in zip(edges, edges[1:], strict=False) if b > a)

    def result(self, kind: str, info: MediaInfo, shots: tuple[Shot, ...], flags: list[Flag]) -> Inspection:
        """All numbers, and the flags that follow from them after those that are already known."""
        crop = _crop(self.brightest, info.width, info.height)
        measures = self.measures(info, kind)
        flags += _flags(measures, crop, info)
        frames = np.stack(self.kept)
        if crop:
            scale = frames.shape[2] / info.width
            x, y, w, h = (round(v * scale) for v in crop)
            frames = frames[:, y : y + h, x : x + w]
        fps, seconds = (round(info.fps, 3), round(self.end, 3)) if kind == "video" else (0.0, 0.0)
        mark = duplicates.fingerprint(frames)
        return Inspection(kind, info.width, info.height, fps, seconds, crop, shots, measures, tuple(flags), mark)

    def measures(self, info: MediaInfo, kind: str) -> dict[str, float]:
        """The numbers of the file (see Inspection)."""
        light, empty, contrasts, colors, sharp = np.array(self.rows).T
        out = {
            "brightness": light.mean() / 255, "contrast": contrasts.mean(), "colorfulness": colors.mean(),
            "sharpness": np.percentile(sharp, 90), "black": empty.mean(),
            "letters": sorted(self.letters)[-2 if len(self.letters) > 2 else -1],  # one frame alone may be mistaken
            "hdr": info.hdr, "sound": info.sound,
        }  # fmt: skip
        if self.faces:
            out["faces"] = max(self.faces)
        if kind == "video":
            out |= {
                "still": _still(self.kept),
                "motion": motion(np.stack(self.kept[:120]), 1 / duplicates.STEP)[0].mean(),
            }
        return {name: round(float(value), 4) for name, value in out.items()}


def _still(frames: list[np.ndarray]) -> float:
    """The share of seconds in which nothing moves."""
    tiles = np.stack([cv2.resize(f, (16, 16), interpolation=cv2.INTER_AREA).astype(np.float64) @ LUMA for f in frames])
    apart = min(round(1 / duplicates.STEP), len(tiles) - 1)
    if apart < 1:
        return 1.0
    change = np.abs(tiles[apart:] - tiles[:-apart]).max(axis=(1, 2))
    return float(np.mean(change < STILL))


def _crop(brightest: np.ndarray, width: int, height: int) -> tuple[int, int, int, int] | None:
    """The part without bars, in px of the whole frame and inside the edge; None without bars."""
    x, y, w, h = letterbox(brightest[None])
    if (w, h) == (brightest.shape[1], brightest.shape[0]):
        return None
    across, down = width / brightest.shape[1], height / brightest.shape[0]
    left, top = int(np.ceil(x * across)), int(np.ceil(y * down))
    return left, top, int((x + w) * across) - left, int((y + h) * down) - top


def _flags(measures: dict[str, float], crop: tuple[int, int, int, int] | None, info: MediaInfo) -> list[Flag]:
    """What the numbers say against a picture or a video."""
    m, side = measures, min(crop[2:] if crop else (info.width, info.height))
    area = crop[2] * crop[3] / (info.width * info.height) if crop else 1.0
    told = [
        (side < SMALLEST, "small", side, SMALLEST, f"Its short side has only {side} px; {SMALLEST} is the least."),
        (m["black"] > BLACK, "black", m["black"], BLACK, f"{m['black']:.0%} of it is black or shows nothing."),
        (m.get("still", 0) > FROZEN, "frozen", m.get("still", 0), FROZEN, "Nothing moves in it: keep a frame."),
        (m["letters"] >= TEXT, "text", m["letters"], TEXT, f"A line of {m['letters']:.0f} letters is in the picture."),
        (m.get("faces", 0) >= 1, "faces", m.get("faces", 0), 1, f"Faces are seen: {m.get('faces', 0):.0f} at once."),
        (crop is not None, "bars", 1 - area, 0.0, f"Black bars take {1 - area:.0%} of the picture; they are cropped."),
        (m["sharpness"] < SOFT, "soft", m["sharpness"], SOFT, "The picture is blurred or has no fine detail."),
    ]  # fmt: skip
    return [Flag(name, round(float(v), 3), float(limit), reason) for yes, name, v, limit, reason in told if yes]
