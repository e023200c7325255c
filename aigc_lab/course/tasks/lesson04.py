"""Lesson 04, Predict: what copying costs, one step of a memory, and a film that feeds on its own answers."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of, want_list, want_number
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task

GIVEN, COMING = 10, 10  # frames that are shown, and frames that are asked for


def close(first: Any, second: Any) -> bool:
    """Whether two lists of numbers are equal, but for rounding."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-4, atol=1e-5))


def want_array(name: str, came: Any, shape: tuple[int, ...], what: tuple[str, str]) -> np.ndarray:
    """The answer as an array of this shape; `what` says in both languages what it should be. Raises Wrong."""
    try:
        found = np.asarray(came, float)
    except (TypeError, ValueError):
        kind = kind_of(came)
        raise Wrong(
            f"{name} gives {kind.en} where {what[0]} should be.",
            f"{name} 在该给{what[1]}的地方给了{kind.zh}。",
            came=came,
        ) from None
    if found.shape != shape:
        raise Wrong(
            f"This has the shape {found.shape}, {what[0]} has {shape}.",
            f"得到的形状是 {found.shape}，{what[1]}的形状应为 {shape}。",
        )
    return found


def moving_square(draw: random.Random) -> np.ndarray:
    """A light square that goes its way over a dark, noisy ground: uint8 (20, 12, 16)."""
    rng = np.random.default_rng(draw.randrange(10**6))
    frames = rng.integers(0, 40, (GIVEN + COMING, 12, 16), dtype=np.uint8)
    y, x = draw.randint(0, 3), draw.randint(0, 3)
    down, across = draw.choice([(0.2, 0.3), (0.3, 0.4), (0.1, 0.5)])
    for t, frame in enumerate(frames):
        top, left = int(y + down * t), int(x + across * t)
        frame[top : top + 3, left : left + 3] = draw.randint(190, 255)
    return frames


def errors_of_copying(frames: np.ndarray) -> np.ndarray:
    """Squared error of frame 10 as an answer for each of the frames 11 to 20, summed over the pixels of a frame."""
    shares = frames / 255
    return ((shares[GIVEN:] - shares[GIVEN - 1]) ** 2).sum(axis=(1, 2))


def check_copying(answer: Answer, seed: int) -> Words | None:
    """04.1: what "copy the last frame" costs in each of the ten frames, as it is published for Moving MNIST."""
    draw = random.Random(f"copying {seed}")
    for _ in range(3):
        frames = moving_square(draw)
        came = want_list(answer.name, answer.call(frames), COMING, ("frames to come", "帧要预测的画面"))
        numbers = [want_number(answer.name, value) for value in came]
        if not close(numbers, errors_of_copying(frames)):
            _explain_copying(frames, numbers)
    return Words("Whoever predicts must beat these ten numbers.", "谁要做预测，就得先赢过这十个数。")


