"""How much the autoencoder and the upscaler lose of clips that no model saw, drawn and real ones."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2
import keras
import numpy as np

from aigc_lab.generate.clips import load_autoencoder, load_upscaler, to_bytes
from aigc_lab.measures import psnr, sharpness
from aigc_lab.train.autoencoder import Autoencoder
from aigc_lab.train.evaluating import as_numbers, fidelity, mean_number, reconstruct
from aigc_lab.train.input import FRAMES, GAPS, PARTS, Drawn, draw_large
from aigc_lab.train.real import real_frames
from aigc_lab.train.upscaler import Upscaler, windows

REAL = 128  # clips of real pictures
Tell = Callable[[str, float], None]


def silent(what: str, share: float) -> None:
    """Tell nobody how far the work is."""


def evaluate_autoencoder(
    corpus: Path, clips: int, weights: Path | None = None, tell: Tell = silent
) -> dict[str, object]:
    """All numbers of an autoencoder on drawn clips of the part "test", and on real ones (see `as_numbers`).

    psnr (dB), ssim, flicker_added and change_error (grey levels, see `fidelity`); _real: on clips of the pictures that
    are kept apart; _8_bits: with each number of a token rounded to one of 256; bytes: of a clip's tokens as they are
    kept (float16), and ratio: how many times fewer they are than the clip's own. Raises LabError when weights or clips
    are missing.
    """
    model, _ = load_autoencoder(weights)
    size = model.config.width, model.config.height
    test = Drawn(corpus, "test", size)
    drawn = test.clips(np.arange(min(clips, len(test))))
    first = PARTS["real_test"][0]
    real = np.stack([real_frames("real_test", first + i, size, np.arange(FRAMES)) for i in range(min(clips, REAL))])
    numbers, sets = {}, {"": (drawn, reconstruct), "_real": (real, reconstruct), "_8_bits": (drawn, rounded)}
    for done, (tail, (given, way)) in enumerate(sets.items()):
        tell("reconstruct", done / len(sets))
        for name, values in fidelity(given, way(model, given)).items():
            if np.isfinite(values).any():
                numbers[name + tail] = mean_number(values[np.isfinite(values)])
    tell("reconstruct", 1.0)
    count, pixels = int(np.prod(model.config.token_shape)), drawn[0].size
    sizes = {"bytes": 2 * count, "bytes_8_bits": count, "bytes_raw": pixels, "ratio": pixels / (2 * count)}
    return as_numbers(numbers, {"clips": len(drawn), **sizes, "numbers_in_a_token": model.config.channels})


def rounded(model: Autoencoder, clips: np.ndarray, bits: int = 8) -> np.ndarray:
    """Clips there and back with each number of a token rounded to one of 2**bits levels between its ends."""
    made = []
    for first in range(0, len(clips), 8):
        tokens = model.encoder.predict_on_batch(clips[first : first + 8].astype(np.float32) / 127.5 - 1)
        reach = np.sqrt(model.config.channels)  # a token has mean square 1, so no number of it is larger
        step = 2 * reach / (2**bits - 1)
        made.append(to_bytes(model.decoder.predict_on_batch(np.round((tokens + reach) / step) * step - reach)))
    return np.concatenate(made)


def evaluate_upscaler(corpus: Path, clips: int, weights: Path | None = None, tell: Tell = silent) -> dict[str, object]:
    """The upscaler beside plain scaling on drawn clips that went through the autoencoder (see `as_numbers`).

    psnr in dB to the true large frames, of each gap between two frames; sharpness as a share of theirs. Raises LabError
    when weights or clips are missing.
    """
    model, _ = load_autoencoder(weights)
    size = model.config.width, model.config.height
    test = Drawn(corpus, "test", size)
    count = min(clips, len(test))
    told = upscaled(model, load_upscaler(weights), range(test.first, test.first + count),
                    test.clips(np.arange(count)), partial(tell, "upscale"))  # fmt: skip
    numbers = {name: mean_number(values) for name, values in told.items() if values.ndim == 1}
    numbers["gain"] = mean_number(told["psnr"] - told["psnr_plain"])
    return as_numbers(numbers, {"clips": count})


def judge_upscaler(
    autoencoder: Autoencoder, upscaler: Upscaler, seeds: Sequence[int], clips: np.ndarray
) -> dict[str, float]:
    """The upscaler on drawn clips of these seeds that went through the autoencoder, beside plain scaling: means.

    psnr in dB to the true large frames; sharpness as a share of theirs, at the final size; pulse: sharpness of the
    least sharp of the four places between two frames over that of the sharpest (1: none is seen).
    """
    told = upscaled(autoencoder, upscaler, seeds, clips)
    numbers = {"clips": len(seeds)}
    for name in ("", "_plain"):
        each = told[f"sharpness{name}"]
        numbers |= {f"psnr{name}": float(told[f"psnr{name}"].mean()), f"sharpness{name}": float(each.mean())}
        numbers[f"pulse{name}"] = float(each.min() / each.max())
    return numbers


def upscaled(
    autoencoder: Autoencoder, upscaler: Upscaler, seeds: Sequence[int], clips: np.ndarray,
    on_part: Callable[[float], None] | None = None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """psnr and psnr_plain of each gap of clips to its truth; sharpness and sharpness_plain (1, PHASES) as a share.

    on_part hears 0..1 while the truth is drawn.
    """
    around = np.asarray(windows(reconstruct(autoencoder, clips[: len(seeds)])))[:, GAPS]
    truth, size = [], (clips.shape[3], clips.shape[2])
    for number, seed in enumerate(seeds):
        truth.append(draw_large(seed, size))
        if on_part:
            on_part((number + 1) / len(seeds))
    inputs, truth = {"frames": around.reshape(-1, *around.shape[2:])}, np.concatenate(truth)
    plain = keras.ops.convert_to_numpy(upscaler.plain(inputs))
    sets = {"": upscaler.predict(inputs, batch_size=8, verbose=0), "_plain": plain}
    sharp, told = _sharpness(truth), {}
    for name, frames in sets.items():
        frames = to_bytes(frames)
        told[f"psnr{name}"] = np.array([psnr(a, b) for a, b in zip(truth, frames, strict=True)])
        told[f"sharpness{name}"] = (_sharpness(frames) / sharp.mean())[None]
    return told


def _sharpness(gaps: np.ndarray) -> np.ndarray:
    """Mean sharpness at the final size of large frames uint8 (N, PHASES, H, W, 3), for each of the PHASES."""
    final = [[cv2.resize(f, (1080, 1920), interpolation=cv2.INTER_LANCZOS4) for f in gap] for gap in gaps[::4]]
    return np.mean([[sharpness(f) for f in gap] for gap in final], axis=0)
