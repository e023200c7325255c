"""Plain picture work: motion, scene changes, black bars, and photos that move."""

from itertools import pairwise

import numpy as np
import pytest
from footage_files import ground, scene

from aigc_lab.generate.still import flatten, moving_photo
from aigc_lab.vision import changes, crop_9x16, flow, letterbox, motion


def test_photo_moves_gently_and_evenly():
    picture = ground(1600, 1200, 8)
    frames = list(moving_photo(picture, (500, 0, 675, 1200), 45, (270, 480), 3))
    assert len(frames) == 45 and frames[0].shape == (480, 270, 3)
    steps = [np.median(np.linalg.norm(flow(a, b), axis=2)) for a, b in pairwise(frames)]
    assert 0.02 < np.mean(steps) < 1.5 and np.std(steps) < 0.35 * np.mean(steps)  # it moves, and never jerks
    whole = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(frames)]
    assert min(whole) > 0.3 * np.median(whole)  # sub-pixel: no frame stands still
    assert [f.mean() for f in frames] == pytest.approx([frames[0].mean()] * 45, abs=6)


def test_transparency_gets_a_ground_that_stands_out():
    bright = np.full((4, 4, 4), 255, np.uint8)
    bright[0, 0, 3] = 0
    dark = np.zeros((4, 4, 4), np.uint8)
    dark[1:, 1:, 3] = 255
    assert flatten(bright)[0, 0].mean() < 80 and flatten(dark)[0, 0].mean() > 180
    assert flatten(bright).shape == (4, 4, 3) and (flatten(bright)[1, 1] == 255).all()


def test_letterbox_is_found_and_a_dark_scene_is_none():
    frames = np.stack(list(scene(320, 180, 0.3)))
    barred = frames.copy()
    barred[:, :24], barred[:, -24:] = 0, 0
    x, y, w, h = letterbox(barred)
    assert (x, w) == (0, 320) and 23 <= y <= 26 and 128 <= h <= 132
    assert letterbox(frames) == (0, 0, 320, 180)
    dark = frames // 3
    dark[:, :40] = 0  # night sky: black above only
    assert letterbox(dark) == (0, 0, 320, 180) and letterbox(np.zeros_like(frames)) == (0, 0, 320, 180)
    left, top, width, height = crop_9x16(barred)
    assert top >= 23 and top + height <= 157 and width % 2 == height % 2 == 0 and left + width <= 320


def test_motion_and_scene_changes_are_measured():
    wide = ground(500, 180, 2)
    pan = np.stack([wide[:, 3 * i : 3 * i + 320] for i in range(12)])
    amount, shake = motion(pan, 10)
    assert amount.mean() == pytest.approx(3 * 10 / 320, rel=0.3) and shake[2:].max() < 0.3 * amount.mean()
    cut = np.concatenate([pan, 255 - pan])
    assert list(np.flatnonzero(changes(cut))) == [12]
