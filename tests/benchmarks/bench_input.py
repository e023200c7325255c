"""How fast a corpus becomes batches, beside what PyAV decodes raw from the same files, OpenCV's and MoviePy's readers.

All of them see every frame of the same files with the same number of threads. PyAV is measured in both ways of using
them: in the decoder, file after file, and one file for each thread; `input_over_pyav` is the speed of our input
(decode, find the subject, crop, shrink, write the cache, one epoch of batches out of tf.data) over the faster of the
two. Frames that no other refers to and no clip shows are not decoded, which makes it the faster one of files that have
such. The best of `rounds` runs counts, by turns, so that a busy moment meets all; `_cpu` compares CPU seconds, children
included, which a busy machine changes less than the clock. `input_peak_mb` is the memory that an epoch of 10,000 clips
takes in a process of its own, TensorFlow included.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np
import psutil

from aigc_lab.collect import manifest
from aigc_lab.collect.checkup import file_hash
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.manifest import Manifest, Row
from aigc_lab.media import atomic, run_ffmpeg, write_frames
from aigc_lab.settings import threads
from aigc_lab.train.decoding import Cutting, shard
from aigc_lab.train.feeding import clips_from

SIZES = ((1920, 1080), (1280, 720), (1080, 1920), (854, 480))
ENCODED = {  # H.264 as sites send it, and as phones and cameras record it: without frames that refer to later ones
    "sites": ["-preset", "fast", "-crf", "23"],
    "phones": ["-preset", "fast", "-crf", "20", "-bf", "0"],
}
SECONDS, FPS, LOOPS = 4.4, 30, 3  # of what is encoded, and how often it is repeated in a file
CLIPS, SHOTS = 10_000, 50  # of the memory's corpus, and in each of its files
RIGHTS = {
    "kind": "video", "licence": "LicenseRef-Own", "may_publish": True, "may_edit": True, "may_sell": True,
    "may_train": True, "split": "train", "theme": "city", "caption_en": "A street.", "caption_zh": "一条街。",
}  # fmt: skip


def pan(width: int, height: int, seed: int) -> Iterator[np.ndarray]:
    """A camera that passes over a texture with a bright disc, with a little noise as sensors have it."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.integers(30, 200, (9, 20, 3), dtype=np.uint8), (width + 240, height))
    fine = cv2.resize(rng.integers(0, 50, (height // 3, width // 3, 3), dtype=np.uint8), (width + 240, height))
    wide, noise = cv2.add(coarse, fine), rng.integers(0, 12, (8, height, width, 3), dtype=np.uint8)
    for i in range(round(SECONDS * FPS)):
        frame = cv2.add(wide[:, i : i + width], noise[i % len(noise)])
        yield cv2.circle(frame, (width // 3 + i, height // 2), height // 6, (250, 200, 60), -1, cv2.LINE_AA)


def corpus_of(folder: Path, how: list[str]) -> Corpus:
    """A corpus with a film of each of SIZES, encoded with these options of ffmpeg."""
    rows = []
    for number, (width, height) in enumerate(SIZES):
        write_frames(pan(width, height, number), FPS, folder / "whole.mp4", crf=8, preset="ultrafast")
        run_ffmpeg(["-i", "whole.mp4", "-c:v", "libx264", *how, "once.mp4"], folder)
        run_ffmpeg(["-stream_loop", str(LOOPS - 1), "-i", "once.mp4", "-c", "copy", "film.mp4"], folder)
        file = file_hash(folder / "film.mp4")
        path = f"media/{file[:2]}/{file}.mp4"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "film.mp4").replace(folder / path)
        seconds = LOOPS * SECONDS
        facts = {"width": width, "height": height, "fps": FPS, "seconds": seconds, "end": seconds}
        rows.append(Row(id=file, path=path, **facts, **RIGHTS))
    manifest.write(folder, Manifest(tuple(rows)))
    return Corpus(folder)


def with_pyav(path: Path, decoders: int) -> int:
    """All frames of a file, decoded and nothing more."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count, stream.thread_type = decoders, "AUTO"
        return sum(1 for _ in container.decode(stream))


def with_opencv(path: Path) -> int:
    """All frames of a file as BGR arrays."""
    film, count = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1]), 0
    while film.read()[0]:
        count += 1
    film.release()
    return count


def with_moviepy(path: Path) -> int:
    """All frames of a file as RGB arrays."""
    from moviepy import VideoFileClip

    with VideoFileClip(str(path), audio=False) as film:
        return sum(1 for _ in film.iter_frames())


def each(paths: list[Path], read: Callable[[Path], int], workers: int) -> int:
    """Read all files, so many at a time; returns the number of frames."""
    with ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(read, paths))


def with_ours(corpus: Corpus) -> int:
    """One epoch from nothing: every clip of every file out of tf.data. Returns the frames of the files."""
    with tempfile.TemporaryDirectory(dir=corpus.folder) as cache:
        made = sum(len(batch["id"]) for batch in clips_from(corpus, cache=cache, workers=threads()))
    expected = sum(len(Cutting().starts(row)) for row in corpus.rows)
    return made * LOOPS * round(SECONDS * FPS) * len(SIZES) // expected


def ways_for(corpus: Corpus) -> dict[str, Callable[[], int]]:
    """All ways of reading a corpus, by name; each returns the number of frames."""
    cores, paths = threads(), [corpus.path(row) for row in corpus.rows]
    return {
        "pyav_in_decoder": partial(each, paths, partial(with_pyav, decoders=cores), 1),
        "pyav_by_file": partial(each, paths, partial(with_pyav, decoders=1), cores),
        "input": partial(with_ours, corpus),
        "opencv": partial(each, paths, with_opencv, cores),
        "moviepy": partial(each, paths, with_moviepy, cores),
    }


def speeds(folder: Path, rounds: int) -> dict[str, float]:
    """How fast each way is beside the faster of PyAV's two, by the clock and by CPU time, the best of `rounds`; our
    part for each kind of files and in each round; and frames a second."""
    from bench_render import measured  # not above: what it needs would count as memory of the input

    spent: dict[str, dict[str, np.ndarray]] = {}
    count = LOOPS * round(SECONDS * FPS) * len(SIZES)
    for kind, how in ENCODED.items():
        (folder / kind).mkdir()
        ways = ways_for(corpus_of(folder / kind, how))
        if any(work() != count for work in ways.values()):  # TensorFlow starts, files are read into memory
            raise RuntimeError(f"one of {', '.join(ways)} did not see all {count} frames")
        turns = [[measured(work)[:2] for work in ways.values()] for _ in range(rounds)]
        spent[kind] = dict(zip(ways, np.array(turns).transpose(1, 0, 2), strict=True))  # CPU and wall seconds: (R, 2)
    total = {name: sum(spent[kind][name] for kind in spent) for name in ways}
    cpu, wall = ({name: sum(spent[kind][name][:, k].min() for kind in spent) for name in ways} for k in (0, 1))
    out = {f"{name}_over_pyav": over_pyav(wall, name) for name in ("input", "opencv", "moviepy")}
    out |= {f"{name}_over_pyav_cpu": over_pyav(cpu, name) for name in ("input", "opencv", "moviepy")}
    for k, clock in enumerate(("_cpu", "")):
        for kind, found in spent.items():
            best = {name: times[:, k].min() for name, times in found.items()}
            out[f"input_over_pyav_{kind}{clock}"] = over_pyav(best, "input")
        for turn in range(rounds):
            once = {name: times[turn, k] for name, times in total.items()}
            out[f"input_over_pyav_round_{turn + 1}{clock}"] = over_pyav(once, "input")
    return out | {f"{name}_frames_per_second": count * len(spent) / seconds for name, seconds in wall.items()}


def over_pyav(seconds: dict[str, float], name: str) -> float:
    """The speed of one way over the faster of PyAV's two."""
    return min(seconds["pyav_in_decoder"], seconds["pyav_by_file"]) / seconds[name]


def kept_corpus(folder: Path) -> None:
    """A corpus of CLIPS shots whose clips are cut already; their media are not needed."""
    cutting, rng, rows = Cutting(), np.random.default_rng(0), []
    for number in range(CLIPS // SHOTS):
        file = f"{number:032x}"
        facts = {"path": f"media/00/{file}.mp4", "width": 1920, "height": 1080, "fps": FPS, "seconds": 2.2}
        shots = [Row(id=f"{file}-{k:03d}", start=3.0 * k, end=3.0 * k + 2.2, **facts, **RIGHTS) for k in range(SHOTS)]
        clips = rng.integers(0, 256, (SHOTS, *cutting.shape), dtype=np.uint8)
        with atomic(shard(folder / "cache", shots, cutting)) as part, open(part, "wb") as out:
            np.save(out, clips)
        rows += shots
    manifest.write(folder, Manifest(tuple(rows)))


def epoch_of(folder: Path) -> dict[str, float]:
    """Read an epoch of a corpus: clips a second, and the most memory this process held, in MB."""
    peak, stop = [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            peak[0] = max(peak[0], psutil.Process().memory_info().rss / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    data, begun = clips_from(Corpus(folder), workers=threads()), time.perf_counter()
    count = sum(len(batch["id"]) for batch in data)
    spent = time.perf_counter() - begun
    stop.set()
    watcher.join()
    return {"input_clips": count, "input_peak_mb": peak[0], "input_kept_clips_per_second": count / spent}


def run(rounds: int = 3, memory: bool = True) -> dict[str, float]:
    """Measure the speed of the input, and the memory of an epoch; returns the numbers by name."""
    with tempfile.TemporaryDirectory() as name:
        out = speeds(Path(name), rounds)
    if memory:
        with tempfile.TemporaryDirectory() as name:
            kept_corpus(Path(name))
            told = subprocess.run([sys.executable, __file__, name], check=True, capture_output=True, text=True)
            out |= json.loads(told.stdout.splitlines()[-1])
    return {key: round(value, 3) for key, value in out.items()}


if __name__ == "__main__":
    print(json.dumps(epoch_of(Path(sys.argv[1]))))
