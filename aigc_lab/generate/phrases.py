"""Spoken phrases: how long words take to say, and where a sentence may be cut into shots."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache

import rjieba

from aigc_lab.generate.voice import estimate
from aigc_lab.words import load_words

SHORTEST, AIM, LONGEST = 1.1, 1.9, 2.7  # s of speech in one shot
CJK = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f"
STRONG = "。！？!?；;…"
CLOSING = ' "”’』」》）)'
MARKS = STRONG + "，,、：:.—"


@cache
def small_words(language: str, name: str) -> frozenset[str]:
    """A list of small words from data/words/grammar.yaml: never_last, good_first, leaning ..."""
    return frozenset(load_words("grammar")[language][name].split())


@lru_cache(maxsize=8192)
def spoken(text: str, language: str) -> float:
    """Seconds that a voice needs to say `text`, without a pause after it; 0 for text with nothing to say."""
    if not re.search(r"\w", text):
        return 0.0
    # a text that the voice cannot say at all still needs time on the screen
    return estimate(text, language) or sum(_weight(w) for w in words_of(text))


def is_cjk(text: str) -> bool:
    """Whether a text is written without spaces between its words (Chinese, Japanese)."""
    return len(re.findall(rf"[{CJK}]", text)) * 2 >= len(re.sub(r"\s", "", text)) > 0


def words_of(text: str) -> list[str]:
    """The words of a text, marks and spaces with the word before them; joined they are the text again."""
    words: list[str] = []
    for run in re.findall(rf"[{CJK}]+|[^{CJK}\s]+\s*|\s+", text):
        parts = rjieba.cut(run) if re.match(rf"[{CJK}]", run) else [run]
        for part in parts:
            if words and (
                (re.fullmatch(r"[\W_]+", part) and part[0] not in "“‘《（([「") or _one_number(words[-1], part)
            ):
                words[-1] += part
            else:
                words.extend(part[i : i + 14] for i in range(0, len(part), 14)) if len(part) > 40 else words.append(
                    part
                )
    return words


def _one_number(left: str, right: str) -> bool:
    return bool(re.search(r"[\d.$¥￥€£#@+-]$", left)) and bool(re.match(r"[\d%％.]", right))


@lru_cache(maxsize=8192)
def phrases(text: str, language: str) -> tuple[str, ...]:
    """`text` cut into phrases of about two seconds of speech, at marks where there are any, else between words.

    Chosen by dynamic programming over all places between two words. Joined (`join`) they are the text again.
    """
    words = words_of(text)
    if not words:
        return ()
    total = max(spoken(text, language), 0.1)
    weights = [_weight(w) for w in words]
    scale = total / sum(weights)
    best, came = [0.0] + [float("inf")] * len(words), [0] * (len(words) + 1)
    for end in range(1, len(words) + 1):
        length = inside = 0.0
        for start in range(end - 1, -1, -1):
            length += weights[start] * scale
            if start < end - 1:
                inside += _merge_cost(words[start])
            if length > 6 and start < end - 1:
                break
            after = "" if end == len(words) else words[end]
            cost = best[start] + _length_cost(length) + inside + _cut_cost(words[end - 1], after)
            if cost < best[end]:
                best[end], came[end] = cost, start
    cuts, at = [], len(words)
    while at:
        cuts.append("".join(words[came[at] : at]).strip())
        at = came[at]
    return tuple(c for c in cuts[::-1] if c)


def _weight(word: str) -> float:
    han = len(re.findall(rf"[{CJK}]", re.sub(rf"[{MARKS}]", "", word)))
    digits = len(re.findall(r"\d", word))
    latin = len(re.findall(r"[^\W\d_]", word)) - han
    return 0.22 * han + 0.2 * digits + (0.12 + 0.055 * latin if latin > 0 else 0) + 0.02


def _length_cost(length: float) -> float:
    cost = 0.5 * (length - AIM) ** 2
    if length < SHORTEST:
        cost += 3 * (SHORTEST - length)
    return cost + (8 * (length - LONGEST) ** 2 if length > LONGEST else 0)


def _merge_cost(word: str) -> float:
    """What it costs to go on in the same phrase after the marks of `word`."""
    tail = word.rstrip(CLOSING)[-1:]
    return 1.2 if tail in STRONG or _full_stop(word) else 0.5 if tail in MARKS and tail != "、" else 0.0


def _full_stop(word: str) -> bool:
    return bool(re.search(r"[^\W\d]{2,}[.][\"”’)]*$", word.rstrip()))


def _cut_cost(before: str, after: str) -> float:
    if not after:
        return 0.0
    tail, bare = before.rstrip(CLOSING)[-1:], re.sub(r"\W", "", before).lower()
    if tail in STRONG or _full_stop(before):
        return 0.0
    if tail in MARKS:
        return 0.6 if tail == "、" else 0.05
    if after[0] in load_words("grammar")["zh"]["never_first"] or re.match(r"[\W_]", after) or tail.isdigit():
        return 30.0
    if (
        after[0] in "和与或"
        or before.rstrip() in small_words("zh", "never_last")
        or bare in small_words("en", "never_last")
    ):
        return 12.0
    follow = re.sub(r"\W", "", after).lower()
    return (
        0.8
        if after.startswith(tuple(small_words("zh", "good_first"))) or follow in small_words("en", "good_first")
        else 2.0
    )


def join(parts: Iterable[str]) -> str:
    """Phrases as one text: with a space between two unless one side is Chinese."""
    text = ""
    for part in parts:
        tight = not text or re.search(rf"[{CJK}]$", text) or re.match(rf"[{CJK}]", part)
        text += part if tight else " " + part
    return text


def clauses(text: str) -> list[str]:
    """The parts of a text that can be left out, cut at commas and stops; an opening clause (if, 虽然) with its next."""
    after_mark = rf"(?<=[{STRONG}，：])(?![\"”’」』）)\d])|(?<=——)|(?<=[,.:])\s+"
    pieces = [p for p in re.split(after_mark, text) if p.strip()]
    joined: list[str] = []
    for piece in pieces:
        if joined and (_opens(joined[-1]) or _goes_on_list(piece)):
            joined[-1] = join([joined[-1].rstrip(), piece.strip()])
        else:
            joined.append(piece.strip())
    return joined


def _goes_on_list(clause: str) -> bool:
    """Whether an English clause is the rest of an enumeration: "bakers and students get home", "and students"."""
    return re.match(r"\s*(\w+\s+){0,2}(and|or)\s", clause) is not None


def _opens(clause: str) -> bool:
    """Whether a clause leans on the next one and cannot stand without it."""
    if clause[-1:] in STRONG or _full_stop(clause):
        return False
    last = re.split(r"[，,]\s*", clause.rstrip("，, "))[-1] if clause.count("，") + clause.count(",") < 2 else ""
    first = re.match(r"[A-Za-z']+", last)
    leans = last.startswith(tuple(small_words("zh", "leaning")))
    return clause[-1:] in "：:—" or leans or (first is not None and first[0].lower() in small_words("en", "leaning"))


def closed(text: str) -> str:
    """The text with its last comma made a full stop, so that it ends as a sentence."""
    bare = text.rstrip(" ，,、；;：:—")
    if not re.search(r"\w[\"'”’）)》」]*$", bare):
        return bare or text.strip()
    if re.search(r"[。！？!?.…][\"'”’）)》」]*$", bare):
        return bare
    return bare + ("。" if re.search(rf"[{CJK}]", bare) else ".")
