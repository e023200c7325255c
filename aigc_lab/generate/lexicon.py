"""How names and odd words are spoken: data/voices/lexicon.yaml, and a person's own lexicon.yaml beside the profile."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from aigc_lab import LabError
from aigc_lab.settings import config_path, data_path

_PINYIN = re.compile(r"[a-zü]+[1-5]")


@dataclass(frozen=True)
class Lexicon:
    """pinyin: Chinese word -> a syllable for each character; respelled: rules (pattern, what is said) for the rest."""

    pinyin: dict[str, list[str]]
    respelled: tuple


def lexicon() -> Lexicon:
    """The project's lexicon with the person's own on top; read again when a file has changed.

    Raises LabError when a file is not what it should be.
    """
    files = [data_path("voices", "lexicon.yaml"), config_path() / "lexicon.yaml"]
    return _read(tuple((path, path.stat().st_mtime_ns) for path in files if path.is_file()))


@cache
def _read(files: tuple[tuple[Path, int], ...]) -> Lexicon:
    pinyin: dict[str, list[str]] = {}
    respelled: dict[str, str] = {}
    for path, _ in files:
        content = _load(path)
        for word, reading in (content.get("pinyin") or {}).items():
            pinyin[str(word)] = _syllables(str(word), str(reading), path)
        respelled.update({str(word): str(said) for word, said in (content.get("say") or {}).items()})
    rules = [
        (re.compile(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])"), _says(said)) for word, said in respelled.items()
    ]
    return Lexicon(pinyin, tuple(rules))


def _says(said: str):
    return lambda match: said


def _load(path: Path) -> dict:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LabError(f"{path} is not YAML in UTF-8: write it as in data/voices/lexicon.yaml.") from error
    if not isinstance(content, dict) or any(not isinstance(content.get(key) or {}, dict) for key in ("pinyin", "say")):
        raise LabError(f"{path} needs the parts 'pinyin' and 'say', each a list of 'word: reading'.")
    return content


def _syllables(word: str, reading: str, path: Path) -> list[str]:
    syllables = reading.split()
    if len(syllables) != len(word) or not all(_PINYIN.fullmatch(s) for s in syllables):
        raise LabError(f"{path}: {word} needs one syllable with its tone (1-5) for each character, not {reading!r}.")
    return syllables
