"""Scenery within walls: food and home. Each scene has several forms; the seed chooses."""

import numpy as np

from aigc_lab.collect import forms as f
from aigc_lab.collect.forms import OVER, Item, Mark, Sway
from aigc_lab.collect.outdoors import at_side, edges, sides, sprig
from aigc_lab.collect.skies import Set


def floor(s: Set, y: float, tone: int, depth: float, planks: bool = True) -> list[Item]:
    """A floor or a table top from height y down, with boards that run towards the horizon."""
    left, right, bottom = edges(s)
    items = [Item((Mark(f.box(left, y, right - left, bottom - y), tone),), depth)]
    if planks:
        middle = s.w / 2 + s.rng.uniform(-1.5, 1.5)
        seams = [[(middle + 1.5 * i, y), (middle + 3.4 * i, bottom)] for i in range(-5, 6)]
        items.append(Item((Mark(f.lines(*seams), "glow", line=0.05, alpha=0.3),), depth))
    return items


def _pendant(s: Set, x: float, drop: float, size: float, tone: int | str) -> Item:
    """A hanging lamp with its light."""
    shade = f.curve([(-size, drop), (-0.82 * size, drop - 0.55 * size), (0, drop - 0.85 * size),
                     (0.82 * size, drop - 0.55 * size), (size, drop)])  # fmt: skip
    shade.close()
    marks = (
        Mark(f.circle(0, drop + 0.2, 2.6 * size), "glow", alpha=0.34, soft=True),
        Mark(f.lines([(0, -6), (0, drop - 0.8 * size)]), 4, line=0.06),
        Mark(f.oval(0, drop, 0.34 * size, 0.22 * size), "glow"),
        Mark(shade, tone),
    )
    return Item(marks, 0.4, (x, -0.6), Sway(turn=2.4, period=s.rng.uniform(4, 6), phase=s.rng.uniform(0, 6)))


def food(s: Set) -> list[Item]:
    """A laid table before a wall, a table seen from above, or a kitchen shelf; steam rises."""
    kind = s.rng.choice(["table", "above", "counter"])
    if kind == "above":
        return _from_above(s)
    left, right, bottom = edges(s)
    items, y = [], s.horizon + 1.2
    if kind == "counter":
        size = 1.15
        tiles = [[(x, 0.12 * s.h), (x, y)] for x in np.arange(left, right, size)]
        tiles += [[(left, h), (right, h)] for h in np.arange(0.12 * s.h, y, size)]
        items.append(Item((Mark(f.lines(*tiles), 1, line=0.05, alpha=0.55),), 0.12))
        items.append(_shelf(s, 0.3 * s.horizon, 0.2))
    else:
        arch = f.merged([f.box(-1.9, -2.1, 3.8, 6.4), f.circle(0, -2.1, 1.9)])
        items.append(Item((Mark(arch, 0, alpha=0.9),), 0.08, (s.w * s.rng.uniform(0.2, 0.8), y - 4.0)))
    for i in range(1 if kind == "counter" else 2):
        side = -sides(s)[0] if kind == "counter" else sides(s)[i % len(sides(s))]  # not before the shelf
        x = at_side(s, side, s.rng.uniform(0.6, 2.6))
        items.append(_pendant(s, x, s.rng.uniform(1.6, 3.4), s.rng.uniform(0.6, 0.95), ("accent", 3)[i]))
    items += floor(s, y, 2, 0.5, planks=kind == "counter")
    if kind == "table":
        items.append(_cloth(s, y, bottom))
    for side in sides(s):
        items.append(_plate(s, (at_side(s, side, s.rng.uniform(0.2, 1.3)), y + s.rng.uniform(1.5, 3.0)), 0.36))
    return items + steam(s, y)


