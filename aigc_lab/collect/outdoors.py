"""Scenery under the open sky: nature and travel, and what other scenes borrow from them."""

from itertools import pairwise

import numpy as np

from aigc_lab.collect import forms as f
from aigc_lab.collect.forms import OVER, Item, Mark, Sway
from aigc_lab.collect.skies import Set


def edges(s: Set) -> tuple[float, float, float]:
    """Left, right and bottom of what must be drawn so that the camera never sees an end."""
    return -OVER, s.w + OVER, s.h + OVER


def sides(s: Set) -> tuple[int, ...]:
    """The sides that near things stand on."""
    return (s.side,) if s.side else (-1, 1)


def at_side(s: Set, side: int, inset: float) -> float:
    """The x that is `inset` units inside the left (-1) or right (1) edge."""
    return inset if side < 0 else s.w - inset


def land(s: Set, y: float, amp: float, step: float, tone: int, depth: float) -> Item:
    """A rolling piece of land whose top runs around height y."""
    left, right, bottom = edges(s)
    points = f.rolling(left, right, y, amp, step, s.rng)
    bottom = min(bottom, y + 5.5) if depth < 0.5 else bottom  # nearer land hides the rest
    return Item((Mark(f.under(points, bottom), tone),), depth)


def clouds(s: Set, low: float, high: float, tone: int | str = "glow", alpha: float = 0.75) -> list[Item]:
    """Clouds that drift through the sky between two heights."""
    items = []
    way = 1 if s.rng.random() < 0.5 else -1
    for i in range(max(2, round(4 * s.crowd))):
        size = s.rng.uniform(1.3, 3.0)
        place = (s.w * (i + s.rng.uniform(0, 1)) / 3 - 1, s.rng.uniform(low, high))
        sway = Sway(vx=way * s.rng.uniform(0.22, 0.5), wrap=True)
        items.append(Item((Mark(f.cloud(0, 0, size, s.rng), tone, alpha=alpha),), 0.1 + 0.05 * i, place, sway))
    return items


def sprig(s: Set, side: int, y: float, size: float, tone: int | str, depth: float = 1.0) -> Item:
    """A plant that grows into the picture from a side and sways."""
    kind = s.rng.choice(["fan", "branch", "grass"])
    if kind != "fan":
        return _grass(s, side, y, size, tone, depth) if kind == "grass" else _branch(s, side, y, size, tone, depth)
    count = int(s.rng.integers(5, 8))
    leaves = []
    for angle in np.linspace(-52, 48, count) + s.rng.uniform(-5, 5, count):
        leaves.append(f.turned(f.leaf(), 0, 0, angle, size * s.rng.uniform(0.75, 1.15)))
    veins = f.lines(
        *[
            ((0, 0), (1.6 * size * np.sin(np.radians(a)), -1.6 * size * np.cos(np.radians(a))))
            for a in np.linspace(-52, 48, count)
        ]
    )
    marks = (Mark(f.joined(leaves), tone), Mark(veins, "paper", line=0.03, alpha=0.25, fine=True))
    sway = Sway(turn=4.5, period=s.rng.uniform(3, 4.5), phase=s.rng.uniform(0, 6))
    return Item(marks, depth, (at_side(s, side, -0.1), y), sway, front=True)


def _grass(s: Set, side: int, y: float, size: float, tone: int | str, depth: float) -> Item:
    """Blades that bend outwards, seed heads between them."""
    blades, heads, stalks = [], [], []
    for x in np.linspace(-1.6, 1.6, 13) * size + s.rng.uniform(-0.1, 0.1, 13):
        tall, bend = size * s.rng.uniform(1.0, 2.6), 0.5 * x + s.rng.uniform(-0.5, 0.5)
        blade = f.curve([(x - 0.13, 0.5), (x + 0.2 * bend - 0.1, -0.55 * tall), (x + bend, -tall)])
        f.curve([(x + 0.2 * bend + 0.1, -0.5 * tall), (x + 0.13, 0.5)], path=blade)
        blade.close()
        blades.append(blade)
        if s.rng.random() < 0.3:
            stalks.append([(x, 0.4), (x + 0.6 * bend, -1.25 * tall)])
            heads.append(f.turned(f.leaf(), x + 0.6 * bend, -1.2 * tall, 12 * bend, 0.26 * size))
    marks = [Mark(f.joined(blades), tone)]
    if heads:
        marks += [Mark(f.lines(*stalks), tone, line=0.06), Mark(f.joined(heads), "accent")]
    sway = Sway(turn=3, period=s.rng.uniform(3, 4.5), phase=s.rng.uniform(0, 6))
    return Item(tuple(marks), depth, (at_side(s, side, 0.9), y + 0.4), sway, front=True)


