"""What the predictors learn from, how they are trained, and how well they go on with films that they never saw.

Two kinds of films: drawn scenes, each known by its seed, and Moving MNIST, two handwritten digits that bounce in a box
(Srivastava et al. 2015). The standard file of that set is read where it lies on the machine. From any digits a set of
the same kind is made by the published procedure, and `train predictor --digits mnist.npz` learns from such films.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np

from aigc_lab import LabError
from aigc_lab.collect.scenes import FPS, SIZE, draw_scene
from aigc_lab.collect.sources.datasets import RESEARCH, handwritten_digits, holds_films, moving_digits, terms
from aigc_lab.measures import ssim
from aigc_lab.media import atomic
from aigc_lab.settings import threads
from aigc_lab.train.fitting import Batch, Progress, fit
from aigc_lab.train.input import PARTS, corpus_spec, drawing_hash
from aigc_lab.train.jobs import Job, keep_model
from aigc_lab.train.predictor import COMING, GIVEN, ConvLSTM, ConvLSTMConfig, Mixer, MixerConfig, Predictor
from aigc_lab.train.troubles import stored
from aigc_lab.train.warm_start import begin
from aigc_lab.train.weights import digests, kept, set_arrays
from aigc_lab.train.workers import spread
from aigc_lab.vocabulary import vocabulary

LENGTH = GIVEN + COMING
FILMS = 4_000  # drawn scenes to learn from
UNSEEN = 48  # films that a run looks at now and then
BATCH = 16  # films in a step
ALONE = 200  # so few are drawn sooner than other processes begin
KINDS = {"mixer": (Mixer, MixerConfig), "convlstm": (ConvLSTM, ConvLSTMConfig)}
NAMES = {"mixer": "predictor", "convlstm": "predictor-convlstm"}  # of the weights; "-digits" behind it: Moving MNIST
COPY = "copy the last frame"
MADE = "Moving MNIST, made anew"  # the same kind of films from the same digits, and not those of the standard file
BOX, DIGIT, STEP = 64, 28, 0.1  # px of Moving MNIST's box and of a digit; its step a frame, of the way that it has
PUBLISHED = (  # Moving MNIST, 10 frames from 10, 200 epochs on a GPU: the table of OpenSTL (Tan et al. 2023)
    {"model": "ConvLSTM-S (published)", "mse": 46.26, "ssim": 0.878, "parameters": 15_000_000},
    {"model": "SimVP ConvMixer (published)", "mse": 32.09, "ssim": 0.926, "parameters": 3_900_000},
    {"model": "SimVP gSTA (published)", "mse": 26.69, "ssim": 0.940, "parameters": 46_800_000},
)


def draw_film(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """The drawn scene of a seed for twice ten frames, uint8 (20, H, W, 3); size is (width, height)."""
    spec, shown = corpus_spec(seed)
    return draw_scene(spec, size, LENGTH, FPS, subject=shown).frames


def drawn_films(
    folder: Path, part: str, count: int, size: tuple[int, int] = SIZE, processes: int = 1
) -> np.ndarray:  # fmt: skip
    """The first `count` films of a part of corpus-1 ("pictures", "valid", "test"), uint8 (N, 20, H, W, 3).

    They are drawn once, into one file in `folder`, and read from there as they are needed. With more than one process
    the caller's module must guard its main part. Raises LabError when the file cannot be written, or is damaged.
    """
    name = f"films-{vocabulary().corpus_version}-{drawing_hash()[:8]}-{part}-{size[0]}x{size[1]}-{count}.npy"
    path, first, shape = Path(folder) / name, PARTS[part][0], (count, LENGTH, size[1], size[0], 3)
    if not path.exists():
        draw, seeds = partial(draw_film, size=size), range(first, first + count)
        with atomic(path) as file, open(file, "wb") as out:  # not mapped: a disk that gets full would kill the program
            np.lib.format.write_array_header_1_0(out, {"descr": "|u1", "fortran_order": False, "shape": shape})
            for frames in spread(draw, seeds, min(processes, count // ALONE), 16):
                out.write(np.ascontiguousarray(frames).data)
    return stored(path, shape, np.uint8, "remove it, and it is drawn again")


def bouncing_digits(
    digits: np.ndarray, count: int, seed: int | tuple[int, ...] = 0, together: int = 2
) -> np.ndarray:  # fmt: skip
    """Films made as Moving MNIST was: uint8 (N, 20, 64, 64, 1) from digits uint8 (M, 28, 28), `together` in each.

    Each digit starts anywhere, goes straight on by a tenth of its room a frame, and bounces; where two meet the lighter
    one is seen. Source: Srivastava, Mansimov and Salakhutdinov 2015, "Unsupervised learning of video representations".
    """
    rng = np.random.default_rng([*np.atleast_1d(seed), 511])
    films = np.zeros((count, LENGTH, BOX, BOX, 1), np.uint8)
    for film in films:
        for digit in digits[rng.integers(len(digits), size=together)]:
            for frame, (y, x) in zip(film, _way(rng), strict=True):
                part = frame[y : y + DIGIT, x : x + DIGIT, 0]
                np.maximum(part, digit, out=part)
    return films


def _way(rng: np.random.Generator) -> np.ndarray:
    """Where a digit's upper left corner is in each frame: whole pixels (20, 2), rows and columns."""
    angle, place = rng.uniform(0, 2 * np.pi), rng.random(2)
    speed, places = STEP * np.array([np.sin(angle), np.cos(angle)]), []
    for _ in range(LENGTH):
        place = place + speed
        speed = np.where(place <= 0, np.abs(speed), np.where(place >= 1, -np.abs(speed), speed))
        place = np.clip(place, 0, 1)
        places.append(place)
    return (np.array(places) * (BOX - DIGIT)).astype(int)


