"""The lessons as they are handed out: fresh from their masters, and running from top to bottom in smoke mode."""

import json
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from aigc_lab.course.build import find_masters, stale
from aigc_lab.course.grid import lesson_path, run_grid
from aigc_lab.course.records import FILE
from aigc_lab.course.running import MOST_BYTES
from aigc_lab.course.tasks import all_tasks

LESSONS = [path.stem for path in find_masters("notebooks/src")]


def smoke(path, folder):
    """A copy of a notebook in `folder`, in smoke mode and without outputs."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace('mode = "quick"', 'mode = "smoke"')
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("widgets", None)
    copy = folder / path.name
    nbformat.write(notebook, copy)
    return copy


def test_all_notebooks_fit_their_masters_and_show_what_their_code_made(root):
    assert LESSONS and stale(root) == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_lessons_are_small_enough_and_exercises_come_without_outputs(root, lesson):
    for folder in ("notebooks", "solutions", "exercises"):
        for path in (root / folder / f"{lesson}.ipynb", root / folder / "zh" / f"{lesson}.ipynb"):
            assert path.stat().st_size <= MOST_BYTES
            cells = nbformat.read(path, as_version=4).cells
            shown = [cell for cell in cells if cell.cell_type == "code" and cell.outputs]
            assert bool(shown) == (folder != "exercises"), path
            assert not [o for cell in shown for o in cell.outputs if o.output_type == "error"]


@pytest.mark.parametrize("folder", ["notebooks", "solutions"])
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_and_its_solution_run_under_nbval(root, learner_folder, lesson, folder):
    copy = smoke(root / folder / f"{lesson}.ipynb", learner_folder)
    words = ["--nbval-lax", "--nbval-current-env", "-q", "-p", "no:cacheprovider", "--rootdir", str(learner_folder)]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(copy)], check=False, cwd=learner_folder,
        capture_output=True, text=True, encoding="utf-8", errors="replace",
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:]
    assert " passed" in run.stdout


@pytest.mark.parametrize("lesson", LESSONS)
def test_an_untouched_exercise_runs_to_its_end_and_scores_nothing_and_its_solution_all(root, learner_folder, lesson):
    points = {}
    for folder in ("exercises", "solutions"):
        place = learner_folder / folder
        place.mkdir()
        notebook = nbformat.read(smoke(root / folder / "zh" / f"{lesson}.ipynb", place), as_version=4)
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(place)}}).execute()
        kept = json.loads((place / FILE).read_text(encoding="utf-8"))["tasks"] if (place / FILE).exists() else {}
        points[folder] = {task: record["points"] for task, record in kept.items()}
    own = [task for task in all_tasks().values() if task.lesson == lesson[:2]]
    graded = {task.id: 0 if task.by_person else task.points for task in own}
    assert not any(points["exercises"].values())
    assert {task: points["solutions"].get(task) for task in graded} == graded


PAPERMILL = {"00": ["theme=food", "clip_language=zh-CN", "seed=1,2"]}  # two sets for one lesson, one for the others


@pytest.mark.parametrize("lesson", LESSONS)
def test_papermill_runs_a_lesson_with_other_values(root, tmp_path, lesson):
    sets = PAPERMILL.get(lesson[:2], ["seed=2"])
    made = list(run_grid(lesson_path(lesson, root=root), ["mode=smoke", *sets], tmp_path))
    assert made and [run.error for run in made] == [""] * len(made)
    for run in made:
        assert f"seed = {run.values['seed']}" in (run.folder / "run.ipynb").read_text(encoding="utf-8")
