"""Fine-tune the generator on about twenty clips of one's own: `aigc-lab train generator --finetune --corpus MINE`.

Half of each batch are own clips, with the handle of the adapter. The other half are drawn ones without it, for which it
is to say what it said before it learnt anything, so that it forgets nothing (Li and Hoiem 2016, "learning without
forgetting"). Afterwards it is measured, on own clips that were kept apart and on drawn ones, before and after.
"""

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np

from aigc_lab import LabError
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.manifest import Row
from aigc_lab.generate import GUIDANCE, STEPS
from aigc_lab.generate.clips import Models, decode, generate_tokens, load_models
from aigc_lab.rights import Asset
from aigc_lab.train.adapters import write_adapter
from aigc_lab.train.adapting import adapted, adapter_arrays
from aigc_lab.train.autoencoder import GROUP
from aigc_lab.train.evaluating import features, judge, load_recognizer, mean_number
from aigc_lab.train.feeding import Feed
from aigc_lab.train.fitting import Batch, Plan, Progress, fit
from aigc_lab.train.generated import clips_for, truth_of
from aigc_lab.train.generator import flow_batch
from aigc_lab.train.input import FPS, PARTS, corpus_spec, draw, label_numbers, words
from aigc_lab.train.jobs import Job, machine
from aigc_lab.train.troubles import plainly
from aigc_lab.train.weights import digests, kept
from aigc_lab.workshop import digest

FEWEST = 4  # clips to learn from; fewer teach nothing
VARIANTS = 6  # of each own clip: nearer, aside, lighter, darker, mirrored (aigc_lab.train.augmenting)
REPLAYED = 512  # drawn clips that are shown again
REMEMBERED = 4  # places on the way of each, whose velocity is written down before
OVERLAP = 8  # frames that two own clips of one shot share
BATCH, CHUNK = 16, 64  # clips in a step; clips that the generator is asked about together
RATE = 1e-3
JUDGED = 300  # drawn wishes that are judged before and after
MADE = 48  # clips that are generated to see how near they come
TIMES = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the way from noise to clip, where the loss on clips kept apart is measured
NAME = "adapter.safetensors"
Labels = dict[str, np.ndarray]


@dataclass(frozen=True)
class Set:
    """Clips as a generator learns them: tokens (N, 5, 9, 5, C), normalised, the fifth group the first frame standing
    still; their labels, as in `aigc_lab.train.input.label_numbers`, and 1 in `known` where colours are known."""

    tokens: np.ndarray
    labels: Labels

    def __len__(self) -> int:
        return len(self.tokens)

    def part(self, which: np.ndarray | slice) -> "Set":
        """Those of these numbers."""
        return Set(self.tokens[which], {name: values[which] for name, values in self.labels.items()})


def encode(models: Models, clips: np.ndarray) -> np.ndarray:
    """Clips uint8 (N, 16, H, W, 3) as normalised tokens (N, 5, 9, 5, C): four groups, and the first frame still."""
    still, tokens = np.repeat(clips[:, :1], GROUP, axis=1), []
    for first in range(0, len(clips), 32):
        part = np.concatenate([clips[first : first + 32], still[first : first + 32]], axis=1)
        tokens.append(models.autoencoder.encoder.predict_on_batch(part.astype(np.float32) / 127.5 - 1))
    return (np.concatenate(tokens) - models.mean) / models.deviation


def own_set(models: Models, clips: np.ndarray, told: dict[str, np.ndarray] | None = None) -> Set:
    """Own clips uint8 (N, 16, H, W, 3) as a Set. told: what is known of them, as `Feed` numbers it."""
    zeros, ones = np.zeros(len(clips), np.int32), np.ones(len(clips), np.float32)
    labels = {name: (told or {}).get(name, zeros) for name in words()} | {"own": ones, "known": 0 * ones}
    labels |= {"colors": np.zeros((len(clips), models.generator.config.colors), np.float32), "speed": ones}
    return Set(encode(models, clips), labels)