def _explain_copying(frames: np.ndarray, came: list[float]) -> None:
    right, shares = errors_of_copying(frames), frames / 255
    wide = frames[GIVEN:] - frames[GIVEN - 1]  # bytes that run over, as NumPy lets them
    before = ((shares[GIVEN:] - shares[GIVEN - 1 : -1]) ** 2).sum(axis=(1, 2))
    told = list(right.round(3))
    for wrong, en, zh in (
        (right * 255**2, "Values from 0 to 255 were squared: divide the frames by 255 first.",
         "平方之前没有换成 0 到 1：请先把画面除以 255。"),
        (right / frames[0].size, "This is the mean over the pixels of a frame; the sum is asked for.",
         "这是一帧里所有像素的平均；题目要的是总和。"),
        (before, "Each frame is compared with the frame before it, which nobody is given: compare with frame 10.",
         "你拿每一帧和它的前一帧比，可前一帧并没有给出来：要和第 10 帧比。"),
        (((shares[GIVEN:] - shares[0]) ** 2).sum(axis=(1, 2)), "Frame 1 was copied, not frame 10, the last one given.",
         "你照搬的是第 1 帧；应当照搬给出的最后一帧，也就是第 10 帧。"),
        (np.abs(shares[GIVEN:] - shares[GIVEN - 1]).sum(axis=(1, 2)), "The differences were not squared.",
         "差值没有平方。"),
    ):  # fmt: skip
        if close(came, wrong):
            raise Wrong(en, zh, told, came)
    if any(close(came, (w.astype(float) ** 2).sum(axis=(1, 2)) / 255**2) for w in (wide,)) or close(
        came, ((wide / 255) ** 2).sum(axis=(1, 2))
    ):
        raise Wrong(
            "uint8 knows no numbers below 0: 10 - 20 becomes 246. Divide by 255 before you subtract.",
            "uint8 里没有负数：10 - 20 会变成 246。请先除以 255，再相减。", told, came,
        )  # fmt: skip
    raise Wrong("These are not the ten errors.", "这十个误差不对。", told, came)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-x): any number to a share from 0 to 1."""
    return 1 / (1 + np.exp(-x))


def memory_step(sums: dict[str, np.ndarray], kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One step of an LSTM from the four sums (forget, write, new, tell) and what it kept: (said, kept)."""
    after = sigmoid(sums["forget"] + 1) * kept + sigmoid(sums["write"]) * np.tanh(sums["new"])
    return sigmoid(sums["tell"]) * np.tanh(after), after


def check_memory(answer: Answer, seed: int) -> Words | None:
    """04.2: the four gates of an LSTM, each at its place."""
    draw = random.Random(f"memory {seed}")
    for _ in range(3):
        rng = np.random.default_rng(draw.randrange(10**6))
        sums = {name: rng.normal(0, 1.5, (3, 4)) for name in ("forget", "write", "new", "tell")}
        kept = rng.normal(0, 1, (3, 4))
        came = answer.call(sums, kept)
        if not isinstance(came, list | tuple) or len(came) != 2:
            kind = kind_of(came)
            raise Wrong(
                f"{answer.name} returns {kind.en}; two arrays are asked for: return said, kept.",
                f"{answer.name} 返回的是{kind.zh}；要返回两个数组：return said, kept。",
            )
        said, after = (want_array(answer.name, part, (3, 4), ("each of the two", "每一个")) for part in came)
        _look_at_memory(sums, kept, said, after)
    return Words("Forget, write, tell: this is all an LSTM does.", "忘掉、写入、说出：LSTM 做的就是这三件事。")


def _look_at_memory(sums: dict[str, np.ndarray], kept: np.ndarray, said: np.ndarray, after: np.ndarray) -> None:
    right_said, right = memory_step(sums, kept)
    forget, write, new = sigmoid(sums["forget"] + 1), sigmoid(sums["write"]), np.tanh(sums["new"])
    if close(said, right) and close(after, right_said):
        raise Wrong(
            "Both are right, in the wrong order: return said, kept.", "两个都对，只是顺序反了：return said, kept。"
        )
    for wrong, en, zh in (
        (sigmoid(sums["forget"]) * kept + write * new,
         "The 1 is missing: sigmoid(forget + 1), so that a new memory keeps most of what it has.",
         "少了那个 1：应为 sigmoid(forget + 1)，这样刚开始时记忆大多留得住。"),
        (sigmoid(sums["write"] + 1) * kept + sigmoid(sums["forget"]) * new,
         "Forget and write are exchanged: forget belongs to what was kept, write to what is new.",
         "forget 和 write 弄反了：forget 管旧的记忆，write 管新的内容。"),
        (write * kept + forget * new,
         "Forget and write are exchanged: forget belongs to what was kept, write to what is new.",
         "forget 和 write 弄反了：forget 管旧的记忆，write 管新的内容。"),
        (forget * kept + write * sums["new"], "What is new goes through tanh before it is written.",
         "新的内容要先过 tanh，再写进去。"),
        (forget * kept + write * sigmoid(sums["new"]),
         "What is new goes through tanh, not through a sigmoid: a memory must also be able to count down.",
         "新的内容要过 tanh，不是 sigmoid：记忆也要能往下减。"),
        (forget * kept, "Nothing new is written.", "没有写入任何新内容。"),
        (kept, "The memory stays as it was.", "记忆原封不动，没有更新。"),
    ):  # fmt: skip
        if close(after, wrong):
            raise Wrong(en, zh, right[0], after[0])
    if not close(after, right):
        raise Wrong("This is not what the memory should keep.", "记忆更新得不对。", right[0], after[0])
    if close(said, sigmoid(sums["tell"]) * np.tanh(kept)):
        raise Wrong(
            "It tells of the old memory: take the tanh of the new one.", "说出的是旧的记忆：请对新的记忆取 tanh。",
            right_said[0], said[0],
        )  # fmt: skip
    if close(said, sigmoid(sums["tell"]) * right):
        raise Wrong(
            "The memory goes through tanh before it is told.", "记忆要先过 tanh，再说出来。", right_said[0], said[0]
        )
    if not close(said, right_said):
        raise Wrong(
            "The memory is right; what is told of it is not.", "记忆对了，说出来的不对。", right_said[0], said[0]
        )


