"""Footage from a corpus: only what may be used, by what is said, shots as they were cut, never the same in a row."""

import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from corpus_fakes import row
from footage_files import FPS, ground, scene

from aigc_lab import LabError
from aigc_lab.collect import manifest
from aigc_lab.collect.cleaning import Flag, inspect
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.duplicates import fingerprint
from aigc_lab.collect.items import Item
from aigc_lab.collect.manifest import Manifest
from aigc_lab.generate import footage
from aigc_lab.generate.footage import FITS, Piece, choose, fits, footage_take, footage_takes, questions
from aigc_lab.generate.material import FootageItem, Material, material, survey
from aigc_lab.generate.pictures import make_takes
from aigc_lab.measures import sharpness, shows_nothing
from aigc_lab.media import read_frames, run_ffmpeg, write_frames, write_image, write_text
from aigc_lab.publish.render import place_file
from aigc_lab.rights import asset
from aigc_lab.settings import data_path
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.vision import crop_9x16, letterbox
from aigc_lab.workshop import open_folder

GATE = {"may_publish": True, "may_edit": True}


def shot(number, seconds=1.5, **more):
    return Shot(id=number, seconds=seconds, **more)


def barred():
    """A shot between black bars, then another, as a film on television."""
    for k, frame in enumerate([*scene(640, 400, 2.4, seed=3), *(255 - f for f in scene(640, 400, 2.4, seed=8))]):
        frame[:56], frame[-56:] = 0, 0
        frame[120 : 150 + k % 2, 200:260] = (250, 220, 40)
        yield frame


@pytest.fixture(scope="module")
def earth(tmp_path_factory):
    """Five seconds of a globe that turns in black space."""
    path = tmp_path_factory.mktemp("nasa") / "earth.mp4"
    place_file(data_path("samples", "earth.mp4"), path.with_name("whole.mp4"))
    run_ffmpeg(["-t", "5", "-i", "whole.mp4", "-c", "copy", "-an", path.name], path.parent)
    return path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, earth):
    """A small real corpus: a film of two shots with bars, photos with rights of their own, a clip of the Earth."""
    root = tmp_path_factory.mktemp("语料 库")
    made = root / "files"
    made.mkdir()
    write_frames(barred(), FPS, made / "film.mp4", crf=20)
    for name, seed in (("coffee", 4), ("coffee shop", 5), ("dog", 6), ("train", 7)):
        write_image(ground(640, 480, seed), made / f"{name}.jpg")

    def item(name, title, licence="CC-BY-4.0", **more):
        kind = "video" if name.endswith("mp4") else "picture"
        return Item(made / name, kind, "folder", address=name, author="Li Na", licence=licence, title=title, **more)

    held = Corpus(root / "corpus")
    held.add([
        item("film.mp4", "City traffic in the evening"), item("coffee.jpg", "A cup of coffee"),
        item("coffee shop.jpg", "咖啡馆里的一杯拿铁"), item("dog.jpg", "A dog on the lawn", "CC-BY-NC-4.0"),
        item("train.jpg", "A train in the snow", ""),
        Item(earth, "video", "samples", author="NASA", licence="CC0-1.0", title="The Earth from space"),
    ])  # fmt: skip
    return held


def titles(items):
    return {item.name for item in items}


def test_only_what_may_be_published_and_edited_is_there_and_for_an_ad_what_may_sell(corpus):
    stock = material(corpus.folder)
    assert "A dog on the lawn" in titles(stock.items) and "A train in the snow" not in titles(stock.items)
    assert any("1 of" in note and "train" in note for note in stock.notes)
    ad = material(corpus.folder, ("publish", "edit", "sell"))
    assert titles(ad.items) == titles(stock.items) - {"A dog on the lawn"}


def test_shots_are_as_they_were_cut_and_without_bars(corpus, tmp_path):
    film = sorted((i for i in material(corpus.folder).items if "traffic" in i.name), key=lambda i: i.start)
    assert len(film) == 2 and film[0].end == film[1].start == pytest.approx(2.4, abs=0.1)
    chosen, _ = choose(
        Material(film, [], chosen=False), [shot(1, subject="car", say="Cars.")], np.random.default_rng(0)
    )
    piece = chosen[1]
    assert piece.item.start <= piece.start and piece.start + 1.5 <= piece.item.end  # never across the cut
    take = footage_take(piece, 1.5, tmp_path / "t.mp4")
    x, y, w, h = take["crop"]
    assert y >= 56 and y + h <= 344 and x + w <= 640 and all(v % 2 == 0 for v in (x, y, w, h))
    assert w / h == pytest.approx(9 / 16, abs=0.02)


