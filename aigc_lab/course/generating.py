"""What lesson 06 looks at on paper: points in the shape of a letter, arrows, walks and their errors, sliders.

The lesson's own networks stay in the lesson; its mini clips are in mini_clips.py.
"""

from collections.abc import Callable, Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from PIL import Image, ImageDraw

from aigc_lab import LabError
from aigc_lab.course.charts import BLUE, GREEN, GREY, ORANGE, chart
from aigc_lab.course.page import View, say
from aigc_lab.course.tasks.lesson06_symptoms import SHAPES, exact_velocity, shape_points, symptoms
from aigc_lab.publish.fonts import font_runs, has_glyph, pillow_font

Velocity = Callable[[np.ndarray, float], np.ndarray]  # places (N, 2) or more, a time -> velocities of the same shape
WALL = 2.7  # of a chart of points: from -WALL to WALL
NEAR = 0.15  # a made point this far from a point of the data lies on it


def letter_points(letter: str, count: int = 4000, seed: int = 0) -> np.ndarray:
    """Points spread evenly over the ink of a letter or Chinese character: float32 (count, 2), mean 0, deviation 1.

    Raises LabError for anything but one character that the lab's fonts can draw.
    """
    if len(letter) != 1 or not has_glyph(letter) or not letter.strip():
        raise LabError(f"{letter!r} is no letter that can be drawn: give one character, such as 山 or A.")
    family, _ = font_runs(letter)[0]
    font = pillow_font(family, 400)
    left, top, right, bottom = font.getbbox(letter)
    ink = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(ink).text((-left, -top), letter, font=font, fill=255)
    rows, columns = np.nonzero(np.array(ink) > 127)
    rng = np.random.default_rng([seed, ord(letter)])
    chosen = rng.integers(len(rows), size=count)
    points = np.stack([columns[chosen], -rows[chosen]], axis=1) + rng.random((count, 2))
    points -= points.mean(axis=0)
    return (points / points.std()).astype(np.float32)


def _panels(draws: Sequence[Callable[[Axes], None]], alt: str, each: float = 2.0, columns: int = 5) -> View:
    """Several square charts in rows; `each`: inches across one of them."""
    columns = min(columns, len(draws))
    rows = -(-len(draws) // columns)

    def draw(axes: Axes) -> None:
        figure = axes.figure
        axes.remove()
        for place, one in enumerate(draws, 1):
            one(figure.add_subplot(rows, columns, place))

    return chart(draw, alt, (each * columns, (each + 0.2) * rows))


def _square(axes: Axes, title: str, wall: float = WALL) -> None:
    axes.set(xlim=(-wall, wall), ylim=(-wall, wall), xticks=[], yticks=[], aspect="equal")
    axes.set_title(title, fontsize=9)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)


def points_row(
    cells: Sequence[tuple[str, np.ndarray]], alt: str, data: np.ndarray | None = None, wall: float = WALL,
    columns: int = 5, most: int = 1000,
) -> View:  # fmt: skip
    """Clouds of points (N, 2) in a row, each with its title; `data`: points drawn pale behind each of them."""

    def one(title: str, points: np.ndarray) -> Callable[[Axes], None]:
        def draw(axes: Axes) -> None:
            if data is not None:
                axes.scatter(*data[:most].T, s=1.0, color="#c8c8c8", linewidths=0)
            axes.scatter(*points[:most].T, s=1.6, color=BLUE, linewidths=0)
            _square(axes, title, wall)

        return draw

    return _panels([one(*cell) for cell in cells], alt, columns=columns)


def paths_chart(starts: np.ndarray, ends: np.ndarray, alt: str, times: Sequence[float] = (0.0, 0.5, 1.0)) -> View:
    """Straight paths from starts to ends (N, 2), with a dot on each at these times."""

    def draw(axes: Axes) -> None:
        for start, end in zip(starts, ends, strict=True):
            axes.plot(*np.stack([start, end]).T, color="#bbbbbb", linewidth=0.6)
        for time, color in zip(times, (ORANGE, GREEN, BLUE), strict=False):
            here = (1 - time) * starts + time * ends
            axes.scatter(*here.T, s=9, color=color, label=say(f"time {time:g}", f"时刻 {time:g}"), zorder=3)
        _square(axes, "")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)

    return chart(draw, alt, (4.6, 3.4))


def crossing_chart(velocities: np.ndarray, mean: np.ndarray, alt: str) -> View:
    """The velocities (N, 2) of paths that pass one place at one time, as thin arrows, and their mean as a bold one."""

    def draw(axes: Axes) -> None:
        zero = np.zeros(len(velocities))
        settings = {"angles": "xy", "scale_units": "xy", "scale": 1}
        axes.quiver(zero, zero, *velocities.T, color="#9a9a9a", width=0.003, **settings)
        axes.quiver(0, 0, *mean, color=ORANGE, width=0.016, **settings)
        _square(axes, "", float(np.abs(velocities).max()) * 1.05)

    return chart(draw, alt, (3.4, 3.4))


