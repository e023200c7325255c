"""What lesson 02 practises on and looks at: a film with planted cuts, takes of drawn scenes, pictures of motion, knobs.

The real clip and the photos are those of data/samples; the rest is drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes

from aigc_lab.collect.samples import sample_table
from aigc_lab.collect.scenes import draw_scene, sample_spec
from aigc_lab.course import show
from aigc_lab.course.charts import BLUE, GREY, ORANGE, chart
from aigc_lab.course.page import View, say
from aigc_lab.media import Clip, read_frames, read_image, write_clip
from aigc_lab.vision import flow
from aigc_lab.vocabulary import vocabulary

FILM, FILM_FPS = (192, 108), 12.0  # width and height of the practice film; frames a second
TAKE, TAKE_FPS, TAKE_SECONDS = (240, 426), 10.0, 2.4  # of the practice takes
STYLES, PACE = ("retro", "watercolor", "minimal", "playful", "neon"), 1.6
WIDE = 640  # px of a motion picture and its colours, side by side
DISSOLVE = 8  # frames in which one shot of the film becomes the next


def photo(name: str) -> np.ndarray:
    """A photo of data/samples by its id, uint8 (H, W, 3)."""
    return np.ascontiguousarray(read_image(sample_table()[name].path)[..., :3])


def earth(start: float = 0.0, seconds: float | None = None, step: float = 0.0, longest: int = 320) -> Clip:
    """The real clip: the Earth at night, turning, from `start` on (s); `step` seconds from frame to frame."""
    path = sample_table()["earth"].path
    frames = np.stack([frame for _, frame in read_frames(path, start, seconds, step, longest)])
    return Clip(frames, 1 / step if step else 30.0)


def film_with_cuts(seed: int = 7) -> tuple[Clip, list[int]]:
    """A film of seven shots, and the number of the first frame of each shot but the first.

    Two cuts are hard on purpose: from a wide view of a building to a close one, and a dissolve, of which the middle
    counts. In the sixth shot somebody uses a flash: one white frame, no cut.
    """
    china, flower = photo("china"), photo("flower")
    night = earth(2.0, 2.0, 1 / FILM_FPS, FILM[0]).frames
    shots = [night[:24], _travel(china, (0.0, 0.25, 1.0), (0.2, 0.25, 0.8), 20)]
    shots.append(_travel(china, (0.16, 0.2, 0.42), (0.2, 0.3, 0.42), 16))
    shots += [_drawn("sailboat", "right", seed, 24), _drawn("bus", "left", seed + 1, 20)]
    shots.append(_travel(flower, (0.0, 0.0, 1.0), (0.15, 0.1, 0.7), 28))
    shots[5][18] = 250
    shots.append(_drawn("lantern", "up", seed + 2, 20))
    starts = np.cumsum([len(shot) for shot in shots])[:-1]
    frames = np.concatenate(shots)
    at = int(starts[4])  # the bus becomes the flower
    for k, share in enumerate(np.linspace(0, 1, DISSOLVE + 2)[1:-1]):
        i = at - DISSOLVE // 2 + k
        last, first = shots[4][min(i - int(starts[3]), 19)], shots[5][max(i - at, 0)]
        frames[i] = np.round((1 - share) * last + share * first)
    return Clip(frames, FILM_FPS), [int(start) for start in starts]


def _travel(
    picture: np.ndarray, first: tuple[float, float, float], last: tuple[float, float, float], count: int
) -> np.ndarray:
    """A camera's way over a photo: windows (left, top, width as shares of the photo) of the film's shape."""
    height, width = picture.shape[:2]
    frames = []
    for share in np.linspace(0, 1, count):
        x, y, w = (1 - share) * np.array(first) + share * np.array(last)
        across = min(w * width, (1 - x) * width)
        tall = min(across * FILM[1] / FILM[0], height)
        top = min(y * height, height - tall)
        part = picture[int(top) : int(top + tall), int(x * width) : int(x * width + across)]
        frames.append(cv2.resize(part, FILM, interpolation=cv2.INTER_AREA))
    return np.stack(frames)


def _drawn(subject: str, motion: str, seed: int, count: int) -> np.ndarray:
    return draw_scene(sample_spec(seed, subject=subject, motion=motion), FILM, count, FILM_FPS).frames


def film_takes(folder: Path, subjects: Sequence[str], motions: Sequence[str], seed: int = 7) -> Path:
    """Drawn scenes, each filmed once with every motion, as NAME-1.mp4, NAME-2.mp4 ... in `folder`, which is returned.

    A file that is there already is left as it is, so that nothing is drawn twice.
    """
    for number, subject in enumerate(subjects):
        name = vocabulary().subjects[subject].en.replace(" ", "-")
        for take, motion in enumerate(motions, 1):
            style = STYLES[number % len(STYLES)]
            spec = sample_spec(seed + number, subject=subject, motion=motion, style=style, speed=PACE)
            path = Path(folder) / f"{name}-{take}.mp4"
            if not path.is_file():
                write_clip(draw_scene(spec, TAKE, fps=TAKE_FPS, seconds=TAKE_SECONDS), path)
    return Path(folder)


@dataclass(frozen=True)
class Take:
    """A tiny clip with a label: frames uint8 (8, 72, 40, 3), its theme, its file, and the scene it really shows."""

    frames: np.ndarray
    theme: str
    file: str
    scene: int


def theme_takes(scenes: int = 40, seed: int = 7) -> list[Take]:
    """Drawn scenes of all themes in turn, each filmed three times, and of each one copy that somebody posted again.

    Takes of one scene have one name and a number (scene-07-1.mp4); a copy has a name that says nothing (post-9133.mp4)
    and is a little paler. What a scene looks like, colours too, is drawn from the seed and not from its theme.
    """
    themes, made = list(vocabulary().themes), []
    for scene in range(scenes):
        theme = themes[scene % len(themes)]
        for take, motion in enumerate(("left", "right", "in"), 1):
            spec = sample_spec(10_000 + 100 * seed + scene, theme=theme, motion=motion)
            frames = draw_scene(spec, (40, 72), 8, 3.75).frames
            made.append(Take(frames, theme, f"scene-{scene:02d}-{take}.mp4", scene))
            if take == 1:
                paler = np.clip(frames * 0.92 + 12, 0, 255).astype(np.uint8)
                made.append(Take(paler, theme, f"post-{(scene * 7919 + 13) % 10_000:04d}.mp4", scene))
    return made


def cuts_chart(differences: np.ndarray, threshold: float, planted: Sequence[int], fps: float) -> View:
    """How far each frame is from the one before it (T,), the threshold, what is found with it, and the planted cuts."""
    times, found = np.arange(len(differences)) / fps, np.flatnonzero(differences > threshold)
    right = len(set(found.tolist()) & set(planted))
    counted = say(
        f"threshold {threshold:.2f}: {right} of {len(planted)} cuts found, {len(found) - right} false",
        f"阈值 {threshold:.2f}：{len(planted)} 处剪辑点找到 {right} 处，误报 {len(found) - right} 处",
    )

    def draw(axes: Axes) -> None:
        axes.plot(times, differences, color=GREY, linewidth=1)
        axes.axhline(threshold, color=BLUE, linestyle="--", linewidth=1)
        axes.plot(
            times[planted], np.full(len(planted), -0.06), "^", color="black", label=say("planted", "真正的剪辑点")
        )
        axes.plot(times[found], differences[found], "o", color=ORANGE, label=say("found", "找到的"))
        axes.set(ylim=(-0.12, 1.05), xlim=(0, times[-1]), title=counted)
        axes.set_xlabel(say("time (s)", "时间（秒）"))
        axes.set_ylabel(say("difference", "差异"))
        axes.legend(loc="upper left", ncols=2, frameon=False, fontsize=8)

    return chart(draw, counted)


def distances_chart(groups: dict[str, np.ndarray]) -> View:
    """For each named group of test clips: how many lie how far from the nearest training clip."""

    def draw(axes: Axes) -> None:
        edges = np.linspace(0, 1, 26)
        for (name, values), color, fill in zip(groups.items(), (ORANGE, BLUE), (True, False), strict=False):
            kind = "stepfilled" if fill else "step"
            axes.hist(values, edges, histtype=kind, color=color, alpha=0.6 if fill else 1, linewidth=2, label=name)
        axes.set_xlabel(say("distance to the nearest training clip", "到最近的训练片段的距离"))
        axes.set_ylabel(say("test clips", "测试片段数"))
        axes.legend(frameon=False)

    told = "; ".join(f"{name}: {np.median(values):.2f}" for name, values in groups.items())
    return chart(draw, say(f"Nearest training clip, middle distance. {told}", f"最近训练片段的距离中位数。{told}"))


def flow_colors(field: np.ndarray, longest: float) -> np.ndarray:
    """A motion field float (H, W, 2) as colours uint8 (H, W, 3): the hue is the direction, stronger is faster.

    longest: the length in pixels that gets the full colour; standing still is white.
    """
    length = np.linalg.norm(field, axis=2)
    hue = np.degrees(np.arctan2(field[..., 1], field[..., 0])) % 360 / 2  # OpenCV counts hues from 0 to 180
    strength = 255 * np.clip(length / max(longest, 1e-6), 0, 1)
    hsv = np.stack([hue, strength, np.full_like(hue, 255)], axis=2)
    return cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)


def color_wheel(size: int = 120) -> np.ndarray:
    """The key to `flow_colors`: standing in the middle, which way is which colour; uint8 (size, size, 3)."""
    line = np.linspace(-1, 1, size)
    field = np.stack(np.meshgrid(line, line), axis=2)
    wheel = flow_colors(field, 1.0)
    wheel[np.linalg.norm(field, axis=2) > 1] = 255
    return wheel


def arrows(frame: np.ndarray, field: np.ndarray, every: int = 16, scale: int = 2) -> np.ndarray:
    """The frame uint8 (H, W, 3), `scale` times as large, with the motion field as arrows of true length."""
    height, width = frame.shape[:2]
    large = cv2.resize(frame, (width * scale, height * scale), interpolation=cv2.INTER_CUBIC)
    for y in range(every // 2, height, every):
        for x in range(every // 2, width, every):
            dx, dy = field[y, x]
            if (length := float(np.hypot(dx, dy))) >= 0.5:
                start, end = (x * scale, y * scale), (round((x + dx) * scale), round((y + dy) * scale))
                tip = min(0.4, 4 / length)
                cv2.arrowedLine(large, start, end, (0, 0, 0), 4, cv2.LINE_AA, tipLength=tip)
                cv2.arrowedLine(large, start, end, (255, 176, 0), 2, cv2.LINE_AA, tipLength=tip)
    return large


def motion_view(clip: Clip, at: int, stride: int) -> View:
    """The motion from frame `at` of a clip to the one `stride` frames later: as arrows, as colours, and the key."""
    at = min(at, len(clip.frames) - 2)
    then = min(at + stride, len(clip.frames) - 1)
    field = flow(clip.frames[at], clip.frames[then])
    length = np.linalg.norm(field, axis=2)
    longest = max(float(np.percentile(length, 99)), 1.0)
    drawn = arrows(clip.frames[at], field, scale=max(2, 640 // field.shape[1]))
    colored = cv2.resize(flow_colors(field, longest), drawn.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    side = min(drawn.shape[:2]) // 3
    colored[-side:, -side:] = color_wheel(side)
    labels = (
        say(f"stride {stride}: frame {at} to {then}", f"步长 {stride}：第 {at} 帧到第 {then} 帧"),
        say(f"the wheel's rim: {longest:.1f} pixels", f"色轮边缘：{longest:.1f} 像素"),
    )
    mean = length.mean()
    alt = say(
        f"Motion field, stride {stride}, {mean:.1f} pixels on average", f"运动场，步长 {stride}，平均 {mean:.1f} 像素"
    )
    return show.pictures(list(zip(labels, (drawn, colored), strict=True)), alt, widest=WIDE)


def boxed(frame: np.ndarray, box: tuple[int, int, int, int], color: tuple[int, int, int] = (213, 94, 0)) -> np.ndarray:
    """A copy of the frame with the box (x, y, w, h) drawn on it."""
    x, y, w, h = (int(v) for v in box)
    thick = max(2, frame.shape[1] // 150)
    return cv2.rectangle(frame.copy(), (x, y), (x + w - 1, y + h - 1), color, thick)


def heat(values: np.ndarray) -> np.ndarray:
    """Values (H, W) as a picture uint8 (H, W, 3): dark blue is little, yellow is much."""
    share = (values - values.min()) / max(float(np.ptp(values)), 1e-9)
    picture = cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_CIVIDIS)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def knob(name: str, values: Sequence[float], start: float, draw: Callable[[float], View]) -> widgets.Widget:
    """A slider over `values` and below it what `draw` makes of the chosen one, made anew at each turn."""
    slider = widgets.SelectionSlider(
        options=[(f"{value:g}", value) for value in values], value=start, description=name, continuous_update=False,
        style={"description_width": "initial"}, layout={"width": "32em"},
    )  # fmt: skip
    picture = widgets.HTML(value=draw(start).html)
    picture.add_class("aigc-picture")

    def turned(change: dict) -> None:
        picture.value = draw(change["new"]).html

    slider.observe(turned, "value")
    return widgets.VBox([slider, picture])
