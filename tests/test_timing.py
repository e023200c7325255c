"""Cuts fall on the beat, words stay inside their shot, and the whole is as long as was asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_lab import LabError
from aigc_lab.generate.timing import FPS, LEAD, TAIL, beats_hit, grid, pace, place

lengths = st.lists(st.floats(0.6, 4.0), min_size=1, max_size=14)


def beats(tempo: float) -> np.ndarray:
    return np.arange(0, 120, 60 / tempo)


@settings(max_examples=60, deadline=None)
@given(lengths, st.floats(80, 140), st.floats(6, 40))
def test_words_stay_inside_their_shot_and_shots_follow_each_other_on_whole_frames(spoken, tempo, seconds):
    cuts = place(spoken, [0.2] * len(spoken), seconds, beats(tempo))
    assert cuts[0].start == 0
    for cut, after, words in zip(cuts, [*cuts[1:], None], spoken, strict=True):
        assert cut.words_at + words <= cut.start + cut.seconds - TAIL + 2 / FPS
        assert cut.start * FPS == pytest.approx(round(cut.start * FPS), abs=1e-6)
        assert after is None or after.start == pytest.approx(cut.start + cut.seconds)


@settings(max_examples=40, deadline=None)
@given(lengths, st.floats(80, 140))
def test_the_last_shot_ends_when_asked_if_the_words_leave_room(spoken, tempo):
    seconds = round(1.25 * sum(spoken) + len(spoken) * 0.5 + 1, 1)
    cuts = place(spoken, [0.2] * len(spoken), seconds, beats(tempo))
    assert cuts[-1].start + cuts[-1].seconds == pytest.approx(seconds, abs=0.5 / FPS)


def test_cuts_fall_on_beats_or_half_beats():
    grid = beats(110)
    cuts = place([1.6, 1.9, 2.2, 1.5, 1.8, 2.1, 1.7], [0.2] * 6 + [0.7], 18, grid)
    halves = np.sort(np.concatenate([grid, grid + 30 / 110]))
    assert beats_hit(cuts, halves) == 1
    assert beats_hit(cuts, grid) >= 0.5


def test_the_voice_hurries_when_there_is_much_to_say_and_only_so_far():
    spoken, pauses = [2.0] * 9, [0.2] * 9
    slow, fast = (pace(spoken, pauses, s, 0.5)[1] for s in (24.0, 19.0))
    assert slow < fast
    assert pace(spoken, pauses, 8.0, 0.5)[1] == pytest.approx(1.25)


def test_the_beat_of_the_music_gives_way_a_little_so_that_cuts_fall_on_it():
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(12):
        spoken, pauses = list(rng.uniform(1.2, 2.6, 9)), [0.2] * 8 + [0.7]
        seconds = round(sum(spoken) + 9 * 0.45, 1)
        beat, speed = pace(spoken, pauses, seconds, 16 / FPS)
        assert abs(beat * FPS - 16) <= 2
        cuts = place([s / speed for s in spoken], pauses, seconds, grid(beat))
        hits.append(beats_hit(cuts, grid(beat)))
    assert np.mean(hits) > 0.85


def test_too_many_words_make_the_short_longer_not_cut_off():
    cuts = place([3.0] * 6, [0.2] * 6, 10, beats(110))
    assert all(c.seconds >= 3.0 + LEAD + TAIL - 1 / FPS for c in cuts)


def test_no_shots_is_refused():
    with pytest.raises(LabError, match="no shots"):
        place([], [], 10, beats(100))
