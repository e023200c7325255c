"""What goes wrong while models learn: one clear sentence, exit code 1 or 130, the last good state kept."""

import _thread
import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from feeding_files import drawn, entered
from typer.testing import CliRunner

from aigc_lab import LabError
from aigc_lab.cli import app
from aigc_lab.train import evaluate, fitting, running
from aigc_lab.train.evaluate import measure
from aigc_lab.train.feeding import Feed
from aigc_lab.train.finetuning import finetune
from aigc_lab.train.fitting import CHECKPOINT, LOG, Plan, Progress, fit
from aigc_lab.train.jobs import Job, seconds_of
from aigc_lab.train.troubles import plain

SIZE = (16, 24)
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def model(width: int = 1) -> keras.Model:
    made = keras.Sequential([keras.layers.Dense(width), keras.layers.Dense(1)])
    made(np.zeros((1, 2), "float32"))
    return made


def ones(step: int):
    return np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)


def from_step(first: int, trouble):
    """Batches that are as they should be up to a step, where `trouble` is raised, or done when it is a function."""

    def batch(step):
        if step >= first and isinstance(trouble, BaseException):
            raise trouble
        if step == first and not isinstance(trouble, BaseException):
            trouble()
        return ones(step)

    return batch


def plan(folder: Path, **more) -> Plan:
    return Plan(folder, **({"steps": 40, "round": 10, "save_every": 1e9, "say": lambda _: None} | more))


def kept_step(folder: Path) -> int:
    with np.load(folder / CHECKPOINT, allow_pickle=False) as state:
        assert all(np.isfinite(state[name]).all() for name in state.files)
        return int(state["step"])


def cli(*arguments: object):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def sentence(done) -> str:
    """What a verb that failed said on stderr: one line, no traceback."""
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit), done.exception
    assert done.stderr.startswith("✗ ") and done.stderr.endswith(".\n") and done.stderr.count("\n") == 1
    return done.stderr


def test_ctrl_c_keeps_the_last_round_and_the_same_command_goes_on(tmp_path):
    said = []
    done = fit(model(), from_step(34, _thread.interrupt_main), plan(tmp_path, steps=10_000, say=said.append))
    step = kept_step(tmp_path)
    assert not done.done and step >= 20 and step % 10 == 0
    assert said[-1].startswith(f"Stopped after step {step}: the checkpoint") and "the same command goes on" in said[-1]
    done = fit(model(), ones, plan(tmp_path, steps=step + 10))
    assert done.done and done.step == step + 10 and len(done.history) == 1


def test_ctrl_c_before_anything_was_learnt_promises_nothing(tmp_path):
    said = []
    done = fit(
        model(), from_step(2, _thread.interrupt_main), plan(tmp_path, steps=20_000, round=10_000, say=said.append)
    )
    assert not done.done and not (tmp_path / CHECKPOINT).exists()
    assert said == ["Stopped within the first 10000 steps: the same command begins again."]


@pytest.mark.parametrize(
    ("trouble", "kind", "told"),
    [
        (LabError("The shard is broken: draw it again."), LabError, r"^The shard is broken: draw it again\.$"),
        (MemoryError("Unable to allocate 9 GiB"), LabError, "not enough memory: take a smaller --batch for run"),
        (FileNotFoundError(2, "No such file", "clip.npy"), LabError, "clip.npy cannot be read or written"),
        (KeyError("a mistake of ours"), KeyError, "a mistake of ours"),
    ],
)
def test_what_goes_wrong_in_a_batch_is_told_as_it_was_and_the_last_round_kept(tmp_path, trouble, kind, told):
    run = tmp_path / "run"
    with pytest.raises(kind, match=told) as raised:
        fit(model(), from_step(30, trouble), plan(run))
    assert "Traceback" not in str(raised.value) and kept_step(run) in (10, 20, 30)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried to"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 4000000000000 bytes."),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8589934592 bytes."),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        type("ResourceExhaustedError", (Exception,), {})("allocator cpu"),
    ],
)
def test_every_library_says_in_its_own_way_that_memory_is_full(error):
    assert "not enough memory: take a smaller --batch" in str(plain(error, "take a smaller --batch"))


