"""Facts of our own for what a brief leaves open (data/words/knowledge.yaml): evergreen, without figures or brands."""

import re
from functools import cache

import numpy as np

from aigc_lab.generate.fitting import Line
from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import find_words, forms, listed, load_words


def facts_about(label: str, language: str) -> list[str]:
    """The facts about a subject or theme in Chinese or English."""
    raw = load_words("knowledge")
    entry = raw["subjects"].get(label) or raw["themes"].get(label) or {}
    return list(entry.get("zh" if language.startswith("zh") else "en", []))


@cache
def _about() -> dict[str, str]:
    """The words that facts speak of, in lower case -> subject or theme."""
    raw = load_words("knowledge")
    return {
        word.lower(): label
        for group in ("themes", "subjects")
        for label, e in raw[group].items()
        for word in listed(e["about"])
    }


def known(text: str) -> list[str]:
    """Subjects and themes that a text really speaks of and that there are facts about, the most telling first."""
    found: list[str] = []
    for match in find_words(text):
        word = match.word.lower()
        named = [_about()[f] for f in forms(word) if f in _about()]
        named += [label for a, label in _about().items() if label == match.label and a in word]
        found += [label for label in named[:1] if label not in found]
    return found


def by_relevance(texts: list[str], topic: str) -> list[str]:
    """The texts, those that share the most words (or Chinese letter pairs) with the topic first."""
    wanted = _pieces(topic)
    return sorted(texts, key=lambda t: -len(wanted & _pieces(t)))


def _pieces(text: str) -> set[str]:
    han = "".join(re.findall(r"[\u4e00-\u9fff]", text))
    return {han[i : i + 2] for i in range(len(han) - 1)} | set(re.findall(r"[a-z]{4,}", text.lower()))


def facts_for(
    subjects: list[tuple[str, int]], theme: str, topic: str, language: str, rng: np.random.Generator
) -> list[Line]:
    """Facts as lines, those about the named (subject, point) first, then the theme's, then of what stands beside them.

    The further a fact is from the topic, the more it is left to chance which one comes first.
    """
    lines: list[Line] = []
    seen: set[str] = set()

    def add(label: str, point: int, most: int = 99) -> None:
        texts = [t for t in facts_about(label, language) if t not in seen]
        texts = by_relevance(
            [texts[i] for i in rng.permutation(len(texts))] if label in vocabulary().themes else texts, topic
        )
        chosen = texts if most >= len(texts) else [texts[i] for i in sorted(rng.permutation(len(texts))[:most])]
        seen.update(chosen)
        about = label if label in vocabulary().subjects else ""
        lines.extend(Line("point", t, point, 0, "knowledge", about) for t in chosen)

    if not subjects and not theme:
        return []
    home = theme or vocabulary().subjects[subjects[0][0]].theme
    for subject, point in subjects:
        add(subject, point)
    add(home, 0)
    rest = vocabulary().subjects_of(home)
    for most in (2, 99):
        for i in rng.permutation(len(rest)):
            add(rest[i], 0, most)
    return lines


def names_of(lines: list[Line], language: str, theme: str) -> str:
    """What the facts are about, in words."""
    labels = list(dict.fromkeys(x.about or theme for x in lines))
    words = vocabulary().subjects | vocabulary().themes
    names = [words[x].name(language) for x in labels if x in words]
    return ("、" if language.startswith("zh") else ", ").join(
        n if re.search(r"[^\x00-\x7f]", n) else n.lower() for n in names
    )
