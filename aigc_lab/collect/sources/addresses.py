"""A list of addresses that a person keeps: a CSV table, or a text with one address a line, and whose the works are.

    address, licence, author, title
    https://example.org/sea.mp4, CC BY 4.0, Mei Lin, Waves at dusk

Without a line of names this is the order; with one, the names of credits.csv in either language may stand in any order.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aigc_lab import LabError
from aigc_lab.brief import read_text_file
from aigc_lab.collect.items import Item
from aigc_lab.collect.sidecars import NAMES
from aigc_lab.collect.sources.fetch import Fetcher
from aigc_lab.collect.sources.finds import Find, fetched, licence

ORDER = ("source", "licence", "author", "title", "keywords")
ALSO = {"source": ("address", "地址", "网址")}


@dataclass(frozen=True)
class Row:
    """A line of the list: where a work is and what is said of it."""

    source: str = ""
    licence: str = ""
    author: str = ""
    title: str = ""
    keywords: str = ""


def fetch_list(
    path: Path,
    fetcher: Fetcher,
    count: int = 1000,
    kind: str = "",
    base: str = "",
    say: Callable[[str], None] | None = None,
) -> Iterator[Item]:
    """The works of a list, `count` at most, of one kind ("video", "picture") or, with "", of both.

    Addresses without a host go on from `base`. A work without a known licence is fetched too, since a person asked for
    it by name: the gate keeps it away from every use until its licence is known. `say` hears of works that were passed
    over. Raises LabError when the list cannot be read or names no address.
    """
    finds = [_find(row, row.source if "://" in row.source else base + row.source, kind) for row in rows(path)]
    return fetched(finds, fetcher, count, "list", say, only_known=False)


def rows(path: Path) -> list[Row]:
    """The lines of a list that hold an address; empty ones and those that begin with # are left out.

    Raises LabError when it cannot be read or there are none.
    """
    lines = read_text_file(path, "list of addresses").splitlines()
    kept = [
        (number, text) for number, text in enumerate(lines, 1) if text.strip() and not text.lstrip().startswith("#")
    ]
    sign = "\t" if kept and "\t" in kept[0][1] else ","
    try:
        cells = list(csv.reader((text for _, text in kept), delimiter=sign, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise LabError(f"{path} cannot be read as a table ({error}): put texts with commas in quotes.") from error
    names = [_field(cell) for cell in cells[0]] if cells else []
    order, first = (names, 1) if "source" in names else (ORDER, 0)
    told = [{name: cell.strip() for name, cell in zip(order, row, strict=False)} for row in cells[first:]]
    found = [Row(**{name: row[name] for name in ORDER if name in row}) for row in told if row.get("source")]
    if not found:
        raise LabError(f"{path} names no address: write one a line, then its licence, author and title.")
    return found


def _field(name: str) -> str:
    """What a column is called here: the names of credits.csv, and a few more for the address."""
    name = name.strip().lower()
    return next((field for field in ORDER if name in (*NAMES[field], *ALSO.get(field, ()))), name)


def _find(row: Row, url: str, kind: str) -> Find:
    item = Item(
        path=Path(),
        kind=kind,
        source="addresses",
        address=url,
        author=row.author,
        licence=licence(row.licence),
        title=row.title,
        tags=tuple(tag.strip() for tag in re.split("[,;，；]", row.keywords) if tag.strip()),
        group=f"addresses:{row.author}" if row.author else "",
    )
    return Find(url, item)
