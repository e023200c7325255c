"""Stand-ins for looking at media: files whose text says what an inspection of them would find.

They are functions of a module of their own, so that worker processes can import them.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aigc_lab.collect.cleaning import Flag, Inspection, Shot
from aigc_lab.collect.items import Item

if TYPE_CHECKING:  # worker processes start sooner without them
    from aigc_lab.collect.adding import Report
    from aigc_lab.collect.corpus import Corpus
    from aigc_lab.collect.manifest import Row


@dataclass(frozen=True)
class Words:
    """What a description says."""

    theme: str
    subject: str = ""
    style: str = ""
    caption_en: str = "A thing."
    caption_zh: str = "一个东西。"
    how: dict[str, str] = field(default_factory=lambda: {"theme": "source"})


def look_print(seed: int, flipped: int = 0) -> bytes:
    """A perceptual hash (8 frames of 32 bytes): another for each seed; `flipped` bytes of it differ in two bits."""
    found = np.random.default_rng(seed).integers(0, 256, 256, dtype=np.uint8)
    found[:flipped] ^= 3
    return found.tobytes()


def planted(folder: Path, name: str, licence: str = "CC0-1.0", group: str = "", consent: str = "", theme: str = "city",
            source: str = "folder", **facts: object) -> Item:  # fmt: skip
    """An item whose file says `facts`: width, seconds, look (a seed), flags, shots, die, fail."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"name": facts.pop("bytes", name), **facts}), encoding="utf-8", newline="\n")
    return Item(path, "text", source, address=name, author="Li 李", licence=licence, title=f"Title of {name}",
                group=group, consent=consent, labels={"theme": theme})  # fmt: skip


def inspect(path: Path, kind: str = "") -> Inspection:
    """Read the facts of a planted file; die with the whole process, or fail, where they say so."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    if facts.get("die"):
        os._exit(9)
    if facts.get("fail"):
        raise ValueError("no such\nthing")
    seconds = float(facts.get("seconds", 2.0))
    width, look = facts.get("width", 640), facts.get("look")
    return Inspection(
        kind="text", width=width, height=width // 2, fps=25.0, seconds=seconds, crop=None,
        shots=tuple(Shot(*shot) for shot in facts.get("shots", ())), measures={"sharpness": 3.5},
        flags=tuple(Flag(name, 0.1, 0.5, f"It is {name}.") for name in facts.get("flags", ())),
        fingerprint=look_print(*look) if look else b"",
    )  # fmt: skip


def describe(item: Item, inspection: Inspection | None, frames: np.ndarray | None, fps: float) -> Words:
    """The theme that the item is labelled with."""
    return Words(item.labels.get("theme", ""))


def add(corpus: "Corpus", items: Iterable[Item], **more: object) -> "Report":
    """Add planted items to a corpus."""
    return corpus.add(items, inspect=inspect, describe=describe, **more)


def row(number: int, **fields: object) -> "Row":
    """A usable row with an id of its own."""
    from aigc_lab.collect.manifest import Row

    file = f"{number:032x}"
    told = {"id": file, "path": f"media/{file[:2]}/{file}.mp4", "kind": "video", "source": "folder", "theme": "city"}
    return Row(**(told | fields))
