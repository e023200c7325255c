"""Drawn scenes are varied, alive, calm, told in two languages, and the same for the same seed."""

import re
from dataclasses import replace
from functools import cache
from itertools import combinations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from aigc_lab import LabError
from aigc_lab.collect.looks import LOOKS, contrast, look, subject_fill, to_hex, to_lch
from aigc_lab.collect.scenes import SPLITS, SceneSpec, clips, draw_scene, sample_spec, scene_frames, split_of
from aigc_lab.collect.subjects import subject_shape
from aigc_lab.media import Clip
from aigc_lab.vocabulary import vocabulary

STYLES, THEMES = list(LOOKS), list(vocabulary().themes)


@cache
def specs(count: int = 2000) -> list[SceneSpec]:
    return [sample_spec(seed) for seed in range(count)]


@cache
def corpus() -> list[tuple[SceneSpec, Clip]]:
    """Two clips of every theme in every style, as the corpus has them."""
    wanted = [(theme, style) for theme in THEMES for style in STYLES] * 2
    drawn = [sample_spec(5000 + i, theme=t, style=s) for i, (t, s) in enumerate(wanted)]
    return [(spec, draw_scene(spec)) for spec in drawn]


def luma(frames: np.ndarray) -> np.ndarray:
    return frames.astype(np.float32) @ np.float32([0.2126, 0.7152, 0.0722])


def edge_strength(frame: np.ndarray) -> float:
    gray = luma(frame)
    return float(np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)).mean())


def test_same_seed_draws_the_same_bytes_here_and_in_other_processes():
    here = [(spec, clip.frames) for spec, clip in clips(range(6), frames=4)]
    there = [(spec, clip.frames) for spec, clip in clips(range(6), frames=4, processes=2)]
    for (spec, frames), (other_spec, other_frames) in zip(here, there, strict=True):
        assert spec == other_spec
        assert np.array_equal(frames, other_frames)
    assert not np.array_equal(here[0][1], here[1][1])


@examples(max_examples=12)
@given(st.integers(8, 130), st.integers(8, 130), st.integers(0, 10_000), st.booleans())
def test_any_size_can_be_drawn(width: int, height: int, seed: int, subject: bool):
    clip = draw_scene(sample_spec(seed), (width, height), frames=2, subject=subject)
    assert clip.frames.shape == (2, height, width, 3)
    assert clip.frames.std() > 2


def test_a_take_is_drawn_frame_by_frame_at_full_size():
    frame = next(scene_frames(sample_spec(3), (1080, 1920), fps=30, seconds=3, subject=False))
    assert frame.shape == (1920, 1080, 3)
    assert len(list(scene_frames(sample_spec(3), (54, 96), fps=30, seconds=1.5))) == 45


def test_a_small_picture_is_the_large_one_scaled_down():
    for seed in range(4):
        spec = sample_spec(seed, style="minimal")
        small, large = (draw_scene(spec, size, frames=1).frames[0] for size in ((90, 160), (270, 480)))
        again = cv2.resize(large, (90, 160), interpolation=cv2.INTER_AREA)
        assert np.abs(again.astype(int) - small).mean() < 4


def test_every_label_turns_up_and_the_labels_are_plain_values():
    for label, known in (("theme", THEMES), ("style", STYLES), ("subject", vocabulary().subjects),
                         ("palette", vocabulary().palettes), ("motion", vocabulary().motions)):  # fmt: skip
        assert {getattr(spec, label) for spec in specs()} == set(known)
    assert {type(v) for v in specs()[0].labels().values()} <= {str, int, float, list}


@pytest.mark.parametrize("label", ["palette", "layout", "style", "motion", "time", "count"])
def test_labels_are_independent_of_the_theme(label: str):
    column = sorted({getattr(spec, label) for spec in specs()})
    table = np.zeros((len(THEMES), len(column)))
    for spec in specs():
        table[THEMES.index(spec.theme), column.index(getattr(spec, label))] += 1
    assert chi2_contingency(table).pvalue > 0.001


def test_fixing_a_label_leaves_the_others_alone():
    free, fixed = sample_spec(11), sample_spec(11, style="retro", motion="orbit")
    assert (fixed.style, fixed.motion) == ("retro", "orbit")
    assert replace(fixed, style=free.style, motion=free.motion, caption_en="", caption_zh="") == replace(
        free, caption_en="", caption_zh=""
    )
    assert sample_spec(11, subject="panda").theme == "nature"


@pytest.mark.parametrize("wrong", [{"style": "cubist"}, {"subject": "unicorn"}, {"palette": "#12"}, {"colour": "red"}])
def test_a_wrong_label_is_refused_with_what_would_be_right(wrong: dict):
    with pytest.raises(LabError, match=r"use one of|fix one of|colours like"):
        sample_spec(1, **wrong)


