"""Lesson 02, the second half: a mirror with its labels, a crop that keeps the subject, the way a picture moves."""

import random
from typing import Any

import cv2
import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of, shown
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task

MOTIONS = ("left", "right", "up", "down", "in", "out", "none")


def check_mirror(answer: Answer, seed: int) -> Words | None:
    """02.3: the frames turned left to right, and the labels that have a side turned with them."""
    draw = random.Random(f"mirror {seed}")
    for motion in (draw.choice(MOTIONS[2:4]), draw.choice(MOTIONS[4:]), *draw.sample(MOTIONS[:2], 2)):
        rng = np.random.default_rng(draw.randrange(10**6))
        wide, tall = draw.choice([14, 18, 20]), draw.choice([9, 11])
        frames = rng.integers(0, 256, (4, tall, wide, 3), dtype=np.uint8)
        w, h = draw.randint(3, 6), draw.randint(2, 5)
        x = draw.choice([v for v in range(wide - w) if abs(wide - w - 2 * v) > 2 and 2 * v != wide])
        labels = {"theme": draw.choice(["food", "city"]), "motion": motion, "box": [x, draw.randint(0, tall - h), w, h]}
        _look_at_mirror(answer.name, frames, labels, answer.call(frames, labels))
    return Words("Picture and labels tell the same story again.", "画面和标签又对得上了。")


def _look_at_mirror(name: str, frames: np.ndarray, labels: dict[str, Any], came: Any) -> None:
    if not isinstance(came, list | tuple) or len(came) != 2 or not isinstance(came[1], dict):
        kind = kind_of(came)
        raise Wrong(
            f"{name} returns {kind.en}; two things are asked for: return frames, labels.",
            f"{name} 返回的是{kind.zh}；要返回两样东西：return frames, labels。",
        )
    turned, told = came
    ways = {
        "": frames[:, :, ::-1], "up and down": frames[:, ::-1], "time": frames[::-1], "colour": frames[..., ::-1],
        "nothing": frames,
    }  # fmt: skip
    way = next((way for way, made in ways.items() if made.tolist() == turned), None)
    if way is None:
        raise Wrong(
            "These are not the frames in a mirror: turn the order of the columns, nothing else.",
            "这不是镜子里的画面：把列的顺序倒过来，别的都不动。",
        )
    if way:
        words = {"up and down": "上下", "time": "时间", "colour": "颜色通道", "nothing": "什么都没有"}
        raise Wrong(
            f"Turned round: {way}. Frames are (time, row, column, colour), and a mirror turns the columns.",
            f"被翻转的是：{words[way]}。frames 的四个维度依次是（时间，行，列，颜色），镜子翻转的是列。",
        )
    _look_at_labels(labels, told, frames.shape[2])


def _look_at_labels(labels: dict[str, Any], told: dict[str, Any], wide: int) -> None:
    motion, (x, y, w, h) = labels["motion"], labels["box"]
    right = {"left": "right", "right": "left"}.get(motion, motion)
    if told.get("motion") != right:
        if right == motion:
            raise Wrong(
                f"The motion {shown(motion)} has no side: it is the same in a mirror.",
                f"运动方向 {shown(motion)} 不分左右：在镜子里还是它。", right, told.get("motion"),
            )  # fmt: skip
        raise Wrong(
            "A mirrored clip moves the other way: left becomes right, and right becomes left.",
            "镜像之后运动方向相反：left 变 right，right 变 left。", right, told.get("motion"),
        )  # fmt: skip
    box = told.get("box")
    if list(box or []) == [x, y, w, h]:
        raise Wrong(
            "The subject is on the other side now, the box is still where it was.",
            "主体已经到了另一边，box 却还在原处。", [wide - x - w, y, w, h], box,
        )  # fmt: skip
    if list(box or []) != [wide - x - w, y, w, h]:
        raise Wrong(
            f"A box begins at its left edge, and in a mirror that was the right edge: x + w. The frame is {wide} wide.",
            f"box 从左边缘算起；在镜子里，左边缘就是原来的右边缘 x + w。画面宽 {wide}。",
            [wide - x - w, y, w, h], box,
        )  # fmt: skip
    if told.get("theme") != labels["theme"] or set(told) != set(labels):
        raise Wrong("The other labels stay as they are, all of them.", "其他标签原样保留，一个也不能少。", labels, told)


