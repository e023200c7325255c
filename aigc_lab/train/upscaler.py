"""The upscaler: four times wider and higher, frame by frame, with a look at the frames before and after.

It adds detail to what plain bicubic scaling gives (the last layer starts at zero, so it starts as exactly that). All
layers work at the small size; only the last step, pixel shuffle (Shi et al. 2016), goes to the large one.
It is trained on clips that went through the autoencoder, since that is what it will really see.
"""

from dataclasses import dataclass

import keras
from keras import layers, ops

from aigc_lab.train.autoencoder import charbonnier, to_signed, unfold


@dataclass(frozen=True)
class UpscalerConfig:
    """Sizes; works at any picture size."""

    factor: int = 4
    width: int = 32
    blocks: int = 4


class Upscaler(keras.Model):
    """Frames {"frames": uint8 (B, H, W, 9)}: before, now, after -> now (B, 4H, 4W, 3) near [-1, 1], float32."""

    def __init__(self, config: UpscalerConfig | None = None):
        super().__init__()
        self.config = c = config or UpscalerConfig()
        self.enter = layers.Conv2D(c.width, 3, padding="same")
        self.blocks = [
            (layers.Conv2D(c.width, 3, padding="same", activation="relu"),
             layers.Conv2D(c.width, 3, padding="same", kernel_initializer="zeros"))
            for _ in range(c.blocks)
        ]  # fmt: skip
        self.out = layers.Conv2D(3 * c.factor**2, 3, padding="same", kernel_initializer="zeros", dtype="float32")
        self.psnr = keras.metrics.Mean(name="psnr")
        self.psnr_plain = keras.metrics.Mean(name="psnr_plain")

    def call(self, inputs):
        frames = to_signed(inputs["frames"])
        x = self.enter(frames)
        for first, second in self.blocks:
            x = x + second(first(x))
        detail = unfold(unfold(self.out(x)))
        return self.plain(inputs) + detail

    def plain(self, inputs):
        """The frame scaled by bicubic interpolation."""
        now = to_signed(inputs["frames"][..., 3:6], "float32")
        return ops.image.resize(now, [s * self.config.factor for s in now.shape[1:3]], interpolation="bicubic")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """How far each pixel is off, and how far each edge is off. y: uint8 (B, 4H, 4W, 3), the true large frame."""
        truth = to_signed(y, "float32")
        error = y_pred - truth
        edges = charbonnier(error[:, 1:] - error[:, :-1]) + charbonnier(error[:, :, 1:] - error[:, :, :-1])
        self.psnr.update_state(_psnr(error))
        self.psnr_plain.update_state(_psnr(self.plain(x) - truth))
        return charbonnier(error) + edges

    @property
    def metrics(self):
        return [self._loss_tracker, self.psnr, self.psnr_plain]


def with_neighbours(clips: keras.KerasTensor) -> keras.KerasTensor:
    """Arrays (B, T, H, W, 3) -> (B*T, H, W, 9): each frame between the ones before and after it; ends are repeated."""
    before = ops.concatenate([clips[:, :1], clips[:, :-1]], axis=1)
    after = ops.concatenate([clips[:, 1:], clips[:, -1:]], axis=1)
    _, _, h, w, c = clips.shape
    return ops.reshape(ops.concatenate([before, clips, after], axis=-1), (-1, h, w, 3 * c))


def _psnr(error):
    mse = ops.mean(ops.square(error), axis=(1, 2, 3))
    return ops.mean(10 * ops.log(4 / (mse + 1e-8)) / ops.log(10.0))
