"""Low-rank adaptation of the generator (Hu et al. 2021, "LoRA").

A matrix W that was learnt stays as it is, and A B is added to it, where A is narrow and B is low: W (256 x 768) has
196,608 numbers, A (256 x 16) and B (16 x 768) together 16,384. B starts at zero, so that nothing is different at first.
A handle, one vector added to the wishes, says that own clips are wanted: without it the generator is to make what it
always made.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from aigc_lab import LabError
from aigc_lab.generate.clips import Models, build_generator, load_models
from aigc_lab.train.adapters import check_fits, read_adapter
from aigc_lab.train.generator import Generator, GeneratorConfig
from aigc_lab.train.weights import read_weights

RANK = 16


class Adapted(Generator):
    """A generator with an adapter: one more input, `word_own` (B,), 1 for clips like one's own, 0 (or none) for others.

    Only the adapter can be trained. Make one with `adapted`.
    """

    def __init__(self, config: GeneratorConfig | None = None):
        super().__init__(config)
        self.handle = self.add_weight(shape=(self.config.width,), initializer="zeros", name="handle")

    def wishes(self, inputs):
        """All conditions as one vector, with the handle as far as own clips are wished."""
        total = super().wishes(inputs)
        if "word_own" not in inputs:
            return total
        return total + ops.cast(inputs["word_own"], total.dtype)[:, None] * ops.cast(self.handle, total.dtype)

    def thinned(self) -> dict[str, layers.Dense]:
        """The layers that get a low-rank part, by a stable name: all Dense ones of the blocks, and what steers them."""
        parts = ("mix", "qkv", "out", *(("ask", "tell", "take") if self.config.pictured else ()), "up", "down")
        named = {f"{n}.{part}": getattr(block, part) for n, block in enumerate(self.blocks) for part in parts}
        return named | {"modulate": self.modulate}


def adapted(base: Generator, rank: int = RANK) -> Adapted:
    """A copy of a generator with a new adapter, which changes nothing yet and alone can be trained."""
    model = Adapted(base.config)
    build_generator(model)
    copied = [variable for variable in model.weights if variable is not model.handle]
    for mine, theirs in zip(copied, base.weights, strict=True):
        mine.assign(theirs)
        mine.trainable = False
    for number, layer in enumerate(model.thinned().values()):
        layer.enable_lora(rank, a_initializer=keras.initializers.HeUniform(seed=number))
    return model


def adapter_arrays(model: Adapted) -> dict[str, np.ndarray]:
    """The adapter alone, float16. Raises LabError when a number is not finite."""
    arrays = {"handle": model.handle}
    for name, layer in model.thinned().items():
        arrays |= {f"{name}.a": layer.lora_kernel_a, f"{name}.b": layer.lora_kernel_b}
    with np.errstate(over="ignore"):
        made = {name: ops.convert_to_numpy(v).astype(np.float16) for name, v in arrays.items()}
    if bad := [name for name, value in made.items() if not np.isfinite(value).all()]:
        raise LabError(f"The adapter's {bad[0]} is no finite number: train it again with a lower rate.")
    return made


def load_adapted(path: Path, folder: Path | None = None) -> Models:
    """The generator of `folder` (data/weights) with an adapter on it.

    Raises LabError when the adapter is missing, broken, or belongs to another generator.
    """
    adapter = read_adapter(path)
    check_fits(adapter, folder)
    return _loaded(adapter.path, adapter.sha256, folder)


@lru_cache(maxsize=2)
def _loaded(path: Path, sha256: str, folder: Path | None) -> Models:
    models, arrays = load_models(folder), read_weights(path, sha256).arrays
    try:
        model = adapted(models.generator, arrays["modulate.a"].shape[1])
        targets = {"handle": model.handle}
        for name, layer in model.thinned().items():
            targets |= {f"{name}.a": layer.lora_kernel_a, f"{name}.b": layer.lora_kernel_b}
        if set(targets) != set(arrays):
            raise ValueError("other layers")
        for name, variable in targets.items():
            variable.assign(arrays[name].astype(np.float32))
    except (KeyError, ValueError, IndexError) as error:
        raise LabError(f"{path} is no adapter of a generator of these sizes: train it again.") from error
    return replace(models, generator=model, own=1.0)
