"""The text encoder: a caption in English or Chinese, letter by letter, to what the generator is steered by.

Convolutions look at letters and their neighbours, wider with each layer (the gaps double: van den Oord et al. 2016,
"WaveNet"), until a place knows the word that it stands in. Then each question (which theme? which style?) looks over
all places on its own, takes what it needs (attention with one learnt query: Yang et al. 2016) and answers with a word
of the vocabulary, or with 0, "not said".

Letters, not words: two languages need no word list and no cutting into words, and a misspelt word is still near itself.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import keras
import numpy as np
from keras import layers, ops

from aigc_lab import LabError
from aigc_lab.train.autoencoder import BuiltByUse
from aigc_lab.train.input import words
from aigc_lab.vocabulary import vocabulary

PADDING, UNKNOWN = 0, 1  # numbers of no letter, and of a letter that no training text had
LONGEST = 400  # letters of a caption
STEP = 32  # texts of a batch are filled up to a multiple of this: few lengths, so that little is compiled anew
SPEEDS = {"slow": 0.7, "usual": 1.0, "quick": 1.4}  # what captions call slow is below 0.8, and quick above 1.25


@cache
def answers() -> dict[str, tuple[str, ...]]:
    """What can be answered to each question; an answer's number is its place + 1, since 0 stands for "not said"."""
    asked = {name: listed for name, listed in words().items() if name != "shown"}
    return asked | {"speed": tuple(SPEEDS), "palette": tuple(vocabulary().palettes)}


@dataclass(frozen=True)
class TextEncoderConfig:
    """Sizes. letters: all that have a number of their own; gaps: between the three places that a layer looks at."""

    letters: str
    width: int = 96
    letter_width: int = 64
    gaps: tuple[int, ...] = (1, 1, 2, 4)
    answers: tuple[tuple[str, int], ...] = (
        ("theme", 11), ("subject", 104), ("style", 7), ("motion", 9), ("layout", 9), ("time", 5), ("speed", 4),
        ("palette", 13),
    )  # fmt: skip


class TextEncoder(BuiltByUse, keras.Model):
    """{"letters": int32 (B, L), 0 behind the end of a text} -> a dict of logits, (B, number of answers) each."""

    def __init__(self, config: TextEncoderConfig):
        super().__init__()
        self.config = c = config
        self.letters = layers.Embedding(len(c.letters) + 2, c.letter_width)
        self.enter = layers.Conv1D(c.width, 5, padding="same")
        self.blocks = [layers.Conv1D(c.width, 3, padding="same", dilation_rate=gap) for gap in c.gaps]
        self.norms = [layers.LayerNormalization(dtype="float32") for _ in c.gaps]
        self.ask = layers.Dense(len(c.answers), use_bias=False, dtype="float32")
        self.drop = layers.Dropout(0.1, seed=0)
        self.heads = [layers.Dense(count, dtype="float32") for _, count in c.answers]
        self.rates = [keras.metrics.Mean(name=name) for name, _ in c.answers]

    def call(self, inputs, training=False):
        places, looks = self.look(inputs["letters"])
        found = ops.einsum("blq,bld->bqd", looks, places)  # what each question found, (B, Q, D)
        found = self.drop(found, training=training)
        return {name: head(found[:, i]) for i, (name, head) in enumerate(zip(self.questions, self.heads, strict=True))}

    @property
    def questions(self) -> tuple[str, ...]:
        """The names of the questions: theme, subject ..."""
        return tuple(name for name, _ in self.config.answers)

    def look(self, letters):
        """What each place knows (B, L, D), and how much each question looks at it (B, L, Q): sums over L are 1."""
        there = ops.cast(ops.not_equal(letters, PADDING), "float32")[..., None]  # (B, L, 1)
        x = self.enter(self.letters(letters) * ops.cast(there, self.compute_dtype))
        for block, norm in zip(self.blocks, self.norms, strict=True):
            seen = ops.cast(ops.relu(norm(x)) * there, self.compute_dtype)  # nothing behind the end of a text
            x = x + block(seen)
        x = ops.cast(x, "float32")
        return x, ops.softmax(self.ask(ops.tanh(x)) - 1e9 * (1 - there), axis=1)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Cross-entropy of all answers. y (B, Q) int: the number of each answer, 0 for "not said"."""
        y, total = ops.cast(y, "int32"), 0.0
        for i, (name, rate) in enumerate(zip(self.questions, self.rates, strict=True)):
            total += ops.mean(ops.sparse_categorical_crossentropy(y[:, i], y_pred[name], from_logits=True))
            rate.update_state(ops.equal(ops.cast(ops.argmax(y_pred[name], axis=-1), "int32"), y[:, i]))
        return total

    @property
    def metrics(self):
        return [self._loss_tracker, *self.rates]


def plain(text: str) -> str:
    """A text as the encoder reads it: small letters, one width of them, all signs as commas, single spaces."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = "".join("," if unicodedata.category(c)[0] in "PS" and c not in "-'" else c for c in text)
    return re.sub(r"\s*(,\s*)+", ", ", re.sub(r"\s+", " ", text)).strip(" ,-'")


def numbered(texts: list[str], letters: str) -> np.ndarray:
    """Plain texts as numbers of letters, int32 (B, L), zeros behind; L is a multiple of STEP, LONGEST is cut there."""
    places = {letter: number for number, letter in enumerate(letters, 2)}
    length = -(-max(map(len, texts), default=1) // STEP) * STEP or STEP
    rows = np.full((len(texts), length), PADDING, np.int32)
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = [places.get(letter, UNKNOWN) for letter in text]
    return rows


def checked(caption: str) -> str:
    """A caption as plain text. Raises LabError when it is empty or too long."""
    text = plain(caption)
    if not text:
        raise LabError("The caption is empty: say what is to be seen or where, like 'a cat at night'.")
    if len(text) > LONGEST:
        raise LabError(f"The caption has {len(text)} letters: say it in {LONGEST}.")
    return text


def build_text_encoder(config: TextEncoderConfig) -> TextEncoder:
    """A new text encoder with its weights made."""
    model = TextEncoder(config)
    model({"letters": np.full((1, STEP), UNKNOWN, np.int32)})
    return model
