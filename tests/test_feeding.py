"""A corpus becomes clips for models: the right ones, upright around their subject, varied, their labels kept right."""

import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import psutil
import pytest
from feeding_files import drawn, entered, film, photo, taken
from footage_files import scene

from aigc_lab import LabError
from aigc_lab.collect import manifest
from aigc_lab.collect.cleaning import Flag
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.manifest import Manifest, Row
from aigc_lab.collect.scenes import draw_scene, sample_spec
from aigc_lab.generate.footage import HDR
from aigc_lab.media import ffmpeg, read_image, run_ffmpeg, write_frames
from aigc_lab.train import decoding, feeding
from aigc_lab.train.augmenting import mirrored_chinese
from aigc_lab.train.decoding import Cutting, frames_at, keep, picture_clip, shard, video_clips
from aigc_lab.train.feeding import Feed, clips_from
from aigc_lab.train.input import words


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> Corpus:
    """Drawn scenes, a film of two shots and a picture, beside much that must not come out."""
    folder = tmp_path_factory.mktemp("c") / "语料 库"
    folder.mkdir()
    rows = [drawn(folder, 3, motion="left"), drawn(folder, 4, subject="cat"), drawn(folder, 8, style="neon")]
    long = film(folder, "long.mp4", 2, seconds=5.5)
    rows += [replace(long, id=f"{long.id}-001", end=2.7), replace(long, id=f"{long.id}-002", start=2.7)]
    rows += [photo(folder, "photo.png", title="A street")]
    black = Flag("black", 0.9, 0.5, "It is black.")
    away = {"status": "quarantine", "flags": (black,), "split": ""}
    bad = film(folder, "bad.mp4", 3)
    rows += [replace(bad, path=bad.path.replace("media", "quarantine"), **away)]
    rows += [film(folder, "refused.mp4", 4, may_train=False), film(folder, "test.mp4", 5, split="test")]
    seen = Flag("faces", 2, 1, "Faces are seen.")
    rows += [film(folder, "faces.mp4", 6, flags=(seen,)), film(folder, "short.mp4", 7, seconds=1.2)]
    return entered(folder, rows)


def good(corpus: Corpus) -> list[str]:
    return [row.id for row in corpus.rows[:6]]


def same(first: list[dict], second: list[dict]) -> bool:
    return all(np.array_equal(a[key], b[key]) for a, b in zip(first, second, strict=True) for key in a)


def test_a_dataset_gives_batches_of_clips_with_their_labels(mixed):
    batches = list(clips_from(mixed, batch=4, seed=1).as_numpy_iterator())
    assert [b["clips"].shape for b in batches] == [(4, 16, 72, 40, 3), (2, 16, 72, 40, 3)]
    assert all(b["clips"].dtype == np.uint8 and b["clips"].std() > 5 for b in batches)
    told = {
        id.decode(): {name: batch[name][k] for name in ("theme", "subject", "style", "motion", "caption_zh")}
        for batch in batches
        for k, id in enumerate(batch["id"])
    }
    cat = next(row for row in mixed.rows if row.subject == "cat")
    assert words()["subject"][told[cat.id]["subject"] - 1] == "cat"
    assert words()["theme"][told[cat.id]["theme"] - 1] == "home"
    assert told[cat.id]["caption_zh"].decode() in (cat.caption_zh, mirrored_chinese(cat.caption_zh))
    plain = told[good(mixed)[3]]
    assert (plain["theme"], plain["subject"], plain["style"], plain["motion"]) == (0, 0, 0, 0)


def test_nothing_refused_ever_comes_out(mixed):
    feed = Feed(mixed, batch=3)
    seen = {id for epoch in range(3) for batch in feed.epoch(epoch) for id in batch["id"]}
    assert seen == set(good(mixed))
    assert feed.short == 1
    tests = {id for batch in Feed(mixed, "test").epoch(0) for id in batch["id"]}
    assert tests == {row.id for row in mixed.rows if row.split == "test"}
    cut_in = {id for batch in Feed(mixed, None, use="edit").epoch(0) for id in batch["id"]}
    assert cut_in == {row.id for row in mixed.usable("edit") if row.seconds != 1.2}


