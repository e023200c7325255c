"""The mix: measured loudness and peaks, a voice that is heard, music that makes room and comes back."""

import re

import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.generate.music import compose, effects
from aigc_lab.media import RATE, Sound, read_sound, run_ffmpeg, write_sound
from aigc_lab.optimize.sound import clean_voice, fit_music, limit, loudness, mix, speaking, stems

SECONDS = 12.0
PHRASES = ((0.4, 2.6), (2.8, 4.0), (6.5, 10.0))  # s; the pause of 0.2 s is inside speech, that of 2.5 s is not


def speech(level=0.2, channels=1):
    """Something like speech: a buzzing tone through moving formants, in syllables, with a rumble and dry edges."""
    rng = np.random.default_rng(5)
    t = np.arange(round(SECONDS * RATE)) / RATE
    wave = 130 * t + 2 * np.sin(2 * np.pi * 0.7 * t)
    tone = sum(np.sin(2 * np.pi * (k * wave + rng.random())) * np.exp(-k / 9) for k in range(1, 25))
    syllables = 0.25 + 0.75 * np.abs(np.sin(2 * np.pi * 2.2 * t)) + 0.03 * rng.standard_normal(len(t))
    said = np.zeros(len(t))
    for (start, end), strength in zip(PHRASES, (1, 0.4, 1), strict=True):
        said[(t >= start) & (t < end)] = strength
    out = (tone / np.abs(tone).max() * syllables + 0.3 * np.sin(2 * np.pi * 25 * t)) * said * level
    return Sound(np.repeat(out[:, None], channels, axis=1).astype(np.float32))


@pytest.fixture(scope="module")
def music():
    return compose("playful", SECONDS, 2).sound


@pytest.fixture(scope="module")
def mixed(music):
    return mix(speech(), music, effects((2.0, 4.5, 8.0), SECONDS, "playful", 2), SECONDS)


def ebur128(folder, name):
    """Integrated loudness and true peak as ffmpeg measures them."""
    log = run_ffmpeg(["-i", name, "-filter_complex", "ebur128=peak=true", "-f", "null", "-"], folder)
    summary = log[log.rindex("Summary:") :]
    return (float(re.search(rf"{key}:\s+(-?[\d.]+)", summary)[1]) for key in ("I", "Peak"))


def decibels(samples):
    return 20 * np.log10(np.sqrt(np.mean(np.square(samples))) + 1e-9)


def between(samples, start, end):
    return samples[round(start * RATE) : round(end * RATE)]


def test_mix_is_exactly_long_stereo_and_loud_as_platforms_want(mixed):
    assert mixed.samples.shape == (round(SECONDS * RATE), 2) and mixed.samples.dtype == np.float32
    level, peak = loudness(mixed)
    assert level == pytest.approx(-14, abs=0.5) and peak <= -1


def test_ffmpeg_measures_the_same_also_after_aac(mixed, tmp_path):
    write_sound(mixed, tmp_path / "mix.wav")
    level, peak = loudness(mixed)
    theirs, their_peak = ebur128(tmp_path, "mix.wav")
    assert theirs == pytest.approx(level, abs=0.2) and their_peak == pytest.approx(peak, abs=0.3)
    run_ffmpeg(["-i", "mix.wav", "-c:a", "aac", "-b:a", "256k", "mix.m4a"], tmp_path)
    level, peak = ebur128(tmp_path, "mix.m4a")
    assert level == pytest.approx(-14, abs=1) and peak <= -1


@pytest.mark.parametrize("style", ["neon", "watercolor"])
def test_voice_stands_12_db_above_the_rest_while_it_speaks(style):
    tune, extra = compose(style, SECONDS, 4).sound, effects((1.0, 7.0), SECONDS, style, 4)
    voice, low, sounds = stems(speech(), tune, extra, SECONDS)
    for start, end in PHRASES:
        assert decibels(between(voice, start, end)) - decibels(between(low + sounds, start, end)) >= 12


def test_a_wall_of_music_still_leaves_12_db():
    noise = Sound(0.5 * np.random.default_rng(1).standard_normal((round(SECONDS * RATE), 2)).astype(np.float32))
    voice, low, _ = stems(speech(level=0.01), noise, None, SECONDS)
    assert decibels(between(voice, 0.4, 4.0)) - decibels(between(low, 0.4, 4.0)) >= 12


def test_music_steps_back_before_the_voice_and_comes_back_in_the_pause():
    steady = Sound(
        np.full((round(SECONDS * RATE), 2), 0.1, np.float32) * np.sign(np.sin(np.arange(SECONDS * RATE) / 20))[:, None]
    )
    _, low, _ = stems(speech(), steady, None, SECONDS)
    level = np.array([decibels(between(low, t, t + 0.02)) for t in np.arange(0, SECONDS - 0.02, 0.02)])

    def at(t):
        return level[round(t / 0.02)]

    up, down = at(11.8), at(1.5)
    assert 11 < up - down < 16
    assert up - at(0.38) > 7  # nearly all of the way down when the first word begins
    assert up - at(2.7) > 10 and up - at(5.6) < 1.5  # down in a breath, up in a pause
    assert np.abs(np.diff(level)).max() < 4  # no step that is heard