def test_a_mistake_of_the_program_is_no_sentence_for_people():
    assert plain(ValueError("shapes (2,3) and (4,) do not fit"), "") is None


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    write = np.savez

    def full(path, **arrays):
        if arrays["step"] > 20:
            Path(path).write_bytes(b"half")
            raise FULL
        write(path, **arrays)

    monkeypatch.setattr(fitting.np, "savez", full)
    with pytest.raises(LabError, match=r"Cannot write .*checkpoint\.npz \(.*free some space"):
        fit(model(), ones, plan(tmp_path, save_every=0))
    assert kept_step(tmp_path) == 20 and not list(tmp_path.glob(".part-*"))


def test_a_log_line_that_was_cut_by_a_full_disk_is_no_end_of_the_log(tmp_path):
    fit(model(), ones, plan(tmp_path, steps=20))
    with open(tmp_path / LOG, "a", encoding="utf-8") as log:
        log.write('{"step": 30, "sec')
    fit(model(), ones, plan(tmp_path, steps=30))
    assert [json.loads(line)["step"] for line in (tmp_path / LOG).read_text().splitlines()] == [10, 20, 30]


def larger() -> keras.Model:
    made = keras.Sequential([keras.layers.Dense(1), keras.layers.Dense(1), keras.layers.Dense(1)])
    made(np.zeros((1, 2), "float32"))
    return made


@pytest.mark.parametrize("damage", ["other sizes", "a larger model", "cut", "empty", "text", "other arrays"])
def test_a_checkpoint_of_another_model_or_a_damaged_one_is_refused_and_left_alone(tmp_path, damage):
    path, mine = tmp_path / CHECKPOINT, model()
    fit(
        {"other sizes": lambda: model(3), "a larger model": larger}.get(damage, model)(), ones, plan(tmp_path, steps=10)
    )
    raw = path.read_bytes()
    if damage == "other arrays":
        np.savez(path, a=np.zeros(3))
    elif damage in ("cut", "empty", "text"):
        path.write_bytes({"cut": raw[: len(raw) // 2], "empty": b"", "text": b"my notes"}[damage])
    raw, before = path.read_bytes(), mine.get_weights()
    with pytest.raises(LabError, match=r"checkpoint\.npz .*checkpoint.*: take another folder, or remove it\.$"):
        fit(mine, ones, plan(tmp_path))
    assert path.read_bytes() == raw
    assert all(np.array_equal(a, b) for a, b in zip(before, mine.get_weights(), strict=True))


def test_nan_in_the_first_steps_promises_no_checkpoint(tmp_path):
    def nothing(step):
        return np.full((4, 2), np.nan, np.float32), np.ones((4, 1), np.float32)

    with pytest.raises(LabError, match="became nan within the first 10 steps: begin with a lower rate"):
        fit(model(), nothing, plan(tmp_path))
    assert not (tmp_path / CHECKPOINT).exists()


@pytest.mark.parametrize("budget", ["0", "-5m", "ten minutes", "5ms", "nan", "inf", "m", "", "1e400", "6 0m"])
def test_a_budget_that_is_no_time_is_refused(budget):
    with pytest.raises(LabError, match="is no time: write 90s, 60m or 1.5h"):
        seconds_of(budget)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("autoencoder",), "needs a budget: say how long"),
        (("autoencoder", "--steps", -5), "--steps is -5, which makes no training run"),
        (("generator", "--steps", 5, "--batch", -1), "--batch is -1"),
        (("generator", "--steps", 5, "--rate", "nan"), "--rate is nan"),
        (("corpus", "--clips", -64), "--clips is -64"),
        (("recognizer", "--steps", 5, "--seed", -1), "--seed is -1"),
        (("predictor", "--steps", 5, "--corpus", "FILE"), "file is a file: name a folder for the corpus with --corpus"),
        (("upscaler", "--steps", 5, "--out", "FILE"), "(it is a file): name another folder with --out"),
        (("corpus", "--corpus", "FILE/below"), "name another folder with --corpus"),
        (("autoencoder", "--steps", 5), "holds no drawn clips: draw them first (aigc-lab train corpus --corpus"),
        (("tokens",), "weights.json is missing"),
        (("judge",), "weights.json is missing"),
        (("judge", "--clips", 3), "3 clips judge nothing: ask for 8 --clips or more"),
        (("card",), "was not judged: run `aigc-lab train judge` first"),
        (("recognizer", "--finetune", "--steps", 5), "Only the generator can be fine-tuned"),
        (("generator", "--finetune"), "needs a budget: say how long"),
        (("generator", "--finetune", "--steps", 5), "There is no corpus in"),
    ],
)
def test_a_run_that_cannot_end_well_does_not_begin(arguments, told, tmp_path):
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    given = [str(a).replace("FILE", str(file)) for a in arguments]
    for flag, name in (("--corpus", "corpus"), ("--out", "out")):
        given += [] if flag in given else [flag, str(tmp_path / name)]
    assert told in sentence(cli("train", *given))
    assert file.read_text(encoding="utf-8") == "mine" and not list(tmp_path.rglob("*.npz"))


