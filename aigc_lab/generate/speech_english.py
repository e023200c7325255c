"""How English reads what is written in digits and signs: a list of rules (pattern, what is said), tried in order.

Dates, times, units, abbreviations and Roman numerals are hibari's; money, years, versions and shares are ours.
"""

import re
from fractions import Fraction
from importlib import import_module

from hibari.g2p import numbers

hibari = import_module("hibari.g2p.normalize")  # the package hides its module behind a function of the same name

_N = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])|[0-9]+(?:\.[0-9]+)?"
_ALONE = r"(?<![0-9A-Za-z.])"
_OVER = r"(?![0-9A-Za-z])"
_BIG = {"k": "thousand", "m": "million", "b": "billion", "bn": "billion"}
_MONEY = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny"), "¥": ("yuan", "fen")}
_MORE_UNITS = {"g": "gram", "m": "meter", "L": "liter", "s": "second", "h": "hour", "W": "watt", "V": "volt",
               "dB": "decibel", "kcal": "kilocalorie", "px": "pixel"}  # fmt: skip
SIGNS = {
    "&": " and ", "=": " equals ", "+": " plus ", "×": " times ", "÷": " divided by ", "%": " percent ", "/": " ",
    "\n": " ",
    "°": " degrees ", "≈": " about ", "~": " about ", "≥": " at least ", "≤": " at most ", ">": " more than ",
    "<": " less than ",
    "–": ", ", "|": ", ", "_": " ", "^": " ", "(": ", ", ")": ", ", "[": ", ", "]": ", ", "，": ", ", "。": ". ",
    "！": "! ", "？": "? ", "：": ": ", "；": "; ", "、": ", ",
}  # fmt: skip


def number(text: str) -> str:
    """ "1,200.5" -> "one thousand two hundred point five"; leading zeros and over 30 digits are read one by one."""
    whole, _, part = text.replace(",", "").partition(".")
    if len(whole) > 30 or (len(whole) > 1 and whole[0] == "0"):
        said = _digits(whole)
    else:
        said = numbers.cardinal(int(whole or 0)).replace(",", "")
    return f"{said} point {_digits(part)}" if part else said


def fraction(value: float) -> str:
    """0.75 -> "three quarters"."""
    exact = Fraction(value).limit_denominator(100)
    whole, rest = divmod(exact.numerator, exact.denominator)
    said = _words(hibari.normalize(f"{rest}/{exact.denominator}")) if rest else ""
    return " and ".join(part for part in (number(str(whole)) if whole or not rest else "", said) if part)


def _digits(text: str) -> str:
    return " ".join(numbers.ONES[int(c)] for c in text if c.isdigit())


def _words(text: str) -> str:
    """What hibari leaves in digits, in words: ordinals, years, numbers."""
    text = re.sub(r"(?<![0-9A-Za-z])-(?=[0-9])", "minus ", text)
    text = re.sub(r"([0-9]+)(?:st|nd|rd|th)\b", lambda m: numbers.ordinal(int(m[1][:30])).replace(",", ""), text)
    text = re.sub(r"(?<![0-9.,])(1[1-9]|20)[0-9]{2}(?![0-9.,]*[0-9])", lambda m: numbers.year(int(m[0])), text)
    return re.sub(_N, lambda m: number(m[0]), text)


def _by_hibari(match: re.Match) -> str:
    return _words(hibari.normalize(match[0]))


def _money(match: re.Match) -> str:
    large, small = _MONEY[match[1]]
    amount, scale = match[2], (match[3] or "").lower()
    if scale:
        return f"{number(amount)} {_BIG.get(scale, scale)} {large}s"
    whole, _, cents = amount.replace(",", "").partition(".")
    plural = large + ("" if whole == "1" or large == "yuan" else "s")
    if len(cents) == 2 and int(cents) and large != "yuan":
        coins = {"penny": "pence"}.get(small, small + "s") if int(cents) != 1 else small
        return " and ".join(
            ([f"{number(whole)} {plural}"] if int(whole) else []) + [f"{number(str(int(cents)))} {coins}"]
        )
    return f"{number(amount if cents.strip('0') else whole)} {large if amount == '1' else plural}"


def _share(match: re.Match) -> str:
    sign = "minus " if match[1] else ""
    return sign + number(match[2]) + (f" to {number(match[3])}" if match[3] else "") + " percent"


