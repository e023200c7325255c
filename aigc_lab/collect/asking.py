"""Sources as a person names them on the command line: a folder, `samples`, `drawn:24`, `commons:waves` ..."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from aigc_lab import LabError
from aigc_lab.collect.items import Item

NAMES = ("samples", "drawn:N", "commons:WORDS", "archive:WORDS", "pexels:WORDS", "pixabay:WORDS", "addresses:FILE",
         "classes:DIR", "moving-mnist:FILE")  # fmt: skip
FIRST = {name.partition(":")[0] for name in NAMES}
MADE = ("drawn", "moving-mnist")  # sources whose files are made here and need a place until they are taken in
WEB = ".web"  # folder in the corpus for fetched files, so that nothing is fetched twice
FOUND = 10  # works of a search, unless more are asked for
DIGITS = 10_000  # sequences in the published file of Moving MNIST


@dataclass(frozen=True)
class Wishes:
    """What a person says beside the name of a source.

    into: the folder of the corpus; own: files without a word about rights are the person's own; private: addresses in
    private networks may be fetched; most: works at most, 0 for the source's usual number; kind: video, picture, or ""
    for the usual one; seed: the first drawn scene; consent: how the people in the files of a folder agreed.
    """

    into: Path
    own: bool = False
    private: bool = False
    most: int = 0
    kind: str = ""
    seed: int = 0
    consent: str = ""


@dataclass
class Source:
    """A source ready to be read: its items, how many there are at most, what was left out and should be known, and why
    it ended early ("": it did not)."""

    name: str
    total: int = 0
    items: Iterator[Item] = field(default_factory=lambda: iter(()))
    notes: list[str] = field(default_factory=list)
    trouble: str = ""

    def __iter__(self) -> Iterator[Item]:
        """The items. What goes wrong ends them and is kept as `trouble`: what came before is good."""
        try:
            yield from self.items
        except LabError as error:
            self.trouble = str(error)


def parsed(text: str) -> tuple[str, str]:
    """("drawn", "24") of "drawn:24", ("folder", path) of anything that is no name. Raises LabError for a wrong one."""
    name, colon, rest = text.partition(":")
    if name in FIRST and (colon or name == "samples"):
        if (name == "samples") == bool(rest.strip()):
            usage = next(n for n in NAMES if n.startswith(name))
            raise LabError(f"'{text}' is no source: write {usage}, or ./{text} for a folder of that name.")
        if name == "drawn" and not re.fullmatch(r"[1-9]\d{0,6}", rest):
            raise LabError(f"'{text}' names no number of scenes: write drawn:24.")
        return name, rest.strip()
    path = Path(text)
    if path.is_file():
        raise LabError(f"{text} is a file: name the folder it lies in, or addresses:FILE, moving-mnist:FILE.")
    if not path.is_dir() and (text in FIRST or re.match(r"\w{2,}:", text)):
        raise LabError(f"'{text}' is no source: name a folder, or one of {', '.join(NAMES)}.")
    return "folder", text


def workplace(names: list[str], into: Path) -> AbstractContextManager[str]:
    """A folder for files that are made on the way, on the corpus' own disk; it goes when they are taken in.

    Raises LabError when the corpus' folder cannot be written.
    """
    if not set(names) & set(MADE):
        return nullcontext("")
    try:
        into.mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(dir=into, prefix=".making-", ignore_cleanup_errors=True)
    except OSError as error:
        raise LabError(f"Cannot write to {into} ({error.strerror or error}): choose another folder.") from error


def source(name: str, rest: str, wishes: Wishes, making: Path) -> Source:
    """The source that `parsed` took apart; files that it makes go into `making`. Its items are found when asked for."""
    found = Source(f"{name}:{rest}" if rest and name != "folder" else rest or name)
    ways: dict[str, Callable[[str, Wishes, Source, Path], None]] = {
        "folder": _folder, "classes": _classes, "samples": _samples, "drawn": _drawn, "addresses": _addresses,
        "moving-mnist": _digits,
    }  # fmt: skip
    try:
        ways.get(name, _searched(name))(rest, wishes, found, making)
    except LabError as error:
        found.trouble = str(error)
    return found


def _folder(rest: str, wishes: Wishes, found: Source, making: Path) -> None:
    from aigc_lab.collect.sources import local

    root = _apart(Path(rest), wishes.into)
    files = local.files_below(root)
    found.total = len(files)

    def items() -> Iterator[Item]:
        taken = set()
        for item in local.folder(root, wishes.own, found.notes):
            taken.add(item.path)
            if "Its name says" in item.note:
                found.notes.append(f"{item.path.name}: {item.note}")
            yield replace(item, consent=wishes.consent)
        found.notes += _left_out([file for file in files if file not in taken], root, taken)

    found.items = items()


def _left_out(files: list[Path], root: Path, taken: set[Path]) -> list[str]:
    """Sentences on the files of a folder that became no item: those that speak about others, and the rest."""
    from aigc_lab.collect.sources.local import ABOUT

    stems = {path.with_suffix("") for path in taken}
    beside = [f for f in files if f.name.lower() in ABOUT or (f.with_suffix("") in stems | taken)]
    other = [f for f in files if f not in set(beside)]
    said = [(beside, "Read for titles and rights"), (other, "Left out, being no video, picture or text")]
    return [f"{what}: {_listed([f.relative_to(root).as_posix() for f in held])}." for held, what in said if held]


def _listed(names: list[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _classes(rest: str, wishes: Wishes, found: Source, making: Path) -> None:
    from aigc_lab.collect.sources import datasets, local

    root = _apart(Path(rest), wishes.into)
    found.total = len(local.files_below(root))
    found.items = (replace(item, consent=wishes.consent) for item in datasets.class_folders(root, found.notes))


def _apart(root: Path, into: Path) -> Path:
    """The folder, if it is there, and the corpus is neither in it nor around it."""
    if not root.is_dir():
        raise LabError(f"The folder {root} is not there: check its name.")
    here, corpus = root.resolve(), into.resolve()
    if corpus.is_relative_to(here) or here.is_relative_to(corpus):
        raise LabError(f"{root} and the corpus {into} lie in each other: put the corpus beside the folder.")
    return root


def _samples(rest: str, wishes: Wishes, found: Source, making: Path) -> None:
    from aigc_lab.collect.samples import sample_table
    from aigc_lab.collect.sources import local

    found.total, found.items = len(sample_table()), local.samples()
    if Path("samples").is_dir():
        found.notes.append("samples are the free samples of the lab: write ./samples for your folder of that name.")


def _drawn(rest: str, wishes: Wishes, found: Source, making: Path) -> None:
    from aigc_lab.collect.corpus import Corpus
    from aigc_lab.collect.sources import local

    found.total = int(rest)
    corpus = Corpus(wishes.into)
    there = {row.address for row in corpus.rows if row.source == "drawn" and corpus.path(row).is_file()}
    missing = [n for n in range(wishes.seed, wishes.seed + found.total) if f"drawn/{n}" not in there]
    if len(missing) < found.total:
        found.notes.append(f"{found.total - len(missing)} of these scenes were drawn before and are there.")
    found.items = (item for number in missing for item in local.drawn(1, number, making))


def _digits(rest: str, wishes: Wishes, found: Source, making: Path) -> None:
    from aigc_lab.collect.sources import datasets

    found.notes.append(datasets.terms("moving-mnist"))
    found.total = wishes.most or DIGITS
    found.items = datasets.moving_mnist(Path(rest), making, wishes.most)


def _addresses(rest: str, wishes: Wishes, found: Source, making: Path) -> None:
    from aigc_lab.collect.sources import addresses
    from aigc_lab.collect.sources.fetch import Fetcher

    listed = len(addresses.rows(Path(rest)))
    found.total = min(wishes.most or listed, listed)
    fetcher = Fetcher(wishes.into / WEB, private=wishes.private)
    found.items = addresses.fetch_list(Path(rest), fetcher, found.total, wishes.kind, say=found.notes.append)


def _searched(name: str) -> Callable[[str, Wishes, Source, Path], None]:
    def search(rest: str, wishes: Wishes, found: Source, making: Path) -> None:
        from aigc_lab.collect.sources import archive, commons, stock
        from aigc_lab.collect.sources.fetch import Fetcher

        ways = {
            "commons": (commons.search, commons.BASE), "archive": (archive.search, archive.BASE),
            "pexels": (stock.pexels, stock.PEXELS), "pixabay": (stock.pixabay, stock.PIXABAY),
        }  # fmt: skip
        way, base = ways[name]
        found.total = wishes.most or FOUND
        if name in stock.KEYS:
            found.notes.append(f"{name.title()}: {stock.TERMS}")
        fetcher = Fetcher(wishes.into / WEB, private=wishes.private)
        found.items = way(rest, fetcher, found.total, wishes.kind or "video", base, found.notes.append)

    return search
