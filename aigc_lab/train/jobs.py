"""What every training run is told, and how its finished weights are kept."""

import dataclasses
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from aigc_lab import LabError
from aigc_lab.generate.clips import load_autoencoder
from aigc_lab.settings import threads
from aigc_lab.train import autoencoder
from aigc_lab.train.autoencoder import Autoencoder, AutoencoderConfig
from aigc_lab.train.fitting import LOG, NO_BUDGET, Plan, Progress
from aigc_lab.train.input import Drawn, drawing_hash, shards
from aigc_lab.train.troubles import check_folder
from aigc_lab.train.warm_start import past
from aigc_lab.train.weights import keep, record, records
from aigc_lab.vocabulary import vocabulary


@dataclass(frozen=True)
class Job:
    """A training run. `large`: the sizes for a GPU. batch 0: the model's usual one."""

    corpus: Path
    out: Path
    seconds: float = 0.0
    steps: int = 0
    large: bool = False
    clips: int = 24_000  # drawn for the pictures' models; 40,000 for the judge, 4,000 for the upscaler
    batch: int = 0
    rate: float = 0.0
    seed: int = 0
    round: int = 50
    start: Path | None = None  # weights to begin with, instead of chance
    channels: int = 0  # numbers in a token; 0: as many as usual
    digits: Path | None = None  # handwritten digits: the predictors learn how two of them bounce in a box
    say: Callable[[str], None] = print

    def __post_init__(self) -> None:
        """Raises LabError for numbers that make no run."""
        for name in ("seconds", "steps", "clips", "batch", "rate", "seed", "channels"):
            if not 0 <= (value := getattr(self, name)) < math.inf:
                flag = "budget" if name == "seconds" else name
                raise LabError(f"--{flag} is {value:g}, which makes no training run: give 0 (as usual) or more.")

    def check(self) -> None:
        """Find out before the work that it cannot end well: no budget, a folder that takes no files. LabError."""
        if not (self.seconds or self.steps):
            raise LabError(NO_BUDGET)
        check_folder(self.out, "--out")

    @property
    def pictures(self) -> AutoencoderConfig:
        """Sizes of the autoencoder."""
        usual = autoencoder.LARGE if self.large else AutoencoderConfig()
        return dataclasses.replace(usual, channels=self.channels or usual.channels)

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


def own_autoencoder(job: Job) -> tuple[Autoencoder, str]:
    """The autoencoder of this run and its sha256. Raises LabError when it is missing, or one for other clips."""
    model, digest = load_autoencoder(job.weights)
    has, wanted = ((c.width, c.height, c.frames, c.channels) for c in (model.config, job.pictures))
    if has != wanted:
        large = "leave out --large" if job.large else "add --large"
        raise LabError(
            f"The autoencoder in {job.weights} is for clips of {has[0]}x{has[1]} ({has[3]} numbers in a token), this "
            f"run has {wanted[0]}x{wanted[1]} ({wanted[3]}): "
            f"{f'--channels {has[3]}' if has[:3] == wanted[:3] else large}, or name another folder with --out."
        )
    return model, digest


def parts_of(job: Job, *names: str) -> list[Drawn]:
    """Those parts of the corpus that are there; the last one must be. Raises LabError."""
    there = [Drawn(job.corpus, name, job.size) for name in names[:-1] if shards(job.corpus, name, job.size).exists()]
    return [*there, Drawn(job.corpus, names[-1], job.size)]


def keep_model(
    model: keras.Model, name: str, job: Job, done: Progress, numbers: dict[str, float],
    more: dict[str, str] | None = None,
) -> None:  # fmt: skip
    """Write finished weights, with all that must be known about them; how they learned becomes a record."""
    metadata = {
        "model": name, "config": json.dumps(dataclasses.asdict(model.config)), "licence": "CC BY 4.0",
        "corpus": str(vocabulary().corpus_version), "drawing_sha256": drawing_hash(), "seed": str(job.seed),
        "clips": str(job.clips), "steps": str(done.step), "seconds": f"{done.spent:.0f}",
        "backend": keras.backend.backend(), "machine": machine(), "types": keras.config.dtype_policy().name,
        "numbers": json.dumps({k: round(v, 4) for k, v in numbers.items()}),
        **past(name, job.start), **(more or {}),
    }  # fmt: skip
    job.say(f"{keep(model, name, job.weights, metadata)}: {metadata['numbers']}")
    if points := learned(job, name):
        record(job.weights, f"curve-{name}", {"points": points})


def learned(job: Job, name: str) -> list[dict[str, float]]:
    """What was measured on unseen clips as a model learned, also before it began with other weights: rows with seconds.

    Raises LabError when the record of those weights is damaged.
    """
    before = records(job.start).get(f"curve-{name}", {}).get("points", []) if job.start else []
    offset = float(past(name, job.start).get("seconds_before", 0))
    log = job.out / name / LOG
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    own = [
        {"seconds": row["seconds"] + offset} | {key: value for key, value in row.items() if key.startswith("unseen")}
        for row in rows
    ]
    return [*before, *(row for row in own if len(row) > 1)]


def machine() -> str:
    """What a model was trained on, without names: "2 CPU threads", or the graphics cards."""
    try:
        devices = [str(d) for d in keras.distribution.list_devices("gpu")]
    except AttributeError:  # PyTorch keeps no such list
        devices = []
    return ", ".join(devices) if devices else f"{threads()} CPU threads"


def seconds_of(text: str) -> float:
    """A span of time in words: 90, 90s, 60m or 1.5h. Raises LabError for anything else, and for none at all."""
    told = re.fullmatch(r"(\d+\.?\d*|\.\d+)([smh]?)", text.strip(), re.ASCII)
    seconds = float(told[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[told[2]] if told else 0.0
    if not 0 < seconds < math.inf:
        raise LabError(f"The budget {text!r} is no time: write 90s, 60m or 1.5h.")
    return seconds
