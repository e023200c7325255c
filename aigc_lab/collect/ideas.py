"""Scenery of ideas: technology and education. Each scene has several forms; the seed chooses."""

import numpy as np

from aigc_lab.collect import forms as f
from aigc_lab.collect.forms import OVER, Item, Mark, Sway
from aigc_lab.collect.outdoors import at_side, edges, sides
from aigc_lab.collect.skies import Set


def technology(s: Set) -> list[Item]:
    """Circuits, a grid to the horizon, a net of nodes or cells; data rises in points."""
    kind = s.rng.choice(["circuit", "grid", "net", "cells"])
    items = {"circuit": _circuit, "grid": _grid_floor, "net": _net, "cells": _cells}[kind](s)
    if kind != "grid":
        dots = [f.circle(x, y, 0.04) for x in np.arange(-1.6, s.w + 1.7, 0.8) for y in np.arange(-1.6, s.h + 1.7, 0.8)]
        items.insert(
            0, Item((Mark(f.joined(dots), 1, alpha=0.8, fine=True),), 0.08, sway=Sway(dx=0.2, dy=0.2, period=7))
        )
        items[1:1] = _orbits(s) if s.rng.random() < 0.5 else []
    return items + _data(s)


def _circuit(s: Set) -> list[Item]:
    """Traces that run in from the sides, bend by 45 degrees and end in a pad; pulses of light travel on them."""
    items = []
    for group in range(3):
        strokes, pads, depth = [], [], 0.2 + 0.22 * group
        for i in range(round(9 * s.crowd)):
            side = sides(s)[i % len(sides(s))]
            y = s.h * (i + s.rng.uniform(0, 0.8)) / (9 * s.crowd)
            x, way = at_side(s, side, -OVER), -side
            first, bend = s.rng.uniform(0.4, 1.7) + OVER, s.rng.uniform(0.3, 1.0)
            down = float(s.rng.choice([-1, 1]))
            corner = (x + way * first, y)
            end = (corner[0] + way * bend, y + down * bend)
            tip = (end[0] + way * s.rng.uniform(0.2, 1.1), end[1])
            strokes.append([(x, y), corner, end, tip])
            pads.append(f.circle(*tip, 0.15))
        tone = (1, 2, 3)[group]
        marks = (Mark(f.lines(*strokes), tone, line=0.07), Mark(f.joined(pads), tone if group else "accent"))
        items.append(Item(marks, depth, sway=Sway(dx=0.1, dy=0.08, period=6, phase=group)))
        for stroke in strokes[:: 4 - group]:
            pulse = (Mark(f.circle(0, 0, 0.5), "glow", alpha=0.5, soft=True), Mark(f.circle(0, 0, 0.1), "glow"))
            (ax, ay), (bx, _) = stroke[0], stroke[1]
            half = abs(bx - ax) / 2 - 0.1
            sway = Sway(dx=half, period=s.rng.uniform(4, 6), phase=s.rng.uniform(0, 6))
            items.append(Item(pulse, depth, ((ax + bx) / 2, ay), sway))
    chip = f.box(-1.0, -1.0, 2.0, 2.0, 0.2)
    pins = f.lines(*[[(v, q), (v, q * 1.3)] for v in (-0.6, -0.2, 0.2, 0.6) for q in (-1.02, 1.02)])
    side = sides(s)[0]
    marks = (Mark(pins, 3, line=0.08), Mark(chip, 3), Mark(f.box(-0.55, -0.55, 1.1, 1.1, 0.12), 1, fine=True))
    place = (at_side(s, side, 0.9), s.h * s.rng.uniform(0.72, 0.9))
    items.append(Item(marks, 0.8, place, Sway(dy=0.12, turn=3, period=5)))
    return items


