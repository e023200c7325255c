"""The studio: knobs for theme, subject, style, palette, motion, guidance, steps and seed; each turn makes a new clip.

Every knob ends in one plain call of `preview_clip`, and the button "show as code" writes that call down: nothing works
in the widgets only. A clip is made in a thread, so that a newer wish or the stop button ends it between two steps.
"""

import html
import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from aigc_lab import LabError
from aigc_lab.course.gif import gif
from aigc_lab.generate.clips import GUIDANCE, STEPS, generate_clip, upscale
from aigc_lab.media import Clip
from aigc_lab.vocabulary import vocabulary

WORDS = {
    "theme": ("Theme", "主题"), "subject": ("Subject", "主体"), "style": ("Style", "风格"),
    "palette": ("Palette", "配色"), "colors": ("Own colours", "自选颜色"), "motion": ("Motion", "运镜"),
    "shown": ("Subject in the picture", "画面中有主体"), "guidance": ("Guidance", "引导强度"),
    "steps": ("Steps", "步数"), "seed": ("Seed", "种子"), "stop": ("Stop", "停止"),
    "code": ("Show as code", "显示代码"),
    "any": ("any", "不限"), "making": ("making a clip ...", "正在生成……"), "stopped": ("stopped", "已停止"),
    "clip": ("A generated clip", "生成的片段"), "seconds": ("{:.1f} s", "{:.1f} 秒"),
    "hint": ("up to three, like #ff8800, #0055aa", "最多三种，例如 #ff8800, #0055aa"),
}  # fmt: skip
ANY = ""  # the value of "any": a drop-down shows nothing for None
WAIT = 0.25  # seconds without another turn of a knob before work begins
PICTURE = 200, 40  # of the clip on screen: pixels across and kilobytes at most (a saved notebook keeps it)
SHOWN = 2  # of the upscaled frames every second one: 15 a second


class _Stopped(Exception):
    """A newer wish, or the stop button."""


def preview_clip(
    theme: str | None = None, subject: str | None = None, style: str = "minimal",
    palette: str | tuple[str, ...] = "ocean", motion: str = "none", shown: bool = False,
    guidance: float = GUIDANCE, steps: int = STEPS, seed: int = 0, on_step: Callable[[float], None] | None = None,
) -> Clip:  # fmt: skip
    """A generated clip, four times as large and smooth: 160 x 288, 15 frames a second. Raises LabError.

    The words, guidance, steps, seed and on_step are those of `aigc_lab.generate.clips.generate_clip`.
    """
    small = generate_clip(
        theme=theme, subject=subject, style=style, palette=palette, motion=motion, shown=shown, guidance=guidance,
        steps=steps, seed=seed, on_step=on_step,
    )  # fmt: skip
    large = upscale(small)
    return Clip(large.frames[::SHOWN], large.fps / SHOWN)


def clip_call(values: dict[str, Any]) -> str:
    """The call that makes a clip with these values, as Python that can be pasted into a cell."""
    return f"preview_clip({', '.join(f'{name}={value!r}' for name, value in values.items())})"


