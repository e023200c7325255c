"""The predictors: they begin as copies, remember by the equations, learn motion, and are measured as is published."""

import gzip
import json

import keras
import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.collect.sources.datasets import DIGITS_FILE, handwritten_digits, holds_films, moving_digits
from aigc_lab.course.tasks.lesson04 import memory_step
from aigc_lab.train.evaluate import measure
from aigc_lab.train.jobs import Job
from aigc_lab.train.predicting import (
    COPY,
    MADE,
    as_given,
    bouncing_digits,
    build_predictor,
    compare,
    copy_last,
    draw_film,
    drawn_films,
    evaluate_predictor,
    film_batch,
    film_ssim,
    frame_errors,
    go_on,
    load_predictor,
    scores,
    train_predictor,
    trained_for,
)
from aigc_lab.train.predictor import GIVEN, ConvLSTMCell, pixels, squares
from aigc_lab.train.running import train
from aigc_lab.train.weights import kept

TINY = {"mixer": {"features": 6, "mixed": 24, "blocks": 2, "reach": 3}, "convlstm": {"memory": (12,)}}
SIZE = 16, 12  # width and height of the tiny films


def tiny(kind: str) -> keras.Model:
    keras.utils.set_random_seed(1)
    return build_predictor(kind, SIZE, 1, **TINY[kind])


def stirred(kind: str) -> keras.Model:
    """A model with random numbers where it begins with zeros."""
    model, rng = tiny(kind), np.random.default_rng(3)
    for weight in model.trainable_variables:
        weight.assign(rng.normal(0, 0.3, weight.shape))
    return model


def gliding(count: int, seed: int = 0) -> np.ndarray:
    """A light bar that goes a pixel to the right a frame and comes in again on the left, uint8 (N, 20, 12, 16, 1)."""
    starts = np.random.default_rng(seed).integers(16, size=count)
    films = np.full((count, 20, 12, 16, 1), 20, np.uint8)
    for film, start in zip(films, starts, strict=True):
        for t, frame in enumerate(film):
            frame[:, np.arange(start + t, start + t + 4) % 16] = 230
    return films


@pytest.mark.parametrize("kind", TINY)
def test_an_untrained_predictor_is_the_rival_that_copies(kind):
    films = np.random.default_rng(0).integers(0, 256, (2, 10, 12, 16, 1), dtype=np.uint8)
    assert np.allclose(go_on(tiny(kind), films), copy_last(films), atol=1e-6)
    assert np.allclose(go_on(tiny(kind), films[0]), copy_last(films[0]), atol=1e-6)


def test_squares_become_pictures_again_and_keep_neighbours_together():
    picture = np.arange(2 * 8 * 12 * 3, dtype=np.float32).reshape(2, 8, 12, 3)
    places = keras.ops.convert_to_numpy(squares(picture))
    assert places.shape == (2, 2, 3, 48) and set(places[0, 1, 2]) == set(picture[0, 4:8, 8:12].ravel())
    assert np.array_equal(keras.ops.convert_to_numpy(pixels(places)), picture)


def test_the_cell_does_what_its_equations_say():
    cell, rng = ConvLSTMCell(3), np.random.default_rng(0)
    x, said, kept = (rng.normal(size=(1, 4, 5, n)).astype(np.float32) for n in (2, 3, 3))
    came = [keras.ops.convert_to_numpy(part) for part in cell(x, (said, kept))]
    sums = keras.ops.convert_to_numpy(cell.gates(np.concatenate([x, said], axis=-1)))
    named = dict(zip(("forget", "write", "new", "tell"), np.split(sums, 4, axis=-1), strict=True))
    for mine, theirs in zip(memory_step(named, kept), came, strict=True):
        assert np.allclose(mine, theirs, atol=1e-5)


def test_the_one_that_remembers_feeds_on_its_own_answers():
    model, films = stirred("convlstm"), gliding(1)[:, :10]
    shares = films / np.float32(255)
    memory = [model.empty(shares, width) for width in model.config.memory]
    frame, said = None, []
    for at in range(19):
        frame = squares(shares[:, at]) if at < 10 else frame
        frame, memory = model.step(frame, memory)
        said.append(keras.ops.convert_to_numpy(pixels(frame)))
    assert np.allclose(np.stack(said[-10:], axis=1), go_on(model, films), atol=1e-4)
    learned_from = keras.ops.convert_to_numpy(model({"frames": films}, training=True))
    assert learned_from.shape[1] == 19 and np.allclose(learned_from[:, :9], np.stack(said[:9], axis=1), atol=1e-4)


