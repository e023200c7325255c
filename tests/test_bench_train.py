"""The benchmark of training measures a step from end to end, counts its FLOPs, and tells what is not installed."""

import importlib.util
import sys

import keras
import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.train.fitting import fit
from aigc_lab.train.jobs import Job


@pytest.fixture
def bench(monkeypatch, root):
    """tests/benchmarks can be imported from, as `python lab.py bench` has it."""
    monkeypatch.syspath_prepend(root / "tests" / "benchmarks")
    yield
    for name in ("bench_train", "train_step"):
        sys.modules.pop(name, None)


def train_tiny(job: Job) -> None:
    """As the lab's train functions: a model, its batches, a fit."""
    shown = keras.Input((10,), name="numbers")
    model = keras.Model({"numbers": shown}, keras.layers.Dense(20)(shown))
    numbers = np.ones((4, 10), np.float32)
    fit(model, lambda step: ({"numbers": numbers}, np.zeros((4, 20), np.float32)), job.plan("tiny", 1e-3))


def test_a_step_is_measured_beside_a_product(bench, tmp_path, monkeypatch):
    import train_step

    monkeypatch.setitem(train_step.TRAIN, "tiny", train_tiny)
    monkeypatch.setattr(train_step, "LASTING", 0.01)
    told = train_step.step(tmp_path, "tiny", half=False, batch=0, rounds=1, compare=True)
    assert told["gflop"] == pytest.approx(3 * 2 * 4 * 10 * 20 / 1e9)
    assert told["batch"] == 4
    assert min(told[name] for name in ("ms", "ms_cpu", "matmul", "matmul_cpu", "input_ms", "peak_mb")) > 0
    assert 0 <= told["input_waits"] < 1
    assert told["bfloat16_over_float32"] > 0
    assert list(tmp_path.iterdir()) == []  # the run's checkpoints are gone


def test_a_backend_that_is_missing_or_broken_is_told(bench, monkeypatch):
    import bench_train

    step = {"gflop": 10.0, "ms": 50.0, "ms_cpu": 100.0, "matmul": 400.0, "matmul_cpu": 200.0, "peak_mb": 900.0}
    step |= {"batch": 8, "input_ms": 5.0, "input_waits": 0.0, "bfloat16_over_float32": 1.0}

    def asked(task, folder, backend, **what):
        if backend == "torch":
            raise LabError("torch has no torch")
        return {"step": step, "corpus": {}, "sampling": {"clip_ms_8_steps": 300.0}}[task]

    monkeypatch.setattr(bench_train, "asked", asked)
    monkeypatch.setattr(bench_train, "draw", lambda folder: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "jax" else object())
    told = bench_train.run()
    assert (told["train_jax"], told["train_torch"]) == ("not installed", "torch has no torch")
    assert told["train_generator_64_tensorflow_float32_over_matmul"] == pytest.approx(0.5)
    assert told["train_predictor_input_over_step"] == pytest.approx(0.1)
    assert not [name for name in told if name.endswith("bfloat16_ms")]
    assert told["clip_ms_8_steps"] == 300
