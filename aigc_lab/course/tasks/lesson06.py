"""Lesson 06, Generate: the pair that a network learns from, Heun's walk, and guidance."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task

Velocity = Callable[[np.ndarray, float], np.ndarray]


def numbers(name: str, came: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The answer as an array of this shape. Raises Wrong for anything else, and for NaN."""
    try:
        made = np.array(came, dtype=float)
    except (TypeError, ValueError):
        kind = kind_of(came)
        raise Wrong(
            f"{name} gives {kind.en} where an array of numbers belongs.", f"{name} 在该给数组的地方给了{kind.zh}。"
        ) from None
    if made.shape != shape:
        raise Wrong(
            f"The array has the shape {made.shape}, asked for is {shape}.",
            f"数组的形状是 {made.shape}，应当是 {shape}。", shape, made.shape,
        )  # fmt: skip
    if not np.isfinite(made).all():
        raise Wrong(
            "Some numbers are infinite or NaN: is there a division by zero?", "有的数是无穷大或 NaN：是不是除以了零？"
        )
    return made


def same(first: np.ndarray, second: np.ndarray) -> bool:
    """Equal but for rounding in float32."""
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=1e-4, atol=1e-4))


def check_pair(answer: Answer, seed: int) -> Words | None:
    """06.1: places on straight paths, each clip at a time of its own, and the velocity along them."""
    rng = np.random.default_rng([seed, 61])
    for count, size in ((3, (4, 5, 3)), (1, (2, 3, 4)), (4, (3, 2, 4))):
        noise, clips = rng.standard_normal((2, count, *size)).astype(np.float32)
        times = rng.permutation(np.linspace(0.15, 0.85, count)).astype(np.float32)
        _look_at_pair(answer.name, noise, clips, times, answer.call(noise, clips, times))
    return Words("This is all the teaching material that a generator needs.", "生成模型需要的教材，全在这两行里了。")


def _look_at_pair(name: str, noise: np.ndarray, clips: np.ndarray, times: np.ndarray, came: Any) -> None:
    if not isinstance(came, list | tuple) or len(came) != 2 or np.shape(came[0]) != np.shape(came[1]):
        raise Wrong(
            f"{name} must return two arrays of one shape: return here, velocity.",
            f"{name} 要返回两个形状相同的数组：return here, velocity。",
        )
    here, velocity = (numbers(name, part, clips.shape) for part in came)
    t = times[:, None, None, None]
    right, along = (1 - t) * noise + t * clips, clips - noise
    if same(here, right) and same(velocity, along):
        return
    if same(here, along) and same(velocity, right):
        raise Wrong(
            "Both are there, in the wrong order: first here, then velocity.",
            "两样都对，顺序反了：先 here，后 velocity。",
        )
    if same(here, t * noise + (1 - t) * clips):
        raise Wrong(
            "You walk backwards: at time 0 one is at the noise, at time 1 at the clip.",
            "方向走反了：时刻 0 在噪声处，时刻 1 在片段处。",
        )
    if not same(here, right):
        _explain_here(noise, clips, times, here)
    if same(velocity, noise - clips):
        raise Wrong(
            "The velocity points back to the noise: it must lead to the clip.", "速度指回了噪声：它应当指向片段。"
        )
    if same(velocity, clips - right):
        raise Wrong(
            "This is only the rest of the way. On a straight path the velocity is the same everywhere: the whole way "
            "in a time of 1.",
            "这只是剩下的路。走直线时速度处处相同：用 1 的时间走完全程。",
        )
    raise Wrong(
        "here is right, velocity is not: it is the end of the path minus its start.",
        "here 对了，velocity 不对：它等于路的终点减去起点。", float(along.flat[0]), float(velocity.flat[0]),
    )  # fmt: skip


def _explain_here(noise: np.ndarray, clips: np.ndarray, times: np.ndarray, here: np.ndarray) -> None:
    t = times[:, None, None, None]
    first = times[0] if same(here, (1 - times[0]) * noise + times[0] * clips) else times.mean()
    last_axis = len(times) == clips.shape[-1] and same(here, (1 - times) * noise + times * clips)
    if last_axis or same(here, (1 - first) * noise + first * clips):
        raise Wrong(
            "Each clip has a time of its own, times[0] for the first: give times three more axes, "
            "times[:, None, None, None].",
            "每个片段有自己的时刻，第一个是 times[0]：给 times 补上三个维度，times[:, None, None, None]。",
        )
    if same(here, noise + t * clips):
        raise Wrong("The noise never gets less: its share is 1 - t.", "噪声一点没少：它所占的份额应当是 1 - t。")
    raise Wrong(
        "here does not lie on the straight path from the noise to the clip.", "here 不在从噪声到片段的直线上。",
        float(((1 - t) * noise + t * clips).flat[0]), float(here.flat[0]),
    )  # fmt: skip


