"""The generator: a transformer that turns noise into the tokens of a clip, trained by flow matching.

Flow matching (Lipman et al. 2023; Liu et al. 2023, "rectified flow") in four lines. Take the tokens of a real clip and
pure noise; walk a straight line from one to the other and stop at a time t in 0..1:
    here = (1 - t) * noise + t * tokens          velocity = tokens - noise
The network sees `here`, t and the wishes (theme, style, colours ...) and learns the velocity by plain mean squares. To
generate, start at noise and walk along the velocities it tells, in a few steps.
The network is a DiT (Peebles and Xie 2023) with one shared adaLN (Chen et al. 2023, "PixArt-alpha"): the wishes scale,
shift and gate every block, and the gates start at zero. It sees a clip as columns: what stands at one place of the
picture through all of its time is one piece. A clip has 45 of them and not 180: a step of training costs a quarter.
A subject is more than a word: the network has a small picture of each, which lies in the middle of what it sees, and
whose pieces every place can look at: how a picture is put into a scene is learnt once and not for each subject anew.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
from keras import layers, ops

from aigc_lab.train.autoencoder import BuiltByUse, normal

PIECES = (3, 3)  # what new generators know a subject by
PIECE = 8 * 8 * 4  # numbers in a piece: red, green, blue and how much it covers of each of 8x8 pixels


@dataclass(frozen=True)
class GeneratorConfig:
    """Sizes. `labels` counts the words of each label; word 0 of each stands for "anything".

    The default is for training on a CPU; `LARGE` wants a GPU.
    """

    grid: tuple[int, int, int] = (4, 9, 5)
    channels: int = 16
    width: int = 256
    depth: int = 6
    heads: int = 4
    pieces: tuple[int, int] = (0, 0)  # rows and columns of a subject's picture; without it is a word like the others
    labels: tuple[tuple[str, int], ...] = (
        ("theme", 11), ("subject", 104), ("style", 7), ("motion", 9), ("layout", 9), ("time", 5), ("shown", 3),
    )  # fmt: skip
    colors: int = 36  # numbers that describe the colours: 12 colours of a Look

    @property
    def columns(self) -> int:
        """How many pieces the transformer sees: one for each place, with all its tokens through time."""
        return self.grid[1] * self.grid[2]

    @property
    def deep(self) -> int:
        """Numbers in a column."""
        return self.grid[0] * self.channels

    @property
    def pictured(self) -> bool:
        """Whether there are pictures of the subjects."""
        return self.pieces != (0, 0)

    @property
    def steered(self) -> int:
        """How many vectors steer a block: shift, scale and gate of each of its parts."""
        return 3 * (4 if self.pictured else 3)


LARGE = GeneratorConfig(channels=64, pieces=PIECES)


class Block(layers.Layer):
    """A look at the neighbours (3x3 convolution), attention to all and to the subject, an MLP; each steered.

    Each part is normalised, scaled and shifted before, gated after. The convolution knows what is near, which attention
    would have to learn first. A subject is too much for one vector that all places share: each place takes what it
    needs of the pieces of its picture (cross-attention, Rombach et al. 2022).
    """

    def __init__(self, config: GeneratorConfig):
        super().__init__()
        self.heads, self.width, self.grid = config.heads, config.width, config.grid[1:]
        self.steered = config.steered
        self.near = layers.Conv2D(config.width, 3, padding="same", activation="silu", use_bias=False)
        self.mix = layers.Dense(config.width)
        self.qkv = layers.Dense(3 * config.width, use_bias=False)
        self.out = layers.Dense(config.width)
        if config.pictured:
            self.ask = layers.Dense(config.width, use_bias=False)
            self.tell = layers.Dense(2 * config.width, use_bias=False)
            self.take = layers.Dense(config.width)
        self.up = layers.Dense(2 * config.width, activation="gelu")
        self.down = layers.Dense(config.width)

    def build(self, shape):
        self.offset = self.add_weight(shape=(self.steered, self.width), initializer="zeros", name="offset")
        self.built = True

    def call(self, x, wishes, pieces=None):
        steer = ops.unstack(wishes + ops.cast(self.offset, wishes.dtype), axis=1)
        recall = [] if pieces is None else [partial(self.recall, pieces=pieces)]
        works = self.look, self.attend, *recall, self.think
        for shift, scale, gate, work in zip(steer[::3], steer[1::3], steer[2::3], works, strict=True):
            x = x + _each(gate) * work(normal(x) * (1 + _each(scale)) + _each(shift))
        return x

    def look(self, x):
        """Every column sees the eight around it."""
        _, n, d = x.shape
        return self.mix(ops.reshape(self.near(ops.reshape(x, (-1, *self.grid, d))), (-1, n, d)))

    def think(self, x):
        """Each column by itself."""
        return self.down(self.up(x))

    def attend(self, x):
        """Every column gathers from every other (Vaswani et al. 2017)."""
        query, key, value = ops.split(self.qkv(x), 3, axis=-1)
        return self.out(self.gather(query, key, value))

    def recall(self, x, pieces):
        """Every column gathers from the pieces of the subject, (B, pieces, D)."""
        key, value = ops.split(self.tell(pieces), 2, axis=-1)
        return self.take(self.gather(self.ask(x), key, value))

    def gather(self, query, key, value):
        """Attention in several heads; normal queries and keys keep the logits small (Henry et al. 2020)."""
        query, key, value = (self.parted(v) for v in (query, key, value))
        logits = ops.matmul(normal(query), ops.transpose(normal(key), (0, 1, 3, 2))) * query.shape[-1] ** -0.5
        mixed = ops.transpose(ops.matmul(ops.softmax(logits, axis=-1), value), (0, 2, 1, 3))
        return ops.reshape(mixed, (-1, query.shape[2], self.width))

    def parted(self, x):
        """(B, N, D) -> (B, heads, N, D / heads)."""
        return ops.transpose(ops.reshape(x, (-1, x.shape[1], self.heads, self.width // self.heads)), (0, 2, 1, 3))


class Generator(BuiltByUse, keras.Model):
    """Velocity of the tokens. Inputs, a dict of arrays of one batch:

    here (B, 4, 9, 5, 64): tokens on their way; time (B,): 0 is noise, 1 is a clip;
    given (B, 4, 9, 5, 64) and mask (B, 4, 2): token groups that are known, and which: mask[..., 0] marks a group that
    must come out as given, mask[..., 1] one that shows its first frame standing still (a picture that shall move);
    word_theme, word_subject, word_style ... (B,) int: words, 0 for anything;
    colors (B, 36) in [-1, 1], colors_known (B,) 0 or 1, speed (B,).
    """

    def __init__(self, config: GeneratorConfig | None = None):
        super().__init__(autocast=False)  # the time must not be rounded to 8 bits
        self.config = c = config or GeneratorConfig()
        self.enter = layers.Dense(c.width)
        self.words = [layers.Embedding(count, c.width) for _, count in c.labels]
        if c.pictured:
            self.see = layers.Dense(c.width)
            self.pictures = self.add_weight(  # drawn once, kept with the weights; nothing for word 0, "anything"
                shape=(dict(c.labels)["subject"], *c.pieces, PIECE),
                initializer="zeros",
                trainable=False,
                name="pictures",
            )
            self.piece_places = self.add_weight(
                shape=(*c.pieces, c.width),
                initializer=keras.initializers.RandomNormal(stddev=0.02),
                name="piece_places",
            )
        self.time = keras.Sequential([layers.Dense(c.width, activation="silu"), layers.Dense(c.width)])
        self.numbers = keras.Sequential([layers.Dense(c.width, activation="silu"), layers.Dense(c.width)])
        self.modulate = layers.Dense(c.steered * c.width, kernel_initializer="zeros")
        self.blocks = [Block(c) for _ in range(c.depth)]
        self.modulate_out = layers.Dense(2 * c.width, kernel_initializer="zeros")
        self.out = layers.Dense(c.deep, kernel_initializer="zeros", dtype="float32")
        self.places = self.add_weight(
            shape=(c.columns, c.width), initializer=keras.initializers.RandomNormal(stddev=0.02), name="places"
        )
        # What makes the autoencoder's tokens have mean 0 and deviation 1: measured once, kept with the weights.
        self.token_mean = self.add_weight(shape=(c.channels,), initializer="zeros", trainable=False, name="token_mean")
        self.token_deviation = self.add_weight(
            shape=(c.channels,), initializer="ones", trainable=False, name="token_deviation"
        )

    def call(self, inputs):
        c = self.config
        wishes = self.wishes(inputs)  # (B, D)
        mask = ops.cast(inputs["mask"], self.compute_dtype)  # (B, T, 2)
        known = ops.max(mask, axis=-1)[:, :, None, None, None]
        here, given = (ops.cast(inputs[name], self.compute_dtype) for name in ("here", "given"))
        flags = ops.broadcast_to(
            ops.reshape(mask, (-1, 1, 2 * c.grid[0])), (ops.shape(mask)[0], c.columns, 2 * c.grid[0])
        )
        x = self.enter(ops.concatenate([_columns(here), _columns(given * known), flags], axis=-1))
        x = x + ops.cast(self.places, self.compute_dtype)  # (B, N, D)
        each = ops.reshape(self.modulate(wishes), (-1, c.steered, c.width))
        pieces = None
        if c.pictured:
            pieces = self.look_at(inputs["word_subject"])
            x = x + self.in_the_middle(pieces)
            pieces = ops.reshape(pieces, (-1, c.pieces[0] * c.pieces[1], c.width))
        for block in self.blocks:
            x = block(x, each, pieces)
        shift, scale = ops.split(self.modulate_out(wishes), 2, axis=-1)
        velocity = self.out(normal(x) * (1 + _each(scale)) + _each(shift))
        t, h, w = c.grid
        return ops.transpose(ops.reshape(velocity, (-1, h, w, t, c.channels)), (0, 3, 1, 2, 4))

    def look_at(self, subject):
        """The pieces of a subject's picture, each as a vector: (B, rows, columns, D)."""
        pictures = ops.cast(ops.take(self.pictures, subject, axis=0), self.compute_dtype)
        return self.see(pictures) + ops.cast(self.piece_places, self.compute_dtype)

    def in_the_middle(self, pieces):
        """Pieces where most subjects stand, and nothing around: (B, N, D)."""
        _, *grid = self.config.grid
        around = [((g - p) // 2, g - p - (g - p) // 2) for g, p in zip(grid, self.config.pieces, strict=True)]
        return ops.reshape(ops.pad(pieces, [(0, 0), *around, (0, 0)]), (-1, self.config.columns, self.config.width))

    def wishes(self, inputs):
        """All conditions as one vector of the transformer's width."""
        known = ops.cast(inputs["colors_known"], self.compute_dtype)[:, None]
        colors, speed = (ops.cast(inputs[name], self.compute_dtype) for name in ("colors", "speed"))
        numbers = ops.concatenate([colors * known, speed[:, None], known], axis=-1)
        total = self.time(_waves(inputs["time"], self.compute_dtype)) + self.numbers(numbers)
        for (name, _), table in zip(self.config.labels, self.words, strict=True):
            total = total + table(inputs[f"word_{name}"])
        return ops.silu(total)


def _columns(tokens):
    """(B, T, H, W, C) -> (B, H*W, T*C)."""
    _, t, h, w, c = tokens.shape
    return ops.reshape(ops.transpose(tokens, (0, 2, 3, 1, 4)), (-1, h * w, t * c))


def _each(vector):
    return vector[:, None, :]  # the same for each token


def _waves(time, dtype, count: int = 128):
    """A number in 0..1 as sines and cosines of many frequencies (Vaswani et al. 2017), so that small steps are seen."""
    speeds = np.exp(np.linspace(0, np.log(1000), count)).astype("float32")
    angles = ops.cast(time, "float32")[:, None] * speeds[None]
    return ops.cast(ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1), dtype)


def flow_batch(
    tokens: np.ndarray, labels: dict[str, np.ndarray], rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A training batch: inputs of the Generator and the velocity that it should tell.

    tokens (B, 5, 9, 5, C): the four groups of clips, normalised, and as the fifth the first frame standing still.
    labels: arrays of words by name, colors, speed (aigc_lab.train.input.label_numbers).
    """
    count, still = len(tokens), tokens[:, 4]
    tokens = tokens[:, :4].astype(np.float32)
    noise = rng.standard_normal(tokens.shape, np.float32)
    time = 1 / (1 + np.exp(-rng.standard_normal(count, np.float32)))  # the middle of the way is the hardest part
    t = time[:, None, None, None, None]
    given, mask = known_groups(tokens, still, rng)
    wishes = dropped(labels, rng)
    return {"here": (1 - t) * noise + t * tokens, "time": time, "given": given, "mask": mask, **wishes}, tokens - noise


def known_groups(tokens: np.ndarray, still: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Which groups a training clip is given: none (half), the first, the last, both, or its first frame as a still."""
    case = rng.choice(5, len(tokens), p=[0.5, 0.2, 0.05, 0.05, 0.2])
    mask = np.zeros((len(tokens), tokens.shape[1], 2), np.float32)
    mask[:, 0, 0] = np.isin(case, (1, 3))
    mask[:, -1, 0] = np.isin(case, (2, 3))
    mask[:, 0, 1] = case == 4
    given = tokens * mask[:, :, None, None, :1]
    given[case == 4, 0] = still[case == 4]
    return given, mask


def dropped(labels: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Labels with some left out, so that wishes may be left out later and guidance has something to compare with.

    All words go together one time in eight (the colours stay: guidance is to sharpen what is shown, not its colours).
    """
    words = {name: values for name, values in labels.items() if name not in ("colors", "speed")}
    count = len(labels["speed"])
    none = rng.random(count) < 0.125
    often = {"layout": 0.3, "time": 0.3, "subject": 0.15}
    out = {f"word_{n}": np.where(none | (rng.random(count) < often.get(n, 0.04)), 0, v) for n, v in words.items()}
    known = (rng.random(count) > 0.05).astype(np.float32)
    return out | {"colors": labels["colors"], "speed": labels["speed"], "colors_known": known}


def guided(
    predict: Callable[[dict[str, np.ndarray]], np.ndarray], wishes: dict[str, np.ndarray], guidance: float
) -> Callable[[np.ndarray, float], np.ndarray]:
    """A velocity that follows the wishes more than the data does (Ho and Salimans 2022, "classifier-free guidance").

    predict: the model on a batch of inputs; wishes: inputs of one batch without `here` and `time`. At 1 the wishes are
    simply followed, at 0 they are ignored.
    """
    none = {n: np.zeros_like(v) if n.startswith("word_") else v for n, v in wishes.items()}
    both = {name: np.concatenate([wishes[name], none[name]]) for name in wishes}

    def velocity(here: np.ndarray, time: float) -> np.ndarray:
        count = len(here)
        if guidance == 1:
            return predict(wishes | {"here": here, "time": np.full(count, time, np.float32)})
        inputs = both | {"here": np.concatenate([here, here]), "time": np.full(2 * count, time, np.float32)}
        with_wishes, without = np.split(predict(inputs), 2)
        return without + guidance * (with_wishes - without)

    return velocity


def sample(
    velocity: Callable[[np.ndarray, float], np.ndarray],
    noise: np.ndarray,
    steps: int = 8,
    method: str = "heun",
    shift: float = 1.0,
) -> Iterator[tuple[float, np.ndarray]]:
    """Walk from noise (time 0) to a clip (time 1) along `velocity(here, time)`; gives (time, tokens) after each step.

    Euler goes straight on; Heun looks ahead and takes the mean of both slopes, except in the last step (Karras et al.
    2022, algorithm 1): twice the work, far smaller error. shift above 1 spends more of the steps near the noise.
    """
    times = np.linspace(0, 1, steps + 1)
    times = times / (times + shift * (1 - times))
    here = noise
    for now, then in itertools.pairwise(times.tolist()):
        slope = velocity(here, now)
        ahead = here + (then - now) * slope
        if method == "heun" and then < 1:
            ahead = here + (then - now) * 0.5 * (slope + velocity(ahead, then))
        here = ahead.astype(np.float32)
        yield then, here