def _grid_floor(s: Set) -> list[Item]:
    """A grid that runs to the horizon under towers of data."""
    left, right, bottom = edges(s)
    y = s.horizon + 0.8
    blocks = []
    x = left
    while x < right:
        wide, tall = s.rng.uniform(0.5, 1.1), s.rng.uniform(0.4, 3.6)
        blocks.append(f.box(x, y - tall, wide, tall, 0.04))
        x += wide + s.rng.uniform(0.15, 0.6)
    ground = f.box(left, y, right - left, bottom - y)
    rays = f.lines(*[[(s.w / 2 + 0.8 * i, y), (s.w / 2 + 4.2 * i, bottom)] for i in range(-9, 10)])
    rows = [[(left, y + (bottom - y) * v**2.0), (right, y + (bottom - y) * v**2.0)] for v in np.linspace(0, 1, 11)]
    mesh = Mark(f.joined([rays, f.lines(*rows)]), 2 if s.side else "glow", line=0.045, alpha=0.55)
    plane = Item((Mark(ground, 3, alpha=0.95), mesh), 0.4, sway=Sway(dy=0.1, period=5))
    return [Item((Mark(f.joined(blocks), 1),), 0.12), plane]


def _net(s: Set) -> list[Item]:
    """Nodes and the links between neighbours, in three depths."""
    items = []
    for layer in range(3):
        count = round(15 * s.crowd)
        spots = s.rng.uniform((-1.5, -1.5), (s.w + 1.5, s.h + 1.5), (count, 2))
        middle = np.abs(spots - [s.w / 2, 0.47 * s.h]) / [0.42 * s.w, 0.24 * s.h]
        spots = spots[np.linalg.norm(middle, axis=1) > 1.0]
        links = []
        for i, a in enumerate(spots):
            gap = np.linalg.norm(spots - a, axis=1)
            links += [
                [tuple(a.tolist()), tuple(spots[j].tolist())] for j in np.argsort(gap)[1:4] if j > i and gap[j] < 4.2
            ]
        dots = f.joined([f.circle(*p.tolist(), s.rng.uniform(0.09, 0.2) * (1 + 0.5 * layer)) for p in spots])
        tone = (1, 2, "accent")[layer]
        marks = ([Mark(f.lines(*links), (1, 2, 3)[layer], line=0.045, alpha=0.75)] if links else []) + [
            Mark(dots, tone)
        ]
        sway = Sway(dx=0.3, dy=0.25, turn=1.2, period=6 + layer, phase=2 * layer)
        items.append(Item(tuple(marks), 0.15 + 0.3 * layer, sway=sway))
    return items


def _cells(s: Set) -> list[Item]:
    """Hexagons that gather at the sides, some filled."""
    items, size = [], s.rng.uniform(0.75, 1.05)
    full, empty, bright = [], [], []
    for row in range(-2, int((s.h + 3) / (1.5 * size)) + 1):
        for column in range(-3, int((s.w + 5) / (1.74 * size)) + 1):
            x, y = (column + 0.5 * (row % 2)) * 1.74 * size, row * 1.5 * size
            from_side = min(x, s.w - x) if not s.side else (x if s.side < 0 else s.w - x)
            chance = 1.15 - 0.42 * max(from_side, 0) + 0.5 * max(y / s.h - 0.72, 0)
            if s.rng.random() > chance * s.crowd:
                continue
            group = (full, empty, empty, bright)[int(s.rng.choice(4, p=[0.42, 0.27, 0.25, 0.06]))]
            group.append(f.turned(f.regular(6), x, y, 0, 0.92 * size))
    for paths, tone, line, depth in ((full, 1, 0.0, 0.2), (empty, 2, 0.06, 0.45), (bright, "accent", 0.0, 0.45)):
        if paths:
            mark = Mark(f.joined(paths), tone, line=line, alpha=0.85)
            items.append(Item((mark,), depth, sway=Sway(dx=0.16, dy=0.22, period=6, phase=5 * depth)))
    return items


