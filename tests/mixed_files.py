"""A folder of 50 files as they lie around on a disk, made from the free samples: nobody prepared it for collecting."""

import json
import shutil
import zipfile
from fractions import Fraction
from itertools import chain

import av
import cv2
import numpy as np
from PIL import Image, ImageDraw

from aigc_lab.collect.samples import sample_table
from aigc_lab.media import read_frames, read_image, run_ffmpeg

SIZE, FPS = (320, 240), 12
FAST = {"libx264": {"preset": "ultrafast"}, "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"}}
UNTOLD = {"借来的.mp4", "photo of the sea.jpg", "小马.jpg"}  # files that credits.csv does not name


def sample(name, mirrored=False):
    """One of the free pictures, uint8 (H, W, 3)."""
    picture = read_image(sample_table()[name].path)[..., :3]
    return np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture


def pan(picture, size=SIZE, seconds=2.0, fps=FPS):
    """Frames of a camera that moves across a picture."""
    scale = max(1.5 * size[0] / picture.shape[1], 1.1 * size[1] / picture.shape[0])
    large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    count = round(seconds * fps)
    for i in range(count):
        x, y = (round(i / count * (whole - part)) for whole, part in zip(large.shape[1::-1], size, strict=True))
        yield np.ascontiguousarray(large[y : y + size[1], x : x + size[0]])


def film(path, frames, codec="libx264", fps=FPS, bits=900_000, sound=False, ticks=None):
    """Write frames with a codec into the container of the name; `ticks` are their times in 600ths of a second."""
    pixels = "rgb8" if codec == "gif" else "yuv420p"
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=fps, options=FAST.get(codec, {}))
        voice = out.add_stream("aac", rate=48_000, layout="mono") if sound else None
        for number, picture in enumerate(frames):
            if not number:
                stream.width, stream.height, stream.pix_fmt = picture.shape[1], picture.shape[0], pixels
                stream.bit_rate = bits
                stream.codec_context.time_base = Fraction(1, 600) if ticks else Fraction(1, fps)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)
            frame.pts, frame.time_base = ticks[number] if ticks else number, stream.codec_context.time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if voice:
            tone = 0.1 * np.sin(np.arange(96_000) * 440 * 2 * np.pi / 48_000)
            block = av.AudioFrame.from_ndarray(tone.astype(np.float32)[None], format="fltp", layout="mono")
            block.sample_rate = 48_000
            out.mux([*voice.encode(block), *voice.encode()])


