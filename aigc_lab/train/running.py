"""One function for each model that we train: its data, its batches, its fit, its weights.

The models in the order they need each other; each command can be stopped and goes on where it was:

    aigc-lab train corpus                       draw what they learn from and are measured on
    aigc-lab train autoencoder --budget 40m     clips to tokens and back
    aigc-lab train tokens                       every clip as tokens
    aigc-lab train generator --budget 35m       noise to tokens, as the labels say
    aigc-lab train upscaler --budget 10m        small and slow to large and smooth
    aigc-lab train recognizer --budget 8m       the judge
    aigc-lab train predictor --budget 16m       what comes next: two rivals in equal time
    aigc-lab train captions --budget 8m         sentences in English and Chinese to labels; needs no drawn corpus
    aigc-lab train judge                        all numbers, on clips that none of them saw
    aigc-lab train card                         the model card in both languages

`aigc-lab evaluate MODEL --json OUT/weights/measured/MODEL.json` measures at length, `python lab.py bench train` how
long steps take (out/bench.json may be copied there, too): the card has a table for whatever lies in that folder.
`aigc-lab train card --out data` writes the shipped cards again, from data/weights alone.

KERAS_BACKEND=torch with --half is the fastest way on two CPU cores (bfloat16 halves the time of a step where the CPU
knows it), KERAS_BACKEND=jax on a GPU. Finished weights lie in OUT/weights: copied to data/weights, the lab uses them.
`--start data/weights` goes on from the shipped weights. The shipped generator itself began with an earlier one that
knew no pictures of its subjects (f8911d84a034 in the project's history, as the model card says), and went on by
    aigc-lab train generator --start EARLIER --steps 11000 --batch 64 --rate 1e-3 --half
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from aigc_lab import LabError
from aigc_lab.generate.clips import build_autoencoder, build_generator
from aigc_lab.media import atomic
from aigc_lab.settings import threads
from aigc_lab.train import generator
from aigc_lab.train.autoencoder import GROUP, NOISE, Autoencoder, AutoencoderConfig, zoom_matrix
from aigc_lab.train.card import write_cards
from aigc_lab.train.enlarging import ENLARGED, train_upscaler
from aigc_lab.train.evaluating import reconstruction
from aigc_lab.train.fitting import Batch, Progress, fit
from aigc_lab.train.generator import PIECES, Generator, GeneratorConfig, flow_batch
from aigc_lab.train.input import (
    SHARD,
    Drawn,
    all_subject_cells,
    number,
    render,
    subject_pictures,
)
from aigc_lab.train.jobs import Job, keep_model, own_autoencoder, parts_of
from aigc_lab.train.judging import judge_run
from aigc_lab.train.predicting import train_predictor
from aigc_lab.train.reading import train_captions
from aigc_lab.train.recognising import train_recognizer
from aigc_lab.train.troubles import check_folder, plainly, stored
from aigc_lab.train.warm_start import begin

ON_SUBJECT = 4  # how much more the velocity counts where the subject is: it fills a fifth of a clip at most
FEWEST_JUDGED = 8  # clips: fewer say nothing about the distance of two sets


def draw_corpus(job: Job) -> None:
    """Draw what all models learn from and are measured on."""
    shares = {"pictures": job.clips, "judge": 5 * job.clips // 3, "upscaler": min(max(job.clips // 6, 1), ENLARGED)}
    counts = shares | {"valid": 4 * SHARD, "test": 8 * SHARD}
    counts |= {"real": 16 * SHARD, "real_upscaler": 8 * SHARD, "real_test": 2 * SHARD}
    for part, count in counts.items():
        render(job.corpus, part, count, job.size, threads())
        job.say(f"{part}: {count} clips of {job.size[0]}x{job.size[1]}")


def train_autoencoder(job: Job) -> Progress:
    """Learn to make clips small and back. Raises LabError when the corpus is not drawn, or on NaN."""
    *real, drawn = parts_of(job, "real", "pictures")
    valid = Drawn(job.corpus, "valid", job.size)
    model, size = Autoencoder(job.pictures), job.batch or (64 if job.large else 8)
    build_autoencoder(model)
    begin(model, "autoencoder", job.start, new_tokens=bool(job.channels))
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
    model, digest = own_autoencoder(job)
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
    """Learn to turn noise into tokens, as the labels say. Raises LabError when weights are missing, or on NaN."""
    _, digest = own_autoencoder(job)
    drawn = Drawn(job.corpus, "pictures", job.size)
    tokens = _tokens(job, job.out / f"tokens-{digest[:8]}.npy", len(drawn))
    labels = drawn.labels(len(tokens))
    sample = tokens[: 64 * SHARD, :4].astype(np.float32)
    mean, deviation = sample.mean((0, 1, 2, 3)), sample.std((0, 1, 2, 3)) + 1e-3
    model = Generator(generator.LARGE if job.large else GeneratorConfig(channels=job.pictures.channels, pieces=PIECES))
    build_generator(model)
    begin(model, "generator", job.start)
    model.token_mean.assign(mean)
    model.token_deviation.assign(deviation)
    model.pictures.assign(subject_pictures(model.config.pieces))
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


def _tokens(job: Job, path: Path, drawn: int) -> np.ndarray:
    """The tokens of the corpus, encoded now if they are not yet. Raises LabError when what is kept is damaged."""
    if not path.exists():
        encode_corpus(job)
    again = "remove it, and the clips are encoded again"
    tokens = np.array(stored(path, (None, 5, *job.pictures.token_shape[1:]), np.float16, again))
    if not len(tokens) or not np.isfinite(tokens).all():
        raise LabError(f"{path} cannot be used (not all of it are numbers): {again}.")
    if len(tokens) < drawn:
        job.say(f"{path} holds {len(tokens)} of {drawn} clips: `aigc-lab train tokens` encodes the others, too.")
    return tokens


def judge_all(job: Job) -> dict[str, object]:
    """Measure the finished models of a run on `clips` (at most 512) clips that none of them saw. Raises LabError."""
    if job.clips < FEWEST_JUDGED:
        raise LabError(f"{job.clips} clips judge nothing: ask for {FEWEST_JUDGED} --clips or more, 512 are good.")
    numbers = judge_run(job.corpus, job.weights, job.clips)
    job.say(json.dumps(numbers, indent=1))
    return numbers


def cards(job: Job) -> None:
    """Write the model cards of a judged run beside its weights. Raises LabError."""
    for path in write_cards(job.out):
        job.say(str(path))


TRAINABLE: dict[str, Callable[[Job], object]] = {
    "corpus": draw_corpus, "autoencoder": train_autoencoder, "tokens": encode_corpus, "generator": train_generator,
    "upscaler": train_upscaler, "recognizer": train_recognizer, "predictor": train_predictor,
    "captions": train_captions, "judge": judge_all, "card": cards,
}  # fmt: skip
FITTED = ("autoencoder", "generator", "upscaler", "recognizer", "predictor", "captions")  # those that need a budget
WITH_TOKENS = ("autoencoder", "tokens", "generator", "upscaler")  # those that --channels means something to


def train(model: str, job: Job) -> object:
    """Train one model (or draw the corpus, or encode it).

    Raises LabError for an unknown one, and for whatever a person can put right: no budget, a folder that takes no
    files, a full disk, no memory, clips or weights that are missing or damaged.
    """
    if model not in TRAINABLE:
        raise LabError(f"There is no model {model!r} to train: choose {', '.join(TRAINABLE)}.")
    if job.corpus.is_file():
        raise LabError(f"{job.corpus} is a file: name a folder for the corpus with --corpus.")
    if job.start and model not in FITTED:
        raise LabError(f"--start gives weights to begin a training with, but {model} trains nothing: leave it out.")
    if job.channels and model not in WITH_TOKENS:
        raise LabError(f"--channels says how many numbers a token has, but {model} has no tokens: leave it out.")
    if job.digits and model != "predictor":
        raise LabError(f"--digits gives the predictor films of digits, and {model} learns from none: leave it out.")
    if model in FITTED:
        job.check()
    elif model in ("corpus", "tokens"):
        check_folder(*((job.corpus, "--corpus") if model == "corpus" else (job.out, "--out")))
    with plainly("take a smaller --batch" if model in FITTED else "take fewer --clips"):
        return TRAINABLE[model](job)
