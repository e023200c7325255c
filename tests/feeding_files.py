"""Small corpora of drawn scenes, films and pictures that stand in for collected ones."""

from pathlib import Path

from footage_files import scene

from aigc_lab.collect import manifest
from aigc_lab.collect.checkup import file_hash
from aigc_lab.collect.corpus import Corpus
from aigc_lab.collect.manifest import Manifest, Row
from aigc_lab.collect.scenes import draw_scene, sample_spec
from aigc_lab.media import write_clip, write_frames, write_image

OWN = {"licence": "LicenseRef-Own", "may_publish": True, "may_edit": True, "may_sell": True, "may_train": True}


def taken(folder: Path, path: Path, **facts: object) -> Row:
    """Put a file into the corpus in `folder` and give its row, without entering it."""
    file = file_hash(path)
    place = f"media/{file[:2]}/{file}{path.suffix}"
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    path.replace(folder / place)
    told = {"kind": "video", "split": "train", "width": 320, "height": 180, "fps": 30.0, "seconds": 2.5, "end": 2.5}
    return Row(id=file, path=place, **(OWN | told | facts))


def entered(folder: Path, rows: list[Row]) -> Corpus:
    manifest.write(folder, Manifest(tuple(rows)))
    return Corpus(folder)


def film(folder: Path, name: str, seed: int = 1, subject: float | None = None, seconds: float = 2.5, **facts) -> Row:
    path = folder / name
    write_frames(scene(320, 180, seconds, subject, seed), 30, path)
    return taken(folder, path, **({"seconds": seconds, "end": seconds} | facts))


def drawn(folder: Path, seed: int, **fixed: object) -> Row:
    spec = sample_spec(seed, **fixed)
    path = folder / f"drawn-{seed}.mp4"
    clip = draw_scene(spec, (144, 256))
    write_clip(clip, path, crf=4)
    facts = {name: getattr(spec, name) for name in ("theme", "subject", "style", "caption_en", "caption_zh")}
    seconds = round(clip.seconds, 3)
    return taken(folder, path, width=144, height=256, fps=7.5, seconds=seconds, end=seconds, **facts)


def photo(folder: Path, name: str, subject: float = 0.5, **facts: object) -> Row:
    path = folder / name
    write_image(next(scene(480, 320, 1, subject, 7)), path)
    return taken(folder, path, kind="picture", **({"width": 480, "height": 320, "seconds": 0.0, "end": 0.0} | facts))
