"""Lesson 03: every kept answer; the right ones pass for every student, each wrong one fails with its own words."""

import random

import numpy as np
import pytest
from kept_answers import every_task_is_kept, right_passes, wrong_fails

from aigc_lab.course.check import run_check
from aigc_lab.course.tasks import lesson03 as first
from aigc_lab.course.tasks import lesson03_learning as second


def step(x, y, W, b, rate, mean=True, largest=True, truth=1.0, way=-1):
    """The right answer to 03.1."""
    scores = x @ W + b
    with np.errstate(all="ignore"):
        p = np.exp(scores - scores.max(axis=1, keepdims=True) if largest else scores)
        p = p / p.sum(axis=1, keepdims=True)
    p[range(len(y)), y] -= truth
    p = p / len(y) if mean else p
    return W + way * rate * x.T @ p, b + way * rate * p.sum(axis=0)


def every_frame(clips, look):
    """The right answer to 03.2."""
    return np.stack([look(clip) for clip in clips])


def remember(vectors, W, U, b, squash=np.tanh):
    """The right answer to 03.3."""
    h = np.zeros(len(b))
    for x in vectors:
        h = squash(x @ W + h @ U + b)
    return h


def best_epoch(losses, patience):
    """The right answer to 03.4."""
    best = 1
    for epoch, loss in enumerate(losses, 1):
        if loss < losses[best - 1]:
            best = epoch
        elif epoch - best >= patience:
            break
    return best


def weakest(matrix):
    """The right answer to 03.5."""
    row = int((np.diag(matrix) / matrix.sum(axis=1)).argmin())
    others = [-1 if i == row else count for i, count in enumerate(matrix[row])]
    return row, int(np.argmax(others))


RIGHT = {"03.1": step, "03.2": every_frame, "03.3": remember, "03.4": best_epoch, "03.5": weakest}


def taken_for(matrix, row):
    return row, int(np.where(np.arange(len(matrix)) == row, -1, matrix[row]).argmax())


def least_taken_for(matrix):
    row = weakest(matrix)[0]
    return row, int(np.where(np.arange(len(matrix)) == row, 99, matrix[row]).argmin())


def mixed(clips, look):
    n, t = clips.shape[:2]
    return look(clips.swapaxes(0, 1).reshape(n * t, *clips.shape[2:])).reshape(n, t, -1)


def without_own(matrix):
    return matrix * (1 - np.eye(len(matrix), dtype=int))


