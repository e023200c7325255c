"""What lesson 04 looks at: films and how they go on, curves of errors, a ball with two futures, knobs.

Frames that a model said have an orange edge, so that nobody takes them for filmed ones.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from html import escape

import cv2
import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes

from aigc_lab.collect.scenes import FPS, SIZE, draw_scene, sample_spec
from aigc_lab.course import show
from aigc_lab.course.charts import BLUE, GREEN, GREY, ORANGE, chart
from aigc_lab.course.gif import calm, gif
from aigc_lab.course.page import View, language, say
from aigc_lab.measures import psnr
from aigc_lab.media import Clip
from aigc_lab.settings import data_path
from aigc_lab.train.predicting import COPY, LENGTH, NAMES, PUBLISHED, as_given, draw_film, go_on
from aigc_lab.train.predictor import COMING, GIVEN, Predictor
from aigc_lab.train.weights import records
from aigc_lab.vocabulary import vocabulary

LOOKS = ((GREY, ":"), (BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), ("black", "-"))  # told apart without colours, too
PAPER = 22, 24, 29  # the colour of a sheet of pictures
ENLARGED, MOVING, EDGE = 4, 3, 3  # px of the screen for a pixel, in pictures and in GIFs; px of the coloured edge
LEARN, EXAM = 0, 1_050_000  # first seeds of the films to learn from, and of those kept for the test
SHOWN = EXAM + 99  # first seed of the films that are looked at one by one: in the lesson's own much moves


def films(count: int, first: int = LEARN) -> np.ndarray:
    """Drawn scenes of 20 frames with the seeds from `first` on, uint8 (N, 20, 72, 40, 3)."""
    return np.stack([draw_film(first + i) for i in range(count)])


def drawn_film(theme: str, seed: int) -> Clip:
    """A drawn scene of 20 frames with this theme, from the seeds that no predictor learned from. Raises LabError."""
    return draw_scene(sample_spec(SHOWN + seed, theme=theme), SIZE, LENGTH, FPS)


def large(frame: np.ndarray, color: str = "", zoom: int = ENLARGED) -> np.ndarray:
    """A frame of bytes or floats 0..1, grey or not, as uint8, `zoom` times as large; color (#rrggbb) of its edge."""
    if frame.dtype != np.uint8:
        frame = np.round(np.clip(frame, 0, 1) * 255).astype(np.uint8)
    if frame.ndim == 2 or frame.shape[-1] == 1:
        frame = np.repeat(frame.reshape(*frame.shape[:2], 1), 3, axis=2)
    size = frame.shape[1] * zoom, frame.shape[0] * zoom
    frame = cv2.resize(np.ascontiguousarray(frame), size, interpolation=cv2.INTER_NEAREST)
    if color:
        rgb = tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))
        cv2.rectangle(frame, (0, 0), (size[0] - 1, size[1] - 1), rgb, 2 * EDGE)
    return frame


def strip(rows: Mapping[str, np.ndarray], numbers: Sequence[int], alt: str, widest: int = 460) -> View:
    """Rows of frames: for each name frames (T, H, W, C) whose last is frame 20; `numbers` (1 to 20) are shown.

    Every row but the first is a model's, and its frames after the tenth have the orange edge.
    """
    cells = []
    for at, (name, frames) in enumerate(rows.items()):
        for column, number in enumerate(numbers):
            place, label = number - 1 - (LENGTH - len(frames)), "" if column else name
            if place < 0:
                cells.append((label or " ", np.full_like(large(frames[0]), PAPER)))
            else:
                edge = ORANGE if at and number > GIVEN else ""
                cells.append((f"{label} {number}".strip(), large(frames[place], edge)))
    return show.pictures(cells, alt, columns=len(numbers), widest=widest)


