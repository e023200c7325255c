"""The mix: a clear voice, music that makes room for it, and the loudness that platforms expect.

-14 LUFS integrated and at most -1 dB true peak, both as ITU-R BS.1770-4 defines them.
"""

from collections.abc import Callable

import numpy as np
import pyloudnorm
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import butter, correlate, resample_poly, sosfilt, stft

from aigc_lab import LabError
from aigc_lab.media import RATE, Sound

TARGET = -14.0  # LUFS
CEILING = -3.0  # dB true peak of the WAV: AAC at 256 kbit/s was seen to add up to 1.5 dB
DUCK = 12.0  # dB that music gives way to speech
RATIO = 14.0  # dB between voice and the rest while someone speaks, at least
VOICE, MUSIC = -16.0, -19.0  # LUFS of each alone, before they meet
BLOCK = 48  # samples (1 ms): gains are computed once a block and drawn between


def loudness(sound: Sound) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dB (ITU-R BS.1770-4, annex 2: four times oversampled).

    Silence, or less than 0.4 s, is -inf LUFS.
    """
    peak = float(_true_peaks(sound.samples).max(initial=0))
    return _level(sound.samples), float(20 * np.log10(peak)) if peak > 0 else -np.inf


def mix(voice: Sound | None, music: Sound | None, effects: Sound | None, seconds: float) -> Sound:
    """Voice, music and effects as one stereo Sound of exactly `seconds`: -14 LUFS, true peak at most -1 dB.

    Any may be None. What is longer is faded out at the end, what is shorter is followed by silence. Raises LabError if
    a sound has another rate than 48 kHz or holds no numbers.
    """
    total = sum(stems(voice, music, effects, seconds))
    level = _level(total)
    if not np.isfinite(level):
        return Sound(total.astype(np.float32))
    peaks = _blocks(_true_peaks(total), np.max)
    gain, out = 10 ** ((TARGET - level) / 20), total
    for _ in range(10):  # limiting takes a little loudness away: measured, given back
        out = total * (gain * _limiter(peaks * gain, CEILING, len(total)))[:, None]
        level = _level(out)
        if abs(level - TARGET) < 0.1:
            break
        gain *= 10 ** (1.5 * (TARGET - level) / 20)
    return Sound(out.astype(np.float32))


def stems(
    voice: Sound | None, music: Sound | None, effects: Sound | None, seconds: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The three tracks, float64 (N, 2), as they go into the sum: cleaned, levelled, lowered where the voice speaks."""
    length = round(seconds * RATE)
    if length < 1:
        raise LabError(f"A mix of {seconds} s: ask for a length above 0.")
    speech = clean_voice(_track(voice, length, "voice"))
    speech = _leveled(speech, VOICE)
    talk = speaking(speech)
    tune = _leveled(_track(music, length, "music"), MUSIC) * _duck(talk, DUCK)[:, None]
    extra = _track(effects, length, "effects") * _duck(talk, DUCK / 2)[:, None]
    rest = _ratio(speech, tune + extra, talk)
    if talk.any() and rest < RATIO:  # music that is all mids, or a soft voice: lower what is left of it
        lower = _duck(talk, RATIO - rest)[:, None]
        tune, extra = tune * lower, extra * lower
    return speech, tune, extra


def clean_voice(samples: np.ndarray) -> np.ndarray:
    """Rumble cut below 80 Hz, clicks at the edges of phrases faded, loud syllables gently compressed (2.5 to 1)."""
    if not np.any(samples):
        return samples
    faded = samples * _edges(samples)[:, None]
    out = sosfilt(butter(2, 80, "highpass", fs=RATE, output="sos"), faded, axis=0)
    level = _blocks(np.abs(out).max(axis=1), np.max)
    level = _follow(level, up=0.005, down=0.12)
    threshold = 0.35 * np.percentile(level[level > level.max() * 0.05], 95)
    gain = (np.maximum(level, threshold) / threshold) ** (1 / 2.5 - 1)
    return out * _draw(gain, len(out))[:, None]


