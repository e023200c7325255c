"""Adapter files: what a generator learnt from a few clips of one's own, and whose they were, beside its weights.

An adapter fits the one generator that it was learnt with, and its file names that one. What is in it: adapting.py.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aigc_lab import LabError
from aigc_lab.rights import USES, Asset
from aigc_lab.train.weights import Weights, digests, read_weights, write_weights
from aigc_lab.workshop import file_digest

LARGEST = 3_000_000  # bytes of an adapter file
KIND = "adapter"  # what its metadata call it


@dataclass(frozen=True)
class Adapter:
    """An adapter file as it was read. sha256: of its bytes; whose: the works that it learnt from, each once."""

    path: Path
    weights: Weights
    sha256: str
    whose: tuple[Asset, ...]

    @property
    def asset(self) -> Asset:
        """The file itself as a work: it may be used for what all the works that it learnt from may be used for."""
        answers = {f"may_{use}": all(work.may(use) for work in self.whose) for use in USES}
        said = list(dict.fromkeys(work.author for work in self.whose if work.author))
        note = f"Learnt from {len(self.whose)} works" + (f" of {', '.join(said)}" if said else "")
        note_zh = f"学自 {len(self.whose)} 件素材" + (f"，作者：{'、'.join(said)}" if said else "")
        return Asset(
            KIND, self.path.name, "aigc-lab train generator --finetune", "", self.weights.metadata.get("licence", ""),
            **answers, note=f"{note}.", note_zh=f"{note_zh}。", path=self.path,
        )  # fmt: skip

    @property
    def numbers(self) -> dict[str, object]:
        """What was measured when it was made (aigc_lab.train.finetuning)."""
        return json.loads(self.weights.metadata.get("numbers", "{}"))


def write_adapter(
    arrays: dict[str, np.ndarray], whose: tuple[Asset, ...], metadata: dict[str, str], path: Path
) -> Path:
    """Write an adapter, whole or not at all, with whose clips it learnt from. Raises LabError when it is too large."""
    size = sum(array.nbytes for array in arrays.values())
    if size > LARGEST:
        raise LabError(f"The adapter would have {size / 1e6:.1f} MB, over {LARGEST / 1e6:g}: take a lower rank.")
    told = [{"what": a.what, "file": a.file, "source": a.source, "author": a.author, "licence": a.licence,
             "note": a.note, "note_zh": a.note_zh, **{f"may_{u}": a.may(u) for u in USES}} for a in whose]  # fmt: skip
    about = {"model": KIND, "sources": json.dumps(told, ensure_ascii=False), **metadata}
    write_weights(Weights(arrays, about), path)
    return path


def read_adapter(path: Path) -> Adapter:
    """An adapter from its file. Raises LabError when it is missing, broken or no adapter."""
    path = Path(path)
    if not path.is_file():
        raise LabError(f"There is no adapter {path}: check the name, or train one (train generator --finetune).")
    weights = read_weights(path)
    if weights.metadata.get("model") != KIND:
        raise LabError(f"{path} holds weights but is no adapter: name a file that `train generator --finetune` made.")
    try:
        whose = tuple(Asset(**row) for row in json.loads(weights.metadata["sources"]))
        json.loads(weights.metadata.get("numbers", "{}"))
    except (KeyError, ValueError, TypeError) as error:
        raise LabError(f"{path} does not say whose clips it learnt from: train it again.") from error
    return Adapter(path, weights, file_digest(path), whose)


def check_fits(adapter: Adapter, folder: Path | None = None) -> None:
    """Raise LabError when an adapter was learnt with another generator than the one in `folder` (data/weights)."""
    (digest,) = digests("generator", folder=folder)
    if (known := adapter.weights.metadata.get("generator", "")) != digest:
        raise LabError(
            f"The adapter {adapter.path} belongs to another generator ({known[:8] or 'unknown'}) than the one here "
            f"({digest[:8]}): train it again with this one."
        )
