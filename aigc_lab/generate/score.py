"""The notes of the music: chords, grooves and a sparse tune, written by rules from data/music.yaml and a seed.

The form is that of a short video: the whole groove from the first beat, sections of four bars with a small fill before
each, more under the hook than under the narration, and a last chord with time to ring.
"""

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import yaml

from aigc_lab import LabError
from aigc_lab.settings import data_path

RING = 1.2  # s at least between the last chord and the end
DRUMS = {
    "boom": 35, "kick": 36, "rim": 37, "snare": 38, "clap": 39, "hat": 42, "tom": 45, "open": 46, "crash": 49,
    "tambourine": 54, "splash": 55, "shaker": 70, "woodblock": 76, "triangle": 81,
}  # fmt: skip
CHORDS = {
    "": (0, 4, 7), "m": (0, 3, 7), "6": (0, 4, 7, 9), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10),
    "add9": (0, 2, 4, 7), "sus2": (0, 2, 7), "sus4": (0, 5, 7),
}  # fmt: skip
ROOTS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
VELOCITY = {"X": 112, "x": 92, "o": 58, "R": 96, "5": 86, "8": 90}
PENTATONIC = (0, 2, 4, 7, 9)  # of C; with the tones of the chord these are what a tune may use


@dataclass(frozen=True)
class Note:
    """One note: start and end in seconds, MIDI pitch (or drum number) and velocity."""

    start: float
    end: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Bar:
    """One bar: its first beat, its length in beats, the section it belongs to (hook, verse, lift, turn), its chord."""

    start: int
    beats: int
    section: str
    chord: str


@dataclass(frozen=True)
class Score:
    """All notes by part; `programs` are General MIDI numbers, `last` is when the last chord falls."""

    style: str
    tempo: float
    key: int
    bars: tuple[Bar, ...]
    last: float
    seconds: float
    notes: dict[str, tuple[Note, ...]]
    programs: dict[str, int]


@cache
def grooves() -> dict[str, dict]:
    """The table of data/music.yaml: one entry a style."""
    return yaml.safe_load(data_path("music.yaml").read_text(encoding="utf-8"))


def groove(style: str) -> dict:
    """One style's entry. Raises LabError when there is no such style."""
    if style not in grooves():
        raise LabError(f"There is no music for the style '{style}': choose one of {', '.join(grooves())}.")
    return grooves()[style]


def generator(style: str, seed: int, *rest: int) -> np.random.Generator:
    """A generator of its own for each style, seed and purpose."""
    groove(style)
    return np.random.default_rng([abs(int(seed)), list(grooves()).index(style), *rest])


def beat_grid(style: str, seed: int) -> tuple[float, float]:
    """Tempo (beats a minute) and the length of a beat in seconds, whole frames at 30 fps; known before any note."""
    frames = int(generator(style, seed, 0).choice(groove(style)["frames"]))
    return 1800 / frames, frames / 30


def music_key(style: str, seed: int) -> int:
    """How many semitones the music of this style and seed lies above C (or A minor)."""
    return int(generator(style, seed, 1).choice(groove(style)["keys"]))


def chord_tones(name: str) -> list[int]:
    """Pitch classes (C is 0) of a chord like "Am7", root first. Raises LabError for a name that is not known."""
    match = re.fullmatch(r"([A-G])([b#]?)(.*)", name)
    if not match or match[3] not in CHORDS:
        raise LabError(
            f"'{name}' is no chord that data/music.yaml may use: write one of C, Cm, C7, Cmaj7, Cm7, C6, Cadd9."
        )
    root = ROOTS[match[1]] + {"b": -1, "#": 1, "": 0}[match[2]]
    return [(root + step) % 12 for step in CHORDS[match[3]]]