def speaking(samples: np.ndarray) -> np.ndarray:
    """Where somebody speaks: bool, one for each millisecond; pauses under 0.35 s count as speech."""
    level = np.sqrt(_blocks((samples**2).mean(axis=1), np.mean))
    level = np.sqrt(np.convolve(level**2, np.ones(20) / 20, "same"))
    if not level.any():
        return np.zeros(len(level), bool)
    loud = level > np.percentile(level[level > level.max() * 0.01], 90) * 10 ** (-26 / 20)
    bridged = minimum_filter1d(maximum_filter1d(loud.astype(np.uint8), 351), 351)  # a closing: fills short gaps
    return bridged > 0


def limit(samples: np.ndarray, ceiling: float = CEILING) -> np.ndarray:
    """Peaks held under `ceiling` dB true peak: 5 ms of look-ahead, 40 ms of release, found at four times the rate."""
    peaks = _blocks(_true_peaks(samples), np.max)
    return samples * _limiter(peaks, ceiling, len(samples))[:, None]


def fit_music(sound: Sound, seconds: float) -> Sound:
    """Somebody's own music at exactly `seconds`: looped where it repeats itself, on a beat, or cut, and faded out.

    Raises LabError when it is shorter than a second or silent.
    """
    samples = _track(sound, len(sound.samples), "music")
    if len(samples) < RATE or not np.any(samples):
        raise LabError("The music is shorter than a second, or silent: choose another file.")
    length = round(seconds * RATE)
    if len(samples) < length:
        start, period, cross = _loop(samples)
        loop = samples[start : start + period + cross]
        rise = np.sin(np.linspace(0, np.pi / 2, cross))[:, None] ** 2
        samples = samples[: start + period + cross]
        while len(samples) < length:
            joint = samples[-cross:] * rise[::-1] + loop[:cross] * rise
            samples = np.concatenate([samples[:-cross], joint, loop[cross:]])
    samples = samples[:length].copy()
    fade = min(length, round(1.5 * RATE))
    samples[length - fade :] *= np.cos(np.linspace(0, np.pi / 2, fade))[:, None] ** 2
    return Sound(samples.astype(np.float32))


