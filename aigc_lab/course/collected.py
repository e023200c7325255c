"""What lesson 01 shows: contact sheets with licences, what a check found, pairs that look alike, a slider."""

import contextlib
from collections.abc import Iterable, Sequence

import cv2
import ipywidgets as widgets
import numpy as np

from aigc_lab import LabError
from aigc_lab.collect.cleaning import Flag
from aigc_lab.collect.items import Item
from aigc_lab.collect.sources.practice_server import Asked, PracticeServer
from aigc_lab.course import show
from aigc_lab.course.collecting import Pair, found, score
from aigc_lab.course.page import Words, language, say
from aigc_lab.media import read_frames, read_image

CELL = 4 / 3  # width of a picture in a sheet by its height
FINDINGS = {  # flag: its name, and what was measured, {v}, beside the limit, {l}
    "decode": (Words("cannot be read", "读不出来"), Words("{v:.0%} can be read", "只能读出 {v:.0%}")),
    "short": (Words("too short", "太短"), Words("{v:.2f} s; {l:g} s at least", "{v:.2f} 秒，至少要 {l:g} 秒")),
    "small": (
        Words("too small", "太小"),
        Words("short side {v:.0f} px; {l:.0f} at least", "短边 {v:.0f} 像素，至少要 {l:.0f}"),
    ),
    "black": (Words("black", "黑屏"), Words("{v:.0%} is black; {l:.0%} at most", "{v:.0%} 是黑的，最多 {l:.0%}")),
    "frozen": (
        Words("frozen", "画面静止"),
        Words("still for {v:.0%} of the time; {l:.0%} at most", "{v:.0%} 的时间不动，最多 {l:.0%}"),
    ),
    "duplicate": (
        Words("near-duplicate", "近似重复"),
        Words("{v:.2f} from one that is kept; same up to {l:g}", "与留下的那个相距 {v:.2f}，不超过 {l:g} 算相同"),
    ),
    "rights": (Words("no rights", "权利不明"), Words("nobody said who may use it", "没有人说明谁可以用")),
    "text": (Words("letters", "画面有字"), Words("a line of {v:.0f} letters", "一行约 {v:.0f} 个字符")),
    "faces": (Words("faces", "有人脸"), Words("{v:.0f} at once", "同时有 {v:.0f} 张")),
    "bars": (Words("black bars", "有黑边"), Words("{v:.0%} of the picture; cut off", "占画面 {v:.0%}，已裁掉")),
    "soft": (
        Words("not sharp", "不清晰"),
        Words("sharpness {v:.0f}; {l:.0f} at least", "清晰度 {v:.0f}，至少要 {l:.0f}"),
    ),
}
WORDS = {
    "limit": Words("Limit", "界限"),
    "none": Words("No pair is closer than this limit.", "没有哪一对比这个界限更近。"),
}


def finding(flag: Flag) -> tuple[str, str]:
    """What a flag found in the notebook's language: its name, and the number beside its limit."""
    name, told = FINDINGS[flag.name]
    return str(name), str(told).format(v=flag.value, l=flag.limit)


def gallery(items: Sequence[Item], columns: int = 6) -> show.View:
    """A contact sheet of items: one picture each, with its title (in Chinese its tags) and its licence under it."""
    cells = [(f"{_title(item)}\n{_licence(item)}", _upright(first_picture(item))) for item in items]
    alt = say("Contact sheet: ", "缩略图表：") + "; ".join(label.replace("\n", ", ") for label, _ in cells)
    return show.pictures(cells, alt, columns)


def first_picture(item: Item) -> np.ndarray:
    """A picture uint8 (H, W, 3) of an item: itself, or a frame of a video after a second; a grey tile for others."""
    if item.kind == "picture":
        return np.ascontiguousarray(read_image(item.path)[..., :3])
    for start in (1.0, 0.0) if item.kind == "video" else ():
        with contextlib.suppress(LabError, StopIteration):
            return next(read_frames(item.path, start, longest=640))[1]
    blank = np.full((240, 320, 3), 60, np.uint8)
    if item.kind == "text":
        cv2.putText(blank, "TEXT", (75, 140), cv2.FONT_HERSHEY_DUPLEX, 2, (230, 230, 230), 4, cv2.LINE_AA)
    return blank


def _title(item: Item) -> str:
    chinese = [tag for tag in item.tags if not tag.isascii()]
    title = "、".join(chinese[:2]) if chinese and language() == "zh-CN" else item.title or item.path.name
    return title if len(title) <= 24 else title[:23].rstrip() + "…"


