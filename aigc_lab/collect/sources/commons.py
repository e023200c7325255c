"""Wikimedia Commons: search by words; licence, author and attribution come from each file's extended metadata.

The MediaWiki API (action=query, generator=search, prop=imageinfo or, for videos, its extension videoinfo, which lists
the smaller versions too) and the CommonsMetadata extension, which gives extmetadata.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from aigc_lab import LabError
from aigc_lab.collect.items import Item
from aigc_lab.collect.sources.fetch import Fetcher
from aigc_lab.collect.sources.finds import SIDE, Find, fetched, fitting, licence, plain

BASE = "https://commons.wikimedia.org"
PAGE = 20  # works in one answer
WIDTH = 1920  # px of the pictures: a width that Commons keeps ready
FIELDS = (
    "LicenseShortName|LicenseUrl|UsageTerms|NonFree|Restrictions|Artist|Attribution|Credit|ObjectName|ImageDescription"
    "|Categories"
)
UPKEEP = re.compile(
    r"(?i)cc-|pd[- ]|self-|upload|files? |pages |media |.*\b(wikidata|licen[cs]e)"
)  # no tags, but chores


def search(
    query: str,
    fetcher: Fetcher,
    count: int = 10,
    kind: str = "video",
    base: str = BASE,
    say: Callable[[str], None] | None = None,
) -> Iterator[Item]:
    """Up to `count` videos or pictures that Commons finds for the words; CirrusSearch's operators may be used.

    Yields Items whose address is the file's page there. `say` hears of files that were passed over. Raises LabError.
    """
    return fetched(_finds(query, fetcher, kind, base), fetcher, count, "commons", say)


def _finds(query: str, fetcher: Fetcher, kind: str, base: str) -> Iterator[Find]:
    prop, short, type_ = {"video": ("videoinfo", "vi", "video"), "picture": ("imageinfo", "ii", "bitmap")}[kind]
    asked = {
        "action": "query", "format": "json", "formatversion": 2,
        "generator": "search", "gsrsearch": f"{query} filetype:{type_}", "gsrnamespace": 6, "gsrlimit": PAGE,
        "prop": prop, f"{short}prop": "url|size|mime|extmetadata" + ("|derivatives" if kind == "video" else ""),
        f"{short}extmetadatafilter": FIELDS, f"{short}extmetadatalanguage": "en", f"{short}urlwidth": WIDTH,
    }  # fmt: skip
    more: dict | None = {}
    while more is not None:
        answer = fetcher.json(f"{base}/w/api.php", {**asked, **more})
        if "error" in answer:
            raise LabError(f"Commons cannot answer '{query}' ({answer['error'].get('info', 'no reason')}): change it.")
        pages = answer.get("query", {}).get("pages", [])
        for page in sorted(pages, key=lambda page: page.get("index", 0)):
            if page.get(prop):  # a long answer comes in parts, and a page's details in one of them
                yield _find(page, page[prop][0], kind, base, fetcher.most_bytes)
        more = answer.get("continue")


def _find(page: dict, info: dict, kind: str, base: str, most_bytes: int) -> Find:
    told = {key: str(field.get("value", "")) for key, field in info.get("extmetadata", {}).items()}
    name = re.sub(r"^File:|\.\w{3,4}$", "", page["title"])
    author = plain(told.get("Attribution") or told.get("Artist") or told.get("Credit") or "")
    free = told.get("NonFree", "").lower() not in ("true", "1")
    limits = told.get("Restrictions", "").replace("|", ", ")
    item = Item(
        path=Path(),
        kind=kind,
        source="commons",
        address=info["descriptionurl"],
        author=author,
        licence=licence(told.get("LicenseShortName"), told.get("LicenseUrl"), told.get("UsageTerms")) if free else "",
        title=plain(told.get("ObjectName", "")) or name,
        tags=tuple(tag for tag in told.get("Categories", "").split("|") if tag and not UPKEEP.match(tag)),
        text=plain(told.get("ImageDescription", "")),
        group=f"commons:{name if re.match('(?i)unknown|anonym|$', author) else author}",
        note=f"Commons names limits beside the licence: {limits}." if limits else "",
    )
    return Find(str(httpx.URL(base).join(_file(info, kind, most_bytes))), item)


def _file(info: dict, kind: str, most_bytes: int) -> str:
    """A picture at WIDTH; the smallest version of a video that is large enough."""
    if kind == "picture":
        return info.get("thumburl") or info["url"]
    choices = [(d.get("width") or 0, d.get("height") or 0, d["src"]) for d in info.get("derivatives", []) if _plays(d)]
    if info.get("size", 0) <= most_bytes or not choices:
        choices.append((info.get("width") or 0, info.get("height") or 0, info["url"]))
    return fitting(choices, SIDE) or info["url"]


def _plays(version: dict) -> bool:
    return bool(version.get("src")) and str(version.get("type", "video/")).startswith("video/")
