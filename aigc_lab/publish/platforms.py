"""Where a short is posted: safe areas, cover crop, limits and how to declare AI content (data/platforms.yaml)."""

import difflib
from dataclasses import dataclass
from functools import cache

import yaml

from aigc_lab import LabError
from aigc_lab.settings import data_path

WIDTH, HEIGHT = 1080, 1920  # of every finished video


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the 1080 x 1920 picture."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    @property
    def center(self) -> tuple[float, float]:
        """The middle, (x, y)."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Platform:
    """One place to post. Sizes in pixels of 1080 x 1920; title in characters."""

    id: str
    en: str
    zh: str
    safe: Box
    caption_y: float
    cover: tuple[int, int]
    title: int
    hashtags: int
    interface: tuple[tuple[Box, str], ...]
    declare_en: tuple[str, ...]
    declare_zh: tuple[str, ...]

    def name(self, language: str) -> str:
        """The name in a BCP 47 language: Chinese for zh-*, English for every other."""
        return self.zh if language.startswith("zh") else self.en

    def declare(self, language: str) -> tuple[str, ...]:
        """The steps to declare AI content when posting, in a BCP 47 language."""
        return self.declare_zh if language.startswith("zh") else self.declare_en


@cache
def platforms() -> dict[str, Platform]:
    """All platforms by id, in the order of the data file."""
    rows = yaml.safe_load(data_path("platforms.yaml").read_text(encoding="utf-8"))
    return {key: _platform(key, row) for key, row in rows.items()}


def _platform(key: str, row: dict) -> Platform:
    m = row["margins"]
    cover = tuple(int(n) for n in row["cover"].split(":"))
    boxes = tuple((Box(x, y, x + w, y + h), label) for x, y, w, h, label in row["interface"])
    return Platform(
        key, row["name"]["en"], row["name"]["zh"], Box(m["left"], m["top"], WIDTH - m["right"], HEIGHT - m["bottom"]),
        row["caption_y"], cover, row["title"], row["hashtags"], boxes,
        tuple(row["declare"]["en"]), tuple(row["declare"]["zh"]),
    )  # fmt: skip


def platform(name: str) -> Platform:
    """The platform with this id or name in either language, in any letter case.

    Raises LabError that lists the known ones.
    """
    asked = name.strip().casefold()
    for row in platforms().values():
        if asked in {row.id, row.en.casefold(), row.zh.casefold()}:
            return row
    near = difflib.get_close_matches(asked, platforms(), n=1, cutoff=0.6)
    hint = f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(platforms())}."
    raise LabError(f"Platform {name!r} is unknown: {hint}")
