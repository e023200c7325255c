"""The fonts that may draw text, and what becomes of a letter that none of them has.

Lab Sans (bold and black; Latin and GB 2312) draws everything it can; Noto Sans SC draws the letters it lacks (Greek,
Cyrillic, traditional and rarer Chinese, arrows, ticks). A letter that neither has is replaced by its plain form if
that exists (mathematical letters, a Vietnamese letter without its marks), else it is left out: emoji, Arabic, Hebrew,
Thai, Korean. `dropped` names those, so that a run can say so.
The machine's own fonts are never used: libass sees one folder and an empty fontconfig.
"""

import importlib.util
import os
import re
import shutil
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageFont

from aigc_lab import LabError
from aigc_lab.settings import data_path

SANS, BLACK, FULL = "Lab Sans", "Lab Sans Black", "Noto Sans SC"
LINE = {SANS: 1.448, BLACK: 1.448, FULL: 1.448}  # ascent + descent by em; an ASS font size is this times the em
EMPTY_FONTCONFIG = (
    "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'urn:fontconfig:fonts.dtd'><fontconfig></fontconfig>\n"
)


@cache
def font_file(family: str) -> Path:
    """The file of one of our three families. Raises LabError when it is not installed."""
    if family in (SANS, BLACK):
        return data_path("fonts", "LabSans-Bold.ttf" if family == SANS else "LabSansBlack.ttf")
    spec = importlib.util.find_spec("pylopdf_fonts_zh_cn")
    path = Path(next(iter(spec.submodule_search_locations)), "NotoSansSC-Regular.otf") if spec else None
    if path is None or not path.is_file():
        raise LabError("The font Noto Sans SC is missing: install the lock again with 'python lab.py setup'.")
    return path


@cache
def glyphs(family: str) -> frozenset[int]:
    """Code points that a family can draw."""
    with TTFont(font_file(family), lazy=True) as font:
        return frozenset(font.getBestCmap())


def has_glyph(letter: str) -> bool:
    """Whether Lab Sans or Noto Sans SC can draw this one character."""
    return ord(letter) in glyphs(SANS) or ord(letter) in glyphs(FULL)


@cache
def _replacement(letter: str) -> str:
    if has_glyph(letter):
        return letter
    plain = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
    return plain if plain != letter and all(has_glyph(c) for c in plain) else ""


def drawable(text: str) -> str:
    """The text as our fonts can draw it: nothing in it will show as an empty box. May be shorter, even empty."""
    kept = "".join(_replacement(c) for c in unicodedata.normalize("NFC", text))
    return re.sub(r"\s+", " ", kept).strip()


def dropped(text: str) -> list[str]:
    """The characters that `drawable` leaves out, each once, in order."""
    lost = (c for c in unicodedata.normalize("NFC", text) if not c.isspace() and not _replacement(c))
    return list(dict.fromkeys(lost))


def font_runs(text: str, family: str = SANS) -> list[tuple[str, str]]:
    """The text cut into (family, piece): `family` where it can, Noto Sans SC where it must."""
    pieces = groupby(text, key=lambda c: family if ord(c) in glyphs(family) else FULL)
    return [(name, "".join(letters)) for name, letters in pieces]


@cache
def pillow_font(family: str, em: int) -> ImageFont.FreeTypeFont:
    """A Pillow font of this family; em in pixels."""
    return ImageFont.truetype(str(font_file(family)), em)


def width(text: str, em: float, family: str = SANS, tracking: float = 0.0) -> float:
    """Pixels that one line takes at this em size, with `tracking` em added after each letter."""
    drawn = sum(pillow_font(name, 200).getlength(piece) for name, piece in font_runs(text, family))
    return drawn * em / 200 + tracking * em * len(text)


def font_folder(folder: Path, texts: Iterable[str]) -> dict[str, str]:
    """Put into `folder`/fonts what libass needs for these texts; returns the environment that ffmpeg must run with.

    Noto Sans SC (8 MB) is put there only when a text needs it.
    """
    fonts = Path(folder) / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    needed = {name for text in texts for name, _ in font_runs(text)} | {SANS, BLACK}
    for family in sorted(needed):
        target = fonts / font_file(family).name
        if not target.exists():
            shutil.copyfile(font_file(family), target)
    (Path(folder) / "fonts.conf").write_text(EMPTY_FONTCONFIG, encoding="utf-8")
    return {"FONTCONFIG_FILE": "fonts.conf", "FONTCONFIG_PATH": os.curdir}


def check_font_log(log: str) -> None:
    """Read what libass said (ffmpeg -loglevel verbose): every font it chose must be ours.

    Raises LabError for a missing font or glyph, or one taken from the machine.
    """
    ours = {"LabSans-Bold", "LabSansBlack-Regular", "NotoSansSC-Regular"}
    for line in log.splitlines():
        chosen = re.search(r"fontselect: \((.+?), \d+, \d+\) -> ([^,]+)", line)
        if chosen and chosen.group(2).strip() not in ours:
            raise LabError(f"The text would be drawn with {chosen.group(2)} instead of {chosen.group(1)}: report it.")
        if re.search(r"[Gg]lyph .* not found|failed to find any fallback|can't find selected font", line):
            raise LabError(f"A letter has no font ({line.strip()}): remove it from the text.")
