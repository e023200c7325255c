"""A clip as a small GIF: notebooks show it without trust, and it is as large as one asks at most."""

import io

import numpy as np
from PIL import Image

from aigc_lab import LabError
from aigc_lab.measures import flashes, luminance
from aigc_lab.media import Clip

FASTEST = 10.0  # frames a second of a GIF
MOST_FLASHES = 3  # in any second (WCAG 2.2, success criterion 2.3.1)
UNSEEN = 7  # of 255: a change of colour that nobody misses in a small moving picture
STEPS = (  # (share of the width, share of FASTEST, colours), each smaller than the one before
    (1.0, 1.0, 128), (1.0, 0.8, 64), (1.0, 0.6, 64), (0.85, 0.6, 64), (0.8, 0.5, 48), (0.7, 0.5, 48), (0.65, 0.5, 32),
    (0.6, 0.5, 32), (0.55, 0.4, 32), (0.5, 0.4, 32), (0.4, 0.4, 24), (0.33, 0.4, 16),
    (0.25, 0.3, 16), (0.2, 0.2, 12),
)  # fmt: skip


def calm(clip: Clip) -> Clip:
    """The same frames, played as slowly as it takes for them to flash three times a second at most."""
    brightness = np.array([luminance(frame[::4, ::4]).mean() for frame in clip.frames])
    fps = clip.fps
    while flashes(brightness, fps) > MOST_FLASHES:
        fps /= 1.25
    return clip if fps == clip.fps else Clip(clip.frames, fps)


def gif(clip: Clip, width: int, kilobytes: int) -> bytes:
    """An endless GIF, `width` pixels wide or less, of so many kilobytes at most.

    Frames, colours and, last, size are given up until it fits; the length in seconds stays. Raises LabError when even
    the smallest is too large.
    """
    if clip.frames.ndim != 4 or not len(clip.frames):
        raise LabError("A clip needs frames (T, H, W, 3) to be shown: this one has none.")
    bytes_each = 0.0  # by area and frame rate, from the try before: what cannot fit is not tried
    for scale, rate, colors in STEPS:
        if bytes_each * scale**2 * rate > 1.5 * kilobytes * 1000 and scale > STEPS[-1][0]:
            continue
        data = _encode(clip, round(min(width, clip.frames.shape[2]) * scale), FASTEST * rate, colors)
        if len(data) <= kilobytes * 1000:
            return data
        bytes_each = len(data) / (scale**2 * rate)
    raise LabError(
        f"{clip.seconds:.0f} s do not fit into a GIF of {kilobytes} KB: show a shorter part, or a contact sheet."
    )


def _encode(clip: Clip, width: int, fastest: float, colors: int) -> bytes:
    height = max(round(clip.frames.shape[1] * width / clip.frames.shape[2]), 1)
    count = max(min(len(clip.frames), round(clip.seconds * fastest)), 1)
    chosen = np.minimum((np.arange(count) + 0.5) * len(clip.frames) / count, len(clip.frames) - 1).astype(int)
    pictures = _steady(
        [Image.fromarray(clip.frames[i]).resize((width, height), Image.Resampling.LANCZOS) for i in chosen]
    )
    palette = _palette(pictures, colors)
    indexed = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    edges = np.round(np.arange(count + 1) * clip.seconds * 100 / count).astype(int)  # a GIF counts in 1/100 s
    out = io.BytesIO()
    indexed[0].save(
        out, "GIF", save_all=True, append_images=indexed[1:], loop=0, duration=[int(d) * 10 for d in np.diff(edges)],
        optimize=True,
    )  # fmt: skip
    return out.getvalue()


def _steady(pictures: list[Image.Image]) -> list[Image.Image]:
    """Each pixel keeps its colour until it has changed by more than an eye would miss: grain costs most of a GIF."""
    shown, out = np.asarray(pictures[0]), [pictures[0]]
    for picture in pictures[1:]:
        now = np.asarray(picture)
        moved = np.abs(now.astype(np.int16) - shown).max(-1, keepdims=True) > UNSEEN
        shown = np.where(moved, now, shown)
        out.append(Image.fromarray(shown))
    return out


def _palette(pictures: list[Image.Image], colors: int) -> Image.Image:
    """One palette for all frames, so that what stands still does not shimmer."""
    some = pictures[:: max(len(pictures) // 8, 1)]
    width, height = some[0].size
    strip = Image.new("RGB", (width * len(some), height))
    for i, picture in enumerate(some):
        strip.paste(picture, (i * width, 0))
    return strip.quantize(colors, method=Image.Quantize.MEDIANCUT)
