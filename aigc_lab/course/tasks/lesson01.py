"""Lesson 01, Collect: the gate, whose a file is, and near-duplicates."""

import csv
import io
import itertools
import json
import random
from typing import Any

from aigc_lab.course.answers import Answer, Wrong, kind_of, shown, want_files, want_list
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task
from aigc_lab.rights import USES, asset, licences

FILES = ("waves.mp4", "猫.jpg", "street.mp4", "tower.png", "夜景.mp4", "rain.webm", "tea.jpg", "dog.mp4", "灯.png")
NAMES = ("Mei", "Kim", "阿青", "O'Neill", "")
QUOTED = ("Lin, Ann", 'Ann "A", Bo', "阿青, 小李")  # authors that a table has to put into quotation marks
COLUMNS = ("file", "author", "licence", "title"), ("title", "author", "file", "licence")


def check_gate(answer: Answer, seed: int) -> Words | None:
    """01.1: the files that may pass for a use; no answer is a no, and a face needs consent for training."""
    draw = random.Random(f"gate {seed}")
    for use in ("train", *draw.sample(USES[:3], 3), "train"):
        rows = _gate_rows(draw)
        came = answer.call(rows, use)
        _look_at_gate(answer.name, rows, use, came)
    return Words("Nothing passes your gate without its right.", "没有权利的素材，一件也过不了你的关口。")


