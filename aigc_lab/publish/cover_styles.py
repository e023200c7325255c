"""Six treatments of a cover: what each style does to the backdrop, the subject and the title."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import skia

from aigc_lab.collect.brushes import argb, bled, flat, light, washed, wedges
from aigc_lab.collect.forms import circle, star
from aigc_lab.collect.looks import Look, mix, shade, to_hex, to_lch
from aigc_lab.collect.subjects import draw_subject, parse, subject_shape
from aigc_lab.publish.cover_title import Title
from aigc_lab.publish.layout import readable

WIDTH, HEIGHT = 1080, 1920
LEAST = 5.0  # contrast of letters with their ground, a little more than the 4.5 of WCAG 2.2, AA


@dataclass(frozen=True)
class Art:
    """What a treatment draws with: colours, the title that has been set, the subject (or "") and its square in px."""

    style: str
    look: Look
    letters: Title
    subject: str
    x: float
    y: float
    size: float
    seed: int


def key_color(look: Look, ground: str) -> str:
    """The palette's colour that needs the least change to be read on `ground`; dark yellow is no colour for a word."""

    def cost(color: str) -> float:
        (was, chroma, hue), (now, _, _) = to_lch(color), to_lch(readable(color, ground, LEAST))
        alike = 0.4 if abs((hue - to_lch(look.ink)[2] + 180) % 360 - 180) < 40 else 0.0  # too near to the other words
        muddy = 0.3 if 55 < hue < 125 and now < 0.65 else 0.0
        return abs(now - was) + alike + muddy + (0.3 if chroma < 0.08 else 0.0)

    return readable(min((look.accent, *look.shapes[:1:-1]), key=cost), ground, LEAST)


def blurred(paint: skia.Paint, radius: float) -> skia.Paint:
    """The same paint with soft edges."""
    paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, radius))
    return paint


def panel(art: Art, margin_x: float, margin_y: float) -> skia.Rect:
    """The rectangle around the title."""
    b = art.letters.bounds
    return skia.Rect.MakeLTRB(b.left - margin_x, b.top - margin_y, b.right + margin_x, b.bottom + margin_y)


def place_subject(canvas: skia.Canvas, art: Art, turn: float = 0.0) -> None:
    """The subject as a crisp vector, in the style's own manner."""
    if not art.subject:
        return
    canvas.save()
    canvas.translate(art.x, art.y)
    canvas.rotate(turn)
    bounds = parse(subject_shape(art.subject)["outline"]).computeTightBounds()
    longest = max(bounds.width(), bounds.height(), 0.8 * math.hypot(bounds.width(), bounds.height()))
    scale = art.size / longest
    canvas.scale(scale, scale)
    canvas.translate(-bounds.centerX(), -bounds.centerY())
    draw_subject(canvas, art.subject, art.style, art.look, 1 / scale)
    canvas.restore()


def _ground(canvas: skia.Canvas, art: Art, alpha: float) -> None:
    """A soft shadow that puts the subject on the ground."""
    if art.subject:
        x, y, s = art.x, art.y + 0.47 * art.size, art.size
        oval = skia.Rect.MakeXYWH(x - 0.4 * s, y - 0.02 * s, 0.8 * s, 0.09 * s)
        canvas.drawOval(oval, blurred(flat(art.look.ink, alpha), 0.03 * s))


def minimal(canvas: skia.Canvas, art: Art) -> None:
    """A white card with the title flush left, an accent rule above it, the subject on a calm disc."""
    look, b = art.look, art.letters.bounds
    if art.subject:
        canvas.drawPath(circle(art.x, art.y, 0.6 * art.size), flat(look.shapes[0], 0.9))
        canvas.drawPath(circle(art.x, art.y, 0.6 * art.size), flat("#ffffff", 0.35))
        _ground(canvas, art, 0.16)
    card = skia.Rect.MakeLTRB(56, b.top - 92, WIDTH - 56, b.bottom + 56)
    canvas.drawRoundRect(card.makeOffset(0, 14), 36, 36, blurred(flat(look.ink, 0.2), 26))
    canvas.drawRoundRect(card, 36, 36, flat(look.paper))
    canvas.drawRoundRect(skia.Rect.MakeXYWH(b.left, b.top - 48, 108, 14), 7, 7, flat(look.accent))
    place_subject(canvas, art)
    marker, em = to_hex(max(to_lch(look.accent)[0], 0.8), 0.15, to_lch(look.accent)[2]), art.letters.em
    for box in art.letters.key_boxes:
        low = skia.Rect.MakeLTRB(box.left - 0.05 * em, box.bottom - 0.5 * em, box.right + 0.05 * em, box.bottom)
        canvas.drawRoundRect(low, 10, 10, flat(marker))
    canvas.drawPath(art.letters.plain, flat(look.ink))
    canvas.drawPath(art.letters.key, flat(look.ink))