def test_the_same_seed_gives_the_same_clips_with_any_number_of_workers(mixed, tmp_path):
    one = list(Feed(mixed, batch=2, seed=5, workers=1, cache=tmp_path / "1").epoch(1))
    four = Feed(mixed, batch=2, seed=5, workers=4, cache=tmp_path / "4")
    assert same(one, list(four.epoch(1)))
    assert same([four.batch(four.steps + 2)], [one[2]])
    assert not same(one, list(four.epoch(2)))
    assert not same(one, list(Feed(mixed, batch=2, seed=6).epoch(1)))


def test_each_pass_over_a_dataset_is_the_next_epoch(mixed):
    feed = Feed(mixed, batch=4, seed=2)
    data = feed.dataset()
    for epoch in range(2):
        passed = [batch["clips"] for batch in data.as_numpy_iterator()]
        assert all(np.array_equal(a, b["clips"]) for a, b in zip(passed, feed.epoch(epoch), strict=True))


def test_without_augmentation_clips_come_in_order_and_as_they_are(mixed):
    feed = Feed(mixed, batch=6, augment=False, shuffle=False)
    first, second = (next(feed.epoch(k)) for k in (0, 1))
    assert list(first["id"]) == good(mixed)
    assert same([first], [second])
    spec = draw_scene(sample_spec(3, motion="left"), (40, 72)).frames
    assert np.abs(first["clips"][0].astype(int) - spec).mean() < 12  # drawn small, and drawn large, stored and shrunk


def test_what_is_cut_is_never_decoded_again(mixed, tmp_path, monkeypatch):
    cuts = []
    monkeypatch.setattr(feeding, "keep", lambda path, *more: (cuts.append(path), keep(path, *more)))
    clips_from(mixed, cache=tmp_path)
    assert len(cuts) == 5  # files; one of them has two shots
    Feed(mixed, cache=tmp_path, seed=9, batch=2)
    assert len(cuts) == 5
    more = Corpus(mixed.folder)
    row = replace(film(mixed.folder, "new.mp4", 11), title="new")
    manifest.write(more.folder, Manifest((*more.rows, row)))
    try:
        assert len(Feed(more, cache=tmp_path)) == 7
        assert cuts[5:] == [more.path(row)]
    finally:
        manifest.write(more.folder, Manifest(tuple(r for r in more.rows if r.title != "new")))
    Feed(mixed, cache=tmp_path, fps=10)
    assert len(cuts) == 11


def test_a_program_that_is_killed_loses_nothing_that_was_finished(tmp_path):
    corpus = entered(tmp_path, [film(tmp_path, f"{k}.mp4", k) for k in range(6)])
    code = (
        "import sys, os\nfrom aigc_lab.collect.corpus import Corpus\nfrom aigc_lab.train.feeding import Feed\n"
        "Feed(Corpus(sys.argv[1]), workers=1, tell=lambda share: os._exit(9) if share > 0.45 else None)\n"
    )
    died = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=60)
    assert died.returncode == 9
    finished = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.npy") if path.stem[0] != "."}
    assert 3 <= len(finished) < 6
    feed = Feed(corpus, augment=False, shuffle=False)
    assert len(feed) == 6
    assert all(path.stat().st_mtime_ns == written for path, written in finished.items())
    fresh = Feed(corpus, augment=False, shuffle=False, cache=tmp_path / "fresh")
    assert same([feed.batch(0)], [fresh.batch(0)])


