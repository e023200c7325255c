"""What everyday footage shows, in words of both languages, and how to find it in a text (data/words/seen.yaml).

Finer than the subjects of the vocabulary, which are what the lab can draw: rain is no rainbow, and a lake no sea.
"""

import itertools
import re
from dataclasses import dataclass
from functools import cache, lru_cache

import rjieba

from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import find_words, forms, listed, load_words

CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
ENGLISH = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?")
BEFORE = "小大老白黑红绿蓝青灰古远高长野"  # may stand before a word of one letter: 小河 is a 河, 上海 is no 海
HEADS = "猫狗鸟鱼树湖河桥山"  # end words of their own sort: 花猫 is a 猫, 黄山 a 山
AFTER = ("", "边", "上", "里", "旁")  # may stand behind it: 河边 is at a 河
NEVER = ("马上",)  # 马上 is no 马, it means soon


@dataclass(frozen=True)
class Concept:
    """One thing that is seen, its words (the first is its name), and the subject or theme that it belongs to.

    kind: thing, place, doing or look; broader: the id of what it is a sort of, or empty.
    """

    id: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    kind: str
    subject: str = ""
    theme: str = ""
    broader: str = ""

    def name(self, language: str) -> str:
        """Its usual word in a BCP 47 language: Chinese for zh-*, English for every other."""
        return self.zh[0] if language.startswith("zh") else self.en[0]


@dataclass(frozen=True)
class Hit:
    """A word of a text that names a concept: which, the word as written, and where it begins."""

    concept: Concept
    word: str
    start: int


@cache
def concepts() -> dict[str, Concept]:
    """All concepts by id, in the table's order; a subject of the vocabulary that has none brings its own names."""
    found = {}
    for key, entry in load_words("seen").items():
        subject = entry.get("subject", "")
        theme = vocabulary().subjects[subject].theme if subject else entry.get("theme", "")
        words = tuple(listed(entry["en"])), tuple(listed(entry["zh"]))
        found[key] = Concept(key, *words, entry["kind"], subject, theme, entry.get("broader", ""))
    named = {c.subject for c in found.values()}
    for key, word in vocabulary().subjects.items():
        if key not in named and key not in found:
            found[key] = Concept(key, (word.en.lower(),), (word.zh,), "thing", key, word.theme)
    return found


@cache
def _index() -> tuple[dict[str, tuple[Concept, ...]], dict[str, tuple[Concept, ...]]]:
    """English and Chinese words in lower case, hyphens as spaces -> the concepts that they name."""
    tables: tuple[dict, dict] = {}, {}
    for concept in concepts().values():
        for table, words in zip(tables, (concept.en, concept.zh), strict=True):
            for word in words:
                plain = word.lower().replace("-", " ")
                table[plain] = (*table.get(plain, ()), concept)
    return tables


def ancestors(concept: Concept) -> list[Concept]:
    """What it is a sort of, nearest first."""
    found = []
    while concept.broader and (concept := concepts()[concept.broader]) not in found:
        found.append(concept)
    return found


@lru_cache(maxsize=65536)
def seen(text: str) -> tuple[Hit, ...]:
    """The concepts that a text names, in its order; of words inside each other the longer one counts.

    A word may name two ("girl": a person and a child); then both are found.
    """
    lowered = text.lower()
    spans = _english(lowered) + _chinese(lowered)
    kept: list[tuple[int, int, tuple[Concept, ...]]] = []
    for span in sorted(spans, key=lambda s: (s[0] - s[1], s[0])):
        if all(span[1] <= a or b <= span[0] for a, b, _ in kept):
            kept.append(span)
    return tuple(Hit(concept, text[a:b], a) for a, b, found in sorted(kept, key=lambda s: s[0]) for concept in found)


def _english(text: str) -> list[tuple[int, int, tuple[Concept, ...]]]:
    tokens, index, spans = list(ENGLISH.finditer(text)), _index()[0], []
    for i in range(len(tokens)):
        for size in (4, 3, 2, 1):
            run = tokens[i : i + size]
            if len(run) < size or any(text[a.end() : b.start()] not in (" ", "-") for a, b in itertools.pairwise(run)):
                continue
            head = "".join(f"{t.group()} " for t in run[:-1])
            if found := next((index[head + f] for f in forms(run[-1].group()) if head + f in index), None):
                spans.append((run[0].start(), run[-1].end(), found))
                break
    return spans


def _chinese(text: str) -> list[tuple[int, int, tuple[Concept, ...]]]:
    if not CHINESE.search(text):
        return []
    cuts, owner, at = {0}, {}, 0
    for word in rjieba.cut(text):
        owner |= dict.fromkeys(range(at, at + len(word)), (at, at + len(word)))
        at += len(word)
        cuts.add(at)
    index, spans = _index()[1], []
    for a in range(len(text)):
        for b in range(min(len(text), a + 6), a, -1):
            if text[a:b] in index and _whole(text, a, b, cuts, owner):
                spans.append((a, b, index[text[a:b]]))
                break
    return spans


def _whole(text: str, a: int, b: int, cuts: set[int], owner: dict[int, tuple[int, int]]) -> bool:
    """Whether letters a to b are a word of their own and not parts of two others."""
    if a in cuts and b in cuts:
        return True
    first, end = owner[a]
    if b - a > 1:
        return b <= end or b - a > 2  # three letters in a row are no accident
    begins = a == first or text[a] in HEADS or (a - first == 1 and text[first] in BEFORE)
    return begins and text[b:end] in AFTER and text[first:end] not in NEVER


def subject_in(text: str) -> tuple[str, str]:
    """The subject of the vocabulary that a text names, and the word that does: ("", "") when there is none.

    Concepts decide first; words that only go together with a subject (soup, noodles) do not make it one.
    """
    hits = seen(text)
    for hit in hits:
        if hit.concept.subject and hit.concept.kind != "look":
            return hit.concept.subject, hit.word
    taken = [(h.start, h.start + len(h.word)) for h in hits]
    for match in find_words(text):
        clear = all(match.start + len(match.word) <= a or b <= match.start for a, b in taken)
        if match.kind == "subject" and match.own and not match.weak and clear:
            return match.label, match.word
    return "", ""