def as_given(frames: np.ndarray, given: int) -> np.ndarray:
    """Ten frames (..., 10, H, W, C) of which only the last `given` (1 to 10) are known: the first of those stands."""
    at = np.maximum(np.arange(GIVEN), GIVEN - given)
    return np.take(frames, at, axis=-4)


def film_batch(films: np.ndarray, size: int, rng: np.random.Generator, fewer: float = 0.0) -> Batch:
    """A batch to learn from: half of the films mirrored; of the share `fewer` only the last frames are shown."""
    chosen = films[np.sort(rng.integers(len(films), size=size))].copy()
    mirrored = rng.random(size) < 0.5
    chosen[mirrored] = chosen[mirrored][:, :, :, ::-1]
    for film in chosen[: round(fewer * size)]:
        film[:GIVEN] = as_given(film[:GIVEN], int(rng.integers(1, GIVEN)))
    return {"frames": chosen[:, :GIVEN]}, chosen[:, GIVEN:]


def build_predictor(kind: str, size: tuple[int, int] = SIZE, colors: int = 3, **sizes: object) -> Predictor:
    """A new predictor, "mixer" or "convlstm", for frames of this size (width, height). Raises LabError."""
    if kind not in KINDS:
        raise LabError(f"There is no predictor {kind!r}: choose {', '.join(KINDS)}.")
    make, config = KINDS[kind]
    model = make(config(height=size[1], width=size[0], colors=colors, **sizes))
    model({"frames": np.zeros((1, GIVEN, size[1], size[0], colors), np.uint8)})
    return model


def load_predictor(kind: str = "mixer", folder: Path | None = None, digits: bool = False) -> Predictor:
    """A trained predictor from `folder` (data/weights). digits: the one for Moving MNIST. Raises LabError."""
    if kind not in NAMES:
        raise LabError(f"There is no predictor {kind!r}: choose {', '.join(NAMES)}.")
    name = NAMES[kind] + "-digits" * digits
    weights, _ = kept(name, folder)
    sizes = json.loads(weights.metadata["config"])
    size = sizes.pop("width"), sizes.pop("height")
    model = build_predictor(kind, size, **sizes)
    set_arrays(model, weights.arrays, f"The weights {name}")
    return model


def trained_for(kind: str, folder: Path | None = None, digits: bool = False) -> float:
    """How many seconds a kept predictor was trained for. Raises LabError."""
    return float(kept(NAMES[kind] + "-digits" * digits, folder)[0].metadata["seconds"])


def go_on(model: keras.Model, frames: np.ndarray) -> np.ndarray:
    """The ten frames that follow, as the model has it: uint8 (N, 10, H, W, C) -> float32 (N, 10, H, W, C), near 0..1.

    Ten frames (10, H, W, C) alone give ten frames alone.
    """
    alone = frames.ndim == 4
    made = model.predict({"frames": frames[None] if alone else np.asarray(frames)}, batch_size=16, verbose=0)
    return made[0] if alone else made


