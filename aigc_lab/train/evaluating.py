"""How good a trained model is: numbers with their interval, reconstructions, the judge's opinion, distances of sets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import keras
import numpy as np

from aigc_lab.measures import LUMA, psnr, ssim
from aigc_lab.train.autoencoder import Autoencoder
from aigc_lab.train.recognizer import HEADS, Recognizer, RecognizerConfig
from aigc_lab.train.weights import kept, set_arrays

BATCH = 50  # clips that the judge looks at together
SURE = 1.96  # deviations to both sides: 95 % of a bell curve lie within
STILL, AROUND = 1, 9  # grey levels within which a place stands still; pixels across the neighbourhood that must too


@dataclass(frozen=True)
class Number:
    """A measured number, the interval in which it lies with 95 % confidence, and how many it was measured on."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Share:
    """How often something was right, with its 95 % interval (Wilson 1927)."""

    right: int
    count: int

    @property
    def rate(self) -> float:
        """The share itself, 0..1."""
        return self.right / self.count

    @property
    def lower(self) -> float:
        """With few clips a good share can be luck: it is at least this."""
        return self._bound(-1)

    @property
    def upper(self) -> float:
        """With few clips a bad share can be bad luck: it is at most this."""
        return self._bound(1)

    @property
    def number(self) -> Number:
        """The share with its interval."""
        return Number(self.rate, self.lower, self.upper, self.count)

    def _bound(self, side: int) -> float:
        n, p, z = self.count, self.rate, SURE
        middle, spread = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return float((middle + side * spread) / (1 + z * z / n))


def mean_number(values: np.ndarray) -> Number:
    """The mean of one value for each clip; the interval is that of means of as many clips (central limit theorem)."""
    values = np.asarray(values, np.float64)
    wide = SURE * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else float("inf")
    mean = float(values.mean())
    return Number(mean, float(mean - wide), float(mean + wide), len(values))


def ratio_number(above: np.ndarray, below: np.ndarray) -> Number:
    """Mean of `above` over mean of `below`, pairs of one condition each; the interval leaves out one pair at a time.

    Source: the jackknife (Tukey 1958). One pair says nothing about the interval: it is infinite.
    """
    above, below = np.asarray(above, np.float64), np.asarray(below, np.float64)
    count, value = len(above), float(above.sum() / below.sum())
    if count < 2:
        return Number(value, float("-inf"), float("inf"), count)
    parts = (above.sum() - above) / (below.sum() - below)
    wide = SURE * np.sqrt((count - 1) * np.mean((parts - parts.mean()) ** 2))
    return Number(value, float(value - wide), float(value + wide), count)


def as_numbers(numbers: Mapping[str, Number], more: Mapping[str, object] | None = None) -> dict[str, object]:
    """Numbers as JSON has them: NAME: value, "intervals": {NAME: {low, high, count}}, and "rows" for a table.

    An interval that nothing is known of is null: JSON has no infinity.
    """
    rows = [{"number": name, **row_of(n)} for name, n in numbers.items()]
    intervals = {r["number"]: {k: r[k] for k in ("low", "high", "count")} for r in rows}
    return {**{r["number"]: r["value"] for r in rows}, "intervals": intervals, "rows": rows, **(more or {})}


def row_of(number: Number) -> dict[str, object]:
    """value, low, high and count, rounded; None for an end that nothing is known of."""
    rounded = {k: getattr(number, k) for k in ("value", "low", "high")}
    return {k: round(v, 6) if np.isfinite(v) else None for k, v in rounded.items()} | {"count": number.count}


def reconstruct(model: Autoencoder, clips: np.ndarray) -> np.ndarray:
    """Clips uint8 (B, T, H, W, 3) there and back."""
    noise = np.zeros((len(clips), *model.config.token_shape), np.float32)
    made = model.predict({"clips": clips, "noise": noise}, batch_size=8, verbose=0)
    return np.round(np.clip(made * 127.5 + 127.5, 0, 255)).astype(np.uint8)


def fidelity(clips: np.ndarray, made: np.ndarray) -> dict[str, np.ndarray]:
    """One value for each clip that was made again, all uint8 (N, T, H, W, 3).

    psnr (dB), ssim (brightness of the frame in the middle), change_error: how far the change from frame to frame is off
    (grey levels); flicker_added: how much more a place changes that stands still, NaN where nothing does.
    """
    change, own = (np.diff(c.astype(np.float32), axis=1) for c in (made, clips))
    middle = clips.shape[1] // 2
    return {
        "psnr": np.array([psnr(a, b) for a, b in zip(clips, made, strict=True)]),
        "ssim": ssim(*((v[:, middle] @ LUMA)[..., None] / 255 for v in (clips, made))),
        "change_error": np.abs(change - own).mean((1, 2, 3, 4)),
        "flicker_added": np.array([flicker_added(a, b) for a, b in zip(clips, made, strict=True)]),
    }


