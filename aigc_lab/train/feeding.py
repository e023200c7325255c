"""A corpus as what models learn from: batches of small clips with their labels, as a tf.data.Dataset or one by one.

Everything is decoded once, before the first batch (decoding.py), by threads: FFmpeg works outside of Python's lock, so
threads use all cores and need no start. A program that is killed loses the files in work and nothing that was finished.
A batch follows from the seed and its number alone, whatever the number of workers.
"""

import itertools
import re
import threading
import warnings
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import yaml

from aigc_lab import LabError
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.manifest import Row
from aigc_lab.settings import data_path
from aigc_lab.train.augmenting import may_mirror, vary
from aigc_lab.train.decoding import Cutting, camera_move, keep, kept_clip, shard
from aigc_lab.train.input import words
from aigc_lab.train.troubles import plainly
from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import load_words

if TYPE_CHECKING:
    import tensorflow as tf

NUMBERED = ("theme", "subject", "style", "motion")  # labels that come as numbers, as in aigc_lab.train.input
WRITTEN = ("caption_en", "caption_zh", "id")
CACHE = "cache"  # folder inside the corpus
Batch = dict[str, np.ndarray]


@dataclass(frozen=True)
class _Clip:
    """A clip on disk: which shot it is of, and its place among those of its file."""

    row: Row
    file: str
    place: int


def clips_from(corpus: Corpus, part: str | None = "train", **options: object) -> "tf.data.Dataset":
    """The clips of a corpus as a tf.data.Dataset of batches; one pass over it is an epoch, each in another order.

    A batch is a dict: clips uint8 (B, T, H, W, 3); theme, subject, style, motion int32 (B,), numbered as
    `aigc_lab.train.input.words` has them and 0 for unknown; caption_en, caption_zh and id (of the shot) as text (B,).
    The last batch of an epoch may be smaller. options and errors: see `Feed`.
    """
    return Feed(corpus, part, **options).dataset()


