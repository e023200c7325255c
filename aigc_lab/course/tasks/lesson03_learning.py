"""Lesson 03, the second half: when to stop learning, and what a confusion matrix says."""

import random
from typing import Any

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task


def best_epoch(losses: list[float], patience: int) -> int:
    """The best epoch, counted from 1, when one stops after `patience` epochs in a row without a new best."""
    best = 0
    for epoch, value in enumerate(losses):
        if value < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            break
    return best + 1


def losses_of(draw: random.Random, patience: int) -> list[float]:
    """Losses on unseen clips: they fall with two bumps that patience outlasts, then stay high; one late dip is lower.

    Whoever stops at the first rise, or a little too early, gets another answer, and so does who looks at the whole run.
    """
    level, made = 2.5, []
    for bump in (1, patience - 1, patience):
        for _ in range(draw.randint(2, 4)):
            level -= draw.uniform(0.1, 0.2)
            made.append(level)
        made += [level + draw.uniform(0.02, 0.3) for _ in range(bump)]
    return [round(value, 3) for value in [*made, level - 0.3, level + 0.1]]


def check_stop(answer: Answer, seed: int) -> Words | None:
    """03.4: early stopping with patience."""
    draw = random.Random(f"stop {seed}")
    for patience in (draw.choice([3, 4]), 2, 3):
        losses = losses_of(draw, patience)
        _look_at_epoch(answer.name, losses, patience, answer.call(losses, patience))
    short = [2.0, 1.5, 1.2]
    if answer.call(short, 2) != 3:
        raise Wrong(
            "When every epoch is better than the one before, the last one is the best.",
            "如果每一轮都比前一轮好，最后一轮就是最好的。", 3, answer.call(short, 2),
        )  # fmt: skip
    return Words("You stop when there is nothing more to learn.", "学不到新东西的时候，你停得下来。")


def _look_at_epoch(name: str, losses: list[float], patience: int, came: Any) -> None:
    right = best_epoch(losses, patience)
    if isinstance(came, bool) or not isinstance(came, int):
        kind = kind_of(came)
        raise Wrong(
            f"{name} returns {kind.en}; the number of an epoch is asked for.",
            f"{name} 返回的是{kind.zh}；题目要的是轮次的编号。", came=came,
        )  # fmt: skip
    if came == right:
        return
    stopped, first = right + patience, next(i for i in range(1, len(losses)) if losses[i] >= losses[i - 1])
    told = {
        right - 1: ("Epochs are counted from 1, as a reader would.", "轮次从 1 开始数，和平常数数一样。"),
        int(np.argmin(losses)) + 1: (
            f"Epoch {came} came after you had stopped: {patience} epochs in a row without a new best, and it is over.",
            f"第 {came} 轮已经在停下之后了：连续 {patience} 轮没有刷新最好成绩，就不再往下看。",
        ),
        len(losses): (
            "This is the last epoch. Learning longer is not learning better.",
            "这是最后一轮。学得久不等于学得好。",
        ),
        stopped: (
            "This is the epoch at which you stop; the best one lies before it.",
            "这是停下来的那一轮；最好的那一轮在它前面。",
        ),
        first: (
            f"The first rise is no reason to stop: wait for {patience} epochs in a row without a new best.",
            f"第一次变差还不到停的时候：要连续 {patience} 轮都没有刷新最好成绩。",
        ),
    }  # fmt: skip
    early = best_epoch(losses, patience - 1)
    told.setdefault(
        early,
        ("You lose patience one epoch too early.", "你早了一轮就没有耐心了。"),
    )
    en, zh = told.get(came, ("This is not the best epoch before you stop.", "这不是停下之前最好的那一轮。"))
    raise Wrong(en, zh, right, came)


def weakest(matrix: np.ndarray) -> tuple[int, int]:
    """The kind that is known worst (lowest share of its row on the diagonal), and what it is mostly taken for."""
    share = np.diag(matrix) / matrix.sum(axis=1)
    row = int(share.argmin())
    return row, int(np.where(np.arange(len(matrix)) == row, -1, matrix[row]).argmax())


def confused(draw: random.Random) -> np.ndarray:
    """A confusion matrix (6, 6) of counts: one kind is known worst, by the shares of the rows alone.

    Another has most mistakes in number, one fewest right answers, and one looks worst when columns are divided by.
    """
    weak, many, gathers, mostly, rare = draw.sample(range(6), 5)
    matrix = np.array([[draw.randint(0, 1) for _ in range(6)] for _ in range(6)])
    matrix[rare] = np.where(np.arange(6) == mostly, 1, 0)
    matrix[many] = [draw.randint(5, 6) for _ in range(6)]
    matrix[many, gathers] += 14
    matrix[weak, mostly] = draw.choice([6, 7])
    np.fill_diagonal(matrix, [draw.randint(26, 30) for _ in range(6)])
    matrix[:, [weak, rare]] = 0  # nothing else is taken for them
    for kind, count in ((rare, 5), (weak, 9), (many, 100)):
        matrix[kind, kind] = count
    return matrix


