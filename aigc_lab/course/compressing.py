"""What lesson 05 shows: drawn clips to learn from, JPEG and H.264 beside our own codes, curves, pictures of a code."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import keras
import numpy as np
from matplotlib.axes import Axes

from aigc_lab.collect.scenes import FPS, FRAMES, SIZE
from aigc_lab.course import show
from aigc_lab.course.charts import BLUE, GREEN, GREY, ORANGE, chart
from aigc_lab.course.page import View, say
from aigc_lab.generate.clips import to_bytes
from aigc_lab.media import Clip, opened, read_clip, write_clip
from aigc_lab.train.autoencoder import Autoencoder
from aigc_lab.train.input import PARTS, draw
from aigc_lab.train.real import real_frames

COLORS = (BLUE, ORANGE, GREEN, GREY, "#cc79a7", "#56b4e9")
MARKS = ("o-", "s-", "^-", "d-", "v-", "x-")
MOMENTS = (0, 8, 15)  # frames of a clip that stand for it


def drawn_clips(part: str, count: int, first: int = 0) -> np.ndarray:
    """Clips of the seeds of a part ("pictures" to learn from, "test" to be measured on), uint8 (N, 16, 72, 40, 3)."""
    begin = PARTS[part][0] + first
    return np.stack([draw(seed, SIZE) for seed in range(begin, begin + count)])


def real_clips(count: int) -> np.ndarray:
    """Clips of the real pictures that no model learned from, uint8 (N, 16, 72, 40, 3)."""
    first = PARTS["real_test"][0]
    return np.stack([real_frames("real_test", first + i, SIZE, np.arange(FRAMES)) for i in range(count)])


def tokens_of(model: Autoencoder, clips: np.ndarray) -> np.ndarray:
    """The tokens of clips uint8 (N, T, H, W, 3), float32 (N, T/4, H/8, W/8, C), each with mean square 1."""
    parts = [model.encoder(clips[i : i + 8].astype(np.float32) / 127.5 - 1) for i in range(0, len(clips), 8)]
    return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])


def clips_of(model: Autoencoder, tokens: np.ndarray) -> np.ndarray:
    """Tokens (N, T/4, H/8, W/8, C), brought back to mean square 1, as clips uint8 (N, T, H, W, 3)."""
    tokens = tokens / np.sqrt(np.mean(np.square(tokens), axis=-1, keepdims=True) + 1e-6)
    parts = [model.decoder(tokens[i : i + 8].astype(np.float32)) for i in range(0, len(tokens), 8)]
    return np.concatenate([to_bytes(keras.ops.convert_to_numpy(part)) for part in parts])


def jpeg(clip: np.ndarray, quality: int) -> tuple[np.ndarray, int]:
    """A clip uint8 (T, H, W, 3) as JPEG pictures, each by itself: what comes back, and how many bytes they take."""
    frames, size = [], 0
    for frame in clip:
        data = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        frames.append(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])
        size += len(data)
    return np.stack(frames), size


def h264(clip: np.ndarray, crf: int) -> tuple[np.ndarray, int]:
    """A clip uint8 (T, H, W, 3) as H.264 video: what comes back, and how many bytes the pictures take.

    crf: 0 is best, 51 is smallest. The bytes of the MP4 around the pictures, 1 to 2 KB, are not counted.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        write_clip(Clip(clip, FPS), path, crf)
        with opened(path) as container:
            size = sum(packet.size for packet in container.demux(video=0))
        return read_clip(path).frames[: len(clip)], size


def moments(name: str, clip: np.ndarray, at: Sequence[int] = MOMENTS, factor: int = 3) -> list[tuple[str, np.ndarray]]:
    """Some frames of a clip, enlarged, the name under the first: cells for `show.pictures`."""
    return [
        (name if number == 0 else "", show.enlarged(clip[frame], factor, smooth=False))
        for number, frame in enumerate(at)
    ]


def curves_chart(
    curves: Mapping[str, Sequence[tuple[float, float]]], across: str, up: str,
    levels: Mapping[str, float] | None = None, log: bool = False,
) -> View:  # fmt: skip
    """Named curves of (x, y), and levels as dashed lines; across and up: what the axes say; log: x in equal factors."""

    def draw_on(axes: Axes) -> None:
        for number, (name, points) in enumerate(curves.items()):
            x, y = zip(*points, strict=True)
            axes.plot(x, y, MARKS[number % len(MARKS)], color=COLORS[number % len(COLORS)], markersize=4, label=name)
        for number, (name, level) in enumerate((levels or {}).items()):
            color = COLORS[(len(curves) + number) % len(COLORS)]
            axes.axhline(level, color=color, linestyle="--", linewidth=1.2, label=name)
        if log:
            axes.set_xscale("log")
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        axes.legend(frameon=False, fontsize=8)

    told = [f"{name}: {points[0][1]:.1f} → {points[-1][1]:.1f}" for name, points in curves.items()]
    told += [f"{name}: {level:.1f}" for name, level in (levels or {}).items()]
    return chart(draw_on, f"{up}, {across}. " + "; ".join(told), size=(8.0, 3.2))


