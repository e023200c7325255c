"""Scenery where people meet: city, sports, festival. Each scene has several forms; the seed chooses."""

from itertools import pairwise

import numpy as np

from aigc_lab.collect import forms as f
from aigc_lab.collect.forms import OVER, Item, Mark, Sway
from aigc_lab.collect.outdoors import at_side, clouds, edges, land, sides, water
from aigc_lab.collect.skies import Set


def skyline(s: Set, base: float, low: float, high: float, tone: int, depth: float) -> Item:
    """A row of buildings from beyond the left edge to beyond the right one, with lit windows."""
    left, right, _ = edges(s)
    bottom = base + 4.0  # nearer things hide the rest
    houses, windows, x = [], [], left
    while x < right:
        width, height = s.rng.uniform(0.75, 1.7), s.rng.uniform(low, high)
        top = base - height
        houses.append(f.box(x, top, width + 0.02, bottom - top))
        roof = s.rng.integers(5)
        if roof == 0:
            houses.append(f.polygon([(x, top), (x + width / 2, top - 0.5), (x + width, top)]))
        elif roof == 1:
            houses.append(f.box(x + 0.25 * width, top - 0.35, 0.5 * width, 0.4))
        elif roof == 2:
            houses.append(f.box(x + 0.47 * width, top - 0.9, 0.07, 1.0))
        elif roof == 3:
            k = 0.42 * width
            dome = [(x + width / 2 - k * np.cos(a), top - k * np.sin(a)) for a in np.linspace(0, np.pi, 9).tolist()]
            houses.append(f.polygon(dome))
        step = 0.34
        for row in range(int(height / step) - 1):
            for column in range(int((width - 0.2) / 0.3)):
                if s.rng.random() < 0.3:
                    windows.append(f.box(x + 0.16 + 0.3 * column, top + 0.22 + step * row, 0.14, 0.18))
        x += width + (s.rng.uniform(0.05, 0.5) if s.rng.random() < 0.4 else 0.0)
    lit = 0.9 if s.time in ("night", "dusk") else 0.5
    return Item((Mark(f.joined(houses), tone), Mark(f.joined(windows), "glow", alpha=lit, fine=True)), depth)


def city(s: Set) -> list[Item]:
    """Skylines behind each other; a street with lamps, a river with a bridge, or a park before them."""
    left, right, bottom = edges(s)
    items = clouds(s, 0.05 * s.h, 0.5 * s.horizon, alpha=0.6)
    tall = s.rng.uniform(0.8, 1.2)
    items.append(skyline(s, s.horizon + 1, 2.2 * tall, 5.4 * tall, 0, 0.1))
    items.append(skyline(s, s.horizon + 1.6, 1.2 * tall, 3.6 * tall, 1, 0.22))
    kind = s.rng.choice(["street", "river", "park"])
    if kind == "river":
        items += water(s, s.horizon + 1.5, 3)
        items.insert(-2, _bridge(s, s.horizon + 2.0))
    elif kind == "park":
        items.append(_trees(s, s.horizon + 2.0, 2, 0.4))
        items.append(land(s, s.horizon + 2.2, 0.25, 3.4, 2, 0.45))
        items.append(_trees(s, s.horizon + 3.9, 3, 0.65))
        items.append(land(s, s.horizon + 4.0, 0.35, 3.0, 3, 0.7))
    else:
        items.append(skyline(s, s.horizon + 2.2, 0.5, 1.9, 2, 0.4))
        y = s.horizon + 2.3
        items.append(Item((Mark(f.box(left, y, right - left, bottom - y), 3),), 0.6))
        dash = f.joined([f.box(x, y + 1.5, 1.1, 0.13, 0.05) for x in np.arange(left - 4, right + 4, 2.2)])
        kerb = f.box(left - 4, y, right - left + 8, 0.12)
        items.append(Item((Mark(dash, "glow", alpha=0.7, fine=True),), 0.75, sway=Sway(vx=-0.7, loop_x=2.2)))
        items.append(Item((Mark(kerb, "glow", alpha=0.4, fine=True),), 0.6))
        for side in sides(s):
            items.append(_lamp(s, side, y + 0.4))
    return items


