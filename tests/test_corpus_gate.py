"""What comes out of a corpus: what may be used for what, the credit sheet, the table, the card; real files in it."""

from pathlib import Path

import numpy as np
import pytest
from corpus_fakes import add, describe, planted

from aigc_lab import LabError
from aigc_lab.collect.cleaning import Flag, Inspection
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.items import Item
from aigc_lab.collect.scenes import draw_scene, sample_spec
from aigc_lab.media import write_clip, write_image
from aigc_lab.rights import USES


@pytest.fixture
def corpus(chinese_folder: Path) -> Corpus:
    """An empty corpus in a folder with a Chinese name."""
    return Corpus(chinese_folder / "语料")


def test_the_gate_asks_for_the_right_of_each_use(corpus, tmp_path):
    licences = {"own": "LicenseRef-Own", "nd": "CC-BY-ND-4.0", "nc": "CC-BY-NC-4.0", "study": "LicenseRef-Research"}
    add(corpus, [planted(tmp_path, f"{name}.mp4", licence=licence) for name, licence in licences.items()])
    add(corpus, [planted(tmp_path, "dark.mp4", flags=["black"]), planted(tmp_path, "whose.mp4", licence="free")])
    passing = {use: {row.title[9:-4] for row in corpus.usable(use)} for use in USES}
    assert passing == {"publish": {"own", "nd", "nc"}, "edit": {"own", "nc", "study"}, "sell": {"own", "nd"},
                       "train": {"own", "study"}}  # fmt: skip
    for use in USES:
        stopped = {row.title[9:-4]: reason for row, reason in corpus.refused(use)}
        assert set(stopped) == {*licences, "dark", "whose"} - passing[use] and all(stopped.values())
        assert stopped["dark"] == "It is black."
    with pytest.raises(LabError, match="no use 'steal': ask for one of publish, edit, sell, train"):
        corpus.usable("steal")


def test_faces_are_not_trained_on_without_a_recorded_consent(corpus, tmp_path):
    add(corpus, [planted(tmp_path, "street.mp4", flags=["faces"])])
    add(corpus, [planted(tmp_path, "friends.mp4", flags=["faces"], consent="signed, 2026-03-01")])
    assert [row.title for row in corpus.usable("train")] == ["Title of friends.mp4"]
    assert len(corpus.usable("publish")) == 2
    ((row, reason),) = corpus.refused("train")
    assert row.title == "Title of street.mp4" and "record their consent" in reason


def test_the_credit_sheet_names_everything_usable_in_both_languages(corpus, tmp_path):
    add(corpus, [planted(tmp_path, "sea.mp4", licence="CC-BY-4.0", shots=[[0, 1], [1, 2]]),
                 planted(tmp_path, "dark.mp4", flags=["black"])])  # fmt: skip
    for language, head in (("en", "# Credits and rights"), ("zh-CN", "# 素材与授权")):
        sheet = corpus.credits(language)
        assert sheet.startswith(head) and "Li 李 (CC-BY-4.0)" in sheet and "dark" not in sheet
        assert sheet.count("| Title of sea.mp4 |") == 1


def test_the_table_is_for_pandas(corpus, tmp_path):
    add(corpus, [planted(tmp_path, "a.mp4", flags=["soft"]), planted(tmp_path, "b.mp4", licence="CC-BY-NC-4.0")])
    table = corpus.table()
    assert table.groupby("licence").size().to_dict() == {"CC0-1.0": 1, "CC-BY-NC-4.0": 1}
    assert table["flags"].tolist() == [["soft"], []] and table["measures"][0] == {"sharpness": 3.5}
    assert table[table.may_train].title.tolist() == ["Title of a.mp4"]


def gradient(path: Path, kind: str = "") -> Inspection:
    """What an inspection of a picture of 90 x 160 with bars says."""
    flags = (Flag("faces", 1.0, 0.0, "A face."),)
    return Inspection("picture", 90, 160, 0.0, 0.0, (0, 20, 90, 120), (), {}, flags, b"")


def test_the_card_counts_and_shows_what_is_there_in_both_languages(corpus, tmp_path):
    items = []
    for i in range(3):
        write_image(np.full((160, 90, 3), 100 * i, np.uint8), tmp_path / f"{i}.png")
        labels = {"theme": "nature" if i else "city"}
        items.append(Item(tmp_path / f"{i}.png", "picture", "a|b<c", str(i), "Wu", "CC-BY-4.0", labels=labels))
    corpus.add(items, inspect=gradient, describe=describe)
    add(corpus, [planted(tmp_path, "dark.mp4", flags=["black"])])
    corpus.split({"train": 1.0})
    english, chinese = (path.read_text(encoding="utf-8") for path in corpus.card())
    assert "4 rows from 4 files (3 rows usable, 1 in quarantine)" in english and "| Nature | 2 | 67 % |" in english
    assert "| 自然 | 2 | 67 % |" in chinese and "| CC BY 4.0 | 3 | 3 | 3 | 3 | 0 | 1 |" in chinese
    assert (
        "| a\\|b&lt;c | 3 | 100 % |" in english and "| black | 1 | 0.5 |" in english and "| 黑屏 | 1 | 0.5 |" in chinese
    )
    assert "33 % of the usable rows" not in english and "67 % of the usable rows have the theme Nature" in english
    assert "3 usable rows show faces without a recorded consent" in english and "0 leaks found" in english
    assert "{" not in english + chinese and "contact.webp" in english
    assert (corpus.folder / "contact.webp").stat().st_size > 200 and "contact.webp" not in dict(corpus.check())


def test_real_files_are_looked_at_described_and_told_apart(corpus, tmp_path):
    clip = draw_scene(sample_spec(1), (270, 480))
    write_clip(clip, tmp_path / "海.mp4")
    write_clip(clip, tmp_path / "again.mp4", crf=32)
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "letter.mp4").write_text(
        "The sea was calm that day, and nobody sailed.", encoding="utf-8", newline="\n"
    )
    said = {"海.mp4": "waves at the beach", "again.mp4": "", "empty.mp4": "", "letter.mp4": ""}
    corpus.add(Item(tmp_path / n, "video", "folder", n, "Li", "CC0-1.0", title=title) for n, title in said.items())
    sea, again, empty, letter = corpus.rows
    assert sea.status == "usable" and (sea.width, sea.height, sea.fps) == (270, 480, 7.5) and sea.fingerprint
    assert (
        abs(sea.seconds - clip.seconds) < 0.05
        and sea.theme == "nature"
        and sea.caption_zh
        and "sharpness" in sea.measures
    )
    assert [flag.name for flag in again.refusing] == ["duplicate"] and sea.id[:8] in again.refusing[0].reason
    assert [flag.name for row in (empty, letter) for flag in row.refusing] == ["decode", "decode"]
    assert "0 bytes" in empty.flags[0].reason and "holds a text" in letter.flags[0].reason
    assert corpus.check() == [] and corpus.usable("train") == [sea]


def test_an_empty_corpus_has_a_card_that_says_so(corpus):
    english, chinese = (path.read_text(encoding="utf-8") for path in corpus.card())
    assert "The corpus is empty" in english and "语料库是空的" in chinese and "![" not in english
