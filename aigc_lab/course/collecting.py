"""What lesson 01 practises on: a server like Wikimedia Commons, a folder of downloads as it is, and planted copies.

The real material is in data/samples; the rest is drawn. Authors and licences of what is drawn are made up.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from aigc_lab import LabError
from aigc_lab.collect import duplicates
from aigc_lab.collect.samples import sample_table
from aigc_lab.collect.scenes import draw_scene, sample_spec
from aigc_lab.collect.sources.practice_server import PracticeServer, Work
from aigc_lab.course.page import Words
from aigc_lab.media import Clip, read_clip, read_frames, read_image, write_clip, write_image, write_text

SIZE = 270, 480  # of a drawn clip: width and height in pixels
BITS = duplicates.BITS  # of the hash of one frame
NO_PAGE = b"<!DOCTYPE html><title>File not found</title><p>This video was moved.</p>" + b" " * 1500
DRAWN = (  # name, subject, author, licence, title, as their pages on the practice server tell it
    ("Evening.mp4", "bus", '<a href="//example.org/Mei">Mei</a>', "CC BY-SA 4.0", "City bus in the evening"),
    ("Tower.mp4", "tower", "Kim", "CC BY-NC 4.0", "A tower in the city"),
    ("Metro.mp4", "metro", "Lin", "CC BY 4.0", "Under the city"),
)


def city_server(folder: Path) -> PracticeServer:
    """A practice server with six videos of cities: a real one, three drawn, one that is closed, one that is no video.

    Its search answers three works at a time. It is in a bad mood: its first answer is 429 with a second to wait, and
    the real video breaks off once in the middle. `folder` takes the drawn files.
    """
    earth = sample_table()["earth"]
    told = {"licence": "Public domain", "tags": earth.tags, "width": 480, "height": 270}
    works = [Work("Earth.mp4", earth.path.read_bytes(), earth.title, earth.author, **told)]
    for number, (name, subject, author, licence, title) in enumerate(DRAWN):
        path = drawn_clip(Path(folder) / name, subject, 4100 + number)
        address = f"https://creativecommons.org/licenses/{licence[3:].lower().replace(' ', '/')}/"
        works.append(Work(name, path.read_bytes(), title, author, licence, address, "", ("city", "城市"), *SIZE))
    closed = Work("Closed.mp4", works[1].data, "City, not for you", "Ann", "All rights reserved", "", "", ("city",))
    works[3:3] = [closed, Work("Moved.mp4", NO_PAGE, "City by day", "Bo", "CC0", "", "", ("city",), *SIZE)]
    server = PracticeServer(works)
    server.moods["/w/api.php"] = ["throttle 1"]
    server.mood("Earth.mp4", "truncate")
    return server


def drawn_clip(path: Path, subject: str, seed: int) -> Path:
    """A drawn scene of two seconds as an MP4, written once; gives back `path`."""
    if not path.is_file():
        write_clip(draw_scene(sample_spec(seed, subject=subject, style="retro"), SIZE), path)
    return path


def downloads(folder: Path) -> Path:
    """A folder of downloads as one finds it: a good clip and a text, and seven files with something wrong each.

    credits.csv says whose they are, but for one picture that nobody speaks of. Gives back `folder`.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    earth = read_clip(sample_table()["earth"].path, 0.0, 5.0)
    night = earth.frames[:: max(round(earth.fps / 10), 1)]
    write_clip(Clip(night, 10.0), folder / "night-copy.mp4", crf=34)
    write_clip(Clip(night[:5], 10.0), folder / "blink.mp4")
    write_clip(Clip(np.zeros((30, 270, 480, 3), np.uint8), 10.0), folder / "black.mp4")
    flower = read_image(sample_table()["flower"].path)[:360, :640, :3]
    write_clip(Clip(np.repeat(flower[None], 30, 0), 10.0), folder / "still.mp4")
    write_image(cv2.resize(flower, (160, 90), interpolation=cv2.INTER_AREA), folder / "thumbnail.jpg")
    drawn_clip(folder / "港口.mp4", "sailboat", 4200)
    whole = (folder / "港口.mp4").read_bytes()
    (folder / "broken.mp4").write_bytes(whole[: len(whole) // 2])
    write_image(draw_scene(sample_spec(4201, subject="robot"), SIZE, frames=1).frames[0], folder / "from-a-forum.jpg")
    write_text(folder / "night.txt", "Cities at night\n\nSeen from space, every light is a street.\n")
    rows = ["file,author,licence"]
    rows += [f"{name},Practice,CC0-1.0" for name in ("black.mp4", "still.mp4", "blink.mp4", "thumbnail.jpg")]
    rows += [f"{name},阿青,CC BY 4.0" for name in ("港口.mp4", "broken.mp4", "night.txt")]
    write_text(folder / "credits.csv", "\n".join([*rows, "night-copy.mp4,somebody,CC0-1.0"]) + "\n")
    return folder


@dataclass(frozen=True)
class Look:
    """A clip or picture to compare: its name in both languages, and frames uint8 (T, H, W, 3), four a second.

    origin: what it was made from; looks of one origin are planted copies of each other.
    """

    name: Words
    frames: np.ndarray
    origin: str


def planted(most: int = 99) -> list[Look]:
    """Real samples, each followed by copies that somebody might upload; the first `most` looks of them."""
    earth = np.stack([f for _, f in read_frames(sample_table()["earth"].path, 0.0, 9.0, step=0.25, longest=320)])
    first = earth[:16]
    looks = [
        Look(Words("earth", "地球"), first, "earth"),
        Look(Words("earth, rough", "地球，重新压缩"), np.stack([_rough(f) for f in first]), "earth"),
        Look(Words("earth, brighter", "地球，调亮"), np.clip(first[3:] * 1.3 + 10, 0, 255).astype(np.uint8), "earth"),
        Look(Words("earth, 5 s on", "地球，5 秒之后"), earth[20:36], "earth, later"),
    ]
    for sample, name, way, change in CHANGES:
        picture = read_image(sample_table()[sample].path)[..., :3]
        changed = Words(f"{name.en}, {way.en}", f"{name.zh}，{way.zh}")
        looks += [Look(name, picture[None], sample), Look(changed, change(picture)[None], sample)]
    return looks[:most]


def _rough(picture: np.ndarray) -> np.ndarray:
    """Half as large, and a poor JPEG."""
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.imdecode(cv2.imencode(".jpg", half, [cv2.IMWRITE_JPEG_QUALITY, 20])[1], cv2.IMREAD_COLOR)


def _cut(picture: np.ndarray, share: float) -> np.ndarray:
    y, x = (round(side * share) for side in picture.shape[:2])
    return np.ascontiguousarray(picture[y : picture.shape[0] - y, x : picture.shape[1] - x])


def _lettered(picture: np.ndarray) -> np.ndarray:
    return cv2.putText(picture.copy(), "MY CLIP", (20, 70), cv2.FONT_HERSHEY_SIMPLEX, 2, (255, 255, 255), 8)


def _mirrored(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(picture[:, ::-1])


def _gray(picture: np.ndarray) -> np.ndarray:
    return np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


CHANGES = (  # sample, its name, what was done to it, how
    ("coffee", Words("coffee", "咖啡"), Words("lettered", "加字"), _lettered),
    ("rocket", Words("rocket", "火箭"), Words("grey", "去色"), _gray),
    ("flower", Words("flower", "花"), Words("8 % cut off", "四边裁掉 8%"), lambda picture: _cut(picture, 0.08)),
    ("china", Words("temple", "古建筑"), Words("5 % cut off", "四边裁掉 5%"), lambda picture: _cut(picture, 0.05)),
    ("chelsea", Words("cat", "猫"), Words("mirrored", "左右翻转"), _mirrored),
)


@dataclass(frozen=True)
class Pair:
    """Two looks, how far apart they are (0 to 1), and whether one is a planted copy of the other."""

    a: Look
    b: Look
    distance: float
    copy: bool


def all_pairs(looks: Sequence[Look]) -> list[Pair]:
    """Every two looks with their distance, the closest first. Raises LabError for fewer than two."""
    if len(looks) < 2:
        raise LabError("There is nothing to compare: give at least two looks.")
    marks = [duplicates.fingerprint(look.frames) for look in looks]
    return sorted(_pairs(looks, marks), key=lambda pair: pair.distance)


def _pairs(looks: Sequence[Look], marks: Sequence[bytes]) -> Iterator[Pair]:
    for i, a in enumerate(looks):
        for j in range(i):
            yield Pair(looks[j], a, duplicates.distance(marks[j], marks[i]), looks[j].origin == a.origin)


def found(pairs: Sequence[Pair], limit: float) -> list[Pair]:
    """The pairs that count as the same when the limit is `limit`."""
    return [pair for pair in pairs if pair.distance <= limit]


def score(pairs: Sequence[Pair], limit: float) -> dict[str, int]:
    """What a limit does: planted copies found and missed, and false alarms (pairs that are no copies)."""
    hits = found(pairs, limit)
    copies = sum(pair.copy for pair in pairs)
    right = sum(pair.copy for pair in hits)
    return {"found": right, "missed": copies - right, "false": len(hits) - right}


def sidecar(file: Path, **told: str) -> Path:
    """Write what is known of a file into NAME.json beside it: author, licence, source ... ; gives back its path."""
    path = file.with_suffix(".json")
    write_text(path, json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return path


def measured_bits() -> tuple[list[int], list[int]]:
    """How many of a hundred bits differ between real copies, and between other pictures, both from small to large.

    The first frames of `planted`, without what only time, mirrors or a limit of its own could tell apart.
    """
    hard = ("cat, mirrored", "flower, 8 % cut off", "temple, 5 % cut off", "earth, 5 s on")
    looks = [look for look in planted() if look.name.en not in hard]
    marks = [np.unpackbits(np.frombuffer(duplicates.fingerprint(look.frames[:1]), np.uint8))[:BITS] for look in looks]
    apart: dict[bool, list[int]] = {True: [], False: []}
    for i, a in enumerate(marks):
        for j in range(i):
            apart[looks[i].origin == looks[j].origin].append(round(100 * float(np.mean(a != marks[j]))))
    return sorted(apart[True]), sorted(apart[False])
