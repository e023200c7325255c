"""Pictures and clips for notebooks, each with a description, and nothing that a fresh, untrusted notebook leaves blank.

A video plays as a small GIF with a link to the MP4, because notebooks do not trust video players.
"""

import base64
import io
import os
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np
from PIL import Image, ImageDraw

from aigc_lab import LabError
from aigc_lab.course.gif import calm, gif
from aigc_lab.course.page import View, language, say, table
from aigc_lab.media import Clip, atomic, probe, read_frames, read_image, write_clip
from aigc_lab.publish.captions import CJK, Card
from aigc_lab.publish.contact import glance
from aigc_lab.publish.fonts import drawable, font_runs, pillow_font
from aigc_lab.publish.fonts import width as text_width

__all__ = ["View", "before_after", "captions_over", "clip", "contact", "enlarged", "pictures", "table"]

Source = Clip | Path | str
WIDEST = 900  # px of a sheet, about the width of a notebook
PAPER, INK = "#16181d", "#e6e9ee"
GAP, EM = 10, 16  # px
LONGEST = 7.0  # s of a video that a GIF shows


def enlarged(picture: np.ndarray, times: int = 2, smooth: bool = True) -> np.ndarray:
    """A small picture uint8 (H, W, 3) or (H, W) so many times as large, (H, W, 3); not smooth: with visible pixels."""
    size = picture.shape[1] * times, picture.shape[0] * times
    made = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC if smooth else cv2.INTER_NEAREST)
    return np.repeat(made[..., None], 3, axis=2) if made.ndim == 2 else made


def clip(
    source: Source, alt: str, width: int = 270, out_dir: Path | str = "out", name: str = "clip", kilobytes: int = 300
) -> View:
    """A clip, or a video by its path, as a GIF of `kilobytes` at most, with a link to the MP4.

    alt: what is to be seen, for those who cannot; width: in pixels, as shown; kilobytes: in a notebook a GIF
    takes a third more. A Clip is written to out_dir/name.mp4; of a video the first seven seconds play, and one from
    outside of the working folder is copied to out_dir. What flashes more than three times a second is slowed down, and
    the text says so.
    Raises LabError for a missing description, an unreadable video, or one too long for the size.
    """
    moving, video = _load(source, width)
    calmed = calm(moving)
    slowed = _slowed(video is not None) if calmed is not moving else ""
    data = gif(calmed, width, kilobytes)
    if video is None:
        video = Path(out_dir) / f"{name}.mp4"
        write_clip(_even(calmed), video)
    link = _link(video, Path(out_dir))
    seconds = say(f"{moving.seconds:.1f} s", f"{moving.seconds:.1f} 秒")
    note = f" {escape(slowed)}" if slowed else ""
    open_it = say("Open the MP4", "打开 MP4")
    if video and moving.seconds > LONGEST - 0.1:
        seconds = say(f"the first {moving.seconds:.0f} s", f"前 {moving.seconds:.0f} 秒")
    below = f'<a href="{quote(link)}" target="_blank">{open_it}</a> ({escape(Path(link).name)}, {seconds}){note}'
    return _picture(data, "gif", alt, below, f"{open_it}: {link} ({seconds}) {slowed}".rstrip(), width)


def contact(source: Source, columns: int = 6, alt: str = "") -> View:
    """A contact sheet: the frame in the middle of each second, its time under it. Raises LabError."""
    frames = _seconds(source)
    name = "" if isinstance(source, Clip) else f" {Path(source).name}"
    times = ", ".join(f"{time:.1f}" for time, _ in frames)
    alt = alt or say(f"Contact sheet{name}: frames at {times} s", f"缩略图{name}：第 {times} 秒的画面")
    return _sheet([(f"{time:.1f} s", frame) for time, frame in frames], columns, alt)


def pictures(cells: Sequence[tuple[str, np.ndarray]], alt: str, columns: int = 6, widest: int = WIDEST) -> View:
    """Pictures uint8 (H, W, 3) in rows, each with its label (up to two lines) under it. Raises LabError for none."""
    return _sheet(cells, columns, alt, widest)


