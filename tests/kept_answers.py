"""What is asked of the kept answers to a task: the right one passes, each wrong one fails with words of its own."""

from typing import Any

from aigc_lab.course.check import run_check
from aigc_lab.course.tasks import all_tasks


def every_task_is_kept(lesson: str, right: dict[str, Any], wrong: dict[str, Any]) -> None:
    """Each task of a lesson has its right and wrong answers, three hints and its title in both languages."""
    tasks = {name: task for name, task in all_tasks().items() if task.lesson == lesson}
    assert list(right) == list(wrong) == list(tasks)
    for task in tasks.values():
        assert len(task.hints) >= 3 and all(en.isascii() and not zh.isascii() for en, zh in task.hints)
        assert task.title_en.isascii() and not task.title_zh.isascii() and task.points > 0


def right_passes(task_id: str, answer: Any, students: int = 15) -> None:
    """The right answer gets all points for every student; a text is left to a person, who gives them later."""
    task = all_tasks()[task_id]
    for seed in range(students):
        result = run_check(task_id, answer, seed)
        assert result, result
        assert result.points == (0 if task.by_person else task.points)


def wrong_fails(task_id: str, answers: list[tuple[Any, str]], students: int = 8, status: str = "wrong") -> None:
    """Each of three or more wrong answers (answer, what it is told) gets nothing; status "": whatever is not passed."""
    assert len({told for _, told in answers}) == len(answers) >= 3
    for answer, told in answers:
        for seed in range(students):
            result = run_check(task_id, answer, seed)
            assert not result and result.points == 0 and result.status == (status or result.status), (
                told,
                seed,
                result,
            )
            assert told in result.message.en, (told, seed, result.message.en)
            assert result.message.zh != result.message.en and not result.message.zh.isascii()
