"""What was measured at length becomes tables of the model card, in both languages, and nothing else does."""

import shutil
from pathlib import Path

import pytest

from aigc_lab import LabError
from aigc_lab.brief import read_yaml
from aigc_lab.settings import data_path
from aigc_lab.train import card_tables
from aigc_lab.train.card import NAMES, write_cards
from aigc_lab.train.card_tables import GOALS, table
from aigc_lab.train.weights import record, records


def told(language: str) -> dict:
    words = read_yaml(data_path("report", "model_card.yaml"), "text of the model card")
    return {name: value[language] for name, value in words.items()}


def measured(folder: Path, words: dict) -> str:
    return card_tables.measured(records(folder), words)


def generator(**numbers: float) -> dict:
    usual = {goal.name: goal.least or 0.1 for goal in GOALS} | {"kid_reconstruction": 0.3} | numbers
    return usual | {
        "intervals": {name: {"low": value - 0.01, "high": None, "count": 2000} for name, value in usual.items()},
        "themes": [{"theme": "food", "count": 200, "value": 0.955, "low": 0.9, "high": 1.0, "kid": 0.5}],
        "steps": [{"steps": 4, "guidance": 3.0, "seconds": 0.123, "count": 500, "theme_accuracy": 0.905}],
    }


def row(text: str, name: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_goals_say_whether_they_are_reached(tmp_path):
    record(tmp_path, "generator", generator(theme_accuracy=0.919, kid=0.61, subject_accuracy=0.76))
    text = measured(tmp_path, told("en"))
    assert row(text, "theme_accuracy") == ["theme_accuracy", "91.9 %", "90.9 % … ?", "≥ 92.0 %", "not yet", "2000"]
    assert row(text, "subject_accuracy")[-2] == "yes"
    assert row(text, "kid")[3:5] == ["≤ 0.6", "not yet"], "twice that of the reconstructions"
    assert row(text, "style_accuracy")[-2] == "yes", "just reached is reached"
    assert row(text, "palette_error")[3:5] == ["", ""], "told, without a goal"


def test_each_file_becomes_its_tables_in_both_languages(tmp_path):
    assert measured(tmp_path, told("en")) == ""
    record(tmp_path, "autoencoder_8", {"numbers_in_a_token": 8, "ratio": 96.0, "steps": 700, "psnr": 24.321})
    record(
        tmp_path,
        "autoencoder_32",
        {"numbers_in_a_token": 32, "ratio": 24.0, "psnr": 28.0, "steps": 70, "steps_before": 5450},
    )
    record(tmp_path, "upscaler", {"rivals": [{"way": "ours", "gain": 0.61}]})
    record(tmp_path, "recognizer", {"theme_accuracy": 1.0})
    record(tmp_path, "generator", generator())
    english, chinese = measured(tmp_path, told("en")), measured(tmp_path, told("zh"))
    assert english.startswith("## Measured at length") and chinese.startswith("## 详细测量")
    assert english.count("\n### ") == chinese.count("\n### ") == 5, "no table where nothing was measured"
    assert row(english, "8")[:4] == ["8", "96", "700", "24.32"] and row(chinese, "8") == row(english, "8")
    assert row(english, "32")[2] == "5450 + 70", "trained before, and then on"
    assert english.index("| 8 |") < english.index("| 32 |"), "the smallest first"
    assert row(english, "food")[:2] == ["food", "95.5 %"] and row(english, "4")[2] == "90.5 %"


def test_training_steps_stand_beside_the_product(tmp_path):
    usual = {"ms": 514.2, "peak_mb": 1840.8, "over_matmul": 0.4364, "over_matmul_cpu": 0.46}
    bench = {f"train_generator_64_tensorflow_float32_{key}": value for key, value in usual.items()}
    bench |= {"train_tensorflow_float32_matmul_gflops": 341.5, "train_generator_64_input_waits": 0.0002, "threads": 2}
    bench |= {"train_predictor_torch_bfloat16_over_matmul": 0.05, "train_jax": "not installed"}
    record(tmp_path, "bench", bench)
    text = measured(tmp_path, told("en"))
    shown = ["generator, 64 clips", "TensorFlow", "float32", "514", "342", "43.6 %", "1841", "0.0 %"]
    assert row(text, "generator, 64 clips") == shown
    assert row(text, "mixing network") == ["mixing network", "PyTorch", "bfloat16", "", "", "5.0 %", "", ""]
    assert row(measured(tmp_path, told("zh")), "混合网络")[5] == "5.0 %"


def test_what_an_adapter_gains_and_costs_stands_in_one_table(tmp_path):
    own = {name: {"before": 0.5, "after": 0.2, "gain": 0.3} for name in ("error", "look", "tokens")}
    before = {"theme": 0.95, "subject": 0.9, "style": 1.0}
    base = {"before": before, "after": before | {"theme": 0.93}}
    record(tmp_path, "finetune", own | {"held_out": 5, "base": base | {"clips": 300}})
    text = measured(tmp_path, told("en"))
    assert row(text, "theme") == ["theme", "0.95", "0.93", "300"]
    assert row(text, "own clips, error of the velocity") == ["own clips, error of the velocity", "0.5", "0.2", "5"]


def test_both_languages_have_the_same_titles_and_words():
    english, chinese = told("en"), told("zh")
    assert english["titles"].keys() == chinese["titles"].keys()
    assert english["names"].keys() <= chinese["names"].keys(), "ids that are English words need no English name"
    assert english["goal_words"].keys() == chinese["goal_words"].keys() == {"yes", "no"}


def test_a_table_has_all_columns_of_all_rows():
    assert table([{"a": 1}, {"b_c": 0.5}], {"a": "A"}).splitlines() == [
        "| A | b c |",
        "| --- | --- |",
        "| 1 |  |",
        "|  | 0.5 |",
    ]


def test_a_damaged_file_is_named(tmp_path):
    record(tmp_path, "generator", {}).write_text("{", encoding="utf-8")
    with pytest.raises(LabError, match=r"generator\.json is damaged: measure again"):
        measured(tmp_path, told("en"))


def test_the_shipped_cards_say_what_the_shipped_weights_and_records_say(tmp_path):
    """Both are written from the same files by the same command, and by no hand."""
    shutil.copytree(data_path("weights"), tmp_path / "weights")
    for name in NAMES.values():
        (tmp_path / "weights" / name).unlink()
    for path in write_cards(tmp_path):
        assert path.read_text(encoding="utf-8") == data_path("weights", path.name).read_text(encoding="utf-8")


def test_a_card_needs_a_judged_run(tmp_path):
    with pytest.raises(LabError, match="was not judged: run `aigc-lab train judge` first"):
        write_cards(tmp_path)
