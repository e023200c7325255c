"""aigc-lab course build | import | execute | stale, for those who write lessons; aigc-lab run-lesson, for all."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from aigc_lab import LabError
from aigc_lab.console import in_one_sentence, screen

course = typer.Typer(no_args_is_help=True, help="Write lessons: masters to notebooks, and back.")
SOURCES = Path("notebooks/src")
Root = Annotated[Path, typer.Option(help="The project's folder.")]


@course.command()
@in_one_sentence
def build(
    sources: Annotated[list[Path] | None, typer.Argument(help="Masters, or folders of them; notebooks/src.")] = None,
    *,
    root: Root = Path(),
    strict: Annotated[bool, typer.Option("--strict", help="What a draft warns of is an error.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Lose what was edited in the notebooks.")] = False,
) -> None:
    """Build lessons, exercises and solutions in both languages from their masters."""
    from aigc_lab.course.build import build as write

    built = write(sources or [root / SOURCES], root, strict, overwrite)
    for warning in built.warnings:
        screen.print(f"[yellow]•[/] {escape(warning)}")
    for path in built.written:
        screen.print(escape(str(path)))


@course.command("import")
@in_one_sentence
def import_(
    notebook: Annotated[Path, typer.Argument(help="The notebook that was edited.")],
    *,
    root: Root = Path(),
    delete: Annotated[bool, typer.Option("--delete", help="Delete cells in the master, too.")] = False,
) -> None:
    """Take what was edited in a notebook back into its master."""
    from aigc_lab.course.back import import_notebook

    taken = import_notebook(notebook, root / SOURCES, delete)
    for note in taken.notes:
        screen.print(f"[yellow]•[/] {escape(note)}")
    screen.print(f"{escape(str(taken.master))}: {', '.join(taken.changed) or 'nothing changed'}")


@course.command()
@in_one_sentence
def execute(
    notebooks: Annotated[list[Path], typer.Argument(help="Lessons and solutions.")],
    *,
    mode: Annotated[str, typer.Option(help="smoke, quick or full.")] = "quick",
) -> None:
    """Run lessons and solutions in place."""
    from aigc_lab.course.running import execute as run

    for path in run(notebooks, mode):
        screen.print(escape(str(path)))


@course.command()
@in_one_sentence
def stale(root: Root = Path()) -> None:
    """Name notebooks that do not fit their masters any more, or were run from another source."""
    from aigc_lab.course.build import stale as look

    found = look(root)
    for path, why in found:
        screen.print(f"{escape(str(path))}: {escape(why)}")
    if found:
        raise LabError(f"{len(found)} notebooks are stale: build and execute them again.")


@in_one_sentence
def run_lesson(
    lesson: Annotated[str, typer.Argument(help="Its number, name or file: 00, 00_welcome, my/lesson.ipynb.")],
    *,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE or NAME=VALUE,VALUE; give it again for other names.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the runs; out/LESSON.")] = None,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    root: Root = Path(),
) -> None:
    """Run a lesson without a screen, once for each combination of values, and show what came of each."""
    from aigc_lab.course.grid import lesson_path, run_grid

    path = lesson_path(lesson, language, root)
    folder = out or Path("out") / path.stem
    runs = []
    for made in run_grid(path, set_ or [], folder, lambda said: screen.print(escape(said))):
        runs.append(made)
        if made.error:
            screen.print(f"[bold red]✗[/] {escape(made.error)}")
    table = Table(*dict.fromkeys(name for made in runs for name in made.values), "seconds", "status", "clip")
    for made in runs:
        status = "failed" if made.error else "kept" if made.kept else "made"
        row = [*map(str, made.values.values()), f"{made.seconds:.0f}", status, str(made.clip or "")]
        table.add_row(*map(escape, row))
    screen.print(table)
    failed = sum(bool(made.error) for made in runs)
    if failed:
        raise LabError(f"{failed} of {len(runs)} runs failed; their notebooks in {folder} show where.")
