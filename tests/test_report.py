"""The papers of a bundle: report, post text, provenance, contact sheet, and the numbers in them."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.brief import Brief
from aigc_lab.generate.voice import Phrase
from aigc_lab.measures import colorfulness, contrast, contrast_ratio, flashes, psnr, sharpness
from aigc_lab.media import Sound, run_ffmpeg, write_frames, write_image, write_sound
from aigc_lab.publish.bundle import used_assets
from aigc_lab.publish.contact import compare, contact_sheet, glance
from aigc_lab.publish.labels import aigc_metadata, jpeg_metadata
from aigc_lab.publish.platforms import platforms
from aigc_lab.publish.post import post_fields, write_post
from aigc_lab.publish.provenance import portable, write_provenance
from aigc_lab.publish.report import measured, reading_speed, write_report
from aigc_lab.rights import asset, built_in
from aigc_lab.storyboard import Post, Shot, Storyboard

EVIL = "<script>alert('x')</script>\"&amp;"
COLORS = ((200, 30, 30), (30, 200, 30), (30, 30, 200))  # one for each second


def board(**fields) -> Storyboard:
    shots = [
        Shot(id=1, role="hook", say="咖啡会等你。", headline="等你", subject="coffee", theme="food", emphasis=["咖啡"]),
        Shot(
            id=2,
            role="cta",
            say=f"来一杯 {EVIL}",
            subject="house",
            theme="home",
            why=f"因为 {EVIL}",
            start=2,
            seconds=1,
        ),
    ]
    post = Post(
        title="咖啡会等你", description=f"第一杯 {EVIL}", hashtags=["#咖啡", "早 晨", "咖啡", "a", "b", "c", "d"]
    )
    given = {"title": f"咖啡 {EVIL}", "language": "zh-CN", "style": "retro", "seconds": 6, "shots": shots, "post": post}
    return Storyboard(**(given | {"notes": [f"主题“{EVIL}”对应到：美食"]} | fields))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """Three seconds of red, green and blue with a tone of known level, and a cover, both with the AI label."""
    folder = tmp_path_factory.mktemp("成品 bundle")
    frames = (np.broadcast_to(np.uint8(COLORS[i // 30]), (320, 180, 3)) for i in range(90))
    write_frames(frames, 30, folder / "silent.mp4")
    tone = 0.25 * np.sin(2 * np.pi * 997 * np.arange(3 * 48_000) / 48_000)
    write_sound(Sound(np.stack([tone, tone], axis=1).astype(np.float32)), folder / "tone.wav")
    tags = ["-movflags", "+faststart+use_metadata_tags", "-metadata", f"AIGC={aigc_metadata('1')}"]
    run_ffmpeg(["-i", "silent.mp4", "-i", "tone.wav", "-c:v", "copy", "-c:a", "aac", *tags, "video.mp4"], folder)
    cover = np.random.default_rng(1).integers(0, 255, (192, 108, 3), dtype=np.uint8)
    write_image(cover, folder / "cover.jpg", **jpeg_metadata(aigc_metadata("1")))
    return folder


def report(bundle, **fields) -> str:
    story = board(**fields)
    assets = [
        *used_assets(story, [built_in("drawn")], voice=True),
        asset("photo", f"{EVIL}.jpg", EVIL, EVIL, "CC-BY-NC-4.0", note=EVIL),
    ]
    phrases = [Phrase("咖啡会等你", 0.0, 1.0), Phrase("来一杯！", 2.0, 2.5)]
    write_report(story, bundle, {"cuts_on_beat": 0.5, "cover_contrast": 3.0}, assets, phrases, ["标识已关闭"])
    return (bundle / "report.html").read_text(encoding="utf-8")


class Page(HTMLParser):
    """Tags, addresses and visible text of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.attributes, self.links, self.text, self.open = [], [], [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [v for k, v in attrs if k in {"src", "href", "poster"}]

    def handle_data(self, data):
        self.text += data if self.open[-1:] not in (["style"], ["script"]) else ""


@pytest.fixture(scope="module")
def page(bundle):
    return report(bundle)


def test_what_a_person_wrote_is_shown_and_never_run(page):
    seen = Page(page)
    assert seen.tags.count("script") == 1 and page.count("<script") == 1
    assert seen.text.count("alert('x')") >= 8  # title, words, reason, note, description, three fields of an asset
    assert not [name for name in seen.attributes if name.startswith("on")]


def test_the_page_needs_nothing_but_the_files_beside_it(page, bundle):
    links = Page(page).links
    assert "video.mp4" in links and "cover.jpg" in links
    assert all(x.startswith("data:image/jpeg;base64,") or (bundle / x).is_file() for x in links)
    assert "http://" not in page and "https://" not in page and str(bundle) not in page
    assert len(page) < 1_500_000


def test_the_page_speaks_both_languages_and_begins_in_the_storyboards(page, bundle):
    assert '<html lang="zh-CN" data-lang="zh">' in page
    english = page.count('class="t" lang="en"')
    assert english > 50 and english == page.count('class="t" lang="zh"')
    place = platforms()["douyin"]
    assert all(step in Page(page).text for step in (*place.declare_zh, *place.declare_en))
    assert '<html lang="en" data-lang="en">' in report(bundle, language="en-US")


def test_every_second_every_shot_and_the_interface_are_there(page):
    text = Page(page).text
    assert all(f"{t} s" in text for t in ("0.5", "1.5", "2.5")) and page.count("data-seek=") == 3
    assert all(word in text for word in ("等你", "咖啡", "Coffee", "美食", "Food", "0.0–2.0 s", "2.0–3.0 s"))
    assert "<mark>咖啡</mark>会等你。" in page
    for box, label in platforms()["douyin"].interface:
        assert re.search(rf'class="{label}[^"]*" style="left:{box.left / 10.8:.2f}'.rstrip("0").rstrip("."), page)


def test_numbers_that_miss_their_target_are_marked(page):
    found = re.findall(r'<div class="(good|bad|)"><dt>.*?lang="zh">(.*?)</span></dt>', page)
    marks = {name: mark for mark, name in found}
    assert marks["时长"] == "bad"  # 3 s where 6 were asked
    assert marks["封面标题对比度"] == "bad" and marks["真峰值"] == "good" and marks["每秒闪烁"] == "good"
    assert marks["卡点切镜"] == "" and "标识已关闭" in page


def test_the_same_bundle_gives_the_same_page(page, bundle):
    assert report(bundle) == page


def test_the_numbers_are_those_of_the_finished_file(bundle):
    values = measured(bundle / "video.mp4")
    assert values["seconds"] == pytest.approx(3.0, abs=0.07) and (values["width"], values["height"]) == (180, 320)
    assert values["lufs"] == pytest.approx(-12.04, abs=0.5)  # a 997 Hz tone at -12.04 dB in both channels (BS.1770)
    assert values["true_peak"] == pytest.approx(-12.04, abs=0.7)
    assert values["bytes"] == (bundle / "video.mp4").stat().st_size


def test_reading_speed_counts_letters_of_the_fastest_phrase():
    assert reading_speed([Phrase("咖啡，会等你。", 0, 1), Phrase("come in", 1, 3)]) == pytest.approx(5.0)
    assert reading_speed([]) == 0.0


def test_a_bundle_without_a_readable_video_is_said(tmp_path):
    (tmp_path / "video.mp4").write_bytes(b"no video")
    with pytest.raises(LabError, match=r"video\.mp4"):
        write_report(board(), tmp_path, {}, [], [], [])


def test_videos_are_compared_row_by_row(bundle):
    sheet = compare([bundle / "video.mp4", bundle / "video.mp4"], moments=2, width=60)
    half = (len(sheet) - 8) // 2
    first, second = sheet[8 + 26 : 8 + half], sheet[8 + 26 + half : 8 + 2 * half]
    assert np.array_equal(first, second)
    assert first.std() > 5
    assert not np.array_equal(first[:, 8:68], first[:, 76:136])


def test_the_contact_sheet_shows_the_middle_of_every_second(bundle):
    frames = glance(bundle / "video.mp4").seconds
    assert [time for time, _ in frames] == pytest.approx([0.5, 1.5, 2.5])
    for (_, frame), color in zip(frames, COLORS, strict=True):
        assert np.abs(frame.reshape(-1, 3).mean(axis=0) - color).max() < 12
    height, width = frames[0][1].shape[:2]
    sheet = contact_sheet(bundle / "video.mp4", columns=2)
    assert sheet.shape == (2 * (height + 34 + 10) + 10, 2 * (width + 10) + 10, 3)
    assert np.abs(sheet[10 + 34 + height // 2, 20 + width + width // 2].astype(int) - COLORS[1]).max() < 12


def test_post_text_keeps_to_the_platform(tmp_path):
    long = Post(title="科技创新如何改变普通人的一天和他们的早晨晚上")
    fields = write_post(board(platform="xiaohongshu", post=long), tmp_path / "p.json")
    assert len(fields["title"]) <= 20 and fields["title"].endswith("…")
    assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8")) == fields
    tags = post_fields(board())["hashtags"]
    assert tags == ["咖啡", "早晨", "a", "b", "c"]  # five at most on Douyin, each once, without # and blanks
    assert post_fields(board())["text"].splitlines()[-1] == "#咖啡 #早晨 #a #b #c"
    assert post_fields(board(post=Post()))["title"].startswith("咖啡")


def test_provenance_is_the_same_twice_and_tells_nothing_of_the_machine(bundle, tmp_path):
    logo = tmp_path / "logo.png"
    write_image(np.zeros((4, 4, 3), np.uint8), logo)
    brief = Brief(topic="咖啡", logo=str(logo), pictures=f"footage:{tmp_path}", voice=r"recording:C:\Users\li\me.wav")
    story = board(logo=str(logo), ai_label=False)
    record = write_provenance(story, used_assets(story, [built_in("drawn")], voice=True), bundle, brief)
    text = (bundle / "provenance.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text and "Users" not in text
    assert record["brief"]["voice"] == "recording:me.wav" and record["brief"]["logo"] == "logo.png"
    assert record["ai_label"]["visible"] is False
    assert {n: x["Label"] for n, x in record["ai_label"]["read_back"].items()} == {"video.mp4": "1", "cover.jpg": "1"}
    sums = {a["what"]: a["sha256"] for a in record["assets"]}
    assert re.fullmatch(r"[0-9a-f]{64}", sums["logo"]) and sums["voice"] is None
    assert all(set(a["may"]) == {"publish", "edit", "sell", "train"} for a in record["assets"])
    assert record["files"].keys() >= {"video.mp4", "cover.jpg"} and record["libraries"]["numpy"]
    write_provenance(story, reversed(used_assets(story, [built_in("drawn")], voice=True)), bundle, brief)
    assert (bundle / "provenance.json").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("footage:/home/li/clips", "footage:clips"), (r"C:\Users\li\a.png", "a.png"),
        (r"\\server\share\a.png", "a.png"),
        ("drawn", "drawn"), ("a: b / c", "a: b / c"), ("female", "female"), ({"x": ["/tmp/y"]}, {"x": ["y"]}), (7, 7),
    ],
)  # fmt: skip
def test_paths_are_cut_down_to_their_last_name(value, expected):
    assert portable(value) == expected


def test_flashes_are_counted_as_wcag_does():
    time = np.arange(90) / 30
    for per_second in (2, 5, 7):
        assert flashes(np.where(np.sin(2 * np.pi * per_second * time + 0.1) > 0, 0.9, 0.1), 30) == per_second
    assert flashes(np.full(90, 0.5), 30) == 0
    assert flashes(np.linspace(0, 1, 90), 30) == 0
    assert flashes(0.5 + 0.04 * np.sin(20 * time), 30) == 0


def test_picture_measures_order_pictures_as_an_eye_would():
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 255, (360, 360, 3), dtype=np.uint8)
    grey = np.full_like(noise, 128)
    assert sharpness(noise) > sharpness(grey) == 0 and contrast(noise) > contrast(grey) == 0
    assert colorfulness(noise) > colorfulness(np.repeat(noise[..., :1], 3, axis=2)) == pytest.approx(0, abs=1e-9)
    assert contrast_ratio(np.uint8([0, 0, 0]), np.uint8([255, 255, 255])) == pytest.approx(21)
    assert psnr(grey, grey) == np.inf and psnr(grey, grey + 1) == pytest.approx(48.13, abs=0.01)