def neon(canvas: skia.Canvas, art: Art) -> None:
    """Night: a dark wash, a lit frame around the subject, letters like tubes with their glow."""
    look, letters = art.look, art.letters
    canvas.drawRect(skia.Rect.MakeWH(WIDTH, HEIGHT), flat(look.paper, 0.42))
    canvas.drawRect(panel(art, 240, 120), blurred(flat(look.paper, 0.8), 90))
    if art.subject:
        ring = circle(art.x, art.y, 0.62 * art.size)
        canvas.drawPath(ring, flat(look.paper, 0.55))
        for line, alpha in ((44, 0.1), (26, 0.16), (14, 0.4)):
            canvas.drawPath(ring, blurred(flat(look.shapes[2], alpha, line), 10))
        canvas.drawPath(ring, flat(look.shapes[2], 1.0, 8))
        canvas.drawPath(ring, flat("#ffffff", 0.85, 2.5))
    place_subject(canvas, art)
    key = readable(look.accent, look.paper, LEAST)
    for path, color in ((letters.plain, look.shapes[0]), (letters.key, key)):
        for line, alpha, soft in ((70, 0.32, 36), (36, 0.5, 14)):
            canvas.drawPath(path, blurred(flat(color, alpha, line), soft))
    for path in (letters.plain, letters.key):
        canvas.drawPath(path, flat(look.paper, 1.0, 24))
    canvas.drawPath(letters.plain, flat(look.ink))
    canvas.drawPath(letters.key, flat(key))


def retro(canvas: skia.Canvas, art: Art) -> None:
    """A printed poster: a sunburst behind the subject, the title on cream in a double frame, with a misprint."""
    look, letters = art.look, art.letters
    if art.subject:
        canvas.drawPath(wedges(art.x, art.y, 14, 1700), flat(look.paper, 0.5))
        canvas.drawPath(circle(art.x, art.y, 0.6 * art.size), flat(look.accent, 0.9))
        canvas.drawPath(circle(art.x, art.y, 0.6 * art.size), flat(look.ink, 1.0, 9))
    card = skia.Rect.MakeLTRB(48, letters.bounds.top - 58, WIDTH - 48, letters.bounds.bottom + 58)
    canvas.drawRect(card.makeOffset(16, 16), flat(look.ink, 0.9))
    canvas.drawRect(card, flat(look.paper))
    canvas.drawRect(card, flat(look.ink, 1.0, 9))
    canvas.drawRect(card.makeInset(17, 17), flat(look.ink, 1.0, 3))
    place_subject(canvas, art)
    shadow = skia.Path(letters.plain)
    shadow.addPath(letters.key)
    shadow.offset(12, 12)
    canvas.drawPath(shadow, flat(mix(look.paper, look.accent, 0.5)))
    for path in (letters.plain, letters.key):
        canvas.drawPath(path, flat(look.paper, 1.0, 17))
    canvas.drawPath(letters.plain, flat(look.ink))
    canvas.drawPath(letters.key, flat(key_color(look, look.paper)))


def watercolor(canvas: skia.Canvas, art: Art) -> None:
    """Paper left bare under the title by a torn wash, a blot of colour behind the subject."""
    look, letters, b = art.look, art.letters, art.letters.bounds
    unit = 40.0  # px of a unit of `bled`
    if art.subject:
        for i, (size, tone, alpha) in enumerate(((0.74, 1, 0.4), (0.66, 2, 0.3), (0.56, 0, 0.45))):
            blot = circle(art.x / 200, art.y / 200, size * art.size / 200)
            _blot(canvas, blot, 200, look.shapes[tone], alpha, art.seed + i, 0.09)
    rect = skia.Rect.MakeLTRB(40 / unit, (b.top - 70) / unit, (WIDTH - 40) / unit, (b.bottom + 66) / unit)
    sheet = skia.Path()
    sheet.addRoundRect(rect, 1.2, 1.2)
    for i, (color, alpha) in enumerate(((look.shapes[1], 0.4), (look.paper, 0.7), (look.paper, 0.97))):
        _blot(canvas, sheet, unit, color, alpha, art.seed + 7 + i)
    tint = mix(look.accent, look.paper, 0.62)
    for box in letters.key_boxes:  # one stroke of the brush under the key word
        low = box.bottom - 0.02 * letters.em
        stroke = skia.Rect.MakeLTRB(box.left / unit, (low - 0.2 * letters.em) / unit, box.right / unit, low / unit)
        path = skia.Path()
        path.addRoundRect(stroke, 0.3, 0.3)
        _blot(canvas, path, unit, tint, 0.95, art.seed + 20, 0.06)
    place_subject(canvas, art)
    canvas.drawPath(letters.plain, flat(look.ink))
    canvas.drawPath(letters.key, flat(key_color(look, tint)))


