"""The generator learns the velocity from noise to clips, counts the subject for more, and is steered by wishes."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.generate.clips import build_generator, load_models
from aigc_lab.settings import data_path
from aigc_lab.train.fitting import Plan, fit
from aigc_lab.train.generator import PIECE, PIECES, Generator, GeneratorConfig, flow_batch, guided, sample
from aigc_lab.train.input import (
    SHARD,
    all_subject_cells,
    corpus_spec,
    label_numbers,
    render,
    subject_cells,
    subject_pictures,
    words,
)
from aigc_lab.train.jobs import Job
from aigc_lab.train.running import train
from aigc_lab.train.warm_start import begin, past
from aigc_lab.train.weights import Weights, keep, kept, model_arrays, write_weights


def tiny_generator() -> Generator:
    model = Generator(GeneratorConfig(channels=4, grid=(4, 2, 1), width=24, depth=1, heads=1))
    build_generator(model)
    return model


def labels_of(count: int) -> dict[str, np.ndarray]:
    return label_numbers([corpus_spec(i) for i in range(count)])


def test_the_generator_learns_the_mean_velocity(tmp_path):
    model, labels = tiny_generator(), labels_of(32)
    tokens = np.random.default_rng(4).normal(1, 0.1, (32, 5, 2, 1, 4)).astype("float32")
    done = fit(
        model,
        lambda step: flow_batch(tokens, labels, np.random.default_rng([step])),
        Plan(tmp_path, steps=200, say=lambda _: None),
    )
    assert done.history[-1]["loss"] < 0.7 * done.history[0]["loss"]
    wishes = {
        n: v for n, v in flow_batch(tokens, labels, np.random.default_rng(5))[0].items() if n not in ("here", "time")
    }
    wishes["mask"][:] = 0
    noise = np.random.default_rng(6).standard_normal((32, 4, 2, 1, 4), np.float32)
    *_, (time, made) = sample(guided(model.predict_on_batch, wishes, 1.0), noise, 4)
    assert time == 1
    assert abs(made.mean() - 1) < 0.25  # noise has mean 0, the tokens 1


def test_a_training_batch_is_a_point_on_the_way():
    tokens = np.random.default_rng(7).normal(size=(64, 5, 2, 1, 4)).astype("float32")
    inputs, velocity = flow_batch(tokens, labels_of(64), np.random.default_rng(8))
    t = inputs["time"][:, None, None, None, None]
    assert np.allclose(inputs["here"] + (1 - t) * velocity, tokens[:, :4], atol=1e-5)
    exact, still = inputs["mask"][:, :, 0] == 1, inputs["mask"][:, 0, 1] == 1
    assert np.array_equal(inputs["given"][exact], tokens[:, :4][exact])
    assert np.array_equal(inputs["given"][still, 0], tokens[still, 4])
    assert 0.3 < (inputs["mask"].sum((1, 2)) == 0).mean() < 0.7
    assert not inputs["given"][inputs["mask"].sum(2) == 0].any()


def test_heun_is_closer_than_euler_and_guidance_one_is_plain():
    def turn(here, time):
        return np.stack([-here[:, 1], here[:, 0]], 1)  # a circle; after time 1 the angle is 1

    start = np.array([[1.0, 0.0]], np.float32)
    errors = {
        method: np.abs(list(sample(turn, start, 8, method))[-1][1] - [[np.cos(1), np.sin(1)]]).max()
        for method in ("euler", "heun")
    }
    assert errors["heun"] < errors["euler"] / 5
    wishes = {"word_theme": np.array([3], np.int32), "colors": np.ones((1, 2), np.float32)}

    def predict(inputs):
        return inputs["word_theme"][:, None] * np.ones((len(inputs["here"]), 2))

    assert guided(predict, wishes, 1.0)(start, 0.5).tolist() == [[3, 3]]
    assert guided(predict, wishes, 2.0)(start, 0.5).tolist() == [[6, 6]]  # twice as far from "anything"
    assert guided(predict, wishes, 0.0)(start, 0.5).tolist() == [[0, 0]]


def test_the_subject_is_found_where_it_was_drawn():
    seeds = [seed for seed in range(30) if corpus_spec(seed)[1]]
    cells = {seed: subject_cells(seed, (40, 72), (4, 9, 5)) for seed in seeds}
    assert all(c.any() and not c.all() for c in cells.values())
    assert 0.05 < np.mean(list(cells.values())) < 0.4
    hidden = next(seed for seed in range(30) if not corpus_spec(seed)[1])
    assert not subject_cells(hidden, (40, 72), (4, 9, 5)).any()


def test_the_cells_of_a_part_are_found_once_and_kept(tmp_path, monkeypatch):
    cells = all_subject_cells(tmp_path, "pictures", 6, (16, 24), (4, 3, 2))
    assert np.array_equal(cells, [subject_cells(seed, (16, 24), (4, 3, 2)) for seed in range(6)])
    monkeypatch.setattr("multiprocessing.get_context", None)
    assert np.array_equal(all_subject_cells(tmp_path, "pictures", 6, (16, 24), (4, 3, 2)), cells)


def test_a_new_generator_starts_at_rest_and_can_look_at_the_subject():
    model = Generator(GeneratorConfig(channels=4, grid=(4, 2, 1), width=24, depth=1, heads=1, pieces=(2, 1)))
    build_generator(model)
    inputs, _ = flow_batch(np.ones((8, 5, 2, 1, 4), np.float32), labels_of(8), np.random.default_rng(1))
    assert not np.abs(model.predict_on_batch(inputs)).any()
    rng = np.random.default_rng(2)
    for variable in model.weights:
        variable.assign(rng.normal(0, 0.2, variable.shape))
    before = model.predict_on_batch(inputs)
    model.pictures.assign(rng.normal(0, 0.2, model.pictures.shape))
    assert np.abs(model.predict_on_batch(inputs) - before).max() > 0.01, "the pictures reach the velocity"
    pieces = model.look_at(np.arange(3)) * 0 + 1
    assert np.asarray(model.in_the_middle(pieces)).sum((1, 2)).tolist() == [2 * 24] * 3


def test_each_subject_has_a_picture_that_shows_it_and_anything_has_none():
    pictures = subject_pictures((3, 3))
    assert pictures.shape == (len(words()["subject"]) + 1, 3, 3, PIECE) and not pictures[0].any()
    whole = pictures.reshape(-1, 3, 3, 8, 8, 4).transpose(0, 1, 3, 2, 4, 5).reshape(-1, 24, 24, 4)
    assert pictures.max() <= 1 and (whole[..., :3] <= whole[..., 3:]).all(), "colours times alpha"
    assert (whole[1:, ..., 3].mean((1, 2)) > 0.15).all() and 0.2 < whole[1:, ..., 3].mean() < 0.8
    flat = whole[1:].reshape(len(whole) - 1, -1)
    near = np.abs(flat[:, None] - flat[None]).mean(-1) + np.eye(len(flat))
    assert near.min() > 0.02, "no two look the same"


def test_a_generator_is_trained_from_drawn_clips_and_kept_with_its_autoencoder(tmp_path):
    render(tmp_path / "corpus", "pictures", SHARD, (40, 72))
    job = Job(tmp_path / "corpus", tmp_path / "run", steps=2, batch=6, round=1, say=lambda _: None)
    job.weights.mkdir(parents=True)
    for name in ("autoencoder.safetensors", "weights.json"):
        shutil.copy(data_path("weights", name), job.weights)
    done = train("generator", dataclasses.replace(job, start=data_path("weights")))
    assert int(kept("generator", job.weights)[0].metadata["steps_before"]) > 1000
    assert done.done and done.step == 2 and all(np.isfinite(row["loss"]) for row in done.history)
    models = load_models(job.weights)
    assert models.generator.config == GeneratorConfig(pieces=PIECES)
    assert np.abs(models.mean).max() > 0.01 and (models.deviation > 0.1).all(), "measured on its tokens"


def told_by(model: Generator) -> np.ndarray:
    inputs, _ = flow_batch(np.ones((8, 5, 2, 1, 4), np.float32), labels_of(8), np.random.default_rng(21))
    return model.predict_on_batch(inputs)


def filled(seed: int, **sizes: object) -> Generator:
    small = {"channels": 4, "grid": (4, 2, 1), "width": 24, "depth": 2, "heads": 1}
    model = Generator(GeneratorConfig(**small | sizes))
    build_generator(model)
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        variable.assign(rng.normal(0, 0.2, variable.shape))
    return model


def test_a_generator_begins_with_what_one_without_pictures_knows(tmp_path):
    before = filled(22)
    keep(before, "generator", tmp_path, {"config": json.dumps(dataclasses.asdict(before.config)), "steps": "7",
                                         "steps_before": "4", "seconds": "60"})  # fmt: skip
    model = filled(23, pieces=(2, 1))
    begin(model, "generator", None)
    fresh = told_by(model)
    begin(model, "generator", tmp_path)
    near = told_by(model)
    assert np.abs(near - told_by(before)).max() < 0.3 * np.abs(fresh - told_by(before)).max()
    for shut in (*model.see.weights, model.piece_places):
        shut.assign(0 * shut)
    assert np.allclose(told_by(model), told_by(before), atol=0.02), "the same where it does not look at pictures"
    said = past("generator", tmp_path)
    assert (said["steps_before"], said["seconds_before"]) == ("11", "60")
    assert said["began_from"] == kept("generator", tmp_path)[1] and past("generator", None) == {}


def test_a_start_that_does_not_fit_is_named(tmp_path):
    before = filled(24, depth=1)
    keep(before, "generator", tmp_path, {"config": json.dumps(dataclasses.asdict(before.config))})
    with pytest.raises(LabError, match="depth=1.* fits into none with .*depth=2"):
        begin(filled(25, pieces=(2, 1)), "generator", tmp_path)
    with pytest.raises(LabError, match="names no weights for 'upscaler'"):
        begin(before, "upscaler", tmp_path)


def test_jax_tells_the_same_as_tensorflow(tmp_path):
    pytest.importorskip("jax")
    model = filled(14, pieces=(2, 1))
    arrays = dict(model_arrays(model, np.float32).items())
    write_weights(Weights(arrays, {}), tmp_path / "w.safetensors")
    program = (
        "import sys, numpy as np\n"
        "from aigc_lab.generate.clips import build_generator\n"
        "from aigc_lab.train.generator import Generator, GeneratorConfig, flow_batch\n"
        "from aigc_lab.train.input import corpus_spec, label_numbers\n"
        "from aigc_lab.train.weights import read_weights, set_arrays\n"
        "model = Generator(GeneratorConfig(channels=4, grid=(4, 2, 1), width=24, depth=2, heads=1, pieces=(2, 1)))\n"
        "build_generator(model)\n"
        "set_arrays(model, read_weights(sys.argv[1] + '/w.safetensors').arrays, 'They')\n"
        "tokens = np.random.default_rng(15).normal(size=(4, 5, 2, 1, 4)).astype('float32')\n"
        "labels = label_numbers([corpus_spec(i) for i in range(4)])\n"
        "inputs, _ = flow_batch(tokens, labels, np.random.default_rng(16))\n"
        "np.save(sys.argv[1] + '/' + sys.argv[2], model.predict_on_batch(inputs))\n"
    )
    for backend in ("tensorflow", "jax"):
        environment = {**os.environ, "KERAS_BACKEND": backend}
        subprocess.run([sys.executable, "-c", program, str(tmp_path), f"{backend}.npy"], check=True, env=environment)
    outputs = [np.load(tmp_path / f"{backend}.npy") for backend in ("tensorflow", "jax")]
    assert np.abs(outputs[0]).max() > 0.01
    assert np.allclose(*outputs, atol=1e-3)