def test_something_moves_in_every_step_and_nothing_jumps_or_flashes():
    for spec, clip in corpus():
        steps = np.abs(np.diff(clip.frames.astype(np.int16), axis=0)).mean(axis=(1, 2, 3))
        assert steps.min() > 0.2, spec
        assert steps.max() < 2.5 * np.median(steps), spec
        assert np.abs(np.diff(luma(clip.frames).mean(axis=(1, 2)))).max() < 4, spec


def test_a_long_take_never_stops_and_has_no_seam():
    for i, style in enumerate(STYLES):
        spec = sample_spec(70 + i, style=style, motion="none")
        frames = draw_scene(spec, (54, 96), seconds=14, fps=7.5, subject=False).frames.astype(np.int16)
        steps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
        assert steps.min() > 0.08, spec
        assert steps.max() < 3 * np.median(steps), spec


@pytest.mark.parametrize(("motion", "way"), [("left", (-1, 0)), ("right", (1, 0)), ("up", (0, -1)), ("down", (0, 1))])
def test_the_picture_moves_the_way_its_label_says(motion: str, way: tuple[int, int]):
    for seed in range(3):
        first, last = _ends(sample_spec(seed, motion=motion, speed=1.2, style="retro", theme="city"))
        flow = np.median(_flow(first, last).reshape(-1, 2)[_busy(first)], axis=0)
        assert flow @ np.array(way) > 0.4, (seed, flow)


@pytest.mark.parametrize(("motion", "sign"), [("in", 1), ("out", -1)])
def test_the_picture_grows_or_shrinks_as_its_label_says(motion: str, sign: int):
    grown = []
    for seed in range(4):
        first, last = _ends(sample_spec(seed, motion=motion, speed=1.4, style="retro", theme="city"))
        y, x = np.mgrid[: first.shape[0], : first.shape[1]].astype(np.float32)
        outwards = np.dstack([x - x.mean(), y - y.mean()])
        grown.append(float((_flow(first, last) * outwards).sum() / (outwards**2).sum()))
    assert sign * np.mean(grown) > 0.01


def _ends(spec: SceneSpec) -> tuple[np.ndarray, np.ndarray]:
    frames = draw_scene(spec, (90, 160), frames=9, subject=False).frames
    return cv2.cvtColor(frames[0], cv2.COLOR_RGB2GRAY), cv2.cvtColor(frames[4], cv2.COLOR_RGB2GRAY)


