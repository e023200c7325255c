"""Lessons are run in place: outputs stay with the code that made them, and a stamp tells when they no longer do."""

import pytest
from course_fixture import MASTER, NAME, PATHS, built, cell_of, edit, project

from aigc_lab import LabError
from aigc_lab.course.build import build, same_source, stale
from aigc_lab.course.notebook import read_notebook, write_notebook
from aigc_lab.course.running import execute

LESSON, LESSON_ZH, EXERCISE, _, SOLUTION, _ = PATHS


@pytest.fixture(scope="module")
def run_once(tmp_path_factory):
    """A project in a folder with Chinese letters, its lesson run in smoke mode; only to be read."""
    folder = built(tmp_path_factory.mktemp("课程 一"))
    execute(folder / LESSON, mode="smoke")
    return folder


@pytest.fixture
def run(run_once, tmp_path):
    """A copy of it that may be changed."""
    project(tmp_path)
    for name in PATHS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((run_once / name).read_bytes())
    return tmp_path


def rebuild(folder, old="", new="", **options):
    """Build the master again after a change."""
    return build(project(folder, MASTER.replace(old, new, 1) if old else MASTER), folder, **options)


def test_a_run_leaves_outputs_counts_and_a_stamp_and_no_trace_of_the_run(run_once):
    lesson = read_notebook(run_once / LESSON)
    assert [cell.id for cell in lesson.cells] == ["title", "imports", "parameters", "idea", "plot", "wrong"]
    plot = cell_of(lesson, "plot")
    assert plot.outputs[0].text == "7.5 frames a second smoke\n", (
        "the mode went in, the parameters cell was not changed"
    )
    assert [cell.execution_count for cell in lesson.cells if cell.cell_type == "code"] == [1, 2, 3, 4]
    assert cell_of(lesson, "wrong").outputs[0].text == "division by zero\n"
    text = (run_once / LESSON).read_text(encoding="utf-8")
    for trace in ("iopub", "injected", "papermill", str(run_once), '"version": "3.'):
        assert trace not in text
    fresh = built(run_once.parent / "fresh")
    assert same_source(run_once / LESSON, fresh / LESSON)
    assert not same_source(run_once / LESSON, fresh / LESSON_ZH)
    assert lesson.metadata.aigc_lab.executed_mode == "smoke"


def test_a_rebuild_keeps_the_outputs_of_cells_that_did_not_change(run):
    before = (run / LESSON).read_bytes()
    assert rebuild(run).written == [] and (run / LESSON).read_bytes() == before
    rebuild(run, "seed / 0", "seed // 0")
    lesson = read_notebook(run / LESSON)
    assert cell_of(lesson, "wrong").outputs == [] and cell_of(lesson, "wrong").execution_count is None
    assert cell_of(lesson, "plot").outputs[0].text.startswith("7.5 ") and cell_of(lesson, "plot").execution_count == 3


def test_an_exercise_never_keeps_outputs(run):
    exercise = read_notebook(run / EXERCISE)
    cell_of(exercise, "imports").execution_count = 3
    write_notebook(run / EXERCISE, exercise)
    rebuild(run)
    assert cell_of(read_notebook(run / EXERCISE), "imports").execution_count is None
    with pytest.raises(LabError, match="is an exercise"):
        execute(run / EXERCISE)


def reasons(folder):
    """What is stale: {file: why}."""
    return {path.relative_to(folder).as_posix(): why for path, why in stale(folder)}


def test_stale_notebooks_are_named_with_the_reason(run):
    assert reasons(run)[LESSON].startswith("it was not run in quick mode")
    assert reasons(run)[SOLUTION].startswith("its code was never run")
    assert EXERCISE not in reasons(run)
    lesson = read_notebook(run / LESSON)
    lesson.metadata.aigc_lab.executed_mode = "quick"
    write_notebook(run / LESSON, lesson)
    assert LESSON not in reasons(run)
    rebuild(run, "adds and divides", "divides")
    assert LESSON not in reasons(run), "a text that changed needs no new run"
    project(run, MASTER.replace("points=2", "points=4"))
    assert reasons(run)[EXERCISE] == reasons(run)[SOLUTION] == "its master has changed: course build"
    rebuild(run, "seed / 0", "seed // 0")
    assert reasons(run)[LESSON].startswith("its code was never run or has changed")
    edit(run / LESSON, plot="values = 0")
    assert reasons(run)[LESSON].startswith("it was edited")
    (run / LESSON_ZH).unlink()
    (run / "notebooks" / "91_old.ipynb").write_bytes((run / LESSON).read_bytes())
    (run / "notebooks" / "92_own.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', encoding="utf-8"
    )
    assert reasons(run)[LESSON_ZH].startswith("it is not there")
    assert reasons(run)["notebooks/91_old.ipynb"] == "it has no master"
    assert reasons(run)["notebooks/92_own.ipynb"].startswith("it has no stamp")


def test_a_failing_cell_is_named_with_its_own_error_and_the_file_stays(run):
    rebuild(run, "total = sum(numbers)", "total = numbers + 1")
    before = (run / SOLUTION).read_bytes()
    with pytest.raises(LabError, match=rf"solutions/{NAME}.ipynb: cell 'mean-test' failed with TypeError: can only"):
        execute([run / SOLUTION])
    assert (run / SOLUTION).read_bytes() == before


def test_a_kernel_that_dies_and_outputs_that_are_too_large_are_errors(run):
    rebuild(run, "values = [seed", "print(('长' * 99 + '\\n') * 1700)\nvalues = [seed")
    with pytest.raises(LabError, match=r"has 5\d\d kB with its outputs, 500 kB at most: make what cell 'plot' shows"):
        execute(run / LESSON)
    rebuild(run, "values = [seed", "__import__('os')._exit(1)\nvalues = [seed", overwrite=True)
    with pytest.raises(LabError, match="cell 'plot' ended its kernel"):
        execute(run / LESSON)
    assert cell_of(read_notebook(run / LESSON), "plot").outputs == []


def test_a_mode_or_notebook_that_cannot_be_run_is_refused(tmp_path):
    built(tmp_path)
    with pytest.raises(LabError, match="No mode 'fast': choose smoke, quick, full"):
        execute(tmp_path / LESSON, mode="fast")
    (tmp_path / "own.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', encoding="utf-8"
    )
    with pytest.raises(LabError, match="was not built from a master"):
        execute(tmp_path / "own.ipynb")


def test_a_cell_that_never_ends_is_stopped(run):
    rebuild(run, "values = [seed", "while True:\n    pass\nvalues = [seed")
    with pytest.raises(LabError, match="cell 'plot' took longer than 1 s"):
        execute(run / LESSON, timeout=1)
