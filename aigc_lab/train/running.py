"""One function for each model that we train: its data, its batches, its fit, its weights.

The models in the order they need each other; each command can be stopped and goes on where it was:

    aigc-lab train corpus                       draw what they learn from and are measured on
    aigc-lab train autoencoder --budget 40m     clips to tokens and back
    aigc-lab train tokens                       every clip as tokens
    aigc-lab train generator --budget 35m       noise to tokens, as the labels say
    aigc-lab train upscaler --budget 10m        small and slow to large and smooth
    aigc-lab train recognizer --budget 8m       the judge
    aigc-lab train predictor --budget 16m       what comes next: two rivals in equal time
    aigc-lab train judge                        all numbers, on clips that none of them saw
    aigc-lab train card                         the model card in both languages

KERAS_BACKEND=torch with --half is the fastest way on two CPU cores (bfloat16 halves the time of a step where the CPU
knows it), KERAS_BACKEND=jax on a GPU. Finished weights lie in OUT/weights: copied to data/weights, the lab uses them.
"""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np

from aigc_lab import LabError
from aigc_lab.generate.clips import build_autoencoder, build_generator, load_autoencoder, to_bytes
from aigc_lab.media import atomic
from aigc_lab.settings import threads
from aigc_lab.train import autoencoder, generator
from aigc_lab.train.autoencoder import GROUP, Autoencoder, AutoencoderConfig, zoom_matrix
from aigc_lab.train.card import write_cards
from aigc_lab.train.evaluating import reconstruction
from aigc_lab.train.fitting import Batch, Plan, Progress, fit
from aigc_lab.train.generator import PIECES, Generator, GeneratorConfig, flow_batch
from aigc_lab.train.input import (
    GAPS,
    PHASES,
    SHARD,
    Drawn,
    all_subject_cells,
    drawing_hash,
    number,
    render,
    shards,
    words,
)
from aigc_lab.train.judging import judge_run
from aigc_lab.train.recognizer import HEADS, Recognizer, RecognizerConfig
from aigc_lab.train.upscaler import Upscaler, UpscalerConfig, windows
from aigc_lab.train.weights import keep
from aigc_lab.vocabulary import vocabulary

ON_SUBJECT = 4  # how much more the velocity counts where the subject is: it fills a fifth of a clip at most
NOISE = 0.2  # highest deviation of the noise on tokens that the decoder learns to forgive