class Studio:
    """The knobs and the picture. `view` is what a notebook shows; `make` gets the values of the knobs and `on_step`."""

    def __init__(
        self, language: str = "en-US", make: Callable[..., Clip] = preview_clip, start: dict[str, Any] | None = None
    ):
        self.language, self.make = language, make
        self.made: Clip | None = None
        self._turn, self._timer, self._lock = 0, None, threading.Lock()
        self.knobs = _knobs(language)
        for name, value in (start or {}).items():
            self.knobs[name].value = ANY if value is None else value
        self._subjects_of_theme()
        self.beside = {name: widgets.HTML(layout={"width": "auto"}) for name in self.knobs}
        self.picture = widgets.Image(format="gif", layout={"width": "240px", "height": "432px"})
        self.picture.add_class("aigc-clip")
        self.bar = widgets.FloatProgress(value=0, min=0, max=1, layout={"width": "240px"})
        self.said = widgets.HTML()
        self.stop = widgets.Button(description=self._word("stop"), icon="stop")
        self.code = widgets.Button(description=self._word("code"), icon="code")
        self.written = widgets.Textarea(layout={"width": "100%", "height": "80px", "display": "none"}, disabled=True)
        self.stop.on_click(lambda _: self.cancel())
        self.code.on_click(lambda _: self._write())
        for knob in self.knobs.values():
            knob.observe(lambda _: self.changed(), "value")
        rows = [widgets.HBox([knob, self.beside[name]]) for name, knob in self.knobs.items()]
        left = widgets.VBox([*rows, widgets.HBox([self.stop, self.code]), self.written])
        self.view = widgets.HBox([left, widgets.VBox([self.picture, self.bar, self.said])])

    def _word(self, name: str) -> str:
        return WORDS[name][self.language.startswith("zh")]

    def values(self) -> dict[str, Any]:
        """What the knobs say, as arguments of `make`. Raises LabError for colours that are none."""
        values = {name: None if knob.value == ANY else knob.value for name, knob in self.knobs.items()}
        del values["colors"]
        if own := self.knobs["colors"].value.strip():
            values["palette"] = tuple(c.strip() for c in own.replace("，", ",").split(",") if c.strip())
        return values

    def changed(self) -> None:
        """A knob was turned: when it rests, make a new clip; work on an older wish ends."""
        self._subjects_of_theme()
        with self._lock:
            self._turn += 1
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(WAIT, self._work, [self._turn])
            self._timer.daemon = True
            self._timer.start()

    def cancel(self) -> None:
        """End the work on the clip that is being made; the picture stays as it is."""
        with self._lock:
            self._turn += 1
        self.said.value, self.bar.value = self._word("stopped"), 0

    def _subjects_of_theme(self) -> None:
        """Offer the subjects of the chosen theme only."""
        words, theme, subject = vocabulary(), self.knobs["theme"].value, self.knobs["subject"]
        ids = words.subjects_of(theme) if theme else list(words.subjects)
        options = [(self._word("any"), ANY), *((words.subjects[i].name(self.language), i) for i in ids)]
        if tuple(options) != tuple(subject.options):
            kept = subject.value if subject.value in ids else ANY
            subject.options, subject.value = options, kept

    def _work(self, turn: int) -> None:
        def told(done: float) -> None:
            if turn != self._turn:
                raise _Stopped
            self.bar.value = done

        for note in self.beside.values():
            note.value = ""
        self.said.value = self._word("making")
        try:
            values = self.values()
            made = self.make(**values, on_step=told)
            told(1.0)
        except _Stopped:
            return
        except LabError as error:
            self._refuse(str(error))
            return
        self.made, self.picture.value = made, gif(made, *PICTURE)
        self.said.value = f"{self._word('clip')}, {self._word('seconds').format(len(made.frames) / made.fps)}"
        self._write(only_if_open=True)

    def _refuse(self, error: str) -> None:
        """Say what is wrong beside the knob that it is about."""
        about = next((name for name in self.knobs if name in error.lower()), "")
        about = "colors" if about in ("", "palette") and self.knobs["colors"].value else about
        text = f'<span style="color:#b00020">✗ {html.escape(error)}</span>'
        (self.beside[about] if about else self.said).value = text
        if about:
            self.said.value = ""
        self.bar.value = 0

    def _write(self, only_if_open: bool = False) -> None:
        if only_if_open and self.written.layout.display == "none":
            return
        self.written.layout.display = ""
        try:
            call = clip_call(self.values())
        except LabError as error:
            call = f"# {error}"
        self.written.value = f"from aigc_lab.course.studio import preview_clip\n\n{call}"


def _knobs(language: str) -> dict[str, widgets.Widget]:
    words, zh, rested = vocabulary(), language.startswith("zh"), {"continuous_update": False}

    def named(group: dict, extra: bool = False) -> list[tuple[str, str]]:
        first = [(WORDS["any"][zh], ANY)] if extra else []
        return first + [(word.name(language), word.id) for word in group.values()]

    def label(name: str) -> dict[str, Any]:
        return {"description": WORDS[name][zh], "style": {"description_width": "9em"}, "layout": {"width": "24em"}}

    return {
        "theme": widgets.Dropdown(options=named(words.themes, extra=True), value="food", **label("theme")),
        "subject": widgets.Dropdown(options=[(WORDS["any"][zh], ANY)], **label("subject")),
        "style": widgets.Dropdown(options=named(words.styles), **label("style")),
        "palette": widgets.Dropdown(options=named(words.palettes), **label("palette")),
        "colors": widgets.Text(placeholder=WORDS["hint"][zh], **rested, **label("colors")),
        "motion": widgets.Dropdown(options=named(words.motions), **label("motion")),
        "shown": widgets.Checkbox(value=False, **label("shown")),
        "guidance": widgets.FloatSlider(value=GUIDANCE, min=0.0, max=5.0, step=0.25, **rested, **label("guidance")),
        "steps": widgets.IntSlider(value=STEPS, min=1, max=24, **rested, **label("steps")),
        "seed": widgets.BoundedIntText(value=7, min=0, max=999_999, **label("seed")),
    }  # fmt: skip


def studio(language: str = "en-US", **start: Any) -> widgets.Widget:
    """The studio as a widget that makes its first clip at once; `start` sets knobs (theme, style, seed ...)."""
    made = Studio(language, start=start)
    made.changed()
    return made.view
