"""What the command line says and how: one screen, one sentence for what went wrong, a bar for each step."""

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from aigc_lab import LabError

STOPPED = 130  # exit code at Ctrl-C


def _screen() -> Console:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # a GBK console has no tick mark
    return Console(highlight=False)


screen = _screen()
errors = Console(highlight=False, stderr=True)


def in_one_sentence(verb: Callable[..., None]) -> Callable[..., None]:
    """What a person can mend becomes one sentence on stderr and exit code 1; Ctrl-C becomes exit code 130."""

    @functools.wraps(verb)
    def told(*args: Any, **kwargs: Any) -> None:
        try:
            verb(*args, **kwargs)
        except LabError as error:
            errors.print(f"[bold red]✗[/] {escape(str(error))}", soft_wrap=True)
            raise typer.Exit(1) from error
        except MemoryError as error:
            errors.print(
                "[bold red]✗[/] Not enough memory: close other programs, or ask for fewer seconds.", soft_wrap=True
            )
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            errors.print("\nStopped. What is finished is kept: the same command goes on from there.", soft_wrap=True)
            raise typer.Exit(STOPPED) from error

    return told


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A bar for each step; on a screen that is no terminal, one line when a step ends."""
    bars = Progress(TextColumn("{task.description:>9}"), BarColumn(), TimeElapsedColumn(), console=screen)
    tasks: dict[str, Any] = {}

    def tell(step: str, done: float) -> None:
        for other, task in tasks.items():
            if other != step and not bars.tasks[task].finished:
                bars.update(task, completed=1.0)
        if step not in tasks:
            tasks[step] = bars.add_task(step, total=1.0)
            if not screen.is_terminal:
                screen.print(f"{step} ...")
        bars.update(tasks[step], completed=done)

    if not screen.is_terminal:
        bars.disable = True
    with bars:
        yield tell
