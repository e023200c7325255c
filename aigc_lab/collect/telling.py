"""What the verbs of a corpus show: a source's outcome, reasons, counts, rows, and a sheet of its pictures."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.markup import escape
from rich.table import Table

from aigc_lab import LabError
from aigc_lab.collect.adding import Report
from aigc_lab.collect.asking import Source
from aigc_lab.collect.card import frames
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.manifest import NAME, Row
from aigc_lab.collect.removing import Removed
from aigc_lab.console import screen
from aigc_lab.media import write_image
from aigc_lab.publish.gallery import Plate, gallery
from aigc_lab.vocabulary import vocabulary

LISTED, NOTED = 12, 6  # lines of a list that are shown, and sentences about a source
NOTICED = {  # flags that warn, in words
    "faces": "faces in {} (not for training without consent)", "bars": "black bars on {} (cropped)",
    "text": "letters in {}", "soft": "{} not sharp",
}  # fmt: skip
FITS = 0.2  # score below which a caption hardly has what was asked for
LONG = 40  # cells of a title that is too long for a picture: its subject stands there then
KINDS = {"video": "段视频", "picture": "张图片", "text": "篇文字"}


def opened(folder: Path) -> Corpus:
    """The corpus in a folder. Raises LabError when there is none, or nothing in it."""
    start = f"aigc-lab collect SOURCE --into {quoted(folder)}"
    if not (folder / NAME).exists():
        what = "is a file" if folder.is_file() else f"has no {NAME}" if folder.is_dir() else "is not there"
        raise LabError(f"{folder} is no corpus (it {what}): check the name, or begin one with {start}.")
    held = Corpus(folder)
    if not held.rows:
        raise LabError(f"The corpus {folder} is empty: put something into it with {start}.")
    return held


def print_source(source: Source, report: Report) -> None:
    """What came of a source: how many files, what one should know of them, and why it ended early."""
    counts = {
        f"new ({report.shots} shots)" if report.shots > report.added else "new": report.added,
        "there already": report.known, "told anew": report.renewed, "put back": report.restored,
    }  # fmt: skip
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing new"
    screen.print(f"[bold]{escape(source.name)}[/]  {said}")
    for note in source.notes[:NOTED]:
        screen.print(f"  [yellow]•[/] {escape(note)}")
    if len(source.notes) > NOTED:
        screen.print(f"  [yellow]•[/] and {len(source.notes) - NOTED} more of this kind")
    if source.trouble:
        screen.print(f"  [bold red]✗[/] {escape(source.trouble)}")


def print_end(held: Corpus, refused: Sequence[tuple[str, str]]) -> None:
    """What this run has put into quarantine and why, what the corpus holds now, and what to do next."""
    rows, where = held.rows, quoted(held.folder)
    reasons = {reason_of(row) for row in rows if row.status == "quarantine"}
    inside = [pair for pair in refused if pair[1] in reasons]
    if outside := [pair for pair in refused if pair[1] not in reasons]:
        print_reasons("Not taken in", outside, "of this kind")
    if inside:
        print_reasons("In quarantine, and why", inside, f"all of them: aigc-lab corpus show {where} --quarantine")
    if sum("Nobody says whose it is" in reason for _, reason in refused):
        screen.print(
            "[yellow]•[/] Whose is it? Write credits.csv (file, author, licence, source) or a LICENSE into the folder, "
            "or add --own if all of it is your own work; then collect again."
        )
    if not rows:
        return
    usable = [row for row in rows if row.status == "usable"]
    noticed = Counter(flag.name for row in usable for flag in row.flags)
    if noticed:
        said = ", ".join(NOTICED.get(name, name + " {}").format(count) for name, count in noticed.most_common())
        screen.print(f"[yellow]•[/] Noticed in what is usable: {said}.")
    screen.print(f"[bold green]{escape(str(held.folder))}[/]  {summary(rows)}")
    screen.print(f"next: aigc-lab corpus show {where} --sheet corpus.webp", soft_wrap=True)
    screen.print(f"      aigc-lab corpus check {where}; aigc-lab corpus split {where}", soft_wrap=True)


def print_removed(held: Corpus, removed: Removed) -> None:
    """What was removed, what became usable thereby, and where else it may live on."""
    for row in removed.files:
        screen.print(f"removed  {short(row)[:8]}  {escape(row.name)}")
    for row in removed.freed:
        screen.print(f"[yellow]•[/] usable now, as what it was a copy of is gone: {row.file[:8]}  {escape(row.name)}")
    screen.print("What was trained on it or rendered from it before is not undone. Collected again, it comes back.")
    screen.print(f"[bold green]{escape(str(held.folder))}[/]  {summary(held.rows)}")


def reason_of(row: Row) -> str:
    """Why a row is in quarantine."""
    return " ".join(flag.reason for flag in row.refusing)


def print_reasons(title: str, pairs: Sequence[tuple[str, str]], more: str = "") -> None:
    """(what, why) as a table; a long one is shortened to the first of each reason, as reasons repeat."""
    shown = list(pairs) if len(pairs) <= LISTED or not more else _first_of_each(pairs)[:LISTED]
    table = Table("what", "why", title=title, title_justify="left", box=None, header_style="dim", padding=(0, 1))
    for what, why in shown:
        table.add_row(escape(what), escape(why))
    screen.print(table)
    if len(shown) < len(pairs):
        screen.print(f"{len(pairs) - len(shown)} more, {escape(more)}", soft_wrap=True)


def _first_of_each(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """One pair of each kind of reason first (numbers and names in it aside), then the others in their order."""
    kinds: dict[str, tuple[str, str]] = {}
    for what, why in pairs:
        kinds.setdefault(" ".join(w for w in why.replace(what, "").split() if w.isalpha())[:24], (what, why))
    first = list(kinds.values())
    return first + [pair for pair in pairs if pair not in first]


def summary(rows: Sequence[Row]) -> str:
    """What a corpus holds, in a line."""
    usable = [row for row in rows if row.status == "usable"]
    kinds = Counter(row.kind for row in usable)
    seconds = sum(row.seconds for row in usable if row.kind == "video")
    counted = ", ".join(f"{count} {kind}{'s' * (count != 1)}" for kind, count in kinds.most_common()) or "nothing"
    filmed = f" ({seconds / 60:.1f} min of video)" if seconds >= 60 else f" ({seconds:.0f} s of video)" * bool(seconds)
    refused = len({row.file for row in rows if row.status != "usable"})
    return f"{counted} usable{filmed}, {refused} file{'s' * (refused != 1)} in quarantine"


def quoted(path: Path) -> str:
    """A path as one types it."""
    return f'"{path}"' if re.search(r"[\s()&;']", str(path)) else str(path)


def print_rows(rows: Iterable[Row]) -> None:
    """A table of rows."""
    told = []
    for row in rows:
        seconds, size = f"{row.seconds:.1f}" if row.seconds else "", f"{row.width}x{row.height}" if row.width else ""
        facts = (short(row), row.kind, seconds, size, row.rights.licence_name("en"), row.theme, row.split)
        told.append((*facts, ", ".join(flag.name for flag in row.flags), row.title or row.name))
    _print_lines(("id", "kind", "s", "size", "licence", "theme", "split", "flags", "title"), told)


def print_found(found: Sequence[tuple[Row, float]], chinese: bool) -> None:
    """What a search has found, with how well each fits; what hardly fits is only counted."""
    told = []
    fitting = [(row, score) for row, score in found if score >= FITS]
    for row, score in fitting:
        seconds, words = f"{row.seconds:.1f}" if row.seconds else "", row.caption_zh if chinese else row.caption_en
        facts = (f"{score:.2f}", short(row), row.kind, seconds, row.rights.licence_name("en"))
        told.append((*facts, words or row.title))
    _print_lines(("fits", "id", "kind", "s", "licence", "what it shows"), told)
    if len(fitting) < len(found):
        screen.print(f"[dim]{len(found) - len(fitting)} more hardly fit (below {FITS}).[/]")


def _print_lines(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of one line a row: the last column is cut to what the screen has left."""
    columns = [[name, *(row[i] for row in rows)] for i, name in enumerate(names[:-1])]
    left = max(screen.width - sum(max(map(cell_len, column)) + 2 for column in columns) - 2, 16)
    table = Table(box=None, header_style="dim", padding=(0, 1))
    for name in names:
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    for row in rows:
        last = row[-1] if cell_len(row[-1]) <= left else set_cell_size(row[-1], left - 1).rstrip() + "…"
        table.add_row(*map(escape, (*row[:-1], last)))
    screen.print(table)


