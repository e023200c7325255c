"""Lesson 07, the second half: a low-rank adapter that changes nothing at first, and guidance chosen by numbers."""

import random
from typing import Any

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of, want_number
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task

POINTS = 0.03  # of accuracy that may be given up for diversity


def check_adapter(answer: Answer, seed: int) -> Words | None:
    """07.3: two narrow matrices, the second of zeros, the first of chance; together they add nothing yet."""
    draw = random.Random(f"adapter {seed}")
    for _ in range(2):
        inputs, outputs, rank = draw.choice([12, 16]), draw.choice([18, 20]), draw.choice([2, 3, 4])
        kernel = np.random.default_rng(draw.randrange(10**6)).normal(size=(inputs, outputs))
        lot = draw.randrange(1000)
        a, b = _pair(answer.name, answer.call(kernel, rank, lot))
        _look_at_shapes(a, b, (inputs, outputs), rank)
        _look_at_start(a, b, rank)
        again, other = (_pair(answer.name, answer.call(kernel, rank, s))[0] for s in (lot, lot + 1))
        if not np.array_equal(a, again):
            raise Wrong(
                "The same seed gives another A the second time: draw from np.random.default_rng(seed) only.",
                "同一个种子，第二次的 A 却不一样：请只用 np.random.default_rng(seed) 来抽。",
            )
        if np.array_equal(a, other):
            raise Wrong("Another seed gives the same A: use it.", "换了种子，A 却一样：请用上 seed。")
    return Words(
        f"{rank * (inputs + outputs)} numbers learn, {inputs * outputs} stay as they are.",
        f"要学的数只有 {rank * (inputs + outputs)} 个，另外 {inputs * outputs} 个原封不动。",
    )


def _pair(name: str, came: Any) -> tuple[np.ndarray, np.ndarray]:
    try:
        first, second = came
        return np.array(first, float), np.array(second, float)
    except (TypeError, ValueError):
        kind = kind_of(came)
        raise Wrong(
            f"{name} returns {kind.en}; two matrices are asked for: return a, b.",
            f"{name} 返回的是{kind.zh}；要返回两个矩阵：return a, b。",
        ) from None


def _look_at_shapes(a: np.ndarray, b: np.ndarray, shape: tuple[int, int], rank: int) -> None:
    right = (shape[0], rank), (rank, shape[1])
    if (a.shape, b.shape) == right:
        return
    if a.shape == shape or b.shape == shape:
        raise Wrong(
            "One of them is as large as the kernel itself: then nothing is saved. The rank makes them narrow.",
            "其中一个和原来的矩阵一样大，那就什么也没省下。要靠秩（rank）让它们变窄。", right, (a.shape, b.shape),
        )  # fmt: skip
    if (b.shape, a.shape) == right or (a.shape[::-1], b.shape[::-1]) == right:
        raise Wrong(
            "Turned round: a @ b must have the shape of the kernel, so a comes first and is tall.",
            "顺序或方向反了：a @ b 的形状要和 kernel 一样，所以 a 在前，是瘦高的那个。", right, (a.shape, b.shape),
        )  # fmt: skip
    raise Wrong("These shapes do not fit: a @ b must have the shape of the kernel.",
                "形状不对：a @ b 的形状要和 kernel 一样。", right, (a.shape, b.shape))  # fmt: skip


def _look_at_start(a: np.ndarray, b: np.ndarray, rank: int) -> None:
    if not a.any() and not b.any():
        raise Wrong(
            "Both are zero: then the slope of each is zero too, because it is made of the other, and nothing ever "
            "learns.",
            "两个都是 0：每一个的梯度都要乘上另一个，于是梯度也是 0，永远学不动。",
        )
    if not a.any():
        raise Wrong(
            "It works this way round too, but here A is drawn by chance and B is zero.",
            "反过来其实也行，不过这道题约定：A 随机，B 为 0。",
        )
    if b.any():
        raise Wrong(
            f"kernel + a @ b already differs from the kernel by up to {np.abs(a @ b).max():.2g}: before it has learnt "
            "anything, the model must be what it was. B starts at zero.",
            f"kernel + a @ b 和原来最多已经差了 {np.abs(a @ b).max():.2g}：什么都还没学，模型就该和原来一样。"
            "B 要从 0 开始。",
        )
    if np.linalg.matrix_rank(a) < rank:
        raise Wrong(
            "The columns of A are all alike: then they learn the same, as if the rank were 1. Draw each number.",
            "A 的各列都一样：它们学到的也会一样，等于秩只有 1。每个数都要随机抽。",
        )


Rows = list[dict[str, float]]