def weights_with_subject(draw: random.Random, size: tuple[int, int], border: bool) -> tuple[np.ndarray, list[int]]:
    """Whole numbers (H, W): faint noise, a broad subject, and one very bright speck far from it; the subject's box.

    border: the subject lies at an end of the long side, where a window around it would stick out.
    """
    tall, wide = size
    rng = np.random.default_rng(draw.randrange(10**6))
    weights = rng.integers(0, 3, size)
    w, h = 8, 8
    room = (wide - w, tall - h)
    early, late = draw.random() < 0.5, 1 if border else 4
    x = draw.randint(0, late) if early else room[0] - draw.randint(0, late)
    y = draw.randint(0, late) if early else room[1] - draw.randint(0, late)
    if wide > tall:
        y = draw.randint(0, room[1])
        speck = (draw.randint(0, tall - 1), wide - 2 if early else 1)
    else:
        x = draw.randint(0, room[0])
        speck = (tall - 2 if early else 1, draw.randint(0, wide - 1))
    weights[y : y + h, x : x + w] += 40
    weights[speck] += 400
    return weights, [x, y, w, h]


def check_crop(answer: Answer, seed: int) -> Words | None:
    """02.4: the largest 9:16 window that has most of the weight, inside the picture, for wide and for tall pictures."""
    draw = random.Random(f"crop {seed}")
    cases = [((32, 80), False), ((32, 60), True), ((64, 18), False), ((48, 96), True), ((70, 18), True)]
    for size, border in cases:
        weights, subject = weights_with_subject(draw, size, border)
        _look_at_crop(answer.name, weights, subject, answer.call(weights))
    return Words("The subject stays in the picture, wherever it is.", "主体在哪里，画面就留在哪里。")