def copy_last(frames: np.ndarray) -> np.ndarray:
    """The rival that knows nothing of motion: the last frame ten times, float32 (N, 10, H, W, C), 0..1."""
    return np.repeat(frames[..., -1:, :, :, :].astype(np.float32) / 255, COMING, axis=-4)


def train_predictor(job: Job) -> Progress:
    """Train both predictors on drawn films, one after the other, each for half of the budget; the mixer's progress.

    With job.digits they learn from films of two digits instead, each film made once. Raises LabError on NaN, without a
    budget, or for a file without digits. What is measured on unseen films in between is the published MSE.
    """
    films: np.ndarray | Callable[[int], Batch]
    if job.digits:
        films, unseen = _digit_films(job)
        more = {"licence": RESEARCH, "data": terms("moving-mnist"), "clips": "each film made when it is needed"}
    else:
        films = drawn_films(job.corpus, "pictures", min(job.clips, FILMS), job.size, threads())
        unseen, more = np.asarray(drawn_films(job.corpus, "valid", UNSEEN, job.size)), {}
    size, progress = (unseen.shape[3], unseen.shape[2]), Progress()
    for kind, name in reversed(NAMES.items()):
        name += "-digits" * bool(job.digits)
        model = build_predictor(kind, size, unseen.shape[-1])
        begin(model, name, job.start)
        progress = train_on(model, films, unseen, job, name)
        if not progress.done:
            return progress
        keep_model(model, name, job, progress, scores(unseen[:, GIVEN:], go_on(model, unseen[:, :GIVEN])), more)
    return progress