def flicker_added(clip: np.ndarray, made: np.ndarray) -> float:
    """How many grey levels a frame more than before the still places of a clip change, both uint8 (T, H, W, 3).

    Still is a place that stays within a grey level all the time, like everything less than 5 pixels from it, so that a
    moving thing made softly does not count as flicker. NaN when no place is still.
    """
    change, own = (np.abs(np.diff(c.astype(np.float32), axis=0)) for c in (made, clip))
    moved = (own.max(axis=(0, 3)) > STILL).astype(np.uint8)
    still = cv2.dilate(moved, np.ones((AROUND, AROUND), np.uint8)) == 0
    return float(change[:, still].mean() - own[:, still].mean()) if still.any() else float("nan")


def reconstruction(model: Autoencoder, clips: np.ndarray) -> dict[str, float]:
    """Mean PSNR (dB) and SSIM of clips there and back, and the flicker that was added (grey levels a frame)."""
    values = fidelity(clips, reconstruct(model, clips))
    return {
        "unseen_psnr": float(values["psnr"].mean()),
        "unseen_ssim": float(values["ssim"].mean()),
        "flicker": float(values["change_error"].mean()),
    }


def load_recognizer(folder: Path | None = None) -> Recognizer:
    """The shipped judge. Raises LabError when its weights are missing or changed."""
    weights, _ = kept("recognizer", folder)
    sizes = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(weights.metadata["config"]).items()}
    model = Recognizer(RecognizerConfig(**sizes))
    c = model.config
    model({"clips": np.zeros((1, c.frames, c.height, c.width, 3), np.uint8)})
    set_arrays(model, weights.arrays, "The weights of the recognizer")
    return model


def features(model: Recognizer, clips: np.ndarray) -> np.ndarray:
    """What the judge remembers of clips uint8 (N, T, H, W, 3), float32 (N, D): sets are compared in it."""
    parts = [model.features(clips[i : i + BATCH]) for i in range(0, len(clips), BATCH)]
    return np.concatenate([np.asarray(keras.ops.convert_to_numpy(p), np.float32) for p in parts])


def judge(model: Recognizer, clips: np.ndarray, truth: np.ndarray) -> dict[str, Share]:
    """What the recognizer makes of clips. truth (N, 4): theme, subject, style from 0, whether the subject is shown."""
    told = model.predict({"clips": clips}, batch_size=32, verbose=0)
    right = {name: told[name].argmax(1) == truth[:, i] for i, name in enumerate(HEADS)}
    right["subject"] = right["subject"][truth[:, 3] == 1]
    return {name: Share(int(values.sum()), len(values)) for name, values in right.items() if len(values)}


def kernel_distance(first: np.ndarray, second: np.ndarray, rounds: int = 100, seed: int = 0) -> tuple[float, float]:
    """KID of two sets of features (N, D), cubic and unbiased (Binkowski et al. 2018), and its standard error.

    Give the same number on both sides. 0: no difference seen; it may come out slightly negative. A clip is never
    compared with the clip at its own place in the other set (Gretton et al. 2012, equation 5), so the sets may be pairs
    (clips and what became of them, or clips of the same labels): pairs are alike beyond their sets, and would make the
    distance look too small. The standard error comes from halves (the delete-half jackknife, Shao and Wu 1989).
    """
    count, rng = min(len(first), len(second)), np.random.default_rng([seed, 601])
    x, y = (v[:count].astype(np.float64) for v in (first, second))
    pairs = _cubic(x, x) + _cubic(y, y) - _cubic(x, y) - _cubic(y, x)  # (N, N)
    np.fill_diagonal(pairs, 0)
    half, values = count // 2, []
    for _ in range(rounds if half > 1 else 0):
        part = rng.choice(count, half, replace=False)
        values.append(pairs[np.ix_(part, part)].sum() / (half * (half - 1)))
    error = np.std(values) * np.sqrt(half / (count - half)) if values else np.inf
    return float(pairs.sum() / (count * (count - 1))) if count > 1 else 0.0, float(error)


def kid_number(first: np.ndarray, second: np.ndarray) -> Number:
    """KID of two sets of features, with its 95 % interval."""
    value, error = kernel_distance(first, second)
    return Number(value, value - SURE * error, value + SURE * error, min(len(first), len(second)))


def _cubic(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a @ b.T / a.shape[1] + 1) ** 3
