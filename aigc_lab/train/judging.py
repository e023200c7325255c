"""Judge a generator on clips that no model saw: all its numbers, and those of a whole run with sheets of pictures."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import cv2
import numpy as np

from aigc_lab.generate.clips import (
    GUIDANCE,
    STEPS,
    Models,
    generate_clip,
    load_models,
    load_upscaler,
)
from aigc_lab.media import write_image
from aigc_lab.train.evaluating import (
    Number,
    Share,
    as_numbers,
    features,
    judge,
    kernel_distance,
    kid_number,
    load_recognizer,
    mean_number,
    reconstruct,
    reconstruction,
    row_of,
)
from aigc_lab.train.generated import clips_for, directions, diversity, palette_error, truth_of
from aigc_lab.train.input import FPS, Drawn, corpus_spec, shards, words
from aigc_lab.train.recognizer import Recognizer
from aigc_lab.train.reconstructed import Tell, judge_upscaler, silent
from aigc_lab.train.weights import record

UPSCALED = 32  # clips that the upscaler is judged on for the card
TABLE_STEPS, TABLE_GUIDANCE = (2, 4, 8, 16, 32), (1.0, 2.0, 4.0, 6.0)
TIMES = 9  # clips when time is taken: the second and the last but one of them bound the median with 96 %
SETS = ("drawn", "reconstructed", "generated")


@dataclass(frozen=True)
class Judged:
    """Clips of the first `count` seeds of the part "test": as drawn, through the autoencoder, and generated."""

    models: Models
    judge: Recognizer
    seeds: range
    drawn: np.ndarray
    reconstructed: np.ndarray
    generated: np.ndarray

    @cached_property
    def specs(self) -> list:
        """The scenes behind the clips, and whether the subject of each is shown."""
        return [corpus_spec(seed) for seed in self.seeds]

    @cached_property
    def shares(self) -> dict[str, dict[str, Share]]:
        """What the judge says of each set: theme, subject (where shown) and style."""
        return {name: judge(self.judge, getattr(self, name), truth_of(self.specs)) for name in SETS}

    @cached_property
    def seen(self) -> dict[str, np.ndarray]:
        """What the judge remembers of each set, (N, D)."""
        return {name: features(self.judge, getattr(self, name)) for name in SETS}


def judged_clips(corpus: Path, weights: Path | None, count: int, tell: Tell = silent) -> Judged:
    """What is judged of a generator. Raises LabError when weights or test clips are missing."""
    models, recognizer = load_models(weights), load_recognizer(weights)
    size = models.autoencoder.config.width, models.autoencoder.config.height
    test = Drawn(corpus, "test", size)
    seeds = range(test.first, test.first + min(count, len(test)))
    drawn = test.clips(np.arange(len(seeds)))
    tell("encode", 0.0)
    back = reconstruct(models.autoencoder, drawn)
    tell("generate", 0.0)
    made = clips_for(models, [corpus_spec(s) for s in seeds], test.first, on_part=partial(tell, "generate"))
    return Judged(models, recognizer, seeds, drawn, back, made)


def evaluate_generator(
    corpus: Path, clips: int, weights: Path | None = None, tell: Tell = silent, table: bool = True
) -> dict[str, object]:
    """All numbers of a generator (see `as_numbers`); "themes": rows for each; "steps": rows by steps and guidance.

    corpus holds drawn clips of the parts "test" and "pictures". Raises LabError when they or weights are missing.
    """
    j = judged_clips(corpus, weights, clips, tell)
    tell("judge", 0.0)
    numbers = {}
    for name in SETS:
        tail = "" if name == "generated" else f"_{name}"
        share = {**j.shares[name], "direction": directions(getattr(j, name), j.specs)}
        numbers |= {f"{head}_accuracy{tail}": s.number for head, s in share.items() if s}
        numbers[f"palette_error{tail}"] = mean_number(palette_error(getattr(j, name), j.specs))
    numbers["palette_error_other"] = mean_number(palette_error(j.drawn, [*j.specs[1:], j.specs[0]]))  # by chance
    numbers["kid"] = kid_number(j.seen["drawn"], j.seen["generated"])
    numbers["kid_reconstruction"] = kid_number(j.seen["drawn"], j.seen["reconstructed"])
    size = j.drawn.shape[3], j.drawn.shape[2]
    known = Drawn(corpus, "pictures", size)
    near, _ = nearest(known, j.generated, j.drawn)
    numbers["nearest_ratio"] = near["ratio"]
    conditions = j.specs[: max(len(j.specs) // 20, 2)]
    told = partial(tell, "diversity")
    numbers["diversity_over_real"] = diversity(j.models, j.judge, conditions, j.seeds.stop, told)
    numbers["seconds_per_clip"] = clip_time(j.models)
    more = {"clips": len(j.seeds), "guidance": GUIDANCE, "steps_taken": STEPS, "training_clips": len(known)}
    more["themes"] = by_theme(j)
    if table:
        more["steps"] = by_steps(j.models, j.judge, j.seeds[: max(len(j.seeds) // 4, 1)], partial(tell, "steps"))
    return as_numbers(numbers, more)


def by_theme(j: Judged) -> list[dict[str, object]]:
    """One row for each theme: how many of its clips are known as it, and their KID to the drawn ones of the theme."""
    rows, truth = [], truth_of(j.specs)
    for number, theme in enumerate(words()["theme"]):
        which = np.flatnonzero(truth[:, 0] == number)
        if len(which) < 2:
            continue
        told = row_of(judge(j.judge, j.generated[which], truth[which])["theme"].number)
        row = {"theme": theme, "count": told["count"]} | {k: told[k] for k in ("value", "low", "high")}
        for name, key in (("generated", "kid"), ("reconstructed", "kid_reconstruction")):
            told = row_of(kid_number(j.seen["drawn"][which], j.seen[name][which]))
            row |= {key: told["value"], f"{key}_low": told["low"], f"{key}_high": told["high"]}
        rows.append(row)
    return rows


def by_steps(
    models: Models, recognizer: Recognizer, seeds: Sequence[int], on_part: Callable[[float], None]
) -> list[dict[str, object]]:
    """One row for each number of steps at the usual guidance, and for each guidance at the usual number of steps.

    seconds: of one clip, in batches of 50, with the decoder.
    """
    specs, rows = [corpus_spec(seed) for seed in seeds], []
    cells = [(steps, GUIDANCE) for steps in TABLE_STEPS]
    cells += [(STEPS, guidance) for guidance in TABLE_GUIDANCE if guidance != GUIDANCE]
    for steps, guidance in cells:
        begin = time.perf_counter()
        made = clips_for(models, specs, seeds[0], guidance, steps)
        seconds = (time.perf_counter() - begin) / len(specs)
        shares = judge(recognizer, made, truth_of(specs))
        row = {"steps": steps, "guidance": guidance, "seconds": round(seconds, 4), "count": len(specs)}
        for head, share in shares.items():
            row[f"{head}_accuracy"] = round(share.rate, 4)
        rows.append(row | {"theme_low": round(shares["theme"].lower, 4), "theme_high": round(shares["theme"].upper, 4)})
        on_part(len(rows) / len(cells))
    return rows


def judge_run(corpus: Path, weights: Path, count: int) -> dict[str, object]:
    """All numbers of a run on clips that no model saw: as the record "judge"; sheets of pictures in WEIGHTS.

    Raises LabError when weights or test clips are missing.
    """
    j = judged_clips(corpus, weights, count)
    size = j.drawn.shape[3], j.drawn.shape[2]
    numbers: dict[str, object] = {"clips": len(j.seeds), "autoencoder": reconstruction(j.models.autoencoder, j.drawn)}
    if shards(corpus, "real_test", size).exists():
        apart = Drawn(corpus, "real_test", size)
        numbers["autoencoder_real"] = reconstruction(j.models.autoencoder, apart.clips(np.arange(len(apart))))
    for name in SETS:
        shares = j.shares[name]
        numbers[name] = {head: {"rate": s.rate, "at_least": s.lower, "of": s.count} for head, s in shares.items()}
        numbers[name] |= {"kid": kernel_distance(j.seen["drawn"], j.seen[name])}
    numbers["drawn"]["kid"] = kernel_distance(j.seen["drawn"][::2], j.seen["drawn"][1::2])
    near, pairs = nearest(Drawn(corpus, "pictures", size), j.generated, j.drawn)
    numbers["nearest"] = {name: number.value for name, number in near.items()}
    seeds = j.seeds[:UPSCALED]
    numbers["upscaler"] = judge_upscaler(j.models.autoencoder, load_upscaler(weights), seeds, j.drawn)
    numbers["seconds_per_clip"] = round(clip_time(j.models).value, 3)
    record(weights, "judge", numbers)
    shown = [getattr(j, name)[:16] for name in SETS]
    for name, rows in {"sheet": shown, "nearest": [j.generated[:16], pairs[:16]]}.items():
        write_image(sheet(rows), weights / f"{name}.webp")
    return numbers


def nearest(train: Drawn, made: np.ndarray, real: np.ndarray) -> tuple[dict[str, Number], np.ndarray]:
    """How near clips come to what was trained on, and the nearest training clip of each generated one.

    The distance is the mean square one of three frames shrunk to a quarter, and the numbers are medians: of generated
    clips, of clips never trained on (unseen), and their ratio. Far below 1 the generator would copy. The intervals come
    from 1,000 draws with replacement (the bootstrap, Efron 1979).
    """
    known = np.concatenate([_small(np.asarray(shard)) for shard in train.shards])
    length = np.square(known).sum(1)
    distances = {}
    for name, clips in {"generated": made, "unseen": real}.items():
        small = _small(clips)
        squares = np.square(small).sum(1)[:, None] + length - 2 * small @ known.T
        distances[name] = (squares.argmin(1), np.maximum(squares.min(1), 0) / known.shape[1])
    draw = np.random.default_rng(603).integers(len(made), size=(1000, len(made)))
    medians = {name: np.median(squares[draw], axis=1) for name, (_, squares) in distances.items()}
    middle = {name: float(np.median(squares)) for name, (_, squares) in distances.items()}
    medians["ratio"], middle["ratio"] = medians["generated"] / medians["unseen"], middle["generated"] / middle["unseen"]
    ends = {name: np.percentile(values, (2.5, 97.5)) for name, values in medians.items()}
    numbers = {name: Number(v, float(ends[name][0]), float(ends[name][1]), len(made)) for name, v in middle.items()}
    return numbers, train.clips(distances["generated"][0])


def _small(clips: np.ndarray) -> np.ndarray:
    """Three frames of clips uint8 (N, T, H, W, 3), a quarter as large, as float32 vectors in 0..1."""
    n, _, h, w, _ = clips.shape
    few = clips[:, (0, 8, 15), : h // 4 * 4, : w // 4 * 4].reshape(n, 3, h // 4, 4, w // 4, 4, 3)
    return few.mean((3, 5), dtype=np.float32).reshape(n, -1) / 255


def clip_time(models: Models) -> Number:
    """How many seconds `generate_clip` takes on this machine: the median of a few tries, and where it may lie."""
    generate_clip(models=models)
    taken = []
    for seed in range(TIMES):
        begin = time.perf_counter()
        generate_clip(seed=seed, models=models)
        taken.append(time.perf_counter() - begin)
    taken.sort()
    return Number(float(np.median(taken)), taken[1], taken[-2], TIMES)


def sheet(rows: list[np.ndarray], frame: int = round(FPS), factor: int = 2) -> np.ndarray:
    """One picture: each row of clips side by side, at one frame, on white."""
    page = [
        np.concatenate(list(np.pad(r[:, frame], ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255)), 1)
        for r in rows
    ]
    picture = np.concatenate(page)
    size = picture.shape[1] * factor, picture.shape[0] * factor
    return cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
