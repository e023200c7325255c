"""What a teacher changes in a notebook goes back into the master, and nothing else does."""

import json

import pytest
from course_fixture import MASTER, NAME, PATHS, built, cell_of, edit, line_of, project
from nbformat.v4 import new_code_cell, new_markdown_cell

from aigc_lab import LabError
from aigc_lab.course.back import import_notebook
from aigc_lab.course.build import build
from aigc_lab.course.notebook import read_notebook, write_notebook

LESSON, LESSON_ZH, EXERCISE, EXERCISE_ZH, SOLUTION, SOLUTION_ZH = PATHS


def back(folder, name, **options):
    """Import one of the notebooks; gives back the report and the master's text."""
    report = import_notebook(folder / name, folder / "notebooks" / "src", **options)
    return report, report.master.read_text(encoding="utf-8")


def change(path, old, new, name):
    """Replace some text in one cell of a notebook."""
    source = cell_of(read_notebook(path), name.replace("_", "-")).source
    assert old in source
    edit(path, **{name: source.replace(old, new)})


@pytest.mark.parametrize("name", PATHS)
def test_importing_an_unchanged_notebook_changes_nothing(tmp_path, name):
    report, text = back(built(tmp_path), name)
    assert text == MASTER and report.changed == [] and report.notes == []


def test_windows_line_ends_and_a_mark_survive_an_import_that_changes_nothing(tmp_path):
    source = project(tmp_path)
    raw = b"\xef\xbb\xbf" + MASTER.replace("\n", "\r\n").encode("utf-8")
    source.write_bytes(raw)
    build(source, tmp_path)
    import_notebook(tmp_path / LESSON, source.parent)
    assert source.read_bytes() == raw
    change(tmp_path / LESSON, "seed + 1", "seed + 2", "plot")
    import_notebook(tmp_path / LESSON, source.parent)
    assert source.read_bytes() == MASTER.replace("seed + 1", "seed + 2").encode("utf-8")


def test_a_changed_text_goes_to_its_language_and_its_twin_is_marked_until_it_follows(tmp_path):
    built(tmp_path)
    change(tmp_path / LESSON, "adds and divides", "adds, then divides", "idea")
    report, text = back(tmp_path, LESSON)
    assert report.changed == ["idea"] and len(report.notes) == 1 and "'zh' did not follow" in report.notes[0]
    marked = MASTER.replace('id="idea" lang="zh"', 'id="idea" lang="zh" stale=true')
    assert text == marked.replace("adds and divides", "adds, then divides")
    with pytest.raises(LabError, match=r"90_light\.py:\d+: the text 'idea' did not follow"):
        build(report.master, tmp_path, strict=True)
    assert len(build(report.master, tmp_path).warnings) == 1

    change(tmp_path / LESSON_ZH, "先相加，再相除", "先求和，再做除法", "idea")
    report, text = back(tmp_path, LESSON_ZH)
    assert "stale" not in text and "# `fmean` 先求和，再做除法：\n" in text and report.notes == []
    assert build(report.master, tmp_path, strict=True).warnings == []


def test_a_changed_text_between_quotation_marks_keeps_its_form_and_its_links(tmp_path):
    built(tmp_path)
    change(
        tmp_path / LESSON_ZH, "先读[指南](../../docs/guide.zh-CN.md)", "请读[指南](../../docs/guide.zh-CN.md)", "title"
    )
    _, text = back(tmp_path, LESSON_ZH)
    expected = MASTER.replace("先读[指南]", "请读[指南]")
    assert text == expected.replace('id="title" lang="en"', 'id="title" lang="en" stale=true')


@pytest.mark.parametrize("name", [LESSON, LESSON_ZH])
def test_changed_code_keeps_its_words_in_both_languages(tmp_path, name):
    built(tmp_path)
    change(tmp_path / name, "[seed, seed + 1]  #", "[seed, 2 * seed]  #", "plot")
    report, text = back(tmp_path, name)
    assert text == MASTER.replace("seed + 1", "2 * seed") and report.notes == []
    build(report.master, tmp_path, strict=True)
    assert "2 * seed]  # 每个像素只算一次" in cell_of(read_notebook(tmp_path / LESSON_ZH), "plot").source


