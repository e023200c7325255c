"""The one encode: a single ffmpeg process scales and joins the takes, lays the overlay on them and writes the MP4."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from aigc_lab import LabError, media
from aigc_lab.publish.ass import FPS
from aigc_lab.publish.composition import frame_of
from aigc_lab.publish.fonts import check_font_log, drawable, font_folder
from aigc_lab.publish.platforms import HEIGHT, WIDTH, platform
from aigc_lab.settings import threads
from aigc_lab.storyboard import Storyboard

BT709 = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
PART = "video.part.mp4"  # what ffmpeg writes, inside the work folder
LOGO = (150, 96)  # px, the box that a logo is fitted into


def render(
    storyboard: Storyboard,
    takes: Sequence[Mapping[str, Any]],
    sound_wav: Path,
    overlay_ass: Path | str | None,
    out: Path,
    work_dir: Path,
    on_time: Callable[[float], None] | None = None,
    logo: Path | None = None,
    metadata: Mapping[str, str] | None = None,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    preset: str = "medium",
    crf: int = 20,
) -> None:
    """Write the finished video `out` (MP4: H.264 High, yuv420p, BT.709, 30 frames a second; AAC stereo 48 kHz).

    takes: one for each shot, {id, path, start (s in the file), seconds, kind: clip | footage, ...}; overlay_ass: the
    overlay script, a file or its text, or None for bare takes; on_time hears the seconds written so far; size is
    (width, height) in pixels. Raises LabError for a take that is missing or too short, a logo that is no picture, a
    letter without font, a full disk. A render that is stopped leaves nothing under the name `out`.
    """
    work = Path(work_dir) / "render"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    try:
        _render(
            storyboard, takes, Path(sound_wav), overlay_ass, Path(out), work, on_time, logo, metadata, size, preset, crf
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _render(
    storyboard: Storyboard, takes: Sequence[Mapping[str, Any]], sound: Path, overlay_ass: Path | str | None, out: Path,
    work: Path, on_time: Callable[[float], None] | None, logo: Path | None, metadata: Mapping[str, str] | None,
    size: tuple[int, int], preset: str, crf: int,
) -> None:  # fmt: skip
    script = Path(overlay_ass).read_text(encoding="utf-8") if isinstance(overlay_ass, Path) else overlay_ass or ""
    (work / "overlay.ass").write_text(script, encoding="utf-8", newline="\n")
    env = font_folder(work, [_letters(script)])
    place_file(sound, work / "sound.wav")
    mark = _logo(logo, storyboard, work, size) if logo else None
    inputs, chains = _takes(storyboard, takes, work, size)
    frames = frame_of(storyboard.length)
    graph = _graph(chains, mark, frames, bool(script))
    inputs += [*(["-i", "logo.png"] if mark else []), "-i", "sound.wav"]
    tags = [x for key, value in (metadata or {}).items() for x in ("-metadata", f"{key}={value}")]
    with media.atomic(out) as part:
        log = media.run_ffmpeg(
            [*inputs, *graph, *_encoding(preset, crf, frames), *tags, "-f", "mp4", PART], work, on_time, env
        )
        check_font_log(log)
        shutil.move(work / PART, part)


def _letters(script: str) -> str:
    """The text of all events, without tags and drawings."""
    bodies = (
        line.split(",,", 2)[-1] for line in script.splitlines() if line.startswith("Dialogue") and "\\p1" not in line
    )
    return drawable("".join(sorted(set("".join(bodies)))))


def place_file(source: Path, target: Path) -> None:
    """The same file under a plain name: a hard link where possible, else a copy. Raises LabError when it is missing."""
    if not source.is_file():
        raise LabError(f"{source} is missing: run the step that makes it again.")
    if target.exists() and os.path.samefile(source, target):
        return
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _takes(
    story: Storyboard, takes: Sequence[Mapping[str, Any]], work: Path, size: tuple[int, int]
) -> tuple[list[str], list[str]]:
    """ffmpeg's inputs, and one filter chain for each shot that gives exactly its frames."""
    by_id = {take["id"]: take for take in takes}
    inputs, chains = [], []
    for number, shot in enumerate(story.shots):
        if shot.id not in by_id:
            raise LabError(f"Shot {shot.id} has no take: make its picture again.")
        take = by_id[shot.id]
        frames = frame_of(shot.start + shot.seconds) - frame_of(shot.start)
        _long_enough(take, frames)
        start = float(take.get("start") or 0.0)
        if start > 0:
            inputs += ["-ss", f"{start:.6f}"]
        if take.get("kind") == "footage":
            from aigc_lab.generate.footage import footage_filter

            inputs += ["-i", str(Path(take["path"]).resolve())]
            fit = footage_filter(take, size, FPS)
        else:
            name = f"take{number:02d}{Path(take['path']).suffix}"
            place_file(Path(take["path"]), work / name)
            inputs += ["-i", name]
            fit = _fit(size)
        exact = f"tpad=stop_mode=clone:stop=1,trim=end_frame={frames},setpts=N/({FPS}*TB)"
        chains.append(f"[{number}:v:0]{fit},fps={FPS},{exact},setsar=1,format=yuv420p,{BT709}[v{number}]")
    return inputs, chains


