"""The studio: a turned knob makes a new clip by a plain call, older wishes end, wrong values are told beside it."""

import io
import threading
import time

import numpy as np
import pytest
from PIL import Image

from aigc_lab import LabError
from aigc_lab.collect.looks import palette_colors
from aigc_lab.course.gif import gif
from aigc_lab.course.studio import PICTURE, Studio, clip_call
from aigc_lab.media import Clip


def painted(seed: int, steps: int, palette, on_step, **_) -> Clip:
    """A quick stand-in for the model that goes through the same motions: steps, colours, a seed."""
    colors = palette_colors(palette)
    for step in range(steps):
        on_step(step / steps)
    color = np.array([int(colors[0][i : i + 2], 16) for i in (1, 3, 5)])
    noise = np.random.default_rng(seed).integers(0, 40, (4, 32, 18, 3))
    return Clip(np.clip(color + noise, 0, 255).astype(np.uint8), 15.0)


def rested(studio: Studio, seconds: float = 5.0) -> None:
    """Wait until the clip of the last wish is there, or its refusal."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if studio._timer and not studio._timer.is_alive():
            return
        time.sleep(0.01)
    raise AssertionError("the studio never came to rest")


@pytest.fixture
def room():
    return Studio(make=painted)


def test_a_turned_knob_makes_another_clip(room):
    room.changed()
    rested(room)
    first = room.picture.value
    assert Image.open(io.BytesIO(first)).n_frames > 1
    room.knobs["seed"].value = 8
    rested(room)
    assert room.picture.value != first
    room.knobs["seed"].value = 7
    rested(room)
    assert room.picture.value == first  # the same values, the same clip


def test_the_code_on_show_makes_the_clip_on_screen(room):
    room.changed()
    rested(room)
    room.code.click()
    call = room.written.value.splitlines()[-1]
    made = eval(call, {"preview_clip": lambda **values: painted(**values, on_step=lambda _: None)})
    assert gif(made, *PICTURE) == room.picture.value
    assert clip_call({"theme": None, "style": "neon"}) == "preview_clip(theme=None, style='neon')"


def test_only_the_last_of_many_quick_turns_is_made():
    made = []

    def slow(seed, on_step, **values):
        made.append(seed)
        return painted(seed=seed, on_step=on_step, **values)

    room = Studio(make=slow)
    for seed in range(10, 20):
        room.knobs["seed"].value = seed
    rested(room)
    assert made == [19]


def test_the_stop_button_ends_the_work_between_two_steps():
    begun, go = threading.Event(), threading.Event()

    def long(on_step, **_):
        begun.set()
        go.wait(5)
        on_step(0.5)
        raise AssertionError("it went on")

    room = Studio(make=long)
    before = room.picture.value
    room.changed()
    assert begun.wait(5)
    room.stop.click()
    go.set()
    rested(room)
    assert room.picture.value == before and room.made is None and room.said.value == "stopped"


def test_a_wrong_colour_is_told_beside_its_knob_and_the_picture_stays(room):
    room.changed()
    rested(room)
    kept = room.picture.value
    room.knobs["colors"].value = "#ff8800, <blue>"
    rested(room)
    assert "&lt;blue&gt;" in room.beside["colors"].value
    assert room.picture.value == kept
    room.knobs["colors"].value = "#ff8800，#0055aa"  # a Chinese comma
    rested(room)
    assert room.beside["colors"].value == "" and room.picture.value != kept


def test_an_error_of_the_model_is_told_in_one_sentence():
    def broken(**_):
        raise LabError("The weights are missing: copy them again.")

    room = Studio(make=broken)
    room.changed()
    rested(room)
    assert "copy them again" in room.said.value


def test_subjects_follow_the_theme_and_words_are_in_the_language():
    room = Studio("zh-CN", make=painted, start={"theme": "travel", "style": "neon"})
    assert room.knobs["theme"].description == "主题"
    assert room.values()["style"] == "neon"
    room.knobs["subject"].value = room.knobs["subject"].options[1][1]
    room.knobs["theme"].value = "food"
    assert room.knobs["subject"].value == "" and room.values()["subject"] is None
    rested(room)
