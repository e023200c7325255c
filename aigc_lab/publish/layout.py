"""The design system: how type, subject and labels are sized, coloured and placed in each style.

Everything stands inside the safe area of the chosen platform. The stage is what is left between the label row at the
top and the captions; templates place headline and subject on it, and change from shot to shot.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from aigc_lab.collect.looks import Look, contrast, look, shade, to_hex, to_lch
from aigc_lab.publish.captions import EM, LATIN_EM
from aigc_lab.publish.fonts import BLACK, SANS
from aigc_lab.publish.platforms import Box, Platform
from aigc_lab.storyboard import Shot

READABLE = 4.5  # least contrast of text (WCAG 2.2, AA)
LABEL_EM = 76  # px: capitals of 0.733 em are then 56 px high, over 5 % of 1080
ROW = 96  # px at the top of the safe area for labels and logo


@dataclass(frozen=True)
class Manner:
    """What a style does to type and subject; lengths in em for type, in pixels for the subject."""

    biggest: float = 140  # px, em of the largest headline
    tracking: float = 0.0
    align: str = "center"
    outline: float = 0.06
    soft: float = 0.0  # px of blur of the outline
    shadow: float = 0.0  # em, hard offset
    entrance: str = "pop"  # pop | slide | settle | rise
    border: float = 0.0  # px around the subject
    border_soft: float = 0.0  # px of blur: a glow
    cast: float = 0.0  # px, hard shadow of the subject, to the lower right
    ground: float = 0.0  # opacity of a soft shadow on the ground under the subject
    wobble: float = 0.0  # degrees


MANNERS = {
    "minimal": Manner(132, -0.01, "left", 0.05, 5, entrance="rise", ground=0.16),
    "neon": Manner(136, 0.02, "center", 0.085, 8, entrance="settle", border=9),
    "retro": Manner(136, 0.025, "center", 0.055, shadow=0.075, entrance="slide", border=16, cast=18),
    "watercolor": Manner(132, 0.01, "center", 0.09, 4, entrance="rise", border=16, ground=0.2),
    "cinematic": Manner(112, 0.07, "center", 0.05, 3, entrance="settle", ground=0.5),
    "playful": Manner(140, 0.02, "center", 0.12, shadow=0.06, entrance="pop", border=22, ground=0.22, wobble=2.5),
}  # fmt: skip


@dataclass(frozen=True)
class Design:
    """A style in a palette, ready to draw with: colours as #rrggbb."""

    style: str
    manner: Manner
    look: Look
    fill: str  # headline
    edge: str  # what surrounds it
    key: str  # words that matter, readable on the edge
    panel: str  # chips, buttons
    on_panel: str
    shadow: str
    border: str
    family: str = BLACK

    @property
    def caption_family(self) -> str:
        """The font of captions and labels."""
        return SANS


def readable(color: str, on: str, least: float = READABLE) -> str:
    """The colour made lighter or darker, hue kept, until its contrast on `on` is at least `least`."""
    step = -0.02 if to_lch(on)[0] > 0.55 else 0.02
    for _ in range(50):
        if contrast(color, on) >= least:
            return color
        color = shade(color, step)
    return "#000000" if step < 0 else "#ffffff"


def _key(colors: Look, edge: str, clear: float) -> str:
    """The accent if it stays itself when made readable on `edge`, else the vivid colour that changes least."""
    changes = []
    for color in (colors.accent, colors.shapes[4], colors.shapes[3]):
        key = readable(color, edge, clear)
        changes.append((abs(to_lch(key)[0] - to_lch(color)[0]), key))
        if changes[0][0] < 0.15:
            break
    return min(changes)[1]


@cache
def design(style: str, palette: str | tuple[str, ...]) -> Design:
    """The design of a style in a palette (an id or colours). Raises LabError for unknown ones."""
    colors = look(style, palette)
    fill, edge = (colors.ink, colors.paper) if style != "retro" else (colors.paper, colors.ink)
    if style == "neon":
        edge = to_hex(0.33, 0.2, to_lch(colors.shapes[1])[2])  # the glow of a tube
    fill = readable(fill, edge, 7.0)
    clear = READABLE + (0.3 if to_lch(edge)[0] > 0.5 else 1.8)  # on dark edges a key colour glows only when it is light
    key = _key(colors, edge, clear)
    panel = colors.accent
    on_panel = max((colors.ink, colors.paper, "#ffffff"), key=lambda c: contrast(c, panel))
    panel = readable(panel, on_panel, READABLE + 0.3)
    shadow = {"neon": colors.accent, "retro": colors.ink, "playful": colors.accent}.get(style, "#0a0a14")
    border = {"neon": colors.accent, "playful": "#ffffff"}.get(style, colors.paper)
    return Design(style, MANNERS[style], colors, fill, edge, key, panel, on_panel, shadow, border)


