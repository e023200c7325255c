"""Colours of a picture: a style and a palette become one set of colours that scenery, subjects and text share.

All mixing happens in OKLCH (lightness, chroma, hue as the eye sees them; Ottosson 2020, "A perceptual color space for
image processing"), so that a step in a number is a step to the eye, whatever the palette.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from aigc_lab import LabError
from aigc_lab.vocabulary import vocabulary

Lch = tuple[float, float, float]  # lightness 0..1, chroma 0..0.37, hue in degrees
CREAM: Lch = (0.93, 0.045, 85.0)


@dataclass(frozen=True)
class Look:
    """The colours of one picture, all #rrggbb.

    sky: gradient from top to bottom; shapes: five tones of scenery, far to near; accent: the one colour that stands
    out; glow: light sources; ink: text on the picture; paper: the opposite of ink, for outlines and panels; sun: the
    disc in the sky.
    """

    style: str
    sky: tuple[str, ...]
    shapes: tuple[str, ...]
    accent: str
    glow: str
    ink: str
    paper: str
    dark: bool
    sun: str


def to_lch(color: str) -> Lch:
    """#rrggbb as OKLCH."""
    r, g, b = (_linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    lms = (
        (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3),
        (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3),
        (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3),
    )
    lightness = 0.2104542553 * lms[0] + 0.7936177850 * lms[1] - 0.0040720468 * lms[2]
    a = 1.9779984951 * lms[0] - 2.4285922050 * lms[1] + 0.4505937099 * lms[2]
    bb = 0.0259040371 * lms[0] + 0.7827717662 * lms[1] - 0.8086757660 * lms[2]
    return lightness, math.hypot(a, bb), math.degrees(math.atan2(bb, a)) % 360


def _linear(v: float) -> float:
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


def _rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


@lru_cache(maxsize=65536)
def to_hex(lightness: float, chroma: float, hue: float) -> str:
    """OKLCH as #rrggbb; a colour that no screen can show loses chroma until it fits, and keeps lightness and hue."""
    lightness = min(max(lightness, 0.0), 1.0)
    low, high = 0.0, max(chroma, 0.0)
    if not _fits(_rgb(lightness, high, hue)):
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if _fits(_rgb(lightness, middle, hue)) else (low, middle)
        high = low
    return "#" + "".join(f"{_byte(v):02x}" for v in _rgb(lightness, high, hue))


def _fits(rgb: tuple[float, float, float]) -> bool:
    return all(-1e-4 <= v <= 1.0001 for v in rgb)


def _byte(v: float) -> int:
    v = min(max(v, 0.0), 1.0)
    return round(255 * (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055))


@lru_cache(maxsize=65536)
def mix(first: str, second: str, share: float) -> str:
    """A colour between two, `share` (0..1) of the way to the second, straight through OKLab (no detour of hues)."""
    (l1, c1, h1), (l2, c2, h2) = to_lch(first), to_lch(second)
    a = c1 * math.cos(math.radians(h1)) * (1 - share) + c2 * math.cos(math.radians(h2)) * share
    b = c1 * math.sin(math.radians(h1)) * (1 - share) + c2 * math.sin(math.radians(h2)) * share
    return to_hex(l1 + (l2 - l1) * share, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def shade(color: str, lightness: float = 0.0, chroma: float = 1.0, hue: float = 0.0) -> str:
    """The colour with lightness added, chroma multiplied and hue turned (degrees)."""
    was = to_lch(color)
    return to_hex(was[0] + lightness, was[1] * chroma, (was[2] + hue) % 360)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1..21 (WCAG 2.2)."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    r, g, b = (_linear(int(color[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def palette_colors(palette: str | tuple[str, ...]) -> tuple[str, str, str]:
    """Base, support and accent of a palette id, or of one to three (or more) colours of one's own as #rgb or #rrggbb.

    What is missing is made from the first colour: a pale support, an accent of the opposite hue.
    Raises LabError for an unknown palette or a colour that cannot be read.
    """
    if isinstance(palette, str):
        if palette in vocabulary().palettes:
            return vocabulary().palettes[palette].colors
        palette = tuple(p.strip() for p in palette.split(","))
    colors = []
    for color in palette:
        if not re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", color):
            known = ", ".join(vocabulary().palettes)
            raise LabError(f"Palette {color!r} is unknown: use one of {known}, or colours like #1f6feb.")
        colors.append((color if len(color) == 7 else "#" + "".join(2 * c for c in color[1:])).lower())
    base = to_lch(colors[0])
    support = colors[1] if len(colors) > 1 else to_hex(0.87, min(base[1], 0.09), base[2])
    accent = colors[2] if len(colors) > 2 else to_hex(0.76, max(base[1], 0.14), (base[2] + 165) % 360)
    return colors[0], support, accent


def look(style: str, palette: str | tuple[str, ...]) -> Look:
    """The colours of a style in a palette (an id, or up to three colours of one's own, such as a brand's).

    Raises LabError for an unknown style or palette.
    """
    if style not in LOOKS:
        raise LabError(f"Style {style!r} is unknown: use one of {', '.join(LOOKS)}.")
    return _look(style, palette_colors(palette))


def _warmth(color: str) -> float:
    """How near a colour's hue is to that of a low sun: 1 to -1."""
    return math.cos(math.radians(to_lch(color)[2] - 60))


def _between(hue: float, other: float, share: float) -> float:
    """A hue `share` of the way to another, the short way round."""
    return (hue + share * ((other - hue + 180) % 360 - 180)) % 360


def _sun(color: str, level: float) -> str:
    """The colour as a disc in the sky: light enough to be one."""
    lightness, chroma, hue = to_lch(color)
    return to_hex(max(lightness, level), min(chroma, 0.16), hue)


@lru_cache(maxsize=1024)
def _look(style: str, colors: tuple[str, str, str]) -> Look:
    return LOOKS[style](*colors)


def _tones(color: str, steps: tuple[tuple[float, float], ...], turn: float = 0.0) -> tuple[str, ...]:
    """The colour's hue at the given (lightness, most chroma) steps; `turn` degrees are added along the way."""
    _, chroma, hue = to_lch(color)
    last = max(len(steps) - 1, 1)
    return tuple(
        to_hex(level, min(chroma, most), (hue + turn * i / last) % 360) for i, (level, most) in enumerate(steps)
    )


def _minimal(base: str, support: str, accent: str) -> Look:
    sky = _tones(support, ((0.975, 0.012), (0.96, 0.022), (0.925, 0.04)))
    pale = _tones(support, ((0.9, 0.06), (0.85, 0.08)))
    deep = _tones(base, ((0.78, 0.09), (0.68, 0.11), (0.56, 0.12)))
    ink = to_hex(0.27, 0.045, to_lch(base)[2])
    return Look("minimal", sky, pale + deep, accent, "#ffffff", ink, "#ffffff", False, _sun(accent, 0.74))


def _neon(base: str, support: str, accent: str) -> Look:
    hue, other, third = to_lch(base)[2], to_lch(support)[2], to_lch(accent)[2]
    deep = _between(hue, 280, 0.5)  # nights are blue to violet, whatever the tubes
    sky = (to_hex(0.13, 0.05, deep), to_hex(0.17, 0.075, deep), to_hex(0.26, 0.1, _between(deep, hue, 0.5)))
    lines = (
        to_hex(0.58, 0.2, hue), to_hex(0.66, 0.2, (hue - 30) % 360), to_hex(0.74, 0.19, other),
        to_hex(0.78, 0.19, (hue + 40) % 360), to_hex(0.84, 0.16, other),
    )  # fmt: skip
    bright = to_hex(0.8, 0.2, third)
    dark = to_hex(0.12, 0.045, deep)
    return Look("neon", sky, lines, bright, to_hex(0.95, 0.06, third), "#f7fbff", dark, True, lines[3])


def _retro(base: str, support: str, accent: str) -> Look:
    cream = to_hex(*CREAM)
    muted = tuple(shade(mix(c, cream, 0.16), -0.02, 0.82) for c in (support, base, accent))
    sky = (mix(cream, muted[0], 0.28), cream, mix(cream, muted[2], 0.16))
    deep = mix(shade(base, -0.1, 0.75), "#4a2f1b", 0.25)
    shapes = (mix(muted[0], cream, 0.25), shade(muted[0], -0.08), mix(muted[0], muted[1], 0.55), muted[1], deep)
    ink = to_hex(0.26, 0.04, 50)
    return Look("retro", sky, shapes, muted[2], cream, ink, cream, False, _sun(muted[2], 0.68))


def _watercolor(base: str, support: str, accent: str) -> Look:
    hue, other = to_lch(base)[2], to_lch(support)[2]
    sky = (to_hex(0.9, 0.055, hue), to_hex(0.955, 0.025, other), to_hex(0.965, 0.02, 80))
    pale = _tones(support, ((0.85, 0.07), (0.78, 0.09)), 12)
    wet = _tones(base, ((0.7, 0.11), (0.6, 0.12), (0.48, 0.11)), -14)
    ink, bright = to_hex(0.28, 0.05, hue), shade(accent, 0.02, 0.9)
    return Look("watercolor", sky, pale + wet, bright, "#fffdf7", ink, "#fdfaf3", False, _sun(bright, 0.76))


def _cinematic(base: str, support: str, accent: str) -> Look:
    """Teal and orange, in the palette's own hues: the warmest of its colours is the light, the coolest the dark."""
    colors = sorted((base, accent, shade(support, 0, 1.4)), key=_warmth)
    hue, warm = to_lch(colors[0])[2], to_lch(colors[-1])[2]
    glow = to_hex(0.8, 0.12, warm)
    sky = (to_hex(0.19, 0.06, hue), to_hex(0.33, 0.085, hue), mix(to_hex(0.52, 0.09, hue), glow, 0.45), glow)
    shapes = tuple(
        mix(to_hex(level, 0.075, hue), glow, share)
        for level, share in ((0.54, 0.22), (0.44, 0.12), (0.34, 0.06), (0.25, 0.02), (0.17, 0.0))
    )
    return Look(
        "cinematic",
        sky,
        shapes,
        to_hex(0.8, 0.15, warm),
        glow,
        "#fdf8f0",
        to_hex(0.15, 0.035, hue),
        True,
        to_hex(0.86, 0.1, warm),
    )


def _playful(base: str, support: str, accent: str) -> Look:
    hue, third = to_lch(base)[2], to_lch(accent)[2]
    sky = (to_hex(0.9, 0.075, to_lch(support)[2]), to_hex(0.94, 0.055, to_lch(support)[2]), to_hex(0.95, 0.06, third))
    lift = 0.17 * max(math.cos(math.radians(hue - 100)), 0) ** 2  # a dark yellow is mustard
    shapes = (
        to_hex(0.84, 0.11, to_lch(support)[2]), to_hex(0.8, 0.14, (third + 40) % 360),
        to_hex(0.74 + lift / 2, 0.15, hue), to_hex(0.72, 0.17, (hue - 55) % 360), to_hex(0.6 + lift, 0.18, hue),
    )  # fmt: skip
    ink, bright = to_hex(0.27, 0.07, hue), to_hex(0.74, 0.19, third)
    return Look("playful", sky, shapes, bright, "#ffffff", ink, "#ffffff", False, _sun(bright, 0.78))


LOOKS = {
    "minimal": _minimal, "neon": _neon, "retro": _retro, "watercolor": _watercolor, "cinematic": _cinematic,
    "playful": _playful,
}  # fmt: skip


@lru_cache(maxsize=65536)
def subject_fill(style: str, look: Look, fill: str) -> str:
    """The colour that a subject's part of colour `fill` (#rgb or #rrggbb) takes in a style; its own hue stays plain."""
    if len(fill) == 4:
        fill = "#" + "".join(2 * c for c in fill[1:])
    lightness, chroma, hue = to_lch(fill)
    if style == "minimal":
        return to_hex(0.1 + 0.9 * lightness, 0.85 * chroma, hue)
    if style == "neon":
        tint = to_hex(0.16 + 0.74 * lightness, max(1.15 * chroma, 0.03), hue)
        return mix(tint, look.shapes[2], 0.1 if chroma > 0.06 else 0.28)
    if style == "retro":
        return mix(to_hex(0.12 + 0.84 * lightness, 0.78 * chroma, hue), to_hex(*CREAM), 0.12)
    if style == "watercolor":
        return mix(to_hex(0.22 + 0.76 * lightness, 0.82 * chroma, hue), look.paper, 0.1)
    if style == "cinematic":
        return mix(to_hex(0.06 + 0.86 * lightness, 0.95 * chroma, hue), look.glow, 0.1)
    return to_hex(0.08 + 0.92 * lightness, 1.12 * chroma, hue)
