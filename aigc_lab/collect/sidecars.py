"""What a footage folder says of its files: titles, authors and licences, as people and stock sites write them."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

from aigc_lab.brief import read_text_file
from aigc_lab.rights import Asset, asset, licences, supplied

NAMES = {
    "author": ("author", "photographer", "creator", "artist", "by", "user", "作者", "摄影"),
    "licence": ("licence", "license", "rights", "授权", "许可", "许可证"),
    "source": ("source", "url", "link", "pageurl", "page_url", "from", "来源", "链接"),
    "title": ("title", "name", "description", "alt", "caption", "标题", "描述"),
    "keywords": ("keywords", "tags", "关键词", "标签"),
    "file": ("file", "filename", "file_name", "path", "文件", "文件名"),
}
LICENCE_FILES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "COPYING", "许可证.txt")
KNOWN = (  # what licence texts and stock sites write -> id in data/rights.yaml
    (r"publicdomain/zero/1\.0", "CC0-1.0"),  # the two as Creative Commons writes them in links
    (r"publicdomain/mark|licenses/publicdomain", "LicenseRef-Public-Domain"),
    (r"\bcc[ -]?0\b|cc0 1\.0|creative commons zero", "CC0-1.0"),
    (r"public domain|公有领域", "LicenseRef-Public-Domain"),
    (r"pexels", "LicenseRef-Pexels"),
    (r"pixabay", "LicenseRef-Pixabay"),
    (r"research (use|purposes) only|仅限研究", "LicenseRef-Research"),
    (r"\bmit licen[cs]e|^mit$", "MIT"),
    (r"own work|my own|本人作品|自己拍摄|自摄", "LicenseRef-Own"),
)


def told(path: Path) -> tuple[str, Asset, list[str]]:
    """What the folder says of a file: words about it, its rights, and sentences about what could not be read.

    Looked for in this order: NAME.json (or NAME.mp4.json), a row of credits.csv, rights.yaml, a LICENSE of the folder.
    Without any of them the file counts as the person's own, and the note of the asset says so.
    """
    said, notes = _sidecar(path)
    row, more = _credits(path)
    said = {**row, **said}
    notes += more
    words = f"{said.get('title', '')} {said.get('keywords', '')}".strip()
    licence = licence_id(said.get("licence", "")) or _folder_licence(path.parent)
    if not licence and not said.get("author") and not said.get("source"):
        return words, supplied("footage", path), notes
    found = asset("footage", path.name, said.get("source", ""), said.get("author", ""), licence or "LicenseRef-Unknown")
    if found.licence not in licences() or found.licence == "LicenseRef-Unknown":
        notes.append(
            f"{path.name}: its licence is not known, so it may not be published; name one in {path.stem}.json."
        )
    return words, replace(found, path=path), notes


def licence_id(text: str) -> str:
    """The id (data/rights.yaml) of a licence as people write it ("CC BY 4.0", "cc0", a link); the text if unknown."""
    text = text.strip()
    for known in licences():
        if text.lower() == known.lower() or text.lower().replace(" ", "-") == known.lower():
            return known
    kind = r"(?:cc[ -]|creativecommons\.org/licenses/)(by(?:-(?:nc|sa|nd))*)[ /-]*v?(\d\.\d)"
    if match := re.search(kind, re.sub(r"(?<=by|nc)[ ](?=nc|sa|nd)", "-", text.lower())):
        return f"CC-{match[1].upper()}-{match[2]}"
    for pattern, known in KNOWN:
        if re.search(pattern, text.lower()):
            return known
    return text


def _folder_licence(folder: Path) -> str:
    for name in LICENCE_FILES:
        if (folder / name).is_file():
            text = read_text_file(folder / name, "licence")[:5000]
            if match := re.search(r"attribution([-a-z]*) (\d\.\d)", text.lower()):
                limits = {"noncommercial": "NC", "sharealike": "SA", "noderivatives": "ND"}
                return "-".join(["CC", "BY", *(v for k, v in limits.items() if k in match[1]), match[2]])
            found = licence_id(text)
            return found if found in licences() else "LicenseRef-Unknown"
    return ""


def _sidecar(path: Path) -> tuple[dict[str, str], list[str]]:
    for side in (path.with_suffix(".json"), path.with_name(path.name + ".json")):
        if side.is_file():
            try:
                value = json.loads(read_text_file(side, "sidecar"))
            except ValueError:
                return {}, [f"{side.name} is no JSON, so what it says of {path.name} is not used: mend it."]
            return (_fields(value) if isinstance(value, dict) else {}), []
    return {}, []


def _credits(path: Path) -> tuple[dict[str, str], list[str]]:
    sheet = path.parent / "credits.csv"
    if not sheet.is_file():
        return {}, []
    try:
        rows = [_fields(row) for row in csv.DictReader(read_text_file(sheet, "credits").splitlines())]
    except csv.Error:
        return {}, [f"{sheet.name} cannot be read as a table, so its credits are not used: save it as CSV."]
    return next((r for r in rows if Path(r.get("file", "")).name == path.name), {}), []


def _fields(value: dict) -> dict[str, str]:
    """The fields that are known under any of their names, as text."""
    low = {str(k).strip().lower(): v for k, v in value.items() if k is not None}
    found = {}
    for field, names in NAMES.items():
        told = next((low[n] for n in names if low.get(n)), "")
        if isinstance(told, dict):
            told = told.get("name", "")
        found[field] = " ".join(map(str, told)) if isinstance(told, list) else str(told).strip()
    return {k: v for k, v in found.items() if v}
