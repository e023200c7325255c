"""The one encode: exact cuts and length, the right tags, the same bytes again, one clear sentence when it cannot."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
from overlay_frames import story

from aigc_lab import LabError, media
from aigc_lab.generate.voice import Phrase
from aigc_lab.publish import render as room
from aigc_lab.publish.fonts import check_font_log
from aigc_lab.publish.overlay import overlay
from aigc_lab.publish.render import render

SMALL = {"size": (270, 480), "preset": "veryfast"}
COLORS = {1: (200, 40, 40), 2: (40, 180, 60), 3: (40, 60, 200)}
FRAMES = {1: 31, 2: 20, 3: 47}  # of each shot


@pytest.fixture(scope="module")
def board():
    """Three shots whose cuts fall on no round time, without anything over them."""
    shots, at = [], 0
    for shot in story().shots[:3]:
        shots.append(
            shot.model_copy(update={"start": at / 30, "seconds": FRAMES[shot.id] / 30, "headline": "", "subject": ""})
        )
        at += FRAMES[shot.id]
    return story().model_copy(update={"shots": shots, "ai_label": False})


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Plain takes, one colour each and a few frames longer than needed, and a sound."""
    folder = tmp_path_factory.mktemp("视频 parts")
    takes = []
    for number, color in COLORS.items():
        path = folder / f"take '{number}'.mp4"
        media.write_frames((np.full((128, 72, 3), color, np.uint8) for _ in range(FRAMES[number] + 3)), 30, path)
        takes.append(
            {"id": number, "path": str(path), "start": 0.0, "seconds": (FRAMES[number] + 3) / 30, "kind": "clip"}
        )
    time = np.arange(48_000 * 3) / 48_000
    media.write_sound(media.Sound(np.float32(0.2 * np.sin(880 * np.pi * time))[:, None].repeat(2, 1)), folder / "s.wav")
    return takes, folder / "s.wav"


@pytest.fixture(scope="module")
def video(board, parts, tmp_path_factory):
    """The finished small video."""
    out = tmp_path_factory.mktemp("out") / "video.mp4"
    render(
        board,
        *parts,
        overlay(board, []),
        out,
        out.parent / "work",
        metadata={"AIGC": json.dumps({"Label": "1"})},
        **SMALL,
    )
    return out


def test_each_cut_falls_on_its_frame_and_the_length_is_exact(video):
    frames = media.read_clip(video).frames
    assert len(frames) == sum(FRAMES.values())
    middle = frames[:, 200:280, 100:170].mean(axis=(1, 2))
    nearest = [min(COLORS, key=lambda n: np.abs(m - COLORS[n]).max()) for m in middle]
    assert nearest == [n for n, count in FRAMES.items() for _ in range(count)]
    assert all(np.abs(m - COLORS[n]).max() < 6 for m, n in zip(middle, nearest, strict=True)), "colours are kept"


def test_codec_colours_sound_and_metadata_are_what_platforms_expect(video):
    with av.open(str(video)) as file:
        picture, sound = file.streams.video[0], file.streams.audio[0]
        assert (picture.codec_context.name, picture.codec_context.profile) == ("h264", "High")
        assert (picture.width, picture.height, picture.average_rate) == (270, 480, 30)
        context = picture.codec_context
        assert (context.pix_fmt, context.color_primaries, context.color_trc, context.colorspace) == ("yuv420p", 1, 1, 1)
        assert (sound.codec_context.name, sound.codec_context.sample_rate, sound.codec_context.channels) == (
            "aac",
            48000,
            2,
        )
        lengths = [float(s.duration * s.time_base) for s in (picture, sound)]
        assert all(abs(n - sum(FRAMES.values()) / 30) <= 1 / 30 for n in lengths)
        assert json.loads(file.metadata["AIGC"]) == {"Label": "1"} and "creation_time" not in file.metadata
    raw = video.read_bytes()
    assert raw.index(b"moov") < raw.index(b"mdat")


def test_the_same_input_gives_the_same_bytes(video, board, parts, tmp_path):
    again = tmp_path / "again.mp4"
    tags = {"AIGC": json.dumps({"Label": "1"})}
    render(board, *parts, overlay(board, []), again, tmp_path / "work", metadata=tags, **SMALL)
    assert again.read_bytes() == video.read_bytes()
    assert not any((tmp_path / "work").iterdir())