@dataclass(frozen=True)
class Job:
    """A training run. `large`: the sizes for a GPU. batch 0: the model's usual one."""

    corpus: Path
    out: Path
    seconds: float = 0.0
    steps: int = 0
    large: bool = False
    clips: int = 24_000  # drawn for the pictures' models; 40,000 for the judge, at most 1,536 for the upscaler
    batch: int = 0
    rate: float = 0.0
    seed: int = 0
    round: int = 50
    say: Callable[[str], None] = print

    @property
    def pictures(self) -> AutoencoderConfig:
        """Sizes of the autoencoder."""
        return autoencoder.LARGE if self.large else AutoencoderConfig()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the clips."""
        return self.pictures.width, self.pictures.height

    @property
    def weights(self) -> Path:
        """Where finished weights go."""
        return self.out / "weights"

    def plan(self, name: str, rate: float, measure: Callable[[], dict[str, float]] | None = None) -> Plan:
        """The plan of one model's fit."""
        return Plan(
            self.out / name, self.seconds, self.steps, self.rate or rate, self.round, threads=max(2, threads() // 2),
            say=self.say, measure=measure,
        )  # fmt: skip

    def random(self, step: int) -> np.random.Generator:
        """The chance of one step."""
        return np.random.default_rng([self.seed, 501, step])


def draw_corpus(job: Job) -> None:
    """Draw what all models learn from and are measured on."""
    shares = {"pictures": job.clips, "judge": 5 * job.clips // 3, "upscaler": min(job.clips // 10, 1536)}
    counts = shares | {"valid": 4 * SHARD, "test": 8 * SHARD}
    counts |= {"real": 16 * SHARD, "real_upscaler": 3 * SHARD, "real_test": 2 * SHARD}
    for part, count in counts.items():
        render(job.corpus, part, count, job.size, threads())
        job.say(f"{part}: {count} clips of {job.size[0]}x{job.size[1]}")


def train_autoencoder(job: Job) -> Progress:
    """Learn to make clips small and back. Raises LabError when the corpus is not drawn, or on NaN."""
    *real, drawn = _parts(job, "real", "pictures")
    valid = Drawn(job.corpus, "valid", job.size)
    model, size = Autoencoder(job.pictures), job.batch or (64 if job.large else 8)
    build_autoencoder(model)
    unseen = valid.clips(np.arange(64))
    plan = job.plan("autoencoder", 1e-3, lambda: reconstruction(model, unseen))
    done = fit(model, partial(_clip_batch, drawn, real, job, size), plan)
    if done.done:
        keep_model(model, "autoencoder", job, done, reconstruction(model, unseen))
    return done


def _clip_batch(drawn: Drawn, real: list[Drawn], job: Job, size: int, step: int) -> Batch:
    rng = job.random(step)
    if step % 50 == 0:
        drawn.refresh()  # drawing may go on meanwhile; a run is only repeated exactly when all is drawn before
    clips = drawn.clips(rng.integers(len(drawn), size=size))
    for part in real:
        clips[: size // 8] = part.clips(rng.integers(len(part), size=size // 8))
    strength = rng.uniform(0, NOISE, (size, 1, 1, 1, 1)).astype(np.float32)
    noise = strength * rng.standard_normal((size, *job.pictures.token_shape), np.float32)
    inputs = {"clips": clips, "noise": noise.astype(np.float16)} | _zooms(job.pictures, size, rng)
    return inputs, np.zeros(size, np.float32)


def _zooms(config: AutoencoderConfig, count: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Zooms of a batch for tokens and pixels: none for half of the clips, up to twice as near or far for the rest."""
    scales = np.where(rng.random(count) < 0.5, 1, 2 ** rng.uniform(-1, 1, count))
    middles = rng.random((count, 2))
    sizes = {"token_rows": (config.grid[1], 0), "token_columns": (config.grid[2], 1)}
    sizes |= {"rows": (config.height, 0), "columns": (config.width, 1)}
    return {
        name: np.stack([zoom_matrix(size, s, m[axis]) for s, m in zip(scales, middles, strict=True)])
        for name, (size, axis) in sizes.items()
    }


def encode_corpus(job: Job) -> Path:
    """Tokens of every drawn clip, and of its first frame standing still: RUN/tokens.npy, float16 (N, 5, 9, 5, C)."""
    model, digest = load_autoencoder(job.weights)
    drawn = Drawn(job.corpus, "pictures", job.size)
    path = job.out / f"tokens-{digest[:8]}.npy"
    tokens = np.zeros((len(drawn), 5, *job.pictures.token_shape[1:]), np.float16)
    for first in range(0, len(drawn), SHARD):
        clips = drawn.shards[first // SHARD]
        clips = np.concatenate(
            [clips, np.repeat(clips[:, :1], GROUP, axis=1)], axis=1
        )  # and its first frame as a group
        tokens[first : first + SHARD] = model.encoder.predict_on_batch(clips.astype(np.float32) / 127.5 - 1)
    with atomic(path) as part:
        np.save(part, tokens)
    job.say(f"{len(tokens)} clips as tokens: {path}")
    return path


def train_generator(job: Job) -> Progress:
    """Learn to turn noise into tokens, as the labels say. Raises LabError when tokens are missing, or on NaN."""
    _, digest = load_autoencoder(job.weights)
    path = job.out / f"tokens-{digest[:8]}.npy"
    if not path.exists():
        encode_corpus(job)
    tokens = np.load(path, allow_pickle=False)
    labels = Drawn(job.corpus, "pictures", job.size).labels(len(tokens))
    sample = tokens[: 64 * SHARD, :4].astype(np.float32)
    mean, deviation = sample.mean((0, 1, 2, 3)), sample.std((0, 1, 2, 3)) + 1e-3
    model = Generator(generator.LARGE if job.large else GeneratorConfig(channels=job.pictures.channels, pieces=PIECES))
    build_generator(model)
    model.token_mean.assign(mean)
    model.token_deviation.assign(deviation)
    size = job.batch or (256 if job.large else 32)
    cells = all_subject_cells(job.corpus, "pictures", len(tokens), job.size, model.config.grid, threads())
    shown = np.flatnonzero(labels["shown"] == number("shown", "yes"))

    def batch(step: int) -> Batch:
        rng = job.random(step)  # two thirds with the subject shown, which is the hardest to learn
        which = np.concatenate([rng.choice(shown, size // 3), rng.integers(len(tokens), size=size - size // 3)])
        normal = (tokens[which].astype(np.float32) - mean) / deviation
        weight = 1 + (ON_SUBJECT - 1) * cells[which].astype(np.float32)
        return *flow_batch(normal, {name: values[which] for name, values in labels.items()}, rng), weight

    done = fit(model, batch, job.plan("generator", 1e-3))
    if done.done:
        keep_model(model, "generator", job, done, {}, {"autoencoder": digest})
    return done


def train_upscaler(job: Job) -> Progress:
    """Learn to sharpen what the autoencoder gives back. Raises LabError when the corpus is not drawn, or on NaN."""
    frames, large = _upscaler_pairs(job)
    model, size = Upscaler(UpscalerConfig()), job.batch or 8
    model({"frames": frames[:1]})
    last = len(frames) - 96  # these are kept apart

    def batch(step: int) -> Batch:
        which = job.random(step).integers(last, size=size)
        return {"frames": frames[which]}, large[which]

    def measure() -> dict[str, float]:
        keys = model.evaluate({"frames": frames[last:]}, large[last:], batch_size=16, verbose=0, return_dict=True)
        return {f"unseen_{name}": float(value) for name, value in keys.items()}

    done = fit(model, batch, job.plan("upscaler", 1e-3, measure))
    if done.done:
        keep_model(model, "upscaler", job, done, measure())
    return done


def _upscaler_pairs(job: Job) -> tuple[np.ndarray, np.ndarray]:
    """Decoded frames around each gap uint8 (N, H, W, 12), and the true large frames in it uint8 (N, 4, 4H, 4W, 3)."""
    model, _ = load_autoencoder(job.weights)
    frames, large = [], []
    for drawn in _parts(job, "real_upscaler", "upscaler"):
        for first in range(0, len(drawn), SHARD):
            rng, which = np.random.default_rng([job.seed, 502, drawn.first + first]), np.arange(first, first + SHARD)
            noise = rng.uniform(0, NOISE / 2) * rng.standard_normal((SHARD, *job.pictures.token_shape), np.float32)
            made = to_bytes(model.predict({"clips": drawn.clips(which), "noise": noise}, batch_size=8, verbose=0))
            around = keras.ops.convert_to_numpy(windows(made))[:, GAPS]
            frames.append(around.reshape(-1, *around.shape[2:]))
            large.append(drawn.large(which).reshape(-1, len(PHASES), 4 * job.size[1], 4 * job.size[0], 3))
    return np.concatenate(frames), np.concatenate(large)


def _parts(job: Job, *names: str) -> list[Drawn]:
    """Those parts of the corpus that are there; the last one must be. Raises LabError."""
    there = [Drawn(job.corpus, name, job.size) for name in names[:-1] if shards(job.corpus, name, job.size).exists()]
    return [*there, Drawn(job.corpus, names[-1], job.size)]


def train_recognizer(job: Job) -> Progress:
    """Learn to tell theme, subject and style, on seeds of its own. Raises LabError when nothing is drawn, or on NaN."""
    drawn, valid = Drawn(job.corpus, "judge", job.size), Drawn(job.corpus, "valid", job.size)
    config = RecognizerConfig(height=job.size[1], width=job.size[0], words=tuple(len(words()[name]) for name in HEADS))
    model, size = Recognizer(config), job.batch or (64 if job.large else 16)
    truth, truth_valid = answers(drawn), answers(valid)
    shown = np.flatnonzero(truth[:, 3])
    model({"clips": valid.clips(np.arange(1))})

    def batch(step: int) -> Batch:
        rng = job.random(step)  # half of them with the subject shown: 103 subjects are learnt slower than ten themes
        which = np.concatenate([rng.choice(shown, size // 2), rng.integers(len(drawn), size=size - size // 2)])
        return {"clips": drawn.clips(which)}, truth[which]

    def measure() -> dict[str, float]:
        told = model.predict({"clips": valid.clips(np.arange(len(valid)))}, batch_size=32, verbose=0)
        right = {name: told[name].argmax(1) == truth_valid[:, i] for i, name in enumerate(HEADS)}
        right["subject"] = right["subject"][truth_valid[:, 3] == 1]
        return {f"unseen_{name}": float(np.mean(r)) for name, r in right.items()}

    done = fit(model, batch, job.plan("recognizer", 1e-3, measure))
    if done.done:
        keep_model(model, "recognizer", job, done, measure(), {"clips": str(len(drawn))})
    return done


def answers(drawn: Drawn) -> np.ndarray:
    """What the recognizer should say, (N, 4): theme, subject, style from 0, and whether the subject is shown."""
    labels = drawn.labels()
    return np.stack([*(labels[name] - 1 for name in HEADS), labels["shown"] - 1], axis=1)


def judge_all(job: Job) -> dict[str, object]:
    """Measure the finished models of a run on `clips` (at most 512) clips that none of them saw. Raises LabError."""
    numbers = judge_run(job.corpus, job.weights, job.out, job.clips)
    job.say(json.dumps(numbers, indent=1))
    return numbers


def cards(job: Job) -> None:
    """Write the model cards of a judged run beside its weights, with the sheets. Raises LabError."""
    for path in write_cards(job.out):
        job.say(str(path))


def keep_model(
    model: keras.Model, name: str, job: Job, done: Progress, numbers: dict[str, float],
    more: dict[str, str] | None = None,
) -> None:  # fmt: skip
    """Write finished weights, with all that must be known about them."""
    metadata = {
        "model": name, "config": json.dumps(dataclasses.asdict(model.config)), "licence": "CC BY 4.0",
        "corpus": str(vocabulary().corpus_version), "drawing_sha256": drawing_hash(), "seed": str(job.seed),
        "clips": str(job.clips), "steps": str(done.step), "seconds": f"{done.spent:.0f}",
        "backend": keras.backend.backend(), "machine": machine(), "types": keras.config.dtype_policy().name,
        "numbers": json.dumps({k: round(v, 4) for k, v in numbers.items()}),
        **(more or {}),
    }  # fmt: skip
    job.say(f"{keep(model, name, job.weights, metadata)}: {metadata['numbers']}")


def machine() -> str:
    """What a model was trained on, without names: "2 CPU threads", or the graphics cards."""
    try:
        devices = [str(d) for d in keras.distribution.list_devices("gpu")]
    except AttributeError:  # PyTorch keeps no such list
        devices = []
    return ", ".join(devices) if devices else f"{threads()} CPU threads"


def train_predictor(job: Job) -> Progress:
    """Learn to go on with a film, by two rivals in half of the budget each. Raises LabError, see predicting."""
    from aigc_lab.train import predicting  # it takes the job from here

    return predicting.train_predictor(job)


TRAINABLE: dict[str, Callable[[Job], object]] = {
    "corpus": draw_corpus, "autoencoder": train_autoencoder, "tokens": encode_corpus, "generator": train_generator,
    "upscaler": train_upscaler, "recognizer": train_recognizer, "predictor": train_predictor,
    "judge": judge_all, "card": cards,
}  # fmt: skip


def train(model: str, job: Job) -> object:
    """Train one model (or draw the corpus, or encode it). Raises LabError for an unknown one."""
    if model not in TRAINABLE:
        raise LabError(f"There is no model {model!r} to train: choose {', '.join(TRAINABLE)}.")
    return TRAINABLE[model](job)


def seconds_of(text: str) -> float:
    """A span of time in words: 90, 90s, 60m or 1.5h. Raises LabError for anything else."""
    units = {"s": 1, "m": 60, "h": 3600}
    try:
        return float(text.rstrip("smh")) * units[text[-1:]] if text[-1:] in units else float(text)
    except ValueError as error:
        raise LabError(f"The budget {text!r} is no time: write 90s, 60m or 1.5h.") from error
