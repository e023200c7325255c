"""What a notebook shows: words in the reader's language, boxes and tables as accessible HTML with plain text beside it.

Meaning never hangs on colour alone, and nothing needs a script, so a fresh and untrusted notebook shows all of it.
"""

import importlib
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from aigc_lab import LabError

_state = {"language": "en"}


def use_language(code: str) -> None:
    """Say once at the top of a notebook which language its messages come in: "zh-CN" or "en".

    Raises LabError for any other language.
    """
    short = str(code).strip().lower()[:2]
    if short not in {"zh", "en"}:
        raise LabError(f"The lessons speak English and Chinese, not {code!r}: write use_language('en') or 'zh-CN'.")
    _state["language"] = "zh-CN" if short == "zh" else "en"


def language() -> str:
    """The language of messages: "en" or "zh-CN"."""
    return _state["language"]


@dataclass(frozen=True)
class Words:
    """One message in both languages; as text it comes in the notebook's language."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.zh if language() == "zh-CN" else self.en


def say(en: str, zh: str) -> str:
    """The one of two texts that is in the notebook's language."""
    return str(Words(en, zh))


@dataclass(frozen=True, repr=False)
class View:
    """Something to look at: HTML for notebooks, plain text for terminals and screen readers.

    data: the picture's own bytes, if there is one (GIF, PNG or JPEG); alt: its description.
    """

    html: str
    text: str
    data: bytes = b""
    alt: str = ""

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def put(view: View) -> None:
    """Show a view now: as HTML in Jupyter, as plain text anywhere else, whatever letters the console knows."""
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython():
        importlib.import_module("IPython.display").display(view)
    else:
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        print(view.text.encode(encoding, "replace").decode(encoding))


def executed() -> int | None:
    """The number of the notebook cell that runs now; None outside of a notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "execution_count", None)


def box(head: str, body: Sequence[str], edge: str) -> str:
    """A box in HTML: `head` in bold, then paragraphs that are HTML already; `edge` is the colour of its left side."""
    style = f"border:1px solid #888;border-left:8px solid {edge};padding:8px 14px;margin:6px 0;max-width:60em"
    inside = "".join(f'<div style="margin:4px 0">{part}</div>' for part in body)
    return f'<section lang="{language()}" style="{style}"><b>{escape(head)}</b>{inside}</section>'


def table(rows: Sequence[Mapping[str, object]] | Sequence[Sequence[object]], caption: str = "") -> View:
    """A plain table: mappings with the same keys, or sequences of which the first holds the heads of the columns.

    The first column heads its row. Raises LabError when there are no rows or they differ in length.
    """
    rows = list(rows)
    if not rows:
        raise LabError("A table needs at least one row: the list is empty.")
    if isinstance(rows[0], Mapping):
        heads = list(rows[0])
        cells = [heads, *([row.get(head, "") for head in heads] for row in rows)]
    else:
        cells = [list(row) for row in rows]
    odd = next((i for i, row in enumerate(cells) if len(row) != len(cells[0])), None)
    if odd is not None:
        raise LabError(f"Row {odd} of the table has {len(cells[odd])} cells, the first has {len(cells[0])}: even them.")
    texts = [["" if cell is None else str(cell) for cell in row] for row in cells]
    return View(_html_table(texts, caption), _text_table(texts, caption))


def _html_table(texts: list[list[str]], caption: str) -> str:
    pad = "padding:3px 12px;text-align:left;vertical-align:top;border-bottom:1px solid #888"
    head = "".join(f'<th scope="col" style="{pad}">{escape(cell)}</th>' for cell in texts[0])
    body = ""
    for row in texts[1:]:
        cells = "".join(f'<td style="{pad}">{escape(cell)}</td>' for cell in row[1:])
        body += f'<tr><th scope="row" style="{pad};font-weight:normal">{escape(row[0])}</th>{cells}</tr>'
    above = f'<caption style="text-align:left;caption-side:top">{escape(caption)}</caption>' if caption else ""
    style = "border-collapse:collapse;margin:6px 0"
    return (
        f'<table lang="{language()}" style="{style}">{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def _text_table(texts: list[list[str]], caption: str) -> str:
    widths = [max(_columns(row[i]) for row in texts) for i in range(len(texts[0]))]
    lines = ["  ".join(c + " " * (w - _columns(c)) for c, w in zip(row, widths, strict=True)).rstrip() for row in texts]
    rule = "  ".join("-" * w for w in widths)
    return "\n".join([*([caption] if caption else []), lines[0], rule, *lines[1:]])


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese letter takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
