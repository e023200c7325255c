"""The same short cut with MoviePy, as a user writes it: clips, moving pictures of subjects, text, write_videofile."""

import json
import math
import sys

import numpy as np
import skia
from moviepy import AudioFileClip, CompositeVideoClip, ImageClip, TextClip, VideoFileClip

from aigc_lab.publish.fonts import BLACK, SANS, font_file
from aigc_lab.settings import data_path


def picture(subject: str, size: int = 640) -> np.ndarray:
    """A subject as an RGBA picture."""
    surface = skia.Surface(size, size)
    canvas = surface.getCanvas()
    canvas.scale(size / 32, size / 32)
    for part in json.loads(data_path("scenes", "subjects.json").read_text(encoding="utf-8"))[subject]["parts"]:
        red, green, blue = (int(part["fill"][i : i + 2], 16) for i in (1, 3, 5))
        path = skia.Path()
        numbers = part["d"].replace("M", " M ").replace("L", " L ").replace("C", " C ").replace("Z", " Z ").split()
        _trace(path, numbers)
        canvas.drawPath(path, skia.Paint(Color=skia.Color(red, green, blue), AntiAlias=True))
    return surface.toarray(colorType=skia.ColorType.kRGBA_8888_ColorType)


def _trace(path: skia.Path, words: list[str]) -> None:
    at = 0
    while at < len(words):
        command, at = words[at], at + 1
        values = []
        while at < len(words) and words[at] not in "MLCZ":
            values.append(float(words[at]))
            at += 1
        step = {"M": 2, "L": 2, "C": 6, "Z": 1}[command]
        act = {"M": path.moveTo, "L": path.lineTo, "C": path.cubicTo}.get(command)
        for i in range(0, len(values), step):
            act(*values[i : i + step])
        if command == "Z":
            path.close()


def text(words: str, size: int, family: str, start: float, seconds: float, top: float) -> TextClip:
    """A line of text in the middle of the picture."""
    clip = TextClip(
        font=str(font_file(family)), text=words, font_size=size, color="white", stroke_color="black", stroke_width=6,
        method="label", margin=(10, 20),
    )  # fmt: skip
    return clip.with_start(start).with_duration(seconds).with_position(("center", top))


def main(path: str) -> None:
    """Cut the short that the JSON file describes."""
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    layers = []
    for shot, take in zip(job["shots"], job["takes"], strict=True):
        start, seconds = shot["start"], shot["seconds"]
        layers.append(VideoFileClip(take).resized((1080, 1920)).with_start(start).with_duration(seconds))
        subject = ImageClip(picture(shot["subject"])).with_start(start).with_duration(seconds)
        layers.append(subject.with_position(lambda t: (220 - 12 * t, 700 + 6 * math.sin(2.4 * t))))
        layers.append(text(shot["headline"], 120, BLACK, start, seconds, 360))
    layers += [text(words, 74, SANS, start, end - start, 1400) for words, start, end in job["captions"]]
    layers.append(text(job["label"], 76, SANS, 0, 2.5, 220))
    whole = CompositeVideoClip(layers, size=(1080, 1920)).with_audio(AudioFileClip(job["sound"]))
    whole.write_videofile(job["out"], fps=30, codec="libx264", preset="medium", threads=job["threads"], logger=None)


if __name__ == "__main__":
    main(sys.argv[1])
