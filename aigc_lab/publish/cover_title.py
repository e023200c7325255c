"""The title of a cover: as large as it fits, in balanced lines, as outlines of letters that can be painted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import skia

from aigc_lab.publish.captions import CJK, SILENT_END, tokens
from aigc_lab.publish.fonts import BLACK, drawable, font_file, font_runs, width
from aigc_lab.publish.lettering import balanced
from aigc_lab.publish.platforms import Box
from aigc_lab.quiet import silent_stderr
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.vocabulary import vocabulary

TEXT_BOX = Box(100, 0, 980, 490)  # px, the widest and tallest that a title may be
FEWEST_EM = 52  # px; a title that needs smaller letters is cut
MOST_LINES = 4
EMPTY_WORDS = re.compile(  # long, yet saying little
    "如何|为什么|怎么|什么|怎样|我们|你们|他们|可以|一个|这个|那个|这些|那些|没有|不是|就是|"
    "what|when|where|which|with|from|into|that|this|your|about|have|will|does"
)


@dataclass(frozen=True)
class Title:
    """A title that has been set: its lines, em size in px, and outlines in px of the picture.

    plain, key: outlines of the letters outside and inside the key word; key_boxes: where the key word stands.
    """

    lines: tuple[str, ...]
    em: float
    plain: skia.Path
    key: skia.Path
    key_boxes: tuple[Box, ...]
    bounds: Box

    def tilted(self, degrees: float) -> "Title":
        """The same letters turned about their middle."""
        matrix = skia.Matrix().setRotate(degrees, *self.bounds.center)
        plain, key = skia.Path(), skia.Path()
        self.plain.transform(matrix, plain)
        self.key.transform(matrix, key)
        return replace(self, plain=plain, key=key)


def title_text(storyboard: Storyboard, shot: Shot) -> str:
    """The title as our fonts can draw it; when they have none of its letters, the name of the subject."""
    if text := drawable(storyboard.title):
        return text
    named = vocabulary().subjects.get(shot.subject) or vocabulary().styles[storyboard.style]
    return named.name(storyboard.language)


def key_word(storyboard: Storyboard, shot: Shot) -> str:
    """The word of the title that takes the accent: stressed in the script, a number, the subject, or the longest."""
    title = title_text(storyboard, shot)
    stressed = [w for s in storyboard.shots for w in s.emphasis if w and w in title and len(w) < len(title)]
    if stressed:
        return max(stressed, key=len)
    pieces = [re.sub(r"\W+$", "", token) for token in tokens(title)]
    if number := re.search(r"\d[\d.,]*[%％]?[个种件条步招样点天年分秒]?", title):
        return number[0]
    subject = vocabulary().subjects.get(shot.subject)
    names = [n for n in (subject.zh, subject.en) if n.casefold() in title.casefold()] if subject else []
    useful = [p for p in pieces if len(p) > (1 if CJK.search(p) else 3) and not EMPTY_WORDS.fullmatch(p.casefold())]
    return max(names or useful, key=len, default="") if len(pieces) > 1 else ""


def set_title(text: str, key: str, box: Box, most_em: float, center: bool) -> Title:
    """Set a title as large as it fits into `box` (px), beginning at its top; too long a title is cut after a word.

    key: the word to colour, empty for none.
    """
    pieces, room = tokens(text), MOST_LINES * box.width / FEWEST_EM  # em
    while len(pieces) > 1 and width("".join(pieces), 1.0, BLACK) > room:
        pieces.pop()
    lines, em = _fit(_cut(text, pieces), box, most_em)
    while em < FEWEST_EM and len(pieces) > 1:
        pieces.pop()
        lines, em = _fit(_cut(text, pieces), box, most_em)
    return _outlines(lines, key, box, em, center)


def _cut(text: str, pieces: Sequence[str]) -> str:
    """The text as far as the pieces go, with an ellipsis where more would follow."""
    kept = "".join(pieces)
    return text if kept == text else kept.strip(SILENT_END + " ") + "…"


def _fit(text: str, box: Box, most_em: float) -> tuple[tuple[str, ...], float]:
    """The lines that allow the largest letters, even lines before ragged ones, and the em."""
    best, found = 0.0, ((), 0.0)
    for count in range(1, MOST_LINES + 1):
        lines = tuple(line.strip(SILENT_END + " ") for line in balanced(text, count, BLACK, 0.0) or ())
        wide = [width(line, 1.0, BLACK) for line in lines]
        if any(wide):
            rise, pitch, fall = _vertical(text)
            em = min(most_em, box.width / max(wide), box.height / (rise + fall + pitch * (count - 1)))
            worth = em * (0.4 + 0.6 * sum(wide) / count / max(wide))
            if worth > best:
                best, found = worth, (lines, em)
    return found


def _vertical(text: str) -> tuple[float, float, float]:
    """Rise of the first line, pitch from line to line and fall of the last one, in em."""
    return (0.88, 1.16, 0.1) if CJK.search(text) else (0.75, 1.06, 0.19)


@cache
def _typeface(family: str) -> skia.Typeface:
    with silent_stderr():  # Skia reads the machine's font settings and complains of them; none of its fonts is used
        return skia.Typeface.MakeFromData(skia.Data.MakeWithCopy(font_file(family).read_bytes()))


def line_path(text: str, em: float, family: str = BLACK) -> tuple[skia.Path, float]:
    """The outlines of one line from (0, 0) on the baseline, and its width in px."""
    path, x = skia.Path(), 0.0
    for name, piece in font_runs(text, family):
        font = skia.Font(_typeface(name), em)
        font.setHinting(skia.FontHinting.kNone)
        font.setSubpixel(True)
        glyphs = font.textToGlyphs(piece)
        for glyph, advance in zip(glyphs, font.getWidths(glyphs), strict=True):
            if outline := font.getPath(glyph):
                path.addPath(outline, x, 0)
            x += advance
    return path, x


def _outlines(lines: Sequence[str], key: str, box: Box, em: float, center: bool) -> Title:
    plain, marked, boxes = skia.Path(), skia.Path(), []
    rise, pitch, fall = _vertical("".join(lines))
    flags = _key_letters("\n".join(lines), key)
    seen = 0
    for row, line in enumerate(lines):
        x = box.left + ((box.width - line_path(line, em)[1]) / 2 if center else 0.0)
        baseline = box.top + (rise + pitch * row) * em
        for is_key, part in _runs(line, flags[seen : seen + len(line)]):
            path, advance = line_path(part, em)
            (marked if is_key else plain).addPath(path, x, baseline)
            if is_key:
                boxes.append(Box(x, baseline - rise * em, x + advance, baseline + 0.1 * em))
            x += advance
        seen += len(line) + 1
    both = skia.Path(plain)
    both.addPath(marked)
    ink = both.computeTightBounds()
    bottom = box.top + (rise + fall + pitch * (len(lines) - 1)) * em
    return Title(tuple(lines), em, plain, marked, tuple(boxes), Box(ink.left(), box.top, ink.right(), bottom))


def _key_letters(text: str, key: str) -> list[bool]:
    """Which characters belong to the key word, blanks and line breaks aside; Latin words are taken whole."""
    solid = [(i, c.casefold()) for i, c in enumerate(text) if not c.isspace()]
    wanted = "".join(key.casefold().split())
    at = "".join(c for _, c in solid).find(wanted) if wanted else -1
    if at < 0:
        return [False] * len(text)
    first, last = solid[at][0], solid[at + len(wanted) - 1][0]
    while re.fullmatch(r"[^\W\d_]{2}", text[last : last + 2]) and not CJK.search(text[last : last + 2]):
        last += 1
    return [first <= i <= last for i in range(len(text))]


def _runs(line: str, flags: Sequence[bool]) -> list[tuple[bool, str]]:
    runs: list[tuple[bool, str]] = []
    for letter, is_key in zip(line, flags, strict=True):
        if runs and runs[-1][0] == is_key:
            runs[-1] = (is_key, runs[-1][1] + letter)
        else:
            runs.append((is_key, letter))
    return runs
