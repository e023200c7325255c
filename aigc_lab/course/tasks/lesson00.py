"""Lesson 00, Welcome: a brief that the lab accepts, captions that can be read, shots and times."""

import random
from collections.abc import Callable
from typing import Any

from aigc_lab import LabError
from aigc_lab.brief import LONGEST_TOPIC, Brief, parse
from aigc_lab.course.answers import Answer, Wrong, kind_of, shown, want_list, want_number
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task

TOPICS = (
    "Why bread smells so good", "How a lighthouse works", "Three ways to water a cactus",
    "What the moon does", "A city at 5 am", "信号灯在想什么", "一杯咖啡的旅行", "为什么猫喜欢纸箱", "学会系鞋带",
)  # fmt: skip
LEAST, MOST = 6, 90  # s, as Brief has it


def check_brief(answer: Answer, seed: int) -> Words | None:
    """00.1: a dict that the real Brief model accepts, whatever topic and length are asked for."""
    draw = random.Random(f"brief {seed}")
    english = [t for t in TOPICS if t.isascii()]
    chinese = [t for t in TOPICS if not t.isascii()]
    cases: list[tuple[str, float]] = [(draw.choice(english), draw.randint(8, 40)), (draw.choice(chinese), 6)]
    cases += [(draw.choice(TOPICS), draw.choice([2, 3, 5.5])), (draw.choice(TOPICS), draw.choice([91, 120, 600]))]
    cases += [(draw.choice(chinese) * 60, 20), ((draw.choice(english) + " and ") * 20, 20)]
    for topic, seconds in cases:
        fields = answer.call(topic, seconds)
        _look_at_brief(answer.name, fields, topic, seconds)
    return Words(f"{len(cases)} briefs, and the lab would take every one.", f"{len(cases)} 份需求单，实验室全都收下。")


def _look_at_brief(name: str, fields: Any, topic: str, seconds: float) -> None:
    asked = f"{shown(topic, 50)}, {seconds}"
    if not isinstance(fields, dict):
        kind = kind_of(fields)
        raise Wrong(
            f"{name} returns {kind.en}; a brief is a dict such as {{'topic': ..., 'seconds': ...}}.",
            f"{name} 返回的是{kind.zh}；需求单应当是字典，例如 {{'topic': ..., 'seconds': ...}}。", came=fields,
        )  # fmt: skip
    unknown = [key for key in fields if key not in Brief.model_fields]
    if unknown:
        raise Wrong(
            f"A brief has no field {shown(unknown[0])}: the ones needed here are topic, seconds and language.",
            f"需求单里没有 {shown(unknown[0])} 这个字段；这里需要的是 topic、seconds 和 language。", came=fields,
        )  # fmt: skip
    missing = [key for key in ("topic", "seconds", "language") if fields.get(key) is None]
    if missing:
        raise Wrong(
            f"The field {missing[0]} is missing from the brief for ({asked}).",
            f"为 ({asked}) 写的需求单缺少字段 {missing[0]}。", came=fields,
        )  # fmt: skip
    _look_at_seconds(fields["seconds"], seconds)
    if len(str(fields["topic"])) > LONGEST_TOPIC:
        raise Wrong(
            f"A topic of {len(str(fields['topic']))} characters is refused: keep the first {LONGEST_TOPIC}.",
            f"{len(str(fields['topic']))} 个字的主题会被退回：只留前 {LONGEST_TOPIC} 个字。",
        )
    try:
        brief = parse(Brief, fields, "brief")
    except LabError as error:
        raise Wrong(f"The lab refuses this: {error}", f"实验室不收这份需求单：{error}", came=fields) from None
    if brief.topic != topic[:LONGEST_TOPIC].strip():
        raise Wrong(
            "The topic in the brief is not the one that was asked for.", "需求单里的主题和要求的不一样。",
            topic[:LONGEST_TOPIC], brief.topic,
        )  # fmt: skip
    language = "en-US" if topic.isascii() else "zh-CN"
    if brief.language != language:
        raise Wrong(
            f"The topic {shown(topic, 50)} is in another language than the brief says.",
            f"主题 {shown(topic, 50)} 的语言和需求单里写的不一致。", language, brief.language,
        )  # fmt: skip


def _look_at_seconds(came: Any, asked: float) -> None:
    if isinstance(came, str | bool) or not isinstance(came, int | float):
        kind = kind_of(came)
        raise Wrong(
            f"seconds must be a plain number, not {kind.en}.", f"seconds 要写成数字，不能是{kind.zh}。", asked, came
        )
    right = min(max(asked, LEAST), MOST)
    if came == right:
        return
    if not LEAST <= came <= MOST:
        raise Wrong(
            f"{came} seconds are refused: a short lasts {LEAST} to {MOST}. Move what is outside to the nearest limit.",
            f"{came} 秒会被退回：短片时长是 {LEAST} 到 {MOST} 秒，超出范围就取最近的边界值。", right, came,
        )  # fmt: skip
    raise Wrong(
        f"Asked for {asked} seconds, the brief has another number.", f"要求 {asked} 秒，需求单里却不是。", right, came
    )


