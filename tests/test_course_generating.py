"""What lesson 06 shows: points in the shape of a letter, arrows, measures of clouds, mini clips, sliders that draw."""

import io

import numpy as np
import pytest
from PIL import Image

from aigc_lab import LabError
from aigc_lab.course.generating import (
    crossing_chart,
    error_chart,
    field_chart,
    knobs,
    letter_points,
    loss_chart,
    own_walk,
    paths_chart,
    points_row,
    right_and_covered,
    symptoms_view,
)
from aigc_lab.course.mini_clips import (
    PALETTES,
    THEMES,
    mini_clips,
    side_by_side,
    strips,
    to_frames,
    to_pieces,
)
from aigc_lab.course.page import View
from aigc_lab.course.tasks.lesson06 import walk
from aigc_lab.generate.clips import load_models


def pixels(view) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(view.data)).convert("RGB"))


def test_points_lie_on_the_letter_and_follow_from_the_seed():
    points = letter_points("十", 3000, 1)
    assert points.shape == (3000, 2) and np.abs(points.mean(axis=0)).max() < 0.01 and abs(points.std() - 1) < 0.01
    across, up = np.abs(points[:, 0]), np.abs(points[:, 1])
    assert (np.minimum(across, up) < 0.6).mean() > 0.95, "a cross has nothing in its corners"
    assert np.array_equal(points, letter_points("十", 3000, 1))
    assert not np.array_equal(points, letter_points("十", 3000, 2))
    rare = [right_and_covered(letter_points(letter, 900), letter_points("龍", 900))[0] for letter in "龍鳳"]
    assert rare[0] == 1.0 > rare[1], "a letter that only one of the fonts has is drawn as well"


@pytest.mark.parametrize("letter", ["", "AB", " ", "\U0001f600"])
def test_what_is_no_letter_is_refused_in_one_sentence(letter):
    with pytest.raises(LabError, match="one character"):
        letter_points(letter)


def test_a_cloud_on_the_data_is_right_and_half_of_it_covers_half():
    data = letter_points("A", 800, 3)
    assert right_and_covered(data, data) == (1.0, 1.0)
    right, covered = right_and_covered(data[data[:, 1] > 0], data)
    assert right == 1.0 and 0.3 < covered < 0.8
    assert right_and_covered(data + 9, data) == (0.0, 0.0)


def test_rows_of_clouds_hold_a_panel_for_each_and_show_the_data_pale():
    cloud = letter_points("A", 300)
    one, two = points_row([("a", cloud)], "x"), points_row([("a", cloud), ("b", cloud)], "x")
    assert pixels(two).shape[1] == 2 * pixels(one).shape[1]
    behind = pixels(points_row([("a", cloud + 99)], "x", letter_points("A", 300)))
    grey = (behind.min(axis=2) == behind.max(axis=2)) & (behind[..., 0] < 240)
    assert grey.sum() > 100


def test_arrows_point_where_the_velocity_does():
    def to_the_right(here, time):
        return np.tile([4.0, 0.0], (len(here), 1))

    cloud = np.zeros((1, 2))
    ahead, back = (pixels(field_chart(lambda h, t, s=s: s * to_the_right(h, t), cloud, 0.5)) for s in (1, -1))
    orange = [(picture[..., 0] > 180) & (picture[..., 2] < 80) for picture in (ahead, back)]
    assert orange[0].sum() > 500 and not np.array_equal(*orange)
    columns = [np.flatnonzero(mask.any(axis=0)).mean() for mask in orange]
    assert columns[0] > columns[1] + 5
    assert "time 0.5, 4.00 long" in field_chart(to_the_right, cloud, 0.5, cloud).alt


def test_charts_say_in_words_what_they_show():
    assert "40 steps: 2.00 at first, 1.00 at last" in loss_chart([2.0, 1.0], every=20, marks=[20]).alt
    assert error_chart({"Euler": [(1, 1.0), (2, 0.5)], "Heun": [(1, 1.0), (3, 0.1)]}, "errors").alt == "errors"
    assert pixels(crossing_chart(np.eye(2), np.ones(2) / 2, "arrows")).min() < 200
    assert pixels(paths_chart(np.zeros((2, 2)), np.ones((2, 2)), "paths")).min() < 200


def test_sliders_draw_anew_and_hand_over_their_values_in_order():
    seen = []
    room = knobs({"a": ([1, 2], 1), "word": (["x", "y"], "y")}, lambda *now: seen.append(now) or View(f"{now}", ""))
    room.children[0].value = 2
    assert seen == [(1, "y"), (2, "y")] and room.children[-1].value == "(2, 'y')"


def test_the_symptoms_differ_between_students():
    assert symptoms_view(1).data == symptoms_view(1).data != symptoms_view(2).data


def test_a_better_walk_shows_a_smaller_error_and_an_empty_task_is_said_to_be_empty():
    def euler(velocity, noise, steps):
        return walk(velocity, noise, steps, "euler")

    def empty(velocity, noise, steps):
        raise NotImplementedError

    assert pixels(own_walk(euler, walk, 1)).shape[1] > 300
    assert "06.2 first" in own_walk(euler, empty, 1).text


@pytest.fixture(scope="module")
def models():
    """The shipped weights."""
    return load_models()


def test_mini_clips_are_drawn_by_their_words_and_come_back_from_their_tokens(models):
    mini = mini_clips(models, 18, 7)
    kinds = {tuple(row) for row in mini.words.tolist()}
    assert len(kinds) == len(THEMES) * len(PALETTES) == 18
    assert mini.tokens.shape == (18, 9, 5, 32) and mini.first.shape == (18, 72, 40, 3)
    back = to_frames(models, mini.tokens[:6])
    assert back.shape == (6, 8, 72, 40, 3) and back.dtype == np.uint8
    difference = np.abs(back[:, 0].astype(int) - mini.first[:6])
    other = np.abs(back[:, 0].astype(int) - mini.first[6:12])
    assert difference.mean() < 12 < other.mean()


def test_a_piece_holds_one_place_through_time():
    tokens = np.arange(2 * 2 * 9 * 5 * 16).reshape(2, 2, 9, 5, 16)
    pieces = to_pieces(tokens)
    assert pieces.shape == (2, 9, 5, 32)
    assert np.array_equal(pieces[1, 3, 2], np.concatenate([tokens[1, 0, 3, 2], tokens[1, 1, 3, 2]]))


def test_clips_stand_side_by_side_and_strips_have_a_name_each():
    clips = np.zeros((3, 4, 72, 40, 3), np.uint8)
    clips[1] = 255
    joined = side_by_side(clips)
    assert joined.frames.shape == (4, 144, 248, 3) and joined.frames[0, :, 90:155].min() > 250
    assert joined.frames[0, :, 40].max() == 0 and joined.frames[0, :, 82].min() == 255, "a white gap"
    assert pixels(strips({"a": clips[:, 0], "b": clips[:, 1]}, "rows")).shape[0] > 2 * 144
