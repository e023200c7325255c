"""What lesson 03 learns from and looks at: drawn clips with labels, charts of learning, what a model says of a clip.

The clips are drawn from seeds that no shipped model saw, without the first ones that the model card is measured on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes

from aigc_lab import LabError
from aigc_lab.collect.scenes import draw_scene, sample_spec
from aigc_lab.course import show
from aigc_lab.course.charts import BLUE, GREEN, GREY, ORANGE, chart
from aigc_lab.course.page import View, language, say
from aigc_lab.generate.clips import Models, generate_clip, load_models
from aigc_lab.train.evaluating import load_recognizer
from aigc_lab.train.input import PARTS, number, words
from aigc_lab.train.recognizer import Recognizer
from aigc_lab.train.rivals import MOMENTS
from aigc_lab.vocabulary import vocabulary

FIRST, EACH = PARTS["test"][0] + 2000, 1000  # the first seed that lessons use; seeds for one seed of a notebook
COLORS = (BLUE, ORANGE, GREEN, "#cc79a7", "#e69f00", "#56b4e9")  # of Okabe and Ito (2008), for the six styles
MARKS = "osD^vP"
SHOWN = (0, 5, 10, 15)  # frames of a clip that is asked about
FAST = 1.5  # pace of what moves: the most that is drawn


@dataclass(frozen=True)
class Examples:
    """Drawn clips uint8 (N, 16, 72, 40, 3), and of each the number of its theme and of its style, from 0."""

    clips: np.ndarray
    themes: np.ndarray
    styles: np.ndarray


def _seeds(count: int, seed: int) -> range:
    first = FIRST + EACH * (seed % 40)
    if count > EACH:
        raise LabError(f"{count} clips are more than one seed of a lesson draws: ask for {EACH} at most.")
    return range(first, first + count)


def examples(count: int, seed: int = 7) -> Examples:
    """Clips of themes and styles by lot, each with its subject in it. Raises LabError for more than 1,000."""
    specs = [sample_spec(s) for s in _seeds(count, seed)]
    themes, styles = ([number(label, getattr(s, label)) - 1 for s in specs] for label in ("theme", "style"))
    return Examples(np.stack([draw_scene(s).frames for s in specs]), np.array(themes), np.array(styles))


def moves(count: int, seed: int = 7) -> np.ndarray:
    """Clips that move to the left, uint8 (N, 5, 72, 40, 3): five moments, evenly around the middle of the move.

    The third one is in the middle: backwards it is the same picture. Raises LabError for more than 1,000.
    """
    specs = [sample_spec(s, motion="left", speed=FAST) for s in _seeds(count, seed)]
    return np.stack([draw_scene(spec).frames[list(MOMENTS)] for spec in specs])


def names(label: str) -> list[str]:
    """The themes ("theme") or styles ("style") in the notebook's language, in the order of their numbers."""
    known = {"theme": vocabulary().themes, "style": vocabulary().styles}[label]
    return [known[word].name(language()) for word in words()[label]]


def colors_chart(colors: np.ndarray, numbers: np.ndarray, labels: Sequence[str]) -> View:
    """Mean colours (N, 3) from 0 to 1, each clip a point: how much red, how much blue; a mark for each label."""

    def draw(axes: Axes) -> None:
        for i, name in enumerate(labels):
            mine = colors[numbers == i]
            axes.plot(mine[:, 0], mine[:, 2], MARKS[i], color=COLORS[i], markersize=4, alpha=0.8, label=name)
        axes.set_xlabel(say("mean red", "红色平均值"))
        axes.set_ylabel(say("mean blue", "蓝色平均值"))
        axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))

    middles = "; ".join(
        f"{name} {colors[numbers == i].mean():.2f}" for i, name in enumerate(labels) if (numbers == i).any()
    )
    alt = say(
        f"Mean colour of each clip. Brightness by label: {middles}", f"每个片段的平均颜色。各标签的平均亮度：{middles}"
    )
    return chart(draw, alt, (7.0, 3.4))


