"""Every kept answer to every task: the right ones pass for every student, each wrong one fails with its own words."""

import inspect

import pytest
from kept_answers import right_passes, wrong_fails

from aigc_lab.course.check import run_check
from aigc_lab.course.tasks import all_tasks
from aigc_lab.rights import licences


def make_brief(topic, seconds):
    """The right answer to 00.1."""
    language = "en-US" if topic.isascii() else "zh-CN"
    return {"topic": topic[:300], "seconds": min(max(seconds, 6), 90), "language": language}


def reading_speed(cards):
    """The right answer to 00.2."""
    seen = [(end - start, "".join(text.split())) for start, end, text in cards]
    return [len(text) / lasts if lasts else float("inf") for lasts, text in seen]


def shots_at(storyboard, times):
    """The right answer to 00.3."""
    shots = storyboard["shots"]
    return [next((s["id"] for s in shots if s["start"] <= t < s["start"] + s["seconds"]), None) for t in times]


def unclear_rights(credits):
    """The right answer to 00.4."""
    return [row["file"] for row in credits if row["licence"] not in licences() or row.get("may_sell") is not True]


REASON = "The label tells viewers that no camera saw this. Whoever posts it keeps their trust and follows the rules."
REASON_ZH = "有了标识，观众就知道画面不是拍出来的。发布者这样做才守法，也才能赢得信任。"
RIGHT = {
    "00.1": make_brief, "00.2": reading_speed, "00.3": shots_at, "00.4": unclear_rights, "00.5": REASON,
}  # fmt: skip


def prints_only(topic, seconds):
    print(make_brief(topic, seconds))


def at_index(storyboard, times):
    ids = [s["id"] for s in storyboard["shots"]]
    return [None if shot is None else ids.index(shot) for shot in shots_at(storyboard, times)]


def earlier_at_borders(storyboard, times):
    shots = storyboard["shots"]
    return [next((s["id"] for s in shots if s["start"] <= t <= s["start"] + s["seconds"]), None) for t in times]


def last_for_ever(storyboard, times):
    return [shot if shot is not None else storyboard["shots"][-1]["id"] for shot in shots_at(storyboard, times)]


def refused(credits, use="may_sell", missing=None):
    return [row["file"] for row in credits if not row.get(use, missing)]


