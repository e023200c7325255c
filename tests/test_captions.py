"""Captions: short cards with exact times, broken where a reader would, safe for any text."""

import re

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_lab.generate.voice import Phrase
from aigc_lab.publish.captions import CJK, EM, LATIN_EM, LETTERS, cards, tokens, write_ass, write_srt
from aigc_lab.publish.fonts import drawable, dropped, has_glyph, width
from aigc_lab.publish.platforms import platform

WIDEST = 846
CHINESE = (
    "今天早上，你醒来的第一件事，可能就是看手机。",
    "AI助手帮你把一小时的会议整理成3条要点，省下的时间归你自己。",
    "“人工智能”改变的不只是工作；它也改变了一顿饭、一次出行和一个周末！",
)
ENGLISH = (
    "Your phone already knows what you will do next, and it gets better at it every day.",
    "We roast every bag the same morning it leaves our door.",
)


def test_a_chinese_card_is_one_line_that_fits_and_neither_begins_nor_ends_with_a_comma_or_full_stop():
    made = cards([Phrase(t, 0, 6) for t in CHINESE], WIDEST, EM)
    assert len(made) > 6
    for card in made:
        (line,) = card.lines
        assert width(line, EM) <= WIDEST
        assert not re.match(r"[，。、；：？！”]", line) and not re.search(r"[，。、；：]$", line)


def test_chinese_is_broken_between_words_only():
    for text in CHINESE:
        lines = [c.lines[0] for c in cards([Phrase(text, 0, 6)], WIDEST, EM)]
        joined = "".join(re.sub(r"\W", "", line) for line in lines)
        assert joined == re.sub(r"\W", "", text)
        ends, at = set(), 0
        for word in tokens(text):
            at += len(re.sub(r"\W", "", word))
            ends.add(at)
        at = 0
        for line in lines:
            at += len(re.sub(r"\W", "", line))
            assert at in ends, f"{line} ends inside a word"


def test_english_has_at_most_two_lines_of_24_letters():
    for card in cards([Phrase(t, 0, 6) for t in ENGLISH], WIDEST, LATIN_EM):
        assert len(card.lines) <= 2
        assert all(len(line) <= LETTERS and width(line, LATIN_EM) <= WIDEST for line in card.lines)
        assert not card.lines[-1].endswith((".", ","))


def test_cards_fill_their_phrase_exactly_and_change_when_the_word_is_said():
    words = (("今天早上", 1.0, 1.9), ("你醒来", 2.5, 3.0), ("第一件事就是看手机", 3.0, 4.2))
    made = cards([Phrase("今天早上，你醒来第一件事就是看手机。", 1.0, 4.4, words)], WIDEST, EM)
    assert (made[0].start, made[-1].end) == (1.0, 4.4)
    assert all(a.end == b.start for a, b in zip(made, made[1:], strict=False))
    assert made[1].start == pytest.approx(3.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_text_gives_cards_in_order_inside_their_phrases_with_letters_we_can_draw(texts):
    phrases = [Phrase(t, i * 2.0, i * 2.0 + 1.8) for i, t in enumerate(texts)]
    made = cards(phrases, WIDEST, EM)
    assert all(0 <= c.start < c.end <= 2 * len(texts) for c in made)
    assert all(a.end <= b.start for a, b in zip(made, made[1:], strict=False))
    assert all(c.isspace() or has_glyph(c) for card in made for line in card.lines for c in line)


def test_emoji_and_arabic_are_left_out_and_named_and_rare_letters_become_plain():
    assert drawable("Hi 😀 مرحبا you") == "Hi you"
    assert dropped("Hi 😀 م") == ["😀", "م"]
    assert drawable("Ａ１ 𝐛 αЖ✓") == "Ａ１ b αЖ✓"
    assert cards([Phrase("😀🚀", 0, 1)], WIDEST, EM) == []


def test_srt_and_ass_say_the_same_at_the_same_times_whatever_the_text(tmp_path):
    nasty = "她说{\\fs200}“换行”\\N，100%d的人都没看懂。"
    made = cards([Phrase(nasty, 0.5, 3.25), Phrase(CHINESE[0], 3.5, 6.0)], WIDEST, EM)
    write_srt(made, tmp_path / "c.srt")
    write_ass(made, tmp_path / "c.ass", platform("douyin"))
    srt = pysubs2.load(str(tmp_path / "c.srt"), encoding="utf-8", keep_unknown_html_tags=True)
    ass = pysubs2.load(str(tmp_path / "c.ass"), encoding="utf-8")
    assert [round(e.start, -1) for e in srt] == [e.start for e in ass]
    assert srt[0].start == 500 and srt[-1].end == 6000
    text = "".join(e.text for e in ass)
    assert "\\N" not in text and not re.search(r"(?<!\\){", text)
    assert "{" in (tmp_path / "c.srt").read_text(encoding="utf-8")


def test_a_word_longer_than_a_line_is_cut_rather_than_run_off_the_picture():
    for card in cards([Phrase("https://example.com/a-very-long-address/that-never-ends/at-all", 0, 3)], WIDEST, EM):
        assert all(width(line, EM) <= WIDEST for line in card.lines) and not CJK.search(card.lines[0])
