"""Lesson 01's tasks: the right answers pass for every student, each kept wrong one fails with words of its own."""

import csv
import itertools
import json
import time

import pytest
from kept_answers import right_passes, wrong_fails

from aigc_lab.course.check import run_check
from aigc_lab.course.tasks import all_tasks
from aigc_lab.rights import licences


def passes(rows, use):
    """The right answer to 01.1."""

    def fine(row):
        allowed = row["licence"] in licences() and row.get(f"may_{use}") is True
        return allowed and (use != "train" or not row["faces"] or bool(row["consent"]))

    return [row["file"] for row in rows if fine(row)]


def licence_of(file, texts):
    """The right answer to 01.2."""
    own = json.loads(texts.get(f"{file.rpartition('.')[0]}.json", "{}")).get("licence", "")
    rows = csv.DictReader(texts.get("credits.csv", "").splitlines())
    listed = [row["licence"] for row in rows if row["file"] == file]
    return own or "".join(listed[:1]) or texts.get("LICENSE", "").strip()


def find_copies(marks, limit=0.25):
    """The right answer to 01.3."""
    pairs = itertools.combinations(marks, 2)
    return [(a, b) for a, b in pairs if sum(x != y for x, y in zip(marks[a], marks[b], strict=True)) <= limit * 128]


def credit_line(work, without=(), name="name", url="url"):
    """The right answer to 01.4."""
    known = licences()[work["licence"]]
    parts = {**work, "licence": getattr(known, name), "url": getattr(known, url)}
    return ", ".join(text for key, text in parts.items() if text and key not in without)


def polite_get(ask, wait, tries=4, default=1.0, final=(200, 404, 403), late=False):
    """The right answer to 01.5."""
    for attempt in range(tries):
        code, headers = ask()
        if code in final:
            return code
        if attempt < tries - 1 or late:
            wait(float(headers.get("Retry-After", default)))
    return code


def for_ever(ask, wait):
    while True:
        code, headers = ask()
        if code in (200, 404, 403):
            return code
        wait(float(headers.get("Retry-After", 1)))


def waits_text(ask, wait):
    code, headers = ask()
    while code in (429, 503):
        wait(headers.get("Retry-After", 1))
        code, headers = ask()
    return code


def license_first(file, texts):
    return texts.get("LICENSE", "").strip() or licence_of(file, texts)


def json_only(file, texts):
    return json.loads(texts.get(f"{file.rpartition('.')[0]}.json", "{}")).get("licence", "")


def first_row(file, texts):
    rows = [*csv.DictReader(texts.get("credits.csv", "").splitlines()), {"licence": texts.get("LICENSE", "").strip()}]
    return json_only(file, texts) or rows[0]["licence"]


def split_at_commas(file, texts):
    heads, *rows = [line.split(",") for line in texts.get("credits.csv", "").splitlines()] or [[]]
    found = [row[heads.index("licence")] for row in rows if file in row]
    return json_only(file, texts) or "".join(found[:1]) or texts.get("LICENSE", "").strip()


def stops_at_its_json(file, texts):
    name = f"{file.rpartition('.')[0]}.json"
    return json_only(file, texts) if name in texts else licence_of(file, texts)


def no_license_file(file, texts):
    return licence_of(file, {name: text for name, text in texts.items() if name != "LICENSE"})


def neighbours(marks):
    names = list(marks)
    return [pair for pair in find_copies(marks) if names.index(pair[1]) - names.index(pair[0]) == 1]


def without(rows, *keys):
    """The rows as a careless gate sees them."""
    careless = {"licence": "CC0-1.0", "faces": 0}
    return [row | {key: careless[key] for key in keys} for row in rows]


