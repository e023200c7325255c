"""A person's own footage: real files of every awkward kind, the right part of each, nothing stretched or twice."""

import json
import re
from itertools import combinations, pairwise

import cv2
import numpy as np
import pytest
from footage_files import FPS, ground, scene

from aigc_lab import LabError
from aigc_lab.collect.sidecars import licence_id
from aigc_lab.generate.footage import Piece, choose, footage_filter, footage_take, footage_takes
from aigc_lab.generate.material import Material, survey
from aigc_lab.media import probe, read_clip, read_frames, run_ffmpeg, write_frames, write_image, write_text
from aigc_lab.rights import licences
from aigc_lab.storyboard import Shot


def hdr_video(path, picture):
    """A 10-bit HEVC file tagged as PQ, of what ffmpeg's lavfi draws."""
    inside = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=none"
    tags = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"]
    codec = ["-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", inside]
    run_ffmpeg(["-f", "lavfi", "-i", picture, *codec, *tags, path.name], path.parent)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder named in Chinese, with good files, odd ones and broken ones."""
    root = tmp_path_factory.mktemp("f") / "视频 素材"
    root.mkdir()
    write_frames(scene(640, 360, 5, subject=0.8, seed=1), FPS, root / "coffee cup.mp4", crf=20)
    write_frames(scene(360, 640, 4, seed=2), FPS, root / "机器人.mp4", crf=20)
    run_ffmpeg(["-display_rotation", "90", "-i", "coffee cup.mp4", "-c", "copy", "phone_rotated.mp4"], root)
    hdr_video(root / "city_hdr.mp4", "testsrc2=s=640x360:r=30:d=2.5")
    vfr = "select='not(mod(n,2))+gt(n,60)'"
    run_ffmpeg(["-i", "机器人.mp4", "-vf", vfr, "-fps_mode", "vfr", "-preset", "veryfast", "uneven.mp4"], root)
    write_image(ground(1200, 800, 5), root / "mountain.jpg")
    clear = np.dstack([ground(600, 900, 6), np.zeros((900, 600), np.uint8)])
    clear[200:700, 100:500, 3] = 255
    write_image(clear, root / "logo alpha.png")
    whole = (root / "coffee cup.mp4").read_bytes()
    (root / "empty.mp4").write_bytes(b"")
    (root / "cut off.mov").write_bytes((root / "phone_rotated.mp4").read_bytes()[:20000])  # its index was at the end
    (root / "half.mp4").write_bytes(whole[: len(whole) // 2])  # its index is at the beginning
    write_text(root / "words.mp4", "This is no video.\n")
    write_frames((np.zeros((360, 640, 3), np.uint8) for _ in range(45)), FPS, root / "black.mp4")
    write_frames(scene(160, 120, 2), FPS, root / "tiny.mp4")
    (root / "broken.jpg").write_bytes((root / "mountain.jpg").read_bytes()[:3000])
    write_text(root / "notes.txt", "not footage")
    return root


@pytest.fixture(scope="module")
def surveyed(folder):
    return survey(folder)


@pytest.fixture(scope="module")
def items(surveyed):
    return {i.path.name: i for i in surveyed[0]}


def folder_of(items):
    """What a person put together."""
    return Material(list(items), [])


def shot(number, seconds=1.5, **more):
    return Shot(id=number, seconds=seconds, **more)


def rendered(take, tmp_path, size=(108, 192)):
    """Frames of a take as the one ffmpeg process of the render would read it."""
    chain = footage_filter(take, size, FPS)
    frames = str(round(take["seconds"] * FPS))
    source = ["-ss", str(take["start"]), "-i", take["path"]]
    coding = ["-frames:v", frames, "-an", "-preset", "ultrafast", "-crf", "10"]
    run_ffmpeg([*source, "-vf", chain, *coding, "out.mp4"], tmp_path)
    return read_clip(tmp_path / "out.mp4")


def test_good_files_are_kept_and_each_broken_one_is_named_in_one_sentence(surveyed, items):
    _, notes = surveyed
    good = {
        "coffee cup.mp4",
        "机器人.mp4",
        "phone_rotated.mp4",
        "city_hdr.mp4",
        "uneven.mp4",
        "mountain.jpg",
        "logo alpha.png",
    }
    assert good <= set(items) <= good | {"half.mp4"}
    for name in ("empty.mp4", "cut off.mov", "words.mp4", "black.mp4", "tiny.mp4", "broken.jpg"):
        told = [n for n in notes if name in n]
        assert len(told) == 1 and told[0].endswith(".") and "\n" not in told[0], name
    assert not any("notes.txt" in n for n in notes)


def test_cut_off_video_is_used_as_far_as_it_goes(surveyed, items, folder):
    _, notes = surveyed
    assert any("half.mp4" in n for n in notes)
    if "half.mp4" in items:
        assert 0.5 < items["half.mp4"].seconds < 4.5
        times = [t for t, _ in _safely(folder / "half.mp4")]
        assert items["half.mp4"].seconds <= times[-1] + 0.3


def _safely(path):
    try:
        yield from read_frames(path)
    except LabError:
        return


@pytest.mark.parametrize("make", ["missing", "empty", "all broken", "a file"])
def test_folder_without_anything_usable_is_one_sentence(tmp_path, make):
    root = tmp_path / "素材"
    if make == "a file":
        write_text(root, "x")
    elif make != "missing":
        root.mkdir()
    if make == "all broken":
        write_text(root / "a.mp4", "no video")
        (root / "b.jpg").write_bytes(b"")
    with pytest.raises(LabError, match=r"素材.*\.$") as told:
        survey(root)
    assert "\n" not in str(told.value)


def test_what_the_files_are_is_read(items):
    assert items["city_hdr.mp4"].info.hdr and not items["coffee cup.mp4"].info.hdr
    turned = items["phone_rotated.mp4"].info
    assert (turned.width, turned.height) == (360, 640) and turned.rotation in (90, 270)
    assert items["coffee cup.mp4"].seconds == pytest.approx(5, abs=0.2)
    assert items["uneven.mp4"].seconds == pytest.approx(4, abs=0.3)


def test_crop_keeps_the_subject_and_fills_the_frame(items, tmp_path):
    take = footage_take(Piece(items["coffee cup.mp4"], 0.5, 0, ""), 2.0, tmp_path / "t.mp4")
    x, y, w, h = take["crop"]
    assert take["kind"] == "footage" and x < 0.8 * 640 - 50 and x + w > 0.8 * 640 + 50  # all of the disc but its edge
    assert w / h == pytest.approx(9 / 16, abs=0.02) and y == 0 and h == 360
    assert not (tmp_path / "t.mp4").exists()  # a reference, not a copy
    clip = rendered(take, tmp_path)
    assert clip.frames.shape == (60, 192, 108, 3)
    red = (clip.frames[..., 0] > 200) & (clip.frames[..., 2] < 110)
    assert red.mean(axis=(1, 2)).min() > 0.08  # the disc is there in every frame


def test_rotated_phone_video_stands_upright_and_the_crop_fits_it(items, folder, tmp_path):
    take = footage_take(Piece(items["phone_rotated.mp4"], 0.5, 0, ""), 1.0, tmp_path / "t.mp4")
    x, y, w, h = take["crop"]
    assert x + w <= 360 and y + h <= 640 and h > w
    ours = next(f for t, f in read_frames(folder / "phone_rotated.mp4", 0.5))[y : y + h, x : x + w]
    theirs = rendered(take, tmp_path, (w, h)).frames[0]
    assert np.abs(ours.astype(int) - theirs).mean() < 8  # the same side is up for both


def test_hdr_becomes_plain_colour_of_sensible_brightness(items, tmp_path):
    take = footage_take(Piece(items["city_hdr.mp4"], 0.2, 0, ""), 1.0, tmp_path / "t.mp4")
    assert take["hdr"] and "tonemap" in footage_filter(take, (1080, 1920), 30)
    assert rendered(take, tmp_path).frames.shape[0] == 30
    made = probe(tmp_path / "out.mp4")
    assert not made.hdr
    grey = tmp_path / "grey.mp4"
    for code, low, high in ((0.58, 205, 235), (0.38, 90, 125)):  # PQ codes: 203 cd/m2 is paper white, 26 a mid grey
        value = round(64 + 876 * code)
        hdr_video(grey, f"color=gray:s=320x640:r=30:d=1,format=yuv420p10le,geq=lum={value}:cb=512:cr=512")
        level = rendered(
            {**take, "path": str(grey), "start": 0, "seconds": 0.2, "crop": [0, 0, 320, 568]}, tmp_path
        ).frames.mean()
        assert low < level < high, (code, level)


def test_uneven_frame_rate_becomes_even_without_slow_motion(items, tmp_path):
    piece = Piece(items["uneven.mp4"], 0.3, 0, "")
    clip = rendered(footage_take(piece, 3.0, tmp_path / "t.mp4"), tmp_path, (180, 320))
    assert len(clip.frames) == 90
    source = next(f for _, f in read_frames(items["uneven.mp4"].path, 3.2))
    again = rendered(
        footage_take(Piece(items["uneven.mp4"], 3.2, 0, ""), 0.5, tmp_path / "t.mp4"), tmp_path, (360, 640)
    ).frames[0]
    assert np.abs(source.astype(int) - again).mean() < 12
    still = [np.abs(a.astype(int) - b).mean() for a, b in pairwise(clip.frames)]
    assert np.mean(np.array(still[45:]) < 0.2) < 0.2  # in the even half nearly every frame is new


def test_shot_longer_than_every_clip_gets_none_and_it_is_said(items):
    chosen, notes = choose(folder_of([items["city_hdr.mp4"]]), [shot(1, 2.0), shot(2, 9.0)], np.random.default_rng(0))
    assert set(chosen) == {1} and any("Shot 2" in n and "longest clip" in n for n in notes)
    with pytest.raises(LabError, match="too short"):
        footage_take(Piece(items["city_hdr.mp4"], 1.0, 0, ""), 4.0, items["city_hdr.mp4"].path)


def test_words_choose_the_file_in_both_languages(items):
    shots = [
        shot(1, subject="robot", theme="technology", say="A machine helps."),
        shot(2, subject="coffee", theme="food", say="先来一杯。"),
        shot(3, subject="mountain", theme="nature", say="Up we go."),
        shot(4, subject="gear", theme="technology", say="机器人帮我们干活。"),
    ]
    chosen, _ = choose(folder_of(list(items.values())), shots, np.random.default_rng(3))
    names = {k: p.item.path.name for k, p in chosen.items()}
    assert names[1] == "机器人.mp4" and names[2] == "coffee cup.mp4" and names[3] == "mountain.jpg"
    assert "机器人" in chosen[1].why and "cup" in chosen[2].why


def test_no_part_is_shown_twice_while_there_is_another(items):
    videos = [items[n] for n in ("coffee cup.mp4", "机器人.mp4")]
    shots = [shot(i, 1.2) for i in range(1, 5)]
    chosen, notes = choose(folder_of(videos), shots, np.random.default_rng(1))
    spans = [(p.item.path.name, p.start, p.start + 1.2) for p in chosen.values()]
    assert len(spans) == 4 and not notes
    assert all(a[0] != b[0] or a[2] <= b[1] or b[2] <= a[1] for a, b in combinations(spans, 2))
    again, _ = choose(folder_of(videos), shots, np.random.default_rng(1))
    assert [(p.item.path, p.start) for p in again.values()] == [(p.item.path, p.start) for p in chosen.values()]


def test_too_little_footage_is_shown_closer_and_said(items, tmp_path):
    chosen, notes = choose(folder_of([items["city_hdr.mp4"]]), [shot(i, 1.8) for i in (1, 2)], np.random.default_rng(1))
    assert len(chosen) == 2 and any("closer" in n for n in notes)
    crops = [footage_take(p, 1.8, tmp_path / "t.mp4")["crop"] for p in chosen.values()]
    areas = sorted(w * h for _, _, w, h in crops)
    assert areas[0] < 0.6 * areas[1]


def test_neighbouring_shots_of_one_file_differ_in_size(items):
    chosen, notes = choose(
        folder_of([items["coffee cup.mp4"]]), [shot(i, 1.2) for i in (1, 2, 3)], np.random.default_rng(1)
    )
    crops = [chosen[i].crop for i in (1, 2, 3)]
    assert crops[0] != crops[1] != crops[2] and not notes


def test_best_part_is_neither_black_blurred_nor_across_a_cut(tmp_path):
    def frames():
        blurred = [cv2.GaussianBlur(f, (0, 0), 9) for f in scene(640, 360, 1.5, seed=1)]
        sharp = list(scene(640, 360, 2, seed=1))
        other = [255 - f for f in scene(640, 360, 2, seed=9)]
        yield from [np.zeros((360, 640, 3), np.uint8)] * 30 + blurred + sharp + other

    write_frames(frames(), FPS, tmp_path / "mixed.mp4", crf=18)
    items, _ = survey(tmp_path)
    chosen, _ = choose(folder_of(items), [shot(1, 1.4), shot(2, 1.4)], np.random.default_rng(0))
    starts = sorted(p.start for p in chosen.values())
    assert starts[0] >= 2.3 and starts[0] + 1.4 <= 4.7  # 2.5 to 4.5 is the first sharp scene
    assert starts[1] >= 4.4 and len(items) >= 2


def test_shaking_counts_against_a_part(tmp_path):
    rng, wide = np.random.default_rng(4), ground(900, 560, 3)
    steady = [wide[100:460, 100 + i : 740 + i] for i in range(75)]
    shaky = [wide[100 + a : 460 + a, 175 + b : 815 + b] for a, b in rng.integers(-60, 60, (75, 2))]
    write_frames(shaky + steady, FPS, tmp_path / "walk.mp4", crf=18)
    items, _ = survey(tmp_path)
    chosen, _ = choose(folder_of(items), [shot(1, 2.0)], np.random.default_rng(0))
    assert chosen[1].start >= 2.3


def test_photo_take_is_a_clip_of_the_right_size_and_length(items, tmp_path):
    take = footage_take(Piece(items["mountain.jpg"], 0.0, 0, ""), 1.0, tmp_path / "照片 1.mp4", (270, 480))
    info = probe(tmp_path / "照片 1.mp4")
    assert take["kind"] == "clip" and (info.width, info.height, info.fps) == (270, 480, 30)
    assert info.seconds == pytest.approx(1, abs=0.01)
    alpha = footage_take(Piece(items["logo alpha.png"], 0.0, 0, ""), 0.3, tmp_path / "a.mp4", (270, 480))
    assert alpha["seconds"] == 0.3


def test_rights_are_read_from_what_lies_beside(tmp_path):
    for name in ("a", "b", "c", "d"):
        write_image(ground(480, 640), tmp_path / f"{name}.jpg")
    write_text(
        tmp_path / "a.json",
        json.dumps(
            {"photographer": "Li Na", "license": "CC BY 4.0", "url": "x.org/1", "alt": "a robot", "tags": ["lab"]}
        ),
    )
    write_text(
        tmp_path / "credits.csv",
        "文件,作者,授权,来源\nb.jpg,王五,Pexels License,pexels\nd.jpg,Someone,All rights reserved,web\n",
    )
    items, notes = survey(tmp_path)
    rights = {i.path.name: i.rights for i in items}
    assert (rights["a.jpg"].author, rights["a.jpg"].licence, rights["a.jpg"].source) == (
        "Li Na",
        "CC-BY-4.0",
        "x.org/1",
    )
    assert (rights["b.jpg"].author, rights["b.jpg"].licence) == ("王五", "LicenseRef-Pexels")
    assert rights["b.jpg"].may_publish and not rights["b.jpg"].may_train
    assert rights["c.jpg"].licence == "LicenseRef-Own" and rights["c.jpg"].note  # nothing said: the note says so
    assert not rights["d.jpg"].may_publish and any("d.jpg" in n and "licence" in n for n in notes)
    chosen, _ = choose(folder_of(items), [shot(1, subject="robot", theme="technology")], np.random.default_rng(0))
    assert chosen[1].item.path.name == "a.jpg"  # by the title in its sidecar
    write_text(tmp_path / "LICENSE", "Creative Commons Attribution-ShareAlike 4.0 International\n")
    write_text(tmp_path / "a.json", "{broken")
    items, notes = survey(tmp_path)
    assert {i.path.name: i.rights.licence for i in items}["c.jpg"] == "CC-BY-SA-4.0"
    assert any("a.json" in n for n in notes)


def test_licences_are_known_by_the_names_people_write():
    for text, known in {
        "CC0": "CC0-1.0",
        "cc-by-4.0": "CC-BY-4.0",
        "CC BY-NC 4.0": "CC-BY-NC-4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/": "CC-BY-SA-4.0",
        "Public Domain": "LicenseRef-Public-Domain",
        "Pixabay Content License": "LicenseRef-Pixabay",
        "本人作品": "LicenseRef-Own",
        "MIT": "MIT",
    }.items():
        assert licence_id(text) == known and known in licences()
    assert licence_id("All rights reserved") not in licences()


def test_whole_folder_serves_a_storyboard(folder, tmp_path):
    shots = [
        shot(i, 1.0, subject=s, theme=t)
        for i, (s, t) in enumerate((("robot", "technology"), ("coffee", "food"), ("mountain", "nature")), 1)
    ]
    takes, assets, notes = footage_takes(shots, folder, 7, tmp_path, (108, 192))
    assert [t["id"] for t in takes] == [1, 2, 3] and all(t["why"] for t in takes)
    assert {a.what for a in assets} == {"footage"} and len(assets) == 3 and notes
    json.dumps(takes)
    assert all(
        re.fullmatch(r"[\w=.,:\-/+()']+", footage_filter(t, (108, 192), 30)) for t in takes if t["kind"] == "footage"
    )
