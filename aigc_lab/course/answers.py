"""What a check does with an answer: call it, look at what came, and say in both languages what is not right yet."""

import hashlib
import inspect
import math
import reprlib
import types
from collections.abc import Callable, Sequence
from typing import Any

from aigc_lab.course.guard import NoKeyboard, Opaque, Outcome, TooMuch, call, plain
from aigc_lab.course.page import Words

SECONDS = 4.0  # for all calls of one check together
KINDS = {  # what a person calls a type
    "NoneType": ("nothing (None)", "空值 None"), "str": ("a text", "一段文本"), "bool": ("True or False", "一个布尔值"),
    "int": ("a number", "一个数"), "float": ("a number", "一个数"), "list": ("a list", "一个列表"),
    "tuple": ("a tuple", "一个元组"), "dict": ("a dict", "一个字典"), "set": ("a set", "一个集合"),
    "generator": ("a generator", "一个生成器"), "coroutine": ("a coroutine (async)", "一个协程（async）"),
    "function": ("a function", "一个函数"), "type": ("a class", "一个类"),
}  # fmt: skip


class Wrong(Exception):
    """An answer is not right: a sentence that helps, in both languages.

    expected, came: values to show below it, ... for none; status: wrong, untouched (not written yet) or misused (the
    check was called in a way that says nothing about the answer).
    """

    def __init__(
        self, en: str, zh: str, expected: object = ..., came: object = ..., status: str = "wrong", printed: str = ""
    ) -> None:
        super().__init__(en)
        self.message, self.status, self.printed = Words(en, zh), status, printed
        self.expected = "" if expected is ... else shown(expected)
        self.came = "" if came is ... else shown(came)


def shown(value: object, most: int = 160) -> str:
    """A value as code, short enough to read."""
    short = reprlib.Repr()
    short.maxdict = short.maxlist = short.maxtuple = 8
    short.maxstring = short.maxother = 80
    try:
        text = f"{value:.6g}" if type(value) is float else short.repr(value)
    except Exception:  # a whole number of more than 4,300 digits has no text
        text = f"<{type(value).__name__}>"
    return text if len(text) <= most else text[: most - 1] + "…"


def kind_of(value: object) -> Words:
    """What a person calls the type of a plain value."""
    name = value.kind if isinstance(value, Opaque) else type(value).__name__
    return Words(*KINDS.get(name, (f"a {name}", f"一个 {name}")))


class Answer:
    """What a student handed in, ready to be looked at.

    name: what to call it; value: itself as plain data when it is no function; takes: names of a function's arguments.
    """

    def __init__(self, answer: object, task_id: str, takes: Sequence[str] = ()) -> None:
        self.takes, self.left = tuple(takes), SECONDS
        self.name, self.value, self.function = "", None, None
        if takes:
            self.function = _function(answer, task_id, self.takes)
            self.name = _name(answer)
        else:
            if callable(answer):
                raise Wrong(
                    f'This task wants the answer itself, not a function: check("{task_id}", answer).',
                    f'这道题要的是答案本身，不是函数：check("{task_id}", answer)。', status="misused",
                )  # fmt: skip
            self.value = _plain_or_wrong(answer)

    def call(self, *args: Any) -> Any:
        """What the function gives for a copy of `args`, as plain data.

        Raises Wrong when it stops with an error, takes too long, changes what it was given, or returns nothing useful.
        """
        outcome = call(self.function, args, max(self.left, 0.2))
        self.left -= outcome.seconds
        self.printed = outcome.printed
        try:
            self._judge(outcome, args)
        except Wrong as wrong:
            wrong.printed = outcome.printed
            raise
        return outcome.value

    def _judge(self, outcome: Outcome, args: tuple[Any, ...]) -> None:
        if outcome.late or not outcome.ended:
            raise _late(self.name, outcome, self._given(args))
        if outcome.error is not None:
            raise _stumbled(self.name, outcome, self._given(args))
        if outcome.given != plain(args):
            raise Wrong(
                f"{self.name} changes what it is given: make a new list or dict, leave the argument as it was.",
                f"{self.name} 改动了传进来的数据：请另建一个列表或字典，不要修改参数。",
                args[0] if len(args) == 1 else args, outcome.given[0] if len(args) == 1 else outcome.given,
            )  # fmt: skip
        if outcome.value is None and outcome.printed:
            raise Wrong(
                f"{self.name} prints its answer but returns nothing: use return instead of print.",
                f"{self.name} 只打印了结果，没有返回：请把 print 换成 return。",
            )
        if outcome.value is None:
            raise Wrong(
                f"{self.name} returns nothing (None): does every way through it end with a return?",
                f"{self.name} 没有返回任何东西（None）：是不是每条分支最后都有 return？",
            )

    def _given(self, args: tuple[Any, ...]) -> str:
        return ", ".join(f"{name}={shown(arg, 100)}" for name, arg in zip(self.takes, args, strict=True))


