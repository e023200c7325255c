"""Type on the picture: headlines that fill their box in balanced lines, and the tags that draw a line in a style."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from aigc_lab.publish import ass
from aigc_lab.publish.captions import CJK, SILENT_END, tokens
from aigc_lab.publish.fonts import BLACK, drawable, width
from aigc_lab.publish.layout import Design
from aigc_lab.publish.platforms import Box

LEADING = 1.17  # line distance in em
MIDDLE = 0.07  # em: how far below the middle of capitals and Chinese letters libass puts the middle of a line
PAUSE = r"[\s，。；：？！]"
BROKEN = 2.5  # em: how much longer a line may get so that a phrase stays whole


@dataclass(frozen=True)
class Lettering:
    """Lines of one size: text, and where the middle of each stands."""

    lines: tuple[str, ...]
    em: float
    spots: tuple[tuple[float, float], ...]
    left: float  # px, where the longest line begins
    top: float


@cache
def balanced(text: str, lines: int, family: str, tracking: float) -> tuple[str, ...] | None:
    """The text in this many lines, the longest as short as can be; None when it has too few words."""
    pieces = tokens(text)
    if len(pieces) < lines:
        return None
    meant = bool(CJK.search(text) and re.search(PAUSE + r".", text))  # break Chinese where the writer pauses
    best: dict[tuple[int, int], tuple[float, float, tuple[str, ...]]] = {
        (0, 0): (0.0, 0.0, ())
    }  # widest, broken, lines
    for row in range(1, lines + 1):
        for end in range(row, len(pieces) + 1):
            options = []
            for start in range(row - 1, end):
                if (row - 1, start) in best:
                    line = "".join(pieces[start:end]).strip()
                    widest, broken, done = best[row - 1, start]
                    blank = (
                        0.0 if end == len(pieces) or not meant or re.search(PAUSE + "$", pieces[end - 1]) else BROKEN
                    )
                    options.append((max(widest, width(line, 1, family, tracking)), broken + blank, (*done, line)))
            if options:
                best[row, end] = min(options, key=lambda o: o[0] + o[1])
    return best[lines, len(pieces)][2]


def fit(
    text: str, box: Box, biggest: float, align: str, anchor: str, family: str = BLACK, tracking: float = 0.0
) -> Lettering:
    """The largest size, up to `biggest`, at which the text fills the box in at most four balanced lines.

    Commas and full stops at the end of a line are left out.
    """
    text = drawable(text).rstrip(SILENT_END)
    best: tuple[float, tuple[str, ...]] = (0.0, (text,))
    for count in range(1, 5):
        lines = balanced(text, count, family, tracking)
        if lines is None:
            continue
        widest = max(width(line, 1, family, tracking) for line in lines) or 1.0
        em = min(biggest, box.width / widest, box.height / (LEADING * (count - 1) + 1.05))
        if em > best[0] * 1.02:
            best = (em, lines)
    em, lines = int(best[0]), tuple(line.rstrip(SILENT_END) for line in best[1])
    return _placed(lines, em, box, align, anchor, family, tracking)


def _placed(
    lines: tuple[str, ...], em: float, box: Box, align: str, anchor: str, family: str, tracking: float
) -> Lettering:
    tall = em * (LEADING * (len(lines) - 1) + 1.0)
    top = {"top": box.top, "middle": box.center[1] - tall / 2, "bottom": box.bottom - tall}[anchor]
    widths = [width(line, em, family, tracking) - tracking * em for line in lines]
    spots = tuple(
        ((box.left + w / 2) if align == "left" else box.center[0], top + em * (0.5 + LEADING * i))
        for i, w in enumerate(widths)
    )
    left = min(x - w / 2 for (x, _), w in zip(spots, widths, strict=True))
    return Lettering(lines, em, spots, left, top)


def one_word(words: Sequence[str], text: str) -> list[str]:
    """The longest of the words that is in the text, alone in a list: one accent at a time; none: an empty list."""
    here = [w for w in map(drawable, words) if w and w.casefold() in text.casefold()]
    return [max(here, key=len)] if here else []


def marked(line: str, words: Sequence[str], family: str, em: float, plain: str, key: str) -> str:
    """The line as an ASS body in which `words` (any case, longest first) have the key colour."""
    wanted = sorted((drawable(w) for w in words if drawable(w)), key=len, reverse=True)
    pattern = "|".join(re.escape(w) if CJK.search(w) else rf"(?<!\w){re.escape(w)}(?!\w)" for w in wanted)
    pieces = re.split(f"({pattern})", line, maxsplit=1, flags=re.IGNORECASE) if wanted else [line]
    out = ""
    for i, piece in enumerate(pieces):
        if piece:
            out += f"{{\\1c{ass.color(key if i % 2 else plain)}}}" + ass.text_body(piece, family, em)
    return out


def type_tags(design: Design, em: float) -> str:
    """Outline, softness, hard shadow and tracking of a headline in this design."""
    m, lift = design.manner, ass.number(round(design.manner.shadow * em))
    cast = f"\\xshad{lift}\\yshad{lift}\\4c{ass.color(design.shadow)}" if m.shadow else "\\shad0"
    return (
        f"\\an5\\bord{ass.number(m.outline * em)}{cast}\\blur{ass.number(m.soft)}"
        f"\\fsp{ass.number(m.tracking * em)}\\3c{ass.color(design.edge)}"
    )