def drawn_set(models: Models, count: int = REPLAYED, first: int = PARTS["pictures"][0]) -> Set:
    """Drawn clips of the seeds from `first` on, as a Set."""
    c, seeds = models.autoencoder.config, range(first, first + count)
    clips = np.stack([draw(seed, (c.width, c.height)) for seed in seeds])
    labels = label_numbers([corpus_spec(seed) for seed in seeds])
    return Set(
        encode(models, clips), labels | {"own": np.zeros(count, np.float32), "known": np.ones(count, np.float32)}
    )


def remembered(models: Models, drawn: Set, seed: int = 0, rounds: int = REMEMBERED) -> Batch:
    """What the generator says about drawn clips, before it learns: inputs (N * rounds) without handle, velocities."""
    inputs, velocities = [], []
    for number in range(rounds):
        labels = {name: values for name, values in drawn.labels.items() if name != "known"}
        asked, _ = flow_batch(drawn.tokens, labels, np.random.default_rng([seed, 506, number]))
        plain = {name: values for name, values in asked.items() if name != "word_own"}
        told = [
            models.generator.predict_on_batch({name: values[i : i + CHUNK] for name, values in plain.items()})
            for i in range(0, len(drawn), CHUNK)
        ]
        inputs.append(asked)
        velocities.append(np.concatenate(told))
    return {name: np.concatenate([part[name] for part in inputs]) for name in inputs[0]}, np.concatenate(velocities)


def mixed_batch(own: Set, drawn: Set, memory: Batch, size: int, seed: int, step: int) -> Batch:
    """A batch of a step: half own clips with the handle, half of what is `remembered` of the drawn ones.

    The handle must decide, and not the words: half of the own clips come with the wishes of any drawn clip, a quarter
    with none at all, a quarter with what is known of them. Else the model takes clips without words for own ones.
    """
    rng = np.random.default_rng([seed, 503, step])
    mine, kept = size // 2, rng.integers(len(memory[1]), size=size - size // 2)
    part = own.part(rng.integers(len(own), size=mine))
    lent, case = drawn.part(rng.integers(len(drawn), size=mine)).labels, rng.choice(3, mine, p=[0.5, 0.25, 0.25])
    labels = {}
    for name, values in part.labels.items():
        where = (case == 0).reshape(-1, *[1] * (values.ndim - 1))
        labels[name] = values if name == "own" else np.where(where, lent[name], values)
        if name in words():
            labels[name] = np.where(case == 1, 0, labels[name])
    known = labels.pop("known")
    inputs, velocity = flow_batch(part.tokens, labels, rng)
    inputs["colors_known"] = inputs["colors_known"] * known
    inputs = {name: np.concatenate([values, memory[0][name][kept]]) for name, values in inputs.items()}
    return inputs, np.concatenate([velocity, memory[1][kept]])


def tune(
    models: Models, own: Set, drawn: Set, plan: Plan, batch: int = BATCH, seed: int = 0, held: Set | None = None
) -> tuple[Models, Progress]:
    """Learn an adapter for own clips; returns the models with it and how far it came (`done` is False on Ctrl-C).

    held: clips kept apart; the error on them is measured now and then, as `held_out`. Raises LabError for fewer than
    FEWEST clips, for batches of less than 2, and as `fit` does.
    """
    if len(own) < FEWEST:
        raise LabError(f"{len(own)} clips are too few to learn from: collect {FEWEST} at least, 20 are good.")
    if batch < 2:
        raise LabError(f"A batch of {batch} has no room for own clips beside drawn ones: take --batch 2 or more.")
    after = replace(models, generator=adapted(models.generator), own=1.0)
    if held:
        plan = replace(plan, measure=lambda: {"held_out": float(velocity_error(after, held).mean())})
    memory = remembered(models, drawn, seed)
    return after, fit(after.generator, partial(mixed_batch, own, drawn, memory, batch, seed), plan)


