"""aigc-lab collect SOURCE... --into CORPUS; aigc-lab corpus show | search | check | split | credits | card |
blur | remove."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from aigc_lab import LabError
from aigc_lab.console import in_one_sentence, progress, screen

if TYPE_CHECKING:
    from aigc_lab.collect.asking import Source
    from aigc_lab.collect.items import Item

corpus = typer.Typer(no_args_is_help=True, help="Look into a corpus, search it, check it, split it.")
Folder = Annotated[Path, typer.Argument(metavar="CORPUS", help="The folder of the corpus.")]
COUNTED = ("kind", "status", "licence", "theme", "split")
ASKED = {"cut": ("publish", "edit"), "sell": ("publish", "edit", "sell"), "train": ("train",)}  # use -> rights


@in_one_sentence
def collect(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="A folder, samples, drawn:N, commons:WORDS, archive:WORDS, pexels:WORDS, pixabay:WORDS, "
            "addresses:FILE, classes:DIR (a folder by class), moving-mnist:FILE.",
        ),
    ],
    *,
    into: Annotated[Path, typer.Option(metavar="CORPUS", help="The folder of the corpus.")],
    own: Annotated[bool, typer.Option("--own", help="Files of a folder whose rights nobody tells are my own.")] = False,
    consent: Annotated[str, typer.Option(help="How the people seen in a folder's files agreed to training.")] = "",
    most: Annotated[int, typer.Option(min=0, help="Works of a source on the web; 10 of a search.")] = 0,
    kind: Annotated[str, typer.Option(help="video or picture: what to search for on the web.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="The first scene of drawn:N.")] = 0,
    private: Annotated[bool, typer.Option("--private", help="Fetch from private network addresses too.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes that look into files.")] = 1,
) -> None:
    """Collect videos, pictures and text with their rights; the same command goes on where it was stopped.

    Keys and who asks come from the environment: AIGC_LAB_PEXELS_KEY, AIGC_LAB_PIXABAY_KEY, AIGC_LAB_CONTACT.
    """
    from aigc_lab.collect import asking, telling
    from aigc_lab.collect.corpus import Corpus

    if kind not in ("", "video", "picture"):
        raise LabError(f"There is no kind '{kind}': search for video or picture.")
    asked = [asking.parsed(text) for text in dict.fromkeys(sources)]
    wishes = asking.Wishes(into, own, private, most, kind, seed, consent)
    held = Corpus(into)
    refused: list[tuple[str, str]] = []
    failed = 0
    with asking.workplace([name for name, _ in asked], into) as making, progress() as tell:
        for name, rest in asked:
            source = asking.source(name, rest, wishes, Path(making))
            report = held.add(_told(source, tell), workers)
            telling.print_source(source, report)
            refused += report.refused
            failed += bool(source.trouble)
    telling.print_end(held, refused)
    if failed:
        others = f", the others are in {into}" if failed < len(asked) else ""
        raise LabError(f"{failed} of {len(asked)} sources failed{others}: see what is said above, and try again.")


def _told(source: "Source", tell: Callable[[str, float], None]) -> Iterator["Item"]:
    """The items of a source, with a bar."""
    label, total = escape(source.name if len(source.name) <= 24 else source.name[:23] + "…"), max(source.total, 1)
    for number, item in enumerate(source):
        tell(label, min(number / total, 1.0))
        yield item
    if not source.trouble:
        tell(label, 1.0)


@corpus.command()
@in_one_sentence
def show(
    folder: Folder,
    *,
    rows: Annotated[int, typer.Option(min=0, help="Show so many rows.")] = 0,
    quarantine: Annotated[bool, typer.Option("--quarantine", help="Show all that is in quarantine, and why.")] = False,
    sheet: Annotated[Path | None, typer.Option(help="Write a picture of it: .webp, .png or .jpg.")] = None,
    most: Annotated[int, typer.Option(min=1, help="Pictures on the sheet.")] = 40,
    width: Annotated[int, typer.Option(min=400, max=8000, help="Pixels across the sheet.")] = 1600,
    language: Annotated[str, typer.Option(help="Of the sheet: en or zh.")] = "en",
) -> None:
    """Show what is in a corpus: counts, rights, the first rows, a sheet of pictures."""
    from aigc_lab.collect import telling
    from aigc_lab.rights import USES

    held = telling.opened(folder)
    known = held.rows
    screen.print(f"[bold]{escape(str(folder))}[/]  {telling.summary(known)}")
    table = Table("", "", box=None, show_header=False, padding=(0, 1))
    for column in COUNTED:
        counts = Counter(getattr(row, column) or "(none)" for row in known)
        table.add_row(f"[dim]{column}[/]", escape(", ".join(f"{value} {n}" for value, n in counts.most_common())))
    allowed = ", ".join(f"{use} {len(held.usable(use))}" for use in USES)
    table.add_row("[dim]allowed for[/]", allowed)
    screen.print(table)
    if rows:
        telling.print_rows(known[:rows])
    if quarantine:
        refused = {row.file: row for row in known if row.status == "quarantine"}.values()
        telling.print_reasons("In quarantine", [(row.name, telling.reason_of(row)) for row in refused])
    if sheet:
        telling.write_sheet(held, sheet, most, width, language)
        screen.print(f"[bold green]{escape(str(sheet))}[/]")


@corpus.command()
@in_one_sentence
def search(
    folder: Folder,
    query: Annotated[str, typer.Argument(help="Words in English or Chinese: ocean, 海浪.")],
    *,
    most: Annotated[int, typer.Option(min=1, help="Show so many.")] = 10,
    use: Annotated[str, typer.Option(help="Only what may be used to: cut, sell, train.")] = "",
) -> None:
    """Find clips, pictures and texts by what they show, in Chinese and English, the best first."""
    from aigc_lab.collect import telling
    from aigc_lab.collect.searching import search as find

    if use and use not in ASKED:
        raise LabError(f"There is no use '{use}': ask for one of {', '.join(ASKED)}.")
    held = telling.opened(folder)
    rows = [row for row in held.rows if row.status == "usable"]
    for right in ASKED.get(use, ()):
        allowed = {row.id for row in held.usable(right)}
        rows = [row for row in rows if row.id in allowed]
    found = find([(row.caption_en, row.caption_zh) for row in rows], query, most)
    if not found or found[0][1] < telling.FITS:
        allowed = f" that may be used to {use}" if use else ""
        raise LabError(f"Nothing{allowed} fits '{query}' among {len(rows)} rows of {folder}: ask in other words.")
    telling.print_found([(rows[index], score) for index, score in found], bool(re.search(r"[\u4e00-\u9fff]", query)))


@corpus.command()
@in_one_sentence
def check(folder: Folder) -> None:
    """Read everything again: what has changed, is missing, leaks or has no rights; exit code 1 if anything is wrong."""
    from aigc_lab.collect import telling

    held = telling.opened(folder)
    with progress() as tell:
        found = held.check(lambda done: tell("check", done))
    names = {row.id: telling.short(row) for row in held.rows}
    waiting = {row.id for row in held.rows if any(flag.name == "rights" for flag in row.flags)}
    known = {pair for pair in found if pair[0] in waiting and "has no rights" in pair[1]}
    bare = [(names[which], why) for which, why in found if (which, why) in known]
    wrong = [(names.get(which, which), why) for which, why in found if (which, why) not in known]
    if bare:
        telling.print_reasons(
            "In quarantine until somebody names a licence", bare, f"aigc-lab corpus show {telling.quoted(folder)}"
        )
    if wrong:
        telling.print_reasons("Wrong", wrong)
        told = "1 thing is" if len(wrong) == 1 else f"{len(wrong)} things are"
        raise LabError(f"{told} wrong in {folder}: the table says what to do.")
    screen.print(
        f"[bold green]✓[/] {escape(str(folder))}: {telling.summary(held.rows)}; nothing is missing or changed."
    )


@corpus.command()
@in_one_sentence
def split(
    folder: Folder,
    *,
    shares: Annotated[str, typer.Option(help="Names and shares.")] = "train=0.8,valid=0.1,test=0.1",
    seed: Annotated[int, typer.Option(help="Another seed, another split.")] = 0,
) -> None:
    """Split for training and testing so that nothing leaks: what belongs together stays together."""
    from aigc_lab.collect.telling import opened

    held = opened(folder)
    parts = [part.partition("=") for part in shares.split(",")]
    try:
        wanted = {name.strip(): float(share) for name, _, share in parts}
    except ValueError as error:
        raise LabError(f"--shares {shares} cannot be read: write train=0.8,valid=0.1,test=0.1.") from error
    counts = held.split(wanted, seed)
    total = max(sum(counts.values()), 1)
    for name, count in counts.items():
        screen.print(f"{escape(name):>8} {count:5d} rows  {count / total:.0%}")


@corpus.command()
@in_one_sentence
def credits(
    folder: Folder,
    *,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    out: Annotated[Path | None, typer.Option(help="A file; else it is shown.")] = None,
) -> None:
    """Write whose work is in a corpus, as licences such as CC BY ask for."""
    from aigc_lab.collect.telling import opened
    from aigc_lab.media import write_text

    text = opened(folder).credits(language)
    if out is None:
        screen.print(escape(text), soft_wrap=True)
        return
    write_text(out, text)
    screen.print(f"[bold green]{escape(str(out))}[/]")


@corpus.command()
@in_one_sentence
def card(folder: Folder) -> None:
    """Write the data card in English and Chinese, with a contact sheet, into the corpus."""
    from aigc_lab.collect.telling import opened

    for path in opened(folder).card():
        screen.print(f"[bold green]{escape(str(path))}[/]")


@corpus.command()
@in_one_sentence
def remove(
    folder: Folder,
    which: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids, or their beginnings, as show gives them.")],
) -> None:
    """Delete files from a corpus with all that was cut from them: a consent was taken back, say."""
    from aigc_lab.collect import telling
    from aigc_lab.collect.removing import remove as take_out

    held = telling.opened(folder)
    removed = take_out(held, which)
    telling.print_removed(held, removed)


@corpus.command()
@in_one_sentence
def blur(
    folder: Folder,
    which: Annotated[str, typer.Argument(metavar="ID", help="The id of a row, or its beginning, as show gives it.")],
    *,
    out: Annotated[Path, typer.Option(help="The file to write: .mp4 for a video, .png, .jpg or .webp for a picture.")],
) -> None:
    """Write a clip or a picture with every face in it blurred, and beside it whose it is."""
    from aigc_lab.collect.blurring import blur_row
    from aigc_lab.collect.telling import opened

    held = opened(folder)
    with progress() as tell:
        count = blur_row(held, which, out, lambda done: tell("blur", done))
    screen.print(f"[bold green]{escape(str(out))}[/]  {count} face{'s' * (count != 1)} blurred")
    screen.print("To train on it, collect its folder into another corpus: in this one it counts as a copy.")
