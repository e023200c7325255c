"""Lesson 04, the second half: the best guess at several futures, and a rival that only knows how to go on moving."""

import random
from typing import Any

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of, want_list
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task
from aigc_lab.course.tasks.lesson04 import close, want_array


def futures_of_a_ball(draw: random.Random) -> np.ndarray:
    """Five equally likely pictures, uint8 (5, 6, 10): a ball at another place in each, at one place in two of them."""
    rng = np.random.default_rng(draw.randrange(10**6))
    pictures = rng.integers(0, 30, (5, 6, 10), dtype=np.uint8)  # noise: the median is none of the five
    places = draw.sample(range(9), 4)
    top = draw.randint(0, 4)
    for picture, left in zip(pictures, [*places, places[0]], strict=True):
        picture[top : top + 2, left : left + 2] = draw.randint(180, 255)
    return pictures[draw.sample(range(5), 5)]


def best_guess(futures: np.ndarray, error: str) -> np.ndarray:
    """The picture with the smallest mean error over all futures: their mean for squares, their median else."""
    return futures.mean(axis=0) if error == "squares" else np.median(futures, axis=0)


def check_guess(answer: Answer, seed: int) -> Words | None:
    """04.4: one picture against many futures; which one is best depends on the error that is counted."""
    draw = random.Random(f"guess {seed}")
    for error in (first := draw.choice(["squares", "absolute"]), {"squares": "absolute"}.get(first, "squares"), first):
        futures = futures_of_a_ball(draw)
        shape = futures.shape[1:]
        came = want_array(answer.name, answer.call(futures, error), shape, ("one picture", "一张画面"))
        if not close(came, best_guess(futures, error)):
            _explain_guess(futures, error, came)
    return Words(
        "Now you know where the blur comes from: it is the best answer to a question about averages.",
        "现在你知道模糊从哪里来了：问的是平均误差，它就是最好的答案。",
    )