def before_after(
    a: Source | np.ndarray, b: Source | np.ndarray, labels: tuple[str, str], alt: str = "", kilobytes: int = 300
) -> View:
    """Two pictures uint8 (H, W, 3) or by their paths, or two clips, side by side with their labels.

    Clips play together, as a GIF of `kilobytes` at most; the shorter one waits on its last frame. Raises LabError.
    """
    alt = alt or say(f"Side by side: {labels[0]}, {labels[1]}", f"并排对比：{labels[0]}、{labels[1]}")
    one, two = _still_or_clip(a), _still_or_clip(b)
    if isinstance(one, Clip) != isinstance(two, Clip):
        raise LabError("Compare two pictures or two clips: these are one of each.")
    if not isinstance(one, Clip):
        widest = WIDEST if one.shape[1] > one.shape[0] else 2 * 270 + 3 * GAP
        return _sheet([(labels[0], one), (labels[1], two)], 2, alt, widest)
    fps = min(max(one.fps, two.fps), 10.0)
    seconds = max(one.seconds, two.seconds)
    times = np.arange(max(round(seconds * fps), 1)) / fps
    pairs = [[c.frames[min(int(t * c.fps + 1e-6), len(c.frames) - 1)] for c in (one, two)] for t in times]
    sheets = [_grid(list(zip(labels, pair, strict=True)), 2, 2 * 270 + 3 * GAP) for pair in pairs]
    across = sheets[0].shape[1]
    return _picture(gif(calm(Clip(np.stack(sheets), fps)), across, kilobytes), "gif", alt, "", "", across)


def captions_over(frames: Source | Sequence[tuple[float, np.ndarray]], cards: Sequence[Card], columns: int = 4) -> View:
    """Frames with the captions that stand on them: (time in s, frame) pairs, or a clip, of which each card gets one.

    Raises LabError when there is no frame to show.
    """
    if isinstance(frames, Clip | Path | str):
        frames = _at(frames, [(card.start + card.end) / 2 for card in cards])
    drawn, said = [], []
    for time, frame in frames:
        card = next((card for card in cards if card.start <= time < card.end), None)
        drawn.append((f"{time:.1f} s", _with_caption(frame, card.lines if card else ())))
        said.append(f"{time:.1f} s {' '.join(card.lines) if card else '-'}")
    return _sheet(drawn, columns, say("Frames with captions: ", "带字幕的画面：") + "; ".join(said))


def _load(source: Source, width: int) -> tuple[Clip, Path | None]:
    """The moving picture, no larger than it will be shown, and the file it came from."""
    if isinstance(source, Clip):
        return source, None
    path, info = Path(source), probe(Path(source))
    longest = round(width * max(info.width, info.height) / info.width) if info.width else 0
    frames = [frame for _, frame in read_frames(path, 0.0, LONGEST, longest=longest)]
    if not frames:
        raise LabError(f"{path} has no frames: make it again.")
    return Clip(np.stack(frames), info.fps or 1.0), path


def _seconds(source: Source) -> list[tuple[float, np.ndarray]]:
    if not isinstance(source, Clip):
        return glance(Path(source)).seconds
    times = np.arange(max(round(source.seconds), 1)) + min(0.5, source.seconds / 2)
    return _at(source, [float(time) for time in times])


def _at(source: Source, times: Sequence[float]) -> list[tuple[float, np.ndarray]]:
    """The frames at these times (s), in order; times after the end get the last one."""
    if isinstance(source, Clip):
        return [(t, source.frames[min(max(int(t * source.fps + 1e-6), 0), len(source.frames) - 1)]) for t in times]
    found, due, last = [], sorted(times), None
    for now, last in read_frames(Path(source), longest=640):
        while due and now >= due[0] - 1e-3:
            found.append((due.pop(0), last))
    return found + [(t, last) for t in due if last is not None]


def _still_or_clip(source: Source | np.ndarray) -> np.ndarray | Clip:
    if isinstance(source, np.ndarray):
        return source[..., :3]
    if isinstance(source, Clip):
        return source
    return read_image(Path(source))[..., :3] if probe(Path(source)).kind == "image" else _load(source, 270)[0]


def _even(moving: Clip) -> Clip:
    """H.264 wants even sides: an odd one repeats its last row or column."""
    _, height, width, _ = moving.frames.shape
    return Clip(np.pad(moving.frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), "edge"), moving.fps)


def _link(video: Path, out_dir: Path) -> str:
    """The way from the working folder to the video; one from elsewhere is copied into `out_dir` first."""
    video, here = video.resolve(), Path.cwd().resolve()
    if not video.is_relative_to(here) and not video.is_relative_to(out_dir.resolve()):
        copy = out_dir.resolve() / video.name
        with atomic(copy) as part:
            shutil.copyfile(video, part)
        video = copy
    try:
        return Path(os.path.relpath(video, here)).as_posix()
    except ValueError as error:  # another drive
        raise LabError(f"{out_dir} is on another drive than the notebook: choose a folder beside it.") from error


