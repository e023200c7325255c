"""Lesson 01, the second half: the credit line that CC BY asks for, and a downloader with manners."""

import random
from typing import Any

from aigc_lab.course.answers import Answer, Wrong, kind_of
from aigc_lab.course.page import Words
from aigc_lab.course.tasks import Task
from aigc_lab.rights import licences

TRIES = 4  # requests at most
TOO_MANY = 40  # requests after which the server of the check hangs up
TITLES = ("Waves at dusk", "Rain on a tin roof", "夜里的码头", "Tea is poured", "雪后的长城")
AUTHORS = ("Mei Lin", "Ann O'Neill", "阿青", "danielbuechele", "Kofi A.")
CHANGES = ("cut to 5 s", "made grey", "裁成竖屏", "slowed down")


def check_credit_line(answer: Answer, seed: int) -> Words | None:
    """01.4: title, author, address, name and link of the licence, and what was changed, in one line."""
    draw = random.Random(f"credit {seed}")
    kinds = [licence for licence in licences().values() if licence.credit and licence.url]
    for untitled, changed in ((False, True), (False, False), (True, True)):
        work = {
            "title": "" if untitled else draw.choice(TITLES), "author": draw.choice(AUTHORS),
            "address": f"https://example.org/works/{draw.randint(100, 999)}", "licence": draw.choice(kinds).id,
            "changes": draw.choice(CHANGES) if changed else "",
        }  # fmt: skip
        line = answer.call(work)
        _look_at_line(line, work)
    return Words("Whoever reads this line finds author and licence.", "看到这一行，谁都能找到作者和授权。")


def _look_at_line(line: Any, work: dict[str, str]) -> None:
    if not isinstance(line, str):
        kind = kind_of(line)
        raise Wrong(f"A line of text is asked for, this is {kind.en}.", f"要一行文字，这里是{kind.zh}。", came=line)
    if "\n" in line.strip():
        raise Wrong("One line is asked for: no line breaks.", "只要一行：不要换行。", came=line)
    if any(mark in line for mark in ("{", "'title'", '"title"')):
        raise Wrong(
            "This is a dict printed as it is: write a line that a viewer would like to read.",
            "这是把字典原样打印出来了：请写成观众愿意读的一行。", came=line,
        )  # fmt: skip
    known = licences()[work["licence"]]
    wanted = {
        "title": (work["title"], "The title is missing.", "缺少标题。"),
        "author": (work["author"], "The author is missing: BY stands for that.", "缺少作者：BY 要求的正是署名。"),
        "address": (work["address"], "Where did it come from? Its address is missing.", "从哪里来的？缺少地址。"),
        "name": (known.name, "The usual name of the licence is missing.", "缺少授权的通用名称。"),
        "link": (known.url, "The link to the text of the licence is missing.", "缺少授权全文的链接。"),
        "changes": (
            work["changes"],
            "It was changed, and the line does not say how: CC BY asks for that too.",
            "作品被改动过，这一行却没有写明：CC BY 也要求说明改动。",
        ),
    }  # fmt: skip
    for text, en, zh in wanted.values():
        if text and text not in line:
            raise Wrong(en, zh, text, line)
    if not work["title"] and any(empty in line for empty in ('""', "“”", "''", "《》", "None")):
        raise Wrong(
            "The work has no title: leave it out, quotation marks and all.",
            "作品没有标题：连引号、书名号一起省掉。", came=line,
        )  # fmt: skip
    if not work["changes"] and any(
        word in line.lower() for word in ("none", "changes:", "changed:", "改动：", "改动:")
    ):
        raise Wrong("Nothing was changed, so nothing is to be said of it.", "没有改动，就不用提。", came=line)


class _Host:
    """A server by a script of (code, seconds to wait or None); repeats its last answer. Stands for `ask` and `wait`."""

    def __init__(self, script: list[tuple[int, int | None]]) -> None:
        self.script, self.events = script, []

    def __deepcopy__(self, _: object) -> "_Host":
        return self

    def __repr__(self) -> str:
        return "ask (" + ", ".join(f"{c}" + (f" wait {s}" if s else "") for c, s in self.script) + ")"

    def __call__(self) -> tuple[int, dict[str, str]]:
        asked = self.events.count("ask")
        if asked >= TOO_MANY:
            raise ConnectionError("the server hung up")
        self.events.append("ask")
        code, seconds = self.script[min(asked, len(self.script) - 1)]
        return code, {} if seconds is None else {"Retry-After": str(seconds)}


class _Wait:
    """Stands for `wait`: notes the seconds in the host's list instead of waiting."""

    def __init__(self, host: _Host) -> None:
        self.host = host

    def __deepcopy__(self, _: object) -> "_Wait":
        return self

    def __repr__(self) -> str:
        return "wait"

    def __call__(self, seconds: float) -> None:
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise TypeError(f"wait takes a number of seconds, not {type(seconds).__name__}")
        self.host.events.append(float(seconds))