def mixed_folder(root):
    """Fill a folder; returns the names of all files in it, hidden ones aside."""
    root.mkdir(parents=True)
    _films(root)
    _copies(root)
    _bad_films(root)
    _pictures(root)
    _texts(root)
    _rights(root)
    (root / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    files = (path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file())
    return [path.as_posix() for path in files if not path.name.startswith(".")]


def _films(root):
    film(root / "猫.mp4", pan(sample("chelsea"), (400, 300)), sound=True)
    film(root / "咖啡 espresso.webm", pan(sample("coffee")), "libvpx-vp9")
    film(root / "花.avi", pan(sample("flower"), (360, 270)), "mpeg4")
    film(root / "temple.mpg", pan(sample("china"), fps=25), "mpeg2video", fps=25)
    film(root / "Rocket launch.mkv", pan(sample("rocket")))
    film(root / "galaxies.gif", pan(sample("hubble")), "gif")
    film(root / "wall.mp4", pan(sample("brick")))
    run_ffmpeg(["-display_rotation", "90", "-i", "wall.mp4", "-c", "copy", "IMG_0007.mov"], root)
    (root / "wall.mp4").unlink()
    film(root / "竖屏.mp4", pan(sample("retina"), (270, 480)))
    ticks = [600 * i // FPS + (150 if i > 9 else 0) + (200 if i > 15 else 0) for i in range(24)]
    film(root / "可变帧率.mp4", pan(sample("coffee", True)), ticks=ticks)
    bars = ((60, 60), (0, 0), (0, 0))
    film(root / "宽银幕.mp4", (np.pad(frame, bars) for frame in pan(sample("brick", True), (480, 260))))
    earth = [frame for _, frame in read_frames(sample_table()["earth"].path, 12.0, 3.0, step=1 / FPS)]
    film(root / "Earth at night.mp4", earth)
    film(root / "她.mp4", pan(sample("astronaut")))
    film(root / "没对上焦.mp4", pan(cv2.GaussianBlur(sample("clock"), (0, 0), 8)))
    film(root / "两个镜头.mp4", chain(pan(sample("chelsea", True)), pan(sample("rocket", True))))


def _copies(root):
    shutil.copyfile(root / "猫.mp4", root / "猫副本.mp4")
    film(root / "cat small file.avi", pan(sample("chelsea")), "mpeg4", bits=150_000)
    film(root / "flower sent.mp4", (np.clip(frame[10:-10, 14:-14] * 1.15, 0, 255).astype(np.uint8) for frame in
                                    pan(sample("flower"), (360, 270))))  # fmt: skip
    run_ffmpeg(["-i", "Earth at night.mp4", "-vf", "scale=426:240", "-c:v", "libvpx-vp9", "-deadline", "realtime",
                "-cpu-used", "8", "-b:v", "200k", "地球 副本.webm"], root)  # fmt: skip


def _bad_films(root):
    film(root / "黑屏.mp4", (np.zeros((240, 320, 3), np.uint8) for _ in range(24)))
    film(root / "定格.mp4", (sample("coffee")[:240, :320] for _ in range(24)))
    film(root / "一闪而过.mp4", pan(sample("hubble", True), seconds=0.5))
    film(root / "thumbnail.mp4", pan(sample("flower", True), (160, 120)))
    for name in ("没下完.mp4", "没下完.mkv"):
        film(root / name, pan(sample("retina", True), seconds=6.0), bits=300_000)
        whole = (root / name).read_bytes()
        (root / name).write_bytes(whole[: len(whole) // 3])
    film(root / "划伤.avi", pan(sample("hubble", True)), "mpeg4")
    scratched = bytearray((root / "划伤.avi").read_bytes())
    scratched[len(scratched) // 8 :] = np.random.default_rng(5).bytes(len(scratched) - len(scratched) // 8)
    (root / "划伤.avi").write_bytes(scratched)
    (root / "文章.mp4").write_text("海边的早晨。\nA morning at the sea.\n", encoding="utf-8", newline="\n")
    (root / "空.mp4").touch()


def _pictures(root):
    Image.fromarray(sample("rocket", True)).save(root / "航天.webp", quality=85)
    Image.fromarray(sample("flower")).save(root / "flower close.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(sample("retina")[200:1100, 100:1300]).save(root / "IMG_0033.jpg", exif=turned)
    pages = [Image.fromarray(sample(name)) for name in ("coffee", "chelsea")]
    pages[0].save(root / "scan.tif", save_all=True, append_images=pages[1:])
    eyes = Image.fromarray(sample("rocket"))
    eyes.save(root / "stereo.mpo", save_all=True, append_images=[eyes])
    person = Image.fromarray(sample("astronaut"))
    person.save(root / "宇航员.jpg", quality=90)
    person.resize((300, 300)).save(root / "astronaut 300.png")
    Image.fromarray(sample("hubble")).save(root / "星空.jpg")
    Image.fromarray(sample("cell")).resize((64, 64)).save(root / "icon.png")
    Image.fromarray(sample("brick") // 16).save(root / "盖着镜头.jpg")
    whole = (root / "星空.jpg").read_bytes()
    (root / "half sent.jpg").write_bytes(whole[: len(whole) // 3])
    said = Image.fromarray(cv2.resize(sample("retina", True), (800, 800)))
    ImageDraw.Draw(said).text((160, 640), "SUMMER SALE 2026", fill="white", font_size=52)
    said.save(root / "poster.png")
    moving = [Image.fromarray(frame) for frame in pan(sample("brick", True))]
    moving[0].save(root / "动图.webp", save_all=True, append_images=moving[1:], duration=round(1000 / FPS), quality=60)
    Image.fromarray(sample("horse")).save(root / "horse.png")
    (root / "horse.png").rename(root / "horse.mov")
    with zipfile.ZipFile(root / "压缩包.jpg", "w") as packed:
        packed.writestr("a.txt", "海")
    (root / "空.png").touch()


def _texts(root):
    (root / "游记.txt").write_bytes("今天去了海边，看到了海浪和日出。".encode("gb18030"))
    (root / "notes.md").write_text("# Coffee\nHow espresso is made.\n", encoding="utf-8", newline="\n")
    (root / "空白.txt").write_text(" \n\n", encoding="utf-8", newline="\n")
    (root / "tool.py").write_text("print('sea')\n", encoding="utf-8", newline="\n")
    with zipfile.ZipFile(root / "会议.docx", "w") as packed:
        packed.writestr("word/document.xml", "<w/>")


def _rights(root):
    film(root / "借来的.mp4", pan(sample("flower", True)))
    Image.fromarray(sample("hubble", True)).save(root / "reserved.jpg")
    Image.fromarray(sample("coffee", True)).save(root / "photo of the sea.jpg")
    told = {"title": "A cup by the sea", "author": "Mei", "license": "CC BY 4.0", "url": "https://example.org/cup"}
    (root / "photo of the sea.json").write_text(json.dumps(told), encoding="utf-8", newline="\n")
    (root / "朋友").mkdir()
    Image.fromarray(sample("horse", True)).save(root / "朋友" / "小马.jpg")
    text = "Creative Commons Attribution-NonCommercial 4.0 International\n"
    (root / "朋友" / "LICENSE").write_text(text, encoding="utf-8", newline="\n")
    lines = ["file,author,licence"]
    for path in sorted(p for p in root.iterdir() if p.is_file() and p.suffix != ".json" and p.name not in UNTOLD):
        lines.append(f"{path.name},Li 李,{'All rights reserved' if path.stem == 'reserved' else 'CC0'}")
    (root / "credits.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
