"""Lesson 07, Steer: a walk on the sphere of noises, and how far a clip's colours are from a palette."""

import random
from typing import Any

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of, want_number
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task

CLOSE = 1e-3  # shares of the length by which a point may be off
SHARES = (0.0, 1.0, 0.5, 0.25, 0.8)


def on_the_sphere(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """The point `share` of the way from one array to the other along the great circle (Shoemake 1985, "slerp")."""
    cosine = np.sum(first * second) / np.linalg.norm(first) / np.linalg.norm(second)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return first
    return (np.sin((1 - share) * angle) * first + np.sin(share * angle) * second) / np.sin(angle)


def noises(draw: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of normal noise (groups, rows, channels), as long as each other, some 70 to 85 degrees apart."""
    rng = np.random.default_rng(draw.randrange(10**6))
    shape = draw.choice([(2, 3, 4), (3, 2, 4), (2, 4, 3)])
    first, other = rng.normal(size=shape), rng.normal(size=shape)
    first *= np.sqrt(first.size) / np.linalg.norm(first)
    other -= np.sum(first * other) / np.sum(first * first) * first
    other *= np.sqrt(first.size) / np.linalg.norm(other)
    lean = np.radians(draw.uniform(70, 85))
    return first, np.cos(lean) * first + np.sin(lean) * other


def check_sphere(answer: Answer, seed: int) -> Words | None:
    """07.1: from one noise to the other along the sphere, at an even pace, and two equal ones are no accident."""
    draw = random.Random(f"sphere {seed}")
    first, second = noises(draw)
    came = {share: _array(answer.name, answer.call(first, second, share), first.shape) for share in SHARES}
    _look_at_ends(first, second, came)
    _look_at_middle(first, second, came)
    first = np.array([draw.choice([-1.0, 1.0]) for _ in range(16)]).reshape(2, 2, 4)  # as long as 4, without rounding
    same = _array(answer.name, answer.call(first, first.copy(), 0.5), first.shape)
    if not np.allclose(same, first, atol=CLOSE):
        raise Wrong(
            "From a noise to itself there is no angle, and sin(0) is 0: give back the first one then.",
            "从一份噪声走到它自己，夹角是 0，sin(0) 也是 0，不能做除数：这时直接返回第一份。",
            first.ravel()[0].item(), same.ravel()[0].item(),
        )  # fmt: skip
    return Words("An even pace, and every stop is proper noise.", "步子均匀，每一站都是合格的噪声。")


def _array(name: str, came: Any, shape: tuple[int, ...]) -> np.ndarray:
    try:
        made = np.array(came, float)
    except (TypeError, ValueError):
        kind = kind_of(came)
        raise Wrong(
            f"{name} returns {kind.en}; an array like the ones it was given is asked for.",
            f"{name} 返回的是{kind.zh}；要的是和传入的一样的数组。",
        ) from None
    if made.shape != shape:
        raise Wrong(
            f"{name} returns an array of shape {made.shape}; it was given {shape}.",
            f"{name} 返回的数组形状是 {made.shape}；传入的是 {shape}。",
        )
    return made


def _look_at_ends(first: np.ndarray, second: np.ndarray, came: dict[float, np.ndarray]) -> None:
    if np.allclose(came[0.0], second, atol=CLOSE) and np.allclose(came[1.0], first, atol=CLOSE):
        raise Wrong(
            "You begin at the second noise and end at the first: share 0 is the first.",
            "方向反了：share 为 0 时应当是第一份噪声，你给的是第二份。",
        )
    for share, right in ((0.0, first), (1.0, second)):
        if not np.allclose(came[share], right, atol=CLOSE):
            raise Wrong(
                f"At share {share:g} exactly {'the first' if share == 0 else 'the second'} noise must come out.",
                f"share 为 {share:g} 时，应当正好得到{'第一份' if share == 0 else '第二份'}噪声。",
                right.ravel()[0].item(), came[share].ravel()[0].item(),
            )  # fmt: skip


def _look_at_middle(first: np.ndarray, second: np.ndarray, came: dict[float, np.ndarray]) -> None:
    for share in SHARES[2:]:
        right = on_the_sphere(first, second, share)
        if np.allclose(came[share], right, atol=CLOSE):
            continue
        straight, long = (1 - share) * first + share * second, np.linalg.norm(first)
        length = np.linalg.norm(came[share]) / long
        if np.allclose(came[share], straight, atol=CLOSE):
            raise Wrong(
                f"This is the straight line: at share {share} the noise is only {length:.2f} times as long as at the "
                "ends. Go round on the sphere.",
                f"这是走直线：share 为 {share} 时，噪声的长度只有两端的 {length:.2f} 倍。要沿着球面走。",
            )
        if abs(length - 1) < CLOSE and np.allclose(came[share] * np.linalg.norm(straight) / long, straight, atol=0.05):
            raise Wrong(
                f"The length is right, but not the pace: at share {share} you are at another angle. Use the sines.",
                f"长度对了，步子却不均匀：share 为 {share} 时角度不对。请用正弦公式。",
            )
        if abs(length - 1) < 0.2:
            raise Wrong(
                f"At share {share} this is near the way, but not on it: one angle for the whole array, in radians.",
                f"share 为 {share} 时已经很接近，但不在路上：整个数组只算一个夹角，用弧度。",
            )
        raise Wrong(
            f"At share {share} the noise is {length:.2f} times as long as at the ends; on the sphere the length stays.",
            f"share 为 {share} 时，噪声的长度是两端的 {length:.2f} 倍；在球面上长度应当不变。",
        )


def _color(draw: random.Random) -> tuple[int, int, int]:
    return draw.randrange(256), draw.randrange(256), draw.randrange(256)


def distance_to_palette(frames: np.ndarray, palette: list[str]) -> float:
    """Mean over all pixels of the distance to the nearest colour of the palette; black and white are sqrt(3) apart."""
    colors = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in palette]) / 255
    pixels = np.asarray(frames).reshape(-1, 1, 3) / 255
    return float(np.sqrt(np.square(pixels - colors).sum(-1)).min(axis=1).mean())


def _ways(frames: np.ndarray, palette: list[str]) -> list[tuple[float, str, str]]:
    """Other numbers that one may get, and what is wrong with each."""
    colors = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in palette])
    pixels = frames.reshape(-1, 1, 3).astype(float)
    far = np.sqrt(np.square(pixels - colors).sum(-1)) / 255
    wrapped = (frames.reshape(-1, 1, 3) - colors.astype(np.uint8)).astype(float)
    whole = np.sqrt(np.square(pixels.mean(0) - colors).sum(-1)).min() / 255
    swapped = distance_to_palette(frames[..., ::-1], palette)
    return [
        (far.min(1).mean() * 255, "Colours go from 0 to 1 here: divide by 255.", "这里颜色取 0 到 1：请除以 255。"),
        (far.mean(), "This is the mean over all colours of the palette: of each pixel only the nearest one counts.",
         "这是到调色板所有颜色的平均：每个像素只看最近的那一个颜色。"),
        (far.max(1).mean(), "This is the farthest colour: the nearest one counts.", "这是最远的颜色：要的是最近的。"),
        (far.min(), "This is the best pixel of all: the mean over the pixels is asked for.",
         "这是最接近的那一个像素：要的是所有像素的平均。"),
        (np.square(far).min(1).mean(), "This is the squared distance: the root is missing.",
         "这是距离的平方：还差开方。"),
        (np.abs(pixels - colors).sum(-1).min(1).mean() / 255,
         "These are differences added up; the straight way is the root of the sum of squares.",
         "这是把各通道的差直接相加；直线距离是平方和再开方。"),
        (whole, "You take the mean colour first: a clip half red, half blue is not violet. First the distances.",
         "先把颜色平均了：一半红一半蓝并不等于紫色。要先算距离，再求平均。"),
        (far[: far.shape[0] // len(frames)].min(1).mean(), "This looks at the first frame only.", "只看了第一帧。"),
        (np.sqrt(np.square(wrapped).sum(-1)).min(1).mean() / 255,
         "uint8 cannot be negative: 10 - 20 becomes 246. Make floats of the frames first.",
         "uint8 不能是负数：10 - 20 会变成 246。先把画面转成浮点数。"),
        (swapped, "Red and blue are exchanged: #rrggbb begins with red.", "红和蓝弄反了：#rrggbb 是红色在前。"),
    ]  # fmt: skip


def check_palette(answer: Answer, seed: int) -> Words | None:
    """07.2: the mean distance of the pixels to the nearest colour of a palette."""
    draw = random.Random(f"palette {seed}")
    for count in (3, 2, 4):
        palette = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in (_color(draw) for _ in range(count))]
        frames = np.array([[[_color(draw) for _ in range(4)] for _ in range(3)] for _ in range(3)], np.uint8)
        right = distance_to_palette(frames, palette)
        came = want_number(answer.name, answer.call(frames, palette))
        if abs(came - right) < 1e-4:
            continue
        for value, en, zh in _ways(frames, palette):
            if abs(came - value) < 1e-4 * max(1.0, value):
                raise Wrong(en, zh, round(right, 4), round(came, 4))
        raise Wrong("This is another number.", "算出来的数不对。", round(right, 4), round(came, 4))
    frames = np.full((2, 3, 3, 3), (64, 128, 192), np.uint8)
    if abs(want_number(answer.name, answer.call(frames, ["#4080c0", "#000000"]))) > 1e-6:
        raise Wrong(
            "Every pixel has a colour of the palette here: the distance is 0.",
            "这里每个像素都是调色板里的颜色：距离应当是 0。",
        )
    return Words("That is how far the colours are off.", "颜色偏了多少，就是这么量的。")


TASKS = [
    Task(
        "07.1",
        "Walk on the sphere",
        "沿着球面走",
        3,
        check_sphere,
        (
            (
                "The cosine of the angle: sum(first * second), divided by both lengths (np.linalg.norm).",
                "夹角的余弦：sum(first * second) 除以两者的长度（np.linalg.norm）。",
            ),
            (
                "np.arccos gives the angle in radians; np.sin wants radians too. One angle for the whole array.",
                "np.arccos 给出弧度，np.sin 也要弧度。整个数组只有一个夹角。",
            ),
            (
                "(sin((1 - share) * angle) * first + sin(share * angle) * second) / sin(angle); before it: if "
                "sin(angle) is nearly 0, return first.",
                "(sin((1 - share) * angle) * first + sin(share * angle) * second) / sin(angle)；在这之前：如果 "
                "sin(angle) 几乎是 0，就返回 first。",
            ),
        ),
        takes=("first", "second", "share"),
    ),
    Task(
        "07.2",
        "Measure a palette",
        "量一量配色",
        3,
        check_palette,
        (
            (
                "int(color[1:3], 16) is the red of '#rrggbb'. frames / 255 makes floats of uint8.",
                "int(color[1:3], 16) 是 '#rrggbb' 里的红色。frames / 255 会把 uint8 变成浮点数。",
            ),
            (
                "pixels = frames.reshape(-1, 1, 3) / 255 minus colors (N, 3) gives (pixels, N, 3): every pair at once.",
                "pixels = frames.reshape(-1, 1, 3) / 255，减去 colors（N, 3），得到（像素数, N, 3）：一次算完。",
            ),
            (
                "np.sqrt(np.square(difference).sum(-1)) are the distances; then .min(axis=1), then .mean().",
                "np.sqrt(np.square(difference).sum(-1)) 就是距离；再 .min(axis=1)，最后 .mean()。",
            ),
        ),
        takes=("frames", "palette"),
    ),
]
