"""How things on the picture move: entrances of a quarter of a second, then a slow drift that never stops.

Each function gives the state at one frame of a shot, counted from 0.
"""

import math
from dataclasses import dataclass

from aigc_lab.publish.ass import FPS

ENTER = 9  # frames of an entrance, 0.3 s


@dataclass(frozen=True)
class State:
    """Offset in pixels, scale (1 is plain), rotation in degrees (anticlockwise), opacity 0..1."""

    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    turn: float = 0.0
    opacity: float = 1.0


def out_cubic(u: float) -> float:
    """Fast, then slow: 0..1 to 0..1."""
    return 1 - (1 - min(max(u, 0.0), 1.0)) ** 3


def out_back(u: float, over: float = 1.9) -> float:
    """Shoots past 1 by about a tenth and comes back (Penner's easing equations)."""
    u = min(max(u, 0.0), 1.0) - 1
    return 1 + (over + 1) * u**3 + over * u**2


def entrance(kind: str, frame: int, distance: float = 90.0, side: int = 1) -> State:
    """An entrance: pop (grows, overshoots), slide (from the side), rise (from below), settle (from slightly larger)."""
    u = (frame + 1) / ENTER
    if u >= 1:
        return State()
    seen = min(1.0, 0.45 + 0.55 * u * 1.6)
    if kind == "pop":
        return State(scale=0.55 + 0.45 * out_back(u))
    if kind == "slide":
        return State(dx=side * distance * (1 - out_back(u, 1.2)), opacity=seen)
    if kind == "rise":
        return State(dy=distance * 0.7 * (1 - out_cubic(u)), opacity=seen)
    return State(scale=1.05 - 0.05 * out_cubic(u), opacity=seen)


def drift(motion: str, frame: int, frames: int, wobble: float = 0.0, phase: float = 0.0) -> State:
    """The slow movement of a subject in a shot of `frames` frames: along `motion`, with a light bob, and a wobble."""
    t, u = frame / FPS, frame / max(frames - 1, 1) - 0.5
    bob = 6 * math.sin(2 * math.pi * t / 2.6 + phase)
    turn = wobble * math.sin(2 * math.pi * t / 1.5 + phase)
    dx = {"left": -36.0, "right": 36.0}.get(motion, 0.0) * u
    dy = {"up": -30.0, "down": 30.0}.get(motion, 0.0) * u
    if motion == "orbit":
        dx, dy = 16 * math.cos(2 * math.pi * t / 3), 16 * math.sin(2 * math.pi * t / 3)
    scale = 1 + {"in": 0.06, "out": -0.06}.get(motion, 0.0) * u
    return State(dx=dx, dy=dy + bob, scale=scale, turn=turn)


def together(first: State, second: State) -> State:
    """Both movements at once."""
    return State(
        first.dx + second.dx, first.dy + second.dy, first.scale * second.scale, first.turn + second.turn,
        first.opacity * second.opacity,
    )  # fmt: skip
