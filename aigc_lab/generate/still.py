"""A photo that moves gently: a slow zoom or drift, drawn with sub-pixel steps so that nothing trembles."""

from collections.abc import Iterator

import cv2
import numpy as np

from aigc_lab.vision import crop_9x16, small

ZOOM = 1.08  # from the first frame to the last, in or out
DRIFT = 0.06  # of the crop's width or height, at most


def flatten(picture: np.ndarray) -> np.ndarray:
    """A picture uint8 (H, W, 3 or 4) without transparency: on a ground that stands out from what is visible."""
    if picture.shape[2] == 3:
        return picture
    alpha = picture[..., 3:].astype(np.float32) / 255
    seen = picture[..., :3][picture[..., 3] > 127]
    dark = len(seen) > 0 and seen.mean() > 140
    ground = np.float32([34, 38, 46] if dark else [238, 236, 230])
    return np.round(picture[..., :3] * alpha + ground * (1 - alpha)).astype(np.uint8)


def photo_crop(picture: np.ndarray, aspect: float, zoom: float = 1.0) -> tuple[int, ...]:
    """The part (x, y, w, h) of a photo uint8 (H, W, 3) that keeps its subject, found on a smaller copy."""
    tiny = small(picture, 640)
    scale = picture.shape[1] / tiny.shape[1]
    x, y, w, h = crop_9x16(tiny[None], aspect, zoom)
    height, width = picture.shape[:2]
    w, h = min(round(w * scale), width), min(round(h * scale), height)
    return min(round(x * scale), width - w), min(round(y * scale), height - h), w, h


def moving_photo(
    picture: np.ndarray, crop: tuple[int, ...], frames: int, size: tuple[int, int], seed: int
) -> Iterator[np.ndarray]:
    """Frames uint8 (H, W, 3) of a photo uint8 (H, W, 3): its `crop` (x, y, w, h) filling `size` (W, H), moving gently.

    The seed chooses between going in, going out and drifting. Where the crop leaves room, the drift uses it.
    """
    rng = np.random.default_rng([abs(int(seed)), 71])
    inward, side = rng.random() < 0.6, rng.choice([-1.0, 1.0])
    x, y, w, h = (float(v) for v in crop)
    height, width = picture.shape[:2]
    wide = width - w >= height - h
    room = min(x, width - x - w) / w if wide else min(y, height - y - h) / h
    for k in range(frames):
        t = k / max(frames - 1, 1)
        zoom = ZOOM ** (t if inward else 1 - t)
        drift = side * DRIFT * (t - 0.5)
        # a window of w / zoom may move by what the zoom has freed, and by what lies beside the crop
        limit = (1 - 1 / zoom) / 2 + max(room, 0)
        shift = float(np.clip(drift, -limit, limit))
        center = x + w / 2 + (shift * w if wide else 0), y + h / 2 + (0 if wide else shift * h)
        yield _window(picture, center, w / zoom, h / zoom, size)


def _window(picture: np.ndarray, center: tuple[float, float], w: float, h: float, size: tuple[int, int]) -> np.ndarray:
    """The window of a picture about `center`, scaled to `size`; pixel centres are at half a pixel."""
    scale = w / size[0], h / size[1]
    left, top = center[0] - w / 2, center[1] - h / 2
    matrix = np.float64([[scale[0], 0, left + scale[0] / 2 - 0.5], [0, scale[1], top + scale[1] / 2 - 0.5]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(np.ascontiguousarray(picture), matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
