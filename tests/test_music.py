"""The music: notes that agree, a beat that cuts can use, sound that is whole."""

import io
from itertools import combinations

import numpy as np
import pretty_midi
import pyloudnorm
import pytest
from scipy.signal import stft

from aigc_lab import LabError
from aigc_lab.generate.music import beat_grid, compose, effects, write_midi
from aigc_lab.generate.score import chord_tones, grooves, tune_ladder, write_score
from aigc_lab.media import RATE
from aigc_lab.vocabulary import vocabulary

STYLES = ("minimal", "neon", "retro", "watercolor", "cinematic", "playful")
SECONDS = 12.0


@pytest.fixture(scope="module", params=STYLES)
def piece(request):
    return request.param, compose(request.param, SECONDS, 7)


def onsets(sound):
    """Strength of what begins, each 5 ms, and the time of each value (ms precision is the window's, about 10 ms)."""
    _, times, spectrum = stft(sound.samples.mean(axis=1), RATE, nperseg=960, noverlap=720)
    level = np.log1p(1000 * np.abs(spectrum))
    return times[1:], np.maximum(0, np.diff(level, axis=1)).sum(axis=0)


def test_every_style_of_the_vocabulary_has_music():
    assert set(grooves()) == set(vocabulary().styles) == set(STYLES)


def test_patterns_have_the_length_of_their_bars():
    for style, table in grooves().items():
        drums = [p for patterns in table["drums"].values() for p in patterns]
        parts = [p for n in ("bass", "chords", "guitar", "arp") for p in table.get(n, {}).get("patterns", [])]
        assert {len(p) for p in drums + parts} == {16}, style
        assert {len(p) for p in table["lead"]["patterns"]} == {32}, style
        assert {len(p) for p in table["fill"]["patterns"]} == {4}, style


def test_sound_is_stereo_whole_and_in_range(piece):
    _, music = piece
    samples = music.sound.samples
    assert samples.shape == (round(SECONDS * RATE), 2) and samples.dtype == np.float32
    assert np.isfinite(samples).all() and np.abs(samples).max() < 10 ** (-0.9 / 20)
    assert abs(pyloudnorm.Meter(RATE).integrated_loudness(samples) + 16) < 0.5
    assert 0.05 < np.std(samples[:, 0] - samples[:, 1]) / np.std(samples) < 1  # wide, but it survives on one speaker


