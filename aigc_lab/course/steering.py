"""What lesson 07 measures and shows: clips of given wishes and noise, a table for guidance, walks, seams, own clips.

It steers the shipped generator; the recognizer and the measures are those that the generator is judged with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from matplotlib.axes import Axes

from aigc_lab.collect.scenes import sample_spec
from aigc_lab.course.charts import BLUE, GREEN, GREY, ORANGE, chart
from aigc_lab.course.mini_clips import strips
from aigc_lab.course.page import View, say
from aigc_lab.generate import GUIDANCE, STEPS
from aigc_lab.generate.clips import Models, decode, wish_arrays
from aigc_lab.media import probe, read_frames
from aigc_lab.train.decoding import Cutting, framed
from aigc_lab.train.evaluating import Share, features, judge
from aigc_lab.train.finetuning import own_set, velocity_error
from aigc_lab.train.fitting import CHECKPOINT, Plan
from aigc_lab.train.generated import Specs, palette_error, truth_of
from aigc_lab.train.generator import guided, sample
from aigc_lab.train.input import FPS, FRAMES
from aigc_lab.train.recognizer import Recognizer
from aigc_lab.vocabulary import vocabulary

DECODED = 10  # clips at once
HELD = 0.2  # of own clips, the last of them, that are kept apart


def noise_of(models: Models, seed: int, count: int = 1) -> np.ndarray:
    """Normal noise of the generator's shape, float32 (count, 4, 9, 5, C)."""
    c = models.generator.config
    return np.random.default_rng([seed, 401]).standard_normal((count, *c.grid, c.channels), np.float32)


def wishes_of(models: Models, rows: Sequence[dict[str, object]]) -> dict[str, np.ndarray]:
    """The wishes of several clips as one batch; each row has the arguments of `wish_arrays`. Raises LabError."""
    each = [wish_arrays(models, **row) for row in rows]
    return {name: np.concatenate([wishes[name] for wishes in each]) for name in each[0]}


def clips_of(
    models: Models, wishes: dict[str, np.ndarray], noise: np.ndarray, guidance: float = GUIDANCE, steps: int = STEPS
) -> np.ndarray:
    """The clips uint8 (N, 16, H, W, 3) that these wishes make of this noise (N, 4, 9, 5, C)."""
    *_, (_, tokens) = sample(guided(models.generator.predict_on_batch, wishes, guidance), noise, steps)
    return decoded(models, tokens)


def decoded(models: Models, tokens: np.ndarray) -> np.ndarray:
    """Normalised tokens (N, 4, 9, 5, C) as clips uint8 (N, 16, H, W, 3), a few at a time."""
    return np.concatenate([decode(models, tokens[i : i + DECODED]) for i in range(0, len(tokens), DECODED)])


def exam_specs(themes: int, each: int, seed: int) -> Specs:
    """Wishes for an exam: one scene for each of so many themes, asked for `each` times, with its subject shown."""
    names = list(vocabulary().themes)[:themes]
    scenes = [sample_spec(seed + number, theme=name) for number, name in enumerate(names)]
    return [(scene, True) for scene in scenes for _ in range(each)]


@dataclass(frozen=True)
class Mark:
    """What an exam found: how many clips show the wished theme and style, how far their colours are off (OKLab), and
    how much clips of the same wishes differ in the recognizer's features."""

    theme: Share
    style: Share
    colors: float
    spread: float


def marked(eye: Recognizer, clips: np.ndarray, specs: Specs, each: int) -> Mark:
    """Judge clips of `exam_specs`, in their order."""
    shares, seen = judge(eye, clips, truth_of(specs)), features(eye, clips)
    groups = seen.reshape(-1, each, seen.shape[-1])
    apart = np.linalg.norm(groups[:, :, None] - groups[:, None], axis=-1)
    spread = apart.sum() / max(len(groups) * each * (each - 1), 1)
    return Mark(shares["theme"], shares["style"], float(palette_error(clips, specs).mean()), float(spread))


