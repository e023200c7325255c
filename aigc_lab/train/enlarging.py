"""Train the upscaler: gaps between frames as they come out of the autoencoder, and the true large frames in them."""

import keras
import numpy as np

from aigc_lab.generate.clips import to_bytes
from aigc_lab.train.autoencoder import NOISE
from aigc_lab.train.fitting import Batch, Progress, fit
from aigc_lab.train.input import GAPS, SHARD, Drawn
from aigc_lab.train.jobs import Job, keep_model, own_autoencoder, parts_of
from aigc_lab.train.upscaler import Upscaler, UpscalerConfig, windows
from aigc_lab.train.warm_start import begin

ENLARGED = 4096  # clips at most that large frames are drawn of: 1.7 MB each
PIECE = 24  # px of small frames that are learned from at once: many places teach more than one whole frame
APART = 32  # clips that are kept apart to measure on
REAL = 4  # one piece in so many is of a real picture: without them photos come out worse still


class Pairs:
    """All gaps of the parts "real_upscaler" and "upscaler": what is seen of them in memory, the truth on disk.

    Raises LabError when the corpus is not drawn or the autoencoder is missing.
    """

    def __init__(self, job: Job):
        model, _ = own_autoencoder(job)
        self.parts = parts_of(job, "real_upscaler", "upscaler")
        self.seen = np.concatenate([_seen(model, part, job) for part in self.parts])  # (N, H, W, 12)
        self.clips = np.concatenate(
            [np.stack([np.full(len(p), i), np.arange(len(p))], 1) for i, p in enumerate(self.parts)]
        )

    @property
    def real(self) -> int:
        """How many of the gaps, the first ones, are of real pictures."""
        return sum(len(part) for part in self.parts[:-1]) * len(GAPS)

    def chosen(self, size: int, last: int, rng: np.random.Generator) -> np.ndarray:
        """Numbers of `size` gaps below `last`, one in REAL of a real picture where there are any."""
        real = size // REAL if self.real else 0
        return np.concatenate([rng.integers(self.real, size=real), rng.integers(self.real, last, size=size - real)])

    def truth(self, which: np.ndarray) -> np.ndarray:
        """The large frames in these gaps, uint8 (N, PHASES, 4H, 4W, 3)."""
        large = []
        for clip, gap in zip(*divmod(which, len(GAPS)), strict=True):
            part, number = self.clips[clip]
            large.append(self.parts[part].large(np.array([number]))[0, gap])
        return np.stack(large)

    def pieces(self, which: np.ndarray, rng: np.random.Generator) -> Batch:
        """A square somewhere in each of these gaps, seen and true."""
        _, height, width, _ = self.seen.shape
        high, wide = min(PIECE, height), min(PIECE, width)
        tops, lefts = rng.integers(height - high + 1, size=len(which)), rng.integers(width - wide + 1, size=len(which))
        corners = list(zip(tops.tolist(), lefts.tolist(), strict=True))
        seen = [gap[y : y + high, x : x + wide] for gap, (y, x) in zip(self.seen[which], corners, strict=True)]
        true = [
            gap[:, 4 * y : 4 * (y + high), 4 * x : 4 * (x + wide)]
            for gap, (y, x) in zip(self.truth(which), corners, strict=True)
        ]
        return {"frames": np.stack(seen)}, np.stack(true)


def _seen(model: keras.Model, drawn: Drawn, job: Job) -> np.ndarray:
    """Windows of decoded frames around the gaps of a part, one after the other, uint8 (N, H, W, 12)."""
    frames = []
    for first in range(0, len(drawn), SHARD):
        rng, which = np.random.default_rng([job.seed, 502, drawn.first + first]), np.arange(first, first + SHARD)
        noise = rng.uniform(0, NOISE / 2) * rng.standard_normal((SHARD, *job.pictures.token_shape), np.float32)
        made = to_bytes(model.predict({"clips": drawn.clips(which), "noise": noise}, batch_size=8, verbose=0))
        around = keras.ops.convert_to_numpy(windows(made))[:, GAPS]
        frames.append(around.reshape(-1, *around.shape[2:]))
    return np.concatenate(frames)


def train_upscaler(job: Job) -> Progress:
    """Learn to sharpen what the autoencoder gives back. Raises LabError when the corpus is not drawn, or on NaN."""
    pairs = Pairs(job)
    model, size = Upscaler(UpscalerConfig()), job.batch or 32
    model({"frames": pairs.seen[:1]})
    begin(model, "upscaler", job.start)
    last = len(pairs.seen) - APART * len(GAPS)
    apart = {"frames": pairs.seen[last:]}, pairs.truth(np.arange(last, len(pairs.seen)))

    def batch(step: int) -> Batch:
        rng = job.random(step)
        return pairs.pieces(pairs.chosen(size, last, rng), rng)

    def measure() -> dict[str, float]:
        keys = model.evaluate(*apart, batch_size=16, verbose=0, return_dict=True)
        return {f"unseen_{name}": float(value) for name, value in keys.items()}

    done = fit(model, batch, job.plan("upscaler", 1e-3, measure))
    if done.done:
        keep_model(model, "upscaler", job, done, measure())
    return done