def _bridge(s: Set, y: float) -> Item:
    """A suspension bridge over the water: two towers, cables, hangers, deck."""
    left, right, _ = edges(s)
    first, last = s.w * 0.5 - 4.2, s.w * 0.5 + 4.2
    cable = [(x, y - 3.2 + 2.7 * (1 - ((x - s.w / 2) / 4.2) ** 2)) for x in np.linspace(first, last, 15).tolist()]
    cable = [(left - 1, y - 0.4), *cable, (right + 1, y - 0.4)]
    hangers = f.lines(*[[(x, h), (x, y)] for x, h in cable[2:-2]])
    towers = f.joined([f.box(x - 0.17, y - 3.7, 0.34, 5.0, 0.06) for x in (first, last)])
    deck = f.box(left, y - 0.14, right - left, 0.3)
    marks = (Mark(f.lines(cable), 3, line=0.09), Mark(hangers, 3, line=0.04), Mark(towers, 3), Mark(deck, 3))
    return Item(marks, 0.5, sway=Sway(dx=0.06, dy=0.03, period=6))


def _trees(s: Set, y: float, tone: int, depth: float) -> Item:
    """Round trees in a row."""
    crowns, trunks = [], []
    for x in np.arange(-OVER, s.w + OVER, 1.7):
        if s.rng.random() < 0.35 + 0.4 * s.crowd:
            at, k = x + s.rng.uniform(-0.4, 0.4), s.rng.uniform(0.5, 0.85)
            crowns.append(f.oval(at, y - 1.9 * k, k, 1.15 * k))
            trunks.append([(at, y + 0.3), (at, y - 1.6 * k)])
    trunk = Mark(f.lines(*trunks), min(tone + 1, 4), line=0.11)
    return Item((Mark(f.joined(crowns), tone), trunk), depth, sway=Sway(dx=0.08, period=4.4))


def _lamp(s: Set, side: int, y: float) -> Item:
    way = -side
    pole = f.curve([(0, 0), (0, -3.4), (0.12 * way, -4.2), (0.9 * way, -4.5)])
    marks = (
        Mark(f.circle(0.95 * way, -4.2, 1.3), "glow", alpha=0.35, soft=True),
        Mark(pole, 4, line=0.14),
        Mark(f.oval(0.95 * way, -4.42, 0.34, 0.13), 4),
    )
    return Item(marks, 0.7, (at_side(s, side, 0.9), y), Sway(turn=0.6, dx=0.05, period=5))


def sports(s: Set) -> list[Item]:
    """A stadium, a court seen along its lines, or running tracks in curves."""
    left, right, bottom = edges(s)
    kind, items = s.rng.choice(["stadium", "court", "track"]), []
    if kind != "track":
        items.append(_stand(s))
    ground = s.horizon + 0.6
    if kind == "track":
        items += _track(s)
    else:
        items.append(Item((Mark(f.box(left, ground, right - left, bottom - ground), 2),), 0.35))
        middle, marks = s.w / 2 + s.rng.uniform(-1, 1), []
        for i in range(-4, 5):  # mown stripes or boards that meet at the horizon
            near, far = (3.6 * i, 3.6 * (i + 1)), (0.9 * i, 0.9 * (i + 1))
            if i % 2 == 0:
                marks.append(f.polygon([(middle + far[0], ground), (middle + far[1], ground),
                                      (middle + near[1], bottom), (middle + near[0], bottom)]))  # fmt: skip
        items.append(Item((Mark(f.joined(marks), 3, alpha=0.5, fine=True),), 0.4))
        y = ground + 0.55 * (s.h - ground)
        white = f.joined([f.lines([(middle - 2.4, ground + 0.3), (middle - 6.5, bottom)]),
                        f.lines([(middle + 2.4, ground + 0.3), (middle + 6.5, bottom)]),
                        f.lines([(left, ground + 0.3), (right, ground + 0.3)]),
                        f.oval(middle, y, 2.6, 0.95)])  # fmt: skip
        items.append(Item((Mark(white, "glow", line=0.08, alpha=0.75),), 0.45))
    for i in range(3):  # streaks of speed
        streak = Mark(f.box(0, 0, s.rng.uniform(1.2, 2.6), 0.1, 0.05), "accent", alpha=0.7)
        place = (s.w * s.rng.uniform(0, 1), s.h * s.rng.uniform(0.2, 0.9))
        items.append(Item((streak,), 0.5, place, Sway(vx=(2.0 + 0.7 * i) * (-1) ** i, wrap=True)))
    return items


