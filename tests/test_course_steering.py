"""What lesson 07 shows: clips of given noise, an exam for a generator, seams, own clips cut from a video."""

import io

import numpy as np
import pytest
from PIL import Image

from aigc_lab.collect.scenes import draw_scene
from aigc_lab.course.steering import (
    apart,
    clips_of,
    exam_specs,
    fresh_plan,
    lines_chart,
    marked,
    noise_of,
    own_windows,
    seam_chart,
    sheet,
    steps_between,
    wishes_of,
)  # fmt: skip
from aigc_lab.course.tasks.lesson07 import on_the_sphere
from aigc_lab.generate.clips import generate_clip, load_models
from aigc_lab.media import write_frames
from aigc_lab.train.evaluating import load_recognizer
from aigc_lab.train.fitting import CHECKPOINT


@pytest.fixture(scope="module")
def models():
    """The shipped generator."""
    return load_models()


def test_the_same_noise_and_wishes_make_the_clip_that_the_package_makes(models):
    wish = {"theme": "city", "style": "neon", "palette": "sunset", "motion": "left"}
    rows = [wish, wish | {"theme": "food"}]
    made = clips_of(models, wishes_of(models, rows), np.repeat(noise_of(models, 5), 2, axis=0), 3.0, 2)
    known = generate_clip(**wish, seed=5, steps=2, guidance=3.0, models=models).frames
    assert np.abs(made[0].astype(int) - known).max() <= 2, "a batch may round otherwise"
    assert np.abs(made[1].astype(int) - known).mean() > 2


def test_an_exam_knows_right_from_wrong_and_alike_from_different():
    eye, specs = load_recognizer(), exam_specs(3, 2, 7)
    clips = np.stack([draw_scene(spec).frames for spec, _ in specs])
    mark, turned = marked(eye, clips, specs, 2), marked(eye, clips[::-1], specs, 2)
    assert (mark.theme.right, mark.theme.count, mark.spread) == (6, 6, pytest.approx(0, abs=1e-4))
    assert turned.theme.right < 6 and turned.colors > mark.colors
    assert marked(eye, clips[[0, 2, 2, 4, 4, 0]], specs, 2).spread > 0.1
    assert len({spec.theme for spec, _ in specs}) == 3 and all(shown for _, shown in specs)


def test_a_seam_is_seen_where_two_shots_meet():
    smooth = np.repeat(np.arange(20, dtype=np.uint8), 4 * 4 * 3).reshape(20, 4, 4, 3)
    broken = smooth.copy()
    broken[10:] += 100
    assert steps_between(broken).argmax() == 9 and steps_between(smooth).max() == 1
    assert "a: 1.0; b: 101.0" in seam_chart({"a": smooth, "b": broken}, [10]).alt
    assert "a: 0.50 ... 2.00" in lines_chart({"a": ([0, 1], [0.5, 2.0])}, "x", "y", "told").alt


def test_a_video_becomes_clips_that_overlap_and_those_kept_apart_share_no_frame(models, tmp_path):
    numbers = np.arange(90)
    frames = (np.full((64, 36, 3), 2 * n + 20, np.uint8) for n in numbers)
    path = tmp_path / "我的 film.mp4"
    write_frames(frames, 7.5, path, crf=0)
    clips = own_windows(path, models)
    assert clips.shape[1:] == (16, 72, 40, 3) and len(clips) == (90 - 16) // 4 + 1
    assert np.abs(clips[0][4:].astype(int) - clips[1][:-4]).max() <= 1
    learn, held = apart(clips)
    assert len(held) == round(0.2 * len(clips)) and learn.max() < held.min(), "the film grows brighter all the time"
    assert len(own_windows(path, models, most=3)) == 3


def test_a_fine_tuning_in_a_lesson_begins_anew(tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"old")
    plan = fresh_plan(tmp_path, steps=3)
    assert plan.steps == 3 and not (tmp_path / CHECKPOINT).exists()
    assert fresh_plan(tmp_path / "new", seconds=1).seconds == 1


def test_on_the_sphere_noise_keeps_its_length_and_straight_on_it_does_not():
    first, second = np.random.default_rng(0).normal(size=(2, 4, 9, 5, 16))
    second *= np.linalg.norm(first) / np.linalg.norm(second)
    lengths = [np.linalg.norm(on_the_sphere(first, second, share)) for share in np.linspace(0, 1, 7)]
    assert np.allclose(lengths, lengths[0])
    assert np.linalg.norm((first + second) / 2) < 0.8 * lengths[0]


def test_a_sheet_shows_every_row():
    clips = np.zeros((3, 16, 72, 40, 3), np.uint8)
    view = sheet({"a": clips, "b": clips}, "two rows")
    assert view.alt == "two rows" and np.array(Image.open(io.BytesIO(view.data))).shape[0] > 2 * 144