def _cloth(s: Set, y: float, bottom: float) -> Item:
    """A checked cloth in perspective."""
    middle, rows = s.w / 2 + s.rng.uniform(-1, 1), 7
    heights = y + 0.25 + (bottom - y) * (np.arange(rows + 1) / rows) ** 1.5
    squares = []
    for r in range(rows):
        for c in range(-9, 9):
            if (r + c) % 2:
                continue
            (top, low), cells = heights[r : r + 2], (c, c + 1)
            k0, k1 = 0.75 + 0.16 * (top - y), 0.75 + 0.16 * (low - y)
            far, near = [(middle + q * k0, top) for q in cells], [(middle + q * k1, low) for q in cells[::-1]]
            squares.append(f.polygon([*far, *near]))
    return Item((Mark(f.joined(squares), 3, alpha=0.32, fine=True),), 0.55)


def _plate(s: Set, at: tuple[float, float], squash: float, size: float = 0.0) -> Item:
    k = size or s.rng.uniform(1.1, 1.6)
    marks = (
        Mark(f.oval(0.1, 0.14, k, squash * k), 4, alpha=0.3, fine=True),
        Mark(f.oval(0, 0, k, squash * k), "glow", alpha=0.95),
        Mark(f.oval(0, 0, 0.7 * k, 0.7 * squash * k), 0, line=0.05),
    )
    sway = Sway(dx=0.06, dy=0.05, period=5, phase=s.rng.uniform(0, 6))
    return Item(marks, 0.8, at, sway)


def steam(s: Set, y: float) -> list[Item]:
    """Ribbons of steam that rise and sway."""
    items = []
    for i in range(round(4 * s.crowd)):
        x = s.w * s.rng.uniform(0.12, 0.88)
        way = 1 if i % 2 else -1
        wisp = [(way * 0.3 * np.sin(1.5 * v), -0.55 * v) for v in range(7)]
        body = Mark(f.curve(wisp), "glow", line=s.rng.uniform(0.12, 0.24), alpha=0.34)
        sway = Sway(dy=0.5, dx=0.3, turn=7, period=s.rng.uniform(3.2, 4.4), phase=s.rng.uniform(0, 6))
        items.append(Item((body,), 0.5, (x, y - s.rng.uniform(0.3, 2.6)), sway))
    return items


def _from_above(s: Set) -> list[Item]:
    """Plates, leaves and fruit around the edges of a table seen from above."""
    left, right, bottom = edges(s)
    wide = s.rng.uniform(1.3, 2.0)
    tall = s.h + 2 * OVER
    checks = [f.box(x, -OVER, 0.5 * wide, tall) for x in np.arange(left - wide, right, wide)]
    across = [f.box(left, y, right - left, 0.5 * wide) for y in np.arange(-OVER, bottom, wide)]
    tray = (
        f.circle(0, 0, 0.46 * s.w)
        if s.rng.random() < 0.5
        else f.box(-0.42 * s.w, -0.3 * s.h, 0.84 * s.w, 0.6 * s.h, 0.8)
    )
    marks = (Mark(f.joined(checks), 0, alpha=0.42), Mark(f.joined(across), 0, alpha=0.42))
    items = [
        Item(marks, 0.2, sway=Sway(dx=0.15, dy=0.1, period=7)),
        Item((Mark(tray, 1, alpha=0.9),), 0.3, (s.w / 2, 0.5 * s.h), Sway(dx=0.1, dy=0.12, period=6)),
    ]
    spots = [(at_side(s, side, 0.0), s.h * share) for share in (0.03, 0.21, 0.79, 0.97) for side in (-1, 1)]
    spots += [(0.5 * s.w, -0.1), (0.5 * s.w, s.h + 0.1), (0.0, 0.5 * s.h), (s.w, 0.5 * s.h)]
    for x, y in spots:
        if s.rng.random() < 0.55 + 0.3 * s.crowd:
            place = (x + s.rng.uniform(-0.5, 0.5), y + s.rng.uniform(-0.5, 0.5))
            items.append(_topping(s, place, int(s.rng.integers(4)), int(s.rng.integers(4))))
    return items


