"""Lesson 05, the second half: fewer bits for each number, flicker that nobody drew, and a way between two clips."""

import random
from typing import Any

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of, want_number
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task


def check_rounded(answer: Answer, seed: int) -> Words | None:
    """05.3: every number becomes the nearest of 2**bits even levels between the smallest and the largest."""
    rng = np.random.default_rng([seed, 503])
    for bits in (2, 3, 1):
        tokens = rng.standard_normal((12, 8)) * rng.uniform(0.5, 3) + rng.uniform(-4, 4)
        came = _array(answer.name, answer.call(tokens, bits), tokens.shape)
        low, high = tokens.min(), tokens.max()
        step = (high - low) / (2**bits - 1)
        right = low + np.round((tokens - low) / step) * step
        if np.abs(came - right).max() > 1e-6 * (high - low):
            _explain_rounded(tokens, came, right, bits)
    return Words("As near as so few levels allow.", "只有这么几个台阶，不可能更接近了。")


def _explain_rounded(tokens: np.ndarray, came: np.ndarray, right: np.ndarray, bits: int) -> None:
    low, high = tokens.min(), tokens.max()
    step, many = (high - low) / (2**bits - 1), len(np.unique(came.round(9)))
    most = 2**bits
    if np.allclose(came, np.round((tokens - low) / step)):
        raise Wrong(
            "These are the numbers of the levels, 0 to 2**bits - 1. Turn them back into values: low + level * step.",
            "这是台阶的编号，从 0 到 2**bits - 1。还要变回数值：low + 编号 * step。", right[0, 0], came[0, 0],
        )  # fmt: skip
    if many > most:
        raise Wrong(
            f"{many} different values, but {bits} bits can tell {most} apart: their steps are span / (2**bits - 1).",
            f"出现了 {many} 个不同的值，而 {bits} 位只能区分 {most} 个：台阶高度是 跨度 / (2**bits - 1)。",
            most, many,
        )  # fmt: skip
    if not np.isclose(came.min(), low) or not np.isclose(came.max(), high):
        raise Wrong(
            "The smallest and the largest number must stay what they are: the levels go from one to the other.",
            "最小的数和最大的数应当保持不变：台阶正好从一头铺到另一头。",
            [float(low), float(high)], [float(came.min()), float(came.max())],
        )  # fmt: skip
    if (came <= tokens + 1e-9).all() or (came >= tokens - 1e-9).all():
        raise Wrong(
            "Always to one side: the nearest level is asked for. np.round, not a cut.",
            "总是往一边取；要取最近的台阶：用 np.round，不要直接截断。",
        )
    raise Wrong(
        f"A number is {np.abs(came - tokens).max():.3g} away from itself; with even levels half a step is enough.",
        f"有的数离原来差了 {np.abs(came - tokens).max():.3g}；台阶均匀的话，最多差半个台阶。", step / 2,
    )  # fmt: skip


def _array(name: str, came: Any, shape: tuple[int, ...]) -> np.ndarray:
    try:
        values = np.asarray(came, np.float64)
    except (TypeError, ValueError):
        kind = kind_of(came)
        raise Wrong(
            f"{name} returns {kind.en}; an array is asked for.", f"{name} 返回的是{kind.zh}；应当是数组。"
        ) from None
    if values.shape != shape:
        raise Wrong(
            f"{name} returns the shape {values.shape}; {shape} went in and must come out.",
            f"{name} 返回的形状是 {values.shape}；进去的是 {shape}，出来也应当是。",
        )
    return values