def _flow(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    return cv2.calcOpticalFlowFarneback(first, last, None, 0.5, 4, 21, 5, 7, 1.5, 0)


def _busy(gray: np.ndarray) -> np.ndarray:
    """Where there are edges to follow."""
    edges = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    return (edges > np.quantile(edges, 0.8)).ravel()


def test_pictures_have_edges_and_depth_of_tone():
    for spec, clip in corpus():
        assert edge_strength(clip.frames[0]) > 20, spec
        assert luma(clip.frames[0]).std() > 11, spec


@pytest.mark.parametrize("subject", ["coffee", "train", "mountain", "robot", "lantern"])
def test_one_subject_comes_in_many_pictures(subject: str):
    drawn = [draw_scene(sample_spec(s, subject=subject, style="minimal", palette="ocean"), frames=1) for s in range(10)]
    pictures = [clip.frames[0].astype(np.int16) for clip in drawn]
    apart = [np.abs(a - b).mean() for a, b in combinations(pictures, 2)]
    assert min(apart) > 7
    assert np.mean(apart) > 15


def test_every_subject_is_seen_in_its_scene():
    for i, subject in enumerate(vocabulary().subjects):
        spec = sample_spec(300 + i, subject=subject, style=STYLES[i % 6])
        with_it, without = (draw_scene(spec, frames=1, subject=s).frames[0].astype(np.int16) for s in (True, False))
        changed = (np.abs(with_it - without).max(axis=2) > 20).mean()
        assert changed > 0.03, spec


def test_the_backdrop_has_no_subject():
    spec = sample_spec(8, theme="food", subject="coffee")
    other = replace(spec, subject="pizza")
    assert np.array_equal(draw_scene(spec, subject=False).frames, draw_scene(other, subject=False).frames)
    assert not np.array_equal(draw_scene(spec).frames, draw_scene(other).frames)


def test_the_middle_of_a_backdrop_is_calmer_than_its_edges():
    """A subject and words are laid over it later."""
    middle, around = [], []
    for spec, _ in corpus()[:60]:
        gray = luma(draw_scene(spec, (90, 160), frames=1, subject=False).frames[0])
        edges = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
        calm = edges[56:104, 24:66]
        middle.append(calm.mean())
        around.append((edges.sum() - calm.sum()) / (edges.size - calm.size))
    assert np.mean(middle) < np.mean(around)
    assert np.quantile(middle, 0.9) < 60


def _traits(frame: np.ndarray) -> np.ndarray:
    hsv = cv2.cvtColor(frame, cv2.COLOR_RGB2HSV).astype(np.float32)
    gray = luma(frame)
    edges = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    rows = gray.mean(axis=1)
    lab = cv2.cvtColor(frame, cv2.COLOR_RGB2LAB).astype(np.float32)
    return np.array([
        gray.mean(), gray.std(), hsv[..., 1].mean(), hsv[..., 1].std(), edges.mean(), edges.std(), np.median(edges),
        rows[:12].mean(), rows[30:42].mean(), rows[-12:].mean(), np.quantile(gray, 0.05), np.quantile(gray, 0.95),
        *lab[..., 1:].reshape(-1, 2).std(axis=0), lab[..., 2].mean(),
    ])  # fmt: skip


def test_styles_can_be_told_apart_by_plain_numbers_on_unseen_seeds():
    def drawn(first: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = [sample_spec(first + i, style=STYLES[i % 6]) for i in range(150)]
        traits = [_traits(draw_scene(spec, frames=1).frames[0]) for spec in chosen]
        return np.array(traits), np.arange(150) % 6

    (known, labels), (unseen, truth) = drawn(10_000), drawn(1_050_000)
    mean, spread = known.mean(axis=0), known.std(axis=0)
    known, unseen = (known - mean) / spread, (unseen - mean) / spread
    centres = np.stack([known[labels == k].mean(axis=0) for k in range(6)])
    guesses = np.argmin(((unseen[:, None] - centres) ** 2).sum(axis=2), axis=1)
    assert (guesses == truth).mean() > 0.7  # chance: 0.17


def test_captions_are_bilingual_varied_and_name_what_is_seen():
    words, english, chinese = vocabulary(), set(), set()
    for spec in specs()[:600]:
        subject = words.subjects[spec.subject]
        assert re.search(subject.en[:-1], spec.caption_en, re.IGNORECASE)
        assert subject.zh in spec.caption_zh
        assert spec.caption_en.isascii()
        assert len(re.findall(r"[\u4e00-\u9fff]", spec.caption_zh)) > 10
        assert "  " not in spec.caption_en
        assert "{" not in spec.caption_en + spec.caption_zh
        english.add(spec.caption_en)
        chinese.add(spec.caption_zh)
    assert min(len(english), len(chinese)) > 590
    same = [sample_spec(s, subject="tree", style="neon", palette="ocean", motion="left").caption_en for s in range(40)]
    assert len(set(same)) > 30


def test_every_seed_belongs_to_one_split():
    assert [split_of(s) for s in (0, 999_999, 1_000_000, 1_050_000)] == ["train", "train", "valid", "test"]
    ends = [edge for pair in SPLITS.values() for edge in pair]
    assert ends == sorted(ends)
    with pytest.raises(LabError, match="split"):
        split_of(-1)


@pytest.mark.parametrize("style", STYLES)
def test_a_look_is_readable_in_every_palette_and_in_brand_colours(style: str):
    for palette in [*vocabulary().palettes, ("#0f62fe",), ("#e60012", "#ffffff"), ("#111111", "#888888", "#ffcc00")]:
        colors = look(style, palette)
        assert contrast(colors.ink, colors.sky[0]) > 7
        assert contrast(colors.ink, colors.paper) > 9
        assert (to_lch(colors.sky[0])[0] < 0.5) == colors.dark
        assert len(colors.shapes) == 5
        fills = [part["fill"] for part in subject_shape("robot")["parts"]]
        assert all(re.fullmatch("#[0-9a-f]{6}", subject_fill(style, colors, fill)) for fill in fills)


@given(st.integers(0, 0xFFFFFF))
def test_colours_survive_the_way_to_oklch_and_back(number: int):
    color = f"#{number:06x}"
    back = to_hex(*to_lch(color))
    assert max(abs(int(color[i : i + 2], 16) - int(back[i : i + 2], 16)) for i in (1, 3, 5)) <= 2


def test_gradients_show_no_bands():
    """Dithered: along a smooth sky, neighbouring rows differ by parts of a level, not by whole steps together."""
    spec = sample_spec(2, style="playful", theme="technology", layout="open", time="day")
    sky = next(scene_frames(spec, (360, 640), fps=1, seconds=1, subject=False))[40:140, 60:160]
    mixed = [len(np.unique(row[:, 0])) > 1 for row in sky]
    assert np.mean(mixed) > 0.3