@pytest.mark.parametrize("name", [EXERCISE, EXERCISE_ZH])
def test_an_exercise_that_is_changed_keeps_its_solution_and_hidden_tests(tmp_path, name):
    built(tmp_path)
    change(tmp_path / name, "def mean(numbers):", 'def mean(numbers, start=0):\n    """Mean."""', "mean")
    change(tmp_path / name, "mean([1, 3]) == 2\n", "mean([1, 5]) == 3\nassert mean([2]) == 2\n", "mean_test")
    report, text = back(tmp_path, name)
    expected = MASTER.replace("def mean(numbers):", 'def mean(numbers, start=0):\n    """Mean."""')
    expected = expected.replace("mean([1, 3]) == 2\n", "mean([1, 5]) == 3\nassert mean([2]) == 2\n")
    assert text == expected
    assert report.changed == ["mean", "mean-test"] and report.notes == []


def test_a_solution_is_changed_in_its_notebook_and_not_in_the_exercise(tmp_path):
    built(tmp_path)
    change(tmp_path / EXERCISE, "raise NotImplementedError()", "return 2", "mean")
    edit(tmp_path / EXERCISE, explain="It is zero.")
    report, text = back(tmp_path, EXERCISE)
    assert text == MASTER and len(report.notes) == 2
    assert all("change them in the solution notebook" in note for note in report.notes)
    change(tmp_path / SOLUTION_ZH, "sum(numbers)", "float(sum(numbers))", "mean")
    assert back(tmp_path, SOLUTION_ZH)[1] == MASTER.replace("= sum(numbers)", "= float(sum(numbers))")


def test_a_changed_word_goes_to_the_table(tmp_path):
    built(tmp_path)
    change(tmp_path / LESSON_ZH, "每秒帧数", "帧每秒", "plot")
    change(tmp_path / SOLUTION_ZH, "完成了", "做完了", "mean_test")
    report, text = back(tmp_path, LESSON_ZH)
    assert text == MASTER.replace("每秒帧数", '"帧每秒"') and report.changed == ["words"]
    assert f"line {line_of(MASTER, '每秒帧数')}: look at its other language" in report.notes[0]
    assert 'zh: "做完了"}' in back(tmp_path, SOLUTION_ZH)[1]
    build(report.master, tmp_path, strict=True)


def test_a_word_that_was_written_over_is_told(tmp_path):
    built(tmp_path)
    edit(tmp_path / LESSON, plot='values = [1]\nprint(f"{fmean(values)} pictures")')
    report, text = back(tmp_path, LESSON)
    assert 'print(f"{fmean(values)} pictures")' in text
    assert any("no longer has <<frames>>" in note for note in report.notes)
    assert any("the word 'frames' is used nowhere" in note for note in report.notes)


def test_new_cells_are_put_after_the_one_before_them_once(tmp_path):
    built(tmp_path)
    notebook = read_notebook(tmp_path / LESSON)
    notebook.cells[4:4] = [new_markdown_cell("## More\n\nText."), new_code_cell("more = 1")]
    assert notebook.cells[3].id == "idea"
    write_notebook(tmp_path / LESSON, notebook)
    report, text = back(tmp_path, LESSON)
    new = '\n# %% [markdown] id="idea-2" lang="en"\n# ## More\n#\n# Text.\n\n# %% id="idea-3"\nmore = 1\n'
    at = MASTER.index('\n# %% id="plot"')
    assert text == MASTER[:at] + new + MASTER[at:] and report.changed == ["idea-2", "idea-3"]
    assert back(tmp_path, LESSON)[0].changed == []
    warnings = build(report.master, tmp_path).warnings
    assert len(warnings) == 1 and "the text 'idea-2' has no twin with lang=\"zh\"" in warnings[0]

    edit(tmp_path / LESSON_ZH, idea_2="## 再多一点\n\n文字。")
    report, text = back(tmp_path, LESSON_ZH)
    assert '# Text.\n\n# %% [markdown] id="idea-2" lang="zh"\n# ## 再多一点\n#\n# 文字。\n\n# %% id="idea-3"' in text
    assert build(report.master, tmp_path, strict=True).warnings == []


