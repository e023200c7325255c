"""Pexels and Pixabay: free stock videos and pictures, each with a free key of one's own.

Both let the material be cut into one's own work. Pexels forbids building data sets or training from its service, and
the lab keeps Pixabay's works to cutting in too: `may_train` is no (data/rights.yaml), so none reaches a training set.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from aigc_lab import LabError
from aigc_lab.collect.items import Item
from aigc_lab.collect.sources.fetch import Fetcher
from aigc_lab.collect.sources.finds import Find, chinese, fetched, fitting
from aigc_lab.settings import settings

PEXELS = "https://api.pexels.com"
PIXABAY = "https://pixabay.com"
PAGE = 40  # works in one answer: Pexels gives 80, Pixabay 200 at most
REACHED = 500  # works that Pixabay shows of one search
TERMS = "For cutting into your own work only, not for data sets or training: see the service's terms."
KEYS = {
    "pexels": ("AIGC_LAB_PEXELS_KEY", "https://www.pexels.com/api/"),
    "pixabay": ("AIGC_LAB_PIXABAY_KEY", "https://pixabay.com/api/docs/"),
}


def pexels(
    query: str,
    fetcher: Fetcher,
    count: int = 10,
    kind: str = "video",
    base: str = PEXELS,
    say: Callable[[str], None] | None = None,
) -> Iterator[Item]:
    """Up to `count` videos or pictures that Pexels finds for the words; AIGC_LAB_PEXELS_KEY must be set.

    Yields Items whose address is the work's page there, to be named with its author. Raises LabError.
    """
    key = _key("pexels")
    return fetched(_pexels(query, fetcher, kind, base, key), fetcher, count, "pexels", say)


def pixabay(
    query: str,
    fetcher: Fetcher,
    count: int = 10,
    kind: str = "video",
    base: str = PIXABAY,
    say: Callable[[str], None] | None = None,
) -> Iterator[Item]:
    """Up to `count` videos or pictures that Pixabay finds for the words; AIGC_LAB_PIXABAY_KEY must be set.

    Yields Items whose address is the work's page there. Pixabay asks to keep answers for 24 hours: Fetcher's `fresh`.
    Raises LabError.
    """
    key = _key("pixabay")
    return fetched(_pixabay(query, fetcher, kind, base, key), fetcher, count, "pixabay", say)


def _key(service: str) -> str:
    name, page = KEYS[service]
    key = getattr(settings(), f"{service}_key").get_secret_value().strip()
    if not key or not key.isascii():
        raise LabError(f"{service.title()} wants a key: get a free one at {page} and put it into {name}.")
    return key


def _pexels(query: str, fetcher: Fetcher, kind: str, base: str, key: str) -> Iterator[Find]:
    path, rows = {"video": ("/videos/search", "videos"), "picture": ("/v1/search", "photos")}[kind]
    asked = {"query": query, "per_page": PAGE} | ({"locale": "zh-CN"} if chinese(query) else {})
    page, more = 1, True
    while more:
        answer = fetcher.json(base + path, {**asked, "page": page}, headers={"Authorization": key})
        for row in answer[rows]:
            if kind == "video":
                author, by = row["user"]["name"], row["user"]["id"]
                files = [f for f in row["video_files"] if f.get("file_type") == "video/mp4"]
                url = fitting((f.get("width") or 0, f.get("height") or 0, f["link"]) for f in files)
            else:
                author, by = row["photographer"], row["photographer_id"]
                url = row["src"].get("large2x") or row["src"]["original"]
            title = row.get("alt") or _slug(row["url"])
            if url:
                yield Find(url, _item("pexels", "LicenseRef-Pexels", kind, row["url"], author, by, title, _tags(row)))
        page, more = page + 1, bool(answer.get("next_page") and answer[rows])


def _pixabay(query: str, fetcher: Fetcher, kind: str, base: str, key: str) -> Iterator[Find]:
    path = {"video": "/api/videos/", "picture": "/api/"}[kind]
    asked = {"key": key, "q": query[:100], "per_page": PAGE, "safesearch": "true"}
    asked |= {"lang": "zh"} if chinese(query) else {}
    page, seen, most = 1, 0, 1
    while seen < most:
        answer = fetcher.json(base + path, {**asked, "page": page})
        for row in answer["hits"]:
            if kind == "video":
                sizes = [
                    size
                    for size in row["videos"].values()
                    if size.get("url") and size.get("size", 0) <= fetcher.most_bytes
                ]
                url = fitting((size["width"], size["height"], size["url"]) for size in sizes)
            else:
                url = row.get("largeImageURL") or row["webformatURL"]
            title, tags = _slug(row["pageURL"]), _tags(row)
            if url:
                page_, by = row["pageURL"], row["user_id"]
                yield Find(url, _item("pixabay", "LicenseRef-Pixabay", kind, page_, row["user"], by, title, tags))
        seen, page, most = seen + PAGE, page + 1, min(answer["totalHits"], REACHED)


def _item(
    source: str, licence: str, kind: str, address: str, author: str, by: object, title: str, tags: tuple[str, ...]
) -> Item:
    """Works of one author count as one take: they are often parts of one."""
    return Item(
        path=Path(), kind=kind, source=source, address=address, author=str(author), licence=licence, title=title,
        tags=tags, group=f"{source}:{by}", note=TERMS,
    )  # fmt: skip


def _tags(row: dict) -> tuple[str, ...]:
    """Pixabay's tags are one text with commas; Pexels names them for some works as a list."""
    told = row.get("tags") or ""
    texts = told.split(",") if isinstance(told, str) else [str(tag) for tag in told]
    return tuple(text.strip() for text in texts if text.strip())


def _slug(address: str) -> str:
    """The words in a work's address, which is all the title that these services have for it."""
    last = address.rstrip("/").rpartition("/")[2]
    return re.sub(r"[-_]+", " ", re.sub(r"-?\d+$", "", last)).strip()
