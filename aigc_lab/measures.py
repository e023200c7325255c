"""The numbers that say how a picture or a clip is, each defined once."""

import cv2
import numpy as np
from scipy.ndimage import uniform_filter

LUMA = np.array([0.2126, 0.7152, 0.0722])  # ITU-R BT.709
DARK, FLAT = 32, 3  # luma (0 to 255) of the lightest hundredth, and spread of luma: below them a frame shows nothing


def sharpness(frame: np.ndarray) -> float:
    """How much fine detail a frame uint8 (H, W, 3) has: variance of the Laplacian, 0 when flat.

    The long side is brought to 640 px first, so that neither size nor orientation matters. Source: Pech-Pacheco et al.
    2000, "Diatom autofocusing in brightfield microscopy".
    """
    scale = 640 / max(frame.shape[:2])
    size = max(round(frame.shape[1] * scale), 1), max(round(frame.shape[0] * scale), 1)
    small = cv2.resize(np.ascontiguousarray(frame), size, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())


def shows_nothing(frame: np.ndarray) -> bool:
    """Whether a frame uint8 (H, W, 3) is black or of one colour all over; a small light thing in the dark is shown."""
    luma = frame[::2, ::2] @ LUMA
    return bool(np.percentile(luma, 99) < DARK or luma.std() < FLAT)


def contrast(frame: np.ndarray) -> float:
    """Spread of the brightness of a frame uint8 (H, W, 3): standard deviation of its luma, 0 to 0.5."""
    return float((frame[::4, ::4] @ LUMA / 255).std())


def colorfulness(frame: np.ndarray) -> float:
    """How colourful a frame uint8 (H, W, 3) is: 0 for grey, about 100 for vivid.

    Source: Hasler and Suesstrunk 2003, "Measuring colorfulness in natural images", equation for M3.
    """
    r, g, b = np.moveaxis(frame[::4, ::4].astype(np.float64), -1, 0)
    red_green, yellow_blue = r - g, (r + g) / 2 - b
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def luminance(colors: np.ndarray) -> np.ndarray:
    """Relative luminance, 0 to 1, of sRGB colours uint8 (..., 3) (WCAG 2.2)."""
    v = np.asarray(colors, np.float64) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4) @ LUMA


def contrast_ratio(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Contrast ratio, 1 to 21, between sRGB colours uint8 (..., 3) (WCAG 2.2)."""
    a, b = luminance(first), luminance(second)
    return (np.maximum(a, b) + 0.05) / (np.minimum(a, b) + 0.05)


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB between pictures or clips uint8 of one shape; infinite when equal."""
    error = np.mean((first.astype(np.float64) - second.astype(np.float64)) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def flashes(brightness: np.ndarray, fps: float) -> int:
    """The most flashes within any one second of a clip, from the mean relative luminance (T,) of its frames.

    A flash is a pair of opposite changes of at least 0.1 with the darker state below 0.8; more than three a second may
    harm (WCAG 2.2, success criterion 2.3.1).
    """
    turns: list[tuple[int, int]] = []  # (frame, direction) of each change that is large enough
    low = high = float(brightness[0])
    for i, value in enumerate(np.asarray(brightness, np.float64)):
        low, high = min(low, value), max(high, value)
        direction = 1 if value - low >= 0.1 and low < 0.8 else -1 if high - value >= 0.1 and value < 0.8 else 0
        if direction:
            if not turns or turns[-1][1] != direction:
                turns.append((i, direction))
            low = high = value
    frames = np.array([frame for frame, _ in turns])
    return max((int(np.sum((frames >= f) & (frames < f + fps))) // 2 for f in frames), default=0)


def ssim(first: np.ndarray, second: np.ndarray, span: float = 1.0) -> np.ndarray:
    """Structural similarity of pictures in 0..1, (..., H, W, C), at least 7 x 7: 1 when equal, (...).

    The mean over all windows of 7 x 7 and all channels; variances are those of a sample. span: from the darkest to the
    lightest value, which weighs the constants. Source: Wang et al. 2004, "Image quality assessment: from error
    visibility to structural similarity", equation 13.
    """
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    x, y = (np.asarray(pictures, np.float64) for pictures in (first, second))

    def mean(values: np.ndarray) -> np.ndarray:
        return uniform_filter(values, size=(*[1] * (values.ndim - 3), 7, 7, 1))

    mx, my = mean(x), mean(y)
    vx, vy, both = (49 / 48 * (mean(a * b) - p * q) for a, b, p, q in ((x, x, mx, mx), (y, y, my, my), (x, y, mx, my)))
    like = (2 * mx * my + c1) * (2 * both + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return like[..., 3:-3, 3:-3, :].mean(axis=(-3, -2, -1))