def _orbits(s: Set) -> list[Item]:
    """Rings with a satellite point that runs round."""
    items = []
    x, y = s.w / 2 + s.side * 1.2, 0.47 * s.h
    for i, r in enumerate((2.9, 3.7, 4.6)):
        ring = Mark(f.circle(0, 0, r), 2, line=0.04, alpha=0.5)
        dot = Mark(f.circle(r, 0, 0.15), "accent")
        items.append(Item((ring, dot), 0.2, (x, y), Sway(spin=(22 - 5 * i) * (-1) ** i)))
    return items


def _data(s: Set) -> list[Item]:
    """Points and short bars that rise."""
    items = []
    for i in range(round(12 * s.crowd)):
        tall = s.rng.uniform(0.12, 0.5)
        bit = Mark(f.box(-0.05, -tall, 0.1, tall, 0.04), ("accent", 2, "glow")[i % 3], alpha=0.85, fine=False)
        sway = Sway(vy=-s.rng.uniform(0.4, 1.1), wrap=True)
        items.append(Item((bit,), s.rng.uniform(0.2, 0.8), (s.rng.uniform(0, s.w), s.rng.uniform(0, s.h)), sway))
    return items


def education(s: Set) -> list[Item]:
    """Squared paper with figures, a blackboard over a desk, or shelves of books; paper planes fly."""
    kind = s.rng.choice(["paper", "board", "library"])
    items = {"paper": _paper, "board": _board, "library": _library}[kind](s)
    return items + _figures(s, 0.5 if kind == "library" else 1.0) + _planes(s)


def _paper(s: Set) -> list[Item]:
    left, right, bottom = edges(s)
    step = s.rng.uniform(0.75, 1.0)
    grid = [[(x, -OVER), (x, bottom)] for x in np.arange(left, right, step)]
    grid += [[(left, y), (right, y)] for y in np.arange(-OVER, bottom, step)]
    margin = f.lines([(1.2, -OVER), (1.2, bottom)])
    x0, y0 = (0.9, 0.93 * s.h)
    axes = f.lines([(x0, y0), (x0, 0.7 * s.h)], [(x0, y0), (s.w - 0.7, y0)])
    graph = f.curve([(x0 + v, y0 - 0.9 - 0.8 * np.sin(0.95 * v) - 0.12 * v) for v in np.arange(0, s.w - 1.8, 0.6)])
    return [
        Item((Mark(f.lines(*grid), 1, line=0.04, alpha=0.6), Mark(margin, "accent", line=0.06, alpha=0.6)), 0.15,
             sway=Sway(dx=0.14, dy=0.14, period=7)),
        Item((Mark(axes, 3, line=0.09), Mark(graph, "accent", line=0.11)), 0.5, sway=Sway(dy=0.12, period=5)),
    ]  # fmt: skip


def _board(s: Set) -> list[Item]:
    left, right, bottom = edges(s)
    y = s.horizon + 1.6
    high = min(y - 1.4, 0.62 * s.h)
    frame = f.box(-0.5, y - 0.8 - high, s.w + 1.0, high, 0.2)
    board = f.box(-0.25, y - 0.55 - high, s.w + 0.5, high - 0.5, 0.12)
    desk = f.box(left, y + 0.6, right - left, bottom - y)
    return [
        Item((Mark(frame, 3), Mark(board, 1)), 0.15),
        Item((Mark(desk, 3), Mark(f.box(left, y + 0.6, right - left, 0.22), 4, fine=True)), 0.55),
        _stack(s, sides(s)[0], y + 0.62),
    ]


def _stack(s: Set, side: int, y: float) -> Item:
    """A pile of books on the desk."""
    marks, top = [], y
    x = at_side(s, side, 0.0) - (3.0 if side > 0 else 0.0) + 0.5 * side
    for tone in ("accent", 2, 4, 0):
        wide, tall = s.rng.uniform(2.1, 3.0), s.rng.uniform(0.32, 0.5)
        shift = s.rng.uniform(-0.2, 0.2)
        top -= tall
        marks.append(Mark(f.box(x + shift, top, wide, tall, 0.06), tone))
        marks.append(Mark(f.box(x + shift + 0.25, top, 0.16, tall), "glow", alpha=0.6, fine=True))
    return Item(tuple(marks), 0.6, sway=Sway(dx=0.05, period=5))