def _branch(s: Set, side: int, y: float, size: float, tone: int | str, depth: float) -> Item:
    """A stem with pairs of leaves that leans into the picture."""
    leaves, stem, count = [], [(0.0, 0.5)], int(s.rng.integers(5, 8))
    lean = -side * s.rng.uniform(0.1, 0.3)
    for i in range(1, count + 1):
        x, height = lean * 0.35 * i * i * size * 0.5, -0.62 * i * size
        stem.append((x, height))
        grown = size * (0.62 - 0.055 * i) * s.rng.uniform(0.9, 1.1)
        leaves += [f.turned(f.leaf(), x, height, angle + 18 * lean * i, grown) for angle in (-58, 58)]
    leaves.append(f.turned(f.leaf(), *stem[-1], 40 * lean, 0.34 * size))
    marks = (Mark(f.curve(stem), tone, line=0.09), Mark(f.joined(leaves), tone))
    sway = Sway(turn=3.6, period=s.rng.uniform(3.2, 4.6), phase=s.rng.uniform(0, 6))
    return Item(marks, depth, (at_side(s, side, 0.35), y + 0.5), sway, front=True)


def _pines(s: Set, points: list[tuple[float, float]], size: float) -> list:
    trees = []
    for (x0, y0), (x1, y1) in pairwise(points):
        for share in s.rng.uniform(0, 1, max(1, round(2 * s.crowd))):
            x, y, k = x0 + share * (x1 - x0), y0 + share * (y1 - y0) + 0.25 * size, size * s.rng.uniform(0.6, 1.2)
            for step in range(3):
                half, top = k * (0.3 - 0.06 * step), y - k * (0.45 * step + 0.8)
                trees.append(f.polygon([(x - half, top + 0.72 * k), (x, top), (x + half, top + 0.72 * k)]))
    return trees


def nature(s: Set) -> list[Item]:
    """Mountains or hills in layers, woods or a lake, leaves near the eye."""
    left, right, bottom = edges(s)
    kind = s.rng.choice(["alps", "lake", "hills", "wood"])
    items = [] if s.time == "night" else clouds(s, 0.06 * s.h, s.horizon - 3.2)
    if kind in ("alps", "lake"):
        for i, (lift, amp) in enumerate(((0.2, 3.6), (0.9, 2.4))):
            ridge = f.peaks(left, right, s.horizon + lift, amp, 4.4 - i, s.rng)
            marks = [Mark(f.under(ridge, s.horizon + 6, smooth=False), i)]
            if i == 0:
                tops = zip(ridge[1::4], ridge[2::4], ridge[3::4], strict=False)
                marks.append(Mark(f.joined([_cap(*top) for top in tops]), "glow", alpha=0.8, fine=True))
            items.append(Item(tuple(marks), 0.08 + 0.1 * i))
    else:
        for i in range(2):
            items.append(land(s, s.horizon - 1.4 + 0.9 * i, 0.9, 3.2, i, 0.1 + 0.1 * i))
    if kind == "lake":
        items += water(s, s.horizon + 1.2, 3)
    else:
        points = f.rolling(left, right, s.horizon + 1.3, 0.5, 2.4, s.rng)
        trees = Mark(f.joined(_pines(s, points, 1.5 if kind == "wood" else 0.9)), 2)
        items.append(Item((trees, Mark(f.under(points, bottom), 2)), 0.35))
        items.append(land(s, s.horizon + 2.8, 0.6, 3.0, 3, 0.6))
    near = land(s, s.h - 1.3, 0.4, 2.6, 4, 0.95)
    items.append(Item(near.marks, near.depth, front=True))
    items += [sprig(s, side, s.h - 0.5, s.rng.uniform(1.1, 1.7), 4) for side in sides(s)]
    return items + birds(s)


def _cap(a: tuple, top: tuple, c: tuple):
    """Snow on a peak: down to a jagged edge between its shoulders."""
    (x, y), down = top, 0.55
    left = (x + down * (a[0] - x), y + down * (a[1] - y))
    right = (x + down * (c[0] - x), y + down * (c[1] - y))
    width = right[0] - left[0]
    low = max(left[1], right[1])
    return f.polygon([left, top, right, (left[0] + 0.68 * width, low - 0.25), (left[0] + 0.45 * width, low + 0.18),
                    (left[0] + 0.25 * width, low - 0.2)])  # fmt: skip


def birds(s: Set) -> list[Item]:
    """A few birds, far away, as strokes."""
    if s.rng.random() < 0.4:
        return []
    items = []
    for i in range(3):
        k = s.rng.uniform(0.16, 0.28)
        wings = f.curve([(-k, -0.4 * k), (-0.4 * k, -0.5 * k), (0, 0), (0.4 * k, -0.5 * k), (k, -0.4 * k)])
        place = (s.w * s.rng.uniform(0, 1), s.rng.uniform(0.12, 0.5) * s.horizon)
        sway = Sway(vx=0.5 + 0.1 * i, dy=0.12, turn=6, period=2.4, phase=i, wrap=True)
        items.append(Item((Mark(wings, "ink", line=0.05, alpha=0.65, fine=True),), 0.25, place, sway))
    return items


