"""Fine-tuning: an adapter changes nothing at first, learns own clips, keeps the others, and fits one generator."""

import json
from dataclasses import replace

import numpy as np
import pytest
from feeding_files import drawn, entered

from aigc_lab import LabError
from aigc_lab.collect.manifest import Row
from aigc_lab.generate.clips import build_autoencoder, build_generator, generate_clip, load_models
from aigc_lab.generate.pictures import check_pictures, generated
from aigc_lab.media import write_image
from aigc_lab.rights import asset, credit_sheet, gate
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.train import finetuning
from aigc_lab.train.adapters import LARGEST, check_fits, read_adapter, write_adapter
from aigc_lab.train.adapting import adapted, adapter_arrays, load_adapted
from aigc_lab.train.autoencoder import Autoencoder, AutoencoderConfig
from aigc_lab.train.finetuning import drawn_set, finetune, like_own, nearest, own_set, tune, velocity_error
from aigc_lab.train.fitting import Plan
from aigc_lab.train.generator import Generator, GeneratorConfig
from aigc_lab.train.jobs import Job
from aigc_lab.train.weights import Weights, digests, keep, write_weights
from aigc_lab.workshop import Workshop

PICTURES = AutoencoderConfig(
    height=32, width=16, channels=4, encoder_widths=(8, 8), encoder_blocks=(1, 1),
    decoder_widths=(8, 8, 8, 8), decoder_blocks=(1, 1, 1, 1),
)  # fmt: skip
WORDS = GeneratorConfig(channels=4, grid=PICTURES.grid, width=32, depth=1, heads=2, pieces=(2, 2))
MEI = asset("footage", "night.mp4", "", "Mei", "CC-BY-4.0")
BLACK, WHITE = (np.full((6, 16, 32, 16, 3), value, np.uint8) for value in (20, 235))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with weights of a tiny generator; they are not trained, but not zero: zeros would hide mistakes."""
    folder, rng = tmp_path_factory.mktemp("weights"), np.random.default_rng(0)
    autoencoder, generator = Autoencoder(PICTURES), Generator(WORDS)
    build_autoencoder(autoencoder)
    build_generator(generator)
    for variable in (*autoencoder.weights, *generator.weights):
        if variable.name not in ("token_mean", "token_deviation"):
            variable.assign(variable.numpy() + rng.normal(0, 0.1, variable.shape))
    keep(autoencoder, "autoencoder", folder, {"config": json.dumps(vars(PICTURES))})
    (digest,) = digests("autoencoder", folder=folder)
    keep(generator, "generator", folder, {"config": json.dumps(vars(WORDS)), "autoencoder": digest})
    return folder


@pytest.fixture(scope="module")
def models(folder):
    return load_models(folder)


@pytest.fixture(scope="module")
def tuned(models, tmp_path_factory):
    """The tiny generator after a few steps on white clips, with what it had to keep."""
    replay = drawn_set(models, 16)
    plan = Plan(tmp_path_factory.mktemp("tune"), steps=120, rate=1e-2, round=40, say=lambda _: None)
    after, done = tune(models, own_set(models, WHITE), replay, plan, 8, held=own_set(models, WHITE[:2]))
    return after, done, replay


@pytest.fixture
def file(models, folder, tmp_path):
    """An adapter file of the tiny generator that changes a lot."""
    model, rng = adapted(models.generator, 2), np.random.default_rng(1)
    arrays = {n: rng.normal(0, 0.3, v.shape).astype(np.float16) for n, v in adapter_arrays(model).items()}
    (digest,) = digests("generator", folder=folder)
    return write_adapter(
        arrays, (MEI,), {"generator": digest, "licence": "CC-BY-4.0"}, tmp_path / "我的 adapter.safetensors"
    )


def test_a_new_adapter_changes_nothing_and_alone_can_be_trained(models):
    model = adapted(models.generator, 2)
    clip = generate_clip(theme="city", steps=2, models=models).frames
    for own in (0.0, 1.0):
        same = generate_clip(theme="city", steps=2, models=replace(models, generator=model, own=own)).frames
        assert np.abs(same.astype(int) - clip).max() <= 1  # sums in another order may round to the next byte
    names = {variable.name for variable in model.trainable_variables}
    assert names == {"handle", "lora_kernel_a", "lora_kernel_b"}
    for layer in model.thinned().values():
        assert np.any(layer.lora_kernel_a.numpy()) and not np.any(layer.lora_kernel_b.numpy())


def test_an_adapter_of_the_shipped_size_fits_into_three_megabytes():
    base = Generator()
    build_generator(base)
    arrays = adapter_arrays(adapted(base))
    assert 0.5e6 < sum(array.nbytes for array in arrays.values()) < LARGEST


def test_it_learns_own_clips_and_keeps_the_others(models, tuned):
    after, done, replay = tuned
    own = own_set(models, WHITE)
    gain = velocity_error(models, own) - velocity_error(after, own)
    assert done.done and gain.min() > 0.1, "own clips are foretold better"
    let_go = replace(after, own=0.0)
    lost = velocity_error(let_go, replay).mean() - velocity_error(models, replay).mean()
    assert lost < 0.05, "the drawn ones are not forgotten"
    assert done.history[-1]["held_out"] == pytest.approx(velocity_error(after, own.part(slice(2))).mean(), abs=0.02)


def test_what_it_makes_with_the_handle_is_nearer_to_the_own_clips(models, tuned):
    after, _, _ = tuned
    held = own_set(models, WHITE[:2])
    flat = held.tokens[:, :4].reshape(2, -1)
    far = [nearest(flat, like_own(m, held, 8).reshape(8, -1)).mean() for m in (models, after)]
    assert far[1] < far[0]


def test_the_handle_decides_and_not_the_words(models):
    own, replay = own_set(models, WHITE, {"theme": np.full(6, 11)}), drawn_set(models, 8)
    memory = finetuning.remembered(models, replay)
    batches = [finetuning.mixed_batch(own, replay, memory, 8, 0, step)[0] for step in range(60)]
    handles = np.stack([batch["word_own"] for batch in batches])
    assert (handles[:, 4:] == 0).all() and 0.7 < handles[:, :4].mean() < 1, "now and then it is left out"
    themes = np.stack([batch["word_theme"][:4] for batch in batches])
    told, none = (themes == 11).mean(), (themes == 0).mean()
    assert 0.1 < told < 0.4 and 0.2 < none < 0.6 and told + none < 0.8, "the others have a drawn clip's theme"
    known = np.stack([batch["colors_known"][:4] for batch in batches])
    assert 0.3 < known.mean() < 0.7, "nobody knows the colours of own clips"
    assert (own.labels["theme"] == 11).all(), "what was given is as it was"
    again = finetuning.mixed_batch(own, replay, memory, 8, 0, 5)[0]
    assert all(np.array_equal(again[name], batches[5][name]) for name in again)


def test_of_drawn_clips_it_is_to_say_what_it_said_before(models):
    inputs, velocity = finetuning.remembered(models, drawn_set(models, 3), rounds=2)
    assert velocity.shape == inputs["here"].shape and len(velocity) == 6 and not np.any(inputs["word_own"])
    del inputs["word_own"]
    assert np.allclose(models.generator.predict_on_batch(inputs), velocity, atol=1e-4)


def test_a_file_gives_back_what_was_written_and_whose_it_is(file, folder, models):
    adapter, loaded = read_adapter(file), load_adapted(file, folder)
    assert adapter.whose == (MEI,) and file.stat().st_size < LARGEST and loaded.own == 1
    kept = adapter_arrays(loaded.generator)
    assert all(np.array_equal(kept[name], array) for name, array in adapter.weights.arrays.items())
    clip = generate_clip(steps=2, models=loaded).frames
    assert not np.array_equal(clip, generate_clip(steps=2, models=models).frames)
    assert not np.array_equal(clip, generate_clip(steps=2, models=replace(loaded, own=0.5)).frames)


def test_the_credits_name_the_adapter_and_whose_clips_it_learnt_from(file):
    adapter = read_adapter(file)
    sheet = credit_sheet([adapter.asset, *adapter.whose], "en-US")
    assert file.name in sheet and "Mei (CC-BY-4.0)" in sheet and "adapter of the generator" in sheet
    assert "学自 1 件素材，作者：Mei" in credit_sheet([adapter.asset], "zh-CN")


def test_what_learnt_from_clips_that_may_not_be_sold_may_not_go_into_an_ad(file, tmp_path):
    tied = replace(MEI, may_sell=False)
    adapter = read_adapter(
        write_adapter(read_adapter(file).weights.arrays, (MEI, tied), {}, tmp_path / "tied.safetensors")
    )
    gate([adapter.asset], "publish", "edit")
    with pytest.raises(LabError, match="may not be used to sell"):
        gate([adapter.asset], "sell")


def test_an_adapter_for_other_weights_is_refused_in_one_sentence(file, folder, tmp_path):
    told = read_adapter(file)
    path = write_adapter(told.weights.arrays, (MEI,), {"generator": "0" * 64}, tmp_path / "other.safetensors")
    with pytest.raises(LabError, match="belongs to another generator .00000000.*train it again"):
        load_adapted(path, folder)
    few = {name: array for name, array in told.weights.arrays.items() if name != "0.mix.a"}
    (digest,) = digests("generator", folder=folder)
    with pytest.raises(LabError, match="no adapter of a generator of these sizes"):
        load_adapted(write_adapter(few, (MEI,), {"generator": digest}, tmp_path / "few.safetensors"), folder)


def test_a_broken_or_missing_adapter_is_named(file, folder, tmp_path):
    whole = file.read_bytes()
    broken, nameless = tmp_path / "broken.safetensors", tmp_path / "nameless.safetensors"
    broken.write_bytes(whole[: len(whole) // 2])
    write_weights(Weights({}, {"model": "adapter"}), nameless)
    cases = {
        broken: "no whole safetensors file", nameless: "does not say whose clips",
        tmp_path / "none": "There is no adapter",
        folder / "generator.safetensors": "is no adapter: name a file",
    }  # fmt: skip
    for path, told in cases.items():
        with pytest.raises(LabError, match=told):
            load_adapted(path, folder)


def test_numbers_that_are_none_and_files_that_are_too_large_are_not_written(models, tmp_path):
    model = adapted(models.generator, 2)
    model.handle.assign(np.full(model.handle.shape, np.nan))
    with pytest.raises(LabError, match="handle is no finite number"):
        adapter_arrays(model)
    with pytest.raises(LabError, match="take a lower rank"):
        write_adapter({"handle": np.zeros(2_000_000, np.float16)}, (), {}, tmp_path / "large.safetensors")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def mine(tmp_path, folder):
    """A corpus of six own films, one of them kept apart, and the weights to begin with: (corpus, folder of the run)."""
    out = tmp_path / "out"
    (out / "weights").mkdir(parents=True)
    for path in folder.iterdir():
        (out / "weights" / path.name).write_bytes(path.read_bytes())
    place = tmp_path / "mine"
    place.mkdir()
    rows = [drawn(place, seed, theme="food") for seed in range(6)]
    rows[0] = replace(rows[0], split="test")
    return entered(place, [replace(row, author="阿青", title=f"clip {n}") for n, row in enumerate(rows)]), out


def tell(lines):
    return {"say": lines.append, "clips": 4}


def test_a_corpus_becomes_an_adapter_that_says_all_about_itself(mine, monkeypatch):
    corpus, out = mine
    monkeypatch.setattr(finetuning, "REPLAYED", 8)
    monkeypatch.setattr(finetuning, "MADE", 4)
    path = finetune(Job(corpus.folder, out, steps=4, round=2, batch=4, **tell([])))
    adapter = read_adapter(path)
    check_fits(adapter, out / "weights")
    numbers, about = adapter.numbers, adapter.weights.metadata
    assert {work.author for work in adapter.whose} == {"阿青"} and len(adapter.whose) == 5
    assert about["licence"] == "LicenseRef-Own" and about["steps"] == "4" and float(about["seconds"]) >= 0
    assert numbers["own_clips"] == 5 and numbers["held_out"] == 1 and numbers["base"]["clips"] == 4
    for name in ("error", "look", "tokens"):
        assert numbers[name]["gain"] == pytest.approx(numbers[name]["before"] - numbers[name]["after"], abs=2e-4)


def test_it_is_stopped_and_goes_on(mine, monkeypatch):
    corpus, out = mine
    monkeypatch.setattr(finetuning, "REPLAYED", 8)
    monkeypatch.setattr(finetuning, "MADE", 2)
    heard = []

    def stop(line):
        heard.append(line)
        if "of the budget" in line:
            raise KeyboardInterrupt

    job = Job(corpus.folder, out, steps=4, round=2, batch=4, clips=2, say=stop)
    assert finetune(job) is None and "Stopped" in heard[-1] and not (out / finetuning.NAME).exists()
    assert finetune(replace(job, say=lambda _: None)).exists()


def test_too_few_clips_no_rights_and_nothing_at_all_are_one_sentence_each(mine, tmp_path):
    corpus, out = mine
    rows = corpus.rows[1:]
    cases: dict[str, list[Row]] = {
        "gives 1 clip of 2.1 s to learn from": rows[:1], "may be used to train": [],
        "collect videos or pictures that may": [replace(row, may_train=False) for row in rows],
    }  # fmt: skip
    for told, kept in cases.items():
        few = entered(corpus.folder, kept)
        with pytest.raises(LabError, match=told):
            finetune(Job(few.folder, out, steps=2, **tell([])))
    with pytest.raises(LabError, match="too few to learn from"):
        tune(load_models(out / "weights"), own_set(load_models(out / "weights"), WHITE[:1]), None, None)


def board(**more):
    return Storyboard(
        title="tea", shots=[Shot(id=1, say="Tea.", seconds=1.0), Shot(id=2, say="More.", seconds=1.0)], **more
    )


def test_a_short_is_made_anew_when_its_adapter_or_first_frame_changes(file, tmp_path, monkeypatch):
    made, room = [], Workshop(tmp_path / "work")
    room.folder.mkdir()

    def take(spec, frames, path, tell, **wishes):
        made.append((path.name, {name: value.name for name, value in wishes.items()}))
        path.write_bytes(b"film")

    monkeypatch.setattr("aigc_lab.generate.pictures.generate_take", take)
    picture = tmp_path / "flower.png"
    write_image(np.full((40, 30, 3), 99, np.uint8), picture)
    work = board(adapter=str(file), first_frame=str(picture))
    takes = generated(work.shots, "", work, room, lambda _: None)
    assert made == [
        ("take-1.mp4", {"adapter": file.name, "first_frame": "flower.png"}),
        ("take-2.mp4", {"adapter": file.name}),
    ]
    assert [take.get("provider") for take in takes.takes] == ["photo", None], "the photo shows its own subject"
    assert {a.what for a in takes.assets} == {"generated", "adapter", "footage", "photo"}
    generated(work.shots, "", work, room, lambda _: None)
    assert len(made) == 2, "nothing has changed"
    write_image(np.full((40, 30, 3), 100, np.uint8), picture)
    generated(work.shots, "", work, room, lambda _: None)
    assert len(made) == 3, "another photo: the first shot"
    write_adapter(read_adapter(file).weights.arrays, (MEI,), {"generator": "other"}, file)
    generated(work.shots, "", work, room, lambda _: None)
    assert len(made) == 5, "another adapter: both shots"


def test_steering_what_is_not_generated_is_refused_before_any_work(file):
    for more, told in (
        ({"adapter": str(file)}, "An adapter changes"),
        ({"first_frame": "x.png"}, "A first frame moves"),
    ):
        with pytest.raises(LabError, match=f"{told}.*only where it is generated"):
            check_pictures(board(pictures="drawn", **more))
    with pytest.raises(LabError, match="belongs to another generator"):
        check_pictures(board(adapter=str(file)))  # the tiny generator's, and here is the shipped one
