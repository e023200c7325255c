"""What lesson 03 shows: examples by seed, moves whose middle gives nothing away, charts, and a recognizer to ask."""

import io

import numpy as np
import pytest
from PIL import Image

from aigc_lab import LabError
from aigc_lab.collect.scenes import draw_scene, sample_spec
from aigc_lab.course import page
from aigc_lab.course.recognising import (
    EACH,
    FAST,
    FIRST,
    asked,
    bars,
    clip_of,
    colors_chart,
    confusion_chart,
    curves,
    examples,
    frames_of,
    moves,
    names,
    question,
    strips,
    told,
    weight_pictures,
)  # fmt: skip
from aigc_lab.train.input import PARTS, words


def pixels(view) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(view.data)).convert("RGB"))


@pytest.fixture(autouse=True)
def english():
    page.use_language("en")
    yield
    page.use_language("en")


def test_examples_follow_from_the_seed_and_carry_their_labels():
    some, same, other = examples(6, 7), examples(6, 7), examples(6, 8)
    assert some.clips.shape == (6, 16, 72, 40, 3) and np.array_equal(some.clips, same.clips)
    assert not np.array_equal(some.clips, other.clips)
    for i in range(6):
        spec = sample_spec(FIRST + 7 * EACH + i)
        assert words()["theme"][some.themes[i]] == spec.theme and words()["style"][some.styles[i]] == spec.style
    with pytest.raises(LabError, match="1000 at most"):
        examples(EACH + 1)


def test_no_seed_of_a_notebook_is_one_that_a_shipped_model_saw():
    begin, end = PARTS["test"]
    assert begin + 2000 <= FIRST and end >= FIRST + 40 * EACH


def test_the_middle_of_a_move_is_the_picture_that_stands_still():
    clips = moves(3, 5)
    assert clips.shape == (3, 5, 72, 40, 3)
    for i, clip in enumerate(clips):
        still = draw_scene(sample_spec(FIRST + 5 * EACH + i, motion="none", speed=FAST)).frames[8]
        assert np.array_equal(clip[2], still) and not np.array_equal(clip[0], clip[4])


def test_names_come_in_the_language_of_the_notebook():
    assert len(names("theme")) == 10 and "Food" in names("theme") and len(names("style")) == 6
    page.use_language("zh-CN")
    assert "美食" in names("theme") and not any(name.isascii() for name in names("style"))


def test_charts_say_in_words_what_they_show():
    some = examples(8, 7)
    colors = some.clips.mean(axis=(1, 2, 3)) / 255
    seen = [
        colors_chart(colors, some.styles, names("style")),
        curves({"one": [2.0, 1.0], "two": [2.0, 0.5]}, "epoch", "loss", 2.3, "guessing", most=3),
        bars(np.array([0.1, 0.7, 0.2]), ["a", "b", "c"], right=2, title="theme"),
        confusion_chart(np.array([[3, 1], [0, 4]]), ["cat", "dog"]),
        weight_pictures(np.random.default_rng(1).normal(0, 1, (72 * 40 * 3, 3)), ["a", "b", "c"], "weights"),
        frames_of(some, [0, 1], ["first", "second"], "two frames"),
        strips([some.clips[0, :3]], ["one"], "a clip"),
    ]
    assert all(view.alt and pixels(view).std() > 10 for view in seen)
    assert "one: 2.00 → 1.00" in seen[1].alt
    assert seen[2].alt.startswith("theme: b 70%, c 20%")
    assert "7 of 8 clips on the diagonal" in seen[3].alt


def test_charts_have_chinese_letters(capsys, recwarn):
    page.use_language("zh-CN")
    view = confusion_chart(np.eye(10, dtype=int), names("theme"))
    assert "混淆矩阵" in view.alt and "10 个片段中有 10 个" in view.alt
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


def test_the_shipped_recognizer_knows_most_drawn_clips():
    some = examples(40, 11)
    said = told(some.clips)
    assert said["theme"].shape == (40, 10) and np.allclose(said["theme"].sum(axis=1), 1, atol=1e-4)
    assert (said["theme"].argmax(axis=1) == some.themes).mean() > 0.85
    assert (said["style"].argmax(axis=1) == some.styles).mean() > 0.9


def test_a_clip_that_is_asked_about_has_its_theme_and_style_drawn_or_generated():
    assert clip_of("city", "neon", 7).mean() < clip_of("city", "minimal", 7).mean()
    assert clip_of("food", "neon", 3, generated=True).shape == (16, 72, 40, 3)
    with pytest.raises(LabError, match="'cats' is unknown"):
        clip_of("cats", "neon", 7)
    view = asked("food", "neon", 3)
    assert view.html.count("<img") == 3 and "Food" in view.alt and "Neon" in view.alt


def test_turning_a_list_asks_anew():
    box = question("city", "neon", 7)
    knobs, picture = box.children
    before = picture.value
    theme, style, seed, generated = knobs.children
    theme.value = "food"
    assert picture.value != before
    assert picture.value == asked("food", "neon", 7).html
    style.value, seed.value, generated.value = "minimal", 8, True
    assert picture.value == asked("food", "minimal", 8, True).html
