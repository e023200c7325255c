"""Lesson 06, the second half: a sampler with four faults to mend, and a function that names a fault by its result."""

import itertools
from functools import lru_cache

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, shown
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task
from aigc_lab.course.tasks.lesson06 import Logged, Velocity, numbers, same

FAULTS = ("right", "sign", "one step", "stopped early", "no time")
SHAPES = ("ring", "spiral", "cross", "waves", "two moons")
CLUES = {
    "right": (
        "from a sound sampler the points lie on the data, all over it",
        "正常的采样器，点都落在数据上，而且处处都有",
    ),
    "sign": ("with the wrong sign points walk away from the data, outward", "符号反了，点会背着数据往外跑"),
    "one step": (
        "in one step all go to the mean of the data, whatever noise they come from",
        "只走一步，不管从哪个噪声出发，都会到数据的平均位置",
    ),
    "stopped early": (
        "whoever stops early sees the data dimly, with noise still in it",
        "停得太早，能隐约看出数据，里面还带着噪声",
    ),
    "no time": (
        "a network that is always told time 0 pulls to the middle in every step and never shows a shape",
        "永远以为是时刻 0 的网络，每一步都往中间拉，怎么也不成形",
    ),
}


def shape_points(kind: str, rng: np.random.Generator, count: int = 200) -> np.ndarray:
    """Points (count, 2) along one of SHAPES, mean 0, deviation 1."""
    s, side = rng.random(count), rng.integers(2, size=count)
    if kind == "ring":
        points = np.stack([np.cos(2 * np.pi * s), np.sin(2 * np.pi * s)], 1)
    elif kind == "spiral":
        points = np.sqrt(s)[:, None] * np.stack([np.cos(9 * np.sqrt(s)), np.sin(9 * np.sqrt(s))], 1)
    elif kind == "cross":
        points = np.where(side[:, None], np.stack([2 * s - 1, 2 * s - 1], 1), np.stack([2 * s - 1, 1 - 2 * s], 1))
    elif kind == "waves":
        points = np.stack([2 * s - 1, 0.3 * np.sin(6 * s) + np.where(side, 0.6, -0.6)], 1)
    else:
        half = np.stack([np.cos(np.pi * s), np.sin(np.pi * s)], 1)
        points = np.where(side[:, None], half, np.array([1.0, 0.5]) - half)
    points = points + rng.normal(0, 0.02, points.shape)
    points -= points.mean(axis=0)
    return points / points.std()


def exact_velocity(data: np.ndarray) -> Velocity:
    """The mean velocity of all straight paths from noise to these points (N, 2), counted out, without a network.

    Of the paths that lead to point i, those pass here at time t whose noise was (here - t * point) / (1 - t): the
    normal density of that noise is the weight of point i in the mean.
    """

    def velocity(here: np.ndarray, time: float) -> np.ndarray:
        rest = max(1 - time, 1e-3)
        squares = np.square(here[:, None] - time * data[None]).sum(axis=2) / rest**2
        weights = np.exp(-0.5 * (squares - squares.min(axis=1, keepdims=True)))
        ends = weights @ data / weights.sum(axis=1, keepdims=True)
        return (ends - here) / rest

    return velocity


