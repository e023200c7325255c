"""Which shot shows what where and when: whole-frame cuts, a template for each shot, and room made for its headline."""

import math
import re
from dataclasses import dataclass, replace

from aigc_lab.publish.ass import FPS
from aigc_lab.publish.fonts import drawable
from aigc_lab.publish.layout import Design, Plan, design, plan, stage
from aigc_lab.publish.lettering import LEADING, Lettering, fit
from aigc_lab.publish.platforms import Box, Platform, platform
from aigc_lab.publish.vectors import SIZE, vector
from aigc_lab.storyboard import Shot, Storyboard

CHIP = 104.0  # px, the disc with the number of a point
GAP = 24.0  # px between headline and subject
FLOAT = 20.0  # px that a subject may stray while it drifts
OVERSHOOT = 1.06  # how much larger a subject gets in its entrance or a push in


@dataclass(frozen=True)
class Scene:
    """One shot on the time line, in frames, with its design, plan and headline."""

    shot: Shot
    first: int
    last: int
    design: Design
    plan: Plan
    words: Lettering | None
    room: Box  # the safe area
    repeats: bool  # the shot before shows the same headline: it stays, without a new entrance

    @property
    def tells_all(self) -> bool:
        """Whether the headline holds every word that is said: then it is the caption too."""
        return self.words is not None and same_words(self.shot.say, self.shot.headline)

    @property
    def frames(self) -> int:
        """Length in frames."""
        return self.last - self.first


def frame_of(seconds: float) -> int:
    """The frame nearest to a time."""
    return round(seconds * FPS)


def design_of(story: Storyboard, shot: Shot | None = None) -> Design:
    """The design of a shot, or of what stays over all shots. Raises LabError for unknown styles and palettes."""
    palette = tuple(story.brand_colors) or (shot.palette if shot else "") or story.palette
    return design(story.style, palette)


def scenes(story: Storyboard) -> list[Scene]:
    """All shots with whole-frame cuts, designs and compositions. Raises LabError for unknown styles and palettes."""
    place = platform(story.platform)
    out: list[Scene] = []
    counts: dict[tuple[str, bool], int] = {}
    for shot in _without_echoes(story.shots):
        look, group = design_of(story, shot), (shot.role, bool(shot.headline))
        index = counts[group] = counts.get(group, -1) + 1
        rough = plan(shot, index, place, story.language, look.manner, story.seed)
        repeats = bool(out and shot.headline and shot.headline == out[-1].shot.headline and not rough.button)
        words = out[-1].words if repeats else _words(story, shot, rough, look)
        where = replace(out[-1].plan, tilt=-out[-1].plan.tilt) if repeats else rough
        where = _make_room(where, words, shot, stage(place, story.language), place, look)
        out.append(
            Scene(
                shot, frame_of(shot.start), frame_of(shot.start + shot.seconds), look, where, words, place.safe, repeats
            )
        )
    return out


def _without_echoes(shots: list[Shot]) -> list[Shot]:
    """The shots, without a headline where one inside a point would only repeat the caption below it."""
    kept, point = [], 0
    for shot in shots:
        inside = shot.role == "point" and shot.point == point
        echo = inside and same_words(shot.say, shot.headline)
        kept.append(shot.model_copy(update={"headline": ""}) if echo else shot)
        point = shot.point
    return kept


def _words(story: Storyboard, shot: Shot, where: Plan, look: Design) -> Lettering | None:
    text = drawable(shot.headline)
    if not text or where.headline is None:
        return None
    if where.button and same_words(text, story.call_to_action):
        return None  # the button says it
    box, m = where.headline, look.manner
    if has_chip(shot) and where.anchor == "top":
        box = Box(box.left, box.top + CHIP + 24, box.right, box.bottom + 40)
    return fit(text, box, m.biggest, where.align, where.anchor, look.family, m.tracking)


def same_words(part: str, whole: str) -> bool:
    """Whether a text is said again inside another, marks and letter case aside."""
    plain, other = (re.sub(r"\W", "", t).casefold() for t in (part, whole))
    return bool(plain) and plain in other


def has_chip(shot: Shot) -> bool:
    """Whether the shot's headline carries the number of its point."""
    return shot.point > 0 and bool(shot.headline)


def _make_room(where: Plan, words: Lettering | None, shot: Shot, area: Box, place: Platform, look: Design) -> Plan:
    """The plan with the subject in the middle of what headline, chip and button leave of the stage."""
    top, bottom = area.top - 60, area.bottom
    if words and where.anchor == "top":
        top = words.top + words.em * (LEADING * (len(words.lines) - 1) + 1) + GAP
    elif words:
        bottom = words.top - GAP - (CHIP + 24 if has_chip(shot) else 0)
        top = area.top - 40
    if where.button:
        bottom = min(bottom, where.button.top - GAP)
    margin = FLOAT + look.manner.border + look.manner.cast
    wide, high = (OVERSHOOT * e for e in _extent(shot.subject, abs(where.tilt) + look.manner.wobble))
    size = min(where.size, (bottom - top - 2 * margin) / high, (0.97 * area.width - 2 * margin) / wide)
    half_wide, half_high = size * wide / 2 + margin, size * high / 2 + margin
    x = min(max(where.subject[0], place.safe.left + half_wide), place.safe.right - half_wide)
    fits = top + half_high <= where.subject[1] <= bottom - half_high
    y = where.subject[1] if fits else (top + bottom) / 2
    badge = where.badge and _beside(x, y, size, where.badge[2], top, place.safe)
    return replace(where, subject=(x, y), size=size, badge=badge)


def _beside(x: float, y: float, size: float, wide: float, top: float, safe: Box) -> tuple[float, float, float]:
    """A badge over the upper right shoulder of the subject, below the headline and inside the safe area."""
    half = OVERSHOOT * wide / 2
    return min(x + 0.46 * size, safe.right - half), max(y - 0.36 * size, top + half), wide


def _extent(subject: str, tilt: float) -> tuple[float, float]:
    """Width and height of a subject turned by `tilt` degrees, its longer side being 1."""
    if not subject:
        return 1.0, 1.0
    art, turn = vector(subject), math.radians(tilt)
    wide, high = art.width / SIZE, art.height / SIZE
    return wide * math.cos(turn) + high * math.sin(turn), high * math.cos(turn) + wide * math.sin(turn)
