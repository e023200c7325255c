"""A folder that nobody prepared goes through collect, check and split, and what is said about each file is right."""

import io

import pytest
from mixed_files import mixed_folder
from typer.testing import CliRunner

from aigc_lab import cli
from aigc_lab.collect.checkup import file_hash
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.splitting import leaks
from aigc_lab.media import probe, read_frames

# What must become of each file: where it lands, its kind, all its flags, and words of what is said about it.
BECOMES = {
    "猫.mp4": ("usable", "video", "", ""),
    "咖啡 espresso.webm": ("usable", "video", "", ""),
    "花.avi": ("usable", "video", "", ""),
    "temple.mpg": ("usable", "video", "", ""),
    "Rocket launch.mkv": ("usable", "video", "", ""),
    "galaxies.gif": ("usable", "video", "", ""),
    "IMG_0007.mov": ("usable", "video", "", ""),
    "竖屏.mp4": ("usable", "video", "", ""),
    "可变帧率.mp4": ("usable", "video", "", ""),
    "宽银幕.mp4": ("usable", "video", "bars", ""),
    "Earth at night.mp4": ("usable", "video", "", ""),
    "她.mp4": ("usable", "video", "faces", ""),
    "没对上焦.mp4": ("usable", "video", "soft", ""),
    "两个镜头.mp4": ("usable", "video", "", ""),
    "猫副本.mp4": ("refused", "", "", "Its bytes are those of"),
    "cat small file.avi": ("quarantine", "video", "duplicate", "猫"),
    "flower sent.mp4": ("quarantine", "video", "duplicate", "花.avi"),
    "地球 副本.webm": ("quarantine", "video", "duplicate", "Earth at night.mp4"),
    "黑屏.mp4": ("quarantine", "video", "black frozen soft", "black or shows nothing"),
    "定格.mp4": ("quarantine", "video", "frozen", "Nothing moves"),
    "一闪而过.mp4": ("quarantine", "video", "short", "lasts only 0.50 s"),
    "thumbnail.mp4": ("quarantine", "video", "small", "only 120 px"),
    "没下完.mp4": ("quarantine", "video", "decode", "neither a picture nor a video"),
    "没下完.mkv": ("quarantine", "video", "decode", "breaks off"),
    "划伤.avi": ("quarantine", "video", "decode frozen short", "breaks off"),
    "文章.mp4": ("usable", "text", "", ""),
    "空.mp4": ("quarantine", "video", "decode", "empty (0 bytes)"),
    "航天.webp": ("usable", "picture", "", ""),
    "flower close.png": ("usable", "picture", "", ""),
    "IMG_0033.jpg": ("usable", "picture", "", ""),
    "scan.tif": ("usable", "picture", "", ""),
    "stereo.mpo": ("usable", "picture", "", ""),
    "宇航员.jpg": ("usable", "picture", "faces", ""),
    "astronaut 300.png": ("quarantine", "picture", "duplicate faces", "宇航员.jpg"),
    "星空.jpg": ("usable", "picture", "", ""),
    "icon.png": ("quarantine", "picture", "small", "only 64 px"),
    "盖着镜头.jpg": ("quarantine", "picture", "black soft", "black or shows nothing"),
    "half sent.jpg": ("quarantine", "picture", "decode", "breaks off"),
    "poster.png": ("usable", "picture", "text", ""),
    "动图.webp": ("quarantine", "picture", "decode", "moving WebP"),
    "horse.mov": ("usable", "picture", "", ""),
    "压缩包.jpg": ("quarantine", "picture", "decode", "neither a picture nor a video"),
    "空.png": ("refused", "", "", "Its bytes are those of"),
    "游记.txt": ("usable", "text", "", ""),
    "notes.md": ("usable", "text", "", ""),
    "空白.txt": ("quarantine", "text", "decode", "holds no words"),
    "借来的.mp4": ("quarantine", "video", "rights", "Nobody says whose it is"),
    "reserved.jpg": ("quarantine", "picture", "rights", "'All rights reserved'"),
    "photo of the sea.jpg": ("usable", "picture", "", ""),
    "朋友/小马.jpg": ("usable", "picture", "", ""),
    "photo of the sea.json": ("read", "", "", ""),
    "朋友/LICENSE": ("read", "", "", ""),
    "credits.csv": ("read", "", "", ""),
    "tool.py": ("left out", "", "", ""),
    "会议.docx": ("left out", "", "", ""),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The folder, the corpus, and what each command line said, on one line, with its exit code."""
    place = tmp_path_factory.mktemp("我的 电脑")
    folder, corpus = place / "素材", place / "语料 corpus"
    assert set(mixed_folder(folder)) == set(BECOMES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli.screen, "_width", 500)

        def run(*arguments):
            printed = io.StringIO()
            patch.setattr(cli.screen, "_file", printed)
            result = CliRunner().invoke(cli.app, [str(a) for a in arguments])
            if result.exception and not isinstance(result.exception, SystemExit):
                raise result.exception
            return result.exit_code, [" ".join(line.split()) for line in printed.getvalue().splitlines()]

        said = {"collect": run("collect", folder, "--into", corpus)}
        said["quarantine"] = run("corpus", "show", corpus, "--quarantine")
        said["check"] = run("corpus", "check", corpus)
        said["split"] = run("corpus", "split", corpus)
        said["checked again"] = run("corpus", "check", corpus)
        said["again"] = run("collect", folder, "--into", corpus)
    return folder, Corpus(corpus), said


@pytest.fixture(scope="module")
def rows(told):
    """Name in the folder -> the rows of the file."""
    folder, corpus, _ = told
    files = {name: file_hash(folder / name) for name in BECOMES}
    return {name: [row for row in corpus.rows if row.file == file] for name, file in files.items()}


def test_each_file_becomes_what_it_must(told, rows):
    found = {}
    for name, (where, _, _, words) in BECOMES.items():
        if where in ("usable", "quarantine"):
            row = rows[name][0] if rows[name] else None
            flags = " ".join(sorted(flag.name for flag in row.flags)) if row else ""
            found[name] = (row.status, row.kind, flags, words) if row else ("nowhere", "", "", words)
        else:
            found[name] = (where, "", "", words)
    assert found == BECOMES


def test_the_reason_of_each_refused_file_is_told(told):
    _, _, said = told
    lines = [*said["collect"][1], *said["quarantine"][1]]
    for name, (where, _, _, words) in BECOMES.items():
        if where in ("quarantine", "refused"):
            assert [line for line in lines if f"/{name}" in line and words in line], name
        elif where in ("read", "left out"):
            head = {"read": "Read for titles and rights", "left out": "Left out"}[where]
            assert [line for line in lines if head in line and name in line], name
        else:
            assert not [line for line in said["quarantine"][1] if line.startswith(f"素材/{name} ")], name


def test_the_commands_end_as_they_should(told):
    _, _, said = told
    assert {name: code for name, (code, _) in said.items()} == dict.fromkeys(said, 0)
    quarantined = [name for name, (where, *_) in BECOMES.items() if where == "quarantine"]
    assert any(f"{len(quarantined)} files in quarantine" in line for line in said["collect"][1])
    assert any(line.endswith("nothing is missing or changed.") for line in said["check"][1])
    assert any(line.startswith("素材 ") or "there already" in line for line in said["again"][1])


def test_what_is_known_of_the_usable_ones_is_right(rows):
    size = {name: (held[0].width, held[0].height) for name, held in rows.items() if held}
    assert size["IMG_0007.mov"] == (240, 320) and size["竖屏.mp4"] == (270, 480) and size["IMG_0033.jpg"] == (900, 1200)
    assert rows["宽银幕.mp4"][0].crop[3] in range(252, 261)
    assert rows["猫.mp4"][0].measures["sound"] == 1 and rows["花.avi"][0].measures["sound"] == 0
    assert len(rows["两个镜头.mp4"]) == 2 and rows["两个镜头.mp4"][1].start == pytest.approx(2.0, abs=0.1)
    assert rows["可变帧率.mp4"][0].seconds == pytest.approx(2.6, abs=0.2)
    assert "Its name says video, its content is a text." in rows["文章.mp4"][0].note
    assert rows["photo of the sea.jpg"][0].author == "Mei" and rows["photo of the sea.jpg"][0].licence == "CC-BY-4.0"
    assert not rows["朋友/小马.jpg"][0].may_sell and rows["朋友/小马.jpg"][0].licence == "CC-BY-NC-4.0"


def test_what_is_usable_can_be_read_and_what_shows_people_is_not_for_training(told, rows):
    _, corpus, _ = told
    for row in corpus.rows:
        if row.status == "usable" and row.kind != "text":
            assert probe(corpus.path(row)).width
            assert row.kind != "video" or next(read_frames(corpus.path(row), row.start))[0] >= row.start
    people = {rows[name][0].id for name in ("她.mp4", "宇航员.jpg")}
    assert not people & {row.id for row in corpus.usable("train")}
    assert people <= {row.id for row in corpus.usable("publish")}


def test_the_split_does_not_leak(told, rows):
    _, corpus, _ = told
    usable = [row for row in corpus.rows if row.status == "usable"]
    assert {row.split for row in usable} == {"train", "valid", "test"}
    assert all(not row.split for row in corpus.rows if row.status != "usable")
    assert leaks(corpus.rows) == []
    assert len({row.split for row in rows["两个镜头.mp4"]}) == 1