def shimmering(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """A clip uint8 (T, H, W) with still and moving places, what a bad code made of it, and its flicker where still."""
    frames, tall, wide = 6, 8, 10
    clip = np.repeat(rng.integers(60, 190, (1, tall, wide)), frames, axis=0)
    clip[:, :, wide - 4 :] = rng.integers(20, 230, (frames, tall, 4))
    made = clip + rng.integers(-9, 10, clip.shape)
    change = np.abs(np.diff(made, axis=0))[:, :, : wide - 4]
    return clip.astype(np.uint8), made.astype(np.uint8), float(change.mean())


def check_flicker(answer: Answer, seed: int) -> Words | None:
    """05.4: how much places change from frame to frame that stand still in the original."""
    rng = np.random.default_rng([seed, 504])
    for _ in range(3):
        clip, made, right = shimmering(rng)
        came = want_number(answer.name, answer.call(clip, made))
        if abs(came - right) > 1e-3 * right:
            _explain_flicker(clip, made, right, came)
    return Words("Now flicker is a number.", "闪烁变成了一个数。")


def _explain_flicker(clip: np.ndarray, made: np.ndarray, right: float, came: float) -> None:
    still = (clip == clip[0]).all(axis=0)
    wide, own = made.astype(int), clip.astype(int)
    change = np.diff(wide, axis=0)[:, still]
    mistakes = [
        (float(np.abs(np.diff(made, axis=0)[:, still]).mean()),
         "uint8 has no numbers below 0: 3 - 5 becomes 254. Turn both into int or float first.",
         "uint8 里没有负数：3 - 5 会变成 254。先换成 int 或 float。"),
        (float(np.abs(np.diff(wide, axis=0)).mean()),
         "What moves is counted too: use only places where the original stays the same in all frames.",
         "会动的地方也算进去了：只统计原片里所有帧都不变的位置。"),
        (float(change.mean()),
         "Ups and downs cancel out: take the absolute value of each change.",
         "变亮和变暗互相抵消了：每个变化都要取绝对值。"),
        (float(np.abs(wide - own)[:, still].mean()),
         "This is how far the copy is off. Flicker is how it changes from one frame to the next.",
         "这是还原得差多少。闪烁说的是它自己从一帧到下一帧变了多少。"),
        (float(np.abs(change[0]).mean()),
         "Only the first two frames are looked at: take the mean over all neighbouring pairs.",
         "只看了头两帧：要对所有相邻的两帧求平均。"),
    ]  # fmt: skip
    for value, en, zh in mistakes:
        if abs(came - value) < 1e-6 * max(abs(value), 1):
            raise Wrong(en, zh, right, came)
    raise Wrong(
        "Not the flicker of this clip: the mean of |made[t + 1] - made[t]| over the places where clip never changes.",
        "这不是这个片段的闪烁：在 clip 始终不变的位置上，对 |made[t + 1] - made[t]| 求平均。", right, came,
    )  # fmt: skip


def on_sphere(rng: np.random.Generator, count: int, channels: int) -> np.ndarray:
    """Tokens (N, C), each with mean square 1."""
    tokens = rng.standard_normal((count, channels))
    return tokens / np.sqrt(np.mean(tokens**2, axis=1, keepdims=True))


def check_walk(answer: Answer, seed: int) -> Words | None:
    """05.5: from one clip's tokens to another's in even steps, every token on the sphere."""
    rng, draw = np.random.default_rng([seed, 505]), random.Random(f"walk {seed}")
    for count in (draw.choice([4, 6]), 5):
        first, second = on_sphere(rng, 9, 6), on_sphere(rng, 9, 6)
        came = answer.call(first, second, count)
        if not isinstance(came, list | tuple) or len(came) != count:
            many = len(came) if isinstance(came, list | tuple) else kind_of(came)
            raise Wrong(
                f"{count} stops are asked for, both ends counted; {many} came.",
                f"要 {count} 站，两头都算在内；得到的是 {many}。",
            )
        _look_at_walk(first, second, [_array(answer.name, stop, first.shape) for stop in came])
    return Words("Every stop lies where the decoder knows its way.", "每一站都在解码器认得的地方。")


def _look_at_walk(first: np.ndarray, second: np.ndarray, stops: list[np.ndarray]) -> None:
    if np.abs(stops[0] - second).max() < 1e-3 and np.abs(stops[-1] - first).max() < 1e-3:
        raise Wrong("The walk goes the wrong way round: it starts at first.", "方向反了：要从 first 出发。")
    for stop, end, name in ((stops[0], first, "first"), (stops[-1], second, "second")):
        if np.abs(stop - end).max() > 1e-3:
            raise Wrong(
                f"The walk does not touch {name}: the shares go from 0 to 1, both counted (np.linspace).",
                f"没有走到 {name}：比例要从 0 到 1，两头都要有（np.linspace）。",
            )
    for number, stop in enumerate(stops):
        squares = np.mean(stop**2, axis=1)
        if np.abs(squares - 1).max() < 1e-2:
            continue
        if abs(np.mean(stop**2) - 1) < 1e-2:
            raise Wrong(
                "All tokens together have mean square 1, but not each of them: divide each token by its own.",
                "整体的均方是 1，但不是每个 token 都是：要让每个 token 各除以自己的。", came=squares.round(2).tolist(),
            )  # fmt: skip
        raise Wrong(
            f"At stop {number} tokens have left the sphere: half-way between two points of a ball lies inside of it. "
            "Divide each token by the root of its mean square.",
            f"第 {number} 站的 token 离开了球面：球面上两点的中点落在球里面。要让每个 token 除以自己均方的平方根。",
            came=squares.round(2).tolist(),
        )  # fmt: skip
    far = [np.array([np.square(stop - end).mean() for stop in stops]) for end in (first, second)]
    even = np.abs(far[0] - far[1][::-1]).max() < 0.02 * far[0].max() and (np.diff(far[0]) > 1e-6).all()
    straight = [np.linalg.lstsq(np.stack(pair[:2], 1), pair[2], rcond=None)[1] for stop in stops[1:-1]
                for pair in zip(first, second, stop, strict=True)]  # fmt: skip
    if not even or max(float(rest.sum()) for rest in straight) > 1e-3:
        raise Wrong(
            "Not an even way from one to the other: (1 - share) * first + share * second, with even shares.",
            "路不是均匀地从一头到另一头：(1 - share) * first + share * second，share 要均匀。",
        )


TASKS = [
    Task(
        "05.3",
        "Fewer bits a number",
        "每个数少用几位",
        3,
        check_rounded,
        (
            (
                "low, high = tokens.min(), tokens.max(); 2**bits levels have 2**bits - 1 steps between them.",
                "low, high = tokens.min(), tokens.max()；2**bits 个台阶之间有 2**bits - 1 级。",
            ),
            (
                "level = np.round((tokens - low) / step): the number of the nearest level.",
                "level = np.round((tokens - low) / step)：最近的台阶的编号。",
            ),
            (
                "return low + level * step",
                "最后返回 low + level * step",
            ),
        ),
        takes=("tokens", "bits"),
    ),
    Task(
        "05.4",
        "Measure flicker",
        "量一量闪烁",
        3,
        check_flicker,
        (
            (
                "still = (clip == clip[0]).all(axis=0) is True where the original never changes.",
                "still = (clip == clip[0]).all(axis=0)：原片始终不变的位置是 True。",
            ),
            (
                "made.astype(int) before np.diff(..., axis=0), for uint8 cannot go below 0.",
                "先 made.astype(int)，再 np.diff(..., axis=0)：uint8 没有负数。",
            ),
            (
                "np.abs(change)[:, still].mean()",
                "结果就是 np.abs(change)[:, still].mean()",
            ),
        ),
        takes=("clip", "made"),
    ),
    Task(
        "05.5",
        "A walk on the sphere",
        "沿着球面走",
        3,
        check_walk,
        (
            (
                "for share in np.linspace(0, 1, count): (1 - share) * first + share * second.",
                "for share in np.linspace(0, 1, count)：(1 - share) * first + share * second。",
            ),
            (
                "np.mean(tokens**2, axis=1, keepdims=True) is the mean square of each token.",
                "np.mean(tokens**2, axis=1, keepdims=True) 是每个 token 的均方。",
            ),
            (
                "Divide each mixture by np.sqrt of that, and collect the stops in a list.",
                "每一站的混合结果都除以它的 np.sqrt，再收进列表。",
            ),
        ),
        takes=("first", "second", "count"),
    ),
]