def steps_between(frames: np.ndarray) -> np.ndarray:
    """How much each frame differs from the one before, (T - 1,), in grey levels."""
    return np.abs(np.diff(frames.astype(float), axis=0)).mean(axis=(1, 2, 3))


def seam_chart(shots: dict[str, np.ndarray], seams: Sequence[int]) -> View:
    """For each named shot uint8 (T, H, W, 3): how much each frame differs from the one before; the seams are marked."""
    changes = {name: steps_between(frames) for name, frames in shots.items()}

    def draw(axes: Axes) -> None:
        for (name, change), color in zip(changes.items(), (ORANGE, BLUE, GREEN), strict=False):
            axes.plot(np.arange(1, len(change) + 1), change, color=color, label=name)
        for seam in seams:
            axes.axvline(seam, color=GREY, linewidth=0.8, linestyle="--")
        axes.set_xlabel(say("frame", "帧"))
        axes.set_ylabel(say("change (grey levels)", "变化（灰度级）"))
        axes.legend(frameon=False)

    told = "; ".join(f"{name}: {change.max():.1f}" for name, change in changes.items())
    return chart(draw, say(f"Largest change from frame to frame. {told}", f"相邻两帧的最大变化。{told}"))


def lines_chart(lines: dict[str, tuple[Sequence[float], Sequence[float]]], across: str, up: str, alt: str) -> View:
    """Named lines, (places across, heights), on one pair of axes."""

    def draw(axes: Axes) -> None:
        for (name, (x, y)), color in zip(lines.items(), (ORANGE, BLUE, GREEN), strict=False):
            axes.plot(x, y, color=color, marker=".", label=name)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        axes.legend(frameon=False)

    told = "; ".join(f"{name}: {y[0]:.2f} ... {y[-1]:.2f}" for name, (_, y) in lines.items())
    return chart(draw, f"{alt} {told}", (6.5, 2.4))


def sheet(rows: dict[str, np.ndarray], alt: str, frame: int = 8, widest: int = 900) -> View:
    """Clips uint8 (N, T, H, W, 3) of each named row side by side, at one frame."""
    return strips({name: clips[:, frame] for name, clips in rows.items()}, alt, widest)


def own_windows(path: Path, models: Models, stride: int = 4, most: int = 60) -> np.ndarray:
    """A video as clips for the generator, uint8 (N, 16, H, W, 3): its upright part, a clip every `stride` frames.

    The first `most` of them. Raises LabError when it cannot be read, or is shorter than a clip.
    """
    c = models.autoencoder.config
    seconds = min(probe(path).seconds, (FRAMES + stride * most) / FPS)
    frames = np.stack([frame for _, frame in read_frames(path, 0.0, seconds, step=1 / FPS, longest=320)])
    whole = framed(frames, Cutting((c.width, c.height), FRAMES, FPS))
    small = np.stack([cv2.resize(f, (c.width, c.height), interpolation=cv2.INTER_AREA) for f in whole])
    starts = range(0, len(small) - FRAMES + 1, stride)
    return np.stack([small[start : start + FRAMES] for start in starts][:most])


def apart(clips: np.ndarray, stride: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Clips to learn from and clips kept apart, the last fifth; those that share frames with them are left out."""
    held = max(1, round(HELD * len(clips)))
    return clips[: max(len(clips) - held - (FRAMES - 1) // stride, 1)], clips[len(clips) - held :]


def fresh_plan(folder: Path, seconds: float = 0.0, steps: int = 0) -> Plan:
    """A plan for a fine-tuning in a lesson: it always starts anew, and measures every few seconds."""
    (Path(folder) / CHECKPOINT).unlink(missing_ok=True)
    return Plan(Path(folder), seconds, steps, 2e-3, 10, save_every=600.0, say=lambda _: None, measure_every=6.0)


def error_of(models: Models, clips: np.ndarray) -> float:
    """The mean error of the velocity on own clips uint8 (N, 16, H, W, 3)."""
    return float(velocity_error(models, own_set(models, clips)).mean())
