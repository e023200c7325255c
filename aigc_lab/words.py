"""Free words to labels: which subject, theme, style, palette or platform is meant (data/words/keywords.yaml)."""

import difflib
import itertools
import re
from dataclasses import dataclass
from functools import cache, lru_cache

import rjieba
import yaml

from aigc_lab.settings import data_path
from aigc_lab.vocabulary import vocabulary

NEAR_ENOUGH = 0.5  # of difflib's ratio or of shared letter pairs; below it, free words are not mapped

OWN = 3  # so many words at the head of a subject's list name the thing itself


@dataclass(frozen=True)
class Match:
    """A word of a text that calls for a label: its place in the text, what kind of label, and which."""

    word: str
    start: int
    kind: str  # subject | theme
    label: str
    weak: bool = False
    own: bool = False  # names the thing itself: one of the first words listed for it


@dataclass(frozen=True)
class Meaning:
    """The label that free words were taken for; `how` is exact, keyword, similar or none."""

    label: str
    how: str
    word: str = ""


def load_words(name: str) -> dict:
    """One of our own word files, data/words/NAME.yaml."""
    return _load(name)


@cache
def _load(name: str) -> dict:
    return yaml.safe_load(data_path("words", f"{name}.yaml").read_text(encoding="utf-8"))


def listed(text: str) -> list[str]:
    """The entries of a comma-separated line of a word file."""
    return [w.strip() for w in text.split(",") if w.strip()]


@cache
def _index() -> dict[str, tuple[str, str, bool, bool]]:
    """Every keyword in lower case -> (kind, label, weak, own). Subjects win over themes."""
    raw = load_words("keywords")
    weak = {w.lower() for lang in ("en", "zh") for w in listed(raw["weak"][lang])}
    found: dict[str, tuple[str, str, bool, bool]] = {}
    for kind, group in (("subject", raw["subjects"]), ("theme", raw["themes"])):
        for label, entry in group.items():
            for words in (listed(entry["en"]), listed(entry["zh"])):
                for place, word in enumerate(words):
                    found.setdefault(word.lower(), (kind, label, word.lower() in weak, place < OWN))
    return found


@cache
def _chinese_keywords() -> tuple[str, ...]:
    return tuple(sorted((w for w in _index() if re.search(r"[\u4e00-\u9fff]", w)), key=len, reverse=True))


def forms(word: str) -> list[str]:
    """A lower-case English word and what it may be a regular form of."""
    found = [word]
    for ending, instead in (
        ("'s", ""), ("’s", ""), ("ies", "y"), ("es", ""), ("s", ""), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"),
    ):  # fmt: skip
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            found.append(word[: -len(ending)] + instead)
    return found


@lru_cache(maxsize=16384)
def find_words(text: str) -> tuple[Match, ...]:
    """The words of a text that call for a subject or a theme, the most telling first.

    Subjects before themes, strong words before weak ones, names of the thing itself before what goes with it, long
    before short, early before late; none overlaps another.
    """
    found = _english_matches(text) + _chinese_matches(text)
    found.sort(key=lambda m: (m.weak, m.kind == "theme", not m.own, -_size(m.word), m.start))
    kept: list[Match] = []
    for match in sorted(found, key=lambda m: (-len(m.word), m.weak, m.start)):
        if all(match.start + len(match.word) <= k.start or k.start + len(k.word) <= match.start for k in kept):
            kept.append(match)
    return tuple(m for m in found if m in kept)


def _size(word: str) -> float:
    return len(word) if re.search(r"[\u4e00-\u9fff]", word) else len(word) / 2.5


def _english_matches(text: str) -> list[Match]:
    tokens = list(re.finditer(r"[A-Za-z0-9][A-Za-z0-9'’-]*", text))
    found = []
    for i, token in enumerate(tokens):
        for size in (4, 3, 2, 1):
            run = tokens[i : i + size]
            if len(run) < size or any(not text[a.end() : b.start()].isspace() for a, b in itertools.pairwise(run)):
                continue
            head = "".join(f"{t.group().lower()} " for t in run[:-1])
            for form in forms(run[-1].group().lower()):
                if entry := _index().get(head + form):
                    found.append(Match(text[token.start() : run[-1].end()], token.start(), *entry))
                    break
    return found