def _gate_rows(draw: random.Random) -> list[dict[str, Any]]:
    known = ["CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "LicenseRef-Pexels", "LicenseRef-Research"]
    rows = [_gate_row(draw, licence) for licence in known]
    rows += [_gate_row(draw, "CC-BY-4.0", faces=draw.randint(1, 3)), _gate_row(draw, "CC0-1.0", faces=1)]
    rows[-1]["consent"] = draw.choice(["signed on 2026-03-02", "口头同意，有录音"])
    told_only = _gate_row(draw, draw.choice(["free, from a forum", "网上下载，说是免费"]))
    silent, empty = _gate_row(draw, "CC0-1.0"), _gate_row(draw, "CC0-1.0")
    for use in USES:
        told_only[f"may_{use}"] = True
        del silent[f"may_{use}"]
        empty[f"may_{use}"] = None
    rows += [told_only, silent, empty]
    draw.shuffle(rows)
    return [row | {"file": f"{number}-{row['file']}"} for number, row in enumerate(rows, 1)]


def _gate_row(draw: random.Random, licence: str, faces: int = 0) -> dict[str, Any]:
    rights = asset("footage", draw.choice(FILES), "", "", licence)
    answers = {f"may_{use}": rights.may(use) for use in USES}
    return {"file": rights.file, "licence": licence, **answers, "faces": faces, "consent": ""}


def _may_pass(row: dict[str, Any], use: str) -> bool:
    allowed = row["licence"] in licences() and row.get(f"may_{use}") is True
    return allowed and not (use == "train" and row["faces"] > 0 and not row["consent"])


def _look_at_gate(name: str, rows: list[dict[str, Any]], use: str, came: Any) -> None:
    want_files(name, came, len(rows), ("rows", "行"))
    right = {row["file"] for row in rows if _may_pass(row, use)}
    if set(came) == {row["file"] for row in rows} - right:
        raise Wrong(
            "These are the ones that the gate stops: return those that pass.", "这些是被拦下的；要返回的是放行的。"
        )
    if let_in := [row for row in rows if row["file"] in came and row["file"] not in right]:
        raise _let_in(min(let_in, key=lambda row: row.get(f"may_{use}") is not False), use)  # a plain no comes first
    if kept_out := [row for row in rows if row["file"] in right and row["file"] not in came]:
        raise _kept_out(min(kept_out, key=lambda row: row["faces"]), use)
    if unknown := [file for file in came if file not in right]:
        raise Wrong(f"No row has the name {shown(unknown[0])}.", f"没有哪一行叫 {shown(unknown[0])}。", came=unknown)


def _let_in(row: dict[str, Any], use: str) -> Wrong:
    key = f"may_{use}"
    if row["licence"] not in licences():
        return Wrong(
            "The lab does not know this licence, so nobody can look up what it allows.",
            "实验室不认得这个授权，谁也没法核实它允许什么。", came=row,
        )  # fmt: skip
    if row.get(key) is None:
        return Wrong(
            f"Nobody answered {key} here: no answer counts as no.",
            f"这里没有人回答过 {key}：没说可以，就当不可以。",
            came=row,
        )
    if row[key] is False:
        return Wrong(
            f"The gate was asked for '{use}', and {key} is False here.",
            f"这次问的用途是 '{use}'，而这里的 {key} 是 False。", came=row,
        )  # fmt: skip
    return Wrong(
        "A face is seen in it and consent is empty: it may not be used to train.",
        "画面里有人脸，consent 却是空的：不能用于训练。", came=row,
    )  # fmt: skip


def _kept_out(row: dict[str, Any], use: str) -> Wrong:
    if row["faces"] and use != "train":
        return Wrong(
            f"Faces are asked about only for training; the use here is '{use}'.",
            f"只有用于训练时才要看人脸；这次的用途是 '{use}'。", came=row,
        )  # fmt: skip
    if row["faces"]:
        return Wrong(
            "The person in it agreed, as consent says: it may pass.", "consent 写明本人同意了：可以放行。", came=row
        )
    return Wrong("This one has the right and is stopped all the same.", "这一件有权利，却被拦下了。", came=row)


def check_licence_of(answer: Answer, seed: int) -> Words | None:
    """01.2: the licence of a file from its own JSON, else its row in credits.csv, else LICENSE, else nothing."""
    draw = random.Random(f"sidecar {seed}")
    file, other, third = draw.sample(FILES, 3)
    own, listed, whole, wrong = draw.sample(["CC BY 4.0", "CC0", "CC BY-SA 4.0", "CC BY-NC 4.0", "MIT", "自摄"], 4)
    side = json.dumps({"author": draw.choice(NAMES), "licence": own}, ensure_ascii=False)
    mute = json.dumps({"author": draw.choice(NAMES), "title": "a day"}, ensure_ascii=False)
    rows = [(other, "Kim", wrong), (file, draw.choice(QUOTED), listed)]
    first, second = (_sheet(rows, columns) for columns in draw.sample(COLUMNS, 2))
    elsewhere = _sheet([(other, "Kim", wrong), (third, "Mei", wrong)], COLUMNS[0])
    name = f"{file.rpartition('.')[0]}.json"
    cases = [
        ({name: side, "credits.csv": first, "LICENSE": whole}, own, "json"),
        ({"credits.csv": first, "LICENSE": whole}, listed, "csv"),
        ({name: mute, "credits.csv": second}, listed, "mute"),
        ({"credits.csv": elsewhere, "LICENSE": f"{whole}\n"}, whole, "license"),
        ({f"{other.rpartition('.')[0]}.json": side, "credits.csv": elsewhere}, "", "none"),
        ({}, "", "none"),
    ]
    for texts, right, case in cases:
        came = answer.call(file, texts)
        if not isinstance(came, str):
            kind = kind_of(came)
            raise Wrong(f"The licence is a text, this is {kind.en}.", f"授权应当是文本，这里是{kind.zh}。", right, came)
        if came.strip() != right:
            raise _wrong_licence(file, came.strip(), right, case, (listed, whole, wrong))
    return Words("You always know whose word counts.", "谁说了算，你分得清清楚楚。")


def _sheet(rows: list[tuple[str, str, str]], columns: tuple[str, ...]) -> str:
    out = io.StringIO()
    table = csv.DictWriter(out, columns, lineterminator="\n")
    table.writeheader()
    table.writerows({"file": file, "author": by, "licence": licence, "title": "a day"} for file, by, licence in rows)
    return out.getvalue()


def _wrong_licence(file: str, came: str, right: str, case: str, told: tuple[str, str, str]) -> Wrong:
    listed, whole, another = told
    if case == "none":
        en, zh = f"Nobody speaks of {file} here: return an empty text.", f"这里没有谁提到 {file}：应当返回空字符串。"
    elif came == another:
        en, zh = "That is what another file's row says.", "那是别的文件那一行写的。"
    elif case == "json" and came in (listed, whole):
        en = "What stands in the file's own JSON counts before credits.csv and LICENSE."
        zh = "文件自己的 JSON 最优先，然后才是 credits.csv 和 LICENSE。"
    elif case == "csv" and came == whole:
        en = "credits.csv names this very file: that counts before the LICENSE of the whole folder."
        zh = "credits.csv 点名说了这个文件：比整个文件夹的 LICENSE 优先。"
    elif case == "mute" and not came:
        en = "The JSON says nothing of a licence, so look further: credits.csv has a row for this file."
        zh = "JSON 里没说授权，就接着往下找：credits.csv 里有这个文件的一行。"
    elif case == "csv" and not came:
        en = "credits.csv has a row for this file, and it was not read."
        zh = "credits.csv 里有这个文件的一行，却没读到。"
    elif case == "license" and not came:
        en = "Nobody speaks of this file, but a LICENSE lies in the folder: it counts for all that lies there."
        zh = "没有谁单独提到这个文件，但文件夹里有 LICENSE：它对整个文件夹都有效。"
    else:
        en = (
            "This is not the column `licence`: columns come in any order, and a comma may stand inside quotation marks."
        )
        zh = "这不是 licence 那一列：列的顺序不固定，引号里面还可能有逗号。"
    return Wrong(en, zh, right, came)


BITS = 128  # of a mark
NEAR, FAR = 14, 51  # bits: planted copies differ in up to NEAR, others in FAR or more, as real ones do


def check_find_copies(answer: Answer, seed: int) -> Words | None:
    """01.3: every two marks compared once, with a limit between copies (11 % of bits) and strangers (40 %)."""
    draw = random.Random(f"copies {seed}")
    for _ in range(3):
        marks, right = _marks(draw)
        came = answer.call(marks)
        _look_at_copies(answer.name, marks, right, came)
    return Words("All copies found, and no stranger accused.", "副本都找到了，也没有冤枉谁。")


def _marks(draw: random.Random) -> tuple[dict[str, str], set[frozenset[str]]]:
    """Marks by name: three with a copy each, one that looks alike to a degree, and strangers, in any order."""
    names = draw.sample([f"{chr(97 + i)}{n}.mp4" for i in range(12) for n in (1, 2)], 10)
    copies = {frozenset((names[at], names[at + 6])) for at in range(3)}
    while True:
        own = [[draw.randint(0, 1) for _ in range(BITS)] for _ in range(6)]
        for at, count in enumerate((0, draw.randint(4, 9), NEAR, draw.randint(FAR, FAR + 4))):
            flipped = set(draw.sample(range(BITS), count))
            own.append([bit ^ (i in flipped) for i, bit in enumerate(own[at])])
        marks = {name: "".join(map(str, bits)) for name, bits in zip(names, own, strict=True)}
        pairs = itertools.combinations(names, 2)
        if all(_apart(marks[a], marks[b]) >= FAR for a, b in pairs if frozenset((a, b)) not in copies):
            break
    order = [name for name in draw.sample(names, len(names)) if name not in (names[0], names[6])]
    order = [names[0], *order, names[6]]  # the same one, far apart
    return {name: marks[name] for name in order}, copies


def _apart(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=True))