def fine_detail(made: np.ndarray) -> np.ndarray:
    """How much each of the ten frames changes from a pixel to the next, over all films: (N, 10, H, W, C) -> (10,)."""
    down, across = (np.abs(np.diff(np.clip(made, 0, 1), axis=axis)).mean(axis=(0, 2, 3, 4)) for axis in (2, 3))
    return (down + across) / 2


def learning_chart(curves: Mapping[str, Sequence[tuple[float, float]]], level: float, level_name: str) -> View:
    """Errors on unseen films over the time of learning, (seconds, error) by model, and the dotted `level` of copies."""

    def draw(axes: Axes) -> None:
        for (name, points), (color, line) in zip(curves.items(), LOOKS[1:], strict=False):
            axes.plot(*zip((0, level), *points, strict=True), line, color=color, marker="o", markersize=3, label=name)
        axes.axhline(level, color=GREY, linestyle=":", label=level_name)
        axes.set_ylim(0, 1.25 * level)
        axes.set_xlabel(say("seconds of learning", "学习用时（秒）"))
        axes.set_ylabel(say("error of a frame", "一帧的误差"))
        axes.legend(frameon=False, fontsize=8, loc="lower left")

    told = "; ".join(f"{name}: {points[0][1]:.0f} → {points[-1][1]:.0f}" for name, points in curves.items())
    return chart(draw, f"{told}; {level_name}: {level:.0f}")


def rollout_chart(curves: Mapping[str, np.ndarray], what: str = "") -> View:
    """A value (10,) for each of the ten frames that follow, by model; `what`: the name of the value."""

    def draw(axes: Axes) -> None:
        for (name, values), (color, line) in zip(curves.items(), LOOKS, strict=False):
            axes.plot(GIVEN + 1 + np.arange(COMING), values, line, color=color, label=name)
        axes.set_xticks(GIVEN + 1 + np.arange(COMING))
        axes.set_ylim(bottom=0)
        axes.set_xlabel(say("frame", "第几帧"))
        axes.set_ylabel(what or say("error of a frame", "一帧的误差"))
        axes.legend(frameon=False, fontsize=8)

    told = "; ".join(f"{name}: {values[0]:.3g} → {values[-1]:.3g}" for name, values in curves.items())
    return chart(draw, told)


def on_moving_mnist() -> list[dict[str, object]]:
    """Rows as of `compare`: the lab's networks on films of digits, if they were measured, and what others published.

    Within each of the two kinds from the largest error to the smallest. minutes: of training, on one core.
    """
    rows = records(data_path("weights")).get("predictor-digits", {"rows": PUBLISHED})["rows"]
    names = {
        COPY: say("copy the last frame", "照搬最后一帧"),
        f"{NAMES['mixer']}-digits": "SimVP",
        f"{NAMES['convlstm']}-digits": "ConvLSTM",
    }
    found = []
    for row in sorted(rows, key=lambda row: (row["model"] not in names, -row["mse"])):
        name = names.get(row["model"]) or row["model"].replace(" (published)", say(" (published)", "（已发表）"))
        found.append(row | {"model": name})
    return found


def error_table(rows: Sequence[Mapping[str, object]]) -> list[list[object]]:
    """Rows of `compare` as a table with a head, each number with the digits that say something."""
    digits = {"model": "", "minutes": "", "mse": ".1f", "ssim": ".3f", "psnr": ".1f", "ms": ".1f", "parameters": ","}
    heads = [head for head in digits if any(head in row for row in rows)]
    return [heads, *([format(row[head], digits[head]) if head in row else "" for head in heads] for row in rows)]


