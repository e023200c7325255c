"""Frames of an overlay on a plain background, rendered by the real ffmpeg and libass: for tests that look at pixels."""

import subprocess
from pathlib import Path

import numpy as np

from aigc_lab import media
from aigc_lab.publish.fonts import font_folder
from aigc_lab.publish.render import _letters
from aigc_lab.storyboard import Shot, Storyboard

ROLES = ("hook", "point", "point", "offer", "cta")
ZH = ("你的一天 被科技改写", "通勤更聪明", "", "首单半价", "关注我")
EN = ("Your coffee is older than you think", "Roasted this morning", "", "First bag half price", "Taste fresh")


def story(language: str = "zh-CN", **fields) -> Storyboard:
    """Five shots of one second, one of each kind."""
    words = ZH if language.startswith("zh") else EN
    subjects = ("phone", "train", "laptop", "gift", "bulb")
    motions = ("in", "left", "orbit", "right", "up")
    shots = [
        Shot(id=i + 1, role=role, headline=h, subject=s, motion=m, start=i, seconds=1, point=int(role == "point"))
        for i, (role, h, s, m) in enumerate(zip(ROLES, words, subjects, motions, strict=True))
    ]
    plain = {"title": "t", "call_to_action": "关注我 明天见" if language.startswith("zh") else "Order your first bag"}
    return Storyboard(**{**plain, "language": language, "shots": shots, **fields})


def frames(script: str, folder: Path, seconds: float, background: str = "gray", width: int = 540) -> np.ndarray:
    """All frames of the overlay as uint8 (T, H, W, 3) on a background of one colour."""
    env = font_folder(folder, [_letters(script)])
    (folder / "o.ass").write_text(script, encoding="utf-8")
    height = width * 16 // 9
    graph = (
        f"color={background}:{width}x{height}:r=30:d={seconds},format=yuv444p,setparams=colorspace=bt709:range=tv,"
        "ass=o.ass:fontsdir=fonts,scale=in_color_matrix=bt709:in_range=tv,format=rgb24"
    )
    command = [media.ffmpeg(), "-loglevel", "error", "-f", "lavfi", "-i", graph, "-f", "rawvideo", "pipe:1"]
    raw = subprocess.run(command, cwd=folder, env=env, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)
