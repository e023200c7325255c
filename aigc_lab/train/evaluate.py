"""aigc-lab evaluate MODEL --clips N --json FILE: how good a finished model is, on clips that no model saw.

Every number comes with its count and its interval, as a table on the screen and as JSON. What is not drawn yet of the
unseen clips is drawn first (a hundred a second) and kept, so that the same command goes on from there.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from aigc_lab import LabError
from aigc_lab.console import in_one_sentence, progress, screen
from aigc_lab.media import write_json
from aigc_lab.settings import cache_path
from aigc_lab.train.troubles import plainly
from aigc_lab.train.weights import kept

KNOWN = 2048  # of the training clips, when they are not drawn already: what generated clips are compared with
LEARNT_FROM = 20_000  # clips that the recognizer's rivals learn from


@dataclass(frozen=True)
class Asked:
    """What is to be measured: how many clips, of which corpus, whose weights (None: those of data/weights).

    table: the generator by steps and guidance, too; moving_mnist: the standard file, for the predictor; rivals: how
    many steps other ways to look at frames are trained beside the recognizer, 0 for none of them.
    """

    clips: int
    corpus: Path
    weights: Path | None
    table: bool
    moving_mnist: Path | None
    tell: Callable[[str, float], None]
    rivals: int = 0


def _autoencoder(asked: Asked) -> dict[str, object]:
    from aigc_lab.train.reconstructed import evaluate_autoencoder

    draw_unseen(asked, "test", asked.clips)
    return evaluate_autoencoder(asked.corpus, asked.clips, asked.weights, asked.tell)


def _upscaler(asked: Asked) -> dict[str, object]:
    from aigc_lab.train.reconstructed import evaluate_upscaler

    draw_unseen(asked, "test", asked.clips)
    return evaluate_upscaler(asked.corpus, asked.clips, asked.weights, asked.tell)


def _generator(asked: Asked) -> dict[str, object]:
    from aigc_lab.train.judging import evaluate_generator

    draw_unseen(asked, "test", asked.clips)
    draw_unseen(asked, "pictures", KNOWN)
    return evaluate_generator(asked.corpus, asked.clips, asked.weights, asked.tell, asked.table)


def _recognizer(asked: Asked) -> dict[str, object]:
    from aigc_lab.train.rivals import evaluate_recognizer

    draw_unseen(asked, "test", asked.clips)
    if asked.rivals:
        draw_unseen(asked, "judge", LEARNT_FROM)
    return evaluate_recognizer(asked.corpus, asked.clips, asked.weights, steps=asked.rivals)


def _predictor(asked: Asked) -> dict[str, object]:
    from aigc_lab.train.predicting import evaluate_predictor

    return evaluate_predictor(asked.corpus, asked.weights, asked.clips, asked.moving_mnist)


def _captions(asked: Asked) -> dict[str, object]:
    from aigc_lab.train.captioned import evaluate_captions

    return evaluate_captions(asked.clips, asked.weights, asked.tell)


MODELS: dict[str, Callable[[Asked], dict[str, object]]] = {
    "recognizer": _recognizer, "predictor": _predictor, "autoencoder": _autoencoder, "generator": _generator,
    "upscaler": _upscaler, "captions": _captions,
}  # fmt: skip
NEEDED = {  # other weights than those of the model itself
    "predictor": ("predictor-convlstm",), "upscaler": ("autoencoder",), "generator": ("autoencoder", "recognizer"),
}  # fmt: skip


def draw_unseen(asked: Asked, part: str, count: int) -> None:
    """Draw the first `count` clips of a part of the corpus, those that are not drawn yet. Raises LabError.

    In this process: Ctrl-C then ends it at once and quietly, and what is drawn stays.
    """
    from aigc_lab.collect.scenes import SIZE
    from aigc_lab.train.input import PARTS, SHARD, render, shards

    folder = shards(asked.corpus, part, SIZE)
    for first in range(0, count, SHARD):
        if not (folder / f"{PARTS[part][0] + first:07d}.npy").exists():
            asked.tell("draw", first / count)
            render(asked.corpus, part, min(first + SHARD, count), SIZE)


@plainly("take fewer --clips")
def measure(
    model: str, clips: int = 500, corpus: Path | None = None, weights: Path | None = None, table: bool = True,
    moving_mnist: Path | None = None, tell: Callable[[str, float], None] = lambda what, share: None, rivals: int = 0,
) -> dict[str, object]:  # fmt: skip
    """All numbers of a finished model, ready for JSON: see `aigc_lab.train.evaluating.as_numbers`.

    corpus: where drawn clips lie, or are put; the lab's cache when left out. weights: a folder as data/weights. tell
    hears what is done, and 0..1 of it. Raises LabError for an unknown model, no clips, or weights that are none.
    """
    if model not in MODELS:
        raise LabError(f"There is no model {model!r} to evaluate: choose {', '.join(MODELS)}.")
    if clips < 2:
        raise LabError(f"{clips} clips measure nothing: ask for 2 or more; 500 say a share to 4 points.")
    if rivals < 0:
        raise LabError(f"{rivals} steps train no rivals: ask for 1500 or so with --rivals, or leave it out.")
    for what, folder in {"corpus": corpus, "weights": weights}.items():
        if folder is not None and not Path(folder).is_dir():
            raise LabError(f"The folder of --{what}, {folder}, is not there: check the name, or leave it out.")
    if moving_mnist is not None and model != "predictor":
        raise LabError(f"--moving-mnist measures the predictor and not the {model}: leave it out, or name predictor.")
    for name in () if moving_mnist else (model, *NEEDED.get(model, ())):  # films of digits have models of their own
        kept(name, weights)  # before clips are drawn and not after it: are they there?
    asked = Asked(
        clips, Path(corpus) if corpus else cache_path() / "corpus", weights, table, moving_mnist, tell, rivals
    )
    return {"model": model, **MODELS[model](asked)}


@in_one_sentence
def evaluate(
    model: Annotated[str, typer.Argument(help="recognizer, predictor, autoencoder, generator, upscaler, captions.")],
    *,
    clips: Annotated[int, typer.Option(help="How many clips that no model saw.")] = 500,
    to: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the numbers there, too.")] = None,
    corpus: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where drawn clips lie; drawn into the lab's cache if left out.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of finished weights; data/weights if left out.")
    ] = None,
    table: Annotated[
        bool, typer.Option("--table/--no-table", help="generator: steps and guidance, too (slow).")
    ] = True,
    moving_mnist: Annotated[
        Path | None, typer.Option(metavar="FILE", help="predictor: mnist_test_seq.npy, or MNIST's digits.")
    ] = None,
    rivals: Annotated[
        int, typer.Option(metavar="STEPS", help="recognizer: train its rivals so long, too (1500: half an hour).")
    ] = 0,
) -> None:
    """Measure a finished model on clips that no model saw: each number with its count and its 95 % interval."""
    if to is not None:
        _writable(to)
    with progress() as tell:
        numbers = measure(model, clips, corpus, weights, table, moving_mnist, tell, rivals)
    for name, rows in tables_of(numbers).items():
        for _, some in groupby(rows, key=lambda row: row.get("films")):  # other films, other numbers: no comparison
            screen.print(_table(name, list(some)))
    if to is None:
        return
    try:
        write_json(to, numbers)
    except LabError:
        screen.print_json(json.dumps(numbers, ensure_ascii=False))  # an hour's work is not lost
        raise
    screen.print(f"[bold green]{escape(str(to))}[/]")


def _writable(file: Path) -> None:
    """Find out before the work, and not after it, that a file cannot be written. Raises LabError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except OSError as error:
        raise LabError(f"Cannot write {file} ({error.strerror or error}): choose another file for --json.") from error
    if file.is_dir():
        raise LabError(f"{file} is a folder: name a file for --json, like {file / 'numbers.json'}.")