def _topping(s: Set, at: tuple[float, float], kind: int, i: int) -> Item:
    tone = ("accent", 3, 4, 2)[i % 4]
    if kind == 0:
        plate = _plate(s, at, 1.0, s.rng.uniform(1.4, 1.9))
        return Item((*plate.marks, Mark(f.circle(0, 0, 0.7), tone)), 0.7, at, Sway(spin=6.0, dx=0.05, period=5))
    if kind == 1:
        leaves = [f.turned(f.leaf(), 0, 0, a, s.rng.uniform(0.7, 1.0)) for a in (-50, 0, 50, 140)]
        marks = (Mark(f.joined(leaves), 3),)
    elif kind == 2:
        rim, pulp = f.circle(0, 0, 1.0), f.circle(0, 0, 0.82)
        cuts = f.lines(*[((0, 0), (0.74 * np.cos(a), 0.74 * np.sin(a))) for a in np.arange(8) * np.pi / 4])
        marks = (Mark(rim, tone), Mark(pulp, "glow", alpha=0.5, fine=True), Mark(cuts, tone, line=0.06))
    else:
        berries = f.joined([f.circle(0.5 * np.cos(a), 0.5 * np.sin(a), 0.4) for a in (0.3, 2.4, 4.5)])
        marks = (Mark(berries, tone),)
    sway = Sway(spin=float(s.rng.choice([-9, 9])), dx=0.08, dy=0.08, period=5, phase=s.rng.uniform(0, 6))
    return Item(marks, 0.7, at, sway)


def _shelf(s: Set, y: float, depth: float) -> Item:
    """A board on the wall with jars, books and cups on it."""
    side = sides(s)[0]
    x0 = at_side(s, side, 0.0) - (4.6 if side > 0 else 0.0) + 0.7 * side
    things: dict[int | str, list] = {2: [], 3: [], "accent": []}
    x = x0 + 0.3
    while x < x0 + 4.0:
        wide, tall = s.rng.uniform(0.25, 0.7), s.rng.uniform(0.6, 1.4)
        tone = (2, 3, 3, "accent")[int(s.rng.integers(4))]
        things[tone].append(f.box(x, y - tall, wide, tall, 0.08))
        if wide > 0.5:
            things[tone].append(f.circle(x + wide / 2, y - tall - 0.03, 0.12))
        x += wide + s.rng.uniform(0.03, 0.35)
    marks = [Mark(f.joined(paths), tone) for tone, paths in things.items() if paths]
    return Item((*marks, Mark(f.box(x0, y, 4.6, 0.16, 0.03), 4)), depth, sway=Sway(dx=0.05, period=6))


def home(s: Set) -> list[Item]:
    """A room: window light on wall and floor, shelf, lamp, pictures, curtain, plant."""
    left, right, _ = edges(s)
    y = s.horizon + 1.4
    items = [Item((Mark(f.box(left, y - 0.22, right - left, 0.3), "glow", alpha=0.6),), 0.2)]
    kind = s.rng.choice(["window", "shelf", "pictures"])
    side = sides(s)[0]
    items += floor(s, y, 2, 0.35)
    items.append(_sunlight(s, side, y))
    if kind == "window":
        items.append(_window(s, side, y))
        items += [_curtain(s, side)]
    elif kind == "shelf":
        items += [_shelf(s, 0.4 * s.horizon, 0.2), _shelf(s, 0.4 * s.horizon + 2.6, 0.2)]
    else:
        items.append(_frames(s, side))
    x = at_side(s, -side, s.rng.uniform(0.8, 2.0))
    items.append(_pendant(s, x, s.rng.uniform(1.8, 3.2), s.rng.uniform(0.7, 1.0), "accent"))
    rug = f.oval(s.w / 2 + s.rng.uniform(-1, 1), y + 0.5 * (s.h - y), 4.2, 1.15)
    items.append(Item((Mark(rug, 1, alpha=0.9),), 0.5))
    items.append(sprig(s, -side, s.h + 0.1, s.rng.uniform(1.2, 1.7), 4))
    motes = f.joined([f.circle(s.rng.uniform(0, s.w), s.rng.uniform(0, s.h), 0.05) for _ in range(22)])
    items.append(Item((Mark(motes, "glow", alpha=0.6, fine=True),), 0.6, sway=Sway(dx=0.35, dy=0.4, period=6)))
    return items


