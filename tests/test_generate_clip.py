"""generate_clip: words in, a clip out; same seed, same frames; what is wrong is said in one sentence."""

import json

import keras
import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.collect.scenes import sample_spec, scene_frames
from aigc_lab.generate import clips
from aigc_lab.generate import pictures as picture_rooms
from aigc_lab.generate.clips import (
    build_autoencoder,
    build_generator,
    generate_clip,
    generate_shot,
    load_models,
    upscale,
)
from aigc_lab.generate.foreground import Foreground
from aigc_lab.generate.pictures import check_pictures, generate_take
from aigc_lab.media import Clip, read_frames
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.train.autoencoder import Autoencoder, AutoencoderConfig
from aigc_lab.train.generator import Generator, GeneratorConfig
from aigc_lab.train.upscaler import Upscaler
from aigc_lab.train.weights import has_weights, keep

PICTURES = AutoencoderConfig(
    height=32, width=16, channels=4, encoder_widths=(8, 8), encoder_blocks=(1, 1),
    decoder_widths=(8, 8, 8, 8), decoder_blocks=(1, 1, 1, 1),
)  # fmt: skip
WORDS = GeneratorConfig(channels=4, grid=PICTURES.grid, width=24, depth=2, heads=2)


def shake(model: keras.Model, seed: int) -> None:
    """Untrained weights that do something: zeros would hide mistakes."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if variable.name not in ("token_mean", "token_deviation"):
            variable.assign(variable.numpy() + rng.normal(0, 0.1, variable.shape))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    autoencoder, generator = Autoencoder(PICTURES), Generator(WORDS)
    build_autoencoder(autoencoder)
    build_generator(generator)
    for number, model in enumerate((autoencoder, generator)):
        shake(model, number)
    digest = keep_with_config(autoencoder, "autoencoder", folder)
    keep_with_config(generator, "generator", folder, autoencoder=digest)
    return folder


def keep_with_config(model: keras.Model, name: str, folder, **more: str) -> str:
    keep(model, name, folder, {"config": json.dumps(vars(model.config)), **more})
    return json.loads((folder / "weights.json").read_text(encoding="utf-8"))[name]["sha256"]


@pytest.fixture(scope="module")
def models(weights):
    return load_models(weights)


def test_words_make_a_clip_and_the_seed_decides_every_frame(models):
    def make(**wanted):
        asked = {"theme": "city", "style": "neon", "palette": "ocean", "motion": "left", "steps": 2, "seed": 3} | wanted
        return generate_clip(models=models, **asked).frames

    first = make()
    assert first.shape == (16, 32, 16, 3) and first.dtype == np.uint8
    assert np.array_equal(first, make())
    own = {"palette": ("#123456", "#fedcba")}
    for change in (own, {"seed": 4}, {"theme": "food"}, {"motion": "in"}, {"guidance": 4.0}, {"steps": 3},
                   {"speed": 2.0}, {"shown": True}, {"style": None}):  # fmt: skip
        assert not np.array_equal(first, make(**change)), change


def test_a_subject_brings_its_theme(models):
    alone = clips.wish_arrays(models, subject="coffee")
    assert alone["word_theme"] == clips.wish_arrays(models, theme="food")["word_theme"]


def test_a_given_first_frame_changes_the_clip_and_may_have_any_size(models):
    picture = np.random.default_rng(5).integers(0, 255, (90, 70, 3)).astype(np.uint8)
    with_picture = generate_clip(theme="home", first_frame=picture, steps=1, models=models).frames
    assert not np.array_equal(with_picture, generate_clip(theme="home", steps=1, models=models).frames)
    still = np.array_equal(
        with_picture, generate_clip(theme="home", first_frame=picture[::-1], steps=1, models=models).frames
    )
    assert not still
    with pytest.raises(LabError, match="give uint8"):
        generate_clip(first_frame=picture.astype(float), models=models)


def test_a_shot_of_any_length_goes_on_without_a_cut(models):
    shot = generate_shot(5.0, seed=2, steps=1, theme="nature", models=models)
    assert len(shot.frames) == round(5.0 * 7.5)
    assert len(generate_shot(0.5, steps=1, models=models).frames) == 4
    first, second = np.zeros((6, 2, 2, 3), np.uint8), np.full((6, 2, 2, 3), 100, np.uint8)
    assert clips.blend(first, second, 4)[:, 0, 0, 0].tolist() == [0, 0, 20, 40, 60, 80, 100, 100]


def test_progress_is_told_and_can_stop_the_work(models):
    heard = []
    generate_clip(steps=3, models=models, on_step=heard.append)
    assert heard == pytest.approx([1 / 3, 2 / 3, 1])

    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_clip(steps=3, models=models, on_step=stop)


def test_unknown_words_and_no_steps_are_one_sentence(models):
    wrong = {"theme": "war", "motion": "spin", "palette": "mud", "subject": "ufo"}
    for label, word in wrong.items():
        with pytest.raises(LabError, match=f"{label.capitalize()} '{word}' is unknown: use one of"):
            generate_clip(models=models, **{label: word})
    with pytest.raises(LabError, match="0 steps make no clip"):
        generate_clip(models=models, steps=0)


def test_a_generator_refuses_another_autoencoder(weights, tmp_path):
    for file in weights.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    other = Autoencoder(PICTURES)
    build_autoencoder(other)
    keep_with_config(other, "autoencoder", tmp_path)
    with pytest.raises(LabError, match="belongs to another autoencoder"):
        load_models(tmp_path)


def test_missing_weights_are_named(tmp_path):
    assert not has_weights(tmp_path)
    with pytest.raises(LabError, match="weights.json is missing"):
        load_models(tmp_path)


def test_upscaling_makes_it_four_times_larger_and_smoother(models):
    clip = generate_clip(steps=1, models=models)
    model = Upscaler()
    model({"frames": np.zeros((1, 8, 8, 12), np.uint8)})
    told = []
    large = upscale(clip, model, told.append)
    assert large.frames.shape == (60, 128, 64, 3) and large.fps == 4 * clip.fps
    assert told[-1] == 1
    with pytest.raises(LabError, match="one frame"):
        upscale(Clip(clip.frames[:1], clip.fps), model)


def test_generated_pictures_without_weights_are_refused_before_any_work(monkeypatch):
    monkeypatch.setattr(picture_rooms, "has_weights", lambda: False)
    board = Storyboard(title="tea", pictures="generated", shots=[Shot(id=1, say="Tea.")])
    with pytest.raises(LabError, match="trained weights"):
        check_pictures(board)


def test_a_generated_take_has_exactly_the_frames_of_its_shot(models, tmp_path, monkeypatch):
    upscaler = Upscaler()
    upscaler({"frames": np.zeros((1, 8, 8, 12), np.uint8)})
    monkeypatch.setattr(clips, "load_models", lambda: models)
    monkeypatch.setattr(clips, "load_upscaler", lambda: upscaler)
    monkeypatch.setattr(picture_rooms, "BACKDROP", (90, 160))
    for frames in (1, 43, 61, 121):
        told = []
        generate_take(sample_spec(3), frames, tmp_path / "take.mp4", told.append)
        assert len(list(read_frames(tmp_path / "take.mp4"))) == frames
        assert told == sorted(told) and told[-1] == 1


def test_near_things_stand_sharp_over_a_generated_picture_and_move_with_the_camera():
    spec = sample_spec(5, theme="city", style="minimal", motion="left")
    near, soft = Foreground(spec, (180, 320)), np.full((32, 18, 3), (255, 0, 255), np.uint8)
    first, later = near.over(soft, 0.0, 2.0), near.over(soft, 1.0, 2.0)
    assert first.shape == (320, 180, 3) and first.dtype == np.uint8
    free = (first == (255, 0, 255)).all(axis=2)
    assert 0.3 < free.mean() < 0.99, "the picture is seen, and something stands before it"
    drawn = next(scene_frames(spec, (180, 320), 30, 2.0, subject=False))
    same = (first[~free] == drawn[~free]).all(axis=1)  # but where something shines through, the picture is another
    assert same.mean() > 0.8, "as the drawn scene has it"
    assert not np.array_equal(first, later)
