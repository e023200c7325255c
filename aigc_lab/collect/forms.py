"""Shapes that scenery is built of: paths in units (the short side of a picture is 9), drawn by the styles' brushes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import skia

Point = tuple[float, float]
SHORT = 9.0  # units along the short side of every picture
OVER = 3.4  # units drawn beyond each edge, so that the camera may move


@dataclass(frozen=True)
class Mark:
    """One shape of one tone: 0..4 (far to near) or "accent", "glow", "ink"; filled, or a line `line` units wide.

    soft: a round light that fades to its edge; fine: a detail that calm styles and tiny pictures leave out.
    """

    path: skia.Path
    tone: int | str
    line: float = 0.0
    alpha: float = 1.0
    fine: bool = False
    soft: bool = False


@dataclass(frozen=True)
class Sway:
    """How an item moves by itself. Units, seconds and degrees.

    dx, dy, turn, pulse: amplitudes of a swing around the pivot of the given period; vx, vy, spin: steady speeds;
    loop_x, loop_y: the pattern repeats after so many units, or (wrap) the item comes in again on the other side.
    """

    dx: float = 0.0
    dy: float = 0.0
    turn: float = 0.0
    pulse: float = 0.0
    period: float = 4.0
    phase: float = 0.0
    vx: float = 0.0
    vy: float = 0.0
    spin: float = 0.0
    loop_x: float = 0.0
    loop_y: float = 0.0
    wrap: bool = False


@dataclass(frozen=True)
class Item:
    """Marks that move together; depth 0 is the horizon, 1 is next to the eye; `front`: drawn before the subject."""

    marks: tuple[Mark, ...]
    depth: float
    at: Point = (0.0, 0.0)
    sway: Sway = Sway()
    front: bool = False


def polygon(points: Sequence[Point]) -> skia.Path:
    """A closed polygon."""
    path = skia.Path()
    path.addPoly([skia.Point(float(x), float(y)) for x, y in points], True)
    return path


def curve(points: Sequence[Point], closed: bool = False, path: skia.Path | None = None) -> skia.Path:
    """A smooth curve through the points (Catmull-Rom as cubics); goes on from `path` if one is given."""
    n = len(points)
    p = list(points)
    if path is None:
        path = skia.Path()
        path.moveTo(*p[0])
    else:
        path.lineTo(*p[0])
    for i in range(n if closed else n - 1):
        a, b, c, d = (p[j % n] if closed else p[min(max(j, 0), n - 1)] for j in (i - 1, i, i + 1, i + 2))
        path.cubicTo(
            b[0] + (c[0] - a[0]) / 6, b[1] + (c[1] - a[1]) / 6, c[0] - (d[0] - b[0]) / 6, c[1] - (d[1] - b[1]) / 6, *c
        )
    if closed:
        path.close()
    return path


def under(points: Sequence[Point], bottom: float, smooth: bool = True) -> skia.Path:
    """The ground under a line of points, down to `bottom`."""
    path = skia.Path()
    path.moveTo(points[0][0], bottom)
    if smooth:
        curve(points, path=path)
    else:
        for x, y in points:
            path.lineTo(x, y)
    path.lineTo(points[-1][0], bottom)
    path.close()
    return path


def circle(x: float, y: float, r: float) -> skia.Path:
    """A disc."""
    return skia.Path.Circle(x, y, r)


def oval(x: float, y: float, rx: float, ry: float) -> skia.Path:
    """An ellipse."""
    return skia.Path.Oval(skia.Rect.MakeLTRB(x - rx, y - ry, x + rx, y + ry))


def box(x: float, y: float, w: float, h: float, r: float = 0.0) -> skia.Path:
    """A rectangle from its upper left corner; r rounds the corners."""
    rect = skia.Rect.MakeXYWH(x, y, w, h)
    return skia.Path.RRect(rect, r, r) if r else skia.Path.Rect(rect)


def lines(*strokes: Sequence[Point]) -> skia.Path:
    """Open polylines, in one path."""
    path = skia.Path()
    for stroke in strokes:
        path.moveTo(*stroke[0])
        for x, y in stroke[1:]:
            path.lineTo(x, y)
    return path


def joined(paths: Sequence[skia.Path]) -> skia.Path:
    """Several paths as one."""
    path = skia.Path()
    for p in paths:
        path.addPath(p)
    return path


def turned(path: skia.Path, x: float, y: float, degrees: float, scale: float = 1.0) -> skia.Path:
    """A path made around the origin, scaled, turned and moved to (x, y)."""
    matrix = skia.Matrix.Translate(x, y)
    matrix.preRotate(degrees)
    matrix.preScale(scale, scale)
    out = skia.Path()
    path.transform(matrix, out)
    return out


def star(points: int, inner: float) -> skia.Path:
    """A star of radius 1 around the origin; `inner` is the radius of its notches."""
    corners = [
        (math.sin(math.pi * i / points) * r, -math.cos(math.pi * i / points) * r)
        for i in range(2 * points)
        for r in ((1.0, inner)[i % 2],)
    ]
    return polygon(corners)


def regular(corners: int) -> skia.Path:
    """A regular polygon of radius 1 around the origin."""
    step = 2 * math.pi / corners
    return polygon([(math.sin(i * step), -math.cos(i * step)) for i in range(corners)])


def leaf() -> skia.Path:
    """A leaf of length 2 that grows upwards from the origin."""
    path = skia.Path()
    path.moveTo(0, 0)
    path.cubicTo(0.75, -0.5, 0.6, -1.5, 0, -2)
    path.cubicTo(-0.6, -1.5, -0.75, -0.5, 0, 0)
    path.close()
    return path


def merged(paths: Sequence[skia.Path]) -> skia.Path:
    """The union of paths: one outline around all of them."""
    builder = skia.OpBuilder()
    for p in paths:
        builder.add(p, skia.kUnion_PathOp)
    return builder.resolve()


def cloud(x: float, y: float, size: float, rng: np.random.Generator) -> skia.Path:
    """A cloud with a flat foot, `size` units wide."""
    parts = [box(x - 0.5 * size, y - 0.16 * size, size, 0.16 * size, 0.08 * size)]
    for share, radius in ((-0.24, 0.14), (0.02, 0.21), (0.25, 0.13)):
        r = radius * size * rng.uniform(0.85, 1.15)
        parts.append(circle(x + share * size, y - 0.14 * size, r))
    return merged(parts)


def rolling(left: float, right: float, y: float, amp: float, step: float, rng: np.random.Generator) -> list[Point]:
    """Points of a rolling line from left to right around height y."""
    count = max(int((right - left) / step), 3) + 1
    xs = np.linspace(left, right, count)
    ys = y + amp * rng.uniform(-1, 1, count)
    return list(zip(xs.tolist(), ys.tolist(), strict=True))


def peaks(left: float, right: float, y: float, amp: float, step: float, rng: np.random.Generator) -> list[Point]:
    """Points of a mountain ridge: peaks of up to `amp` above y with lesser shoulders between."""
    points, x = [], left
    while x < right:
        width = step * rng.uniform(0.7, 1.4)
        height = amp * rng.uniform(0.45, 1.0)
        lean = rng.uniform(0.4, 0.6)
        points += [
            (x, y - 0.12 * amp * rng.uniform(0, 1)),
            (x + width * lean * 0.55, y - height * rng.uniform(0.48, 0.62)),
            (x + width * lean, y - height),
            (x + width * (lean + 0.22), y - height * rng.uniform(0.5, 0.66)),
        ]
        x += width
    return [*points, (right + step, y)]


def ripples(left: float, right: float, y: float, amp: float, wave: float, bottom: float) -> skia.Path:
    """Water under a line of even waves; it repeats after `wave` units."""
    path = skia.Path()
    path.moveTo(left, bottom)
    path.lineTo(left, y)
    x = left
    while x < right:
        path.cubicTo(x + 0.18 * wave, y - amp, x + 0.32 * wave, y - amp, x + 0.5 * wave, y)
        path.cubicTo(x + 0.68 * wave, y + amp, x + 0.82 * wave, y + amp, x + wave, y)
        x += wave
    path.lineTo(x, bottom)
    path.close()
    return path


def ribbon(points: Sequence[Point], width: float) -> skia.Path:
    """A smooth band of the given width along the points."""
    p = np.asarray(points, float)
    tangent = np.gradient(p, axis=0)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    upper, lower = p + normal * width / 2, p - normal * width / 2
    path = curve([tuple(q) for q in upper.tolist()])
    curve([tuple(q) for q in lower[::-1].tolist()], path=path)
    path.close()
    return path
