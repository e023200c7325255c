"""Drawn scenes: flat-design moving pictures, deterministic by seed, at any size.

A picture provider for shorts (the backdrop alone, `subject=False`) and the training corpus (with its subject and all
labels). Everything about a scene follows from its SceneSpec; the same spec gives the same bytes.
"""

import multiprocessing
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import numpy as np

from aigc_lab import LabError
from aigc_lab.collect.clip_words import captions
from aigc_lab.collect.looks import palette_colors
from aigc_lab.collect.stage import LAYOUTS, TIMES, Stage
from aigc_lab.media import Clip
from aigc_lab.vocabulary import vocabulary

SIZE, FRAMES, FPS = (40, 72), 16, 7.5  # of the corpus: width x height, 2.13 s
SPLITS = {"train": (0, 1_000_000), "valid": (1_000_000, 1_050_000), "test": (1_050_000, 1_100_000)}


@dataclass(frozen=True)
class SceneSpec:
    """All that a drawn scene is made from: its labels, and the seed for what has no label.

    motion: the way the picture moves over the screen; speed: 1 is the usual pace; count and scale: of the subject;
    palette: an id, or colours of one's own.
    """

    theme: str
    subject: str
    style: str
    palette: str | tuple[str, ...]
    motion: str
    speed: float
    layout: str
    time: str
    count: int
    scale: float
    seed: int
    caption_en: str
    caption_zh: str

    def labels(self) -> dict[str, str | float | int | list[str]]:
        """The spec as plain values, for a manifest."""
        row = asdict(self)
        return row | {"palette": list(self.palette) if isinstance(self.palette, tuple) else self.palette}


def split_of(seed: int) -> str:
    """The split that a seed belongs to: "train", "valid" or "test". Raises LabError outside of all."""
    for name, (first, end) in SPLITS.items():
        if first <= seed < end:
            return name
    raise LabError(f"Seed {seed} belongs to no split: use 0 to {SPLITS['test'][1] - 1}.")


def sample_spec(seed: int, **fixed: object) -> SceneSpec:
    """A spec drawn by seed. Any field may be fixed; fixing one leaves the others as the seed would have them.

    A fixed subject brings its theme along unless that is fixed too. Raises LabError for an unknown field or label.
    """
    words = vocabulary()
    rng = np.random.default_rng([seed, 101])
    theme, at = str(rng.choice(list(words.themes))), rng.random()
    drawn = {
        "theme": theme,
        "style": str(rng.choice(list(words.styles))),
        "palette": str(rng.choice(list(words.palettes))),
        "motion": str(rng.choice(list(words.motions))),
        "speed": round(float(rng.uniform(0.6, 1.5)), 2),
        "layout": str(rng.choice(list(LAYOUTS))),
        "time": str(rng.choice(TIMES)),
        "count": int(rng.choice([1, 2, 3], p=[0.6, 0.25, 0.15])),
        "scale": round(float(rng.uniform(0.75, 1.25)), 2),
    }
    _check(fixed, drawn)
    if "subject" in fixed:
        drawn["theme"] = words.subjects[str(fixed["subject"])].theme
    drawn |= fixed
    if "subject" not in fixed:
        own = words.subjects_of(str(drawn["theme"]))
        drawn["subject"] = own[int(at * len(own))]
    if isinstance(drawn["palette"], list):
        drawn["palette"] = tuple(drawn["palette"])
    told = {key: value for key, value in drawn.items() if key not in ("caption_en", "caption_zh")}
    caption_en, caption_zh = captions(told, np.random.default_rng([seed, 102]))
    return SceneSpec(**({"caption_en": caption_en, "caption_zh": caption_zh, "seed": seed} | drawn))


def _check(fixed: dict[str, object], drawn: dict[str, object]) -> None:
    words = vocabulary()
    known = {"theme": words.themes, "subject": words.subjects, "style": words.styles, "motion": words.motions,
             "layout": LAYOUTS, "time": TIMES}  # fmt: skip
    for key, value in fixed.items():
        if key not in {*drawn, "subject", "caption_en", "caption_zh"}:
            raise LabError(f"A scene has no {key!r}: fix one of {', '.join([*drawn, 'subject'])}.")
        if key in known and value not in known[key]:
            raise LabError(f"Scene {key} {value!r} is unknown: use one of {', '.join(known[key])}.")
    if "palette" in fixed:
        palette_colors(tuple(fixed["palette"]) if isinstance(fixed["palette"], list) else fixed["palette"])


def scene_frames(
    spec: SceneSpec, size: tuple[int, int] = SIZE, fps: float = FPS, seconds: float = FRAMES / FPS, subject: bool = True
) -> Iterator[np.ndarray]:
    """The frames of a scene one by one, uint8 (H, W, 3), for `seconds` at `fps`; size is (width, height) in pixels.

    subject=False draws the moving backdrop alone. The camera's move is spread over the whole length.
    Raises LabError for a size below 8 pixels or a length below one frame.
    """
    if min(size) < 8 or fps <= 0 or seconds * fps < 0.5:
        raise LabError(
            f"Cannot draw {size[0]}x{size[1]} pixels for {seconds} s at {fps} fps: use 8 pixels and one frame at least."
        )
    stage = Stage(spec, size, subject)
    count = max(round(seconds * fps), 1)
    for i in range(count):
        yield stage.frame(i / fps, count / fps)


def draw_scene(
    spec: SceneSpec, size: tuple[int, int] = SIZE, frames: int = FRAMES, fps: float = FPS, subject: bool = True,
    seconds: float | None = None,
) -> Clip:  # fmt: skip
    """A scene as a Clip: `frames` frames at `fps`, or as many as `seconds` need; size is (width, height) in pixels.

    All frames are held in memory: for long or large ones use `scene_frames`. Raises LabError as that does.
    """
    length = frames / fps if seconds is None else seconds
    return Clip(np.stack(list(scene_frames(spec, size, fps, length, subject))), fps)


def _one(job: tuple[SceneSpec, tuple[int, int], int, float]) -> tuple[SceneSpec, Clip]:
    spec, size, frames, fps = job
    return spec, draw_scene(spec, size, frames, fps)


def clips(
    seeds: Iterable[int], size: tuple[int, int] = SIZE, processes: int = 1, frames: int = FRAMES, fps: float = FPS
) -> Iterator[tuple[SceneSpec, Clip]]:
    """Scenes with their labels, in the order of the seeds, drawn by `processes` processes.

    With more than one, the caller's module must guard its main part (`if __name__ == "__main__":`).
    """
    jobs = ((sample_spec(seed), size, frames, fps) for seed in seeds)
    if processes <= 1:
        yield from map(_one, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(_one, jobs, chunksize=16)
