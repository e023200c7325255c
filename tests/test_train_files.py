"""What models learn from may be damaged, foreign or gone, the disk full, a process killed: each is named."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from trouble_jobs import die_at_two, double, no_memory, stubborn, unhearing

from aigc_lab import LabError
from aigc_lab.settings import data_path
from aigc_lab.train import predicting, running
from aigc_lab.train.evaluate import Asked, draw_unseen
from aigc_lab.train.input import GAPS, PARTS, PHASES, SHARD, Drawn, all_subject_cells, render, shards
from aigc_lab.train.jobs import Job
from aigc_lab.train.predicting import drawn_films
from aigc_lab.train.weights import digests, keep, kept, record
from aigc_lab.train.workers import spread

SIZE = (16, 24)
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    """One shard of small clips for the models and one for the upscaler."""
    folder = tmp_path_factory.mktemp("corpus")
    render(folder, "pictures", SHARD, SIZE)
    render(folder, "upscaler", 1, SIZE)
    return folder


SHAPE = (SHARD, 16, 24, 16, 3)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (np.zeros((SHARD, 16, 24, 15, 3), np.uint8), "uint8 64x16x24x15x3 instead of uint8 64x16x24x16x3"),
        (np.zeros((3, 16, 24, 16, 3), np.uint8), "uint8 3x16"),
        (np.full(SHAPE, np.nan, np.float32), "float32 64x16x24x16x3 instead of uint8"),
        (b"", "cut off, or no array"),
        (b"PK\x03\x04 a zip", "cut off, or no array"),
        ("cut", "cut off, or no array"),
        ("folder", "directory"),
    ],
)
def test_a_shard_that_is_damaged_or_something_else_is_named(corpus, tmp_path, damage, why):
    folder = shards(tmp_path, "pictures", SIZE)
    folder.mkdir(parents=True)
    whole = next(shards(corpus, "pictures", SIZE).glob("*.npy")).read_bytes()
    (folder / "0000000.npy").write_bytes(whole)
    path = folder / f"{SHARD:07d}.npy"
    if isinstance(damage, np.ndarray):
        np.save(path, damage)
    elif damage == "folder":
        path.mkdir()
    else:
        path.write_bytes(whole[:-100] if damage == "cut" else damage)
    with pytest.raises(LabError, match=rf"0000064\.npy cannot be used \(.*{why}.*\): remove it and draw again"):
        Drawn(tmp_path, "pictures", SIZE)


def test_of_no_numbers_come_no_clips(corpus):
    clips = Drawn(corpus, "pictures", SIZE)
    assert clips.clips(np.arange(0)).shape == (0, *SHAPE[1:])
    assert np.array_equal(clips.clips(np.array([3, 3, 0]))[1:], np.stack([clips.shards[0][3], clips.shards[0][0]]))


def test_large_frames_that_are_gone_are_drawn_again(corpus):
    drawn_clips = Drawn(corpus, "upscaler", SIZE)
    (large,) = drawn_clips.folder.glob("*.large.npy")
    before = drawn_clips.large(np.arange(2))
    assert before.shape == (2, len(GAPS), len(PHASES), 96, 64, 3)
    large.unlink()
    with pytest.raises(LabError, match=r"\.large\.npy cannot be used \(No such file.*draw again"):
        drawn_clips.large(np.arange(2))
    render(corpus, "upscaler", 1, SIZE)
    assert np.array_equal(drawn_clips.large(np.arange(2)), before)


def test_where_the_subjects_are_is_made_again_when_it_is_damaged(corpus):
    cells = all_subject_cells(corpus, "pictures", 2, SIZE, (4, 3, 2))
    (path,) = shards(corpus, "pictures", SIZE).parent.glob("*.2.cells.npy")
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(LabError, match="remove it, and it is made again"):
        all_subject_cells(corpus, "pictures", 2, SIZE, (4, 3, 2))
    path.unlink()
    assert np.array_equal(all_subject_cells(corpus, "pictures", 2, SIZE, (4, 3, 2)), cells)


def test_foreign_files_among_the_shards_do_not_count(tmp_path, monkeypatch):
    made = []
    folder = shards(tmp_path, "test", (40, 72))
    folder.mkdir(parents=True)
    for name in ("notes1.npy", ".part-a1b2c3.npy", f"{PARTS['test'][0] + SHARD:07d}.npy"):
        (folder / name).write_bytes(b"")
    monkeypatch.setattr("aigc_lab.train.input.render", lambda corpus, part, count, size: made.append(count))
    draw_unseen(Asked(3 * SHARD, tmp_path, None, False, None, lambda what, share: None), "test", 3 * SHARD)
    assert made == [SHARD, 3 * SHARD], "the first and the third are missing"


def test_a_disk_that_gets_full_leaves_no_half_of_the_films(tmp_path, monkeypatch):
    def some(*_):
        yield np.zeros((20, 24, 16, 3), np.uint8)
        raise FULL

    monkeypatch.setattr(predicting, "spread", some)
    with pytest.raises(LabError, match="Cannot write .*films-.*free some space"):
        drawn_films(tmp_path, "valid", 3, SIZE)
    assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    films = drawn_films(tmp_path, "valid", 3, SIZE)
    assert films.shape == (3, 20, 24, 16, 3) and np.array_equal(films[2], predicting.draw_film(1_000_002, SIZE))
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LabError, match="cut off, or no array.*remove it, and it is drawn again"):
        drawn_films(tmp_path, "valid", 3, SIZE)


@pytest.fixture
def encoded(tmp_path) -> tuple[Job, Path]:
    """A run with the shipped autoencoder, a shard of clips, and where its tokens go."""
    weights = tmp_path / "out" / "weights"
    weights.mkdir(parents=True)
    for name in ("autoencoder.safetensors", "weights.json"):
        (weights / name).write_bytes((data_path("weights") / name).read_bytes())
    folder = shards(tmp_path, "pictures", (40, 72))
    folder.mkdir(parents=True)
    np.save(folder / "0000000.npy", np.zeros((SHARD, 16, 72, 40, 3), np.uint8))
    said: list[str] = []
    job = Job(tmp_path, tmp_path / "out", steps=2, say=said.append)
    return job, job.out / f"tokens-{digests('autoencoder', folder=weights)[0][:8]}.npy"


@pytest.mark.parametrize("damage", ["cut", "other shape", "nan", "none"])
def test_tokens_that_are_damaged_are_named(encoded, damage, monkeypatch):
    job, path = encoded
    monkeypatch.setattr(running, "own_autoencoder", lambda job: (None, path.stem.removeprefix("tokens-")))
    tokens = np.ones((3, 5, 9, 5, 16), np.float16)
    tokens[1, 2, 3] = np.nan if damage == "nan" else 1
    np.save(path, {"other shape": tokens[..., :8], "none": tokens[:0]}.get(damage, tokens))
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        LabError, match=r"tokens-.*\.npy cannot be used \(.*: remove it, and the clips are encoded again"
    ):
        running.train("generator", job)


def test_weights_for_other_clips_are_told_before_they_are_used(encoded):
    job, _ = encoded
    with pytest.raises(LabError, match="is for clips of 40x72 .* has 80x144 .*: leave out --large"):
        running.train("tokens", replace(job, large=True))
    with pytest.raises(LabError, match=r"\(16 numbers in a token\), this run has 40x72 \(8\): --channels 16, or"):
        running.train("tokens", replace(job, channels=8))


def test_weights_of_another_model_under_a_models_name_are_refused(tmp_path):
    any_model = keras.Sequential([keras.layers.Dense(1)])
    any_model(np.zeros((1, 2), "float32"))
    keep(any_model, "upscaler", tmp_path, {"model": "upscaler"})
    listed = json.loads((tmp_path / "weights.json").read_text(encoding="utf-8"))
    (tmp_path / "weights.json").write_text(json.dumps({"autoencoder": listed["upscaler"]}), encoding="utf-8")
    with pytest.raises(LabError, match="holds the weights of another model, 'upscaler'"):
        kept("autoencoder", tmp_path)


def test_a_card_from_numbers_that_were_cut_is_refused(tmp_path):
    record(tmp_path / "weights", "judge", {}).write_text('{"clips": 5', encoding="utf-8")
    with pytest.raises(LabError, match="judge.json is damaged: measure again"):
        running.train("card", Job(tmp_path, tmp_path))


def test_other_processes_answer_in_order_and_pass_on_what_they_raise():
    assert list(spread(double, range(5), 2, 2)) == list(spread(double, range(5), 1)) == [0, 2, 4, 6, 8]
    with pytest.raises(MemoryError):
        list(spread(no_memory, range(3), 2))


def test_a_process_that_is_killed_ends_the_work_and_does_not_let_it_wait():
    with pytest.raises(LabError, match="was killed, most likely because memory was full: close other programs"):
        list(spread(die_at_two, range(4), 2))


def test_processes_that_have_nothing_left_to_do_end_without_a_word():
    program = (
        "from aigc_lab.train.workers import spread\n"
        "from trouble_jobs import double\n"
        "for _ in range(4): print(list(spread(double, range(6), 2)))\n"
    )
    folder = Path(__file__).parent
    place = {**os.environ, "PYTHONPATH": os.pathsep.join((str(folder), str(folder.parent)))}
    told = subprocess.run([sys.executable, "-c", program], env=place, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == ["[0, 2, 4, 6, 8, 10]"] * 4 and told.stderr == ""


@pytest.mark.timeout(120)
def test_a_process_that_does_not_want_to_end_is_not_waited_for():
    with pytest.raises(LabError, match="was killed, most likely because memory was full"):
        list(spread(stubborn, range(2), 2))


@pytest.mark.timeout(120)
def test_a_process_that_does_not_hear_that_it_is_to_end_is_not_waited_for():
    with pytest.raises(LabError, match="was killed, most likely because memory was full"):
        list(spread(unhearing, range(2), 2))


if os.name != "nt":  # there Ctrl-C cannot be sent to one program and its processes only

    def test_ctrl_c_is_quiet_in_all_processes_and_leaves_no_half_files(tmp_path):
        script = Path(__file__).with_name("trouble_jobs.py")
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
        place = {**os.environ, "PYTHONPATH": str(script.parents[1])}
        process = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=place, **pipes)
        until = time.monotonic() + 60
        while len(list(tmp_path.glob("*.begun"))) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=20)[1].decode("utf-8")
        assert process.returncode == 130 and "Traceback" not in said
        assert "Stopped. What is finished is kept" in said and not list(tmp_path.glob("*.npy")) + list(
            tmp_path.glob(".part-*")
        )
