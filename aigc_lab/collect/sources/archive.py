"""Internet Archive: search by words among what has a licence; one file of each item.

The advanced search (advancedsearch.php) finds items, the metadata API lists an item's files, /download serves them.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from aigc_lab.collect.items import Item
from aigc_lab.collect.sources.fetch import Fetcher
from aigc_lab.collect.sources.finds import Find, fetched, fitting, licence, plain

BASE = "https://archive.org"
PAGE = 50  # items in one answer
FIELDS = ("identifier", "title", "creator", "licenseurl", "description", "subject")
MEDIA = {"video": "movies", "picture": "image"}
# Suffixes in the order of choice: what the Archive made for playing first, then what was given to it.
SUFFIXES = {
    "video": ((".mp4",), (".webm", ".ogv"), (".mov", ".m4v", ".mpg", ".mpeg", ".avi", ".mkv")),
    "picture": ((".jpg", ".jpeg", ".png", ".webp"), (".gif", ".tif", ".tiff")),
}


def search(
    query: str,
    fetcher: Fetcher,
    count: int = 10,
    kind: str = "video",
    base: str = BASE,
    say: Callable[[str], None] | None = None,
) -> Iterator[Item]:
    """Up to `count` videos or pictures with a licence that the Archive finds for the words.

    Yields Items whose address is the item's page there. `say` hears of items that were passed over. Raises LabError.
    """
    return fetched(_finds(query, fetcher, kind, base), fetcher, count, "archive", say)


def _finds(query: str, fetcher: Fetcher, kind: str, base: str) -> Iterator[Find]:
    words = " AND ".join(re.findall(r"\w+", query))  # nothing of the query can be read as Lucene's own signs
    asked = {
        "q": f"({words}) AND mediatype:({MEDIA[kind]}) AND licenseurl:[* TO *]",
        "fl[]": list(FIELDS), "rows": PAGE, "output": "json",
    }  # fmt: skip
    page, seen = 1, 0
    while words:
        answer = fetcher.json(f"{base}/advancedsearch.php", {**asked, "page": page})["response"]
        for row in answer["docs"]:
            if url := _file(str(row["identifier"]), fetcher, kind, base):
                yield Find(url, _item(row, kind, base))
        seen, page = seen + len(answer["docs"]), page + 1
        if not answer["docs"] or seen >= answer["numFound"]:
            return


def _item(row: dict, kind: str, base: str) -> Item:
    name = str(row["identifier"])
    return Item(
        path=Path(),
        kind=kind,
        source="archive",
        address=f"{base}/details/{quote(name)}",
        author="; ".join(plain(text) for text in _texts(row.get("creator"))),
        licence=licence(*_texts(row.get("licenseurl"))),
        title=plain("; ".join(_texts(row.get("title")))) or name,
        tags=tuple(tag.strip() for text in _texts(row.get("subject")) for tag in text.split(";") if tag.strip()),
        text=plain(" ".join(_texts(row.get("description")))),
        group=f"archive:{name}",
    )


def _file(name: str, fetcher: Fetcher, kind: str, base: str) -> str:
    """The address of an item's file that fits best; empty when it has none, or none that may be had."""
    files = [f for f in fetcher.json(f"{base}/metadata/{quote(name)}").get("files", []) if _open(f, fetcher.most_bytes)]
    for suffixes in SUFFIXES[kind]:
        choices = [f for f in files if str(f["name"]).lower().endswith(suffixes)]
        choices = [f for f in choices if f.get("source") == "original"] or choices if kind == "picture" else choices
        if best := fitting((_number(f, "width"), _number(f, "height"), f["name"]) for f in choices):
            return f"{base}/download/{quote(name)}/{quote(str(best))}"
    return ""


def _open(file: dict, most_bytes: int) -> bool:
    """Whether anybody may have a file, it is no thumbnail, and not too large."""
    small = "thumb" in f"{file.get('format', '')} {file['name']}".lower() or file.get("format") == "Item Tile"
    return not small and file.get("private") != "true" and _number(file, "size") <= most_bytes


def _number(file: dict, field: str) -> int:
    told = str(file.get(field, ""))
    return int(told) if re.fullmatch(r"\d{1,15}", told) else 0


def _texts(value: object) -> list[str]:
    """A field of the Archive: nothing, one text, or a list of texts."""
    return [str(text) for text in value] if isinstance(value, list) else [str(value)] if value else []