def _function(answer: object, task_id: str, takes: tuple[str, ...]) -> Callable[..., Any]:
    if isinstance(answer, type):
        raise Wrong(
            f'{answer.__name__} is a class: this task wants a function, check("{task_id}", my_function).',
            f'{answer.__name__} 是一个类；这道题要的是函数：check("{task_id}", my_function)。', status="misused",
        )  # fmt: skip
    if not callable(answer):
        kind = kind_of(_plain_or_wrong(answer))
        raise Wrong(
            f'You handed in {kind.en}. Hand in the function itself, by its name and without brackets: '
            f'check("{task_id}", my_function).',
            f'你交上来的是{kind.zh}。请交函数本身，只写函数名、不加括号：check("{task_id}", my_function)。',
            came=_plain_or_wrong(answer), status="misused",
        )  # fmt: skip
    try:
        inspect.signature(answer).bind(*takes)
    except TypeError:
        raise _arity(answer, takes) from None
    except Exception:
        return answer  # some functions written in C do not tell; the call will
    return answer


def _name(function: object) -> str:
    """What a function calls itself, "lambda" for one without a name; the class of an object that does not say."""
    try:
        named = getattr(function, "__name__", "").strip("<>")
    except Exception:  # an object may answer every question with an error
        named = ""
    return named if isinstance(named, str) and named.isidentifier() else type(function).__name__


def _arity(function: Callable[..., Any], takes: tuple[str, ...]) -> Wrong:
    name = _name(function)
    own = list(inspect.signature(function).parameters)
    what = f"{len(own)} argument{'s' * (len(own) != 1)}" + (f" ({', '.join(own)})" if own else "")
    return Wrong(
        f"{name} takes {what}, the check gives {len(takes)}: {' and '.join(takes)}.",
        f"{name} 有 {len(own)} 个参数{'（' + '、'.join(own) + '）' if own else ''}，"
        f"检查时会传 {len(takes)} 个：{'、'.join(takes)}。",
    )


def _plain_or_wrong(answer: object) -> Any:
    try:
        return plain(answer)
    except Exception:
        raise Wrong("The answer is too large to be looked at.", "答案太大，没法检查。") from None


def _late(name: str, outcome: Outcome, given: str) -> Wrong:
    more = ("", "") if outcome.ended else (
        " It could not be stopped and still runs: if the computer gets slow, restart the kernel.",
        "它停不下来，还在后台运行；如果电脑变慢，请重启内核。",
    )  # fmt: skip
    return Wrong(
        f"{name} did not finish within {SECONDS:.0f} seconds, called with {given}. "
        f"Is there a loop that never ends?{more[0]}",
        f"{name} 在 {SECONDS:.0f} 秒内没有算完，调用时传入 {given}。是不是有停不下来的循环？{more[1]}",
    )


