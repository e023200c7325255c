"""Checks of the exercises, for a notebook and for the grader.

    use_language("zh-CN")            # once, at the top of a Chinese notebook
    check("00.1", make_brief)        # says on the spot what is right and what is not
    hint("00.1")                     # one at a time, each after a new failed try
    progress()                       # 7 of 12 done

What each check does to a student's function, and what it cannot stop, is said in guard.py. `run_check` is the same
check without notebook, display and file.
"""

import sys
import threading
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from aigc_lab import LabError
from aigc_lab.course.answers import Answer, Wrong, fingerprint, shown
from aigc_lab.course.guard import Worker
from aigc_lab.course.page import View, Words, box, executed, put, say, table, use_language
from aigc_lab.course.records import Record, keep, records, student_seed
from aigc_lab.course.tasks import Task, all_tasks

__all__ = ["Result", "check", "hint", "progress", "run_check", "student_seed", "use_language"]

NO_TITLE = Words("", "")
NOTHING: Any = type("Nothing", (), {})()
STATES = {  # status: (words, words, mark, colour of the edge; blue and vermilion differ for every eye)
    "passed": ("Passed", "通过", "✔", "#0072b2"),
    "seen": ("Handed in", "已提交", "✎", "#0072b2"),
    "wrong": ("Not yet", "还差一点", "✘", "#d55e00"),
    "untouched": ("Not written yet", "还没有写", "○", "#777777"),
    "misused": ("Not checked", "没有检查", "?", "#777777"),
}
_shown: dict[str, object] = {}  # the result that check showed last, and in which cell


@dataclass(frozen=True, repr=False)
class Result:
    """What a check found; truthy when the task is passed (or handed in, where a person reads it).

    status: passed, seen, wrong, untouched or misused; expected, came: values as text; printed: what the student's
    function printed when it went wrong; points of most.
    """

    task_id: str
    status: str
    message: Words
    points: int = 0
    most: int = 0
    title: Words = NO_TITLE
    expected: str = ""
    came: str = ""
    printed: str = ""
    notice: Words | None = None

    def __bool__(self) -> bool:
        return self.status in {"passed", "seen"}

    @property
    def view(self) -> View:
        """The result as a box and as plain text."""
        en, zh, mark, edge = STATES[self.status]
        of = say(f"{self.points} of {self.most} points", f"得分 {self.points}/{self.most}")
        name = " ".join(part for part in (self.task_id, str(self.title)) if part)
        head = f"{say(en, zh)} · {name}" + (f" · {of}" if self.most and self.status != "seen" else "")
        pairs = [(say("expected", "应为"), self.expected), (say("came", "得到"), self.came)]
        pairs += [(say("printed by your function", "你的函数打印了"), self.printed.strip()[:600])]
        pairs, colon = [(label, value) for label, value in pairs if value], say(": ", "：")
        rows = [f'{escape(k)}{colon}<code style="white-space:pre-wrap">{escape(v)}</code>' for k, v in pairs]
        last = [str(self.notice)] if self.notice else []
        html = box(f"{mark} {head}", [escape(str(self.message)), *rows, *map(escape, last)], edge)
        return View(html, "\n".join([f"[{head}]", str(self.message), *(f"  {k}{colon}{v}" for k, v in pairs), *last]))

    def __repr__(self) -> str:
        return self.view.text

    def _ipython_display_(self) -> None:
        if _shown != {"result": id(self), "cell": executed()}:  # not twice as the last line of check's own cell
            put(self.view)


def run_check(task_id: str, answer: object = NOTHING, seed: int = 0) -> Result:
    """Check one answer on fixtures drawn from `seed`. Shows nothing, writes nothing.

    Never raises because of what it is given.
    """
    task = all_tasks().get(task_id) if isinstance(task_id, str) else None
    try:
        task = _known(task_id, task, answer)
        praise = task.run(Answer(answer, task.id, task.takes), seed) or Words("All fixtures right.", "各项检查都对。")
    except Wrong as wrong:
        found = (wrong.status, wrong.message)
        extra = {"expected": wrong.expected, "came": wrong.came, "printed": wrong.printed}
    except (Exception, SystemExit) as error:  # ours, not the student's: theirs became a Wrong
        en = f"The check itself stumbled over this answer ({type(error).__name__}): show it to your teacher."
        found = ("misused", Words(en, f"检查程序自己出错了（{type(error).__name__}）：请拿给老师看看。"))
        extra = {}
    else:
        found, extra = ("seen" if task.by_person else "passed", praise), {}
    most, title = (task.points, task.title) if task else (0, NO_TITLE)
    points = most if found[0] == "passed" else 0
    name = task.id if task else task_id if isinstance(task_id, str) and len(task_id) < 20 else ""
    return Result(name, *found, points=points, most=most, title=title, **extra)


