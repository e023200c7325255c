"""The recognizer: a CNN looks at each frame, an LSTM watches them go by, three heads tell theme, subject and style.

It is the network of the article that this course teaches, repaired: there the CNN was given a whole video at once, and
the LSTM a picture without a time axis, so it could not run. Here the same CNN is applied to every frame
(TimeDistributed in Keras' words; a reshape does it), which leaves one vector a frame for the LSTM. Beside what the LSTM
remembers, the heads get the mean of those vectors: most of theme, subject and style is in every single frame, and by
this short way the CNN learns it many times faster (a skip connection, He et al. 2016).
It is trained on seeds of its own, and so can judge what the generator makes.
"""

from dataclasses import dataclass

import keras
from keras import layers, ops

from aigc_lab.train.autoencoder import BuiltByUse, to_signed

HEADS = ("theme", "subject", "style")


@dataclass(frozen=True)
class RecognizerConfig:
    """Sizes. It sees every `stride`-th frame; words are numbered from 0 here."""

    frames: int = 16
    height: int = 72
    width: int = 40
    stride: int = 4
    widths: tuple[int, ...] = (32, 64, 128, 192)  # channels, each at half the size of the one before
    memory: int = 192
    words: tuple[int, ...] = (10, 103, 6)  # themes, subjects, styles


class Recognizer(BuiltByUse, keras.Model):
    """Clips uint8 (B, T, H, W, 3) -> {"theme": (B, 10), "subject": (B, 103), "style": (B, 6)}, logits."""

    def __init__(self, config: RecognizerConfig | None = None):
        super().__init__()
        self.config = c = config or RecognizerConfig()
        self.stages = []
        for width in c.widths:
            self.stages.append(
                [
                    layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False),
                    layers.BatchNormalization(),
                    layers.Conv2D(width, 3, padding="same", use_bias=False),
                    layers.BatchNormalization(),
                ]
            )
        self.pool = layers.GlobalMaxPooling2D()  # is it anywhere in the picture?
        self.watch = layers.LSTM(c.memory)
        self.drop = layers.Dropout(0.2, seed=0)
        self.heads = [layers.Dense(count, dtype="float32") for count in c.words]
        self.rates = [keras.metrics.Mean(name=name) for name in HEADS]

    def call(self, inputs, training=False):
        features = self.features(inputs["clips"], training)
        features = self.drop(features, training=training)
        return {name: head(features) for name, head in zip(HEADS, self.heads, strict=True)}

    def features(self, clips, training=False):
        """What the heads see, (B, D): the frames' mean and what the LSTM remembers. Sets are compared in it."""
        x = to_signed(clips[:, :: self.config.stride])
        _, t, h, w, c = x.shape
        x = ops.reshape(x, (-1, h, w, c))
        for shrink, norm, look, norm_again in self.stages:
            x = ops.relu(norm(shrink(x), training=training))
            x = ops.relu(x + norm_again(look(x), training=training))
        frames = ops.reshape(self.pool(x), (-1, t, self.config.widths[-1]))
        return ops.concatenate([ops.mean(frames, axis=1), self.watch(frames)], axis=-1)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Cross-entropy of the three words. y (B, 4) int: theme, subject, style, and whether the subject is shown."""
        y = ops.cast(y, "int32")
        shown = ops.cast(y[:, 3], "float32")
        total = 0.0
        for i, (name, rate) in enumerate(zip(HEADS, self.rates, strict=True)):
            counts = shown if name == "subject" else ops.ones_like(shown)
            loss = ops.sparse_categorical_crossentropy(y[:, i], y_pred[name], from_logits=True)
            total += ops.sum(loss * counts) / ops.maximum(ops.sum(counts), 1)
            right = ops.cast(ops.equal(ops.cast(ops.argmax(y_pred[name], axis=-1), "int32"), y[:, i]), "float32")
            rate.update_state(right, sample_weight=counts)
        return total

    @property
    def metrics(self):
        return [self._loss_tracker, *self.rates]