def _stumbled(name: str, outcome: Outcome, given: str) -> Wrong:
    error, words = outcome.error, outcome.words
    if error is NotImplementedError:
        return Wrong(
            f"{name} is not written yet: put your own lines where it says raise NotImplementedError.",
            f"{name} 还没有写：请把 raise NotImplementedError 那一行换成你自己的代码。", status="untouched",
        )  # fmt: skip
    if error is NoKeyboard:
        return Wrong(
            f"{name} asks with input(): take what you need from its arguments, nobody sits at the keyboard here.",
            f"{name} 里用了 input()：需要的东西都在参数里，检查时没有人在键盘前输入。",
        )
    if error is TooMuch:
        return Wrong(f"{name} returns far too much to be right.", f"{name} 返回的内容多得不对劲。")
    if error is RecursionError:
        return Wrong(
            f"{name} calls itself again and again without an end, called with {given}.",
            f"{name} 不停地调用自己，没有尽头；调用时传入 {given}。",
        )
    where = f" in line {outcome.line} ({outcome.source})" if outcome.line else ""
    where_zh = f"第 {outcome.line} 行（{outcome.source}）" if outcome.line else ""
    return Wrong(
        f"{name} stopped{where} with {words}. It was called with {given}.",
        f"{name} {where_zh}运行出错：{words}。调用时传入 {given}。",
    )


def want_list(name: str, came: Any, length: int, each: tuple[str, str]) -> list[Any]:
    """The answer as a list of `length`; `each` says in both languages what it has one entry for. Raises Wrong."""
    if isinstance(came, Opaque) and came.kind in {"generator", "map", "filter", "zip"}:
        raise Wrong(
            f"{name} returns a {came.kind}, which gives its values only once: put list(...) around it.",
            f"{name} 返回的是 {came.kind}，只能取一遍：请用 list(...) 包起来。",
        )
    if not isinstance(came, list | tuple):
        kind = kind_of(came)
        raise Wrong(
            f"{name} returns {kind.en}, the check expects a list.", f"{name} 返回的是{kind.zh}，应当返回列表。",
            came=came,
        )  # fmt: skip
    if len(came) != length:
        raise Wrong(
            f"{name} returns {len(came)} values for {length} {each[0]}: give one for each, in the same order.",
            f"给了 {length} {each[1]}，{name} 却返回 {len(came)} 个值：请按原来的顺序一一对应。", came=came,
        )  # fmt: skip
    return list(came)


def want_files(name: str, came: Any, length: int, each: tuple[str, str]) -> None:
    """Let file names pass: a list, tuple or set of any length; `length` and `each` as in `want_list`. Raises Wrong."""
    if not isinstance(came, list | tuple | set):
        want_list(name, came, length, each)
    odd = [part for part in came if not isinstance(part, str)]
    if odd:
        kind = kind_of(odd[0])
        raise Wrong(
            f"The list holds {kind.en}; only the names are asked for: row['file'].",
            f"列表里出现了{kind.zh}；只要文件名：row['file']。", came=odd[0],
        )  # fmt: skip


def want_number(name: str, value: Any) -> float:
    """A number that is not NaN. Raises Wrong."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        kind = kind_of(value)
        raise Wrong(
            f"{name} gives {kind.en} where a number belongs.", f"{name} 在该给数字的地方给了{kind.zh}。", came=value
        )
    if value != value:
        raise Wrong(
            f"{name} gives NaN, which is no number: look for 0/0 or inf - inf.",
            f"{name} 给出了 NaN（不是数）：看看有没有 0/0 或 inf - inf。",
        )
    try:
        return float(value)
    except OverflowError:  # a whole number beyond 1e308
        return math.inf if value > 0 else -math.inf


def fingerprint(answer: object) -> str:
    """Twelve letters that stay the same as long as the answer's code or value does; comments do not count."""
    try:
        code = getattr(answer, "__code__", None)
        text = repr(_code(code) if isinstance(code, types.CodeType) else plain(answer))
    except Exception:
        text = type(answer).__name__
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def _code(code: types.CodeType) -> tuple[object, ...]:
    consts = [_code(c) if isinstance(c, types.CodeType) else c for c in code.co_consts]
    consts = [sorted(map(repr, c)) if isinstance(c, frozenset) else c for c in consts]  # sets have no fixed order
    return code.co_code, consts, code.co_names, code.co_varnames
