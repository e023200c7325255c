"""One clip in many ways, with its labels kept right.

A mirrored clip that moved to the left moves to the right, and its captions must say so. Whatever would be wrong in a
mirror (letters, a clock, a map) and whatever a caption says in words that cannot be turned safely is not mirrored: a
clip that is seen in one way only costs little, a wrong label teaches something wrong. Time runs backwards only where
nothing but the camera moves, over a single picture: pouring, walking and smoke have a direction. Colours keep their
hue, since palettes and captions name it; light and saturation change a little.
"""

import re
from collections.abc import Mapping

import cv2
import numpy as np

from aigc_lab.collect.manifest import Row
from aigc_lab.measures import LUMA
from aigc_lab.train.real import cut

ZOOM = 0.2  # a clip may lose so much of its width and height; its place in the picture is drawn too
LIGHT, SATURATION = 0.2, 0.1  # most that the exponent of brightness (powers of 2) and saturation (share) change
LETTERS = 3  # in a line: as many may be a word (Row.measures)
SIDES = {"left": "right", "right": "left"}
BACKWARDS = SIDES | {"up": "down", "down": "up", "in": "out", "out": "in"}
GUARDED = set("map globe clock watch compass open-book books ruler abacus red-envelope taxi test-tube".split())
NEVER = re.compile(
    r"\b(texts?|letters?|words?|writing|written|alphabets?|digits?|numbers?|logos?|signs?|signboards?|banners?|captions?"
    r"|subtitles?|newspapers?|magazines?|books?|pages?|menus?|keyboards?|labels?|plates?|scoreboards?|calendars?|flags?"
    r"|screens?|clocks?|watch(?:es)?|compass(?:es)?|maps?|globes?|earth|planets?|continents?|chessboards?|pianos?)\b"
    r"|文字|字母|汉字|字幕|数字|标语|标志|商标|招牌|横幅|报纸|杂志|书|菜单|键盘|标签|车牌|路牌|记分|日历|旗|屏幕|钟表|时钟"
    r"|闹钟|挂钟|手表|指南针|罗盘|地图|地球|行星|大陆|棋|钢琴|福字|对联",
    re.IGNORECASE,
)
_WORDS = {
    "left": "right", "leftward": "rightward", "leftwards": "rightwards", "leftmost": "rightmost",
    "clockwise": "counterclockwise",
}  # fmt: skip
TURNED = _WORDS | {b: a for a, b in _WORDS.items()} | {"anticlockwise": "clockwise", "counter-clockwise": "clockwise"}
_ENGLISH = re.compile(rf"\b(?:{'|'.join(sorted(TURNED, key=len, reverse=True))})\b", re.IGNORECASE)
_PART = r"side|hand|half|edge|corner|third|bank|lane|arm|leg|foot|eye|ear|wing|wheel|foreground|background|part"
_LEADS = re.compile(  # what makes the next "left" or "right" a side, and neither "remained" nor "correct"
    r"(?:\b(?:to|on|at|from|towards?|in|into)(?: (?:the|its|his|her|their))?(?: (?:far|lower|upper|bottom|top))?"
    r"|\b(?!(?:no|any|some|every)?thing\b|being\b|evening\b|morning\b)\w+ing"
    r"|\b(?:moves|drifts|turns|pans|slides|flies|swims|walks|runs|looks|points|faces|leans|tilts|goes|heads|drives"
    r"|rolls|sweeps|shifts|sails|left|right|and|or))[ -]$",
    re.IGNORECASE,
)
_FOLLOWS = re.compile(
    r"$|[.,;:!?)”\"]|-to-|[ -](?:" + _PART + r"|and|or|of|to|as|while|in|on|at|over|with|across|through|behind|by"
    r"|under|above|near|before|past|along|into|from)\b",
    re.IGNORECASE,
)
_SIDE = re.compile(rf"[ -](?:{_PART})\b", re.IGNORECASE)
_CHINESE = re.compile(r"左右|[左右]")
_BEFORE, _AFTER = set("向往朝从自由到至靠偏最居在"), set("侧边面方上下手转拐移端角半脚腿臂眼耳脸翼肩岸飘")


