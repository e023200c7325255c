"""The models learn, keep what they learned safely, and go on exactly where they were cut."""

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow

from aigc_lab import LabError
from aigc_lab.generate.clips import build_autoencoder, build_generator
from aigc_lab.measures import ssim
from aigc_lab.settings import data_path
from aigc_lab.train import autoencoder, generator
from aigc_lab.train.autoencoder import Autoencoder, AutoencoderConfig
from aigc_lab.train.evaluating import Share, kernel_distance, reconstruction
from aigc_lab.train.fitting import CHECKPOINT, LOG, Plan, Progress, fit
from aigc_lab.train.generator import Generator, GeneratorConfig
from aigc_lab.train.input import (
    GAPS,
    PARTS,
    SHARD,
    Drawn,
    draw,
    draw_large,
    drawing_hash,
    number,
    render,
    words,
)  # fmt: skip
from aigc_lab.train.jobs import Job, keep_model, seconds_of
from aigc_lab.train.real import cut
from aigc_lab.train.recognizer import Recognizer, RecognizerConfig
from aigc_lab.train.running import train
from aigc_lab.train.upscaler import Upscaler, UpscalerConfig, windows
from aigc_lab.train.warm_start import begin
from aigc_lab.train.weights import keep, kept, records

SMALL = AutoencoderConfig(
    height=16,
    width=8,
    encoder_widths=(16, 16),
    encoder_blocks=(1, 1),
    decoder_widths=(16, 16, 16, 16),
    decoder_blocks=(1, 1, 1, 1),
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    render(folder, "pictures", SHARD, (16, 24))
    return folder


def test_the_sizes_keep_the_promises():
    for config, limit in ((AutoencoderConfig(), 2.5e6), (autoencoder.LARGE, 5.0e6)):
        assert config.grid == (4, 9, 5)  # 180 tokens, at most 300 are allowed
        pixels = config.frames * config.height * config.width * 3
        assert pixels / np.prod(config.token_shape) == 48
        model = Autoencoder(config)
        build_autoencoder(model)
        assert model.count_params() < limit
    labels = dict(GeneratorConfig().labels)
    assert labels == {
        name: len(listed) + 1 for name, listed in words().items()
    }  # as many as the vocabulary has, and "any"


def test_the_shipped_weights_of_the_pictures_fit_in_30_mb_and_all_as_well_as_the_large_ones_in_40():
    shipped = {path.stem: path.stat().st_size for path in data_path("weights").glob("*.safetensors")}
    assert sum(shipped[name] for name in ("autoencoder", "generator", "upscaler", "recognizer")) <= 30e6
    assert sum(shipped.values()) <= 40e6
    sizes = [5.0e6]  # of the large autoencoder, as tested above
    model = Generator(generator.LARGE)
    build_generator(model)
    sizes.append(model.count_params())
    judge = Recognizer(RecognizerConfig(height=32, width=16))
    judge({"clips": np.zeros((1, 16, 32, 16, 3), np.uint8)})
    upscaler = Upscaler()
    upscaler({"frames": np.zeros((1, 4, 4, 12), np.uint8)})
    assert 2 * (sum(sizes) + judge.count_params() + upscaler.count_params()) < 40e6


def test_a_new_block_changes_nothing():
    block = autoencoder.Block(8, frames=4)
    x = np.random.default_rng(0).normal(size=(8, 3, 3, 8)).astype("float32")
    assert np.allclose(block(x), x)


def test_shift_brings_the_neighbouring_frames():
    x = np.arange(4, dtype="float32").reshape(4, 1, 1, 1) * np.ones((1, 1, 1, 8), "float32")
    shifted = np.asarray(autoencoder.shift_time(keras.ops.convert_to_tensor(x), 4))[:, 0, 0]
    assert shifted[2].tolist() == [1, 1, 3, 3, 2, 2, 2, 2]  # before, after, now
    assert shifted[0].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_fold_and_unfold_are_each_others_reverse():
    x = np.random.default_rng(1).normal(size=(2, 4, 6, 5)).astype("float32")
    assert np.array_equal(np.asarray(autoencoder.unfold(autoencoder.fold(keras.ops.convert_to_tensor(x)))), x)


def test_the_encoder_sees_each_group_of_frames_alone():
    model = Autoencoder(SMALL)
    build_autoencoder(model)
    clips = np.random.default_rng(2).uniform(-1, 1, (1, 16, 16, 8, 3)).astype("float32")
    whole, part = np.asarray(model.encoder(clips)), np.asarray(model.encoder(clips[:, 4:8]))
    assert np.allclose(whole[:, 1:2], part, atol=1e-5)
    assert np.allclose(np.square(whole).mean(-1), 1, atol=1e-3)  # tokens lie on the sphere
    for frames in (16, 8, 4, 12):  # of any length, one after the other
        assert np.allclose(model.encoder.predict_on_batch(clips[:, :frames]), whole[:, : frames // 4], atol=1e-4)


def test_the_autoencoder_learns(tmp_path):
    rng = np.random.default_rng(3)
    clips = np.repeat(rng.integers(0, 255, (6, 1, 2, 1, 3)).astype(np.uint8), 16, 1).repeat(8, 2).repeat(8, 3)
    model = Autoencoder(SMALL)
    build_autoencoder(model)
    before = reconstruction(model, clips)["unseen_psnr"]
    noise = np.zeros((6, *SMALL.token_shape), np.float16)
    plan = Plan(tmp_path, steps=120, round=10, rate=4e-3, say=lambda _: None)
    fit(model, lambda step: ({"clips": clips, "noise": noise}, np.zeros(6, np.float32)), plan)
    after = reconstruction(model, clips)
    assert after["unseen_psnr"] > before + 6


@pytest.mark.parametrize("channels", [7, SMALL.channels])
def test_an_autoencoder_goes_on_with_other_tokens(channels, tmp_path):
    before, size = Autoencoder(SMALL), dataclasses.replace(SMALL, channels=channels)
    build_autoencoder(before)
    known = {"config": json.dumps(dataclasses.asdict(SMALL)), "steps": "9", "seconds": "60"}
    keep(before, "autoencoder", tmp_path, known)
    model = Autoencoder(size)
    build_autoencoder(model)
    begin(model, "autoencoder", tmp_path, new_tokens=True)
    other = {
        new.path
        for old, new in zip(before.weights, model.weights, strict=True)
        if old.shape != new.shape or not np.allclose(old, new, atol=2e-3)
    }
    writes, reads = model.encoder.out, model.decoder.enter
    assert {writes.kernel.path, reads.kernel.path} <= other <= {v.path for v in (*writes.weights, reads.kernel)}
    with pytest.raises(LabError, match="fits into none with .*width=16.*: train a new one"):
        begin(Autoencoder(dataclasses.replace(SMALL, width=16)), "autoencoder", tmp_path, new_tokens=True)


def test_the_curve_of_a_run_goes_on_from_that_of_the_weights_it_began_with(tmp_path):
    first = Job(tmp_path, tmp_path / "first", say=lambda _: None)
    then = Job(tmp_path, tmp_path / "then", start=first.weights, say=lambda _: None)
    for job, rows in ((first, [{"unseen_psnr": 20.0}, {}]), (then, [{}, {"unseen_psnr": 22.5}])):
        log = job.out / "autoencoder" / LOG
        log.parent.mkdir(parents=True)
        lines = [json.dumps({"step": n, "seconds": 10.0 * n, "loss": 1.0} | row) for n, row in enumerate(rows, 1)]
        log.write_text("\n".join(lines) + "\n", encoding="utf-8")
        model = Autoencoder(SMALL)
        build_autoencoder(model)
        keep_model(model, "autoencoder", job, Progress(2, 20.0), {})
    points = records(then.weights)["curve-autoencoder"]["points"]
    assert points == [{"seconds": 10.0, "unseen_psnr": 20.0}, {"seconds": 40.0, "unseen_psnr": 22.5}]


def test_a_new_upscaler_is_a_bicubic_mix_of_the_frames_around_each_gap():
    clips = np.random.default_rng(9).integers(0, 255, (1, 4, 6, 4, 3)).astype(np.uint8)
    frames = np.asarray(windows(keras.ops.convert_to_tensor(clips)))[0]
    assert frames.shape == (3, 6, 4, 12)
    assert np.array_equal(frames[1], np.concatenate(list(clips[0]), -1))
    assert np.array_equal(frames[0, ..., :6], np.concatenate([clips[0, 0], clips[0, 0]], -1))  # the first is repeated
    model = Upscaler(UpscalerConfig())
    made = np.asarray(model({"frames": frames}))
    assert made.shape == (3, 4, 24, 16, 3)
    assert np.allclose(made, np.asarray(model.plain({"frames": frames})), atol=1e-5)
    still = np.repeat(clips[:, :1], 4, axis=1)
    made = np.asarray(model({"frames": np.asarray(windows(still))[0]}))
    assert np.allclose(made, made[0, 0], atol=1e-5)  # what stands still stays still


def test_the_upscaler_learns_to_be_sharper_and_smoother_than_plain_scaling(tmp_path):
    large = np.stack([draw_large(seed, (16, 24)) for seed in range(4)])  # (4, gaps, phases, H, W, 3)
    clips = np.stack([draw(seed, (16, 24)) for seed in range(4)])
    frames = np.asarray(windows(clips))[:, GAPS].reshape(-1, 24, 16, 12)
    large = large.reshape(-1, *large.shape[2:])
    model = Upscaler(UpscalerConfig(width=16, blocks=1))
    model({"frames": frames[:1]})
    done = fit(model, lambda _: ({"frames": frames}, large), Plan(tmp_path, steps=150, rate=3e-3, say=lambda _: None))
    assert done.history[-1]["psnr"] > done.history[-1]["psnr_plain"] + 0.5


def test_the_recognizer_learns_what_it_is_shown_and_ignores_hidden_subjects(tmp_path):
    config = RecognizerConfig(height=16, width=16, widths=(8, 8), memory=16, words=(2, 3, 2))
    model = Recognizer(config)
    truth = np.random.default_rng(10).integers(0, 2, (32, 4)).astype(np.int32)
    clips = np.zeros((32, 16, 16, 16, 3), np.uint8)
    clips[..., 0] = 200 * truth[:, 0, None, None, None]
    clips[..., 1] = 200 * truth[:, 1, None, None, None]
    clips[..., 2] = 200 * truth[:, 2, None, None, None]
    model({"clips": clips[:1]})
    done = fit(model, lambda step: ({"clips": clips}, truth), Plan(tmp_path, steps=150, rate=5e-3, say=lambda _: None))
    assert min(done.history[-1][name] for name in ("theme", "subject", "style")) > 0.9
    hidden = truth.copy()
    hidden[:, 3], told = 0, model({"clips": clips})
    one = float(model.compute_loss(y=hidden, y_pred=told))
    hidden[:, 1] = 2
    assert float(model.compute_loss(y=hidden, y_pred=told)) == pytest.approx(one)


def test_a_few_steps_are_as_many_and_teach_the_same_as_compiled_ones(tmp_path, monkeypatch):
    x = np.random.default_rng(11).normal(size=(3, 16, 3)).astype("float32")

    def learnt(folder: Path) -> tuple[list[bool], np.ndarray]:
        keras.utils.set_random_seed(5)
        looks = keras.layers.Lambda(lambda v: (eager.append(tensorflow.executing_eagerly()), v)[1])
        model = keras.Sequential([looks, keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)])
        model(x[0])
        eager.clear()
        done = fit(model, lambda step: (x[step % 3], x[step % 3].sum(1, keepdims=True)), Plan(folder, steps=3))
        assert done.done and done.step == 3 and not model.run_eagerly
        return list(eager), np.concatenate([*map(np.ravel, model.weights)])

    eager: list[bool] = []
    steps, one_by_one = learnt(tmp_path / "few")
    monkeypatch.setattr("aigc_lab.train.fitting.FEW", 0)
    traces, together = learnt(tmp_path / "compiled")
    assert steps == [True] * 3 and not any(traces) and np.allclose(one_by_one, together, atol=1e-6)


def test_a_cut_run_goes_on_as_if_it_had_not_been_cut(tmp_path):
    x = np.random.default_rng(11).normal(size=(64, 16, 3)).astype("float32")

    def run(folder: Path, stop_at: int) -> np.ndarray:
        keras.utils.set_random_seed(5)
        model = keras.Sequential([keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)])
        model(x[0])

        def say(line):
            said.append(line)
            if line.startswith(f"step {stop_at} "):
                raise KeyboardInterrupt

        plan = Plan(folder, steps=40, round=10, save_every=0, say=say)
        done = fit(model, lambda step: (x[step], x[step].sum(1, keepdims=True)), plan)
        finished.append(done.done)
        return np.concatenate([np.ravel(w) for w in model.get_weights()])

    said, finished = [], []
    whole = run(tmp_path / "whole", 100)
    run(tmp_path / "cut", 20)
    after = run(tmp_path / "cut", 100)
    assert finished == [True, False, True]
    assert any("Stopped" in line for line in said)
    assert np.allclose(whole, after, atol=1e-6)


def test_nan_stops_the_run_and_keeps_the_last_good_checkpoint(tmp_path):
    model = keras.Sequential([keras.layers.Dense(1)])
    model(np.zeros((1, 2), "float32"))

    def batch(step):
        return np.full((4, 2), np.nan if step >= 20 else 1.0, np.float32), np.ones((4, 1), np.float32)

    with pytest.raises(LabError, match="after step 20.*kept.*lower rate"):
        fit(model, batch, Plan(tmp_path, steps=100, round=10, save_every=0, say=lambda _: None))
    with np.load(tmp_path / CHECKPOINT, allow_pickle=False) as state:
        assert int(state["step"]) == 20
        assert all(np.isfinite(state[name]).all() for name in state.files)


def test_a_budget_must_be_said_and_can_be_read(tmp_path):
    with pytest.raises(LabError, match="needs a budget"):
        fit(keras.Sequential([keras.layers.Dense(1)]), lambda step: None, Plan(tmp_path))
    assert [seconds_of(t) for t in ("90", "90s", "60m", "1.5h")] == [90, 90, 3600, 5400]
    with pytest.raises(LabError, match="is no time"):
        seconds_of("soon")


def test_a_seed_means_one_clip_and_the_parts_do_not_overlap(corpus, tmp_path):
    render(tmp_path, "pictures", SHARD, (16, 24))
    one, two = Drawn(corpus, "pictures", (16, 24)), Drawn(tmp_path, "pictures", (16, 24))
    assert len(one) == SHARD and np.array_equal(one.clips(np.arange(8)), two.clips(np.arange(8)))
    spans = sorted(PARTS.values())
    assert all(end <= begin for (_, end), (begin, _) in zip(spans, spans[1:], strict=False))
    shipped, _ = kept("autoencoder", data_path("weights"))
    assert drawing_hash() == shipped.metadata["drawing_sha256"], "corpus-1 is frozen: other drawings are corpus-2"


@pytest.mark.parametrize("size", [(24, 32), (12, 16), (6, 8), (96, 128)])
def test_a_part_is_cut_out_of_a_real_picture_without_being_shifted(size):
    picture = np.random.default_rng(8).integers(0, 256, (32, 24, 3), np.uint8)
    part = cut(picture, (0, 0, 24), size).astype(int)
    mirrored = cut(np.ascontiguousarray(picture[::-1, ::-1]), (0, 0, 24), size)[::-1, ::-1]
    assert np.abs(part - mirrored).max() <= 2, "left and right, above and below are treated alike"
    assert size != (24, 32) or np.array_equal(part, picture)


def test_labels_are_numbers_and_unknown_words_are_named(corpus):
    labels = Drawn(corpus, "pictures", (16, 24)).labels()
    assert all(values.min() >= 1 for name, values in labels.items() if name in words())
    assert labels["colors"].shape == (SHARD, 36) and np.abs(labels["colors"]).max() <= 1
    assert 0.25 < (labels["shown"] == 2).mean() < 0.75
    assert number("theme", None) == 0
    with pytest.raises(LabError, match="Style 'gothic' is unknown: use one of minimal"):
        number("style", "gothic")


def test_a_corpus_that_is_not_drawn_is_named(tmp_path):
    with pytest.raises(LabError, match="no drawn clips"):
        Drawn(tmp_path, "judge", (16, 24))
    with pytest.raises(LabError, match="no model 'sound' to train"):
        train("sound", Job(tmp_path, tmp_path))


def test_the_numbers_that_judge_are_right():
    picture = np.random.default_rng(12).integers(0, 255, (24, 16, 3)).astype(np.uint8)
    assert ssim(picture / 255, picture / 255) == pytest.approx(1)
    assert ssim(picture / 255, 1 - picture / 255) < 0
    assert Share(90, 100).lower == pytest.approx(0.826, abs=0.002)  # Wilson's interval for 90 of 100
    rng = np.random.default_rng(13)
    same, far = (rng.normal(m, 1, (400, 8)) for m in (0, 1))
    alike, deviation = kernel_distance(rng.normal(0, 1, (400, 8)), same)
    assert abs(alike) < 4 * deviation + 0.05 < kernel_distance(same, far)[0]
