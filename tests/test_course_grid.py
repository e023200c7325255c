"""A lesson run from the command line: the grid of values, what each run made, and what goes wrong."""

import pytest
from course_fixture import MASTER, built, project
from typer.testing import CliRunner

from aigc_lab import LabError
from aigc_lab.cli import app
from aigc_lab.course.build import build
from aigc_lab.course.grid import combinations, lesson_path, parameters, run_grid
from aigc_lab.course.notebook import read_notebook

DEFAULTS = {"mode": "quick", "seed": 7, "rate": 0.5, "loud": False, "out_dir": "out"}


def test_values_by_commas_make_a_grid_of_their_types():
    made = combinations(["seed=1, 2", 'mode=a,"b, c"', "rate=2", "loud=true"], DEFAULTS)
    assert made == [{"seed": seed, "mode": mode, "rate": 2, "loud": True} for seed in (1, 2) for mode in ("a", "b, c")]
    assert combinations([], DEFAULTS) == [{}]
    assert combinations(["mode=007"], DEFAULTS) == [{"mode": "007"}], "a text stays a text"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["seed"], "NAME=VALUE"),
        (["seed="], "NAME=VALUE"),
        (["sed=1"], "no knob 'sed': choose mode, seed, rate, loud"),
        (["seed=x"], "seed = 'x' does not fit: the lesson has 7"),
        (["seed=1.5"], "does not fit"),
        (["seed=true"], "does not fit"),
        (["rate=[1"], "does not fit"),
        (["seed=1", "seed=2"], "set twice"),
        (["out_dir=x"], "--out"),
    ],
)
def test_a_wrong_setting_is_told_before_anything_runs(settings, said):
    with pytest.raises(LabError, match=said.replace("[", r"\[")):
        combinations(settings, DEFAULTS)


@pytest.fixture(scope="module")
def lessons(tmp_path_factory):
    """A project whose lesson writes a file and fails with seed 0."""
    folder = tmp_path_factory.mktemp("课程 网格")
    text = MASTER.replace('mode = "quick"', 'out_dir = "out"\nmode = "quick"', 1).replace(
        'print(f"{fmean(values)}', 'open(f"{out_dir}/clip.mp4", "w").write(str(1 // seed))\nprint(f"{fmean(values)}', 1
    )

    build(project(folder, text), folder)
    return folder


def test_runs_are_made_kept_and_may_fail_alone(lessons, tmp_path):
    path, said = lesson_path("90", root=lessons), []
    first = list(run_grid(path, ["seed=1,0"], tmp_path, said.append))
    assert [bool(made.error) for made in first] == [False, True] and len(said) == 2
    assert "ZeroDivisionError" in first[1].error and first[1].error.startswith("cell ")
    assert first[0].clip.read_text() == "1" and first[0].clip.is_relative_to(tmp_path)
    assert [made.kept for made in run_grid(path, ["seed=1,0"], tmp_path)] == [True, False]
    first[0].clip.unlink()
    assert not next(run_grid(path, ["seed=1"], tmp_path)).kept, "a clip that is gone is made again"


def test_the_verb_shows_a_table_and_fails_with_the_cells_own_error(lessons, tmp_path):
    words = ["90", "--set", "seed=2,0", "--root", str(lessons), "--out", str(tmp_path), "--language", "zh"]
    run = CliRunner().invoke(app, ["run-lesson", *words])
    assert run.exit_code == 1
    for word in ("made", "failed", "ZeroDivisionError", "1 of 2 runs failed"):
        assert word in run.output


def test_lessons_are_found_by_number_name_and_file(tmp_path):
    built(tmp_path)
    for name in ("90", "90_light"):
        assert lesson_path(name, root=tmp_path) == tmp_path / "notebooks/90_light.ipynb"
    assert lesson_path("90", "zh", tmp_path) == tmp_path / "notebooks/zh/90_light.ipynb"
    for name, language in (("91", "en"), ("90", "fr")):
        with pytest.raises(LabError, match="choose"):
            lesson_path(name, language, tmp_path)
    with pytest.raises(LabError, match=r"nowhere.ipynb cannot be read"):
        next(run_grid(lesson_path("nowhere.ipynb"), [], tmp_path))
    exercise = read_notebook(tmp_path / "exercises/90_light.ipynb")
    assert parameters(exercise, tmp_path)["size"] == (72, -40)
