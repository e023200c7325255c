"""Lesson 05, Compress: how many times fewer numbers, and the best straight code there is."""

import random
from typing import Any

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of, want_number
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task


def times_fewer(frames: int, height: int, width: int, group: int, patch: int, channels: int) -> float:
    """How many numbers of a colour clip come on one number of its code."""
    tokens = (frames // group) * (height // patch) * (width // patch)
    return frames * height * width * 3 / (tokens * channels)


def check_ratio(answer: Answer, seed: int) -> Words | None:
    """05.1: numbers of the clip over numbers of the code."""
    draw = random.Random(f"ratio {seed}")
    for _ in range(3):
        group, patch, channels = draw.choice([2, 4]), draw.choice([4, 8]), draw.choice([5, 7, 11, 13])
        grid = draw.randint(2, 6), draw.randint(5, 9), draw.randint(10, 14)
        size = group * grid[0], patch * grid[1], patch * grid[2]
        asked = (*size, group, patch, channels)
        came = want_number(answer.name, answer.call(*asked))
        if abs(came - times_fewer(*asked)) > 0.005 * times_fewer(*asked):
            _explain_ratio(asked, came)
    return Words("So many numbers come on one number of the code.", "编码里的一个数，要顶原来这么多个数。")


def _explain_ratio(asked: tuple[int, ...], came: float) -> None:
    frames, height, width, group, patch, channels = asked
    right = times_fewer(*asked)
    shown = f"{frames} x {height} x {width}, group {group}, patch {patch}, {channels} channels"
    mistakes = [
        (right / 3, "A pixel has three numbers: red, green and blue.", "一个像素有三个数：红、绿、蓝。"),
        (right / group, "A token stands for a whole group of frames, not for one frame.",
         "一个 token 代表一组帧，而不是一帧。"),
        (right / patch, "A patch is as high as it is wide: the code has patch times fewer rows and columns.",
         "小块是正方形：行数和列数都要除以 patch。"),
        (right * channels, "A token is not one number: it has `channels` of them.",
         "一个 token 不是一个数，而是 channels 个数。"),
        (1 / right, "Turned round: the clip's numbers over the code's.", "上下颠倒了：应当是片段的数除以编码的数。"),
        (right // 1, "The ratio may have a part after the point: divide with /, not with //.",
         "倍数可以带小数：最后一步用 / 而不是 //。"),
    ]  # fmt: skip
    for value, en, zh in mistakes:
        if abs(came - value) < 1e-6 * max(value, 1):
            raise Wrong(f"{en} ({shown})", f"{zh}（{shown}）", right, came)
    raise Wrong(
        f"Not the ratio of {shown}: count the numbers of the clip, then those of the code, and divide.",
        f"这不是 {shown} 的倍数：先数片段有多少个数，再数编码有多少个数，相除。", right, came,
    )  # fmt: skip


def cloud(rng: np.random.Generator, count: int = 60, long: int = 8) -> np.ndarray:
    """Patches (N, D) far from zero that spread over a few slanting directions, each less than the one before."""
    turned, _ = np.linalg.qr(rng.standard_normal((long, long)))
    spread = 30.0 / 2.0 ** np.arange(long)
    return 100 + 60 * rng.random(long) + (rng.standard_normal((count, long)) * spread) @ turned.T


def left_over(patches: np.ndarray, mean: np.ndarray, directions: np.ndarray) -> float:
    """Mean square error of patches that are coded along these directions (k, D) and come back."""
    away = patches - mean
    return float(np.square(away - away @ directions.T @ directions).mean())


def check_compress(answer: Answer, seed: int) -> Words | None:
    """05.2: the mean and the k directions in which patches differ most."""
    rng = np.random.default_rng([seed, 502])
    for k in (2, 3):
        patches = cloud(rng)
        came = answer.call(patches, k)
        mean, directions = _two_arrays(answer.name, came, patches.shape[1], k)
        _look_at_directions(patches, mean, directions, k)
    return Words("No straight code of this length does better.", "同样长度的线性编码，没有更好的了。")


def _two_arrays(name: str, came: Any, long: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(came, list | tuple) or len(came) != 2:
        kind = kind_of(came)
        raise Wrong(
            f"{name} returns {kind.en}; two things are asked for: return mean, directions.",
            f"{name} 返回的是{kind.zh}；要返回两样东西：return mean, directions。",
        )
    try:
        mean, directions = (np.asarray(part, np.float64) for part in came)
    except (TypeError, ValueError):
        raise Wrong("mean and directions must be arrays of numbers.", "mean 和 directions 应当是数的数组。") from None
    if mean.shape != (long,):
        raise Wrong(
            f"mean has the shape {mean.shape}: one number for each of the {long} places of a patch is asked for.",
            f"mean 的形状是 {mean.shape}：小块有 {long} 个位置，每个位置要一个平均数。",
        )
    if directions.shape == (long, k):
        raise Wrong(
            "The directions are columns: one direction a row is asked for (k, D). Turn them with .T.",
            "方向现在是一列一个；题目要的是一行一个（k, D）。用 .T 转置一下。",
        )
    if directions.shape != (k, long):
        raise Wrong(
            f"directions has the shape {directions.shape}; ({k}, {long}) is asked for: the first k of them.",
            f"directions 的形状是 {directions.shape}；要的是 ({k}, {long})：只取前 k 个。",
        )
    return mean, directions


def _look_at_directions(patches: np.ndarray, mean: np.ndarray, directions: np.ndarray, k: int) -> None:
    middle = patches.mean(axis=0)
    if np.abs(mean - middle).max() > 0.5:
        raise Wrong(
            "That is not the mean patch: take the mean over all patches, place by place, and the directions from what "
            "is left without it.",
            "这不是平均的小块：要对所有小块逐个位置求平均，方向则从减去平均之后的数据里找。",
            middle.round(1).tolist(), mean.round(1).tolist(),
        )  # fmt: skip
    if np.abs(np.linalg.norm(directions, axis=1) - 1).max() > 1e-3:
        raise Wrong(
            "A direction has length 1, or coding and coming back stretches the patch.",
            "方向的长度必须是 1，否则编码再还原会把小块拉长。",
            came=np.linalg.norm(directions, axis=1).round(3).tolist(),
        )  # fmt: skip
    if np.abs(directions @ directions.T - np.eye(k)).max() > 1e-3:
        raise Wrong(
            "Two directions are not at right angles: the same change would be told twice.",
            "有两个方向不垂直：同样的变化会被记两遍。",
        )
    own = np.linalg.svd(patches - middle)[2]
    came, best, worst = (left_over(patches, middle, d) for d in (directions, own[:k], own[-k:]))
    if came < 1.001 * best:
        return
    if came > 0.999 * worst:
        raise Wrong(
            "These are the directions in which patches differ least: np.linalg.eigh counts from small to large.",
            "这是差异最小的方向：np.linalg.eigh 是从小到大排的。", best, came,
        )  # fmt: skip
    plain = np.linalg.svd(patches)[2][:k]
    if np.abs(np.abs(np.sum(plain * directions, axis=1)) - 1).max() < 1e-4:
        raise Wrong(
            "Take the mean away before you look for directions: now the first one only points at the mean.",
            "找方向之前先减去平均：现在第一个方向只是指着平均值。", best, came,
        )  # fmt: skip
    raise Wrong(
        "Other directions leave a smaller error: take those in which the patches differ most.",
        "换别的方向，误差更小：要取小块之间差异最大的方向。", best, came,
    )  # fmt: skip


TASKS = [
    Task(
        "05.1",
        "How many times fewer?",
        "少了多少倍？",
        2,
        check_ratio,
        (
            (
                "The clip: frames * height * width * 3 numbers.",
                "片段：frames * height * width * 3 个数。",
            ),
            (
                "The code: (frames // group) * (height // patch) * (width // patch) tokens.",
                "编码：(frames // group) * (height // patch) * (width // patch) 个 token。",
            ),
            (
                "Each token has `channels` numbers. Divide the clip's numbers by the code's, with /.",
                "每个 token 有 channels 个数。用 / 把片段的数除以编码的数。",
            ),
        ),
        takes=("frames", "height", "width", "group", "patch", "channels"),
    ),
    Task(
        "05.2",
        "The best straight code",
        "最好的线性编码",
        3,
        check_compress,
        (
            (
                "mean = patches.mean(axis=0); go on with patches - mean.",
                "mean = patches.mean(axis=0)；接下来用 patches - mean。",
            ),
            (
                "np.linalg.svd(patches - mean) gives three arrays; the rows of the third are the directions, the most "
                "important first.",
                "np.linalg.svd(patches - mean) 返回三个数组；第三个数组的每一行就是一个方向，最重要的排在最前。",
            ),
            (
                "return mean, np.linalg.svd(patches - mean)[2][:k]",
                "返回：return mean, np.linalg.svd(patches - mean)[2][:k]",
            ),
        ),
        takes=("patches", "k"),
    ),
]
