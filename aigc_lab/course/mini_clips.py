"""The mini clips of lesson 06: drawn scenes of three themes in six palettes as tokens, and pictures of them in rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aigc_lab.collect.scenes import draw_scene, sample_spec
from aigc_lab.course import show
from aigc_lab.course.page import View
from aigc_lab.generate.clips import Models, decode
from aigc_lab.media import Clip
from aigc_lab.train.autoencoder import GROUP
from aigc_lab.train.input import FPS

FIRST_SEED = 3_100_000  # seeds of the mini clips: no other part of the lab draws these
THEMES = ("nature", "city", "education")
PALETTES = ("ocean", "sunset", "forest", "berry", "lemon", "slate")
GROUPS = 2  # token groups of a mini clip: 8 frames
GAP = 4  # px between pictures that stand side by side, even, as videos want their width
SIZE = 40, 72  # width and height of a clip in pixels


@dataclass(frozen=True)
class Mini:
    """Mini clips: their first frames uint8 (N, 72, 40, 3), tokens (N, 9, 5, 32), and words (N, 2), 1 is the first.

    A piece of the tokens is what stands at one place through the clip's 8 frames: two groups of 16 numbers.
    """

    first: np.ndarray
    tokens: np.ndarray
    words: np.ndarray


def mini_clips(models: Models, count: int, seed: int = 7) -> Mini:
    """Drawn scenes of three themes in six palettes, which glide to the left, as tokens of the shipped autoencoder."""
    clips, words = [], []
    for number in range(count):
        theme, palette = number % len(THEMES), number // len(THEMES) % len(PALETTES)
        spec = sample_spec(
            FIRST_SEED + 10_000 * seed + number, theme=THEMES[theme], palette=PALETTES[palette],
            style="minimal", motion="left", speed=1.5, layout="wide", time="day",
        )  # fmt: skip
        clips.append(draw_scene(spec, SIZE, GROUP * GROUPS, FPS, subject=False).frames)
        words.append((theme + 1, palette + 1))
    pictures, tokens = np.stack(clips), []
    for start in range(0, count, 50):
        part = pictures[start : start + 50].astype(np.float32) / 127.5 - 1
        tokens.append(models.autoencoder.encoder.predict_on_batch(part))
    normal = (np.concatenate(tokens) - models.mean) / models.deviation
    return Mini(pictures[:, 0], to_pieces(normal), np.array(words, np.int32))


def to_pieces(tokens: np.ndarray) -> np.ndarray:
    """Tokens (N, T, 9, 5, C) as pieces (N, 9, 5, T * C)."""
    count, times, high, wide, channels = tokens.shape
    return np.moveaxis(tokens, 1, 3).reshape(count, high, wide, times * channels).astype(np.float32)


def to_frames(models: Models, pieces: np.ndarray) -> np.ndarray:
    """Pieces (N, 9, 5, 32) -> clips uint8 (N, 8, 72, 40, 3): the decoder's four groups are these two and a copy."""
    count, high, wide, _ = pieces.shape
    groups = np.moveaxis(pieces.reshape(count, high, wide, GROUPS, -1), 3, 1)
    missing = models.autoencoder.config.grid[0] - GROUPS
    return decode(models, np.concatenate([groups, *[groups[:, -1:]] * missing], axis=1))[:, : GROUP * GROUPS]


def strips(rows: dict[str, np.ndarray], alt: str, widest: int = 760) -> View:
    """Rows of small pictures: name -> uint8 (N, H, W, 3); each row is one picture with its name under it."""
    joined = [(name, _beside([show.enlarged(p) for p in pictures])) for name, pictures in rows.items()]
    return show.pictures(joined, alt, columns=1, widest=widest)


def _beside(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures of one size in a row, with a white gap between them."""
    gap = np.full((len(pictures[0]), GAP, 3), 255, np.uint8)
    return np.concatenate([part for picture in pictures for part in (gap, picture)][1:], axis=1)


def side_by_side(clips: np.ndarray) -> Clip:
    """Clips uint8 (N, T, H, W, 3) in one row, enlarged, playing together."""
    frames = [_beside([show.enlarged(clip[t]) for clip in clips]) for t in range(clips.shape[1])]
    return Clip(np.stack(frames), FPS)
