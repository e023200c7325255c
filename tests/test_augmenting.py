"""One clip in many ways: whatever is done to the picture, labels and captions stay right."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from feeding_files import drawn, entered, photo

from aigc_lab.collect.scenes import sample_spec
from aigc_lab.train import decoding, feeding
from aigc_lab.train.augmenting import may_mirror, mirrored, mirrored_chinese, mirrored_english, vary
from aigc_lab.train.feeding import Feed, told_motion
from aigc_lab.train.input import words
from aigc_lab.vision import flow


def moved(clip: np.ndarray) -> np.ndarray:
    """How far the picture moves in a frame, (right, down) in px: the median of the flow where there is something."""
    large = [cv2.resize(f, (120, 216)) for f in clip]
    return np.median([flow(a, b).reshape(-1, 2).mean(axis=0) for a, b in pairwise(large)], axis=0)


def test_a_mirrored_left_moves_right_and_says_so(tmp_path):
    row = drawn(tmp_path, 21, motion="left", speed=1.5, theme="sports", subject="football")
    feed = Feed(entered(tmp_path, [row]), batch=1, seed=1)
    seen = {}
    for epoch in range(12):
        batch = feed.batch(epoch)
        seen[words()["motion"][batch["motion"][0] - 1]] = batch
    assert set(seen) == {"left", "right"}
    for way, batch in seen.items():
        other = {"left": "right", "right": "left"}[way]
        assert moved(batch["clips"][0])[0] * {"left": -1, "right": 1}[way] > 0.2
        assert way in batch["caption_en"][0]
        assert other not in batch["caption_en"][0]
        assert {"left": "左", "right": "右"}[way] in batch["caption_zh"][0]


def test_captions_of_all_drawn_scenes_are_mirrored_as_if_drawn_so():
    for seed in range(300):
        spec = sample_spec(seed)
        told = {"motion": spec.motion, "caption_en": spec.caption_en, "caption_zh": spec.caption_zh}
        assert told_motion(spec.caption_en, spec.caption_zh) == spec.motion
        other = {"left": "right", "right": "left"}.get(spec.motion, spec.motion)
        twin = sample_spec(seed, motion=other)
        expected = {"motion": other, "caption_en": twin.caption_en, "caption_zh": twin.caption_zh}
        assert mirrored(told) == expected
        assert mirrored(expected) == told


def test_words_are_turned_only_where_they_are_sides():
    sure = {
        "From left to right": "From right to left", "A car on the left side": "A car on the right side",
        "She turns right at the corner": "She turns left at the corner", "Left hand, bright": "Right hand, bright",
        "to the left of a copyright sign": "to the right of a copyright sign", "clockwise": "counterclockwise",
    }  # fmt: skip
    for text, turned in sure.items():
        assert mirrored_english(text) == turned
    for text in ("He left the house", "nothing left", "the right moment", "all right", "moving right now", "right?"):
        assert mirrored_english(text) is None
    assert mirrored_chinese("从左到右，左侧") == "从右到左，右侧"
    assert mirrored_chinese("左右摇摆，十米左右") == "左右摇摆，十米左右"
    assert mirrored_chinese("座右铭") is None


def test_what_is_wrong_in_a_mirror_is_never_mirrored(tmp_path):
    row = drawn(tmp_path, 21, motion="left", theme="sports", subject="football")
    assert may_mirror(row)
    guarded = [{"measures": {"letters": 4.0}}, {"subject": "clock"}, {"title": "The Earth from space"},
               {"caption_zh": "墙上的汉字"}, {"tags": ("map",)}, {"caption_en": "A neon sign"}]  # fmt: skip
    for facts in guarded:
        assert not may_mirror(replace(row, **facts))
    unsure = replace(row, caption_en="He left the house, drifting left.", measures={})
    feed = Feed(entered(tmp_path, [unsure]), batch=1)
    assert {feed.batch(k)["caption_en"][0] for k in range(10)} == {unsure.caption_en}
    assert {words()["motion"][feed.batch(k)["motion"][0] - 1] for k in range(10)} == {"left"}


@pytest.mark.parametrize("way", decoding.MOVES)
def test_a_picture_moves_as_its_label_says_backwards_and_mirrored_too(tmp_path, way, monkeypatch):
    monkeypatch.setattr(decoding, "camera_move", lambda row: way)
    monkeypatch.setattr(feeding, "camera_move", lambda row: way)
    row = photo(tmp_path, "p.png", title="A street")
    feed = Feed(entered(tmp_path, [row]), batch=1)
    seen = set()
    for epoch in range(10):
        batch = feed.batch(epoch)
        clip, label = batch["clips"][0], words()["motion"][batch["motion"][0] - 1]
        seen.add(label)
        field = np.mean([flow(a, b) for a, b in pairwise(cv2.resize(f, (120, 216)) for f in clip)], axis=0)
        across, down = field.reshape(-1, 2).mean(axis=0)
        growth = field[:, 80:, 0].mean() - field[:, :40, 0].mean()
        told = {"left": -across, "right": across, "up": -down, "down": down, "in": growth, "out": -growth}
        assert told[label] > 0.1, (label, told)
    assert len(seen) == 2
    assert way in seen


def test_augmentation_keeps_hues_and_most_of_the_picture():
    frames = np.zeros((16, 90, 50, 3), np.uint8)
    frames[:, :, :, 2], frames[:, 20:70, 10:40] = 200, (230, 140, 30)
    told = {"motion": "", "caption_en": "", "caption_zh": ""}
    for seed in range(20):
        out, _ = vary(frames, told, (40, 72), np.random.default_rng(seed))
        hue = cv2.cvtColor(out[0], cv2.COLOR_RGB2HSV)[..., 0]
        orange = (hue > 10) & (hue < 25)
        assert 0.28 < orange.mean() < 0.62  # a third of the picture, nearer by up to a quarter
        assert ((hue > 112) & (hue < 128)).mean() > 0.3
        assert all(np.array_equal(f, out[0]) for f in out)  # one change for all frames