@dataclass(frozen=True)
class Plan:
    """Where things of one shot stand: boxes and points in pixels."""

    headline: Box | None
    anchor: str  # top | middle | bottom of the headline's box
    align: str
    subject: tuple[float, float]
    size: float  # px, the subject's longer side
    tilt: float = 0.0  # degrees
    button: Box | None = None
    badge: tuple[float, float, float] | None = None  # center and diameter


# headline (left, top, right, bottom) or None, anchor, subject (x, y, size), tilt: fractions of the stage
TEMPLATES = {
    "hook": (
        ((0, 0.0, 1, 0.38), "top", (0.5, 0.72, 0.6), 0),
        ((0, 0.57, 1, 0.92), "bottom", (0.5, 0.26, 0.6), 0),
        ((0, 0.0, 1, 0.38), "top", (0.56, 0.72, 0.6), -7),
    ),
    "point": (
        ((0, 0.0, 1, 0.33), "top", (0.5, 0.67, 0.64), 0),
        ((0, 0.0, 1, 0.33), "top", (0.64, 0.68, 0.6), 6),
        ((0, 0.6, 1, 0.92), "bottom", (0.5, 0.28, 0.6), 0),
        ((0, 0.0, 1, 0.33), "top", (0.37, 0.68, 0.6), -6),
    ),
    "bare": (
        (None, "top", (0.5, 0.5, 0.76), 0),
        (None, "top", (0.58, 0.48, 0.72), 7),
        (None, "top", (0.44, 0.52, 0.72), -7),
    ),
    "offer": (((0, 0.0, 1, 0.3), "top", (0.44, 0.66, 0.62), -4),),
    "cta": (((0, 0.0, 1, 0.2), "top", (0.5, 0.42, 0.5), 0),),
}


def stage(place: Platform, language: str) -> Box:
    """The part of the safe area for headline and subject."""
    captions = 0.9 * EM if language.startswith("zh") else 2.1 * LATIN_EM
    return Box(place.safe.left, place.safe.top + ROW + 16, place.safe.right, place.caption_y - captions)


def plan(shot: Shot, index: int, place: Platform, language: str, manner: Manner, seed: int) -> Plan:
    """The composition of a shot: a template of its role, changing with `index` in an order that the seed shuffles."""
    area = stage(place, language)
    kind = shot.role if shot.role in ("hook", "offer", "cta") else ("point" if shot.headline else "bare")
    kind = "bare" if kind == "hook" and not shot.headline else kind
    choices = TEMPLATES[kind]
    order = np.random.default_rng([seed, len(kind)]).permutation(len(choices))
    box, anchor, (x, y, size), tilt = choices[order[index % len(choices)]]
    size = min(size * area.height, (0.7 if kind == "bare" else 0.64) * area.width)  # the encode pays for its area
    half = size / 2 * 1.13 + manner.border + manner.cast
    cx = (
        np.clip(area.left + x * area.width, area.left + half, area.right - half)
        if 2 * half < area.width
        else area.center[0]
    )
    cy = np.clip(area.top + y * area.height, area.top + half - ROW, area.bottom - half + 20)
    inset = 0.03 * area.width + manner.outline * manner.biggest + manner.soft  # what stands out of letters stays inside
    headline = box and Box(
        area.left + box[0] * area.width + inset, area.top + box[1] * area.height,
        area.left + box[2] * area.width - inset, area.top + box[3] * area.height,
    )  # fmt: skip
    button = badge = None
    if kind == "cta":
        middle = area.top + 0.79 * area.height
        button = Box(area.left + 30, middle - 96, area.right - 30, middle + 96)
    if kind == "offer":
        badge = (area.left + 0.8 * area.width, area.top + 0.42 * area.height, 0.3 * area.width)
    return Plan(headline, anchor, manner.align, (float(cx), float(cy)), size, tilt, button, badge)
