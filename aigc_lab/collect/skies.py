"""What lies behind and floats before the scenery in each style: skies, light, dust, confetti."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import skia

from aigc_lab.collect.brushes import Pen, argb, light, washed, wedges
from aigc_lab.collect.forms import OVER, Item, Mark, Sway, box, circle, joined, lines, polygon, star, turned
from aigc_lab.collect.looks import mix, shade


@dataclass(frozen=True)
class Set:
    """The stage that scenery is built on: its size in units and what the seed chose for it."""

    w: float
    h: float
    horizon: float  # height of the horizon in units from the top
    side: int  # which side the near things crowd to: -1, 0 (both), 1
    crowd: float  # how much there is, 0.5 (calm) .. 1.2 (busy)
    disc: tuple[float, float, float]  # sun, moon or its like: x, y, radius
    time: str  # morning, day, dusk, night
    open_sky: bool  # whether sun or moon are seen
    rng: np.random.Generator


def sky_colors(pen: Pen, time: str) -> tuple[str, ...]:
    """The style's sky at a time of day."""
    sky, look = pen.look.sky, pen.look
    if time == "morning":
        return (*sky[:-1], mix(sky[-1], look.glow if look.dark else look.accent, 0.1))
    if time == "dusk":
        return tuple(mix(shade(c, -0.012), look.accent, 0.05 + 0.13 * i / len(sky)) for i, c in enumerate(sky))
    if time == "night":
        return tuple(shade(c, -0.05 if look.dark else -0.045, 1.15, -8) for c in sky)
    return sky


def paint_sky(canvas: skia.Canvas, pen: Pen, stage: Set) -> None:
    """The part of the background that stands still, over the whole picture."""
    colors = sky_colors(pen, stage.time)
    stops = None
    if pen.look.dark:  # the light lies on the horizon; below it is dark again
        level = min((stage.horizon + 1.5) / stage.h, 0.85)
        stops = [level * i / (len(colors) - 1) for i in range(len(colors))] + [1.0]
        colors = (*colors, mix(colors[0], colors[1], 0.6))
    canvas.drawPaint(washed(0, stage.h, [argb(c) for c in colors], stops))
    x, y, _ = stage.disc
    if pen.style == "cinematic":
        canvas.drawPaint(light(x, stage.horizon, 8.5, pen.look.glow, 0.5))
    elif pen.style == "neon":
        canvas.drawPaint(light(stage.w / 2, stage.horizon, 7.5, pen.look.shapes[0], 0.36))
        canvas.drawPaint(light(x, y, 5.0, pen.look.shapes[3], 0.22))
    elif pen.style == "minimal":
        canvas.drawPaint(light(x, y, 7.0, "#ffffff", 0.75))
    elif pen.style == "watercolor":
        _washes(canvas, pen, stage)


