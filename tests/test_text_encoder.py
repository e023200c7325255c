"""The text encoder: letters of two languages become labels, what is not said stays open, and clips follow captions."""

import json
import shutil

import keras
import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.collect.scenes import sample_spec
from aigc_lab.generate.clips import load_models, wish_arrays
from aigc_lab.settings import data_path
from aigc_lab.train import captioned, evaluate
from aigc_lab.train.captioned import clips_of, reading_numbers, reworded
from aigc_lab.train.evaluate import measure
from aigc_lab.train.generated import clips_for
from aigc_lab.train.input import PARTS, corpus_spec
from aigc_lab.train.jobs import Job
from aigc_lab.train.reading import answered, as_wishes, load_text_encoder, read, rightly_read, wishes_of, written
from aigc_lab.train.running import train
from aigc_lab.train.text_encoder import (
    LONGEST,
    PADDING,
    STEP,
    UNKNOWN,
    TextEncoderConfig,
    answers,
    build_text_encoder,
    checked,
    numbered,
    plain,
)
from aigc_lab.train.wording import LANGUAGES, alphabet, as_numbers, example, names, said_of, slipped, worded

FIRST = PARTS["test"][0]
TINY = {"width": 16, "letter_width": 8, "gaps": (1, 2)}
# Typed by hand, in orders that no template has. No text here is learnt from, but the ways of wording in
# data/words/caption.yaml were widened after the first look at them: this is a guard, not a measured share.
TYPED = {
    "a cat at night": {"subject": "cat", "theme": "home", "time": "night", "style": None, "motion": None},
    "CAT, NEON, zooming in": {"subject": "cat", "style": "neon", "motion": "in"},
    "a rocket, rising quickly at dawn": {"subject": "rocket", "motion": "up", "speed": "quick"},
    "show me some pizza in the kitchen, cartoon style": {"subject": "pizza", "style": "playful", "theme": "food"},
    "neon city, moving left": {"theme": "city", "style": "neon", "motion": "left", "subject": None},
    "watercolor mountain at sunset slowly to the right": {
        "subject": "mountain", "style": "watercolor", "time": "dusk", "motion": "right", "speed": "slow"},
    "a vintage train, in forest colours": {"subject": "train", "style": "retro", "palette": "forest"},
    "two pandas in the forest by day": {"subject": "panda", "theme": "nature", "time": "day"},
    "at night: lanterns, festive, film-like": {"subject": "lantern", "time": "night", "style": "cinematic"},
    "footbal in a stadium": {"subject": "football", "theme": "sports"},
    "minimal, coffee": {"subject": "coffee", "style": "minimal", "theme": "food", "palette": None},
    "school bag in violet tones, circling": {"subject": "backpack", "palette": "violet", "motion": "orbit"},
    "晚上的一只猫": {"subject": "cat", "time": "night", "theme": "home", "style": None},
    "霓虹城市，往左移动": {"theme": "city", "style": "neon", "motion": "left", "subject": None},
    "水彩风的雪山，傍晚，镜头慢慢推近": {
        "subject": "mountain", "style": "watercolor", "time": "dusk", "motion": "in", "speed": "slow"},
    "我想看卡通的披萨": {"subject": "pizza", "style": "playful", "theme": "food"},
    "复古 高铁 森林色调": {"subject": "train", "style": "retro", "palette": "forest"},
    "清晨的火箭快速上升": {"subject": "rocket", "time": "morning", "motion": "up", "speed": "quick"},
    "白天，草地上的两只熊猫": {"subject": "panda", "time": "day"},
    "节日里的灯笼，电影感": {"subject": "lantern", "theme": "festival", "style": "cinematic"},
    "体育馆里的篮球": {"subject": "basketball", "theme": "sports"},
    "极简的咖啡杯": {"subject": "coffee", "style": "minimal"},
    "紫罗兰配色的书包，环绕镜头": {"subject": "backpack", "palette": "violet", "motion": "orbit"},
    "奶茶": {"subject": "bubble-tea", "theme": "food", "motion": None, "time": None},
    "a panda in the forest, no bicycle": {"subject": "panda", "theme": "nature"},
    "a sofa without a dog, retro": {"subject": "sofa", "style": "retro"},
    "a taxi on a rainy night in the city": {"subject": "taxi", "theme": "city", "time": "night"},
    "雨夜里的城市，不要出租车": {"theme": "city", "subject": None, "time": "night"},
    "慢镜头，清晨的咖啡": {"subject": "coffee", "time": "morning", "speed": "slow"},
}  # fmt: skip
NOTHING = ("the invoice of last month", "ok ok ok", "xqzvw brtk", "我们下周再谈", "合同已经签好了", "12345 678")


@pytest.fixture(scope="module")
def tiny():
    """A text encoder that learnt nothing yet."""
    keras.utils.set_random_seed(1)
    return build_text_encoder(TextEncoderConfig(alphabet(), **TINY))