WRONG = {
    "00.1": [
        (prints_only, "prints its answer but returns nothing"),
        (lambda topic, seconds: {"title": topic, "length": seconds}, "A brief has no field 'length'"),
        (lambda topic, seconds: {"topic": topic, "seconds": seconds}, "The field language is missing"),
        (lambda topic, seconds: make_brief(topic, seconds) | {"seconds": "6 s"}, "must be a plain number, not a text"),
        (lambda topic, seconds: make_brief(topic, seconds) | {"seconds": seconds}, "seconds are refused"),
        (lambda topic, seconds: make_brief(topic, seconds) | {"seconds": 20}, "the brief has another number"),
        (lambda topic, seconds: make_brief(topic, seconds) | {"topic": topic}, "refused: keep the first 300"),
        (lambda topic, seconds: make_brief(topic, seconds) | {"topic": "Coffee"}, "is not the one that was asked for"),
        (lambda topic, seconds: make_brief(topic, seconds) | {"language": "en-US"}, "in another language"),
        (lambda topic, seconds: make_brief(topic, seconds) | {"language": "Klingon!"}, "The lab refuses this"),
    ],
    "00.2": [
        (lambda cards: [len(text) / end for start, end, text in cards], "you divide by the end time"),
        (lambda cards: [len(t) / (e - s) if e > s else 0 for s, e, t in cards], "blanks are counted too"),
        (lambda cards: [len("".join(t.split())) / (e - s) for s, e, t in cards], "ZeroDivisionError"),
        (lambda cards: [x if x < 1e9 else 0 for x in reading_speed(cards)], "its speed is float('inf')"),
        (lambda cards: [x if x > 1e9 else int(x) for x in reading_speed(cards)], "rounded to a whole number"),
        (lambda cards: [len(t.split()) / (e - s) if e > s else 0 for s, e, t in cards], "you count words"),
        (lambda cards: [x for x in reading_speed(cards) if x > 15], "give one for each, in the same order"),
        (lambda cards: [float("nan") for _ in cards], "gives NaN"),
        (lambda cards: [7.0 for _ in cards], "not the characters by the seconds"),
        (lambda cards: (x for x in reading_speed(cards)), "returns a generator"),
    ],
    "00.3": [
        (earlier_at_borders, "a border belongs to the later shot"),
        (last_for_ever, "nothing is on screen, so None"),
        (at_index, "These are positions in the list, not ids"),
        (lambda storyboard, times: shots_at(storyboard, sorted(times)), "in another order"),
        (lambda storyboard, times: [storyboard["shots"][0]["id"] for _ in times], "another shot is on screen"),
    ],
    "00.4": [
        (lambda credits: refused(credits, "may_publish"), "An ad sells: look at may_sell"),
        (lambda credits: refused(credits, missing=True), "no answer counts as no"),
        (refused, "The lab does not know this licence"),
        (lambda credits: [row["file"] for row in credits if row["may_sell"] is False], "KeyError: 'may_sell'"),
        (lambda credits: [r["file"] for r in credits if r["file"] not in unclear_rights(credits)], "that may be used"),
        (lambda credits: [row for row in credits if not row.get("may_sell")], "only the names are asked for"),
        (lambda credits: [row["file"] for row in credits], "no reason to worry"),
    ],
    "00.5": [
        ("It is made by a computer and people should know that.", "This is one sentence"),
        ("It is AI. So yes.", "fewer than five words"),
        ("The label tells the people about it. The label tells the people about it.", "twice is one sentence"),
        ('Explain in two sentences why a label "AI-generated" is on the video. Because it has to be there.', "repeats"),
        (42, "A text is asked for, this is a number"),
        ("...", "not written yet"),
    ],
}  # fmt: skip


def test_every_task_has_both_languages_hints_and_kept_wrong_answers():
    assert set(RIGHT) == set(WRONG) == {task for task in all_tasks() if task.startswith("00.")}
    for task in all_tasks().values():
        assert len(task.hints) >= 2 and all(en.isascii() and not zh.isascii() for en, zh in task.hints)
        assert task.title_en.isascii() and not task.title_zh.isascii() and task.points > 0


@pytest.mark.parametrize("task_id", WRONG)
def test_the_right_answer_passes_for_every_student(task_id):
    right_passes(task_id, RIGHT[task_id], 10)


@pytest.mark.parametrize("task_id", WRONG)
def test_each_wrong_answer_fails_for_every_student_with_a_message_of_its_own(task_id):
    wrong_fails(task_id, WRONG[task_id], 10, status="")


@pytest.mark.parametrize("task_id", [t.id for t in all_tasks().values() if t.takes])
def test_an_untouched_exercise_scores_zero(task_id):
    named = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in all_tasks()[task_id].takes]

    def untouched(*given):
        later()

    untouched.__signature__ = inspect.Signature(named)
    result = run_check(task_id, untouched)
    assert (result.status, result.points, bool(result)) == ("untouched", 0, False)
    assert "is not written yet" in result.message.en and "还没有写" in result.message.zh


def later():
    """An exercise as it is handed out."""
    raise NotImplementedError


def test_the_same_seed_gives_the_same_fixtures_and_another_seed_others():
    def asked(seed):
        seen = []
        run_check("00.2", lambda cards: seen.append(cards) or [], seed)
        return seen

    assert asked(1) == asked(1) != asked(2)


def test_a_chinese_text_counts_as_two_sentences_too():
    assert run_check("00.5", REASON_ZH)
    assert not run_check("00.5", "有了标识。")
