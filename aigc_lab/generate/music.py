"""Music composed for a style, rendered from the sound font in pretty_midi (TimGM6mb, GPL-2), and soft sounds for cuts.

The notes are in score.py. Each part is rendered alone, so that it can be shaped and levelled as on a mixing desk: the
harmony steps back from the range of speech (300 to 3000 Hz) and gives way to the kick.
"""

import io
import wave
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import midirenderer
import numpy as np
import pretty_midi
import pyloudnorm
from scipy.signal import butter, sosfilt

from aigc_lab import LabError
from aigc_lab.generate.score import Score, beat_grid, groove, write_score
from aigc_lab.generate.transitions import effects
from aigc_lab.media import RATE, Sound

__all__ = ["Music", "beat_grid", "compose", "effects", "render", "write_midi"]

LOUDNESS = -16.0  # LUFS of the music alone
PAN = {"chords": 44, "guitar": 84, "pad": 64, "arp": 80, "lead": 58, "bass": 64, "drums": 64}  # 64 is the middle
LEVEL = {
    "drums": -21,
    "bass": -23,
    "chords": -26,
    "guitar": -28,
    "pad": -32,
    "arp": -28,
    "lead": -26,
}  # LUFS, each alone
ROOM = {"drums": 20, "bass": 0, "chords": 45, "guitar": 30, "pad": 70, "arp": 60, "lead": 70}  # reverb, 0 to 127


@dataclass(frozen=True)
class Music:
    """Music made: sound (stereo, 48 kHz), times of the beats in seconds, tempo in beats a minute, and what it is."""

    sound: Sound
    beats: np.ndarray
    tempo: float
    description: str


def compose(style: str, seconds: float, seed: int, tempo: float | None = None, cuts: tuple[float, ...] = ()) -> Music:
    """Music of exactly `seconds` for one of the six styles; the same arguments give the same samples.

    `tempo` (beats a minute) is beat_grid's unless given; where `cuts` (seconds) are known, sections begin on them.
    The last chord falls about 1.2 to 2.5 s before the end and rings out. Raises LabError for an unknown style.
    """
    score = write_score(style, seconds, seed, tempo, tuple(cuts))
    beats = np.arange(0, seconds, 60 / score.tempo)
    key = ("C", "D flat", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B")
    minor = groove(style)["final"].endswith("m")
    name = f"{key[(score.key + (9 if minor else 0)) % 12]} {'minor' if minor else 'major'}"
    text = f"composed for the style {style}: {score.tempo:.1f} beats a minute, {name}, seed {seed}"
    return Music(render(score), beats, score.tempo, text)


def write_midi(score: Score, parts: tuple[str, ...] | None = None) -> bytes:
    """The score, or some of its parts, as a MIDI file."""
    midi = pretty_midi.PrettyMIDI(initial_tempo=score.tempo, resolution=960)
    for part, notes in score.notes.items():
        if not notes or (parts is not None and part not in parts):
            continue
        instrument = pretty_midi.Instrument(score.programs[part], part == "drums", part)
        instrument.notes = [pretty_midi.Note(n.velocity, n.pitch, n.start, n.end) for n in notes]
        controls = {7: 127, 10: PAN[part], 11: 127, 91: ROOM[part], 93: 0}
        instrument.control_changes = [pretty_midi.ControlChange(k, v, 0) for k, v in controls.items()]
        # rendering stops at the last event: this one leaves time for the last chord to ring
        instrument.control_changes.append(pretty_midi.ControlChange(11, 127, score.seconds + 0.5))
        midi.instruments.append(instrument)
    out = io.BytesIO()
    midi.write(out)
    return out.getvalue()


def render(score: Score) -> Sound:
    """The score as sound: stereo, exactly its seconds long, at -16 LUFS, peaks under -1 dBFS."""
    table, length = groove(score.style), round(score.seconds * RATE)
    total = np.zeros((length, 2))
    pump = _pump(score, table["pump"], length)[:, None]
    for part in score.notes:
        samples = _stem(score, part, length)
        if part != "drums" and "low" in table[part]:
            samples = _filter(samples, "lowpass", table[part]["low"])
        if part not in ("drums", "bass"):
            samples = _filter(samples, "highpass", 150)
            samples -= 0.45 * _filter(samples, "bandpass", (500, 2000), order=1)
        samples = _leveled(samples, LEVEL[part] + table["levels"].get(part, 0))
        total += samples if part in ("drums", "lead") else samples * pump
    # phones play little under 150 Hz: less there, more on top, so that the groove is heard and not only felt
    total += 0.9 * _filter(total, "highpass", 4500, order=1) - 0.45 * _filter(total, "lowpass", 140, order=1)
    return Sound(_finish(_filter(total, "highpass", 30)).astype(np.float32))


@cache
def _font() -> bytes:
    found = find_spec("pretty_midi")
    path = Path(found.submodule_search_locations[0]) / "TimGM6mb.sf2" if found else None
    if not path or not path.is_file():
        raise LabError("The sound font TimGM6mb.sf2 is missing from pretty_midi: run the set-up again.")
    return path.read_bytes()


def _stem(score: Score, part: str, length: int) -> np.ndarray:
    with wave.open(io.BytesIO(midirenderer.render_wave_from(_font(), write_midi(score, (part,))))) as file:
        if file.getframerate() != RATE or file.getnchannels() != 2 or file.getsampwidth() != 2:
            raise LabError("This version of midirenderer renders in another format: run the set-up again.")
        raw = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2) / 32768
    out = np.zeros((length, 2))
    out[: len(raw)] = raw[:length]
    return out


def _filter(samples: np.ndarray, kind: str, hertz: float | tuple[float, float], order: int = 2) -> np.ndarray:
    return sosfilt(butter(order, hertz, kind, fs=RATE, output="sos"), samples, axis=0)


def _pump(score: Score, depth: float, length: int) -> np.ndarray:
    """Gain over time that dips at each kick and comes back within a beat."""
    gain = np.ones(length)
    if not depth:
        return gain
    span = round(60 / score.tempo * RATE * 0.8)
    curve = 1 - depth * (1 - np.linspace(0, 1, span)) ** 2
    curve[:240] = np.linspace(1, curve[240], 240)  # 5 ms down, so that it does not click
    for note in score.notes["drums"]:
        at = round(note.start * RATE)
        if note.pitch in (35, 36) and at < length:
            part = gain[at : at + span]
            np.minimum(part, curve[: len(part)], out=part)
    return gain


def _leveled(samples: np.ndarray, lufs: float) -> np.ndarray:
    """Samples at a loudness (ITU-R BS.1770-4); silence stays silence."""
    padded = np.pad(samples, ((0, max(0, RATE // 2 - len(samples))), (0, 0)))  # the meter wants 0.4 s
    loud = pyloudnorm.Meter(RATE).integrated_loudness(padded)
    return samples * 10 ** ((lufs - loud) / 20) if np.isfinite(loud) else samples


def _finish(samples: np.ndarray) -> np.ndarray:
    """Loudness, peaks and the end: -16 LUFS, soft above -4 dBFS and never over -1, silent at the last sample."""
    tail = min(len(samples), round(0.5 * RATE))
    samples = samples.copy()
    samples[len(samples) - tail :] *= np.cos(np.linspace(0, np.pi / 2, tail))[:, None] ** 2
    samples = _leveled(samples, LOUDNESS)
    knee, top = 10 ** (-4 / 20), 10 ** (-1 / 20)
    over = np.abs(samples) - knee
    return np.where(over > 0, np.sign(samples) * (knee + (top - knee) * np.tanh(over / (top - knee))), samples)