BLANKS = ("Does your coffee\nstill smell of coffee?", "家里的灯　先亮起来")  # a line break; a wide Chinese space
CARDS = (
    "Steam rises", "Read me, slowly", "At your door by Friday", "One more cup",
    "信号灯看着车流变", "早高峰 少等一会儿", "AI 先看一遍片子", "你被改变了 哪一处",
)  # fmt: skip


def check_reading_speed(answer: Answer, seed: int) -> Words | None:
    """00.2: characters that one sees, by the seconds that the card stands; a card of no length is infinitely fast."""
    draw = random.Random(f"cards {seed}")
    for zero in (False, False, True):
        cards, at = [], draw.choice([0.5, 1.25, 2.0])
        for text in draw.sample([*BLANKS, *draw.sample(CARDS[:4], 2), *draw.sample(CARDS[4:], 2)], 6):
            lasts = draw.choice([0.5, 0.75, 1.25, 1.5, 2.0])
            cards.append((at, at + lasts, text))
            at += lasts + draw.choice([0.0, 0.25])
        if zero:
            cards.insert(draw.randint(0, 6), (at, at, "!"))
        came = want_list(answer.name, answer.call(cards), len(cards), ("cards", "张字幕"))
        _look_at_speeds(cards, [want_number(answer.name, value) for value in came])
    return Words(
        "You would find every card that is too fast. Comfortable: up to about 15 a second in English, 5 in Chinese.",
        "太快的字幕都逃不过你的眼睛。舒服的速度：英文每秒 15 个字符以内，中文每秒 5 个字左右。",
    )