@pytest.mark.parametrize(("say", "subject", "name"), [
    ("A cup of coffee wakes you up.", "coffee", "A cup of coffee"),
    ("早上先来一杯拿铁。", "coffee", "咖啡馆里的一杯拿铁"),
    ("从太空看地球。", "", "The Earth from space"),
    ("Traffic never sleeps.", "", "City traffic in the evening"),
    ("遛狗去。", "dog", "A dog on the lawn"),
])  # fmt: skip
def test_what_is_said_finds_its_footage_in_both_languages(corpus, say, subject, name):
    stock = material(corpus.folder)
    chosen, notes = choose(stock, [shot(1, 1.2, say=say, subject=subject)], np.random.default_rng(2))
    assert chosen[1].item.name == name and not notes
    share = int(re.search(r"(\d+)%", chosen[1].why)[1])
    assert share >= 100 * FITS and name in chosen[1].why


def test_a_shot_that_nothing_fits_gets_none_and_it_is_said_in_the_language(corpus):
    shots = [shot(1, say="Prices fell.", subject="trophy"), shot(2, say="Coffee.", subject="coffee")]
    chosen, notes = choose(material(corpus.folder), shots, np.random.default_rng(2))
    assert set(chosen) == {2} and len(notes) == 1 and re.search(r"drawn: 1 \(\d+%\)", notes[0])
    _, notes = choose(material(corpus.folder), shots, np.random.default_rng(2), "zh-CN")
    assert "绘制" in notes[0]


def test_somebody_in_a_sentence_does_not_choose_a_portrait():
    asked = questions(shot(1, say="People love the sea.", headline="海"))
    assert "People" not in [question for question, _, _ in asked] and "sea" in [q for q, _, _ in asked]


def photo(seed, words="Coffee", mark=None):
    """A picture of a corpus that is never opened."""
    name = f"{words} {seed}"
    rights = asset("photo", name, "", "Li", "CC0-1.0")
    look = fingerprint(ground(64, 48, seed)[None]) if mark is None else mark
    return FootageItem(Path(f"{seed}.jpg"), "picture", (f"{words}.", ""), rights, mark=look)


def test_neither_the_same_nor_what_looks_the_same_stands_in_a_row():
    twins = [photo(1), photo(2, mark=photo(1).mark)]
    stock = Material([*twins, photo(3)], [], chosen=False)
    shots = [shot(i, say="Coffee.", subject="coffee") for i in range(1, 6)]
    chosen, _ = choose(stock, shots, np.random.default_rng(0))
    shown = [chosen[i].item if i in chosen else None for i in range(1, 6)]
    pairs = [(a, b) for a, b in zip(shown, shown[1:], strict=False) if a and b]
    assert pairs and not any(a.like(b) for a, b in pairs) and twins[0].like(twins[1])
    assert len({id(item) for item in shown if item}) >= 2


def test_words_of_all_shots_together_decide_who_gets_what():
    stock = Material([photo(1, "A rocket in space"), photo(2, "An astronaut, space")], [], chosen=False)
    shots = [shot(1, say="Space calls.", subject="rocket"), shot(3, say="A rocket lifts off.", subject="rocket")]
    chosen, _ = choose(stock, shots, np.random.default_rng(0))
    assert chosen[3].item.name.startswith("A rocket") and chosen[1].item.name.startswith("An astronaut")


def test_a_file_that_went_away_or_is_broken_costs_only_itself(tmp_path):
    rows = [row(n, **GATE, title=f"Coffee {n}", caption_en="Coffee.", seconds=9.0, end=9.0) for n in (1, 2)]
    manifest.write(tmp_path, Manifest(tuple(rows)))
    with pytest.raises(LabError, match="may be used"):
        material(tmp_path)
    broken = tmp_path / rows[0].path
    broken.parent.mkdir(parents=True)
    write_text(broken, "no video")
    stock = material(tmp_path)
    assert len(stock.items) == 1 and any("missing" in note for note in stock.notes)
    chosen, notes = choose(stock, [shot(1, say="Coffee.", subject="coffee")], np.random.default_rng(0))
    assert not chosen and sum("Left out: Coffee 1 cannot be decoded" in note for note in notes) == 1


@pytest.mark.parametrize("name", ["text", "faces"])
def test_letters_and_faces_that_our_words_would_cover_count_against_a_picture(tmp_path, name):
    flags = (Flag(name, 9.0, 1.0, "Something is in the picture."),)
    size = {"width": 1080, "height": 1920}
    rows = [row(n, **GATE, **size, kind="picture", caption_en="Coffee.", flags=flags if n == 1 else ()) for n in (1, 2)]
    manifest.write(tmp_path, Manifest(tuple(rows)))
    for each in rows:
        (tmp_path / each.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each.path).write_bytes(b"x")
    worth = [item.worth for item in material(tmp_path).items]
    assert worth[0] < worth[1] == 1.0


