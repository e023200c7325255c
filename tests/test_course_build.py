"""One master makes six notebooks that a reader, nbgrader and a second build are content with; a fault has its line."""

import json
import re
import subprocess
import sys

import nbformat
import pytest
from course_fixture import MASTER, NAME, PATHS, built, cell_of, line_of, project
from hypothesis import given
from hypothesis import strategies as st

from aigc_lab import LabError
from aigc_lab.course.build import build
from aigc_lab.course.notebook import read_notebook
from aigc_lab.course.regions import STUBS, find_regions, pieces, shown
from aigc_lab.course.words import Word, expand, restore, used


def test_one_master_makes_six_notebooks_in_plain_deterministic_json(tmp_path):
    source = project(tmp_path)
    report = build(source, tmp_path, strict=True)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in report.written) == sorted(PATHS)
    assert report.warnings == []
    for name in PATHS:
        data = (tmp_path / name).read_bytes()
        assert data.endswith(b"}\n") and b"\r" not in data
        plain = json.loads(data)
        assert json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True) + "\n" == data.decode("utf-8")
        assert (plain["nbformat"], plain["nbformat_minor"]) == (4, 5)
        assert plain["metadata"]["kernelspec"]["name"] == "python3"
        nbformat.validate(plain)
    assert build(source, tmp_path).written == []


def test_the_two_languages_have_the_same_cells_and_the_same_code_but_for_the_words(tmp_path):
    built(tmp_path)
    for name in PATHS[::2]:
        english = read_notebook(tmp_path / name)
        chinese = read_notebook(tmp_path / name.replace("/", "/zh/"))
        assert [cell.id for cell in english.cells] == [cell.id for cell in chinese.cells]
        for one, other in zip(english.cells, chinese.cells, strict=True):
            assert one.metadata == other.metadata
            if one.cell_type == "code" and one.id not in ("plot", "mean", "mean-test"):
                assert one.source == other.source


def test_a_chinese_reader_sees_chinese_text_words_and_links(tmp_path):
    lesson = read_notebook(built(tmp_path) / "notebooks/zh" / f"{NAME}.ipynb")
    title, plot = cell_of(lesson, "title").source, cell_of(lesson, "plot").source
    assert title.startswith("# 90 数字里的光\n\n你会")
    assert "[指南](../../docs/guide.zh-CN.md)" in title
    assert f"[练习](../../exercises/zh/{NAME}.ipynb#mean)" in title
    assert "![一盏灯](../../docs/lamp.png)" in title
    assert "# 每个像素只算一次" in plot and '{fmean(values)} 每秒帧数"' in plot and "<<" not in plot
    assert "# %% this line is text, not a cell\n" in plot
    assert lesson.metadata.aigc_lab.language == "zh-CN" and lesson.metadata.aigc_lab.kind == "lesson"
    english = read_notebook(tmp_path / "notebooks" / f"{NAME}.ipynb")
    assert f"[guide](../docs/guide.md) and the\n[exercise](../exercises/{NAME}.ipynb#mean)" in english.cells[0].source


