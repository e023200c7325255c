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
from aigc_lab.train.input import FRAMES, GAPS, PARTS, PHASES, Drawn, draw_large
from aigc_lab.train.real import real_frames
from aigc_lab.train.upscaler import Upscaler, windows
from aigc_lab.train.upscaling_rivals import rivals
from aigc_lab.train.weights import kept

REAL = 128  # clips of real pictures
RIVALS = 32  # clips of a kind on which other ways to scale are measured
HELD = 8  # grey levels of 255 within which a place counts as still
Tell = Callable[[str, float], None]


def silent(what: str, share: float) -> None:
    """Tell nobody how far the work is."""


def evaluate_autoencoder(
    corpus: Path, clips: int, weights: Path | None = None, tell: Tell = silent
) -> dict[str, object]:
    """All numbers of an autoencoder on drawn clips of the part "test", and on real ones (see `as_numbers`).

    psnr (dB), ssim, flicker_added and change_error (grey levels, see `fidelity`); _real: on clips of the pictures that
    are kept apart; _8_bits: with each number of a token rounded to one of 256; _held: with still places kept still
    (see `held`); bytes: of a clip's tokens as they are kept (float16), and ratio: how many times fewer they are than
    the clip's own; steps: for how many it was trained, steps_before: for how many the weights that it began with.
    Raises LabError when weights or clips are missing.
    """
    model, _ = load_autoencoder(weights)
    size = model.config.width, model.config.height
    test = Drawn(corpus, "test", size)
    drawn = test.clips(np.arange(min(clips, len(test))))
    first = PARTS["real_test"][0]
    real = np.stack([real_frames("real_test", first + i, size, np.arange(FRAMES)) for i in range(min(clips, REAL))])
    numbers, sets = {}, {"": (drawn, reconstruct), "_real": (real, reconstruct)}
    sets |= {"_8_bits": (drawn, rounded), "_held": (drawn, held)}
    for done, (tail, (given, way)) in enumerate(sets.items()):
        tell("reconstruct", done / len(sets))
        for name, values in fidelity(given, way(model, given)).items():
            if np.isfinite(values).any():
                numbers[name + tail] = mean_number(values[np.isfinite(values)])
    tell("reconstruct", 1.0)
    count, pixels = int(np.prod(model.config.token_shape)), drawn[0].size
    sizes = {"bytes": 2 * count, "bytes_8_bits": count, "bytes_raw": pixels, "ratio": pixels / (2 * count)}
    known = kept("autoencoder", weights)[0].metadata
    told = {"numbers_in_a_token": model.config.channels}
    told |= {name: int(known.get(name, 0)) for name in ("steps", "steps_before")}
    return as_numbers(numbers, {"clips": len(drawn), **sizes, **told})


def rounded(model: Autoencoder, clips: np.ndarray, bits: int = 8) -> np.ndarray:
    """Clips there and back with each number of a token rounded to one of 2**bits levels between its ends."""
    made = []
    for first in range(0, len(clips), 8):
        tokens = model.encoder.predict_on_batch(clips[first : first + 8].astype(np.float32) / 127.5 - 1)
        reach = np.sqrt(model.config.channels)  # a token has mean square 1, so no number of it is larger
        step = 2 * reach / (2**bits - 1)
        made.append(to_bytes(model.decoder.predict_on_batch(np.round((tokens + reach) / step) * step - reach)))
    return np.concatenate(made)


def held(model: Autoencoder, clips: np.ndarray) -> np.ndarray:
    """Clips there and back, each place that stays within 8 grey levels of 255 all the time replaced by its mean."""
    made = reconstruct(model, clips)
    span = made.max(1, keepdims=True).astype(np.int16) - made.min(1, keepdims=True)
    mean = made.mean(1, keepdims=True, dtype=np.float32).round().astype(np.uint8)
    return np.where(span.max(-1, keepdims=True) < HELD, mean, made)


def evaluate_upscaler(corpus: Path, clips: int, weights: Path | None = None, tell: Tell = silent) -> dict[str, object]:
    """The upscaler beside plain scaling on drawn clips that went through the autoencoder (see `as_numbers`).

    psnr in dB to the true large frames, of each gap between two frames; sharpness as a share of theirs. "rivals": a
    table of other ways on drawn and on real clips, on the first 32 of each at most, so that it takes minutes and not an
    hour; "left_out": those whose package is not installed (`aigc_lab.train.upscaling_rivals`). Raises LabError
    when weights or clips are missing.
    """
    model, _ = load_autoencoder(weights)
    upscaler, size = load_upscaler(weights), (model.config.width, model.config.height)
    test = Drawn(corpus, "test", size)
    count = min(clips, len(test))
    seeds = range(test.first, test.first + count)
    drawn = drawn_gaps(model, seeds, test.clips(np.arange(count)), partial(tell, "upscale"))
    told = _compared(upscaler, *drawn)
    numbers = {name: mean_number(values) for name, values in told.items() if values.ndim == 1}
    numbers["gain"] = mean_number(told["psnr"] - told["psnr_plain"])
    few = min(count, RIVALS)
    tell("rivals", 0.0)
    sets = {"drawn": tuple(part[: few * len(GAPS)] for part in drawn), "real": real_gaps(model, few)}
    return as_numbers(numbers, {"clips": count, **rivals(upscaler, sets, partial(tell, "rivals"))})


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
    return _compared(upscaler, *drawn_gaps(autoencoder, seeds, clips, on_part))


def drawn_gaps(
    autoencoder: Autoencoder, seeds: Sequence[int], clips: np.ndarray, on_part: Callable[[float], None] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The GAPS of the drawn clips of these seeds, one after the other: what is seen of them, and what is true.

    Seen are windows of decoded frames uint8 (N, H, W, 12), true the large frames (N, PHASES, 4H, 4W, 3). on_part hears
    0..1 while the truth is drawn.
    """
    truth, size = [], (clips.shape[3], clips.shape[2])
    for number, seed in enumerate(seeds):
        truth.append(draw_large(seed, size))
        if on_part:
            on_part((number + 1) / len(seeds))
    return _around(autoencoder, clips[: len(seeds)]), np.concatenate(truth)


def real_gaps(autoencoder: Autoencoder, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The same of real pictures that are kept apart, with the camera moving over them. Raises LabError.

    Each pixel of a small frame is the mean of 4x4 of the large one, so that both show the same place.
    """
    size = autoencoder.config.width, autoencoder.config.height
    times, first, clips, truth = np.add.outer(GAPS, PHASES), PARTS["real_test"][0], [], []
    asked, wide = np.concatenate([np.arange(FRAMES), times.ravel()]), (4 * size[0], 4 * size[1])
    for seed in range(first, first + count):
        large = real_frames("real_test", seed, wide, asked, still=True)
        clips.append([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in large[:FRAMES]])
        truth.append(large[FRAMES:].reshape(*times.shape, *large.shape[1:]))
    return _around(autoencoder, np.array(clips)), np.concatenate(truth)


def _around(autoencoder: Autoencoder, clips: np.ndarray) -> np.ndarray:
    around = keras.ops.convert_to_numpy(windows(reconstruct(autoencoder, clips)))[:, GAPS]
    return around.reshape(-1, *around.shape[2:])


def _compared(upscaler: Upscaler, around: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """What `upscaled` says, of windows (N, H, W, 12) and the true large frames."""
    inputs = {"frames": around}
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