def specs(count: int) -> list:
    return [corpus_spec(FIRST + i)[0] for i in range(count)]


def test_a_text_is_read_as_small_letters_of_one_width_with_commas_for_all_signs():
    assert plain("  A  CAT!!\n(at Night) ") == "a cat, at night" == plain("a cat… at night.")
    assert plain("Ｔ恤，夜晚。") == plain("t恤,夜晚") == "t恤, 夜晚"
    assert plain("high-speed") == "high-speed" and plain("?!") == ""


def test_letters_become_numbers_and_unknown_ones_share_one():
    rows = numbered(["ab", "b龘" + "a" * STEP], "ab")
    assert rows.shape == (2, 2 * STEP) and rows[0, :3].tolist() == [2, 3, PADDING] and rows[1, 1] == UNKNOWN


def test_what_stands_behind_the_end_of_a_text_changes_nothing(tiny):
    texts = ["a cat at night", "夜晚的城市"]
    short = tiny.predict_on_batch({"letters": numbered(texts, alphabet())})
    long = tiny.predict_on_batch({"letters": numbered([*texts, "x" * 3 * STEP], alphabet())})
    for name in answers():
        assert np.allclose(short[name], long[name][:2], atol=1e-4)


def test_each_question_looks_at_letters_of_the_text_only(tiny):
    reading = read("A cat, at night!", tiny)
    assert reading.text == "a cat, at night" and set(reading.looks) == set(answers()) == set(reading.said)
    for looks in reading.looks.values():
        assert looks.shape == (len(reading.text),) and looks.sum() == pytest.approx(1, abs=1e-4)


def test_the_sizes_keep_the_promise():
    config = TextEncoderConfig(alphabet())
    assert dict(config.answers) == {name: len(listed) + 1 for name, listed in answers().items()}
    assert 2 * build_text_encoder(config).count_params() < 600_000  # bytes as float16


def test_the_truth_of_a_caption_is_what_its_words_say():
    fixed = {"theme": "home", "subject": "cat", "motion": "left", "speed": 0.7, "palette": "mint", "time": "night"}
    for seed in range(12):
        spec = sample_spec(seed, **fixed)
        for language, slow, colors in (("en", "slowly", "in mint colours"), ("zh", "缓缓", "薄荷色调")):
            caption = (spec.caption_en if language == "en" else spec.caption_zh).lower()
            said = said_of(spec, language)
            assert (said["subject"], said["motion"], said["layout"]) == ("cat", "left", None)
            assert (said["speed"] == "slow") == (slow in caption) and (said["palette"] == "mint") == (colors in caption)
            assert (said["time"] == "night") == (("at night" if language == "en" else "夜晚") in caption)
    brand = sample_spec(3, palette=("#112233", "#445566", "#778899"))
    assert all(said_of(brand, language)["palette"] is None for language in LANGUAGES)


