"""Lesson 05: every kept answer; the right ones pass for every student, each wrong one fails with its own words."""

import random

import numpy as np
import pytest
from kept_answers import every_task_is_kept, right_passes, wrong_fails

from aigc_lab.course.check import run_check


def ratio(frames, height, width, group, patch, channels):
    """The right answer to 05.1."""
    tokens = (frames // group) * (height // patch) * (width // patch)
    return frames * height * width * 3 / (tokens * channels)


def compress(patches, k):
    """The right answer to 05.2."""
    mean = patches.mean(axis=0)
    return mean, np.linalg.svd(patches - mean)[2][:k]


def rounded(tokens, bits):
    """The right answer to 05.3."""
    low, high = tokens.min(), tokens.max()
    step = (high - low) / (2**bits - 1)
    return low + np.round((tokens - low) / step) * step


def flicker(clip, made):
    """The right answer to 05.4."""
    return np.abs(np.diff(made.astype(float), axis=0))[:, still(clip)].mean()


def still(clip):
    """Where a clip never changes."""
    return (clip == clip[0]).all(axis=0)


def walk(first, second, count, length=lambda mixed: np.sqrt(np.mean(mixed**2, axis=1, keepdims=True)), last=1.0):
    """The right answer to 05.5."""
    mixed = [(1 - share) * first + share * second for share in np.linspace(0, last, count)]
    return [tokens / length(tokens) for tokens in mixed]


def on_the_arc(first, second, count):
    """Another right answer to 05.5: along the great circle (Shoemake 1985)."""
    angle = np.arccos(np.clip(np.mean(first * second, axis=1, keepdims=True), -1, 1))
    shares = np.linspace(0, 1, count)
    return [(np.sin((1 - s) * angle) * first + np.sin(s * angle) * second) / np.sin(angle) for s in shares]


RIGHT = {"05.1": ratio, "05.2": compress, "05.3": rounded, "05.4": flicker, "05.5": walk}


def smallest(patches, k):
    mean = patches.mean(axis=0)
    return mean, np.linalg.eigh((patches - mean).T @ (patches - mean))[1].T[:k]


def bent(patches, k):
    mean, directions = compress(patches, k)
    directions = directions.copy()
    directions[1] = (directions[0] + directions[1]) / np.sqrt(2)
    return mean, directions


def any_directions(patches, k):
    turned = np.linalg.qr(np.random.default_rng(0).standard_normal((patches.shape[1],) * 2))[0]
    return patches.mean(axis=0), turned[:k]


def step_of(tokens, bits):
    return np.ptp(tokens) / (2**bits - 1)


def cut_off(tokens, bits):
    step = step_of(tokens, bits)
    return tokens.min() + np.floor((tokens - tokens.min()) / step + 1e-9) * step


def only_two(tokens, bits):
    return np.where(tokens > np.median(tokens), tokens.max(), tokens.min())


def squeezed(tokens, bits):
    low, step = tokens.min(), np.ptp(tokens) / 2**bits
    return low + (np.minimum(np.floor((tokens - low) / step), 2**bits - 1) + 0.5) * step


def whole_size(mixed):
    return np.sqrt(np.mean(mixed**2))


def bulging(first, second, count):
    shares = np.linspace(0, 1, count) ** 2
    mixed = [(1 - s) * first + s * second for s in shares]
    return [t / np.sqrt(np.mean(t**2, axis=1, keepdims=True)) for t in mixed]


WRONG = {
    "05.1": [
        (lambda f, h, w, g, p, c: ratio(f, h, w, g, p, c) / 3, "red, green and blue"),
        (lambda f, h, w, g, p, c: ratio(f, h, w, g, p, c) / g, "a whole group of frames"),
        (lambda f, h, w, g, p, c: ratio(f, h, w, g, p, c) / p, "as high as it is wide"),
        (lambda f, h, w, g, p, c: ratio(f, h, w, g, p, c) * c, "A token is not one number"),
        (lambda f, h, w, g, p, c: 1 / ratio(f, h, w, g, p, c), "Turned round"),
        (lambda f, h, w, g, p, c: ratio(f, h, w, g, p, c) // 1, "divide with /, not with //"),
        (lambda f, h, w, g, p, c: 48, "Not the ratio of"),
        (lambda f, h, w, g, p, c: str(ratio(f, h, w, g, p, c)), "where a number belongs"),
    ],
    "05.2": [
        (lambda patches, k: (patches.mean(axis=0), np.linalg.svd(patches)[2][:k]), "Take the mean away before"),
        (smallest, "differ least"),
        (lambda patches, k: (compress(patches, k)[0], compress(patches, k)[1].T), "Turn them with .T"),
        (lambda patches, k: (compress(patches, k)[0], 2 * compress(patches, k)[1]), "has length 1"),
        (bent, "not at right angles"),
        (any_directions, "Other directions leave a smaller error"),
        (lambda patches, k: (0 * patches[0], compress(patches, k)[1]), "not the mean patch"),
        (lambda patches, k: (patches.mean(), compress(patches, k)[1]), "one number for each of the"),
        (lambda patches, k: (compress(patches, k)[0], np.linalg.svd(patches)[2]), "the first k of them"),
        (lambda patches, k: compress(patches, k)[0], "two things are asked for"),
    ],
    "05.3": [
        (lambda tokens, bits: np.round((tokens - tokens.min()) / step_of(tokens, bits)), "numbers of the levels"),
        (lambda tokens, bits: np.round(tokens * 2**bits) / 2**bits, "bits can tell"),
        (squeezed, "The smallest and the largest number must stay"),
        (cut_off, "Always to one side"),
        (only_two, "half a step is enough"),
        (lambda tokens, bits: rounded(tokens, bits)[:, 0], "went in and must come out"),
        (lambda tokens, bits: "fewer", "an array is asked for"),
    ],
    "05.4": [
        (lambda clip, made: np.abs(np.diff(made, axis=0)[:, still(clip)]).mean(), "no numbers below 0"),
        (lambda clip, made: np.abs(np.diff(made.astype(int), axis=0)).mean(), "What moves is counted too"),
        (lambda clip, made: np.diff(made.astype(int), axis=0)[:, still(clip)].mean(), "cancel out"),
        (lambda clip, made: np.abs(made.astype(int) - clip)[:, still(clip)].mean(), "how far the copy is off"),
        (lambda clip, made: np.abs(np.diff(made[:2].astype(int), axis=0))[:, still(clip)].mean(), "Only the first two"),
        (lambda clip, made: made.astype(float).std(), "Not the flicker of this clip"),
    ],
    "05.5": [
        (lambda first, second, count: walk(first, second, count, lambda mixed: 1.0), "have left the sphere"),
        (lambda first, second, count: walk(first, second, count, whole_size), "not each of them"),
        (lambda first, second, count: walk(second, first, count), "wrong way round"),
        (lambda first, second, count: walk(first, second, count, last=0.8), "does not touch second"),
        (lambda first, second, count: walk(first, second, count)[1:], "stops are asked for"),
        (bulging, "Not an even way"),
        (lambda first, second, count: [1.0] * count, "went in and must come out"),
    ],
}  # fmt: skip


def test_every_task_of_the_lesson_is_kept_here_with_both_languages_and_hints():
    every_task_is_kept("05", RIGHT, WRONG)


@pytest.mark.parametrize("task_id", WRONG)
def test_the_right_answer_passes_for_every_student(task_id):
    right_passes(task_id, RIGHT[task_id])


def test_a_walk_along_the_great_circle_is_as_right():
    assert all(run_check("05.5", on_the_arc, seed) for seed in range(8))


@pytest.mark.parametrize("task_id", WRONG)
def test_each_wrong_answer_fails_for_every_student_with_a_message_of_its_own(task_id):
    wrong_fails(task_id, WRONG[task_id])


def test_a_guess_does_not_reach_the_points():
    for seed in range(15):
        draw = random.Random(seed)
        guesses = {
            "05.1": lambda *sizes, draw=draw: draw.randint(4, 64),
            "05.2": any_directions,
            "05.3": lambda tokens, bits: tokens.round(bits),
            "05.4": lambda clip, made, draw=draw: draw.uniform(0, 10),
        }
        for task_id, guess in guesses.items():
            assert not run_check(task_id, guess, seed), task_id
