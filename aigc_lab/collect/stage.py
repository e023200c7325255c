"""The stage of a drawn scene: layers, camera and clock. `Stage(spec, size).frame(t, seconds)` is one picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
import skia

from aigc_lab.collect import fashion, ideas, indoors, outdoors, town
from aigc_lab.collect.brushes import FIELD, Pen, light, record
from aigc_lab.collect.forms import SHORT, Item, Sway, oval
from aigc_lab.collect.looks import look
from aigc_lab.collect.skies import Set, air, grained, paint_sky
from aigc_lab.collect.subjects import BOX, draw_subject, grounded, own_motion

if TYPE_CHECKING:
    from aigc_lab.collect.scenes import SceneSpec

# horizon (share of the height), side that near things crowd to, how much there is
LAYOUTS = {
    "wide": (0.62, 0, 0.9), "low": (0.74, 0, 0.8), "high": (0.5, 0, 0.9), "left": (0.64, -1, 0.9),
    "right": (0.64, 1, 0.9), "frame": (0.6, 0, 1.2), "open": (0.7, 1, 0.55), "full": (0.56, -1, 1.2),
}  # fmt: skip
TIMES = ("morning", "day", "dusk", "night")
SCENERY = {
    "technology": ideas.technology, "food": indoors.food, "travel": outdoors.travel, "nature": outdoors.nature,
    "city": town.city, "sports": town.sports, "education": ideas.education, "fashion": fashion.fashion,
    "festival": town.festival, "home": indoors.home,
}  # fmt: skip
WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
WRAP = 4.6  # units beyond the edge where a drifting item turns up on the other side
CROWD = {"minimal": 0.6, "playful": 1.05, "watercolor": 0.85}


class Stage:
    """A scene made ready to be drawn at one size: what stands still as pixels, what moves as recorded commands."""

    def __init__(self, spec: SceneSpec, size: tuple[int, int], subject: bool = True):
        self.spec, (width, height) = spec, size
        self.unit = min(size) / SHORT  # pixels in a unit
        self.w, self.h = width / self.unit, height / self.unit
        self.pen = Pen(spec.style, look(spec.style, spec.palette), 1 / self.unit, spec.time == "night")
        setting = self._setting(np.random.default_rng([spec.seed, 103]))
        self.pixels = np.zeros((height, width, 4), np.uint8)
        self.canvas = skia.Surface(self.pixels, colorType=skia.kRGBA_8888_ColorType).getCanvas()
        self.canvas.scale(self.unit, self.unit)
        paint_sky(self.canvas, self.pen, setting)
        grained(self.pixels, spec.style)
        self.sky = self.pixels.copy()
        self.ground = setting.horizon
        items = [*air(self.pen, setting), *SCENERY[spec.theme](setting)]
        behind = [(i, record(i, self.pen)) for i in items if not i.front]
        before = [(i, record(i, self.pen)) for i in items if i.front]
        self.layers = behind + (self._subjects() if subject else []) + before

    def _setting(self, rng: np.random.Generator) -> Set:
        level, side, crowd = LAYOUTS[self.spec.layout]
        level += rng.uniform(-0.04, 0.04)
        disc = (self.w * rng.uniform(0.12, 0.88), self.h * rng.uniform(0.12, level - 0.08), rng.uniform(0.8, 1.9))
        crowd *= CROWD.get(self.spec.style, 1.0)
        outside = self.spec.theme not in ("food", "home", "education", "technology")
        return Set(self.w, self.h, self.h * level, side, crowd, disc, self.spec.time, outside, rng)

    def _subjects(self) -> list[tuple[Item, skia.Picture]]:
        """One to three subjects, the first the largest, spread over the calm middle."""
        spec, rng = self.spec, np.random.default_rng([self.spec.seed, 104])
        room = min(self.w, self.h)
        sizes = {1: (0.56,), 2: (0.42, 0.33), 3: (0.36, 0.29, 0.24)}[spec.count]
        spots = {1: ((0.5, 0.54),), 2: ((0.34, 0.6), (0.7, 0.42)), 3: ((0.5, 0.63), (0.26, 0.42), (0.76, 0.36))}
        flip = rng.random() < 0.5
        layers = []
        for i in reversed(range(spec.count)):
            x, y = spots[spec.count][i]
            x = 1 - x if flip else x
            size = sizes[i] * spec.scale * room * rng.uniform(0.92, 1.08)
            x, y = self.w * (x + rng.uniform(-0.07, 0.07)), self.h * (y + rng.uniform(-0.06, 0.06))
            if spec.count == 1 and grounded(spec.subject):  # one that stands has its foot on the ground
                foot = self.ground + rng.uniform(1.2, 2.6)
                y = min(max(foot - size / 2, 0.42 * self.h), 0.66 * self.h)
            at = (x, y)
            own = own_motion(spec.subject, float(rng.uniform(0, 6.28)), spec.speed)
            sway = Sway(**{**vars(own), "dx": own.dx * size, "dy": own.dy * size})
            depth = 0.72 - 0.16 * i
            if grounded(spec.subject):
                layers.append(self._shadow(at, size, depth))
            layers.append((Item((), depth, at, sway), self._subject_picture(size)))
        return layers

    def _subject_picture(self, size: float) -> skia.Picture:
        recorder = skia.PictureRecorder()
        canvas = recorder.beginRecording(FIELD)
        canvas.scale(size / BOX, size / BOX)
        canvas.translate(-BOX / 2, -BOX / 2)
        draw_subject(canvas, self.spec.subject, self.spec.style, self.pen.look, self.pen.pixel * BOX / size)
        return recorder.finishRecordingAsPicture()

    def _shadow(self, at: tuple[float, float], size: float, depth: float) -> tuple[Item, skia.Picture]:
        recorder = skia.PictureRecorder()
        canvas, ink = recorder.beginRecording(FIELD), self.pen.look
        color = ink.shapes[2] if self.spec.style == "neon" else (ink.paper if ink.dark else ink.ink)
        canvas.scale(1, 0.2)
        canvas.drawPath(oval(0, 0, 0.56 * size, 0.56 * size), light(0, 0, 0.56 * size, color, 0.4))
        return Item((), depth, (at[0], at[1] + 0.5 * size)), recorder.finishRecordingAsPicture()

    def frame(self, t: float, seconds: float) -> np.ndarray:
        """The picture at time t of a scene that lasts `seconds`, uint8 (H, W, 3)."""
        np.copyto(self.pixels, self.sky)
        x, y, zoom = self._camera(t, seconds)
        for item, picture in self.layers:
            self._draw(item, picture, t, (x, y, zoom))
        return cv2.cvtColor(self.pixels, cv2.COLOR_RGBA2RGB)

    def _camera(self, t: float, seconds: float) -> tuple[float, float, float]:
        """How far the nearest layer has moved (units) and grown at time t; eased, never at rest."""
        u = t / seconds
        u -= 0.3 * math.sin(2 * math.pi * u) / (2 * math.pi)
        motion, speed = self.spec.motion, self.spec.speed
        if motion in WAYS:
            reach = min(1.15 * speed * seconds, 3.2) * (u - 0.5)
            return WAYS[motion][0] * reach, WAYS[motion][1] * reach, 1.0
        if motion in ("in", "out"):
            grown = min(0.11 * speed * seconds, 0.34)
            return 0.0, 0.0, 1.0 + grown * (u if motion == "in" else 1 - u)
        if motion == "orbit":
            angle = 1.25 * speed * t + self.spec.seed % 7
            return 0.75 * math.cos(angle), 0.5 * math.sin(angle), 1.0
        return 0.0, 0.0, 1.0

    def _draw(self, item: Item, picture: skia.Picture, t: float, camera: tuple[float, float, float]) -> None:
        sway, share = item.sway, 0.12 + 0.88 * item.depth
        swing = 2 * math.pi * t / sway.period + sway.phase
        x = item.at[0] + self._travel(item.at[0], sway.vx * t, sway.loop_x, sway.wrap, self.w)
        y = item.at[1] + self._travel(item.at[1], sway.vy * t, sway.loop_y, sway.wrap, self.h)
        x += sway.dx * math.sin(swing) + camera[0] * share
        y += sway.dy * math.cos(swing) + camera[1] * share
        zoom = 1 + (camera[2] - 1) * share
        canvas = self.canvas
        canvas.save()
        canvas.translate(self.w / 2 + zoom * (x - self.w / 2), self.h / 2 + zoom * (y - self.h / 2))
        turn = sway.turn * math.sin(swing + 0.8) + sway.spin * t
        if turn:
            canvas.rotate(turn)
        size = zoom * (1 + sway.pulse * math.sin(swing + 1.6))
        if size != 1:
            canvas.scale(size, size)
        canvas.drawPicture(picture)
        canvas.restore()

    @staticmethod
    def _travel(start: float, way: float, loop: float, wrap: bool, length: float) -> float:
        if loop:
            return way % loop
        if wrap:
            return (start + way + WRAP) % (length + 2 * WRAP) - WRAP - start
        return way
