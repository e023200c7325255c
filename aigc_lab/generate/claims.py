"""What a script must not add: numbers, names and superlatives that the brief does not hold, worn phrases."""

import re
import unicodedata

from aigc_lab.brief import Brief
from aigc_lab.words import load_words

DIGITS_ZH = dict(zip("零一二三四五六七八九十百千万亿", range(15), strict=True)) | {"两": 2, "半": 0}
UNITS_ZH = (
    "个|种|步|点|件|天|年|月|周|倍|成|折|元|块|条|次|位|款|人|小时|分钟|秒|杯|斤|公里|岁|度|项|大|招|层|代|名|家|届"
)
NUMBER_ZH = re.compile(
    rf"第?([一二三四五六七八九十百千万亿两半]+)(?={UNITS_ZH})|百分之[一二三四五六七八九十百]+"
    r"|[二三四五六七八九两]十[一二三四五六七八九]?"
)
HARMLESS_ZH = re.compile(r"^(一|半)$")  # 一个, 一次, 半天: an article rather than a number
NO_NAME = {"i", "i'm", "i'll", "i've", "i'd", "ok", "tv", "t-shirt"}


def brief_text(brief: Brief) -> str:
    """All words that a person wrote into a brief."""
    fields = [brief.topic, brief.title, brief.audience, brief.product, brief.offer, brief.price, brief.call_to_action]
    fields += [brief.handle, *brief.points, *brief.proof]
    return " ".join(f for f in fields if f)


def invented(text: str, source: str, points: int = 0) -> list[str]:
    """Numbers, Latin names and superlatives in `text` that `source` does not hold.

    The count of the points, and ordinals up to it, may be said although nobody wrote them down.
    """
    return [*_numbers(text, source, points), *_names(text, source), *superlatives(text, source)]


def superlatives(text: str, source: str = "") -> list[str]:
    """Words of rank (最好, No. 1, best) in `text` that `source` does not hold."""
    found = []
    for patterns in load_words("cliches")["superlatives"].values():
        found += [m.group() for p in patterns for m in re.finditer(p, text, re.I)]
    return [f for f in dict.fromkeys(found) if f.lower() not in source.lower()]


def cliches(text: str) -> list[str]:
    """The worn phrases in a text."""
    lowered = text.lower().replace("’", "'")
    return [c for group in load_words("cliches")["cliches"].values() for c in group if c.lower() in lowered]


def _numbers(text: str, source: str, points: int) -> list[str]:
    plain, known = (unicodedata.normalize("NFKC", t) for t in (text, source))
    allowed = {n.replace(",", "") for n in re.findall(r"\d+(?:[.,]\d+)*", known)} | {
        str(i) for i in range(1, points + 1)
    }
    found = [n for n in re.findall(r"\d+(?:[.,]\d+)*", plain) if n.replace(",", "") not in allowed]
    for match in NUMBER_ZH.finditer(plain):
        said = match[1] or match[0]
        counted = len(said) == 1 and 0 < DIGITS_ZH.get(said, 99) <= points
        if said not in known and not counted and not HARMLESS_ZH.match(said):
            found.append(match[0])
    for i, word in enumerate(load_words("grammar")["en"]["numbers"].split(), 1):
        if (
            re.search(rf"\b{word}\b", plain, re.I)
            and not re.search(rf"\b{word}\b", known, re.I)
            and not 2 <= i <= points
        ):
            found.append(word)
    return found


def _names(text: str, source: str) -> list[str]:
    known, chinese = source.lower(), re.search(r"[\u4e00-\u9fff]", text)
    found = []
    for match in re.finditer(r"[A-Za-z][A-Za-z0-9'’&-]*", text):
        word = match.group()
        head = (
            not text[: match.start()].rstrip(" \"'“‘(#@")
            or text[: match.start()].rstrip(" \"'“‘(")[-1] in ".!?:…。！？："
        )
        shouted = sum(c.isupper() for c in word) > 1
        foreign = bool(chinese) and len(word) > 1
        named = foreign or shouted or (word[0].isupper() and not head)
        if named and word.lower() not in NO_NAME and word.lower() not in known:
            found.append(word)
    return found
