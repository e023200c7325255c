"""The AI label is in the file, can be read back, and turning it off is told."""

import json

import numpy as np
import pytest
from PIL import Image

from aigc_lab import LabError
from aigc_lab.media import run_ffmpeg, write_frames, write_image
from aigc_lab.publish.labels import (
    FIELDS,
    NAMESPACE,
    ad_mark,
    aigc_metadata,
    jpeg_metadata,
    label_state,
    produce_id,
    read_aigc,
    visible_label,
)  # fmt: skip
from aigc_lab.storyboard import Shot, Storyboard

AWKWARD = ["plain", 'it\'s; "quoted" = a\\b & <c> #d', "产品编号：一二三", "emoji 😀 %d {x}"]


def board(**fields) -> Storyboard:
    return Storyboard(**({"title": "Coffee", "shots": [Shot(id=1)]} | fields))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("视频 实验") / "plain.mp4"
    write_frames((np.full((64, 36, 3), i, np.uint8) for i in range(9)), 30, path)
    return path


def test_the_metadata_has_the_seven_fields_of_the_standard():
    value = json.loads(aigc_metadata("123"))
    assert tuple(value) == FIELDS
    assert value["Label"] == "1" and value["ProduceID"] == "123" and value["ContentProducer"]


@pytest.mark.parametrize("number", AWKWARD)
def test_ffmpeg_writes_the_label_into_mp4_and_it_reads_back_the_same(video, number):
    text, folder = aigc_metadata(number), video.parent
    tags = ["-movflags", "+faststart+use_metadata_tags", "-metadata", f"AIGC={text}"]
    run_ffmpeg(["-i", video.name, "-c", "copy", *tags, "labelled.mp4"], folder)
    assert read_aigc(folder / "labelled.mp4") == json.loads(text)


@pytest.mark.parametrize("number", AWKWARD)
@pytest.mark.parametrize("kept", ["exif", "xmp"])
def test_jpeg_carries_the_label_twice_and_either_reads_back_the_same(tmp_path, number, kept):
    text, path = aigc_metadata(number), tmp_path / "cover.jpg"
    write_image(np.zeros((8, 8, 3), np.uint8), path, **{kept: jpeg_metadata(text)[kept]})
    assert read_aigc(path) == json.loads(text)


def test_the_xmp_is_the_one_that_other_readers_look_for(tmp_path):
    write_image(np.zeros((8, 8, 3), np.uint8), tmp_path / "c.jpg", **jpeg_metadata(aigc_metadata("7")))
    with Image.open(tmp_path / "c.jpg") as image:
        packet = image.info["xmp"].decode("utf-8")
        assert image.getexif().get_ifd(0x8769)[0x9286].startswith(b"UNICODE\0")
    assert f'xmlns:TC260="{NAMESPACE}"' in packet and '<TC260:AIGC>{"Label":"1"' in packet


def test_no_label_reads_as_none_and_so_does_a_damaged_one(video, tmp_path):
    write_image(np.zeros((8, 8, 3), np.uint8), tmp_path / "none.jpg")
    write_image(np.zeros((8, 8, 3), np.uint8), tmp_path / "bad.jpg", **jpeg_metadata('{"Label":'))
    write_image(np.zeros((8, 8, 3), np.uint8), tmp_path / "broken.jpg", xmp=b"<x:xmpmeta")
    assert [read_aigc(p) for p in (video, *sorted(tmp_path.glob("*.jpg")))] == [None] * 4


@pytest.mark.parametrize("name", ["text.mp4", "text.jpg", "missing.mp4"])
def test_what_cannot_be_opened_is_said_in_one_sentence(tmp_path, name):
    if name.startswith("text"):
        (tmp_path / name).write_text("no media", encoding="utf-8")
    with pytest.raises(LabError, match="cannot be opened"):
        read_aigc(tmp_path / name)


def test_labels_speak_the_language_of_the_short():
    assert [visible_label(x) for x in ("zh-CN", "en-US", "fr-FR")] == ["AI生成", "AI-generated", "AI-generated"]
    assert [ad_mark(x) for x in ("zh-CN", "en-US")] == ["广告", "Ad"]


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "关闭"), ("en-US", "off")])
def test_each_label_that_is_turned_off_is_one_warning(language, word):
    assert label_state(board(language=language)) == []
    off = label_state(board(language=language, ai_label=False, ai_metadata=False))
    assert len(off) == 2 and all(word in warning for warning in off)
    assert label_state(board(language=language, ai_metadata=False)) == off[1:]


def test_the_number_of_a_content_is_its_own_and_not_of_the_machine():
    assert produce_id(board()) == produce_id(board(notes=["mapped"], logo="/home/li/logo.png"))
    assert produce_id(board()) != produce_id(board(seed=8))