def _loop(samples: np.ndarray) -> tuple[int, int, int]:
    """Start, period and crossfade, in samples, of the part that repeats best: the lag at which the beats meet again."""
    hop = RATE // 100
    mono = samples.mean(axis=1)
    beats = _onsets(mono, hop)
    n = len(beats)
    lags = np.arange(int(0.4 * n), int(0.85 * n))
    alike = [beats[:-k] @ beats[k:] / np.sqrt((beats[:-k] ** 2).sum() * (beats[k:] ** 2).sum() + 1e-9) for k in lags]
    period = int(lags[np.argmax(alike)])
    cross = RATE // 20
    first = np.arange(cross // hop + 2, n - period - 2)
    start = int(first[np.argmax(beats[first] + beats[first + period])]) * hop - cross  # the crossfade ends on a beat
    # the lag to a sample, from the waves around the two places
    reach, span = 2 * hop, min(RATE // 2, len(mono) - start - period * hop - 2 * hop)
    later = mono[start + period * hop - reach : start + period * hop + span + reach]
    match = correlate(later, mono[start : start + span], "valid", "fft")
    period = period * hop - reach + int(np.argmax(match))
    return start, period, min(cross, len(mono) - start - period)


def _onsets(mono: np.ndarray, hop: int) -> np.ndarray:
    """How strongly something begins, every `hop` samples: positive change of the log spectrum, less its mean."""
    _, _, spectrum = stft(mono, RATE, nperseg=4 * hop, noverlap=3 * hop)
    level = np.log1p(1000 * np.abs(spectrum))
    rise = np.maximum(0, np.diff(level, axis=1, prepend=level[:, :1])).sum(axis=0)
    return rise - rise.mean()


def _track(sound: Sound | None, length: int, name: str) -> np.ndarray:
    """A Sound as float64 (length, 2): mono on both sides, cut with a short fade or followed by silence."""
    out = np.zeros((length, 2))
    if sound is None or not len(sound.samples):
        return out
    samples = np.asarray(sound.samples, np.float64)
    if sound.rate != RATE or samples.ndim != 2 or not np.isfinite(samples).all():
        raise LabError(
            f"The {name} is no sound at {RATE} Hz with finite samples (N, channels): read it with read_sound."
        )
    if samples.shape[1] != 2:
        samples = np.repeat(samples.mean(axis=1, keepdims=True), 2, axis=1)
    part = samples[:length].copy()
    if len(samples) > length:
        fade = min(length, RATE // 20)
        part[length - fade :] *= np.linspace(1, 0, fade)[:, None]
    out[: len(part)] = part
    return out


def _level(samples: np.ndarray) -> float:
    if len(samples) < 0.4 * RATE or not np.any(samples):
        return -np.inf
    with np.errstate(divide="ignore"):
        return float(pyloudnorm.Meter(RATE).integrated_loudness(samples.astype(np.float64)))


def _leveled(samples: np.ndarray, lufs: float) -> np.ndarray:
    level = _level(samples)
    return samples * 10 ** ((lufs - level) / 20) if np.isfinite(level) else samples


def _duck(talk: np.ndarray, decibels: float) -> np.ndarray:
    """Gain for each sample: `decibels` down while somebody speaks, 0.15 s ahead, back within about half a second."""
    early = maximum_filter1d(talk.astype(np.float64), 301)  # ms: 150 before, 150 after
    amount = _follow(early, up=0.05, down=0.2)
    return 10 ** (-decibels / 20 * _draw(amount, len(talk) * BLOCK))


def _ratio(speech: np.ndarray, rest: np.ndarray, talk: np.ndarray) -> float:
    """dB between the power of the speech and of everything else, while somebody speaks."""
    where = np.repeat(talk, BLOCK)[: len(speech)]
    return 10 * np.log10(((speech[where] ** 2).sum() + 1e-12) / ((rest[where] ** 2).sum() + 1e-12))


def _limiter(peaks: np.ndarray, ceiling: float, length: int) -> np.ndarray:
    """Gain for each sample that holds these peaks (of blocks) under `ceiling` dB."""
    needed = np.minimum(1, 10 ** (ceiling / 20) / np.maximum(peaks, 1e-9))
    if needed.min() == 1:
        return np.ones(length)
    held = 1 - _follow(1 - minimum_filter1d(needed, 11, mode="nearest"), up=0, down=0.04)
    smooth = np.convolve(np.pad(held, 3, mode="edge"), np.ones(7) / 7, "valid")
    return _draw(np.minimum(smooth, minimum_filter1d(needed, 3, mode="nearest")), length)


def _edges(samples: np.ndarray) -> np.ndarray:
    """Gain that is 0 in digital silence and rises within 3 ms beside it, as at both ends."""
    quiet = _blocks(np.abs(samples).max(axis=1), np.max) < 1e-4
    silent = maximum_filter1d(minimum_filter1d(quiet.astype(np.uint8), 21), 21) > 0  # 20 ms and longer
    silent[[0, -1]] = True
    gain = 1.0 - maximum_filter1d(silent.astype(np.uint8), 3)
    return _draw(np.minimum(gain, np.convolve(gain, np.ones(3) / 3, "same")), len(samples))


def _true_peaks(samples: np.ndarray) -> np.ndarray:
    """The highest level around each sample and on any channel, between the samples too: float32 (N,)."""
    out, step, edge = np.zeros(len(samples), np.float32), 10 * RATE, 64
    for at in range(0, len(samples), step):
        first = max(0, at - edge)
        part = np.asarray(samples[first : at + step + edge], np.float32)
        fine = np.abs(resample_poly(part, 4, 1, axis=0)).max(axis=1).reshape(-1, 4).max(axis=1)
        out[at : at + step] = fine[at - first : at - first + step][: len(out) - at]
    return out


def _blocks(values: np.ndarray, how: Callable) -> np.ndarray:
    padded = np.pad(values, (0, -len(values) % BLOCK), mode="edge")
    return how(padded.reshape(-1, BLOCK), axis=1)


def _draw(values: np.ndarray, length: int) -> np.ndarray:
    """Values of blocks as a line through the middles of the blocks, one for each sample."""
    return np.interp(np.arange(length), (np.arange(len(values)) + 0.5) * BLOCK, values)


def _follow(values: np.ndarray, up: float, down: float) -> np.ndarray:
    """An envelope that climbs and falls with these time constants (s); 0 follows at once."""
    a, b = (np.exp(-BLOCK / RATE / t) if t else 0.0 for t in (up, down))
    out, state = [], float(values[0]) if len(values) else 0.0
    for value in values.tolist():
        keep = a if value > state else b
        state = keep * state + (1 - keep) * value
        out.append(state)
    return np.array(out)