def test_a_name_stands_for_one_subject_and_no_unknown_thing_is_one():
    for language in LANGUAGES:
        listed = [word for found in names().named["subject"][language].values() for word in found]
        assert len(listed) == len(set(listed)) and not {word for word, _ in names().strange[language]} & set(listed)
    assert "kitten" in names().named["subject"]["en"]["cat"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wording_says_what_its_answers_say_and_nothing_else(language):
    rng, said_often = np.random.default_rng(2), dict.fromkeys(answers(), 0)
    for spec in specs(40) * 3:
        text, said = example(spec, language, rng)
        assert text == plain(text) and len(text) <= LONGEST and len(as_numbers(said)) == len(answers())
        for name, answer in said.items():
            said_often[name] += answer is not None
    assert all(5 < count < 120 for count in said_often.values())
    assert worded(specs(1)[0], language, np.random.default_rng(4)) == worded(
        specs(1)[0], language, np.random.default_rng(4)
    )


def test_slips_of_the_hand_change_one_letter_of_a_long_word():
    rng = np.random.default_rng(0)
    made = {slipped("a watercolour cat", "en", rng) for _ in range(200)}
    assert len(made) > 10 and all(text.startswith("a ") and text.endswith(" cat") for text in made)
    assert all(10 <= len(text.split()[1]) <= 12 for text in made)


def test_empty_and_endless_captions_are_told_in_one_sentence(tiny):
    with pytest.raises(LabError, match="The caption is empty"):
        read(" ?! ", tiny)
    with pytest.raises(LabError, match=f"has {LONGEST + 1} letters: say it in {LONGEST}"):
        checked("a" * (LONGEST + 1))


def test_wishes_are_what_generate_clip_takes():
    said = dict.fromkeys(answers())
    free = as_wishes(said)
    assert free == {**said, "speed": 1.0, "shown": False} and "palette" in free
    wished = as_wishes({**said, "subject": "cat", "theme": "home", "speed": "slow", "palette": "mint"})
    assert wished["shown"] and wished["speed"] == 0.7 and wished["style"] == "minimal", "colours need a style"
    assert as_wishes({**said, "speed": "quick"})["speed"] > 1.25
    models = load_models()
    asked = wish_arrays(models, **wished)
    assert asked["colors_known"] == [1] and asked["word_subject"] > 0 and asked["word_motion"] == 0


def test_it_learns_to_read_captions_and_is_kept_and_measured(tmp_path, monkeypatch):
    said = []
    job = Job(tmp_path / "c", tmp_path / "跑 run", steps=4, clips=20, batch=4, round=2, say=said.append)
    monkeypatch.setattr("aigc_lab.train.reading.UNSEEN", 4)
    assert train("captions", job).done and any("unseen_subject_zh" in line for line in said)
    model = load_text_encoder(job.weights)
    assert model.config.letters == alphabet()
    told = measure("captions", 4, weights=job.weights)  # there is no generator in this folder
    assert told["intervals"]["all_read_en"]["count"] == 4 and "made" not in told
    json.dumps(told, allow_nan=False)


def test_a_few_captions_can_be_learnt_by_heart():
    keras.utils.set_random_seed(2)
    model = build_text_encoder(TextEncoderConfig(alphabet(), width=32, letter_width=16, gaps=(1, 2)))
    texts, truth = written(specs(8), "zh")
    letters, wanted = numbered(texts, alphabet()), np.array([as_numbers(said) for said in truth])
    model.compile(optimizer=keras.optimizers.Adam(2e-2))
    model.fit({"letters": letters}, wanted, batch_size=8, epochs=50, verbose=0)
    told = model.evaluate({"letters": letters}, wanted, verbose=0, return_dict=True)
    right = rightly_read(model, texts, truth)
    assert min(values.mean() for values in right.values()) == 1 == told["subject"]


def test_the_shipped_encoder_reads_captions_of_unseen_scenes_in_both_languages():
    numbers = reading_numbers(load_text_encoder(), specs(60))
    for language in LANGUAGES:
        for name in ("theme", "subject", "style", "motion", "time", "speed", "palette", "layout"):
            assert numbers[f"{name}_read_{language}"].value >= 0.95, (name, language)
            assert numbers[f"{name}_reworded_{language}"].value >= 0.8, (name, language)


def test_the_shipped_encoder_reads_what_a_person_types():
    wrong, asked = [], 0
    for caption, wanted in TYPED.items():
        wishes = wishes_of(caption)
        asked += len(wanted)
        told = read(caption).said
        wrong += [(caption, name, told[name]) for name, answer in wanted.items() if told[name] != answer]
        assert wishes["shown"] == (told["subject"] is not None)
    assert len(wrong) <= 0.1 * asked, wrong


def test_case_signs_and_width_of_letters_do_not_matter():
    first = wishes_of("A cat at night, in mint colours")
    assert first == wishes_of("a CAT at night - in mint colours!") and first["palette"] == "mint"
    assert wishes_of("夜晚，猫") == wishes_of("夜晚, 猫。")


@pytest.mark.parametrize("caption", NOTHING)
def test_a_text_that_names_nothing_of_ours_is_refused_in_one_sentence(caption):
    with pytest.raises(LabError, match="names nothing that can be drawn"):
        wishes_of(caption)


def test_missing_or_other_weights_are_one_sentence(tmp_path):
    with pytest.raises(LabError, match="weights"):
        load_text_encoder(tmp_path)
    for name in ("weights.json", "captions.safetensors"):
        shutil.copy(data_path("weights", name), tmp_path)
    (tmp_path / "captions.safetensors").write_bytes(b"none")
    with pytest.raises(LabError, match="sha256 differs"):
        load_text_encoder(tmp_path)


def test_clips_of_full_wishes_are_those_of_the_labels():
    models = load_models()
    spec = sample_spec(5, palette="mint", speed=1.0)
    wished = {
        name: getattr(spec, name) for name in ("theme", "subject", "style", "palette", "motion", "layout", "time")
    }
    ours = clips_of(models, [{**wished, "speed": 1.0, "shown": True}], 7)
    assert np.array_equal(ours, clips_for(models, [(spec, True)], 7))


def test_generated_clips_are_measured_from_captions_beside_those_from_labels(monkeypatch):
    heard = []
    monkeypatch.setattr(captioned, "STEPS", 1)
    told = measure("captions", 3, tell=lambda what, share: heard.append(what))
    for source in (*LANGUAGES, "labels"):
        assert told["intervals"][f"theme_accuracy_{source}"]["count"] == 3 and f"kid_{source}" in told
        assert told["intervals"][f"subject_accuracy_{source}"]["count"] == 3, "each with its subject shown"
    assert list(evaluate.tables_of(told)) == ["rows", "reading", "made"] and "generate zh" in heard
    assert {"en", "zh", "labels"} <= set(told["made"][0])
    texts, truth = reworded(specs(3), "en")
    assert len(texts) == len(answered(load_text_encoder(), texts)) == len(truth)