def stepper(pace: int) -> Callable[[list[int], Any], tuple[list[int], Any]]:
    """A model for one step that needs its memory: it says (last + what changed), and from the second frame on only.

    pace: added to its first answer, when there is no memory yet.
    """

    def step(frame: list[int], memory: Any) -> tuple[list[int], Any]:
        if memory is None:
            return [value + pace for value in frame], {"before": list(frame), "seen": 1}
        going = [2 * now - before for now, before in zip(frame, memory["before"], strict=True)]
        bent = [value + (memory["seen"] % 3 == 2) for value in going]  # and slowly bends its way
        return bent, {"before": list(frame), "seen": memory["seen"] + 1}

    return step


def rolled_out(step: Callable[[Any, Any], tuple[Any, Any]], frames: list[Any], count: int) -> list[Any]:
    """`count` frames that follow: read all that are given, then what was said oneself."""
    memory, said = None, []
    for frame in frames:
        now, memory = step(frame, memory)
    while len(said) < count:
        said.append(now)
        now, memory = step(now, memory)
    return said


def check_rolling(answer: Answer, seed: int) -> Words | None:
    """04.3: read the frames that are given, then feed on the answers."""
    draw = random.Random(f"rolling {seed}")
    for _ in range(3):
        step, count, size = stepper(draw.randint(5, 9)), draw.randint(4, 7), draw.randint(2, 4)
        start, way = [draw.randint(0, 9) for _ in range(size)], [draw.choice([-3, -2, 2, 3]) for _ in range(size)]
        frames = [[s + t * w for s, w in zip(start, way, strict=True)] for t in range(draw.randint(4, 6))]
        came = answer.call(step, frames, count)
        right = rolled_out(step, frames, count)
        if not isinstance(came, list | tuple) or not all(isinstance(frame, list | tuple) for frame in came):
            kind = kind_of(came)
            raise Wrong(
                f"{answer.name} returns {kind.en}; a list of frames is asked for.",
                f"{answer.name} 返回的是{kind.zh}；应当是帧的列表。", came=came,
            )  # fmt: skip
        if [list(frame) for frame in came] != right:
            _explain_rolling(step, frames, count, [list(frame) for frame in came])
    return Words("From here on it lives on its own answers.", "从这里开始，它就靠自己的答案往下走了。")


