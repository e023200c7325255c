"""How good a trained model is: reconstructions, what the judge says of generated clips, and distances between sets."""

from dataclasses import dataclass

import numpy as np

from aigc_lab.measures import psnr
from aigc_lab.train.autoencoder import Autoencoder
from aigc_lab.train.recognizer import HEADS, Recognizer


@dataclass(frozen=True)
class Share:
    """How often something was right, with the lower bound of the 95 % interval (Wilson 1927)."""

    right: int
    count: int

    @property
    def rate(self) -> float:
        """The share itself, 0..1."""
        return self.right / self.count

    @property
    def lower(self) -> float:
        """With few clips a good share can be luck: it is at least this."""
        n, p, z = self.count, self.rate, 1.96
        middle, spread = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return float((middle - spread) / (1 + z * z / n))


def reconstruct(model: Autoencoder, clips: np.ndarray) -> np.ndarray:
    """Clips uint8 (B, T, H, W, 3) there and back."""
    noise = np.zeros((len(clips), *model.config.token_shape), np.float32)
    made = model.predict({"clips": clips, "noise": noise}, batch_size=8, verbose=0)
    return np.round(np.clip(made * 127.5 + 127.5, 0, 255)).astype(np.uint8)


def reconstruction(model: Autoencoder, clips: np.ndarray) -> dict[str, float]:
    """Mean PSNR (dB) and SSIM of clips there and back, and the flicker that was added (grey levels a frame)."""
    made = reconstruct(model, clips)
    change, own = (np.diff(c.astype(np.float32), axis=1) for c in (made, clips))
    return {
        "unseen_psnr": float(np.mean([psnr(a, b) for a, b in zip(clips, made, strict=True)])),
        "unseen_ssim": float(np.mean([ssim(a, b) for a, b in zip(clips[:, 8], made[:, 8], strict=True)])),
        "flicker": float(np.abs(change - own).mean()),
    }


def ssim(first: np.ndarray, second: np.ndarray) -> float:
    """Structural similarity of two pictures uint8 (H, W, 3), on their brightness (Wang et al. 2004), 7x7 windows."""
    x, y = (p.astype(np.float64) @ (0.299, 0.587, 0.114) for p in (first, second))
    windows = [np.lib.stride_tricks.sliding_window_view(v, (7, 7)) for v in (x, y)]
    (mx, my), (vx, vy) = ([w.mean((2, 3)) for w in windows], [w.var((2, 3)) for w in windows])
    both = (windows[0] * windows[1]).mean((2, 3)) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float((((2 * mx * my + c1) * (2 * both + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean())


def judge(model: Recognizer, clips: np.ndarray, truth: np.ndarray) -> dict[str, Share]:
    """What the recognizer makes of clips. truth (N, 4): theme, subject, style from 0, whether the subject is shown."""
    told = model.predict({"clips": clips}, batch_size=32, verbose=0)
    right = {name: told[name].argmax(1) == truth[:, i] for i, name in enumerate(HEADS)}
    right["subject"] = right["subject"][truth[:, 3] == 1]
    return {name: Share(int(values.sum()), len(values)) for name, values in right.items() if len(values)}


def kernel_distance(first: np.ndarray, second: np.ndarray, rounds: int = 20, seed: int = 0) -> tuple[float, float]:
    """KID of two sets of features (N, D), and its deviation over rounds (Binkowski et al. 2018; cubic, unbiased).

    Give the same number on both sides. 0: no difference seen; it may come out slightly negative.
    """
    count, rng = min(len(first), len(second)), np.random.default_rng([seed, 601])
    part, values = max(min(count // 2, 500), 2), []
    for _ in range(rounds):
        a, b = (x[rng.choice(len(x), part, replace=False)].astype(np.float64) for x in (first, second))
        aa, bb, ab = (_cubic(p, q) for p, q in ((a, a), (b, b), (a, b)))
        off = part * (part - 1)
        values.append((aa.sum() - np.trace(aa)) / off + (bb.sum() - np.trace(bb)) / off - 2 * ab.mean())
    return float(np.mean(values)), float(np.std(values))


def _cubic(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a @ b.T / a.shape[1] + 1) ** 3
