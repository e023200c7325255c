"""Captions from spoken phrases: short cards with exact times, broken where a reader would, as SRT and ASS.

Chinese: one line of about 11 characters, broken between words, never before punctuation. Other languages: up to two
lines of 24 letters. No full stop or comma stands at the end of a card.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import rjieba

from aigc_lab.media import write_text
from aigc_lab.publish import ass
from aigc_lab.publish.fonts import SANS, drawable, width
from aigc_lab.publish.platforms import HEIGHT, WIDTH, Platform

if TYPE_CHECKING:  # a player of clips need not know how to speak
    from aigc_lab.generate.voice import Phrase

EM, LATIN_EM = 74, 66  # px, the size of captions on a picture 1080 wide
LETTERS = 24  # most in a line of a language with spaces
OPENING, CLOSING = "“‘（(《「『【[", "，。、；：？！,.;:?!…”’）)》」』】]%％"
SILENT_END = "，。、；：,.;:"
CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\u3040-\u30ff]")


@dataclass(frozen=True)
class Card:
    """What stands on the picture from start to end (seconds): one line, or two."""

    lines: tuple[str, ...]
    start: float
    end: float


def tokens(text: str) -> list[str]:
    """Pieces that a line may be broken between: words with the marks that belong to them and the blanks after them."""
    raw = rjieba.cut(text) if CJK.search(text) else re.findall(r"\S+\s*", text)
    out: list[str] = []
    for piece in raw:
        glued = out and (
            not piece.strip()
            or piece[0] in CLOSING
            or out[-1][-1] in OPENING
            or (re.match(r"[A-Za-z0-9.'’_-]", piece) and re.search(r"[A-Za-z0-9.'’_$¥€£#@+-]$", out[-1]))
        )
        if glued:
            out[-1] += piece
        else:
            out.append(piece)
    return out


def tidy(line: str) -> str:
    """A card's text as it is written: nothing silent at either end, a blank for a comma inside Chinese."""
    line = line.strip().lstrip(CLOSING.replace("%", "")).strip()
    line = re.sub(rf"[{re.escape(SILENT_END)}]+([”\"’』」]*)$", r"\1", line).strip()
    return re.sub(r"\s*[，；。：](?=\S)", " ", line) if CJK.search(line) else line


def cards(phrases: "Iterable[Phrase]", widest: float = 850, em: float = EM) -> list[Card]:
    """The cards of all phrases in order; `widest` is the longest line in pixels, `em` the letters' size in pixels.

    A card lasts from its first letter to the next card's, the last one to the end of its phrase.
    """
    out: list[Card] = []
    for phrase in phrases:
        out += _cards_of(phrase, widest, em)
    return out


def _cards_of(phrase: "Phrase", widest: float, em: float) -> list[Card]:
    text = drawable(phrase.text)
    one_line = bool(CJK.search(text))
    pieces = [p for t in tokens(text) for p in _cut_long(t, widest, em)]
    groups = split(pieces, 1 if one_line else 2, widest, em)
    times = _letter_times(phrase, text)
    out, at = [], 0
    for group in groups:
        here, at = at, at + len("".join(group))
        lines = tuple(x for x in (tidy("".join(g)) for g in _lines(group, one_line, widest, em)) if x)
        if lines:
            out.append(Card(lines, times[here], phrase.end))
    if not out:
        return []
    out[0] = Card(out[0].lines, phrase.start, out[0].end)
    ends = [c.start for c in out[1:]] + [phrase.end]
    return [Card(c.lines, c.start, end) for c, end in zip(out, ends, strict=True) if end > c.start]


def _cut_long(token: str, widest: float, em: float) -> list[str]:
    """A word too long for a line (a web address), cut where it must be."""
    if width(token.strip(), em) <= widest and (CJK.search(token) or len(token.strip()) <= LETTERS):
        return [token]
    half = len(token) // 2
    return _cut_long(token[:half], widest, em) + _cut_long(token[half:], widest, em) if half else [token]


def _fits(group: Sequence[str], lines: int, widest: float, em: float) -> bool:
    text = tidy("".join(group))
    if lines == 1:
        return width(text, em) <= widest
    return all(len(x) <= LETTERS and width(x, em) <= widest for x in _two_lines(group, em))


