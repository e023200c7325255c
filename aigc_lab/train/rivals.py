"""Rivals of the recognizer, to see what each part is good for: a CNN of one frame, three kinds of memory, a 3-D CNN.

All are about the same size and learn from the same number of clips. They see five frames of a clip, evenly around its
middle one; the CNN of one frame sees only that one. In two of the three tasks order matters, and there the middle frame
gives nothing away: each clip is played forward or backwards by the throw of a coin, its five moments are the same both
ways, and the frame in the middle is then the very same picture whatever the answer is.

Other frames can tell something. Where a move to the side begins, a drawing ends short of one edge of the picture: in
that task each clip is seen through a window of its own, of any size and place away from the edges, all its frames
through the same. A picture that comes nearer begins small. What is left of this the CNN of the first frame tells.

- theme: which of the ten themes.
- reversed: as drawn, the picture comes nearer (`in`); is it played backwards?
- direction: does the picture move to the left or to the right?
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import keras
import numpy as np
from keras import layers

from aigc_lab import LabError
from aigc_lab.train.evaluating import Share, as_numbers, judge, load_recognizer
from aigc_lab.train.fitting import Batch, Plan, fit
from aigc_lab.train.generated import truth_of
from aigc_lab.train.input import SHARD, Drawn, corpus_spec, render, words
from aigc_lab.train.recognizer import HEADS, Recognizer

SIZE = (40, 72)  # width and height of the clips
MOMENTS = (2, 5, 8, 11, 14)  # of a clip's 16 frames; the picture's move is drawn evenly around frame 8
TASKS: dict[str, tuple[str, ...]] = {"theme": (), "reversed": ("in",), "direction": ("left", "right")}  # motions used
KINDS = ("frame", "first_frame", "simple_rnn", "lstm", "gru", "conv3d")
EDGE, WINDOW = 0.1, (0.45, 0.8)  # of a picture's sides: what no window shows; the sizes of windows
BATCH, RATE = 32, 2e-3
WIDTHS, WIDTHS_3D = (16, 32, 64), (12, 24, 48)  # channels; each convolution halves the picture
SEEN = 48  # numbers that tell a frame
MEMORY = {"frame": 520, "first_frame": 520, "simple_rnn": 148, "lstm": 64, "gru": 76, "conv3d": 36}  # units


def look_at_a_frame() -> keras.Sequential:
    """The CNN of all rivals but one: a picture (H, W, 3) in [-1, 1] -> (SEEN,).

    It ends with all places of its last map, not with a pool as the recognizer does: a move is seen by where things are.
    """
    shrink = [layers.Conv2D(width, 3, strides=2, padding="same", activation="relu") for width in WIDTHS]
    return keras.Sequential([*shrink, layers.Flatten(), layers.Dense(SEEN, activation="relu")], name="look")


def _look_at_a_clip() -> keras.Sequential:
    """The same with kernels that also reach one moment back and one on; time is halved twice."""
    strides = [(1, 2, 2), (2, 2, 2), (2, 2, 2)]
    shrink = [
        layers.Conv3D(width, 3, strides=step, padding="same", activation="relu")
        for width, step in zip(WIDTHS_3D, strides, strict=True)
    ]
    return keras.Sequential([*shrink, layers.Flatten(), layers.Dense(MEMORY["conv3d"], activation="relu")])


def rival(kind: str, count: int) -> keras.Model:
    """A model that has learned nothing yet: clips uint8 (B, 5, 72, 40, 3) -> logits (B, count).

    Raises LabError for an unknown kind.
    """
    if kind not in KINDS:
        raise LabError(f"There is no rival {kind!r}: choose {', '.join(KINDS)}.")
    clips = keras.Input((len(MOMENTS), SIZE[1], SIZE[0], 3), dtype="uint8")
    x = layers.Rescaling(1 / 127.5, -1)(clips)
    units, memories = MEMORY[kind], {"simple_rnn": layers.SimpleRNN, "lstm": layers.LSTM, "gru": layers.GRU}
    if kind == "conv3d":
        x = _look_at_a_clip()(x)
    elif kind not in memories:
        x = x[:, len(MOMENTS) // 2 if kind == "frame" else 0]
        x = layers.Dense(units, activation="relu")(look_at_a_frame()(x))
    else:
        x = memories[kind](units)(layers.TimeDistributed(look_at_a_frame())(x))
    return keras.Model(clips, layers.Dense(count, dtype="float32")(x), name=kind)


@dataclass(frozen=True)
class Exam:
    """Clips of one part of the corpus for one task, read as they are needed."""

    task: str
    drawn: Drawn
    which: np.ndarray  # numbers of the clips that the task can use
    truth: np.ndarray  # of each: its theme from 0; where order matters 1 if it moves to the right, else 0

    def __len__(self) -> int:
        return len(self.which)

    def batch(self, chosen: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The five moments of these clips (places in `which`) and the right answers.

        Where order matters a coin turns time round; moves to the side are seen through windows.
        """
        clips, right = self.drawn.clips(self.which[chosen])[:, MOMENTS], self.truth[chosen]
        if self.task != "theme":
            back = rng.random(len(chosen)) < 0.5
            clips[back] = clips[back, ::-1]
            right = right ^ back
        if self.task == "direction":
            clips = through_windows(clips, rng)
        return clips, right.astype(np.int32)


