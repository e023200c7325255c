"""Soft sounds under the cuts, made in NumPy from noise and sines: whoosh, riser, boom, chime, click and pop."""

import numpy as np
from scipy.signal import istft, stft

from aigc_lab.generate.score import generator, music_key
from aigc_lab.media import RATE, Sound

# What a style's cuts sound like: most of them, and the few that matter (each fourth, and the last).
KITS = {
    "minimal": (("air",), ("air", "click")),
    "neon": (("whoosh",), ("riser", "boom")),
    "retro": (("click",), ("whoosh", "pop")),
    "watercolor": (("air",), ("air", "chime")),
    "cinematic": (("whoosh",), ("riser", "boom")),
    "playful": (("pop",), ("pop", "chime")),
}
LEVEL = {"air": 0.10, "whoosh": 0.14, "riser": 0.12, "boom": 0.30, "chime": 0.10, "click": 0.10, "pop": 0.14}  # peaks


def effects(cuts: tuple[float, ...] | list[float], seconds: float, style: str, seed: int) -> Sound:
    """A stereo track of exactly `seconds` with a soft sound at each cut (s): it swells to the cut or begins on it.

    Cuts outside of the piece are left out. Raises LabError for an unknown style.
    """
    rng = generator(style, seed, 9)
    out = np.zeros((round(seconds * RATE), 2))
    inside = sorted(c for c in cuts if 0 < c < seconds)
    first = int(rng.integers(1, 4))
    for i, cut in enumerate(inside):
        strong = i == len(inside) - 1 or (i - first) % 4 == 0
        room = cut - (inside[i - 1] if i else 0)  # a swell stays inside its own shot
        for name in KITS[style][strong]:
            sound, hit = _sound(name, rng, music_key(style, seed), room)
            sound *= LEVEL[name] * rng.uniform(0.8, 1.0) / max(np.abs(sound).max(), 1e-9)
            _place(out, _spread(sound, name, -1 if i % 2 else 1), round(cut * RATE) - hit)
    fade = min(len(out), RATE // 5)
    out[len(out) - fade :] *= np.linspace(1, 0, fade)[:, None]
    return Sound(out.astype(np.float32))


def _sound(name: str, rng: np.random.Generator, key: int, room: float) -> tuple[np.ndarray, int]:
    """Mono samples, and which of them falls on the cut."""
    if name == "air":
        return _sweep(rng, min(0.22, room / 2), 0.30, 2500, 6500, 3500)
    if name == "whoosh":
        return _sweep(rng, min(0.32, room / 2), 0.30, 300, 3200, 700)
    if name == "riser":
        return _sweep(rng, min(1.1, room / 2), 0.12, 350, 7000, 5000)
    t = np.arange(round({"boom": 1.2, "chime": 1.4, "click": 0.03, "pop": 0.12}[name] * RATE)) / RATE
    soft = np.minimum(1, t / 0.002) * np.minimum(1, (t[-1] - t) / 0.01)
    if name == "boom":
        pitch = 42 + 55 * np.exp(-t / 0.05)
        return np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-t / 0.28) * soft, 0
    if name == "pop":
        pitch = rng.uniform(480, 620) * np.exp(t / 0.09)
        return np.sin(2 * np.pi * np.cumsum(pitch) / RATE) * np.exp(-t / 0.03) * soft, 0
    if name == "click":
        return _band(rng.standard_normal(len(t) + RATE // 10), np.array([3200.0]))[: len(t)] * np.exp(
            -t / 0.006
        ) * soft, 0
    tones = [72 + key, 79 + key, 84 + key]  # root, fifth and octave agree with every chord of the key
    return sum(_bell(p, t - 0.05 * k) for k, p in enumerate(tones)) * soft, 0


def _bell(pitch: int, t: np.ndarray) -> np.ndarray:
    """A sine at a MIDI pitch that is struck at t = 0 (s) and fades."""
    later = np.maximum(0, t)
    return np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * t) * np.exp(-later / 0.35) * np.minimum(1, later / 0.004)


def _sweep(
    rng: np.random.Generator, before: float, after: float, low: float, top: float, end: float
) -> tuple[np.ndarray, int]:
    """Noise whose band climbs from `low` to `top` Hz at the cut, then falls to `end`, loudest at the cut."""
    a, b = round(max(before, 0.02) * RATE), round(after * RATE)
    up, down = np.linspace(0, 1, a), np.linspace(0, 1, b)
    centre = np.concatenate([low * (top / low) ** up, top * (end / top) ** down])
    level = np.concatenate([up**2, np.cos(down * np.pi / 2) ** 3])
    return _band(rng.standard_normal(a + b), centre) * level, a


def _band(noise: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Noise through a band of about an octave whose centre (Hz) moves over the length."""
    f, t, spectrum = stft(noise, RATE, nperseg=1024)
    middle = np.interp(np.linspace(0, 1, len(t)), np.linspace(0, 1, len(centre)), centre)
    octaves = np.log2(np.maximum(f, 20)[:, None] / middle[None])
    _, shaped = istft(spectrum * np.exp(-0.5 * (octaves / 0.6) ** 2), RATE, nperseg=1024)
    return np.resize(shaped, len(noise)) if len(shaped) < len(noise) else shaped[: len(noise)]


def _spread(sound: np.ndarray, name: str, side: int) -> np.ndarray:
    """Mono to stereo: noises pass from one side to the other, the rest stays in the middle."""
    width = 0.6 if name in ("air", "whoosh", "riser") else 0.0
    place = side * width * np.linspace(-1, 1, len(sound))
    return sound[:, None] * np.stack([np.cos((place + 1) * np.pi / 4), np.sin((place + 1) * np.pi / 4)], axis=1)


def _place(track: np.ndarray, sound: np.ndarray, at: int) -> None:
    begin, end = max(0, at), min(len(track), at + len(sound))
    if end > begin:
        track[begin:end] += sound[begin - at : end - at]
