"""Subjects and simple shapes as ASS drawings, centred on (0, 0) so that they turn and grow about their middle."""

import json
import math
import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from shapely import Polygon, box, unary_union
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from aigc_lab import LabError
from aigc_lab.settings import data_path

SIZE = 640  # px, the longer side of every subject's drawing at 100 % scale
GRID = 3  # cells across and down that a rim is cut into
ROUND = 0.5523  # a quarter circle as a cubic curve


@dataclass(frozen=True)
class Vector:
    """A subject as drawings: parts from back to front as (fill, opacity, drawing), and its size in pixels."""

    parts: tuple[tuple[str, float, str], ...]
    width: float
    height: float


@cache
def _subjects() -> dict:
    return json.loads(data_path("scenes", "subjects.json").read_text(encoding="utf-8"))


@cache
def vector(subject: str) -> Vector:
    """The drawings of a subject, its longer side SIZE pixels. Raises LabError for an unknown one."""
    if subject not in _subjects():
        raise LabError(f"Subject {subject!r} is unknown: choose one of data/vocabulary.yaml.")
    middle, zoom, (wide, high) = _frame(subject)
    parts = [
        (p["fill"], p.get("opacity", 1.0), _drawing(group, middle, zoom))
        for p in _subjects()[subject]["parts"]
        for group in apart(p["d"])
    ]
    return Vector(tuple(parts), wide * zoom, high * zoom)


def _frame(subject: str) -> tuple[np.ndarray, float, np.ndarray]:
    """Where the middle of a subject is, how much it is enlarged, and its size before that."""
    points = _points(_subjects()[subject]["outline"])
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, SIZE / float((high - low).max()), high - low


def _points(numbers: str) -> np.ndarray:
    return np.array([float(n) for n in re.findall(r"-?\d*\.?\d+", numbers)]).reshape(-1, 2)


def apart(path: str) -> list[str]:
    """The contours of a path in groups whose boxes do not touch: the renderer pays for the area of the boxes."""
    groups: list[tuple[np.ndarray, np.ndarray, str]] = []
    for contour in re.findall(r"M[^M]*", path):
        points = _points(contour)
        low, high = points.min(axis=0), points.max(axis=0)
        while hit := next((g for g in groups if (g[0] < high).all() and (low < g[1]).all()), None):
            groups = [g for g in groups if g is not hit]
            low, high, contour = np.minimum(low, hit[0]), np.maximum(high, hit[1]), hit[2] + contour
        groups.append((low, high, contour))
    return [text for _, _, text in groups]


@cache
def _solid(subject: str) -> BaseGeometry:
    """A subject's outline as an area in pixels at SIZE, around (0, 0)."""
    vector(subject)
    middle, zoom, _ = _frame(subject)
    rings = [_ring((_flat(c) - middle) * zoom) for c in re.findall(r"M[^M]*", _subjects()[subject]["outline"])]
    rings = sorted((r for r in rings if r), key=lambda r: -r[0].area)
    turn = rings[0][1]
    holes = unary_union([shape for shape, way in rings if way != turn])
    return unary_union([shape for shape, way in rings if way == turn]).difference(holes)


@cache
def silhouette(subject: str, border: float) -> str:
    """The outline of a subject, `border` pixels wider on all sides (at SIZE), as one solid drawing.

    Raises LabError for an unknown subject.
    """
    return _area_drawing(_solid(subject).buffer(border, quad_segs=6))


@cache
def rim(subject: str, border: float, cast: float = 0.0) -> tuple[str, ...]:
    """What is seen of a border behind a subject, or with `cast` of its shadow that far to the lower right, in pieces.

    The renderer pays for the box of every drawing, so the middle, which the subject hides, is left out and the ring is
    cut by a grid; pieces overlap by two pixels, so that no seam shows. Lengths in pixels at SIZE.
    """
    solid = _solid(subject)
    wide = solid.buffer(border, quad_segs=6)
    hidden = (wide if cast else solid).buffer(-8)
    ring = (translate(wide, cast, cast) if cast else wide).difference(hidden)
    low_x, low_y, high_x, high_y = ring.bounds
    across, down = (high_x - low_x) / GRID, (high_y - low_y) / GRID
    cells = (
        box(low_x + i * across - 1, low_y + j * down - 1, low_x + (i + 1) * across + 1, low_y + (j + 1) * down + 1)
        for i in range(GRID)
        for j in range(GRID)
    )
    return tuple(_area_drawing(piece) for piece in map(ring.intersection, cells) if piece.area > 0)