def test_an_exercise_leaves_solutions_and_hidden_tests_out_and_a_solution_has_them(tmp_path):
    built(tmp_path)
    exercise = read_notebook(tmp_path / PATHS[2])
    assert cell_of(exercise, "mean").source == (
        "def mean(numbers):\n    # every pixel counts once\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert cell_of(exercise, "mean-test").source == 'assert mean([1, 3]) == 2\nprint("It\'s done")'
    assert cell_of(exercise, "explain").source == "YOUR ANSWER HERE"
    chinese = read_notebook(tmp_path / PATHS[3])
    assert "    # 在这里写代码\n    raise NotImplementedError()" in cell_of(chinese, "mean").source
    assert cell_of(chinese, "explain").source == "在这里写答案"
    text = "".join((tmp_path / name).read_text(encoding="utf-8") for name in PATHS[2:4])
    for secret in ("total", "SOLUTION", "HIDDEN", "[seed]", "nothing to divide", "没有东西"):
        assert secret not in text
    solution = read_notebook(tmp_path / PATHS[4])
    assert "    ### BEGIN SOLUTION\n    total = sum(numbers)\n" in cell_of(solution, "mean").source
    assert "### BEGIN HIDDEN TESTS\nassert mean([seed]) == seed\n" in cell_of(solution, "mean-test").source
    assert cell_of(read_notebook(tmp_path / PATHS[5]), "explain").source == "没有东西可除。"


@pytest.mark.parametrize("name", PATHS[2:])
def test_the_metadata_follow_nbgraders_rules(tmp_path, name):
    notebook = read_notebook(built(tmp_path) / name)
    marked = {cell.id: (cell, cell.metadata.nbgrader) for cell in notebook.cells if "nbgrader" in cell.metadata}
    assert set(marked) == {"task", "mean", "mean-test", "explain"}
    assert len({meta.grade_id for _, meta in marked.values()}) == len(marked)
    for cell, meta in marked.values():
        assert meta.schema_version == 3 and meta.task is False and re.fullmatch(r"[A-Za-z0-9_-]+", meta.grade_id)
        assert all(type(meta[key]) is bool for key in ("grade", "solution", "locked"))
        assert meta.grade or meta.solution or meta.locked
        assert ("points" in meta) == meta.grade and meta.get("points", 0) >= 0
        assert not (meta.solution and meta.locked)
        assert meta.grade == meta.solution or cell.cell_type == "code" or meta.locked
        assert "BEGIN SOLUTION" not in cell.source or meta.solution
        assert "BEGIN HIDDEN TESTS" not in cell.source or (meta.grade and not meta.solution)
        assert cell.metadata.get("deletable", True) is ("exercises" not in name)
        assert cell.metadata.get("editable", True) is not ("exercises" in name and meta.locked)
    kinds = {name: (meta.grade, meta.solution, meta.locked, meta.get("points")) for name, (_, meta) in marked.items()}
    assert kinds["mean"] == (False, True, False, None) and kinds["mean-test"] == (True, False, True, 2)
    assert kinds["explain"] == (True, True, False, 3) and kinds["task"] == (False, False, True, None)


SOLUTION = "    total = sum(numbers)\n    return total / len(numbers)\n    ### END SOLUTION\n"
TORN = "    try:\n        return sum(numbers)\n    ### END SOLUTION\n    finally:\n        print()\n"
FAULTS = [  # (in the master, instead, on the line with these words, what the message says)
    ('id="plot"', 'id="plot" colour="red"', 'colour="red"', "unknown field 'colour'"),
    ('tags=["nbval-ignore-output"]', 'tags=["slow"]', '"slow"', "unknown tag 'slow'"),
    ('tags=["nbval-ignore-output"]', 'tags=["raises-exception"]', '"raises', "papermill ends at a cell that fails"),
    ('tags=["nbval-ignore-output"]', 'tags="slow"', 'tags="slow"', "this header cannot be read"),
    ('# %% id="plot"', "# %% id=plot", "id=plot", "'id=plot' in the header is no field"),
    ('# %% id="plot"', '# %% A plot id="plot"', "A plot", "'A plot' in the header is no field"),
    ('# %% id="plot"', "# %%", "# %%\n", "this cell has no id"),
    ('id="plot"', 'id="the plot"', "the plot", "other signs"),
    ('id="plot"', 'id="imports"', 'id="imports"\nvalues', "is taken by line"),
    ('id="idea" lang="zh"', 'id="idea" lang="en"', 'id="idea" lang="en"\n# ## 你', "the id 'idea' is taken"),
    ('id="idea" lang="zh"', 'id="idea"', 'id="idea"\n', "this text has no language"),
    ('id="idea" lang="zh"', 'id="idea" lang="fr"', 'lang="fr"', "lang='fr' is not one of en, zh"),
    ('id="plot"', 'id="plot" lang="en"', 'id="plot" lang', "code stands once"),
    ('id="plot"', 'id="plot" part="end"', 'part="end"', "part='end' is not one of"),
    ('grade="test" points=2', 'grade="test"', 'grade="test"', "needs its points"),
    ('grade="test" points=2', 'grade="exam" points=2', 'grade="exam"', "grade='exam' is not one of"),
    ('grade="answer"', 'grade="answer" points=2', 'grade="answer"', "they stand at its test"),
    ('part="exercise" grade="answer"', 'grade="answer"', 'grade="answer"', "belongs to the exercise"),
    (
        'lang="zh" part="exercise" grade="readonly"',
        'lang="zh" part="exercise"',
        'lang="zh" part="exercise"\n# # 练',
        "grade is not the same",
    ),
    ("    ### END SOLUTION\n", "", "### BEGIN SOLUTION", "BEGIN SOLUTION does not close"),
    ("    ### BEGIN SOLUTION\n", "", "### END SOLUTION", "END SOLUTION closes nothing"),
    ("    total = sum", "    ### BEGIN SOLUTION\n    total = sum", "### BEGIN SOLUTION\n    total", "inside another"),
    ('grade="test" points=2', "", "### BEGIN HIDDEN", "belongs into a cell with"),
    (' part="exercise" grade="answer"', ' part="exercise"', "### BEGIN SOLUTION", "belongs into a cell with"),
    ("    ### END SOLUTION\n", "    ### END SOLUTION\n  x = 1\n", "  x = 1", "syntax error"),
    (SOLUTION, TORN, "### BEGIN SOLUTION", "without its solution this is not Python"),
    ("    print(seed / 0)", "    x = 1\n" * 22 + "    y = 2", "print(error)", "a code cell of 26 lines"),
    ("seed / 0", "seed / / 0", "seed / / 0", "syntax error"),
    ("seed = 7\n", "seed = 7\nstart = seed + 1\n", "start = seed", "`start = seed + 1` is not"),
    ("seed = 7\n", "seed = 7\nprint(seed)\n", "print(seed)\n", "`print(seed)` is not"),
    ('tags=["nbval-ignore-output"]', 'tags=["parameters"]', '"wrong"', "has its parameters in line"),
    ("zh: 每个像素只算一次}", "zh: 每个像素只算一次", "# why", "table of words does not close"),
    ("# done:", "# why:", "# why: {en: \"It's", "stands twice"),
    (", zh: 完成了}", "}", "# done", "needs its text in each language"),
    ("zh: 完成了", "zh: '“完\"成'", "# done", "is not plain text"),
    ('print("<<done>>")', 'print("done")', "# done", "the word 'done' is used nowhere"),
    ("1]  # <<why>>", "1]  # <<who>>", "<<who>>", "the word 'who' is not in the table"),
    ('"<<done>>"', "'<<done>>'", "'<<done>>'", "with the words of 'en' this is not Python"),
    ('# %% [raw] id="words"', 'x = 1\n\n# %% [raw] id="words"', "x = 1", "before the first cell"),
    ('# %% [raw] id="words"', '# %% [raw] id="notes"', '"notes"', "the only raw cell"),
]


@pytest.mark.parametrize(("old", "new", "words", "message"), FAULTS)
def test_a_fault_in_a_master_stops_even_a_draft_and_names_its_line(tmp_path, old, new, words, message):
    assert old in MASTER
    text = MASTER.replace(old, new, 1)
    source = project(tmp_path, text)
    with pytest.raises(LabError) as caught:
        build(source, tmp_path)
    assert f"{source.as_posix()}:{line_of(text, words)}: " in str(caught.value)
    line = next(line for line in str(caught.value).split("\n") if f":{line_of(text, words)}: " in line)
    assert message in line
    assert not (tmp_path / PATHS[0]).exists()


def test_all_faults_of_all_masters_are_listed_at_once(tmp_path):
    source = project(tmp_path, MASTER.replace("seed / 0", "seed //").replace('id="plot"', 'id="imports"'))
    (source.parent / "91_more.py").write_text("# %%\nx = 1\n", encoding="utf-8")
    with pytest.raises(LabError) as caught:
        build(source.parent, tmp_path)
    assert len(str(caught.value).split("\n")) == 1 + 3


UNEQUAL = [  # (in the master, instead, on the line with these words, what the message says)
    ("# ## 你会看到什么？", "# ### 你会看到什么？", '"idea" lang="zh"', "headings are not those of its twin in line"),
    ("先读[指南](/docs/guide.md)", "先读指南", '"title" lang="zh"', "links are not those of its twin"),
    ("# `fmean` 先", "# `mean` 先", '"idea" lang="zh"', "words in backticks are not those of its twin in line"),
    ('\n# %% [markdown] id="explain" lang="zh"', '\n# %% [markdown] id="other" lang="zh"', '"explain"', "no twin"),
    ('id="idea" lang="zh"', 'id="idea" lang="zh" stale=true', "stale=true", "did not follow its twin"),
    ("/docs/lamp.png", "/docs/lump.png", "![a lamp]", "the link /docs/lump.png leads nowhere"),
]


@pytest.mark.parametrize(("old", "new", "words", "message"), UNEQUAL)
def test_unequal_languages_are_a_warning_in_a_draft_and_an_error_in_a_strict_build(tmp_path, old, new, words, message):
    text = MASTER.replace(old, new)
    source = project(tmp_path, text)
    with pytest.raises(LabError) as caught:
        build(source, tmp_path, strict=True)
    assert not (tmp_path / PATHS[0]).exists()
    warnings = build(source, tmp_path).warnings
    assert str(caught.value).split("\n")[1:] == warnings
    place = f"{source.as_posix()}:{line_of(text, words)}: "
    assert any(warning.startswith(place) and message in warning for warning in warnings), warnings


def test_a_text_without_its_twin_stands_in_a_draft_in_the_other_language(tmp_path):
    start, end = MASTER.index('# %% [markdown] id="idea" lang="zh"'), MASTER.index('# %% id="plot"')
    built(tmp_path, MASTER[:start] + MASTER[end:])
    assert cell_of(read_notebook(tmp_path / PATHS[1]), "idea").source.startswith("## What will you see?")


def test_windows_line_ends_a_byte_order_mark_and_chinese_folders_change_nothing(tmp_path, chinese_folder):
    built(tmp_path)
    windows = project(chinese_folder)
    windows.write_bytes(b"\xef\xbb\xbf" + MASTER.replace("\n", "\r\n").encode("utf-8"))
    build(windows, chinese_folder, strict=True)
    for name in PATHS:
        assert (chinese_folder / name).read_bytes() == (tmp_path / name).read_bytes()
    windows.write_bytes(MASTER.replace("\n", "\r\n").replace("seed / 0", "seed //").encode("utf-8"))
    with pytest.raises(LabError, match=rf":{line_of(MASTER, 'seed / 0')}: syntax error"):
        build(windows, chinese_folder)


def test_a_master_that_is_not_utf8_is_named_with_its_line(tmp_path):
    source = project(tmp_path)
    source.write_bytes(MASTER.encode("gbk"))
    with pytest.raises(LabError, match=r"90_light\.py:4: this is not UTF-8"):
        build(source, tmp_path)


def test_a_build_from_another_folder_with_plain_names_makes_the_same(tmp_path, monkeypatch):
    built(tmp_path / "one")
    project(tmp_path / "two")
    monkeypatch.chdir(tmp_path / "two" / "docs")
    build(["../notebooks/src/90_light.py"], "..", strict=True)
    for name in PATHS:
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


def test_files_without_a_lessons_name_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(LabError, match="No master in"):
        build(tmp_path, tmp_path)
    (tmp_path / "welcome.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(LabError, match="call it like 07_steer.py"):
        build(tmp_path, tmp_path)
    with pytest.raises(LabError, match="is missing"):
        build(tmp_path / "01_none.py", tmp_path)


def test_a_lesson_without_tasks_has_no_exercise(tmp_path):
    built(tmp_path, '# %% [markdown] id="a" lang="en"\n# Hello\n\n# %% [markdown] id="a" lang="zh"\n# 你好\n')
    assert (tmp_path / PATHS[1]).is_file() and not (tmp_path / "exercises").exists()


def test_a_master_is_plain_python_that_ruff_leaves_as_it_is(tmp_path):
    source = project(tmp_path)
    for command in (["check", "--select", "E,F,W,I,B"], ["format", "--check"]):
        ask = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "--line-length", "120", str(source)]
        done = subprocess.run(ask, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stdout


WORDS = {name: Word(name, {"en": en, "zh": zh}, 1, {}) for name, en, zh in [("a b", "frame", "帧"), ("n", "n", "数")]}


@pytest.mark.parametrize(
    ("code", "chinese"),
    [
        ("x = '<<n>>' + \"<<a b>>\"", "x = '数' + \"帧\""),
        ("y = f'{x:>{n}} <<n>> {\"<<a b>>\"}'  # <<n>>", "y = f'{x:>{n}} 数 {\"帧\"}'  # 数"),
        ('z = """\n<<n>>\n"""\nw = n <<n>> n', 'z = """\n数\n"""\nw = n <<n>> n'),
        ("v = r'<<other>>'", "v = r'<<other>>'"),
    ],
)
def test_words_are_put_into_strings_and_comments_only_and_found_again(code, chinese):
    assert expand(code, WORDS, "zh") == chinese
    assert restore(chinese, code, WORDS, "zh") == code
    assert {name for _, name in used(code)} - {"other"} <= set(WORDS)


LINES = st.lists(st.sampled_from(["x = 1", "", "    y = 2", "# 注释", "### end", "return"]), max_size=4)
PARTS = st.lists(st.tuples(LINES, st.sampled_from(["SOLUTION", "HIDDEN TESTS"]), LINES, st.sampled_from(["", "    "])))


@given(PARTS, LINES)
def test_an_exercise_shows_what_is_outside_the_regions_and_a_solution_all(parts, tail):
    lines, outside, stubs = [], [], 0
    for before, name, inside, indent in parts:
        lines += [*before, f"{indent}### BEGIN {name}", *inside, f"{indent}### END {name}"]
        outside += before + [indent + line for line in STUBS["code", "zh"]] * (name == "SOLUTION")
        stubs += name == "SOLUTION"
    source = "\n".join([*lines, *tail])
    regions, wrong = find_regions(source)
    assert wrong == [] and len(regions) == len(parts)
    assert shown(pieces(source, source, "solution", "code", "zh")) == source
    view = pieces(source, source, "exercise", "code", "zh")
    seen = shown(view).split("\n")
    assert [line for line in seen if line] == [line for line in [*outside, *tail] if line]
    assert shown(view).count("raise NotImplementedError()") == stubs
    assert "\n".join(line for piece in view for line in piece.master) == source


MARKS = ["x", "### BEGIN SOLUTION", "  ### END SOLUTION", "### BEGIN HIDDEN TESTS"]


@given(st.lists(st.sampled_from(MARKS), max_size=8))
def test_a_region_that_is_not_whole_is_always_found(lines):
    order = "".join(str(MARKS.index(line)) for line in lines if line != "x")
    assert (find_regions("\n".join(lines))[1] == []) == bool(re.fullmatch("(12)*", order))
