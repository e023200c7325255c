"""Captions to learn reading from: those of drawn scenes, and the same wishes as a person may type them.

A drawn scene's caption says all in one of four ways. People leave out, turn around, misspell, and have other words. So
most training texts are put together anew from a scene's labels: clauses are left out and shuffled, a clause is worded
in one of many ways (data/words/caption.yaml; names of things from all word files), letters are lost. Some texts name
things that the lab can't draw, and some say nothing at all: then the right answer is "not said".
"""

from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase, digits

import numpy as np
import yaml

from aigc_lab.collect.concepts import concepts
from aigc_lab.collect.scenes import SceneSpec
from aigc_lab.settings import data_path
from aigc_lab.train.text_encoder import answers, plain
from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import OWN, listed, load_words

LANGUAGES = ("en", "zh")
WRITTEN, NOTHING, BARE = 0.24, 0.1, 0.16  # shares of captions as they are, of texts that say nothing, of single words
ELSEWHERE, STRANGE = 0.15, 0.25  # how often a thing is in a place of another theme, or no thing of ours
SHARES = {"thing": 0.8, "place": 0.5, "time": 0.4, "move": 0.5, "palette": 0.4, "style": 0.5, "layout": 0.12}
SENTENCE, DOES, WITHOUT = 0.45, 0.2, 0.1  # shares of texts in usual order, of things that act, of "no cat"
BEFORE = ("a", "an", "the", "one", "two", "three", "some", "my", "many")  # stand before an adjective
Said = dict[str, str | None]  # the answer to each question, None: not said


@dataclass(frozen=True)
class Names:
    """All names by label and language: names["subject"]["en"]["cat"] = ("cat", "kitten", ...).

    strange: names of things that the lab has no subject for, with their theme or None.
    """

    named: dict[str, dict[str, dict[str, tuple[str, ...]]]]
    strange: dict[str, tuple[tuple[str, str | None], ...]]


@cache
def scene_words() -> dict:
    """The words of the captions of drawn scenes, data/scenes/words.yaml."""
    return yaml.safe_load(data_path("scenes", "words.yaml").read_text(encoding="utf-8"))


@cache
def names() -> Names:
    """All names of themes, subjects, styles and palettes in both languages. A name stands for one subject only."""
    v, keywords = vocabulary(), load_words("keywords")
    taken = {"style", "look"}  # of fashion's keywords: these words say other things in a caption
    groups = {"theme": v.themes, "subject": v.subjects, "style": v.styles, "palette": v.palettes}
    named, strange = {kind: {} for kind in groups}, {}
    for language in LANGUAGES:
        for kind, group in groups.items():
            found = {key: [word.name(language).lower()] for key, word in group.items()}
            for key, entry in keywords[f"{kind}s"].items():
                more = listed(entry[language].lower())
                found[key] += more[:OWN] if kind == "subject" else more
            named[kind][language] = found
        weak = set(listed(keywords["weak"][language].lower()))
        taken |= weak | {word for found in named["style"][language].values() for word in found}
        strange[language] = _more_things(named["subject"][language], language, weak)
        named["subject"][language] = _apart(named["subject"][language])
        for kind in ("theme", "style", "palette"):
            named[kind][language] = {key: tuple(dict.fromkeys(found)) for key, found in named[kind][language].items()}
        for kind in ("theme", "subject"):
            named[kind][language] = {
                key: (found[0], *(word for word in found[1:] if word not in taken))
                for key, found in named[kind][language].items()
            }
    return Names(named, strange)


def _more_things(things: dict[str, list[str]], language: str, weak: set[str]) -> tuple[tuple[str, str | None], ...]:
    """Put the names of concepts that are a subject behind that subject's own; return those that are none."""
    strange = []
    for concept in concepts().values():
        if concept.kind == "look":
            continue
        for word in getattr(concept, language):
            if concept.subject and concept.kind != "place":
                things[concept.subject].append(word.lower())
            elif word not in weak:
                strange.append((word.lower(), concept.theme or None))
    own = {word for found in things.values() for word in found}
    return tuple((word, theme) for word, theme in strange if word not in own)


