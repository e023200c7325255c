"""Subjects: the vector shapes of data/scenes/subjects.json, recoloured for a style, with a motion of their own."""

import json
import re
from functools import cache, lru_cache

import skia

from aigc_lab import LabError
from aigc_lab.collect.forms import Sway
from aigc_lab.collect.looks import Look, shade, subject_fill
from aigc_lab.settings import data_path

BOX = 32.0  # subjects are drawn in a box of 32 x 32

ROLLING = {"football", "basketball", "volleyball", "gear"}
FLYING = {"airplane", "rocket", "satellite", "butterfly", "bird", "balloon", "fish", "firecracker"}
HANGING = {"lantern", "medal", "traffic-light", "handbag", "headphones"}
DRIVING = {"train", "car", "bicycle", "bus", "taxi", "scooter", "skateboard", "sneaker"}
FLOATING = {"sailboat", "wave", "bathtub"}
HEAVY = {
    "office", "house", "tower", "crane", "mountain", "tree", "ferris-wheel", "christmas-tree", "sofa", "bed", "camping",
    "fountain", "metro", "telescope", "microscope",
}  # fmt: skip


@cache
def _all() -> dict[str, dict]:
    return json.loads(data_path("scenes", "subjects.json").read_text(encoding="utf-8"))


def subject_shape(subject: str) -> dict:
    """A subject's shape as it stands in the file: {"outline": path, "parts": [{"fill", "d", "opacity"?}]}.

    Raises LabError for an unknown subject.
    """
    if subject not in _all():
        raise LabError(f"Subject {subject!r} is unknown: data/vocabulary.yaml lists those that can be drawn.")
    return _all()[subject]


def parse(d: str) -> skia.Path:
    """A path string of absolute M, L, C and Z commands as a path."""
    path = skia.Path()
    for verb, numbers in re.findall(r"([MLCZ])([^MLCZ]*)", d):
        v = [float(n) for n in re.findall(r"-?[\d.]+", numbers)]
        if verb == "Z":
            path.close()
        else:
            {"M": path.moveTo, "L": path.lineTo, "C": path.cubicTo}[verb](*v)
    return path


@lru_cache(maxsize=256)
def _paths(subject: str) -> tuple[skia.Path, tuple[tuple[str, float, skia.Path], ...]]:
    shape = subject_shape(subject)
    return parse(shape["outline"]), tuple((p["fill"], p.get("opacity", 1.0), parse(p["d"])) for p in shape["parts"])


def own_motion(subject: str, phase: float, pace: float) -> Sway:
    """How a subject moves by itself; amplitudes for a subject one unit tall."""
    period = 2.6 / pace
    if subject in ROLLING:
        return Sway(spin=26 * pace, dy=0.035, period=period, phase=phase)
    if subject in FLYING:
        return Sway(dx=0.05, dy=0.07, turn=5, period=period, phase=phase)
    if subject in HANGING:
        return Sway(turn=8, dx=0.02, period=period, phase=phase)
    if subject in DRIVING:
        return Sway(dx=0.07, dy=0.015, turn=1.2, period=1.3 * period, phase=phase)
    if subject in FLOATING:
        return Sway(dx=0.03, dy=0.05, turn=4, period=1.2 * period, phase=phase)
    if subject in HEAVY:
        return Sway(dy=0.018, pulse=0.025, turn=0.8, period=1.2 * period, phase=phase)
    return Sway(dy=0.045, turn=3.0, pulse=0.015, period=period, phase=phase)


def grounded(subject: str) -> bool:
    """Whether the subject stands on something, so that it throws a shadow on the ground."""
    return subject not in FLYING | HANGING | {"rainbow", "wave"}


def _paint(color: str, alpha: float = 1.0, line: float = 0.0) -> skia.Paint:
    value = (round(255 * alpha) << 24) | int(color[1:], 16)
    paint = skia.Paint(AntiAlias=True, Color=value)
    if line:
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(line)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
    return paint