def _window(s: Set, side: int, floor_y: float) -> Item:
    wide, tall = 3.0, min(0.52 * s.horizon + 1.2, 5.6)
    x = at_side(s, side, 0.4) - (wide if side > 0 else 0)
    y = floor_y - tall - 1.6
    pane = f.box(x, y, wide, tall, 0.1)
    bars = f.lines([(x + wide / 2, y), (x + wide / 2, y + tall)], [(x, y + 0.45 * tall), (x + wide, y + 0.45 * tall)])
    low = y + tall - 0.1
    crest = [(0.2, 0.74), (1.1, 0.62), (2.2, 0.72), (wide - 0.1, 0.66)]
    hill = f.curve([(x + 0.1, low), *((x + dx, y + share * tall) for dx, share in crest), (x + wide - 0.1, low)])
    hill.close()
    marks = (
        Mark(f.box(x - 0.18, y - 0.18, wide + 0.36, tall + 0.36, 0.12), 3),
        Mark(pane, "glow", alpha=0.92), Mark(f.circle(x + 0.72 * wide, y + 0.28 * tall, 0.42), "accent", fine=True),
        Mark(hill, 1, fine=True), Mark(bars, 3, line=0.14),
        Mark(f.box(x - 0.4, y + tall + 0.1, wide + 0.8, 0.2, 0.05), 3),
    )  # fmt: skip
    return Item(marks, 0.2)


def _sunlight(s: Set, side: int, y: float) -> Item:
    """Slanting window light, on the floor."""
    x = at_side(s, side, 0.6)
    way = -side
    panes = []
    for i in range(2):
        a, top, low = x + way * 1.5 * i, y + 0.4, y + 2.4
        panes.append(f.polygon([(a, top), (a + way * 1.2, top), (a + way * 2.9, low), (a + way * 1.5, low)]))
    sway = Sway(dx=0.28, period=7, phase=s.rng.uniform(0, 6))
    return Item((Mark(f.joined(panes), "glow", alpha=0.38, fine=True),), 0.4, sway=sway)


def _curtain(s: Set, side: int) -> Item:
    folds = []
    for i in range(4):
        x = -side * (0.55 * i - 0.6)
        wave = [(x + 0.12 * np.sin(v + i), -1 + v * (s.h - 3) / 9) for v in range(10)]
        folds.append(f.ribbon(wave, 0.6))
    marks = tuple(Mark(fold, 3 if i % 2 else 2, alpha=0.95) for i, fold in enumerate(folds))
    return Item(marks, 0.6, (at_side(s, side, 0.0), 0), Sway(dx=0.12, turn=1.3, period=4.6))


def _frames(s: Set, side: int) -> Item:
    """Framed pictures on the wall."""
    marks: list[Mark] = []
    x0 = at_side(s, side, 0.5) - (3.2 if side > 0 else 0)
    for x, y, w, h in ((0.0, 0.0, 1.7, 2.3), (2.0, 0.3, 1.2, 1.5), (2.0, 2.1, 1.2, 1.2), (0.3, 2.6, 1.4, 1.1)):
        top = 0.32 * s.horizon + y
        inner, spot = f.box(x0 + x + 0.14, top + 0.14, w - 0.28, h - 0.28), f.circle(x0 + x + w / 2, top + h / 2, w / 5)
        marks += [Mark(f.box(x0 + x, top, w, h, 0.04), 3), Mark(inner, "glow", fine=True)]
        marks.append(Mark(spot, "accent" if x == 0 else 2, fine=True))
    return Item(tuple(marks), 0.2, sway=Sway(dx=0.04, period=6))
