"""Lesson 04: every kept answer; the right ones pass for every student, each wrong one fails with its own words."""

import random

import numpy as np
import pytest
from kept_answers import every_task_is_kept, right_passes, wrong_fails

from aigc_lab.course.check import run_check
from aigc_lab.course.tasks.lesson04 import memory_step, rolled_out, sigmoid, stepper
from aigc_lab.course.tasks.lesson04_futures import best_guess


def copy_errors(frames, last=9, power=2, divide=255.0, how="sum"):
    """The right answer to 04.1."""
    shares = frames / divide
    off = np.abs(shares[10:] - shares[last]) ** power
    return list(getattr(off, how)(axis=(1, 2)))


def kept_by(sums, kept, forget="forget", write="write", one=1, new=np.tanh):
    return sigmoid(sums[forget] + one) * kept + sigmoid(sums[write]) * new(sums["new"])


def answered(kept, told=np.tanh):
    return lambda sums, before: (sigmoid(sums["tell"]) * told(kept(sums, before)), kept(sums, before))


def glide(frames, count, sign=1, swap=False, once=False, across_only=False, first=1):
    """The right answer to 04.5."""
    before, last = frames[-2].astype(int), frames[-1].astype(int)
    shifts = [(down, across) for down in range(-3, 4) for across in range(-3, 4)]
    down, across = min(shifts, key=lambda s: np.abs(np.roll(before, s, (0, 1)) - last).sum())
    down, across = (across, down) if swap else (0 if across_only else down, across)
    times = [1 if once else t for t in range(first, first + count)]
    return [np.roll(frames[-1], (sign * t * down, sign * t * across), (0, 1)) for t in times]


RIGHT = {
    "04.1": copy_errors, "04.2": memory_step, "04.3": rolled_out, "04.4": best_guess, "04.5": glide,
}  # fmt: skip


def forgetful(step, frames, count):
    said = [frames[-1]]
    for _ in range(count):
        said.append(step(said[-1], None)[0])
    return said[1:]


def always_the_last_given(step, frames, count):
    memory, said = None, []
    for frame in frames:
        now, memory = step(frame, memory)
    for _ in range(count):
        said.append(now)
        now, memory = step(frames[-1], memory)
    return said


