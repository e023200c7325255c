"""Lesson 03, Recognise: one step downhill, a look at every frame, and a memory that order matters to."""

import random
from typing import Any

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of, shown
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task

NEAR = 1e-6  # numbers that differ by less are the same


def numbers_of(value: Any) -> np.ndarray | None:
    """Nested lists of numbers as an array; None for anything else, ragged lists too."""
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array.astype(float) if array.dtype.kind in "biuf" and array.size else None


def same(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two arrays have one shape and the same numbers."""
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=1e-5, atol=NEAR))


def want_array(name: str, came: Any, shape: tuple[int, ...], what: tuple[str, str]) -> np.ndarray:
    """The answer as an array of this shape; `what` names it in both languages. Raises Wrong."""
    array = numbers_of(came)
    if array is None:
        kind = kind_of(came)
        raise Wrong(
            f"{name} gives {kind.en} where {what[0]} belongs: an array of numbers {shape}.",
            f"{name} 在该给{what[1]}的地方给了{kind.zh}：应当是数的数组，形状 {shape}。", came=came,
        )  # fmt: skip
    if array.shape != shape:
        raise Wrong(
            f"The shape of {what[0]} is not right.", f"{what[1]}的形状不对。", shape, array.shape
        )  # fmt: skip
    if not np.isfinite(array).all():
        raise Wrong(
            f"There is NaN or infinity in {what[0]}: e to the power of 1000 is too large for a computer. Take the "
            "largest score away from all scores first; the shares stay the same.",
            f"{what[1]}里有 NaN 或无穷大：e 的 1000 次方，计算机存不下。先让所有分数都减去最大的那个，概率不会变。",
        )
    return array


def shares(x: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """What one layer says: softmax of x (N, D) with weights (D, K) and bias (K,)."""
    scores = x @ weights + bias
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def loss(x: np.ndarray, y: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> float:
    """Mean cross-entropy of the right answers y (N,)."""
    return float(-np.log(shares(x, weights, bias)[range(len(y)), y] + 1e-300).mean())


def layer(draw: random.Random, large: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x (N, D), y (N,), weights (D, K), bias (K,); `large`: how far the scores reach."""
    rng = np.random.default_rng(draw.randrange(10**6))
    count, size, kinds = draw.randint(7, 12), draw.choice([3, 5]), 4
    x, weights = rng.normal(0, 1, (count, size)), rng.normal(0, large, (size, kinds))
    return x, rng.integers(0, kinds, count), weights, rng.normal(0, 1, kinds)


def check_step(answer: Answer, seed: int) -> Words | None:
    """03.1: one step of gradient descent of one layer with softmax and cross-entropy."""
    draw = random.Random(f"step {seed}")
    for large, rate in ((1.0, draw.choice([0.15, 0.3])), (0.5, draw.choice([0.02, 0.05])), (600.0, 0.2)):
        x, y, weights, bias = layer(draw, large)
        came = answer.call(x, y, weights, bias, rate)
        if not isinstance(came, list | tuple) or len(came) != 2:
            kind = kind_of(came)
            raise Wrong(
                f"{answer.name} returns {kind.en}; two things are asked for: return W, b.",
                f"{answer.name} 返回的是{kind.zh}；要返回两样东西：return W, b。",
            )
        new_weights = want_array(answer.name, came[0], weights.shape, ("W", " W "))
        new_bias = want_array(answer.name, came[1], bias.shape, ("b", " b "))
        _look_at_step(x, y, (weights, bias), (new_weights, new_bias), rate)
    return Words("The loss falls, step by step.", "损失一步一步降下来了。")


def _look_at_step(x: np.ndarray, y: np.ndarray, old: Any, new: Any, rate: float) -> None:
    wrong = shares(x, *old)
    wrong[range(len(y)), y] -= 1
    slopes = x.T @ wrong / len(y), wrong.mean(axis=0)
    right = tuple(was - rate * slope for was, slope in zip(old, slopes, strict=True))
    if all(same(n, r) for n, r in zip(new, right, strict=True)):
        return
    moved = tuple(n - was for n, was in zip(new, old, strict=True))
    steps = tuple(-rate * slope for slope in slopes)
    said = shares(x, *old)
    ways = {
        "uphill": all(same(m, -s) for m, s in zip(moved, steps, strict=True)),
        "sum": all(same(m, s * len(y)) for m, s in zip(moved, steps, strict=True)),
        "bias": same(new[0], right[0]) and same(new[1], old[1]),
        "truth": same(moved[0], -rate * x.T @ said / len(y)),
        "rate": same(moved[0] * rate, steps[0]),
    }
    _explain_step(next((way for way, found in ways.items() if found), ""), loss(x, y, *old), loss(x, y, *new))


def _explain_step(way: str, before: float, after: float) -> None:
    told = {
        "uphill": (
            "You walk uphill: the gradient points to where the loss grows, so take it away.",
            "走反了，这是上坡：梯度指向损失变大的方向，应当减去它。",
        ),
        "sum": (
            "Your step is as many times too long as there are examples: the loss is a mean, so divide by len(y).",
            "步子太大，大了“样本数”那么多倍：损失是平均值，要除以 len(y)。",
        ),
        "bias": ("W takes its step, b stands still: b has a gradient too.", "W 走了一步，b 没动：b 也有梯度。"),
        "truth": (
            "You never look at the right answers: take 1 away from the share of each right one, p - 1.",
            "正确答案没有用上：在正确的那一项上，要把概率减去 1，即 p - 1。",
        ),
        "rate": ("Your step does not know the rate: multiply the gradient by it.", "步子里没有 rate：梯度要乘上它。"),
    }
    en, zh = told.get(way, ("This is not one step against the gradient.", "这不是逆着梯度走的一步。"))
    raise Wrong(f"{en} The loss goes from {before:.3f} to {after:.3f}.", f"{zh}损失从 {before:.3f} 变成 {after:.3f}。")


def check_every_frame(answer: Answer, seed: int) -> Words | None:
    """03.2: a function of single pictures, applied to every frame of every clip."""
    draw = random.Random(f"frames {seed}")
    for _ in range(2):
        rng = np.random.default_rng(draw.randrange(10**6))
        count, times, size = draw.choice([2, 3]), draw.choice([4, 5]), draw.choice([3, 6])
        clips = rng.integers(0, 256, (count, times, 4, 3, 3)).astype(float)
        weights = rng.normal(0, 0.05, (36, size))

        def look(pictures: Any, weights: np.ndarray = weights) -> np.ndarray:
            pictures = np.asarray(pictures)
            if pictures.ndim != 4:
                raise ValueError(f"look takes pictures (N, H, W, 3), and got the shape {pictures.shape}")
            return np.maximum(pictures.reshape(len(pictures), -1) @ weights, 0)

        right = look(clips.reshape(-1, 4, 3, 3)).reshape(count, times, size)
        _look_at_frames(answer.name, right, answer.call(clips, look))
    return Words("A row of vectors for each clip: now a memory can read it.", "每个片段变成一排向量：记忆可以来读了。")


def _look_at_frames(name: str, right: np.ndarray, came: Any) -> None:
    count, times, size = right.shape
    array = numbers_of(came)
    if array is not None and array.shape == (times, count, size):
        raise Wrong(
            "Time stands first, then the clips: exchange the two, (N, T, D) is asked for.",
            "时间排在了片段前面：把这两维换过来，要的是 (N, T, D)。", right.shape, array.shape,
        )  # fmt: skip
    if array is not None and array.shape == (count, size):
        one = any(same(array, right[:, t]) for t in range(times))
        raise Wrong(
            *(
                ("Only one frame of each clip was looked at.", "每个片段只看了一帧。")
                if one
                else ("One vector a clip: do not mix the frames, the LSTM wants them one by one.",
                      "每个片段只有一个向量：别把各帧混在一起，LSTM 要一帧一帧地看。")
            ),
            right.shape, array.shape,
        )  # fmt: skip
    if array is not None and array.shape == (count * times, size):
        raise Wrong(
            "One long row of pictures: tell at the end again which frames belong to which clip, (N, T, D).",
            "成了长长一排图片：最后要重新分清哪些帧属于哪个片段，形状是 (N, T, D)。", right.shape, array.shape,
        )  # fmt: skip
    array = want_array(name, came, right.shape, ("the answer", "答案"))
    if same(array, right):
        return
    if same(np.sort(array.ravel()), np.sort(right.ravel())):
        raise Wrong(
            "The right vectors in wrong places: frames of different clips were mixed. reshape counts the last axis "
            "first; bring clips and time into order before it.",
            "向量都对，位置却乱了：不同片段的帧混到了一起。reshape 从最后一维开始数，之前要把片段和时间排好。",
        )
    raise Wrong(
        "These are not the vectors that `look` gives for the frames: give it the frames as they are.",
        "这些不是 look 对各帧给出的向量：请把每一帧原样交给它。",
    )


def remember(vectors: np.ndarray, weights: np.ndarray, back: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """A simple recurrent layer: what is left after vectors (T, D), one after the other, (M,)."""
    state = np.zeros(len(bias))
    for vector in vectors:
        state = np.tanh(vector @ weights + state @ back + bias)
    return state


def check_remember(answer: Answer, seed: int) -> Words | None:
    """03.3: a recurrent layer by hand, for which order matters."""
    draw = random.Random(f"remember {seed}")
    for _ in range(3):
        rng = np.random.default_rng(draw.randrange(10**6))
        times, size, units = draw.choice([3, 5]), draw.choice([2, 4]), draw.choice([3, 6])
        vectors, bias = rng.normal(0, 1, (times, size)), rng.normal(0, 0.3, units)
        weights, back = rng.normal(0, 0.6, (size, units)), rng.normal(0, 0.6, (units, units))
        came = numbers_of(answer.call(vectors, weights, back, bias))
        if came is not None and came.shape == (times, units):
            raise Wrong(
                "This is what was remembered after each vector; only the end is asked for.",
                "这是看完每个向量之后的记忆；题目只要最后的。", (units,), came.shape,
            )  # fmt: skip
        state = want_array(answer.name, came, (units,), ("the memory", "记忆"))
        _look_at_memory(state, (vectors, weights, back, bias))
    return Words("Turn the clip round, and it remembers something else.", "倒着放，记住的就不一样了。")


def _look_at_memory(state: np.ndarray, given: tuple[np.ndarray, ...]) -> None:
    vectors, weights, back, bias = given
    right = remember(*given)
    if same(state, right):
        return
    plain = np.zeros(len(bias))
    for vector in vectors:
        plain = vector @ weights + plain @ back + bias
    told = (
        (remember(vectors[::-1], *given[1:]), "You read the clip backwards.", "你是倒着读的。"),
        (
            remember(vectors[-1:], *given[1:]),
            "Only the last vector is left in it: what was remembered must go into the next step, h @ U.",
            "里面只剩最后一个向量：上一步的记忆要带到下一步，h @ U。",
        ),
        (
            plain,
            "Numbers grow without a bound: tanh keeps each one between -1 and 1.",
            "少了 tanh，它让每个数都留在 -1 和 1 之间。",
        ),
        (
            np.tanh((vectors @ weights + bias).sum(axis=0)),
            "A sum does not know what came first: forward and backwards give the same.",
            "求和不分先后：正着放、倒着放，结果一样。",
        ),
        (
            np.tanh(vectors @ weights + bias).mean(axis=0),
            "A mean does not know what came first: forward and backwards give the same.",
            "求平均不分先后：正着放、倒着放，结果一样。",
        ),
        (
            remember(vectors, weights, back.T, bias),
            "The memory is multiplied from the wrong side: h @ U, not U @ h.",
            "乘的方向反了：是 h @ U，不是 U @ h。",
        ),
        (remember(vectors, weights, back, 0 * bias), "The bias b is missing.", "漏了偏置 b。"),
    )  # fmt: skip
    for other, en, zh in told:
        if same(state, other):
            raise Wrong(en, zh)
    raise Wrong(
        "This is not the memory after the last vector: begin with zeros, then h = tanh(x @ W + h @ U + b) for each x.",
        "这不是看完最后一个向量时的记忆：从零开始，对每个 x 算 h = tanh(x @ W + h @ U + b)。",
        shown(right.round(3).tolist()), shown(state.round(3).tolist()),
    )  # fmt: skip


TASKS = [
    Task(
        "03.1",
        "One step downhill",
        "往山下走一步",
        3,
        check_step,
        (
            (
                "First the shares p, as in the lesson: scores, minus the largest of each row, exp, divided by the sum.",
                "先算概率 p，和课文一样：分数，减去每行最大的，取 exp，再除以每行的和。",
            ),
            (
                "Then p[range(len(y)), y] -= 1. Now p says how wrong each share is.",
                "然后 p[range(len(y)), y] -= 1。这时 p 就是每个概率错了多少。",
            ),
            (
                "return W - rate * x.T @ p / len(y), b - rate * p.mean(axis=0)",
                "最后一行：return W - rate * x.T @ p / len(y), b - rate * p.mean(axis=0)",
            ),
        ),
        takes=("x", "y", "W", "b", "rate"),
    ),
    Task(
        "03.2",
        "Look at every frame",
        "每一帧都要看",
        2,
        check_every_frame,
        (
            (
                "clips has the shape (N, T, H, W, 3); clips[i] is T pictures, and that is what look takes.",
                "clips 的形状是 (N, T, H, W, 3)；clips[i] 就是 T 张图片，look 正好要这个。",
            ),
            (
                "Or all at once: clips.reshape(N * T, H, W, 3) makes one long row of pictures.",
                "也可以一次看完：clips.reshape(N * T, H, W, 3) 变成长长一排图片。",
            ),
            (
                "np.stack([look(clip) for clip in clips]) has the shape (N, T, D).",
                "np.stack([look(clip) for clip in clips]) 的形状就是 (N, T, D)。",
            ),
        ),
        takes=("clips", "look"),
    ),
    Task(
        "03.3",
        "A memory",
        "一份记忆",
        3,
        check_remember,
        (
            (
                "Begin with h = np.zeros(len(b)), and go through the vectors one by one.",
                "从 h = np.zeros(len(b)) 开始，一个一个地读向量。",
            ),
            (
                "In each step the new h is made of the vector x and of the old h.",
                "每一步，新的 h 都由向量 x 和旧的 h 算出来。",
            ),
            (
                "for x in vectors: h = np.tanh(x @ W + h @ U + b); then return h, after the loop.",
                "for x in vectors: h = np.tanh(x @ W + h @ U + b)；循环结束后 return h。",
            ),
        ),
        takes=("vectors", "W", "U", "b"),
    ),
]
