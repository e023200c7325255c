"""The cover: a fitting frame, a title that can be read wherever a feed crops it, and the AI label."""

import hashlib

import cv2
import numpy as np
import pytest
from rapidocr import RapidOCR

from aigc_lab.media import read_image
from aigc_lab.publish.captions import CLOSING
from aigc_lab.publish.cover import FEED, SQUARE, candidates, make_cover, pick_frame
from aigc_lab.publish.cover_title import TEXT_BOX, key_word, set_title
from aigc_lab.publish.labels import aigc_metadata, read_aigc, visible_label
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.vocabulary import vocabulary

TITLES = {"zh-CN": "科技创新如何改变普通人的一天", "en-US": "Why your morning coffee tastes bitter"}


def board(title="Coffee", language="en-US", **fields) -> Storyboard:
    shots = fields.pop("shots", [Shot(id=1, role="hook", theme="food", subject="coffee")])
    return Storyboard(title=title, language=language, shots=shots, **fields)


@pytest.fixture(scope="module")
def busy():
    """A backdrop that makes reading as hard as it can be: black and white squares and coloured noise."""
    squares = np.kron(np.indices((16, 9)).sum(axis=0) % 2, np.ones((40, 40))) * 255
    noise = np.random.default_rng(3).integers(0, 255, (640, 360, 3))
    return (0.7 * squares[..., None] + 0.3 * noise).astype(np.uint8)


@pytest.mark.parametrize("language", TITLES)
@pytest.mark.parametrize("style", list(vocabulary().styles))
def test_the_title_can_be_read_in_every_style_and_crop(style, language, busy, tmp_path):
    palette = {"zh-CN": "lemon", "en-US": "slate"}[language]
    story = board(TITLES[language], language, style=style, palette=palette)
    made = make_cover(story, [(1, busy)], tmp_path / "cover.jpg", visible_label(language), None)
    assert read_image(tmp_path / "cover.jpg").shape == (1920, 1080, 3)
    assert made.contrast >= 4.5
    assert "".join(made.lines).replace(" ", "") == TITLES[language].replace(" ", "")
    assert made.title.left >= 60 and made.title.right <= 1020
    assert made.title.top >= SQUARE.top and made.title.bottom <= SQUARE.bottom + 80
    assert made.title.height >= 0.12 * 1920
    assert FEED.top <= made.label.top and made.label.bottom < made.title.top and made.label.height >= 54


def test_label_and_title_are_really_on_the_picture(busy, tmp_path):
    reader = RapidOCR()
    for language, title in TITLES.items():
        story = board(title, language, style="minimal", kind="lesson")
        make_cover(story, [(1, busy)], tmp_path / "c.jpg", visible_label(language), None)
        crop = read_image(tmp_path / "c.jpg")[240:1680]  # as a feed shows it
        small = cv2.resize(crop, (405, 540), interpolation=cv2.INTER_AREA)
        read = "".join(reader(small).txts).replace(" ", "").replace("Al", "AI")  # one stroke in our font, as in most
        assert read.startswith(visible_label(language))
        assert title.replace(" ", "") in read


def test_the_label_is_left_out_only_when_asked_and_metadata_reads_back(busy, tmp_path):
    with_label = make_cover(board(), [(1, busy)], tmp_path / "a.jpg", "AI-generated", aigc_metadata("9"))
    without = make_cover(board(), [(1, busy)], tmp_path / "b.jpg", None, None)
    assert with_label.label and without.label is None
    assert read_aigc(tmp_path / "a.jpg")["ProduceID"] == "9" and read_aigc(tmp_path / "b.jpg") is None


def test_the_same_storyboard_gives_the_same_bytes(busy, tmp_path):
    for name in ("a.jpg", "b.jpg"):
        story = board(style="playful", kind="ad", product="Dawn", price="$4", handle="@dawn")
        make_cover(story, [(1, busy)], tmp_path / name, "AI-generated", aigc_metadata("9"))
    first, second = (hashlib.sha256((tmp_path / n).read_bytes()).digest() for n in ("a.jpg", "b.jpg"))
    assert first == second


@pytest.mark.parametrize(
    "title",
    [
        "😀😀",
        "مرحبا بالعالم",
        "{\\an8}\\N%d 'q'",
        "长" * 300,
        "word " * 60,
        "Donaudampfschifffahrtsgesellschaft",
        "？！",
        "A",
    ],
)
def test_no_title_breaks_the_cover(title, busy, tmp_path):
    made = make_cover(board(title), [(1, busy)], tmp_path / "c.jpg", "AI-generated", None)
    assert made.lines and made.title.left >= 60 and made.title.right <= 1020
    assert made.title.height <= 700


def test_own_footage_fills_the_cover_without_a_drawn_subject(busy, tmp_path):
    drawn = make_cover(board(), [(1, busy)], tmp_path / "a.jpg", None, None)
    own = make_cover(board(pictures="footage:clips"), [(1, busy)], tmp_path / "b.jpg", None, None)
    below = slice(round(drawn.title.bottom) + 150, 1500)
    shown = cv2.resize(busy, (1080, 1920), interpolation=cv2.INTER_CUBIC)[below].astype(int)
    kept, covered = (np.abs(read_image(tmp_path / n)[below] - shown).mean() for n in ("b.jpg", "a.jpg"))
    assert own.lines and kept < 12 < covered


def test_a_sharp_lively_frame_wins_over_a_blurred_or_a_black_one(busy):
    shots = [Shot(id=i, role="point") for i in (1, 2, 3)]
    blurred = cv2.GaussianBlur(busy, (0, 0), 9)
    frames = [(1, np.zeros_like(busy)), (2, blurred), (3, busy)]
    assert pick_frame(board(shots=shots), frames) == 2


def test_what_the_title_names_wins_over_the_call_to_action(busy):
    shots = [Shot(id=1, role="cta", subject="house"), Shot(id=2, role="point", subject="coffee")]
    assert (
        pick_frame(board("早上的第一杯咖啡", "zh-CN", shots=shots), [(1, busy), (2, cv2.GaussianBlur(busy, (0, 0), 2))])
        == 1
    )


def test_moments_worth_a_look_are_never_near_a_cut():
    shots = [Shot(id=1, start=0, seconds=2.4), Shot(id=2, start=2.4, seconds=1.5)]
    for shot_id, time in candidates(board(shots=shots)):
        shot = shots[shot_id - 1]
        assert shot.start + 0.4 < time < shot.start + shot.seconds - 0.4


@pytest.mark.parametrize(
    ("title", "emphasis", "expected"),
    [
        ("科技创新如何改变普通人的一天", ["改变"], "改变"),
        ("周末去露营，新手必带的6样东西", [], "6样"),
        ("Why your coffee tastes bitter", [], "Coffee"),
        ("How trains changed travel", [], "changed"),
        ("晨跑", [], ""),
    ],
)
def test_the_key_word_is_the_one_that_matters(title, emphasis, expected):
    story = board(title, shots=[Shot(id=1, subject="coffee", emphasis=emphasis)])
    assert key_word(story, story.shots[0]) == expected


@pytest.mark.parametrize(
    "title", ["喝咖啡的人，为什么都记不住第一口？", "AI 来了：5 个变化，你发现了吗？", TITLES["zh-CN"]]
)
def test_no_line_begins_with_punctuation_and_the_key_word_is_coloured_once(title):
    made = set_title(title, "为什么", TEXT_BOX, 190, False)
    assert not any(line[0] in CLOSING for line in made.lines)
    assert bool(made.key_boxes) == ("为什么" in title)
