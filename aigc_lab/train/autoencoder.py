"""The video autoencoder: 16 frames become 4 x 9 x 5 tokens, 48 times fewer numbers, and come back.

Five ideas make it small and quick enough for two CPU cores:
1. Space-to-depth first: 4 frames of small squares become channels, so that only the last layer works on single pixels.
2. Only 2-D convolutions. Time is mixed by *shifting*: a quarter of the channels comes from the frame before, a quarter
   from the frame after (Lin et al. 2019, "TSM"). A 3x3 convolution of that sees space and time at no extra cost.
3. The encoder looks at each group of 4 frames alone, so that the first token group of a shot can be made from the last
   4 frames of the shot before, or from a still picture. Only the decoder looks across time.
4. Tokens lie on a sphere (each has mean square 1) and get a little noise in training: the decoder learns to forgive the
   small errors that a generator makes, and a generated token is put back on the sphere before it is decoded.
5. Half of the clips are zoomed on the way, the tokens by the same zoom as the picture (Kouzelis et al. 2025, "EQ-VAE"):
   tokens then lie on the picture like a small picture themselves, which a generator learns far sooner.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

GROUP = 4  # frames in one token
EDGES = 0.05  # weight of the edges in the loss
NOISE = 0.2  # highest deviation of the noise on tokens that the decoder learns to forgive


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes. The widths are channels of the layers at each scale, from small pictures (1/patch) to full size.

    The default is for training on a CPU: 40x72. `LARGE` (80x144, also 180 tokens) wants a GPU.
    """

    frames: int = 16
    height: int = 72
    width: int = 40
    channels: int = 16  # numbers in a token
    encoder_widths: tuple[int, ...] = (64, 128, 192)  # from 4 x the token grid's size down to it
    encoder_blocks: tuple[int, ...] = (2, 2, 1)
    decoder_widths: tuple[int, ...] = (192, 128, 64, 24)  # each twice the size of the one before, the last full size
    decoder_blocks: tuple[int, ...] = (2, 2, 3, 1)

    @property
    def patch(self) -> int:
        """Pixels across one token."""
        return 2 ** (len(self.decoder_widths) - 1)

    @property
    def grid(self) -> tuple[int, int, int]:
        """Tokens along time, height and width."""
        return self.frames // GROUP, self.height // self.patch, self.width // self.patch

    @property
    def token_shape(self) -> tuple[int, int, int, int]:
        """Shape of all tokens of a clip."""
        return (*self.grid, self.channels)


LARGE = AutoencoderConfig(
    height=144, width=80, channels=64, encoder_widths=(96, 160, 224), encoder_blocks=(2, 2, 1),
    decoder_widths=(256, 160, 128, 64, 24), decoder_blocks=(2, 3, 5, 2, 1),
)  # fmt: skip


