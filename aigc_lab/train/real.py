"""Real pictures and a real clip (data/samples), as clips of the corpus' size.

The autoencoder and the upscaler see some beside the drawn scenes, so that a person's own photo or footage passes
through them. What a model is measured on ("real_test") comes from other files than what it learns from ("real"). A
picture becomes a clip by a slow camera move over it.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from aigc_lab.collect.samples import Sample, sample_table
from aigc_lab.collect.scenes import FPS, FRAMES
from aigc_lab.media import read_frames, read_image

TAGS = {"real": 601, "real_test": 602}  # of the seeds
VIDEO = {".mp4"}
SHARES = {  # how often a sample is taken; nobody's face is among them
    "real": {"earth": 3, "chelsea": 2, "rocket": 2, "hubble": 1, "camera": 1, "brick": 1, "grass": 1, "china": 3},
    "real_test": {"flower": 2, "coffee": 2, "retina": 1, "gravel": 1},
}


def sources(part: str) -> dict[Sample, int]:
    """The samples of a part, and how often each is taken."""
    return {sample_table()[name]: share for name, share in SHARES[part].items()}


def real_frames(part: str, seed: int, size: tuple[int, int], times: np.ndarray, still: bool = False) -> np.ndarray:
    """Frames of the real clip of a seed at `times` (in frames, 0..15), uint8 (T, H, W, 3).

    still: only from single pictures, which the camera passes over smoothly, so that times between frames make sense.
    Raises LabError when a sample is missing or has been changed.
    """
    rng = np.random.default_rng([seed, TAGS[part]])
    shares = {s: n for s, n in sources(part).items() if not (still and Path(s.file).suffix in VIDEO)}
    listed, chances = list(shares), np.array(list(shares.values()))
    frames = pictures(listed[rng.choice(len(listed), p=chances / chances.sum())].path)
    moving, ratio = len(frames) > 1, size[1] / size[0]
    first, flip = int(rng.integers(max(1, len(frames) - FRAMES))), rng.random() < 0.5
    begin = _box(rng, frames[0].shape, ratio, moving)
    end = begin if moving else _moved(rng, begin, frames[0].shape, ratio)
    made = []
    for time in times:
        share = time / (FRAMES - 1)
        box = [(1 - share) * a + share * b for a, b in zip(begin, end, strict=True)]
        picture = cut(frames[min(first + round(float(time)), len(frames) - 1)], box, size)
        made.append(picture[:, ::-1] if flip else picture)
    return np.stack(made)


def cut(frame: np.ndarray, box: Sequence[float], size: tuple[int, int]) -> np.ndarray:
    """A part of a picture (left, top, width, in px) at a size (width, height), to fractions of a pixel."""
    x, y, width = box
    across = down = size[0] / width
    if across < 0.75:  # shrunk by areas first, or thin lines glitter
        h, w = frame.shape[:2]
        frame = cv2.resize(frame, (round(w * across * 1.3), round(h * down * 1.3)), interpolation=cv2.INTER_AREA)
        wide, high = frame.shape[1] / w, frame.shape[0] / h  # both near 1.3 * across, but for the rounding
        across, down, x, y = across / wide, down / high, x * wide, y * high
    # Pixels are squares, and what is scaled are their centres, at 0.5, 1.5 ...
    matrix = np.array([[across, 0, (across - 1) / 2 - x * across], [0, down, (down - 1) / 2 - y * down]])
    return cv2.warpAffine(frame, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _box(rng: np.random.Generator, shape: tuple[int, ...], ratio: float, moving: bool) -> tuple[float, float, float]:
    """Left, top and width of a cut-out of the right shape, from a third of what fits to all of it."""
    h, w = shape[:2]
    width = min(w, h / ratio) * rng.uniform(0.6 if moving else 0.35, 1.0)
    return rng.uniform(0, w - width), rng.uniform(0, h - width * ratio), width


def _moved(
    rng: np.random.Generator, box: tuple[float, float, float], shape: tuple[int, ...], ratio: float
) -> tuple[float, float, float]:
    """Where the camera is at the end: a little aside, nearer or farther, still inside the picture."""
    (x, y, width), (h, w) = box, shape[:2]
    new = float(min(width * rng.uniform(0.75, 1.25), w, h / ratio))
    x += (width - new) / 2 + rng.normal(0, 0.12) * width
    y += (width - new) * ratio / 2 + rng.normal(0, 0.1) * width
    return float(np.clip(x, 0, w - new)), float(np.clip(y, 0, h - new * ratio)), new


@lru_cache(maxsize=32)
def pictures(path: Path) -> list[np.ndarray]:
    """One picture, or the frames of a video at the corpus' frame rate, at most 640 px long. Raises LabError."""
    if path.suffix in VIDEO:
        return [frame for _, frame in read_frames(path, step=1 / FPS, longest=640)]
    return [np.ascontiguousarray(read_image(path)[..., :3])]
