"""How Mandarin reads what is written in digits and signs: a list of rules (pattern, what is said), tried in order."""

import re
from fractions import Fraction

from misaki.zh_normalization.num import verbalize_cardinal, verbalize_digit

_N = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9])|[0-9]+(?:\.[0-9]+)?"
_BETWEEN = r"\s*[-~～–—]{1,2}\s*"
_ALONE = r"(?<![0-9A-Za-z.])"  # the number does not go on to the left
_OVER = r"(?![0-9A-Za-z])"  # ... nor to the right

UNITS = {
    "km/h": "公里每小时", "m/s": "米每秒", "mph": "英里每小时", "kWh": "千瓦时", "mAh": "毫安时", "kcal": "千卡",
    "Mbps": "兆每秒", "Gbps": "G每秒", "fps": "帧每秒", "rpm": "转每分", "GHz": "吉赫兹", "MHz": "兆赫兹",
    "kHz": "千赫兹",
    "Hz": "赫兹", "km²": "平方公里", "km2": "平方公里", "m²": "平方米", "m2": "平方米", "㎡": "平方米",
    "cm²": "平方厘米",
    "m³": "立方米", "m3": "立方米", "km": "公里", "cm": "厘米", "mm": "毫米", "nm": "纳米", "μm": "微米", "µm": "微米",
    "kg": "公斤", "Kg": "公斤", "KG": "公斤", "mg": "毫克", "ml": "毫升", "mL": "毫升", "ms": "毫秒", "min": "分钟",
    "dB": "分贝", "kW": "千瓦", "MW": "兆瓦", "GW": "吉瓦", "GB": "GB", "MB": "MB", "TB": "TB", "KB": "KB",
    "px": "像素",
    "℃": "摄氏度", "°C": "摄氏度", "℉": "华氏度", "°F": "华氏度", "°": "度", "‰": "", "%": "",
    "m": "米", "g": "克", "L": "升", "s": "秒", "h": "小时", "W": "瓦", "V": "伏", "t": "吨",
}  # fmt: skip
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_MONEY = {"$": "美元", "¥": "元", "€": "欧元", "£": "英镑"}
_MEASURES = (
    "个|位|名|家|件|张|本|次|天|周|小时|分钟|秒|倍|米|公里|厘米|毫米|公斤|千克|克|吨|升|毫升|块|元|种|类|只|条|台|部|款|杯|瓶|碗|步|点|"
    "千|万|亿|岁|层|遍|场|座|辆|句|页|篇|段|份|项|道|颗|棵|朵|支|把|双|对|套|间|头|匹|节|门|平方|立方|度|摄氏度|年"
)
SIGNS = {
    "&": "和", "=": "等于", "≈": "约等于", "≥": "大于等于", "≤": "小于等于", ">": "大于", "<": "小于", "×": "乘",
    "÷": "除以",
    "+": "加", "±": "正负", "/": " ", "℃": "摄氏度", "℉": "华氏度", "%": "百分号", "\n": " ", "^": " ", "~": "，",
    "～": "，",
    "_": " ", "–": "，", "|": "，", "㎡": "平方米",
}  # fmt: skip


def number(text: str) -> str:
    """ "1,200.5" -> "一千二百点五"; leading zeros and more than 16 digits are read digit by digit."""
    whole, _, part = text.replace(",", "").partition(".")
    if len(whole) > 16 or (len(whole) > 1 and whole[0] == "0"):
        said = verbalize_digit(whole)
    else:
        said = re.sub("(?<!十)二(?=[千万亿])", "两", verbalize_cardinal(whole))
    part = part.rstrip("0")
    return f"{said}点{verbalize_digit(part)}" if part else said


def fraction(value: float) -> str:
    """0.75 -> "四分之三"."""
    exact = Fraction(value).limit_denominator(100)
    whole, rest = divmod(exact.numerator, exact.denominator)
    said = f"{number(str(exact.denominator))}分之{number(str(rest))}" if rest else ""
    return (number(str(whole)) + ("又" + said if said else "")) if whole or not said else said


def _digits(text: str, one: str = "一") -> str:
    return "".join(verbalize_digit(c).replace("一", one) for c in text if c.isdigit())


def _years(match: re.Match) -> str:
    return "到".join(_digits(year) for year in re.findall("[0-9]{4}", match[0])) + "年"


def _date(match: re.Match) -> str | None:
    year, month, day = match[1], int(match[2]), int(match[3])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{_digits(year)}年{number(str(month))}月{number(str(day))}日"


def _clock(hour: str, minute: str, second: str | None) -> str:
    said = ("两" if int(hour) == 2 else number(str(int(hour)))) + "点"
    if int(minute) or second:
        said += (
            "半"
            if minute == "30" and not second
            else ("零" if minute[0] == "0" else "") + number(str(int(minute))) + "分"
        )
    return said + (number(str(int(second))) + "秒" if second else "")