def _blot(
    canvas: skia.Canvas, path: skia.Path, unit: float, color: str, alpha: float, seed: int, amount: float = 0.16
) -> None:
    """A path given in units of so many px, with edges that ran on wet paper."""
    canvas.save()
    canvas.scale(unit, unit)
    canvas.drawPath(bled(path, amount, seed), flat(color, alpha))
    canvas.restore()


def cinematic(canvas: skia.Canvas, art: Art) -> None:
    """A film poster: darkness rises from below, the title centred in it under a thin rule, light behind the subject."""
    look, letters, b = art.look, art.letters, art.letters.bounds
    top = b.top - 340
    clear, most = argb(look.paper, 0.0), argb(look.paper, 0.88)
    share = (b.top - 60 - top) / (HEIGHT - top)
    canvas.drawRect(skia.Rect.MakeWH(WIDTH, HEIGHT), washed(0, 620, [argb(look.paper, 0.62), clear]))
    if art.subject:
        canvas.drawCircle(art.x, art.y, 1.05 * art.size, light(art.x, art.y, 1.05 * art.size, look.glow, 0.5))
        place_subject(canvas, art)
    canvas.drawRect(skia.Rect.MakeLTRB(0, top, WIDTH, HEIGHT), washed(top, HEIGHT, [clear, most, most], [0, share, 1]))
    canvas.drawRect(skia.Rect.MakeXYWH(WIDTH / 2 - 60, b.top - 52, 120, 5), flat(look.accent))
    key = readable(look.accent, look.paper, LEAST)
    for path in (letters.plain, letters.key):
        canvas.drawPath(path, blurred(flat("#000000", 0.55, 14), 12))
    canvas.drawPath(letters.plain, flat(look.ink))
    canvas.drawPath(letters.key, flat(key))


def playful(canvas: skia.Canvas, art: Art) -> None:
    """Stickers: fat white edges around letters and subject, confetti, everything a little askew."""
    look, letters = art.look, art.letters
    rng = np.random.default_rng([art.seed, 31])
    if art.subject:
        canvas.drawPath(circle(art.x, art.y, 0.6 * art.size), flat(look.shapes[1], 0.75))
        canvas.drawPath(circle(art.x, art.y, 0.6 * art.size), flat("#ffffff", 0.9, 12))
        _confetti(canvas, art, rng)
    both = skia.Path(letters.plain)
    both.addPath(letters.key)
    fat = 0.3 * letters.em
    canvas.save()
    canvas.translate(0, 12)
    canvas.drawPath(both, flat(shade(look.shapes[4], -0.12), 0.9, fat))
    canvas.restore()
    canvas.drawPath(both, flat("#ffffff", 1.0, fat))
    canvas.drawPath(letters.plain, flat(look.ink))
    canvas.drawPath(letters.key, flat(key_color(look, "#ffffff")))
    place_subject(canvas, art, turn=6)


def _confetti(canvas: skia.Canvas, art: Art, rng: np.random.Generator) -> None:
    colors = (art.look.accent, art.look.shapes[2], art.look.shapes[3], "#ffffff")
    for i, angle in enumerate(np.linspace(0, 2 * np.pi, 15, endpoint=False)):
        reach = art.size * rng.uniform(0.68, 0.86)
        x, y = art.x + reach * np.cos(angle), art.y + 0.9 * reach * np.sin(angle)
        if y < art.letters.bounds.bottom + 60:
            continue
        canvas.save()
        canvas.translate(float(x), float(y))
        canvas.rotate(float(rng.uniform(0, 90)))
        canvas.scale(*(2 * [float(rng.uniform(17, 30))]))
        path = (circle(0, 0, 0.7), star(5, 0.5), star(4, 0.35))[i % 3]
        canvas.drawPath(path, flat(colors[i % 4]))
        canvas.restore()


TREATMENTS: dict[str, Callable[[skia.Canvas, Art], None]] = {
    "minimal": minimal, "neon": neon, "retro": retro, "watercolor": watercolor, "cinematic": cinematic,
    "playful": playful,
}  # fmt: skip