def check_weakest(answer: Answer, seed: int) -> Words | None:
    """03.5: which kind is known worst, and what it is mostly taken for."""
    draw = random.Random(f"confusion {seed}")
    for _ in range(3):
        matrix = confused(draw)
        _look_at_pair(answer.name, matrix, answer.call(matrix))
    return Words("You can read what a model does not know.", "模型不会什么，你看得出来。")


def _look_at_pair(name: str, matrix: np.ndarray, came: Any) -> None:
    right, kinds = weakest(matrix), range(len(matrix))
    if not isinstance(came, list | tuple) or len(came) != 2 or any(type(v) is not int or v not in kinds for v in came):
        raise Wrong(
            f"{name} must return two numbers of kinds, (which, taken_for), counted from 0.",
            f"{name} 应返回两个类别的编号 (哪一类, 被当成哪一类)，从 0 数起。", came=came,
        )  # fmt: skip
    came = tuple(came)
    if came == right:
        return
    off = np.where(np.eye(len(matrix), dtype=bool), -1, matrix)
    most = tuple(int(v) for v in np.unravel_index(off.argmax(), off.shape))
    if came[0] == came[1]:
        raise Wrong(
            "The diagonal is what was right; look for what it was taken for beside it.",
            "对角线上是答对的；要找的是对角线以外，被当成了什么。", right, came,
        )  # fmt: skip
    if came == right[::-1]:
        raise Wrong(
            "Exchanged: rows are what it was, columns are what the model said.",
            "弄反了：行是“实际是”，列是“模型说”。", right, came,
        )  # fmt: skip
    if came == most or came[0] == int((matrix.sum(axis=1) - np.diag(matrix)).argmax()):
        raise Wrong(
            "Most mistakes in number. But this kind has many clips: compare shares, divide each row by its sum.",
            "错的个数最多，可这一类的片段本来就多：要比较比例，每一行先除以它的和。", right, came,
        )  # fmt: skip
    if came[0] == int(np.diag(matrix).argmin()) and came[0] != right[0]:
        raise Wrong("Fewest right answers in number: compare shares.", "答对的个数最少：要比较比例。", right, came)
    if came[0] == right[0]:
        raise Wrong(
            "The right row; but it is taken for another kind more often.", "这一行找对了，可它更常被当成别的类。",
            right, came,
        )  # fmt: skip
    columns = matrix.sum(axis=0)
    if came[0] == int((np.diag(matrix) / np.maximum(columns, 1)).argmin()):
        raise Wrong(
            "You divided by the columns. That says how far to trust the model's word; how well a kind is known stands "
            "in its row.",
            "你除以了列的和。那说明模型的话有多可信；一类认得好不好，要看它那一行。", right, came,
        )  # fmt: skip
    raise Wrong("Another kind is known worse.", "有别的类认得更差。", right, came)


TASKS = [
    Task(
        "03.4",
        "Stop in time",
        "见好就收",
        3,
        check_stop,
        (
            (
                "Remember the best loss so far and its epoch while you go through the list.",
                "一边往后看，一边记住目前最好的损失，以及它是第几轮。",
            ),
            (
                "When the epoch you are at is patience epochs after the best one, and no better: stop.",
                "走到离最好那一轮已有 patience 轮、仍没有更好，就停。",
            ),
            (
                "for epoch, loss in enumerate(losses, 1): a new best, or epoch - best >= patience and break.",
                "for epoch, loss in enumerate(losses, 1)：要么刷新最好，要么 epoch - best >= patience 时 break。",
            ),
        ),
        takes=("losses", "patience"),
    ),
    Task(
        "03.5",
        "Read a confusion matrix",
        "读懂混淆矩阵",
        2,
        check_weakest,
        (
            (
                "matrix[i, j]: so many clips were i, and the model said j. Right ones lie on the diagonal.",
                "matrix[i, j]：有这么多片段实际是 i，模型说是 j。答对的在对角线上。",
            ),
            (
                "How well i is known: matrix[i, i] divided by the sum of row i. Look for the least.",
                "i 认得有多好：matrix[i, i] 除以第 i 行的和。找最小的。",
            ),
            (
                "Then in this row: the largest number that is not on the diagonal.",
                "然后在这一行里，找对角线以外最大的数。",
            ),
        ),
        takes=("matrix",),
    ),
]
