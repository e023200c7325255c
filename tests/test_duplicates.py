"""Near-duplicates: a copy is known whatever was done to it, another clip of the same kind is not taken for one."""

import time

import cv2
import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.collect.duplicates import LIMIT, SIZE, STEP, distance, fingerprint, groups, part
from aigc_lab.collect.scenes import sample_spec, scene_frames
from aigc_lab.media import read_frames, write_frames

FPS, SECONDS = 16, 3.0


def scene(seed, **fixed):
    """A drawn scene, 3 s at 16 fps."""
    return np.stack(list(scene_frames(sample_spec(seed, **fixed), (108, 192), FPS, SECONDS)))


def mark(frames, fps=FPS, start=0.0):
    """The fingerprint of frames from `start` seconds on."""
    times = np.arange(start, len(frames) / fps - 1e-6, STEP)
    return fingerprint(frames[np.floor(times * fps + 1e-6).astype(int)])


def encoded(frames, path, fps=FPS, crf=36):
    """The same frames after a rough encoding."""
    write_frames(frames, fps, path, crf=crf, preset="ultrafast")
    return np.stack([frame for _, frame in read_frames(path)])


@pytest.fixture(scope="module")
def clip():
    """One clip that the tests copy and change."""
    return scene(5003)


@pytest.fixture(scope="module")
def others():
    """Eight clips of all kinds."""
    return [scene(seed) for seed in range(5010, 5018)]


COPIES = {
    "half the size": lambda c: np.stack([cv2.resize(f, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for f in c]),
    "a wider shape": lambda c: np.stack([cv2.resize(f, (144, 192)) for f in c]),
    "3 % cut off each side": lambda c: c[:, 6:-6, 3:-3],
    "5 % cut off each side": lambda c: c[:, 10:-10, 5:-5],
    "brighter": lambda c: np.clip(c * 1.1 + 12, 0, 255).astype(np.uint8),
    "darker": lambda c: (255 * (c / 255.0) ** 1.5).astype(np.uint8),
    "without colour": lambda c: np.repeat(c.mean(axis=3, keepdims=True).astype(np.uint8), 3, axis=3),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES.keys())
def test_a_changed_copy_is_known(clip, change):
    copy = mark(change(clip))
    assert copy != mark(clip)
    assert distance(mark(clip), copy) <= LIMIT


def test_a_copy_that_was_encoded_again_with_a_third_of_its_frames_and_a_trimmed_start_is_known(clip, tmp_path):
    copy = encoded(clip[7::3], tmp_path / "copy.mp4", FPS / 3)
    assert 0 < distance(mark(clip), mark(copy, FPS / 3)) <= LIMIT


def test_a_short_part_of_a_long_film_is_known(others):
    film = mark(np.concatenate(others))
    inside = mark(others[3][5:])
    assert distance(film, inside) <= LIMIT
    assert groups([film, mark(scene(5030)), inside]) == [0, 1, 0]


def test_other_clips_are_far_away(others):
    marks = [mark(clip) for clip in others]
    apart = [distance(a, b) for i, a in enumerate(marks) for b in marks[:i]]
    assert min(apart) > LIMIT + 0.1
    assert groups(marks) == list(range(len(marks)))


def test_another_picture_of_the_same_subject_in_the_same_style_is_another_clip():
    labels = ("theme", "subject", "style", "palette", "motion", "layout", "time")
    for seed in (5001, 5002, 5003, 5004):
        spec = sample_spec(seed)
        same_kind = {name: getattr(spec, name) for name in labels}
        assert distance(mark(scene(seed)), mark(scene(seed + 4000, **same_kind))) > LIMIT + 0.05


def test_the_same_place_under_another_camera_move_is_another_clip():
    apart = [distance(*(mark(scene(seed, motion=way)) for way in ("left", "right"))) for seed in range(5000, 5006)]
    assert min(apart) > LIMIT
    assert np.median(apart) > LIMIT + 0.05


def test_a_mirrored_clip_is_another(clip):
    assert distance(mark(clip), mark(clip[:, :, ::-1])) > LIMIT + 0.1


def test_black_frames_say_nothing(clip, others):
    black = np.zeros_like(clip)
    first, second = (mark(np.concatenate([black, c])) for c in (clip, others[0]))
    assert distance(first, second) > LIMIT
    assert distance(mark(black), mark(black[:16])) == 1
    assert distance(mark(black), mark(black)) == 0
    assert groups([mark(black), mark(clip), mark(black)]) == [0, 1, 0]


def test_a_picture_is_known_in_the_film_it_was_taken_from(clip, others):
    still = fingerprint(clip[12:13])
    assert len(still) == SIZE
    assert distance(still, mark(clip)) <= LIMIT
    assert distance(still, mark(others[0])) > LIMIT


def test_a_part_of_a_fingerprint_is_the_fingerprint_of_the_part(clip):
    assert part(mark(clip), 1.0, 2.0) == mark(clip[16:32])
    assert part(mark(clip), 2.9, 3.0) == mark(clip)[-SIZE:]
    assert part(b"", 0, 1) == b""


def test_groups_join_what_is_joined_by_a_third_and_count_from_zero(clip):
    rough, cut = mark(clip[:24]), mark(clip[24:])
    assert distance(rough, cut) > LIMIT
    assert groups([b"", rough, mark(scene(5031)), mark(clip), cut, b""]) == [0, 1, 2, 1, 1, 3]
    assert groups([]) == []


def test_ten_thousand_clips_are_grouped_in_ten_seconds_and_all_planted_copies_are_found():
    rng = np.random.default_rng(1)
    likely = rng.beta(3, 3, 8 * SIZE)  # pictures are alike in some ways
    bits = rng.random((9_500, 1, 8 * SIZE)) < likely
    bits = bits ^ np.logical_xor.accumulate(rng.random((9_500, 12, 8 * SIZE)) < 0.02, axis=1)  # they move
    copies = bits[:500, 1:] ^ (rng.random((500, 11, 8 * SIZE)) < 0.08)
    marks = [np.packbits(clip, axis=1).tobytes() for clip in [*bits, *copies]]
    began = time.process_time()
    found = groups(marks)
    assert time.process_time() - began < 10
    assert found == [*range(9_500), *range(500)]


def test_what_is_no_clip_or_no_fingerprint_is_refused(clip):
    with pytest.raises(LabError, match="stack the frames"):
        fingerprint(clip[0])
    with pytest.raises(LabError, match="make it again"):
        distance(mark(clip)[:-1], mark(clip))
