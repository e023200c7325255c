"""A small lesson that uses everything a master can do, and a project folder to build it in."""

from pathlib import Path

from nbformat import NotebookNode

from aigc_lab.course.build import build
from aigc_lab.course.notebook import read_notebook, write_notebook

MASTER = '''\
# %% [raw] id="words"
# frames:
#   en: frames a second
#   zh: 每秒帧数
# why: {en: every pixel counts once, zh: 每个像素只算一次}
# done: {en: "It's done", zh: 完成了}

# %% [markdown] id="title" lang="en"
# # 90 Light in numbers
#
# You will make a *mean*. See the [guide](/docs/guide.md) and the
# [exercise](/exercises/90_light.ipynb#mean). ![a lamp](/docs/lamp.png)

# %% [markdown] id="title" lang="zh"
"""
# 90 数字里的光

你会亲手算出一个*平均值*。先读[指南](/docs/guide.md)，
再做[练习](/exercises/90_light.ipynb#mean)。![一盏灯](/docs/lamp.png)
"""

# %% [markdown] id="task" lang="en" part="exercise" grade="readonly"
# # Exercise 90
#
# Write `mean`.

# %% [markdown] id="task" lang="zh" part="exercise" grade="readonly"
# # 练习 90
#
# 请写出 `mean`。

# %% id="imports" part="both"
from statistics import fmean

# %% id="parameters" part="both" tags=["parameters"]
mode = "quick"  # smoke, quick, full
seed = 7
size: tuple = (72, -40)

# %% [markdown] id="idea" lang="en"
# ## What will you see?
#
# `fmean` adds and divides:
#
# ```python
# # a comment, not a heading
# ```

# %% [markdown] id="idea" lang="zh"
# ## 你会看到什么？
#
# `fmean` 先相加，再相除：
#
# ```python
# # 这是注释，不是标题
# ```

# %% id="plot"
values = [seed, seed + 1]  # <<why>>
text = """
# %% this line is text, not a cell
"""
print(f"{fmean(values)} <<frames>>", mode)

# %% id="wrong" tags=["nbval-ignore-output"]
try:
    print(seed / 0)
except ZeroDivisionError as error:
    print(error)


# %% id="mean" part="exercise" grade="answer"
def mean(numbers):
    # <<why>>
    ### BEGIN SOLUTION
    total = sum(numbers)
    return total / len(numbers)
    ### END SOLUTION


# %% id="mean-test" part="exercise" grade="test" points=2
assert mean([1, 3]) == 2

### BEGIN HIDDEN TESTS
assert mean([seed]) == seed
### END HIDDEN TESTS
print("<<done>>")

# %% [markdown] id="explain" lang="en" part="exercise" grade="manual" points=3
# There is nothing to divide by.

# %% [markdown] id="explain" lang="zh" part="exercise" grade="manual" points=3
# 没有东西可除。
'''
NAME = "90_light"
PATHS = [f"{kind}/{zh}{NAME}.ipynb" for kind in ("notebooks", "exercises", "solutions") for zh in ("", "zh/")]


def project(folder: Path, master: str = MASTER) -> Path:
    """A project folder with one master and what it links to; gives back the master's file."""
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    for name in ("guide.md", "guide.zh-CN.md", "lamp.png"):
        (folder / "docs" / name).write_bytes(b"")
    source = folder / "notebooks" / "src" / f"{NAME}.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(master.encode("utf-8"))
    return source


def built(folder: Path, master: str = MASTER) -> Path:
    """A project folder with one master and its notebooks; gives back the folder."""
    build(project(folder, master), folder)
    return folder


def line_of(text: str, words: str) -> int:
    """The first line (from 1) of a text that has these words."""
    return text[: text.index(words)].count("\n") + 1


def cell_of(notebook: NotebookNode, name: str) -> NotebookNode:
    """The cell with this id."""
    return next(cell for cell in notebook.cells if cell.id == name)


def edit(path: Path, **sources: str) -> None:
    """Change cells of a notebook as a person in Jupyter does: id=new source (with _ for -)."""
    notebook = read_notebook(path)
    for name, source in sources.items():
        cell_of(notebook, name.replace("_", "-")).source = source
    write_notebook(path, notebook)
