"""A corpus takes in what it is given, once, keeps each file as it was, and lets nothing through that may not pass."""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from corpus_fakes import add, planted
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_lab import LabError
from aigc_lab.collect import adding
from aigc_lab.collect.checkup import file_hash
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.items import Item
from aigc_lab.collect.manifest import NAME, locked


def state(corpus: Corpus) -> dict[str, bytes]:
    """Every file of a corpus, and its bytes."""
    files = (path for path in corpus.folder.rglob("*") if path.is_file())
    return {path.relative_to(corpus.folder).as_posix(): path.read_bytes() for path in files}


def by_title(corpus: Corpus) -> dict[str, str]:
    """Title -> status."""
    return {row.title.removeprefix("Title of "): row.status for row in corpus.rows}


@pytest.fixture
def corpus(chinese_folder: Path) -> Corpus:
    """An empty corpus in a folder with a Chinese name."""
    return Corpus(chinese_folder / "语料")


def test_a_corpus_that_is_only_looked_at_is_not_made(corpus):
    assert corpus.rows == [] and corpus.check() == [] and len(corpus.table()) == 0 and not corpus.folder.exists()


def test_adding_the_same_source_twice_changes_nothing_byte_for_byte(corpus, tmp_path):
    items = [planted(tmp_path, f"片段 {i}.mp4", look=[i], flags=["soft"] if i % 2 else []) for i in range(6)]
    items += [planted(tmp_path, "dark.mp4", flags=["black"]), planted(tmp_path, "whose.mp4", licence="")]
    items += [
        planted(tmp_path, "copy.mp4", look=[3, 2]),
        planted(tmp_path, "same.mp4", bytes="片段 0.mp4", look=[0], flags=[]),
    ]
    first = add(corpus, items)
    assert (first.added, first.known, first.renewed) == (9, 0, 0)
    before = state(corpus)
    again = add(Corpus(corpus.folder), items)
    assert state(corpus) == before
    assert (again.added, again.shots, again.known, again.renewed, again.restored) == (0, 0, 9, 0, 0)
    ((_, problem),) = corpus.check()
    assert "whose.mp4 has no rights" in problem


def test_each_refused_file_has_a_line_with_the_reason(corpus, tmp_path):
    items = [planted(tmp_path, "good.mp4", look=[1]), planted(tmp_path, "dark.mp4", flags=["black", "soft"])]
    items += [planted(tmp_path, "whose.mp4", licence=""), planted(tmp_path, "copy.mp4", look=[1, 2])]
    items += [planted(tmp_path, "twin.mp4", bytes="good.mp4", look=[1]), planted(tmp_path, "bad.mp4", fail=True)]
    items += [Item(tmp_path / "gone.mp4", "video", "folder", address="gone.mp4")]
    heard: list[str] = []
    report = add(corpus, items, tell=heard.append)
    refused = dict(report.refused)
    assert set(refused) == {"dark.mp4", "whose.mp4", "copy.mp4", "twin.mp4", "bad.mp4", "gone.mp4"}
    assert refused["dark.mp4"] == "It is black." and "name its licence" in refused["whose.mp4"]
    assert "shows the same as good.mp4" in refused["copy.mp4"] and "bytes are those of good.mp4" in refused["twin.mp4"]
    assert refused["bad.mp4"] == "It could not be looked at (ValueError: no such thing)."
    assert "cannot be read" in refused["gone.mp4"]
    assert str(report).count("\n- ") == 6 and heard[0] == "+ good.mp4" and len(heard) == 7
    (kept,) = [flag for row in corpus.rows for flag in row.flags if flag.name == "duplicate"]
    assert file_hash(tmp_path / "good.mp4")[:8] in kept.reason and 0 < kept.value <= kept.limit


def test_files_keep_their_bytes_and_their_rights_to_be_read_and_lie_by_what_is_in_them(corpus, tmp_path):
    item = planted(tmp_path, "Größe 海.MP4", look=[1])
    item.path.chmod(0o600)
    data, mode = item.path.read_bytes(), item.path.stat().st_mode
    add(corpus, [item, planted(tmp_path, "dark.mp4", flags=["black"])])
    assert item.path.read_bytes() == data and item.path.stat().st_mode == mode
    for row in corpus.rows:
        path = corpus.path(row)
        assert path.parent.name == row.id[:2] and path.name == f"{file_hash(path)}.mp4"
        assert path.parent.parent.name == ("media" if row.status == "usable" else "quarantine")


