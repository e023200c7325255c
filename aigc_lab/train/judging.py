"""Judge a run on clips that no model saw: numbers.json, and sheets of drawn, reconstructed and generated clips."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import keras
import numpy as np

from aigc_lab.generate.clips import (
    GUIDANCE,
    STEPS,
    Models,
    decode,
    generate_clip,
    generate_tokens,
    load_models,
    load_upscaler,
    to_bytes,
)
from aigc_lab.measures import psnr, sharpness
from aigc_lab.media import write_image, write_json
from aigc_lab.train.autoencoder import Autoencoder
from aigc_lab.train.evaluating import judge, kernel_distance, reconstruct, reconstruction
from aigc_lab.train.input import FPS, GAPS, PARTS, Drawn, corpus_spec, draw_large, label_numbers, shards
from aigc_lab.train.recognizer import HEADS, Recognizer, RecognizerConfig
from aigc_lab.train.upscaler import Upscaler, windows
from aigc_lab.train.weights import kept, set_arrays

BATCH = 50
UPSCALED = 32  # clips that the upscaler is judged on


def load_recognizer(folder: Path | None = None) -> Recognizer:
    """The shipped judge. Raises LabError when its weights are missing or changed."""
    weights, _ = kept("recognizer", folder)
    sizes = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(weights.metadata["config"]).items()}
    model = Recognizer(RecognizerConfig(**sizes))
    c = model.config
    model({"clips": np.zeros((1, c.frames, c.height, c.width, 3), np.uint8)})
    set_arrays(model, weights.arrays, "The weights of the recognizer")
    return model


def clips_like(
    models: Models, seeds: range, guidance: float = GUIDANCE, steps: int = STEPS
) -> tuple[np.ndarray, np.ndarray]:
    """Generated clips with the labels of corpus seeds (none of which was trained on), and what a judge should say."""
    labels = label_numbers([corpus_spec(seed) for seed in seeds])
    c, made = models.generator.config, []
    for first in range(0, len(seeds), BATCH):
        part = {name: values[first : first + BATCH] for name, values in labels.items()}
        count = len(part["speed"])
        wishes = {f"word_{n}": v for n, v in part.items() if n not in ("colors", "speed")}
        wishes |= {"colors": part["colors"], "speed": part["speed"], "colors_known": np.ones(count, np.float32)}
        wishes["given"] = np.zeros((count, *c.grid, c.channels), np.float32)
        wishes["mask"] = np.zeros((count, c.grid[0], 2), np.float32)
        tokens = generate_tokens(models, wishes, [seeds[first]], guidance, steps)
        made.append(np.concatenate([decode(models, tokens[i : i + 10]) for i in range(0, count, 10)]))
    truth = np.stack([*(labels[name] - 1 for name in HEADS), labels["shown"] - 1], axis=1)
    return np.concatenate(made), truth


def judge_run(corpus: Path, weights: Path, out: Path, count: int) -> dict[str, object]:
    """All numbers of a run on clips that no model saw; written to numbers.json, with sheets of pictures beside it.

    Raises LabError when weights or test clips are missing.
    """
    models, judged = load_models(weights), load_recognizer(weights)
    size = models.autoencoder.config.width, models.autoencoder.config.height
    drawn = Drawn(corpus, "test", size)
    seeds = range(PARTS["test"][0], PARTS["test"][0] + min(count, len(drawn)))
    real = drawn.clips(np.arange(len(seeds)))
    back = reconstruct(models.autoencoder, real)
    made, truth = clips_like(models, seeds)
    numbers: dict[str, object] = {"clips": len(seeds), "autoencoder": reconstruction(models.autoencoder, real)}
    if shards(corpus, "real_test", size).exists():
        apart = Drawn(corpus, "real_test", size)
        numbers["autoencoder_real"] = reconstruction(models.autoencoder, apart.clips(np.arange(len(apart))))
    sets = {"drawn": real, "reconstructed": back, "generated": made}
    features = {name: _features(judged, clips) for name, clips in sets.items()}
    for name, clips in sets.items():
        shares = judge(judged, clips, truth)
        numbers[name] = {head: {"rate": s.rate, "at_least": s.lower, "of": s.count} for head, s in shares.items()}
        numbers[name] |= {"kid": kernel_distance(features["drawn"], features[name])}
    numbers["drawn"]["kid"] = kernel_distance(features["drawn"][::2], features["drawn"][1::2])
    numbers["nearest"], pairs = nearest(Drawn(corpus, "pictures", size), made, real)
    numbers["upscaler"] = judge_upscaler(models.autoencoder, load_upscaler(weights), seeds[:UPSCALED], real)
    numbers["seconds_per_clip"] = seconds_per_clip(models)
    write_json(out / "numbers.json", numbers)
    for name, rows in {"sheet": [real[:16], back[:16], made[:16]], "nearest": [made[:16], pairs[:16]]}.items():
        write_image(sheet(rows), out / f"{name}.webp")
    return numbers


def judge_upscaler(
    autoencoder: Autoencoder, upscaler: Upscaler, seeds: Sequence[int], clips: np.ndarray
) -> dict[str, float]:
    """The upscaler on drawn clips of these seeds that went through the autoencoder, beside plain scaling.

    psnr in dB to the true large frames; sharpness as a share of theirs, at the final size; pulse: sharpness of the
    least sharp of the four places between two frames over that of the sharpest (1: none is seen).
    """
    size = clips.shape[3], clips.shape[2]
    around = np.asarray(windows(reconstruct(autoencoder, clips[: len(seeds)])))[:, GAPS]
    inputs = {"frames": around.reshape(-1, *around.shape[2:])}
    truth = np.concatenate([draw_large(seed, size) for seed in seeds])
    plain = keras.ops.convert_to_numpy(upscaler.plain(inputs))
    sets = {"": upscaler.predict(inputs, batch_size=8, verbose=0), "_plain": plain}
    sharp = _sharpness(truth)
    numbers = {"clips": len(seeds)}
    for name, frames in sets.items():
        frames = to_bytes(frames)
        numbers[f"psnr{name}"] = float(np.mean([psnr(a, b) for a, b in zip(truth, frames, strict=True)]))
        each = _sharpness(frames) / sharp.mean()
        numbers |= {f"sharpness{name}": float(each.mean()), f"pulse{name}": float(each.min() / each.max())}
    return numbers


def _sharpness(gaps: np.ndarray) -> np.ndarray:
    """Mean sharpness at the final size of large frames uint8 (N, PHASES, H, W, 3), for each of the PHASES."""
    final = [[cv2.resize(f, (1080, 1920), interpolation=cv2.INTER_LANCZOS4) for f in gap] for gap in gaps[::4]]
    return np.mean([[sharpness(f) for f in gap] for gap in final], axis=0)


def nearest(train: Drawn, made: np.ndarray, real: np.ndarray) -> tuple[dict[str, float], np.ndarray]:
    """How near clips come to what was trained on, and the nearest training clip of each generated one.

    The distance is the mean square one of three frames shrunk to a quarter. Clips that were never trained on say what
    is usual: far below them, the generator would copy.
    """
    known = np.concatenate([_small(np.asarray(shard)) for shard in train.shards])
    length = np.square(known).sum(1)
    distances = {}
    for name, clips in {"generated": made, "unseen": real}.items():
        small = _small(clips)
        squares = np.square(small).sum(1)[:, None] + length - 2 * small @ known.T
        distances[name] = (squares.argmin(1), np.maximum(squares.min(1), 0) / known.shape[1])
    found = {name: float(np.median(squares)) for name, (_, squares) in distances.items()}
    return found | {"ratio": found["generated"] / found["unseen"]}, train.clips(distances["generated"][0])


def _small(clips: np.ndarray) -> np.ndarray:
    """Three frames of clips uint8 (N, T, H, W, 3), a quarter as large, as float32 vectors in 0..1."""
    n, _, h, w, _ = clips.shape
    few = clips[:, (0, 8, 15), : h // 4 * 4, : w // 4 * 4].reshape(n, 3, h // 4, 4, w // 4, 4, 3)
    return few.mean((3, 5), dtype=np.float32).reshape(n, -1) / 255


def seconds_per_clip(models: Models, rounds: int = 5) -> float:
    """How long `generate_clip` takes on this machine, the middle of a few tries."""
    generate_clip(models=models)
    taken = []
    for seed in range(rounds):
        begin = time.perf_counter()
        generate_clip(seed=seed, models=models)
        taken.append(time.perf_counter() - begin)
    return round(float(np.median(taken)), 3)


def _features(model: Recognizer, clips: np.ndarray) -> np.ndarray:
    parts = [model.features(clips[i : i + BATCH]) for i in range(0, len(clips), BATCH)]
    return np.concatenate([np.asarray(keras.ops.convert_to_numpy(p), np.float32) for p in parts])


def sheet(rows: list[np.ndarray], frame: int = round(FPS), factor: int = 2) -> np.ndarray:
    """One picture: each row of clips side by side, at one frame, on white."""
    page = [
        np.concatenate(list(np.pad(r[:, frame], ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255)), 1)
        for r in rows
    ]
    picture = np.concatenate(page)
    size = picture.shape[1] * factor, picture.shape[0] * factor
    return cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