def _time(match: re.Match) -> str:
    return "到".join(_clock(*found) for found in re.findall(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", match[0]))


def _ratio(match: re.Match) -> str:
    return "比".join(number(part) for part in re.split(r"\s*[:：]\s*", match[0]))


def _money(match: re.Match) -> str:
    sign, amount, other, scale = match[1], number(match[2]), match[3], match[4] or ""
    scale = {"k": "千", "K": "千", "M": "百万", "B": "十亿"}.get(scale, scale)
    said = amount + (f"到{number(other)}" if other else "") + scale
    return ("两" if said == "二" else said) + _MONEY[sign]


def _quantity(match: re.Match) -> str:
    """A number or a range with its unit: "-5℃", "10%-20%", "120km/h"."""
    sign, first, last, unit = match[1], match[2], match[3], match[4] or ""
    share = {"%": "百分之", "‰": "千分之"}.get(unit, "")
    below = ("零下" if "度" in UNITS.get(unit, "") else "负") if sign == "-" else "正" if sign else ""
    said = f"{below}{share}{number(first)}"
    if last:
        near = bool(unit) or float(first.replace(",", "")) < float(last.replace(",", ""))
        said += f"{'到' if near else '比'}{share}{number(last)}"
    said = "两" if said == "二" and unit and not share else said
    if unit in ("km/h", "mph"):  # 时速350公里, 每小时350公里
        known = "时速" in match.string[max(0, match.start() - 8) : match.start()]
        return ("" if known else "每小时") + said + UNITS[unit].removesuffix("每小时")
    return said + UNITS.get(unit, "")


def _two(match: re.Match) -> str:
    return "两" + match[1]


def _product(match: re.Match) -> str:
    return f"{number(match[1])}乘{number(match[2])}"


def _code(match: re.Match) -> str:
    """Digits that belong to a name: H264, T800, B2B, 1080p."""
    return match[1] + _digits(match[2]) + (match[3] or "").upper()


def _version(match: re.Match) -> str:
    return "点".join(
        _digits(part) if part[0] == "0" and len(part) > 1 else number(part) for part in match[0].split(".")
    )


def _fraction_of(match: re.Match) -> str:
    top, bottom = int(match[1]), int(match[2])
    if (top, bottom) == (24, 7):
        return "七天二十四小时"
    return f"{number(match[2])}分之{number(match[1])}" if 0 < top < bottom else f"{number(match[1])} {number(match[2])}"


def _rule(pattern: str, say) -> tuple:
    return re.compile(pattern), say


RULES = [
    _rule(rf"{_ALONE}1[3-9][0-9][- ]?[0-9]{{4}}[- ]?[0-9]{{4}}{_OVER}", lambda m: _digits(m[0], "幺")),
    _rule(rf"{_ALONE}(?:0[0-9]{{2,3}}|400|800)-[0-9]{{3,4}}-?[0-9]{{3,4}}{_OVER}", lambda m: _digits(m[0], "幺")),
    _rule(rf"{_ALONE}([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_OVER}", _date),
    _rule(rf"{_ALONE}[0-9]{{4}}(?:{_BETWEEN}[0-9]{{4}})?\s?年", _years),
    _rule(rf"{_ALONE}(?:9:16|16:9)(?![0-9:])", _ratio),
    _rule(
        rf"{_ALONE}(?:[01]?[0-9]|2[0-4]):[0-5][0-9](?::[0-5][0-9])?"
        rf"(?:{_BETWEEN}(?:[01]?[0-9]|2[0-4]):[0-5][0-9](?::[0-5][0-9])?)?(?![0-9:])",
        _time,
    ),
    _rule(rf"{_ALONE}[0-9]+(?:\s*[:：]\s*[0-9]+)+(?![0-9])", _ratio),
    _rule(
        rf"(?:US)?([$¥€£])\s?({_N})(?:{_BETWEEN}[$¥€£]?({_N}))?(?:\s?([kKMB](?![A-Za-z])|[十百千万]?[万亿]))?", _money
    ),
    _rule(rf"(?:(?<=[vV])|{_ALONE})[0-9]+(?:\.[0-9]+){{2,}}(?![0-9])|(?<=[vV])[0-9]+\.[0-9]+(?![0-9.])", _version),
    _rule(rf"{_ALONE}([0-9]{{1,4}})/([0-9]{{1,4}}){_OVER}", _fraction_of),
    _rule(rf"({_N})(?:[×xX*]|\s[×xX*]\s)({_N})", _product),
    _rule(r"()(?<![0-9.])([0-9]{3,4})([pP])(?![A-Za-z0-9])", _code),
    _rule(rf"({_N})[xX×](?![A-Za-z0-9])", lambda m: ("两" if m[1] == "2" else number(m[1])) + "倍"),
    _rule(r"(?<=[A-Za-z])()([0-9]{3,})()(?!\.?[0-9])", _code),
    _rule(r"(?<=[A-Z])2(?=[A-Z](?![a-z]))", lambda m: " to "),  # B2B
    _rule(rf"(?<!第){_ALONE}2\s?((?:{_MEASURES})(?!号))", _two),
    _rule(
        rf"((?<![0-9A-Za-z.])[-+](?=[0-9]))?(?:(?<![0-9])|(?<=[0-9][-~～]))({_N})"
        rf"(?:\s?(?:℃|°C|%|°)?{_BETWEEN}({_N}))?(?:\s?({_UNIT})(?![A-Za-z0-9]))",
        _quantity,
    ),
    _rule(rf"((?<![0-9A-Za-z.])[-](?=[0-9]))?{_ALONE}({_N}){_BETWEEN}({_N})()(?![0-9])", _quantity),
    _rule(rf"(?:(?<=[A-Za-z])-)?({_N})\+(?![0-9])", lambda m: number(m[1]) + "多"),
    _rule(rf"(?:N[oO]\.\s?)({_N})", lambda m: "第" + number(m[1])),
    _rule(rf"(?<![0-9A-Za-z.])-({_N})", lambda m: "负" + number(m[1])),
    _rule(rf"(?:(?<=[A-Za-z])-)?({_N})", lambda m: number(m[1])),
    _rule("(?<=[元块米斤克个人次天时分秒])/(?=[\u4e00-\u9fff])", lambda m: "每"),
]
