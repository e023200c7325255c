"""`generate_clip`: a moving picture from our own trained generator. CLI, widgets, lessons and tests all call it.

What it makes is a backdrop: colour, space, scenery and motion. The crisp subject of a shot is laid over it later.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import keras
import numpy as np

from aigc_lab import LabError
from aigc_lab.generate import GUIDANCE, STEPS
from aigc_lab.media import Clip
from aigc_lab.train.autoencoder import GROUP, Autoencoder, AutoencoderConfig
from aigc_lab.train.generator import Generator, GeneratorConfig, guided, sample
from aigc_lab.train.input import FPS, PHASES, look_numbers, number, words
from aigc_lab.train.upscaler import SEEN, Upscaler, UpscalerConfig, windows
from aigc_lab.train.weights import kept, set_arrays
from aigc_lab.vocabulary import vocabulary

UPSCALED = 8  # gaps at once


@dataclass(frozen=True)
class Models:
    """What a clip is made with. `mean` and `deviation` (C,) turn the generator's tokens into the autoencoder's.

    own: of a generator with an adapter (aigc_lab.train.adapters), how much clips like one's own are wished, 0 to 1.
    """

    autoencoder: Autoencoder
    generator: Generator
    mean: np.ndarray
    deviation: np.ndarray
    own: float = 0.0


def load_autoencoder(folder: Path | None = None) -> tuple[Autoencoder, str]:
    """The shipped autoencoder and the sha256 of its weights. Raises LabError when they are missing or changed."""
    weights, digest = kept("autoencoder", folder)
    model = Autoencoder(AutoencoderConfig(**config_of(weights.metadata)))
    build_autoencoder(model)
    set_arrays(model, weights.arrays, "The weights of the autoencoder")
    return model, digest


def build_autoencoder(model: Autoencoder) -> None:
    """Make the weights of a new autoencoder, by passing one grey clip through it."""
    c = model.config
    clips = np.zeros((1, c.frames, c.height, c.width, 3), np.uint8)
    model({"clips": clips, "noise": np.zeros((1, *c.token_shape), np.float32)})


def build_generator(model: Generator) -> None:
    """Make the weights of a new generator, by one look at nothing."""
    c = model.config
    tokens = np.zeros((1, *c.grid, c.channels), np.float32)
    nothing = {f"word_{name}": np.zeros(1, np.int32) for name, _ in c.labels}
    one = np.zeros(1, np.float32)
    model({"here": tokens, "given": tokens, "mask": np.zeros((1, c.grid[0], 2), np.float32), "time": one, "speed": one,
           "colors": np.zeros((1, c.colors), np.float32), "colors_known": one, **nothing})  # fmt: skip


@lru_cache(maxsize=2)
def load_models(folder: Path | None = None) -> Models:
    """The shipped generator with its autoencoder. Raises LabError when one is missing, changed, or of another pair."""
    autoencoder, digest = load_autoencoder(folder)
    weights, _ = kept("generator", folder)
    if weights.metadata.get("autoencoder") != digest:
        raise LabError("The generator belongs to another autoencoder: copy data/weights as a whole, or train it anew.")
    model = Generator(GeneratorConfig(**config_of(weights.metadata)))
    build_generator(model)
    set_arrays(model, weights.arrays, "The weights of the generator")
    mean, deviation = (keras.ops.convert_to_numpy(v) for v in (model.token_mean, model.token_deviation))
    return Models(autoencoder, model, mean, deviation)


@lru_cache(maxsize=2)
def load_upscaler(folder: Path | None = None) -> Upscaler:
    """The shipped upscaler. Raises LabError when its weights are missing or changed."""
    weights, _ = kept("upscaler", folder)
    model = Upscaler(UpscalerConfig(**config_of(weights.metadata)))
    model({"frames": np.zeros((1, 8, 8, 3 * SEEN), np.uint8)})
    set_arrays(model, weights.arrays, "The weights of the upscaler")
    return model


def config_of(metadata: dict[str, str]) -> dict:
    """The sizes of a model as its weights tell them. Raises LabError when they do not."""
    try:
        listed = json.loads(metadata["config"])
        return {name: _tuples(value) for name, value in listed.items()}
    except (KeyError, ValueError, AttributeError) as error:
        raise LabError("The weights do not say which sizes their model has: they are not from this project.") from error


def _tuples(value: object) -> object:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value


def generate_clip(
    theme: str | None = None, subject: str | None = None, style: str | None = "minimal",
    palette: str | tuple[str, ...] | None = "ocean", motion: str | None = "none", speed: float = 1.0,
    layout: str | None = None, time: str | None = None, shown: bool = False, guidance: float = GUIDANCE,
    steps: int = STEPS, seed: int = 0, first_frame: np.ndarray | None = None,
    on_step: Callable[[float], None] | None = None, models: Models | None = None,
) -> Clip:  # fmt: skip
    """A clip of 16 frames at 7.5 fps from words: every word may be None, which means "anything".

    shown: with the subject in the picture, not only its surroundings. guidance: how closely the words are followed,
    1 is as in the data. steps: more is finer and slower. seed: same seed, same machine, same frames. first_frame: a
    picture uint8 (H, W, 3) of any size that begins to move. on_step hears 0..1 after each step; what it raises stops
    the work.
    Raises LabError for an unknown word, or when weights are missing.
    """
    models = models or load_models()
    given = None if first_frame is None else still_tokens(first_frame, models)
    wishes = wish_arrays(models, theme, subject, style, palette, motion, speed, layout, time, shown, given, still=True)
    tokens = generate_tokens(models, wishes, [seed], guidance, steps, on_step)
    return Clip(decode(models, tokens)[0], FPS)


def generate_shot(
    seconds: float, seed: int = 0, guidance: float = GUIDANCE, steps: int = STEPS,
    first_frame: np.ndarray | None = None, on_step: Callable[[float], None] | None = None,
    models: Models | None = None, **wanted: object,
) -> Clip:  # fmt: skip
    """A clip of any length: each part begins with the last tokens of the part before, and they are blended there.

    `wanted`: theme, subject, style ... as in `generate_clip`. Raises LabError as that does.
    """
    models = models or load_models()
    length = models.autoencoder.config.frames
    parts = max(1, int(np.ceil((seconds * FPS - GROUP) / (length - GROUP))))
    given = None if first_frame is None else still_tokens(first_frame, models)
    frames = np.zeros((0,), np.uint8)
    for part in range(parts):
        wishes = wish_arrays(models, given=given, still=part == 0, **wanted)
        tell = on_step and (lambda x, part=part: on_step((part + x) / parts))
        tokens = generate_tokens(models, wishes, [seed, part], guidance, steps, tell)
        made = decode(models, tokens)[0]
        frames = blend(frames, made, GROUP) if part else made
        given = tokens[0, -1]
    return Clip(frames[: max(1, round(seconds * FPS))], FPS)


def blend(first: np.ndarray, second: np.ndarray, count: int) -> np.ndarray:
    """Two runs of frames as one: the last `count` of the first become the first `count` of the second."""
    share = (np.arange(1, count + 1) / (count + 1))[:, None, None, None]
    over = first[-count:] * (1 - share) + second[:count] * share
    return np.concatenate([first[:-count], np.round(over).astype(np.uint8), second[count:]])


def wish_arrays(
    models: Models, theme: str | None = None, subject: str | None = None, style: str | None = "minimal",
    palette: str | tuple[str, ...] | None = "ocean", motion: str | None = "none", speed: float = 1.0,
    layout: str | None = None, time: str | None = None, shown: bool = False, given: np.ndarray | None = None,
    still: bool = False,
) -> dict[str, np.ndarray]:  # fmt: skip
    """The wishes of one clip as inputs of the generator; `given`: the first token group (9, 5, C). Raises LabError."""
    if subject is not None and theme is None and subject in vocabulary().subjects:
        theme = vocabulary().subjects[subject].theme
    asked = {"theme": theme, "subject": subject, "style": style, "motion": motion, "layout": layout, "time": time,
             "shown": "yes" if shown else "no"}  # fmt: skip
    c = models.generator.config
    known = palette is not None and style is not None
    wishes = {f"word_{name}": np.array([number(name, asked[name])], np.int32) for name in words()}
    wishes["colors"] = (look_numbers(style, palette) if known else np.zeros(c.colors, np.float32))[None]
    wishes["colors_known"] = np.array([known], np.float32)
    wishes["speed"] = np.array([speed], np.float32)
    wishes["given"] = np.zeros((1, *c.grid, c.channels), np.float32)
    wishes["mask"] = np.zeros((1, c.grid[0], 2), np.float32)
    if models.own:
        wishes["word_own"] = np.array([models.own], np.float32)
    if given is not None:
        wishes["given"][0, 0] = given
        wishes["mask"][0, 0, 1 if still else 0] = 1
    return wishes


def generate_tokens(
    models: Models, wishes: dict[str, np.ndarray], seed: list[int], guidance: float, steps: int,
    on_step: Callable[[float], None] | None = None,
) -> np.ndarray:  # fmt: skip
    """Tokens of as many clips as there are wishes, normalised, (B, 4, 9, 5, C). Raises LabError for too few steps."""
    if steps < 1:
        raise LabError(f"{steps} steps make no clip: use 1 or more, 8 is usual.")
    c = models.generator.config
    noise = np.random.default_rng([*seed, 401]).standard_normal((len(wishes["speed"]), *c.grid, c.channels), np.float32)
    velocity = guided(models.generator.predict_on_batch, wishes, guidance)
    tokens = noise
    for at, here in sample(velocity, noise, steps):
        tokens = here
        if on_step:
            on_step(at)
    return tokens


def decode(models: Models, tokens: np.ndarray) -> np.ndarray:
    """Normalised tokens -> clips uint8 (B, 16, H, W, 3)."""
    tokens = tokens * models.deviation + models.mean
    tokens /= np.sqrt(np.mean(np.square(tokens), axis=-1, keepdims=True) + 1e-6)  # back onto the sphere
    return to_bytes(models.autoencoder.decoder.predict_on_batch(tokens.astype(np.float32)))


def to_bytes(pictures: np.ndarray) -> np.ndarray:
    """[-1, 1] -> uint8."""
    return np.round(np.clip(np.asarray(pictures) * 127.5 + 127.5, 0, 255)).astype(np.uint8)


def still_tokens(picture: np.ndarray, models: Models) -> np.ndarray:
    """The token group (9, 5, C), normalised, of a picture standing still: uint8 (H, W, 3), cut to the clip's shape."""
    c = models.autoencoder.config
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise LabError(f"The first frame is {picture.dtype} {picture.shape}: give uint8 (height, width, 3).")
    scale = max(c.width / picture.shape[1], c.height / picture.shape[0])
    size = max(c.width, round(picture.shape[1] * scale)), max(c.height, round(picture.shape[0] * scale))
    fitted = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    left, top = (size[0] - c.width) // 2, (size[1] - c.height) // 2
    fitted = fitted[top : top + c.height, left : left + c.width]
    group = np.broadcast_to(fitted, (1, GROUP, c.height, c.width, 3)).astype(np.float32) / 127.5 - 1
    return (models.autoencoder.encoder.predict_on_batch(group)[0, 0] - models.mean) / models.deviation


def upscale(clip: Clip, upscaler: Upscaler | None = None, on_part: Callable[[float], None] | None = None) -> Clip:
    """A clip four times wider and higher at four times as many frames a second, by the shipped upscaler.

    T frames give 4 (T - 1): those between the first and the last. Raises LabError when its weights are missing, or for
    a clip of one frame.
    """
    model = upscaler or load_upscaler()
    if len(clip.frames) < 2:
        raise LabError("A clip of one frame has nothing in between: give two frames or more.")
    around, made = keras.ops.convert_to_numpy(windows(clip.frames[None]))[0], []
    for first in range(0, len(around), UPSCALED):
        made.append(to_bytes(model.predict_on_batch({"frames": around[first : first + UPSCALED]})))
        if on_part:
            on_part(min(first + UPSCALED, len(around)) / len(around))
    frames = np.concatenate(made)
    return Clip(frames.reshape(-1, *frames.shape[2:]), clip.fps * len(PHASES))