def draw_subject(canvas: skia.Canvas, subject: str, style: str, look: Look, pixel: float) -> None:
    """Draw a subject in its 32 x 32 box with the style's treatment; `pixel`: box units that one pixel covers."""
    outline, parts = _paths(subject)
    _behind(canvas, outline, style, look, pixel)
    for fill, opacity, path in parts:
        canvas.drawPath(path, _paint(subject_fill(style, look, fill), opacity))
    _over(canvas, outline, style, look, pixel)


def _behind(canvas: skia.Canvas, outline: skia.Path, style: str, look: Look, pixel: float) -> None:
    if style == "neon":
        for width, alpha in ((5.5, 0.1), (3.6, 0.16), (2.0, 0.3)):
            canvas.drawPath(outline, _paint(look.accent, alpha, max(width, 2.2 * pixel)))
        canvas.drawPath(outline, _paint(look.paper, 1.0, 1.1))
    elif style == "retro":
        canvas.save()
        canvas.translate(1.3, 1.3)
        canvas.drawPath(outline, _paint(look.ink, 0.85))
        canvas.restore()
    elif style == "playful":
        canvas.save()
        canvas.translate(0.5, 1.1)
        canvas.drawPath(outline, _paint(look.ink, 0.16, 3.4))
        canvas.restore()
        canvas.drawPath(outline, _paint("#ffffff", 1.0, 3.4))
        canvas.drawPath(outline, _paint("#ffffff"))
    elif style == "watercolor":
        for width, alpha in ((4.2, 0.22), (2.4, 0.35)):
            canvas.drawPath(outline, _paint(look.paper, alpha, width))
        canvas.drawPath(outline, _paint(look.paper))
    elif style == "cinematic":
        for width, alpha in ((4.5, 0.06), (2.6, 0.1), (1.2, 0.2)):
            canvas.drawPath(outline, _paint(look.glow, alpha, width))
    else:
        canvas.save()
        canvas.translate(0, 0.7)
        for width, alpha in ((2.6, 0.04), (1.5, 0.07), (0.7, 0.16)):
            canvas.drawPath(outline, _paint(look.ink, alpha, width))
        canvas.restore()


def _over(canvas: skia.Canvas, outline: skia.Path, style: str, look: Look, pixel: float) -> None:
    if style == "neon":
        canvas.drawPath(outline, _paint(look.accent, 0.95, max(0.6, 0.8 * pixel)))
        canvas.drawPath(outline, _paint(look.glow, 0.9, max(0.22, 0.3 * pixel)))
        return
    canvas.save()
    canvas.clipPath(outline, skia.ClipOp.kIntersect, True)
    if style == "retro":
        for row in range(9):  # printer's dots that grow towards the lower right
            for column in range(9):
                x, y = 4 * column + 2 * (row % 2), 4 * row
                radius = 0.09 * max(x + y - 26, 0) ** 0.75
                if radius > 0.2:
                    canvas.drawCircle(x, y, radius, _paint(look.ink, 0.13))
    elif style == "watercolor":
        for width, alpha in ((3.2, 0.1), (1.5, 0.16)):  # pigment gathers at the edge
            canvas.drawPath(outline, _paint(look.shapes[4], alpha, width))
        paint = _paint(look.paper)
        paint.setShader(skia.GradientShader.MakeRadial((11, 9), 17, [_alpha(look.paper, 0.5), _alpha(look.paper, 0)]))
        canvas.drawPaint(paint)
    elif style == "cinematic":
        dark, light = _alpha(shade(look.paper, 0.03), 0.34), _alpha(look.glow, 0.24)
        paint = skia.Paint(AntiAlias=True, Dither=True)
        paint.setShader(
            skia.GradientShader.MakeLinear([(26, 0), (8, 32)], [light, _alpha(look.glow, 0), dark], [0, 0.42, 1])
        )
        canvas.drawPaint(paint)
    canvas.restore()


def _alpha(color: str, alpha: float) -> int:
    return (round(255 * alpha) << 24) | int(color[1:], 16)
