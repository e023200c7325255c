"""What lesson 02 shows: planted cuts, motion as arrows and colours, charts with Chinese letters, a knob that draws."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from aigc_lab.course import page
from aigc_lab.course.charts import chart
from aigc_lab.course.preparing import (
    TAKE,
    arrows,
    boxed,
    color_wheel,
    cuts_chart,
    distances_chart,
    film_takes,
    film_with_cuts,
    flow_colors,
    heat,
    knob,
    motion_view,
    theme_takes,
)  # fmt: skip
from aigc_lab.media import Clip, probe


@pytest.fixture(scope="module")
def film():
    """The practice film and its planted cuts."""
    return film_with_cuts(7)


def pixels(view) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(view.data)).convert("RGB"))


def test_a_planted_cut_is_where_the_picture_changes_and_the_dissolve_is_slow(film):
    clip, planted = film
    change = np.abs(np.diff(clip.frames.astype(int), axis=0)).mean(axis=(1, 2, 3))
    sharp = [start for start in planted if start != planted[4]]
    calm = np.median(change)
    assert len(planted) == 6 and all(change[start - 1] > 5 * calm for start in sharp)
    assert change[planted[4] - 1] < min(change[start - 1] for start in sharp)
    white = [i for i in range(len(clip.frames)) if clip.frames[i].min() == 250]
    assert len(white) == 1 and white[0] not in planted


def test_the_same_seed_gives_the_same_film_and_another_seed_another(film):
    clip, planted = film
    assert np.array_equal(film_with_cuts(7)[0].frames, clip.frames)
    other, cuts = film_with_cuts(8)
    assert cuts == planted and not np.array_equal(other.frames, clip.frames)


def test_takes_are_files_large_enough_for_a_corpus_and_never_drawn_twice(tmp_path):
    folder = film_takes(tmp_path / "素材 takes", ["wave"], ["left"], 7)
    (path,) = folder.iterdir()
    info, before = probe(path), path.stat().st_mtime_ns
    assert path.name == "Wave-1.mp4" and (info.width, info.height) == TAKE and info.seconds > 16 / 7.5
    film_takes(folder, ["wave"], ["left"], 7)
    assert path.stat().st_mtime_ns == before


def test_theme_takes_hold_three_takes_and_a_copy_of_each_scene():
    made = theme_takes(2, 7)
    assert [take.scene for take in made] == [0] * 4 + [1] * 4 and len({take.file for take in made}) == 8
    first, copy, other = (made[i].frames.astype(int) for i in (0, 1, 4))
    assert np.abs(first - copy).mean() < 15 < np.abs(first - other).mean()
    assert made[1].file.startswith("post-") and {take.file[:8] for take in made if take.scene == 0} >= {"scene-00"}


@pytest.mark.parametrize(("way", "hue"), [((3, 0), 0), ((0, 3), 45), ((-3, 0), 90), ((0, -3), 135)])
def test_the_hue_is_the_direction_and_standing_still_is_white(way, hue):
    field = np.zeros((4, 4, 2))
    assert (flow_colors(field, 3.0) == 255).all()
    field[:] = way
    found = cv2.cvtColor(flow_colors(field, 3.0), cv2.COLOR_RGB2HSV)[0, 0]
    assert abs(int(found[0]) - hue) <= 1 and found[1] == 255
    wheel, at = color_wheel(41), (20 + 6 * way[1], 20 + 6 * way[0])
    assert abs(int(cv2.cvtColor(wheel, cv2.COLOR_RGB2HSV)[at][0]) - hue) <= 1


def test_arrows_point_where_the_field_does_and_still_places_stay_untouched():
    frame, field = np.zeros((32, 64, 3), np.uint8), np.zeros((32, 64, 2))
    assert not arrows(frame, field).any()
    field[:, :, 0] = 6
    drawn = arrows(frame, field, every=32, scale=2)
    columns = np.flatnonzero(drawn.any(axis=(0, 2)))
    assert columns.min() >= 28 and drawn[32, 32:44].any() and not drawn[32, :28].any()


def test_motion_view_says_what_it_compares(film):
    view = motion_view(Clip(film[0].frames[:24], 12.0), 2, 5)
    assert "stride 5" in view.alt and pixels(view).shape[1] > 600
    assert "stride 99" in motion_view(Clip(film[0].frames[:24], 12.0), 2, 99).alt, "the last frame stands in"


def test_the_chart_counts_what_a_threshold_finds():
    differences = np.zeros(40)
    differences[[10, 20, 30]] = 0.8, 0.2, 0.9
    assert "2 of 3 cuts found, 0 false" in cuts_chart(differences, 0.5, [10, 20, 30], 10.0).alt
    assert "1 of 2 cuts found, 1 false" in cuts_chart(differences, 0.5, [10, 20], 10.0).alt
    assert "a: 0.50" in distances_chart({"a": np.array([0.5]), "b": np.array([0.1])}).alt


def test_a_chart_draws_chinese_letters_and_not_empty_boxes(recwarn):
    words = [pixels(chart(lambda axes, text=text: axes.set_title(text), "x")) for text in ("剪辑点", "步长阈")]
    assert not np.array_equal(*words), "missing letters would all be the same box"
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


def test_a_knob_draws_again_when_it_is_turned():
    seen = []
    room = knob("x", [1, 2, 3], 2, lambda value: seen.append(value) or page.View(f"<b>{value}</b>", str(value)))
    slider, picture = room.children
    assert seen == [2] and picture.value == "<b>2</b>"
    slider.value = 3
    assert seen == [2, 3] and picture.value == "<b>3</b>"


def test_boxes_and_heat_leave_what_they_are_given_alone():
    frame = np.zeros((40, 40, 3), np.uint8)
    assert boxed(frame, (5, 5, 10, 20)).any() and not frame.any()
    warm = heat(np.arange(16.0).reshape(4, 4))
    assert warm.shape == (4, 4, 3) and warm[0, 0].sum() < warm[3, 3].sum()
    assert heat(np.zeros((3, 3))).shape == (3, 3, 3)