def test_a_file_on_another_disk_is_copied(corpus, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("another disk")

    monkeypatch.setattr(os, "link", refuse)
    item = planted(tmp_path, "a.mp4")
    add(corpus, [item])
    assert corpus.path(corpus.rows[0]).read_bytes() == item.path.read_bytes()
    assert list(corpus.folder.rglob(".part-*")) == []


def test_a_file_with_shots_becomes_a_row_for_each(corpus, tmp_path):
    report = add(corpus, [planted(tmp_path, "film.mp4", seconds=9, shots=[[0, 2.5], [2.5, 7]])])
    one, two = corpus.rows
    assert (report.added, report.shots) == (1, 2) and one.path == two.path and one.id != two.id
    assert (one.start, one.end, one.seconds) == (0, 2.5, 2.5) and (two.start, two.end, two.seconds) == (2.5, 7, 4.5)


@given(st.permutations([(1, 640, 2, "CC0-1.0"), (1, 1280, 2, "CC0-1.0"), (1, 1280, 9, "CC0-1.0"), (1, 1920, 9, "")]),
       st.integers(1, 4))  # fmt: skip
@settings(max_examples=20)
def test_the_best_of_near_duplicates_stays_however_they_come(tmp_path_factory, order, cut):
    folder = tmp_path_factory.mktemp("d")
    items = [
        planted(folder, f"{width}-{seconds}.mp4", licence=licence, look=[look, i], width=width, seconds=seconds)
        for i, (look, width, seconds, licence) in enumerate(order)
    ]
    corpus = Corpus(folder / "corpus")
    add(corpus, items[:cut])
    add(corpus, items[cut:])
    assert [title for title, status in by_title(corpus).items() if status == "usable"] == ["1280-9.mp4"]
    assert len(list((corpus.folder / "media").rglob("*.mp4"))) == 1
    assert len(list((corpus.folder / "quarantine").rglob("*.mp4"))) == 3
    assert {problem[1].split(" has")[1][:10] for problem in corpus.check()} == {" no rights"}


def test_of_two_equal_ones_the_first_stays_and_another_kind_of_trouble_does_not_win(corpus, tmp_path):
    add(corpus, [planted(tmp_path, "large-black.mp4", look=[1], width=4000, flags=["black"])])
    add(corpus, [planted(tmp_path, "first.mp4", look=[1, 1]), planted(tmp_path, "second.mp4", look=[1, 2])])
    assert by_title(corpus) == {"large-black.mp4": "quarantine", "first.mp4": "usable", "second.mp4": "quarantine"}


def test_a_better_copy_sends_the_old_one_to_quarantine_and_the_report_says_so(corpus, tmp_path):
    add(corpus, [planted(tmp_path, "small.mp4", look=[1])])
    corpus.split({"train": 1.0})
    report = add(corpus, [planted(tmp_path, "large.mp4", look=[1, 1], width=1280)])
    assert by_title(corpus) == {"small.mp4": "quarantine", "large.mp4": "usable"}
    assert [name for name, _ in report.refused] == ["small.mp4"] and corpus.rows[0].split == ""


def test_a_source_that_tells_more_is_heard(corpus, tmp_path):
    item = planted(tmp_path, "a.mp4", licence="", look=[1])
    add(corpus, [item, planted(tmp_path, "b.mp4")])
    assert by_title(corpus)["a.mp4"] == "quarantine" and corpus.usable("publish") == [corpus.rows[1]]
    report = add(corpus, [replace(item, licence="CC-BY-4.0")])
    assert (report.added, report.known, report.renewed) == (0, 0, 1)
    assert [row.title for row in corpus.usable("train")] == ["Title of a.mp4", "Title of b.mp4"]
    assert corpus.rows[0].path.startswith("media/") and corpus.check() == []
    add(corpus, [replace(item, licence="LicenseRef-Research")])
    assert [row.title for row in corpus.usable("publish")] == ["Title of b.mp4"]


def test_a_second_source_does_not_change_what_the_first_said_but_brings_rights_where_none_were(corpus, tmp_path):
    item = planted(tmp_path, "a.mp4", licence="CC-BY-NC-4.0")
    other = replace(item, source="commons", address="https://example.org/a", licence="CC0-1.0")
    add(corpus, [item])
    assert len(add(corpus, [other]).refused) == 1 and corpus.rows[0].licence == "CC-BY-NC-4.0"
    unknown = planted(tmp_path, "b.mp4", licence="")
    add(corpus, [unknown, replace(unknown, source="commons", licence="CC0-1.0")])
    assert (corpus.rows[1].source, corpus.rows[1].licence) == ("commons", "CC0-1.0")
    before = state(corpus)
    add(corpus, [unknown, replace(unknown, source="commons", licence="CC0-1.0")])
    assert state(corpus) == before


def test_a_run_that_is_stopped_loses_nothing_and_goes_on(corpus, tmp_path, monkeypatch):
    items = [planted(tmp_path, f"{i}.mp4", look=[i]) for i in range(5)]

    def until(count: int, error: type[BaseException]) -> Iterable[Item]:
        yield from items[:count]
        raise error("enough")

    for count, error in ((2, LabError), (4, KeyboardInterrupt)):
        with pytest.raises(error, match="enough"):
            add(corpus, until(count, error))
        assert len(corpus.rows) == count and corpus.check() == []
    assert (add(corpus, items).added, len(corpus.rows)) == (1, 5)


def test_what_comes_in_is_written_from_time_to_time(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(adding, "EVERY", -1e9)
    seen: list[int] = []
    add(corpus, [planted(tmp_path, f"{i}.mp4") for i in range(4)], tell=lambda line: seen.append(len(corpus.rows)))
    assert seen[0] == 0 and seen[1] == 1 and len(corpus.rows) == 4


def test_files_that_a_killed_run_left_are_named_and_taken_up_by_the_next(corpus, tmp_path):
    items = [planted(tmp_path, f"{i}.mp4") for i in range(2)]
    add(corpus, items)
    (corpus.folder / NAME).unlink()
    assert [problem for _, problem in corpus.check()] == ["No row names it: add it from its source, or delete it."] * 2
    add(corpus, items)
    assert corpus.check() == []


def test_a_worker_that_dies_and_a_source_that_fails_lose_nothing(tmp_path):
    items = [planted(tmp_path, f"{i}.mp4", look=[i % 4, i], die=i == 2) for i in range(6)]

    def source() -> Iterable[Item]:
        yield from items
        raise LabError("The service does not answer.")

    alone, many = Corpus(tmp_path / "alone"), Corpus(tmp_path / "many")
    with pytest.raises(LabError, match="does not answer"):
        add(many, source(), workers=2)
    (killer,) = [row for row in many.rows if row.title == "Title of 2.mp4"]
    assert killer.status == "quarantine" and killer.refusing[0].reason.startswith("The program that read it died")
    add(alone, items[:2] + items[3:])
    assert [row for row in many.rows if row != killer] == alone.rows  # in the same order, with the same duplicates
    assert add(many, items).known == 6 and many.check() == []


OTHER = """
import sys
from pathlib import Path
from corpus_fakes import describe, inspect
from aigc_lab.collect import adding
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.items import Item
adding.EVERY = 0.0
names = ["shared", "one", "a1", "a2"]
files = [Path(sys.argv[1], f"{name}.mp4") for name in names]
items = [Item(f, "text", "a", f.name, licence="CC0-1.0", title=f"Title of {f.name}") for f in files]
print("ready", flush=True)
Corpus(sys.argv[2]).add(items, inspect=inspect, describe=describe)
"""


def test_two_programs_can_add_to_one_corpus_at_once(corpus, tmp_path, monkeypatch):
    looks = {"shared": [1], "one": [2], "two": [2, 3], "a1": [4], "a2": [5], "b1": [6], "b2": [7]}
    items = {name: planted(tmp_path, f"{name}.mp4", look=look) for name, look in looks.items()}
    monkeypatch.setattr(adding, "EVERY", 0.0)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    command = [sys.executable, "-c", OTHER, str(tmp_path), str(corpus.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as other:
        assert other.stdout.readline().strip() == b"ready"
        add(corpus, [items[name] for name in ("b1", "two", "shared", "b2")])
        _, told = other.communicate(timeout=120)
        assert other.returncode == 0, told.decode("utf-8", "replace")
    assert sorted(by_title(corpus)) == sorted(f"{name}.mp4" for name in looks) and corpus.check() == []
    assert sorted(by_title(corpus).values()) == ["quarantine"] + ["usable"] * 6
    assert by_title(corpus)["one.mp4"] != by_title(corpus)["two.mp4"]


def test_a_writer_that_cannot_get_in_says_so_and_its_work_is_not_lost(corpus, tmp_path, monkeypatch):
    items = [planted(tmp_path, "a.mp4")]
    short = adding.manifest.locked
    monkeypatch.setattr(adding.manifest, "locked", lambda folder: short(folder, 0.05))
    with locked(corpus.folder), pytest.raises(LabError, match="Another program has been writing"):
        add(corpus, items)
    assert add(corpus, items).added == 1 and corpus.check() == []


def test_check_names_what_changed_is_missing_astray_or_without_rights(corpus, tmp_path):
    names = ["kept", "changed", "lost"]
    add(corpus, [planted(tmp_path, f"{name}.mp4") for name in names] + [planted(tmp_path, "whose.mp4", licence="")])
    changed, lost, whose = corpus.rows[1:]
    corpus.path(changed).unlink()
    corpus.path(changed).write_text("other bytes", encoding="utf-8")
    corpus.path(lost).unlink()
    (corpus.folder / "media" / "notes.txt").write_text("mine", encoding="utf-8")
    heard: list[float] = []
    found = dict(corpus.check(heard.append))
    assert set(found) == {changed.id, lost.id, whose.id, "media/notes.txt"} and heard[-1] == 1.0
    assert "have changed" in found[changed.id] and "is missing: add lost.mp4 again" in found[lost.id]
    assert "has no rights" in found[whose.id]
    corpus.path(changed).unlink()
    report = add(corpus, [planted(tmp_path, f"{name}.mp4") for name in names])
    assert (report.restored, report.known) == (2, 1)
    assert set(dict(corpus.check())) == {whose.id, "media/notes.txt"}


def test_a_damaged_manifest_is_the_problem_that_check_names(corpus, tmp_path):
    add(corpus, [planted(tmp_path, "a.mp4")])
    (corpus.folder / NAME).write_bytes(b"PAR1 and then nothing")
    ((where, problem),) = corpus.check()
    assert where == NAME and "is damaged" in problem
    with pytest.raises(LabError, match="is damaged"):
        add(corpus, [planted(tmp_path, "b.mp4")])


def test_a_file_is_no_corpus(tmp_path):
    (tmp_path / "a.txt").write_text("", encoding="utf-8")
    with pytest.raises(LabError, match="is a file: name a folder"):
        Corpus(tmp_path / "a.txt")


def test_splits_are_written_stay_and_do_not_leak(corpus, tmp_path):
    first = [planted(tmp_path, f"{i}.mp4", look=[i], group=f"take {i // 2}") for i in range(40)]
    add(corpus, [*first, planted(tmp_path, "dark.mp4", flags=["black"])])
    counts = corpus.split(seed=4)
    assert sum(counts.values()) == 40 and counts["train"] == 32 and corpus.rows[-1].split == ""
    before, data = {row.id: row.split for row in corpus.rows}, (corpus.folder / NAME).read_bytes()
    assert corpus.split(seed=4) == counts and (corpus.folder / NAME).read_bytes() == data
    add(corpus, [planted(tmp_path, f"more {i}.mp4", look=[100 + i], group=f"take {i}") for i in range(40)])
    assert sum(corpus.split(seed=4).values()) == 80 and corpus.check() == []
    assert all(row.split == before[row.id] for row in corpus.rows if row.id in before)
    corpus.split(seed=5)
    assert any(row.split != before[row.id] for row in corpus.rows if row.id in before)
