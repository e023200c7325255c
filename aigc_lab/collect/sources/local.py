"""Sources on this machine: a folder, the free samples of the project, and drawn scenes."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from aigc_lab import LabError
from aigc_lab.collect.contents import content, read_text
from aigc_lab.collect.items import Item
from aigc_lab.collect.samples import sample_table
from aigc_lab.collect.scenes import FPS, FRAMES, draw_scene, sample_spec
from aigc_lab.collect.sidecars import LICENCE_FILES, told
from aigc_lab.media import probe, write_clip
from aigc_lab.rights import Asset, built_in
from aigc_lab.vocabulary import vocabulary

VIDEOS = {".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".mts", ".m2ts", ".3gp"}
PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif"}
TEXTS = {".txt", ".md", ".text", ".rst"}
ABOUT = {name.lower() for name in LICENCE_FILES} | {"credits.csv", "rights.yaml", "readme.md", "readme.txt"}
MOST_TEXT = 100_000  # letters of a text that are kept
CAMERA = re.compile(r"(img|dsc|dscn|dscf|dji|vid|mov|mvi|gopr|gh|gx|pxl|pic|wechat|mmexport|screenshot|video|image)$")
TAKE = re.compile(
    r"[\s_\-.]*(?:(?:take|part|clip|copy|第?\d+[段部]?|副本|v)?[\s_\-.]*(?:\d{1,4}|\(\d+\)|（\d+）)|副本|copy)$", re.I
)


def folder(path: Path, own: bool = False, notes: list[str] | None = None) -> Iterator[Item]:
    """Every video, picture and text below a folder, by content and not by name; hidden files are left out.

    Rights come from NAME.json, credits.csv, rights.yaml or a LICENSE beside a file, else in a folder above it. A file
    that none of them speaks of has no licence, because nobody knows whose it is; `own` says that such files are the
    person's own work. Files in one subfolder are a group; at the top those whose names differ in a last number are. A
    NAME.txt beside NAME.mp4 is what is said about it. Files named as media that are none come too, so that cleaning can
    say what is wrong with them. `notes` takes a sentence for each thing that a person should know.

    Raises LabError when the folder is missing or holds nothing to collect.
    """
    root = Path(path)
    if not root.is_dir():
        raise LabError(f"The folder {root} is not there: check its name.")
    files = files_below(root)
    stems, found = Counter(f.stem for f in files), 0
    texts = {f.with_suffix(""): f for f in files if f.suffix.lower() == ".txt"}
    media = {f.with_suffix("") for f in files if f.suffix.lower() in VIDEOS | PHOTOS}
    for file in files:
        beside = file.with_suffix("")
        if file.name.lower() in ABOUT or (beside in media and texts.get(beside) == file):
            continue
        if kind := kind_of(file):
            found += 1
            yield _item(file, root, kind, own, stems[file.stem] == 1, texts.get(beside), notes)
    if not found:
        raise LabError(f"The folder {root} holds no video, picture or text: put some into it.")


def files_below(root: Path) -> list[Path]:
    """All files below a folder in the order of their names, without hidden ones and those in hidden folders."""
    inside = (f for f in root.rglob("*") if not any(p.startswith(".") for p in f.relative_to(root).parts))
    return sorted(f for f in inside if f.is_file() and f.name not in ("Thumbs.db", "desktop.ini"))


def kind_of(path: Path) -> str:
    """video, picture or text by a file's content; "" for anything else, and for texts that are code or data.

    What cannot be read is what its name says, so that somebody hears of it.
    """
    suffix = path.suffix.lower()
    named = "video" if suffix in VIDEOS else "picture" if suffix in PHOTOS else ""
    try:
        kind = content(path)
        if kind == "text":
            return "text" if named or suffix in TEXTS | {""} else ""
        return {"video": "video", "image": "picture"}[probe(path).kind]
    except LabError:
        return named


def _item(
    file: Path, root: Path, kind: str, own: bool, unique: bool, beside: Path | None, notes: list[str] | None
) -> Item:
    words, rights, more = said_of(file, root, unique)
    if notes is not None:
        notes += more
    suffix = file.suffix.lower()
    named = "video" if suffix in VIDEOS else "picture" if suffix in PHOTOS else "text" if suffix in TEXTS else kind
    note = f"Its name says {named}, its content is a {kind}." if named != kind else ""
    about = file if kind == "text" else beside
    text = _text(about) if about else ""
    where = file.relative_to(root)
    unknown = rights is None
    return Item(
        path=file, kind=kind, source="folder", title=words or _title(file, kind, text), text=text,
        address=(rights.source if rights else "") or f"{root.resolve().name}/{where.as_posix()}",
        author=rights.author if rights else "",
        licence=(("LicenseRef-Own" if own else "") if unknown else rights.licence),
        tags=tuple(clean_name(part) for part in where.parts[:-1] if clean_name(part)),
        group=_group(where), note=" ".join(filter(None, (note, "" if unknown else rights.note, *more))),
    )  # fmt: skip


def said_of(file: Path, root: Path, unique: bool = True) -> tuple[str, Asset | None, list[str]]:
    """Words about a file, its rights, and notes, from its own folder and then those above it up to `root`.

    The rights are None when nobody says anything. In a folder above, rows of credits.csv count only when the file's
    name is `unique` below the root, because they are found by name. What cannot be read gives no rights and a note.
    """
    words, notes = "", []
    folders = [file.parent, *(p for p in file.parent.parents if p == root or root in p.parents)]
    for place in folders if file.parent != root else folders[:1]:
        name = file.name if place == file.parent or unique else "*"
        try:
            said, rights, more = told(place / name)
        except LabError as error:
            return words, None, [*notes, str(error)]
        words, notes = words or said, notes + [n for n in more if n not in notes]
        # only a file that nothing was said of has told()'s own remark in Chinese
        if not (rights.licence == "LicenseRef-Own" and rights.note_zh):
            return words, rights, notes
    return words, None, notes


def _text(path: Path) -> str:
    try:
        return read_text(path)[:MOST_TEXT]
    except LabError:
        return ""


def clean_name(name: str) -> str:
    """A file's or folder's name as words: "waves_at-dusk2" -> "waves at dusk"; "" for what a camera made up."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = " ".join(re.sub(r"[\W\d_]+", " ", spaced).split())
    return "" if CAMERA.match(words.lower()) or (len(words) < 2 and words.isascii()) else words