def _look_at_copies(name: str, marks: dict[str, str], right: set[frozenset[str]], came: Any) -> None:
    if not isinstance(came, list | tuple | set):
        want_list(name, came, len(right), ("pairs", "对"))
    pairs = list(came)
    if odd := [p for p in pairs if not isinstance(p, tuple | list | set | frozenset) or len(p) != 2]:
        raise Wrong("A list of pairs is asked for, such as (a, b).", "要返回成对的名字，例如 (a, b)。", came=odd[0])
    sets = [frozenset(map(str, pair)) for pair in pairs]
    if itself := [pair for pair in sets if len(pair) == 1]:
        raise Wrong(
            "A clip is no copy of itself: compare it with the others only.",
            "自己不算自己的副本：只和别的比。",
            came=list(itself[0]),
        )
    if len(set(sets)) < len(sets):
        raise Wrong(
            "A pair stands there twice: (a, b) and (b, a) are the same.",
            "同一对出现了两次：(a, b) 和 (b, a) 是一回事。",
            came=pairs,
        )
    if unknown := [pair for pair in sets if not pair <= set(marks)]:
        raise Wrong(
            "These are not names of marks: pairs of names are asked for.",
            "这不是 marks 里的名字：要返回名字组成的对。",
            came=list(unknown[0]),
        )
    false = [pair for pair in sets if pair not in right]
    if false:
        far = _apart(*(marks[n] for n in false[0]))
        raise Wrong(
            f"{' and '.join(sorted(false[0]))} are no copies: {far} of {BITS} bits differ ({far / BITS:.0%}). "
            f"Your limit is too large.",
            f"{'和'.join(sorted(false[0]))} 不是副本：{BITS} 位里有 {far} 位不同（{far / BITS:.0%}）。界限定得太宽了。",
        )
    missed = sorted(right - set(sets), key=lambda pair: _apart(*(marks[n] for n in pair)))
    if not missed:
        return
    a, b = sorted(missed[0])
    near = _apart(marks[a], marks[b])
    if near == 0:
        raise Wrong(
            f"{a} and {b} have the same mark and were not compared: look at every two, not only at neighbours.",
            f"{a} 和 {b} 的指纹完全一样，却没有比过：每两个都要比，不能只比相邻的。",
        )
    raise Wrong(
        f"{a} and {b} are copies and were missed: {near} of {BITS} bits differ ({near / BITS:.0%}). "
        f"Your limit is too small.",
        f"漏掉了一对副本 {a} 和 {b}：{BITS} 位里有 {near} 位不同（{near / BITS:.0%}）。界限定得太严了。",
    )


