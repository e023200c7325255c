"""Fit a model within a budget of time: checkpoints, exact resume, Ctrl-C, and a stop before NaN can do harm.

A checkpoint holds all that a run is: weights, the optimizer's memory, the averaged weights, the step, the time spent.
The batch of a step follows from the step's number, so a run that was cut and goes on sees what it would have seen.
"""

import itertools
import json
import math
import time
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import keras
import numpy as np

from aigc_lab import LabError
from aigc_lab.media import atomic
from aigc_lab.train.troubles import plain, writing

Batch = tuple[dict[str, np.ndarray], np.ndarray] | tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]  # + weights
AVERAGE = 18  # the averaged weights remember about the last 5 % of a run of any length (Karras et al. 2024, "EDM2")
CHECKPOINT, LOG = "checkpoint.npz", "log.jsonl"
FEW = 5  # steps that TensorFlow takes sooner one by one than it would have compiled one
NO_BUDGET = "A training run needs a budget: say how long it may take, like 60m, or how many steps."


@dataclass(frozen=True)
class Plan:
    """How to fit. The budget is seconds of training, or steps (then the machine's speed changes nothing)."""

    run: Path
    seconds: float = 0.0
    steps: int = 0
    rate: float = 1e-3  # highest: it rises over the first 3 %, then falls along a half cosine to a hundredth
    round: int = 50  # steps between two looks at the clock; fewer if there are fewer in all
    save_every: float = 60.0  # seconds
    weight_decay: float = 0.01
    threads: int = 2  # that prepare batches
    say: Callable[[str], None] = print
    measure: Callable[[], dict[str, float]] | None = None  # numbers on unseen clips, now and then
    measure_every: float = 300.0


@dataclass
class Progress:
    """Where a run is."""

    step: int = 0
    spent: float = 0.0
    loss: float = math.nan
    done: bool = False
    history: list[dict[str, float]] = field(default_factory=list)


def fit(model: keras.Model, batch: Callable[[int], Batch], plan: Plan) -> Progress:
    """Fit `model` (built, not compiled or compiled by this) on `batch(step)` until the budget is spent.

    Goes on from the checkpoint in plan.run if there is one. At the end the model holds the averaged weights. Ctrl-C
    returns with done=False. However it ends, the last round that went well is kept in the checkpoint. Raises LabError
    on NaN, when memory or the disk is full, for a checkpoint of another model, and what `batch` raises.
    """
    if plan.seconds <= 0 and plan.steps <= 0:
        raise LabError(NO_BUDGET)
    plan = replace(plan, round=min(plan.round, plan.steps) if plan.steps > 0 else plan.round)
    if not model.compiled or model.optimizer is None:
        optimizer = keras.optimizers.AdamW(plan.rate, weight_decay=plan.weight_decay, beta_2=0.99, global_clipnorm=1.0)
        jit = keras.backend.backend() == "jax"  # on CPUs, XLA makes TensorFlow slower; PyTorch does without
        model.compile(optimizer=optimizer, loss=model.loss or "mse", jit_compile=jit)
    model.optimizer.build(model.trainable_variables)
    if 0 < plan.steps < FEW and keras.backend.backend() == "tensorflow":
        model.run_eagerly = True  # for the training step alone: what measures the model in between is compiled
        model.make_train_function(force=True)
        model.run_eagerly = False
    watch = _Watch(model, plan)
    if not watch.finished and not _learn(model, batch, plan, watch):
        plan.say(watch.told("Stopped", "the same command goes on from there", "the same command begins again"))
        return watch.progress
    if watch.broken:
        lost = f"The loss became {watch.progress.loss}"
        raise LabError(watch.told(lost, "go on from there with a lower rate", "begin with a lower rate"))
    watch.use_average()
    watch.progress.done = True
    return watch.progress


def _learn(model: keras.Model, batch: Callable[[int], Batch], plan: Plan, watch: "_Watch") -> bool:
    """Fit until the watch says stop; False on Ctrl-C. What goes wrong in a batch is raised as it was there."""
    failed: list[Exception] = []
    data = _stream(batch, watch.progress.step, plan.threads, failed)
    try:
        model.fit(data, epochs=10**9, steps_per_epoch=plan.round, shuffle=False, verbose=0, callbacks=[watch])
    except KeyboardInterrupt:
        watch.keep()
        return False
    except Exception as error:
        with suppress(LabError, MemoryError):  # what is told is why it ended; the checkpoint before is still there
            watch.keep()
        reason = failed[0] if failed else error
        told = plain(reason, f"take a smaller --batch for {plan.run.name}")
        raise told or reason from (None if told is reason else error)
    finally:
        with suppress(ValueError):  # one of TensorFlow's threads is in it just now
            data.close()
    watch.keep()
    return True