SLIPS: tuple[tuple[Callable[[float, float, str], tuple[float, ...]], str, str], ...] = (  # what a usual mistake gives
    (
        lambda start, end, text: (len(text) / end, len("".join(text.split())) / end),
        "you divide by the end time. How long does the card stand?",
        "你除以的是结束时间。它在画面上停留了多久？",
    ),
    (
        lambda start, end, text: tuple(len(t) / (end - start) for t in (text, text.replace(" ", ""), text.strip())),
        "blanks are counted too. Nobody reads a space, a wide Chinese space or a line break.",
        "空白也算进去了。半角空格、全角空格和换行都不用读。",
    ),
    (
        lambda start, end, text: (len(text.split()) / (end - start), len(text.split()) / end),
        "you count words. Chinese has no blanks between words: count characters.",
        "你数的是“单词”。中文词之间没有空格：请数字符。",
    ),
    (
        lambda start, end, text: (_speed(start, end, text) // 1, float(round(_speed(start, end, text)))),
        "rounded to a whole number; keep at least one digit after the point.",
        "取整了，至少保留一位小数。",
    ),
)


def _speed(start: float, end: float, text: str) -> float:
    return len("".join(text.split())) / (end - start) if end > start else float("inf")


def _close(came: float, right: float) -> bool:
    return came == right or abs(came - right) <= 0.051  # one digit after the point is enough


def _look_at_speeds(cards: list[tuple[float, float, str]], came: list[float]) -> None:
    right = [_speed(*card) for card in cards]
    wrong = [i for i in range(len(cards)) if not _close(came[i], right[i])]
    standing = [i for i in range(len(cards)) if cards[i][1] > cards[i][0]]
    at = next((i for i in wrong if i in standing), None)
    if at is None:
        if wrong:
            raise Wrong(
                "A card that begins and ends at the same moment cannot be read by anyone: its speed is float('inf').",
                "开始和结束在同一时刻的字幕，谁也来不及读：速度应为 float('inf')。", right[wrong[0]], came[wrong[0]],
            )  # fmt: skip
        return
    why, why_zh = "not the characters by the seconds it stands.", "结果不等于字符数除以停留的秒数。"
    for slip, en, zh in SLIPS:
        if all(any(_close(came[i], guess) for guess in (right[i], *slip(*cards[i]))) for i in standing):
            why, why_zh = en, zh
            break
    card = shown(cards[at], 90)
    raise Wrong(f"Card {card}: {why}", f"字幕 {card}：{why_zh}", right[at], came[at])


def check_shots_at(answer: Answer, seed: int) -> Words | None:
    """00.3: the shot on screen at each time; a border belongs to the later shot, after the end there is none."""
    draw = random.Random(f"shots {seed}")
    for _ in range(3):
        shots, at = [], 0.0
        for shot_id in draw.sample(range(11, 40), draw.randint(3, 5)):  # an edited storyboard: not in order
            shots.append({"id": shot_id, "start": at, "seconds": draw.choice([1.25, 2.0, 2.5, 3.75])})
            at += shots[-1]["seconds"]
        inside = [s["start"] + s["seconds"] * draw.choice([0.25, 0.5, 0.75]) for s in shots]
        times = [0.0, *inside, *(s["start"] for s in shots[1:]), at - 0.125, at, at + 1.5]
        draw.shuffle(times)
        storyboard = {"title": draw.choice(TOPICS), "shots": shots}
        came = want_list(answer.name, answer.call(storyboard, times), len(times), ("times", "个时间点"))
        right = [next((s["id"] for s in shots if s["start"] <= t < s["start"] + s["seconds"]), None) for t in times]
        if came != right:
            _explain_shots(shots, at, times, right, came)
    return Words("Every moment finds its shot.", "每个时刻都找到了对应的镜头。")


def _explain_shots(shots: list[dict], end: float, times: list[float], right: list, came: list) -> None:
    ids = [s["id"] for s in shots]
    told = [c for c in came if c is not None]
    if all(type(c) is int and c not in ids and c <= len(ids) for c in told) and told:
        raise Wrong(
            "These are positions in the list, not ids: an edited storyboard keeps the ids, in any order.",
            "这是镜头在列表里的位置，不是 id：改过的分镜里 id 可以是任意顺序。", right, came,
        )  # fmt: skip
    if sorted(map(str, came)) == sorted(map(str, right)):
        raise Wrong(
            "The right shots, but in another order: answer in the order of the times that are asked for.",
            "镜头都对，但顺序不对：请按给出的时间顺序回答。", right, came,
        )  # fmt: skip
    wrong = [row for row in zip(times, right, came, strict=True) if row[1] != row[2]]
    starts = {s["start"] for s in shots}
    inside = [row for row in wrong if row[0] < end and row[0] not in starts]
    borders = [row for row in wrong if row[0] in starts]
    time, wanted, got = (inside or borders or wrong)[0]
    if borders and not inside:
        raise Wrong(
            f"At {time} s one shot ends and the next begins: a border belongs to the later shot.",
            f"{time} 秒时前一个镜头刚结束、后一个刚开始：边界属于后一个镜头。", wanted, got,
        )  # fmt: skip
    if not inside:
        raise Wrong(
            f"At {time} s the video is over (it lasts {end} s): nothing is on screen, so None.",
            f"{time} 秒时视频已经放完（全长 {end} 秒），画面上什么都没有，应为 None。", None, got,
        )  # fmt: skip
    raise Wrong(f"At {time} s another shot is on screen.", f"{time} 秒时画面上是另一个镜头。", wanted, got)


TASKS = [
    Task(
        "00.1",
        "A brief that the lab accepts",
        "写一份实验室收得下的需求单",
        2,
        check_brief,
        (
            (
                "A brief is a dict with the keys topic, seconds and language.",
                "需求单是一个字典，键是 topic、seconds 和 language。",
            ),
            (
                "min(max(seconds, 6), 90) keeps a number within limits; topic[:300] keeps the first 300 characters.",
                "min(max(seconds, 6), 90) 能把数限制在范围内；topic[:300] 只留前 300 个字。",
            ),
            (
                "topic.isascii() is True for an English topic: 'en-US' then, else 'zh-CN'.",
                "英文主题的 topic.isascii() 为 True，这时写 'en-US'，否则写 'zh-CN'。",
            ),
        ),
        takes=("topic", "seconds"),
    ),
    Task(
        "00.2",
        "Captions too fast to read",
        "找出来不及读的字幕",
        3,
        check_reading_speed,
        (
            (
                "How long does a card stand that goes from 4.0 s to 5.5 s? Not 5.5 s.",
                "从 4.0 秒到 5.5 秒的字幕停留了多久？不是 5.5 秒。",
            ),
            (
                "text.split() cuts at every kind of blank, the wide Chinese one too; ''.join(...) glues the rest.",
                "text.split() 会在各种空白处切开，全角空格也算；再用 ''.join(……) 拼起来。",
            ),
            (
                "Before you divide: if end == start, the speed is float('inf').",
                "除之前先判断：如果 end == start，速度就是 float('inf')。",
            ),
        ),
        takes=("cards",),
    ),
    Task(
        "00.3",
        "Which shot is on screen?",
        "此刻画面上是哪个镜头？",
        3,
        check_shots_at,
        (
            (
                "For each time, go through the shots: start <= time < start + seconds.",
                "对每个时间点逐个看镜头：start <= time < start + seconds。",
            ),
            (
                "Write down shot['id'], not where it stands in the list; None when no shot fits.",
                "要记下 shot['id']，不是它在列表里的位置；没有符合的就记 None。",
            ),
        ),
        takes=("storyboard", "times"),
    ),
]
