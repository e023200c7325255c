"""How good generated clips are: what a judge sees in them, which way they move, their colours, how much they differ.

All on seeds of the part "test", whose clips no model saw. What is generated for a seed's labels stands beside the drawn
clip of that seed, and beside what the autoencoder makes of it: the generator cannot be better than that.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from aigc_lab.collect.looks import to_lch
from aigc_lab.collect.measured import shift_and_growth
from aigc_lab.collect.scenes import SceneSpec, draw_scene, sample_spec
from aigc_lab.generate.clips import GUIDANCE, STEPS, Models, decode, generate_tokens
from aigc_lab.train.evaluating import BATCH, Number, Share, features, ratio_number
from aigc_lab.train.input import Labels, label_numbers, look_numbers, words
from aigc_lab.train.recognizer import HEADS, Recognizer

WAYS = ("left", "right", "up", "down")  # motions of the whole picture
SAME = 8  # clips of the same wishes
Specs = Sequence[tuple[SceneSpec, bool]]  # a scene, and whether its subject is shown


def clips_for(
    models: Models, specs: Specs, seed: int, guidance: float = GUIDANCE, steps: int = STEPS,
    on_part: Callable[[float], None] | None = None,
) -> np.ndarray:  # fmt: skip
    """Generated clips uint8 (N, 16, H, W, 3) with the labels of these scenes; `on_part` hears 0..1 between batches."""
    labels, made = label_numbers(specs), []
    for first in range(0, len(specs), BATCH):
        wishes = _wishes(models, {name: values[first : first + BATCH] for name, values in labels.items()})
        tokens = generate_tokens(models, wishes, [seed + first], guidance, steps)
        made += [decode(models, tokens[i : i + 10]) for i in range(0, len(tokens), 10)]
        if on_part:
            on_part(min(first + BATCH, len(specs)) / len(specs))
    return np.concatenate(made)


def _wishes(models: Models, labels: Labels) -> dict[str, np.ndarray]:
    """Labels of scenes as inputs of the generator; nothing is given of the clip."""
    c, count = models.generator.config, len(labels["speed"])
    wishes = {f"word_{n}": v for n, v in labels.items() if n not in ("colors", "speed")}
    wishes |= {"colors": labels["colors"], "speed": labels["speed"], "colors_known": np.ones(count, np.float32)}
    wishes["given"] = np.zeros((count, *c.grid, c.channels), np.float32)
    return wishes | {"mask": np.zeros((count, c.grid[0], 2), np.float32)}


def truth_of(specs: Specs) -> np.ndarray:
    """What a judge should say of clips with the labels of these scenes, (N, 4): see `evaluating.judge`."""
    labels = label_numbers(specs)
    return np.stack([*(labels[name] - 1 for name in HEADS), labels["shown"] - 1], axis=1)


def direction(clip: np.ndarray) -> str:
    """The way in which most of a moving clip uint8 (T, H, W, 3) goes: left, right, up or down.

    The median over time of how far what can be followed has moved (`shift_and_growth`, optical flow). It says one of
    the four of every clip: ask it about clips that move as a whole only.
    """
    across, down, *_ = np.median([shift_and_growth(a, b) for a, b in pairwise(clip)], axis=0)
    if abs(across) >= abs(down):
        return "right" if across > 0 else "left"
    return "down" if down > 0 else "up"


def directions(clips: np.ndarray, specs: Specs) -> Share | None:
    """How many of the clips that were to move left, right, up or down do so; None when there is no such clip."""
    right = [
        direction(clip) == spec.motion for clip, (spec, _) in zip(clips, specs, strict=True) if spec.motion in WAYS
    ]
    return Share(sum(right), len(right)) if right else None


@cache
def _lab() -> np.ndarray:
    """OKLab of all colours in 32 steps a channel, float32 (32, 32, 32, 3)."""
    levels = [f"{8 * i + 4:02x}" for i in range(32)]
    lch = np.array([to_lch(f"#{r}{g}{b}") for r in levels for g in levels for b in levels]).reshape(32, 32, 32, 3)
    lightness, chroma, hue = lch[..., 0], lch[..., 1], np.radians(lch[..., 2])
    return np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1).astype(np.float32)


def palette_error(clips: np.ndarray, specs: Specs) -> np.ndarray:
    """How far the colours of clips uint8 (N, T, H, W, 3) are from those that were asked for, one number each.

    The mean over pixels of the distance to the nearest of the twelve colours of the scene's style in its palette, in
    OKLab (Ottosson 2020), where black and white are 1 apart.
    """
    errors = []
    for clip, (spec, _) in zip(clips, specs, strict=True):
        wanted = np.round((look_numbers(spec.style, spec.palette).reshape(-1, 3) + 1) * 127.5).astype(int) // 8
        seen = clip[:: max(len(clip) // 3, 1), ::2, ::2].reshape(-1, 3) // 8
        colors, asked = _lab()[tuple(seen.T)], _lab()[tuple(wanted.T)]
        errors.append(np.linalg.norm(colors[:, None] - asked[None], axis=2).min(axis=1).mean())
    return np.array(errors)


def diversity(
    models: Models, judged: Recognizer, specs: Specs, seed: int, on_part: Callable[[float], None] | None = None
) -> Number:
    """How much clips of the same wishes differ, over how much drawn clips of the same labels do.

    Of each scene's labels SAME clips are generated, and SAME scenes drawn from other seeds (what has no label differs:
    count, size and places). Both sides: the mean distance between two of them in the judge's features.
    """
    c, ours, theirs = models.autoencoder.config, [], []
    for number, (spec, shown) in enumerate(specs):
        made = clips_for(models, [(spec, shown)] * SAME, seed + 7919 * (number + 1))
        fixed = {name: getattr(spec, name) for name in (*words(), "palette", "speed") if name != "shown"}
        same = [sample_spec(seed + SAME * number + i, **fixed) for i in range(SAME)]
        drawn = np.stack([draw_scene(s, (c.width, c.height), subject=shown).frames for s in same])
        for clips, distances in ((made, ours), (drawn, theirs)):
            distances.append(_spread(features(judged, clips)))
        if on_part:
            on_part((number + 1) / len(specs))
    return ratio_number(np.array(ours), np.array(theirs))


def _spread(vectors: np.ndarray) -> float:
    """Mean distance between two of these vectors (N, D)."""
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    return float(apart.sum() / (len(vectors) * (len(vectors) - 1)))
