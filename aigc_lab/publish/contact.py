"""A finished video at a glance: one frame of every second, and how bright each frame is."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from aigc_lab import LabError
from aigc_lab.measures import luminance
from aigc_lab.media import Clip, probe, read_frames, read_image, run_ffmpeg
from aigc_lab.publish.fonts import SANS, pillow_font

THUMB = (360, 640)  # (W, H) of a frame in the sheet: a phone held at arm's length


@dataclass(frozen=True)
class Glance:
    """seconds: (time in s, frame uint8 (640, 360, 3)) in the middle of each second; brightness: (T,) of every frame."""

    seconds: list[tuple[float, np.ndarray]]
    brightness: np.ndarray
    fps: float


def glance(video: Path) -> Glance:
    """Look through a video once. Raises LabError when it cannot be read or is shorter than half a second."""
    video = Path(video).resolve()
    info = probe(video)
    every, half = max(round(info.fps), 1), max(round(info.fps / 2), 0)
    width, height = THUMB
    scale = f"scale={width}:{height}:force_original_aspect_ratio=decrease"
    graph = f"[0:v]split[a][b];[a]select='eq(mod(n,{every}),{half})',{scale}[thumbs];[b]scale=36:64[tiny]"
    with tempfile.TemporaryDirectory() as folder:
        thumbs = ["-map", "[thumbs]", "-fps_mode", "passthrough", "t%04d.png"]
        tiny = ["-map", "[tiny]", "-c:v", "libx264rgb", "-preset", "ultrafast", "-qp", "0", "tiny.mp4"]
        run_ffmpeg(["-i", str(video), "-filter_complex", graph, *thumbs, *tiny], Path(folder))
        pictures = [read_image(p)[..., :3] for p in sorted(Path(folder).glob("t*.png"))]
        brightness = np.array([luminance(f).mean() for _, f in read_frames(Path(folder, "tiny.mp4"))])
    if not pictures:
        raise LabError(f"{video} is shorter than half a second: there is nothing to look at.")
    return Glance([(i + half / info.fps, p) for i, p in enumerate(pictures)], brightness, info.fps)


def contact_sheet(video: Path, columns: int = 6) -> np.ndarray:
    """One picture uint8 (H, W, 3) with the middle frame of every second and its time. Raises LabError."""
    frames = glance(video).seconds
    columns = min(columns, len(frames))
    rows, gap, strip = -(-len(frames) // columns), 10, 34
    height, width = frames[0][1].shape[:2]
    size = (columns * (width + gap) + gap, rows * (height + strip + gap) + gap)
    sheet = Image.new("RGB", size, "#16181d")
    pen, font = ImageDraw.Draw(sheet), pillow_font(SANS, 22)
    for i, (time, frame) in enumerate(frames):
        x, y = gap + i % columns * (width + gap), gap + i // columns * (height + strip + gap)
        sheet.paste(Image.fromarray(frame), (x, y + strip))
        pen.text((x + 2, y + 2), f"{time:.1f} s", font=font, fill="#c9d1d9")
    return np.array(sheet)


def compare(videos: list[Path], moments: int = 8, width: int = 180) -> np.ndarray:
    """Videos below each other in one picture uint8 (H, W, 3), each at the same `moments` of its length, with its name.

    Raises LabError for a file that cannot be read.
    """
    rows, gap, strip = [], 8, 26
    for video in videos:
        frames = [frame for _, frame in glance(video).seconds]
        chosen = np.linspace(0, len(frames) - 1, min(moments, len(frames))).round().astype(int)
        size = width, round(frames[0].shape[0] * width / frames[0].shape[1])
        rows.append([Image.fromarray(frames[i]).resize(size, Image.Resampling.LANCZOS) for i in chosen])
    height = max(row[0].height for row in rows) + strip + gap
    sheet = Image.new("RGB", (max(map(len, rows)) * (width + gap) + gap, len(rows) * height + gap), "#16181d")
    pen, font = ImageDraw.Draw(sheet), pillow_font(SANS, 17)
    for i, (video, row) in enumerate(zip(videos, rows, strict=True)):
        name = Path(video).parent.name if Path(video).stem == "video" else Path(video).stem
        pen.text((gap, gap + i * height), name, font=font, fill="#c9d1d9")
        for j, frame in enumerate(row):
            sheet.paste(frame, (gap + j * (width + gap), gap + i * height + strip))
    return np.array(sheet)


def preview(video: Path, seconds: float = 10.0, fps: float = 10.0, width: int = 270) -> Clip:
    """The beginning of a video as a small Clip for a page or a chat: `width` pixels wide. Raises LabError."""
    small = []
    for _, frame in read_frames(video, 0.0, seconds, step=1 / fps):
        height = round(frame.shape[0] * width / frame.shape[1])
        small.append(np.array(Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS)))
    if not small:
        raise LabError(f"{video} has no frames: make it again.")
    return Clip(np.stack(small), fps)
