"""The manifest gives back what was put in, whole or not at all, and says in a sentence what is wrong with it."""

import dataclasses
import json
import math
import threading

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus_fakes import row
from hypothesis import given, settings
from hypothesis import strategies as st

from aigc_lab import LabError
from aigc_lab.collect import manifest
from aigc_lab.collect.cleaning import Flag
from aigc_lab.collect.manifest import NAME, SCHEMA, Manifest, Row, locked, packed, read, write

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(allow_nan=False, allow_infinity=False)
sizes = st.integers(0, 2**31 - 1)
flags = st.builds(Flag, name=words, value=numbers, limit=numbers, reason=words)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """Any row that a corpus can have; its id comes later."""
    texts = {f.name: draw(words) for f in dataclasses.fields(Row) if f.type is str or f.type == "str"}
    texts |= {"status": draw(st.sampled_from(["usable", "quarantine"]))}
    answers = {f"may_{use}": draw(st.booleans()) for use in ("publish", "edit", "sell", "train")}
    real = {name: draw(numbers) for name in ("fps", "seconds", "start", "end")}
    return Row(
        **texts, **answers, **real, tags=tuple(draw(st.lists(words, max_size=3))), width=draw(sizes),
        height=draw(sizes), crop=draw(st.none() | st.tuples(sizes, sizes, sizes, sizes)),
        how=draw(st.dictionaries(words, words, max_size=3)), measures=draw(st.dictionaries(words, numbers, max_size=3)),
        flags=tuple(draw(st.lists(flags, max_size=2))), fingerprint=draw(st.binary(max_size=40)),
    )  # fmt: skip


def numbered(found: list[Row]) -> tuple[Row, ...]:
    """The rows with ids and paths of their own."""
    files = [f"{i:032x}" for i in range(len(found))]
    return tuple(
        dataclasses.replace(r, id=f"{file}-001", path=f"media/{file[:2]}/{file}")
        for r, file in zip(found, files, strict=True)
    )


@given(st.lists(rows(), max_size=4), st.dictionaries(words, numbers, max_size=3), st.integers())
@settings(max_examples=60)
def test_what_is_written_is_read_back_and_the_same_rows_are_the_same_bytes(tmp_path_factory, found, shares, seed):
    folder = tmp_path_factory.mktemp("语料 库")
    told = Manifest(numbered(found), {"seed": seed, "shares": shares})
    assert write(folder, told)
    assert read(folder) == told
    before = (folder / NAME).read_bytes()
    assert not write(folder, read(folder))
    assert (folder / NAME).read_bytes() == before == packed(told)


def test_pandas_reads_it_with_the_types_it_has(tmp_path):
    held = row(7, measures={"sharpness": 2.5}, flags=(Flag("soft", 2.5, 3.0, "It is soft."),), crop=(0, 8, 64, 48))
    write(tmp_path, Manifest((held, row(8, tags=("sea", "海")))))
    table = pd.read_parquet(tmp_path / NAME)
    assert list(table.columns) == SCHEMA.names
    assert table.may_train.dtype == bool and table.width.dtype == "int32" and table.seconds.dtype == "float64"
    assert json.loads(table["measures"][0])["sharpness"] == 2.5
    assert json.loads(table["flags"][0])[0]["reason"] == "It is soft."
    assert list(table.crop[0]) == [0, 8, 64, 48] and list(table.tags[1]) == ["sea", "海"]


def test_numbers_that_json_does_not_know_and_half_characters_do_no_harm(tmp_path):
    write(tmp_path, Manifest((row(1, measures={"a": math.inf, "b": math.nan}, title="b\udcffd"),)))
    (back,) = read(tmp_path).rows
    assert math.isnan(back.measures["a"]) and math.isnan(back.measures["b"]) and back.title == "b?d"


def test_no_manifest_is_an_empty_one(tmp_path):
    assert read(tmp_path / "nowhere") == Manifest()


@pytest.mark.parametrize("harm", ["empty", "half", "text", "bit"])
def test_damage_is_told_in_a_sentence(tmp_path, harm):
    write(tmp_path, Manifest(tuple(row(i, title=f"title {i}") for i in range(50))))
    data = (tmp_path / NAME).read_bytes()
    flipped = bytearray(data)
    flipped[len(data) // 8] ^= 4
    harmed = {"empty": b"", "half": data[: len(data) // 2], "text": b"hello" * 50, "bit": bytes(flipped)}[harm]
    (tmp_path / NAME).write_bytes(harmed)
    with pytest.raises(LabError, match=r"manifest\.parquet is damaged \(.+\): put back a copy"):
        read(tmp_path)


def changed(folder, edit) -> None:
    """A manifest of two rows that a person has changed as a table."""
    write(folder, Manifest((row(1), row(2))))
    table = pq.read_table(folder / NAME)
    pq.write_table(edit(table), folder / NAME)


def test_a_newer_version_is_not_touched(tmp_path):
    about = {"aigc_lab": json.dumps({"version": manifest.VERSION + 1})}
    changed(tmp_path, lambda table: table.replace_schema_metadata(about))
    with pytest.raises(LabError, match="written by a newer lab"):
        read(tmp_path)


def test_missing_and_foreign_columns_are_named(tmp_path):
    changed(tmp_path, lambda table: table.drop_columns(["licence", "author"]))
    with pytest.raises(LabError, match="lost the columns author, licence"):
        read(tmp_path)
    changed(tmp_path, lambda table: table.append_column("mine", pa.array([1, 2])))
    with pytest.raises(LabError, match=r"columns the lab does not know \(mine\)"):
        read(tmp_path)


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "media/00/../x", "C:\\x", f"media/00/{'1' * 32}"])
def test_a_manifest_cannot_point_out_of_its_corpus(tmp_path, path):
    at = SCHEMA.names.index("path")
    changed(tmp_path, lambda table: table.set_column(at, "path", pa.array([path, path])))
    with pytest.raises(LabError, match="damaged"):
        read(tmp_path)


def test_a_table_saved_by_pandas_is_read_again(tmp_path):
    write(tmp_path, Manifest((row(1, crop=(1, 2, 3, 4)), row(2))))
    table = pd.read_parquet(tmp_path / NAME)
    table.loc[0, "title"] = "海浪"
    table.to_parquet(tmp_path / NAME)
    assert read(tmp_path).rows == (row(1, crop=(1, 2, 3, 4), title="海浪"), row(2))


def test_two_rows_of_one_id_are_never_written(tmp_path):
    with pytest.raises(LabError, match="would have the id"):
        write(tmp_path, Manifest((row(1), row(1))))
    assert not (tmp_path / NAME).exists()


def test_the_second_writer_waits_for_the_first_and_gives_up_with_a_sentence(tmp_path):
    order, held, go = [], threading.Event(), threading.Event()

    def first() -> None:
        with locked(tmp_path):
            held.set()
            go.wait(10)
            order.append("first")

    writer = threading.Thread(target=first)
    writer.start()
    assert held.wait(10)
    with pytest.raises(LabError, match="has been writing to .+ for over 0.1 s: wait"), locked(tmp_path, 0.1):
        order.append("too early")
    go.set()
    with locked(tmp_path, 10):
        order.append("second")
    writer.join()
    assert order == ["first", "second"]


def test_a_full_row_schema_has_the_columns_that_the_course_names():
    asked = """id path kind source address author licence may_publish may_edit may_sell may_train title width height fps
    seconds theme subject style caption_en caption_zh split measures flags start end crop group consent tags note status
    added"""
    assert set(asked.split()) <= set(SCHEMA.names)