@lru_cache(maxsize=64)
def symptoms(seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Data (200, 2), and what each of FAULTS makes of the same noise (200, 2)."""
    rng = np.random.default_rng([seed, 65])
    data = shape_points(SHAPES[rng.integers(len(SHAPES))], rng)
    field, noise = exact_velocity(data), rng.standard_normal(data.shape)
    ways = {
        "right": (field, 16, 1.0), "sign": (lambda here, time: -field(here, time), 16, 0.9),
        "one step": (field, 1, 1.0), "stopped early": (field, 16, 0.7),
        "no time": (lambda here, time: field(here, 0.0), 16, 1.0),
    }  # fmt: skip
    return data, {name: _euler(walker, steps, noise, until) for name, (walker, steps, until) in ways.items()}


def _euler(velocity: Velocity, steps: int, noise: np.ndarray, until: float) -> np.ndarray:
    here = noise
    for now, then in itertools.pairwise(np.linspace(0, until, steps + 1).tolist()):
        here = here + (then - now) * velocity(here, now)
    return here


class Watched(Logged):
    """A field that also keeps the first place it was asked about."""

    first: np.ndarray | None = None

    def __call__(self, here: np.ndarray, time: float) -> np.ndarray:
        if self.first is None:
            self.first = np.array(here, float)
        return super().__call__(here, time)


def check_mended(answer: Answer, seed: int) -> Words | None:
    """06.4: noise by the seed, normal; times from 0 on in equal steps; and as many of them as were asked for."""
    rng = np.random.default_rng([seed, 64])
    ends: dict[int, np.ndarray] = {}
    steps, shape = int(rng.integers(4, 9)), (300, 2)
    for lot in (11 + seed % 50, 12 + seed % 50, 11 + seed % 50):
        field = Watched(np.random.default_rng([seed, 640]), 2)
        came = numbers(answer.name, answer.call(field, shape, steps, lot), shape)
        if field.first is None:
            raise Wrong("velocity is never asked.", "从头到尾没有问过 velocity。")
        _look_at_times(field.times, steps)
        _look_at_noise(field.first)
        if not same(came, _euler(Logged(np.random.default_rng([seed, 640]), 2), steps, field.first, 1.0)):
            raise Wrong(
                "Noise and times are right, but the steps do not add up: here + (then - now) * velocity(here, now).",
                "噪声和时刻都对，步子却加错了：应当是 here + (then - now) * velocity(here, now)。",
            )
        if lot in ends and not same(ends[lot], came):
            raise Wrong(
                "The same seed gives another result the second time: make the noise with np.random.default_rng(seed).",
                "同一个种子，第二次结果却变了：请用 np.random.default_rng(seed) 来产生噪声。",
            )
        ends[lot] = came
    if same(*ends.values()):
        raise Wrong(
            "Two seeds give one and the same result: let the seed decide about the noise.",
            "两个种子的结果一模一样：请让种子来决定噪声。",
        )
    return Words("Four faults found, none left.", "四处毛病都修好了。")


def _look_at_times(times: list[float], steps: int) -> None:
    right = [k / steps for k in range(steps)]
    if same(np.array(times), np.array(right)):
        return
    if times[0] > 0.99:
        raise Wrong(
            "The walk begins at time 1 and goes back: noise is time 0, so begin there.",
            "你从时刻 1 往回走了：噪声是时刻 0，应当从那里出发。", right, times,
        )  # fmt: skip
    if len(times) == steps - 1:
        raise Wrong(
            f"{steps} steps were asked for, these are {steps - 1}: between n places there are n - 1 steps.",
            f"要走 {steps} 步，这里只有 {steps - 1} 步：n 个点之间只有 n - 1 步。", right, times,
        )  # fmt: skip
    raise Wrong(
        f"{steps} equal steps from 0 to 1 are asked for, and at the start of each one question.",
        f"从 0 到 1 等分成 {steps} 步，每一步开头问一次。", right, times,
    )  # fmt: skip


def _look_at_noise(noise: np.ndarray) -> None:
    if noise.shape != (300, 2):
        raise Wrong(
            "The noise must have the shape that is asked for.", "噪声的形状要和要求的一样。", (300, 2), noise.shape
        )
    mean, deviation = float(noise.mean()), float(noise.std())
    if mean > 0.3:
        raise Wrong(
            f"The noise has the mean {mean:.2f}: random() draws from 0 to 1 and never below. The network knows normal "
            "noise, with mean 0 and deviation 1.",
            f"噪声的平均值是 {mean:.2f}：random() 只在 0 到 1 之间取，没有负数。"
            "网络学的是平均值 0、标准差 1 的正态噪声。",
        )
    if abs(mean) > 0.2 or abs(deviation - 1) > 0.2:
        raise Wrong(
            "The noise must be normal, with mean 0 and deviation 1, as in training.",
            "噪声应当是正态的，平均值 0、标准差 1，和训练时一样。", (0.0, 1.0), (round(mean, 2), round(deviation, 2)),
        )  # fmt: skip


def check_fault(answer: Answer, seed: int) -> Words | None:
    """06.5: what five samplers made of three data sets gets the names of the faults."""
    rng = np.random.default_rng([seed, 67])
    pairs = []
    for lot in range(3):
        data, made = symptoms(1000 * seed + lot)
        pairs += [(name, came, answer.call(data, came)) for name, came in sorted(made.items())]
    if odd := [told for _, _, told in pairs if not isinstance(told, str) or told not in FAULTS]:
        listed = ", ".join(FAULTS)
        raise Wrong(f"The names are {listed}.", f"可用的名称有 {listed}。", came=odd[0])
    if len({told for _, _, told in pairs}) == 1:
        raise Wrong("The same name for everything.", "对什么都给同一个名称。", came=pairs[0][2])
    missed = [(name, came, told) for name, came, told in pairs if told != name]
    if not missed:
        return Words("You can tell what is wrong from what comes out.", "只看结果，你就知道毛病出在哪里。")
    name, came, told = missed[rng.integers(len(missed))] if len(missed) < len(pairs) // 2 else missed[0]
    en, zh = CLUES[name]
    raise Wrong(
        f"{len(missed)} of {len(pairs)} are wrong. This one was called {shown(told)} and is {shown(name)}: {en}. "
        f"(The deviation of its points is {came.std():.2f}.)",
        f"{len(pairs)} 个里错了 {len(missed)} 个。这一个你说是 {shown(told)}，其实是 {shown(name)}：{zh}。"
        f"（它的点的标准差是 {came.std():.2f}。）",
        name, told,
    )  # fmt: skip


TASKS = [
    Task(
        "06.4",
        "Mend a sampler",
        "修好采样器",
        3,
        check_mended,
        (
            (
                "Two faults are in the line with the noise, two in the line with the times.",
                "噪声那一行有两处毛病，时刻那一行也有两处。",
            ),
            (
                "np.random.default_rng(seed).standard_normal(shape) is normal noise, the same for the same seed.",
                "np.random.default_rng(seed).standard_normal(shape) 就是正态噪声，种子相同，噪声相同。",
            ),
            (
                "np.linspace(0, 1, steps + 1): one place more than there are steps.",
                "np.linspace(0, 1, steps + 1)：点的个数比步数多一个。",
            ),
        ),
        takes=("velocity", "shape", "steps", "seed"),
    ),
    Task(
        "06.5",
        "Tell the fault from the result",
        "看结果，断毛病",
        2,
        check_fault,
        (
            (
                "made.std() alone tells two apart: in one all points are at one spot, in one they lie far outside.",
                "光看 made.std() 就能认出两个：一个所有点挤在一处，一个点都跑到外面去了。",
            ),
            (
                "How far is each made point from the nearest of the data? np.linalg.norm(made[:, None] - data, axis=2)"
                ".min(axis=1).mean() is tiny for a sound sampler only.",
                "每个点离最近的数据点有多远？np.linalg.norm(made[:, None] - data, axis=2).min(axis=1).mean() "
                "只有正常的采样器才很小。",
            ),
            (
                "Of the last two, no time is a small round cloud (deviation below 0.5), stopped early a wide one.",
                "最后两个：no time 是一小团（标准差不到 0.5），stopped early 要宽得多。",
            ),
        ),
        takes=("data", "made"),
    ),
]
