"""What the models learn from: corpus-1, drawn scenes by seed, on disk as plain arrays, and their labels as numbers.

A seed is all it takes to draw a clip and to know its labels, so a shard on disk holds pixels only. Each model has seeds
of its own: the judge never saw what the generator learned from, and nobody saw the test seeds.
"""

import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache, partial
from pathlib import Path

import numpy as np
import skia

from aigc_lab import LabError
from aigc_lab.collect import scenes
from aigc_lab.collect.looks import look, to_hex
from aigc_lab.collect.scenes import FPS, FRAMES, SIZE, SPLITS, SceneSpec, draw_scene, sample_spec
from aigc_lab.collect.stage import LAYOUTS, TIMES, Stage
from aigc_lab.collect.subjects import BOX, draw_subject
from aigc_lab.media import atomic
from aigc_lab.settings import data_path
from aigc_lab.train.real import real_frames
from aigc_lab.train.troubles import stored
from aigc_lab.train.workers import spread
from aigc_lab.vocabulary import vocabulary

SHARD = 64  # clips in a file
PARTS = {"pictures": (0, 500_000), "judge": (500_000, 900_000), "upscaler": (900_000, 1_000_000)} | {
    name: SPLITS[name] for name in ("valid", "test")
}
REAL = {"real": (2_000_000, 2_500_000), "real_upscaler": (2_500_000, 2_900_000), "real_test": (2_900_000, 3_000_000)}
PARTS |= REAL
DRAWING = (  # the modules of aigc_lab.collect that decide about the pixels of a drawn scene
    "brushes", "fashion", "forms", "ideas", "indoors", "looks", "outdoors", "scenes", "skies", "stage", "subjects",
    "town",
)  # fmt: skip
SEEN = 6  # of 255: so much a subject must change a cell, in the mean, to be in it
COLORS = 12  # colours that a Look is told by
GAPS = (1, 6, 12)  # the upscaler learns from the gaps after these frames of its clips ...
PHASES = (0.125, 0.375, 0.625, 0.875)  # ... at these places between two frames (aigc_lab.train.upscaler)
REDRAW = "remove it and draw again (aigc-lab train corpus)"  # what to do about a damaged shard
Labels = dict[str, np.ndarray]


def corpus_spec(seed: int) -> tuple[SceneSpec, bool]:
    """The scene of a seed in corpus-1, and whether its subject is shown (half of them are backdrops).

    Four in ten have colours of their own instead of a palette, so that a brand's colours are nothing new.
    """
    rng = np.random.default_rng([seed, 301])
    shown, own = rng.random() < 0.5, rng.random() < 0.4
    if not own:
        return sample_spec(seed), shown
    hue = rng.uniform(0, 360)
    turns = hue + np.array([0, rng.normal(0, 40), rng.choice([120, 150, 180, 210]) + rng.normal(0, 20)])
    lightness = rng.uniform((0.42, 0.8, 0.6), (0.72, 0.94, 0.85))
    chroma = rng.uniform((0.05, 0.03, 0.1), (0.19, 0.1, 0.2))
    colors = tuple(to_hex(*map(float, c)) for c in zip(lightness, chroma, turns % 360, strict=True))
    return sample_spec(seed, palette=colors), shown


@cache
def words() -> dict[str, tuple[str, ...]]:
    """The words of each label; a word's number is its place + 1, since 0 stands for "anything"."""
    v = vocabulary()
    return {
        "theme": tuple(v.themes), "subject": tuple(v.subjects), "style": tuple(v.styles), "motion": tuple(v.motions),
        "layout": tuple(LAYOUTS), "time": tuple(TIMES), "shown": ("no", "yes"),
    }  # fmt: skip


def number(label: str, word: str | None) -> int:
    """A word as a number, 0 for None. Raises LabError for a word that the corpus does not have."""
    if word is None:
        return 0
    if word not in words()[label]:
        raise LabError(f"{label.capitalize()} {word!r} is unknown: use one of {', '.join(words()[label])}.")
    return words()[label].index(word) + 1


@lru_cache(maxsize=4096)
def look_numbers(style: str, palette: str | tuple[str, ...]) -> np.ndarray:
    """The colours of a style in a palette as COLORS x 3 numbers in [-1, 1]: sky, shapes, accent, glow, ink, paper."""
    colors = look(style, palette)
    sky = [colors.sky[round(i * (len(colors.sky) - 1) / 2)] for i in range(3)]
    listed = [*sky, *colors.shapes[:5], colors.accent, colors.glow, colors.ink, colors.paper]
    return np.array([int(c[i : i + 2], 16) / 127.5 - 1 for c in listed for i in (1, 3, 5)], np.float32)