def _sums(weights: np.ndarray, w: int, h: int) -> np.ndarray:
    """The sum of each window of this size, by where it begins."""
    total = np.pad(weights.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return total[h:, w:] - total[:-h, w:] - total[h:, :-w] + total[:-h, :-w]


def _look_at_crop(name: str, weights: np.ndarray, subject: list[int], came: Any) -> None:
    tall, wide = weights.shape
    picture, picture_zh = f"The picture is {wide} wide and {tall} high.", f"画面宽 {wide}、高 {tall}。"
    if not isinstance(came, list | tuple) or len(came) != 4 or not all(type(v) in (int, float) for v in came):
        raise Wrong(f"{name} must return four numbers: x, y, w, h.", f"{name} 应返回四个数：x、y、w、h。", came=came)
    x, y, w, h = (round(v) for v in came)
    h_right = min(tall, wide * 16 // 9)
    w_right = h_right * 9 // 16
    if (w, h) == (h_right, w_right) or abs(w * 9 - h * 16) < 16:
        raise Wrong(
            f"This window lies on its side. {picture}", f"这个窗口是横的。{picture_zh}", [w_right, h_right], [w, h]
        )
    if x < 0 or y < 0 or x + w > wide or y + h > tall:
        raise Wrong(
            f"The window sticks out of the picture: move it back inside. {picture}",
            f"窗口伸到画面外面去了：把它挪回来。{picture_zh}", came=list(came),
        )  # fmt: skip
    if (w, h) != (w_right, h_right):
        raise Wrong(
            f"The largest window with 9:16 is asked for. {picture}", f"要的是最大的 9:16 窗口。{picture_zh}",
            [w_right, h_right], [w, h],
        )  # fmt: skip
    sums = _sums(weights, w, h)
    if sums[y, x] >= 0.99 * sums.max():
        return
    best_y, best_x = np.unravel_index(sums.argmax(), sums.shape)
    middle = ((wide - w) // 2, (tall - h) // 2)
    if abs(x - middle[0]) <= 1 and abs(y - middle[1]) <= 1:
        raise Wrong(
            f"This is the middle. The subject {subject} is elsewhere.", f"这是正中间，而主体 {subject} 不在那里。",
            [int(best_x), int(best_y), w, h], [x, y, w, h],
        )  # fmt: skip
    speck_y, speck_x = np.unravel_index(weights.argmax(), weights.shape)
    if x <= speck_x < x + w and y <= speck_y < y + h:
        raise Wrong(
            "You follow the brightest point, a speck. Add up the weights inside the window instead.",
            "你跟着最亮的一个点走了，那只是个噪点。请把窗口里的数值加起来比较。",
            [int(best_x), int(best_y), w, h], [x, y, w, h],
        )  # fmt: skip
    raise Wrong(
        f"Another window has more weight: {sums.max()} instead of {sums[y, x]}.",
        f"有别的窗口总和更大：{sums.max()}，而这个只有 {sums[y, x]}。", [int(best_x), int(best_y), w, h], [x, y, w, h],
    )  # fmt: skip


WAYS = {"right": (2, 0), "left": (-2, 0), "down": (0, 2), "up": (0, -2), "still": (0, 0)}
FRAME = 24, 32  # height and width of a clip in the last task


def clip_that_moves(draw: random.Random, way: str) -> np.ndarray:
    """Five frames uint8 of a texture that moves one way, but for one jerk the other way at the beginning."""
    rng = np.random.default_rng(draw.randrange(10**6))
    soft = cv2.GaussianBlur(rng.uniform(0, 255, (96, 96, 3)).astype(np.float32), (0, 0), 1.6)
    texture = cv2.normalize(soft, None, 10, 245, cv2.NORM_MINMAX)
    dx, dy = WAYS[way]
    steps = [(0, 0), (-dx, -dy)] + [(dx, dy)] * 3
    frames = []
    for x, y in np.cumsum(steps, axis=0):
        part = texture[30 - y : 30 - y + FRAME[0], 28 - x : 28 - x + FRAME[1]]
        frames.append(np.clip(part + rng.normal(0, 1.5, part.shape), 0, 255).astype(np.uint8))
    return np.stack(frames)


def check_direction(answer: Answer, seed: int) -> Words | None:
    """02.5: which way the picture moves, from the optical flow of all pairs of frames."""
    draw = random.Random(f"direction {seed}")
    asked = [*WAYS, draw.choice(["left", "right"]), draw.choice(["up", "down"])]
    draw.shuffle(asked)
    came = [answer.call(clip_that_moves(draw, way)) for way in asked]
    if odd := [word for word in came if not isinstance(word, str) or word not in WAYS]:
        raise Wrong(
            "The answer is one of the words left, right, up, down, still.",
            "答案只能是 left、right、up、down、still 之一。", came=odd[0],
        )  # fmt: skip
    if came != asked:
        _explain_direction(asked, came)
    return Words("You see what moves, from numbers alone.", "只凭数字，你就看出了画面往哪边动。")


def _explain_direction(asked: list[str], came: list[str]) -> None:
    def all_as(**other: str) -> bool:
        return came == [other.get(way, way) for way in asked]

    if all_as(left="right", right="left", up="down", down="up"):
        raise Wrong(
            "Every direction is turned round: by the jerk at the beginning if you look at the first two frames "
            "only; or you name the camera's way, and the picture goes the other way.",
            "方向全反了：要么你只看了前两帧，被开头那一下抖动骗了；要么你说的是镜头的方向，画面的方向正好相反。",
            asked, came,
        )  # fmt: skip
    if all_as(up="down", down="up"):
        raise Wrong(
            "Up and down are exchanged: rows are counted from the top, so a positive second number points down.",
            "上下弄反了：行是从上往下数的，第二个数为正表示向下。", asked, came,
        )  # fmt: skip
    if all_as(left="up", right="down", up="left", down="right"):
        raise Wrong(
            "Across and down are exchanged: flow[..., 0] goes to the right, flow[..., 1] goes down.",
            "横竖弄反了：flow[..., 0] 是向右，flow[..., 1] 是向下。", asked, came,
        )  # fmt: skip
    at = next(i for i, way in enumerate(asked) if came[i] != way)
    if asked[at] == "still" and all(c == a for c, a in zip(came, asked, strict=True) if a != "still"):
        raise Wrong(
            "A clip that stands still is said to move: below half a pixel a frame it is noise.",
            "静止的片段被说成在动：每帧不到半个像素，那是噪声。", "still", came[at],
        )  # fmt: skip
    if len(set(came)) == 1:
        raise Wrong("The same answer for every clip.", "每个片段的答案都一样。", asked, came)
    raise Wrong(
        "Some directions are wrong: take the median over the whole picture, and over all pairs of frames.",
        "有的方向不对：对整个画面、对所有相邻的两帧，都取中位数。", asked, came,
    )  # fmt: skip


TASKS = [
    Task(
        "02.3",
        "A mirror for pictures and labels",
        "画面照镜子，标签也要照",
        2,
        check_mirror,
        (
            (
                "frames has four axes: time, row, column, colour. frames[:, :, ::-1] turns the columns.",
                "frames 有四个维度：时间、行、列、颜色。frames[:, :, ::-1] 把列倒过来。",
            ),
            (
                "Make a new dict, {**labels, 'motion': ..., 'box': ...}: what was given must stay as it is.",
                "新建一个字典：{**labels, 'motion': ..., 'box': ...}，传进来的不要改动。",
            ),
            (
                "The new left edge is what was the right edge, seen from the other side: width - (x + w).",
                "新的左边缘就是原来的右边缘，从另一边量起：宽度 - (x + w)。",
            ),
        ),
        takes=("frames", "labels"),
    ),
    Task(
        "02.4",
        "Crop without losing the subject",
        "裁剪，但别丢掉主体",
        3,
        check_crop,
        (
            (
                "First the size: height = min(all rows, columns * 16 // 9), width = height * 9 // 16.",
                "先定大小：高 = min(行数, 列数 * 16 // 9)，宽 = 高 * 9 // 16。",
            ),
            (
                "Try every place where the window fits, weights[y:y + h, x:x + w].sum(), and keep the best.",
                "窗口放得下的位置全试一遍，算 weights[y:y + h, x:x + w].sum()，留下最大的。",
            ),
            (
                "max((weights[y:y + h, x:x + w].sum(), x, y) for y in ... for x in ...) gives all three at once.",
                "max((weights[y:y + h, x:x + w].sum(), x, y) for y in ... for x in ...) 一次得到三个数。",
            ),
        ),
        takes=("weights",),
    ),
    Task(
        "02.5",
        "Which way does it move?",
        "画面往哪边动？",
        3,
        check_direction,
        (
            (
                "flow(frames[i], frames[i + 1]) is (rows, columns, 2): to the right, and down.",
                "flow(frames[i], frames[i + 1]) 的形状是（行，列，2）：向右多少，向下多少。",
            ),
            (
                "np.median(field, axis=(0, 1)) gives one (across, down) for a pair; then the median over all pairs.",
                "np.median(field, axis=(0, 1)) 给出一对帧的（横，竖）；再对所有帧对取中位数。",
            ),
            (
                "Both below 0.5: still. Otherwise the larger one decides, and its sign says which way.",
                "两个都小于 0.5：still。否则看哪个绝对值大，再看正负号。",
            ),
        ),
        takes=("frames",),
    ),
]