@pytest.mark.parametrize("kind", TINY)
def test_every_given_frame_matters_for_the_answer(kind):
    films = np.repeat(gliding(1)[:, :10], 11, axis=0)
    for at in range(10):
        films[at, at] = 255 - films[at, at]
    made = go_on(stirred(kind), films)
    assert (np.abs(made[:10] - made[10]).max(axis=(1, 2, 3, 4)) > 1e-4).all()


@pytest.mark.parametrize(("kind", "steps"), [("mixer", 60), ("convlstm", 50)])
def test_a_predictor_learns_to_beat_the_copies_where_everything_moves(kind, steps):
    model, unseen = tiny(kind), gliding(16, 5)
    films = gliding(16, 1)
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    model.fit({"frames": films[:, :10]}, films[:, 10:], batch_size=16, epochs=steps, verbose=0)
    copied, learned = (
        frame_errors(unseen[:, 10:], m).mean() for m in (copy_last(unseen[:, :10]), go_on(model, unseen[:, :10]))
    )
    assert learned < 0.6 * copied
    assert model.evaluate({"frames": unseen[:, :10]}, unseen[:, 10:], verbose=0, return_dict=True)[
        "mse"
    ] == pytest.approx(learned, rel=0.02)


def test_the_error_of_a_frame_is_the_sum_of_squares_over_its_pixels():
    truth = np.zeros((2, 10, 8, 8, 1), np.uint8)
    made = np.zeros(truth.shape, np.float32)
    truth[0, 3, 1, 2], made[1, 9] = 255, 0.5
    errors = frame_errors(truth, made)
    assert errors[0].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0] and errors[1, 9] == pytest.approx(64 * 0.25)
    told = scores(truth, made)
    assert told["mse"] == pytest.approx(17 / 20) and told["psnr"] == pytest.approx(10 * np.log10(64 / 0.85))
    assert told["mse_interval"] > 0 and np.isfinite(scores(truth, truth / 255)["psnr"])


def test_ssim_is_one_for_the_same_frames_and_higher_when_the_span_is_taken_wider():
    films = gliding(2)[:, :10]
    assert np.allclose(film_ssim(films, films / 255), 1)
    off = np.clip(films / 255 + np.random.default_rng(0).normal(0, 0.1, films.shape), 0, 1)
    usual, wide = film_ssim(films, off), film_ssim(films, off, span=2.0)
    assert usual.shape == (2, 10) and (usual < wide).all() and (wide < 1).all()
    x, y = films[0, 0, :7, :7, 0] / 255, off[0, 0, :7, :7, 0]
    (vx, both), (_, vy) = np.cov(x.ravel(), y.ravel())
    one = (2 * x.mean() * y.mean() + 1e-4) * (2 * both + 9e-4)
    one /= (x.mean() ** 2 + y.mean() ** 2 + 1e-4) * (vx + vy + 9e-4)
    single = film_ssim(films[:1, :1, :7, :7], off[:1, :1, :7, :7])
    assert single == pytest.approx(one), "one window, by the formula of the paper"


def test_remade_digits_bounce_in_their_box_and_never_leave_it():
    digits = np.zeros((3, 28, 28), np.uint8)
    digits[:, 4:24, 4:24] = np.array([90, 160, 250])[:, None, None]
    films = bouncing_digits(digits, 6, seed=2)
    assert films.shape == (6, 20, 64, 64, 1) and films.dtype == np.uint8
    assert np.array_equal(films, bouncing_digits(digits, 6, seed=2))
    assert not np.array_equal(films, bouncing_digits(digits, 6, seed=3))
    alone = bouncing_digits(digits[:1], 8, seed=1, together=1)[..., 0] > 0
    assert (alone.sum(axis=(2, 3)) == 400).all(), "whole in every frame"
    corners = np.array([[np.argwhere(frame).min(axis=0) for frame in film] for film in alone])
    steps = np.abs(np.diff(corners, axis=1))
    assert steps.max() <= 4 and (steps.sum(axis=2) > 0).mean() > 0.8
    assert len({tuple(np.sign(s)) for film in corners for s in np.diff(film, axis=0)}) > 4, "they bounce"


