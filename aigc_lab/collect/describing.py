"""What an item shows, in words: theme, subject and captions in both languages, from what is told and what is measured.

Nothing here recognises things in pictures. What is seen comes from the title, the tags and the text; light, colour and
motion are measured; `how` says for each part which of them it was.
"""

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from aigc_lab.collect.concepts import CHINESE, ENGLISH, seen, subject_in
from aigc_lab.collect.items import Item
from aigc_lab.collect.measured import Look, measured_look
from aigc_lab.collect.searching import search
from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import load_words, theme_of

__all__ = ["Description", "describe", "look_words", "search"]

MOST_NAMES = 5  # concepts that a caption names
LONGEST = 160  # letters of a title that a caption repeats
LABELS = {"theme": "themes", "subject": "subjects", "style": "styles"}


@dataclass(frozen=True)
class Description:
    """Theme, subject and style (ids of the vocabulary, empty where nothing says one) and captions in both languages.

    how: for each part where it came from: "labels", "title: 'waves'", "tags: ...", "text: ...", "measured: ...".
    """

    theme: str
    subject: str
    style: str
    caption_en: str
    caption_zh: str
    how: dict[str, str] = field(default_factory=dict)


def describe(
    item: Item, inspection: object | None = None, frames: np.ndarray | None = None, fps: float = 0.0
) -> Description:
    """Describe an item from its words, its labels, and frames uint8 (T, H, W, 3) of it (one for a picture).

    fps: of these frames, which must follow each other closely; without it the inspection's own (`inspection.fps`), and
    without both the pace and direction of motion are not told. No frames: the captions hold what is told alone.
    """
    how: dict[str, str] = {}
    theme, subject, style = _labels(item, how)
    rate = fps or float(getattr(inspection, "fps", 0.0) or 0.0)
    look = None
    if frames is not None and len(frames) and item.kind != "text":
        look = measured_look(frames, rate)
        how |= {f"look {key}": f"measured: {value}" for key, value in look.told.items()}
    if item.labels.get("caption_en") and item.labels.get("caption_zh"):
        how |= dict.fromkeys(("caption_en", "caption_zh"), "labels")
        return Description(theme, subject, style, item.labels["caption_en"], item.labels["caption_zh"], how)
    captions = [_caption(item, subject, look, language, how) for language in ("en", "zh")]
    return Description(theme, subject, style, *captions, how)


def _parts(item: Item) -> list[tuple[str, str]]:
    """The words about an item, those that say most first: (which, text)."""
    told = [("title", item.title), ("tags", ", ".join(item.tags)), ("text", item.text[:2000])]
    return [(name, text) for name, text in told if text.strip()]


def _labels(item: Item, how: dict[str, str]) -> tuple[str, str, str]:
    words, found = vocabulary(), dict.fromkeys(LABELS, "")
    for kind, group in LABELS.items():
        if item.labels.get(kind) in getattr(words, group):
            found[kind], how[kind] = item.labels[kind], "labels"
    for name, text in _parts(item):
        if not found["subject"] and (hit := subject_in(text))[0]:
            found["subject"], how["subject"] = hit[0], f"{name}: '{hit[1]}'"
        if not found["theme"] and (hit := _theme_in(text))[0]:
            found["theme"], how["theme"] = hit[0], f"{name}: '{hit[1]}'"
        if not found["style"] and name != "text" and (hit := _style_in(text))[0]:
            found["style"], how["style"] = hit[0], f"{name}: '{hit[1]}'"
    if found["subject"] and not how.get("theme"):
        found["theme"], how["theme"] = words.subjects[found["subject"]].theme, how["subject"]
    return found["theme"], found["subject"], found["style"]


def _theme_in(text: str) -> tuple[str, str]:
    """The theme that most concepts of a text belong to, the first of equals; else the one its keywords speak of."""
    votes: dict[str, list[str]] = {}
    for hit in seen(text):
        if hit.concept.theme and hit.concept.kind != "look":
            votes.setdefault(hit.concept.theme, []).append(hit.word)
    if votes:
        theme = max(votes, key=lambda t: len(votes[t]))
        return theme, votes[theme][0]
    match = theme_of(text)
    return (match.label, match.word) if match and not match.weak else ("", "")


