"""A brief becomes a finished bundle; a run that was stopped goes on and ends with the same video."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.brief import Brief
from aigc_lab.media import probe, read_frames, read_image, read_sound
from aigc_lab.optimize.sound import loudness
from aigc_lab.production import produce
from aigc_lab.publish.labels import read_aigc
from aigc_lab.storyboard import read_storyboard

BRIEF = {
    "topic": "科技创新如何改变普通人的一天",
    "points": ["早上音箱先报天气", "高铁票已经在手机里"],
    "style": "neon",
    "pictures": "drawn",
    "seconds": 7,
    "handle": "@短视频实验室",
}
FILES = {
    "video.mp4", "cover.jpg", "captions.srt", "captions.ass", "post.json", "storyboard.yaml", "credits.md",
    "provenance.json", "report.html",
}  # fmt: skip


class Stopped(BaseException):
    """Ctrl-C, in a test."""


def stop_at(step: str):
    def tell(now: str, done: float) -> None:
        if now == step and done >= (0.5 if step in {"voice", "pictures", "video"} else 0):
            raise Stopped

    return tell


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    return produce(Brief(**BRIEF), tmp_path_factory.mktemp("视频 实验") / "成片")


def checksum(video: Path) -> list[int]:
    """A number for every decoded frame."""
    return [hash(np.ascontiguousarray(frame[::7, ::7]).tobytes()) for _, frame in read_frames(video)]


def test_the_bundle_is_complete_and_no_half_written_file_lies_about(bundle):
    assert {p.name for p in bundle.folder.iterdir() if not p.name.startswith(".work")} == FILES
    assert not list(bundle.folder.rglob(".part-*"))


def test_the_video_is_what_platforms_ask_for(bundle):
    info = probe(bundle.folder / "video.mp4")
    assert (info.width, info.height, round(info.fps)) == (1080, 1920, 30)
    assert info.seconds == pytest.approx(BRIEF["seconds"], abs=1)
    level, peak = loudness(read_sound(bundle.folder / "video.mp4", channels=2))
    assert level == pytest.approx(-14, abs=1)
    assert peak <= -0.5  # AAC may add a little to the -1 dB of the mix, which its own test measures


def test_every_shot_moves_and_none_freezes(bundle):
    board = bundle.storyboard
    frames = [f[::8, ::8].astype(int) for _, f in read_frames(bundle.folder / "video.mp4")]
    change = np.array([np.abs(b - a).mean() for a, b in zip(frames, frames[1:], strict=False)])
    for shot in board.shots:
        first, last = round(shot.start * 30) + 1, round((shot.start + shot.seconds) * 30) - 2
        inside = change[first:last]
        quiet = "".join("." if c < 0.02 else "x" for c in inside)
        assert "." * 6 not in quiet, f"shot {shot.id} freezes"


def test_cuts_stand_where_the_storyboard_says(bundle):
    frames = [f[::8, ::8].astype(int) for _, f in read_frames(bundle.folder / "video.mp4")]
    change = np.array([np.abs(b - a).mean() for a, b in zip(frames, frames[1:], strict=False)])
    for shot in bundle.storyboard.shots[1:]:
        cut = round(shot.start * 30) - 1
        assert np.argmax(change[max(cut - 4, 0) : cut + 5]) == min(cut, 4)


def test_video_and_cover_carry_the_ai_label(bundle):
    for name in ("video.mp4", "cover.jpg"):
        assert read_aigc(bundle.folder / name)["Label"] == "1"
    assert read_image(bundle.folder / "cover.jpg").shape == (1920, 1080, 3)


def test_provenance_names_the_brief_and_every_asset_with_its_rights(bundle):
    told = json.loads((bundle.folder / "provenance.json").read_text(encoding="utf-8"))
    assert told["brief"]["topic"] == BRIEF["topic"]
    assert all(a["licence"] and a["may"]["publish"] for a in told["assets"])
    assert str(bundle.folder.parent) not in json.dumps(told, ensure_ascii=False)


def test_a_run_stopped_at_every_step_ends_with_the_same_video(bundle, tmp_path):
    out = tmp_path / "again"
    for step in ("voice", "pictures", "sound", "video", "bundle"):
        with pytest.raises(Stopped):
            produce(Brief(**BRIEF), out, tell=stop_at(step))
        if step == "video":
            assert not (out / "video.mp4").exists()
    again = produce(Brief(**BRIEF), out)
    assert checksum(again.folder / "video.mp4") == checksum(bundle.folder / "video.mp4")
    first, second = (read_sound(b.folder / "video.mp4", 2).samples for b in (bundle, again))
    assert np.array_equal(first, second)
    assert (again.folder / "cover.jpg").read_bytes() == (bundle.folder / "cover.jpg").read_bytes()
    assert (again.folder / "provenance.json").read_bytes() == (bundle.folder / "provenance.json").read_bytes()


def test_one_shot_anew_leaves_the_others_untouched(bundle, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(bundle.folder, out)
    takes = {p.name: p.read_bytes() for p in (out / ".work").glob("take-*.mp4")}
    words = {p.name: p.read_bytes() for p in (out / ".work").glob("voice-*.wav")}
    board = read_storyboard(out / "storyboard.yaml")
    second = board.shots[1].model_copy(update={"seed": board.shots[1].seed + 1})
    made = produce(board.model_copy(update={"shots": [board.shots[0], second, *board.shots[2:]]}), out, job="")
    changed = {n for n, old in takes.items() if (out / ".work" / n).read_bytes() != old}
    assert changed == {f"take-{second.id}.mp4"}
    assert {p.name: p.read_bytes() for p in (out / ".work").glob("voice-*.wav")} == words
    assert made.storyboard.length == pytest.approx(bundle.storyboard.length)


def test_a_finished_bundle_is_not_made_twice(bundle):
    before = (bundle.folder / "video.mp4").stat().st_mtime_ns
    produce(Brief(**BRIEF), bundle.folder)
    assert (bundle.folder / "video.mp4").stat().st_mtime_ns == before


def test_another_brief_does_not_overwrite_a_bundle(bundle):
    with pytest.raises(LabError, match="holds another job"):
        produce(Brief(**BRIEF | {"seed": 8}), bundle.folder)


def test_a_killed_process_leaves_no_half_written_file_under_a_final_name(tmp_path):
    flags = ["--topic", "tea", "--point", "Tea grows on hills", "--seconds", "6", "--out", str(tmp_path / "out")]
    command = [sys.executable, "-m", "aigc_lab", "make", *flags]
    root = Path(__file__).resolve().parent.parent
    child = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    work = tmp_path / "out" / ".work"
    deadline = time.monotonic() + 120
    while not list(work.glob("take-*.mp4")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(child.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    child.wait()
    assert list(work.glob("take-*.mp4")), "the run never came to its pictures"
    for take in work.glob("take-*.mp4"):
        assert probe(take).seconds > 0.5  # whole, or not there
    assert not {p.name for p in (tmp_path / "out").iterdir()} & (FILES - {"storyboard.yaml"})