def grained(pixels: np.ndarray, style: str) -> None:
    """Lay the grain of paper or film over pixels uint8 (H, W, 4), in place; small pictures show less of it."""
    amount = {"watercolor": 3.6, "retro": 3.0, "cinematic": 1.2}.get(style, 0.0)
    height, width = pixels.shape[:2]
    amount *= min(min(height, width) / 360, 1.0)
    if amount:
        tiles = np.tile(_grain(), (height // 256 + 1, width // 256 + 1))[:height, :width, None]
        pixels[..., :3] = np.clip(pixels[..., :3] + amount * tiles, 0, 255).astype(np.uint8)


@cache
def _grain() -> np.ndarray:
    """Noise at two sizes, float32 (256, 256), about -2 to 2; it tiles."""
    rng = np.random.default_rng([7, 256])
    coarse = np.fft.irfft2(np.fft.rfft2(rng.normal(0, 1, (256, 256))) * _lowpass(256, 5))
    return (0.75 * rng.normal(0, 1, (256, 256)) + 0.45 * coarse / coarse.std()).astype(np.float32)


def _lowpass(size: int, cut: float) -> np.ndarray:
    fy, fx = np.fft.fftfreq(size)[:, None] * size, np.fft.rfftfreq(size)[None] * size
    return np.exp(-(fx**2 + fy**2) / (2 * cut**2))


def _washes(canvas: skia.Canvas, pen: Pen, stage: Set) -> None:
    """Wet colour on wet paper: large pale lights that run into each other, paper left white between."""
    rng = stage.rng
    for tone in (0, 1, 0, 2, 1):
        x, y = rng.uniform(-0.5, stage.w + 0.5), rng.uniform(0, 0.75 * stage.h)
        canvas.drawPaint(light(x, y, rng.uniform(2.2, 4.6), pen.look.shapes[tone], rng.uniform(0.16, 0.34)))
    canvas.drawPaint(light(stage.w * rng.uniform(0.35, 0.65), 0.45 * stage.h, 4.2, pen.look.paper, 0.8))


def air(pen: Pen, stage: Set) -> list[Item]:
    """Moving things of the style itself: behind the scenery, and (front) before everything."""
    return AIR[pen.style](pen, stage)


def _minimal(pen: Pen, stage: Set) -> list[Item]:
    (x, y, r), rng = stage.disc, stage.rng
    tone = 1 if stage.time in ("day", "night") else "sun"
    sun = Mark(circle(0, 0, r), tone, alpha=0.75)
    ring = Mark(circle(0, 0, r + 0.55), 1, line=0.035, alpha=0.8)
    items = [Item((sun, ring), 0.04, (x, y), Sway(dy=0.16, dx=0.1, pulse=0.03, period=6, phase=rng.uniform(0, 6)))]
    items = items if stage.open_sky else []
    for _ in range(2):
        spot = Mark(circle(0, 0, rng.uniform(0.08, 0.17)), "accent")
        sway = Sway(dx=0.5, dy=0.4, period=rng.uniform(5, 8), phase=rng.uniform(0, 6))
        items.append(Item((spot,), 0.3, (rng.uniform(0.8, stage.w - 0.8), rng.uniform(0.1, 0.5) * stage.h), sway))
    return items


def _neon(pen: Pen, stage: Set) -> list[Item]:
    (x, y, r), rng = stage.disc, stage.rng
    stars = joined(
        [
            circle(rng.uniform(-OVER, stage.w + OVER), rng.uniform(-1, stage.horizon), rng.uniform(0.015, 0.045))
            for _ in range(60)
        ]
    )
    items = [Item((Mark(stars, "glow", alpha=0.7, fine=True),), 0.02, sway=Sway(dx=0.12, dy=0.06, period=7))]
    hoop = [Mark(circle(0, 0, r), 3, line=0.07), Mark(circle(0, 0, 0.8 * r), 1, line=0.04, alpha=0.7)]
    swing = Sway(dy=0.15, pulse=0.035, period=5, phase=rng.uniform(0, 6))
    items += [Item(tuple(hoop), 0.06, (x, y), swing)] if stage.open_sky else []
    for i in range(3 if stage.open_sky else 2):  # trails of light that race by
        height = rng.uniform(0.12, 0.88) * stage.h
        length = rng.uniform(1.6, 3.4)
        trail = Mark(lines([(0, 0), (length, 0)]), (2, 3, "accent")[i], line=0.05, alpha=0.75)
        spark = Mark(circle(length, 0, 0.3), "glow", alpha=0.8, soft=True)
        sway = Sway(vx=rng.uniform(1.6, 3.0) * (1 if i % 2 else -1), wrap=True)
        items.append(Item((trail, spark), 0.3, (rng.uniform(0, stage.w), height), sway))
    return items


def _retro(pen: Pen, stage: Set) -> list[Item]:
    x, y, r = stage.disc
    reach = stage.w + stage.h + 4
    rays = Mark(wedges(0, 0, 14, reach), 0, alpha=0.5)
    sway = Sway(spin=float(stage.rng.choice([-3.4, 3.4])))
    sun = (Mark(circle(0, 0, 1.22 * r), "glow", alpha=0.9), Mark(circle(0, 0, r), "sun"))
    swing = Sway(dy=0.12, pulse=0.03, period=5, phase=stage.rng.uniform(0, 6))
    return [Item((rays,), 0.03, (x, y), sway)] + ([Item(sun, 0.03, (x, y), swing)] if stage.open_sky else [])


def _watercolor(pen: Pen, stage: Set) -> list[Item]:
    (x, y, r), rng = stage.disc, stage.rng
    tone = "sun" if stage.time != "night" else 1
    items = (
        []
        if not stage.open_sky
        else [Item((Mark(circle(0, 0, r), tone, alpha=0.62),), 0.05, (x, y), Sway(dy=0.14, pulse=0.04, period=6))]
    )
    for _ in range(3):
        blob = circle(0, 0, rng.uniform(1.6, 3.0))
        sway = Sway(dx=0.45, dy=0.3, turn=6, period=rng.uniform(5, 8), phase=rng.uniform(0, 6))
        mark = Mark(blob, int(rng.integers(0, 2)), alpha=0.3, soft=True)
        items.append(Item((mark,), 0.2, (rng.uniform(0, stage.w), rng.uniform(0.05, 0.6) * stage.h), sway))
    drops = joined(
        [
            circle(rng.uniform(-1, stage.w + 1), rng.uniform(0, stage.h), 0.03 + 0.1 * rng.random() ** 3)
            for _ in range(26)
        ]
    )
    sway = Sway(dx=0.12, dy=0.22, period=5)
    items.append(Item((Mark(drops, 3, alpha=0.42, fine=True),), 0.7, sway=sway, front=True))
    return items


def _cinematic(pen: Pen, stage: Set) -> list[Item]:
    (x, y, r), rng = stage.disc, stage.rng
    sun = (Mark(circle(0, 0, 3.4 * r), "glow", alpha=0.35, soft=True), Mark(circle(0, 0, r), "sun", alpha=0.9))
    items = [
        Item(sun[: 1 + stage.open_sky], 0.03, (x, y), Sway(dy=0.12, pulse=0.03, period=6, phase=rng.uniform(0, 6)))
    ]
    for i in range(3):
        lean = rng.uniform(-0.5, 0.5) + 0.42 * (i - 1)
        beam = polygon([(-0.1, 0), (0.1, 0), (0.75 + 9 * lean, 15), (-0.75 + 9 * lean, 15)])
        sway = Sway(turn=4.0, period=rng.uniform(5, 8), phase=rng.uniform(0, 6))
        items.append(Item((Mark(beam, "glow", alpha=0.08),), 0.1, (x, y), sway))
    for _ in range(round(12 * stage.crowd)):  # lights out of focus, near the eye
        size, edge = rng.uniform(0.14, 0.72), rng.random() < 0.7
        place = (rng.uniform(0, stage.w), stage.h * (rng.uniform(0.55, 1.0) if edge else rng.uniform(0, 1)))
        tone = ("glow", "accent", 0)[int(rng.integers(3))]
        disc = (Mark(circle(0, 0, size), tone, alpha=0.15), Mark(circle(0, 0, size), tone, line=0.03, alpha=0.12))
        sway = Sway(vx=rng.uniform(-0.2, 0.2), vy=-rng.uniform(0.15, 0.45), dx=0.2, wrap=True)
        items.append(Item(disc, 0.9, place, sway, front=True))
    return items


def _playful(pen: Pen, stage: Set) -> list[Item]:
    (x, y, r), rng = stage.disc, stage.rng
    face = (Mark(circle(0, 0, 1.5 * r), "glow", alpha=0.35, fine=True), Mark(circle(0, 0, r), "sun"))
    items = [] if not stage.open_sky else [Item(face, 0.05, (x, y), Sway(dy=0.3, turn=8, pulse=0.06, period=2.6))]
    forms = (box(-0.16, -0.07, 0.32, 0.14, 0.06), circle(0, 0, 0.13), turned(star(5, 0.5), 0, 0, 0, 0.2))
    for _ in range(round(16 * stage.crowd)):
        tone = ("accent", 1, 3, 4, "glow")[int(rng.integers(5))]
        form = turned(forms[int(rng.integers(3))], 0, 0, rng.uniform(0, 90), rng.uniform(0.8, 1.5))
        bit = Mark(form, tone, fine=True)
        fall, turn = rng.uniform(0.35, 0.9), rng.uniform(-70, 70)
        sway = Sway(vy=fall, dx=0.25, spin=turn, period=3, phase=rng.uniform(0, 6), wrap=True)
        place = (rng.uniform(0, stage.w), rng.uniform(-1, stage.h + 1))
        items.append(Item((bit,), rng.uniform(0.2, 0.7), place, sway, front=rng.random() < 0.25))
    return items


AIR: dict[str, Callable[[Pen, Set], list[Item]]] = {
    "minimal": _minimal, "neon": _neon, "retro": _retro, "watercolor": _watercolor, "cinematic": _cinematic,
    "playful": _playful,
}  # fmt: skip
