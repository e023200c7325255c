"""The cover: the best backdrop of the short, its subject drawn anew, the title large in the central 3:4."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import skia

from aigc_lab.collect.brushes import flat
from aigc_lab.collect.forms import star
from aigc_lab.collect.looks import contrast as ratio_of
from aigc_lab.collect.looks import look
from aigc_lab.measures import colorfulness, contrast, contrast_ratio, sharpness
from aigc_lab.media import write_image
from aigc_lab.publish.captions import CJK
from aigc_lab.publish.cover_styles import HEIGHT, TREATMENTS, WIDTH, Art
from aigc_lab.publish.cover_title import TEXT_BOX, Title, key_word, line_path, set_title, title_text
from aigc_lab.publish.fonts import drawable
from aigc_lab.publish.labels import HEIGHT_SHARE, ad_mark, jpeg_metadata
from aigc_lab.publish.platforms import Box
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.vocabulary import vocabulary

FEED = Box(0, 240, 1080, 1680)  # what is left when a feed crops the cover to 3:4
SQUARE = Box(0, 420, 1080, 1500)  # and to 1:1
LOWEST = 1570  # px; where the group of title and subject ends
ROOM = {"minimal": 80, "neon": 50, "retro": 60, "watercolor": 70, "cinematic": 60, "playful": 40}  # px around a title
CAP_HEIGHT = 0.733  # of Lab Sans, in em


@dataclass(frozen=True)
class Cover:
    """What is on a finished cover: the shot it shows, the lines of the title and how well they can be read.

    contrast: letters against what surrounds them, the 5th percentile (WCAG 2.2 asks for 4.5); boxes in px.
    """

    shot: int
    lines: tuple[str, ...]
    contrast: float
    title: Box
    label: Box | None


def candidates(storyboard: Storyboard) -> list[tuple[int, float]]:
    """(shot id, time in s) of moments worth a look: a third and two thirds into each shot, never near a cut."""
    return [(s.id, s.start + share * s.seconds) for s in storyboard.shots for share in (1 / 3, 2 / 3)]


def pick_frame(storyboard: Storyboard, frames: Sequence[tuple[int, np.ndarray]]) -> int:
    """Which of the (shot id, frame uint8 (H, W, 3)) makes the best cover.

    Sharpness, contrast and colour, each by its rank among the frames, and what the shot is about: a subject that the
    title names counts most, the hook next, the call to action least.
    """
    marks = [[measure(frame) for _, frame in frames] for measure in (sharpness, contrast, colorfulness)]
    ranks = np.array([np.argsort(np.argsort(m, kind="stable"), kind="stable") for m in marks], float)
    score = ranks.mean(axis=0) / max(len(frames) - 1, 1)
    score += [_meaning(storyboard, storyboard.shot(shot_id)) for shot_id, _ in frames]
    return int(np.argmax(score))


def _meaning(storyboard: Storyboard, shot: Shot) -> float:
    subject = vocabulary().subjects.get(shot.subject)
    title = f"{storyboard.title} {storyboard.product or ''}".casefold()
    named = subject is not None and (subject.en.casefold() in title or subject.zh in title)
    role = {"hook": 0.7, "point": 0.3, "proof": 0.1, "offer": 0.2, "cta": -0.6}[shot.role]
    return 1.5 * named + role


def make_cover(
    storyboard: Storyboard, backdrops: Sequence[tuple[int, np.ndarray]], out: Path,
    label: str | None, metadata: str | None,
) -> Cover:  # fmt: skip
    """Make cover.jpg, 1080 x 1920, from the best of the backdrops [(shot id, uint8 (H, W, 3))] and write it to `out`.

    label: the visible AI label, None leaves it out; metadata: the AIGC metadata as JSON, None leaves it out.
    The title stands inside the central 1:1, label and title inside the central 3:4.
    """
    shot_id, frame = backdrops[pick_frame(storyboard, backdrops)]
    shot = storyboard.shot(shot_id)
    art = _arrange(storyboard, shot)
    surface = skia.Surface(WIDTH, HEIGHT)
    canvas = surface.getCanvas()
    canvas.drawImage(skia.Image.fromarray(_cover_fit(frame), colorType=skia.kRGBA_8888_ColorType), 0, 0)
    TREATMENTS[storyboard.style](canvas, art)
    _price(canvas, storyboard, art)
    place = _pills(canvas, [t for t in (label, ad_mark(storyboard.language) if storyboard.kind == "ad" else None) if t])
    if storyboard.handle and (handle := drawable(storyboard.handle)):
        _handle(canvas, handle)
    picture = np.ascontiguousarray(surface.makeImageSnapshot().toarray(colorType=skia.kRGBA_8888_ColorType)[..., :3])
    write_image(picture, out, **(jpeg_metadata(metadata) if metadata else {}))
    box = art.letters.bounds
    return Cover(shot_id, art.letters.lines, title_contrast(picture, art.letters), box, place if label else None)


def _arrange(storyboard: Storyboard, shot: Shot) -> Art:
    """Title and subject as one group in the middle of the square crop: title first, in a film poster last."""
    footage = (shot.picture or storyboard.pictures).startswith("footage")
    subject = "" if footage or shot.subject not in vocabulary().subjects else shot.subject
    colors = look(storyboard.style, tuple(storyboard.brand_colors) or shot.palette or storyboard.palette)
    chinese = bool(CJK.search(storyboard.title))
    below = storyboard.style == "cinematic"
    key, most, title = key_word(storyboard, shot), 190 if chinese else 176, title_text(storyboard, shot)
    box = TEXT_BOX if subject else replace(TEXT_BOX, bottom=640)
    letters = set_title(title, key, box, most, below)
    height = letters.bounds.height
    highest = 416 + ROOM[storyboard.style]  # the label is above
    gap = 36 + ROOM[storyboard.style]
    size = min(560.0, LOWEST - highest - height - gap)
    top = highest + max((LOWEST - highest - height - gap - size) / 2, 0.0)
    title_top = (LOWEST - height if below else top) if subject else (SQUARE.bottom - 60 - height if below else highest)
    y = (title_top - gap + 440) / 2 if below else top + height + gap + size / 2
    center = storyboard.style in {"cinematic", "playful", "neon"}
    letters = set_title(title, key, replace(box, top=title_top, bottom=title_top + box.height), most, center)
    if storyboard.style == "playful":
        letters = letters.tilted(-2.5)
    return Art(storyboard.style, colors, letters, subject, WIDTH / 2, y, size, storyboard.seed)


def _cover_fit(frame: np.ndarray) -> np.ndarray:
    """The frame scaled and cropped to the cover, as RGBA."""
    scale = max(WIDTH / frame.shape[1], HEIGHT / frame.shape[0])
    size = (max(round(frame.shape[1] * scale), WIDTH), max(round(frame.shape[0] * scale), HEIGHT))
    large = cv2.resize(np.ascontiguousarray(frame), size, interpolation=cv2.INTER_CUBIC)
    left, top = (size[0] - WIDTH) // 2, (size[1] - HEIGHT) // 2
    return cv2.cvtColor(large[top : top + HEIGHT, left : left + WIDTH], cv2.COLOR_RGB2RGBA)


def _pills(canvas: skia.Canvas, texts: Sequence[str]) -> Box | None:
    """AI label and ad mark, side by side at the top left of the 3:4 crop; returns where the first one's letters are."""
    em, x, first = HEIGHT_SHARE * WIDTH / CAP_HEIGHT + 1, 56.0, None
    for text in texts:
        path, width = line_path(text, em, "Lab Sans")
        canvas.drawRoundRect(skia.Rect.MakeXYWH(x, FEED.top + 32, width + 56, 108), 28, 28, flat("#0d1117", 0.78))
        path.offset(x + 28, FEED.top + 32 + 54 + CAP_HEIGHT * em / 2)
        canvas.drawPath(path, flat("#ffffff"))
        ink = path.computeTightBounds()
        first = first or Box(ink.left(), ink.top(), ink.right(), ink.bottom())
        x += width + 56 + 20
    return first