def test_a_folder_that_takes_no_files_is_told_before_the_work(tmp_path, monkeypatch):
    def full(**_):
        raise FULL

    monkeypatch.setattr("aigc_lab.train.troubles.tempfile.TemporaryFile", full)
    said = sentence(cli("train", "autoencoder", "--steps", 5, "--out", tmp_path, "--corpus", tmp_path))
    assert "Nothing can be written to" in said and "name another folder with --out" in said


def test_a_run_that_was_stopped_says_so_by_its_exit_code(tmp_path, monkeypatch):
    stopped = {"autoencoder": lambda job: Progress(step=50), "corpus": lambda job: None}
    monkeypatch.setattr(running, "TRAINABLE", stopped)
    folders = "--out", tmp_path, "--corpus", tmp_path
    assert cli("train", "autoencoder", "--steps", 100, *folders).exit_code == 130
    assert cli("train", "corpus", *folders).exit_code == 0


def test_no_memory_left_while_measuring_is_one_sentence(tmp_path, monkeypatch):
    def full(asked):
        raise MemoryError

    monkeypatch.setitem(evaluate.MODELS, "autoencoder", full)
    assert "not enough memory: take fewer --clips" in sentence(cli("evaluate", "autoencoder", "--corpus", tmp_path))
    with pytest.raises(LabError, match="take fewer --clips"):
        measure("autoencoder", 2, tmp_path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # what is left out
def test_a_loop_over_a_dataset_hears_our_sentence_and_nothing_of_tensorflow(tmp_path):
    own = entered(tmp_path, [drawn(tmp_path, seed) for seed in range(2)])
    feed = Feed(own, batch=1, workers=1)
    data = feed.dataset()
    assert len(list(data)) == len(list(data.as_numpy_iterator())) == 2
    for path in (*tmp_path.rglob("*.mp4"), *feed.folder.rglob("*.npy")):
        path.unlink()
    for read in (iter, lambda data: data.as_numpy_iterator()):
        with pytest.raises(LabError, match=r"^Nothing is left to learn from in .*put back the file\.$"):
            list(read(data))


def test_a_disk_that_is_full_while_clips_are_kept_apart_is_told(tmp_path, monkeypatch):
    rows = [drawn(tmp_path, seed) for seed in range(5)]
    own = entered(tmp_path, [replace(rows[0], split="test"), *rows[1:]])
    real = Feed.__init__

    def full(feed, corpus, part, **options):
        if part == "test":
            raise LabError("Cannot write clips (No space left on device): free some space.")
        real(feed, corpus, part, **options)

    monkeypatch.setattr(Feed, "__init__", full)
    with pytest.raises(LabError, match="Cannot write clips"):
        finetune(Job(own.folder, tmp_path / "out", steps=2, say=lambda _: None))


def test_a_flag_that_a_model_has_no_use_for_is_told(tmp_path):
    out = "--out", tmp_path / "out", "--corpus", tmp_path / "corpus"
    assert "corpus trains nothing" in sentence(cli("train", "corpus", "--start", tmp_path, *out))
    assert "recognizer has no tokens" in sentence(cli("train", "recognizer", "--channels", 8, "--steps", 2, *out))
    assert not list(tmp_path.iterdir())


def test_weights_that_are_missing_are_told_before_anything_is_drawn(tmp_path):
    for name in ("corpus", "weights"):
        (tmp_path / name).mkdir()
    given = "--corpus", tmp_path / "corpus", "--weights", tmp_path / "weights"
    for name in evaluate.MODELS:
        assert "weights.json is missing" in sentence(cli("evaluate", name, *given))
    assert not list((tmp_path / "corpus").iterdir())
