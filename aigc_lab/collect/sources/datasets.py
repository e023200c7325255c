"""Existing data sets that lie on this machine: folders by class (UCF-101, Kinetics) and Moving MNIST."""

import gzip
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from aigc_lab import LabError
from aigc_lab.collect.items import Item
from aigc_lab.collect.sources.local import clean_name, files_below, kind_of, said_of
from aigc_lab.media import Clip, write_clip

RESEARCH = "LicenseRef-Research"
# In words of our own; the terms themselves decide.
TERMS = {
    "ucf-101": (
        "UCF-101 (Soomro, Zamir and Shah 2012) was made from videos of other people on YouTube, for research on action "
        "recognition. Nobody gave leave to publish or to sell them."
    ),
    "kinetics": (
        "Kinetics (Kay and others 2017): the lists of clips are CC BY 4.0, the videos belong to those who put them on "
        "YouTube. For research only; nothing of them may be published or sold."
    ),
    "moving-mnist": (
        "Moving MNIST (Srivastava, Mansimov and Salakhutdinov 2015), made from the digits of MNIST (LeCun, Cortes and "
        "Burges). Offered for research without a licence that allows more."
    ),
}
AUTHORS = {
    "ucf-101": "Soomro, Zamir, Shah (UCF-101)",
    "kinetics": "Kay and others (Kinetics), and who uploaded it",
    "moving-mnist": "Srivastava, Mansimov, Salakhutdinov (Moving MNIST)",
}
UCF = re.compile(r"v_(?P<name>\w+)_g(?P<group>\d+)_c(?P<clip>\d+)$")
KINETICS = re.compile(r"(?P<video>[\w-]{11})_(?P<start>\d{6})_(?P<end>\d{6})$")
SPLITS = {"train", "val", "validate", "validation", "valid", "test"}
DIGITS_FILE = b"\0\0\x08\x03"  # how MNIST's own files of pictures begin: bytes, in three dimensions
DIGITS_FPS, ENLARGED = 10, 4  # Moving MNIST has no frame rate of its own; 64 pixels are too small to be shown


def terms(name: str) -> str:
    """What the makers of a data set (ucf-101, kinetics, moving-mnist) allow, in a sentence. Raises LabError else."""
    if name not in TERMS:
        raise LabError(f"The data set {name!r} is unknown: use one of {', '.join(TERMS)}.")
    return TERMS[name]


def class_folders(path: Path, notes: list[str] | None = None) -> Iterator[Item]:
    """The clips of a folder by class: CLASS/file or SPLIT/CLASS/file; the class is a tag and labels["class"].

    v_CLASS_g01_c02.avi is of UCF-101: clips of one g are of one video and stay together. ID_000010_000020.mp4 is of
    Kinetics: those of one ID do, and the split of the data set is kept in labels["split"]. Both are for research only,
    as `terms` says and `notes` hears. Other names bring the rights that the folder tells, as local.folder reads them.

    Raises LabError when the folder is missing or holds no clips by class.
    """
    root = Path(path)
    if not root.is_dir():
        raise LabError(f"The folder {root} is not there: check its name.")
    told: set[str] = set()
    found = 0
    for file in files_below(root):
        where = file.relative_to(root)
        if len(where.parts) < 2 or (kind := kind_of(file)) not in ("video", "picture"):
            continue
        item = _classed(file, root, kind)
        found += 1
        if notes is not None and item.source in TERMS and item.source not in told:
            told.add(item.source)
            notes.append(terms(item.source))
        yield item
    if not found:
        raise LabError(f"{root} holds no clips by class: put them into folders named after what they show.")


def _classed(file: Path, root: Path, kind: str) -> Item:
    where = file.relative_to(root)
    name = where.parts[-2]
    words = clean_name(name).lower()
    labels = {"class": name}
    if split := next((p.lower() for p in where.parts[:-2] if p.lower() in SPLITS), ""):
        labels["split"] = split
    common = {"path": file, "kind": kind, "title": words, "tags": (words,), "labels": labels}
    if match := UCF.match(file.stem):
        return Item(
            **common, source="ucf-101", address=f"UCF-101/{name}/{file.name}", author=AUTHORS["ucf-101"],
            licence=RESEARCH, group=f"ucf-101/{match['name']}/g{match['group']}", note=terms("ucf-101"),
        )  # fmt: skip
    if match := KINETICS.match(file.stem):
        seconds = f"{int(match['start'])} to {int(match['end'])} s of it"
        return Item(
            **common, source="kinetics", address=f"https://www.youtube.com/watch?v={match['video']}",
            author=AUTHORS["kinetics"], licence=RESEARCH, group=f"kinetics/{match['video']}",
            note=f"{terms('kinetics')} ({seconds})",
        )  # fmt: skip
    said, rights, more = said_of(file, root)
    common |= {"title": said or words}
    note = " ".join([rights.note if rights else "", *more]).strip()
    take = re.sub(r"[\s_-]*[(]?\d+[)]?$", "", file.stem) or file.stem
    return Item(
        **common, source="classes", address=(rights.source if rights else "") or f"{root.name}/{where.as_posix()}",
        author=rights.author if rights else "", licence=rights.licence if rights else "",
        group=f"{name}/{take}", note=note,
    )  # fmt: skip


