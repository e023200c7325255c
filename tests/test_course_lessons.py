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


def under_nbval(path, folder):
    """Run a copy of a notebook in smoke mode as nbval runs it: every cell must go through."""
    words = ["--nbval-lax", "--nbval-current-env", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(smoke(path, folder))], check=False, cwd=folder,
        capture_output=True, text=True, encoding="utf-8", errors="replace",
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:]
    assert " passed" in run.stdout


def points_kept(folder):
    """The points that the notebooks of a folder recorded, by task."""
    kept = json.loads((folder / FILE).read_text(encoding="utf-8"))["tasks"] if (folder / FILE).exists() else {}
    return {task: record["points"] for task, record in kept.items()}


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_under_nbval(root, learner_folder, lesson):
    under_nbval(root / "notebooks" / f"{lesson}.ipynb", learner_folder)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_solution_runs_under_nbval_and_scores_all(root, learner_folder, lesson):
    under_nbval(root / "solutions" / "zh" / f"{lesson}.ipynb", learner_folder)
    points = points_kept(learner_folder)
    graded = {t.id: 0 if t.by_person else t.points for t in all_tasks().values() if t.lesson == lesson[:2]}
    assert {task: points.get(task) for task in graded} == graded


@pytest.mark.parametrize("lesson", LESSONS)
def test_an_untouched_exercise_runs_to_its_end_and_scores_nothing(root, learner_folder, lesson):
    notebook = nbformat.read(smoke(root / "exercises" / "zh" / f"{lesson}.ipynb", learner_folder), as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(learner_folder)}}).execute()
    assert not any(points_kept(learner_folder).values())


def test_papermill_runs_a_lesson_with_two_sets_of_values(root, tmp_path):
    sets = ["mode=smoke", "theme=food", "clip_language=zh-CN", "seed=1,2"]
    made = list(run_grid(lesson_path("00", root=root), sets, tmp_path))
    assert [run.error for run in made] == ["", ""]
    for run in made:
        assert f"seed = {run.values['seed']}" in (run.folder / "run.ipynb").read_text(encoding="utf-8")