def write_score(
    style: str, seconds: float, seed: int, tempo: float | None = None, cuts: tuple[float, ...] = ()
) -> Score:
    """Write the notes for `seconds` of music; sections begin on a cut (seconds) where one falls near a bar line.

    Raises LabError for an unknown style, or a length or tempo that no music has.
    """
    table = groove(style)
    tempo = float(tempo or beat_grid(style, seed)[0])
    if not 0.5 <= seconds <= 3600 or not 40 <= tempo <= 240:
        raise LabError(f"Music of {seconds} s at {tempo} beats a minute: ask for 0.5 to 3600 s at 40 to 240 beats.")
    beat, key = 60 / tempo, music_key(style, seed)
    last = _last_beat(seconds, beat)
    bars = _bars(last, [c / beat for c in cuts], table, generator(style, seed, 4))
    writer = _Writer(table, style, seed, key, beat, seconds)
    notes = {"drums": writer.drums(bars, last)}
    for part in ("bass", "chords", "guitar", "pad", "arp", "lead"):
        if part in table:
            notes[part] = writer.part(part, bars, last)
    programs = {"drums": table["kit"]} | writer.programs
    return Score(
        style, tempo, key, tuple(bars), last * beat, seconds, {k: tuple(v) for k, v in notes.items()}, programs
    )


def _last_beat(seconds: float, beat: float) -> int:
    last = max(0, int((seconds - RING) / beat + 1e-6))
    return last - 1 if last > 4 and last % 4 == 1 else last  # a bar of one beat would stumble


def _sections(full: int, cuts: list[float]) -> list[int]:
    """The bars on which a section begins, after the hook: every four bars, in a short piece the last two."""
    if full <= 4:
        return []
    starts = [2, full - 2] if full <= 8 else list(range(2, full - 1, 4))
    for i, at in enumerate(starts):
        # a section may begin a bar early or late to fall on a cut
        near = [b for b in (at, at + 1, at - 1) if 1 < b < full and any(abs(b * 4 - c) < 0.1 for c in cuts)]
        starts[i] = near[0] if near else at
    return sorted(set(starts))


def _bars(last: int, cuts: list[float], table: dict, rng: np.random.Generator) -> list[Bar]:
    full, rest = divmod(last, 4)
    starts = _sections(full, cuts)
    progressions = [p.split() for p in rng.permutation(table["progressions"])]
    bars = []
    for i in range(full):
        section = sum(s <= i for s in starts)
        begin = [0, *starts][section]
        name = "hook" if section == 0 else ("verse", "lift")[(section - 1) % 2]
        chords = progressions[0] if section % 4 != 2 else progressions[1 % len(progressions)]
        bars.append(Bar(i * 4, 4, name, chords[(i - begin) % 4]))
    if rest:
        bars.append(Bar(full * 4, rest, "turn", table["turn"]))
    elif len(bars) > 1:
        bars[-1] = Bar(bars[-1].start, 4, "turn", table["turn"])
    return bars


