"""Six ways to draw the same scenery: each style has a brush for shapes (skies and lights of the styles: skies.py)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import skia

from aigc_lab.collect.forms import Item, Mark, polygon
from aigc_lab.collect.looks import Look, mix, shade

FIELD = skia.Rect.MakeLTRB(-12, -12, 48, 48)


@dataclass(frozen=True)
class Pen:
    """What a brush must know: the colours, how many units one pixel covers, and whether the scene is at night."""

    style: str
    look: Look
    pixel: float
    night: bool = False


def argb(color: str, alpha: float = 1.0) -> int:
    """#rrggbb and an opacity (0..1) as Skia's number."""
    return (round(255 * min(max(alpha, 0.0), 1.0)) << 24) | int(color[1:], 16)


def flat(color: str, alpha: float = 1.0, line: float = 0.0) -> skia.Paint:
    """A paint of one colour; `line`: the width of a stroke in units, 0 fills."""
    paint = skia.Paint(AntiAlias=True, Color=argb(color, alpha))
    if line:
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(line)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
    return paint


def washed(top: float, bottom: float, colors: list[int], stops: list[float] | None = None) -> skia.Paint:
    """A vertical gradient between two heights, dithered so that it shows no bands."""
    paint = skia.Paint(AntiAlias=True, Dither=True)
    paint.setShader(skia.GradientShader.MakeLinear([(0, top), (0, bottom)], colors, stops))
    return paint


def light(x: float, y: float, radius: float, color: str, alpha: float) -> skia.Paint:
    """A round light that fades to nothing at its edge."""
    paint = skia.Paint(AntiAlias=True, Dither=True)
    colors = [argb(color, alpha), argb(color, 0.42 * alpha), argb(color, 0.0)]
    paint.setShader(skia.GradientShader.MakeRadial((x, y), radius, colors, [0, 0.45, 1]))
    return paint


def tone_color(look: Look, tone: int | str) -> str:
    """The colour of a mark's tone."""
    return look.shapes[tone] if isinstance(tone, int) else getattr(look, tone)


def record(item: Item, pen: Pen) -> skia.Picture:
    """An item as recorded drawing commands, in units."""
    recorder = skia.PictureRecorder()
    canvas = recorder.beginRecording(FIELD)
    for mark in item.marks:
        if not (mark.fine and 3.0 * pen.pixel > max(mark.line, 0.5)):  # too small to be seen
            paint_mark(canvas, mark, pen, item.depth)
    return recorder.finishRecordingAsPicture()


