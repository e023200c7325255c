"""A finished step is remembered under its inputs; a folder that holds something else is left alone."""

import json

import pytest

from aigc_lab import LabError
from aigc_lab.workshop import Workshop, open_folder


def counted(folder, text):
    calls = []

    def make():
        calls.append(1)
        (folder / "a.txt").write_text(text, encoding="utf-8")
        return {"text": text}

    return calls, make


def test_a_step_is_done_once_for_the_same_inputs_and_again_for_others(tmp_path):
    shop, (calls, make) = Workshop(tmp_path), counted(tmp_path, "x")
    for inputs in ({"a": 1}, {"a": 1}, {"a": 2}):
        assert shop.step("one", inputs, make, ["a.txt"], ("media",)) == {"text": "x"}
    assert len(calls) == 2


@pytest.mark.parametrize("damage", [lambda f: f.unlink(), lambda f: f.write_text("cut off", encoding="utf-8")])
def test_a_step_whose_file_is_gone_or_cut_off_is_done_again(tmp_path, damage):
    shop, (calls, make) = Workshop(tmp_path), counted(tmp_path, "long enough")
    shop.step("one", 1, make, ["a.txt"])
    damage(tmp_path / "a.txt")
    shop.step("one", 1, make, ["a.txt"])
    assert len(calls) == 2


def test_a_damaged_stamp_only_costs_the_work(tmp_path):
    shop, (calls, make) = Workshop(tmp_path), counted(tmp_path, "x")
    shop.step("one", 1, make, ["a.txt"])
    (tmp_path / "one.json").write_text('{"key": "ab', encoding="utf-8")
    shop.step("one", 1, make, ["a.txt"])
    assert len(calls) == 2


def test_the_same_job_goes_on_and_another_is_refused_unless_forced(tmp_path):
    out = tmp_path / "out"
    shop = open_folder(out, "job-a", "tea")
    (shop.folder / "voice.json").write_text("{}", encoding="utf-8")
    open_folder(out, "job-a", "tea")
    with pytest.raises(LabError, match=r"holds another job \('tea'\)"):
        open_folder(out, "job-b", "coffee")
    assert (shop.folder / "voice.json").exists()
    open_folder(out, "job-b", "coffee", force=True)
    assert not (shop.folder / "voice.json").exists()
    assert json.loads((out / ".work" / "job.json").read_text(encoding="utf-8"))["key"] == "job-b"


def test_a_folder_with_somebody_elses_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(LabError, match="not empty"):
        open_folder(tmp_path, "job", "tea")
    open_folder(tmp_path, "job", "tea", force=True)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "out").write_text("x", encoding="utf-8")
    with pytest.raises(LabError, match="is a file"):
        open_folder(tmp_path / "out", "job", "tea")
