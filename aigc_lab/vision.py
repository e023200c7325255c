"""Plain picture work that several steps need: movement, black bars, what the eye goes to, and the upright crop of it.

The wheel of OpenCV brings no face detector with weights; skin, contrast, detail and movement stand in for one.
"""

from itertools import pairwise

import cv2
import numpy as np

LONGEST = 256  # px of the long side of a frame when only its content matters
LIT = 24  # brightness (0 to 255) above which a pixel is no part of a black bar
STRAIGHT = 0.6  # share of a picture's side that must be seen beside a bar


def small(frame: np.ndarray, longest: int = LONGEST) -> np.ndarray:
    """The frame uint8 (H, W, 3) shrunk so that its long side has at most `longest` pixels."""
    scale = longest / max(frame.shape[:2])
    if scale >= 1:
        return np.ascontiguousarray(frame)
    size = max(2, round(frame.shape[1] * scale)), max(2, round(frame.shape[0] * scale))
    return cv2.resize(np.ascontiguousarray(frame), size, interpolation=cv2.INTER_AREA)


def flow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Optical flow float32 (H, W, 2) in pixels (right, down) from one frame uint8 (H, W, 3) to the next.

    Source: Kroeger et al. 2016, "Fast optical flow using dense inverse search".
    """
    gray = [cv2.cvtColor(np.ascontiguousarray(f), cv2.COLOR_RGB2GRAY) for f in (first, second)]
    return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST).calc(*gray, None)


def motion(frames: np.ndarray, fps: float) -> tuple[np.ndarray, np.ndarray]:
    """How much moves in frames uint8 (T, H, W, 3) and how much the camera shakes: two float arrays (T,).

    Both in picture widths a second: the mean length of the flow, and the change of its median from frame to frame (a
    steady pan does not shake). Frames must be small (`small`) and a fraction of a second apart.
    """
    amount, camera = np.zeros(len(frames)), np.zeros((len(frames), 2))
    for i in range(1, len(frames)):
        moved = flow(frames[i - 1], frames[i]) * fps / frames.shape[2]
        amount[i] = np.linalg.norm(moved, axis=2).mean()
        camera[i] = np.median(moved.reshape(-1, 2), axis=0)
    if len(frames) > 1:
        amount[0], camera[0] = amount[1], camera[1]
    shake = np.linalg.norm(np.diff(camera, axis=0, prepend=camera[:1]), axis=1)
    return amount, shake


def changes(frames: np.ndarray) -> np.ndarray:
    """Where another scene begins in frames uint8 (T, H, W, 3): bool (T,), by the distance of colour histograms."""
    histograms = []
    for frame in frames:
        bins = cv2.calcHist([np.ascontiguousarray(frame)], [0, 1, 2], None, [6, 6, 6], [0, 256] * 3)
        histograms.append(cv2.GaussianBlur(bins.reshape(36, 6), (3, 3), 0).ravel() / frame[..., 0].size)
    distance = [0.0] + [0.5 * np.abs(a - b).sum() for a, b in pairwise(histograms)]
    return np.array(distance) > 0.45


def letterbox(frames: np.ndarray) -> tuple[int, int, int, int]:
    """The part (x, y, w, h) of frames uint8 (T, H, W, 3) without black bars; all of it when there are none.

    A bar is black in every frame, and there is one as wide on the other side: a dark scene has no bars. The picture
    ends at a bar along a line; what only touches it with its rim, as a globe in black space does, has none.
    """
    brightest = np.asarray(frames).max(axis=(0, 3))  # (H, W)
    height, width = brightest.shape
    rows = np.flatnonzero(np.percentile(brightest, 98, axis=1) > LIT)
    columns = np.flatnonzero(np.percentile(brightest, 98, axis=0) > LIT)
    if not len(rows) or not len(columns):
        return 0, 0, width, height
    top, bottom = rows[0], height - 1 - rows[-1]
    left, right = columns[0], width - 1 - columns[-1]
    tall = abs(top - bottom) <= 0.03 * height and top + bottom >= 0.04 * height
    wide = abs(left - right) <= 0.03 * width and left + right >= 0.04 * width
    # one pixel more on each side: bars of a compressed video bleed into the picture
    y0, y1 = (top + 1, height - bottom - 1) if tall else (0, height)
    x0, x1 = (left + 1, width - right - 1) if wide else (0, width)
    inner = brightest[y0:y1, x0:x1] > LIT
    edges = [inner[:3], inner[-3:]] if tall else []
    edges += [inner[:, :3].T, inner[:, -3:].T] if wide else []
    straight = all(edge.any(axis=0).mean() >= STRAIGHT for edge in edges)
    if not straight or x1 - x0 < width / 4 or y1 - y0 < height / 4:
        return 0, 0, width, height
    return int(x0), int(y0), int(x1 - x0), int(y1 - y0)


def saliency(frame: np.ndarray, before: np.ndarray | None = None) -> np.ndarray:
    """What the eye goes to in a small frame uint8 (H, W, 3): float32 (H, W), mean 1.

    The sum of the spectral residual (Hou and Zhang 2007), colour against its surroundings (Achanta et al. 2009), fine
    detail, skin, and what has changed since the frame `before`.
    """
    frame = np.ascontiguousarray(frame)
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB).astype(np.float32)
    sigma = max(frame.shape[:2]) / 40
    around = cv2.GaussianBlur(lab, (0, 0), sigma) - lab.mean(axis=(0, 1))
    _, red, blue = cv2.split(cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb))
    skin = ((red > 135) & (red < 175) & (blue > 85) & (blue < 128) & (gray > 60)).astype(np.float32)
    layers = [
        (1.0, _spectral_residual(gray)),
        (1.5, np.linalg.norm(around, axis=2)),
        (0.7, np.abs(cv2.Laplacian(gray, cv2.CV_32F))),
        (1.5, skin),
    ]
    if before is not None:
        layers.append((1.0, cv2.absdiff(frame, np.ascontiguousarray(before)).max(axis=2).astype(np.float32)))
    total = np.full(gray.shape, 0.05, np.float32)
    for weight, layer in layers:
        soft = cv2.GaussianBlur(layer, (0, 0), sigma)
        soft -= soft.min()
        if soft.max() > 1e-3:
            total += weight * soft / soft.max()
    return total / total.mean()


def _spectral_residual(gray: np.ndarray) -> np.ndarray:
    tiny = cv2.resize(gray, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float32)
    spectrum = np.fft.fft2(tiny)
    level = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    residual = level - cv2.blur(level, (3, 3))
    back = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    return cv2.resize(back.astype(np.float32), gray.shape[::-1], interpolation=cv2.INTER_LINEAR)


def crop_9x16(frames: np.ndarray, aspect: float = 9 / 16, zoom: float = 1.0) -> tuple[int, int, int, int]:
    """The upright part (x, y, w, h) of frames uint8 (T, H, W, 3) that keeps the subject; all numbers are even.

    One crop for the whole of the frames, over what is salient in any of them, so that it never jumps. `zoom` comes
    closer to it.
    """
    height, width = frames.shape[1:3]
    x0, y0, w0, h0 = letterbox(frames)
    w = min(w0, h0 * aspect) / zoom
    h = min(h0, w0 / aspect) / zoom
    reduced = [small(f[y0 : y0 + h0, x0 : x0 + w0]) for f in frames]
    maps = [saliency(f, reduced[i - 1] if i else None) for i, f in enumerate(reduced)]
    weight = np.mean(maps, axis=0)
    x = x0 + _best_place(weight.sum(axis=0), w / w0) * w0
    y = y0 + _best_place(weight.sum(axis=1), h / h0) * h0
    w, h = (max(2, int(v) // 2 * 2) for v in (w, h))
    return min(int(x) // 2 * 2, width - w), min(int(y) // 2 * 2, height - h), w, h


def _best_place(weights: np.ndarray, share: float) -> float:
    """Where (0 to 1 - share) a window of this share of a line covers most weight; the middle wins a draw."""
    n = len(weights)
    size = min(n, max(1, round(share * n)))
    if size == n:
        return 0.0
    window = 0.3 + np.hanning(size + 2)[1:-1]  # what counts most belongs in its middle
    sums = np.convolve(weights, window, "valid")
    liked = sums / sums.max() - 0.15 * np.abs((np.arange(len(sums)) + size / 2) / n - 0.5)
    return float(np.argmax(liked)) / n
