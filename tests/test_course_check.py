"""Checks say what is right and what is not, survive whatever a student writes, and open hints one at a time."""

import contextlib
import importlib
import io
import itertools
import json
import sys
import threading
import time

import pytest
from test_course_tasks import make_brief, reading_speed

from aigc_lab import LabError
from aigc_lab.course import check as checks
from aigc_lab.course import guard
from aigc_lab.course.check import check, hint, progress, run_check, student_seed, use_language
from aigc_lab.course.records import FILE
from aigc_lab.course.tasks import all_tasks

pytestmark = pytest.mark.usefixtures("learner_folder")


def later():
    """An exercise as it is handed out."""
    raise NotImplementedError


class Odd:
    """A callable that defends itself against being looked at."""

    def __call__(self, cards):
        return self

    def __getattr__(self, name):
        raise ValueError(name)

    def __repr__(self):
        raise ValueError("repr")


class Agrees(float):
    """A number that says it equals every other."""

    def __eq__(self, other):
        return True

    __hash__ = float.__hash__

    def __sub__(self, other):
        return 0.0


def loops(cards):
    while True:
        pass


def stubborn(cards):
    caught = 0
    while True:
        try:
            int("fast")
        except BaseException:
            caught += 1


def polite(cards):
    while True:
        with contextlib.suppress(BaseException):
            int("fast")


def chatty(cards):
    while True:
        print("x" * 1000)


def collects(cards):
    return sum(x for x in itertools.count())


def deep(cards):
    return deep(cards)


def nested(cards):
    inner: list = []
    inner.append(inner)
    return inner


def asks(cards):
    return input("How fast?")


def leaves(cards):
    sys.exit("bye")


def interrupts(cards):
    raise KeyboardInterrupt


def mends(cards):
    cards.sort()
    return reading_speed(cards)


def loud(cards):
    print("seen", cards)
    return [1 / 0]


async def later_maybe(cards):
    return []


def checks_itself(cards):
    return [bool(check("00.2", checks_itself))] * len(cards)


MEAN = [
    (leaves, "SystemExit: bye"), (interrupts, "KeyboardInterrupt"), (deep, "calls itself again and again"),
    (lambda cards: 10**5000, "a number"), (lambda cards: [[0] * 10**6] * 9, "far too much"), (nested, "far too much"),
    (lambda cards: itertools.count(), "the check expects a list"), (lambda cards: None, "returns nothing (None)"),
    (lambda: 0, "takes 0 arguments, the check gives 1: cards"), (lambda a, b: [], "takes 2 arguments (a, b)"),
    (Odd(), "the check expects a list"), (Odd, "Odd is a class"), (mends, "changes what it is given"),
    (asks, "asks with input()"), (later_maybe, "a coroutine (async)"), (loud, "ZeroDivisionError"),
    (lambda cards: "fast", "returns a text"), (lambda cards: {"a": 1}, "returns a dict"), (lambda cards: 3, "a number"),
    (lambda cards: [True] * len(cards), "gives True or False where a number belongs"), (7, "without brackets"),
    ([1.0], "You handed in a list"), ("reading_speed", "You handed in a text"), (None, "You handed in nothing"),
    (checks_itself, "gives True or False"), (lambda cards: [10**400] * len(cards), "not the characters"),
    (lambda cards: [Agrees(7)] * len(cards), "not the characters"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "told"), MEAN, ids=range(len(MEAN)))
def test_nothing_that_a_student_hands_in_gets_out_of_the_check(answer, told):
    result = run_check("00.2", answer)
    assert not result and result.points == 0
    assert told in result.message.en
    assert len(result.view.text) < 1500 and len(result.view.html) < 4000


@pytest.mark.parametrize("answer", [loops, chatty, collects, stubborn, polite])
def test_an_endless_loop_is_told_and_ended(answer, monkeypatch):
    monkeypatch.setattr("aigc_lab.course.answers.SECONDS", 0.3)
    begun = time.monotonic()
    result = run_check("00.2", answer)
    assert "loop that never ends" in result.message.en
    assert time.monotonic() - begun < 3
    assert len(result.printed) <= guard.MOST_PRINTED
    assert not [t for t in threading.enumerate() if isinstance(t, guard.Worker)]