def directions_picture(directions: np.ndarray, columns: int = 8) -> View:
    """Directions (K, 4 * 8 * 8 * 3) of a code of patches as pictures, the first of their four frames each."""
    cells = []
    for number, direction in enumerate(directions):
        patch = direction.reshape(4, 8, 8, 3)[0]
        grey = np.round(127.5 + 127.5 * patch / np.abs(patch).max()).astype(np.uint8)
        cells.append((str(number + 1), show.enlarged(grey, 9, smooth=False)))
    alt = say("The directions of the straight code, each as a small picture", "线性编码的各个方向，每个画成一张小图")
    return show.pictures(cells, alt, columns=columns, widest=760)


def between(model: Autoencoder, clips: np.ndarray, share: float) -> View:
    """Two clips uint8 (2, T, H, W, 3) mixed by pixels, and by tokens, `share` (0..1) of the way to the second."""
    pixels = np.round((1 - share) * clips[0] + share * clips[1]).astype(np.uint8)
    first, second = tokens_of(model, clips)
    made = clips_of(model, ((1 - share) * first + share * second)[None])[0]
    cells = moments(say("pixels", "混合像素"), pixels) + moments(say("tokens", "混合 token"), made)
    alt = say(f"{share:.0%} of the way between two clips", f"两个片段之间，走了 {share:.0%}")
    return show.pictures(cells, alt, columns=6, widest=760)


def nudged(model: Autoencoder, clip: np.ndarray, channel: int, amounts: Sequence[float] = (-2, -1, 0, 1, 2)) -> View:
    """A clip uint8 (T, H, W, 3) with one channel of all its tokens moved by each amount."""
    tokens = np.repeat(tokens_of(model, clip[None]), len(amounts), axis=0)
    tokens[..., channel] += np.reshape(amounts, (-1, 1, 1, 1))
    made = clips_of(model, tokens)
    cells = [
        (f"{amount:+g}", show.enlarged(frames[8], 3, smooth=False))
        for amount, frames in zip(amounts, made, strict=True)
    ]
    alt = say(
        f"One frame with channel {channel} of its tokens nudged", f"把 token 的第 {channel} 个通道推一推，同一帧的样子"
    )
    return show.pictures(cells, alt, columns=len(amounts), widest=760)


def alike(
    tokens: np.ndarray, clips: np.ndarray, at: tuple[int, int, int, int], most: int = 5
) -> list[tuple[str, np.ndarray]]:
    """The place `at` (clip, group, row, column) and the `most` places of other clips with the nearest tokens, as cells.

    A cell shows the place with a rim of half its size around it, and the distance (root mean square over channels).
    """
    token = tokens[at]
    apart = np.sqrt(np.mean(np.square(tokens - token), axis=-1))  # (N, T, H, W)
    apart[at[0]] = np.inf
    flat = [int(apart[n].argmin()) for n in range(len(tokens))]
    best = sorted((float(apart[n].ravel()[f]), n, f) for n, f in enumerate(flat) if n != at[0])[:most]
    found = [(0.0, at)] + [(far, (n, *np.unravel_index(f, apart.shape[1:]))) for far, n, f in best]
    return [(f"{far:.2f}", _around(clips, place)) for far, place in found]


def _around(clips: np.ndarray, place: tuple[int, int, int, int], rim: int = 4) -> np.ndarray:
    clip, group, row, column = (int(v) for v in place)
    frame = np.pad(clips[clip, 4 * group], ((rim, rim), (rim, rim), (0, 0)), "edge")
    return show.enlarged(frame[8 * row : 8 * row + 8 + 2 * rim, 8 * column : 8 * column + 8 + 2 * rim], 7, smooth=False)


def sizes_of(
    way: Callable[[np.ndarray, int], tuple[np.ndarray, int]], clips: np.ndarray, settings: Sequence[int]
) -> list[tuple[float, np.ndarray]]:
    """For each setting of a codec (`jpeg`, `h264`): mean bytes a clip, and all that comes back (N, T, H, W, 3)."""
    made = [[way(clip, setting) for clip in clips] for setting in settings]
    return [(float(np.mean([size for _, size in row])), np.stack([frames for frames, _ in row])) for row in made]
