"""The data card of a corpus in both languages: what is in it, whose it is, what was refused, and what it cannot do.

Every number is counted from the manifest; the words are in data/report/data_card.yaml, the page in data_card.jinja.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import jinja2
import numpy as np

from aigc_lab import LabError
from aigc_lab.brief import read_yaml
from aigc_lab.collect.checkup import cropped
from aigc_lab.collect.corpus import Corpus, refusal
from aigc_lab.collect.manifest import REFUSING, Row
from aigc_lab.collect.splitting import leaks
from aigc_lab.media import read_frames, read_image, write_image, write_text
from aigc_lab.rights import USES
from aigc_lab.settings import data_path
from aigc_lab.vocabulary import vocabulary

NAMES = {"en": "CARD.md", "zh": "CARD.zh-CN.md"}
SHEET = "contact.webp"
COLUMNS, MOST, CELL = 8, 40, 160  # of the contact sheet: pictures in a row, in all, pixels of one
COUNTED = ("kind", "source", "licence", "theme", "split")


def write_cards(corpus: Corpus) -> list[Path]:
    """Write CARD.md, CARD.zh-CN.md and contact.webp into the corpus; returns the cards. Raises LabError."""
    rows = corpus.rows
    pictures = list(islice(_pictures(corpus, rows), MOST))
    if pictures:
        from aigc_lab.collect.sheets import sheet

        write_image(sheet(pictures, min(COLUMNS, len(pictures))), corpus.folder / SHEET, quality=80)
    paths = []
    for language, name in NAMES.items():
        paths.append(corpus.folder / name)
        write_text(paths[-1], card(corpus, rows, language, len(pictures)))
    return paths


def card(corpus: Corpus, rows: Sequence[Row], language: str, pictures: int = 0) -> str:
    """The card as Markdown; language: en or zh; pictures: how many the contact sheet shows, 0 leaves it out."""
    told = _in(read_yaml(data_path("report", "data_card.yaml"), "text of the data card"), language)
    usable, refused = [r for r in rows if r.status == "usable"], [r for r in rows if r.status != "usable"]
    told["title"] = told["title"].format(name=corpus.folder.resolve().name)
    told["summary"] = _summary(corpus, rows, told) if rows else told["empty"]
    told["picture_note"] = told["picture_note"].format(count=pictures)
    values = {
        "told": told | {"licence": told["columns"]["licence"]},
        "uses": [told["uses"][use] for use in USES],
        "tables": [(told["columns"][c], _counted(usable, c, told, language)) for c in COUNTED] if rows else [],
        "rights": _rights(rows, language),
        "flags": [
            (told["quarantine"], _flags(refused, told, refusing=True), told["quarantine_none"]),
            (told["warnings"], _flags(usable, told, refusing=False), told["warnings_none"]),
        ],
        "limits": _limits(rows, usable, told["limits_said"], language),
        "picture": SHEET if pictures else "",
    }
    loader = jinja2.FileSystemLoader(data_path("report"), encoding="utf-8")
    page = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined)
    page.filters["cell"] = _cell
    return page.get_template("data_card.jinja").render(values).rstrip() + "\n"


def _in(words: Any, language: str) -> Any:
    """The words of one language: every {en: ..., zh: ...} becomes its text."""
    if isinstance(words, dict) and set(words) == set(NAMES):
        return words[language]
    return {key: _in(value, language) for key, value in words.items()} if isinstance(words, dict) else words


def _cell(text: str) -> str:
    """Text that a source gave, so that it cannot break the table or bring HTML into the page."""
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")


def _summary(corpus: Corpus, rows: Sequence[Row], told: dict[str, Any]) -> str:
    files = {row.path for row in rows}
    usable = sum(row.status == "usable" for row in rows)
    there = [corpus.folder / path for path in files if (corpus.folder / path).is_file()]
    days = sorted(row.added for row in rows)
    filmed = sum(row.seconds for row in rows if row.kind == "video")
    return told["summary"].format(
        rows=len(rows), files=len(files), usable=usable, quarantine=len(rows) - usable, first=days[0], last=days[-1],
        minutes=filmed / 60, megabytes=sum(path.stat().st_size for path in there) / 1e6,
    )  # fmt: skip


def _counted(rows: Sequence[Row], column: str, told: dict[str, Any], language: str) -> list[tuple[str, int, float]]:
    """(name, rows, share) of each value of a column, the most frequent first."""
    counts = Counter(getattr(row, column) for row in rows)
    names = {row.licence: row.rights.licence_name(language) for row in rows} if column == "licence" else told["values"]
    if column == "theme":
        names = {key: theme.name(language) for key, theme in vocabulary().themes.items()}
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(names.get(value, value) or told["none"], count, count / len(rows)) for value, count in ordered]


def _rights(rows: Sequence[Row], language: str) -> list[dict[str, Any]]:
    """For each licence: its name, its rows, how many of them the gate lets through for each use, the authors named."""
    found = []
    for licence, _ in Counter(row.licence for row in rows).most_common():
        held = [row for row in rows if row.licence == licence]
        passing = [sum(not refusal(row, use) for row in held) for use in USES]
        authors = len({row.author for row in held if row.author})
        name = held[0].rights.licence_name(language)
        found.append({"name": name, "rows": len(held), "uses": passing, "authors": authors})
    return found


def _flags(rows: Sequence[Row], told: dict[str, Any], refusing: bool) -> list[dict[str, Any]]:
    """The flags of rows: name, number of rows, and the limit (or limits) that they passed."""
    flags = [flag for row in rows for flag in row.flags if (flag.name in REFUSING) == refusing]
    found = []
    for name, count in sorted(Counter(f.name for f in flags).items(), key=lambda pair: (-pair[1], pair[0])):
        limits = " / ".join(f"{limit:g}" for limit in sorted({f.limit for f in flags if f.name == name}))
        found.append({"name": told["flags"].get(name, name), "rows": count, "limit": limits})
    return found


def _limits(rows: Sequence[Row], usable: Sequence[Row], said: dict[str, str], language: str) -> list[str]:
    """Sentences on what the corpus cannot do, each from a count."""
    sentences = [said["licences"]]
    if usable:
        themes = vocabulary().themes
        missing = [word.name(language) for key, word in themes.items() if key not in {row.theme for row in usable}]
        source, most = Counter(row.source for row in usable).most_common(1)[0]
        absent = (", " if language == "en" else "、").join(missing) or "-"
        sentences.append(said["source"].format(share=100 * most / len(usable), name=_cell(source)))
        for theme, many in Counter(row.theme for row in usable if row.theme).most_common(1):
            name = themes[theme].name(language) if theme in themes else theme
            share = 100 * many / len(usable)
            sentences.append(said["theme"].format(share=share, name=_cell(name), missing=absent))
    faces = [r for r in usable if not r.consent and any(flag.name == "faces" for flag in r.flags)]
    bare, unsplit = [r for r in usable if not (r.caption_en and r.caption_zh)], [r for r in usable if not r.split]
    vague = [row for row in usable if not row.theme]
    for key, held in (("unthemed", vague), ("captions", bare), ("consent", faces), ("split", unsplit)):
        if held:
            sentences.append(said[key].format(count=len(held)))
    if usable:
        own = sum(row.how.get("theme") == "labels" for row in usable)
        sentences.append(said["said"].format(count=own, all=len(usable)))
    if len(unsplit) < len(usable):
        sentences.append(said["leaks"].format(count=len(leaks(rows))))
    return sentences


def frames(corpus: Corpus, rows: Sequence[Row], longest: int) -> Iterator[tuple[Row, np.ndarray]]:
    """One frame uint8 (H, W, 3) of each usable picture and shot that can be read, without bars, the themes in turn; its
    long side has at most `longest` pixels."""
    themes: dict[str, list[Row]] = {}
    for row in rows:
        if row.status == "usable" and row.kind != "text":
            themes.setdefault(row.theme, []).append(row)
    for row in (row for turn in zip_longest(*themes.values()) for row in turn if row):
        try:
            if row.kind == "picture":
                frame = read_image(corpus.path(row))[:, :, :3]
            else:
                frame = next(read_frames(corpus.path(row), (row.start + row.end) / 2))[1]
        except (LabError, StopIteration):  # `check` names what cannot be read
            continue
        yield row, cropped(frame, row.crop, longest)


def _pictures(corpus: Corpus, rows: Sequence[Row]) -> Iterator[np.ndarray]:
    """Those frames, each in the middle of a cell uint8 (CELL, CELL, 3)."""
    for _, picture in frames(corpus, rows, CELL):
        height, width = picture.shape[:2]
        y, x = (CELL - height) // 2, (CELL - width) // 2
        cell = np.full((CELL, CELL, 3), 238, np.uint8)
        cell[y : y + height, x : x + width] = picture
        yield cell