def _chinese_matches(text: str) -> list[Match]:
    if not re.search(r"[\u4e00-\u9fff]", text):
        return []
    starts, ends, at = set(), set(), 0
    lowered = text.lower()
    inside: dict[int, int] = {}
    for word in rjieba.cut(lowered):
        starts.add(at)
        inside.update(dict.fromkeys(range(at, at + len(word)), at))
        at += len(word)
        ends.add(at)
    found = []
    for word in (w for w in _chinese_keywords() if w in lowered):
        for hit in re.finditer(re.escape(word), lowered):
            a, b = hit.span()
            whole = a in starts and b in ends
            if whole or (len(word) > 1 and inside.get(a) == inside.get(b - 1)):
                found.append(Match(text[a:b], a, *_index()[word]))
    return found


def subject_of(text: str) -> Match | None:
    """The most telling word of a text that names a subject, if there is one."""
    return next((m for m in find_words(text) if m.kind == "subject"), None)


def theme_of(text: str) -> Match | None:
    """The most telling word of a text that says its theme (a subject's word says the subject's theme)."""
    found = find_words(text)
    best = next((m for m in found if not m.weak), found[0] if found else None)
    if best is None or best.kind == "theme":
        return best
    return Match(best.word, best.start, "theme", vocabulary().subjects[best.label].theme, best.weak)


def near(subject: str) -> list[str]:
    """Subjects that may stand beside this one."""
    return listed(load_words("keywords")["subjects"][subject]["near"])


@cache
def _names(kind: str) -> dict[str, str]:
    """Every name and keyword (lower case) of the labels of a kind -> label."""
    names: dict[str, str] = {}
    labels = getattr(vocabulary(), kind, {})
    for label, word in labels.items():
        names |= {label.lower(): label, word.en.lower(): label, word.zh: label}
    for label, entry in load_words("keywords").get(kind, {}).items():
        names.setdefault(label, label)
        for word in [*listed(entry["en"]), *listed(entry["zh"])]:
            names.setdefault(word.lower(), label)
    return names


def meaning(kind: str, text: str, default: str) -> Meaning:
    """The label of `kind` (themes, styles, palettes, platforms) that free words mean.

    First the name itself, then the longest keyword inside the words, then the most similar name by letter pairs and
    by difflib; `default` (how "none") when nothing comes near.
    """
    wanted, names = text.strip().lower(), _names(kind)
    if wanted in names:
        known = getattr(vocabulary(), kind, {})
        exact = not known or wanted in {n for w in known.values() for n in (w.id, w.en.lower(), w.zh)}
        return Meaning(names[wanted], "exact" if exact else "keyword", wanted)
    inside = [w for w in names if _holds(wanted, w)]
    if inside:
        word = max(inside, key=lambda w: (_size(w), -wanted.find(w)))
        return Meaning(names[word], "keyword", word)
    if kind == "themes" and (match := theme_of(text)):
        return Meaning(match.label, "keyword", match.word)
    word = max(names, key=lambda w: similarity(wanted, w))
    if similarity(wanted, word) >= NEAR_ENOUGH:
        return Meaning(names[word], "similar", word)
    return Meaning(default, "none")


def _holds(text: str, word: str) -> bool:
    if re.search(r"[\u4e00-\u9fff]", word):
        return word in text and (len(word) > 1 or len(text) <= 3)
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None


def similarity(first: str, second: str) -> float:
    """How alike two words look, 0..1: the mean of shared letter pairs (Dice) and difflib's ratio."""
    pairs = [{w[i : i + 2] for i in range(len(w) - 1)} or {w} for w in (first, second)]
    dice = 2 * len(pairs[0] & pairs[1]) / (len(pairs[0]) + len(pairs[1]))
    return (dice + difflib.SequenceMatcher(None, first, second).ratio()) / 2
