"""aigc-lab evaluate: each number with its count and interval, one sentence for a mistake, measures that are right."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from aigc_lab import LabError
from aigc_lab.cli import app
from aigc_lab.collect.scenes import SIZE
from aigc_lab.settings import data_path
from aigc_lab.train import evaluate, evaluating, generated, judging
from aigc_lab.train.evaluate import MODELS, measure, tables_of
from aigc_lab.train.evaluating import (
    Share,
    as_numbers,
    flicker_added,
    kernel_distance,
    mean_number,
    ratio_number,
)  # fmt: skip
from aigc_lab.train.generated import WAYS, direction, directions, palette_error
from aigc_lab.train.input import PARTS, SHARD, Drawn, corpus_spec, draw, look_numbers, render
from aigc_lab.train.weights import records

FIRST = PARTS["test"][0]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """A few clips that nobody learned from, and a few that the generator did, in a folder with Chinese letters."""
    folder = tmp_path_factory.mktemp("语料 corpus")
    for part in ("test", "pictures"):
        render(folder, part, SHARD, SIZE)
    return folder


@pytest.fixture(scope="module")
def numbers(corpus) -> dict[str, object]:
    """What is measured of the shipped autoencoder."""
    return measure("autoencoder", 6, corpus)


def run(*arguments: str):
    return CliRunner().invoke(app, ["evaluate", *arguments])


def test_every_number_comes_with_its_count_and_interval(numbers):
    assert numbers["model"] == "autoencoder" and numbers["clips"] == 6
    assert numbers["ratio"] == 24 and numbers["bytes"] == 2 * numbers["bytes_8_bits"] == 5760
    for key in ("psnr", "ssim", "flicker_added", "psnr_real", "psnr_8_bits"):
        interval = numbers["intervals"][key]
        assert interval["low"] < numbers[key] < interval["high"] and 1 < interval["count"] <= 6
    assert numbers["psnr"] > 20 and 0.5 < numbers["ssim"] < 1 and numbers["flicker_added"] < 2
    assert abs(numbers["psnr"] - numbers["psnr_8_bits"]) < 0.1
    assert abs(numbers["psnr"] - numbers["psnr_held"]) < 0.1
    assert abs(numbers["flicker_added_held"]) < numbers["flicker_added"] / 4
    json.dumps(numbers, allow_nan=False)


def test_the_verb_prints_a_table_and_writes_the_same_numbers(corpus, tmp_path):
    file = tmp_path / "数 numbers.json"
    done = run("autoencoder", "--clips", "3", "--corpus", str(corpus), "--json", str(file))
    assert done.exit_code == 0, done.output
    told = json.loads(file.read_text(encoding="utf-8"))
    assert "psnr_real" in done.output and f"{told['psnr']:.4g}" in done.output


def test_the_table_breaks_no_number_and_says_once_what_is_the_same_in_all_rows(monkeypatch):
    digits = records(data_path("weights"))["predictor-digits"]
    monkeypatch.setattr(evaluate, "measure", lambda *_: digits)
    screen = Console(width=80, file=io.StringIO())
    monkeypatch.setattr(evaluate, "screen", screen)
    assert run("predictor").exit_code == 0
    said = screen.file.getvalue()
    assert all(len(line.rstrip()) <= 80 for line in said.splitlines())
    words = set(said.replace(",", " ").split())
    for row in digits["rows"]:
        assert {f"{row['mse']:.4g}", f"{row['ssim']:.4g}", str(row["parameters"])} <= words
    assert said.count("films: Moving MNIST") == 2 and said.count("count: 10000") == 1


def test_a_generator_is_measured_beside_drawn_clips_and_reconstructions(corpus, monkeypatch):
    monkeypatch.setattr(evaluate, "KNOWN", SHARD)
    monkeypatch.setattr(judging, "TIMES", 3)
    monkeypatch.setattr(judging, "TABLE_STEPS", (1, 2))
    monkeypatch.setattr(judging, "TABLE_GUIDANCE", ())
    monkeypatch.setattr(generated, "SAME", 2)
    heard = []
    told = measure("generator", 4, corpus, tell=lambda what, share: heard.append(what))
    wanted = {
        "theme_accuracy",
        "style_accuracy",
        "kid",
        "kid_reconstruction",
        "diversity_over_real",
        "seconds_per_clip",
    }
    assert wanted <= set(told) and all(told["intervals"][key]["count"] > 0 for key in wanted)
    assert told["palette_error_drawn"] < told["palette_error_other"]
    assert [row["steps"] for row in told["steps"]] == [1, 2] and told["steps"][0]["theme_low"] < 1
    assert list(tables_of(told)) == ["rows", "themes", "steps"] or set(tables_of(told)) == {"rows", "steps"}
    assert {"generate", "diversity", "steps"} <= set(heard)
    json.dumps(told, allow_nan=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("painter",), "There is no model 'painter' to evaluate: choose recognizer, predictor, autoencoder"),
        (("autoencoder", "--clips", "1"), "1 clips measure nothing"),
        (("autoencoder", "--corpus", "nowhere"), "The folder of --corpus, nowhere, is not there"),
        (("autoencoder", "--weights", "nowhere"), "The folder of --weights, nowhere, is not there"),
        (("autoencoder", "--json", "."), "is a folder: name a file"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(arguments, said, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 1 and said in " ".join(done.output.split())


def test_damaged_weights_are_told_in_one_sentence(corpus, tmp_path):
    weights = tmp_path / "weights"
    shutil.copytree(data_path("weights"), weights)
    (weights / "autoencoder.safetensors").write_bytes(b"no weights")
    done = run("autoencoder", "--clips", "2", "--corpus", str(corpus), "--weights", str(weights))
    assert done.exit_code == 1 and "sha256 differs" in " ".join(done.output.split())


def test_numbers_that_cannot_be_written_are_not_lost(corpus, tmp_path, monkeypatch):
    def full(path, value):
        raise LabError(f"Cannot write {path} (No space left on device).")

    monkeypatch.setattr(evaluate, "write_json", full)
    done = run("autoencoder", "--clips", "2", "--corpus", str(corpus), "--json", str(tmp_path / "numbers.json"))
    assert done.exit_code == 1 and "No space left" in " ".join(done.output.split())
    begin, end = done.output.index("{"), done.output.rindex("}") + 1
    assert json.loads(done.output[begin:end])["clips"] == 2


def test_what_is_missing_of_the_unseen_clips_is_drawn_once(tmp_path, monkeypatch):
    heard = []
    asked = evaluate.Asked(3, tmp_path, None, False, None, lambda what, share: heard.append((what, share)))
    evaluate.draw_unseen(asked, "test", 3)
    assert len(Drawn(tmp_path, "test", SIZE)) == SHARD and heard == [("draw", 0.0)]
    evaluate.draw_unseen(asked, "test", 3)
    assert len(heard) == 1


def test_all_models_are_in_the_registry():
    assert list(MODELS) == ["recognizer", "predictor", "autoencoder", "generator", "upscaler", "captions"]


def test_the_direction_of_drawn_clips_is_measured_right(corpus):
    clips, specs = Drawn(corpus, "test", SIZE).clips(np.arange(SHARD)), [corpus_spec(FIRST + i) for i in range(SHARD)]
    share = directions(clips, specs)
    assert share.count > 20 and share.rate >= 0.95
    moving = next(i for i, (spec, _) in enumerate(specs) if spec.motion in ("left", "right"))
    turned = {"left": "right", "right": "left"}[direction(clips[moving])]
    assert direction(clips[moving][:, :, ::-1]) == turned and direction(clips[moving][::-1]) == turned
    still = [(spec, shown) for spec, shown in specs if spec.motion not in WAYS][:3]
    assert directions(clips[:3], still) is None


def test_flicker_is_what_still_places_change_and_nothing_else():
    rng = np.random.default_rng(1)
    clip = np.repeat(rng.integers(40, 200, (1, 40, 30, 3)), 8, axis=0).astype(np.uint8)
    clip[:, 4:8, 4:8] = rng.integers(0, 255, (8, 4, 4, 3))
    assert flicker_added(clip, clip) == 0
    blinking = clip.copy()
    blinking[::2] += 4
    assert flicker_added(clip, blinking) == pytest.approx(4)
    smeared = clip.copy()
    smeared[::2, 2:10, 2:10] += 30  # round what moves
    assert flicker_added(clip, smeared) == 0
    assert np.isnan(flicker_added(rng.integers(0, 255, clip.shape).astype(np.uint8), clip))


def test_colours_that_were_asked_for_are_no_error():
    specs = [corpus_spec(FIRST + i) for i in range(2)]
    asked = np.round((look_numbers(specs[0][0].style, specs[0][0].palette).reshape(-1, 3) + 1) * 127.5)
    clip = np.broadcast_to(asked.astype(np.uint8), (16, 72, 12, 3))
    right, wrong = palette_error(np.stack([clip, clip]), [specs[0], specs[1]])
    assert right < 0.01 < wrong
    drawn = np.stack([draw(FIRST + i, SIZE) for i in range(2)])
    assert palette_error(drawn, specs).mean() < palette_error(drawn, specs[::-1]).mean()


def test_a_copy_of_a_training_clip_is_found(corpus):
    known, unseen = Drawn(corpus, "pictures", SIZE), Drawn(corpus, "test", SIZE).clips(np.arange(5))
    copies = known.clips(np.arange(5))
    near, pairs = judging.nearest(known, copies, unseen)
    assert near["ratio"].value < 0.01 and near["unseen"].value > 0 and np.array_equal(pairs, copies)
    assert judging.nearest(known, unseen, unseen)[0]["ratio"].value == pytest.approx(1)


def test_intervals_hold_what_they_promise():
    assert Share(90, 100).lower == pytest.approx(0.826, abs=0.002)
    assert Share(90, 100).upper == pytest.approx(0.945, abs=0.002)  # Wilson's interval for 90 of 100
    rng, held, ratios = np.random.default_rng(2), 0, 0
    for _ in range(300):
        mean = mean_number(rng.normal(5, 2, 60))
        ratio = ratio_number(rng.normal(3, 1, 60), rng.normal(2, 0.3, 60))
        held += mean.low < 5 < mean.high
        ratios += ratio.low < 1.5 < ratio.high
    assert 270 < held < 299 and 270 < ratios < 299  # 285 of 300 are 95 %
    assert as_numbers({"one": mean_number(np.ones(1))})["intervals"]["one"] == {"low": None, "high": None, "count": 1}


def test_kid_says_the_same_of_pairs_and_of_strangers():
    rng = np.random.default_rng(3)
    first, other = rng.normal(0, 1, (2, 300, 16))
    shifted = 0.4
    pairs, error = kernel_distance(first, first + shifted)
    strangers, wide = kernel_distance(first, other + shifted)
    assert abs(pairs - strangers) < 3 * (error + wide) and pairs > 3 * error
    assert abs(kernel_distance(first, first)[0]) < 1e-12
    assert evaluating.kid_number(first, other).low < 0 < evaluating.kid_number(first, other).high