def _known(task_id: object, task: Task | None, answer: object) -> Task:
    """The task that is meant, when the call makes sense. Raises Wrong."""
    if isinstance(threading.current_thread(), Worker):
        en, zh = "A function that is being checked cannot call check itself.", "正在检查的函数里不能再调用 check。"
        raise Wrong(en, zh, status="misused")
    if not isinstance(task_id, str):
        raise Wrong(
            'Say first which task, in quotes, then your function: check("00.1", my_function).',
            '请先写题号（带引号），再写函数：check("00.1", my_function)。', status="misused",
        )  # fmt: skip
    if task is None:
        ids = ", ".join(all_tasks())
        raise Wrong(
            f"There is no task {shown(task_id, 40)}: the tasks are {ids}.",
            f"没有 {shown(task_id, 40)} 这道题；现有题号：{ids}。", status="misused",
        )  # fmt: skip
    if answer is NOTHING:
        what, what_zh = ("my_function", "函数") if task.takes else ("my_answer", "答案")
        raise Wrong(
            f'Hand in your answer too: check("{task.id}", {what}).',
            f'还要交上你的{what_zh}：check("{task.id}", {what})。', status="misused",
        )  # fmt: skip
    return task


def check(task_id: str = NOTHING, answer: object = NOTHING) -> Result:
    """Check an answer now, show what was expected and what came, and keep the result beside the notebook."""
    result = run_check(task_id, answer, student_seed())
    notice = _record(result, answer)
    result = replace(result, notice=notice)
    _shown.update(result=id(result), cell=executed())
    if executed() is not None or not hasattr(sys, "ps1"):  # a bare Python prompt shows what is returned
        put(result.view)
    return result


def _record(result: Result, answer: object) -> Words | None:
    if result.status in {"untouched", "misused"}:
        return None
    kept, notice = records()
    record = kept.setdefault(result.task_id, Record())
    record.tries += 1
    record.passed, record.points = record.passed or bool(result), max(record.points, result.points)
    mark = fingerprint((fingerprint(answer), result.message.en))  # a helper that was mended gives another message
    if result.status == "wrong" and mark not in record.failed:
        record.failed.append(mark)
    return keep(kept) or notice


def hint(task_id: str = NOTHING) -> View:
    """The hints of a task that are open: one more after each new failed try, all of them once it is passed."""
    task = all_tasks().get(task_id) if isinstance(task_id, str) else None
    try:
        task = _known(task_id, task, None)
    except Wrong as wrong:
        return _note(say("Hint", "提示"), [str(wrong.message)])
    kept, notice = records()
    record = kept.setdefault(task.id, Record())
    earned = len(task.hints) if record.passed else min(len(record.failed), len(task.hints))
    more = record.hints < earned
    if more:
        record.hints = record.hints + 1 if not record.passed else earned
        notice = keep(kept) or notice
    lines = [f"{i}. {Words(*words)}" for i, words in enumerate(task.hints[: record.hints], 1)]
    head = say(
        f"Hints for {task.id}: {record.hints} of {len(task.hints)}",
        f"{task.id} 的提示：{record.hints}/{len(task.hints)}",
    )
    return _note(head, [*lines, *_what_next(task, record, more), *([str(notice)] if notice else [])])


def _what_next(task: Task, record: Record, opened: bool) -> list[str]:
    if record.hints >= len(task.hints) or (opened and record.hints < len(record.failed)):
        return []
    if not record.failed:
        return [say(
            f'Try first: write something, even if wrong, and run check("{task.id}", ...): the first hint opens then.',
            f'先试一试：随便写点什么（写错也没关系），运行 check("{task.id}", ……)，第一条提示就会打开。',
        )]  # fmt: skip
    return [say(
        "The next hint opens after another try with changed code.", "改动代码再试一次，下一条提示才会打开。"
    )]  # fmt: skip


def _note(head: str, lines: list[str]) -> View:
    return View(box(head, [escape(line) for line in lines], "#777777"), "\n".join([f"[{head}]", *lines]))


def progress(lesson: str = "") -> View:
    """What is done so far in this folder: one line in all, and a table for each lesson, or for one ("01").

    Raises LabError when there is no such lesson.
    """
    kept, notice = records()
    tasks = [task for task in all_tasks().values() if lesson in ("", task.lesson)]
    if not tasks:
        known = ", ".join(sorted({task.lesson for task in all_tasks().values()}))
        raise LabError(f"No lesson {lesson!r} has tasks: choose {known}.")
    done = sum(kept.get(task.id, Record()).passed for task in tasks)
    head = say(f"{done} of {len(tasks)} done", f"已完成 {done}/{len(tasks)}")
    tables = [_lesson_table(lesson, tasks, kept) for lesson in sorted({task.lesson for task in tasks})]
    notes = [str(notice)] if notice else []
    html = box(head, [*(view.html for view in tables), *map(escape, notes)], STATES["passed"][3])
    return View(html, "\n\n".join([f"[{head}]", *(view.text for view in tables), *notes]))


def _lesson_table(lesson: str, tasks: list[Task], kept: dict[str, Record]) -> View:
    heads = say("task|what|state|points|tries|hints", "题号|内容|状态|得分|尝试|提示").split("|")
    rows, here = [heads], [task for task in tasks if task.lesson == lesson]
    for task in here:
        record = kept.get(task.id, Record())
        status = ("seen" if task.by_person else "passed") if record.passed else "wrong" if record.tries else ""
        state = Words(*STATES[status][:2]) if status else Words("open", "未做")
        points = say("by your teacher", "老师评分") if task.by_person else f"{record.points}/{task.points}"
        rows.append([task.id, task.title, state, points, record.tries, f"{record.hints}/{len(task.hints)}"])
    done = sum(kept.get(task.id, Record()).passed for task in here)
    return table(
        rows, say(f"Lesson {lesson}: {done} of {len(here)} done", f"第 {lesson} 课：已完成 {done}/{len(here)}")
    )
