"""Two networks that go on with a film: ten frames in, the ten that follow out.

The first remembers. A ConvLSTM (Shi et al. 2015) reads one frame after the other, keeps in mind what it saw and where,
and says the next frame; from the tenth on it reads what it said itself. The second has no memory and no loop: it lays
all ten frames on top of each other, mixes them by plain convolutions and says all ten answers at once (SimVP: Gao et
al. 2022, Tan et al. 2022). It does far less work a clip, so in the same minutes it learns from far more clips.

Both work on squares of 4 x 4 pixels, and both say by how much a frame *differs* from the last one known. Untrained they
say "by nothing": they begin as the rival that every predictor is measured against, "copy the last frame".
"""

from dataclasses import dataclass

import keras
from keras import layers, ops

from aigc_lab.train.autoencoder import Block, BuiltByUse, fold, normal, unfold

GIVEN, COMING = 10, 10  # frames that are shown, and frames that are asked for
PATCH = 4  # pixels across a square


@dataclass(frozen=True)
class ConvLSTMConfig:
    """Sizes of the one that remembers. colors: 3, or 1 for grey frames; memory: numbers a place of each layer keeps."""

    height: int = 72
    width: int = 40
    colors: int = 3
    memory: tuple[int, ...] = (48, 48)


@dataclass(frozen=True)
class MixerConfig:
    """Sizes of the one that sees all at once. features: numbers a place keeps of each frame; mixed: of all frames."""

    height: int = 72
    width: int = 40
    colors: int = 3
    features: int = 24
    mixed: int = 160
    blocks: int = 6
    reach: int = 7  # squares across that a mixing block sees


