"""The model card in both languages, from the weights' own metadata and records: no number is written by hand."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from aigc_lab import LabError
from aigc_lab.brief import read_yaml
from aigc_lab.media import probe, read_frames, write_image, write_text
from aigc_lab.settings import data_path
from aigc_lab.train.card_tables import measured, speeds, table
from aigc_lab.train.real import SHARES, sources
from aigc_lab.train.weights import digests, kept, records
from aigc_lab.vocabulary import vocabulary

MODELS = ("autoencoder", "generator", "upscaler", "recognizer")
PREDICTORS = {"predictor": "predictor", "convlstm": "predictor-convlstm"}  # a run need not have them
READER = "captions"  # nor this
SHORTS = "shorts.webp"
PROVIDERS = ("drawn", "generated")  # its rows
MOMENTS, PHONE = (0.3, 0.62), (270, 480)  # shares of a short at which frames are taken, and their size
OWN, HALF = ("tensorflow", "float32"), 0.5  # the lab's own way to train, and the share of a plain product it aims for
NAMES = {"en": "MODEL_CARD.md", "zh": "MODEL_CARD.zh-CN.md"}


def write_cards(run: Path) -> list[Path]:
    """Write both cards to RUN/weights, from what lies there; with RUN/shorts, their picture is made anew.

    Raises LabError when weights, numbers or the shorts to compare are missing.
    """
    folder = run / "weights"
    found = records(folder)
    if "judge" not in found:
        raise LabError(f"{folder} was not judged: run `aigc-lab train judge` first.")
    words = read_yaml(data_path("report", "model_card.yaml"), "text of the model card")
    paths = []
    if (run / "shorts").exists() or not (folder / SHORTS).exists():
        write_image(shorts(run), folder / SHORTS)
    for language, name in NAMES.items():
        told = {key: value[language] for key, value in words.items()}
        told["names"] |= {theme.id: theme.name(language) for theme in vocabulary().themes.values()}
        parts = [
            told["head"],
            _trained(folder, told),
            _numbers(found, told) + _predicted(folder, told) + _read(folder, told),
            measured(found, told),
            told["pictures"],
            _data(told),
            told["foot"],
        ]
        paths.append(folder / name)
        write_text(paths[-1], "\n\n".join(part.strip() for part in parts if part) + "\n")
    return paths


def shorts(run: Path) -> np.ndarray:
    """The shorts of data/briefs with drawn (above) and generated pictures side by side at phone size, (H, W, 3).

    Raises LabError when one of them is not in RUN/shorts.
    """
    rows = []
    for provider in PROVIDERS:
        row = []
        for brief in sorted(data_path("briefs").glob("*.yaml")):
            folder = run / "shorts" / f"{brief.stem}-{provider}"
            video = folder / "video.mp4"
            if not video.exists():
                make = f"aigc-lab make {brief.as_posix()} --pictures {provider} --out {folder.as_posix()}"
                raise LabError(f"{video} is missing, which the card compares: {make}")
            seconds = probe(video).seconds
            frames = [next(iter(read_frames(video, share * seconds)))[1] for share in MOMENTS]
            row += [cv2.resize(frame, PHONE, interpolation=cv2.INTER_AREA) for frame in frames]
        rows.append(np.concatenate([np.pad(f, ((4, 4), (4, 4), (0, 0)), constant_values=255) for f in row], axis=1))
    return np.concatenate(rows)


def _table(rows: list[list[Any]]) -> str:
    """Rows as a table, the first one its head."""
    heads = {f"{number}": head for number, head in enumerate(rows[0])}
    return table([dict(zip(heads, row, strict=True)) for row in rows[1:]], heads)


def _trained(folder: Path, told: dict[str, str]) -> str:
    rows: list[list[Any]] = [told["trained_columns"].split("|")]
    predictors = PREDICTORS.values() if _has_predictors(folder) else ()
    reader = (READER,) if _has_reader(folder) else ()
    for name in (*MODELS, *predictors, *reader):
        weights, digest = kept(name, folder)
        m, count = weights.metadata, sum(a.size for a in weights.arrays.values())
        rows.append(
            [told[name], f"{count / 1e6:.2f} M", _with_past(m, "steps", 1), _with_past(m, "seconds", 60), m["clips"],
             m["seed"], f"{m['backend']}, {m.get('types', '')}, {m.get('machine', '')}", f"`{digest[:12]}`"]
        )  # fmt: skip
    first = kept("autoencoder", folder)[0].metadata
    corpus = told["corpus"].format(version=first["corpus"], drawing=first["drawing_sha256"][:12])
    return f"{told['trained']}\n\n{_table(rows)}\n\n{corpus}"


def _with_past(metadata: dict[str, str], key: str, unit: int) -> str:
    """A number of the training, and before it that of the weights it began with: "11150 + 11000"."""
    past = [metadata[f"{key}_before"]] if f"{key}_before" in metadata else []
    return " + ".join(f"{float(number) / unit:.0f}" for number in (*past, metadata[key]))


def _numbers(found: dict[str, Any], told: dict[str, str]) -> str:
    n = found["judge"]
    rows: list[list[Any]] = [told["numbers_columns"].split("|")]
    for head in ("theme", "subject", "style"):
        cells = [f"{100 * n[s][head]['rate']:.1f} %" for s in ("drawn", "reconstructed", "generated")]
        least, count = n["generated"][head]["at_least"], n["generated"][head]["of"]
        rows.append([told[head], *cells, f"{100 * least:.1f} % ({count})"])
    kid = [n[s]["kid"] for s in ("drawn", "reconstructed", "generated")]
    rows.append(["KID", *(f"{mean:.3f} ± {deviation:.3f}" for mean, deviation in kid), ""])
    curves = _curve(found, "autoencoder"), _curve(found, "upscaler")
    own, real, up = n["autoencoder"], n.get("autoencoder_real"), n["upscaler"]
    lines = [
        told["psnr"].format(psnr=own["unseen_psnr"], ssim=own["unseen_ssim"], flicker=own["flicker"]),
        told["curve"].format(rows=curves[0]) if curves[0] else "",
        _flicker(found, told),
        told["psnr_real"].format(psnr=real["unseen_psnr"], ssim=real["unseen_ssim"]) if real else "",
        told["upscaled"].format(**{k: v * (100 if "sharp" in k or "pulse" in k else 1) for k, v in up.items()}),
        told["upscaled_curve"].format(rows=curves[1]) if curves[1] else "",
        told["near"].format(**n["nearest"]),
        told["speed"].format(seconds=n["seconds_per_clip"]),
        _shares(found, told),
    ]
    items = "\n".join(f"- {line.strip()}" for line in lines if line)
    return f"{told['numbers'].format(clips=n['clips'])}\n\n{_table(rows)}\n\n{items}"


def _has_predictors(folder: Path) -> bool:
    return all(digests(*PREDICTORS.values(), folder=folder))


def _predicted(folder: Path, told: dict[str, str]) -> str:
    if not _has_predictors(folder):
        return ""
    found = {key: kept(name, folder)[0].metadata["numbers"] for key, name in PREDICTORS.items()}
    return "\n- " + told["predicted"].format(**{key: json.loads(numbers) for key, numbers in found.items()})


def _has_reader(folder: Path) -> bool:
    return all(digests(READER, folder=folder))


def _read(folder: Path, told: dict[str, str]) -> str:
    """How many captions of unseen scenes the text encoder reads rightly, in both languages."""
    if not _has_reader(folder):
        return ""
    found = json.loads(kept(READER, folder)[0].metadata["numbers"])
    shares = {f"{name}_{language}": 100 * found[f"unseen_{name}_{language}"]
              for name in ("theme", "subject", "style", "motion") for language in NAMES}  # fmt: skip
    return "\n- " + told["read"].format(**shares)


def _flicker(found: dict[str, Any], told: dict[str, str]) -> str:
    """How much still places change through the autoencoder, beside its goal and what was tried."""
    number = found.get("autoencoder", {})
    if "flicker_added_held" not in number:
        return ""
    longer = found.get("autoencoder_16", {}).get("flicker_added")
    return told["flickering"].format(**number) + (told["flickering_longer"].format(longer=longer) if longer else "")


def _shares(found: dict[str, Any], told: dict[str, str]) -> str:
    """Whose training step reaches half of a plain product's speed in the lab's own way, and what else was tried."""
    rows = speeds(found.get("bench", {}))
    own = {row["model"]: row["share"] for row in rows if (row["backend"], row["numbers"]) == OWN}
    if not own:
        return ""
    told_of = {
        reached: ", ".join(f"{told.get(name, name)} {100 * share:.0f} %" for name, share in own.items()
                           if name in told and (share >= HALF) == reached) or told["none"]
        for reached in (True, False)
    }  # fmt: skip
    others = {f"{row['model']}_{row['backend']}_{row['numbers']}": 100 * row["share"] for row in rows}
    try:
        tried = told["shares_tried"].format(**others)
    except KeyError:  # a bench that measured less says less
        tried = ""
    return told["shares"].format(reached=told_of[True], missed=told_of[False]) + tried


def _curve(found: dict[str, Any], name: str) -> str:
    """Minutes of training and dB on unseen clips, as the model learned; over plain scaling where that is known."""
    points = [
        (row["seconds"] / 60, row["unseen_psnr"] - row.get("unseen_psnr_plain", 0.0))
        for row in found.get(f"curve-{name}", {}).get("points", [])
    ]
    return ", ".join(f"{minutes:.0f} min {value:.2f} dB" for minutes, value in points)


def _data(told: dict[str, str]) -> str:
    rows: list[list[Any]] = [told["data_columns"].split("|")]
    for part in SHARES:
        for s in sources(part):
            rows.append([s.title, f"`{s.file}`", s.author, s.licence, told[part]])
    return f"{told['data']}\n\n{_table(rows)}\n\n{told['data_note']}"