def test_the_standard_file_is_read_and_another_is_refused(tmp_path):
    films = bouncing_digits(np.full((1, 28, 28), 200, np.uint8), 3)
    path = tmp_path / "数字 digits.npy"
    np.save(path, np.moveaxis(films[..., 0], 0, 1))
    assert np.array_equal(moving_digits(path), films[..., 0]) and len(moving_digits(path, 2)) == 2
    rows = compare(
        moving_digits(path)[..., None], {"tiny": build_predictor("mixer", (64, 64), 1, **TINY["mixer"])}, "x", 2.0
    )
    assert [row["model"] for row in rows] == [COPY, "tiny"] and rows[0]["mse"] == rows[1]["mse"] > 0
    np.save(path, films)
    with pytest.raises(LabError, match="has the shape"):
        moving_digits(path)


@pytest.fixture
def strokes() -> np.ndarray:
    """Twelve shapes in the place of handwritten digits, uint8 (12, 28, 28)."""
    shapes = np.zeros((12, 28, 28), np.uint8)
    for number, shape in enumerate(shapes):
        shape[4 : 8 + number, 6 + number : 10 + number] = 150 + 8 * number
    return shapes


def test_digits_are_learned_from_and_measured_on_the_standard_file(tmp_path, strokes):
    file, standard = tmp_path / "数字 mnist.npz", tmp_path / "mnist_test_seq.npy"
    np.savez(file, x_train=strokes, y_train=np.arange(12))
    np.save(standard, np.moveaxis(bouncing_digits(strokes, 5, seed=9)[..., 0], 0, 1))
    job = Job(tmp_path / "none", tmp_path / "run", steps=4, batch=2, round=1, digits=file, say=lambda _: None)
    assert train("predictor", job).done and not job.corpus.exists()
    assert "research" in kept("predictor-digits", job.weights)[0].metadata["data"]
    found = evaluate_predictor(weights=job.weights, clips=4, moving_mnist=standard)
    assert [row["model"] for row in found["rows"][:3]] == [COPY, "predictor-digits", "predictor-convlstm-digits"]
    assert all("published" in row["model"] for row in found["rows"][3:]) and found["count"] == 4
    assert all(row["minutes"] == 0 for row in found["rows"][1:3])
    assert load_predictor("mixer", job.weights, digits=True).config.colors == 1
    np.savez(file, x_train=strokes, x_test=strokes[::-1])
    made = evaluate_predictor(weights=job.weights, clips=3, moving_mnist=file)
    truth = bouncing_digits(strokes[::-1], 3)
    expected = frame_errors(truth[:, GIVEN:], copy_last(truth[:, :GIVEN])).mean()
    assert made["rows"][0]["films"] == MADE and made["count"] == 3
    assert made["rows"][0]["mse"] == pytest.approx(expected, abs=1e-3)
    with pytest.raises(LabError, match=r"No predictors for Moving MNIST.*train predictor --digits"):
        evaluate_predictor(clips=4, moving_mnist=standard)
    asked = measure("predictor", 3, weights=job.weights, moving_mnist=file)  # no weights for drawn films are asked for
    assert [row["mse"] for row in asked["rows"][:3]] == [row["mse"] for row in made["rows"][:3]]
    with pytest.raises(LabError, match=r"--moving-mnist measures the predictor and not the upscaler"):
        measure("upscaler", 3, moving_mnist=file)


