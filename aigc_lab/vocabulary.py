"""The label schema: themes, subjects, styles, palettes and motions, in both languages (data/vocabulary.yaml)."""

from dataclasses import dataclass
from functools import cache

import yaml

from aigc_lab.settings import data_path


@dataclass(frozen=True)
class Word:
    """A label and its names."""

    id: str
    en: str
    zh: str

    def name(self, language: str) -> str:
        """The name in a BCP 47 language: Chinese for zh-*, English for every other."""
        return self.zh if language.startswith("zh") else self.en


@dataclass(frozen=True)
class Subject(Word):
    """What a shot shows; it belongs to one theme."""

    theme: str


@dataclass(frozen=True)
class Palette(Word):
    """Three colours as #rrggbb: base (large areas), support (second areas), accent."""

    colors: tuple[str, str, str]


@dataclass(frozen=True)
class Vocabulary:
    """All labels, by id, in a fixed order."""

    corpus_version: int
    themes: dict[str, Word]
    subjects: dict[str, Subject]
    styles: dict[str, Word]
    palettes: dict[str, Palette]
    motions: dict[str, Word]

    def subjects_of(self, theme: str) -> list[str]:
        """Ids of the subjects of one theme."""
        return [s.id for s in self.subjects.values() if s.theme == theme]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of this installation."""
    raw = yaml.safe_load(data_path("vocabulary.yaml").read_text(encoding="utf-8"))
    subjects = {
        s: Subject(s, names["en"], names["zh"], theme)
        for theme, entry in raw["themes"].items()
        for s, names in entry["subjects"].items()
    }
    return Vocabulary(
        corpus_version=raw["corpus_version"],
        themes={k: Word(k, v["name"]["en"], v["name"]["zh"]) for k, v in raw["themes"].items()},
        subjects=subjects,
        styles={k: Word(k, v["en"], v["zh"]) for k, v in raw["styles"].items()},
        palettes={k: Palette(k, v["en"], v["zh"], tuple(v["colors"])) for k, v in raw["palettes"].items()},
        motions={k: Word(k, v["en"], v["zh"]) for k, v in raw["motions"].items()},
    )