def _digit_films(job: Job) -> tuple[Callable[[int], Batch], np.ndarray]:
    """Batches of films with the first five sixths of the digits, and films with the others."""
    digits = handwritten_digits(job.digits)
    learnt, size = len(digits) - -(-len(digits) // 6), job.batch or BATCH

    def batch(step: int) -> Batch:
        films = bouncing_digits(digits[:learnt], size, (job.seed, step))
        return {"frames": films[:, :GIVEN]}, films[:, GIVEN:]

    return batch, bouncing_digits(digits[learnt:], UNSEEN, (job.seed, 0, 0))


def train_on(
    model: Predictor, films: np.ndarray | Callable[[int], Batch], unseen: np.ndarray, job: Job, name: str
) -> Progress:
    """Fit one predictor on films uint8 (N, 20, H, W, C), or on batches by step, for half of the job's budget."""
    size = job.batch or BATCH
    batch = films if callable(films) else lambda step: film_batch(films, size, job.random(step), fewer=0.25)
    plan = job.plan(name, 2e-3, lambda: scores(unseen[:, GIVEN:], go_on(model, unseen[:, :GIVEN])))
    return fit(model, batch, replace(plan, seconds=job.seconds / 2, steps=-(-job.steps // 2)))


def frame_errors(truth: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Squared error of each frame, summed over its pixels, as is published for Moving MNIST: (N, 10).

    truth: uint8 (N, 10, H, W, C); made: floats near 0..1 of the same shape.
    """
    return np.stack([np.sum((t / np.float32(255) - m) ** 2, axis=(1, 2, 3)) for t, m in zip(truth, made, strict=True)])


def film_ssim(truth: np.ndarray, made: np.ndarray, span: float = 1.0) -> np.ndarray:
    """Structural similarity of each frame (Wang et al. 2004), windows of 7 x 7, mean over the channels: (N, 10).

    span: from the darkest to the lightest value. The published numbers of Moving MNIST come from scikit-image, which
    took 2 for floating numbers, -1 to 1: give 2 to compare with those.
    """
    pairs = zip(truth, made, strict=True)  # one film at a time, for the memory
    return np.array([ssim(t / 255, np.clip(m, 0, 1), span) for t, m in pairs])


def scores(truth: np.ndarray, made: np.ndarray, span: float = 1.0) -> dict[str, float]:
    """MSE (of a frame, summed over its pixels) with its 95 % interval, SSIM, and PSNR (dB) of that MSE."""
    errors = frame_errors(truth, made)
    mse, spread = float(errors.mean()), float(errors.mean(axis=1).std(ddof=1)) if len(errors) > 1 else 0.0
    return {
        "mse": mse, "mse_interval": 1.96 * spread / len(errors) ** 0.5,
        "ssim": float(film_ssim(truth, made, span).mean()),
        "psnr": float(10 * np.log10(np.prod(truth.shape[2:]) / max(mse, 1e-9))),
    }  # fmt: skip


def evaluate_predictor(
    corpus: Path | None = None, weights: Path | None = None, clips: int = 512, moving_mnist: Path | None = None
) -> dict[str, object]:
    """Both predictors and "copy the last frame" on `clips` drawn films that nobody learned from.

    corpus: where those films are kept (None: they are drawn anew); weights: a folder (data/weights); moving_mnist: the
    standard file, or MNIST's test digits, of which as many films are made in the same way. For those, predictors must
    be there that learned from digits (`train predictor --digits`), and those of drawn films need not be. Gives "rows"
    for a table (films, model, minutes of training, mse, mse_interval, ssim, psnr, parameters, ms, count) and plain
    numbers (predictor_mse ...). Raises LabError.
    """
    rows, count = [], clips
    if moving_mnist:
        models = _on_digits(weights)
        films, what = _unseen_digits(Path(moving_mnist), clips)
        rows, count = compare(films, models, what, span=2.0), len(films)
        rows += [{"films": "Moving MNIST"} | row for row in PUBLISHED]
    if not moving_mnist or all(digests(*NAMES.values(), folder=weights)):
        first, models = PARTS["test"][0], {name: load_predictor(kind, weights) for kind, name in NAMES.items()}
        films = drawn_films(corpus, "test", clips) if corpus else np.stack([draw_film(first + i) for i in range(clips)])
        rows, count = compare(films, models, "drawn scenes") + rows, len(films)
    for row in rows:
        if row["model"] in (*NAMES.values(), *(f"{name}-digits" for name in NAMES.values())):
            row["minutes"] = round(float(kept(row["model"], weights)[0].metadata["seconds"]) / 60)
    told = {f"{row['model']}_{key}".replace(" ", "_").replace("-", "_"): row[key]
            for row in rows if row["films"] == "drawn scenes" for key in ("mse", "ssim", "psnr")}  # fmt: skip
    return {"count": count, **told, "rows": rows}


def _unseen_digits(path: Path, count: int) -> tuple[np.ndarray, str]:
    """Films of the standard file, or made of unseen digits: uint8 (N, 20, 64, 64, 1); and what they are."""
    if holds_films(path):
        return moving_digits(path, count)[..., None], "Moving MNIST"
    return bouncing_digits(handwritten_digits(path, "x_test"), count), MADE


def _on_digits(weights: Path | None) -> dict[str, Predictor]:
    """Both predictors that learned from digits. Raises LabError when they are not in the folder."""
    if not all(digests(*(f"{name}-digits" for name in NAMES.values()), folder=weights)):
        raise LabError(
            "No predictors for Moving MNIST are there: train them (aigc-lab train predictor --digits mnist.npz "
            "--budget 40m --out RUN), and name RUN/weights with --weights."
        )
    return {f"{name}-digits": load_predictor(kind, weights, digits=True) for kind, name in NAMES.items()}


def compare(films: np.ndarray, models: dict[str, Predictor], what: str, span: float = 1.0) -> list[dict[str, object]]:
    """A row of the table for "copy the last frame" and for each model, on films uint8 (N, 20, H, W, C)."""
    shown, truth = np.asarray(films[:, :GIVEN]), np.asarray(films[:, GIVEN:])
    rows = [_row(what, COPY, scores(truth, copy_last(shown), span), 0, 0.0, len(films))]
    for name, model in models.items():
        told = scores(truth, go_on(model, shown), span)
        rows.append(_row(what, name, told, model.count_params(), _milliseconds(model, shown[:8]), len(films)))
    return rows


def _row(what: str, name: str, told: dict[str, float], parameters: int, ms: float, count: int) -> dict[str, object]:
    told = {key: round(value, 4) for key, value in told.items()}
    return {"films": what, "model": name, **told, "parameters": parameters, "ms": round(ms, 1), "count": count}


def _milliseconds(model: Predictor, shown: np.ndarray) -> float:
    """How long the answer to a film takes, ms, in batches of 8: the middle one of five tries."""
    taken = []
    for _ in range(6):
        begun = time.perf_counter()
        model.predict_on_batch({"frames": shown})
        taken.append(1000 * (time.perf_counter() - begun) / len(shown))
    return float(np.median(taken[1:]))
