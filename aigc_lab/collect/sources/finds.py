"""What the sources on the web share: from what a service says of a work to an Item with a file and its rights."""

import html.parser
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from aigc_lab import LabError
from aigc_lab.collect.items import Item
from aigc_lab.collect.sidecars import licence_id
from aigc_lab.collect.sources.fetch import Fetcher
from aigc_lab.collect.sources.formats import identify
from aigc_lab.collect.sources.reach import Away, Passed
from aigc_lab.rights import USES, licences

T = TypeVar("T")
SIDE = 720  # px of the short side that a file should have: enough for a 1080 x 1920 short, a tenth of an original
IN_A_ROW = 3  # so many files whose host is away, one after the other: it is the network


@dataclass(frozen=True)
class Find:
    """A work that a service or list told of: where its file is, and the Item it becomes.

    The item's path is not set yet, and its kind is empty where only the file can tell.
    """

    url: str
    item: Item


def fetched(
    finds: Iterable[Find],
    fetcher: Fetcher,
    count: int,
    name: str,
    say: Callable[[str], None] | None = None,
    only_known: bool = True,
) -> Iterator[Item]:
    """The first `count` works that can be fetched; `name` is the service's.

    `only_known`: works without a licence that the lab knows are not even fetched, for nothing could be done with them.
    `say` hears a sentence for each that was passed over. Raises LabError when the service answers in an unknown shape,
    when this machine is the trouble, or when the host is away for IN_A_ROW files one after the other.
    """
    say, found, away = say or (lambda sentence: None), 0, 0
    if count < 1:
        return
    for find in _shaped(itertools.islice(finds, 20 * count + 100), name):
        title = find.item.title or find.url
        if only_known and not any(find.item.rights.may(use) for use in USES):
            say(f"{title}: passed over, its licence is '{find.item.licence or 'not told'}'.")
            continue
        kinds = (find.item.kind,) if find.item.kind else ("video", "picture")
        try:
            path = fetcher.download(find.url, kinds, name)
        except Passed as trouble:
            say(f"{title}: passed over. {trouble}")
            away = away + 1 if isinstance(trouble, Away) else 0
            if away == IN_A_ROW:
                raise
            continue
        found, away = found + 1, 0
        yield replace(find.item, path=path, kind=find.item.kind or identify(path, kinds, title)[0])
        if found >= count:
            return


def _shaped(finds: Iterable[Find], name: str) -> Iterator[Find]:
    """The finds, or one sentence where a service's answer is not what its documentation says."""
    try:
        yield from finds
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise LabError(f"{name} answers in a shape that the lab does not know ({error!r}): try again later.") from error


def licence(*told: object) -> str:
    """The id (data/rights.yaml) of the first of these names and links that is one; else the first, as it was told."""
    texts = [plain(str(text)) for text in told if text]
    for text in texts:
        if (found := licence_id(text)) in licences():
            return found
    return licence_id(texts[0]) if texts else ""


def fitting(choices: Iterable[tuple[int, int, T]], side: int = SIDE) -> T | None:
    """Of files of one work as (width, height, file) the smallest whose short side has `side` px, else the largest."""
    known = sorted(((min(width, height), file) for width, height, file in choices), key=lambda pair: pair[0])
    enough = [file for short, file in known if short >= side]
    return enough[0] if enough else known[-1][1] if known else None


def plain(text: str) -> str:
    """The words that a reader sees in a piece of HTML, in one line; hidden ones left out."""
    reader = _Words()
    reader.feed(text)
    reader.close()
    return " ".join("".join(reader.words).split())


def chinese(text: str) -> bool:
    """Whether a query has Chinese characters in it."""
    return re.search(r"[\u4e00-\u9fff]", text) is not None


class _Words(html.parser.HTMLParser):
    """Collects text, outside of scripts, styles and what is not displayed."""

    ALONE = frozenset("area base br col embed hr img input link meta source track wbr".split())

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.hidden: list[str] = []  # the elements that are open since text became hidden

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = (dict(attrs).get("style") or "").replace(" ", "").lower()
        if tag in self.ALONE:
            self.words.append(" " if tag in ("br", "hr") else "")
        elif self.hidden or tag in ("script", "style") or "display:none" in style:
            self.hidden.append(tag)
        elif tag in ("p", "div", "li", "td", "tr"):
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.hidden:
            while self.hidden and self.hidden.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)