def label_numbers(specs: Sequence[tuple[SceneSpec, bool]]) -> Labels:
    """Labels of scenes as arrays: a number for each word, colors (N, 36), speed (N,)."""
    rows = [
        {"theme": s.theme, "subject": s.subject, "style": s.style, "motion": s.motion, "layout": s.layout,
         "time": s.time, "shown": "yes" if shown else "no"}
        for s, shown in specs
    ]  # fmt: skip
    labels = {name: np.array([number(name, row[name]) for row in rows], np.int32) for name in words()}
    labels["colors"] = np.stack([look_numbers(s.style, s.palette) for s, _ in specs])
    labels["speed"] = np.array([s.speed for s, _ in specs], np.float32)
    return labels


def drawing_hash() -> str:
    """sha256 of everything that decides how a corpus clip looks: the drawing code, the subjects, the label schema."""
    digest = hashlib.sha256()
    files = [Path(scenes.__file__).with_name(f"{name}.py") for name in DRAWING]
    for path in [*files, data_path("scenes", "subjects.json"), data_path("vocabulary.yaml")]:
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def draw(seed: int, size: tuple[int, int]) -> np.ndarray:
    """The corpus clip of a seed, uint8 (16, H, W, 3); size is (width, height)."""
    spec, shown = corpus_spec(seed)
    return draw_scene(spec, size, FRAMES, FPS, subject=shown).frames