def through_windows(clips: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Clips uint8 (N, T, H, W, 3), of each a part by lot, the same in all its frames and as large again as before."""
    made, (height, width) = np.empty_like(clips), clips.shape[2:4]
    for old, new in zip(clips, made, strict=True):
        share = rng.uniform(*WINDOW)
        h, w = round(share * height), round(share * width)
        top = int(rng.integers(round(EDGE * height), round((1 - EDGE) * height) - h + 1))
        left = int(rng.integers(round(EDGE * width), round((1 - EDGE) * width) - w + 1))
        for t, frame in enumerate(old):
            part = np.ascontiguousarray(frame[top : top + h, left : left + w])
            new[t] = cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR)
    return made


def exam(task: str, corpus: Path, part: str, most: int | None = None) -> Exam:
    """The clips that a task can use among the first `most` (all) of a part of the drawn corpus.

    Raises LabError for an unknown task, or when nothing is drawn.
    """
    if task not in TASKS:
        raise LabError(f"There is no task {task!r}: choose {', '.join(TASKS)}.")
    drawn = Drawn(corpus, part, SIZE)
    labels = drawn.labels(min(most or len(drawn), len(drawn)))
    if task == "theme":
        return Exam(task, drawn, np.arange(len(labels["theme"])), labels["theme"] - 1)
    numbers = {name: i + 1 for i, name in enumerate(words()["motion"])}
    which = np.flatnonzero(np.isin(labels["motion"], [numbers[m] for m in TASKS[task]]))
    if not len(which):
        raise LabError(f"{drawn.folder} holds no clip that moves as the task {task!r} needs: draw more of them.")
    return Exam(task, drawn, which, (labels["motion"][which] == numbers["right"]).astype(np.int32))


def train_rival(kind: str, learn: Exam, run: Path, steps: int, say: Callable[[str], None] = print) -> keras.Model:
    """A rival that learned one task from `steps` batches of 32; goes on from the checkpoint in `run`.

    Every kind sees the same clips in the same order. Raises LabError as `fit` does.
    """
    keras.utils.set_random_seed(0)
    model = rival(kind, len(words()["theme"]) if learn.task == "theme" else 2)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.AdamW(RATE, weight_decay=0.01, global_clipnorm=1.0)
    model.compile(optimizer, loss, metrics=["accuracy"])

    def one(step: int) -> Batch:
        rng = np.random.default_rng([701, step])
        return learn.batch(rng.integers(len(learn), size=BATCH), rng)

    fit(model, one, Plan(run, steps=steps, rate=RATE, say=say))
    return model


@dataclass(frozen=True)
class Row:
    """One line of the table: how often a rival was right on unseen clips, its size, and its time."""

    task: str
    model: str
    accuracy: float
    at_least: float
    count: int
    parameters: int
    milliseconds: float


def compare(
    corpus: Path, out: Path, steps: int = 1200, clips: int = 20_000, unseen: int = 512,
    tasks: Sequence[str] = tuple(TASKS), kinds: Sequence[str] = KINDS, say: Callable[[str], None] = print,
) -> list[dict[str, str | float | int]]:  # fmt: skip
    """Train every rival on every task from the part `judge`, and ask it about the part `test`: rows of a table.

    steps: batches of 32 for each; clips: how many drawn ones of `judge` are used; unseen: how many of `test`.
    Checkpoints lie in `out`, so what is finished is not trained again. Raises LabError when a part is not drawn.
    """
    rows = []
    for task in tasks:
        learn, asked = exam(task, corpus, "judge", clips), exam(task, corpus, "test", unseen)
        questions, right = asked.batch(np.arange(len(asked)), np.random.default_rng(702))
        for kind in kinds:
            say(f"{task}: {kind}, {steps} batches of {BATCH} from {len(learn)} clips")
            model = train_rival(kind, learn, Path(out) / f"{task}-{kind}-{steps}", steps, say=lambda text: None)
            told = model.predict(questions, batch_size=BATCH, verbose=0).argmax(1)
            share = Share(int((told == right).sum()), len(right))
            time_taken = milliseconds(model.predict_on_batch, questions)
            rows.append(Row(task, kind, share.rate, share.lower, share.count, model.count_params(), time_taken))
            say(f"{share.rate:.1%} of {share.count}, at least {share.lower:.1%}, {time_taken:.2f} ms a clip")
    return [asdict(row) for row in rows]


def milliseconds(ask: Callable[[np.ndarray], object], clips: np.ndarray, tries: int = 7) -> float:
    """The time that a trained model takes for a clip when asked about BATCH at once: the best of a few tries."""
    batch, taken = clips[:BATCH], []
    ask(batch)
    for _ in range(tries):
        begin = time.perf_counter()
        ask(batch)
        taken.append(time.perf_counter() - begin)
    return round(1000 * min(taken) / len(batch), 3)


def evaluate_recognizer(
    corpus: Path, clips: int = 2000, weights: Path | None = None, processes: int = 1, steps: int = 0
) -> dict[str, object]:
    """The shipped recognizer on drawn clips that no model saw (part `test`, drawn where they are not there yet).

    Numbers as `as_numbers` has them (theme_accuracy ..., milliseconds_per_clip), and "themes": a row for each theme.
    steps: with more than 0 the rivals are trained so long in corpus/rivals, from the part `judge`; "rivals" holds
    the rows of `compare`. Raises LabError when weights are missing or changed.
    """
    model = load_recognizer(weights)
    render(Path(corpus), "test", clips, SIZE, processes)
    drawn = Drawn(Path(corpus), "test", SIZE)
    count = min(clips, len(drawn))
    seen = np.concatenate([drawn.clips(np.arange(a, min(a + SHARD, count))) for a in range(0, count, SHARD)])
    truth = truth_of([corpus_spec(seed) for seed in range(drawn.first, drawn.first + count)])
    numbers = recognizer_numbers(model, seen, truth)
    if steps:
        numbers["rivals"] = compare(Path(corpus), Path(corpus) / "rivals", steps, unseen=count)
    return numbers


def recognizer_numbers(model: Recognizer, clips: np.ndarray, truth: np.ndarray) -> dict[str, object]:
    """What `evaluate_recognizer` says, of clips uint8 (N, 16, H, W, 3) with truth (N, 4) as `judge` takes it."""
    mine = {name: truth[:, 0] == i for i, name in enumerate(words()["theme"])}
    found = {name: judge(model, clips[which], truth[which]) for name, which in mine.items() if which.any()}
    numbers = {}
    for head in HEADS:
        heads = [shares[head] for shares in found.values() if head in shares]
        if heads:
            numbers[f"{head}_accuracy"] = Share(sum(s.right for s in heads), sum(s.count for s in heads)).number
    themes = {name: shares["theme"].number for name, shares in found.items()}
    taken = milliseconds(lambda few: model.predict_on_batch({"clips": few}), clips)
    more = {"clips": len(clips), "parameters": model.count_params(), "milliseconds_per_clip": taken}
    return as_numbers(numbers, more | {"themes": as_numbers(themes)["rows"]})