def short(row: Row) -> str:
    """The id as a person types it: the first 8 digits, and the number of the shot."""
    return row.id[:8] + row.id[len(row.file) :]


def write_sheet(held: Corpus, path: Path, most: int, width: int, language: str) -> None:
    """A picture `width` px across of `most` usable rows with titles and licences. Raises LabError for other files."""
    if path.suffix.lower() not in {".webp", ".png", ".jpg", ".jpeg"}:
        raise LabError(f"{path} is no name for a picture: end it with .webp, .png or .jpg.")
    zh, rows, plates = language.startswith("zh"), held.rows, []
    for row, frame in islice(frames(held, rows, 640), most):
        line = " · ".join(filter(None, (row.rights.licence_name(language), row.author)))
        plates.append(Plate(frame, _title(row, zh), line, f"{row.seconds:.0f} s" if row.kind == "video" else ""))
    usable = [row for row in rows if row.status == "usable"]
    counts = Counter(row.kind for row in usable)
    said = [f"{n} {KINDS[k]}" if zh else f"{n} {k}{'s' * (n != 1)}" for k, n in counts.most_common()]
    licences = len({row.licence for row in usable})
    said.append(f"{licences} 种许可" if zh else f"{licences} licence{'s' * (licences != 1)}")
    head = held.folder.resolve().name, ("，" if zh else ", ").join(said)
    write_image(gallery(plates, *head, wide=width, tall=round(0.145 * width)), path, quality=75)


def _title(row: Row, zh: bool) -> str:
    """A title that fits under a small picture: the source's own, or the subject's name."""
    subject = vocabulary().subjects.get(row.subject)
    own = re.search("[\u4e00-\u9fff]", row.title) or not zh
    if subject and (not own or cell_len(row.title) > LONG):
        return subject.zh if zh else subject.en.capitalize()
    return row.title or row.name
