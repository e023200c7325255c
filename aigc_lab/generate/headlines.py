"""Few words for the screen: the key phrase of what is said, and the words in it that take the caption's colour."""

import itertools
import re

import rjieba

from aigc_lab.generate.phrases import CJK, is_cjk, small_words
from aigc_lab.generate.topics import at_head
from aigc_lab.words import find_words

WIDEST_ZH, WIDEST_EN = 9.6, 5  # characters, words
NUMBER = re.compile(
    r"[$¥￥€£]?\d+(?:[.,:/]\d+)*(?:\s?[%％])?"
    r"(?:[元块折天年月日号岁倍度点分秒个次步杯种公里克]|万|亿)*"
)
CLINGING = frozenset("的 和 与 在 把 被 让 给 从 、".split())  # what no headline ends with
NAMES_ZH = ("n", "vn", "eng", "j", "i", "l", "nz", "nr", "ns", "m", "t", "s", "an")


def headline(text: str, width: float = 1.0, hook: bool = False) -> str:
    """The key phrase of `text`: 4 to 9 Chinese characters or 2 to 5 English words, "" when there is none.

    Whole words side by side as they stand in the text; numbers and prices are kept. `width` narrows the limit; a hook
    or a quotation that fits is shown whole.
    """
    whole = text.strip().rstrip("。.！!？?，,：:；;… ")
    if hook and (_wide(whole) <= WIDEST_ZH if is_cjk(whole) else len(whole) <= 40 and whole.count(" ") < 7):
        return whole
    best = ""
    for piece in re.split(r"[，。；！？：…“”\"]+|[,;!?:]+(?!\d)|(?<=[a-z])[.](?:\s|$)|\s[-–—]\s|——", text):
        found = _chinese(piece.strip(), width) if is_cjk(piece) else _english(piece.strip(), width)
        if found and (not best or _weight(found) > _weight(best)):
            best = found
    return best if is_cjk(best) else at_head(best)


def _weight(text: str) -> float:
    named = [m for m in find_words(text) if not m.weak]
    short = len(text) < 4 if is_cjk(text) else " " not in text
    return 3.0 * bool(NUMBER.search(text)) + 1.0 * bool(named) + 0.04 * len(text) - 2.0 * short


def _chinese(text: str, width: float) -> str:
    """A run of words that neither begins nor ends inside a group: after a verb, 的 or a preposition, before another."""
    empty, tail = small_words("zh", "not_in_headline_first"), small_words("zh", "never_last")
    tagged = list(rjieba.tag(text.strip("、 ")))
    while tagged and tagged[0][0] in empty:
        tagged = tagged[1:]
    named = [m.word for m in find_words(text) if not m.weak]
    best, score = "", 0.0
    for i, j in itertools.combinations(range(len(tagged) + 1), 2):
        words = "".join(w for w, _ in tagged[i:j])
        words, whole = words.strip(), i == 0 and j == len(tagged)
        if not 2 <= _wide(words) <= WIDEST_ZH * width or words not in text:
            continue
        if tagged[j - 1][0] in (CLINGING if whole else tail):
            continue
        if not whole and (tagged[i][0] in empty | tail or tagged[i][1].startswith(("u", "c", "p", "y"))):
            continue
        if not whole and {w for w, _ in tagged[i:j]} & {"把", "被", "让", "给", "从"}:
            continue
        starts = i == 0 or tagged[i - 1][1].startswith(("v", "p", "u", "c", "d", "r")) or tagged[i - 1][0] in tail
        noun = tagged[j - 1][1].startswith(NAMES_ZH)
        ends = (
            j == len(tagged)
            or (noun and tagged[j][1].startswith(("p", "c", "d", "v", "r")))
            or tagged[j][0] in tail - {"的"}
        )
        if starts and ends and (points := _score(words, tagged[i:j], named, i == 0, j == len(tagged))) > score:
            best, score = words, points
    return best


def _wide(text: str) -> float:
    return len(re.findall(rf"[{CJK}]", text)) + 0.55 * len(re.findall(rf"[^{CJK}]", text))


def _score(words: str, run: list[tuple[str, str]], named: list[str], from_start: bool, to_end: bool) -> float:
    nouns = sum(t.startswith(NAMES_ZH) for _, t in run)
    points = 1.0 + 0.9 * min(nouns, 3) + 1.4 * to_end + 0.9 * from_start + 5 * bool(NUMBER.search(words))
    points += 0.8 * any(w in words for w in named) + 0.6 * (not to_end and run[-1][1].startswith(NAMES_ZH))
    return points - (0.0 if _wide(words) >= 4 else 1.2)


def _english(text: str, width: float) -> str:
    """A run of words that begins at the start or after a small word, and ends at the end or before one."""
    first, small = small_words("en", "not_in_headline_first"), small_words("en", "never_last")
    words = text.split()
    while words and _bare(words[0]) in first:
        words = words[1:]
    if 2 <= len(words) <= WIDEST_EN * width and len(" ".join(words)) <= 32:
        return re.sub(r"^[\"“(]+|[\"”),.]+$", "", " ".join(words))
    named = [m.word for m in find_words(text) if not m.weak]
    best, score = "", 1.9
    for i, j in itertools.combinations(range(len(words) + 1), 2):
        run, bare = words[i:j], [_bare(w) for w in words[i:j]]
        if j - i > max(2, int(WIDEST_EN * width)) or len(" ".join(run)) > 32 or not bare[-1] or bare[-1] in small:
            continue
        if bare[0] in (small | first) - {"no", "my", "our", "the", "a", "an", "your", "every", "each", "this", "don't"}:
            continue
        if set(bare[1:]) & small_words("en", "takes_object_next") - {"the", "a", "an"} or bare[0] in {
            "you",
            "it",
            "ever",
        }:
            continue
        if i and {"a", "an", "the"} & set(bare[1:]):
            continue
        after = _bare(words[j]) if j < len(words) else ""
        if (i and _bare(words[i - 1]) not in small) or (after and after not in small):
            continue
        content = sum(b not in small for b in bare)
        points = 0.8 * content + 1.2 * (j == len(words)) + 1.0 * (i == 0) + 5 * bool(NUMBER.search(" ".join(run)))
        points += 0.6 * any(w in " ".join(run) for w in named) - 1.2 * (content < 2)
        points -= 1.3 * (after in small_words("en", "takes_object_next"))
        if points > score:
            best, score = " ".join(run), points
    return re.sub(r"^[\"“(]+|[\"”),.]+$", "", best)


def _bare(word: str) -> str:
    return re.sub(r"[^\w'-]", "", word).lower()


def emphasis(text: str, names: list[str]) -> list[str]:
    """One or two words inside `text` for the caption's colour: numbers and prices, then names, then telling words."""
    chosen: list[str] = []
    wanted = [m.group().strip() for m in NUMBER.finditer(text)] + [n for n in names if n]
    wanted += [m.word for m in find_words(text)] + _last_noun(text)
    for word in wanted:
        if (
            word
            and word in text
            and not any(word in c or c in word for c in chosen)
            and len(word) < len(text.strip("。.!！?？"))
        ):
            chosen.append(word)
    return chosen[: 1 if len(text) < 9 else 2]


def _last_noun(text: str) -> list[str]:
    if is_cjk(text):
        return [w for w, t in rjieba.tag(text) if t.startswith(NAMES_ZH) and len(w) > 1][-1:]
    words = [re.sub(r"^\W+|\W+$", "", w) for w in text.split()]
    return [w for w in words if len(w) > 3 and w.lower() not in small_words("en", "never_last")][-1:]
