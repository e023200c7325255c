"""Lesson 02: every kept answer; the right ones pass for every student, each wrong one fails with its own words."""

import random

import numpy as np
import pytest
from kept_answers import every_task_is_kept, right_passes, wrong_fails

from aigc_lab.course.check import run_check
from aigc_lab.course.tasks.lesson02 import clips_with_twins, difference
from aigc_lab.vision import flow


def find_cuts(frames, threshold, flashes=True, far=difference):
    """The right answer to 02.1."""
    last = len(frames) - 1
    short = {i for i in range(1, last) if flashes and far(frames[i - 1], frames[i + 1]) <= threshold}
    short = {i for i in short if far(frames[i - 1], frames[i]) > threshold}
    changed = [i for i in range(1, last + 1) if far(frames[i - 1], frames[i]) > threshold]
    return [i for i in changed if i not in short and i - 1 not in short]


def groups_of(clips):
    """A name for each clip; clips of one film and twins share it, and so does whatever is tied to both."""
    group = {clip["id"]: clip["film"] for clip in clips}
    for clip in clips:
        if clip["twin"]:
            old, new = group[clip["id"]], group[clip["twin"]]
            group = {key: new if name == old else name for key, name in group.items()}
    return group


def split_clips(clips, seed, group=None):
    """The right answer to 02.2."""
    group = groups_of(clips) if group is None else group
    names = sorted(set(group.values()))
    random.Random(seed).shuffle(names)
    test, count = set(), 0
    for name in names:
        size = list(group.values()).count(name)
        if count < len(clips) / 4 and count + size <= 0.4 * len(clips):
            test.add(name)
            count += size
    return {key: "test" if name in test else "train" for key, name in group.items()}


def mirror(frames, labels):
    """The right answer to 02.3."""
    x, y, w, h = labels["box"]
    motion = {"left": "right", "right": "left"}.get(labels["motion"], labels["motion"])
    return frames[:, :, ::-1], {**labels, "motion": motion, "box": [frames.shape[2] - x - w, y, w, h]}


