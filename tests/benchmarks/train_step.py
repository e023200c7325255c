"""What bench_train.py measures, each in a process of its own whose Keras backend the environment names.

`python train_step.py TASK FOLDER JSON` prints one line of JSON. Tasks: `corpus` makes what training keeps beside the
drawn clips in FOLDER; `step` trains one model of the lab; `sampling` makes clips with the shipped weights. The models,
their batches and their compiled step are those of the lab's own train functions: they are caught at the door of `fit`.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import psutil

from aigc_lab.generate import clips
from aigc_lab.settings import data_path
from aigc_lab.train import enlarging, fitting, predicting, recognising, running
from aigc_lab.train.fitting import Plan, Progress
from aigc_lab.train.jobs import Job

FILMS, BATCHES = 64, 5  # films of the predictor; batches whose making is timed
TRAIN = {
    "autoencoder": running.train_autoencoder, "generator": running.train_generator,
    "upscaler": enlarging.train_upscaler, "recognizer": recognising.train_recognizer,
}  # fmt: skip
LASTING = 0.7  # seconds of a turn, of steps as of products
SHORT, LARGEST = 0.02, 16384  # a product takes so many seconds at least, and has at most so many rows
PRODUCTS = {"Conv2D", "Conv3D", "DepthwiseConv2dNative", "MatMul", "BatchMatMulV2"}  # TensorFlow's operations
STEPS = (2, 4, 8, 16, 32)


def job_in(folder: Path, batch: int = 0) -> Job:
    """A training run on the small corpus; `python lab.py train` would name its folders so."""
    return Job(folder / "corpus", folder, steps=1, batch=batch, say=lambda text: None)


def train_predictor(job: Job) -> Progress:
    """The better of the two predictors alone."""
    films = predicting.drawn_films(job.corpus, "pictures", FILMS, job.size)
    return predicting.train_on(predicting.build_predictor("mixer", job.size), films, films[:2], job, "predictor")


TRAIN["predictor"] = train_predictor


def caught(name: str, job: Job) -> tuple[keras.Model, Callable[[int], fitting.Batch], Plan]:
    """What the train function of a model hands to `fit`: the model, its batch of a step, the plan."""
    found = []

    def door(*handed: Any) -> Progress:
        found.append(handed)
        return Progress()

    train = TRAIN[name]
    at = predicting if train is train_predictor else sys.modules[train.__module__]
    with patch.object(at, "fit", door):
        train(job)
    return found[0]


def keep(folder: Path) -> dict[str, float]:
    """What training makes of a drawn corpus once, and keeps: tokens, films, decoded clips."""
    job = job_in(folder)
    shutil.copytree(data_path("weights"), job.weights, ignore=shutil.ignore_patterns("*.webp", "*.md"))
    for name in TRAIN:
        caught(name, job)
    return {}


def clocks() -> np.ndarray:
    """Seconds by the clock, and by the CPU: all threads of this process."""
    return np.array([time.perf_counter(), time.process_time()])


class Clock(keras.callbacks.Callback):
    """What each epoch of a fit takes by both clocks, (N, 2), with a turn of something else before each of them."""

    def __init__(self, other: Callable[[], None]):
        super().__init__()
        self.other, self.spent = other, []

    def on_epoch_begin(self, epoch, logs=None):
        self.other()
        self.begun = clocks()

    def on_epoch_end(self, epoch, logs=None):
        self.spent.append(clocks() - self.begun)


class Product:
    """A plain product of two large square matrices of this number type."""

    def __init__(self, kind: str):
        self.rows, self.kind, self.spent = 1024, kind, []
        while (taken := self.enlarged()) < SHORT and self.rows < LARGEST:
            pass
        self.count = max(1, round(LASTING / taken))

    def enlarged(self) -> float:
        """Twice the rows; returns the seconds of a product."""
        self.rows *= 2
        draws = np.random.default_rng(0).standard_normal((2, self.rows, self.rows), np.float32)
        self.a, self.b = (keras.ops.cast(keras.ops.convert_to_tensor(x), self.kind) for x in draws)
        self.work()
        begun = time.perf_counter()
        self.work()
        return time.perf_counter() - begun

    def work(self, times: int = 1) -> None:
        """So many products; ends when the last is there."""
        for _ in range(times):
            c = keras.ops.matmul(self.a, self.b)
        keras.ops.convert_to_numpy(c[:1, :1])

    def turn(self) -> None:
        """Products for about LASTING seconds."""
        begun = clocks()
        self.work(self.count)
        self.spent.append(clocks() - begun)

    @property
    def rates(self) -> np.ndarray:
        """GFLOP a second in the best turn, by both clocks."""
        return self.count * 2e-9 * self.rows**3 / np.min(self.spent, axis=0)


@contextmanager
def watched_memory(told: dict[str, float]):
    """Enter the most memory that this process held meanwhile, in MB, as peak_mb."""
    stop, used = threading.Event(), psutil.Process().memory_info

    def watch() -> None:
        while not stop.wait(0.01):
            told["peak_mb"] = max(told.get("peak_mb", 0.0), used().rss / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join()


def step(folder: Path, model: str, half: bool, batch: int, rounds: int, compare: bool) -> dict[str, float]:
    """A training step of a model: ms, GFLOP, the product's GFLOP a second, peak memory, and what its input costs."""
    kind, told = "bfloat16" if half else "float32", {}
    if half:
        keras.config.set_dtype_policy("mixed_bfloat16")
    with tempfile.TemporaryDirectory() as run, watched_memory(told):
        learner, batch_of, plan = caught(model, job_in(folder, batch))
        plan = replace(plan, run=Path(run), seconds=0, steps=2, round=2, measure=None)
        fitting.fit(learner, batch_of, plan)
        told |= wait(learner, batch_of, plan)
    ready = batch_of(0)
    steps = max(2, round(1000 * LASTING / told["own_ms"]))
    product = Product(kind)
    clock = Clock(product.turn)
    always = (ready for _ in count())
    learner.fit(always, epochs=rounds + 1, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[clock])
    told["ms"], told["ms_cpu"] = 1000 * np.min(clock.spent[1:], axis=0) / steps
    told["matmul"], told["matmul_cpu"] = product.rates
    told["batch"] = len(next(iter(ready[0].values())))
    if compare:
        told["bfloat16_over_float32"] = compared(rounds)
    if keras.backend.backend() == "tensorflow":
        told["gflop"] = 3 * forward_gflop(learner, ready[0])
    return told