def water(s: Set, y: float, layers: int) -> list[Item]:
    """Water in bands of waves that run against each other."""
    left, right, bottom = edges(s)
    items = []
    for i in range(layers):
        wave, amp = 2.2 + 0.9 * i, 0.1 + 0.07 * i
        path = f.ripples(left - 2 * wave, right + wave, 0, amp, wave, bottom)
        speed = (0.3 + 0.16 * i) * (1 if i % 2 else -1)
        shine = f.joined(
            [
                f.box(s.rng.uniform(left, right), s.rng.uniform(0.25, 0.9), s.rng.uniform(0.3, 1.0), 0.05, 0.02)
                for _ in range(7)
            ]
        )
        marks = (Mark(path, min(1 + i, 4)), Mark(shine, "glow", alpha=0.35, fine=True))
        place = (0.0, y + i * (s.h - y) / (layers + 0.4))
        items.append(Item(marks, 0.3 + 0.2 * i, place, Sway(vx=speed, loop_x=wave, dy=0.08, period=4, phase=i)))
    return items


def travel(s: Set) -> list[Item]:
    """The sea with islands, a winding road, dunes, or a sea of clouds."""
    left, right, bottom = edges(s)
    kind = s.rng.choice(["sea", "road", "dunes", "sky"])
    items = clouds(s, 0.05 * s.h, s.horizon - 2.4)
    if kind == "sea":
        for i in range(2):
            x = s.w * s.rng.uniform(-0.1, 1.1)
            hump = f.curve([(x - 2.4, s.horizon + 0.6), (x - 1.1, s.horizon - 0.5), (x, s.horizon - 1.1),
                          (x + 1.2, s.horizon - 0.4), (x + 2.5, s.horizon + 0.6)])  # fmt: skip
            hump.close()
            items.append(Item((Mark(hump, i),), 0.12 + 0.06 * i))
        items += water(s, s.horizon, 4)
    elif kind == "sky":
        for i in range(4):
            y = s.horizon + i * (s.h - s.horizon) / 3.6
            puffs = [f.oval(x, y + 2.2, s.rng.uniform(1.3, 2.1), s.rng.uniform(1.7, 2.9))
                     for x in np.arange(left, right, 1.5)]  # fmt: skip
            puffs.append(f.box(left, y + 1.6, right - left, bottom - y))
            sway = Sway(dx=0.5 + 0.15 * i, dy=0.12, period=9 - i, phase=s.rng.uniform(0, 6))
            items.append(Item((Mark(f.joined(puffs), i),), 0.15 + 0.22 * i, sway=sway))
    else:
        for i in range(4):
            lift = i * (s.h - s.horizon) / 4
            items.append(land(s, s.horizon + lift - 0.4, 0.85 - 0.1 * i, 3.6, i, 0.1 + 0.2 * i))
        if kind == "road":
            items.append(_road(s, s.horizon + 0.3 * (s.h - s.horizon)))
    side = sides(s)[0]
    if kind in ("sea", "dunes"):
        items.append(sprig(s, side, s.h - 0.2, 1.5, 4))
    return items + birds(s)


def _road(s: Set, y: float) -> Item:
    """A road that winds towards the eye, drawn wider the nearer it is."""
    turn = s.rng.uniform(0.8, 1.8) * (1 if s.rng.random() < 0.5 else -1)
    heights = np.linspace(y - 0.1, s.h + OVER, 9)
    share = (heights - heights[0]) / (heights[-1] - heights[0])
    middle = s.w / 2 + turn * np.sin(share * 5.2) * (0.6 + share)
    half = 0.06 + 2.1 * share**1.5
    outline = [*zip(middle - half, heights, strict=True), *list(zip(middle + half, heights, strict=True))[::-1]]
    road = f.curve([(float(a), float(b)) for a, b in outline], closed=True)
    dashes = []
    for i in range(8):
        a, b = share[i], share[i] + 0.4 * (share[1] - share[0])
        x = [s.w / 2 + turn * np.sin(v * 5.2) * (0.6 + v) for v in (a, b)]
        k = [0.02 + 0.12 * v for v in (a, b)]
        ys = [heights[0] + v * (heights[-1] - heights[0]) for v in (a, b)]
        dashes.append(
            f.polygon([(x[0] - k[0], ys[0]), (x[0] + k[0], ys[0]), (x[1] + k[1], ys[1]), (x[1] - k[1], ys[1])])
        )
    return Item((Mark(road, 4), Mark(f.joined(dashes), "glow", alpha=0.85, fine=True)), 0.55)
