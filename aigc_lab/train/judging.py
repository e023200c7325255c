"""Judge a run on clips that no model saw: numbers.json, and sheets of drawn, reconstructed and generated clips."""

import json
from pathlib import Path

import keras
import numpy as np

from aigc_lab.generate.clips import Models, decode, generate_tokens, load_autoencoder, load_models
from aigc_lab.media import write_image, write_json
from aigc_lab.train.evaluating import judge, kernel_distance, reconstruct, reconstruction
from aigc_lab.train.input import FPS, PARTS, Drawn, corpus_spec, label_numbers
from aigc_lab.train.recognizer import HEADS, Recognizer, RecognizerConfig
from aigc_lab.train.weights import kept, set_arrays

BATCH = 50


def load_recognizer(folder: Path | None = None) -> Recognizer:
    """The shipped judge. Raises LabError when its weights are missing or changed."""
    weights, _ = kept("recognizer", folder)
    sizes = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(weights.metadata["config"]).items()}
    model = Recognizer(RecognizerConfig(**sizes))
    c = model.config
    model({"clips": np.zeros((1, c.frames, c.height, c.width, 3), np.uint8)})
    set_arrays(model, weights.arrays, "The weights of the recognizer")
    return model


def clips_like(models: Models, seeds: range, guidance: float = 2.0, steps: int = 8) -> tuple[np.ndarray, np.ndarray]:
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
    """All numbers of a run on clips that no model saw; written to numbers.json, with sheets drawn beside generated.

    Raises LabError when weights or test clips are missing.
    """
    models, judged = load_models(weights), load_recognizer(weights)
    size = models.autoencoder.config.width, models.autoencoder.config.height
    drawn = Drawn(corpus, "test", size)
    seeds = range(PARTS["test"][0], PARTS["test"][0] + min(count, len(drawn)))
    real = drawn.clips(np.arange(len(seeds)))
    back = reconstruct(load_autoencoder(weights)[0], real)
    made, truth = clips_like(models, seeds)
    sets = {"drawn": real, "reconstructed": back, "generated": made}
    numbers: dict[str, object] = {"autoencoder": reconstruction(models.autoencoder, real), "clips": len(seeds)}
    features = {name: _features(judged, clips) for name, clips in sets.items()}
    for name, clips in sets.items():
        shares = judge(judged, clips, truth)
        numbers[name] = {head: {"rate": s.rate, "at_least": s.lower, "of": s.count} for head, s in shares.items()}
        numbers[name] |= {"kid": kernel_distance(features["drawn"], features[name])}
    numbers["drawn"]["kid"] = kernel_distance(features["drawn"][::2], features["drawn"][1::2])
    write_json(out / "numbers.json", numbers)
    for i in range(0, min(len(seeds), 96), 16):
        write_image(sheet([real[i : i + 16], back[i : i + 16], made[i : i + 16]]), out / f"sheet-{i // 16}.png")
    return numbers


def _features(model: Recognizer, clips: np.ndarray) -> np.ndarray:
    parts = [model.features(clips[i : i + BATCH]) for i in range(0, len(clips), BATCH)]
    return np.concatenate([np.asarray(keras.ops.convert_to_numpy(p), np.float32) for p in parts])


def sheet(rows: list[np.ndarray], frame: int = round(FPS)) -> np.ndarray:
    """One picture: each row of clips side by side, at one frame."""
    return np.concatenate(
        [np.concatenate(list(np.pad(r[:, frame], ((0, 0), (1, 1), (1, 1), (0, 0)))), 1) for r in rows]
    )
