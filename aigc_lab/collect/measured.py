"""How a clip or picture looks, measured: light, colours, motion and, carefully, the time of day."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from aigc_lab.measures import LUMA, colorfulness
from aigc_lab.vision import flow, small

MOST = 12  # frames, or pairs of frames, that are looked at
DARK, BRIGHT = 0.25, 0.62  # mean luma, 0..1
MOSTLY, BOTH = 0.45, 0.6  # share of the picture of one colour, of two together
STILL, PAN, ZOOM = 0.02, 0.03, 0.05  # picture widths a second, widths a second, growth a second
SLOW, FAST = 0.12, 0.5  # picture widths a second (growth a second for a zoom)
NEUTRAL = {"black", "grey", "white"}


@dataclass(frozen=True)
class Look:
    """What was measured; an empty field means that it is nothing worth a word, or cannot be told.

    brightness: dark, bright; colors: one name or two (data/words/look.yaml); motion: still, things (they move, the
    picture as a whole hardly), or the way the picture moves over the screen: left, right, up, down, in, out; pace:
    slow, fast; time: night, day, dusk. told: the numbers behind, as text.
    """

    brightness: str = ""
    colors: tuple[str, ...] = ()
    colorless: bool = False
    colorful: bool = False
    motion: str = ""
    pace: str = ""
    time: str = ""
    told: dict[str, str] = field(default_factory=dict)


def measured_look(frames: np.ndarray, fps: float = 0.0) -> Look:
    """The look of frames uint8 (T, H, W, 3) that follow each other at `fps`; without it nothing is said of motion."""
    some = [small(frames[round(i)], 96) for i in np.linspace(0, len(frames) - 1, min(MOST, len(frames)))]
    luma = np.stack([f @ LUMA / 255 for f in some])
    mean = float(luma.mean())
    brightness = "dark" if mean < DARK else "bright" if mean > BRIGHT else ""
    told = {"brightness": f"mean luma {mean:.2f}"}
    shares = color_shares(np.stack(some))
    vivid = float(np.mean([colorfulness(f) for f in some]))
    colors, colorless = _colors(shares, vivid)
    told["colour"] = ", ".join(f"{round(100 * v)} % {k}" for k, v in list(shares.items())[:3])
    motion, pace = "", ""
    if len(frames) > 1 and fps > 0:
        motion, pace, told["motion"] = _motion(frames, fps)
    time, why = _time_of_day(some, luma)
    if time:
        told["time"] = why
    colorful = not colors and not colorless and vivid > 45
    return Look(brightness, colors, colorless, colorful, motion, pace, time, told)


def color_shares(pictures: np.ndarray) -> dict[str, float]:
    """Which part of pictures uint8 (T, H, W, 3) each of twelve plain colour names covers, largest first.

    The eleven basic colour terms of Berlin and Kay (1969) and teal, told apart by hue, saturation and value.
    """
    flat = np.ascontiguousarray(pictures.reshape(1, -1, 3))
    hue, saturation, value = (c.ravel().astype(int) for c in cv2.split(cv2.cvtColor(flat, cv2.COLOR_RGB2HSV)))
    ends = (9, 20, 34, 84, 96, 130, 148, 172)  # OpenCV's hues, 0..179
    names = np.array(["red", "orange", "yellow", "green", "teal", "blue", "violet", "pink", "red"])
    found = names[np.searchsorted(ends, hue, side="right")].astype(object)
    warm = np.isin(found, ["orange", "red"])
    found[(found == "orange") & (value < 170)] = "brown"
    found[(found == "red") & (hue > 4) & (hue < 90) & (value < 130)] = "brown"
    found[(found == "red") & (saturation < 110) & (value > 170)] = "pink"
    found[warm & (saturation < 60) & (value > 190)] = "white"
    grey = saturation < 38
    found[grey] = "grey"
    found[grey & (value > 205)] = "white"
    found[value < 46] = "black"
    kinds, counts = np.unique(found.astype(str), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {str(kinds[i]): float(counts[i] / len(found)) for i in order}


def _colors(shares: dict[str, float], vivid: float) -> tuple[tuple[str, ...], bool]:
    """The one or two colours that a picture is mostly of, and whether it has none at all."""
    if sum(v for k, v in shares.items() if k in NEUTRAL) > 0.97 and vivid < 8:
        return (), True
    first, second = (*shares.items(), ("", 0.0))[:2]
    if first[1] >= MOSTLY and second[1] < 0.3:
        return (first[0],), False
    if first[1] + second[1] >= BOTH and second[1] >= 0.15:
        return (first[0], second[0]), False
    return ((first[0],), False) if first[1] >= MOSTLY else ((), False)


def _motion(frames: np.ndarray, fps: float) -> tuple[str, str, str]:
    """How the picture moves, its pace, and the numbers, from the optical flow of some neighbouring frames.

    Medians over the pairs, so that a cut between two shots does not count.
    """
    starts = np.unique(np.linspace(0, len(frames) - 2, min(MOST, len(frames) - 1)).round().astype(int))
    pairs = [shift_and_growth(*(small(frames[k], 160) for k in (i, i + 1))) for i in starts]
    across, down, growth, most = np.median(pairs, axis=0) * fps
    shift = float(np.hypot(across, down))
    numbers = f"shift {shift:.2f}, growth {growth:+.2f}, fastest {most:.2f} picture widths a second"
    if shift > max(PAN, abs(growth) / 2):
        way = ("right" if across > 0 else "left") if abs(across) >= abs(down) else ("down" if down > 0 else "up")
        return way, _pace(shift), numbers
    if abs(growth) > ZOOM:
        return ("in" if growth > 0 else "out"), _pace(abs(float(growth))), numbers
    return ("still", "", numbers) if most < STILL else ("things", _pace(float(most)), numbers)


def shift_and_growth(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float, float]:
    """Right, down (widths a frame), growth (a frame) and the length (widths) that 5 % of the flow exceed.

    Only where there is something to follow: a clear sky has no flow. The shift is the median of the flow, the growth
    the median of what is left of it, each step along its way from the middle, so that one thing that moves is no zoom.
    """
    moved = flow(first, second) / first.shape[1]
    gray = cv2.cvtColor(first, cv2.COLOR_RGB2GRAY)
    edges = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    clear = edges > max(float(np.percentile(edges, 60)), 12.0)
    if clear.mean() < 0.005:
        clear = np.ones_like(clear)
    y, x = np.nonzero(clear)
    place = np.stack([x, y], axis=1) / first.shape[1] - 0.5 * np.array([1, first.shape[0] / first.shape[1]])
    steps = moved[clear]  # (N, 2)
    across, down = np.median(steps, axis=0)
    away = (place**2).sum(axis=1)
    outward = ((steps - (across, down)) * place).sum(axis=1) / np.maximum(away, 1e-6)
    growth = float(np.median(outward[away > 0.01])) if (away > 0.01).any() else 0.0
    return float(across), float(down), growth, float(np.percentile(np.linalg.norm(steps, axis=1), 95))


def _pace(speed: float) -> str:
    return "slow" if speed < SLOW else "fast" if speed > FAST else ""


def _time_of_day(some: list[np.ndarray], luma: np.ndarray) -> tuple[str, str]:
    """Night: dark with a few bright lights. Day and dusk: a smooth sky in the upper third that is blue, or warm.

    A careful guess, for captions that say "it looks like": a lamp in a dark room is a night to it too.
    """
    mean, lit, dark = float(luma.mean()), float((luma > 0.6).mean()), float((luma < 0.2).mean())
    if mean < 0.22 and 0.003 < lit < 0.12 and dark > 0.55:
        return "night", f"{round(100 * dark)} % dark, {100 * lit:.1f} % lights"
    top = np.stack([f[: max(len(f) // 3, 1)] for f in some])
    gray = [cv2.cvtColor(np.ascontiguousarray(f), cv2.COLOR_RGB2GRAY) for f in top]
    detail = float(np.mean([np.abs(cv2.Laplacian(g, cv2.CV_32F)).mean() for g in gray]))
    shares = color_shares(top)
    blue = shares.get("blue", 0) + shares.get("teal", 0)
    warm = shares.get("orange", 0) + shares.get("red", 0) + shares.get("pink", 0)
    light = float((top @ LUMA / 255).mean())
    if detail < 6 and blue > 0.6 and light > 0.4:
        return "day", f"a smooth upper third, {round(100 * blue)} % blue"
    spread = float(luma.max() - luma.min())
    if detail < 6 and warm > 0.6 and 0.25 < light < 0.8 and spread > 0.4:
        return "dusk", f"a smooth upper third, {round(100 * warm)} % orange to pink"
    return "", ""