def _library(s: Set) -> list[Item]:
    """Shelves of books behind, calm in the middle."""
    left, right, _ = edges(s)
    items, gap = [], 3.3
    for row in range(int((s.h + 3) / gap) + 1):
        y = 1.4 + gap * row
        books: dict[int | str, list] = {0: [], 1: [], 2: [], "accent": []}
        x = left
        while x < right:
            wide, tall = s.rng.uniform(0.25, 0.62), s.rng.uniform(1.3, 2.4)
            tone = (0, 1, 2, 1, 0, 2, "accent")[int(s.rng.integers(7))]
            inner = abs(x - s.w / 2) < 0.36 * s.w
            books[0 if inner or (tone == "accent" and s.rng.random() < 0.6) else tone].append(
                f.box(x, y - tall, wide, tall, 0.04)
            )
            x += wide + (0.05 if s.rng.random() < 0.85 else 0.7)
        marks = [Mark(f.joined(paths), tone, alpha=0.75) for tone, paths in books.items() if paths]
        items.append(Item((*marks, Mark(f.box(left, y, right - left, 0.16), 1)), 0.2, sway=Sway(dy=0.05, period=6)))
    return items


def _figures(s: Set, share: float) -> list[Item]:
    """Chalk drawings: circle, triangle, square, angle, wave, atom."""
    angle = f.joined([f.lines([(1.0, 0), (-0.7, 0), (0.7, -1.2)]), f.curve([(0.0, 0), (-0.06, -0.3), (-0.25, -0.4)])])
    atom = f.joined([f.turned(f.oval(0, 0, 0.95, 0.36), 0, 0, a) for a in (0, 60, 120)])
    kinds = [
        f.joined([f.circle(0, 0, 0.8), f.lines([(0, 0), (0.8, 0)])]), f.turned(f.regular(3), 0, 0, 0, 0.95), angle,
        f.joined([f.box(-0.7, -0.7, 1.4, 1.4), f.lines([(-0.7, 0.7), (0.7, -0.7)])]), atom,
        f.curve([(v / 4, 0.5 * np.sin(v * 1.6)) for v in range(-5, 6)]),
    ]  # fmt: skip
    items = []
    for i in range(round(6 * share * s.crowd)):
        side = sides(s)[i % len(sides(s))]
        place = (
            at_side(s, side, s.rng.uniform(0.9, 2.1)),
            s.h * (0.08 + 0.84 * (i + s.rng.random()) / (6 * share * s.crowd)),
        )
        drawn = f.turned(kinds[int(s.rng.integers(len(kinds)))], 0, 0, s.rng.uniform(-15, 15), s.rng.uniform(0.7, 1.1))
        mark = Mark(drawn, ("ink", "ink", "accent")[i % 3], line=0.09, alpha=0.75)
        sway = Sway(dx=0.12, dy=0.22, turn=6, period=s.rng.uniform(4, 6), phase=s.rng.uniform(0, 6))
        items.append(Item((mark,), 0.35 + 0.1 * (i % 3), place, sway))
    return items


def _planes(s: Set) -> list[Item]:
    """Folded paper planes that glide by."""
    items = []
    for i in range(2):
        way = 1 if i % 2 else -1
        body = f.polygon([(0.8 * way, 0), (-0.7 * way, -0.5), (-0.4 * way, 0)])
        wing = f.polygon([(0.8 * way, 0), (-0.4 * way, 0), (-0.6 * way, 0.35)])
        marks = (Mark(body, "glow"), Mark(wing, 1))
        sway = Sway(vx=0.8 * way, dy=0.3, turn=7, period=4, phase=i, wrap=True)
        items.append(Item(marks, 0.5, (s.rng.uniform(0, s.w), s.h * s.rng.uniform(0.12, 0.4)), sway))
    return items