def test_a_take_that_is_missing_or_too_short_is_named(board, parts, tmp_path):
    takes, sound = parts
    with pytest.raises(LabError, match="Shot 2 has no take"):
        render(board, [takes[0], takes[2]], sound, overlay(board, []), tmp_path / "v.mp4", tmp_path, **SMALL)
    late = [{**t, "start": 0.3} if t["id"] == 3 else t for t in takes]
    with pytest.raises(LabError, match=r"take of shot 3 .* has 1\.37 s and the shot needs 1\.57 s"):
        render(board, late, sound, overlay(board, []), tmp_path / "v.mp4", tmp_path, **SMALL)
    assert not (tmp_path / "v.mp4").exists()


def test_a_logo_stands_in_its_corner_and_one_that_is_no_picture_is_refused(board, parts, tmp_path):
    logo = np.zeros((40, 60, 4), np.uint8)
    logo[10:30, 10:50] = (255, 255, 255, 255)
    media.write_image(logo, tmp_path / "logo.png")
    out = tmp_path / "v.mp4"
    render(board, *parts, overlay(board, []), out, tmp_path, logo=tmp_path / "logo.png", **SMALL)
    white = media.read_clip(out).frames.min(axis=(0, 3)) > 200
    ys, xs = np.where(white)
    assert xs.min() > 190 and xs.max() < 233 and ys.min() >= 50 and ys.max() < 75
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    with pytest.raises(LabError, match="is no picture"):
        render(board, *parts, overlay(board, []), out, tmp_path, logo=tmp_path / "text.png", **SMALL)


def test_a_full_disk_is_one_clear_sentence(board, parts, tmp_path, monkeypatch):
    def no_room(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.media, "run_ffmpeg", no_room)
    with pytest.raises(LabError, match="No space left"):
        render(board, *parts, overlay(board, []), tmp_path / "v.mp4", tmp_path, **SMALL)
    assert not (tmp_path / "v.mp4").exists()


@pytest.mark.parametrize("device", [d for d in ("/dev/full",) if Path(d).exists()])
def test_ffmpeg_on_a_full_device_says_so(device, board, parts, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "PART", device)
    with pytest.raises(LabError, match=r"ffmpeg|disk|space"):
        render(board, *parts, overlay(board, []), tmp_path / "v.mp4", tmp_path, **SMALL)
    assert not (tmp_path / "v.mp4").exists() and Path(device).exists()


def test_a_stopped_render_leaves_no_final_name(board, parts, tmp_path):
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(board, *parts, overlay(board, []), tmp_path / "v.mp4", tmp_path / "work", on_time=stop, **SMALL)
    assert [p.name for p in tmp_path.iterdir()] == ["work"] and not any((tmp_path / "work").iterdir())


def test_letters_of_any_kind_are_drawn_with_our_fonts_only(board, parts, tmp_path):
    phrases = [Phrase("αβΩ Ж ✓ 龘 {\\fs9}“好”\\N😀مرحبا", 0, 1), Phrase("Ｆｕｌｌ 100%d 'q'", 1, 2)]
    render(board, *parts, overlay(board, phrases), tmp_path / "v.mp4", tmp_path, **SMALL)
    assert media.probe(tmp_path / "v.mp4").width == 270
    for line in (
        "fontselect: (Lab Sans, 700, 0) -> /usr/x.ttf, 0, DejaVuSans",
        "Glyph 0x1F600 not found, selecting one more",
    ):
        with pytest.raises(LabError):
            check_font_log(line)


@pytest.fixture(scope="session")
def reader():
    """An OCR engine for Chinese and English."""
    from rapidocr import RapidOCR

    return RapidOCR()


@pytest.mark.parametrize(("language", "text"), [("zh-CN", "手机比闹钟更早醒来"), ("en-US", "Roasted this morning")])
def test_captions_are_read_back_at_phone_size(language, text, reader, board, parts, tmp_path):
    spoken = board.model_copy(update={"language": language, "style": "playful"})
    render(
        spoken,
        *parts,
        overlay(spoken, [Phrase(text, 0, 1)]),
        tmp_path / "v.mp4",
        tmp_path,
        size=(360, 640),
        preset="ultrafast",
    )
    frame = media.read_clip(tmp_path / "v.mp4", 0.5, 0.1).frames[0]
    read = "".join(reader(frame[420:560]).txts or ())
    assert read.replace(" ", "").casefold() == text.replace(" ", "").casefold()