def _area_drawing(area: BaseGeometry) -> str:
    shapes = [orient(s) for s in getattr(area.simplify(0.6), "geoms", [area.simplify(0.6)]) if s.geom_type == "Polygon"]
    loops = [loop for s in shapes for loop in (s.exterior, *s.interiors)]
    return " ".join(f"m {_join(p[:1])} l {_join(p[1:])}" for p in (np.array(loop.coords)[:-1] for loop in loops))


def _ring(points: np.ndarray) -> tuple[Polygon, bool] | None:
    """A closed polygon and the way it turns (non-zero rule: the other way cuts holes)."""
    x, y = points[:, 0], points[:, 1]
    area = float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    return (Polygon(points).buffer(0), area > 0) if len(points) > 2 and abs(area) > 1 else None


def _flat(contour: str, steps: int = 8) -> np.ndarray:
    """The points of one contour, its curves cut into straight pieces."""
    out: list[np.ndarray] = []
    u = np.linspace(0, 1, steps + 1)[1:, None]
    for command, numbers in re.findall(r"([MLC])([^MLCZ]*)", contour):
        points = _points(numbers)
        if command == "C":
            for a, b, c in points.reshape(-1, 3, 2):
                start = out[-1]
                out += list((1 - u) ** 3 * start + 3 * (1 - u) ** 2 * u * a + 3 * (1 - u) * u**2 * b + u**3 * c)
        else:
            out += list(points)
    return np.array(out)


def _drawing(path: str, middle: np.ndarray, zoom: float) -> str:
    """An SVG path of absolute M, L, C, Z as an ASS drawing (which closes every contour by itself)."""
    out = []
    for command, numbers in re.findall(r"([MLCZ])([^MLCZ]*)", path):
        points = _points(numbers)
        if len(points):
            out.append({"M": "m ", "L": "l ", "C": "b "}[command] + _join((points - middle) * zoom))
    return " ".join(out)


def _join(points: np.ndarray) -> str:
    return " ".join(f"{round(float(v), 1):g}" for v in points.ravel())


def rounded(width: float, height: float, radius: float) -> str:
    """A rectangle with round corners."""
    r = min(radius, width / 2, height / 2)
    x, y, k = width / 2, height / 2, r * (1 - ROUND)
    curves = (
        (x - k, -y, x, -y + k, x, -y + r), (x, y - r), (x, y - k, x - k, y, x - r, y), (-x + r, y),
        (-x + k, y, -x, y - k, -x, y - r), (-x, -y + r), (-x, -y + k, -x + k, -y, -x + r, -y),
    )  # fmt: skip
    body = " ".join(("b " if len(c) > 2 else "l ") + _join(np.array(c)) for c in curves)
    return f"m {_join(np.array((-x + r, -y)))} l {_join(np.array((x - r, -y)))} {body}"


def disc(diameter: float) -> str:
    """A circle."""
    return rounded(diameter, diameter, diameter / 2)


def star(diameter: float, points: int = 16, depth: float = 0.12) -> str:
    """A badge with many blunt points."""
    angles = np.arange(2 * points) * math.pi / points
    radius = diameter / 2 * np.where(np.arange(2 * points) % 2, 1 - depth, 1.0)
    corners = np.stack([radius * np.sin(angles), -radius * np.cos(angles)], axis=1)
    return f"m {_join(corners[:1])} l {_join(corners[1:])}"


def rays(diameter: float, count: int = 12) -> str:
    """A sunburst: wedges from the middle to a circle."""
    angles = np.arange(count) * 2 * math.pi / count
    half, radius = math.pi / count / 2, diameter / 2
    wedges = (
        np.array([(0, 0), *((radius * math.cos(a + d), radius * math.sin(a + d)) for d in (-half, half))])
        for a in angles
    )
    return " ".join(f"m {_join(w[:1])} l {_join(w[1:])}" for w in wedges)


def blot(diameter: float, seed: int) -> str:
    """A soft irregular round shape, closed and smooth (Catmull-Rom through uneven points)."""
    rng = np.random.default_rng([seed, 5])
    count = 10
    angles = np.arange(count) * 2 * math.pi / count
    radius = diameter / 2 * rng.uniform(0.84, 1.0, count)
    p = np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)
    before, after = np.roll(p, 1, axis=0), np.roll(p, -1, axis=0)
    tangent = (after - before) / 6
    to, from_next = p + tangent, after - np.roll(tangent, -1, axis=0)
    curves = " ".join("b " + _join(np.stack([to[i], from_next[i], after[i]])) for i in range(count))
    return f"m {_join(p[:1])} {curves}"
