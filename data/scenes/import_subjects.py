"""Make subjects.json from the icon set that the subjects are taken from.

Run again only when the subjects in data/vocabulary.yaml change:

    npm pack @iconify-json/fluent-emoji-flat@1.2.6      # MIT, Microsoft Corporation
    python data/scenes/import_subjects.py package/icons.json

Every outline becomes absolute M, L, C and Z commands in a box of 32 x 32 with the non-zero fill rule, so that Skia and
libass draw the same shape from the same numbers.
"""

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import skia
import yaml
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path

HERE = Path(__file__).parent


def contours(d: str) -> list[list[tuple]]:
    """Closed contours of an SVG path as lists of ("M" | "L" | "C", points)."""
    pen = RecordingPen()
    parse_path(d, pen)
    found: list[list[tuple]] = []
    for verb, points in pen.value:
        if verb == "moveTo":
            found.append([("M", points)])
        elif verb == "lineTo":
            found[-1].append(("L", points))
        elif verb == "curveTo":
            found[-1].append(("C", points))
        elif verb == "qCurveTo":
            (x0, y0), (x1, y1), (x2, y2) = found[-1][-1][1][-1], *points
            first = (x0 + 2 / 3 * (x1 - x0), y0 + 2 / 3 * (y1 - y0))
            second = (x2 + 2 / 3 * (x1 - x2), y2 + 2 / 3 * (y1 - y2))
            found[-1].append(("C", (first, second, (x2, y2))))
    return [c for c in found if len(c) > 1]


def corners(contour: list[tuple]) -> np.ndarray:
    """The contour as a polygon, curves sampled: (N, 2)."""
    points = [np.array(contour[0][1][0])]
    for verb, args in contour[1:]:
        if verb == "L":
            points.append(np.array(args[0]))
        else:
            a, b, c, d = points[-1], *map(np.array, args)
            for t in np.linspace(0.125, 1, 8):
                points.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
    return np.array(points)


def area(polygon: np.ndarray) -> float:
    """Signed area: positive when the corners run clockwise on a screen."""
    x, y = polygon.T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def inside(point: np.ndarray, polygon: np.ndarray) -> bool:
    """Whether the polygon encloses the point (ray casting)."""
    (px, py), (x, y) = point, polygon.T
    nx, ny = np.roll(x, -1), np.roll(y, -1)
    crosses = (y > py) != (ny > py)
    at = x + (py - y) / np.where(ny == y, 1, ny - y) * (nx - x)
    return bool(np.sum(crosses & (px < at)) % 2)


def backwards(contour: list[tuple]) -> list[tuple]:
    """The same contour run the other way round."""
    flat = [p for _, args in contour for p in args][::-1]
    turned, at = [("M", (flat[0],))], 1
    for verb, args in contour[:0:-1]:
        turned.append((verb, tuple(flat[at : at + len(args)])))
        at += len(args)
    return turned


def nonzero(shapes: list[list[tuple]]) -> list[list[tuple]]:
    """An even-odd set of contours turned so that the non-zero rule fills the same area."""
    polygons = [corners(c) for c in shapes]
    fixed = []
    for i, contour in enumerate(shapes):
        depth = sum(inside(polygons[i][0], p) for j, p in enumerate(polygons) if j != i)
        fixed.append(contour if (area(polygons[i]) > 0) == (depth % 2 == 0) else backwards(contour))
    return fixed


def written(shapes: list[list[tuple]]) -> str:
    """The contours as a path string with two decimals."""
    parts = []
    for contour in shapes:
        for verb, args in contour:
            parts.append(verb + " ".join(f"{v:.2f}".rstrip("0").rstrip(".") for p in args for v in p))
        parts.append("Z")
    return "".join(parts)


def full_color(fill: str) -> str:
    """#rgb or #RRGGBB as #rrggbb, so that no reader has to know the short form."""
    return "#" + ("".join(2 * c for c in fill[1:]) if len(fill) == 4 else fill[1:]).lower()


def icon_paths(body: str) -> list[dict]:
    """The filled outlines of one icon, back to front."""
    found = []
    for node in ET.fromstring(f"<svg>{body}</svg>").iter():
        fill = node.get("fill")
        if fill in (None, "none"):
            continue
        n = {
            k: float(v)
            for k, v in node.attrib.items()
            if k in {"cx", "cy", "r", "rx", "ry", "x", "y", "width", "height"}
        }
        if node.tag == "path":
            d = node.get("d")
        elif node.tag in {"circle", "ellipse"}:
            rx, ry = n.get("rx", n.get("r")), n.get("ry", n.get("r"))
            d = f"M{n['cx'] - rx} {n['cy']}a{rx} {ry} 0 1 0 {2 * rx} 0a{rx} {ry} 0 1 0 {-2 * rx} 0Z"
        elif node.tag == "rect":
            d = f"M{n.get('x', 0)} {n.get('y', 0)}h{n['width']}v{n['height']}h{-n['width']}Z"
        else:
            raise ValueError(f"cannot import <{node.tag}>")
        shapes = contours(d)
        if node.get("fill-rule") == "evenodd":
            shapes = nonzero(shapes)
        part = {"fill": full_color(fill), "d": written(shapes)}
        opacity = float(node.get("opacity", node.get("fill-opacity", 1)))
        found.append(part if opacity == 1 else part | {"opacity": round(opacity, 2)})
    return found


def outline(parts: list[dict]) -> str:
    """The silhouette of all parts together, as one path string: what a border or a shadow is drawn around."""
    builder = skia.OpBuilder()
    for part in parts:
        builder.add(skia.Path(skia_path(part["d"])), skia.kUnion_PathOp)
    shapes: list[list[tuple]] = []
    for verb, points in builder.resolve():
        p = [(q.x(), q.y()) for q in points]
        if verb == skia.Path.kMove_Verb:
            shapes.append([("M", (p[0],))])
        elif verb == skia.Path.kLine_Verb:
            shapes[-1].append(("L", (p[1],)))
        elif verb == skia.Path.kQuad_Verb:
            a, b, c = map(np.array, p)
            shapes[-1].append(("C", (tuple(a + 2 / 3 * (b - a)), tuple(c + 2 / 3 * (b - c)), tuple(c))))
        elif verb == skia.Path.kCubic_Verb:
            shapes[-1].append(("C", tuple(p[1:])))
    outer = [c for c in shapes if len(c) > 2 and abs(area(corners(c))) > 0.4]
    return written(nonzero(outer))


def skia_path(d: str) -> skia.Path:
    """A Skia path from an SVG path string."""
    path = skia.Path()
    for contour in contours(d):
        for verb, args in contour:
            flat = [v for p in args for v in p]
            {"M": path.moveTo, "L": path.lineTo, "C": path.cubicTo}[verb](*flat)
        path.close()
    return path


def main(icons_json: str) -> None:
    icons = json.loads(Path(icons_json).read_text(encoding="utf-8"))["icons"]
    vocabulary = yaml.safe_load((HERE.parent / "vocabulary.yaml").read_text(encoding="utf-8"))
    drawn = {}
    for theme in vocabulary["themes"].values():
        for name, subject in theme["subjects"].items():
            parts = icon_paths(icons[subject["icon"]]["body"])
            drawn[name] = {"outline": outline(parts), "parts": parts}
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in sorted(drawn.items()))
    (HERE / "subjects.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")
    print(f"{len(drawn)} subjects")


if __name__ == "__main__":
    main(sys.argv[1])
