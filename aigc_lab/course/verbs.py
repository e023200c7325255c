"""aigc-lab course build | import | execute | stale: for those who write lessons."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

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