def _stand(s: Set) -> Item:
    """The far stand of a stadium with its crowd and floodlights."""
    left, right, bottom = edges(s)
    roof = [(x, s.horizon - 2.2 - 0.9 * (((x - s.w / 2) / 7) ** 2)) for x in np.linspace(left, right, 9).tolist()]
    crowd = f.joined(
        [f.circle(s.rng.uniform(left, right), s.rng.uniform(s.horizon - 1.7, s.horizon + 0.3), 0.07) for _ in range(90)]
    )
    marks = [Mark(f.under(roof, bottom), 0), Mark(f.box(left, s.horizon - 0.4, right - left, 1.4), 1),
             Mark(crowd, "glow", alpha=0.45, fine=True)]  # fmt: skip
    for share in (0.08, 0.92):
        x = share * s.w
        y = s.horizon - 5.2
        marks.append(Mark(f.lines([(x, s.horizon - 2), (x, y)]), 1, line=0.14))
        marks.append(Mark(f.box(x - 0.7, y - 0.45, 1.4, 0.6, 0.1), 1))
        marks.append(Mark(f.circle(x, y - 0.15, 1.6), "glow", alpha=0.45, soft=True))
        lamps = f.joined([f.circle(x + d, y - 0.15, 0.12) for d in (-0.45, -0.15, 0.15, 0.45)])
        marks.append(Mark(lamps, "glow", alpha=0.95, fine=True))
    return Item(tuple(marks), 0.15)


def _track(s: Set) -> list[Item]:
    """Running lanes that sweep through the picture."""
    items, way = [], 1 if s.rng.random() < 0.5 else -1
    for i in range(5):
        shift = 1.25 * i
        points = [
            (s.w / 2 + way * x, s.horizon + 0.3 + shift + bend)
            for x, bend in ((-9, 3.4), (-5, 2.5), (-1.5, 1.2), (1.8, -0.6), (4.6, -3.0), (6.4, -6.4), (7.2, -10))
        ]
        band = Mark(f.ribbon(points, 1.2), (1, 2, 1, 2, 3)[i])
        edge = Mark(f.curve([(x, y - 0.6) for x, y in points]), "glow", line=0.07, alpha=0.8)
        items.append(Item((band, edge), 0.3 + 0.1 * i, sway=Sway(dx=0.12, dy=0.08, period=6, phase=0.4 * i)))
    return items


def festival(s: Set) -> list[Item]:
    """Fireworks or lanterns over roofs or hills, bunting overhead."""
    items = []
    kind = s.rng.choice(["fireworks", "lanterns", "bunting"])
    if kind == "fireworks" or s.rng.random() < 0.3:
        for i in range(round(4 * s.crowd)):
            place = (s.w * s.rng.uniform(0.05, 0.95), s.rng.uniform(0.08, 0.48) * s.h)
            items.append(_firework(s, place, ("accent", "sun", "glow")[i % 3]))
    if s.rng.random() < 0.5:
        items.append(skyline(s, s.horizon + 1.5, 0.8, 2.8, 1, 0.2))
    else:
        items.append(land(s, s.horizon, 0.8, 3.2, 0, 0.12))
        items.append(land(s, s.horizon + 1.2, 0.7, 3.0, 1, 0.22))
    items.append(land(s, s.horizon + 2.6, 0.5, 3.6, 2, 0.45))
    items.append(land(s, s.h - 1.6, 0.4, 3.0, 4, 0.8))
    if kind == "lanterns":
        items += _lanterns(s)
    if kind != "fireworks":
        items += _bunting(s)
    return items