def _licence(item: Item) -> str:
    name = item.rights.licence_name(language())
    return say("rights unknown", "权利不明") if item.licence == "" else name


def _upright(picture: np.ndarray) -> np.ndarray:
    """The middle of a picture, 4:3."""
    height, width = picture.shape[:2]
    w, h = min(width, round(height * CELL)), min(height, round(width / CELL))
    y, x = (height - h) // 2, (width - w) // 2
    return np.ascontiguousarray(picture[y : y + h, x : x + w])


def boxed(picture: np.ndarray, boxes: Iterable[tuple[int, int, int, int]]) -> np.ndarray:
    """A copy of the picture with a frame around each box (x, y, width, height)."""
    out = np.ascontiguousarray(picture[..., :3]).copy()
    thick = max(round(min(out.shape[:2]) / 100), 2)
    for x, y, width, height in boxes:
        cv2.rectangle(out, (x, y), (x + width, y + height), (255, 255, 255), 3 * thick)
        cv2.rectangle(out, (x, y), (x + width, y + height), (213, 94, 0), thick)
    return out


def diary(server: PracticeServer) -> show.View:
    """What a practice server was asked and what it answered, request by request."""
    heads = say("number|asked for|from byte|answer", "次序|请求的内容|从第几字节起|应答").split("|")
    rows = [[str(n), *_asked(asked)] for n, asked in enumerate(server.asked, 1)]
    return show.table([heads, *rows])


def _asked(asked: Asked) -> list[str]:
    meanings = {
        200: Words("200 here it is", "200 给你"), 206: Words("206 here is the rest", "206 这是剩下的部分"),
        429: Words("429 too many requests", "429 请求太多，等一等"), 404: Words("404 not found", "404 没有"),
    }  # fmt: skip
    what = asked.path.removeprefix("/files/")
    if asked.path == "/w/api.php":
        at = asked.query.get("gsroffset")
        what = say("search", "搜索") + (say(f", from work {at}", f"，从第 {at} 个作品起") if at else "")
    start = asked.headers.get("range", "").removeprefix("bytes=").rstrip("-")
    return [what, f"{int(start):,}" if start else "", str(meanings.get(asked.code, asked.code))]


def pair_sheet(pairs: Sequence[Pair], most: int = 12) -> show.View:
    """Pictures of pairs side by side with their distance; what is no planted copy is marked, in words."""
    cells = []
    for pair in pairs[:most]:
        both = np.concatenate(
            [_small(pair.a.frames[0]), np.full((90, 4, 3), 255, np.uint8), _small(pair.b.frames[0])], 1
        )
        mark = say("copy", "副本") if pair.copy else say("FALSE ALARM", "误报")
        cells.append((f"{pair.distance:.3f}  {mark}\n{pair.b.name}", both))
    alt = say("Pairs: ", "成对的画面：") + "; ".join(
        f"{pair.a.name} - {pair.b.name}: {pair.distance:.3f}" for pair in pairs[:most]
    )
    return show.pictures(cells, alt, columns=3, widest=840)


def _small(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(_upright(picture), (120, 90), interpolation=cv2.INTER_AREA)


class Finder:
    """A slider for the limit; under it the pairs that are then found, and how many are right. `view` is shown."""

    def __init__(self, pairs: Sequence[Pair], limit: float = 0.05) -> None:
        self.pairs = list(pairs)
        self.slider = widgets.FloatSlider(
            value=limit, min=0.0, max=0.5, step=0.01, description=str(WORDS["limit"]), continuous_update=False,
            readout_format=".2f", layout={"width": "420px"},
        )  # fmt: skip
        self.said = widgets.HTML()
        self.picture = widgets.Image(format="jpeg", layout={"width": "840px", "max_width": "100%"})
        self.slider.observe(lambda _: self.turned(), "value")
        self.view = widgets.VBox([self.slider, self.said, self.picture])
        self.turned()

    def turned(self) -> None:
        """Show the pairs of the limit that the slider says."""
        near, counts = found(self.pairs, self.slider.value), score(self.pairs, self.slider.value)
        text = say(
            "copies found: {found}, missed: {missed}; false alarms: {false}",
            "找到的副本：{found}，漏掉：{missed}；误报：{false}",
        ).format(**counts)
        self.said.value = text if near else f"{text}. {WORDS['none']}"
        self.picture.layout.display = "" if near else "none"
        if near:
            sheet = pair_sheet(near)
            self.picture.value = sheet.data


def finder(pairs: Sequence[Pair], limit: float = 0.05) -> widgets.Widget:
    """The slider as a widget; each turn calls `found`, `score` and `pair_sheet` with its number."""
    return Finder(pairs, limit).view
