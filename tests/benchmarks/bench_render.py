"""What the one encode costs: over its floor, and against the same short cut with MoviePy.

Floor: the same ffmpeg decoding, scaling, joining and encoding the same takes and sound, with nothing on top. CPU
seconds are user + system of this process and its children, the least of `rounds` runs.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from aigc_lab import media
from aigc_lab.collect.scenes import sample_spec
from aigc_lab.generate.pictures import draw_take
from aigc_lab.generate.voice import Phrase
from aigc_lab.publish import render as room
from aigc_lab.publish.overlay import caption_cards, overlay
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.vocabulary import vocabulary

SAID = (
    ("手机比闹钟更早醒来，开始为你安排一天", "你的一天 悄悄变了", "phone"),
    ("路上的一小时，缩短成一杯咖啡", "通勤更聪明", "train"),
    ("电池在夜里充电，白天给全家供电", "家会自己省电", "battery"),
    ("关注我，明天继续聊", "关注我", "bulb"),
)


def story(seconds: float) -> tuple[Storyboard, list[Phrase]]:
    """A short of four shots that fills `seconds`, with a phrase in each."""
    each = round(seconds / len(SAID) * 30) / 30
    shots, phrases = [], []
    for i, (say, headline, subject) in enumerate(SAID):
        role = ("hook", "point", "point", "cta")[i]
        theme = vocabulary().subjects[subject].theme
        shots.append(
            Shot(id=i + 1, role=role, say=say, headline=headline, subject=subject, theme=theme, motion="left", seed=i,
                 start=i * each, seconds=each, point=i if role == "point" else 0)
        )  # fmt: skip
        phrases.append(Phrase(say, i * each + 0.08, (i + 1) * each - 0.06))
    board = Storyboard(
        title="一天", language="zh-CN", style="neon", palette="violet", call_to_action="关注我", shots=shots
    )
    return board, phrases


def parts(board: Storyboard, folder: Path) -> tuple[list[dict], Path]:
    """The takes of a storyboard, drawn as in a real run, and a sound."""
    takes = []
    for shot in board.shots:
        spec = sample_spec(shot.seed, palette=board.palette, theme=shot.theme, subject=shot.subject, style=board.style)
        path = folder / f"take-{shot.id}.mp4"
        draw_take(spec, round(shot.seconds * 30), path)
        takes.append({"id": shot.id, "path": str(path), "start": 0.0, "seconds": shot.seconds, "kind": "clip"})
    tone = np.sin(2 * np.pi * 220 * np.arange(round(board.length * media.RATE)) / media.RATE)
    media.write_sound(media.Sound(np.float32(0.2 * tone)[:, None].repeat(2, 1)), folder / "sound.wav")
    return takes, folder / "sound.wav"


def measured(work: Callable[[], object]) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak megabytes (of the children) of a piece of work."""
    peak, seen, stop = [0.0], {}, threading.Event()

    def watch() -> None:
        while not stop.wait(0.1):
            used = 0.0
            for child in psutil.Process().children(recursive=True):
                try:
                    used += child.memory_info().rss / 2**20
                    seen[child.pid] = sum(child.cpu_times()[:2])
                except psutil.Error:
                    continue
            peak[0] = max(peak[0], used)

    watcher = threading.Thread(target=watch)
    before, began = os.times(), time.perf_counter()
    watcher.start()
    work()
    wall, after = time.perf_counter() - began, os.times()
    stop.set()
    watcher.join()
    children = (after[2] - before[2]) + (after[3] - before[3]) or sum(seen.values())  # Windows counts no children
    return after[0] - before[0] + after[1] - before[1] + children, wall, peak[0]


def moviepy_job(board: Storyboard, phrases: list[Phrase], takes: list[dict], sound: Path, folder: Path) -> Path:
    """Everything that moviepy_cut.py needs to cut the same short, as a JSON file."""
    shots = [s.model_dump(include={"headline", "subject", "start", "seconds"}) for s in board.shots]
    captions = [["\n".join(c.lines), c.start, c.end] for c in caption_cards(board, phrases)]
    job = {"shots": shots, "takes": [t["path"] for t in takes], "captions": captions, "sound": str(sound),
           "label": "AI生成", "threads": room.threads(), "out": str(folder / "moviepy.mp4")}  # fmt: skip
    path = folder / "job.json"
    path.write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
    return path


def run(seconds: float = 12, rounds: int = 4, moviepy: bool = True) -> dict:
    """Measure the render of a short of `seconds`; returns the numbers by name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        board, phrases = story(seconds)
        takes, sound = parts(board, folder)

        def ours() -> None:
            room.render(board, takes, sound, overlay(board, phrases), folder / "ours.mp4", folder / "work")

        def floor() -> None:
            room.render(board, takes, sound, None, folder / "floor.mp4", folder / "work")

        turns = [(measured(floor), measured(ours)) for _ in range(rounds)]  # by turns: a busy moment meets both
        bare, full = (min(turn[k] for turn in turns) for k in (0, 1))
        out = {
            "render_over_floor": full[0] / bare[0], "floor_cpu_s": bare[0], "render_cpu_s": full[0],
            "render_wall_s": full[1], "render_peak_mb": full[2], "floor_peak_mb": bare[2],
        }  # fmt: skip
        if moviepy:
            job = moviepy_job(board, phrases, takes, sound, folder)
            cut = [sys.executable, str(Path(__file__).with_name("moviepy_cut.py")), str(job)]
            theirs = measured(lambda: subprocess.run(cut, check=True, capture_output=True))
            out |= {"moviepy_over_render": theirs[0] / full[0], "moviepy_cpu_s": theirs[0], "moviepy_wall_s": theirs[1],
                    "moviepy_peak_mb": theirs[2]}  # fmt: skip
        return {key: round(value, 3) for key, value in out.items()}


if __name__ == "__main__":
    print(json.dumps(run(float(sys.argv[1]) if len(sys.argv) > 1 else 12), indent=2))