def mirrored_english(text: str) -> str | None:
    """An English caption of the mirrored clip: every side is the other one; None when it is not sure to be a side."""
    for found in _ENGLISH.finditer(text):
        before, after = text[: found.start()], text[found.end() :]
        plain = found.group().lower() in SIDES
        if plain and not _SIDE.match(after) and not (_LEADS.search(before) and _FOLLOWS.match(after)):
            return None
    return _ENGLISH.sub(lambda found: _alike(found.group(), TURNED[found.group().lower()]), text)


def _alike(word: str, other: str) -> str:
    return other.capitalize() if word[0].isupper() else other


def mirrored_chinese(text: str) -> str | None:
    """The same for a Chinese caption; 左右 (left and right, about) stays, a 右 that is no side gives None."""
    for found in _CHINESE.finditer(text):
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        if len(found.group()) == 1 and before not in _BEFORE and after not in _AFTER:
            return None
    turned = {"左": "右", "右": "左", "顺时针": "逆时针", "逆时针": "顺时针"}
    return re.sub("左右|左|右|顺时针|逆时针", lambda found: turned.get(found.group(), found.group()), text)


def mirrored(labels: Mapping[str, str]) -> dict[str, str] | None:
    """The labels of a mirrored clip (motion, caption_en, caption_zh; the others stay); None when it must not be."""
    english, chinese = mirrored_english(labels["caption_en"]), mirrored_chinese(labels["caption_zh"])
    if english is None or chinese is None:
        return None
    motion = SIDES.get(labels["motion"], labels["motion"])
    return {**labels, "motion": motion, "caption_en": english, "caption_zh": chinese}


def may_mirror(row: Row) -> bool:
    """Whether what a shot shows looks right in a mirror, as far as its measures, its subject and its words tell."""
    if row.measures.get("letters", 0) >= LETTERS or row.subject in GUARDED:
        return False
    return not any(NEVER.search(text) for text in (row.title, *row.tags, row.caption_en, row.caption_zh))


def vary(
    frames: np.ndarray, labels: Mapping[str, str], size: tuple[int, int], rng: np.random.Generator,
    mirror: bool = True, still: bool = False,
) -> tuple[np.ndarray, dict[str, str]]:  # fmt: skip
    """A clip uint8 (T, H, W, 3) as `size` (width, height), a little nearer, aside, lighter or darker, with its labels.

    mirror: it may be mirrored (`may_mirror`); half of such clips are. still: only the camera moves, so that time may
    run backwards. The same generator gives the same clip.
    """
    turned, back, share, across, down = (*(rng.random(2) < 0.5), rng.uniform(1 - ZOOM, 1), *rng.random(2))
    width = min(frames.shape[2], frames.shape[1] * size[0] / size[1]) * share
    place = (frames.shape[2] - width) * across, (frames.shape[1] - width * size[1] / size[0]) * down
    out = np.stack([cut(frame, (*place, width), size) for frame in frames])
    out, told = _lit(out, rng), dict(labels)
    if turned and mirror and (other := mirrored(labels)):
        out, told = out[:, :, ::-1], other
    if back and still:
        out, told["motion"] = out[::-1], BACKWARDS.get(told["motion"], told["motion"])
    return np.ascontiguousarray(out), told


def _lit(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Frames lighter or darker and with more or less colour, all of them alike; black, white and hues stay."""
    light, colour = rng.uniform(-1, 1, 2) * (LIGHT, SATURATION)
    levels = np.round(255 * np.linspace(0, 1, 256) ** (2.0**light)).astype(np.uint8)
    mixed = (1 + colour) * np.eye(3) - colour * np.ones((3, 1)) * LUMA
    return cv2.LUT(cv2.transform(frames.reshape(1, -1, 3), mixed), levels).reshape(frames.shape)