class Logged:
    """A velocity field that writes down when it was asked: each coordinate grows or shrinks, and drifts with time."""

    def __init__(self, rng: np.random.Generator, wide: int) -> None:
        self.rates, self.drift = rng.uniform(-2.0, 1.2, wide), rng.uniform(0.5, 2.0, wide)
        self.times: list[float] = []

    def __call__(self, here: np.ndarray, time: float) -> np.ndarray:
        self.times.append(float(np.mean(time)))
        return self.rates * np.asarray(here, float) * (1 - 0.5 * time) + self.drift * time**2

    def __deepcopy__(self, memo: dict) -> "Logged":
        """The check keeps reading the same notes."""
        return self


def walk(velocity: Velocity, noise: np.ndarray, steps: int, kind: str = "heun") -> np.ndarray:
    """A walk from time 0 to 1: by Heun, by Euler, or with one of the usual mistakes."""
    times, here = np.linspace(0, 1, steps + 1), noise
    for now, then in itertools.pairwise(times.tolist()):
        slope = velocity(here, now)
        ahead = here + (then - now) * slope
        if kind != "euler" and (then < 1 or kind == "to the end"):
            asked = {"old time": (ahead, now), "old place": (here, then)}.get(kind, (ahead, then))
            second = velocity(*asked)
            slope = second if kind == "second only" else slope + second if kind == "sum" else (slope + second) / 2
        here = here + (then - now) * slope
    return here


MISTAKES = {
    "euler": (
        "You go straight on, as Euler does. Heun looks ahead, asks again there, and takes the mean of both slopes.",
        "你一直往前走，这是欧拉法。休恩法先探一步，在那里再问一次，取两个速度的平均。",
    ),
    "old time": (
        "The second question goes out with the old time: at the place ahead it is `then` already.",
        "第二次提问用的还是旧时刻：探到前面时，时刻已经是 `then` 了。",
    ),
    "old place": (
        "The second question asks about the old place: ask where the first slope would lead.",
        "第二次提问问的还是旧位置：要问第一个速度会把你带到的地方。",
    ),
    "second only": (
        "You walk along the second slope only: take the mean of both.",
        "你只用了第二个速度：要取两个的平均。",
    ),
    "sum": (
        "You add the two slopes, which goes twice as far: take half of the sum.",
        "你把两个速度加了起来，走了两倍远：要取和的一半。",
    ),
}


def check_heun(answer: Answer, seed: int) -> Words | None:
    """06.2: Heun's walk ends where it should, asks at the right times, and never at time 1."""
    rng = np.random.default_rng([seed, 62])
    for steps in (4, 1, 7):
        field, noise = Logged(rng, 3), rng.standard_normal((5, 3))
        came = numbers(answer.name, answer.call(field, noise, steps), noise.shape)
        asked, field.times = field.times, []
        if same(came, walk(field, noise, steps)) and max(asked) < 1 - 1e-9:
            continue
        _explain_walk(field, noise, steps, came, asked)
    errors = []
    for steps in (8, 16):
        field, noise = Logged(np.random.default_rng([seed, 621]), 3), np.linspace(-1, 1, 6).reshape(2, 3)
        came = numbers(answer.name, answer.call(field, noise, steps), noise.shape)
        errors.append(np.abs(came - walk(field, noise, 512)).mean())
    return Words(
        f"Twice the steps, {errors[0] / errors[1]:.1f} times less error.",
        f"步数加倍，误差只剩原来的 {errors[1] / errors[0]:.0%}。",
    )


def _explain_walk(field: Logged, noise: np.ndarray, steps: int, came: np.ndarray, asked: list[float]) -> None:
    if not asked:
        raise Wrong("velocity is never asked.", "从头到尾没有问过 velocity。")
    if max(asked) > 1 - 1e-9:
        if asked[0] > 1 - 1e-9 and steps > 1:
            raise Wrong(
                "The walk begins at time 1: noise is time 0, a clip is time 1.",
                "你从时刻 1 出发了：噪声是时刻 0，片段才是时刻 1。",
            )
        raise Wrong(
            "velocity was asked at time 1. The walk ends there: the last step goes straight on, without a look ahead.",
            "你在时刻 1 问了 velocity。路到那里就结束了：最后一步直接走，不再往前探。",
        )
    right = walk(field, noise, steps)
    for kind, (en, zh) in MISTAKES.items() if steps > 1 else ():
        if same(came, walk(field, noise, steps, kind)):
            raise Wrong(en, zh)
    if steps > 1 and (len(asked) != 2 * steps - 1 or not np.allclose(max(asked), 1 - 1 / steps)):
        raise Wrong(
            f"{steps} steps need {2 * steps - 1} questions, two for each but the last; the last step starts at "
            f"{1 - 1 / steps:.3g}. You asked {len(asked)} times, at last at {max(asked):.3g}.",
            f"{steps} 步要问 {2 * steps - 1} 次，除最后一步外每步两次，最后一步从 {1 - 1 / steps:.3g} 出发。"
            f"你问了 {len(asked)} 次，最晚在 {max(asked):.3g}。",
        )
    raise Wrong("The walk does not end where it should.", "终点不对。", float(right.flat[0]), float(came.flat[0]))