def test_groove_is_there_at_once_and_the_end_is_clean(piece):
    _, music = piece
    samples, whole = music.sound.samples, np.std(music.sound.samples)
    assert np.std(samples[: RATE // 2]) > 0.6 * whole
    assert np.abs(samples[-48:]).max() < 1e-3
    assert np.std(samples[-RATE // 4 :]) < 0.3 * whole


def test_speech_has_room(piece):
    _, music = piece
    mono = music.sound.samples.mean(axis=1)
    power = np.abs(np.fft.rfft(mono)) ** 2
    hertz = np.fft.rfftfreq(len(mono), 1 / RATE)
    assert power[(hertz >= 300) & (hertz < 3000)].sum() / power.sum() < 0.7


def test_the_beat_that_is_heard_is_the_beat_that_was_promised(piece):
    style, music = piece
    tempo, beat = beat_grid(style, 7)
    assert music.tempo == tempo and np.allclose(np.diff(music.beats), beat) and music.beats[0] == 0
    times, strength = onsets(music.sound)
    last = write_score(style, SECONDS, 7).last

    def heard(shift):
        at = [t + shift * beat for t in music.beats[1:] if t + shift * beat < last - beat]
        return np.mean([strength[(times > t - 0.03) & (times < t + 0.03)].max() for t in at])

    assert heard(0) > 1.5 * max(heard(0.12), heard(0.42), heard(0.9))  # where no style has a note, swung or not


@pytest.mark.parametrize("style", STYLES)
def test_beats_are_whole_frames_at_30_fps(style):
    for seed in range(8):
        tempo, beat = beat_grid(style, seed)
        assert beat * 30 == pytest.approx(round(beat * 30)) and tempo == pytest.approx(60 / beat)


def pitched(score, at):
    return [n for p, notes in score.notes.items() if p != "drums" for n in notes if n.start <= at < n.end]


@pytest.mark.parametrize("style", STYLES)
def test_no_two_notes_rub(style):
    for seed in range(6):
        score = write_score(style, 24.0, seed)
        assert any(len(pitched(score, t)) > 2 for t in np.arange(0, 20, 0.5))
        for t in np.arange(0.02, 24, 0.11):
            pitches = {n.pitch for n in pitched(score, t)}
            assert all(abs(a - b) != 1 for a, b in combinations(pitches, 2)), (style, seed, t)


@pytest.mark.parametrize("style", STYLES)
def test_strong_tones_of_the_tune_belong_to_the_chord_and_verses_leave_the_voice_alone(style):
    count = 0
    for seed in range(6):
        score = write_score(style, 24.0, seed)
        beat = 60 / score.tempo
        for bar in score.bars:
            tones = [(t + score.key) % 12 for t in chord_tones(bar.chord)]
            ladder, _ = tune_ladder(tones, score.key, grooves()[style]["lead"]["register"])
            inside = [
                n for n in score.notes["lead"] if bar.start - 0.01 <= n.start / beat < bar.start + bar.beats - 0.01
            ]
            assert not (inside and bar.section == "verse")
            for note in inside:
                count += 1
                step = (note.start / beat - bar.start) % 1
                assert note.pitch in ladder
                assert min(step, 1 - step) > 0.06 or note.pitch % 12 in tones
    assert count > 20


def test_seeds_vary_and_repeat():
    first, again, other = (write_score("retro", 16.0, s) for s in (1, 1, 2))
    assert first == again and first != other
    assert (
        len({(s.key, s.tempo, s.bars, s.notes["bass"]) for s in (write_score("neon", 16.0, k) for k in range(8))}) >= 7
    )
    a, b = compose("playful", 4.0, 3), compose("playful", 4.0, 3)
    assert np.array_equal(a.sound.samples, b.sound.samples)


def test_styles_differ_in_instruments_and_groove():
    kinds = [write_score(s, 16.0, 1) for s in STYLES]
    assert len({tuple(sorted(k.programs.items())) for k in kinds}) == 6
    assert len({k.programs["drums"] for k in kinds}) == 6


def test_last_chord_is_home_and_rings():
    for style in STYLES:
        for seconds in (3.0, 7.7, 20.0, 33.3):
            score = write_score(style, seconds, 4)
            root = (chord_tones(grooves()[style]["final"])[0] + score.key) % 12
            final = [n for n in score.notes["bass"] if n.start == pytest.approx(score.last)]
            assert final and final[-1].pitch % 12 == root
            assert 1.15 < seconds - score.last < 3.2 and final[-1].end <= seconds
            assert max(n.start for n in score.notes["drums"]) <= score.last + 0.01


def test_a_section_begins_on_a_cut_that_falls_near_it():
    plain = write_score("neon", 30.0, 5)
    beat = 60 / plain.tempo
    begins = [b.start for a, b in zip(plain.bars, plain.bars[1:], strict=False) if a.section != b.section]
    moved = write_score("neon", 30.0, 5, cuts=((begins[1] + 4) * beat,))
    assert begins[1] + 4 in [
        b.start for a, b in zip(moved.bars, moved.bars[1:], strict=False) if a.section != b.section
    ]


def test_midi_file_holds_the_score():
    score = write_score("watercolor", 10.0, 2)
    midi = pretty_midi.PrettyMIDI(io.BytesIO(write_midi(score)))
    assert {i.name for i in midi.instruments} == set(score.notes)
    assert sum(len(i.notes) for i in midi.instruments) == sum(len(n) for n in score.notes.values())


@pytest.mark.parametrize("seconds", [0.5, 1.0, 2.3, 31.7])
def test_any_length_is_exact(seconds):
    music = compose("minimal", seconds, 1)
    assert len(music.sound.samples) == round(seconds * RATE) and np.abs(music.sound.samples).max() > 0.05


def test_what_cannot_be_played_is_refused_in_one_sentence():
    for call in (
        lambda: compose("polka", 5, 1), lambda: compose("neon", -1, 1), lambda: compose("neon", 5, 1, tempo=900),
        lambda: compose("neon", float("nan"), 1), lambda: chord_tones("H13"), lambda: effects([1.0], 3.0, "polka", 1),
    ):  # fmt: skip
        with pytest.raises(LabError, match=r"[.]$"):
            call()


@pytest.mark.parametrize("style", STYLES)
def test_transitions_sound_at_the_cuts_and_are_soft(style):
    cuts = (1.5, 3.0, 5.0, 6.5)
    sound = effects(cuts, 8.0, style, 3)
    samples = sound.samples
    assert samples.shape == (8 * RATE, 2) and 0.05 < np.abs(samples).max() < 0.5
    assert np.array_equal(samples, effects(cuts, 8.0, style, 3).samples)
    level = np.abs(samples).max(axis=1)
    for cut in cuts:
        near = level[round((cut - 0.1) * RATE) : round((cut + 0.15) * RATE)].max()
        assert near > 0.03 and near > 5 * level[round((cut - 0.9) * RATE) : round((cut - 0.75) * RATE)].max()
    assert np.abs(np.diff(samples, axis=0)).max() < 0.25  # no click that was not meant
    assert not effects((-1.0, 0.0, 8.0, 99.0), 8.0, style, 3).samples.any()