def paint_mark(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    """Draw one mark as its style does."""
    if mark.soft:
        bounds = mark.path.getBounds()
        color = tone_color(pen.look, mark.tone)
        canvas.drawPath(mark.path, light(bounds.centerX(), bounds.centerY(), bounds.width() / 2, color, mark.alpha))
    elif mark.line:
        LINES.get(pen.style, _plain_line)(canvas, mark, pen, depth)
    else:
        FILLS[pen.style](canvas, mark, pen, depth)


def _plain_line(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    width = max(mark.line, 0.8 * pen.pixel)
    canvas.drawPath(mark.path, flat(tone_color(pen.look, mark.tone), mark.alpha, width))


def _is_big(mark: Mark) -> bool:
    bounds = mark.path.getBounds()
    return bounds.height() > 1.6 and bounds.width() > 5.0


def _minimal(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    color, bounds = tone_color(pen.look, mark.tone), mark.path.getBounds()
    if mark.fine:
        canvas.drawPath(mark.path, flat(mix(color, pen.look.sky[1], 0.35), mark.alpha))
    elif _is_big(mark):
        soft = mix(color, pen.look.sky[2], 0.55)
        fade = washed(bounds.top(), bounds.top() + 7, [argb(color, mark.alpha), argb(soft, mark.alpha)])
        canvas.drawPath(mark.path, fade)
    else:
        canvas.drawPath(mark.path, flat(color, mark.alpha))


def _neon(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    color, bounds = tone_color(pen.look, mark.tone), mark.path.getBounds()
    if mark.fine:
        canvas.drawPath(mark.path, flat(color, 0.85 * mark.alpha))
        return
    strength = min(mark.alpha * 1.1, 1.0)
    if _is_big(mark):
        lit, dark = mix(pen.look.sky[0], color, 0.3), mix(pen.look.sky[0], color, 0.05)
        canvas.drawPath(mark.path, washed(bounds.top(), bounds.top() + 5, [argb(lit, strength), argb(dark, strength)]))
    else:
        canvas.drawPath(mark.path, flat(mix(pen.look.sky[0], color, 0.16), strength))
    _tube(canvas, mark.path, color, pen, 0.055, mark.alpha * (0.55 + 0.45 * depth))


def _neon_line(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    color = tone_color(pen.look, mark.tone)
    if mark.fine:
        _plain_line(canvas, mark, pen, depth)
    else:
        _tube(canvas, mark.path, color, pen, min(mark.line, 0.09), mark.alpha * (0.4 + 0.6 * depth))


def _tube(canvas: skia.Canvas, path: skia.Path, color: str, pen: Pen, width: float, alpha: float) -> None:
    """A glowing tube: wide faint strokes under a thin bright one."""
    for wide, share in ((7.5, 0.11), (3.2, 0.27)):
        canvas.drawPath(path, flat(color, alpha * share, max(wide * width, 1.4 * pen.pixel)))
    canvas.drawPath(path, flat(mix(color, pen.look.glow, 0.25), alpha, max(width, 0.75 * pen.pixel)))


def _retro(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    color = tone_color(pen.look, mark.tone)
    if not mark.fine and mark.alpha > 0.5:
        canvas.save()
        canvas.translate(0.13, -0.11 if _is_big(mark) else 0.13)
        canvas.drawPath(mark.path, flat(shade(color, -0.2, 0.9), 0.55 * mark.alpha))
        canvas.restore()
    canvas.drawPath(mark.path, flat(color, mark.alpha))
    if (
        _is_big(mark) and mark.alpha > 0.5 and pen.pixel < 0.15
    ):  # on tiny pictures the dots would be smaller than pixels
        bounds = mark.path.getBounds()
        canvas.save()
        canvas.clipPath(mark.path, skia.ClipOp.kIntersect, True)
        dots = halftone(round(max(0.26, 2.6 * pen.pixel), 2))
        canvas.translate(bounds.left(), bounds.top())
        canvas.drawPath(dots, flat(shade(color, -0.09), 0.55 * mark.alpha))
        canvas.restore()


@cache
def halftone(pitch: float) -> skia.Path:
    """Printer's dots that shrink from the top down over 3 units, 32 units wide."""
    path = skia.Path()
    for row in range(int(3.0 / pitch)):
        radius = 0.46 * pitch * (1 - row * pitch / 3.0)
        for column in range(int(32 / pitch)):
            path.addCircle((column + 0.5 * (row % 2)) * pitch, row * pitch, radius)
    return path


def _watercolor(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    color, bounds = tone_color(pen.look, mark.tone), mark.path.getBounds()
    if mark.fine:
        canvas.drawPath(mark.path, flat(color, 0.45 * mark.alpha))
        return
    big = _is_big(mark)
    crude = pen.pixel > 0.1  # on tiny pictures wobbly edges would not be seen
    path = mark.path if crude else bled(mark.path, 0.045 if big else 0.02, 3)
    pale = mix(color, pen.look.sky[1], 0.62)
    paper = mix(pen.look.paper, pale, 0.5)  # painted first, so that what lies behind does not show through
    body = [
        argb(mix(paper, c, share), mark.alpha)
        for c, share in ((color, 0.8), (mix(color, pale, 0.6), 0.7), (pale, 0.45))
    ]
    high = 5.0 if big else max(bounds.height(), 0.4)
    canvas.drawPath(path, washed(bounds.top(), bounds.top() + high, body))
    if not crude:
        canvas.drawPath(bled(mark.path, 0.14 if big else 0.05, 2), flat(color, 0.2 * mark.alpha))
    if big:
        _blooms(canvas, path, color, pen)
    width, alpha = (0.11, 0.27) if big else (0.06, 0.3)  # pigment gathers at the edge
    canvas.drawPath(path, flat(shade(color, -0.1), alpha * mark.alpha, max(width, 0.6 * pen.pixel)))


def _blooms(canvas: skia.Canvas, path: skia.Path, color: str, pen: Pen) -> None:
    """Where water ran back into drying paint: pale and dark spots with a hard edge, under the top of a shape."""
    bounds = path.getBounds()
    rng = np.random.default_rng([path.countPoints(), 11])
    for i in range(5):
        x, y = rng.uniform(bounds.left() + 2, bounds.right() - 2), bounds.top() + rng.uniform(2.0, 5.0)
        reach = rng.uniform(0.6, 1.7)
        if not path.contains(x, y - 0.4 * reach) or not path.contains(x, y + 0.4 * reach):
            continue
        spot = skia.Path.Oval(skia.Rect.MakeLTRB(x - reach, y - 0.55 * reach, x + reach, y + 0.55 * reach))
        shift = mix(color, pen.look.paper, 0.75) if i % 2 else shade(color, -0.05)
        canvas.drawPath(spot, light(x, y, reach, shift, 0.42))
        canvas.drawPath(bled(spot, 0.07, i), flat(shift, 0.11, 0.05))


def _wet_line(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    color = tone_color(pen.look, mark.tone)
    for width, alpha in ((2.2, 0.2), (1.2, 0.35), (0.6, 0.4)):
        canvas.drawPath(mark.path, flat(color, alpha * mark.alpha, max(width * mark.line, 0.8 * pen.pixel)))


def bled(path: skia.Path, amount: float, seed: int) -> skia.Path:
    """The path with edges that ran on wet paper: sampled every 0.24 units and pushed about, smoothly."""
    rng = np.random.default_rng([seed, path.countPoints()])
    measure, out = skia.PathMeasure(path, True), skia.Path()
    while True:
        length = measure.getLength()
        if length > 0.4:
            count = int(min(max(length / min(0.24, length / 40), 8), 160))
            steps = np.linspace(0, length, count, endpoint=False).tolist()
            spots = [measure.getPosTan(d)[0] for d in steps]
            push = rng.normal(0, amount, (count, 2))
            out.addPath(_closed([(p.x() + a, p.y() + b) for p, (a, b) in zip(spots, push.tolist(), strict=True)]))
        if not measure.nextContour():
            return out


def _closed(points: list[tuple[float, float]]) -> skia.Path:
    path = skia.Path()
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(points, points[1:] + points[:1], strict=True)]
    path.moveTo(*middles[-1])
    for point, middle in zip(points, middles, strict=True):
        path.quadTo(*point, *middle)
    path.close()
    return path


def _cinematic(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    color, bounds, look = tone_color(pen.look, mark.tone), mark.path.getBounds(), pen.look
    if mark.fine or isinstance(mark.tone, str):
        canvas.drawPath(mark.path, flat(color, mark.alpha))
        return
    haze = mix(color, look.sky[2], 0.5 * (1 - 0.75 * depth))
    lit = mix(color, look.glow, 0.16 * (1 - 0.4 * depth))
    high = max(min(bounds.height(), 5.5), 0.5)
    colors = [argb(lit, mark.alpha), argb(color, mark.alpha), argb(haze, mark.alpha)]
    canvas.drawPath(mark.path, washed(bounds.top(), bounds.top() + high, colors, [0, 0.3, 1]))
    canvas.drawPath(mark.path, flat(look.glow, 0.2 * mark.alpha, max(0.03, 0.5 * pen.pixel)))


def _playful(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    color, bounds = tone_color(pen.look, mark.tone), mark.path.getBounds()
    paint = flat(color, mark.alpha)
    if mark.fine:
        canvas.drawPath(mark.path, paint)
        return
    paint.setPathEffect(skia.CornerPathEffect.Make(0.3))
    if _is_big(mark):
        canvas.drawPath(mark.path, paint)
        canvas.save()
        canvas.clipPath(mark.path, skia.ClipOp.kIntersect, True)
        canvas.translate(bounds.left(), bounds.top())
        canvas.drawPath(polka(round(max(0.85, 5 * pen.pixel), 2)), flat("#ffffff", 0.2 * mark.alpha))
        canvas.restore()
    else:
        edge = flat("#ffffff", 0.9 * mark.alpha, max(0.16, 0.9 * pen.pixel))
        edge.setPathEffect(skia.CornerPathEffect.Make(0.3))
        canvas.drawPath(mark.path, edge)
        canvas.drawPath(mark.path, paint)


@cache
def polka(pitch: float) -> skia.Path:
    """Large even dots, 32 units wide, 9 high."""
    path = skia.Path()
    for row in range(int(9 / pitch)):
        for column in range(int(32 / pitch)):
            path.addCircle((column + 0.5 * (row % 2)) * pitch, (row + 0.6) * pitch, 0.2 * pitch)
    return path


def _bold_line(canvas: skia.Canvas, mark: Mark, pen: Pen, depth: float) -> None:
    canvas.drawPath(mark.path, flat(tone_color(pen.look, mark.tone), mark.alpha, max(1.7 * mark.line, 0.9 * pen.pixel)))


Draw = Callable[[skia.Canvas, Mark, Pen, float], None]
FILLS: dict[str, Draw] = {
    "minimal": _minimal, "neon": _neon, "retro": _retro, "watercolor": _watercolor, "cinematic": _cinematic,
    "playful": _playful,
}  # fmt: skip
LINES: dict[str, Draw] = {"neon": _neon_line, "watercolor": _wet_line, "playful": _bold_line}


def wedges(x: float, y: float, count: int, reach: float) -> skia.Path:
    """The rays of a sunburst around (x, y), every second one."""
    step = np.pi / count
    path = skia.Path()
    for i in range(count):
        a, b = (2 * i - 0.5) * step, (2 * i + 0.5) * step
        corners = [(x, y), *((x + reach * float(np.cos(v)), y + reach * float(np.sin(v))) for v in (a, b))]
        path.addPath(polygon(corners))
    return path
