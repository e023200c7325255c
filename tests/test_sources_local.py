"""Sources on this machine: a folder that nobody prepared, the samples, drawn scenes, data sets as they are."""

import json
import shutil

import numpy as np
import pytest
from footage_files import scene

from aigc_lab import LabError
from aigc_lab.collect.samples import sample_table
from aigc_lab.collect.sources import datasets, local
from aigc_lab.media import read_clip, write_frames, write_image
from aigc_lab.rights import gate, licences
from aigc_lab.settings import data_path


@pytest.fixture(scope="module")
def clip_bytes(tmp_path_factory):
    """A real, short H.264 video."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_frames(scene(96, 64, 0.3), 30, path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def avi_bytes(tmp_path_factory):
    """A real AVI as UCF-101 has them: 320 x 240, 25 fps, MPEG-4."""
    import av

    path = tmp_path_factory.mktemp("avi") / "clip.avi"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for frame in scene(320, 240, 0.4, fps=25):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture
def mixed(chinese_folder, clip_bytes):
    """Files as they lie around: misnamed, broken, hidden, with companions."""
    root = chinese_folder
    (root / "海边").mkdir()
    (root / "海边" / "海浪_01.mp4").write_bytes(clip_bytes)
    (root / "海边" / "海浪_01.txt").write_text("浪花拍打礁石", encoding="utf-8", newline="\n")
    (root / "wavesAtDusk 2.jpg").write_bytes(clip_bytes)  # a video called .jpg
    write_image(np.zeros((8, 8, 3), np.uint8), root / "photo.png")
    (root / "photo.png").rename(root / "photo.mov")  # a picture called .mov
    (root / "story.mp4").write_text("# A poem\nThe sea at night.\n", encoding="utf-8", newline="\n")
    (root / "日记.txt").write_bytes("今天去了海边。".encode("gb18030"))
    (root / "broken.mp4").write_bytes(clip_bytes[:200])
    (root / "empty.mp4").touch()
    (root / "program.py").write_text("print('sea')\n", encoding="utf-8", newline="\n")
    (root / "list.m3u8").write_text("#EXTM3U\nhttp://127.0.0.1/a.ts\n", encoding="utf-8", newline="\n")
    (root / ".hidden.mp4").write_bytes(clip_bytes)
    (root / ".cache").mkdir()
    (root / ".cache" / "a.mp4").write_bytes(clip_bytes)
    return root


def test_a_folder_yields_videos_pictures_and_texts_by_their_content(mixed):
    kinds = {item.path.name: item.kind for item in local.folder(mixed)}
    assert kinds == {
        "海浪_01.mp4": "video", "wavesAtDusk 2.jpg": "video", "photo.mov": "picture", "story.mp4": "text",
        "日记.txt": "text", "broken.mp4": "video", "empty.mp4": "video",
    }  # fmt: skip


def test_titles_tags_and_texts_come_from_names_folders_and_the_text_beside(mixed):
    items = {item.path.name: item for item in local.folder(mixed)}
    waves = items["海浪_01.mp4"]
    assert (waves.title, waves.tags, waves.text, waves.group) == ("海浪", ("海边",), "浪花拍打礁石", "海边")
    assert waves.address == "视频 实验/海边/海浪_01.mp4"
    assert items["wavesAtDusk 2.jpg"].title == "waves At Dusk"
    assert "Its name says picture, its content is a video." in items["wavesAtDusk 2.jpg"].note
    assert items["story.mp4"].title == "A poem"
    assert items["日记.txt"].text == "今天去了海边。"


def test_a_file_that_nobody_speaks_of_has_no_rights_unless_the_person_says_it_is_their_own(mixed):
    assert {item.licence for item in local.folder(mixed)} == {""}
    assert not any(item.rights.may("train") for item in local.folder(mixed))
    assert {item.licence for item in local.folder(mixed, own=True)} == {"LicenseRef-Own"}


def test_rights_come_from_a_sidecar_then_credits_then_a_licence_above(tmp_path, clip_bytes):
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    for name in ("sub/a.mp4", "sub/b.mp4", "sub/deep/c.mp4", "d.mp4"):
        (tmp_path / name).write_bytes(clip_bytes)
    side = {"title": "Sea", "author": "Ann", "license": "CC BY 4.0", "url": "https://example.org/a"}
    (tmp_path / "sub" / "a.json").write_text(json.dumps(side), encoding="utf-8", newline="\n")
    rows = "file,author,licence\nsub/b.mp4,Bo,CC0\nd.mp4,Di,CC BY-NC 4.0\n"
    (tmp_path / "credits.csv").write_text(rows, encoding="utf-8", newline="\n")
    (tmp_path / "LICENSE").write_text("Creative Commons Attribution 3.0 Unported", encoding="utf-8", newline="\n")
    items = {item.path.name: item for item in local.folder(tmp_path)}
    assert {name: (item.author, item.licence) for name, item in items.items()} == {
        "a.mp4": ("Ann", "CC-BY-4.0"), "b.mp4": ("Bo", "CC0-1.0"), "c.mp4": ("", "CC-BY-3.0"),
        "d.mp4": ("Di", "CC-BY-NC-4.0"),
    }  # fmt: skip
    assert (items["a.mp4"].title, items["a.mp4"].address) == ("Sea", "https://example.org/a")


def test_credits_above_never_speak_of_a_file_whose_name_is_there_twice(tmp_path, clip_bytes):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "clip.mp4").write_bytes(clip_bytes)
    (tmp_path / "credits.csv").write_text("file,author,licence\none/clip.mp4,Ann,CC0\n", encoding="utf-8", newline="\n")
    assert {item.licence for item in local.folder(tmp_path)} == {""}


def test_a_table_of_rights_that_names_no_known_licence_refuses_its_file_and_says_why(tmp_path, clip_bytes):
    (tmp_path / "a.mp4").write_bytes(clip_bytes)
    (tmp_path / "rights.yaml").write_text("a.mp4: {licence: Free-For-All}\n", encoding="utf-8", newline="\n")
    notes = []
    (item,) = local.folder(tmp_path, notes=notes)
    assert item.licence == ""
    assert "Free-For-All" in item.note
    assert "Free-For-All" in notes[0]


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["beach_take1", "beach_take2", "forest"], {"beach", "forest"}),
        (["IMG_0001", "IMG_0002"], {"IMG_0001", "IMG_0002"}),
        (["咖啡 (1)", "咖啡 (2)"], {"咖啡"}),
    ],
)
def test_takes_of_one_thing_are_one_group_and_pictures_of_one_camera_are_not(tmp_path, clip_bytes, names, groups):
    for name in names:
        (tmp_path / f"{name}.mp4").write_bytes(clip_bytes)
    assert {item.group for item in local.folder(tmp_path)} == groups


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir()])
def test_a_missing_or_empty_folder_is_one_clear_sentence(tmp_path, make):
    make(tmp_path / "空")
    with pytest.raises(LabError, match="空"):
        list(local.folder(tmp_path / "空"))


def test_samples_come_with_their_rights_and_where_those_are_said():
    items = {item.path.name: item for item in local.samples()}
    assert set(items) == {p.name for p in data_path("samples").iterdir() if p.suffix != ".yaml"}
    assert items["earth.mp4"].kind == "video"
    china = items["china.jpg"]
    assert (china.kind, china.author, china.licence) == ("picture", "danielbuechele", "CC-BY-2.0")
    assert china.address.startswith("https://")
    assert "古建筑" in china.tags


def test_a_sample_that_was_changed_is_not_given_out(tmp_path, monkeypatch):
    folder = tmp_path / "samples"
    shutil.copytree(data_path("samples"), folder)
    (folder / "chelsea.png").write_bytes(b"another cat")
    monkeypatch.setenv("AIGC_LAB_DATA", str(tmp_path))
    with pytest.raises(LabError, match=r"chelsea.png is not the file that samples.yaml names"):
        list(local.samples())


def test_every_sample_has_an_author_and_a_licence_that_lets_it_be_published_and_changed():
    for sample in sample_table().values():
        assert sample.author
        assert sample.title
        assert licences()[sample.licence].publish, sample.id
        assert licences()[sample.licence].edit, sample.id


def test_drawn_scenes_bring_all_labels_free_rights_and_the_same_bytes_each_time(tmp_path):
    first, second = local.drawn(2, 7, tmp_path / "画", (64, 96), 0.8)
    assert first.path.name == "drawn-0000007-64x96.mp4"
    assert {"theme", "subject", "style", "palette", "motion", "speed", "caption_en", "caption_zh"} <= set(first.labels)
    assert all(isinstance(value, str) for value in first.labels.values())
    assert first.group != second.group
    gate([first.rights], "publish", "edit", "sell", "train")
    assert read_clip(first.path).frames.shape == (6, 96, 64, 3)
    before = first.path.read_bytes()
    list(local.drawn(1, 7, tmp_path / "画", (64, 96), 0.8))
    assert first.path.read_bytes() == before


@pytest.mark.parametrize("wrong", [(0, 1, (64, 64)), (1, -1, (64, 64)), (1, 1, (63, 64))])
def test_a_drawn_scene_that_cannot_be_is_refused(tmp_path, wrong):
    count, seed, size = wrong
    with pytest.raises(LabError, match="Cannot draw"):
        list(local.drawn(count, seed, tmp_path, size))


def test_ucf_101_keeps_the_clips_of_one_video_together_and_is_for_research_only(tmp_path, avi_bytes):
    for name in (
        "v_ApplyEyeMakeup_g01_c01",
        "v_ApplyEyeMakeup_g01_c02",
        "v_ApplyEyeMakeup_g02_c01",
        "v_Biking_g01_c01",
    ):
        folder = tmp_path / "UCF-101" / name.split("_")[1]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.avi").write_bytes(avi_bytes)
    notes = []
    items = list(datasets.class_folders(tmp_path / "UCF-101", notes))
    assert [item.group for item in items] == [
        "ucf-101/ApplyEyeMakeup/g01", "ucf-101/ApplyEyeMakeup/g01", "ucf-101/ApplyEyeMakeup/g02", "ucf-101/Biking/g01"
    ]  # fmt: skip
    assert items[0].tags == ("apply eye makeup",)
    assert items[0].labels["class"] == "ApplyEyeMakeup"
    assert {item.licence for item in items} == {"LicenseRef-Research"}
    assert not items[0].rights.may("publish")
    assert notes == [datasets.terms("ucf-101")]
    assert datasets.terms("ucf-101") in items[0].note


def test_kinetics_keeps_its_split_and_the_clips_of_one_video_together(tmp_path, clip_bytes):
    for split, name in (("train", "0wR5jVB-WPk_000417_000427"), ("val", "0wR5jVB-WPk_000001_000011")):
        folder = tmp_path / split / "massaging person's head"
        folder.mkdir(parents=True)
        (folder / f"{name}.mp4").write_bytes(clip_bytes)
    first, second = datasets.class_folders(tmp_path)
    assert first.group == second.group == "kinetics/0wR5jVB-WPk"
    assert (first.labels["split"], second.labels["split"]) == ("train", "val")
    assert first.address == "https://www.youtube.com/watch?v=0wR5jVB-WPk"
    assert "417 to 427 s" in first.note
    assert first.labels["class"] == "massaging person's head"


def test_own_classes_have_the_rights_that_their_folder_tells(tmp_path, clip_bytes):
    (tmp_path / "海").mkdir()
    (tmp_path / "海" / "夏天-1.mp4").write_bytes(clip_bytes)
    assert [item.licence for item in datasets.class_folders(tmp_path)] == [""]
    (tmp_path / "LICENSE").write_text("CC0 1.0 Universal", encoding="utf-8", newline="\n")
    (item,) = datasets.class_folders(tmp_path)
    assert (item.licence, item.tags, item.group, item.source) == ("CC0-1.0", ("海",), "海/夏天", "classes")


def test_a_folder_without_classes_is_refused(tmp_path, clip_bytes):
    (tmp_path / "a.mp4").write_bytes(clip_bytes)
    with pytest.raises(LabError, match="by class"):
        list(datasets.class_folders(tmp_path))


@pytest.fixture
def digits():
    """Three sequences in the layout of Moving MNIST: a bright square that moves right."""
    frames = np.zeros((20, 3, 64, 64), np.uint8)
    for t in range(20):
        for n in range(3):
            frames[t, n, 10 * n + 5 : 10 * n + 15, 2 * t + 5 : 2 * t + 15] = 255
    return frames


@pytest.mark.parametrize("save", [np.save, np.savez_compressed], ids=["npy", "npz"])
def test_moving_mnist_becomes_clips_that_hold_its_pixels(chinese_folder, digits, save):
    path = chinese_folder / ("mnist.npy" if save is np.save else "mnist.npz")
    save(path, digits)
    items = list(datasets.moving_mnist(path, chinese_folder / "clips", most=2))
    assert [item.path.name for item in items] == ["moving-mnist-00000.mp4", "moving-mnist-00001.mp4"]
    assert len({item.group for item in items}) == 2
    assert items[0].licence == "LicenseRef-Research"
    clip = read_clip(items[1].path)
    assert clip.frames.shape == (20, 256, 256, 3)
    back = clip.frames[:, ::4, ::4].mean(axis=-1)
    assert np.abs(back - digits[:, 1]).max() <= 2
    assert not list((chinese_folder / "clips").glob(".part-*"))


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (np.zeros((20, 3, 32, 32), np.uint8), "shape"),
        (np.zeros((3, 20, 64, 64), np.uint8), "shape"),
        (np.zeros((20, 0, 64, 64), np.uint8), "shape"),
        (np.zeros((20, 3, 64, 64), np.float32), "float32"),
        (np.array([{"a": 1}], dtype=object), "cannot be read"),
    ],
)
def test_an_array_that_is_not_moving_mnist_is_refused(tmp_path, array, why):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(LabError, match=why):
        list(datasets.moving_mnist(tmp_path / "a.npy", tmp_path / "out"))


def test_an_archive_of_several_arrays_and_a_file_that_is_no_array_are_refused(tmp_path, digits):
    np.savez(tmp_path / "two.npz", a=digits, b=digits)
    with pytest.raises(LabError, match="2 arrays"):
        list(datasets.moving_mnist(tmp_path / "two.npz", tmp_path / "out"))
    (tmp_path / "text.npy").write_text("no array", encoding="utf-8", newline="\n")
    with pytest.raises(LabError, match="cannot be read"):
        list(datasets.moving_mnist(tmp_path / "text.npy", tmp_path / "out"))
