"""report.html: one page that shows a bundle as a viewer, a designer and a platform will see it, in both languages."""

import base64
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import jinja2
import numpy as np
import yaml
from markupsafe import Markup
from PIL import Image

from aigc_lab import __version__
from aigc_lab.collect.looks import look, to_hex, to_lch
from aigc_lab.measures import flashes
from aigc_lab.media import probe, read_image, read_sound, write_text
from aigc_lab.optimize.sound import loudness
from aigc_lab.publish.captions import tokens
from aigc_lab.publish.contact import THUMB, Glance, glance
from aigc_lab.publish.labels import read_aigc
from aigc_lab.publish.layout import readable
from aigc_lab.publish.platforms import HEIGHT, WIDTH, Box, platform
from aigc_lab.publish.post import post_fields
from aigc_lab.rights import USES, Asset, kind_name
from aigc_lab.settings import data_path
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.vocabulary import vocabulary

FILES = (
    "video.mp4", "cover.jpg", "captions.srt", "captions.ass", "post.json", "storyboard.yaml", "credits.md",
    "provenance.json",
)  # fmt: skip
FASTEST = {"zh": 9.0, "en": 20.0}  # characters a second that grown-ups read with ease (Netflix timed text style guides)


class Timed(Protocol):
    """Words with their times in seconds."""

    text: str
    start: float
    end: float


def measured(video: Path, seen: Glance | None = None) -> dict[str, float]:
    """What the finished file itself says: seconds, width, height, fps, bytes, lufs, true_peak, flashes a second."""
    info, seen = probe(video), seen or glance(video)
    values = {"seconds": info.seconds, "width": info.width, "height": info.height, "fps": info.fps}
    values |= {"bytes": Path(video).stat().st_size, "flashes": flashes(seen.brightness, seen.fps)}
    if info.sound:
        values["lufs"], values["true_peak"] = loudness(read_sound(video, channels=2))
    return values


def reading_speed(phrases: Iterable[Timed]) -> float:
    """Characters a second of the fastest phrase, blanks and punctuation aside; 0 when there is none."""
    return max((len(re.sub(r"[\W_]", "", p.text)) / max(p.end - p.start, 0.2) for p in phrases), default=0.0)