def test_what_are_no_digits_is_named(tmp_path, strokes):
    file = tmp_path / "digits.npy"
    with pytest.raises(LabError, match="is not there"):
        handwritten_digits(file)
    np.save(file, strokes[:, :20])
    with pytest.raises(LabError, match=r"holds uint8 of shape \(12, 20, 28\): digits are uint8"):
        handwritten_digits(file)
    file.write_bytes(b"")
    with pytest.raises(LabError, match="cannot be read as digits"):
        handwritten_digits(file)
    np.savez(tmp_path / "other.npz", images=strokes)
    with pytest.raises(LabError, match="cannot be read as digits"):
        handwritten_digits(tmp_path / "other.npz")
    np.save(file, strokes)
    assert np.array_equal(handwritten_digits(file), strokes)
    published = DIGITS_FILE + np.array([12, 28, 28], ">u4").tobytes() + strokes.tobytes()
    for name, data in (("images-idx3-ubyte", published), ("images.gz", gzip.compress(published))):
        (tmp_path / name).write_bytes(data)
        assert np.array_equal(handwritten_digits(tmp_path / name), strokes) and not holds_films(tmp_path / name)
    for data in (published[:-1], published[:9], gzip.compress(b"something else"), gzip.compress(published)[:-9]):
        (tmp_path / "cut").write_bytes(data)
        with pytest.raises(LabError, match="cannot be read as digits"):
            handwritten_digits(tmp_path / "cut")
    with pytest.raises(LabError, match="--digits gives the predictor films of digits, and upscaler learns from none"):
        train("upscaler", Job(tmp_path, tmp_path, steps=1, digits=file))


def test_fewer_given_frames_stand_still_before_the_first_known_one():
    frames = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    assert as_given(frames, 10).ravel().tolist() == list(range(10))
    assert as_given(frames, 3).ravel().tolist() == [7] * 8 + [8, 9]
    assert as_given(np.stack([frames] * 2), 1).ravel().tolist() == [9] * 20


def test_a_batch_shows_the_first_ten_frames_and_asks_for_the_rest_of_the_same_film():
    films = gliding(40)
    inputs, answers = film_batch(films, 32, np.random.default_rng(0), fewer=0.5)
    assert inputs["frames"].shape == answers.shape == (32, 10, 12, 16, 1)
    before, after = inputs["frames"][:, 9, 0, :, 0].astype(int), answers[:, 0, 0, :, 0]
    ways = [next(w for w in (-1, 1) if np.array_equal(np.roll(b, w), a)) for b, a in zip(before, after, strict=True)]
    assert set(ways) == {-1, 1}, "half of them mirrored"
    still = [np.array_equal(shown[0], shown[1]) for shown in inputs["frames"]]
    assert 8 <= sum(still) <= 16 and not any(still[16:])


def test_films_are_drawn_once_and_by_their_seed(tmp_path):
    films = drawn_films(tmp_path / "片 films", "valid", 2)
    (path,) = (tmp_path / "片 films").iterdir()
    before = path.stat().st_mtime_ns
    assert np.array_equal(films[1], draw_film(1_000_001)) and films.shape == (2, 20, 72, 40, 3)
    drawn_films(tmp_path / "片 films", "valid", 2)
    assert path.stat().st_mtime_ns == before


def test_an_unknown_predictor_and_missing_weights_are_one_sentence(tmp_path):
    with pytest.raises(LabError, match="choose mixer, convlstm"):
        build_predictor("oracle")
    with pytest.raises(LabError, match="choose mixer, convlstm"):
        load_predictor("oracle")
    with pytest.raises(LabError, match="weights"):
        load_predictor("mixer", tmp_path)


def test_both_are_trained_kept_and_measured_beside_the_copies(tmp_path):
    said = []
    job = Job(tmp_path / "corpus", tmp_path / "run", steps=4, clips=6, batch=2, round=1, say=said.append)
    assert train_predictor(job).done
    assert trained_for("mixer", job.weights) > 0 and any("predictor-convlstm" in line for line in said)
    assert (job.weights / "predictor.safetensors").stat().st_size < 2e6
    assert (job.weights / "predictor-convlstm.safetensors").stat().st_size < 2e6
    found = evaluate_predictor(job.corpus, job.weights, clips=4)
    assert [row["model"] for row in found["rows"]] == [COPY, "predictor", "predictor-convlstm"]
    assert all({"mse", "ssim", "psnr", "parameters", "ms"} <= set(row) and row["count"] == 4 for row in found["rows"])
    assert found["predictor_mse"] == found["rows"][1]["mse"] > 0 == found["rows"][0]["parameters"]
    assert json.loads(json.dumps(found)) == found, "plain numbers"
