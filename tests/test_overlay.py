"""The overlay: inside the safe area, readable, labelled, always moving, nothing flashing over a cut."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from overlay_frames import frames, story
from scipy import ndimage

from aigc_lab import LabError
from aigc_lab.collect.looks import contrast
from aigc_lab.generate.voice import Phrase
from aigc_lab.publish.ass import between_frames
from aigc_lab.publish.composition import scenes
from aigc_lab.publish.layout import design, readable
from aigc_lab.publish.lettering import fit
from aigc_lab.publish.overlay import overlay
from aigc_lab.publish.platforms import Box, platform, platforms
from aigc_lab.publish.vectors import silhouette, vector
from aigc_lab.vocabulary import vocabulary

STYLES = ("minimal", "neon", "retro", "watercolor", "cinematic", "playful")
PHRASES = {
    "zh-CN": [Phrase("手机比闹钟更早醒来", 0.1, 0.9), Phrase("把一小时的路缩短到一杯咖啡", 1.1, 1.9)],
    "en-US": [Phrase("Most coffee on the shelf was roasted months ago", 0.1, 0.9)],
}


@given(st.integers(0, 20_000))
def test_an_event_begins_with_its_frame_never_one_early_or_late(frame):
    assert 10 * between_frames(frame) <= frame * 1000 // 30
    assert frame == 0 or 10 * between_frames(frame) > (frame - 1) * 1000 / 30


@pytest.mark.parametrize(("place", "style"), zip(platforms(), STYLES + STYLES[:2], strict=True))
def test_everything_stays_inside_the_safe_area(place, style, tmp_path):
    language = "zh-CN" if len(place) % 2 else "en-US"
    board = story(language, platform=place, style=style, kind="ad", product="x", price="$9.90", handle="@someone")
    seen = (
        np.abs(frames(overlay(board, PHRASES[language]), tmp_path, 5, width=270).astype(int) - 128).max(axis=(0, 3))
        > 10
    )
    ys, xs = np.where(seen)
    safe, zoom = platform(place).safe, 4
    assert xs.min() * zoom >= safe.left - zoom and (xs.max() + 1) * zoom <= safe.right + zoom
    assert ys.min() * zoom >= safe.top - zoom and (ys.max() + 1) * zoom <= safe.bottom + zoom


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_the_ai_label_is_five_percent_high_for_two_seconds_and_then_small(language, tmp_path):
    board = story(language, style="cinematic")
    shots = [s.model_copy(update={"headline": "", "subject": "", "start": s.id - 1}) for s in board.shots]
    board = board.model_copy(update={"shots": shots, "call_to_action": ""})
    shown = frames(overlay(board, []), tmp_path, 5, "0x405060", 1080)[[0, 59, 120]]
    heights = [_first_letter_height(f) for f in shown]
    assert heights[0] >= 54 and heights[1] >= 54, heights
    assert 15 < heights[2] < 54
    without = frames(overlay(board.model_copy(update={"ai_label": False}), []), tmp_path, 1, width=270)
    assert np.ptp(without.astype(int)) < 8


def _first_letter_height(frame: np.ndarray) -> int:
    """Height in pixels of the leftmost white letter."""
    found, _ = ndimage.label(frame.min(axis=-1) > 160)
    boxes = [b for b in ndimage.find_objects(found) if (b[1].stop - b[1].start) > 3]
    first = min(boxes, key=lambda b: b[1].start)
    return first[0].stop - first[0].start


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("background", ["white", "black", "0x808080"])
def test_headline_and_caption_have_contrast_on_any_background(style, background, tmp_path):
    board = story("zh-CN", style=style)
    shots = [board.shots[0].model_copy(update={"subject": "", "seconds": 6})]
    board = board.model_copy(update={"shots": shots, "ai_label": False})
    frame = frames(overlay(board, [Phrase("手机比闹钟更早醒来", 0, 1)]), tmp_path, 1, background, 1080)[25]
    look, scene = design(style, board.palette), scenes(board)[0]
    top = int(platform(board.platform).caption_y - 60)
    for part in (frame[int(scene.words.top) : int(scene.words.top + 400)], frame[top : top + 120]):
        assert _measured_contrast(part, look.fill) >= 4.5


def _measured_contrast(part: np.ndarray, fill: str) -> float:
    """Contrast between letters of a colour and the middle of what is right around them."""
    wanted = np.array([int(fill[i : i + 2], 16) for i in (1, 3, 5)])
    letters = ndimage.binary_opening(np.abs(part.astype(int) - wanted).max(axis=-1) < 24, iterations=1)
    ring = ndimage.binary_dilation(letters, iterations=5) & ~ndimage.binary_dilation(letters, iterations=2)
    around = np.median(part[ring], axis=0).astype(int)
    assert letters.sum() > 2000
    return contrast(
        "#{:02x}{:02x}{:02x}".format(*np.median(part[letters], axis=0).astype(int)),
        "#{:02x}{:02x}{:02x}".format(*around),
    )


def test_the_subject_never_stands_still_and_never_jumps(tmp_path):
    board = story("zh-CN", style="minimal", ai_label=False)
    shots = [s.model_copy(update={"headline": ""}) for s in board.shots[1:3]]
    shots = [s.model_copy(update={"start": 0.0 if i == 0 else 3.0, "seconds": 3}) for i, s in enumerate(shots)]
    seen = frames(overlay(board.model_copy(update={"shots": shots}), []), tmp_path, 6, width=360)[..., 1].astype(
        np.int16
    )
    steps = np.abs(np.diff(seen, axis=0)).max(axis=(1, 2))
    assert steps.min() > 0, f"frame {steps.argmin()} stands still"
    weight = np.minimum(np.abs(seen - 128), 40).astype(float)
    total = weight.sum(axis=(1, 2))
    places = [weight.sum(axis=a) @ np.arange(seen.shape[3 - a]) / total for a in (1, 2)]
    middle = np.stack(places, axis=1)
    for first, last in ((12, 88), (102, 178)):
        speed = np.diff(middle[first:last], axis=0)
        assert np.abs(speed).max() < 1.5 and np.abs(np.diff(speed, axis=0)).max() < 0.3


def test_nothing_of_a_shot_is_seen_before_or_after_it(tmp_path):
    board = story("zh-CN", ai_label=False)
    shots = [s.model_copy(update={"start": i * 31 / 30, "seconds": 31 / 30}) for i, s in enumerate(board.shots)]
    shots[1::2] = [s.model_copy(update={"headline": "", "subject": "", "role": "point"}) for s in shots[1::2]]
    shots[4] = shots[4].model_copy(update={"role": "point"})
    seen = frames(overlay(board.model_copy(update={"shots": shots}), []), tmp_path, 5 * 31 / 30, width=270)
    full = np.abs(seen.astype(int) - 128).max(axis=(1, 2, 3)) > 40
    assert full.tolist() == [i // 31 % 2 == 0 for i in range(5 * 31)]


def test_a_headline_fills_its_box_in_balanced_lines_and_breaks_where_the_writer_paused():
    box = Box(60, 300, 930, 700)
    words = fit("你的一天 已经被科技悄悄改写", box, 140, "center", "top")
    assert words.lines[0] == "你的一天" and words.em > 100
    for text in ("A", "电池", "How one small habit changes every single morning of your life"):
        made = fit(text, box, 140, "left", "top")
        assert 30 < made.em <= 140 and made.spots[-1][1] + made.em / 2 <= box.bottom + 1


def test_compositions_change_from_shot_to_shot_and_the_seed_changes_them():
    board = story("zh-CN")
    points = [board.shots[1].model_copy(update={"id": i + 1, "start": i, "headline": f"要点{i}"}) for i in range(6)]
    board = board.model_copy(update={"shots": points})
    spots = [s.plan.subject for s in scenes(board)]
    assert len(set(spots)) >= 3 and all(a != b for a, b in zip(spots, spots[1:], strict=False))
    other = [s.plan.subject for s in scenes(board.model_copy(update={"seed": 8}))]
    assert overlay(board, []) == overlay(board, []) and spots != other


def test_a_headline_that_goes_on_over_a_cut_does_not_come_in_again():
    board = story("zh-CN")
    again = [board.shots[1].model_copy(update={"id": i + 1, "start": float(i)}) for i in range(2)]
    first, second = scenes(board.model_copy(update={"shots": again}))
    assert not first.repeats and second.repeats and first.words == second.words


@pytest.mark.parametrize("style", STYLES)
def test_every_palette_gives_readable_text_in_every_style(style):
    for palette in vocabulary().palettes:
        look = design(style, palette)
        assert contrast(look.fill, look.edge) >= 7
        assert contrast(look.key, look.edge) >= 4.5 and contrast(look.panel, look.on_panel) >= 4.5
    assert contrast(readable("#888888", "#777777"), "#777777") >= 4.5


def test_every_subject_has_drawings_around_its_middle():
    for name in vocabulary().subjects:
        points = [tuple(map(float, re.findall(r"-?[\d.]+", d))) for _, _, d in vector(name).parts]
        assert all(max(map(abs, p)) <= 350 for p in points) and silhouette(name, 16).startswith("m ")
    with pytest.raises(LabError, match="unicorn"):
        vector("unicorn")


def test_hostile_words_stay_words():
    board = story("zh-CN", handle="{\\fs400}@a\\Nb")
    shots = [s.model_copy(update={"headline": "{\\p1}m 0 0 l 900 0"}) for s in board.shots]
    script = overlay(board.model_copy(update={"shots": shots}), [Phrase("{\\pos(0,0)}你好\\N%d'\"", 0, 1)])
    tags = re.findall(r"(?<!\\){([^}]*)}", script)
    assert "\\N" not in script and "＼N" in script
    assert tags and not any("fs400" in t or "pos(0,0)" in t for t in tags)


def test_an_unknown_platform_names_the_nearest():
    assert platform("抖音").id == "douyin" and platform("TikTok").id == "tiktok"
    with pytest.raises(LabError, match="did you mean 'tiktok'"):
        platform("tictok")
    for row in platforms().values():
        assert row.declare("zh-CN") and row.declare("en-US") and row.safe.bottom > row.caption_y + 40