WRONG = {
    "03.1": [
        (lambda x, y, W, b, rate: step(x, y, W, b, rate, way=1), "You walk uphill"),
        (lambda x, y, W, b, rate: step(x, y, W, b, rate, mean=False), "as many times too long"),
        (lambda x, y, W, b, rate: (step(x, y, W, b, rate)[0], b), "b stands still"),
        (lambda x, y, W, b, rate: step(x, y, W, b, rate, truth=0.0), "never look at the right answers"),
        (lambda x, y, W, b, rate: step(x, y, W, b, 1.0), "does not know the rate"),
        (lambda x, y, W, b, rate: step(x, y, W, b, rate, largest=False), "too large for a computer"),
        (lambda x, y, W, b, rate: step(x, y, W, b, rate)[0], "two things are asked for"),
        (lambda x, y, W, b, rate: (step(x, y, W, b, rate)[0].T, b), "The shape of W"),
        (lambda x, y, W, b, rate: (W, b), "not one step against the gradient"),
        (lambda x, y, W, b, rate: (W.__isub__(rate), b), "changes what it is given"),
    ],
    "03.2": [
        (lambda clips, look: look(clips), "look takes pictures"),
        (lambda clips, look: look(clips[:, 0]), "Only one frame"),
        (lambda clips, look: every_frame(clips, look).mean(axis=1), "do not mix the frames"),
        (lambda clips, look: every_frame(clips, look).swapaxes(0, 1), "Time stands first"),
        (lambda clips, look: look(clips.reshape(-1, *clips.shape[2:])), "One long row of pictures"),
        (mixed, "right vectors in wrong places"),
        (lambda clips, look: every_frame(clips / 255, look), "not the vectors that `look` gives"),
        (lambda clips, look: every_frame(clips, look).reshape(len(clips), -1), "The shape of the answer"),
        (lambda clips, look: "vectors", "gives a text"),
    ],
    "03.3": [
        (lambda vectors, W, U, b: np.tanh(vectors[-1] @ W + b), "Only the last vector"),
        (lambda vectors, W, U, b: remember(vectors[::-1], W, U, b), "backwards"),
        (lambda vectors, W, U, b: remember(vectors, W, U, b, lambda h: h), "tanh keeps each one"),
        (lambda vectors, W, U, b: np.tanh((vectors @ W + b).sum(axis=0)), "A sum does not know"),
        (lambda vectors, W, U, b: np.tanh(vectors @ W + b).mean(axis=0), "A mean does not know"),
        (lambda vectors, W, U, b: remember(vectors, W, U.T, b), "from the wrong side"),
        (lambda vectors, W, U, b: remember(vectors, W, U, 0 * b), "bias b is missing"),
        (lambda vectors, W, U, b: [remember(vectors[: t + 1], W, U, b) for t in range(len(vectors))], "only the end"),
        (lambda vectors, W, U, b: remember(vectors[1:], W, U, b), "not the memory after the last vector"),
    ],
    "03.4": [
        (lambda losses, patience: int(np.argmin(losses)) + 1, "came after you had stopped"),
        (lambda losses, patience: best_epoch(losses, patience) - 1, "counted from 1"),
        (lambda losses, patience: best_epoch(losses, patience) + patience, "the epoch at which you stop"),
        (lambda losses, patience: best_epoch(losses, 1), "first rise is no reason"),
        (lambda losses, patience: best_epoch(losses, patience - 1), "one epoch too early"),
        (lambda losses, patience: len(losses), "the last epoch"),
        (lambda losses, patience: min(losses), "the number of an epoch"),
        (lambda losses, patience: best_epoch(losses, patience) - 2, "not the best epoch"),
    ],
    "03.5": [
        (lambda matrix: weakest(matrix)[::-1], "Exchanged"),
        (lambda matrix: (weakest(matrix)[0],) * 2, "The diagonal is what was right"),
        (lambda matrix: divmod(int(without_own(matrix).argmax()), len(matrix)), "Most mistakes in number"),
        (lambda matrix: taken_for(matrix, int(np.diag(matrix).argmin())), "Fewest right answers"),
        (lambda matrix: taken_for(matrix, int((np.diag(matrix) / matrix.sum(axis=0)).argmin())), "by the columns"),
        (least_taken_for, "another kind more often"),
        (lambda matrix: weakest(matrix)[0], "two numbers of kinds"),
    ],
}


def test_every_task_of_the_lesson_is_kept_here_with_both_languages_and_hints():
    every_task_is_kept("03", RIGHT, WRONG)


@pytest.mark.parametrize("task_id", WRONG)
def test_the_right_answer_passes_for_every_student(task_id):
    right_passes(task_id, RIGHT[task_id])


@pytest.mark.parametrize("task_id", WRONG)
def test_each_wrong_answer_fails_for_every_student_with_a_message_of_its_own(task_id):
    wrong_fails(task_id, WRONG[task_id])


def test_one_epoch_of_patience_too_many_reaches_the_same_late_dip_as_the_lowest_loss_of_all():
    for seed in range(8):
        result = run_check("03.4", lambda losses, patience: best_epoch(losses, patience + 1), seed)
        assert (result.status, result.points) == ("wrong", 0)
        assert "came after you had stopped" in result.message.en


def test_a_confusion_matrix_of_a_task_has_another_answer_by_counts_and_by_columns():
    for seed in range(30):
        matrix = second.confused(random.Random(seed))
        right = second.weakest(matrix)
        wrong_counts = matrix.sum(axis=1) - np.diag(matrix)
        assert right[0] not in (wrong_counts.argmax(), np.diag(matrix).argmin())
        assert right[0] != (np.diag(matrix) / matrix.sum(axis=0)).argmin()
        assert np.sort(matrix[right[0]])[-2] > np.sort(matrix[right[0]])[-3]  # nobody can be in doubt


def test_the_step_that_is_asked_for_makes_the_loss_fall():
    draw = random.Random(5)
    for _ in range(10):
        x, y, W, b = first.layer(draw, 1.0)
        assert first.loss(x, y, *step(x, y, W, b, 0.1)) < first.loss(x, y, W, b)
