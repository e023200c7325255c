"""What lesson 04 shows: frames that say which are foretold, curves, a ball with two futures, forecasts and knobs."""

import io

import numpy as np
import pytest
from PIL import Image

from aigc_lab.course import page
from aigc_lab.course.charts import ORANGE
from aigc_lab.course.predicting import (
    EXAM,
    LEARN,
    ball_with_two_futures,
    drawn_film,
    error_table,
    films,
    fine_detail,
    forecast,
    forecast_knobs,
    large,
    learning_chart,
    on_moving_mnist,
    rollout_chart,
    strip,
)
from aigc_lab.train.input import PARTS
from aigc_lab.train.predicting import build_predictor

EDGE = [int(ORANGE[i : i + 2], 16) for i in (1, 3, 5)]


def pixels(view) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(view.data)).convert("RGB")).astype(int)


def orange(picture: np.ndarray) -> np.ndarray:
    return np.abs(picture - EDGE).max(axis=2) < 40


@pytest.fixture(scope="module")
def film():
    """One film and a model that was not trained: it copies."""
    return drawn_film("travel", 3)


@pytest.fixture(scope="module")
def model():
    """A predictor that copies."""
    return build_predictor("mixer", features=4, mixed=8, blocks=1, reach=3)


def test_nobody_learns_from_the_films_of_the_exam(film):
    assert film.frames.shape == (20, 72, 40, 3)
    assert np.array_equal(films(2, 5)[0], films(1, 5)[0]) and not np.array_equal(*films(2, 5))
    first, end = PARTS["test"]
    assert first <= EXAM < end and not first <= LEARN < end


def test_a_frame_is_enlarged_whatever_its_numbers_are_and_only_foretold_ones_have_an_edge(film):
    frame = film.frames[0]
    assert np.array_equal(large(frame)[::4, ::4], frame) and np.array_equal(large(frame / 255), large(frame))
    assert large(np.full((5, 6), 0.5), zoom=2).shape == (10, 12, 3) and large(np.full((5, 6, 1), 2.0)).min() == 255
    assert orange(large(frame, ORANGE).astype(int)).sum() > 1000 > orange(large(frame).astype(int)).sum()


def test_a_strip_marks_what_a_model_says_and_leaves_out_what_it_does_not(film):
    rows = {"truth": film.frames, "copy": np.repeat(film.frames[9:10], 10, axis=0)}
    picture = pixels(strip(rows, [9, 10, 11, 20], "x"))
    high, wide = picture.shape[0] // 2, picture.shape[1] // 4
    marked = [
        [orange(picture[r * high : (r + 1) * high, c * wide : (c + 1) * wide]).mean() for c in range(4)] for r in (0, 1)
    ]
    assert max(marked[0] + marked[1][:2]) < 0.5 * min(marked[1][2:])
    blank = picture[high : 2 * high, : 2 * wide][: high // 2]
    assert blank.max() < 60, "a model says nothing of frames 9 and 10"


def test_charts_tell_their_numbers_in_words():
    told = learning_chart({"a": [(1.0, 80.0), (2.0, 60.0)]}, 90.0, "copy").alt
    assert told == "a: 80 → 60; copy: 90"
    assert "b: 1 → 10" in rollout_chart({"b": np.arange(1, 11)}).alt


def test_fine_detail_is_less_in_a_blurred_frame(film):
    truth = film.frames[None, 10:] / 255
    blurred = truth.copy()
    blurred[:, 5:, 1:, 1:] = (truth[:, 5:, 1:, 1:] + truth[:, 5:, :-1, 1:] + truth[:, 5:, 1:, :-1]) / 3
    kept, lost = fine_detail(truth), fine_detail(blurred)
    assert kept.shape == (10,) and np.allclose(kept[:5], lost[:5]) and (lost[5:] < kept[5:]).all()


def test_what_was_before_says_nothing_of_where_the_ball_goes():
    before, after = ball_with_two_futures(400, 1)
    to_the_left = after[..., :8, 0].sum(axis=(1, 2)) > after[..., 8:, 0].sum(axis=(1, 2))
    assert 0.4 < to_the_left.mean() < 0.6
    one, other = before[to_the_left].mean(axis=0), before[~to_the_left].mean(axis=0)
    assert np.abs(one - other).max() < 0.1 and np.allclose(after.sum(axis=(1, 2, 3)), after[0].sum(), rtol=0.05)
    mean = after.mean(axis=0)
    assert mean.max() < 0.75 and ((after - mean) ** 2).mean() < ((after - after[0]) ** 2).mean()


def test_a_forecast_of_a_model_that_copies_is_as_good_as_copying(model):
    view = forecast(model, "nature", 2, 10)
    assert view.data[:3] == b"GIF" and len(view.data) <= 75_000
    numbers = [part.split()[-2] for part in view.alt.split(": ")[1].split(",")]
    assert numbers[0] == numbers[1], view.alt


def test_knobs_call_the_same_function_with_what_they_say():
    seen = []
    room = forecast_knobs(lambda *values: seen.append(values) or page.View("<b>x</b>", "x"), "en-US", "food", 4, 6)
    theme, _, given, picture = room.children
    assert seen == [("food", 4, 6)] and picture.value == "<b>x</b>"
    given.value, theme.value = 2, "nature"
    assert seen[1:] == [("food", 4, 2), ("nature", 4, 2)]


def test_the_table_of_digits_keeps_the_order_that_the_lesson_tells():
    copy, memory, mixer, *published = on_moving_mnist()
    assert [row["model"] for row in (memory, mixer)] == ["ConvLSTM", "SimVP"] and "minutes" not in copy
    assert copy["mse"] > memory["mse"] > mixer["mse"] and copy["ssim"] < memory["ssim"] < mixer["ssim"]
    assert abs(memory["minutes"] - mixer["minutes"]) <= 1 and mixer["minutes"] > 0
    assert len(published) == 3 and all("published" in row["model"] for row in published)
    head, *lines = error_table([copy, memory, *published])
    assert lines[1][head.index("mse")] == f"{memory['mse']:.1f}" and lines[1][head.index("minutes")]
    assert lines[0][head.index("minutes")] == "" == lines[2][head.index("ms")]
    assert lines[2][head.index("parameters")] == "15,000,000"