def test_what_cannot_be_stopped_is_said_and_left_behind(monkeypatch):
    monkeypatch.setattr("aigc_lab.course.answers.SECONDS", 0.2)
    monkeypatch.setattr(guard, "GRACE", 0.1)
    result = run_check("00.2", lambda cards: time.sleep(1))
    assert "could not be stopped and still runs" in result.message.en and "重启内核" in result.message.zh
    for worker in [t for t in threading.enumerate() if isinstance(t, guard.Worker)]:
        worker.join(3)  # it ends by itself when the long call returns
        assert not worker.is_alive()


def test_a_real_ctrl_c_ends_the_function_and_reaches_the_person(monkeypatch):
    monkeypatch.setattr(guard, "_wait", lambda worker, until: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run_check("00.2", loops)
    assert not [t for t in threading.enumerate() if isinstance(t, guard.Worker)]
    assert sys.stdout is not None and not isinstance(sys.stdout, guard._Ear)


def test_an_error_names_the_line_and_what_was_printed():
    result = run_check("00.2", loud)
    assert "line" in result.message.en and "(return [1 / 0]) with ZeroDivisionError" in result.message.en
    assert result.printed.startswith("seen [(")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Say first which task"), (("00.1",), 'Hand in your answer too: check("00.1", my_function)'),
        (("99.9", len), "There is no task '99.9': the tasks are 00.1"), ((make_brief,), "Say first which task"),
        ((make_brief, "00.1"), "Say first which task"), (("00.5", len), "wants the answer itself"),
    ],
)  # fmt: skip
def test_a_check_called_the_wrong_way_says_how(arguments, told, capsys):
    assert told in check(*arguments).message.en
    assert told in capsys.readouterr().out
    assert hint(*arguments[:1]).text.startswith("[Hint")


def test_the_message_comes_in_the_language_of_the_lesson(capsys):
    use_language("zh-CN")
    check("00.2", lambda cards: [len(t) / e for s, e, t in cards])
    shown = capsys.readouterr().out
    assert "还差一点" in shown and "你除以的是结束时间" in shown and "应为：" in shown and "得到：" in shown
    result = check("00.2", reading_speed)
    assert "通过" in result.view.html and 'lang="zh-CN"' in result.view.html and "得分 3/3" in repr(result)


def test_words_and_not_colour_alone_say_how_it_went_and_texts_are_escaped():
    result = run_check("00.1", lambda topic, seconds: {"<b>": "</div><script>"})
    assert "✘ Not yet" in result.view.html and "<script>" not in result.view.html and "&lt;b&gt;" in result.view.html
    assert repr(result).startswith("[Not yet · 00.1 A brief that the lab accepts")


def test_a_console_that_knows_no_tick_still_shows_the_result(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="gbk"))
    check("00.1", lambda topic, seconds: {"topic": topic, "é😀": 1})
    sys.stdout.flush()
    assert "[Not yet" in raw.getvalue().decode("gbk")


def test_hints_open_one_at_a_time_each_after_a_new_failed_try():
    first, second, third = (en for en, _ in all_tasks()["00.2"].hints)
    assert "Try first" in hint("00.2").text and first not in hint("00.2").text
    check("00.2", lambda cards: later())
    assert "Try first" in hint("00.2").text
    check("00.2", lambda cards: [1.0] * len(cards))
    assert first in hint("00.2").text
    again = hint("00.2").text
    assert first in again and second not in again and "after another try with changed code" in again
    check("00.2", lambda cards: [1.0] * len(cards))  # the same code once more
    assert second not in hint("00.2").text
    check("00.2", lambda cards: [2.0] * len(cards))
    assert second in hint("00.2").text and third not in hint("00.2").text
    check("00.2", reading_speed)
    assert third in hint("00.2").text and "3 of 3" in hint("00.2").text