def subject_cells(seed: int, size: tuple[int, int], grid: tuple[int, int, int]) -> np.ndarray:
    """Where the subject of a corpus clip is: True in the cells of a grid (T, H, W) that look otherwise without it."""
    spec, shown = corpus_spec(seed)
    if not shown:
        return np.zeros(grid, bool)
    both = [draw_scene(spec, size, FRAMES, FPS, subject=s).frames.astype(np.int16) for s in (True, False)]
    (t, h, w), changed = grid, np.abs(both[0] - both[1]).max(-1)
    return changed.reshape(t, FRAMES // t, h, size[1] // h, w, size[0] // w).mean((1, 3, 5)) > SEEN


def subject_pictures(pieces: tuple[int, int]) -> np.ndarray:
    """A small picture of each subject in its own colours, in pieces of 8x8 pixels: float32 (104, rows, columns, 256).

    Red, green, blue and alpha in 0..1, times alpha; the first is empty: word 0 is "anything".
    """
    rows, columns = pieces
    side, drawn = 8 * min(pieces), [np.zeros((8 * rows, 8 * columns, 4), np.uint8)]
    plain = look("minimal", next(iter(vocabulary().palettes)))
    for subject in words()["subject"]:
        pixels = np.zeros_like(drawn[0])
        canvas = skia.Surface(pixels, colorType=skia.kRGBA_8888_ColorType).getCanvas()
        canvas.translate(4 * columns - side / 2, 4 * rows - side / 2)
        canvas.scale(side / BOX, side / BOX)
        draw_subject(canvas, subject, "minimal", plain, BOX / side)
        drawn.append(pixels)
    pictures = np.stack(drawn).astype(np.float32) / 255
    pictures[..., :3] *= pictures[..., 3:]
    parts = pictures.reshape(-1, rows, 8, columns, 8, 4).transpose(0, 1, 3, 2, 4, 5)
    return parts.reshape(-1, rows, columns, 256)


def all_subject_cells(
    folder: Path, part: str, count: int, size: tuple[int, int], grid: tuple[int, int, int], processes: int = 1
) -> np.ndarray:
    """`subject_cells` of the first `count` clips of a part, bool (N, T, H, W); kept beside the shards.

    The caller's module must guard its main part: other processes do the work. Raises LabError when what is kept is
    damaged, or a process is killed.
    """
    path = shards(folder, part, size).with_suffix(f".{count}.cells.npy")
    if not path.exists():
        seeds = range(PARTS[part][0], PARTS[part][0] + count)
        cells = np.stack(list(spread(partial(subject_cells, size=size, grid=grid), seeds, processes, SHARD)))
        with atomic(path) as file:
            np.save(file, cells)
    return np.array(stored(path, (count, *grid), bool, "remove it, and it is made again"))


def draw_large(seed: int, size: tuple[int, int]) -> np.ndarray:
    """What stands at PHASES of the GAPS of a corpus clip, four times as wide and high: (GAPS, PHASES, 4H, 4W, 3)."""
    spec, shown = corpus_spec(seed)
    stage = Stage(spec, (4 * size[0], 4 * size[1]), shown)
    return np.stack([[stage.frame((gap + phase) / FPS, FRAMES / FPS) for phase in PHASES] for gap in GAPS])


def real_large(seed: int, size: tuple[int, int]) -> np.ndarray:
    """The same of a real picture that the camera passes over."""
    times = np.add.outer(GAPS, PHASES)
    frames = real_frames("real", seed, (4 * size[0], 4 * size[1]), times.ravel(), still=True)
    return frames.reshape(*times.shape, *frames.shape[1:])


MAKERS = {
    "upscaler": (draw, draw_large),
    "real": (partial(real_frames, "real", times=np.arange(FRAMES)), None),
    "real_upscaler": (partial(real_frames, "real", times=np.arange(FRAMES), still=True), real_large),
    "real_test": (partial(real_frames, "real_test", times=np.arange(FRAMES)), None),
}  # of one clip, and of its large frames; the other parts have `draw` only


def _draw_shard(job: tuple[Path, int, tuple[int, int]]) -> None:
    path, first, size = job
    make, large = MAKERS.get(path.parent.name.rpartition("-")[0], (draw, None))
    for maker, target in ((large, path.with_suffix(".large.npy")), (make, path)):
        if maker:
            with atomic(target) as part:
                np.save(part, np.stack([maker(seed, size=size) for seed in range(first, first + SHARD)]))


def render(folder: Path, part: str, count: int, size: tuple[int, int], processes: int = 1) -> None:
    """Draw the first `count` clips of a part of the corpus into shards on disk; what is there already stays.

    With more than one process the caller's module must guard its main part. Stop and start it as you like. Raises
    LabError when the folder takes no files, or a process is killed.
    """
    folder = shards(folder, part, size)
    begin, end = PARTS[part]
    starts = range(begin, min(begin + count, end), SHARD)
    jobs = [(folder / f"{first:07d}.npy", first, size) for first in starts]
    ends = (".npy", ".large.npy") if MAKERS.get(part, (draw, None))[1] else (".npy",)
    jobs = [job for job in jobs if not all(job[0].with_suffix(end).exists() for end in ends)]
    for _ in spread(_draw_shard, jobs, processes):
        pass


def shards(folder: Path, part: str, size: tuple[int, int]) -> Path:
    """Where the drawn clips of a part lie: a folder for each version of the drawings."""
    return Path(folder) / f"corpus-{vocabulary().corpus_version}-{drawing_hash()[:8]}" / f"{part}-{size[0]}x{size[1]}"


class Drawn:
    """Clips of one part on disk, without reading them all: `clips(numbers)` gives uint8 (N, 16, H, W, 3).

    Raises LabError when nothing is drawn, and for a file among the shards that is damaged or something else.
    """

    def __init__(self, folder: Path, part: str, size: tuple[int, int]):
        self.folder, self.size = shards(folder, part, size), size
        self.first = PARTS[part][0]
        self.shards: list[np.ndarray] = []
        self.refresh()
        if not self.shards:
            large = " --large" if size[0] > SIZE[0] else ""
            raise LabError(
                f"{self.folder} holds no drawn clips: draw them first (aigc-lab train corpus --corpus {folder}{large})."
            )

    def refresh(self) -> None:
        """See shards that were drawn since, as far as they follow each other without a gap."""
        while (path := self.folder / f"{self.first + SHARD * len(self.shards):07d}.npy").exists():
            self.shards.append(stored(path, (SHARD, FRAMES, *self.size[::-1], 3), np.uint8, REDRAW))

    def __len__(self) -> int:
        return SHARD * len(self.shards)

    def clips(self, numbers: np.ndarray) -> np.ndarray:
        """The clips of these numbers (0 is the first of the part); of none, an empty array."""
        made = np.empty((len(numbers), *self.shards[0].shape[1:]), np.uint8)
        for place, n in enumerate(numbers):
            made[place] = self.shards[n // SHARD][n % SHARD]
        return made

    def labels(self, count: int | None = None) -> Labels:
        """Labels of the first `count` clips (all)."""
        return label_numbers([corpus_spec(self.first + i) for i in range(count or len(self))])

    def large(self, numbers: np.ndarray) -> np.ndarray:
        """Of the parts for the upscaler: what lies between frames (`draw_large`), (N, GAPS, PHASES, 4H, 4W, 3)."""
        shape = SHARD, len(GAPS), len(PHASES), 4 * self.size[1], 4 * self.size[0], 3
        names = [self.folder / f"{self.first + SHARD * (n // SHARD):07d}.large.npy" for n in numbers]
        return np.stack([stored(f, shape, np.uint8, REDRAW)[n % SHARD] for f, n in zip(names, numbers, strict=True)])
