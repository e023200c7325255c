"""Scenery of cloth: fashion. Curtains, ribbons or a stage; the seed chooses."""

import numpy as np

from aigc_lab.collect import forms as f
from aigc_lab.collect.forms import OVER, Item, Mark, Sway
from aigc_lab.collect.outdoors import at_side, edges, sides
from aigc_lab.collect.skies import Set


def fashion(s: Set) -> list[Item]:
    """Draped cloth, ribbons that wave across, or a stage with arches and plinths."""
    left, right, _ = edges(s)
    kind = s.rng.choice(["drapes", "ribbons", "stage"])
    items = []
    if kind == "drapes":
        items += _drapes(s)
    elif kind == "ribbons":
        slope = s.rng.uniform(0.25, 0.6) * float(s.rng.choice([-1, 1]))
        for i in range(6):
            y = s.h * (0.02 + 0.2 * i)
            wave = [
                (x, y + slope * (x - s.w / 2) + 0.75 * np.sin(0.75 * x + 1.1 * i))
                for x in np.arange(left - 6, right + 7, 1.1)
            ]
            mark = Mark(f.ribbon(wave, s.rng.uniform(0.7, 1.7)), (0, 1, "accent", 2, 3, 4)[i], alpha=0.9)
            items.append(Item((mark,), 0.15 + 0.13 * i, sway=Sway(dx=0.9 * (-1) ** i, dy=0.3, period=8, phase=i)))
    else:
        items += _stage(s)
    twinkle = f.star(4, 0.28)
    spots = [(s.rng.uniform(0, s.w), s.rng.uniform(0, s.h), s.rng.uniform(0.1, 0.28)) for _ in range(9)]
    sparks = f.joined([f.turned(twinkle, x, y, 0, k) for x, y, k in spots])
    items.append(Item((Mark(sparks, "glow", alpha=0.9, fine=True),), 0.6, sway=Sway(dy=0.35, dx=0.15, period=5)))
    return items


def _drapes(s: Set) -> list[Item]:
    """A curtain drawn aside in folds, with a swag along the top and light on the floor between."""
    left, right, bottom = edges(s)
    spot = f.oval(s.w / 2, s.horizon + 3.2, 3.6, 1.0)
    items = [
        Item(
            (Mark(f.circle(s.w / 2, 0.42 * s.h, 4.4), "glow", alpha=0.3, soft=True),), 0.05, sway=Sway(dx=0.3, period=6)
        ),
        Item((Mark(f.box(left, s.horizon + 2.0, right - left, bottom - s.horizon), 1),), 0.2),
        Item((Mark(spot, 0),), 0.25),
    ]
    for side in (-1, 1):
        reach = 4 if side == s.side or not s.side else 3
        for i in range(reach + 4):  # from the inner edge outwards, the nearest fold last
            fold = reach - i
            x = at_side(s, side, 0.78 * fold - 0.35)
            wave = [(x + 0.16 * np.sin(0.55 * v + 1.3 * i), -2.5 + v * (s.h + 6) / 12) for v in range(13)]
            shine = [(px - 0.2 * side, py) for px, py in wave]
            marks = (
                Mark(f.ribbon(wave, 1.05), (3, 2, 4, 3, 2)[i % 5]),
                Mark(f.curve(shine), "glow", line=0.07, alpha=0.2, fine=True),
            )
            items.append(Item(marks, 0.45 + 0.06 * i, sway=Sway(dx=0.16, turn=0.5, period=5.2, phase=0.6 * i)))
    for row, tone in enumerate((3, "accent")):
        edge, y = [], 1.5 - 0.75 * row
        for i in range(-2, 8):
            edge += [(2.2 * i + 1.1 * row, y - 0.55), (2.2 * i + 1.1 + 1.1 * row, y + 0.35)]
        swag = f.under(edge, -OVER)
        items.append(Item((Mark(swag, tone),), 0.75 + 0.1 * row, sway=Sway(dx=0.12, dy=0.1, period=5, phase=row)))
    return items


def _stage(s: Set) -> list[Item]:
    left, right, bottom = edges(s)
    items, y = [], s.horizon + 1.6
    middle = s.w / 2 + s.side * 0.8
    for i, k in enumerate((3.4, 2.7, 2.0)):
        arch = f.merged([f.box(middle - k, y - 5.2 + i, 2 * k, 8), f.circle(middle, y - 5.2 + i, k)])
        items.append(Item((Mark(arch, i),), 0.08 + 0.08 * i, sway=Sway(dy=0.06, pulse=0.0, period=5, phase=i)))
    items.append(Item((Mark(f.box(left, y, right - left, bottom - y), 2),), 0.4))
    for k, h, tone in ((3.6, 1.1, 3), (2.5, 0.0, 1)):
        top = y + 1.0 + h
        drum = f.merged([f.box(middle - k, top, 2 * k, 1.1), f.oval(middle, top + 1.1, k, 0.3 * k)])
        items.append(Item((Mark(drum, tone), Mark(f.oval(middle, top, k, 0.3 * k), tone - 1)), 0.5))
    for side in sides(s):
        wave = [(0.25 * np.sin(0.8 * v), -2 + v * (s.h + 3) / 10) for v in range(11)]
        drape = Mark(f.ribbon(wave, 1.9), 4)
        items.append(Item((drape,), 0.85, (at_side(s, side, 0.0), 0), Sway(dx=0.2, turn=1.0, period=5)))
    return items
