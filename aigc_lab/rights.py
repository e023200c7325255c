"""Whose work is in a bundle and what may be done with it: licences, the gate, the credit sheet.

A licence gives four separate answers: may the work be published, changed, used in something that sells, and used to
train a model. Nothing of unknown rights passes the gate.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aigc_lab import LabError
from aigc_lab.brief import read_yaml
from aigc_lab.settings import data_path
from aigc_lab.storyboard import Storyboard

USES = ("publish", "edit", "sell", "train")


@dataclass(frozen=True)
class Licence:
    """What one licence allows; `id` is an SPDX id or a LicenseRef."""

    id: str
    name: str
    publish: bool
    edit: bool
    sell: bool
    train: bool
    name_zh: str = ""
    url: str = ""
    credit: bool = False  # the author must be named
    share_alike: bool = False  # what is made of it must carry the same licence


@dataclass(frozen=True)
class Asset:
    """One thing that went into a bundle, and its rights.

    what: a key of data/rights.yaml's `kinds` (voice, footage ...); file: its name as shown, never an absolute path;
    path: where it lies on this machine, for its checksum only; the notes say the same in both languages.
    """

    what: str
    file: str
    source: str
    author: str
    licence: str
    may_publish: bool
    may_edit: bool
    may_sell: bool
    may_train: bool
    note: str = ""
    note_zh: str = ""
    path: Path | None = None

    def may(self, use: str) -> bool:
        """Whether `use` (publish, edit, sell or train) is allowed."""
        return getattr(self, f"may_{use}")

    def remark(self, language: str) -> str:
        """The note in the reader's language, else the one there is."""
        return (self.note_zh or self.note) if language.startswith("zh") else (self.note or self.note_zh)

    def licence_name(self, language: str) -> str:
        """The licence's usual name in the reader's language; its id when the lab does not know it."""
        known = licences().get(self.licence)
        if known is None:
            return self.licence or "?"
        return known.name_zh if known.name_zh and language.startswith("zh") else known.name


@cache
def _table() -> dict:
    return read_yaml(data_path("rights.yaml"), "table of rights")


@cache
def licences() -> dict[str, Licence]:
    """Every licence that the lab knows, by id (data/rights.yaml)."""
    return {key: Licence(id=key, **fields) for key, fields in _table()["licences"].items()}


def kind_name(what: str, language: str) -> str:
    """The name of a kind of asset (voice, footage ...) in the reader's language."""
    names = _table()["kinds"].get(what, {})
    return names.get("zh" if language.startswith("zh") else "en", what)


def asset(what: str, file: str, source: str, author: str, licence: str, **more: object) -> Asset:
    """An Asset with the four answers of its licence; an unknown licence allows nothing."""
    known = licences().get(licence)
    answers = {f"may_{use}": bool(known and getattr(known, use)) for use in USES}
    return Asset(what=what, file=file, source=source, author=author, licence=licence, **(answers | more))


def built_in(name: str) -> Asset:
    """One of the lab's own assets, by its key under `built_in` in data/rights.yaml: kokoro, lab-sans, drawn ..."""
    return asset(**_table()["built_in"][name])


def supplied(what: str, path: Path) -> Asset:
    """A file of the person's own (footage, photo, logo, music, recording).

    Its rights are read from `rights.yaml` in the same folder, a list of `file name: {author, licence, source, note}`
    where the name `*` stands for every other file. Without a row it counts as the person's own
    work, and the note says so.

    Raises LabError when that file names a licence that the lab does not know.
    """
    path = Path(path)
    said = {"author": "", "licence": "LicenseRef-Own", "source": "", "note": ""}
    told = _told_rights(path)
    if told is None:
        notes = {
            "note": "Your own file: post it only if its rights are yours.",
            "note_zh": "自备素材：确认拥有其权利后再发布。",
        }
        return asset(what, path.name, "", "", "LicenseRef-Own", path=path, **notes)
    said |= {key: str(value) for key, value in told.items() if key in said}
    if said["licence"] not in licences():
        known = ", ".join(licences())
        sheet = path.parent / "rights.yaml"
        raise LabError(f"{sheet}: unknown licence '{said['licence']}' of {path.name}: use one of {known}.")
    return asset(what, path.name, path=path, **said)


def _told_rights(path: Path) -> dict | None:
    sheet = path.parent / "rights.yaml"
    if not sheet.is_file():
        return None
    rows = read_yaml(sheet, "list of rights")
    row = rows.get(path.name, rows.get("*"))
    return row if isinstance(row, dict) or row is None else {"licence": row}


def uses_of(storyboard: Storyboard) -> tuple[str, ...]:
    """What a bundle does with its assets: it publishes and edits them, and an ad sells with them."""
    return ("publish", "edit", "sell") if storyboard.kind == "ad" else ("publish", "edit")


def refused(assets: Iterable[Asset], use: str) -> list[Asset]:
    """The assets whose rights do not allow `use` (publish, edit, sell or train)."""
    return [item for item in assets if not item.may(use)]


def gate(assets: Iterable[Asset], *uses: str) -> None:
    """Let all assets pass for every use.

    Raises LabError that names the first asset which may not, its licence, and what to do.
    """
    words = {"publish": "published", "edit": "changed", "sell": "used to sell", "train": "used to train a model"}
    assets = list(assets)
    for use in uses:
        if stopped := refused(assets, use):
            item = stopped[0]
            more = f" ({len(stopped) - 1} more too)" if len(stopped) > 1 else ""
            why = f"its licence is {item.licence}" if item.licence in licences() else "its rights are unknown"
            raise LabError(f"{item.file or item.what} may not be {words[use]}: {why}{more}. Take it out or replace it.")


def credit_sheet(assets: Iterable[Asset], language: str) -> str:
    """Markdown that names every asset, its author and its licence, in Chinese for zh-*, else in English."""
    chinese, assets = language.startswith("zh"), list(assets)
    rows = sorted({_row(a, language) for a in assets})
    heads = "| 用途 | 文件 | 作者 | 来源 | 授权 |" if chinese else "| what | file | by | from | licence |"
    lines = ["# 素材与授权" if chinese else "# Credits and rights", "", heads, "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(_cell(c) for c in row[:5]) + " |" for row in rows]
    notes = sorted({f"- {_plain(row[1] or row[0])}: {_plain(row[5])}" for row in rows if row[5]})
    if notes:
        lines += ["", "## 说明" if chinese else "## Notes", "", *notes]
    if names := sorted({f"{a.author} ({a.licence})" for a in assets if _must_name(a)}):
        head = "## 发布时须署名" if chinese else "## To be named when you post"
        lines += ["", head, "", *(f"- {_plain(n)}" for n in names)]
    return "\n".join(lines) + "\n"


def _must_name(item: Asset) -> bool:
    return bool(item.author) and item.licence in licences() and licences()[item.licence].credit


def _row(item: Asset, language: str) -> tuple[str, ...]:
    known, name = licences().get(item.licence), item.licence_name(language)
    link = f"[{name}]({known.url})" if known and known.url else name
    return kind_name(item.what, language), item.file, item.author, item.source, link, item.remark(language)


def _plain(text: str) -> str:
    return text.replace("<", "&lt;").replace("\n", " ")


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|") or "-"