class _Writer:
    """Writes one part after the other; holds what all of them need."""

    def __init__(self, table: dict, style: str, seed: int, key: int, beat: float, seconds: float):
        self.table, self.style, self.seed, self.key, self.beat, self.seconds = table, style, seed, key, beat, seconds
        self.programs: dict[str, int] = {}

    def rng(self, name: str) -> np.random.Generator:
        return generator(self.style, self.seed, 2, *name.encode())

    def time(self, step: float) -> float:
        """Seconds of a sixteenth, counted from the start, with the style's swing."""
        beats, inside = divmod(step / 4, 1)
        swing = 0.5 + self.table["swing"]
        inside = inside * swing / 0.5 if inside < 0.5 else swing + (inside - 0.5) * (1 - swing) / 0.5
        return (beats + inside) * self.beat

    def note(
        self, rng: np.random.Generator, start: float, end: float, pitch: int, velocity: float, loose: float = 0.003
    ) -> Note:
        """A note as a player would place it; the first beat and the last chord stay exact."""
        begin = self.time(start) + (abs(rng.normal(0, loose)) if start > 0 else 0)
        stop = min(self.time(end), self.seconds)
        return Note(begin, max(stop, begin + 0.03), int(pitch), int(np.clip(velocity + rng.normal(0, 4), 20, 122)))

    def drums(self, bars: list[Bar], last: int) -> list[Note]:
        rng, table = self.rng("drums"), self.table
        chosen = {drum: str(rng.choice(patterns)) for drum, patterns in table["drums"].items()}
        notes = []
        for i, bar in enumerate(bars):
            nxt = bars[i + 1].section if i + 1 < len(bars) else "end"
            fill = nxt not in ("turn", bar.section) and bar.beats > 1
            until = bar.beats * 4 - (4 if fill else 0)
            if i == 0 or bar.section not in ("turn", bars[i - 1].section):
                notes.append(self.note(rng, bar.start * 4, bar.start * 4 + 8, DRUMS[table["accent"]], 96, 0))
            for drum, pattern in chosen.items():
                softer = -12 if bar.section == "verse" and drum not in ("kick", "boom") else 0
                if bar.section == "verse" and drum in ("open", "tambourine"):
                    continue
                for step in range(bar.beats * 4 if drum in ("kick", "boom") else until):
                    if pattern[step] in VELOCITY:
                        at = bar.start * 4 + step
                        notes.append(self.note(rng, at, at + 1, DRUMS[drum], VELOCITY[pattern[step]] + softer, 0.001))
            if fill:
                roll = str(rng.choice(table["fill"]["patterns"]))
                at = (bar.start + bar.beats) * 4 - 4
                hits = [s for s in range(4) if roll[s] == "x"]
                notes += [
                    self.note(rng, at + s, at + s + 1, DRUMS[table["fill"]["drum"]], 62 + 10 * s, 0.001) for s in hits
                ]
        low = "boom" if "boom" in chosen else "kick"
        return notes + [self.note(rng, last * 4, last * 4 + 16, DRUMS[d], 104, 0) for d in (low, table["accent"])]

    def part(self, name: str, bars: list[Bar], last: int) -> list[Note]:
        rng, about = self.rng(name), self.table[name]
        self.programs[name] = int(rng.choice(np.atleast_1d(about["program"])))
        write = {"bass": self._bass, "arp": self._arp, "lead": self._lead}.get(name, self._chords)
        pattern = str(rng.choice(about["patterns"])) if "patterns" in about else "x" + "-" * 15
        voicing = None
        notes: list[Note] = []
        ending = Bar(last, 4, "end", self.table["final"])
        for i, bar in enumerate([*bars, ending]):
            tones = [(t + self.key) % 12 for t in chord_tones(bar.chord)]
            voicing = _voice(tones, about["register"], voicing)
            notes += write(rng, pattern, bar, i, tones, voicing, about["register"], name)
        return notes

    def _hits(self, pattern: str, bar: Bar) -> list[tuple[int, int, str]]:
        """(step, end, sign) of each hit of a pattern in this bar; in the last bar one that rings to the end."""
        if bar.section == "end":
            return [(bar.start * 4, bar.start * 4 + 64, next(s for s in pattern if s not in ".-"))]
        cut = pattern[: bar.beats * 4]
        return [
            (bar.start * 4 + m.start(), bar.start * 4 + m.end(), m[0][0]) for m in re.finditer(r"[^.\-]-*", cut)
        ]  # fmt: skip

    def _bass(self, rng, pattern, bar, _i, tones, _voicing, register, _name) -> list[Note]:
        low = register[0] + (tones[0] - register[0]) % 12
        fifth = low + (tones[2] - tones[0]) % 12 if len(tones) == 3 or tones[1] != (tones[0] + 2) % 12 else low + 7
        pitch = {"R": low, "5": fifth if fifth <= register[1] + 2 else fifth - 12, "8": low + 12}
        if bar.section == "end":
            return [self.note(rng, bar.start * 4, bar.start * 4 + 64, low, 100, 0)]
        return [self.note(rng, a, b - 0.1, pitch[s], VELOCITY[s]) for a, b, s in self._hits(pattern, bar)]

    def _chords(self, rng, pattern, bar, _i, _tones, voicing, _register, name) -> list[Note]:
        level = {"hook": 84, "verse": 72, "lift": 84, "turn": 78, "end": 90}[bar.section]
        hits = self._hits(pattern, bar)
        strum = 0.12 if name in ("chords", "guitar") else 0.0  # sixteenths between the lowest and the highest tone
        return [
            self.note(rng, a + strum * k / len(voicing), b - 0.15, p, level)
            for a, b, _ in hits
            for k, p in enumerate(voicing)
        ]

    def _arp(self, rng, pattern, bar, _i, _tones, voicing, register, name) -> list[Note]:
        if bar.section == "end":
            return self._chords(rng, "x", bar, 0, _tones, voicing, register, name)
        ladder = [p + 12 * octave for octave in range(3) for p in voicing]
        level = {"hook": 88, "verse": 68, "lift": 84, "turn": 78}[bar.section]
        return [self.note(rng, a, b, ladder[int(s)], level) for a, b, s in self._hits(pattern, bar)]

    def _lead(self, rng, pattern, bar, i, tones, _voicing, register, _name) -> list[Note]:
        """One motif that comes back over each chord; silent in verses, where the narration needs the room."""
        if bar.section == "end":
            _, strong = tune_ladder(tones, self.key, register)
            low = next((p for p in strong if p % 12 == tones[0]), strong[0])
            return [self.note(rng, bar.start * 4, bar.start * 4 + 64, low, 84, 0)]
        if bar.section == "verse":
            return []
        half = pattern[:16] if i % 2 == 0 else pattern[16:]
        shape = generator(self.style, self.seed, 3, i % 2).choice([-2, -1, 0, 1, 2], 16, p=[0.15, 0.3, 0.1, 0.3, 0.15])
        ladder, strong = tune_ladder(tones, self.key, register)
        centre, at, notes = sum(register) / 2, None, []
        for a, b, _ in self._hits(half, bar):
            step = a - bar.start * 4
            aim = centre if at is None else ladder[int(np.clip(ladder.index(at) + shape[step], 0, len(ladder) - 1))]
            at = min(strong if step % 4 == 0 else ladder, key=lambda p: (abs(p - aim), p))
            notes.append(self.note(rng, a, max(b, a + 1.8), at, 88 if step % 4 == 0 else 78, 0.005))
        return notes