def _slowed(linked: bool) -> str:
    """What is said of a clip that was slowed down; a file that is only linked still flashes."""
    if linked:
        return say(
            "Slowed down here, because it flashes too fast; the MP4 is not.",
            "闪烁过快，这里已放慢；MP4 未放慢，请留意。",
        )
    return say("Slowed down, because it flashes too fast.", "闪烁过快，已放慢播放。")


def _picture(data: bytes, kind: str, alt: str, below: str, told: str, width: int = 0) -> View:
    if not alt.strip():
        raise LabError("Say in alt what is to be seen: alt='a bowl of noodles, steam rising'.")
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
    across = f' width="{width}"' if width else ""
    image = f'<img src="{source}" alt="{escape(alt)}"{across} style="max-width:100%">'
    caption = f"<figcaption>{below}</figcaption>" if below else ""
    html = f'<figure lang="{language()}" style="margin:6px 0">{image}{caption}</figure>'
    return View(html, "\n".join([f"[{alt}]", *([told] if told else [])]), data, alt)


def _sheet(cells: Sequence[tuple[str, np.ndarray]], columns: int, alt: str, widest: int = WIDEST) -> View:
    if not cells:
        raise LabError("There is no frame to show.")
    out = io.BytesIO()
    Image.fromarray(_grid(cells, columns, widest)).save(out, "JPEG", quality=68)
    return _picture(out.getvalue(), "jpeg", alt, "", "")


def _grid(cells: Sequence[tuple[str, np.ndarray]], columns: int, widest: int) -> np.ndarray:
    """Pictures of one width in rows, each with its label under it: uint8 (H, W, 3), at most `widest` px wide."""
    columns = max(min(columns, len(cells)), 1)
    most = (widest - GAP) // columns - GAP
    across = min(most, max(frame.shape[1] for _, frame in cells)) if len(cells) > 2 else most
    pictures = [_scaled(frame, across) for _, frame in cells]
    high = max(p.height for p in pictures)
    strip = (EM + 4) * max(label.count("\n") + 1 for label, _ in cells) + GAP - 4
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (columns * (across + GAP) + GAP, rows * (high + strip + GAP) + GAP), PAPER)
    for i, ((label, _), picture) in enumerate(zip(cells, pictures, strict=True)):
        x, y = GAP + i % columns * (across + GAP), GAP + i // columns * (high + strip + GAP)
        sheet.paste(picture, (x, y))
        for at, line in enumerate(label.split("\n")):
            _write(sheet, line, x, y + high + 3 + at * (EM + 4), EM, across)
    return np.array(sheet)


def _scaled(frame: np.ndarray, across: int) -> Image.Image:
    size = (across, max(round(frame.shape[0] * across / frame.shape[1]), 1))
    return Image.fromarray(np.ascontiguousarray(frame)).resize(size, Image.Resampling.LANCZOS)


def _write(picture: Image.Image, text: str, x: float, y: float, em: float, room: float, outline: int = 0) -> None:
    """One line of text in our own fonts, smaller when it would not fit into `room` (px)."""
    text = drawable(text)
    em = min(em, em * room / max(text_width(text, em), 1))
    pen = ImageDraw.Draw(picture)
    for family, piece in font_runs(text):
        font = pillow_font(family, max(round(em), 8))
        pen.text((x, y), piece, font=font, fill=INK, stroke_width=outline, stroke_fill="#101010")
        x += font.getlength(piece)


def _with_caption(frame: np.ndarray, lines: Sequence[str]) -> np.ndarray:
    """The frame, 270 px wide, with the lines drawn in its lower part as a phone would show them."""
    picture = _scaled(frame, 270)
    em = 270 * (74 if any(CJK.search(line) for line in lines) else 66) / 1080
    em *= min(1.0, picture.height / picture.width / 1.2)  # a wide picture is low
    y = picture.height * 0.76 - em * 1.3 * len(lines) / 2
    for line in lines:
        across = min(text_width(drawable(line), em), picture.width * 0.92)
        _write(picture, line, (picture.width - across) / 2, y, em, picture.width * 0.92, outline=2)
        y += em * 1.3
    return np.array(picture)