def ball_with_two_futures(count: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """A ball falls on an edge and rolls to the left or to the right, as chance will have it.

    Before: float32 (N, 16, 16, 2), its last two frames; after: (N, 16, 16, 1). What came before says nothing of after.
    """
    rng = np.random.default_rng([seed, 521])
    rows, columns = np.indices((16, 16))

    def ball(y: float, x: float) -> np.ndarray:
        return np.clip(3.2 - np.hypot(rows - y, columns - x), 0, 1).astype(np.float32)

    before = np.empty((count, 16, 16, 2), np.float32)
    after = np.empty((count, 16, 16, 1), np.float32)
    for i in range(count):
        x = rng.uniform(6.5, 8.5)
        before[i, ..., 0], before[i, ..., 1] = ball(3, x), ball(6, x)
        after[i, ..., 0] = ball(10, x + rng.choice([-4, 4]))
    return before, after


def forecast(model: Predictor, theme: str = "nature", seed: int = 7, given: int = GIVEN, kilobytes: int = 75) -> View:
    """A drawn film of that theme and seed beside what the model makes of its frames 1 to 10, as a GIF.

    given: how many frames the model sees, 1 to 10: the last ones before the tenth ends. Its answer has the orange edge.
    """
    frames = drawn_film(theme, seed).frames
    shown = as_given(frames[:GIVEN], given)
    made = go_on(model, shown)
    said = np.round(np.clip(made, 0, 1) * 255).astype(np.uint8)
    score = psnr(frames[GIVEN:], said)
    still = psnr(frames[GIVEN:], np.repeat(shown[-1:], COMING, axis=0))
    gap = np.full((MOVING * SIZE[1], 4 * EDGE, 3), 255, np.uint8)
    right = [large(frame, "", MOVING) for frame in shown] + [large(frame, ORANGE, MOVING) for frame in said]
    sheets = [np.concatenate([large(a, "", MOVING), gap, b], axis=1) for a, b in zip(frames, right, strict=True)]
    numbers = say(f"model {score:.1f} dB, copies {still:.1f} dB", f"模型 {score:.1f} dB，照搬 {still:.1f} dB")
    alt = say(
        f"A film and its continuation by the model, which saw {given} of 10 frames: {numbers}",
        f"一段影片和模型续出来的结果，模型看了 {given} 帧：{numbers}",
    )
    below = say(
        f"left as drawn, right given {given}; foretold: {numbers}", f"左：真实；右：给出 {given} 帧，预测：{numbers}"
    )
    return _moving(Clip(np.stack(sheets), FPS), alt, below, kilobytes)


def _moving(clip: Clip, alt: str, below: str, kilobytes: int) -> View:
    """A clip as a GIF with a line below it."""
    data, across = gif(calm(clip), clip.frames.shape[2], kilobytes), clip.frames.shape[2]
    source = f"data:image/gif;base64,{base64.b64encode(data).decode('ascii')}"
    image = f'<img src="{source}" alt="{escape(alt)}" width="{across}" style="max-width:100%">'
    caption = f"<figcaption>{escape(below)}</figcaption>"
    html = f'<figure lang="{language()}" style="margin:6px 0">{image}{caption}</figure>'
    return View(html, f"[{alt}]", data, alt)


def forecast_knobs(
    draw: Callable[[str, int, int], View], language: str, theme: str = "nature", seed: int = 7, given: int = GIVEN
) -> widgets.Widget:
    """Knobs for theme, seed and the number of frames that are given; each turn calls `draw` with the three."""
    words, beside = vocabulary(), {"style": {"description_width": "11em"}, "layout": {"width": "26em"}}
    themes = [(word.name(language), word.id) for word in words.themes.values()]
    knobs = [
        widgets.Dropdown(options=themes, value=theme, description=say("theme", "主题"), **beside),
        widgets.IntSlider(
            value=seed, min=0, max=40, description=say("seed", "种子"), continuous_update=False, **beside
        ),
        widgets.IntSlider(
            value=given,
            min=1,
            max=GIVEN,
            description=say("frames given", "给出几帧"),
            continuous_update=False,
            **beside,
        ),
    ]
    picture = widgets.HTML()
    picture.add_class("aigc-picture")

    def turned(_: object = None) -> None:
        picture.value = draw(*(knob.value for knob in knobs)).html

    for knob in knobs:
        knob.observe(turned, "value")
    turned()
    return widgets.VBox([*knobs, picture])
