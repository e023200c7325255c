"""Spoken words to the voice model's phonemes: pinyin for Chinese (pypinyin, misaki), hibari's phonemizer for English.

A text may hold both: each run of characters goes to the one that knows it.
"""

import re
from functools import cache

import rjieba
from hibari.g2p import G2P
from misaki.transcription import pinyin_to_ipa
from pypinyin import Style, lazy_pinyin

from aigc_lab.generate.lexicon import lexicon
from aigc_lab.generate.speech_text import HAN

STOPS = ",.!?;:—…"
_RUN = re.compile(f"[{HAN}]+|[^{HAN}]+")
_ASCII = str.maketrans("，。！？：；、～“”‘’", ",.!?:;,,    ")
_ACRONYM = re.compile(r"(?<![A-Za-z])[A-Z]{1,5}(?![A-Za-z'])")
_LETTERS = {  # as Mandarin speakers say them: read back, Chinese voices were understood better than with English ones
    "A": "ei1", "B": "bi4", "C": "xi1", "D": "di4", "E": "yi4", "F": "ai2 fu5", "G": "ji4", "H": "ei2 chi5", "I": "ai4",
    "J": "jie1", "K": "kei1", "L": "ai2 le5", "M": "ai2 mu5", "N": "en1", "O": "ou1", "P": "pi1", "R": "a2",
    "S": "ai2 si5", "T": "ti4", "U": "you1", "V": "wei1", "W": "da2 bu5 liu5", "X": "ai4 ke5 si5",
    "Y": "wai4", "Z": "zei4",
}  # fmt: skip
_OWN = frozenset("我你他她它们您谁都也就还总必非可须只要这那")  # what stands before 得 (děi)
_GROUND = frozenset("块片寸亩的土草这那此某整满遍落倒扫拖种耕下")  # what stands before 地 (dì)


def phonemes(spoken: list[str], chinese: bool = False) -> list[str]:
    """The phonemes of each of these pieces of one text, read in their context; chinese: by a Chinese voice.

    Words are parted by spaces, stops are themselves; a piece with nothing to say gives "".
    """
    text = "".join(spoken)
    owner = [index for index, piece in enumerate(spoken) for _ in piece]
    out = [""] * len(spoken)
    for run in _RUN.finditer(text):
        read = mandarin if re.match(f"[{HAN}]", run[0]) else _foreign if chinese else english
        for offset, sound in read(run[0]):
            out[owner[run.start() + offset]] += sound
    return out


@cache
def _syllable(pinyin: str) -> str:
    """misaki's IPA with the model's own signs for tones and for the vowel of "shi" and "si"."""
    try:
        sound = "".join(pinyin_to_ipa(pinyin)[0])
    except (ValueError, KeyError, IndexError):
        return ""  # a character with no known reading
    for ipa, sign in (
        ("˧˩˧", "↓"),
        ("˧˥", "↗"),
        ("˥˩", "↘"),
        ("˥", "→"),
        ("ɻ\u0329", "ɨ"),
        ("ɹ\u0329", "ɨ"),
        ("\u032f", ""),
    ):
        sound = sound.replace(ipa, sign)
    return sound


def mandarin(run: str) -> list[tuple[int, str]]:
    """(offset, phonemes) for each character of a run of Chinese; a space before each word."""
    found, at = [], 0
    for word, readings in _readings(_segment(run)):
        for i, pinyin in enumerate(readings):
            found.append((at + i, ("" if i else " ") + _syllable(pinyin)))
        at += len(word)
    return found


def pinyin(run: str) -> list[str]:
    """The syllables with tones ("chong2") that a run of Chinese characters is spoken with."""
    return [syllable for _, readings in _readings(_segment(run)) for syllable in readings]


def _segment(run: str) -> list[str]:
    own = sorted(lexicon().pinyin, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, own))})", run) if own else [run]
    return [word for i, part in enumerate(parts) if part for word in ([part] if i % 2 else rjieba.cut(part))]


def _readings(words: list[str]) -> list[tuple[str, list[str]]]:
    """Each word with a syllable for each character; the particles 地 得 and the verb 还 by their neighbours."""
    own = lexicon().pinyin
    found = []
    for i, word in enumerate(words):
        before, after = (words[i - 1] if i else ""), (words[i + 1] if i + 1 < len(words) else "")
        readings = own.get(word) or lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True)
        if len(readings) != len(word):  # pypinyin puts unknown characters together
            readings = [lazy_pinyin(c, style=Style.TONE3, neutral_tone_with_five=True)[0] for c in word]
        if word == "地" and before and after and before[-1] not in _GROUND:
            readings = ["de5"]
        elif word == "得":
            readings = ["dei3" if before and before[-1] in _OWN else "de5" if before and after else "de2"]
        elif len(word) == 3 and word[1] == "得" and word not in own:
            readings = [readings[0], "de5", readings[2]]
        elif word == "还" and after[:1] and after[0] in "钱款债清贷书":
            readings = ["huan2"]
        found.append((word, readings))
    return found


@cache
def _english() -> G2P:
    return G2P()


def english(run: str) -> list[tuple[int, str]]:
    """(offset, phonemes) for each word and stop of a run of anything but Chinese."""
    text = run.translate(_ASCII)
    if not any(c.isalpha() for c in text):
        return [(i, c) for i, c in enumerate(text) if c in STOPS]
    found, at = [], 0
    g2p = _english()
    for token in g2p.phonemize_tokens(g2p.tokenize(text)):
        place = text.find(token.text, at)
        place = at if place < 0 else place
        at = min(place + len(token.text), len(text) - 1)
        sound = token.phonemes or ""
        if sound.strip():
            found.append((min(place, len(text) - 1), sound if sound in STOPS else " " + sound))
    return found


def _foreign(run: str) -> list[tuple[int, str]]:
    """What a Chinese voice says for a run of other letters: acronyms letter by letter, words in English."""
    found, at = [], 0
    for match in [*_ACRONYM.finditer(run), None]:
        end = match.start() if match else len(run)
        if run[at:end]:
            found += [(at + offset, sound) for offset, sound in english(run[at:end])]
        if match:
            found += [(match.start() + i, " " + _letter(c)) for i, c in enumerate(match[0])]
            at = match.end()
    return found


def _letter(letter: str) -> str:
    return "kʰjou→" if letter == "Q" else "".join(_syllable(s) for s in _LETTERS[letter].split())