def _stream(
    batch: Callable[[int], Batch], first: int, threads: int, failed: list[Exception]
) -> Generator[Batch, None, None]:
    """The batches from step `first` on, in order, prepared by threads while the model works.

    An error is put into `failed`, too: TensorFlow passes on its text only.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting = deque(pool.submit(batch, first + i) for i in range(2 * threads))
        try:
            for step in itertools.count(first + 2 * threads):
                yield waiting.popleft().result()
                waiting.append(pool.submit(batch, step))
        except Exception as error:
            failed.append(error)
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class _Watch(keras.callbacks.Callback):
    """Looks at the run between rounds: clock, rate, average, NaN, checkpoint, log."""

    def __init__(self, model: keras.Model, plan: Plan):
        super().__init__()
        self.plan, self.progress, self.broken = plan, Progress(), False
        self.variables = [*model.weights, *model.optimizer.variables]
        self.weights = model.weights
        self.mean = [_read(v) for v in self.weights]
        self.last_good: tuple[int, dict[str, np.ndarray]] | None = None  # of this session
        self.kept = -1  # the step of the checkpoint on the disk
        with writing(plan.run):
            plan.run.mkdir(parents=True, exist_ok=True)
            _end_with_a_line(plan.run / LOG)
        if (plan.run / CHECKPOINT).exists():
            self._resume()
        self.saved = self.measured = self.last = time.perf_counter()

    @property
    def share(self) -> float:
        """How much of the budget is spent, 0..1."""
        p = self.progress
        return min(p.spent / self.plan.seconds if self.plan.seconds else p.step / self.plan.steps, 1.0)

    @property
    def finished(self) -> bool:
        return self.share >= 1

    def on_train_begin(self, logs=None):
        self.last = time.perf_counter()

    def on_epoch_begin(self, epoch, logs=None):
        warm, rest = self.share / 0.03 + 0.02, 0.01 + 0.99 * (1 + math.cos(math.pi * self.share)) / 2
        self.model.optimizer.learning_rate.assign(self.plan.rate * min(warm, rest))

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        p, plan = self.progress, self.plan
        p.loss = float(logs["loss"])
        state = [_read(v) for v in self.variables]
        mine = state[: len(self.weights)]
        if not math.isfinite(p.loss) or not all(np.isfinite(v).all() for v in mine):
            self.broken = self.model.stop_training = True
            return
        p.step, p.spent = p.step + plan.round, p.spent + now - self.last
        self.last = now
        rounds = p.step / plan.round
        keep = (1 - 1 / rounds) ** AVERAGE
        self.mean = [keep * a + (1 - keep) * b for a, b in zip(self.mean, mine, strict=True)]
        arrays = _named("v", state) | _named("m", self.mean)
        self.last_good = p.step, {"step": np.array(p.step), "spent": np.array(p.spent)} | arrays
        self.model.stop_training = self.finished
        row = {"step": p.step, "seconds": round(p.spent, 1)} | {k: round(float(v), 5) for k, v in logs.items()}
        if plan.measure and (now - self.measured > plan.measure_every or self.finished):
            row |= self._measured()
        if now - self.saved > plan.save_every or self.finished:
            self.keep()
        self._tell(row)

    def _measured(self) -> dict[str, float]:
        """Measure with the averaged weights, then put the others back; this time is not counted as training."""
        mine = [_read(v) for v in self.weights]
        self.use_average()
        numbers = self.plan.measure()
        for variable, value in zip(self.weights, mine, strict=True):
            variable.assign(value)
        self.measured = self.last = time.perf_counter()
        return numbers

    def _tell(self, row: dict[str, float]) -> None:
        self.progress.history.append(row)
        path = self.plan.run / LOG
        with writing(path), open(path, "a", encoding="utf-8", newline="\n") as log:
            log.write(json.dumps(row) + "\n")
        numbers = "  ".join(f"{k} {v:g}" for k, v in row.items())
        self.plan.say(f"{numbers}  {100 * self.share:.0f} % of the budget")

    def keep(self) -> None:
        """Write the last good round as the checkpoint, unless it is there already. Raises LabError: a full disk."""
        if self.last_good is None or self.last_good[0] == self.kept:
            return
        step, arrays = self.last_good
        with atomic(self.plan.run / CHECKPOINT) as part:
            np.savez(part, **arrays)
        self.kept, self.saved = step, time.perf_counter()

    def told(self, what: str, then: str, else_: str) -> str:
        """What happened, what is kept of the run, and what to do: `then` with a checkpoint, `else_` without."""
        if self.kept < 0:
            return f"{what} within the first {self.plan.round} steps: {else_}."
        return f"{what} after step {self.kept}: the checkpoint of it is kept in {self.plan.run}; {then}."

    def _resume(self) -> None:
        path = self.plan.run / CHECKPOINT
        shapes = _named("v", self.variables) | _named("m", self.mean)
        try:
            with np.load(path, allow_pickle=False) as state:
                found = {name: state[name] for name in state.files}
            step, spent = int(found.pop("step")), float(found.pop("spent"))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise LabError(f"{path} cannot be read as a checkpoint: take another folder, or remove it.") from error
        if {n: tuple(v.shape) for n, v in found.items()} != {n: tuple(v.shape) for n, v in shapes.items()}:
            raise LabError(f"{path} is no checkpoint of this model: take another folder, or remove it.")
        for name, variable in _named("v", self.variables).items():
            variable.assign(found[name])
        self.mean = [found[name] for name in _named("m", self.mean)]
        self.progress, self.kept = Progress(step, spent), step

    def use_average(self) -> None:
        """Put the averaged weights into the model."""
        for variable, value in zip(self.weights, self.mean, strict=True):
            variable.assign(value)


def _named(letter: str, values: list) -> dict:
    return {f"{letter}{i:04d}": value for i, value in enumerate(values)}


def _end_with_a_line(log: Path) -> None:
    """Cut off a line that was half written when the disk was full: the next one would be added to it."""
    if log.exists() and not (text := log.read_bytes()).endswith(b"\n"):
        with open(log, "r+b") as file:
            file.truncate(text.rfind(b"\n") + 1)


def _read(variable: keras.Variable) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(variable))
