"""The command line: what a person sees when it works, and one sentence with an exit code when it does not."""

import io
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from course_fixture import project
from PIL import Image
from typer.testing import CliRunner

from aigc_lab import cli
from aigc_lab.media import probe
from aigc_lab.storyboard import read_storyboard

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a verb in an empty folder; returns (exit code, what it printed on one line)."""
    monkeypatch.chdir(tmp_path)

    def verb(*arguments: str) -> tuple[int, str]:
        printed = io.StringIO()
        monkeypatch.setattr(cli.screen, "_file", printed)  # `file` would be put back as a stream of this test
        result = CliRunner().invoke(cli.app, [str(a) for a in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, " ".join((printed.getvalue() + result.output).split())

    return verb


def test_draft_writes_a_storyboard_that_can_be_edited_and_shows_why_each_subject_was_chosen(run):
    code, told = run("draft", "--topic", "Why bees matter", "--point", "They carry pollen", "--out", "s.yaml")
    assert code == 0
    board = read_storyboard(Path("s.yaml"))
    assert any("pollen" in s.say for s in board.shots)
    assert "make --from s.yaml" in told
    assert all(s.why for s in board.shots)


def test_draft_does_not_overwrite_what_was_edited(run):
    Path("s.yaml").write_text("mine", encoding="utf-8")
    code, told = run("draft", "--topic", "tea", "--out", "s.yaml")
    assert code == 1
    assert "s.yaml exists" in told
    assert Path("s.yaml").read_text(encoding="utf-8") == "mine"


def test_flags_take_the_place_of_what_the_brief_says(run):
    Path("b.yaml").write_text("topic: tea\nstyle: retro\nseconds: 12\n", encoding="utf-8")
    assert run("draft", "b.yaml", "--style", "neon", "--out", "s.yaml")[0] == 0
    board = read_storyboard(Path("s.yaml"))
    assert (board.style, board.seconds) == ("neon", 12)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["make"], "Nothing to make"),
        (["make", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["make", "--topic", "tea", "--seconds", "-4"], "greater than or equal to 6"),
        (["make", "--topic", "tea", "--name", "../x"], "folder name"),
        (["make", "--topic", "x" * 10_000], "at most 300"),
        (["make", "--topic", "tea", "--logo", "text.png"], "is no picture"),
        (["make", "--topic", "tea", "--music", "text.png"], "holds no sound"),
        (["make", "--topic", "tea", "--voice", "recording:nowhere.wav"], "holds no sound"),
        (["make", "--topic", "tea", "--pictures", "footage:nowhere"], "nowhere"),
        (["make", "--topic", "tea", "--pictures", "footage:empty"], "empty"),
        (["make", "--topic", "tea", "--pictures", "painted"], "painted"),
        (["make", "--topic", "tea", "--profile", "nowhere.yaml"], "nowhere.yaml"),
        (["make", "--topic", "tea", "--out", "full"], "not empty"),
        (["make", "--topic", "tea", "--out", "text.png"], "is a file"),
        (["make", "--from", "text.png"], "text.png"),
        (["make", "--from", "s.yaml", "--shot", "9"], "no shot 9"),
        (["make", "--from", "s.yaml", "--topic", "tea"], "edit the storyboard"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_1(run, arguments, told):
    Path("text.png").write_text("no picture", encoding="utf-8")
    Path("empty").mkdir()
    Path("full").mkdir()
    Path("full", "mine.txt").write_text("x", encoding="utf-8")
    Path("s.yaml").write_text("title: t\nshots: [{id: 1, say: hello}]\n", encoding="utf-8")
    code, printed = run(*arguments)
    assert code == 1
    assert told in printed
    assert "Traceback" not in printed


def test_ctrl_c_ends_with_exit_code_130_and_says_that_nothing_is_lost(run, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("aigc_lab.production.produce", stopped)
    code, told = run("make", "--topic", "tea")
    assert code == 130
    assert "goes on from there" in told


def test_ctrl_c_while_the_command_line_still_loads_is_no_traceback(monkeypatch, capsys):
    def stopped(name):
        raise KeyboardInterrupt

    loading = ModuleType("aigc_lab.cli")
    loading.__getattr__ = stopped
    monkeypatch.setitem(sys.modules, "aigc_lab.cli", loading)
    with pytest.raises(SystemExit, match="130"):
        runpy.run_module("aigc_lab", run_name="__main__")
    assert capsys.readouterr().err == "\nStopped.\n"


def test_the_words_of_a_brief_are_listed_in_both_languages(run):
    code, told = run("words")
    assert code == 0
    for word in ("technology", "科技", "coffee", "咖啡", "neon", "霓虹", "douyin", "female"):
        assert word in told


def test_a_gbk_console_prints_everything(tmp_path):
    command = [sys.executable, "-m", "aigc_lab", "draft", "--topic", "茶 ✓ 😀", "--out", str(tmp_path / "s.yaml")]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "gbk"}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "茶" in done.stdout.decode("gbk")


def test_lessons_are_built_from_the_command_line_and_a_stale_one_is_named(run, tmp_path):
    root = project(tmp_path / "class").parents[2]
    code, said = run("course", "build", "--root", root)
    assert code == 0 and "90_light.ipynb" in said and (root / "notebooks" / "zh" / "90_light.ipynb").exists()
    code, said = run("course", "stale", "--root", root)
    assert code == 1 and "90_light.ipynb" in said
    code, said = run("course", "build", tmp_path / "nowhere", "--root", root)
    assert code == 1 and "is missing" in said


def test_training_says_what_it_can_train_and_needs_a_budget(run, tmp_path):
    code, said = run("train", "dragon", "--out", tmp_path)
    assert code == 1 and "autoencoder" in said
    code, said = run("train", "autoencoder", "--corpus", tmp_path, "--budget", "soon")
    assert code == 1 and "60m" in said
    code, said = run("train", "autoencoder", "--corpus", tmp_path, "--budget", "1m")
    assert code == 1 and "draw them first" in said
    code, said = run("train", "card", "--out", tmp_path)
    assert code == 1 and "judge" in said


def test_a_sentence_becomes_a_clip_and_one_without_anything_to_see_is_told_so(run):
    code, told = run("clip", "夜晚的水彩小猫", "--out", "猫 咪.mp4", "--steps", "2", "--small")
    assert code == 0 and "cat" in told and "watercolor" in told and "night" in told and "猫 咪.mp4" in told
    found = probe(Path("猫 咪.mp4"))
    assert (found.width, found.height, found.fps) == (40, 72, 7.5) and found.seconds == pytest.approx(2.1, abs=0.1)
    assert run("clip", "A bus in the city", "--out", "bus.webp", "--steps", "1")[0] == 0
    with Image.open("bus.webp") as large:
        assert large.size == (160, 288) and large.n_frames > 8
    for wrong, word in ((["qwx zzk"], "can be drawn"), (["a cat", "--out", "cat.txt"], ".mp4")):
        code, told = run("clip", *wrong)
        assert code == 1 and word in told and "Traceback" not in told