def _handle(canvas: skia.Canvas, handle: str) -> None:
    path, width = line_path(handle, 40, "Lab Sans")
    x, y = (WIDTH - width) / 2, FEED.bottom - 40
    canvas.drawRoundRect(skia.Rect.MakeXYWH(x - 28, y - 46, width + 56, 66), 33, 33, flat("#0d1117", 0.66))
    path.offset(x, y)
    canvas.drawPath(path, flat("#ffffff"))


def _price(canvas: skia.Canvas, storyboard: Storyboard, art: Art) -> None:
    """An ad's price on a seal beside the subject."""
    price = drawable(storyboard.price or "")
    if not price or not art.subject:
        return
    path, width = line_path(price, 100)
    scale = min(210 / width, 1.0)
    seal = art.look.shapes[3] if art.style == "retro" else art.look.accent
    canvas.save()
    canvas.translate(min(art.x + 0.52 * art.size, WIDTH - 200), art.y - 0.36 * art.size)
    canvas.rotate(-8)
    canvas.save()
    canvas.scale(150, 150)
    canvas.drawPath(star(16, 0.88), flat(seal))
    canvas.restore()
    ink = path.computeTightBounds()
    canvas.scale(scale, scale)
    canvas.translate(-ink.centerX(), -ink.centerY())
    dark = max(("#1a1a1a", "#ffffff"), key=lambda color: ratio_of(color, seal))
    canvas.drawPath(path, flat(dark))
    canvas.restore()


def title_contrast(picture: np.ndarray, letters: Title) -> float:
    """Contrast ratio of the letters against a ring 3 to 7 px around them: its 5th percentile; 21 without letters."""
    masks = [_mask(letters.plain), _mask(letters.key)]
    near = cv2.dilate(np.maximum(*masks), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))
    ratios = []
    for mask in masks:
        inside = cv2.erode(mask, np.ones((5, 5), np.uint8)) > 250
        ring = (cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))) > 127) & (near < 5)
        if inside.any() and ring.any():
            ratios.append(contrast_ratio(picture[ring], np.median(picture[inside], axis=0)))
    return float(np.percentile(np.concatenate(ratios), 5)) if ratios else 21.0


def _mask(path: skia.Path) -> np.ndarray:
    surface = skia.Surface(WIDTH, HEIGHT)
    surface.getCanvas().drawPath(path, flat("#ffffff"))
    return np.ascontiguousarray(surface.makeImageSnapshot().toarray()[..., 3])