def curves(
    lines: Mapping[str, Sequence[float]], x: str, y: str, level: float | None = None, level_name: str = "",
    most: float | None = None,
) -> View:  # fmt: skip
    """Numbers that change as a model learns, a line for each name; `level`: a dashed line, called `level_name`.

    x, y: names of the axes; most: the top of the y axis, beyond which lines are cut off.
    """

    def draw(axes: Axes) -> None:
        for (name, values), color, dash in zip(lines.items(), COLORS, ("-", "--", "-.", ":", "-", "--"), strict=False):
            axes.plot(np.arange(1, len(values) + 1), values, dash, color=color, linewidth=2, label=name)
        if level is not None:
            axes.axhline(level, color=GREY, linestyle=":", linewidth=1.5, label=level_name)
        axes.set_ylim(0, most)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1, 0.5))

    said = "; ".join(f"{name}: {values[0]:.2f} → {values[-1]:.2f}" for name, values in lines.items())
    return chart(draw, f"{y}. {said}", (7.4, 2.8))


def bars(shares: np.ndarray, labels: Sequence[str], right: int | None = None, title: str = "") -> View:
    """What a model says, shares (N,) from 0 to 1, as bars, the five largest; the right answer is blue with a star."""
    order = np.argsort(shares)[::-1][:5][::-1]
    marked = [f"★ {labels[i]}" if i == right else labels[i] for i in order]

    def draw(axes: Axes) -> None:
        axes.barh(marked, shares[order], color=[BLUE if i == right else GREY for i in order], height=0.7)
        for at, i in enumerate(order):
            axes.text(shares[i] + 0.02, at, f"{shares[i]:.0%}", va="center", fontsize=9)
        axes.set(xlim=(0, 1.18), xticks=[], title=title)
        axes.spines["bottom"].set_visible(False)

    best = ", ".join(f"{labels[i]} {shares[i]:.0%}" for i in order[::-1][:3])
    return chart(draw, f"{title}: {best}", (3.2, 2.1))


def confusion_chart(matrix: np.ndarray, labels: Sequence[str]) -> View:
    """A confusion matrix (K, K) of counts: rows are what it was, columns what the model said."""
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)

    def draw(axes: Axes) -> None:
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.argwhere(matrix > 0):
            color = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, str(matrix[row, column]), ha="center", va="center", fontsize=8, color=color)
        axes.set_xticks(range(len(labels)), labels, rotation=40, ha="right", fontsize=9)
        axes.set_yticks(range(len(labels)), labels, fontsize=9)
        axes.set_xlabel(say("what the model says", "模型的回答"))
        axes.set_ylabel(say("what it is", "实际是"))

    right = say(
        f"{np.trace(matrix)} of {matrix.sum()} clips on the diagonal, which is right",
        f"{matrix.sum()} 个片段中有 {np.trace(matrix)} 个在对角线上（答对）",
    )
    return chart(draw, say(f"Confusion matrix: {right}", f"混淆矩阵：{right}"), (6.2, 4.6))


def weight_pictures(weights: np.ndarray, labels: Sequence[str], alt: str) -> View:
    """The weights (72 * 40 * 3, K) of one layer as pictures: bright where a pixel speaks for a label."""
    cells = []
    for name, column in zip(labels, weights.T, strict=True):
        picture = np.clip(column.reshape(72, 40, 3) / (6 * column.std() + 1e-9) + 0.5, 0, 1)
        cells.append((name, show.enlarged((picture * 255).astype(np.uint8), 2)))
    return show.pictures(cells, alt, columns=10, widest=760)


def strips(clips: Sequence[np.ndarray], labels: Sequence[str], alt: str) -> View:
    """Clips uint8 (T, H, W, 3), each as a row of its frames with its label under the first."""
    cells = [
        (label if at == 0 else "", show.enlarged(frame, 2))
        for clip, label in zip(clips, labels, strict=True)
        for at, frame in enumerate(clip)
    ]
    return show.pictures(cells, alt, columns=len(clips[0]), widest=520)