def tables_of(numbers: dict[str, object]) -> dict[str, list[dict[str, object]]]:
    """All tables in a model's numbers by their names: "rows" first, then whatever else is a list of rows."""
    tables = {
        name: value
        for name, value in numbers.items()
        if isinstance(value, list) and value and all(isinstance(row, dict) for row in value)
    }
    return {name: tables[name] for name in sorted(tables, key=lambda name: name != "rows")}


def _table(name: str, rows: list[dict[str, object]]) -> Table:
    """Rows as a table of the screen: what is the same in all of them stands below it, and no number is broken."""
    heads = list(dict.fromkeys(key for row in rows for key in row))
    cells = {head: [_cell(row.get(head)) for row in rows] for head in heads}
    same = [head for head in heads if len(rows) > 1 and len({*cells[head]}) == 1]
    told = ", ".join(f"{head.replace('_', ' ')}: {cells[head][0]}" for head in same)
    shown = Table(
        title="" if name == "rows" else name, caption=escape(told), title_justify="left", caption_justify="left",
        box=None, header_style="dim", pad_edge=False,
    )  # fmt: skip
    heads = [head for head in heads if head not in same]
    for head in heads:
        if isinstance(rows[0].get(head), str):
            shown.add_column(escape(head.replace("_", " ")), overflow="fold")
        else:
            least = max(map(len, head.split("_") + cells[head]))
            shown.add_column(escape(head.replace("_", " ")), justify="right", width=least)
    for line in zip(*(cells[head] for head in heads), strict=True):
        shown.add_row(*map(escape, line))
    return shown


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
