"""Words: keywords, free words to labels, what a script must not say, and our own knowledge file."""

import re

import pytest

from aigc_lab.generate.claims import cliches, invented, superlatives
from aigc_lab.generate.headlines import emphasis, headline
from aigc_lab.vocabulary import vocabulary
from aigc_lab.words import find_words, listed, load_words, meaning, subject_of, theme_of


def test_every_label_has_keywords_in_both_languages_and_facts():
    words, facts = load_words("keywords"), load_words("knowledge")
    assert set(words["subjects"]) == set(facts["subjects"]) == set(vocabulary().subjects)
    assert set(words["themes"]) == set(facts["themes"]) == set(vocabulary().themes)
    assert set(words["styles"]) == set(vocabulary().styles) and set(words["palettes"]) == set(vocabulary().palettes)
    for entry in [*words["subjects"].values(), *words["themes"].values(), *words["styles"].values()]:
        assert len(listed(entry["en"])) >= 5 and len(listed(entry["zh"])) >= 5
    for entry in [*facts["subjects"].values(), *facts["themes"].values()]:
        assert len(entry["en"]) >= 5 and len(entry["zh"]) >= 5


def test_no_keyword_calls_for_two_subjects_and_every_name_calls_for_its_own():
    seen = {}
    for subject, entry in load_words("keywords")["subjects"].items():
        for word in {w.lower() for w in [*listed(entry["en"]), *listed(entry["zh"])]}:
            assert seen.setdefault(word, subject) == subject, word
        assert set(listed(entry["near"])) <= set(vocabulary().subjects) - {subject}
    for subject in vocabulary().subjects.values():
        assert subject_of(subject.en).label == subject.id and subject_of(subject.zh).label == subject.id


def test_facts_hold_no_figures_names_ranks_or_worn_phrases_and_none_stands_twice():
    groups = load_words("knowledge")
    texts = [t for group in groups.values() for e in group.values() for t in [*e["en"], *e["zh"]]]
    assert len(set(texts)) == len(texts)
    assert [(t, invented(t, "")) for t in texts if invented(t, "")] == []
    assert [(t, cliches(t)) for t in texts if cliches(t)] == []


def test_our_patterns_hold_no_worn_phrase_and_no_rank():
    def strings(value):
        if isinstance(value, str):
            yield value
        for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
            yield from strings(child)

    for language in ("en", "zh"):
        own = {k: v for k, v in load_words("patterns")[language].items() if k not in ("notes", "model")}
        for text in strings(own):
            assert not cliches(text) and not superlatives(text), text


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("早高峰的地铁里挤满了人", "metro"),
        ("手冲一杯咖啡", "coffee"),
        ("大熊猫在爬树", "panda"),
        ("我家的猫又睡着了", "cat"),
        ("AI帮你写周报", "robot"),
        ("The red pandas were sleeping", "bed"),
        ("cherry blossoms in spring", "blossom"),
        ("The bus is late again", "bus"),
        ("fresh dumplings for two", "dumpling"),
    ],
)
def test_the_longest_word_chooses_the_subject(text, subject):
    assert subject_of(text).label == subject


@pytest.mark.parametrize("text", ["上海书记龙头", "carpet", "catalogue", "方面", "xyz", "", "👩‍🚀🚀", "{cat"[:1]])
def test_letters_inside_other_words_choose_nothing(text):
    assert subject_of(text) is None


def test_matches_do_not_overlap_and_a_theme_can_be_named_by_itself():
    found = find_words("大熊猫和熊猫")
    assert [m.word for m in found] == ["大熊猫", "熊猫"]
    assert theme_of("旅游业").label == "travel" and theme_of("semiconductors").label == "technology"


@pytest.mark.parametrize(
    ("kind", "text", "label", "how"),
    [
        ("styles", "neon", "neon", "exact"),
        ("styles", "电影感", "cinematic", "exact"),
        ("styles", "赛博朋克", "neon", "keyword"),
        ("styles", "cozy", "watercolor", "keyword"),
        ("styles", "80s poster look", "retro", "keyword"),
        ("styles", "给小朋友看的卡通风", "playful", "keyword"),
        ("styles", "sinematic", "cinematic", "similar"),
        ("styles", "qqq zzz", "minimal", "none"),
        ("themes", "数码产品", "technology", "keyword"),
        ("themes", "street food", "food", "keyword"),
        ("themes", "高铁", "travel", "keyword"),
        ("palettes", "莫兰迪紫色", "violet", "keyword"),
        ("platforms", "抖音", "douyin", "exact"),
        ("platforms", "Instagram", "reels", "exact"),
        ("platforms", "YouTube Shorts please", "shorts", "keyword"),
        ("platforms", "tik-tok", "tiktok", "similar"),
        ("platforms", "myspace", "douyin", "none"),
    ],
)
def test_free_words_are_mapped_and_say_how(kind, text, label, how):
    default = {"styles": "minimal", "themes": "city", "palettes": "ocean", "platforms": "douyin"}[kind]
    found = meaning(kind, text, default)
    assert (found.label, found.how) == (label, how)


@pytest.mark.parametrize(
    ("text", "source", "found"),
    [
        ("每天省下 3 小时", "省时间", ["3"]),
        ("每天省下 3 小时", "一天省3小时", []),
        ("三个办法", "没有数", ["三"]),
        ("一个办法，一起试试", "没有数", []),
        ("Save 40 percent", "save money", ["40"]),
        ("two cups", "coffee", ["two"]),
        ("Meet Dreamly today", "sleep", ["Dreamly"]),
        ("Meet Dreamly today", "Dreamly, for sleep", []),
        ("用Siri查一查", "语音助手", ["Siri"]),
        ("全国第一的奶茶，最好喝", "奶茶", ["第一", "最好"]),
        ("第一步，烧水", "泡茶", []),
        ("最后，倒掉", "泡茶", []),
        ("the best coffee", "coffee", ["best"]),
        ("the best coffee", "our best coffee", []),
    ],
)
def test_what_the_brief_does_not_hold_is_found(text, source, found):
    assert [re.sub(r"(?<=三)个$", "", f) for f in invented(text, source)] == found


def test_the_count_of_the_points_may_be_said():
    assert invented("三个办法", "", points=3) == [] == invented("Three ways, step 2", "", points=3)
    assert invented("五个办法", "", points=3) and invented("five ways", "", points=3)


def test_worn_phrases_are_found_in_both_languages():
    assert cliches("在当今社会，科技赋能生活") == ["在当今社会", "在当今", "赋能"]
    assert cliches("A Game-Changer in Today’s fast-paced world") == ["in today's fast-paced world", "game-changer"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("早高峰，信号灯看着车流变，", "信号灯看着车流变"),
        ("第二杯半价，19.9元起。", "19.9元起"),
        ("医生再拿主意。", "医生再拿主意"),
        ("and at your door by Friday.", "At your door by Friday"),
        ("Price: $6.50 a bag.", "$6.50 a bag"),
        ("iPhone photos, sorted", "iPhone photos"),
    ],
)
def test_headlines_are_key_phrases_of_the_text(text, words):
    assert headline(text) == words


def test_numbers_and_names_are_emphasised_and_stand_in_the_text():
    assert emphasis("只要19.9元，第二杯半价", [])[0] == "19.9元"
    assert emphasis("This is Larkfield Roast.", ["Larkfield Roast"]) == ["Larkfield Roast"]
    for text in ("大熊猫在啃竹子", "Roasted in small batches", "😀", "{a} \\N %d"):
        assert all(w in text for w in emphasis(text, []))
