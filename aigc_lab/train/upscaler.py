"""The upscaler: four times wider and higher, and four times as many frames: 40x72 at 7.5 fps becomes 160x288 at 30.

For each gap between two frames it sees four frames, two before and two after, and makes the four large frames in the
gap. They lie at 1/8, 3/8, 5/8 and 7/8 of it: none falls on an input frame, which would be sharper than its
neighbours, so the sharpness does not pulse. The network only adds what is missing from a plain mix of both frames
scaled by bicubic interpolation (the last layer starts at zero, so it starts as exactly that). All layers work at the
small size; the last step, pixel shuffle (Shi et al. 2016), goes to the large one.
It is trained on clips that went through the autoencoder, since that is what it will really see.
"""

from dataclasses import dataclass

import keras
from keras import layers, ops

from aigc_lab.train.autoencoder import BuiltByUse, charbonnier, to_signed, unfold
from aigc_lab.train.input import PHASES

SEEN = 4  # frames
EDGES = 0.2  # weight of the edges in the loss: most of what the autoencoder loses is coarser than they are


@dataclass(frozen=True)
class UpscalerConfig:
    """Sizes; works at any picture size."""

    factor: int = 4
    width: int = 64
    blocks: int = 8


class Upscaler(BuiltByUse, keras.Model):
    """Four frames in a row {"frames": uint8 (B, H, W, 12)} -> their middle gap (B, 4, 4H, 4W, 3) near [-1, 1]."""

    def __init__(self, config: UpscalerConfig | None = None):
        super().__init__()
        self.config = c = config or UpscalerConfig()
        self.enter = layers.Conv2D(c.width, 3, padding="same")
        self.blocks = [
            (layers.Conv2D(c.width, 3, padding="same", activation="relu", use_bias=False),
             layers.Conv2D(c.width, 3, padding="same", kernel_initializer="zeros"))
            for _ in range(c.blocks)
        ]  # fmt: skip
        self.out = layers.Conv2D(
            len(PHASES) * 3 * c.factor**2, 3, padding="same", kernel_initializer="zeros", dtype="float32"
        )
        self.psnr = keras.metrics.Mean(name="psnr")
        self.psnr_plain = keras.metrics.Mean(name="psnr_plain")

    def call(self, inputs):
        x = self.enter(to_signed(inputs["frames"]))
        for first, second in self.blocks:
            x = x + second(first(x))
        x = self.out(x)
        _, h, w, c = x.shape
        x = ops.reshape(x, (-1, h, w, len(PHASES), c // len(PHASES)))
        x = ops.reshape(ops.transpose(x, (0, 3, 1, 2, 4)), (-1, h, w, c // len(PHASES)))
        detail = unfold(unfold(x))
        return self.plain(inputs) + ops.reshape(detail, (-1, len(PHASES), *detail.shape[1:]))

    def plain(self, inputs):
        """The mix of the two middle frames at each place in the gap, scaled by bicubic interpolation."""
        frames = to_signed(inputs["frames"], "float32")
        now, then = frames[..., 3:6], frames[..., 6:9]
        _, h, w, _ = now.shape
        both = ops.reshape(ops.stack([now, then], axis=1), (-1, h, w, 3))
        size = [h * self.config.factor, w * self.config.factor]
        both = ops.image.resize(both, size, interpolation="bicubic")
        now, then = ops.unstack(ops.reshape(both, (-1, 2, *size, 3)), axis=1)
        return ops.stack([(1 - phase) * now + phase * then for phase in PHASES], axis=1)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """How far each pixel is off, and each edge, in space (else soft) and in time (else it flickers).

        y: uint8 (B, 4, 4H, 4W, 3), the true large frames.
        """
        truth = to_signed(y, "float32")
        error = y_pred - truth
        down, across = error[:, :, 1:] - error[:, :, :-1], error[:, :, :, 1:] - error[:, :, :, :-1]
        edges = charbonnier(down) + charbonnier(across) + charbonnier(error[:, 1:] - error[:, :-1])
        self.psnr.update_state(_psnr(error))
        self.psnr_plain.update_state(_psnr(self.plain(x) - truth))
        return charbonnier(error) + EDGES * edges

    @property
    def metrics(self):
        return [self._loss_tracker, self.psnr, self.psnr_plain]


def windows(clips: keras.KerasTensor) -> keras.KerasTensor:
    """Arrays (B, T, H, W, 3) -> (B, T-1, H, W, 12): for each gap the four frames around it; the ends are repeated."""
    clips = ops.concatenate([clips[:, :1], clips, clips[:, -1:]], axis=1)
    gaps = clips.shape[1] - SEEN + 1
    return ops.concatenate([clips[:, i : i + gaps] for i in range(SEEN)], axis=-1)


def _psnr(error):
    mse = ops.mean(ops.square(error), axis=(1, 2, 3, 4))
    return ops.mean(10 * ops.log(4 / (mse + 1e-8)) / ops.log(10.0))
