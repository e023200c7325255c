"""Rivals of the recognizer: equal in size, blind or not to order, and measured on clips that nobody saw."""

import json
from dataclasses import replace

import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.collect.scenes import draw_scene, sample_spec
from aigc_lab.train import rivals
from aigc_lab.train.input import PARTS, SHARD, corpus_spec, render, shards
from aigc_lab.train.rivals import (
    KINDS,
    MOMENTS,
    SIZE,
    TASKS,
    compare,
    evaluate_recognizer,
    exam,
    milliseconds,
    rival,
    through_windows,
)  # fmt: skip

FRAMES = 16


def sliding_bars(seeds: range) -> np.ndarray:
    """Clips uint8 (N, 16, 72, 40, 3) in which a bar slides through the middle, the way that the seed's motion says."""
    clips = np.zeros((len(seeds), FRAMES, SIZE[1], SIZE[0], 3), np.uint8)
    for clip, seed in zip(clips, seeds, strict=True):
        way, start = {"left": -1, "right": 1}.get(corpus_spec(seed)[0].motion, 0), 17 + seed % 3
        for t, frame in enumerate(clip):
            at = start + way * (t - MOMENTS[2])
            frame[:, max(at, 0) : max(at + 6, 0)] = 255
    return clips


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    """A corpus on disk in which nothing but bars slides: 1,024 clips to learn from, 256 for the test."""
    folder = tmp_path_factory.mktemp("条 bars")
    for part, count in (("judge", 1024), ("test", 256)):
        place, first = shards(folder, part, SIZE), PARTS[part][0]
        place.mkdir(parents=True)
        for begin in range(first, first + count, SHARD):
            np.save(place / f"{begin:07d}.npy", sliding_bars(range(begin, begin + SHARD)))
    return folder


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A corpus on disk with 64 drawn test clips."""
    folder = tmp_path_factory.mktemp("drawn")
    render(folder, "test", SHARD, SIZE)
    return folder


def test_the_rivals_are_about_the_same_size():
    for count in (2, 10):
        sizes = [rival(kind, count).count_params() for kind in KINDS]
        assert max(sizes) < 1.05 * min(sizes)


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_cnn_of_the_middle_frame_says_the_same_of_a_clip_played_backwards(kind):
    clips = np.random.default_rng(3).integers(0, 256, (4, len(MOMENTS), SIZE[1], SIZE[0], 3), np.uint8)
    model = rival(kind, 2)
    forwards, backwards = (model.predict(c, verbose=0) for c in (clips, clips[:, ::-1]))
    assert np.allclose(forwards, backwards, atol=1e-5) == (kind == "frame")


@pytest.mark.parametrize("task", [task for task, motions in TASKS.items() if motions])
def test_where_order_matters_the_middle_frame_is_the_same_whatever_the_answer(drawn, task, monkeypatch):
    found = exam(task, drawn, "test")
    everything, answers = np.arange(len(found)), set()
    filmed = found.drawn.clips(found.which)[:, MOMENTS]
    monkeypatch.setattr(rivals, "through_windows", lambda clips, rng: clips)
    for coin in range(5):
        clips, right = found.batch(everything, np.random.default_rng(coin))
        assert np.array_equal(clips[:, 2], filmed[:, 2])
        turned = np.array([not np.array_equal(a, b) for a, b in zip(clips, filmed, strict=True)])
        assert np.array_equal(right, found.truth ^ turned)
        answers |= {(int(i), int(r)) for i, r in zip(everything, right, strict=True)}
    assert len(answers) > 1.6 * len(found)  # nearly every clip was asked about with both answers


def test_a_window_shows_a_part_of_the_clip_away_from_its_edges_the_same_in_all_frames():
    down, across = np.indices((SIZE[1], SIZE[0]), dtype=np.uint8)
    clips = np.zeros((50, 2, SIZE[1], SIZE[0], 3), np.uint8)
    clips[..., 0], clips[..., 1] = down, across
    seen = through_windows(clips, np.random.default_rng(1))
    assert seen.shape == clips.shape and np.array_equal(seen[:, 0], seen[:, 1])
    assert seen[..., 1].min() == 4 and seen[..., 1].max() == 35 and 7 <= seen[..., 0].min() < seen[..., 0].max() <= 64
    widths = np.ptp(seen[:, 0, :, :, 1].astype(int), axis=(1, 2)) + 1
    assert 18 <= widths.min() < 22 and 29 < widths.max() <= 32 and len({tuple(c[0, 0, 0]) for c in seen}) > 40


def test_the_middle_frame_of_a_drawn_clip_does_not_know_which_way_the_picture_moves():
    for seed in range(5):
        spec = sample_spec(seed, motion="none")
        still = draw_scene(spec, SIZE, FRAMES, 7.5).frames[MOMENTS[2]]
        for motion in TASKS["direction"]:
            moving = draw_scene(replace(spec, motion=motion), SIZE, FRAMES, 7.5).frames
            assert np.array_equal(moving[MOMENTS[2]], still)
            assert not np.array_equal(moving[MOMENTS[0]], moving[MOMENTS[-1]])


def test_a_memory_learns_which_way_bars_slide_and_one_frame_cannot(bars, tmp_path):
    said = []
    rows = compare(
        bars, tmp_path, steps=40, clips=1024, unseen=256, tasks=["direction"], kinds=["frame", "gru"], say=said.append
    )
    one, memory = rows
    assert (one["model"], memory["model"]) == ("frame", "gru") and one["count"] == memory["count"] > 40
    assert abs(one["accuracy"] - 0.5) < 0.2 and memory["accuracy"] > 0.9
    assert one["at_least"] < 0.5 < memory["at_least"] < memory["accuracy"]
    assert one["milliseconds"] > 0 and len(said) == 4
    log = tmp_path / "direction-gru-40" / "log.jsonl"
    steps = log.read_text(encoding="utf-8")
    again = compare(
        bars, tmp_path, steps=40, clips=1024, unseen=256, tasks=["direction"], kinds=["gru"], say=said.append
    )
    assert again[0]["accuracy"] == memory["accuracy"] and log.read_text(encoding="utf-8") == steps


def test_the_shipped_recognizer_is_measured_on_clips_that_are_drawn_when_missing(tmp_path):
    numbers = evaluate_recognizer(tmp_path, clips=SHARD)
    assert json.loads(json.dumps(numbers))["clips"] == SHARD
    assert numbers["theme_accuracy"] > 0.9 and numbers["style_accuracy"] > 0.9
    theme = numbers["intervals"]["theme_accuracy"]
    assert theme["count"] == SHARD and theme["low"] < numbers["theme_accuracy"] <= theme["high"]
    shown = sum(corpus_spec(PARTS["test"][0] + i)[1] for i in range(SHARD))
    assert numbers["intervals"]["subject_accuracy"]["count"] == shown
    assert sum(row["count"] for row in numbers["themes"]) == SHARD
    assert "rivals" not in numbers and numbers["parameters"] > 10**6 and numbers["milliseconds_per_clip"] > 0


def test_the_time_of_a_clip_is_the_best_of_a_few_tries():
    asked = []
    assert milliseconds(asked.append, np.zeros((40, 1)), tries=3) < 10
    assert [len(batch) for batch in asked] == [32] * 4  # once before the clock runs


def test_what_is_unknown_is_said_in_one_sentence(drawn):
    with pytest.raises(LabError, match="no rival 'transformer': choose frame"):
        rival("transformer", 2)
    with pytest.raises(LabError, match="no task 'mood': choose theme"):
        exam("mood", drawn, "test")
    with pytest.raises(LabError, match="draw"):
        exam("theme", drawn, "judge")