def check_guided(answer: Answer, seed: int) -> Words | None:
    """06.3: from the velocity without a word in the direction of the one with it, `guidance` times as far."""
    rng = np.random.default_rng([seed, 63])
    for guidance in (3.0, 0.0, 1.0, 7.5):
        here, answers = rng.standard_normal((4, 2)), rng.standard_normal((3, 4, 2))
        word, time = int(rng.integers(1, 3)), float(rng.uniform(0.1, 0.9))

        def predict(
            place: np.ndarray, when: float, told: int, answers: np.ndarray = answers, right: tuple = (here, time)
        ) -> np.ndarray:
            moved = np.abs(np.asarray(place) - right[0]).max() + abs(float(np.mean(when)) - right[1])
            return answers[int(np.max(told))] + moved

        came = numbers(answer.name, answer.call(predict, here, time, word, guidance), here.shape)
        if not same(came, answers[0] + guidance * (answers[word] - answers[0])):
            _explain_guided(came, answers[word], answers[0], answers[3 - word], guidance)
    return Words("0 ignores the word, 1 follows it, more exaggerates it.", "0 不理会，1 照办，再大就是夸张。")


def _explain_guided(
    came: np.ndarray, wanted: np.ndarray, without: np.ndarray, other: np.ndarray, guidance: float
) -> None:
    usual = {
        "swapped": wanted + guidance * (without - wanted), "one more": wanted + guidance * (wanted - without),
        "times": guidance * wanted, "other": other + guidance * (wanted - other), "sum": without + guidance * wanted,
    }  # fmt: skip
    kind = next((name for name, value in usual.items() if same(came, value)), "")
    said = {
        "swapped": (
            "The two are exchanged: start at the velocity without the word and go towards the one with it.",
            "两个弄反了：从不带词的速度出发，朝带词的速度走。",
        ),
        "one more": (
            "At guidance 1 the word should just be followed, here it is exaggerated already: start at the velocity "
            "without the word.",
            "引导强度为 1 应当正好照办，这里却已经夸张了：要从不带词的速度出发。",
        ),
        "times": (
            "A velocity times a number is only faster: guidance acts on the difference that the word makes.",
            "速度乘一个数只是走得更快：引导强度要乘在“有没有这个词”的差别上。",
        ),
        "other": ("Compare with word 0, which stands for anything.", "要和词 0 比，它表示“随便”。"),
        "sum": (
            "You add the whole velocity: only the difference, with minus without, is multiplied.",
            "你把整个速度加上去了：要乘的只是差别，带词的减去不带词的。",
        ),
    }
    if kind:
        raise Wrong(*said[kind])
    if same(came, wanted) or same(came, without):
        raise Wrong(
            f"Guidance {guidance:g} changes nothing: the answer is one of the two velocities as it is.",
            f"引导强度 {guidance:g} 没有起作用：返回的就是两个速度之一。",
        )
    right = without + guidance * (wanted - without)
    raise Wrong(
        f"Not right at guidance {guidance:g}.",
        f"引导强度为 {guidance:g} 时不对。",
        float(right.flat[0]),
        float(came.flat[0]),
    )


TASKS = [
    Task(
        "06.1",
        "What the network learns from",
        "网络的教材",
        3,
        check_pair,
        (
            (
                "A straight path: at time t the share of the clip is t, the share of the noise is 1 - t.",
                "走直线：时刻 t，片段的份额是 t，噪声的份额是 1 - t。",
            ),
            (
                "times has one number for each clip. t = times[:, None, None, None] can be multiplied with clips.",
                "times 里每个片段一个数。写成 t = times[:, None, None, None] 就能和 clips 相乘。",
            ),
            (
                "The velocity does not know the time: it is where the path ends minus where it starts.",
                "速度和时刻无关：就是路的终点减去起点。",
            ),
        ),
        takes=("noise", "clips", "times"),
    ),
    Task(
        "06.2",
        "Walk with Heun",
        "用休恩法走",
        3,
        check_heun,
        (
            (
                "Start from euler: keep slope = velocity(here, now), and compute ahead = here + (then - now) * slope.",
                "从 euler 改起：先记下 slope = velocity(here, now)，再算 ahead = here + (then - now) * slope。",
            ),
            (
                "Ask again at (ahead, then), and walk from here along half the sum of both slopes.",
                "在 (ahead, then) 处再问一次，然后从 here 出发，沿两个速度之和的一半走。",
            ),
            (
                "if then < 1: ask again. Otherwise ahead is the end already.",
                "if then < 1：才再问一次；否则 ahead 就是终点。",
            ),
        ),
        takes=("velocity", "noise", "steps"),
    ),
    Task(
        "06.3",
        "Guidance",
        "引导",
        2,
        check_guided,
        (
            (
                "Ask twice: predict(here, time, word) and predict(here, time, 0).",
                "问两次：predict(here, time, word) 和 predict(here, time, 0)。",
            ),
            (
                "Their difference is what the word changes. Start at the one without the word.",
                "两者之差就是这个词带来的变化。从不带词的那个出发。",
            ),
            (
                "without + guidance * (wanted - without)",
                "without + guidance * (wanted - without)，without 是不带词的速度",
            ),
        ),
        takes=("predict", "here", "time", "word", "guidance"),
    ),
]
