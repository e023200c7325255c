"""provenance.json: how a bundle came about, so that it can be made again and every right in it be checked.

It holds no timestamp, no secret and no path of the machine: the same job gives the same file.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from aigc_lab import __version__
from aigc_lab.brief import Brief
from aigc_lab.media import write_json
from aigc_lab.publish.labels import read_aigc
from aigc_lab.rights import USES, Asset
from aigc_lab.storyboard import Storyboard
from aigc_lab.workshop import file_digest, library_versions

SEALED = ("video.mp4", "cover.jpg", "captions.srt", "captions.ass", "storyboard.yaml", "post.json", "credits.md")


def write_provenance(storyboard: Storyboard, assets: Iterable[Asset], folder: Path, brief: Brief | None = None) -> dict:
    """Write `folder`/provenance.json and return what it holds.

    Versions, seed, the brief (None: the storyboard was written by hand), the provider of each step, every asset with
    its rights and checksum, the AI labels as asked and as read back from the finished files, a checksum of each file.
    """
    folder = Path(folder)
    record = {
        "schema": 1,
        "program": {"name": "AIGC Short-Video Lab", "version": __version__},
        "libraries": dict(library_versions()),
        "seed": storyboard.seed,
        "brief": portable(brief.model_dump(exclude_none=True)) if brief else None,
        "shots": [{"id": s.id, "seed": s.seed, "picture": portable(s.picture)} for s in storyboard.shots],
        "providers": {k: portable(getattr(storyboard, k)) for k in ("script", "pictures", "voice", "music")},
        "ai_label": {
            "visible": storyboard.ai_label,
            "metadata": storyboard.ai_metadata,
            "read_back": {n: read_aigc(folder / n) for n in ("video.mp4", "cover.jpg") if (folder / n).is_file()},
        },
        "assets": [_asset(a) for a in sorted(set(assets), key=lambda a: (a.what, a.file))],
        "files": {n: file_digest(folder / n) for n in SEALED if (folder / n).is_file()},
    }
    write_json(folder / "provenance.json", record)
    return record


def _asset(item: Asset) -> dict:
    rights = {use: item.may(use) for use in USES}
    known = item.path is not None and Path(item.path).is_file()
    return {
        "what": item.what, "file": portable(item.file), "source": portable(item.source), "author": item.author,
        "licence": item.licence, "may": rights, "note": item.note,
        "sha256": file_digest(Path(item.path)) if known else None,
    }  # fmt: skip


def portable(value: Any) -> Any:
    """The value with every absolute path in it, under Windows or elsewhere, cut down to its last name."""
    if isinstance(value, Mapping):
        return {str(k): portable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [portable(v) for v in value]
    if not isinstance(value, str):
        return value
    provider, colon, rest = value.partition(":")
    if colon and provider in {"footage", "photo", "recording"}:
        return f"{provider}:{portable(rest)}"
    for kind in (PureWindowsPath, PurePosixPath):
        if kind(value).is_absolute():
            return kind(value).name or value[:1]
    return value