def test_a_new_first_cell_and_a_new_task_find_their_places(tmp_path):
    built(tmp_path)
    notebook = read_notebook(tmp_path / EXERCISE)
    notebook.cells = [new_code_cell("first = 1"), *notebook.cells, new_code_cell("last = 1")]
    write_notebook(tmp_path / EXERCISE, notebook)
    _, text = back(tmp_path, EXERCISE)
    assert '# %% id="task-2" part="exercise"\nfirst = 1\n\n# %% [markdown] id="task" lang="en"' in text
    assert text.endswith('# 没有东西可除。\n\n# %% id="explain-2" part="exercise"\nlast = 1\n')


def test_missing_cells_are_told_and_taken_out_only_when_asked(tmp_path):
    built(tmp_path)
    notebook = read_notebook(tmp_path / LESSON)
    notebook.cells = [cell for cell in notebook.cells if cell.id != "idea"]
    write_notebook(tmp_path / LESSON, notebook)
    report, text = back(tmp_path, LESSON)
    assert text == MASTER and "unless you import with delete" in report.notes[0]
    report, text = back(tmp_path, LESSON, delete=True)
    start, end = MASTER.index('# %% [markdown] id="idea"'), MASTER.index('# %% id="plot"')
    assert text == MASTER[:start] + MASTER[end:] and report.changed == ["idea"]


def test_copied_moved_broken_and_retyped_cells_do_no_harm(tmp_path):
    built(tmp_path)
    notebook = read_notebook(tmp_path / LESSON)
    title, _, _, idea, plot, wrong = notebook.cells
    copy = new_code_cell(plot.source, id=plot.id)
    plot.source += "\nif:"
    notebook.cells = [title, *notebook.cells[1:3], wrong, idea, plot, copy]
    (tmp_path / LESSON).write_text(json.dumps(notebook), encoding="utf-8")
    report, text = back(tmp_path, LESSON)
    assert text == MASTER
    assert any("has a syntax error" in note for note in report.notes)
    assert any("stands elsewhere" in note for note in report.notes)


def test_a_cell_that_changed_on_both_sides_is_left_and_told(tmp_path):
    built(tmp_path)
    theirs = MASTER.replace("seed + 1]", "seed + 3]").replace("# Write `mean`", "# Please write `mean`")
    project(tmp_path, theirs)
    change(tmp_path / LESSON, "seed + 1]", "seed + 2]", "plot")
    report, text = back(tmp_path, LESSON)
    assert text == theirs and "put both together by hand" in report.notes[0]
    report, text = back(tmp_path, EXERCISE)
    assert text == theirs and report.notes == [], "an old notebook takes nothing back that it did not change"


def test_an_edited_notebook_is_not_built_over_until_it_was_imported(tmp_path):
    built(tmp_path)
    change(tmp_path / SOLUTION, "total = sum(numbers)", "total = sum(list(numbers))", "mean")
    source = tmp_path / "notebooks" / "src" / f"{NAME}.py"
    with pytest.raises(LabError, match=r"solutions/90_light.ipynb was edited since it was built \(cells mean\)"):
        build(source, tmp_path)
    back(tmp_path, SOLUTION)
    assert len(build(source, tmp_path).written) == 2
    change(tmp_path / SOLUTION, "sum(list(numbers))", "0", "mean")
    build(source, tmp_path, overwrite=True)
    assert "sum(list(numbers))" in cell_of(read_notebook(tmp_path / SOLUTION), "mean").source


def test_what_is_no_built_notebook_is_refused_with_a_sentence(tmp_path):
    masters = project(tmp_path).parent
    (tmp_path / "a.ipynb").write_text('{"cells": [', encoding="utf-8")
    with pytest.raises(LabError, match=r"a.ipynb is damaged or no notebook"):
        import_notebook(tmp_path / "a.ipynb", masters)
    (tmp_path / "a.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', encoding="utf-8"
    )
    with pytest.raises(LabError, match=r"a.ipynb has no stamp"):
        import_notebook(tmp_path / "a.ipynb", masters)
    built(tmp_path)
    stolen = read_notebook(tmp_path / LESSON)
    stolen.metadata.aigc_lab.master = "../../docs/90_light"
    write_notebook(tmp_path / "a.ipynb", stolen)
    with pytest.raises(LabError, match=r"a.ipynb has no stamp"):
        import_notebook(tmp_path / "a.ipynb", masters)
    project(tmp_path, MASTER.replace('id="plot"', 'id="imports"'))
    with pytest.raises(LabError, match=r"First put the master right:\n.*90_light.py:\d+: "):
        import_notebook(tmp_path / LESSON, masters)