def _explain_rolling(step: Any, frames: list[Any], count: int, came: list[Any]) -> None:
    right, longer = rolled_out(step, frames, count), rolled_out(step, frames, count + 1)
    forgetful = [step(frames[-1], None)[0]]
    while len(forgetful) < count:
        forgetful.append(step(forgetful[-1], None)[0])
    cases = (
        (longer[1:], "One step too far: the first answer, to the last frame that is given, is missing.",
         "多走了一步：读完最后一个给出的帧时，得到的那个答案漏掉了。"),
        ([frames[-1], *right[:-1]], "The list begins with the last frame that was given: nobody has to foretell that.",
         "列表从给出的最后一帧开始了：那一帧不用预测。"),
        (forgetful, "The memory is thrown away in each step: pass on what step gives back.",
         "每一步都把记忆丢掉了：step 返回的记忆要传下去。"),
        (rolled_out(step, frames[-1:], count), "Only the last frame was read: motion shows in all of them together.",
         "只读了最后一帧：要把给出的帧都读一遍，才看得出运动。"),
    )  # fmt: skip
    for wrong, en, zh in cases:
        if came == wrong:
            raise Wrong(en, zh, right, came)
    if len(came) > count and came[-count:] == right:
        raise Wrong(
            f"{len(came)} frames came, {count} were asked for: leave out those that were given or known.",
            f"返回了 {len(came)} 帧，只要 {count} 帧：已经给出的帧不要放进去。", right, came,
        )  # fmt: skip
    if len(came) != count:
        raise Wrong(
            f"{len(came)} frames came, {count} were asked for.",
            f"返回了 {len(came)} 帧，应为 {count} 帧。",
            right,
            came,
        )
    if came[0] == right[0]:
        raise Wrong(
            "The first answer is right, what follows is not: read your own answer next, and no frame twice.",
            "第一个答案对，后面的不对：接下来要读自己的答案，同一帧不要读两次。", right, came,
        )  # fmt: skip
    raise Wrong("These frames do not follow.", "接下来的帧不是这样。", right, came)


TASKS = [
    Task(
        "04.1",
        "What copying costs",
        "照搬的代价",
        2,
        check_copying,
        (
            (
                "Bytes first: shares = frames / 255. Then everything is between 0 and 1, and may become negative.",
                "先处理字节：shares = frames / 255。这样都在 0 到 1 之间，相减也可以是负数。",
            ),
            (
                "Frame 10 is shares[9]; the frames to come are shares[10:].",
                "第 10 帧是 shares[9]；要预测的是 shares[10:]。",
            ),
            (
                "For each frame to come: ((frame - shares[9]) ** 2).sum()",
                "对每一个要预测的帧：((frame - shares[9]) ** 2).sum()",
            ),
        ),
        takes=("frames",),
    ),
    Task(
        "04.2",
        "One step of a memory",
        "记忆走一步",
        3,
        check_memory,
        (
            (
                "Three of the sums become shares by sigmoid: forget (plus 1), write and tell. new goes through tanh.",
                "四个和里有三个要过 sigmoid，变成 0 到 1：forget（加 1）、write、tell。new 过 tanh。",
            ),
            (
                "The new memory is (share kept) x old memory + (share written) x new.",
                "新的记忆 =（留下的份额）×旧记忆 +（写入的份额）×新内容。",
            ),
            (
                "said = sigmoid(sums['tell']) * np.tanh(kept), with the kept that you have just made.",
                "said = sigmoid(sums['tell']) * np.tanh(kept)，这里的 kept 是刚算出来的新记忆。",
            ),
        ),
        takes=("sums", "kept"),
    ),
    Task(
        "04.3",
        "Feed on your own answers",
        "拿自己的答案接着走",
        3,
        check_rolling,
        (
            (
                "Begin with memory = None and call step for each frame that is given; keep what it gives back.",
                "从 memory = None 开始，对每个给出的帧调用 step，并把它返回的东西留着。",
            ),
            (
                "After the last given frame, step's answer is already the first frame you are asked for.",
                "读完最后一个给出的帧，step 的答案就已经是要预测的第一帧了。",
            ),
            (
                "Then count - 1 times: now, memory = step(now, memory), and put now into the list.",
                "然后重复 count - 1 次：now, memory = step(now, memory)，再把 now 放进列表。",
            ),
        ),
        takes=("step", "frames", "count"),
    ),
]
