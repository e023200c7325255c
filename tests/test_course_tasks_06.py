"""Lesson 06: every kept answer; the right ones pass for every student, each wrong one fails with its own words."""

import itertools
import random

import numpy as np
import pytest
from kept_answers import every_task_is_kept, right_passes, wrong_fails

from aigc_lab.course.check import run_check
from aigc_lab.course.tasks.lesson06 import walk
from aigc_lab.course.tasks.lesson06_symptoms import FAULTS, exact_velocity, shape_points, symptoms


def flow_pair(noise, clips, times):
    """The right answer to 06.1."""
    t = times[:, None, None, None]
    return (1 - t) * noise + t * clips, clips - noise


def heun(velocity, noise, steps, kind="heun"):
    """The right answer to 06.2, or one with a mistake."""
    return walk(velocity, noise, steps, kind)


def guided(predict, here, time, word, guidance):
    """The right answer to 06.3."""
    without = predict(here, time, 0)
    return without + guidance * (predict(here, time, word) - without)


def sampler(velocity, shape, steps, seed, places=1, begin=0, noise="standard_normal", way=1):
    """The right answer to 06.4, or one with a mistake."""
    draw = np.random.default_rng(seed)
    here = draw.random(shape) if noise == "random" else 3 * draw.standard_normal(shape) if noise == "loud" else None
    here = draw.standard_normal(shape) if here is None else here
    for now, then in itertools.pairwise(np.linspace(begin, 1 - begin, steps + places).tolist()):
        here = here + way * (then - now) * velocity(here, now)
    return here


def name_fault(data, made, spot=0.1, near=0.1, wide=1.5, small=0.5):
    """The right answer to 06.5."""
    far, width = distance(made, data), made.std()
    if width < spot:
        return "one step"
    if far < near:
        return "right"
    if width > wide:
        return "sign"
    return "no time" if width < small else "stopped early"


def distance(cloud, data):
    """From each point to the nearest of the data, on average."""
    return np.linalg.norm(cloud[:, None] - data[None], axis=2).min(axis=1).mean()


RIGHT = {"06.1": flow_pair, "06.2": heun, "06.3": guided, "06.4": sampler, "06.5": name_fault}


def one_by_one(noise, clips, times):
    return (1 - times) * noise + times * clips if len(times) == clips.shape[-1] else times[0] * clips, clips - noise


def backwards(velocity, noise, steps):
    here = noise
    for now, then in itertools.pairwise(np.linspace(1, 0, steps + 1).tolist()):
        slope = velocity(here, now)
        here = here + (then - now) * (slope + velocity(here + (then - now) * slope, then)) / 2
    return here


def only_with(predict, here, time, word, guidance):
    return predict(here, time, word)


def compared_with(other):
    def answer(predict, here, time, word, guidance):
        base = predict(here, time, other(word))
        return base + guidance * (predict(here, time, word) - base)

    return answer