def _unit(match: re.Match) -> str:
    name = _MORE_UNITS[match[2]]
    return f"{number(match[1])} {name}{'' if match[1] == '1' else 's'}"


def _range_with_unit(match: re.Match) -> str:
    return f"{number(match[1])} to {_words(hibari.normalize(match[2] + ' ' + match[3]))}"


def _decade(match: re.Match) -> str:
    said = numbers.year(int(match[1])) if match[1] else number(match[2])
    return said[:-1] + "ies" if said.endswith("y") else said + "s"


def _version(match: re.Match) -> str:
    return " " + " point ".join(number(part) for part in match[0].split("."))


def _resolution(match: re.Match) -> str:
    half = match[1][:-2]
    return f"{number(half)} {'eighty' if match[1][-2:] == '80' else number(match[1][-2:])} P"


def _year(match: re.Match) -> str:
    return numbers.year(int(match[0]))


def _rule(pattern: str, say) -> tuple:
    return re.compile(pattern), say


RULES = [
    *((pattern, _by_hibari) for pattern in (hibari.RE_PHONE, hibari.RE_DATE_ISO, hibari.RE_DATE_US, hibari.RE_TIME)),
    (hibari.RE_TITLE, lambda m: hibari.TITLES[m[1]] + " "),
    *((pattern, _by_hibari) for pattern in (hibari.RE_MONTH_DAY, hibari.RE_DAY_MONTH)),
    (hibari.RE_ABBREV, lambda m: hibari.ABBREV[m[1]]),
    _rule(rf"(?:US)?([$€£¥])\s?({_N})(?:\s?(hundred|thousand|million|billion|trillion|bn|[kKmMbB])\b)?", _money),
    (hibari.RE_CURRENCY, _by_hibari),
    _rule(rf"((?<![0-9A-Za-z.])-)?({_N})(?:\s?%?\s?[-–—~]\s?({_N}))?\s?%", _share),
    _rule(rf"{_ALONE}({_N})\s?[-–—~]\s?({_N})\s?({hibari._alt(hibari.UNITS)}){_OVER}", _range_with_unit),
    _rule(rf"{_ALONE}([0-9]{{3}}0)'?s\b|(?<=[Tt]he )([2-9]0)'?s\b", _decade),
    *((pattern, _by_hibari) for pattern in (hibari.RE_DEG, hibari.RE_UNIT)),
    _rule(rf"{_ALONE}({_N})\s?({'|'.join(_MORE_UNITS)}){_OVER}", _unit),
    _rule(rf"{_ALONE}24/7{_OVER}", lambda m: "twenty-four seven"),
    *((pattern, _by_hibari) for pattern in (hibari.RE_FRACTION, hibari.RE_RANGE, hibari.RE_ROMAN_C, hibari.RE_ROMAN_O)),
    _rule(r"\b[Nn]o\. ?(?=[0-9])|#(?=[0-9])", lambda m: "number "),
    _rule(rf"(?:(?<=[vV])|{_ALONE})[0-9]+(?:\.[0-9]+){{2,}}(?![0-9])", _version),
    _rule(rf"{_ALONE}([0-9]{{3,4}})p{_OVER}", _resolution),
    _rule(rf"({_N})[xX×](?![A-Za-z0-9])", lambda m: number(m[1]) + " times"),
    _rule(rf"({_N})\s?[×x]\s?({_N})", lambda m: f"{number(m[1])} by {number(m[2])}"),
    _rule(r"(?<=[A-Z])2(?=[A-Z](?![a-z]))", lambda m: " to "),
    _rule(r"(?<![0-9A-Za-z])([0-9]+)(?:st|nd|rd|th)\b", lambda m: _words(m[0])),
    _rule(rf"{_ALONE}(?:1[1-9]|20)[0-9]{{2}}(?![0-9A-Za-z]|[.,][0-9])", _year),
    _rule(rf"(?<![0-9A-Za-z.])[-−]({_N})", lambda m: "minus " + number(m[1])),
    _rule(rf"({_N})\+(?![0-9])", lambda m: f"over {number(m[1])}"),
    _rule(r"(?<=[A-Za-z])([0-9]{3,})(?!\.?[0-9])", lambda m: f" {_digits(m[0])} "),
    _rule(rf"(?<=[A-Za-z])-?({_N})", lambda m: " " + number(m[1]) + " "),
    _rule(rf"({_N})(?=[A-Za-z])", lambda m: number(m[1]) + " "),
    _rule(rf"({_N})", lambda m: number(m[1])),
]
