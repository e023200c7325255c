"""A brief says what a short should be; every mistake in it becomes one sentence."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aigc_lab import LabError
from aigc_lab.brief import Brief, Profile, fill, parse, read_brief, read_profile
from aigc_lab.storyboard import Shot, Storyboard, read_storyboard, write_storyboard

DATA = Path(__file__).resolve().parent.parent / "data"


def write(folder: Path, content: str | bytes, name: str = "b.yaml") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_the_three_shipped_briefs_are_the_three_uses_of_the_article():
    briefs = [read_brief(p) for p in sorted((DATA / "briefs").glob("*.yaml"))]
    assert {(b.kind, b.language) for b in briefs} == {("short", "zh-CN"), ("ad", "en-US"), ("lesson", "zh-CN")}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty"),
        ("   \n\n", "is empty"),
        ("topic: [1, 2", "not valid YAML"),
        ("- a\n- b\n", "field: value"),
        ("topik: tea", "did you mean 'topic'"),
        ("topic: tea\nsecond: 9", "did you mean 'seconds'"),
        ("topic: tea\nseconds: -3", "greater than or equal to 6"),
        ("topic: tea\nseconds: soon", "valid number"),
        ("topic: tea\nname: ../../evil", "folder name"),
        ("topic: tea\nkind: film", "'short', 'ad' or 'lesson'"),
        ("topic: tea\nkind: ad", "needs the field product"),
        ("topic: tea\nprice: $5", "kind: ad"),
        ("topic: tea\nlanguage: klingon!", "language code"),
        ("topic: tea\nbrand_colors: [red]", "#1a73e8"),
        ("topic:", "topic"),
        ("points: [a]", "'topic' is missing"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "not a text file"),
    ],
)
def test_a_mistake_becomes_one_sentence_that_names_the_file(tmp_path, content, told):
    with pytest.raises(LabError) as error:
        read_brief(write(tmp_path, content))
    assert told in str(error.value)
    assert "b.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_topic_of_10000_characters_is_refused_with_the_limit(tmp_path):
    with pytest.raises(LabError, match="at most 300 characters"):
        read_brief(write(tmp_path, "topic: " + "长" * 10_000))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(LabError, match="nowhere.yaml"):
        read_brief(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_the_encodings_that_notepad_writes_are_read(tmp_path, encoding):
    brief = read_brief(write(tmp_path, "topic: 科技创新如何改变普通人的一天\nstyle: 霓虹\n".encode(encoding)))
    assert (brief.topic, brief.style) == ("科技创新如何改变普通人的一天", "霓虹")


@given(st.text(min_size=1, max_size=300))
def test_any_topic_is_taken_or_refused_but_never_crashes(topic):
    try:
        brief = parse(Brief, {"topic": topic}, "The brief")
    except LabError as error:
        assert str(error)
    else:
        assert brief.topic == brief.topic.strip() != ""
        assert "\n" not in brief.topic


def test_control_and_direction_characters_are_taken_out_and_the_rest_is_kept():
    nasty = r"a{braces}\N%d \"q\" 'x' 😀 שלום"
    assert Brief(topic=f"\u202e{nasty}\x07\u200b").topic == nasty


def test_what_a_brief_leaves_out_comes_from_the_profile_then_from_the_defaults():
    brief = fill(Brief(topic="tea", style="retro"), Profile(style="neon", handle="@me", voice="male"))
    assert (brief.style, brief.handle, brief.voice, brief.music) == ("retro", "@me", "male", "auto")


def test_the_language_is_read_off_the_topic():
    assert fill(Brief(topic="茶")).language == "zh-CN"
    assert fill(Brief(topic="tea")).language == "en-US"
    assert fill(Brief(topic="tea"), Profile(language="中文")).language == "zh-CN"


def test_paths_in_a_brief_are_relative_to_the_brief(tmp_path):
    brief = read_brief(write(tmp_path, "topic: tea\nlogo: a.png\npictures: footage:我的 素材\nmusic: song.mp3\n"))
    assert brief.logo == str(tmp_path / "a.png")
    assert brief.pictures == f"footage:{tmp_path / '我的 素材'}"
    assert brief.music == str(tmp_path / "song.mp3")


def test_the_standing_profile_is_found_in_the_config_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AIGC_LAB_CONFIG", str(tmp_path))
    assert read_profile() == Profile()
    write(tmp_path, "handle: '@tea'\nstyle: neon\n", "profile.yaml")
    assert read_profile().handle == "@tea"


def test_a_storyboard_survives_writing_and_reading(tmp_path):
    board = Storyboard(
        title="茶: 一杯 #1", language="zh-CN",
        shots=[Shot(id=1, say="yes: no", headline="100%"), Shot(id=2, say="- {x}", seconds=3.2, start=2.0)],
    )  # fmt: skip
    write_storyboard(board, tmp_path / "s.yaml")
    assert read_storyboard(tmp_path / "s.yaml") == board


def test_a_storyboard_with_two_equal_ids_or_no_shots_is_refused(tmp_path):
    for shots, told in (([{"id": 1}, {"id": 1}], "share the id 1"), ([], "empty")):
        path = write(tmp_path, yaml.safe_dump({"title": "x", "shots": shots}))
        with pytest.raises(LabError, match=told):
            read_storyboard(path)