def tune_ladder(tones: list[int], key: int, register: list[int]) -> tuple[list[int], list[int]]:
    """Pitches that a tune may use over a chord (none a semitone from a tone of it), and those that are tones of it."""
    smooth = {t for t in tones if (t - 1) % 12 not in tones}  # the root of a major seventh chord rubs on the seventh
    home = {(p + key) % 12 for p in PENTATONIC}
    free = {p for p in home if all((p - t) % 12 not in (1, 11) for t in tones)} | smooth
    pitches = range(register[0], register[1] + 1)
    return [p for p in pitches if p % 12 in free], [p for p in pitches if p % 12 in smooth]


def _voice(tones: list[int], register: list[int], before: list[int] | None) -> list[int]:
    """Close voicing of three tones nearest to the chord before; a fourth tone replaces the root, which the bass has.

    So a major seventh never stands a semitone below its root.
    """
    upper = tones[1:] if len(tones) > 3 else tones
    aim = np.mean(before) if before else np.mean(register)
    best, cost = [], np.inf
    for lowest in range(register[0], register[0] + 12):
        if lowest % 12 not in upper:
            continue
        chord = sorted(lowest + (t - lowest) % 12 for t in upper)
        distance = abs(np.mean(chord) - aim) + 0.3 * abs(np.mean(chord) - np.mean(register))
        if distance < cost:
            best, cost = chord, distance
    return best
