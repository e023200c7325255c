"""Weights on disk: safe to read, checked, and refused in one sentence when they are not right."""

import json

import numpy as np
import pytest

from aigc_lab import LabError
from aigc_lab.generate.clips import build_generator
from aigc_lab.train.generator import Generator, GeneratorConfig
from aigc_lab.train.weights import Weights, keep, kept, model_arrays, read_weights, set_arrays, write_weights


def tiny_generator() -> Generator:
    model = Generator(GeneratorConfig(channels=4, grid=(4, 2, 1), width=24, depth=1, heads=1))
    build_generator(model)
    return model


def test_weights_come_back_and_other_programs_can_read_them(tmp_path):
    model = tiny_generator()
    path = keep(model, "generator", tmp_path, {"licence": "CC BY 4.0"})
    weights, digest = kept("generator", tmp_path)
    assert weights.metadata["licence"] == "CC BY 4.0" and len(digest) == 64
    other = tiny_generator()
    set_arrays(other, weights.arrays, "They")
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        assert np.allclose(one, two, atol=1e-3)
    raw = path.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])  # the published layout of safetensors
    first = next(name for name in header if name != "__metadata__")
    begin, end = header[first]["data_offsets"]
    start = 8 + int.from_bytes(raw[:8], "little")
    stored = np.frombuffer(raw[start + begin : start + end], np.float16)
    assert np.array_equal(stored, np.ravel(weights.arrays[first]))
    assert keep(model, "generator", tmp_path / "again", {"licence": "CC BY 4.0"}).read_bytes() == raw


@pytest.mark.parametrize("damage", ["changed", "cut", "missing", "unlisted", "manifest"])
def test_weights_that_are_not_right_are_refused_in_one_sentence(tmp_path, damage):
    path = keep(tiny_generator(), "generator", tmp_path, {})
    raw = bytearray(path.read_bytes())
    if damage == "changed":
        raw[-1] ^= 1
        path.write_bytes(raw)
    elif damage == "cut":
        path.write_bytes(raw[:-100])
    elif damage == "missing":
        path.unlink()
    elif damage == "manifest":
        (tmp_path / "weights.json").write_text("no json", encoding="utf-8")
    with pytest.raises(LabError, match=r"weights") as told:
        kept("upscaler" if damage == "unlisted" else "generator", tmp_path)
    assert "\n" not in str(told.value)


def test_a_foreign_file_is_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    for content in (b"", b"PK\x03\x04 a zip", b"\xff" * 64, (2).to_bytes(8, "little") + b"[]"):
        path.write_bytes(content)
        with pytest.raises(LabError, match="no whole safetensors file"):
            read_weights(path)
    write_weights(Weights({"a": np.zeros(3, np.float16)}, {}), path)
    with pytest.raises(LabError, match="another model"):
        set_arrays(tiny_generator(), read_weights(path).arrays, "They")
    model = tiny_generator()
    model.weights[0].assign(np.full(model.weights[0].shape, np.inf))
    with pytest.raises(LabError, match="no finite number"):
        model_arrays(model)
