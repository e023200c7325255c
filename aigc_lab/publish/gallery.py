"""A page of pictures of any shape: rows of one height that fill the width, a title and a line under each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from aigc_lab import LabError
from aigc_lab.publish.fonts import FULL, SANS, drawable, font_runs, pillow_font, width

GROUND, BRIGHT, DIM = "#14161b", "#eef1f6", "#8b93a3"
MARGIN, GAP = 28, 14  # px around the page, and between pictures
TITLE, LINE = 17, 15  # px of the letters under a picture
STRIP = 58  # px under a picture, for both lines and what keeps them apart
HEAD = 84  # px above the first row
ROUND = 8  # px of the corners
NARROWEST, WIDEST = 0.5625, 2.2  # width by height; what is narrower or wider is cut at its edges


@dataclass(frozen=True)
class Plate:
    """A picture uint8 (H, W, 3), its title, a line below that, and a word in its corner (how long it lasts).

    The line may have parts with " · " between them: what has no room is left out from its end.
    """

    picture: np.ndarray
    title: str
    line: str = ""
    corner: str = ""


def gallery(plates: Sequence[Plate], title: str, line: str = "", wide: int = 1600, tall: int = 230) -> np.ndarray:
    """The page, uint8 (H, wide, 3), with rows of about `tall` px. Raises LabError when there are no pictures."""
    if not plates:
        raise LabError("There is no picture to show: collect some videos or pictures first.")
    shapes = [min(max(p.picture.shape[1] / p.picture.shape[0], NARROWEST), WIDEST) for p in plates]
    rows = _rows(shapes, wide - 2 * MARGIN, tall)
    heights = [round(_height(shapes[a:b], wide - 2 * MARGIN, tall)) for a, b in rows]
    page = Image.new("RGB", (wide, MARGIN + HEAD + sum(heights) + STRIP * len(rows) + MARGIN // 2), GROUND)
    pen = ImageDraw.Draw(page)
    _write(pen, (MARGIN, MARGIN - 4), title, 34, BRIGHT, wide - 2 * MARGIN)
    _write(pen, (MARGIN, MARGIN + 42), line, 18, DIM, wide - 2 * MARGIN, FULL)
    y = MARGIN + HEAD
    for (a, b), height in zip(rows, heights, strict=True):
        x = float(MARGIN)
        for plate, shape in zip(plates[a:b], shapes[a:b], strict=True):
            left, right = round(x), round(x + shape * height)
            _hang(page, plate, (left, y, right - left, height))
            x += shape * height + GAP
        y += height + STRIP
    return np.array(page)


def _height(shapes: Sequence[float], wide: float, tall: float) -> float:
    """The height at which pictures of these shapes fill a row; a few alone are not blown up."""
    return min((wide - GAP * (len(shapes) - 1)) / sum(shapes), 1.35 * tall)


def _rows(shapes: Sequence[float], wide: float, tall: float) -> list[tuple[int, int]]:
    """Where each row begins and ends, so that the heights of all rows are as near to `tall` as can be."""
    best: list[tuple[float, int]] = [(0.0, 0)]  # cost up to a picture, and where its row begins
    for end in range(1, len(shapes) + 1):
        options = []
        for start in range(max(0, end - 24), end):
            height = (wide - GAP * (end - start - 1)) / sum(shapes[start:end])
            options.append((best[start][0] + (np.log(max(height, 1.0) / tall)) ** 2, start))
        best.append(min(options))
    rows, end = [], len(shapes)
    while end:
        rows.append((best[end][1], end))
        end = best[end][1]
    return rows[::-1]


def _hang(page: Image.Image, plate: Plate, box: tuple[int, int, int, int]) -> None:
    """Put a picture on the page with round corners, and its words under it."""
    x, y, w, h = box
    picture = Image.fromarray(np.ascontiguousarray(plate.picture[..., :3]))
    scale = max(w / picture.width, h / picture.height)
    picture = picture.resize((max(w, round(picture.width * scale)), max(h, round(picture.height * scale))), 3)
    left, top = (picture.width - w) // 2, (picture.height - h) // 2
    mask = Image.new("L", (4 * w, 4 * h), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 4 * w - 1, 4 * h - 1), 4 * ROUND, fill=255)
    page.paste(picture.crop((left, top, left + w, top + h)), (x, y), mask.resize((w, h)))
    pen = ImageDraw.Draw(page, "RGBA")
    if plate.corner:
        long = round(width(plate.corner, LINE))
        pen.rounded_rectangle((x + w - long - 20, y + h - 32, x + w - 8, y + h - 8), 6, fill=(10, 12, 16, 190))
        _write(pen, (x + w - long - 14, y + h - 32), plate.corner, LINE, BRIGHT, w)
    em = TITLE if width(drawable(plate.title), TITLE) <= w - 4 else TITLE - 2
    _write(pen, (x + 2, y + h + 5), plate.title, em, BRIGHT, w - 4)
    parts = plate.line.split(" · ")
    while len(parts) > 1 and width(" · ".join(parts[:-1]), LINE, FULL) + 6 * LINE > w:  # too little of it would be left
        parts.pop()
    _write(pen, (x + 2, y + h + 27), " · ".join(parts), LINE, DIM, w - 4, FULL)


def _write(
    pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, em: int, color: str, most: int, family: str = SANS
) -> None:
    """One line of text with its top left corner at a place, shortened with three dots to `most` px."""
    text = drawable(text)
    if width(text, em, family) > most:
        while text and width(text + "…", em, family) > most:
            text = text[:-1]
        text = text.rstrip(" ,.;:，。；：") + "…"
    x = float(at[0])
    for name, piece in font_runs(text, family):
        pen.text((x, at[1] + em * 1.15), piece, font=pillow_font(name, em), fill=color, anchor="ls")
        x += pillow_font(name, em).getlength(piece)