def shift_time(x: keras.KerasTensor, frames: int) -> keras.KerasTensor:
    """(B*T, H, W, C) -> the same, a quarter of the channels from the frame before, a quarter from the one after."""
    _, h, w, c = x.shape
    x = ops.reshape(x, (-1, frames, h, w, c))
    before, after, now = x[..., : c // 4], x[..., c // 4 : c // 2], x[..., c // 2 :]
    before = ops.concatenate([before[:, :1], before[:, :-1]], axis=1)  # the first frame has itself before it
    after = ops.concatenate([after[:, 1:], after[:, -1:]], axis=1)
    return ops.reshape(ops.concatenate([before, after, now], axis=-1), (-1, h, w, c))


class BuiltByUse:
    """A layer or model whose parts make their weights when the first input passes through them.

    Left to itself, Keras passes something through a part of ours once more only to have its weights made: twice for a
    model, four times for its parts, eight times for theirs.
    """

    def build(self, input_shape):
        """Nothing: what has weights is in the parts."""


class Block(BuiltByUse, layers.Layer):
    """A residual block: normalise, (look at the neighbouring frames,) 3x3 convolution, SiLU, mix channels, add.

    Normalising first and starting the last layer at zero makes a deep stack train: each block begins as identity.
    """

    def __init__(self, width: int, frames: int = 1):
        super().__init__()
        self.frames = frames
        self.space = layers.Conv2D(width, 3, padding="same", activation="silu", use_bias=False)
        self.mix = layers.Dense(width, kernel_initializer="zeros")

    def call(self, x):
        y = normal(x)
        if self.frames > 1:
            y = shift_time(y, self.frames)
        return x + self.mix(self.space(y))


class Encoder(BuiltByUse, keras.Model):
    """(B, T, H, W, 3) in [-1, 1] -> tokens (B, T/4, H/patch, W/patch, C), each with mean square 1; any whole T/4."""

    def __init__(self, config: AutoencoderConfig):
        super().__init__()
        self.config = config
        self.stages = []
        for width, count in zip(config.encoder_widths, config.encoder_blocks, strict=True):
            self.stages.append([layers.Dense(width), *(Block(width) for _ in range(count))])
        self.out = layers.Dense(config.channels, dtype="float32")

    def call(self, clips):
        _, t, h, w, _ = clips.shape
        p = self.config.patch // 2 ** (len(self.stages) - 1)  # pixels across a square of the first scale
        x = ops.reshape(clips, (-1, GROUP, h // p, p, w // p, p, 3))
        x = ops.transpose(x, (0, 2, 4, 1, 3, 5, 6))
        x = ops.reshape(x, (-1, h // p, w // p, GROUP * p * p * 3))  # one picture for each group of frames
        for number, stage in enumerate(self.stages):
            if number:
                x = fold(x)  # half the size, four times the channels
            for layer in stage:
                x = layer(x)
        tokens = self.out(normal(x))
        # TensorFlow traces once for all lengths as soon as it has met two of them: then only the batch can be asked.
        groups = (-1, t // GROUP) if t else (ops.shape(clips)[0], -1)
        return normal(ops.reshape(tokens, (*groups, *self.config.grid[1:], self.config.channels)))


class Decoder(BuiltByUse, keras.Model):
    """Tokens (B, *token_shape) -> clips (B, T, H, W, 3) near [-1, 1], float32."""

    def __init__(self, config: AutoencoderConfig):
        super().__init__()
        self.config = config
        widths = config.decoder_widths
        frames = [min(config.frames // GROUP * 2**i, config.frames) for i in range(len(widths))]
        self.enter = layers.Dense(widths[0])
        self.stages = [
            [Block(width, count) for _ in range(blocks)]
            for width, count, blocks in zip(widths, frames, config.decoder_blocks, strict=True)
        ]
        # The first two growths double the frames too.
        self.grow = [layers.Dense(width * (8 if i < 2 else 4)) for i, width in enumerate(widths[1:])]
        # The last convolution works at full size, across the borders of the patches: without it their grid is seen.
        self.out = layers.Conv2D(3, 3, padding="same", dtype="float32")

    def call(self, tokens):
        t, h, w = self.config.grid
        x = self.enter(ops.reshape(tokens, (-1, h, w, self.config.channels)))
        for number, stage in enumerate(self.stages):
            for block in stage:
                x = block(x)
            if number < len(self.grow):
                x = unfold(self.grow[number](x), t * 2**number if number < 2 else 0)
        return ops.reshape(self.out(x), (-1, self.config.frames, self.config.height, self.config.width, 3))


class Autoencoder(BuiltByUse, keras.Model):
    """Encoder and decoder together. Input {"clips": uint8 (B, T, H, W, 3), "noise": as tokens}; in training four zooms.

    `token_rows` (B, 9, 9), `token_columns` (B, 5, 5), `rows` (B, 72, 72), `columns` (B, 40, 40): see zoom_matrix.
    Chance is drawn by NumPy with the data, so that a seed means the same on every backend.
    """

    def __init__(self, config: AutoencoderConfig | None = None):
        super().__init__()
        self.config = config or AutoencoderConfig()
        self.encoder = Encoder(self.config)
        self.decoder = Decoder(self.config)
        self.psnr = keras.metrics.Mean(name="psnr")

    def call(self, inputs):
        tokens = self.encoder(to_signed(inputs["clips"]))
        if "rows" in inputs:
            tokens = zoomed(tokens, inputs["token_rows"], inputs["token_columns"])
        return self.decoder(normal(tokens + ops.cast(inputs["noise"], "float32")))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Squares for the whole, and a little for each edge, in space (else soft) and in time (else it flickers).

        Squares alone learn fastest: absolute values first settle on grey (15.9 against 18.3 dB after 500 clips).
        """
        truth, made = to_signed(x["clips"], "float32"), ops.cast(y_pred, "float32")
        if "rows" in x:
            truth = zoomed(truth, x["rows"], x["columns"])
        error = made - truth
        in_time, down = error[:, 1:] - error[:, :-1], error[:, :, 1:] - error[:, :, :-1]
        across = error[:, :, :, 1:] - error[:, :, :, :-1]
        mse = ops.mean(ops.square(error), axis=(1, 2, 3, 4))
        self.psnr.update_state(ops.mean(10 * ops.log(4 / (mse + 1e-8)) / ops.log(10.0)))
        return ops.mean(mse) + EDGES * (charbonnier(in_time) + charbonnier(down) + charbonnier(across))

    @property
    def metrics(self):
        return [self._loss_tracker, self.psnr]


def to_signed(clips: keras.KerasTensor, dtype: str | None = None) -> keras.KerasTensor:
    """uint8 0..255 -> [-1, 1]."""
    return ops.cast(clips, dtype or keras.config.floatx()) / 127.5 - 1


def zoomed(x: keras.KerasTensor, rows: keras.KerasTensor, columns: keras.KerasTensor) -> keras.KerasTensor:
    """(B, T, H, W, C) seen through a zoom of rows (B, H, H) and one of columns (B, W, W)."""
    b, t, h, w, c = ops.shape(x)
    rows, columns = (ops.cast(m, x.dtype)[:, None] for m in (rows, columns))
    x = ops.reshape(ops.matmul(rows, ops.reshape(x, (b, t, h, w * c))), (b, t, h, w, c))
    x = ops.matmul(columns, ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4)), (b, t, w, h * c)))
    return ops.transpose(ops.reshape(x, (b, t, w, h, c)), (0, 1, 3, 2, 4))


def zoom_matrix(size: int, scale: float, middle: float) -> np.ndarray:
    """(size, size): a line of `size` places seen from `scale` times as far, `middle` (0..1) staying where it is.

    Each row sums to 1: a triangle, wide enough that nothing is skipped when the picture shrinks; beyond the border the
    last place goes on. Pixels and tokens of one picture take the same scale and middle.
    """
    places = np.arange(size) + 0.5
    seen = np.clip((places - middle * size) * scale + middle * size, 0.5, size - 0.5)
    weights = np.maximum(0, 1 - np.abs(seen[:, None] - places) / max(scale, 1))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def normal(x: keras.KerasTensor) -> keras.KerasTensor:
    """Scale the last axis to mean square 1 (Zhang and Sennrich 2019, "RMSNorm", without weights: the next layer has).

    In the type of x throughout: Keras' own layer mixes types, which PyTorch on a CPU does ten times slower.
    """
    return x * ops.rsqrt(ops.mean(ops.square(x), axis=-1, keepdims=True) + 1e-6)


def fold(x: keras.KerasTensor) -> keras.KerasTensor:
    """(B, H, W, C) -> (B, H/2, W/2, 4C): space to depth."""
    _, h, w, c = x.shape
    x = ops.transpose(ops.reshape(x, (-1, h // 2, 2, w // 2, 2, c)), (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, h // 2, w // 2, 4 * c))


def unfold(x: keras.KerasTensor, frames: int = 0) -> keras.KerasTensor:
    """(B*T, H, W, 4C) -> (B*T, 2H, 2W, C), depth to space; with `frames` = T also time: 8C -> (B*2T, 2H, 2W, C)."""
    _, h, w, c = x.shape
    if not frames:
        x = ops.transpose(ops.reshape(x, (-1, h, w, 2, 2, c // 4)), (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, 2 * h, 2 * w, c // 4))
    x = ops.transpose(ops.reshape(x, (-1, frames, h, w, 2, 2, 2, c // 8)), (0, 1, 4, 2, 5, 3, 6, 7))
    return ops.reshape(x, (-1, 2 * h, 2 * w, c // 8))


def charbonnier(error: keras.KerasTensor) -> keras.KerasTensor:
    """Mean of a smooth absolute value: like |error| when large, like its square near zero: flat areas settle."""
    return ops.mean(ops.sqrt(ops.square(error) + 1e-4)) - 1e-2