def _two_lines(group: Sequence[str], em: float) -> list[str]:
    """The most even split into two lines, or one line when it is short enough."""
    text = tidy("".join(group))
    if len(text) <= LETTERS * 0.75 or len(group) < 2:
        return [text]
    cuts = [(tidy("".join(group[:i])), tidy("".join(group[i:]))) for i in range(1, len(group))]
    return list(min(cuts, key=lambda c: (max(width(c[0], em), width(c[1], em)), -len(c[1]))))


def _lines(group: Sequence[str], one_line: bool, widest: float, em: float) -> list[list[str]]:
    if one_line:
        return [list(group)]
    return [[line] for line in _two_lines(group, em)]


def split(pieces: Sequence[str], lines: int, widest: float, em: float) -> list[list[str]]:
    """Break pieces into groups that fit a card: few, even, best after punctuation (dynamic programming)."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(pieces) + 1):
        options = []
        for start in range(end - 1, -1, -1):
            group = pieces[start:end]
            if start < end - 1 and not _fits(group, lines, widest, em):
                break
            fill = width(tidy("".join(group)), em) / (widest * lines)
            options.append((best[start][0] + 1.0 + 2 * max(0, 0.75 - fill) ** 2 + _roughness(pieces, end), start))
        best.append(min(options))
    groups, at = [], len(pieces)
    while at:
        start = best[at][1]
        groups.append(list(pieces[start:at]))
        at = start
    return groups[::-1]


def _roughness(pieces: Sequence[str], end: int) -> float:
    """How much a break before piece `end` disturbs a reader."""
    if end == len(pieces) or re.search(r"[，。；：？！,.;:?!…]\s*$", pieces[end - 1]):
        return 0.0
    rough = 1.5 if CJK.search(pieces[end]) else 0.45
    clinging = pieces[end][0] in "的了着过吗呢吧们地得" or re.fullmatch(
        r"(?i)(a|an|the|of|to|in|and|or)\s*", pieces[end - 1]
    )
    return rough + (1.0 if clinging else 0.0)


def _letter_times(phrase: "Phrase", text: str) -> list[float]:
    """When each letter of the drawn text begins, from its word, or by its share of the phrase."""
    spoken = [0.0 if c.isspace() or c in CLOSING + OPENING else 1.0 for c in text]
    total = sum(spoken) or 1.0
    length = phrase.end - phrase.start
    times = [phrase.start + length * sum(spoken[:i]) / total for i in range(len(text))]
    at = 0
    for written, start, end in phrase.words:
        form = drawable(written)
        found = text.casefold().find(form.casefold(), at) if form else -1
        if found >= 0:
            step = (end - start) / len(form)
            times[found : found + len(form)] = [start + step * i for i in range(len(form))]
            at = found + len(form)
    for i in range(1, len(times)):
        times[i] = max(times[i], times[i - 1])
    return [min(max(t, phrase.start), phrase.end) for t in times]


def write_srt(captions: Sequence[Card], path: Path) -> None:
    """Write plain UTF-8 SubRip."""
    blocks = (
        f"{i}\n{_clock(c.start)} --> {_clock(c.end)}\n" + "\n".join(c.lines) + "\n" for i, c in enumerate(captions, 1)
    )
    write_text(path, "\n".join(blocks))


def _clock(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"


def write_ass(
    captions: Sequence[Card], path: Path, place: Platform, fill: str = "#ffffff", edge: str = "#101010"
) -> None:
    """Write the captions alone as ASS that any player can show over a video without them."""
    margin = round(HEIGHT - place.caption_y - EM / 2)
    left, right = round(place.safe.left), round(WIDTH - place.safe.right)
    style = (
        f"Style: Plain,{SANS},{ass.font_size(EM)},{_style_color(fill)},{_style_color(fill)},{_style_color(edge)},"
        f"&H00000000,-1,0,0,0,100,100,0,0,1,6,0,2,{left},{right},{margin},1\n"
    )
    events = (
        f"Dialogue: 0,{ass.stamp(round(c.start * 100))},{ass.stamp(round(c.end * 100))},Plain,,0,0,0,,"
        + "\\N".join(ass.escape(line) for line in c.lines) + "\n"
        for c in captions
    )  # fmt: skip
    write_text(path, ass.HEADER.format(styles=style) + "".join(events))


def _style_color(value: str) -> str:
    return "&H00" + ass.color(value)[2:-1]
