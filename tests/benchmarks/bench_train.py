"""What training costs: a step of each model beside a plain large product of matrices, on every backend installed.

`..._over_matmul` is the share of the FLOPs a second which `keras.ops.matmul` of two large square matrices reaches in
the same process, by turns of a second with the step, the best turn of each. Keras runs the step in `model.fit`, as the
lab trains: the lab's own train functions make model, batch and optimizer. `..._cpu` compares CPU seconds of all
threads, which a busy machine changes less than the clock, and which say nothing where a GPU does the work. A step
counts as three forward passes (one, and twice as much for the gradients of what goes in and of the weights), and a pass
as its products and convolutions, which TensorFlow's profiler counts in the traced model: `..._gflop` is one step.
Number types are float32, and Keras' mixed_bfloat16 on a backend whose own product is clearly faster in bfloat16.

`peak_mb` is the most memory that a process held which built and trained this model alone; the corpus is small (24,000
clips as tokens would add 170 MB to the generator's). `input_ms` is what one thread takes to make a batch;
`input_waits` the share of the time that steps stood still because their batch was not there, two threads making them.
`clip_ms_...` is what `generate_clip` takes with the shipped weights, decoding included, at guidance 3.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from aigc_lab import LabError
from aigc_lab.collect.scenes import SIZE
from aigc_lab.settings import threads
from aigc_lab.train import input

BACKENDS = ("tensorflow", "jax", "torch")
EVERYWHERE = ["autoencoder", "generator", "predictor"]  # on each backend, with each number type
BATCHES = {"generator_64": ("generator", 64)}  # other than the model's usual one
AT_HOME = ["generator_64", "upscaler", "recognizer"]  # on the lab's own backend in float32
INPUT = ("gflop", "batch", "input_ms", "input_waits")
FASTER = 1.2  # bfloat16's product must be so much faster than float32's to be worth a look
PARTS = {"pictures": 128, "judge": 128, "upscaler": 64, "valid": 64}  # clips of the small corpus
CELLS = (4, 9, 5)  # of the generator: where subjects are is found here, by processes that need no TensorFlow
CHILD = Path(__file__).with_name("train_step.py")


def asked(task: str, folder: Path, backend: str, **what: Any) -> dict[str, float]:
    """What a process with this backend measures. Raises LabError with its last words when it fails."""
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, str(CHILD), task, str(folder), json.dumps(what)]
    text = {"text": True, "encoding": "utf-8", "errors": "replace"}
    told = subprocess.run(command, env=environment, check=False, capture_output=True, **text)
    if told.returncode:
        last = [line for line in told.stderr.splitlines() if line.strip()][-1:]
        raise LabError(f"{task} {what} on {backend} ended with {told.returncode}: {''.join(last)}")
    return json.loads(told.stdout.splitlines()[-1])


def draw(folder: Path) -> None:
    """A small corpus."""
    for part, count in PARTS.items():
        input.render(folder / "corpus", part, count, SIZE, threads())
    input.all_subject_cells(folder / "corpus", "pictures", PARTS["pictures"], SIZE, CELLS, threads())


class Steps:
    """The numbers of all steps, as they come."""

    def __init__(self, folder: Path, rounds: int):
        self.folder, self.rounds = folder, rounds
        self.out: dict[str, Any] = {}
        self.gflop: dict[str, float] = {}

    def measure(self, name: str, backend: str, kind: str, compare: bool = False) -> dict[str, float]:
        """One model on one backend with one number type; compare: the number types' products, too."""
        model, batch = BATCHES.get(name, (name, 0))
        what = {"model": model, "batch": batch, "half": kind == "bfloat16", "compare": compare}
        told = asked("step", self.folder, backend, rounds=self.rounds, **what)
        self.gflop[name] = told.get("gflop", self.gflop.get(name, 0.0))
        rate = f"train_{backend}_{kind}_matmul_gflops"
        self.out[rate] = max(told["matmul"], self.out.get(rate, 0.0))
        label = f"train_{name}_{backend}_{kind}"
        self.out |= {f"{label}_ms": told["ms"], f"{label}_peak_mb": told["peak_mb"]}
        for clock in ("", "_cpu") if self.gflop[name] else ():
            reached = 1000 * self.gflop[name] / told[f"ms{clock}"]
            self.out[f"{label}_over_matmul{clock}"] = reached / told[f"matmul{clock}"]
        return told

    def of(self, backend: str, names: list[str], home: bool) -> None:
        """These models on one backend; home: it is the one that the lab uses, where input is looked at, too."""
        half = f"train_{backend}_matmul_bfloat16_over_float32"
        for name in names:
            told = self.measure(name, backend, "float32", compare=half not in self.out)
            self.out.setdefault(half, told.get("bfloat16_over_float32"))
            if home:
                self.out |= {f"train_{name}_{key}": told[key] for key in INPUT if key in told}
                self.out[f"train_{name}_input_over_step"] = told["input_ms"] / told["ms"]
            if self.out[half] > FASTER and name in EVERYWHERE:
                self.measure(name, backend, "bfloat16")


def run(rounds: int = 3, models: tuple[str, ...] = ()) -> dict[str, Any]:
    """Measure the steps of all models (or of those named), and sampling; returns the numbers by name."""
    home = os.environ.get("KERAS_BACKEND", BACKENDS[0])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        steps = Steps(Path(name), rounds)
        draw(steps.folder)
        asked("corpus", steps.folder, home)
        for backend in BACKENDS:  # TensorFlow first: it counts the FLOPs of them all
            if importlib.util.find_spec(backend) is None:
                steps.out[f"train_{backend}"] = "not installed"
                continue
            names = EVERYWHERE + AT_HOME * (backend == home)
            try:
                steps.of(backend, [name for name in names if name in models or not models], backend == home)
            except LabError as error:  # half installed, say: the others are measured all the same
                steps.out[f"train_{backend}"] = str(error)
        return steps.out | asked("sampling", steps.folder, home, rounds=rounds)