WRONG = {
    "04.1": [
        (lambda frames: copy_errors(frames, divide=1), "divide the frames by 255 first"),
        (lambda frames: copy_errors(frames, how="mean"), "the sum is asked for"),
        (lambda frames: copy_errors(frames, last=0), "Frame 1 was copied"),
        (lambda frames: copy_errors(frames, power=1), "not squared"),
        (lambda frames: [((b / 255 - a / 255) ** 2).sum() for a, b in zip(frames[9:], frames[10:], strict=False)],
         "which nobody is given"),
        (lambda frames: [(((f - frames[9]) / 255) ** 2).sum() for f in frames[10:]], "uint8 knows no numbers below 0"),
        (lambda frames: float(np.mean(copy_errors(frames))), "expects a list"),
        (lambda frames: [0.0] * 10 + copy_errors(frames), "20 values for 10"),
        (lambda frames: [0.0] * 10, "not the ten errors"),
    ],
    "04.2": [
        (answered(lambda s, k: kept_by(s, k, one=0)), "The 1 is missing"),
        (answered(lambda s, k: kept_by(s, k, "write", "forget")), "Forget and write are exchanged"),
        (answered(lambda s, k: kept_by(s, k, new=lambda x: x)), "goes through tanh before it is written"),
        (answered(lambda s, k: kept_by(s, k, new=sigmoid)), "must also be able to count down"),
        (answered(lambda s, k: sigmoid(s["forget"] + 1) * k), "Nothing new is written"),
        (answered(lambda s, k: k), "The memory stays as it was"),
        (answered(kept_by, lambda x: x), "before it is told"),
        (lambda s, k: (sigmoid(s["tell"]) * np.tanh(k), kept_by(s, k)), "tells of the old memory"),
        (lambda s, k: memory_step(s, k)[::-1], "in the wrong order"),
        (lambda s, k: memory_step(s, k)[0], "two arrays are asked for"),
        (lambda s, k: (memory_step(s, k)[0][0], k), "has the shape"),
        (lambda s, k: (np.tanh(kept_by(s, k)), kept_by(s, k)), "what is told of it is not"),
        (lambda s, k: (k, kept_by(s, k) * kept_by(s, k)), "not what the memory should keep"),
    ],
    "04.3": [
        (lambda step, frames, count: rolled_out(step, frames, count + 1)[1:], "One step too far"),
        (lambda step, frames, count: [frames[-1], *rolled_out(step, frames, count)[:-1]], "begins with the last frame"),
        (forgetful, "The memory is thrown away"),
        (lambda step, frames, count: rolled_out(step, frames[-1:], count), "Only the last frame was read"),
        (lambda step, frames, count: [*frames, *rolled_out(step, frames, count)], "leave out those that were given"),
        (lambda step, frames, count: rolled_out(step, frames, count - 1), "frames came"),
        (always_the_last_given, "read your own answer next"),
        (lambda step, frames, count: rolled_out(step, frames, count)[0], "a list of frames is asked for"),
        (lambda step, frames, count: [frames[0]] * count, "These frames do not follow"),
    ],
    "04.4": [
        (lambda futures, error: futures[0], "one of the futures, sharp and mostly wrong"),
        (lambda futures, error: futures.mean(axis=0), "This is the mean, which is best for squares"),
        (lambda futures, error: np.median(futures, axis=0), "This is the median, which is best for absolute"),
        (lambda futures, error: futures.max(axis=0), "All balls at full strength"),
        (lambda futures, error: best_guess(futures, error).mean(), "has the shape"),
        (lambda futures, error: best_guess(futures, error).astype(int), "do not round"),
        (lambda futures, error: best_guess(futures, error) * 0.5, "a picture with a smaller mean error"),
        (lambda futures, error: "mean", "where one picture should be"),
    ],
    "04.5": [
        (lambda frames, count: [frames[-1]] * count, "The last frame is copied"),
        (lambda frames, count: glide(frames, count, sign=-1), "goes back where it came from"),
        (lambda frames, count: glide(frames, count, swap=True), "Rows and columns are exchanged"),
        (lambda frames, count: glide(frames, count, once=True), "twice as far"),
        (lambda frames, count: glide(frames, count, across_only=True), "Only the motion across"),
        (lambda frames, count: glide(frames, count, first=0), "begins with the last frame"),
        (lambda frames, count: glide(frames, count + 1), "values for"),
        (lambda frames, count: {"frames": []}, "a list of frames is asked for"),
        (lambda frames, count: list(255 - np.array(glide(frames, count))), "does not go on like this"),
    ],
}  # fmt: skip


def test_every_task_of_the_lesson_is_kept_here_with_both_languages_and_hints():
    every_task_is_kept("04", RIGHT, WRONG)


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
            "04.1": lambda frames, draw=draw: [draw.uniform(0, 9) for _ in range(10)],
            "04.4": lambda futures, error, draw=draw: futures[draw.randrange(5)],
            "04.5": lambda frames, count, draw=draw: glide(frames, count, sign=draw.choice([-1, 1]), swap=True),
        }
        for task_id, guess in guesses.items():
            assert not run_check(task_id, guess, seed), task_id


def test_the_machine_of_the_third_task_cannot_do_without_its_memory():
    step, frames = stepper(5), [[0, 3], [2, 2], [4, 1], [6, 0]]
    assert rolled_out(step, frames, 3) == [[9, 0], [12, 0], [15, 0]] or rolled_out(step, frames, 3)[0][0] in (8, 9)
    assert rolled_out(step, frames, 4) != rolled_out(step, frames[-1:], 4)
