"""Begin a training with weights that were trained before, instead of with chance.

`aigc-lab train MODEL --start FOLDER` takes the model of that name from FOLDER. A generator that knew its subjects only
as words may become one with small pictures of them: everything it has is taken over, and what is new (the look at the
pictures) begins shut, so that nothing is lost on the first day (the identity of Net2Net, Chen et al. 2016). An
autoencoder goes on with more or fewer numbers in a token (`--channels`): the layers that write and read tokens are new.
"""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from aigc_lab import LabError
from aigc_lab.generate.clips import build_autoencoder, build_generator, config_of
from aigc_lab.train.autoencoder import Autoencoder, AutoencoderConfig
from aigc_lab.train.generator import Block, Generator, GeneratorConfig
from aigc_lab.train.weights import kept, set_arrays

QUIET = 0.3  # of their usual size: how the new parts begin, so that they hardly disturb what is known
LAYERS = ("enter", "time", "numbers", "modulate", "modulate_out", "out")
PARTS = ("near", "mix", "qkv", "out", "ask", "tell", "take", "up", "down")  # of a Block


def begin(model: keras.Model, name: str, folder: Path | None, new_tokens: bool = False) -> None:
    """Put the weights of `name` in `folder` into a built model; without a folder it stays as it is.

    new_tokens: an autoencoder learns its tokens anew, as many numbers in them as before, or more, or fewer.
    Raises LabError when the weights are missing, changed, or of a model of other sizes.
    """
    if folder is None:
        return
    weights, _ = kept(name, folder)
    what = f"The weights of {name} in {folder}"
    if isinstance(model, Generator) and model.config != (its := GeneratorConfig(**config_of(weights.metadata))):
        before = Generator(its)
        build_generator(before)
        set_arrays(before, weights.arrays, what)
        widen(before, model)
    elif isinstance(model, Autoencoder) and new_tokens:
        before = Autoencoder(AutoencoderConfig(**config_of(weights.metadata)))
        build_autoencoder(before)
        set_arrays(before, weights.arrays, what)
        with_other_tokens(before, model)
    else:
        set_arrays(model, weights.arrays, what)


def past(name: str, folder: Path | None) -> dict[str, str]:
    """What weights that began with others say of it: began_from (sha256), steps_before and seconds_before."""
    if folder is None:
        return {}
    weights, digest = kept(name, folder)
    known = weights.metadata
    sums = {key: float(known.get(key, 0)) + float(known.get(f"{key}_before", 0)) for key in ("steps", "seconds")}
    return {"began_from": digest} | {f"{key}_before": f"{value:.0f}" for key, value in sums.items()}


def with_other_tokens(before: Autoencoder, model: Autoencoder) -> None:
    """All that an autoencoder knows, into one with other tokens; both are built.

    The layers that write and read tokens stay as they are, by chance. Raises LabError when the two differ in more than
    the numbers in a token.
    """
    if before.config != replace(model.config, channels=before.config.channels):
        raise LabError(f"An autoencoder with {before.config} fits into none with {model.config}: train a new one.")
    anew = {id(variable) for variable in (*model.encoder.out.weights, *model.decoder.enter.weights)}
    for old, new in zip(before.weights, model.weights, strict=True):
        if id(new) not in anew:
            new.assign(keras.ops.convert_to_numpy(old))


def widen(before: Generator, model: Generator) -> None:
    """All that a generator without pictures of subjects knows, into one with them; both are built.

    Each block gets one part more, the look at the pictures: its shift, scale and gate begin at zero. Raises LabError
    when the two differ in more than their pictures.
    """
    if before.config != replace(model.config, pieces=(0, 0)):
        raise LabError(f"A generator with {before.config} fits into none with {model.config}: train a new one.")
    old, new = _named(before), _named(model)
    for name, variable in new.items():
        if name == "pictures":
            continue  # drawn, and not learned
        if name not in old:
            if name in ("see.0", "see.1", "piece_places"):
                variable.assign(QUIET * variable)
            continue
        value = np.array(keras.ops.convert_to_numpy(old[name]))
        if name.startswith("modulate.") or name.endswith(".offset"):
            value = _wider(value, tuple(variable.shape), model.config)
        variable.assign(value)


def _wider(value: np.ndarray, shape: tuple[int, ...], config: GeneratorConfig) -> np.ndarray:
    """What steers the three parts of a block, (..., 9 D), for four: zeros for the third, the look at the pictures."""
    steer = value.reshape(-1, config.steered - 3, config.width)
    nothing = np.zeros_like(steer[:, :3])
    return np.concatenate([steer[:, :6], nothing, steer[:, 6:]], axis=1).reshape(shape)


def _named(model: Generator) -> dict[str, keras.Variable]:
    """The weights of a generator by what they are for, whatever else it has."""
    named = {f"{at}.{i}": w for at in LAYERS for i, w in enumerate(getattr(model, at).weights)}
    named |= {f"words.{i}": layer.weights[0] for i, layer in enumerate(model.words)}
    for k, block in enumerate(model.blocks):
        named |= {f"block.{k}.{name}": w for name, w in _in_block(block)}
    named |= {at: getattr(model, at) for at in ("places", "token_mean", "token_deviation")}
    if model.config.pictured:
        named |= {f"see.{i}": w for i, w in enumerate(model.see.weights)}
        named |= {at: getattr(model, at) for at in ("pictures", "piece_places")}
    return named


def _in_block(block: Block) -> list[tuple[str, keras.Variable]]:
    own = [(f"{at}.{i}", w) for at in PARTS if hasattr(block, at) for i, w in enumerate(getattr(block, at).weights)]
    return [("offset", block.offset), *own]