def velocity_error(models: Models, clips: Set, rounds: int = 2) -> np.ndarray:
    """How wrong the velocity of each clip is, (N,), a mean over TIMES and a few noises, always the same ones."""
    errors = []
    for number in range(rounds):
        rng = np.random.default_rng([number, 504])
        for time in TIMES:
            tokens = clips.tokens[:, :4].astype(np.float32)
            noise = rng.standard_normal(tokens.shape, np.float32)
            inputs = _wishes(models, clips) | {"time": np.full(len(clips), time, np.float32)}
            told = models.generator.predict_on_batch(inputs | {"here": (1 - time) * noise + time * tokens})
            errors.append(np.square(told - (tokens - noise)).mean((1, 2, 3, 4)))
    return np.mean(errors, axis=0)


def _wishes(models: Models, clips: Set) -> dict[str, np.ndarray]:
    c, count = models.generator.config, len(clips)
    wishes = {f"word_{name}": clips.labels[name] for name in words()}
    wishes |= {"colors": clips.labels["colors"], "colors_known": clips.labels["known"], "speed": clips.labels["speed"]}
    wishes |= {"given": np.zeros((count, *c.grid, c.channels), np.float32), "mask": np.zeros((count, c.grid[0], 2))}
    wishes["mask"] = wishes["mask"].astype(np.float32)
    return wishes | ({"word_own": models.own * clips.labels["own"]} if models.own else {})


def like_own(models: Models, held: Set, count: int = MADE, seed: int = 0) -> np.ndarray:
    """Tokens (count, 4, 9, 5, C) generated for the wishes of clips kept apart, with the handle if there is one."""
    which = np.arange(count) % len(held)
    return generate_tokens(models, _wishes(models, held.part(which)), [seed], GUIDANCE, STEPS)