def _fit(size: tuple[int, int]) -> str:
    w, h = size
    fill = "force_original_aspect_ratio=increase:flags=lanczos:out_color_matrix=bt709:out_range=tv"
    return f"scale={w}:{h}:{fill},crop={w}:{h}"


def _long_enough(take: Mapping[str, Any], frames: int) -> None:
    info = media.probe(Path(take["path"]))
    if info.kind == "image" and take.get("kind") == "footage":
        return
    there = min(float(take.get("seconds") or info.seconds), info.seconds - float(take.get("start") or 0.0))
    if round(there * FPS) < frames - 1:
        raise LabError(
            f"The take of shot {take['id']} ({Path(take['path']).name}) has {there:.2f} s and the shot needs "
            f"{frames / FPS:.2f} s: make the take again or choose a longer one."
        )


def _logo(logo: Path, story: Storyboard, work: Path, size: tuple[int, int]) -> tuple[int, int]:
    """Fit the logo into its box as work/logo.png; returns where its top left corner stands, in pixels of the output."""
    picture = Image.fromarray(media.read_image(Path(logo))).convert("RGBA")
    picture = picture.crop(picture.getchannel("A").getbbox() or (0, 0, *picture.size))
    zoom = size[0] / WIDTH
    scale = min(LOGO[0] / picture.width, LOGO[1] / picture.height) * zoom
    picture = picture.resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Image.LANCZOS
    )
    media.write_image(np.array(picture), work / "logo.png")
    safe = platform(story.platform).safe
    return round(safe.right * zoom) - picture.width - round(8 * zoom), round(
        (safe.top + 48) * zoom
    ) - picture.height // 2


def _graph(chains: list[str], mark: tuple[int, int] | None, frames: int, drawn: bool) -> list[str]:
    count = len(chains)
    joined = "".join(f"[v{i}]" for i in range(count)) + f"concat=n={count}:v=1:a=0[joined]"
    last = "[joined]"
    steps = [*chains, joined]
    if mark:
        steps.append(f"[joined][{count}:v:0]overlay={mark[0]}:{mark[1]}:format=auto:eof_action=repeat[logo]")
        last = "[logo]"
    over = f",ass=overlay.ass:fontsdir=fonts,{BT709}" if drawn else ""
    steps.append(f"{last}format=yuv420p,{BT709}{over}[video]")
    sound = count + (1 if mark else 0)
    steps.append(
        f"[{sound}:a:0]aformat=sample_rates=48000:channel_layouts=stereo,apad,atrim=end={frames / FPS:.6f}[sound]"
    )
    return ["-filter_complex", ";".join(steps), "-map", "[video]", "-map", "[sound]"]


def _encoding(preset: str, crf: int, frames: int) -> list[str]:
    # one thread for the encoder: with two, x264 now and then gave other frames for the same input (1 run in 5)
    return [
        "-loglevel", "verbose", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
        "-c:v", "libx264", "-preset", preset, "-crf", str(crf), "-profile:v", "high", "-pix_fmt", "yuv420p",
        "-r", str(FPS), "-g", str(2 * FPS), "-threads", "1", "-filter_complex_threads", str(threads()),
        "-frames:v", str(frames), "-c:a", "aac", "-b:a", "256k", "-ar", "48000", "-ac", "2",
        "-map_metadata", "-1", "-movflags", "+faststart+use_metadata_tags",
    ]  # fmt: skip