def test_progress_survives_a_restart_and_says_how_much_is_done(learner_folder):
    check("00.1", make_brief)
    check("00.2", lambda cards: [1.0] * len(cards))
    check("00.5", "Viewers see that no camera was there. Whoever posts it keeps the trust of them all.")
    kept = json.loads((learner_folder / FILE).read_text(encoding="utf-8"))["tasks"]
    assert kept["00.1"] == {"passed": True, "tries": 1, "hints": 0, "points": 2, "failed": []}
    view = progress()
    total = len(all_tasks())
    assert f"2 of {total} done" in view.text and "Lesson 00: 2 of 5 done" in view.text
    assert "Not yet" in view.text and "by your teacher" in view.text and '<th scope="col"' in view.html
    assert "Lesson 01" not in progress("00").text and "Lesson 01" in progress("01").text
    with pytest.raises(LabError, match="No lesson '1' has tasks: choose 00"):
        progress("1")
    use_language("zh-CN")
    assert f"已完成 2/{total}" in progress().text and "第 00 课" in progress().html


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"tasks": {"00.1": {"tries": "many"}}}', '{"tasks": {"00.1": 3}}', "\udcff"]
)
def test_a_broken_progress_file_is_said_once_and_left_alone(learner_folder, text):
    (learner_folder / FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    before = (learner_folder / FILE).read_bytes()
    assert "cannot be read" in check("00.1", make_brief).notice.en
    assert check("00.2", reading_speed).notice is None
    assert f"2 of {len(all_tasks())} done" in progress().text
    assert (learner_folder / FILE).read_bytes() == before
    (learner_folder / FILE).unlink()
    check("00.3", len)
    assert "00.1" in (learner_folder / FILE).read_text(encoding="utf-8")  # what was in memory is not lost


def test_a_folder_that_cannot_be_written_is_said_once(learner_folder, monkeypatch):
    from aigc_lab import LabError

    def refuse(*_):
        raise LabError("no rights")

    monkeypatch.setattr("aigc_lab.course.records.write_json", refuse)
    assert "cannot be written in this folder" in check("00.1", make_brief).notice.en
    assert check("00.2", reading_speed).notice is None
    assert f"2 of {len(all_tasks())} done" in progress().text


def test_run_check_shows_nothing_and_writes_nothing(learner_folder, capsys):
    run_check("00.1", make_brief, 3)
    run_check("00.1", lambda topic, seconds: print(topic), 3)
    assert capsys.readouterr().out == "" and list(learner_folder.iterdir()) == []


def test_each_student_has_a_seed_of_their_own(learner_folder, monkeypatch):
    assert student_seed() == 0
    (learner_folder / "student.txt").write_text("\ufeff王小明 2026001\nsecond line\n", encoding="utf-8")
    from_file = student_seed()
    monkeypatch.setenv("AIGC_LAB_STUDENT", "王小明 2026001")
    assert student_seed() == from_file > 0
    monkeypatch.setenv("AIGC_LAB_STUDENT", "2026002")
    assert 0 < student_seed() < 2**31 and student_seed() != from_file


def test_in_a_notebook_a_result_is_shown_once_as_html():
    InteractiveShell = importlib.import_module("IPython.core.interactiveshell").InteractiveShell
    capture_output = importlib.import_module("IPython.utils.capture").capture_output
    shell = InteractiveShell.instance()
    try:
        shell.push({"check": check, "make_brief": make_brief})
        with capture_output() as seen:
            assert shell.run_cell("check('00.1', make_brief)", store_history=True).success
        assert [o.data["text/html"].count("<section") for o in seen.outputs] == [1]
        with capture_output() as seen:
            shell.run_cell("r = check('00.1', make_brief)\n1 + 1", store_history=True)
            shell.run_cell("r", store_history=True)
        assert len([o for o in seen.outputs if "text/html" in o.data]) == 2
    finally:
        InteractiveShell.clear_instance()
    assert checks.executed() is None


def test_a_language_the_lessons_do_not_speak_is_refused():
    from aigc_lab import LabError

    with pytest.raises(LabError, match="English and Chinese"):
        use_language("fr")