TASKS = [
    Task(
        "01.1", "The gate", "授权关口", 3, check_gate,
        (
            (
                "The key is made of the use: row.get(f'may_{use}'); None comes when nobody answered.",
                "键名由用途拼出来：row.get(f'may_{use}')；没人回答过时得到 None。",
            ),
            (
                "`from aigc_lab.rights import licences`: a licence is known when it is in licences().",
                "`from aigc_lab.rights import licences`：在 licences() 里的才是认得的授权。",
            ),
            (
                "One more condition, only when use == 'train': no faces, or a consent that is not empty.",
                "只有 use == 'train' 时再加一条：没有人脸，或者 consent 不为空。",
            ),
        ),
        takes=("rows", "use"),
    ),
    Task(
        "01.2", "Whose word counts?", "谁说了算？", 3, check_licence_of,
        (
            (
                "texts.get('credits.csv', '') is an empty text when the file is not there.",
                "文件不存在时，texts.get('credits.csv', '') 给出空字符串。",
            ),
            (
                "The name without its ending: file.rpartition('.')[0]. json.loads(text).get('licence', '') is next.",
                "去掉扩展名：file.rpartition('.')[0]。再用 json.loads(text).get('licence', '')。",
            ),
            (
                "for row in csv.DictReader(text.splitlines()): it knows the columns and the quotation marks.",
                "for row in csv.DictReader(text.splitlines())：列名和引号它都会处理。",
            ),
        ),
        takes=("file", "texts"),
    ),
    Task(
        "01.3", "Find the copies", "找出副本", 3, check_find_copies,
        (
            (
                "Look at the printed rows: your limit lies between the largest of one and the smallest of the other.",
                "看看打印出来的两行数：界限就在一行的最大值和另一行的最小值之间。",
            ),
            (
                "sum(x != y for x, y in zip(a, b)) counts the places where two texts differ.",
                "sum(x != y for x, y in zip(a, b)) 数出两段文本有几处不同。",
            ),
            (
                "itertools.combinations(marks, 2) gives every two names once.",
                "itertools.combinations(marks, 2) 把每两个名字恰好给出一次。",
            ),
        ),
        takes=("marks",),
    ),
]  # fmt: skip
