"""A file that is removed from a corpus is gone from it, with all that was cut from it."""

import io
from pathlib import Path

import pytest
from mixed_files import sample
from PIL import Image
from typer.testing import CliRunner

from aigc_lab import LabError, cli
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.removing import remove
from aigc_lab.collect.sources import local


@pytest.fixture
def corpus(chinese_folder) -> Corpus:
    """A cup of coffee, the same picture smaller, and a rocket."""
    (chinese_folder / "照片").mkdir()
    for name in ("coffee", "rocket"):
        Image.fromarray(sample(name)).save(chinese_folder / "照片" / f"{name}.jpg")
    Image.fromarray(sample("coffee")).resize((560, 373)).save(chinese_folder / "照片" / "small.jpg")
    held = Corpus(chinese_folder / "语料")
    held.add(local.folder(chinese_folder / "照片", own=True))
    return held


def test_a_removed_file_leaves_nothing_behind_and_its_copy_takes_its_place(corpus, monkeypatch):
    coffee, rocket, small = (next(r for r in corpus.rows if r.title == t) for t in ("coffee", "rocket", "small"))
    assert [r.status for r in (coffee, rocket, small)] == ["usable", "usable", "quarantine"]
    cut = [corpus.folder / "cache" / "40x72" / row.file[:2] / f"{row.file}-0123.npy" for row in (coffee, rocket)]
    for path in cut:
        path.parent.mkdir(parents=True)
        path.touch()
    with pytest.raises(LabError, match="no row 'abcdef'"):
        remove(corpus, [coffee.id, "abcdef"])
    assert len(corpus.rows) == 3
    printed = io.StringIO()
    monkeypatch.setattr(cli.screen, "_file", printed)
    assert CliRunner().invoke(cli.app, ["corpus", "remove", str(corpus.folder), coffee.id[:8]]).exit_code == 0
    said = " ".join(printed.getvalue().split())
    assert f"removed {coffee.id[:8]}" in said and f"is gone: {small.id[:8]}" in said
    assert {row.title: row.status for row in corpus.rows} == {"rocket": "usable", "small": "usable"}
    assert not [path for path in corpus.folder.rglob("*") if coffee.file in path.name]
    assert [path.exists() for path in cut] == [False, True]
    assert corpus.check() == []
    assert (corpus.folder.parent / "照片" / "coffee.jpg").exists()


def test_a_file_that_cannot_be_deleted_is_named(corpus, monkeypatch):
    row = corpus.rows[0]

    def held(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "it is open", str(path))

    monkeypatch.setattr(Path, "unlink", held)
    with pytest.raises(LabError, match=rf"{row.file}.*cannot be deleted \(it is open\)"):
        remove(corpus, [row.id])
