"""What a scene shows, in a sentence: captions in English and Chinese, in varied words (data/scenes/words.yaml)."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import yaml

from aigc_lab.settings import data_path
from aigc_lab.vocabulary import vocabulary


@cache
def _words() -> dict:
    return yaml.safe_load(data_path("scenes", "words.yaml").read_text(encoding="utf-8"))


def captions(told: Mapping[str, object], rng: np.random.Generator) -> tuple[str, str]:
    """Captions of a scene in English and Chinese from its labels; the words vary with the generator."""
    order, picks = int(rng.integers(4)), rng.integers(0, 1 << 30, 8).tolist()
    english = _english(_chosen(told, "en", picks[:4]), order)
    return english[0].upper() + english[1:], _chinese(_chosen(told, "zh", picks[4:]), order)


def _chosen(told: Mapping[str, object], language: str, picks: list[int]) -> dict[str, str]:
    """The words for each label, one of several picked."""
    words, count = _words()[language], int(str(told["count"]))
    style, place, move, many = (
        options[pick % len(options)]
        for options, pick in zip(
            (words["style"][told["style"]], words["place"][told["theme"]], words["move"][told["motion"]],
             words["many"][count]), picks, strict=True)
    )  # fmt: skip
    speed = float(str(told["speed"]))
    pace = words["pace"]["slow" if speed < 0.8 else "fast" if speed > 1.25 else "usual"]
    noun = vocabulary().subjects[str(told["subject"])]
    count_noun = _counted_en if language == "en" else _counted_zh
    return {
        "style": style, "place": place, "time": words["time"][told["time"]],
        "move": " ".join(move.format(pace=pace).split()),
        "thing": count_noun(noun.id, noun.name(language), count, many, style),
        "bare": count_noun(noun.id, noun.name(language), count, many, ""), "colors": _colors(told["palette"], language),
    }  # fmt: skip


def _english(w: dict[str, str], order: int) -> str:
    return (
        f"{w['thing']} {w['place']} {w['time']}, {w['move']}, {w['colors']}",
        f"{w['style']} clip: {w['bare']} {w['place']}, {w['move']} {w['time']}, {w['colors']}",
        f"{w['colors']}: {w['thing']} {w['place']}, {w['move']}",
        f"{w['thing']}, {w['move']}, {w['place']} {w['time']}",
    )[order]


def _chinese(w: dict[str, str], order: int) -> str:
    return (
        f"{w['thing']}，{w['time']}{w['place']}，{w['move']}，{w['colors']}",
        f"{w['colors']}的{w['style']}画面：{w['time']}，{w['bare']}{w['place']}，{w['move']}",
        f"{w['time']}{w['place']}，{w['thing']}，{w['move']}，{w['colors']}",
        f"{w['style']}短片：{w['bare']}{w['place']}，{w['move']}",
    )[order]


def _counted_en(subject: str, name: str, count: int, many: str, style: str) -> str:
    noun = name if name == "T-shirt" else name[0].lower() + name[1:]
    pack = _words()["en"]["packs"].get(subject)  # nouns that have no plural of their own: two pairs of sunglasses
    if pack:
        packs = "pair" if pack == "pairs" else pack.rstrip("s")
        head = f"a {packs} of" if count == 1 else f"{'two' if count == 2 else 'three'} {pack} of"
        return " ".join(f"{head} {style} {noun}".split())
    if count > 1:
        ends = (
            ("fly", "flies"),
            ("ss", "sses"),
            ("s", "ses"),
            ("x", "xes"),
            ("ch", "ches"),
            ("sh", "shes"),
            ("ry", "ries"),
        )
        noun = next((noun[: -len(end)] + more for end, more in ends if noun.endswith(end)), noun + "s")
    first = style or noun
    article = "an" if many == "a" and first[0] in "aeiou" else many
    return " ".join(f"{article} {style} {noun}".split())


def _counted_zh(subject: str, name: str, count: int, many: str, style: str) -> str:
    measure = next((m for m, ids in _words()["zh"]["measures"].items() if subject in ids), "个")
    return (f"{style}的" if style else "") + many.format(measure=measure) + name


def _colors(palette: object, language: str) -> str:
    names, words = vocabulary().palettes, _words()[language]["colors"]
    known = isinstance(palette, str) and palette in names
    return words["known"].format(name=names[str(palette)].name(language).lower()) if known else words["own"]