def _explain_guess(futures: np.ndarray, error: str, came: np.ndarray) -> None:
    def cost(picture: np.ndarray) -> float:
        off = np.abs(futures - picture)
        return float((off**2 if error == "squares" else off).mean())

    yours, best = cost(came), cost(best_guess(futures, error))
    if any(close(came, future) for future in futures):
        raise Wrong(
            f"This is one of the futures, sharp and mostly wrong: mean error {yours:.0f}, and {best:.0f} can be had.",
            f"这是其中一种未来：清晰，但多半是错的。它的平均误差是 {yours:.0f}，而最低可以到 {best:.0f}。",
        )
    if error == "squares" and close(came, np.median(futures, axis=0)):
        raise Wrong(
            "This is the median, which is best for absolute errors. With squares every future pulls a little.",
            "这是中位数，绝对误差下它最好。用平方误差时，每种未来都会拉一点。", best, yours,
        )  # fmt: skip
    if error == "absolute" and close(came, futures.mean(axis=0)):
        raise Wrong(
            "This is the mean, which is best for squares. With absolute errors the value in the middle wins.",
            "这是平均值，平方误差下它最好。用绝对误差时，排在中间的那个值最好。", best, yours,
        )  # fmt: skip
    if close(came, futures.max(axis=0)):
        raise Wrong(
            f"All balls at full strength: wherever no ball is, that costs most. Mean error {yours:.0f} instead of "
            f"{best:.0f}.",
            f"所有的球都画满了：没有球的地方代价最大。平均误差 {yours:.0f}，最低是 {best:.0f}。",
        )
    if close(np.round(came), np.round(best_guess(futures, error))) or close(came, best_guess(futures, error) // 1):
        raise Wrong("Nearly: do not round.", "差一点：不要取整。", best, yours)
    raise Wrong("There is a picture with a smaller mean error.", "还有平均误差更小的画面。", best, yours)


def gliding(draw: random.Random, way: tuple[int, int]) -> np.ndarray:
    """Ten frames uint8 (10, 12, 16) of a pattern that glides (rows, columns) a frame and comes in again behind."""
    rng = np.random.default_rng(draw.randrange(10**6))
    pattern = rng.integers(0, 256, (12, 16), dtype=np.uint8)
    return np.stack([np.roll(pattern, (t * way[0], t * way[1]), (0, 1)) for t in range(10)])


def check_gliding(answer: Answer, seed: int) -> Words | None:
    """04.5: find the shift from the last two frames, and go on with it."""
    draw = random.Random(f"gliding {seed}")
    slow = [(0, 0), (0, draw.choice([-1, 1])), (draw.choice([-1, 1]), 0)]
    fast = [(draw.choice([-2, -1, 1, 2]), draw.choice([-3, 3])), (draw.choice([-3, 3]), draw.choice([-2, 2]))]
    for way in (*fast, *slow):
        frames, count = gliding(draw, way), draw.randint(3, 6)
        came = answer.call(frames, count)
        if not isinstance(came, list | tuple):
            kind = kind_of(came)
            raise Wrong(
                f"{answer.name} returns {kind.en}; a list of frames is asked for.",
                f"{answer.name} 返回的是{kind.zh}；应当是帧的列表。",
            )
        came = want_list(answer.name, came, count, ("frames to come", "帧要预测的画面"))
        made = want_array(answer.name, came, (count, 12, 16), ("all frames together", "所有的帧合在一起"))
        _look_at_gliding(frames, count, way, made)
    return Words(
        "No network, nothing learned, and on such films nobody beats it.",
        "不用网络，什么也没学，可是遇到这样的影片，谁也赢不了它。",
    )


def _look_at_gliding(frames: np.ndarray, count: int, way: tuple[int, int], made: np.ndarray) -> None:
    def going(down: int, across: int, once: bool = False) -> np.ndarray:
        times = [1 if once else t for t in range(1, count + 1)]
        return np.stack([np.roll(frames[-1], (t * down, t * across), (0, 1)) for t in times])

    down, across = way
    if close(made, going(down, across)):
        return
    told = f"({down}, {across})"
    cases: tuple[tuple[Any, str, str], ...] = (
        (going(0, 0), f"The last frame is copied; this pattern moves {told} a frame, rows and columns.",
         f"你照搬了最后一帧；而这个图案每帧移动 {told}（行、列）。"),
        (going(-down, -across), f"It goes back where it came from: the shift is {told}, turn the sign round.",
         f"它往回走了：位移是 {told}，正负号要反过来。"),
        (going(across, down), f"Rows and columns are exchanged: the shift is {told}, rows first.",
         f"行和列弄反了：位移是 {told}，先行后列。"),
        (going(down, across, once=True), "The second frame to come has moved twice as far, the third three times.",
         "要预测的第二帧走了两倍远，第三帧三倍远。"),
        (going(0, across), f"Only the motion across was seen; the shift is {told}, rows and columns.",
         f"只看到了横向的运动；位移是 {told}（行、列）。"),
    )  # fmt: skip
    for wrong, en, zh in cases:
        if close(made, wrong):
            raise Wrong(en, zh)
    if close(made[0], frames[-1]) and close(made[1:], going(down, across)[:-1]):
        raise Wrong(
            "The list begins with the last frame that was given.", "列表从给出的最后一帧开始了；应从下一帧开始。"
        )
    raise Wrong(
        f"The pattern does not go on like this: it moves {told} a frame, rows and columns, up to 3 pixels each way.",
        f"图案不是这样移动的：它每帧移动 {told}（行、列），每个方向最多 3 个像素。",
    )


TASKS = [
    Task(
        "04.4",
        "The best guess at many futures",
        "面对许多种未来，最好的猜测",
        2,
        check_guess,
        (
            (
                "Each pixel by itself: which one number has the smallest mean error to the five numbers there?",
                "一个像素一个像素地想：和那里的五个数相比，哪一个数的平均误差最小？",
            ),
            (
                "For squares it is the mean of the five, for absolute errors the median.",
                "平方误差是平均值，绝对误差是中位数。",
            ),
            (
                "futures.mean(axis=0) and np.median(futures, axis=0): axis 0 counts the futures.",
                "futures.mean(axis=0) 和 np.median(futures, axis=0)：第 0 维是各种未来。",
            ),
        ),
        takes=("futures", "error"),
    ),
    Task(
        "04.5",
        "A rival that only goes on moving",
        "只会接着动的对手",
        3,
        check_gliding,
        (
            (
                "Try every shift from -3 to 3, down and across: np.roll(frames[-2], (down, across), (0, 1)).",
                "从 -3 到 3，竖向、横向的位移全试一遍：np.roll(frames[-2], (down, across), (0, 1))。",
            ),
            (
                "The right shift turns frames[-2] into frames[-1]: compare as numbers, not as bytes (astype(int)).",
                "正确的位移能把 frames[-2] 变成 frames[-1]；比较时先 astype(int)，别用字节相减。",
            ),
            (
                "Frame t to come (t = 1, 2, ...): np.roll(frames[-1], (t * down, t * across), (0, 1)).",
                "要预测的第 t 帧（t = 1、2、……）：np.roll(frames[-1], (t * down, t * across), (0, 1))。",
            ),
        ),
        takes=("frames", "count"),
    ),
]