def write_report(
    storyboard: Storyboard, folder: Path, numbers: Mapping[str, Any], assets: Iterable[Asset],
    phrases: Sequence[Timed], warnings: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Write `folder`/report.html for the bundle in `folder` and return all its numbers.

    numbers: what the run knows and the file does not tell (cuts_on_beat 0..1, cover_contrast); the rest is measured
    from video.mp4. warnings: about labels; the storyboard's notes are shown too. Raises LabError when the video or the
    cover cannot be read.
    """
    folder = Path(folder)
    seen = glance(folder / "video.mp4")
    values = {**numbers, **measured(folder / "video.mp4", seen), "reading": reading_speed(phrases)}
    cover = read_image(folder / "cover.jpg") if (folder / "cover.jpg").is_file() else None
    page = _environment().get_template("report.html").render(
        **_about(storyboard), css=_css(storyboard), js=Markup(_part("report.js")), words=_words(), version=__version__,
        numbers=_numbers(storyboard, values), notes=[n for n in storyboard.notes if n not in warnings],
        warnings=warnings, assets=[_asset(a) for a in assets],
        poster=picture_url(seen.seconds[min(1, len(seen.seconds) - 1)][1], THUMB[0]),
        cover=picture_url(cover, 540) if cover is not None else "",
        seconds=[{"time": f"{t:.1f}", "image": picture_url(frame, 180)} for t, frame in seen.seconds],
        shots=[_shot(s, seen) for s in storyboard.shots], files=[n for n in FILES if (folder / n).is_file()],
        read_back=[n for n in ("video.mp4", "cover.jpg") if (folder / n).is_file() and read_aigc(folder / n)],
    )  # fmt: skip
    write_text(folder / "report.html", page)
    return values


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(data_path("report"), encoding="utf-8")
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=False, undefined=jinja2.StrictUndefined)


def _part(name: str) -> str:
    return data_path("report", name).read_text(encoding="utf-8")


@cache
def _words() -> dict[str, dict[str, str]]:
    return yaml.safe_load(_part("words.yaml"))


def _css(storyboard: Storyboard) -> Markup:
    """The page's own style sheet in the colours of the short."""
    accent = look(storyboard.style, tuple(storyboard.brand_colors) or storyboard.palette).accent
    _, chroma, hue = to_lch(accent)
    colors = {
        "ACCENT_LIGHT": readable(accent, "#fbfaf7", 5.0), "ACCENT_DARK": readable(accent, "#121318", 7.0),
        "ACCENT_MARK_DARK": to_hex(0.4, min(chroma, 0.09), hue), "ACCENT_MARK": to_hex(0.92, min(chroma, 0.09), hue),
    }  # fmt: skip
    css = _part("report.css")
    for name, color in colors.items():
        css = css.replace(name, color)
    return Markup(css)


def _about(storyboard: Storyboard) -> dict[str, Any]:
    place, post = platform(storyboard.platform), post_fields(storyboard)
    tags = " ".join(f"#{tag}" for tag in post["hashtags"])
    texts = (("title", post["title"]), ("description", post["description"]), ("hashtags", tags), ("all", post["text"]))
    interface = [
        {"label": label, "tall": label == "buttons" and box.height > box.width, **_percent(box)}
        for box, label in place.interface
    ]
    return {
        "story": storyboard, "chinese": storyboard.language.startswith("zh"), "platform": place, "post": post,
        "title_words": tokens(storyboard.title),
        "style": vocabulary().styles[storyboard.style], "interface": interface, "safe": _percent(place.safe),
        "texts": [(key, text) for key, text in texts if text],
    }  # fmt: skip


def _percent(box: Box) -> dict[str, float]:
    across, down = 100 / WIDTH, 100 / HEIGHT
    sizes = {"left": box.left * across, "top": box.top * down, "width": box.width * across, "height": box.height * down}
    return {key: round(value, 2) for key, value in sizes.items()}


def picture_url(picture: np.ndarray, width: int) -> str:
    """A picture uint8 (H, W, 3) as a data URL: JPEG, `width` px wide."""
    image = Image.fromarray(picture[..., :3])
    image = image.resize((width, round(width * image.height / image.width)), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=80, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode("ascii")


def _numbers(storyboard: Storyboard, v: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The numbers with what they should be; `ok` is None where there is no target."""
    zh = "zh" if storyboard.language.startswith("zh") else "en"
    shots, asked = len(storyboard.shots), storyboard.seconds
    rows = [_row("length", f"{v['seconds']:.1f} s", abs(v["seconds"] - asked) <= 1, "asked", f"{asked:g} s")]
    if np.isfinite(v.get("lufs", -np.inf)):
        rows.append(_row("lufs", f"{v['lufs']:.1f} LUFS", abs(v["lufs"] + 14) <= 1, "target", "−14 ± 1"))
        rows.append(_row("peak", f"{v['true_peak']:.1f} dB", v["true_peak"] <= -1, "at_most", "−1 dB"))
    rows.append(_row("shots", str(shots), None, "average", f"{v['seconds'] / shots:.1f}"))
    if "cuts_on_beat" in v:
        rows.append(_row("beat", f"{100 * v['cuts_on_beat']:.0f} %", None))
    if v["reading"]:
        rows.append(_row("reading", f"{v['reading']:.1f}", v["reading"] <= FASTEST[zh], "at_most", f"{FASTEST[zh]:g}"))
        for language in ("en", "zh"):
            rows[-1][f"note_{language}"] += " " + _words()["letters"][language]
    rows.append(_row("flashes", str(v["flashes"]), v["flashes"] <= 3, "at_most", "3"))
    if v.get("cover_contrast"):
        rows.append(
            _row("contrast", f"{v['cover_contrast']:.1f} : 1", v["cover_contrast"] >= 4.5, "at_least", "4.5 : 1")
        )
    rows.append(_row("picture", f"{v['width']}×{v['height']}", None))
    rows[-1] |= {"note_en": f"{v['fps']:g} fps", "note_zh": f"{v['fps']:g} fps"}
    return [*rows, _row("size", f"{v['bytes'] / 1e6:.1f} MB", None)]


def _row(key: str, value: str, ok: bool | None, note: str = "", limit: str = "") -> dict[str, Any]:
    notes = {"en": "", "zh": ""}
    if note:
        template = {language: _words()[note][language] for language in notes}
        notes = {k: w.format(value=limit) if "{" in w else f"{w} {limit}" for k, w in template.items()}
    value = value.replace("-", "−")
    return {"key": key, "en": value, "zh": value, "ok": ok, "note_en": notes["en"], "note_zh": notes["zh"]}


def _shot(shot: Shot, seen: Glance) -> dict[str, Any]:
    subject, theme = vocabulary().subjects.get(shot.subject), vocabulary().themes.get(shot.theme)
    middle = shot.start + shot.seconds / 2
    _, frame = min(seen.seconds, key=lambda entry: abs(entry[0] - middle))
    return {
        "id": shot.id, "role": shot.role, "headline": shot.headline, "why": shot.why, "say": _stressed(shot),
        "start": f"{shot.start:.1f}", "end": f"{shot.start + shot.seconds:.1f}", "image": picture_url(frame, 108),
        "subject_en": subject.en if subject else shot.subject or "–", "theme_en": theme.en if theme else shot.theme,
        "subject_zh": subject.zh if subject else shot.subject or "–", "theme_zh": theme.zh if theme else shot.theme,
    }  # fmt: skip


def _stressed(shot: Shot) -> list[tuple[bool, str]]:
    """The words said, cut into (stressed, text)."""
    wanted = [re.escape(w) for w in sorted(shot.emphasis, key=len, reverse=True) if w]
    pieces = re.split(f"({'|'.join(wanted)})", shot.say, flags=re.IGNORECASE) if wanted else [shot.say]
    return [(i % 2 == 1, piece) for i, piece in enumerate(pieces) if piece]


def _asset(item: Asset) -> dict[str, Any]:
    return {
        "en": kind_name(item.what, "en"), "zh": kind_name(item.what, "zh"), "file": item.file, "source": item.source,
        "author": item.author, "licence_en": item.licence_name("en"), "licence_zh": item.licence_name("zh"),
        "note_en": item.remark("en"), "note_zh": item.remark("zh"), "may": [(use, item.may(use)) for use in USES],
    }  # fmt: skip