def moving_mnist(path: Path, into: Path, most: int = 0) -> Iterator[Item]:
    """The sequences of Moving MNIST, uint8 (20, N, 64, 64) in .npy or .npz, as clips in the folder `into`.

    Clips and not places in an array, so that cleaning, splitting and feeding treat them like every other file; every
    pixel becomes 4 x 4, which keeps them sharp and shrinks back exactly. most: only so many sequences, 0 for all; an
    array is never read as a whole. For research only, see `terms`.

    Raises LabError when the file cannot be read, or holds something of another shape or type.
    """
    with _sequences(Path(path), Path(into)) as frames:
        count = frames.shape[1] if most <= 0 else min(most, frames.shape[1])
        for i in range(count):
            file = Path(into) / f"moving-mnist-{i:05d}.mp4"
            large = np.ascontiguousarray(frames[:, i]).repeat(ENLARGED, axis=1).repeat(ENLARGED, axis=2)
            write_clip(Clip(np.stack([large] * 3, axis=-1), DIGITS_FPS), file, crf=0)
            yield Item(
                path=file, kind="video", source="moving-mnist", address=f"{Path(path).name}[:, {i}]",
                author=AUTHORS["moving-mnist"], licence=RESEARCH, title="Two moving handwritten digits",
                tags=("digits", "数字"), group=f"moving-mnist/{i:05d}", note=terms("moving-mnist"),
            )  # fmt: skip


def moving_digits(path: Path, most: int = 0) -> np.ndarray:
    """The first `most` (0: all) of the same sequences as one array in memory, uint8 (N, 20, 64, 64), 80 KB each.

    For research only, see `terms`. Raises LabError as `moving_mnist` does.
    """
    unpacked = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with unpacked as folder, _sequences(Path(path), Path(folder)) as frames:
        return np.array(np.moveaxis(frames[:, : most if most > 0 else None], 1, 0))


def holds_films(path: Path) -> bool:
    """Whether a file is (or is meant to be) the standard one of Moving MNIST, and not one of single digits."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                return "x_test.npy" not in packed.namelist()
        return _published_digits(path) is None and np.load(path, mmap_mode="r", allow_pickle=False).ndim != 3
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return True  # who reads it says what is wrong


def handwritten_digits(path: Path, part: str = "x_train") -> np.ndarray:
    """Handwritten digits uint8 (N, 28, 28): all of an .npy, the `part` (x_train, x_test) of an .npz as Keras keeps it,
    or all of a file as MNIST is published (train-images-idx3-ubyte, packed as .gz or not).

    For research only, see `terms`. Raises LabError when the file is missing, damaged or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise LabError(f"{path} is not there: check the name.")
    try:
        found = _published_digits(path)
        if found is None:
            found = np.load(path, allow_pickle=False)
        if isinstance(found, np.lib.npyio.NpzFile):
            with found as arrays:
                found = arrays[part]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise LabError(f"{path} cannot be read as digits ({error}): give mnist.npz, as Keras keeps it.") from error
    if found.ndim != 3 or found.shape[1:] != (28, 28) or found.dtype != np.uint8 or len(found) < 2:
        raise LabError(f"{path.name} holds {found.dtype} of shape {found.shape}: digits are uint8 (N, 28, 28).")
    return found


def _published_digits(path: Path) -> np.ndarray | None:
    """The pictures of one of MNIST's own files; None for another file. Raises OSError, EOFError or ValueError."""
    with open(path, "rb") as file:
        begin = file.read(4)
    if begin[:2] != b"\x1f\x8b" and begin != DIGITS_FILE:
        return None
    with gzip.open(path) if begin != DIGITS_FILE else open(path, "rb") as file:
        data = file.read()
    if data[:4] != DIGITS_FILE:
        raise ValueError("no pictures of MNIST")
    return np.frombuffer(data, np.uint8, offset=16).reshape(np.frombuffer(data, ">u4", 3, offset=4))


@contextmanager
def _sequences(path: Path, into: Path) -> Iterator[np.ndarray]:
    """The array of a file, as it lies on the disk; one inside an .npz is unpacked below `into` while it is used."""
    if not path.is_file():
        raise LabError(f"{path} is not there: check the name.")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=".part-", ignore_cleanup_errors=True) as folder:
        try:
            plain = path
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as packed:
                    names = [n for n in packed.namelist() if n.endswith(".npy")]
                    if len(names) != 1:
                        raise LabError(f"{path.name} holds {len(names)} arrays: save the one of Moving MNIST alone.")
                    plain = Path(packed.extract(names[0], folder))
            frames = np.load(plain, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise LabError(f"{path} cannot be read as an array ({error}): load Moving MNIST again.") from error
        if frames.ndim != 4 or frames.shape[0] != 20 or frames.shape[2:] != (64, 64) or frames.shape[1] < 1:
            raise LabError(f"{path.name} has the shape {frames.shape}: Moving MNIST has (20, N, 64, 64).")
        if frames.dtype != np.uint8:
            raise LabError(f"{path.name} is of type {frames.dtype}: Moving MNIST is uint8, 0 to 255.")
        yield frames