def nearest(own: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Distance of each own clip's features (N, D) to the nearest generated one's (M, D), (N,)."""
    return np.sqrt(np.square(own[:, None] - made[None]).mean(-1)).min(axis=1)


def compared(before: Models, after: Models, held: Set, count: int = MADE) -> dict[str, object]:
    """Own clips kept apart, before and after: the velocity's error, and the distance to the nearest generated clip.

    Distances in the recognizer's features and in tokens; `gain`: before minus after, a mean over these clips with its
    95 % interval. Above zero, the generator has come nearer to clips that it never saw.
    """
    eye, made = load_recognizer(), {"before": like_own(before, held, count), "after": like_own(after, held, count)}
    looks = {name: features(eye, decode(before, tokens)) for name, tokens in made.items()}
    true = features(eye, decode(before, held.tokens[:, :4]))
    flat = held.tokens[:, :4].reshape(len(held), -1)
    numbers: dict[str, object] = {"held_out": len(held), "generated": count}
    values = {
        "error": (velocity_error(before, held), velocity_error(after, held)),
        "look": tuple(nearest(true, looks[name]) for name in ("before", "after")),
        "tokens": tuple(nearest(flat, made[name].reshape(count, -1)) for name in ("before", "after")),
    }
    for name, (one, two) in values.items():
        gain = mean_number(one - two)
        row = {"before": one.mean(), "after": two.mean(), "gain": gain.value, "low": gain.low, "high": gain.high}
        numbers[name] = {k: round(float(v), 4) if np.isfinite(v) else None for k, v in row.items()}
    return numbers


def base_themes(models: Models, count: int) -> dict[str, float]:
    """How often the recognizer sees the wished theme, style and subject in `count` clips without the handle."""
    specs = [corpus_spec(PARTS["test"][0] + number) for number in range(count)]
    shares = judge(load_recognizer(), clips_for(models, specs, PARTS["test"][0]), truth_of(specs))
    return {name: round(share.rate, 4) for name, share in shares.items()}


def read_own(corpus: Corpus, models: Models, job: Job) -> tuple[Set, Set, list[Row]]:
    """Own clips to learn from, those kept apart, and the rows that the first are of.

    Kept apart are the corpus's parts `valid` and `test`; where they are empty, the last fifth of the clips (of the same
    films then). Only what may be used to train is read. Raises LabError when there is too little.
    """
    c = models.autoencoder.config
    how = {"size": (c.width, c.height), "frames": c.frames, "fps": FPS, "stride": OVERLAP, "shuffle": False,
           "seed": job.seed, "batch": 16}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what is left out is told below
        feed = Feed(corpus, "train", **how)
    for file, why in feed.left_out.items():
        job.say(f"{feed.files[file][0].name} ({feed.files[file][0].path}) is left out. {why}")
    if len(feed) < FEWEST:
        raise LabError(
            f"{corpus.folder} gives {len(feed)} clip{'s' * (len(feed) != 1)} of {c.frames / FPS:.1f} s to learn from: "
            f"collect {FEWEST} at least, 20 are good."
        )
    learn, kept = _read(feed, VARIANTS), _kept_apart(corpus, how)
    if kept:
        apart = {name: np.concatenate([part[name] for part in kept]) for name in kept[0]}
    else:
        last = max(1, len(feed) // 5)
        apart = {name: v[-last:] for name, v in _read(Feed(corpus, "train", augment=False, **how), 1).items()}
        early = np.arange(len(learn["clips"])) % len(feed) < len(feed) - last - 1  # one between overlaps with both
        learn = {name: values[early] for name, values in learn.items()}
    rows = {clip.row.id: clip.row for clip in feed.clips}
    count = len(learn["clips"]) // VARIANTS
    job.say(f"{count} own clips of {len(rows)} shots to learn from, {len(apart['clips'])} kept apart")
    return own_set(models, learn["clips"], learn), own_set(models, apart["clips"], apart), list(rows.values())


def _kept_apart(corpus: Corpus, how: dict[str, object]) -> list[dict[str, np.ndarray]]:
    """The clips of the parts `valid` and `test`, as far as there are any."""
    parts = []
    for name in ("valid", "test"):
        try:
            parts.append(_read(Feed(corpus, name, augment=False, **how), 1))
        except LabError as error:
            if str(error).startswith("Cannot write"):
                raise
            continue  # no such part, or nothing in it that is as long as a clip
    return parts


def _read(feed: Feed, epochs: int) -> dict[str, np.ndarray]:
    batches = [batch for number in range(epochs) for batch in feed.epoch(number)]
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


def sources(rows: Sequence[Row]) -> tuple[Asset, ...]:
    """Whose works these shots are, each once."""
    return tuple(dict.fromkeys(row.rights for row in rows))


@plainly("take a smaller --batch")
def finetune(job: Job) -> Path | None:
    """Learn an adapter from the corpus in job.corpus, measure it on job.clips drawn clips, and write OUT/NAME.

    None when it was stopped: the same command goes on. Raises LabError for a corpus without enough clips that may be
    used to train, without a budget, or on NaN.
    """
    job.check()
    if not job.corpus.exists():
        raise LabError(f"There is no corpus in {job.corpus}: name the folder of your own with --corpus.")
    folder = job.weights if (job.weights / "generator.safetensors").exists() else None
    models, corpus = load_models(folder), Corpus(job.corpus)
    kept("recognizer")  # it is needed in the end: if it is missing, that is said now
    own, held, rows = read_own(corpus, models, job)
    (base,), whose = digests("generator", folder=folder), sources(rows)
    mark = digest([base, sorted(row.id for row in rows), job.seed, job.batch])[:8]
    plan = job.plan(f"finetune-{mark}", RATE)
    after, done = tune(models, own, drawn_set(models, REPLAYED), plan, job.batch or BATCH, job.seed, held)
    if not done.done:
        return None
    job.say("Measuring ...")
    numbers = compared(models, after, held, MADE) | {"own_clips": len(own) // VARIANTS}
    numbers["base"] = {
        "clips": job.clips,
        "before": base_themes(models, job.clips),
        "after": base_themes(after, job.clips),
    }
    licences = sorted({a.licence for a in whose})
    metadata = {
        "generator": base, "licence": " AND ".join(licences), "steps": str(done.step), "seconds": f"{done.spent:.0f}",
        "seed": str(job.seed), "backend": keras.backend.backend(), "machine": machine(), "numbers": json.dumps(numbers),
    }  # fmt: skip
    path = write_adapter(adapter_arrays(after.generator), whose, metadata, job.out / NAME)
    job.say(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {metadata['numbers']}")
    return path