def frames_of(examples_: Examples, which: Sequence[int], said: Sequence[str], alt: str, columns: int = 8) -> View:
    """The middle frames of some clips, each with what is said of it under it."""
    cells = [(text, show.enlarged(examples_.clips[i, 8], 2)) for i, text in zip(which, said, strict=True)]
    return show.pictures(cells, alt, columns=columns, widest=820)


@cache
def _shipped() -> tuple[Recognizer, Models]:
    return load_recognizer(), load_models()


def told(clips: np.ndarray) -> dict[str, np.ndarray]:
    """What the shipped recognizer says of clips uint8 (N, 16, 72, 40, 3): shares (N, K) for "theme" and "style"."""
    scores = _shipped()[0].predict({"clips": clips}, batch_size=32, verbose=0)
    powers = {name: np.exp(scores[name] - scores[name].max(axis=1, keepdims=True)) for name in ("theme", "style")}
    return {name: power / power.sum(axis=1, keepdims=True) for name, power in powers.items()}


def clip_of(theme: str, style: str, seed: int, generated: bool = False) -> np.ndarray:
    """A clip uint8 (16, 72, 40, 3) of a theme in a style, drawn or generated. Raises LabError for an unknown word."""
    if generated:
        wish = sample_spec(seed, theme=theme, style=style)
        models = _shipped()[1]
        return generate_clip(theme, wish.subject, style, wish.palette, shown=True, seed=seed, models=models).frames
    return draw_scene(sample_spec(FIRST + seed, theme=theme, style=style)).frames


def asked(theme: str, style: str, seed: int = 7, generated: bool = False) -> View:
    """A clip of a theme in a style, and what the shipped recognizer says of both. Raises LabError for unknown words."""
    frames = clip_of(theme, style, seed, generated)
    shares = told(frames[None])
    right = {"theme": number("theme", theme) - 1, "style": number("style", style) - 1}
    shown = ", ".join(names(label)[i] for label, i in right.items())
    pictures = show.pictures(
        [(f"{at}", show.enlarged(frames[at], 2)) for at in SHOWN],
        say(f"Four frames of a clip: {shown}", f"一个片段的四帧：{shown}"), columns=4, widest=400,
    )  # fmt: skip
    titles = {
        "theme": say("theme (★ wanted)", "主题（★ 想要的）"),
        "style": say("style (★ wanted)", "风格（★ 想要的）"),
    }
    sides = [bars(shares[label][0], names(label), right[label], title) for label, title in titles.items()]
    parts = [pictures, *sides]
    cells = "".join(f"<div>{part.html}</div>" for part in parts)
    style_of = "display:flex;flex-wrap:wrap;align-items:center;gap:8px"
    html = f'<div lang="{language()}" style="{style_of}">{cells}</div>'
    return View(html, "\n".join(part.text for part in parts), pictures.data, "; ".join(part.alt for part in parts))


def question(theme: str, style: str, seed: int = 7, generated: bool = False) -> widgets.Widget:
    """Lists for theme and style, a seed, a switch for generated clips, and below them `asked` of what is chosen."""

    def chosen(label: str, start: str, said: str) -> widgets.Dropdown:
        options = list(zip(names(label), words()[label], strict=True))
        return widgets.Dropdown(options=options, value=start, description=said, layout={"width": "16em"})

    knobs: dict[str, Any] = {
        "theme": chosen("theme", theme, say("theme", "主题")),
        "style": chosen("style", style, say("style", "风格")),
        "seed": widgets.BoundedIntText(
            value=seed, min=0, max=9999, description=say("seed", "种子"), layout={"width": "11em"}
        ),
        "generated": widgets.Checkbox(value=generated, description=say("generated", "由模型生成"), indent=False),
    }
    picture = widgets.HTML()
    picture.add_class("aigc-picture")

    def turned(*_: object) -> None:
        picture.value = asked(**{name: knob.value for name, knob in knobs.items()}).html

    for knob in knobs.values():
        knob.observe(partial(turned), "value")
    turned()
    return widgets.VBox([widgets.HBox(list(knobs.values()), layout={"flex_flow": "row wrap"}), picture])
