"""Lesson 02, Prepare: cuts that are no flashes, and a split that does not leak."""

import random
from typing import Any

import numpy as np

from aigc_lab.course.answers import Answer, Wrong, kind_of, shown
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task

SIZE = 6, 16  # height and width of the frames in a fixture, in pixels
COLORS = [tuple(32 + 64 * ((i >> shift) & 3) for shift in (4, 2, 0)) for i in range(64)]  # the middles of the 64 boxes


def histogram(frame: np.ndarray) -> np.ndarray:
    """The share of each of 64 colour boxes in a frame uint8 (H, W, 3), as the lesson and the exercise have it."""
    boxes = (frame // 64) @ np.array([16, 4, 1])
    return np.bincount(boxes.ravel(), minlength=64) / boxes.size


def difference(first: np.ndarray, second: np.ndarray) -> float:
    """How far the colours of two frames are apart: 0 the same, 1 none in common."""
    return float(0.5 * np.abs(histogram(first) - histogram(second)).sum())


def _shot(draw: random.Random, colors: list[tuple[int, int, int]], count: int) -> list[np.ndarray]:
    """A camera that pans fast over stripes: every frame has the same colours in other places."""
    picture = np.array([colors[x * len(colors) // SIZE[1]] for x in range(SIZE[1])], np.uint8)
    way = draw.choice([-5, -3, 3, 5])
    return [np.tile(np.roll(picture, way * t, axis=0), (SIZE[0], 1, 1)) for t in range(count)]


def film(draw: random.Random) -> tuple[np.ndarray, list[int], int, int]:
    """Five shots uint8 (T, H, W, 3), the first frames of all but the first, the one whose cut is weak (0.25), and the
    white frame of a flash."""
    colors = draw.sample([c for c in COLORS if c != (224, 224, 224)], 17)
    palettes = [colors[:4], colors[4:8], [*colors[4:7], colors[16]], colors[8:12], colors[12:16]]
    shots = [_shot(draw, palette, draw.randint(4, 6)) for palette in palettes]
    flashed = draw.choice([0, 1, 3, 4])
    at = draw.randint(1, len(shots[flashed]) - 2)
    shots[flashed][at] = np.full((*SIZE, 3), 224, np.uint8)
    starts = np.cumsum([0, *(len(shot) for shot in shots)]).tolist()
    frames = np.stack([frame for shot in shots for frame in shot])
    return frames, starts[1:-1], starts[2], starts[flashed] + at


def check_find_cuts(answer: Answer, seed: int) -> Words | None:
    """02.1: the first frames of new shots, by colours; a flash of one frame is no cut, and the threshold decides."""
    draw = random.Random(f"cuts {seed}")
    for threshold in (0.15, 0.4, 0.15):
        frames, starts, weak, flash = film(draw)
        right = [start for start in starts if start != weak or threshold < 0.25]
        came = answer.call(frames, threshold)
        numbers = _frame_numbers(answer.name, came, len(frames))
        if numbers != right:
            _explain_cuts(numbers, right, weak, flash, len(frames), threshold)
    return Words("Every cut found, and no flash taken for one.", "每个剪辑点都找到了，闪光也没有误判。")


def _frame_numbers(name: str, came: Any, count: int) -> list[int]:
    if not isinstance(came, list | tuple):
        kind = kind_of(came)
        raise Wrong(
            f"{name} returns {kind.en}; a list of frame numbers is asked for.",
            f"{name} 返回的是{kind.zh}；这里要的是帧号的列表。", came=came,
        )  # fmt: skip
    if len(came) in (count, count - 1) and all(isinstance(c, bool | float) for c in came):
        raise Wrong(
            "This is one value for each frame; only the numbers of the frames that begin a shot are asked for.",
            "这是给每一帧一个值；题目只要开始新镜头的那些帧的编号。", came=came,
        )  # fmt: skip
    if odd := [c for c in came if isinstance(c, bool) or not isinstance(c, int)]:
        kind = kind_of(odd[0])
        raise Wrong(f"The list holds {kind.en}, not a frame number.", f"列表里出现了{kind.zh}，不是帧号。", came=odd[0])
    return sorted(came)


def _explain_cuts(came: list[int], right: list[int], weak: int, flash: int, count: int, threshold: float) -> None:
    missed, extra = [f for f in right if f not in came], [f for f in came if f not in right]
    if right and came == [f - 1 for f in right]:
        raise Wrong(
            "Each number is one too small, the last frame of the old shot: name the first frame of the new one.",
            "每个编号都小了 1：那是旧镜头的最后一帧。要的是新镜头的第一帧。", right, came,
        )  # fmt: skip
    if not missed and extra == [0]:
        raise Wrong("Frame 0 begins the film, there is no cut.", "第 0 帧是影片的开头，不是剪辑点。", right, came)
    if set(extra) and set(extra) <= {flash, flash + 1}:
        raise Wrong(
            f"Frame {flash} is white for one frame only: a flash. The frame after it looks like the one before it, "
            "so neither its beginning nor its end is a cut.",
            f"第 {flash} 帧只白了一帧，是闪光。它后一帧和前一帧一样，所以闪光的开始和结束都不是剪辑点。", right, came,
        )  # fmt: skip
    if not extra and len(missed) > len(right) / 2:
        lost, most = len(missed), len(right)
        raise Wrong(f"{lost} of {most} cuts are missed.", f"{most} 处剪辑点漏了 {lost} 处。", right, came)
    if len(extra) > count / 3:
        raise Wrong(
            "Frames inside a shot are taken for cuts. The camera pans, so pixels change but colours stay: compare "
            "histograms.",
            "镜头内部的帧被当成了剪辑点。镜头在平移，像素变了，颜色没变：请比较直方图。", right, came,
        )  # fmt: skip
    if weak in missed + extra and len(missed) < len(right):
        raise Wrong(
            f"At frame {weak} a quarter of the colours changes. With threshold {threshold} "
            + ("that is a cut." if weak in missed else "that is none: compare with the threshold you are given."),
            f"第 {weak} 帧处有四分之一的颜色变了。阈值为 {threshold} 时，"
            + ("这算剪辑点。" if weak in missed else "这不算：请用传进来的阈值来比较。"),
            right, came,
        )  # fmt: skip
    raise Wrong("These are not the first frames of the new shots.", "这些不是新镜头的第一帧。", right, came)


LEAST, MOST = 0.1, 0.4  # share of the clips that may lie in the test part


def clips_with_twins(draw: random.Random) -> list[dict[str, Any]]:
    """Clips of twelve films, and three films of reposts, each with twins of clips from two of the others: a chain."""
    films = [f"film-{n:02d}" for n in draw.sample(range(40), 12)]
    ids = iter(draw.sample([f"clip-{n:03d}" for n in range(200)], 60))
    clips = [{"id": next(ids), "film": name, "twin": None} for name in films for _ in range(draw.choice([2, 3, 4]))]
    for post in draw.sample(["best-of", "funny", "compilation", "搬运合集", "my-favourites"], 3):
        for name in films[:2]:
            original = draw.choice([clip["id"] for clip in clips if clip["film"] == name])
            clips.append({"id": next(ids), "film": post, "twin": original})
        films = films[2:]
    draw.shuffle(clips)
    return clips


def check_split(answer: Answer, seed: int) -> Words | None:
    """02.2: what is of one film or nearly the same lies in one part, the parts have their size, and chance decides."""
    draw = random.Random(f"split {seed}")
    clips = clips_with_twins(draw)
    made = []
    for lot in draw.sample(range(1000), 8):
        parts = answer.call(clips, lot)
        _look_at_parts(answer.name, clips, parts)
        made.append(parts)
    if all(parts == made[0] for parts in made):
        raise Wrong(
            "Eight seeds, one and the same split: let the seed draw which groups are tested, random.Random(seed).",
            "换了八个种子，划分一模一样：请用种子来抽签决定谁进测试集，random.Random(seed)。",
        )
    if any(answer.call(clips, lot) != made[-1] for _ in range(6)):  # two draws may be the same by chance
        raise Wrong(
            "The same seed gives another split the second time: draw from random.Random(seed) only.",
            "同一个种子，第二次的划分却不一样：请只用 random.Random(seed) 来抽签。",
        )
    return Words("Nobody finds a leak in this split.", "这样划分，谁也找不出泄漏。")


def _look_at_parts(name: str, clips: list[dict[str, Any]], parts: Any) -> None:
    if not isinstance(parts, dict):
        kind = kind_of(parts)
        raise Wrong(
            f"{name} returns {kind.en}; a dict from each clip's id to 'train' or 'test' is asked for.",
            f"{name} 返回的是{kind.zh}；应当是字典，把每个片段的 id 对应到 'train' 或 'test'。", came=parts,
        )  # fmt: skip
    if lost := [clip["id"] for clip in clips if clip["id"] not in parts]:
        raise Wrong(
            f"{len(lost)} of {len(clips)} clips are in no part: bind them, do not throw them away.",
            f"{len(clips)} 个片段里有 {len(lost)} 个哪边都不在：要绑在一起，不要丢掉。", came=lost[0],
        )  # fmt: skip
    if odd := [part for part in parts.values() if part not in ("train", "test")]:
        raise Wrong("A part is called 'train' or 'test'.", "只有 'train' 和 'test' 两边。", came=odd[0])
    _look_for_leaks(clips, parts)
    share = sum(parts[clip["id"]] == "test" for clip in clips) / len(clips)
    if not LEAST <= share <= MOST:
        raise Wrong(
            f"{share:.0%} of the clips are for the test; about a quarter is asked for ({LEAST:.0%} to {MOST:.0%}).",
            f"测试集占 {share:.0%}；题目要求大约四分之一（{LEAST:.0%} 到 {MOST:.0%}）。",
        )


def _look_for_leaks(clips: list[dict[str, Any]], parts: dict[str, str]) -> None:
    by_id = {clip["id"]: clip for clip in clips}
    tied = {c["film"] for clip in clips if clip["twin"] for c in (clip, by_id[clip["twin"]])}
    torn = [
        film for film in {c["film"] for c in clips} if len({parts[c["id"]] for c in clips if c["film"] == film}) > 1
    ]
    pairs = [clip for clip in clips if clip["twin"] and parts[clip["id"]] != parts[clip["twin"]]]
    if torn and not pairs and set(torn) <= tied:
        raise Wrong(
            f"Twins are together, but now {shown(sorted(torn)[0])} is torn apart: a clip that follows its twin takes "
            "its whole film along, and that film's twins too.",
            f"双胞胎在一起了，{shown(sorted(torn)[0])} 却被拆开了：一个片段跟着双胞胎走，整部影片也要跟着，"
            "那部影片的双胞胎同样如此。",
        )  # fmt: skip
    if torn:
        film = sorted(torn)[0]
        members = {c["id"]: parts[c["id"]] for c in clips if c["film"] == film}
        raise Wrong(
            f"Clips of {shown(film)} lie in both parts: whoever has seen one take knows the other.",
            f"{shown(film)} 的片段两边都有：看过其中一条，另一条就等于见过了。", came=members,
        )  # fmt: skip
    if pairs:
        clip = pairs[0]
        raise Wrong(
            f"{shown(clip['id'])} and its twin {shown(clip['twin'])} look the same and lie in different parts.",
            f"{shown(clip['id'])} 和它的双胞胎 {shown(clip['twin'])} 长得一样，却分在两边。", came=clip,
        )  # fmt: skip


TASKS = [
    Task(
        "02.1",
        "Find the cuts",
        "找出剪辑点",
        3,
        check_find_cuts,
        (
            (
                "For each frame from 1 on: difference(frames[i - 1], frames[i]) > threshold. The answer holds i.",
                "从第 1 帧开始逐帧看：difference(frames[i - 1], frames[i]) > threshold。答案里放的是 i。",
            ),
            (
                "A flash at frame i: frame i - 1 and frame i + 1 look the same. Then neither i nor i + 1 is a cut.",
                "第 i 帧是闪光，意味着第 i - 1 帧和第 i + 1 帧一样。这时 i 和 i + 1 都不是剪辑点。",
            ),
            (
                "Collect the flashes first, a set of frame numbers; then leave out i when i or i - 1 is a flash.",
                "先把闪光的帧号收进一个集合；再判断：i 或 i - 1 是闪光时就跳过。",
            ),
        ),
        takes=("frames", "threshold"),
    ),
    Task(
        "02.2",
        "Mend a leaking split",
        "修好会泄漏的划分",
        3,
        check_split,
        (
            (
                "Give each clip a group: its film. All clips with one group go into one part.",
                "给每个片段一个组名：就用它的影片名。同组的片段放在同一边。",
            ),
            (
                "For each clip with a twin the two groups become one: rename every clip of the one group to the other.",
                "片段有双胞胎，两个组就并成一个：把其中一组的所有片段都改成另一组的组名。",
            ),
            (
                "Shuffle the groups with random.Random(seed); take groups for the test until a quarter is reached, and "
                "leave out one that would bring it above 40 %.",
                "用 random.Random(seed) 打乱各组；一组一组放进测试集，直到够四分之一；会让它超过 40 % 的组就跳过。",
            ),
        ),
        takes=("clips", "seed"),
    ),
]
