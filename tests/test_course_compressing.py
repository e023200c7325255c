"""What lesson 05 shows: clips that fit together with JPEG and H.264, walks and nudges in the latent space, curves."""

import io

import numpy as np
import pytest
from PIL import Image

from aigc_lab.course import show
from aigc_lab.course.compressing import (
    alike,
    between,
    clips_of,
    curves_chart,
    directions_picture,
    drawn_clips,
    h264,
    jpeg,
    moments,
    nudged,
    real_clips,
    sizes_of,
    tokens_of,
)  # fmt: skip
from aigc_lab.generate.clips import load_autoencoder
from aigc_lab.measures import psnr


@pytest.fixture(scope="module")
def clips() -> np.ndarray:
    """Clips that no model learned from."""
    return drawn_clips("test", 4)


@pytest.fixture(scope="module")
def model():
    """The shipped autoencoder."""
    return load_autoencoder()[0]


def pixels(view) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(view.data)).convert("RGB")).astype(int)


def test_clips_to_learn_from_and_to_measure_on_are_not_the_same(clips):
    others = drawn_clips("pictures", 2)
    assert clips.shape == (4, 16, 72, 40, 3) and others.dtype == np.uint8
    assert np.array_equal(drawn_clips("test", 1, first=2)[0], clips[2])
    assert not np.array_equal(others, clips[:2]) and real_clips(2).shape == (2, 16, 72, 40, 3)


def test_codecs_give_back_the_clip_and_fewer_bytes_for_less_quality(clips):
    for way, good, small in ((jpeg, 90, 10), (h264, 14, 40)):
        (fine, many), (coarse, few) = way(clips[0], good), way(clips[0], small)
        assert fine.shape == coarse.shape == clips[0].shape and few < many < clips[0].size
        assert psnr(clips[0], fine) > max(psnr(clips[0], coarse), 28)
    (size, made), (less, _) = sizes_of(h264, clips[:2], [20, 40])
    assert made.shape == clips[:2].shape and less < size
    assert size == np.mean([h264(clip, 20)[1] for clip in clips[:2]])


def test_tokens_lie_on_the_sphere_and_come_back_as_the_clip(clips, model):
    tokens = tokens_of(model, clips)
    assert tokens.shape == (4, 4, 9, 5, 16) and np.allclose(np.square(tokens).mean(-1), 1, atol=1e-2)
    back = clips_of(model, 3 * tokens)  # another length is no other token
    assert np.abs(back.astype(int) - clips_of(model, tokens)).max() <= 1
    assert np.mean([psnr(a, b) for a, b in zip(clips, back, strict=True)]) > 20


def test_a_walk_begins_and_ends_at_the_clips(clips, model):
    start, end = (pixels(between(model, clips[:2], share)) for share in (0.0, 1.0))
    other = pixels(between(model, clips[1::-1], 1.0))
    assert np.abs(start - other).mean() < 2 < np.abs(start - end).mean()
    assert "50%" in between(model, clips[:2], 0.5).alt


def test_a_nudge_of_nothing_changes_nothing_and_a_large_one_much(clips, model):
    still, moved = (pixels(nudged(model, clips[0], 3, (0, amount))) for amount in (0, 2))
    half = still.shape[1] // 2
    assert np.abs(moved - still)[:, half:].mean() > 3 > np.abs(moved - still)[:, : half - 10].mean()


def test_the_nearest_token_is_found_in_another_clip(clips):
    tokens = np.random.default_rng(1).normal(size=(4, 4, 9, 5, 16)).astype(np.float32)
    tokens[2, 1, 7, 3] = tokens[0, 0, 4, 2] + 0.01
    cells = alike(tokens, clips, (0, 0, 4, 2), most=2)
    assert [label for label, _ in cells][:2] == ["0.00", "0.01"] and len(cells) == 3
    around = show.enlarged(clips[2, 4, 52:68, 20:36], 7, smooth=False)
    assert np.array_equal(cells[1][1], around)


def test_the_pictures_of_a_cell_have_one_name(clips):
    assert [label for label, _ in moments("x", clips[0])] == ["x", "", ""]
    assert pixels(directions_picture(np.eye(4, 768))).shape[1] > 200


def test_the_chart_tells_what_it_shows():
    view = curves_chart({"ours": [(1, 20.0), (10, 26.0)]}, "bytes", "dB", {"PCA": 25.0}, log=True)
    assert "ours: 20.0 → 26.0" in view.alt and "PCA: 25.0" in view.alt and "bytes" in view.alt