def _firework(s: Set, place: tuple[float, float], tone: int | str) -> Item:
    size, rays = s.rng.uniform(0.9, 1.8), int(s.rng.integers(10, 16))
    strokes, tips = [], []
    for angle in np.arange(rays) * 2 * np.pi / rays:
        d = np.array([np.cos(angle), np.sin(angle)])
        for inner, outer in ((0.32, 0.62), (0.74, 0.9)):
            strokes.append((tuple((d * size * inner).tolist()), tuple((d * size * outer).tolist())))
        tips.append(f.circle(*(d * size).tolist(), 0.06))
    marks = (Mark(f.circle(0, 0, 1.4 * size), tone, alpha=0.22, soft=True), Mark(f.lines(*strokes), tone, line=0.07),
             Mark(f.joined(tips), tone, fine=True))  # fmt: skip
    sway = Sway(pulse=0.16, turn=5, dy=0.12, period=s.rng.uniform(3.0, 4.5), phase=s.rng.uniform(0, 6))
    return Item(marks, 0.15, place, sway)


def _lanterns(s: Set) -> list[Item]:
    items = []
    for i in range(round(5 * s.crowd)):
        side = sides(s)[i % len(sides(s))]
        x, drop = at_side(s, side, s.rng.uniform(0.2, 2.2)), s.rng.uniform(0.9, 4.2)
        k = s.rng.uniform(0.45, 0.75)
        body = f.oval(0, drop, k, 0.8 * k)
        ribs = f.joined([f.oval(0, drop, k * q, 0.8 * k) for q in (0.35, 0.7)])
        caps = f.joined(
            [f.box(-0.4 * k, drop - 0.95 * k, 0.8 * k, 0.2 * k), f.box(-0.4 * k, drop + 0.75 * k, 0.8 * k, 0.2 * k)]
        )
        cords = f.lines(((0, -3), (0, drop - 0.9 * k)), ((0, drop + k), (0, drop + 1.6 * k)))
        marks = (Mark(f.circle(0, drop, 2.2 * k), "glow", alpha=0.3, soft=True), Mark(cords, 4, line=0.05),
                 Mark(body, "accent"), Mark(ribs, "glow", line=0.03, alpha=0.5, fine=True), Mark(caps, 4))  # fmt: skip
        sway = Sway(turn=5, period=s.rng.uniform(3.2, 4.6), phase=s.rng.uniform(0, 6))
        items.append(Item(marks, s.rng.uniform(0.4, 0.8), (x, -0.3), sway))
    return items


def _bunting(s: Set) -> list[Item]:
    items, left = [], -OVER
    for row in range(2):
        y, dip, span = 0.5 + 1.3 * row, s.rng.uniform(0.7, 1.2), s.w + 2 * OVER
        string = [(left + span * v, y + dip * np.sin(v * np.pi * 3) ** 2) for v in np.linspace(0, 1, 25).tolist()]
        flags: dict[int | str, list] = {"accent": [], 1: [], 3: []}
        for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(string)):
            a = (x0 + 0.1, y0 + 0.02)
            flags[("accent", 1, 3)[i % 3]].append(
                f.polygon([a, (x1 - 0.04, y1), ((x0 + x1) / 2, (y0 + y1) / 2 + 0.75)])
            )
        marks = [Mark(f.curve(string), 4, line=0.04)] + [Mark(f.joined(p), tone) for tone, p in flags.items()]
        sway = Sway(dx=0.16, dy=0.12, period=4.2, phase=row * 2)
        items.append(Item(tuple(marks), 0.35 + 0.2 * row, sway=sway))
    stars = [f.turned(f.star(5, 0.45), s.rng.uniform(0, s.w), s.rng.uniform(2, 0.5 * s.h), 0, 0.14) for _ in range(6)]
    items.append(Item((Mark(f.joined(stars), "accent", alpha=0.8, fine=True),), 0.2, sway=Sway(dy=0.25, period=5)))
    return items
