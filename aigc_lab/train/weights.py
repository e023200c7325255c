"""The store of finished weights: safetensors files (nothing is unpickled), float16, each with its hash in weights.json.

A safetensors file is 8 bytes (the length of a header), the header as JSON (name -> type, shape, place; and metadata),
and the numbers. It is read and written here in a few lines; the `safetensors` package reads the same files. Beside the
weights, in `measured`, lies what was measured of them: JSON, one file a measurement, from which the model card is made.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aigc_lab import LabError
from aigc_lab.media import atomic, write_json
from aigc_lab.settings import data_path

if TYPE_CHECKING:  # whether there are weights, and which, is asked where nobody wants to wait for TensorFlow
    import keras

TYPES = {"F16": np.float16, "F32": np.float32, "I64": np.int64}
MANIFEST, MEASURED = "weights.json", "measured"


@dataclass(frozen=True)
class Weights:
    """Arrays by name, in order, and what is known about them (strings)."""

    arrays: dict[str, np.ndarray]
    metadata: dict[str, str]


def write_weights(weights: Weights, path: Path) -> str:
    """Write a safetensors file, whole or not at all; returns its sha256."""
    names = {np.dtype(t): n for n, t in TYPES.items()}
    header: dict[str, object] = {"__metadata__": weights.metadata}
    place = 0
    for name, array in weights.arrays.items():
        end = place + array.nbytes
        header[name] = {"dtype": names[array.dtype], "shape": array.shape, "data_offsets": [place, end]}
        place = end
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    head += b" " * (-len(head) % 8)
    body = [np.ascontiguousarray(array).tobytes() for array in weights.arrays.values()]
    data = b"".join([len(head).to_bytes(8, "little"), head, *body])
    with atomic(path) as part:
        part.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def read_weights(path: Path, sha256: str | None = None) -> Weights:
    """Read a safetensors file; with `sha256`, only if its bytes are exactly those.

    Raises LabError when it is missing, changed, cut off or no such file.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabError(f"The weights {path} are missing: copy the file again, or train the model.") from error
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise LabError(f"The weights {path} are not those that {MANIFEST} names (sha256 differs): copy it again.")
    try:
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size].decode("utf-8"))
        metadata = header.pop("__metadata__", {})
        body = memoryview(data)[8 + size :]
        arrays = {name: _array(entry, body) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise LabError(f"{path} is no whole safetensors file: copy it again, or train the model again.") from error
    return Weights(arrays, metadata)


def _array(entry: dict, body: memoryview) -> np.ndarray:
    begin, end = entry["data_offsets"]
    return np.frombuffer(body[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])


def model_arrays(model: "keras.Model", dtype: type = np.float16) -> dict[str, np.ndarray]:
    """A model's weights by stable names (their number in the model, and their role).

    Raises LabError when one is not finite or does not fit the type.
    """
    arrays = {}
    for number, variable in enumerate(model.weights):
        with np.errstate(over="ignore"):
            value = variable.numpy().astype(dtype)
        if not np.isfinite(value).all():
            raise LabError(f"Weight {variable.path} is no finite number: go back to a checkpoint of this model.")
        arrays[f"{number:03d}.{variable.name}"] = value
    return arrays


def set_arrays(model: "keras.Model", arrays: dict[str, np.ndarray], what: str) -> None:
    """Put arrays, in order, into a built model.

    Raises LabError when their number, names or shapes are another model's.
    """
    wanted = {f"{n:03d}.{v.name}": v for n, v in enumerate(model.weights)}
    for name, variable in wanted.items():
        if name not in arrays or tuple(arrays[name].shape) != tuple(variable.shape):
            raise LabError(
                f"{what} belong to another model ({name} {tuple(variable.shape)} is not there): copy them again."
            )
    if len(arrays) != len(wanted):
        raise LabError(f"{what} hold {len(arrays)} arrays where the model has {len(wanted)}: copy them again.")
    for name, variable in wanted.items():
        variable.assign(arrays[name].astype(np.float32))


def keep(model: "keras.Model", name: str, folder: Path, metadata: dict[str, str]) -> Path:
    """Write a model as float16 to `folder` as NAME.safetensors and enter its sha256 in the manifest there."""
    path = Path(folder) / f"{name}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = write_weights(Weights(model_arrays(model), metadata), path)
    listed = _manifest(path.parent) if (path.parent / MANIFEST).exists() else {}
    listed[name] = {"file": path.name, "sha256": digest, "bytes": path.stat().st_size}
    write_json(path.parent / MANIFEST, listed)
    return path


def kept(name: str, folder: Path | None = None) -> tuple[Weights, str]:
    """The weights of one model from `folder` (data/weights), checked against the manifest, and their sha256.

    Raises LabError when a file is missing, changed, or another model's.
    """
    folder = Path(folder) if folder else data_path("weights")
    entry = _manifest(folder).get(name)
    if not isinstance(entry, dict) or not {"file", "sha256"} <= set(entry):
        raise LabError(f"{folder / MANIFEST} names no weights for {name!r}: copy the folder again, or train it.")
    path = folder / Path(entry["file"]).name
    weights = read_weights(path, entry["sha256"])
    if (whose := weights.metadata.get("model", name)) != name:
        raise LabError(f"{path} holds the weights of another model, {whose!r}: copy it again, or train it.")
    return weights, entry["sha256"]


def record(folder: Path, name: str, numbers: dict[str, Any]) -> Path:
    """Keep what was measured of the weights in `folder` as MEASURED/NAME.json there."""
    path = Path(folder) / MEASURED / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, numbers)
    return path


def records(folder: Path) -> dict[str, dict[str, Any]]:
    """All that was measured of the weights in `folder`, by name. Raises LabError for a damaged file."""
    return {path.stem: _numbers(path) for path in sorted((Path(folder) / MEASURED).glob("*.json"))}


def _numbers(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise LabError(f"{path} is damaged: measure again (its name says what), or remove it.") from error


def has_weights(folder: Path | None = None) -> bool:
    """Whether there is a trained generator to make clips with."""
    try:
        return (Path(folder) if folder else data_path("weights")).joinpath("generator.safetensors").exists()
    except LabError:
        return False


def digests(*names: str, folder: Path | None = None) -> list[str]:
    """The sha256 of models' weights as the manifest names them: what a result depends on. Raises LabError."""
    listed = _manifest(Path(folder) if folder else data_path("weights"))
    return [str(listed.get(name, {}).get("sha256", "")) for name in names]


def _manifest(folder: Path) -> dict:
    path = folder / MANIFEST
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LabError(f"{path} is missing: copy data/weights from the project again, or train the models.") from error
    except ValueError as error:
        raise LabError(f"{path} is no JSON: copy data/weights from the project again.") from error
    if not isinstance(listed, dict):
        raise LabError(f"{path} does not list weights: copy data/weights from the project again.")
    return listed
