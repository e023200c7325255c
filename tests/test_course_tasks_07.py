"""Lesson 07: every kept answer; the right ones pass for every student, each wrong one fails with its own words."""

import random

import numpy as np
import pytest
from kept_answers import every_task_is_kept, right_passes, wrong_fails

from aigc_lab.course.check import run_check
from aigc_lab.course.tasks.lesson07_adapter import chosen, guidance_table


def walk(first, second, share, scale=1.0, axis=None, careful=True):
    """The right answer to 07.1."""
    lengths = np.linalg.norm(first, axis=axis, keepdims=True) * np.linalg.norm(second, axis=axis, keepdims=True)
    angle = scale * np.arccos(np.clip((first * second).sum(axis=axis, keepdims=True) / lengths, -1, 1))
    if careful and np.sin(angle).min() < 1e-6:
        return first
    with np.errstate(invalid="ignore"):
        return (np.sin((1 - share) * angle) * first + np.sin(share * angle) * second) / np.sin(angle)


def straight(first, second, share):
    return (1 - share) * first + share * second


def straight_and_stretched(first, second, share):
    made = straight(first, second, share)
    return made * np.linalg.norm(first) / np.linalg.norm(made)


def numbers(palette):
    return np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in palette])


def distances(frames, palette):
    return np.sqrt(np.square(frames.reshape(-1, 1, 3) / 255 - numbers(palette) / 255).sum(-1))


def palette_distance(frames, palette):
    """The right answer to 07.2."""
    return distances(frames, palette).min(axis=1).mean()


def new_adapter(kernel, rank, seed):
    """The right answer to 07.3."""
    a = np.random.default_rng(seed).normal(size=(kernel.shape[0], rank))
    return a, np.zeros((rank, kernel.shape[1]))


def wrapped(frames, palette):
    apart = frames.reshape(-1, 1, 3) - numbers(palette).astype(np.uint8)
    return np.sqrt(np.square(apart.astype(float)).sum(-1)).min(axis=1).mean() / 255


def mean_color(frames, palette):
    return distances(frames.reshape(-1, 3).mean(axis=0) * np.ones((1, 1, 1, 3)), palette).min()


def both_drawn(kernel, rank, seed):
    a, b = new_adapter(kernel, rank, seed)
    return a, b + 0.1


def share_of(row):
    return row["right"] / row["clips"]


def least_diverse(rows):
    best = max(map(share_of, rows))
    return min((r for r in rows if share_of(r) >= best - 0.03), key=lambda r: r["diversity"])["guidance"]


RIGHT = {"07.1": walk, "07.2": palette_distance, "07.3": new_adapter, "07.4": chosen}
WRONG = {
    "07.1": [
        (straight, "This is the straight line"),
        (straight_and_stretched, "but not the pace"),
        (lambda first, second, share: walk(second, first, share), "end at the first"),
        (lambda first, second, share: walk(first, second, share, careful=False), "there is no angle"),
        (lambda first, second, share: np.linalg.norm(walk(first, second, share)), "an array of shape ()"),
        (lambda first, second, share: walk(first, second, share) / np.linalg.norm(first), "must come out"),
        (lambda first, second, share: first * (1 - share) ** 2 + second * share**2, "on the sphere the length stays"),
        (lambda first, second, share: "sphere", "an array like the ones it was given"),
    ],
    "07.2": [
        (lambda frames, palette: 255 * palette_distance(frames, palette), "divide by 255"),
        (lambda frames, palette: distances(frames, palette).mean(), "only the nearest one counts"),
        (lambda frames, palette: distances(frames, palette).max(axis=1).mean(), "the farthest colour"),
        (lambda frames, palette: distances(frames, palette).min(), "the best pixel of all"),
        (lambda frames, palette: np.square(distances(frames, palette)).min(axis=1).mean(), "the squared distance"),
        (mean_color, "half red, half blue is not violet"),
        (lambda frames, palette: palette_distance(frames[:1], palette), "the first frame only"),
        (wrapped, "uint8 cannot be negative"),
        (lambda frames, palette: palette_distance(frames[..., ::-1], palette), "Red and blue are exchanged"),
        (distances, "gives a list where a number belongs"),
        (lambda frames, palette: palette_distance(frames, palette) + 1, "another number"),
    ],
    "07.3": [
        (lambda kernel, rank, seed: tuple(0 * m for m in new_adapter(kernel, rank, seed)), "Both are zero"),
        (both_drawn, "before it has learnt anything"),
        (lambda kernel, rank, seed: new_adapter(kernel, rank, 1), "Another seed gives the same A"),
        (lambda kernel, rank, seed: new_adapter(kernel, rank, None), "another A the second time"),
        (lambda kernel, rank, seed: new_adapter(kernel, rank, seed)[::-1], "Turned round"),
        (lambda kernel, rank, seed: (kernel * 0 + 1, kernel * 0), "as large as the kernel itself"),
        (lambda kernel, rank, seed: (0 * new_adapter(kernel, rank, seed)[0], both_drawn(kernel, rank, seed)[1]),
         "this way round too"),
        (lambda kernel, rank, seed: (np.ones((kernel.shape[0], rank)), new_adapter(kernel, rank, seed)[1]),
         "columns of A are all alike"),
        (lambda kernel, rank, seed: new_adapter(kernel, rank + 1, seed), "These shapes do not fit"),
        (lambda kernel, rank, seed: new_adapter(kernel, rank, seed)[0], "two matrices are asked for"),
    ],
    "07.4": [
        (lambda rows: max(rows, key=share_of)["guidance"], "The most accurate."),
        (lambda rows: max(rows, key=lambda row: row["diversity"])["guidance"], "The most diverse of all"),
        (lambda rows: chosen(rows, 0.1), "more than 3 points below the best"),
        (least_diverse, "another row that is, is more diverse"),
        (lambda rows: max(rows, key=share_of), "This is the whole row"),
        (lambda rows: sum(row["guidance"] for row in rows) / 7.7, "the guidance of no row"),
    ],
}  # fmt: skip


def test_every_task_of_the_lesson_is_kept_here_with_both_languages_and_hints():
    every_task_is_kept("07", RIGHT, WRONG)


@pytest.mark.parametrize("task_id", WRONG)
def test_the_right_answer_passes_for_every_student(task_id):
    right_passes(task_id, RIGHT[task_id])


@pytest.mark.parametrize("task_id", WRONG)
def test_each_wrong_answer_fails_for_every_student_with_a_message_of_its_own(task_id):
    wrong_fails(task_id, WRONG[task_id])


def test_a_guess_does_not_reach_the_points():
    for seed in range(15):
        draw = random.Random(seed)
        guesses = {
            "07.1": lambda first, second, share, draw=draw: draw.choice([first, second]),
            "07.2": lambda frames, palette, draw=draw: draw.uniform(0.2, 0.6),
            "07.4": lambda rows, draw=draw: draw.choice(rows)["guidance"],
        }
        for task_id, guess in guesses.items():
            assert not run_check(task_id, guess, seed), task_id


def test_in_every_table_the_most_accurate_row_is_not_the_one_to_choose():
    for seed in range(40):
        rows = guidance_table(random.Random(seed))
        best, row = max(rows, key=share_of), next(r for r in rows if r["guidance"] == chosen(rows))
        assert row is not best and row["diversity"] > best["diversity"] and share_of(row) > share_of(best) - 0.03