def field_chart(velocity: Velocity, cloud: np.ndarray, time: float, data: np.ndarray | None = None) -> View:
    """The velocities at one time as arrows on a grid, the walkers `cloud` (N, 2) of that time, and pale the data."""
    line = np.linspace(-2.4, 2.4, 15)
    places = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2).astype(np.float32)
    arrows = velocity(places, time)
    title = say(f"time {time:g}", f"时刻 {time:g}")

    def draw(axes: Axes) -> None:
        if data is not None:
            axes.scatter(*data[:1000].T, s=1.0, color="#d0d0d0", linewidths=0)
        axes.scatter(*cloud[:800].T, s=2.0, color=BLUE, linewidths=0)
        axes.quiver(*places.T, *arrows.T, color=ORANGE, angles="xy", scale_units="xy", scale=6, width=0.0045)
        _square(axes, title)

    length = float(np.linalg.norm(arrows, axis=1).mean())
    told = say(
        f"Arrows of the velocity at time {time:g}, {length:.2f} long on average, and the points on their way",
        f"时刻 {time:g} 的速度箭头（平均长 {length:.2f}）和走在路上的点",
    )
    return chart(draw, told, (3.6, 3.7))


def error_chart(errors: dict[str, Sequence[tuple[int, float]]], alt: str) -> View:
    """For each named sampler: (questions to the network, distance from the true end), on logarithmic axes."""

    def draw(axes: Axes) -> None:
        for (name, pairs), color, mark in zip(errors.items(), (GREY, BLUE), "os", strict=False):
            axes.loglog(*np.array(pairs).T, color=color, marker=mark, markersize=4, label=name)
        axes.set_xlabel(say("questions to the network", "问了网络多少次"))
        axes.set_ylabel(say("error", "误差"))
        axes.legend(frameon=False)

    return chart(draw, alt, (6.0, 2.6))


def loss_chart(losses: Sequence[float], every: int = 1, marks: Sequence[int] = ()) -> View:
    """The loss through training; `every`: steps that each number is the mean of; a line at each step of `marks`."""
    steps = every * (np.arange(len(losses)) + 1)
    alt = say(
        f"The loss over {steps[-1]} steps: {losses[0]:.2f} at first, {losses[-1]:.2f} at last",
        f"{steps[-1]} 步中的损失：开头 {losses[0]:.2f}，最后 {losses[-1]:.2f}",
    )

    def draw(axes: Axes) -> None:
        axes.plot(steps, losses, color=BLUE)
        for mark in marks:
            axes.axvline(mark, color=ORANGE, linewidth=0.8, linestyle="--")
        axes.set_xlabel(say("step", "步"))
        axes.set_ylabel(say("loss", "损失"))

    return chart(draw, alt, (6.0, 2.2))


def right_and_covered(made: np.ndarray, data: np.ndarray) -> tuple[float, float]:
    """Two shares of 0..1: made points (N, 2) that lie on the data, and data that has a made point close by.

    The first falls when points land beside the shape, the second when parts of the shape are left out (precision and
    recall for generators: Kynkaanniemi et al. 2019, here with a fixed distance).
    """
    far = np.linalg.norm(made[:1000, None] - data[None, :1000], axis=2)
    return float((far.min(axis=1) < NEAR).mean()), float((far.min(axis=0) < NEAR).mean())


def knobs(choices: dict[str, tuple[Sequence[object], object]], draw: Callable[..., View]) -> widgets.Widget:
    """Sliders over the values of each name, (values, the first), and below what `draw` makes of them, in their order.

    It is drawn anew at each turn. Numbers stand as they are; words stand as they are written.
    """
    rows = [
        widgets.SelectionSlider(
            options=[(v if isinstance(v, str) else f"{v:g}", v) for v in values], value=start, description=name,
            continuous_update=False, style={"description_width": "9em"}, layout={"width": "32em"},
        )
        for name, (values, start) in choices.items()
    ]  # fmt: skip
    picture = widgets.HTML(value=draw(*(row.value for row in rows)).html)
    picture.add_class("aigc-picture")

    def turned(_: dict) -> None:
        picture.value = draw(*(row.value for row in rows)).html

    for row in rows:
        row.observe(turned, "value")
    return widgets.VBox([*rows, picture])


def symptoms_view(seed: int) -> View:
    """Task 06.5: what five samplers, four of them faulty, make of one and the same noise, each under its name."""
    data, made = symptoms(seed)
    alt = say("What came out of five samplers; the data is pale behind", "五个采样器的结果；背后浅色的是数据")
    return points_row(list(made.items()), alt, data, wall=3.4)


def own_walk(first: Callable[..., np.ndarray], own: Callable[..., np.ndarray], seed: int) -> View:
    """What two walks, called with (velocity, noise, steps), make of the same noise in 4 steps, on data that the seed
    draws; and how far each is from a walk of 200 steps. Says so when the second one is not written yet."""
    rng = np.random.default_rng([seed, 66])
    data = shape_points(SHAPES[rng.integers(len(SHAPES))], rng)
    field, noise = exact_velocity(data), rng.standard_normal(data.shape)
    true_end, cells = first(field, noise, 200), []
    for name, walk in ((say("Euler", "欧拉法"), first), (say("yours", "你的"), own)):
        try:
            made = np.asarray(walk(field, noise, 4), float)
        except NotImplementedError:
            text = say("heun is not written yet: do task 06.2 first.", "heun 还没有写：先做 06.2。")
            return View(f"<p>{text}</p>", text)
        error = np.linalg.norm(made - true_end, axis=1).mean()
        cells.append((say(f"{name}: error {error:.3f}", f"{name}：误差 {error:.3f}"), made))
    return points_row(cells, say("Two walks of 4 steps", "两种走法，各 4 步"), data)