class Feed:
    """The clips of one part of a corpus that may be used for something; `batch(step)` gives any batch at once."""

    def __init__(
        self, corpus: Corpus, part: str | None = "train", *, use: str = "train", size: tuple[int, int] = (40, 72),
        frames: int = 16, fps: float = 7.5, stride: int | None = None, batch: int = 8, seed: int = 0,
        augment: bool = True, shuffle: bool = True, cache: Path | None = None, workers: int = 2,
        tell: Callable[[float], None] | None = None,
    ) -> None:  # fmt: skip
        """Cut what is not cut yet; afterwards the media files are not needed any more.

        part: a split of the corpus, None for all of them; use: what the rights must allow. size: (width, height) in
        px; frames of a clip, at `fps` (of a video with 30 fps, 7.5 keeps every fourth frame). stride: frames between
        the beginnings of two clips of a shot, None: they touch. Shots shorter than a clip are left out (`short`).
        augment: clips vary with each epoch (augmenting.py). shuffle: False gives the order of the manifest. cache:
        where the clips are kept (in the corpus). workers: threads. tell hears how much is cut, 0 to 1.

        A file that is gone, damaged or not what was collected gives a warning and is left out (`left_out`). Raises
        LabError when nothing is left, when the corpus has no such part, and for a use or numbers that do not exist.
        """
        if batch < 1 or workers < 1:
            raise LabError(f"Batches of {batch} clips with {workers} workers cannot be made: use 1 of each at least.")
        self.corpus, self.size, self.workers, self.seed = corpus, size, workers, seed
        self.batch_size, self.augment, self.shuffle = batch, augment, shuffle
        self.cutting = Cutting(size, frames, fps, frames if stride is None else stride)
        self.folder = Path(cache) if cache else corpus.folder / CACHE
        self.left_out: dict[str, str] = {}  # file -> why
        self._lock = threading.Lock()
        chosen = _chosen(corpus, part, use)
        fitting = [row for row in chosen if len(self.cutting.starts(row))]
        self.short = len(chosen) - len(fitting)
        files: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(fitting, key=lambda row: row.start):
            files[row.file].append(row)
        self.files = {row.file: files[row.file] for row in fitting}  # in the order of the manifest
        if not files:
            raise LabError(
                f"No clip of {frames / fps:.1f} s can be cut: the {len(chosen)} usable shots are shorter. Take fewer "
                "frames, or more of them a second."
            )
        self._prepare(tell or (lambda share: None))
        self.clips = [
            _Clip(row, row.file, place)
            for file in self.files.values()
            if file[0].file not in self.left_out
            for place, row in enumerate(row for row in file for _ in self.cutting.starts(row))
        ]
        self._check()

    def __len__(self) -> int:
        """How many clips there are."""
        return len(self.clips)

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-len(self.clips) // self.batch_size)

    def _prepare(self, tell: Callable[[float], None]) -> None:
        missing = [file for file, rows in self.files.items() if not self._shard(file).is_file()]
        threads = self.workers if len(missing) == 1 else 1  # each file has a core of its own
        stop = threading.Event()
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                running = [pool.submit(self._keep, file, threads, stop) for file in missing]
                for done, future in enumerate(as_completed(running), 1):
                    future.result()
                    tell(done / len(running))
            except BaseException:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _shard(self, file: str) -> Path:
        return shard(self.folder, self.files[file], self.cutting)

    def _keep(self, file: str, threads: int = 1, stop: threading.Event | None = None) -> None:
        """Cut the clips of a file; one that cannot be is left out with a warning, a full disk is an error."""
        rows, target = self.files[file], self._shard(file)
        try:
            keep(self.corpus.path(rows[0]), rows, self.cutting, target, threads, stop)
        except LabError as error:
            if str(error).startswith("Cannot write") or (stop and stop.is_set()):
                raise
            self.left_out[file] = str(error)
            warnings.warn(f"{rows[0].name} ({rows[0].path}) is left out. {error}", stacklevel=2)

    def _check(self) -> None:
        if not self.clips or len(self.left_out) == len(self.files):
            why = next(iter(self.left_out.values()), "")
            raise LabError(f"Nothing is left to learn from in {self.corpus.folder}: {why}")

    def batch(self, step: int) -> Batch:
        """Batch number `step`, counted through all epochs, as arrays (see `clips_from`).

        Clips of a file that can no longer be read are left out of it. Raises LabError when nothing is left.
        """
        epoch, place = divmod(step, self.steps)
        order = np.arange(len(self.clips))
        if self.shuffle:
            order = np.random.default_rng([self.seed, 701, epoch]).permutation(len(self.clips))
        chosen = order[place * self.batch_size : (place + 1) * self.batch_size]
        made = [clip for number in chosen if (clip := self._clip(int(number), epoch))]
        self._check()
        out: Batch = {"clips": np.zeros((0, self.cutting.frames, *self.size[::-1], 3), np.uint8)}
        if made:
            out["clips"] = np.stack([frames for frames, _ in made])
        for name in NUMBERED:
            out[name] = np.array([_number(name, told[name]) for _, told in made], np.int32)
        return out | {name: np.array([told[name] for _, told in made], object) for name in WRITTEN}

    def _clip(self, number: int, epoch: int) -> tuple[np.ndarray, dict[str, str]] | None:
        """A clip as a model sees it in an epoch, with its labels as words; None when its file is left out."""
        clip = self.clips[number]
        frames = self._read(clip)
        if frames is None:
            return None
        told, row = told_labels(clip.row), clip.row
        if self.augment:
            rng = np.random.default_rng([self.seed, 702, epoch, number])
            return vary(frames, told, self.size, rng, may_mirror(row), row.kind == "picture")
        return np.stack([cv2.resize(f, self.size, interpolation=cv2.INTER_AREA) for f in frames]), told

    def _read(self, clip: _Clip) -> np.ndarray | None:
        """A clip from the disk; when it was lost there it is cut again from its file."""
        if clip.file in self.left_out:
            return None
        try:
            return kept_clip(self._shard(clip.file), clip.place, self.cutting)
        except (OSError, ValueError):
            with self._lock:  # of several threads that miss it, one cuts
                try:
                    return kept_clip(self._shard(clip.file), clip.place, self.cutting)
                except (OSError, ValueError):
                    if clip.file not in self.left_out:
                        self._keep(clip.file)
            return None if clip.file in self.left_out else kept_clip(self._shard(clip.file), clip.place, self.cutting)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch in their order, made ahead by the workers; empty ones are left out."""
        first = number * self.steps
        with ThreadPoolExecutor(self.workers) as pool:
            waiting = deque(pool.submit(self.batch, first + i) for i in range(min(2 * self.workers, self.steps)))
            for step in range(self.steps):
                made = waiting.popleft().result()
                if step + 2 * self.workers < self.steps:
                    waiting.append(pool.submit(self.batch, first + step + 2 * self.workers))
                if len(made["clips"]):
                    yield made

    def dataset(self) -> "tf.data.Dataset":
        """The batches as a tf.data.Dataset; each pass over it is the next epoch. See `clips_from`.

        A LabError while it is read in a loop comes as it is. Inside of `model.fit` TensorFlow passes on its text only;
        `aigc_lab.train.troubles.plainly` takes it out of that.
        """
        import tensorflow as tf

        epochs = itertools.count()
        shape = (None, self.cutting.frames, *self.size[::-1], 3)
        kinds = {"clips": tf.TensorSpec(shape, tf.uint8)}
        kinds |= {name: tf.TensorSpec((None,), tf.int32) for name in NUMBERED}
        kinds |= {name: tf.TensorSpec((None,), tf.string) for name in WRITTEN}
        made = tf.data.Dataset.from_generator(lambda: self.epoch(next(epochs)), output_signature=kinds)
        return _told_plainly(made.prefetch(1))


def _told_plainly(data: "tf.data.Dataset") -> "tf.data.Dataset":
    """The same dataset; a loop over it hears a LabError as such, which TensorFlow puts into an error of its own."""
    kind = type(data)

    def begin(dataset: "tf.data.Dataset") -> Iterator:
        steps = kind.__iter__(dataset)
        reader = type(steps)

        def following(reading: Iterator) -> Batch:
            with plainly("take smaller batches"):
                return reader.__next__(reading)

        steps.__class__ = type(reader.__name__, (reader,), {"__next__": following})
        return steps

    data.__class__ = type(kind.__name__, (kind,), {"__iter__": begin})
    return data


def _chosen(corpus: Corpus, part: str | None, use: str) -> list[Row]:
    """The videos and pictures of a part that pass the gate. Raises LabError when there are none, and says why."""
    passed = [row for row in corpus.usable(use) if row.kind in ("video", "picture")]
    if not passed:
        raise LabError(f"Nothing in {corpus.folder} may be used to {use}: collect videos or pictures that may.")
    chosen = [row for row in passed if part in (None, row.split)]
    if not chosen:
        known = sorted({row.split for row in passed} - {""})
        what = f"its parts are {', '.join(known)}" if known else "it is not split yet: run its `split` first"
        raise LabError(f"{corpus.folder} has no part '{part}' with something to {use} on: {what}.")
    return chosen


def told_labels(row: Row) -> dict[str, str]:
    """What a shot is labelled with, as words, "" for unknown: theme, subject, style, motion, captions, id."""
    motion = camera_move(row) if row.kind == "picture" else told_motion(row.caption_en, row.caption_zh)
    told = {"theme": row.theme, "subject": row.subject, "style": row.style, "motion": motion}
    return told | {"caption_en": row.caption_en, "caption_zh": row.caption_zh, "id": row.id}


def _number(label: str, word: str) -> int:
    listed = words()[label]
    return listed.index(word) + 1 if word in listed else 0


@lru_cache(maxsize=65_536)
def told_motion(english: str, chinese: str) -> str:
    """The motion of the vocabulary that both captions of a shot tell in the lab's own words, "" if none or several."""
    pairs = zip((english, chinese), _wordings(), strict=True)
    both = [{motion for motion, wording in known.items() if wording.search(text)} for text, known in pairs]
    agreed = both[0] & both[1]
    return agreed.pop() if len(agreed) == 1 else ""


@cache
def _wordings() -> list[dict[str, re.Pattern]]:
    """How captions tell each motion, in English and in Chinese (describing.py and clip_words.py write them)."""
    look, drawn = load_words("look"), yaml.safe_load(data_path("scenes", "words.yaml").read_text(encoding="utf-8"))
    out = []
    for language in ("en", "zh"):
        paces = {*drawn[language]["pace"].values(), *(words[language].strip() for words in look["pace"].values())} - {
            ""
        }
        pace = rf"(?:(?:{'|'.join(sorted(paces, key=len, reverse=True))})\s*)?"
        found = {}
        for motion in vocabulary().motions:
            seen = look["motion"].get("still" if motion == "none" else motion, {language: []})[language]
            told = [*drawn[language]["move"][motion], *([seen] if seen else [])]
            parts = [[re.escape(part.strip()) for part in wording.split("{pace}")] for wording in told]
            found[motion] = re.compile("|".join((r"\s*" + pace).join(part) for part in parts), re.IGNORECASE)
        out.append(found)
    return out