def test_a_blurred_picture_of_a_corpus_is_not_shown_but_one_of_your_own_is():
    blurred = replace(photo(1), sharp=8.0)
    for chosen, shown in ((False, set()), (True, {1})):
        stock = Material([blurred], [], chosen=chosen)
        assert set(choose(stock, [shot(1, say="Coffee.", subject="coffee")], np.random.default_rng(0))[0]) == shown


def test_rights_in_a_folder_are_a_gate_too(tmp_path):
    write_image(ground(640, 480), tmp_path / "coffee.jpg")
    write_text(tmp_path / "credits.csv", "file,author,licence\ncoffee.jpg,Li,CC BY-NC 4.0\n")
    assert len(material(tmp_path).items) == 1
    with pytest.raises(LabError, match=r"coffee\.jpg may not be used to sell"):
        material(tmp_path, ("publish", "edit", "sell"))


def test_takes_carry_their_rights_and_why_and_the_rest_is_drawn(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(footage, "FPS", 5)
    takes, assets, _ = footage_takes(
        [shot(1, 1.0, say="Coffee.", subject="coffee"), shot(2, 1.2, say="Cars.", subject="car")], corpus.folder, 7,
        tmp_path, (108, 192),
    )  # fmt: skip
    assert [t["id"] for t in takes] == [1, 2] and [t["kind"] for t in takes] == ["clip", "footage"]
    assert {a.author for a in assets} == {"Li Na"} and all(a.path.is_file() for a in assets)
    assert all("%" in t["why"] for t in takes)


def test_in_a_bundle_unfit_shots_are_drawn_and_each_take_says_who_made_it(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr("aigc_lab.generate.pictures.BACKDROP", (90, 160))
    shots = [shot(1, 0.8, say="Cars.", subject="car"), shot(2, 0.4, say="Prices.", subject="trophy")]
    board = Storyboard(title="x", seconds=6, pictures=f"footage:{corpus.folder}", shots=shots)
    made = make_takes(board, open_folder(tmp_path / "out", "job", "x"), lambda _: None)
    assert [t["provider"] for t in made.takes] == ["footage", "drawn"]
    assert {a.author for a in made.assets} >= {"Li Na"} and any("drawn" in note for note in made.notes)


def test_a_globe_in_black_space_is_neither_black_nor_barred(earth):
    frames = np.stack([f for _, f in read_frames(earth, 0, 4, step=0.5, longest=256)])
    assert frames.mean() < 14 and not any(shows_nothing(f) for f in frames)
    height, width = frames.shape[1:3]
    assert letterbox(frames) == (0, 0, width, height)
    assert inspect(earth, "video").crop is None
    item = FootageItem(earth, "video", ("", ""), asset("footage", "earth", "", "NASA", "CC0-1.0"), 2.0, 4.0)
    assert item.look.quality.min() > 0.2 and item.look.times[0] >= 1.9 and item.look.times[-1] < 4.0
    x, y, w, h = crop_9x16(frames)
    lit = frames[:, y : y + h, x : x + w].max(axis=3) > 40
    assert lit.mean() > 1.3 * (frames.max(axis=3) > 40).mean()  # the globe is in the upright part


def test_a_folder_is_cut_into_its_shots_and_its_dark_parts_stay(tmp_path):
    night = [cv2.circle(np.zeros((270, 480, 3), np.uint8), (120 + k, 135), 30, (250, 240, 190), -1) for k in range(60)]
    write_frames([*night, *scene(480, 270, 2, seed=4)], FPS, tmp_path / "moon.mp4", crf=20)
    items, notes = survey(tmp_path)
    assert len(items) == 2 and not notes and items[0].end == items[1].start
    assert items[0].look.quality.mean() > 0.1


def test_detail_counts_the_same_upright_and_lying():
    picture = next(iter(scene(640, 360, 0.1, seed=5)))
    assert sharpness(np.rot90(picture)) == pytest.approx(sharpness(picture), rel=0.01)


def test_the_score_shown_is_that_of_the_words_shown(corpus):
    items = material(corpus.folder).items
    found = fits(items, shot(1, say="Nothing else.", subject="coffee"), "zh-CN")
    best = int(np.argmax(found.scores))
    assert found.words[best] == "咖啡" and items[best].captions[0]
    assert Piece(items[best], 0.0, 0, "").item is items[best]
