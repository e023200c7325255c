"""What is said for what is written: numbers, dates, units, money, links and signs become words.

Captions keep the written text; `pieces` keeps the two side by side, so that each spoken word knows how it was written.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import rjieba

from aigc_lab.generate import speech_english, speech_mandarin
from aigc_lab.generate.lexicon import lexicon

Rule = tuple[re.Pattern, Callable[[re.Match], str | None]]

HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
_HAN_ONLY = re.compile(f"[{HAN}]+")
_TOKEN = re.compile(rf"[{HAN}]+|[^\W\d_{HAN}]{{1,30}}(?:['’][^\W\d_{HAN}]{{1,30}})*|\s+|.", re.DOTALL)
_STOPS = "，。！？；：、…,.!?;:—"
_DROPPED: list[Rule] = [
    (re.compile(pattern), lambda match: "")
    for pattern in (
        r"(?:https?://|www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+",
        r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]{1,63}(?:\.[A-Za-z0-9\-]{1,63})+",
        r"</?[A-Za-z][^<>\n]{0,200}>",  # markup
        r"\{\\[^{}\n]{0,200}\}",  # ASS override tags
        r"[*_`#@]+(?=[^\s])|(?<=\S)[*_`]+",  # Markdown, the signs of #topic and @handle
    )
]
_LINE = (re.compile(r"(?<![，。！？；：、…,.!?;:\s])\s*\n\s*"), lambda match: "，")


@dataclass(frozen=True)
class Piece:
    """A stretch of the text as written, what is said for it, and whether a rule made that (its words stay together)."""

    text: str
    spoken: str
    ruled: bool = False


def base_language(language: str) -> str:
    """The first part of a BCP 47 tag, in small letters: "zh-CN" -> "zh"."""
    return re.split(r"[-_]", language.strip().lower())[0]


def readable(text: str, language: str) -> str:
    """The text as a person would read it aloud: "2026年涨35%" -> "二零二六年涨百分之三十五".

    Markup, links, e-mail addresses and emoji are dropped. Chinese rules for "zh", English ones for all other languages.
    Never raises; nothing that is a digit is left.
    """
    spoken = "".join(piece.spoken for piece in pieces(text, language))
    return re.sub(r" +(?=[,.;:!?，。])", "", re.sub(r"\s+", " ", spoken)).strip()


def pieces(text: str, language: str) -> list[Piece]:
    """The text cut where reading differs from writing; the written parts join to the text again.

    Rules are tried in order; what an earlier one has taken is not looked at again.
    """
    chinese = base_language(language) == "zh"
    rules = [
        *_DROPPED,
        *lexicon().respelled,
        *((_LINE,) if chinese else ()),
        *(speech_mandarin if chinese else speech_english).RULES,
    ]
    plain = _same_length(text)
    spans: list[tuple[int, int, str | None]] = [(0, len(text), None)]
    for pattern, say in rules:
        spans = [new for span in spans for new in (_cut(plain, span, pattern, say) if span[2] is None else [span])]
    found = []
    for start, end, said in spans:
        spoken = _clean(plain[start:end], chinese) if said is None else said
        found.append(Piece(text[start:end], spoken, said is not None))
    return [piece for piece in found if piece.text]


def words(text: str, language: str) -> list[Piece]:
    """The text cut into words, each with what is said for it; stops and spaces are pieces of their own.

    Chinese words are jieba's; what a rule made ("2026年", "35%") stays one word. The written parts join to the text.
    """
    chinese = base_language(language) == "zh"
    found: list[Piece] = []
    for piece in pieces(text, language):
        if piece.ruled:
            found.append(piece)
            continue
        for token in _TOKEN.findall(piece.text):
            parts = rjieba.cut(token) if _HAN_ONLY.match(token) else [token]
            found += [Piece(part, _clean(_same_length(part), chinese)) for part in parts]
    return found


def _cut(plain: str, span: tuple, pattern: re.Pattern, say: Callable) -> Iterable[tuple[int, int, str | None]]:
    start, end, _ = span
    for match in pattern.finditer(plain, start, end):
        said = say(match) if match.end() > match.start() else None
        if said is None:
            continue
        yield start, match.start(), None
        yield match.start(), match.end(), said
        start = match.end()
    yield start, end, None


def _same_length(text: str) -> str:
    """Full-width and foreign digits, full-width letters and odd hyphens as plain ones, one character for one."""
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    if character in "－−‐‑‒﹣":
        return "-"
    if character in "％﹪":
        return "%"
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if "Ａ" <= character <= "ｚ" or character in "＄￡＠＃＋／＝＆":
        return unicodedata.normalize("NFKC", character)
    return {"￥": "¥", "’": "'", "\r": " ", "\t": " ", "\u3000": " ", "\xa0": " "}.get(character, character)


def _clean(text: str, chinese: bool) -> str:
    """Letters, spaces and stops; the names of signs that are read; nothing else (emoji, quotes, brackets)."""
    signs = speech_mandarin.SIGNS if chinese else speech_english.SIGNS
    out = []
    for character in text:
        if character in signs:
            out.append(signs[character])
        elif character.isalpha() or character in _STOPS or character in " '-·":
            out.append(" " if character == "·" else character)
        elif unicodedata.category(character)[0] == "M" and ord(character) < 0xFE00:
            out.append(character)
        elif character.isnumeric():
            out.append(_numeral(character, chinese))
        else:
            out.append("，" if character in "（）()【】[]" and chinese else " " if not character.isprintable() else "")
    return "".join(out)


def _numeral(character: str, chinese: bool) -> str:
    """① ² Ⅷ ½ and the like as words."""
    value = unicodedata.numeric(character)
    if chinese and character in "零一二三四五六七八九十百千万亿两〇":
        return character
    if value == int(value):
        return speech_mandarin.number(str(int(value))) if chinese else f" {speech_english.number(str(int(value)))} "
    return speech_mandarin.fraction(value) if chinese else f" {speech_english.fraction(value)} "