class Predictor(BuiltByUse, keras.Model):
    """What both have in common: {"frames": uint8 (B, 10, H, W, C)} -> float (B, N, H, W, C), 0 to 1, of the last N.

    N is 10, the frames that follow. A model may answer for shown frames too (N > 10) and learn from those as well.
    """

    def __init__(self, config: ConvLSTMConfig | MixerConfig):
        super().__init__()
        self.config = config
        self.error = keras.metrics.Mean(name="mse")  # summed over the pixels of a frame, as is published

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Mean of squares. y: the frames that follow, uint8 (B, 10, H, W, C)."""
        truth = ops.concatenate([to_share(x["frames"]), to_share(y)], axis=1)[:, -y_pred.shape[1] :]
        squares = ops.square(ops.cast(y_pred, "float32") - truth)
        c = self.config
        self.error.update_state(ops.mean(squares[:, -COMING:]) * (c.height * c.width * c.colors))
        return 100 * ops.mean(squares)  # near 1, which the optimizer's smallest numbers like better

    @property
    def metrics(self):
        return [self._loss_tracker, self.error]


class ConvLSTMCell(BuiltByUse, layers.Layer):
    """One step of a memory that knows where: an LSTM whose sums are convolutions (Shi et al. 2015, without peepholes).

    x (B, h, w, C), memory = (said, kept), each (B, h, w, N) -> the new (said, kept).
    """

    def __init__(self, width: int):
        super().__init__()
        self.width = width
        self.gates = layers.Conv2D(4 * width, 3, padding="same")

    def call(self, x, memory):
        said, kept = memory
        forget, write, new, tell = ops.split(self.gates(ops.concatenate([x, said], axis=-1)), 4, axis=-1)
        # c' = s(f + 1) c + s(i) tanh(g): at first the memory keeps most of what it has (Jozefowicz et al. 2015)
        kept = ops.sigmoid(forget + 1) * kept + ops.sigmoid(write) * ops.tanh(new)
        return ops.sigmoid(tell) * ops.tanh(kept), kept  # h' = s(o) tanh(c')


class ConvLSTM(Predictor):
    """A tower of ConvLSTM cells that says one frame at a time; it learns from its answers to shown frames too."""

    def __init__(self, config: ConvLSTMConfig | None = None):
        super().__init__(config or ConvLSTMConfig())
        self.cells = [ConvLSTMCell(width) for width in self.config.memory]
        self.change = layers.Dense(PATCH**2 * self.config.colors, kernel_initializer="zeros", dtype="float32")

    def call(self, inputs, training=False):
        shown = to_share(inputs["frames"])
        memory = [self.empty(shown, width) for width in self.config.memory]
        frame, said = squares(shown[:, 0]), []
        for at in range(GIVEN + COMING - 1):
            frame, memory = self.step(squares(shown[:, at]) if at < GIVEN else frame, memory)
            said.append(pixels(frame))
        return ops.stack(said if training else said[-COMING:], axis=1)

    def step(self, frame, memory):
        """One frame as squares (B, h, w, 16C) and the memory -> the next frame and the new memory."""
        x, after = frame * 2 - 1, []
        for cell, before in zip(self.cells, memory, strict=True):
            after.append(cell(x, before))
            x = after[-1][0]
        return frame + ops.cast(self.change(x), frame.dtype), after

    def empty(self, shown, width: int):
        """The memory before the first frame: nothing."""
        c = self.config
        nothing = ops.zeros((ops.shape(shown)[0], c.height // PATCH, c.width // PATCH, width), shown.dtype)
        return nothing, nothing


class MixingBlock(BuiltByUse, layers.Layer):
    """Look around far, then mix the channels, and add: a wide depthwise convolution, and two small dense layers.

    This is ConvNeXt's block (Liu et al. 2022). SimVP's authors tried a dozen kinds in this place and found it about as
    good as the best of them (Tan et al. 2023, "OpenSTL").
    """

    def __init__(self, width: int, reach: int):
        super().__init__()
        self.look = layers.DepthwiseConv2D(reach, padding="same", use_bias=False)
        self.think = layers.Dense(2 * width, activation="silu")
        self.mix = layers.Dense(width, kernel_initializer="zeros")

    def call(self, x):
        return x + self.mix(self.think(normal(self.look(x))))


class Mixer(Predictor):
    """Each frame to features, all frames mixed, features to frames: no memory, no loop over time."""

    def __init__(self, config: MixerConfig | None = None):
        super().__init__(config or MixerConfig())
        c = self.config
        self.enter = layers.Dense(c.features)
        self.see = Block(c.features)
        self.gather = layers.Dense(c.mixed)
        self.blocks = [MixingBlock(c.mixed, c.reach) for _ in range(c.blocks)]
        self.part = layers.Dense(COMING * c.features)
        self.draw = Block(c.features)
        self.leave = layers.Dense(PATCH**2 * 2 * c.colors)
        self.change = layers.Conv2D(c.colors, 3, padding="same", kernel_initializer="zeros", dtype="float32")

    def call(self, inputs, training=False):
        shown = to_share(inputs["frames"])
        c, h, w = self.config, self.config.height // PATCH, self.config.width // PATCH
        x = squares(ops.reshape(shown, (-1, c.height, c.width, c.colors))) * 2 - 1
        x = self.see(self.enter(x))  # (B*10, h, w, F): each frame by itself
        x = ops.transpose(ops.reshape(x, (-1, GIVEN, h, w, c.features)), (0, 2, 3, 1, 4))
        seen = ops.reshape(x, (-1, h, w, GIVEN * c.features))  # time becomes channels
        x = self.gather(seen)
        for block in self.blocks:
            x = block(x)
        x = ops.reshape(self.part(normal(x)), (-1, h, w, COMING, c.features))
        x = ops.transpose(x, (0, 3, 1, 2, 4)) + ops.reshape(seen[..., -c.features :], (-1, 1, h, w, c.features))
        x = self.leave(normal(self.draw(ops.reshape(x, (-1, h, w, c.features)))))
        change = self.change(pixels(x))  # at full size, across the borders of the squares: else their grid is seen
        return shown[:, -1:] + ops.reshape(change, (-1, COMING, c.height, c.width, c.colors))


def to_share(frames: keras.KerasTensor) -> keras.KerasTensor:
    """uint8 0..255 -> 0..1."""
    return ops.cast(frames, keras.config.floatx()) / 255


def squares(frames: keras.KerasTensor) -> keras.KerasTensor:
    """Pictures (B, H, W, C) as squares of 4 x 4 pixels, (B, H/4, W/4, 16C)."""
    return fold(fold(frames))


def pixels(places: keras.KerasTensor) -> keras.KerasTensor:
    """Squares (B, h, w, 16C) as pictures (B, 4h, 4w, C)."""
    return unfold(unfold(places))