def compared(rounds: int) -> float:
    """How many times as fast the product is in bfloat16 as it is in float32."""
    both = [Product(kind) for kind in ("float32", "bfloat16")]
    for _ in range(rounds):
        for product in both:
            product.turn()
    return both[1].rates[0] / both[0].rates[0]


def wait(model: keras.Model, batch_of: Callable[[int], fitting.Batch], plan: Plan) -> dict[str, float]:
    """How long a step waits for a batch of its own, as `fit` has them prepared, and how long it works."""
    apart, times = [], []
    for number in range(BATCHES):
        begun = time.perf_counter()
        batch_of(number)
        apart.append(time.perf_counter() - begun)

    def loop(data: Iterator[fitting.Batch], **rest: Any) -> None:
        for _ in range(2 + BATCHES):
            begun = time.perf_counter()
            made = next(data)
            there = time.perf_counter()
            model.train_on_batch(*made)
            times.append((there - begun, time.perf_counter() - there))

    with patch.object(model, "fit", loop):
        fitting.fit(model, batch_of, replace(plan, steps=10**6))
    waited, worked = np.mean(times[2:], axis=0)
    return {"input_ms": 1000 * min(apart), "input_waits": waited / (waited + worked), "own_ms": 1000 * worked}


def forward_gflop(model: keras.Model, inputs: dict[str, np.ndarray]) -> float:
    """The FLOPs of all products and convolutions of a forward pass, as TensorFlow's profiler counts them."""
    import tensorflow as tf

    shapes = {name: tf.TensorSpec(array.shape, array.dtype) for name, array in inputs.items()}
    traced = tf.function(partial(model, training=True)).get_concrete_function(shapes)
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation()).with_empty_output()
    found, at = 0, [profiler.profile(traced.graph, cmd="op", options=options.build())]
    while at:
        node = at.pop()
        found += node.float_ops * (node.name in PRODUCTS)
        at += node.children
    return found / 1e9


def sampling(rounds: int) -> dict[str, float]:
    """Milliseconds of a clip by the number of steps, and of decoding and upscaling it, with the shipped weights."""
    models, upscaler = clips.load_models(), clips.load_upscaler()
    c = models.generator.config
    tokens = np.random.default_rng(0).standard_normal((1, *c.grid, c.channels), np.float32)
    clip = clips.generate_clip("city", models=models)
    work = {f"clip_ms_{n}_steps": partial(clips.generate_clip, "city", steps=n, models=models) for n in STEPS}
    work |= {"clip_ms_decode": partial(clips.decode, models, tokens)}
    work |= {"clip_ms_upscale": partial(clips.upscale, clip, upscaler)}
    best = {name: float("inf") for name in work}
    for turn in range(rounds + 1):
        for name, make in work.items():
            begun = time.perf_counter()
            make()
            if turn:
                best[name] = min(best[name], 1000 * (time.perf_counter() - begun))
    return best


if __name__ == "__main__":
    task, where, asked = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    result = {"corpus": partial(keep, where), "step": partial(step, where), "sampling": sampling}[task](**asked)
    print(json.dumps(result), flush=True)
    os._exit(0)