def check_polite_get(answer: Answer, seed: int) -> Words | None:
    """01.5: waits as long as the host says, gives up after TRIES requests, and takes a 404 for an answer."""
    draw = random.Random(f"polite {seed}")
    wait = draw.randint(3, 9)
    scripts: list[list[tuple[int, int | None]]] = [
        [(200, None)], [(404, None), (200, None)], [(403, None), (200, None)], [(429, wait), (200, None)],
        [(503, None), (503, None), (200, None)], [(429, wait), (404, None), (200, None)],
        [(429, draw.randint(2, 4))], [(503, 2), (429, wait), (503, 1), (200, None)],
    ]  # fmt: skip
    for script in scripts:
        host = _Host(script)
        try:
            came = answer.call(host, _Wait(host))
        except Wrong as wrong:
            if host.events.count("ask") < TOO_MANY and wrong.status != "untouched":
                _look_at_manners(script, host.events, ...)
            elif host.events.count("ask") >= TOO_MANY:
                raise _greedy() from None
            raise
        _look_at_manners(script, host.events, came)
    return Words("Every host would be glad of such a visitor.", "这样的访客，哪个网站都欢迎。")


def _greedy() -> Wrong:
    return Wrong(
        f"It goes on asking for ever: after {TRIES} requests it is time to give up.",
        f"它没完没了地请求：请求满 {TRIES} 次就该放弃了。",
    )


def _look_at_manners(script: list[tuple[int, int | None]], events: list[Any], came: Any) -> None:
    asked = events.count("ask")
    answers = [script[min(i, len(script) - 1)] for i in range(max(asked, 1))]
    final = [code not in (429, 503) for code, _ in answers]
    if True in final[:-1]:
        code = answers[final.index(True)][0]
        raise Wrong(
            f"{code} is an answer, and it asked again: what is not there will not come by asking.",
            f"{code} 已经是回答了，它却又请求了一次：没有的东西，再问也不会有。",
        )
    if asked > TRIES:
        raise _greedy()
    for at, (code, seconds) in enumerate(answers[: asked - 1]):
        waited = _waited(events, at)
        least = 1 if seconds is None else seconds
        if waited < least:
            told = "1 s when the host says nothing" if seconds is None else f"Retry-After says {seconds} s"
            told_zh = "对方没说时等 1 秒" if seconds is None else f"Retry-After 要求等 {seconds} 秒"
            raise Wrong(f"Too soon after a {code}: {told}.", f"收到 {code} 之后问得太早：{told_zh}。", least, waited)
    if came is ...:  # it stopped with an error, which says more
        return
    if asked == 0:
        raise Wrong("It never asks: call ask().", "一次都没有请求：请调用 ask()。")
    if not final[-1] and asked < TRIES:
        raise Wrong(
            f"It gives up after {asked} of {TRIES} requests: this trouble may pass.",
            f"只请求了 {asked} 次就放弃（最多 {TRIES} 次）：这种问题可能过一会儿就好。",
        )
    if _waited(events, asked - 1) > 0:
        raise Wrong("It waits after its last request: nobody gains by that.", "最后一次请求之后还在等：白等了。")
    if came != answers[-1][0] or isinstance(came, bool):
        raise Wrong("Return the code of the last answer.", "请返回最后一次应答的代码。", answers[-1][0], came)


def _waited(events: list[Any], at: int) -> float:
    """The seconds between request `at` (from 0) and the next."""
    asks = [i for i, event in enumerate(events) if event == "ask"]
    end = asks[at + 1] if at + 1 < len(asks) else len(events)
    return sum(events[asks[at] + 1 : end])


TASKS = [
    Task(
        "01.4", "The credit line", "署名行", 2, check_credit_line,
        (
            (
                "`from aigc_lab.rights import licences`: licences()[work['licence']] has a name and a url.",
                "`from aigc_lab.rights import licences`：licences()[work['licence']] 有 name 和 url。",
            ),
            (
                "Collect the parts in a list, leave out the empty ones, then ', '.join(parts).",
                "把各部分放进列表，去掉空的，再用 '，'.join(parts) 连起来。",
            ),
        ),
        takes=("work",),
    ),
    Task(
        "01.5", "A visitor with manners", "有礼貌的下载", 3, check_polite_get,
        (
            (
                "for attempt in range(4) instead of while True: then it ends by itself.",
                "用 for attempt in range(4) 代替 while True：它就会自己停下来。",
            ),
            (
                "Only 429 and 503 are worth another try: return every other code at once.",
                "只有 429 和 503 值得再试：其余的代码一律马上返回。",
            ),
            (
                "float(headers.get('Retry-After', 1)) is the time to wait; not after the fourth request.",
                "要等的时间是 float(headers.get('Retry-After', 1))；第四次请求之后就不用等了。",
            ),
        ),
        takes=("ask", "wait"),
    ),
]  # fmt: skip