def _title(file: Path, kind: str, text: str) -> str:
    first = next((line.strip("# \t") for line in text.splitlines() if line.strip("# \t")), "") if kind == "text" else ""
    return first[:120] or clean_name(file.stem)


def _group(where: Path) -> str:
    """The subfolder; at the top the name without a last number, which tells takes of one thing apart."""
    if len(where.parts) > 1:
        return where.parent.as_posix()
    take = TAKE.sub("", where.stem)
    return where.stem if (len(take) < 2 and take.isascii()) or CAMERA.match(take.lower()) else take


def samples() -> Iterator[Item]:
    """The free pictures and the clip of data/samples, each with its author, licence and address.

    Raises LabError when a file is missing or has been changed.
    """
    for sample in sample_table().values():
        yield Item(
            path=sample.path, kind=kind_of(sample.path), source="samples", author=sample.author,
            licence=sample.licence, address=sample.address or f"{sample.package}/{sample.file}", title=sample.title,
            tags=sample.tags, group=f"samples/{sample.id}", note=sample.note,
        )  # fmt: skip


def drawn(
    count: int, seed: int, into: Path, size: tuple[int, int] = (288, 512), seconds: float = FRAMES / FPS
) -> Iterator[Item]:
    """Drawn scenes of the seeds from `seed` on, as clips of high quality in the folder `into`, with all their labels.

    size is (width, height) in pixels, both even. The same seed and size give the same file. Raises LabError for less
    than one scene, for a seed below 0, or a size that cannot be encoded.
    """
    if count < 1 or seed < 0 or size[0] % 2 or size[1] % 2:
        raise LabError(f"Cannot draw {count} scenes of seed {seed} at {size[0]}x{size[1]}: use 1, seed 0, even sizes.")
    rights = built_in("drawn")
    for number in range(seed, seed + count):
        spec = sample_spec(number)
        path = Path(into) / f"drawn-{number:07d}-{size[0]}x{size[1]}.mp4"
        write_clip(draw_scene(spec, size, fps=FPS, seconds=seconds), path, crf=4)
        words = vocabulary()
        named = words.themes[spec.theme], words.subjects[spec.subject], words.styles[spec.style]
        labels = {k: ",".join(v) if isinstance(v, list) else str(v) for k, v in spec.labels().items()}
        item = Item(
            path=path, kind="video", source="drawn", address=f"drawn/{number}", author=rights.author,
            licence=rights.licence, title=spec.caption_en, note=rights.note, group=f"drawn/{number}",
            tags=tuple(dict.fromkeys(name for word in named for name in (word.en, word.zh))),
        )  # fmt: skip
        yield replace(item, labels=labels)