RIGHT = {
    "01.1": passes, "01.2": licence_of, "01.3": find_copies, "01.4": credit_line, "01.5": polite_get,
}  # fmt: skip
WRONG = {
    "01.1": [
        (lambda rows, use: passes(without(rows, "faces"), use), "A face is seen in it and consent is empty"),
        (lambda rows, use: passes(without(rows, "licence"), use), "The lab does not know this licence"),
        (lambda rows, use: passes([{f"may_{use}": True} | row for row in rows], use), "Nobody answered may_train here"),
        (lambda rows, use: passes(rows, "publish"), "The gate was asked for 'train'"),
        (lambda rows, use: passes([r for r in rows if not r["faces"]], use), "The person in it agreed"),
        (lambda rows, use: passes([r for r in rows if not r["faces"] or r["consent"]], use), "asked about only for"),
        (lambda rows, use: [r["file"] for r in rows if r["file"] not in passes(rows, use)], "that the gate stops"),
        (lambda rows, use: [r for r in rows if r["file"] in passes(rows, use)], "only the names are asked for"),
        (lambda rows, use: [r["file"] for r in rows if r[f"may_{use}"]], "KeyError"),
        (lambda rows, use: [], "has the right and is stopped all the same"),
    ],
    "01.2": [
        (license_first, "What stands in the file's own JSON counts before"),
        (stops_at_its_json, "The JSON says nothing of a licence, so look further"),
        (first_row, "That is what another file's row says"),
        (split_at_commas, "This is not the column `licence`"),
        (json_only, "it was not read"),
        (no_license_file, "it counts for all that lies there"),
        (lambda file, texts: licence_of(file, texts) or "CC0", "Nobody speaks of"),
        (lambda file, texts: json.loads(texts[f"{file.rpartition('.')[0]}.json"])["licence"], "KeyError"),
        (lambda file, texts: [licence_of(file, texts)], "The licence is a text, this is a list"),
    ],
    "01.3": [
        (lambda marks: find_copies(marks, 0), "Your limit is too small"),
        (lambda marks: find_copies(marks, 0.45), "Your limit is too large"),
        (lambda marks: [*find_copies(marks), *(p[::-1] for p in find_copies(marks))], "A pair stands there twice"),
        (lambda marks: [(a, a) for a in marks], "A clip is no copy of itself"),
        (neighbours, "were not compared: look at every two"),
        (lambda marks: [name for pair in find_copies(marks) for name in pair], "A list of pairs is asked for"),
        (lambda marks: find_copies(marks)[0][0], "the check expects a list"),
    ],
    "01.4": [
        (lambda work: f"{work}", "This is a dict printed as it is"),
        (lambda work: credit_line(work, ["author"]), "The author is missing"),
        (lambda work: credit_line(work, ["title"]), "The title is missing"),
        (lambda work: credit_line(work, ["address"]), "Its address is missing"),
        (lambda work: credit_line(work, name="id"), "The usual name of the licence is missing"),
        (lambda work: credit_line(work, url="id"), "The link to the text of the licence is missing"),
        (lambda work: credit_line(work, ["changes"]), "the line does not say how"),
        (lambda work: credit_line(work | {"changes": work["changes"] or "None"}), "Nothing was changed"),
        (lambda work: f'"{work["title"]}" ' + credit_line(work), "leave it out, quotation marks and all"),
        (lambda work: credit_line(work).replace(", ", "\n"), "no line breaks"),
    ],
    "01.5": [
        (for_ever, "It goes on asking for ever"),
        (lambda ask, wait: polite_get(ask, wait, final=(200, 403)), "404 is an answer"),
        (lambda ask, wait: polite_get(ask, lambda s: wait(0.1)), "Too soon after a"),
        (lambda ask, wait: polite_get(ask, wait, tries=2), "It gives up after 2 of 4"),
        (lambda ask, wait: polite_get(ask, wait, late=True), "It waits after its last request"),
        (lambda ask, wait: polite_get(ask, wait) == 200, "Return the code of the last answer"),
        (lambda ask, wait: 200, "It never asks"),
        (waits_text, "TypeError"),
    ],
}  # fmt: skip


def test_every_task_of_the_lesson_has_its_right_and_wrong_answers():
    assert set(RIGHT) == set(WRONG) == {task for task in all_tasks() if task.startswith("01.")}


@pytest.mark.parametrize("task_id", WRONG)
def test_the_right_answer_passes_for_every_student(task_id):
    right_passes(task_id, RIGHT[task_id], 10)


@pytest.mark.parametrize("task_id", WRONG)
def test_each_wrong_answer_fails_for_every_student_with_a_message_of_its_own(task_id):
    wrong_fails(task_id, WRONG[task_id], 10, status="")


def test_any_limit_between_copies_and_strangers_will_do():
    for limit in (0.12, 0.2, 0.39):
        assert all(run_check("01.3", lambda marks, limit=limit: find_copies(marks, limit), seed) for seed in range(10))


def test_a_polite_answer_is_not_really_made_to_wait():
    begun = time.monotonic()
    assert run_check("01.5", polite_get)
    assert time.monotonic() - begun < 3