def test_a_file_that_is_gone_or_damaged_is_left_out_with_one_warning(tmp_path):
    rows = [film(tmp_path, f"{k}.mp4", k, title=f"film {k}") for k in range(4)]
    corpus = entered(tmp_path, rows)
    corpus.path(rows[0]).unlink()
    data = corpus.path(rows[1]).read_bytes()
    corpus.path(rows[1]).write_bytes(data[: len(data) // 2])
    with pytest.warns(UserWarning) as told:
        feed = Feed(corpus, batch=2)
    assert sorted(str(w.message).split(" (")[0] for w in told) == ["film 0", "film 1"]
    assert all("left out" in str(w.message) and "put back" in str(w.message) for w in told)
    assert {id for batch in feed.epoch(0) for id in batch["id"]} == {rows[2].id, rows[3].id}


def test_a_file_that_fails_while_training_is_left_out(tmp_path):
    rows = [film(tmp_path, f"{k}.mp4", k) for k in range(3)]
    corpus = entered(tmp_path, rows)
    feed = Feed(corpus, batch=1, shuffle=False)
    before = feed.batch(0)
    shards = [shard(feed.folder, [row], feed.cutting) for row in rows]
    shards[0].write_bytes(b"damaged")
    assert same([feed.batch(0)], [before])  # cut again from its file
    shards[1].unlink()
    corpus.path(rows[1]).write_bytes(b"nothing")
    with pytest.warns(UserWarning, match="left out") as told:
        assert [list(b["id"]) for b in feed.epoch(1)] == [[rows[0].id], [rows[2].id]]
    assert len(told) == 1
    for k in (0, 2):
        shards[k].unlink()
        corpus.path(rows[k]).unlink()
    with pytest.warns(UserWarning), pytest.raises(LabError, match="Nothing is left"):
        list(feed.epoch(2))


def test_what_cannot_be_asked_for_is_said_in_a_sentence(mixed, tmp_path):
    with pytest.raises(LabError, match="no part 'tests'.*test, train"):
        clips_from(mixed, "tests")
    with pytest.raises(LabError, match="not split yet"):
        clips_from(entered(tmp_path, [replace(mixed.rows[0], split="")]))
    with pytest.raises(LabError, match="no use"):
        clips_from(mixed, use="look")
    with pytest.raises(LabError, match="are shorter"):
        clips_from(mixed, "test", frames=160)
    with pytest.raises(LabError, match="0 frames"):
        clips_from(mixed, frames=0)
    with pytest.raises(LabError, match="Batches of 0"):
        clips_from(mixed, batch=0)
    with pytest.raises(LabError, match="may be used to train"):
        clips_from(Corpus(tmp_path / "none"))


@pytest.mark.parametrize("subject", [0.15, 0.5, 0.85])
def test_the_crop_keeps_the_subject(tmp_path, subject):
    row = film(tmp_path, "a.mp4", subject=subject, seconds=2.2)
    clip = next(video_clips(tmp_path / row.path, [row], Cutting()))
    red = (clip[..., 0] > 150) & (clip[..., 2] < 130)
    assert red.mean() > 0.1
    assert 0.25 < np.nonzero(red)[2].mean() / clip.shape[2] < 0.75
    still = photo(tmp_path, "p.png", subject)
    red = (picture_clip(tmp_path / still.path, still, Cutting()) * [1, 0, -1.0]).sum(-1) > 60
    assert red.mean() > 0.1


def test_bars_are_cut_away_and_a_turned_file_stands_upright(tmp_path):
    barred = (cv2.copyMakeBorder(f, 24, 24, 0, 0, cv2.BORDER_CONSTANT) for f in scene(320, 132, 2.2, seed=3))
    write_frames(barred, 30, tmp_path / "b.mp4")
    row = taken(tmp_path, tmp_path / "b.mp4", end=2.2, crop=(0, 25, 320, 130))
    clip = next(video_clips(tmp_path / row.path, [row], Cutting()))
    assert clip[:, [0, -1]].mean() > 40
    frame = np.full((180, 320, 3), 200, np.uint8)
    frame[:, :160] = (200, 0, 0)  # the left half becomes the top of the turned picture
    write_frames([frame] * 70, 30, tmp_path / "lying.mp4")
    turn = ["-display_rotation:v:0", "-90", "-i", "lying.mp4", "-c", "copy", "turned.mp4"]
    subprocess.run([ffmpeg(), "-v", "error", *turn], cwd=tmp_path, check=True)
    row = taken(tmp_path, tmp_path / "turned.mp4", width=180, height=320, end=2.2)
    clip = next(video_clips(tmp_path / row.path, [row], Cutting()))
    top, bottom = clip[:, 5].mean(axis=(0, 1)), clip[:, -5].mean(axis=(0, 1))
    assert top[1] < 40
    assert bottom[1] > 160


def test_hdr_looks_as_it_does_when_it_is_cut_in(tmp_path):
    inside = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:log-level=none"
    tags = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"]
    codec = ["-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", inside]
    run_ffmpeg(["-f", "lavfi", "-i", "color=0x907860:s=64x64:r=10:d=0.3", *codec, *tags, "hdr.mp4"], tmp_path)
    run_ffmpeg(["-i", "hdr.mp4", "-vf", f"{HDR},format=rgb24", "-frames:v", "1", "cut in.png"], tmp_path)
    ours = next(frames_at(tmp_path / "hdr.mp4", [0.0], (64, 64)))[32, 32]
    assert np.allclose(ours, read_image(tmp_path / "cut in.png")[32, 32], atol=4)
    assert ours[0] > 170  # it is 144 in the file


def test_frames_are_those_seen_at_their_times_whatever_the_frame_rate(tmp_path):
    bits = np.uint8(255) * (np.arange(100)[:, None] >> np.arange(8) & 1).astype(np.uint8)
    write_frames((np.tile(np.repeat(row, 16)[None, :, None], (64, 1, 3)) for row in bits), 30, tmp_path / "n.mp4")
    change = ["-vf", "select='not(between(n,30,40))*not(between(n,60,62))'", "-fps_mode", "vfr", "-crf", "12"]
    subprocess.run([ffmpeg(), "-v", "error", "-i", "n.mp4", *change, "v.mp4"], cwd=tmp_path, check=True)
    times = [0.0, 0.5, 1.0, 1.2, 1.5, 2.05, 3.0]
    for name, expected in (("n.mp4", [0, 15, 30, 36, 45, 61, 90]), ("v.mp4", [0, 15, 29, 29, 45, 59, 90])):
        frames = np.stack(list(frames_at(tmp_path / name, times, (32, 16))))
        assert ((frames[:, 8, 2::4, 0] > 128) @ (1 << np.arange(8))).tolist() == expected
    with pytest.raises(LabError, match="ends after 3.3 s"):
        list(frames_at(tmp_path / "n.mp4", [1.0, 5.0], (32, 16)))


def test_clips_never_reach_over_a_cut_and_begin_a_stride_apart(tmp_path):
    light, dark = np.full((180, 320, 3), 220, np.uint8), np.full((180, 320, 3), 40, np.uint8)
    write_frames([light] * 91 + [dark] * 89, 30, tmp_path / "cut.mp4")
    whole = taken(tmp_path, tmp_path / "cut.mp4", end=6.0)
    rows = [replace(whole, id="a", end=3.033), replace(whole, id="b", start=3.033)]
    clips = np.stack(list(video_clips(tmp_path / whole.path, rows, Cutting(stride=4))))
    assert [list(Cutting(stride=4).starts(row)) for row in rows] == [[0, 4], [0, 4]]
    assert clips[:2].min() > 200
    assert clips[2:].max() < 60


def test_ten_thousand_reads_hold_one_clip_in_memory(tmp_path):
    row, cutting = Row(id="0" * 32, path=f"media/00/{'0' * 32}.mp4", kind="video", end=400.0), Cutting()
    target = shard(tmp_path, [row], cutting)
    target.parent.mkdir(parents=True)
    count = len(cutting.starts(row))
    made = np.lib.format.open_memmap(target, "w+", np.uint8, shape=(count, *cutting.shape))
    made[:] = 7
    made.flush()
    del made
    before = psutil.Process().memory_info().rss
    for number in range(count):
        assert decoding.kept_clip(target, number, cutting)[3, 3, 3, 0] == 7
    grown = psutil.Process().memory_info().rss - before
    assert target.stat().st_size > 40e6
    assert grown < 10e6
