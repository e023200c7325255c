"""Clips of a corpus, small and ready to read: cut out of its files once, kept on disk as plain arrays.

A file is decoded from its first frame to its last, never frame by frame with a seek, and shrunk while it is decoded, so
that no large picture ever reaches Python. What is kept is the upright part of the picture that holds the subject, a
little larger than a model sees it, so that there is something to zoom into. The name of what is kept says what it was
made of: another setting or other shots are other names, and what is there already is never decoded again.
"""

import hashlib
import json
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation

from aigc_lab import LabError
from aigc_lab.collect.checkup import file_hash
from aigc_lab.collect.manifest import Row
from aigc_lab.media import atomic, opened, read_image
from aigc_lab.train.real import cut
from aigc_lab.vision import crop_9x16, small

VERSION = 1  # of what is kept: a higher one makes everything anew
MARGIN = 1.25  # a kept clip is so many times as wide and high as the clip that a model sees
LOOKS, SIDE = 3, 96  # frames of a clip, and px of their long side, in which its subject is looked for
SLACK = 0.002  # s: a shot's start is told to the millisecond, its first frame may be stored a little later
LACKING = 0.25  # s that may be missing at the end of a shot; the last frame stands for them
PQ, HLG = 16, 18  # transfers of HDR (ITU-T H.273)
KNEE, PEAK = 0.3, 5.0  # of the tone curve: up to the knee nothing changes, the peak becomes white
TO_709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])  # BT.2087
MOVES = ("left", "right", "up", "down", "in", "out")  # of the camera over a picture, as it looks on the screen
TRAVEL = 0.16  # of the picture that such a move covers


@dataclass(frozen=True)
class Cutting:
    """How clips are cut: (width, height) in px, frames in a clip, how many of them a second, and how many frames after
    the beginning of a clip the next one begins."""

    size: tuple[int, int] = (40, 72)
    frames: int = 16
    fps: float = 7.5
    stride: int = 16

    def __post_init__(self) -> None:
        """Raises LabError for numbers that make no clip."""
        if min(self.size) < 8 or self.frames < 1 or self.stride < 1 or not self.fps > 0:
            raise LabError(
                f"Clips of {self.size[0]}x{self.size[1]} px with {self.frames} frames at {self.fps:g} fps, one each "
                f"{self.stride} frames, cannot be cut: use 8 px, 1 frame and 1 fps at least."
            )

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.size[0] / self.size[1]

    @property
    def kept(self) -> tuple[int, int]:
        """Width and height of the clips on disk."""
        return round(self.size[0] * MARGIN), round(self.size[1] * MARGIN)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Shape of a clip on disk: (T, H, W, 3)."""
        return self.frames, self.kept[1], self.kept[0], 3

    def starts(self, row: Row) -> range:
        """The first frames of a shot's clips, counted at `fps` from where the shot starts; a picture has one clip."""
        if row.kind == "picture":
            return range(1)
        count = int((row.end - row.start - SLACK) * self.fps) + 1
        return range(0, count - self.frames + 1, self.stride)


def camera_move(row: Row) -> str:
    """The way a picture moves over the screen when it is made a clip; it follows from what is in the file."""
    return MOVES[int(row.file[-8:], 16) % len(MOVES)]


def frames_at(path: Path, times: Sequence[float], size: tuple[int, int], threads: int = 1) -> Iterator[np.ndarray]:
    """What is seen in a video at each of `times` (s, rising): uint8 (H, W, 3), upright, at a size (width, height).

    It is decoded once from the beginning, whatever its frame rate; frames that are neither seen nor needed to decode
    others are passed over. threads: of the decoder. Raises LabError when the file is broken or ends too soon.
    """
    due, now, made, last = deque(times), None, None, 0.0
    try:
        for time, frame, seen in _decoded(path, times, threads):
            while due and now is not None and time > due[0] + SLACK:
                made = _upright(now, size) if made is None else made
                yield made
                due.popleft()
            if not due:
                return
            now, last = frame, time
            made = _upright(now, size) if seen else None  # at once, while the processor has it at hand
        while due and now is not None and due[0] <= last + LACKING:
            made = _upright(now, size) if made is None else made
            yield made
            due.popleft()
    except (av.FFmpegError, IndexError, OSError) as error:
        raise LabError(f"It cannot be decoded ({error}): put back the file as it was collected.") from error
    if due:
        raise LabError(f"It ends after {last:.1f} s, {due[0]:.1f} s were expected: put back the file as it was.")


