"""Lesson 00, the second half: whose work may be sold with, and why the AI label is on the picture."""

import random
import re
from typing import Any

from aigc_lab.course.answers import Answer, Wrong, kind_of, shown, want_files
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task
from aigc_lab.rights import Asset, asset, licences


def check_unclear_rights(answer: Answer, seed: int) -> Words | None:
    """00.4: the files that may not go into something that sells; what nobody answered counts as no."""
    draw = random.Random(f"rights {seed}")
    for _ in range(3):
        sheet = [_credit(draw, licence) for licence in draw.sample(["CC0-1.0", "CC-BY-4.0", "OFL-1.1", "MIT"], 2)]
        sheet += [_credit(draw, draw.choice(["CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"]))]
        sheet += [_credit(draw, draw.choice(["CC-BY-ND-4.0", "LicenseRef-Pixabay"]))]  # may sell, but not all the rest
        sheet += [
            _credit(draw, draw.choice(["free, from a forum", "网上下载，说是免费", "my cousin said yes"]), sell=True)
        ]
        silent = _credit(draw, "")
        del silent["may_sell"]
        sheet += [silent, _credit(draw, "CC-BY-4.0") | {"may_sell": None}]
        draw.shuffle(sheet)
        for number, row in enumerate(sheet, 1):
            row["file"] = f"{number}-{row['file']}"
        came = answer.call(sheet)
        _look_at_rights(answer.name, sheet, came)
    return Words("Nothing slips into the ad that may not be there.", "没有授权的素材，一件也混不进广告。")


def _credit(draw: random.Random, licence: str, **more: Any) -> dict[str, Any]:
    name = draw.choice(["cup.jpg", "rain.mp4", "drums.mp3", "街景.mp4", "logo.png", "猫.jpg", "voice.wav"])
    made: Asset = asset("footage", name, "", draw.choice(["Lin", "Maria", "阿青", ""]), licence)
    fields = {key: getattr(made, key) for key in ("file", "author", "licence", "may_publish", "may_edit", "may_sell")}
    return fields | ({"may_sell": more["sell"]} if "sell" in more else {})


def _look_at_rights(name: str, sheet: list[dict[str, Any]], came: Any) -> None:
    want_files(name, came, len(sheet), ("assets", "件素材"))
    refused = {row["file"] for row in sheet if row["licence"] not in licences() or row.get("may_sell") is not True}
    if set(came) == {row["file"] for row in sheet} - refused:
        raise Wrong(
            "These are the ones that may be used: the others are asked for.", "这些恰好是可以用的；题目要的是不能用的。"
        )
    extra = [file for file in came if file not in refused]
    if extra:
        row = next((row for row in sheet if row["file"] == extra[0]), "-")
        raise Wrong(
            f"{shown(extra[0])} is no reason to worry: its licence is known and may_sell is True.",
            f"{shown(extra[0])} 没有问题：授权明确，may_sell 也是 True。", came=row,
        )  # fmt: skip
    missed = [row for row in sheet if row["file"] in refused and row["file"] not in came]
    if not missed:
        return
    sold = [row for row in missed if row.get("may_sell") is False]
    if sold:
        raise Wrong(
            "An ad sells: look at may_sell. This asset may be shown, yet not used to sell.",
            "广告是用来卖东西的：要看 may_sell。这件素材可以展示，但不能商用。", came=sold[0],
        )  # fmt: skip
    if any(row.get("may_sell") is None for row in missed):
        row = next(row for row in missed if row.get("may_sell") is None)
        raise Wrong(
            "Nobody answered may_sell here: no answer counts as no.",
            "这里没有人回答过 may_sell：没说可以，就当不可以。", came=row,
        )  # fmt: skip
    raise Wrong(
        "The lab does not know this licence: whatever the sheet says about selling, nobody can look it up.",
        "实验室查不到这个授权：不管表里怎么写，谁也没法核实。", came=missed[0],
    )  # fmt: skip


ASKED = Words(
    'Explain in two sentences why a label "AI-generated" is on the video.',
    "用两句话解释：视频上为什么有“AI生成”的标识？",
)


def check_label_reason(answer: Answer, seed: int) -> Words | None:
    """00.5: two sentences of own words are there; whether they are right is for a person to say."""
    text = answer.value
    if not isinstance(text, str):
        kind = kind_of(text)
        raise Wrong(f"A text is asked for, this is {kind.en}.", f"这里要一段文字，收到的是{kind.zh}。", came=text)
    if not text.strip() or text.strip(" .…。") == "":
        raise Wrong("Your two sentences are not written yet.", "你的两句话还没有写。", status="untouched")
    sentences = [s.strip() for s in re.split(r"(?<=[.!?])\s+|(?<=[。！？])|\n+", text) if re.search(r"\w", s)]
    if len(sentences) < 2:
        raise Wrong(
            "This is one sentence; write two, each with a full stop.",
            "只有一句；请写两句，每句用句号结束。",
            2,
            len(sentences),
        )
    short = [s for s in sentences[:2] if _words(s) < 5]
    if short:
        raise Wrong(
            "A sentence of fewer than five words explains little: say what the viewer gains by it.",
            "不到五个词的句子说不清原因：写写观众能从中得到什么。", came=short[0],
        )  # fmt: skip
    plain = [re.sub(r"\W", "", s).casefold() for s in sentences]
    if len(set(plain)) < len(plain) or len(set(text)) < 8:
        raise Wrong("The same sentence twice is one sentence.", "同一句话写两遍，还是一句。", came=sentences[0])
    if any(re.sub(r"\W", "", asked).casefold() in "".join(plain) for asked in (ASKED.en, ASKED.zh)):
        raise Wrong("This repeats the question: answer it in your own words.", "这是在重复题目：请用自己的话回答。")
    return Words(
        "Two sentences are there. Whether they are right is for your teacher to judge; this check gives no points.",
        "收到两句话。写得对不对由老师评判，这里不给分。",
    )


def _words(sentence: str) -> float:
    """About how many words: two Chinese characters make one."""
    chinese = len(re.findall(r"[\u4e00-\u9fff]", sentence))
    return chinese / 2 + len(re.findall(r"[^\W\u4e00-\u9fff]+", sentence))


TASKS = [
    Task(
        "00.4",
        "What may not go into an ad",
        "哪些素材不能放进广告",
        2,
        check_unclear_rights,
        (
            (
                "The answer stands in may_sell; row.get('may_sell') is None when nobody gave one.",
                "能不能商用看 may_sell；没人填过时 row.get('may_sell') 是 None。",
            ),
            (
                "`from aigc_lab.rights import licences`: a licence is known when it is in licences().",
                "`from aigc_lab.rights import licences`：在 licences() 里的才是已知授权。",
            ),
            (
                "A file is fine only when both are true: the licence is known, and may_sell is True. List all others.",
                "两个条件都满足才能用：授权已知，并且 may_sell 为 True。其余的都列出来。",
            ),
        ),
        takes=("credits",),
    ),
    Task(
        "00.5",
        "Why the label is there",
        "为什么要有 AI 标识",
        2,
        check_label_reason,
        (
            (
                "Think of a friend who sees the clip without knowing how it was made.",
                "想象一位朋友看到这条视频，却不知道它是怎么做出来的。",
            ),
            (
                "One sentence about the viewer, one about whoever posts it (laws, platforms, trust).",
                "一句写观众，一句写发布者（法规、平台、信任）。",
            ),
        ),
        by_person=True,
    ),
]
