"""The tasks of all lessons: files lessonNN.py, or more that begin so, each with its list TASKS.

A task's function looks at an answer on fixtures of its own, drawn from a seed, and raises Wrong with a sentence that
helps. It never opens the notebook, the network or a file.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from aigc_lab.course.answers import Answer
from aigc_lab.course.page import Words


@dataclass(frozen=True)
class Task:
    """One exercise.

    run: takes the answer and a seed, raises Wrong; may return words of praise. takes: names of the arguments of the
    function that is asked for, empty when a value or a text is. hints: from a nudge to nearly the answer, as
    (English, Chinese). by_person: a teacher gives the points, the check gives none.
    """

    id: str
    title_en: str
    title_zh: str
    points: int
    run: Callable[[Answer, int], Words | None]
    hints: tuple[tuple[str, str], ...]
    takes: tuple[str, ...] = ()
    by_person: bool = False

    @property
    def title(self) -> Words:
        """The title in both languages."""
        return Words(self.title_en, self.title_zh)

    @property
    def lesson(self) -> str:
        """The number of its lesson, as text: "00"."""
        return self.id.split(".")[0]


@cache
def all_tasks() -> dict[str, Task]:
    """Every task of every lesson by its id, in order."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name.startswith("lesson"))
    found = [task for name in names for task in importlib.import_module(f"{__name__}.{name}").TASKS]
    return {task.id: task for task in found}