def _apart(things: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Each name for one subject only: for the one where it stands first, by how near the head of its list."""
    first: dict[str, tuple[int, str]] = {}
    for key, found in things.items():
        for place, word in enumerate(found):
            first[word] = min(first.get(word, (place, key)), (place, key))
    return {key: tuple(dict.fromkeys(w for w in found if first[w][1] == key)) for key, found in things.items()}


@cache
def alphabet() -> str:
    """All letters of our words in both languages: these have a number of their own in the text encoder."""
    found = set(ascii_lowercase + digits + " ,-'")
    files = [str(load_words(name)) for name in ("caption", "keywords", "seen")]
    files += [str(scene_words()), data_path("vocabulary.yaml").read_text(encoding="utf-8")]
    return "".join(sorted(found | {c for c in plain("".join(files)) if "\u4e00" <= c <= "\u9fff"}))


def said_of(spec: SceneSpec, language: str) -> Said:
    """What the caption of a drawn scene says: its words tell which of the labels are in it. Layouts never are."""
    caption = (spec.caption_en if language == "en" else spec.caption_zh).lower()
    w = scene_words()[language]
    said: Said = dict.fromkeys(answers())
    said |= {name: getattr(spec, name) for name in ("theme", "subject", "style", "motion")}
    if w["time"][spec.time] in caption:
        said["time"] = spec.time
    if isinstance(spec.palette, str):
        name = vocabulary().palettes[spec.palette].name(language).lower()
        said["palette"] = spec.palette if w["colors"]["known"].format(name=name) in caption else None
    for pace, answer in {"slow": "slow", "fast": "quick"}.items():
        if w["pace"][pace] in caption:
            said["speed"] = answer
    return said


def as_numbers(said: Said) -> list[int]:
    """The answers as numbers, 0 for "not said"."""
    return [listed.index(said[name]) + 1 if said[name] else 0 for name, listed in answers().items()]


def example(spec: SceneSpec, language: str, rng: np.random.Generator) -> tuple[str, Said]:
    """A text about a scene, plain, and what it says: its caption or another wording, with slips of the hand."""
    dice = rng.random()
    if dice < WRITTEN:
        text, said = (spec.caption_en if language == "en" else spec.caption_zh), said_of(spec, language)
    elif dice < WRITTEN + NOTHING:
        text, said = _nothing(language, rng), dict.fromkeys(answers())
    elif dice < WRITTEN + NOTHING + BARE:
        part = str(rng.choice(["thing", "thing", "theme", "style", "palette", "place", "time", "move"]))
        text, said = _composed(spec, language, rng, {part})
    else:
        text, said = worded(spec, language, rng)
    return slipped(plain(text), language, rng), said


def worded(spec: SceneSpec, language: str, rng: np.random.Generator) -> tuple[str, Said]:
    """Some of a scene's labels in other words and order, and what is said so. A thing or place is always named."""
    parts = {part for part, share in SHARES.items() if rng.random() < share}
    return _composed(spec, language, rng, parts if parts & {"thing", "place"} else parts | {"thing"})


def _composed(spec: SceneSpec, language: str, rng: np.random.Generator, parts: set[str]) -> tuple[str, Said]:
    said: Said = dict.fromkeys(answers())
    theme = str(rng.choice(list(vocabulary().themes))) if rng.random() < ELSEWHERE else spec.theme
    clauses = {}
    if "thing" in parts:
        clauses["thing"] = _thing(spec, language, rng, said)
    if parts & {"place", "theme"}:
        said["theme"] = theme
        clauses["place"] = _place(theme, language, rng, bare="theme" in parts)
    if "style" in parts:
        said["style"] = spec.style
        clauses["style"] = _style(spec.style, language, rng)
    if "palette" in parts:
        clauses["palette"] = _palette(spec.palette, language, rng, said)
    if "move" in parts:
        clauses["move"] = _move(spec, language, rng, said)
    for name in ("time", "layout"):
        if name in parts:
            said[name] = getattr(spec, name)
            own = [scene_words()[language]["time"][spec.time]] if name == "time" else []
            clauses[name] = _any(own + load_words("caption")[name][said[name]][language], rng)
    if rng.random() < WITHOUT and len(parts) > 1:
        other = _any([subject for subject in answers()["subject"] if subject != spec.subject], rng)
        clauses["without"] = _framed("without", names().named["subject"][language][other][0], language, rng)
    if "thing" in clauses and rng.random() < SENTENCE:
        return _sentence(clauses, language, rng), said
    return _joined(list(clauses.values()), language, rng), said


def _any(options: list[str] | tuple[str, ...], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


def _framed(frames: str, name: str, language: str, rng: np.random.Generator) -> str:
    return _any(load_words("caption")[frames][language], rng).format(name)


def _thing(spec: SceneSpec, language: str, rng: np.random.Generator, said: Said) -> str:
    """A thing with a number before it: the scene's, or one that the lab cannot draw (its theme may be known)."""
    if rng.random() < STRANGE:
        name, said["theme"] = names().strange[language][int(rng.integers(len(names().strange[language])))]
        if rng.random() < 0.3:
            name, said["theme"] = _invented(language, rng), None
    else:
        own = names().named["subject"][language][spec.subject]
        name = own[0] if rng.random() < 0.35 else _any(own, rng)
        said["subject"], said["theme"] = spec.subject, vocabulary().subjects[spec.subject].theme
    text = _framed("thing", name, language, rng)
    plural = language == "en" and text.split()[0] in ("two", "three", "some", "many") and not text.endswith("s")
    text += "s" * plural
    if rng.random() < DOES:
        text += " " * (language == "en") + _any(load_words("caption")["doing"][language], rng)
    return text


def _place(theme: str, language: str, rng: np.random.Generator, bare: bool) -> str:
    places = scene_words()[language]["place"][theme] + load_words("caption")["place"][theme][language]
    if bare or rng.random() < 0.3:
        return _framed("place_frames", _any(names().named["theme"][language][theme], rng), language, rng)
    return _any(places, rng)


def _style(style: str, language: str, rng: np.random.Generator) -> str:
    own = scene_words()[language]["style"][style]
    if rng.random() < 0.4:
        return _any(own, rng)
    name = _any([vocabulary().styles[style].name(language).lower(), *names().named["style"][language][style]], rng)
    return _framed("style_frames", name if len(name) < 3 else name.removesuffix("风"), language, rng)


def _palette(palette: object, language: str, rng: np.random.Generator, said: Said) -> str:
    """Colours by the palette's name or a plain colour's; a brand's colours are in no words."""
    if not isinstance(palette, str):
        return _any(load_words("caption")["brand"][language], rng)
    said["palette"] = palette
    name, *colors = names().named["palette"][language][palette]
    if rng.random() < 0.5:
        return _framed("palette_frames", name, language, rng)
    plain_ones = [color for color in colors if color not in _no_colors(language)]
    if not plain_ones or rng.random() < 0.5:
        return _framed("palette_frames", _any(colors, rng).removesuffix("色"), language, rng)
    return _framed("color_frames", _any(plain_ones, rng), language, rng)


@cache
def _no_colors(language: str) -> set[str]:
    """Words that alone are no colour but a thing or a time: coffee, rose, dusk."""
    things = [word for found in names().named["subject"][language].values() for word in found]
    times = [word for entry in load_words("caption")["time"].values() for word in entry[language]]
    return {*things, *times, *(word for word, _ in names().strange[language])}


def _move(spec: SceneSpec, language: str, rng: np.random.Generator, said: Said) -> str:
    """A motion, often with its pace before or behind, as in the captions or otherwise."""
    said["motion"], pace = spec.motion, ""
    if spec.motion != "none" and rng.random() < 0.5:
        said["speed"] = str(rng.choice(list(answers()["speed"]), p=[0.45, 0.1, 0.45]))
        pace = _any(load_words("caption")["pace"][said["speed"]][language], rng)
    if rng.random() < 0.4:
        return " ".join(_any(scene_words()[language]["move"][spec.motion], rng).format(pace=pace).split())
    move = _any(load_words("caption")["move"][spec.motion][language], rng)
    return (" " if language == "en" else "").join([pace, move] if rng.random() < 0.6 else [move, pace])


def _sentence(clauses: dict[str, str], language: str, rng: np.random.Generator) -> str:
    """Clauses in the order in which one speaks: a neon cat at home at night; 夜晚在家里的霓虹风格的猫."""
    c, rest = clauses, [clauses[name] for name in ("move", "palette", "layout", "without") if name in clauses]
    if language == "en":
        first, _, more = c["thing"].partition(" ")
        looks = f"{c['style']} " if "style" in c else ""
        thing = f"{first} {looks}{more}" if first in BEFORE else looks + c["thing"]
        head = " ".join([thing, *(c[name] for name in ("place", "time") if name in c)])
        return _any([", ", " ", ", "], rng).join([head, *rest])
    around = "".join(c[name] for name in ("time", "place") if name in c)
    looks = c["style"] + "的" * (rng.random() < 0.5) if "style" in c else ""
    head = around + _any(["的", "的", "", "，"], rng) * bool(around) + looks + c["thing"]
    return _any(["，", "", "，"], rng).join([head, *rest])


def _joined(clauses: list[str], language: str, rng: np.random.Generator) -> str:
    """Clauses in any order, with commas, spaces or nothing between them; sometimes with words that say nothing."""
    if rng.random() < 0.2:
        empty = _any(load_words("caption")["filler"][language], rng)
        clauses = [*clauses, empty if rng.random() < 0.7 else _chatter(language, rng, 3)]
    order = rng.permutation(len(clauses)) if rng.random() < 0.7 else np.arange(len(clauses))
    between = _any(
        [", ", ", ", " ", " ", "; ", " - ", " and "] if language == "en" else ["，", "，", " ", "", "的", "、"], rng
    )
    return between.join(clauses[i] for i in order)


def _nothing(language: str, rng: np.random.Generator) -> str:
    """A text that says nothing: a sentence of the list, common words by chance, or invented ones."""
    dice = rng.random()
    if dice < 0.3:
        return _any(load_words("caption")["nothing"][language], rng)
    if dice < 0.75:
        return _chatter(language, rng, 8)
    return " ".join(_invented(language, rng) for _ in range(int(rng.integers(1, 6))))


def _chatter(language: str, rng: np.random.Generator, most: int) -> str:
    """One to `most` common words by chance."""
    chosen = [_any(load_words("caption")["common"][language], rng) for _ in range(int(rng.integers(1, most + 1)))]
    return (" " if language == "en" else "").join(chosen)


def _invented(language: str, rng: np.random.Generator) -> str:
    """A word that there is not: letters of English words mixed, or Chinese letters by chance."""
    if language == "en":
        pool = "".join(_any(names().named["subject"]["en"][s], rng) for s in rng.choice(answers()["subject"], 3))
        letters = [c for c in pool if c in ascii_lowercase]
        return "".join(rng.permutation(letters)[: int(rng.integers(3, 9))])
    return "".join(rng.choice(_chinese(), int(rng.integers(1, 4))))


@cache
def _chinese() -> list[str]:
    return [letter for letter in alphabet() if letter >= "\u4e00"]


def slipped(text: str, language: str, rng: np.random.Generator) -> str:
    """A plain text as it is, or (one in six) with one letter of a long English word or one Chinese comma gone wrong."""
    if rng.random() > 1 / 6 or not text:
        return text
    if language == "zh":
        return text.replace(", ", "", 1)
    runs = [word for word in text.replace(",", " ").split() if len(word) >= 5 and word.isalpha()]
    if not runs:
        return text
    word = _any(runs, rng)
    at, kind = int(rng.integers(1, len(word) - 1)), int(rng.integers(4))
    wrong = (
        word[:at] + word[at + 1 :],  # lost
        word[:at] + word[at] + word[at:],  # twice
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],  # two in the wrong order
        word[:at] + ascii_lowercase[int(rng.integers(26))] + word[at + 1 :],  # another
    )[kind]
    return text.replace(word, wrong, 1)