WRONG = {
    "06.1": [
        (lambda noise, clips, times: flow_pair(noise, clips, times)[0], "two arrays of one shape"),
        (lambda noise, clips, times: flow_pair(noise, clips, times)[::-1], "in the wrong order"),
        (lambda noise, clips, times: (flow_pair(clips, noise, times)[0], clips - noise), "You walk backwards"),
        (lambda noise, clips, times: (flow_pair(noise, clips, times)[0], noise - clips), "points back to the noise"),
        (lambda n, c, t: (flow_pair(n, c, t)[0], c - flow_pair(n, c, t)[0]), "only the rest of the way"),
        (lambda n, c, t: flow_pair(n, c, t * 0 + t[0]), "Each clip has a time of its own"),
        (lambda n, c, t: (n + t[:, None, None, None] * c, c - n), "The noise never gets less"),
        (lambda n, c, t: (flow_pair(n, c, t**2)[0], c - n), "does not lie on the straight path"),
        (lambda n, c, t: (flow_pair(n, c, t)[0], 2 * (c - n)), "here is right, velocity is not"),
        (lambda n, c, t: (n[:1, :1], c[:1, :1]), "The array has the shape"),
    ],
    "06.2": [
        (lambda v, n, s: heun(v, n, s, "euler"), "You go straight on"),
        (lambda v, n, s: heun(v, n, s, "old time"), "with the old time"),
        (lambda v, n, s: heun(v, n, s, "old place"), "about the old place"),
        (lambda v, n, s: heun(v, n, s, "second only"), "along the second slope only"),
        (lambda v, n, s: heun(v, n, s, "sum"), "goes twice as far"),
        (lambda v, n, s: heun(v, n, s, "to the end"), "asked at time 1. The walk ends there"),
        (backwards, "The walk begins at time 1"),
        (lambda v, n, s: heun(v, n, s + 1), "steps need"),
        (lambda v, n, s: n, "velocity is never asked"),
        (lambda v, n, s: heun(v, n, s) + 0.1, "does not end where it should"),
        (lambda v, n, s: heun(v, n, s)[0], "The array has the shape"),
    ],
    "06.3": [
        (lambda p, h, t, w, g: p(h, t, w) + g * (p(h, t, 0) - p(h, t, w)), "The two are exchanged"),
        (lambda p, h, t, w, g: p(h, t, w) + g * (p(h, t, w) - p(h, t, 0)), "exaggerated already"),
        (lambda p, h, t, w, g: g * p(h, t, w), "is only faster"),
        (compared_with(lambda word: 3 - word), "Compare with word 0"),
        (lambda p, h, t, w, g: p(h, t, 0) + g * p(h, t, w), "You add the whole velocity"),
        (only_with, "changes nothing"),
        (lambda p, h, t, w, g: guided(p, h, t, w, g**2 + 0.5), "Not right at guidance"),
        (lambda p, h, t, w, g: guided(p, h, t, w, g).sum(), "The array has the shape"),
    ],
    "06.4": [
        (lambda v, shape, steps, seed: sampler(v, shape, steps, None), "another result the second time"),
        (lambda v, shape, steps, seed: sampler(v, shape, steps, 1), "one and the same result"),
        (lambda v, shape, steps, seed: sampler(v, shape, steps, seed, noise="random"), "never below"),
        (lambda v, shape, steps, seed: sampler(v, shape, steps, seed, noise="loud"), "The noise must be normal"),
        (lambda v, shape, steps, seed: sampler(v, shape, steps, seed, begin=1), "begins at time 1 and goes back"),
        (lambda v, shape, steps, seed: sampler(v, shape, steps, seed, places=0), "were asked for, these are"),
        (lambda v, shape, steps, seed: sampler(v, shape, steps, seed, places=3), "equal steps from 0 to 1"),
        (lambda v, shape, steps, seed: sampler(v, shape, steps, seed, way=-1), "the steps do not add up"),
        (lambda v, shape, steps, seed: np.zeros(shape), "velocity is never asked"),
    ],
    "06.5": [
        (lambda data, made: name_fault(data, made, small=0.0), "This one was called 'stopped early' and is 'no time'"),
        (lambda data, made: name_fault(data, made, near=0.0), "is 'right': from a sound sampler"),
        (lambda data, made: name_fault(data, made, wide=99), "and is 'sign': with the wrong sign"),
        (lambda data, made: name_fault(data, made, spot=0), "is 'one step': in one step"),
        (lambda data, made: name_fault(data, made, small=1.4), "is 'stopped early': whoever stops early"),
        (lambda data, made: "right", "The same name for everything"),
        (lambda data, made: name_fault(data, made).upper(), "The names are"),
    ],
}  # fmt: skip


def test_every_task_of_the_lesson_is_kept_here_with_both_languages_and_hints():
    every_task_is_kept("06", RIGHT, WRONG)


@pytest.mark.parametrize("task_id", WRONG)
def test_the_right_answer_passes_for_every_student(task_id):
    right_passes(task_id, RIGHT[task_id])


@pytest.mark.parametrize("task_id", WRONG)
def test_each_wrong_answer_fails_for_every_student_with_a_message_of_its_own(task_id):
    wrong_fails(task_id, WRONG[task_id])


def test_a_guess_does_not_name_the_faults():
    for seed in range(15):
        draw = random.Random(seed)
        assert not run_check("06.5", lambda data, made, draw=draw: draw.choice(FAULTS), seed)


def test_the_five_pictures_show_what_their_names_say():
    for seed in range(12):
        data, made = symptoms(seed)
        far = {name: distance(cloud, data) for name, cloud in made.items()}
        width = {name: cloud.std() for name, cloud in made.items()}
        assert far["right"] < 0.08 < far["stopped early"] < far["sign"]
        assert width["one step"] < 0.02 < 0.2 < width["no time"] < 0.5 < width["stopped early"] < width["sign"]


def test_the_exact_velocity_is_the_mean_over_paths_that_pass():
    rng = np.random.default_rng(3)
    data = shape_points("cross", rng, 40)
    place, time = np.array([0.2, -0.1]), 0.5
    ends = data[rng.integers(40, size=700_000)]
    starts = rng.standard_normal(ends.shape)
    near = np.linalg.norm((1 - time) * starts + time * ends - place, axis=1) < 0.05
    counted = (ends - starts)[near].mean(axis=0)
    assert near.sum() > 500
    assert np.abs(exact_velocity(data)(place[None], time)[0] - counted).max() < 0.12