def test_pauses_between_phrases_are_found():
    talk = speaking(clean_voice(speech(channels=2).samples.astype(float)))
    where = np.arange(len(talk)) / 1000
    assert talk[(where > 0.5) & (where < 3.9)].all() and talk[(where > 6.6) & (where < 9.9)].mean() > 0.95
    assert not talk[(where > 4.3) & (where < 6.2)].any() and not talk[where > 10.5].any()


def test_voice_is_cleaned():
    raw = speech(channels=2).samples.astype(float)
    clean = clean_voice(raw)

    def rumble(x):
        power = np.abs(np.fft.rfft(between(x[:, 0], 1, 2))) ** 2
        hertz = np.fft.rfftfreq(RATE, 1 / RATE)
        return power[hertz < 40].sum() / power[(hertz > 100) & (hertz < 1000)].sum()

    assert rumble(clean) < 0.05 * rumble(raw)
    assert np.abs(between(clean, 0.4, 0.4005)).max() < 0.3 * np.abs(between(clean, 0.4, 0.45)).max()

    def gap(x):  # dB between a loud phrase and a soft one
        return decibels(between(x, 0.6, 2.4)) - decibels(between(x, 2.9, 3.9))

    assert 2 < gap(clean) < gap(raw) - 2


def test_limiter_holds_peaks_between_the_samples():
    t = np.arange(2 * RATE) / RATE
    tone = np.sin(2 * np.pi * (RATE / 4) * t + np.pi / 4)  # its samples are at 0.707, its peaks at 1
    tone[RATE:] *= 2
    samples = np.stack([tone, tone], axis=1)
    assert loudness(Sound(samples))[1] == pytest.approx(6, abs=0.4)
    assert loudness(Sound(limit(samples, -1.0)))[1] <= -0.9
    soft = 0.3 * samples
    assert np.array_equal(limit(soft, -1.0), soft)


def test_any_part_may_be_missing(music, mixed):
    for parts in ((speech(), None, None), (None, music, None), (speech(channels=2), music, None)):
        level, peak = loudness(mix(*parts, SECONDS))
        assert level == pytest.approx(-14, abs=0.5) and peak <= -1
    silent = mix(None, None, None, 2.0)
    assert silent.samples.shape == (2 * RATE, 2) and not silent.samples.any()
    assert loudness(silent) == (-np.inf, -np.inf)


def test_too_long_fades_and_too_short_ends_in_silence(music):
    short = mix(None, music, None, 5.0).samples
    assert len(short) == 5 * RATE and np.abs(short[-24:]).max() < 0.01
    longer = mix(None, music, None, 14.0).samples
    assert len(longer) == 14 * RATE and not longer[round(12.2 * RATE) :].any()


def test_what_is_no_sound_is_refused(music):
    for bad in (Sound(np.full((RATE, 2), np.nan, np.float32)), Sound(np.zeros((RATE, 2), np.float32), 44100)):
        with pytest.raises(LabError, match="music"):
            mix(None, bad, None, 1.0)
    with pytest.raises(LabError, match="length"):
        mix(None, music, None, 0)
    with pytest.raises(LabError, match="silent"):
        fit_music(Sound(np.zeros((RATE * 3, 2), np.float32)), 10.0)


def test_own_music_is_looped_on_the_beat():
    piece = compose("playful", 20.0, 2)
    beat = 60 / piece.tempo
    own = Sound(piece.sound.samples[: round(17.3 * RATE)])  # ends in the middle of a bar
    long = fit_music(own, 41.0)
    assert long.samples.shape == (41 * RATE, 2)
    step = 240
    level = np.abs(long.samples[: 39 * RATE]).max(axis=1).reshape(-1, step).max(axis=1)
    rise = np.maximum(0, np.diff(np.log(level + 0.02)))
    phase = np.exp(2j * np.pi * np.arange(len(rise)) * step / RATE / beat * 2)  # eighths
    whole, parts = (
        np.abs(rise @ phase),
        [np.abs(p @ q) for p, q in zip(np.array_split(rise, 4), np.array_split(phase, 4), strict=True)],
    )
    assert whole > 0.9 * sum(parts)  # the pulse of every quarter agrees with that of the others
    quiet = [decibels(between(long.samples, t, t + 0.25)) for t in np.arange(0, 39, 0.25)]
    assert min(quiet) > -35  # no hole at a joint
    assert np.abs(long.samples[-48:]).max() < 1e-3


def test_own_music_that_is_longer_is_faded_out(music):
    short = fit_music(music, 5.0)
    assert short.samples.shape == (5 * RATE, 2)
    assert np.array_equal(short.samples[: 3 * RATE], music.samples[: 3 * RATE])
    assert np.abs(short.samples[-48:]).max() < 1e-3


def test_same_input_same_bytes(music, mixed, tmp_path):
    again = mix(speech(), music, effects((2.0, 4.5, 8.0), SECONDS, "playful", 2), SECONDS)
    assert np.array_equal(again.samples, mixed.samples)
    write_sound(mixed, tmp_path / "混音 1.wav")
    assert read_sound(tmp_path / "混音 1.wav", channels=2).samples.shape == mixed.samples.shape
