"""Clips, sounds and pictures: the only module that reads and writes media files.

Paths may hold any letters: cv2 never sees a path (it fails on Chinese ones under Windows), and ffmpeg runs in the work
folder with plain relative names.
"""

import contextlib
import io
import json
import os
import re
import subprocess
import tempfile
import wave
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from aigc_lab import LabError

RATE = 48_000  # Hz, of every Sound
STILLS = ("MPO", "TIFF", "ICO")  # phones and scanners put several stills into one file: no film for all that


@dataclass(frozen=True)
class Clip:
    """Moving pictures: frames uint8 (T, H, W, 3) RGB, and how many a second."""

    frames: np.ndarray
    fps: float

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.frames) / self.fps


@dataclass(frozen=True)
class Sound:
    """Sound: samples float32 (N, channels) in [-1, 1], and how many a second."""

    samples: np.ndarray
    rate: int = RATE

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


@dataclass(frozen=True)
class MediaInfo:
    """What a media file holds. Width and height are as shown, after rotation."""

    kind: str  # "video" or "image"
    width: int
    height: int
    fps: float = 0.0
    seconds: float = 0.0
    rotation: int = 0
    hdr: bool = False
    sound: bool = False


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` that takes its place at the end, so that no half-written file has the final name.

    Raises LabError when the disk is full or the folder cannot be written.
    """
    path = Path(path)
    handle, name = None, None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix=path.suffix)
        os.close(handle)
        yield Path(name)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError as error:
        raise LabError(
            f"Cannot write {path} ({error.strerror or error}): free some space or choose another folder."
        ) from error
    finally:
        if name and os.path.exists(name):
            os.unlink(name)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends, all of it or nothing."""
    with atomic(path) as part:
        part.write_bytes(text.encode("utf-8"))


def write_json(path: Path, value: object) -> None:
    """Write JSON with sorted keys, all of it or nothing."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def ffmpeg() -> str:
    """The ffmpeg program that came with imageio-ffmpeg."""
    return imageio_ffmpeg.get_ffmpeg_exe()


def run_ffmpeg(
    arguments: list[str], cwd: Path, on_time: Callable[[float], None] | None = None, env: dict[str, str] | None = None
) -> str:
    """Run ffmpeg in `cwd` and return its log; `on_time` hears how many seconds are written so far.

    Raises LabError with ffmpeg's own last words.
    """
    command = [ffmpeg(), "-hide_banner", "-nostdin", "-y", "-nostats", "-progress", "pipe:1", *arguments]
    log: deque[str] = deque(maxlen=4000)
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            if re.match(r"[a-z_0-9]+=", line) and " " not in line.partition("=")[0]:
                if on_time and line.startswith("out_time_us=") and line[12:].isdigit():
                    on_time(int(line[12:]) / 1e6)
            else:
                log.append(line)
        code = process.wait()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if code:
        told = [x for x in log if re.search("error|invalid|no space|not found|fail", x, re.IGNORECASE)] or list(log)
        hint = "free some disk space" if "No space left" in " ".join(log) else "check the files named there"
        raise LabError(f"ffmpeg stopped with code {code}: {told[-1].strip() if told else 'no message'} - {hint}.")
    return "\n".join(log)


def opened(path: Path) -> av.container.InputContainer:
    """A media file, to be read in a `with`; what it names is never fetched. Raises av.FFmpegError when it is none."""
    return av.open(str(path), options={"protocol_whitelist": "file"})


def probe(path: Path) -> MediaInfo:
    """Look into a picture or a video without reading all of it.

    Raises LabError when the file is missing, empty, or neither a picture nor a video.
    """
    path = Path(path)
    if not path.is_file():
        raise LabError(f"{path} is not there: check the name.")
    if path.stat().st_size == 0:
        raise LabError(f"{path} is empty (0 bytes): copy it again.")
    try:
        with Image.open(path) as image:
            if image.format in STILLS or getattr(image, "n_frames", 1) == 1:
                turned = image.getexif().get(0x0112) in (5, 6, 7, 8)  # orientations that lie on their side
                return MediaInfo("image", *(image.size[::-1] if turned else image.size))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        pass
    try:
        with opened(path) as container:
            return _probe_video(container)
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise LabError(f"{path} is neither a picture nor a video that can be read: copy it anew or drop it.") from error


def _probe_video(container: av.container.InputContainer) -> MediaInfo:
    stream = container.streams.video[0]
    frame = next(container.decode(stream))
    rotation = round(getattr(frame, "rotation", 0) or 0) % 360
    width, height = (frame.height, frame.width) if rotation in (90, 270) else (frame.width, frame.height)
    length = stream.duration * stream.time_base if stream.duration else (container.duration or 0) / av.time_base
    return MediaInfo(
        "video", width, height, float(stream.average_rate or stream.guessed_rate or 25), float(length), rotation,
        hdr=int(getattr(frame, "color_trc", 0) or 0) in (16, 18),  # PQ, HLG (ITU-T H.273)
        sound=bool(container.streams.audio),
    )  # fmt: skip


def read_image(path: Path) -> np.ndarray:
    """A picture as uint8 (H, W, 3), or (H, W, 4) when it is partly transparent; turned as its EXIF says.

    Raises LabError when it is no picture.
    """
    try:
        with Image.open(path) as stored:
            image = ImageOps.exif_transpose(stored)
            alpha = "A" in image.getbands() or "transparency" in image.info
            return np.array(image.convert("RGBA" if alpha else "RGB"))
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        way = "it breaks off, copy it again" if "runcated" in str(error) else "use a PNG, JPEG or WebP file"
        raise LabError(f"{path} is no picture that can be read: {way}.") from error


def write_image(
    picture: np.ndarray, path: Path, exif: bytes | None = None, quality: int = 92, xmp: bytes | None = None
) -> None:
    """Write uint8 (H, W, 3 or 4) as the format of the name's suffix (.png, .jpg, .webp, .gif)."""
    options = {"quality": quality} | ({"exif": exif} if exif else {}) | ({"xmp": xmp} if xmp else {})
    with atomic(Path(path)) as part:
        Image.fromarray(picture).save(part, **options)


def read_frames(
    path: Path, start: float = 0.0, seconds: float | None = None, step: float = 0.0, longest: int = 0
) -> Iterator[tuple[float, np.ndarray]]:
    """Frames of a video as (time in s, uint8 (H, W, 3)), decoded one by one and turned upright.

    Times count from the beginning of the file, as ffmpeg's -ss does. `step` (s) leaves out frames in between and
    `longest` (px of the long side) shrinks them, both cheaper than reading all. Raises LabError when it is broken.
    """
    try:
        with opened(path) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            first = (container.start_time or 0) / av.time_base
            due = start
            for frame in _decoded(container, stream, start + first):
                time = float(frame.time or 0) - first
                if seconds is not None and time >= start + seconds - 1e-6:
                    return
                if time >= due - 1e-6:
                    due = max(due + step, time) if step else start
                    turns = round(getattr(frame, "rotation", 0) or 0) // 90 % 4
                    scale = min(1.0, longest / max(frame.width, frame.height)) if longest else 1.0
                    size = {"width": round(frame.width * scale), "height": round(frame.height * scale)}
                    yield time, np.rot90(frame.to_ndarray(format="rgb24", **(size if scale < 1 else {})), turns)
    except (av.FFmpegError, IndexError) as error:
        raise LabError(f"{path} cannot be decoded ({error}): remove it or convert it to MP4.") from error


def _decoded(container: av.container.InputContainer, stream: av.VideoStream, start: float) -> Iterator[av.VideoFrame]:
    """The frames from `start` (s, as stored) or shortly before it on. Without an index (MPEG-PS, MPEG-TS) a seek may
    land anywhere, after `start` too: where the first frame comes too late, the next seek aims farther back."""
    if start <= (container.start_time or 0) / av.time_base:
        yield from container.decode(stream)
        return
    for back in (0.0, 1.0, 8.0, start + 10.0):  # s; the last one lies before every beginning
        container.seek(int((start - back) * av.time_base))
        frames = container.decode(stream)
        head = next((f for f in frames if f.time is not None), None)
        if head is not None and (head.time <= start + 1e-6 or back > start):
            yield head
            yield from frames
            return


def read_clip(path: Path, start: float = 0.0, seconds: float | None = None) -> Clip:
    """A video, or a part of it, as a Clip. All frames are held in memory: for short clips."""
    frames = [frame for _, frame in read_frames(path, start, seconds)]
    if not frames:
        raise LabError(f"{path} has no frames between {start} s and {start + (seconds or 0)} s: choose another part.")
    return Clip(np.stack(frames), probe(path).fps)


def write_frames(frames: Iterable[np.ndarray], fps: float, path: Path, crf: int = 12, preset: str = "veryfast") -> None:
    """Write frames uint8 (H, W, 3), one by one, as H.264 in MP4, BT.709; crf 0 is lossless. Width and height are even.

    Raises LabError when the disk is full.
    """
    with atomic(Path(path)) as part, tempfile.TemporaryFile() as log:
        process = None
        try:
            for frame in frames:
                if process is None:
                    process = _encoder(frame.shape[1], frame.shape[0], fps, part, crf, preset, log)
                process.stdin.write(np.ascontiguousarray(frame).data)
            if process is None:
                raise LabError(f"No frames to write to {path}.")
            process.stdin.close()
            code = process.wait()
        except (BrokenPipeError, ConnectionError):
            code = process.wait()
        except BaseException:
            if process:
                process.kill()
                process.wait()
            raise
        log.seek(0)
        if code:
            told = log.read().decode("utf-8", "replace").strip() or f"ffmpeg ended with code {code}"
            way = "free some disk space" if "No space left" in told else "try again, or write to another folder"
            raise LabError(f"Cannot write {path} ({told.splitlines()[-1].strip()}): {way}.")


def _encoder(
    width: int, height: int, fps: float, path: Path, crf: int, preset: str, log: io.IOBase
) -> subprocess.Popen:
    color = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
    command = [
        ffmpeg(), "-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-s", f"{width}x{height}", "-r", f"{fps}", "-i", "pipe:0",
        "-vf", f"scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,{color}",
        "-c:v", "libx264", "-preset", preset, "-crf", str(crf), "-movflags", "+faststart", "-f", "mp4", path.name,
    ]  # fmt: skip
    return subprocess.Popen(command, cwd=path.parent, stdin=subprocess.PIPE, stdout=log, stderr=log)


def write_clip(clip: Clip, path: Path, crf: int = 12, quality: int = 60) -> None:
    """Write a Clip: .mp4 as H.264 with `crf`, .gif or .webp (smaller, `quality` 0 to 100) as an endless picture."""
    if Path(path).suffix in {".gif", ".webp"}:
        images = [Image.fromarray(f) for f in clip.frames]
        options = {"quality": quality} if Path(path).suffix == ".webp" else {}
        with atomic(Path(path)) as part:
            each = round(1000 / clip.fps)
            images[0].save(part, save_all=True, append_images=images[1:], duration=each, loop=0, **options)
    else:
        write_frames(clip.frames, clip.fps, path, crf)


def check_sound(path: Path) -> None:
    """Raise LabError, in one sentence, when a file is missing or holds no sound."""
    try:
        with opened(path) as container:
            next(container.decode(container.streams.audio[0]))
    except (av.FFmpegError, IndexError, StopIteration, ValueError, OSError) as error:
        raise LabError(f"{path} holds no sound that can be read: use a WAV, MP3 or M4A file.") from error


def read_sound(path: Path, channels: int = 1) -> Sound:
    """The sound of any audio or video file, resampled to 48 kHz, with 1 or 2 channels.

    Raises LabError when there is none.
    """
    try:
        with opened(path) as container:
            resampler = av.AudioResampler("flt", "mono" if channels == 1 else "stereo", RATE)
            blocks = [b for f in container.decode(container.streams.audio[0]) for b in resampler.resample(f)]
            blocks += resampler.resample(None)
            samples = np.concatenate([b.to_ndarray().reshape(-1, channels) for b in blocks])
    except (av.FFmpegError, IndexError, ValueError, OSError) as error:
        raise LabError(f"{path} holds no sound that can be read: use a WAV, MP3 or M4A file.") from error
    return Sound(samples.astype(np.float32))


def write_sound(sound: Sound, path: Path) -> None:
    """Write a Sound as 16-bit PCM WAV, without dither, so that the same samples give the same bytes."""
    pcm = np.round(np.clip(sound.samples, -1, 1) * 32767).astype("<i2")
    with atomic(Path(path)) as part, wave.open(str(part), "wb") as out:
        out.setnchannels(pcm.shape[1])
        out.setsampwidth(2)
        out.setframerate(sound.rate)
        out.writeframes(pcm.tobytes())