def crop(weights):
    """The right answer to 02.4."""
    rows, columns = weights.shape
    h = min(rows, columns * 16 // 9)
    w = h * 9 // 16
    places = [(x, y) for y in range(rows - h + 1) for x in range(columns - w + 1)]
    x, y = max(places, key=lambda p: weights[p[1] : p[1] + h, p[0] : p[0] + w].sum())
    return [x, y, w, h]


def direction(frames, pairs=None, least=0.5, swap=False, down=1):
    """The right answer to 02.5."""
    fields = [flow(a, b) for a, b in list(zip(frames, frames[1:], strict=False))[:pairs]]
    across, below = np.median([np.median(field, axis=(0, 1)) for field in fields], axis=0)
    across, below = (below, across) if swap else (across, below * down)
    if max(abs(across), abs(below)) < least:
        return "still"
    if abs(across) > abs(below):
        return "right" if across > 0 else "left"
    return "down" if below > 0 else "up"


RIGHT = {"02.1": find_cuts, "02.2": split_clips, "02.3": mirror, "02.4": crop, "02.5": direction}


def pixels(first, second):
    return np.abs(first.astype(float) - second).mean() / 255


def following(clips, seed):
    """By film; then each clip with a twin goes where its twin is, and leaves its film behind."""
    parts = split_clips(clips, seed, {clip["id"]: clip["film"] for clip in clips})
    return parts | {clip["id"]: parts[clip["twin"]] for clip in clips if clip["twin"]}


def by_clip(clips, seed):
    draw = random.Random(seed)
    return {clip["id"]: draw.choice(["train", "train", "train", "test"]) for clip in clips}


def with_labels(change):
    return lambda frames, labels: (mirror(frames, labels)[0], mirror(frames, labels)[1] | change(frames, labels))


def around_the_brightest(weights, inside=True):
    x, y, w, h = crop(weights)
    row, column = np.unravel_index(weights.argmax(), weights.shape)
    x, y = column - w // 2, row - h // 2
    limits = weights.shape[1] - w, weights.shape[0] - h
    return [min(max(x, 0), limits[0]), min(max(y, 0), limits[1]), w, h] if inside else [x, y, w, h]


def in_the_middle(weights):
    _, _, w, h = crop(weights)
    return [(weights.shape[1] - w) // 2, (weights.shape[0] - h) // 2, w, h]


def beside_the_subject(weights):
    x, y, w, h = crop(weights)
    room = weights.shape[1] - w, weights.shape[0] - h
    near = (x < room[0] / 2, y < room[1] / 2)
    return [*((3 if first else 1) * side // 4 for first, side in zip(near, room, strict=True)), w, h]


WRONG = {
    "02.1": [
        (lambda frames, threshold: find_cuts(frames, threshold, flashes=False), "is white for one frame only"),
        (lambda frames, threshold: [i - 1 for i in find_cuts(frames, threshold)], "one too small"),
        (lambda frames, threshold: find_cuts(frames, threshold, False, pixels), "pixels change but colours stay"),
        (lambda frames, threshold: find_cuts(frames, 0.3), "a quarter of the colours changes"),
        (lambda frames, threshold: [0, *find_cuts(frames, threshold)], "there is no cut"),
        (lambda frames, threshold: [i in find_cuts(frames, threshold) for i in range(len(frames))], "for each frame"),
        (lambda frames, threshold: find_cuts(frames, threshold)[:1], "cuts are missed"),
        (lambda frames, threshold: len(find_cuts(frames, threshold)), "a list of frame numbers"),
        (lambda frames, threshold: [f"{i}" for i in find_cuts(frames, threshold)], "not a frame number"),
        (lambda frames, threshold: [i + 1 for i in find_cuts(frames, threshold)], "not the first frames"),
    ],
    "02.2": [
        (by_clip, "lie in both parts: whoever"),
        (lambda clips, seed: split_clips(clips, seed, {c["id"]: c["film"] for c in clips}), "lie in different parts"),
        (following, "takes its whole film along"),
        (lambda clips, seed: {clip["id"]: "train" for clip in clips}, "about a quarter is asked for"),
        (lambda clips, seed: split_clips(clips, 1), "one and the same split"),
        (lambda clips, seed: split_clips(clips, random.random()), "another split the second time"),
        (lambda clips, seed: split_clips([c for c in clips if not c["twin"]], seed), "do not throw them away"),
        (lambda clips, seed: list(split_clips(clips, seed).items()), "a dict from each clip's id"),
        (lambda clips, seed: {c["id"]: "training" for c in clips}, "called 'train' or 'test'"),
    ],
    "02.3": [
        (lambda frames, labels: (frames[:, ::-1], mirror(frames, labels)[1]), "Turned round: up and down"),
        (lambda frames, labels: (frames[::-1], mirror(frames, labels)[1]), "Turned round: time"),
        (lambda frames, labels: (frames[..., ::-1], mirror(frames, labels)[1]), "Turned round: colour"),
        (with_labels(lambda frames, labels: {"motion": labels["motion"]}), "left becomes right"),
        (with_labels(lambda frames, labels: {"motion": "none" if labels["motion"] != "none" else "in"}), "has no side"),
        (with_labels(lambda frames, labels: {"box": labels["box"]}), "the box is still where it was"),
        (
            with_labels(lambda frames, labels: {"box": [frames.shape[2] - labels["box"][0], *labels["box"][1:]]}),
            "that was the right edge: x + w",
        ),
        (lambda frames, labels: frames[:, :, ::-1], "two things are asked for"),
        (lambda frames, labels: labels.update(motion="left") or mirror(frames, labels), "changes what it is given"),
        (with_labels(lambda frames, labels: {"theme": "cats"}), "The other labels stay"),
        (lambda frames, labels: (255 - frames, labels), "not the frames in a mirror"),
    ],
    "02.4": [
        (in_the_middle, "This is the middle"),
        (around_the_brightest, "You follow the brightest point"),
        (lambda weights: around_the_brightest(weights, False), "sticks out of the picture"),
        (lambda weights: [0, 0, *crop(weights)[:1:-1]], "lies on its side"),
        (lambda weights: [*crop(weights)[:2], 9, 16], "The largest window"),
        (beside_the_subject, "Another window has more weight"),
        (lambda weights: weights, "must return four numbers"),
    ],
    "02.5": [
        (lambda frames: direction(frames, pairs=1), "the jerk at the beginning"),
        (lambda frames: direction(frames, down=-1), "Up and down are exchanged"),
        (lambda frames: direction(frames, swap=True), "Across and down are exchanged"),
        (lambda frames: direction(frames, least=0.0), "stands still is said to move"),
        (lambda frames: "left", "The same answer"),
        (lambda frames: direction(frames).upper(), "one of the words"),
        (lambda frames: direction(frames) if direction(frames) in ("up", "down") else "still", "Some directions"),
    ],
}  # fmt: skip


def test_every_task_of_the_lesson_is_kept_here_with_both_languages_and_hints():
    every_task_is_kept("02", RIGHT, WRONG)


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
            "02.1": lambda frames, threshold, draw=draw: sorted(draw.sample(range(1, len(frames)), 4)),
            "02.2": by_clip,
            "02.4": lambda weights, draw=draw: [draw.randint(0, 9), 0, *crop(weights)[2:]],
            "02.5": lambda frames, draw=draw: draw.choice(["left", "right", "up", "down", "still"]),
        }
        for task_id, guess in guesses.items():
            assert not run_check(task_id, guess, seed), task_id


def test_the_fixture_has_a_chain_of_ties_that_one_step_does_not_close():
    clips = clips_with_twins(random.Random(0))
    films = {clip["film"] for clip in clips}
    assert len(set(groups_of(clips).values())) == len(films) - 6  # three posts, each tied to two films