def guidance_table(draw: random.Random) -> Rows:
    """A table as one measures it: accuracy rises and then falls, diversity falls, and each row has its own count.

    The best accuracy is that of a later row than the answer; a row before the answer is more diverse and too wrong.
    """
    strengths = sorted(draw.sample([1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0], 6))
    best = draw.uniform(0.86, 0.95)
    shares = [best - draw.uniform(0.2, 0.3), best - draw.uniform(0.045, 0.08), best - draw.uniform(0.012, 0.02), best]
    shares += [best - draw.uniform(0.005, 0.015), best - draw.uniform(0.1, 0.2)]
    spread, rows = draw.uniform(0.95, 1.05), []
    for strength, share in zip(strengths, shares, strict=True):
        clips = draw.choice([400, 500, 1000])
        rows.append(
            {"guidance": strength, "right": round(share * clips), "clips": clips, "diversity": round(spread, 3)}
        )
        spread -= draw.uniform(0.06, 0.12)
    draw.shuffle(rows)
    return rows


def chosen(rows: Rows, points: float = POINTS) -> float:
    """Of the strengths whose accuracy is at most `points` below the best one, the most diverse."""
    best = max(row["right"] / row["clips"] for row in rows)
    good = [row for row in rows if row["right"] / row["clips"] >= best - points]
    return max(good, key=lambda row: row["diversity"])["guidance"]


def check_guidance(answer: Answer, seed: int) -> Words | None:
    """07.4: the most diverse of the strengths that are nearly as accurate as the best."""
    draw = random.Random(f"guidance {seed}")
    for _ in range(6):
        rows = guidance_table(draw)
        came = answer.call(rows)
        if isinstance(came, dict):
            raise Wrong("This is the whole row: return its guidance.", "这是整行：请返回其中的 guidance。", came=came)
        came, right = want_number(answer.name, came), chosen(rows)
        if came != right:
            _explain_choice(rows, came, right)
    return Words("As accurate as need be, and as diverse as can be.", "准确率够用，多样性尽量高。")


def _explain_choice(rows: Rows, came: float, right: float) -> None:
    by_strength = {row["guidance"]: row for row in rows}
    if came not in by_strength:
        raise Wrong("This is the guidance of no row.", "表里没有这个引导强度。", right, came)
    share = {g: row["right"] / row["clips"] for g, row in by_strength.items()}
    if came == max(by_strength, key=lambda g: by_strength[g]["diversity"]):
        raise Wrong(
            f"The most diverse of all, but only {share[came]:.1%} right where {max(share.values()):.1%} can be had.",
            f"它最多样，可准确率只有 {share[came]:.1%}，而最好的能到 {max(share.values()):.1%}。", right, came,
        )  # fmt: skip
    if came == max(share, key=lambda g: share[g]):
        raise Wrong(
            "The most accurate. Another one is at most 3 points less accurate and more diverse.",
            "这是准确率最高的。还有一个只低不到 3 个百分点，却更多样。", right, came,
        )  # fmt: skip
    if share[came] < max(share.values()) - POINTS:
        raise Wrong(
            f"{share[came]:.1%} is more than 3 points below the best, {max(share.values()):.1%}. Divide `right` by "
            "`clips`; 3 points are 0.03.",
            f"{share[came]:.1%} 比最好的 {max(share.values()):.1%} 低了不止 3 个百分点。要用 `right` 除以 `clips`；"
            "3 个百分点是 0.03。", right, came,
        )  # fmt: skip
    raise Wrong(
        "Accurate enough, but another row that is, is more diverse.",
        "准确率够了，但够格的行里还有更多样的。",
        right,
        came,
    )


TASKS = [
    Task(
        "07.3",
        "An adapter that changes nothing yet",
        "一个暂时什么都不改变的适配器",
        3,
        check_adapter,
        (
            (
                "kernel.shape is (inputs, outputs). A has inputs rows, B has outputs columns; the rank lies between.",
                "kernel.shape 是（inputs, outputs）。A 有 inputs 行，B 有 outputs 列，中间是 rank。",
            ),
            (
                "rng = np.random.default_rng(seed); rng.normal(size=(rows, columns)) draws a matrix.",
                "rng = np.random.default_rng(seed)；rng.normal(size=(行, 列)) 抽出一个矩阵。",
            ),
            (
                "a is drawn, b = np.zeros((rank, outputs)); return a, b.",
                "a 随机抽，b = np.zeros((rank, outputs))；return a, b。",
            ),
        ),
        takes=("kernel", "rank", "seed"),
    ),
    Task(
        "07.4",
        "Choose the guidance by numbers",
        "用数字选引导强度",
        2,
        check_guidance,
        (
            (
                "The accuracy of a row: row['right'] / row['clips']. The rows have different counts.",
                "一行的准确率：row['right'] / row['clips']。各行的片段数不一样。",
            ),
            (
                "First the best accuracy of all, then the rows that are at most 0.03 below it.",
                "先找出最高的准确率，再留下比它低不超过 0.03 的行。",
            ),
            (
                "Of those, max(good, key=lambda row: row['diversity'])['guidance'].",
                "在这些行里取 max(good, key=lambda row: row['diversity'])['guidance']。",
            ),
        ),
        takes=("rows",),
    ),
]