def _style_in(text: str) -> tuple[str, str]:
    tokens = set(ENGLISH.findall(text.lower()))
    for style in vocabulary().styles.values():
        for word in (style.id, style.en.lower(), style.zh):
            if word in tokens or (word == style.zh and word in text):
                return style.id, word
    return "", ""


def _caption(item: Item, subject: str, look: Look | None, language: str, how: dict[str, str]) -> str:
    """Title (or the names of what it speaks of) and what is measured, as one or two sentences."""
    chinese = language == "zh"
    told, source = _told(item, subject, language)
    measured = look_words(look, item.kind, language) if look else ""
    key = f"caption_{language}"
    how[key] = ", ".join(filter(None, (source, "measured look" if measured else ""))) or "nothing is known"
    if not told and not measured:
        kind = _words()["kinds"][item.kind][language]
        return f"关于它没有任何说明的{kind}。" if chinese else f"A {kind} of which nothing is told."
    if chinese:
        return "".join(f"{part}。" for part in (told, measured) if part)
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in (told, measured) if part)


def _told(item: Item, subject: str, language: str) -> tuple[str, str]:
    """What the words say, in this language, and where it came from.

    A title in this language is repeated, with what tags and text have besides. Of one in the other language the things
    that are known are named, and the title is quoted: "about", since a teacher is named as a classroom is.
    """
    title = " ".join(item.title.split())[:LONGEST].rstrip(" .。")
    own = bool(title) and bool(CHINESE.search(title)) == (language == "zh")
    names: list[str] = []
    parts = ["title"] if own else []
    known = {h.concept for h in seen(title)} if own else set()
    for part, text in _parts(item):
        if fresh := [h.concept.name(language) for h in seen(text) if h.concept not in known]:
            names += fresh
            parts.append(part)
    if subject and not names and not own:
        names, parts = [vocabulary().subjects[subject].name(language)], ["subject"]
    listed = ("、" if language == "zh" else ", ").join(list(dict.fromkeys(names))[:MOST_NAMES])
    if not title and not listed:
        return "", ""
    pattern = ("also" if listed else "title") if own else ("both" if title else "about") if listed else "quoted"
    source = " and ".join(parts) if own else f"names of what is in the {' and '.join(parts)}" if parts else "title"
    return _words()["told"][pattern][language].format(title=title, names=listed), source


@cache
def _words() -> dict:
    return load_words("look")


def look_words(look: Look, kind: str, language: str) -> str:
    """A measured look as a phrase: "a bright, mostly blue clip with slow motion to the left"; no stop at its end.

    language: "en" or "zh". Only what was measured is named.
    """
    words, chinese = _words(), language == "zh"
    light = words["brightness"][look.brightness][language] if look.brightness else ""
    names = [words["colors"][c][language] for c in look.colors]
    pattern = words["color"]["none" if look.colorless else "many" if look.colorful else ("most", "two")[len(names) > 1]]
    color = pattern[language].format(*names) if names or look.colorless or look.colorful else ""
    what = words["kinds"][kind][language]
    move = ""
    if look.motion:
        pace = words["pace"][look.pace or "usual"][language]
        if not chinese and look.motion in ("in", "out"):
            pace = {"slow ": "slowly ", "fast ": "quickly "}.get(pace, pace)
        move = words["motion"][look.motion][language].format(pace=pace)
    time = words["time"][look.time][language] if look.time else ""
    if chinese:
        described = "、".join(filter(None, (light, color)))
        return "，".join(filter(None, (f"{described}的{what}" if described else what, move, time)))
    described = ", ".join(filter(None, (light, color)))
    article = "an" if (described or what)[0] in "aeiou" else "a"
    sentence = " ".join(filter(None, (article, described, what, move)))
    return f"{sentence}; {time}" if time else sentence