def _decoded(path: Path, times: Sequence[float], threads: int) -> Iterator[tuple[float, av.VideoFrame, bool]]:
    """(seconds, frame, whether it is known to be seen) of those frames at least that are seen at `times`."""
    seen = _seen(path, times)
    with opened(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = threads
        stream.thread_type = "AUTO"
        first = (container.start_time or 0) / av.time_base
        for packet in container.demux(stream):
            # a decoder may leave out what no other frame is made from, as players do that are late
            stream.codec_context.skip_frame = "DEFAULT" if seen is None or packet.pts in seen else "NONREF"
            for frame in packet.decode():
                yield float(frame.time or 0) - first, frame, seen is not None and frame.pts in seen


def _seen(path: Path, times: Sequence[float]) -> set[int] | None:
    """When the frames that are seen at `times` stand in the file, by its own clock; None when it does not say so."""
    with opened(path) as container:
        stream = container.streams.video[0]
        stamps = [packet.pts for packet in container.demux(stream) if packet.size]
        first = (container.start_time or 0) / av.time_base
        if not stamps or None in stamps:
            return None
        clock = np.unique(stamps)
        places = np.searchsorted(clock * float(stream.time_base) - first, np.array(times) + SLACK, side="right") - 1
        places = np.append(places, places[-1] + 1)  # the one that ends the last
        return set(clock[np.clip(places, 0, len(clock) - 1)].tolist())


def _upright(frame: av.VideoFrame, size: tuple[int, int]) -> np.ndarray:
    turns = round(getattr(frame, "rotation", 0) or 0) // 90 % 4
    width, height = size[::-1] if turns % 2 else size
    transfer = int(getattr(frame, "color_trc", 0) or 0)
    kind = "rgb48le" if transfer in (PQ, HLG) else "rgb24"
    tiny = frame.reformat(width, height, kind, interpolation=Interpolation.AREA, threads=1).to_ndarray()
    return np.rot90(tone_mapped(tiny, transfer) if kind == "rgb48le" else tiny, turns)


def tone_mapped(codes: np.ndarray, transfer: int) -> np.ndarray:
    """An HDR picture uint16 (H, W, 3), BT.2020 with the transfer PQ or HLG, as BT.709 uint8.

    Source: ITU-R BT.2100 (light of a code), BT.2408 (203 cd/m2 is white); the curve is ffmpeg's "mobius", with the
    numbers that footage has when it is cut in (aigc_lab.generate.footage).
    """
    code = codes / 65535
    if transfer == PQ:
        power = code ** (1 / 78.84375)
        light = 1e4 * (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    else:
        scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12)
        light = 1e3 * scene * (scene @ [[0.2627], [0.6780], [0.0593]]) ** 0.2
    linear = np.maximum(light / 203 @ TO_709.T, 0)
    top = np.maximum(linear.max(axis=2, keepdims=True), KNEE)
    a = -(KNEE**2) * (PEAK - 1) / (KNEE**2 - 2 * KNEE + PEAK)
    b = (KNEE**2 - 2 * KNEE * PEAK + PEAK) / (PEAK - 1)
    linear *= (b**2 + 2 * b * KNEE + KNEE**2) / (b - a) * (top + a) / (top + b) / top
    return np.round(255 * np.clip(linear, 0, 1) ** (1 / 2.4)).astype(np.uint8)  # as a display shows it (BT.1886)


def video_clips(path: Path, rows: Sequence[Row], cutting: Cutting, threads: int = 1) -> Iterator[np.ndarray]:
    """The clips of a video's shots, in their order: uint8, of the shape `cutting.shape`. Raises LabError."""
    rows = sorted(rows, key=lambda row: row.start)
    whole = rows[0].crop or (0, 0, rows[0].width, rows[0].height)
    scale = min(1.0, cutting.kept[1] / min(whole[3], whole[2] / cutting.aspect))
    size = max(2, round(rows[0].width * scale)), max(2, round(rows[0].height * scale))
    needed = [
        (row, index)
        for row in rows
        for index in sorted({begin + k for begin in cutting.starts(row) for k in range(cutting.frames)})
    ]
    held: dict[tuple[str, int], np.ndarray] = {}
    pictures = frames_at(path, [row.start + index / cutting.fps for row, index in needed], size, threads)
    for (row, index), picture in zip(needed, pictures, strict=True):
        held[row.id, index] = _inside(picture, row.crop, scale)
        begin = index - cutting.frames + 1
        if begin in cutting.starts(row):
            yield framed(np.stack([held[row.id, begin + k] for k in range(cutting.frames)]), cutting)
            held = {key: f for key, f in held.items() if key[0] == row.id and key[1] >= begin + cutting.stride}


def _inside(picture: np.ndarray, crop: tuple[int, int, int, int] | None, scale: float) -> np.ndarray:
    """A picture that was shrunk by `scale` without its bars; `crop` is in px of the whole one."""
    if crop is None:
        return picture
    left, top = (int(np.ceil(v * scale)) for v in crop[:2])
    right, bottom = (int((crop[i] + crop[i + 2]) * scale) for i in (0, 1))
    return picture[top : max(bottom, top + 2), left : max(right, left + 2)]


def framed(frames: np.ndarray, cutting: Cutting) -> np.ndarray:
    """The upright part that holds the subject of frames uint8 (T, H, W, 3): one part for all, at the kept size."""
    some = np.unique(np.linspace(0, len(frames) - 1, LOOKS).round().astype(int))
    tiny = np.stack([small(f, SIDE) for f in frames[some]])
    height, width = frames.shape[1:3]
    w, h = round(min(width, height * cutting.aspect)), round(min(height, width / cutting.aspect))
    left, top = (v * height / tiny.shape[1] for v in crop_9x16(tiny, cutting.aspect)[:2])
    x, y = min(round(left), width - w), min(round(top), height - h)
    part = frames[:, y : y + h, x : x + w]
    way = cv2.INTER_AREA if h >= cutting.kept[1] else cv2.INTER_LINEAR
    return np.stack([cv2.resize(np.ascontiguousarray(f), cutting.kept, interpolation=way) for f in part])


def picture_clip(path: Path, row: Row, cutting: Cutting) -> np.ndarray:
    """A picture as a clip: the camera passes slowly over the part that holds the subject. Raises LabError."""
    picture = read_image(path)
    if picture.shape[2] == 4:  # what is transparent lies on white
        share = picture[..., 3:] / 255
        picture = (picture[..., :3] * share + 255 * (1 - share)).astype(np.uint8)
    picture = _inside(picture, row.crop, 1.0)
    tall = min(picture.shape[0], picture.shape[1] / cutting.aspect)
    picture = small(picture, round(max(picture.shape[:2]) * min(1.0, 2 * cutting.kept[1] / tall)))
    x, y, w, h = crop_9x16(picture[None], cutting.aspect)
    near, aside, below = w * (1 - TRAVEL), w * TRAVEL, h * TRAVEL
    middle = x + aside / 2, y + below / 2
    ways = {  # (left, top, width) at the beginning and at the end; the camera goes right when the picture goes left
        "left": ((x, middle[1], near), (x + aside, middle[1], near)),
        "up": ((middle[0], y, near), (middle[0], y + below, near)),
        "in": ((x, y, w), (*middle, near)),
    }
    ways |= {back: ways[way][::-1] for way, back in (("left", "right"), ("up", "down"), ("in", "out"))}
    begin, end = (np.array(box) for box in ways[camera_move(row)])
    shares = np.linspace(0, 1, cutting.frames)
    return np.stack([cut(picture, begin + share * (end - begin), cutting.kept) for share in shares])


def shard(folder: Path, rows: Sequence[Row], cutting: Cutting) -> Path:
    """Where the clips of these shots of one file lie, in the order of the rows' starts."""
    told = [(row.id, row.kind, row.start, row.end, row.crop, row.width, row.height) for row in rows]
    mark = hashlib.sha256(json.dumps([sorted(told), astuple(cutting)]).encode()).hexdigest()[:12]
    kind = f"{cutting.size[0]}x{cutting.size[1]}-{cutting.frames}x{cutting.fps:g}-{cutting.stride}-v{VERSION}"
    return Path(folder) / kind / rows[0].file[:2] / f"{rows[0].file}-{mark}.npy"


def keep(
    path: Path, rows: Sequence[Row], cutting: Cutting, target: Path, threads: int = 1,
    stop: threading.Event | None = None,
) -> None:  # fmt: skip
    """Cut the clips of the shots of one file into a .npy file (N, T, H, W, 3), all of them or nothing.

    One clip at a time is held in memory. `stop`: set by another thread, it ends this. Raises LabError when the media
    file is gone, broken, or no longer what was collected.
    """
    try:
        same = file_hash(path) == rows[0].file
    except OSError as error:
        raise LabError(f"It cannot be read ({error.strerror or error}): put back the file.") from error
    if not same:
        raise LabError("Its bytes have changed since it was collected: put back the file as it was.")
    count = sum(len(cutting.starts(row)) for row in rows)
    if rows[0].kind == "picture":
        clips: Iterable[np.ndarray] = [picture_clip(path, rows[0], cutting)]
    else:
        clips = video_clips(path, rows, cutting, threads)
    with atomic(target) as part, open(part, "wb") as out:
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, *cutting.shape)}
        np.lib.format.write_array_header_1_0(out, header)
        for clip in clips:
            if stop and stop.is_set():
                raise LabError("It was stopped: start it again.")
            out.write(np.ascontiguousarray(clip).data)


def kept_clip(target: Path, place: int, cutting: Cutting) -> np.ndarray:
    """One clip of a file that `keep` wrote, uint8 (T, H, W, 3). Raises OSError or ValueError when it is damaged.

    The file is mapped and let go again, so that memory holds one clip and not what was ever read.
    """
    clips = np.load(target, mmap_mode="r", allow_pickle=False)
    if clips.shape[1:] != cutting.shape or clips.dtype != np.uint8 or place >= len(clips):
        raise ValueError(f"no clips of {cutting.shape}")
    return np.array(clips[place])
