"""Other ways to make small frames large and smooth, measured like our own upscaler on the same gaps.

Each way first scales the two frames around a gap, and then makes the four frames in it. To scale: bicubic
interpolation, or SPAN's trained network. To make frames in between: a mix of both, both moved along the optical flow
(OpenCV's DIS), or RIFE's trained network. Mixing and flow need nothing but the lab; SPAN and RIFE need two optional
packages (`aigc_lab.train.pretrained`), and without them their rows are left out with a note how to get them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import keras
import numpy as np

from aigc_lab import LabError
from aigc_lab.train.evaluating import fidelity, mean_number, row_of
from aigc_lab.train.input import GAPS, PHASES
from aigc_lab.train.pretrained import WHOLE, load_rife, load_span
from aigc_lab.train.upscaler import Upscaler

FACTOR = 4
BATCH = 8  # gaps at once, as when a clip is made
OURS, PLAIN = "ours", "bicubic + mix"
Run = Callable[[np.ndarray], np.ndarray]  # pieces along the first axis, all uint8
Pairs = tuple[np.ndarray, np.ndarray]  # windows around gaps (N, H, W, 12), and the true frames (N, 4, 4H, 4W, 3)
WAYS = {  # how a way scales, and how it fills the gap
    PLAIN: ("bicubic", "mix"), "bicubic + flow": ("bicubic", "flow"), "SPAN + mix": ("SPAN", "mix"),
    "SPAN + flow": ("SPAN", "flow"), "SPAN + RIFE": ("SPAN", "RIFE"),
}  # fmt: skip


@dataclass(frozen=True)
class Tools:
    """What scales frames (N, H, W, 3), what fills pairs (N, 2, H, W, 3) with frames (N, 4, H, W, 3), what is missing.

    missing: for each tool that is not there the sentence that says so and how to get it.
    """

    scale: dict[str, Run]
    fill: dict[str, Run]
    missing: dict[str, str]


def tools(size: tuple[int, int]) -> Tools:
    """All that is there for small frames of a size (width, height)."""
    found = Tools({"bicubic": bicubic}, {"mix": mix, "flow": flow}, {})
    for name, load in {"SPAN": partial(load_span, size), "RIFE": load_rife}.items():
        try:
            model = load()
        except LabError as error:
            found.missing[name] = str(error)
            continue
        if name == "SPAN":
            found.scale[name] = partial(by_span, model)
        else:
            found.fill[name] = partial(by_rife, model)
    return found


def bicubic(frames: np.ndarray) -> np.ndarray:
    """Frames uint8 (N, H, W, 3) four times wider and higher, by bicubic interpolation."""
    size = [FACTOR * frames.shape[1], FACTOR * frames.shape[2]]
    return _bytes(keras.ops.image.resize(frames.astype(np.float32), size, interpolation="bicubic"))


def by_span(model: keras.Model, frames: np.ndarray) -> np.ndarray:
    """The same by SPAN."""
    return _bytes(255 * model.predict_on_batch(frames.astype(np.float32) / 255))


def mix(pairs: np.ndarray) -> np.ndarray:
    """Pairs of frames uint8 (N, 2, H, W, 3) -> at PHASES between them a weighted mean of both (N, 4, H, W, 3)."""
    now, then = pairs.astype(np.float32).swapaxes(0, 1)
    return _bytes(np.stack([(1 - phase) * now + phase * then for phase in PHASES], axis=1))


def flow(pairs: np.ndarray) -> np.ndarray:
    """The same, of both frames after each went its part of the way that the optical flow shows.

    Source: Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse Search", as OpenCV has it.
    """
    return np.stack([_between(now, then) for now, then in pairs])


def _between(now: np.ndarray, then: np.ndarray) -> np.ndarray:
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY) for frame in (now, then)]
    ahead, back = search.calc(*grey, None), search.calc(*grey[::-1], None)  # (H, W, 2): to the right, down
    here = np.stack(np.meshgrid(*map(np.arange, now.shape[1::-1])), axis=-1).astype(np.float32)
    made = []
    for phase in PHASES:
        first, second = (
            cv2.remap(frame, here - share * way, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for frame, share, way in ((now, phase, ahead), (then, 1 - phase, back))
        )
        made.append((1 - phase) * first.astype(np.float32) + phase * second)
    return _bytes(np.stack(made))


def by_rife(model: keras.Model, pairs: np.ndarray) -> np.ndarray:
    """The same by RIFE, which takes the time between two frames as a number: each of PHASES is asked for by itself."""
    count, _, height, width, _ = pairs.shape
    rest = ((0, 0), (0, 0), (0, -height % WHOLE), (0, -width % WHOLE), (0, 0))
    frames = np.pad(pairs, rest, mode="edge").astype(np.float32) / 255
    made = [model.predict_on_batch({"frames": frames, "time": np.full(count, p, np.float32)}) for p in PHASES]
    return _bytes(255 * np.stack(made, axis=1)[:, :, :height, :width])


def by_ours(upscaler: Upscaler, around: np.ndarray) -> np.ndarray:
    """Windows around gaps uint8 (N, H, W, 12) -> the large frames in them (N, 4, 4H, 4W, 3), by our upscaler."""
    return _bytes(127.5 * upscaler.predict_on_batch({"frames": around}) + 127.5)


def timed(run: Run, pieces: np.ndarray) -> tuple[np.ndarray, float]:
    """What `run` makes of pieces, some at once, and its milliseconds a piece: the median of the full batches.

    The first batch is run once more before, because a network is compiled then.
    """
    run(pieces[:BATCH])
    made, taken = [], []
    for first in range(0, len(pieces), BATCH):
        batch = pieces[first : first + BATCH]
        begin = time.perf_counter()
        made.append(run(batch))
        if len(batch) == BATCH or not taken:
            taken.append((time.perf_counter() - begin) / len(batch))
    return np.concatenate(made), 1000 * float(np.median(taken))


def rivals(
    upscaler: Upscaler, sets: dict[str, Pairs], tell: Callable[[float], None] = lambda share: None
) -> dict[str, list[dict[str, object]]]:
    """Two tables: "rivals", a row for each set of gaps and each way, and "left_out", a row for each tool not there.

    sets: the GAPS of each clip after another. psnr (dB to the truth) with its interval, gain (dB over bicubic + mix)
    and ssim are means over the clips; flicker is how many grey levels a frame still places change more than in the
    truth, see `fidelity`, None where nothing stands still; ms_a_frame: the time for a large frame on this machine.
    tell hears 0..1.
    """
    _, height, width, _ = next(iter(sets.values()))[0].shape
    found, rows = tools((width, height)), []
    for place, (data, (around, truth)) in enumerate(sets.items()):
        told = {}
        for way, run in _runs(upscaler, found, around).items():
            made, milliseconds = run()
            told[way] = fidelity(truth, made) | {"ms_a_frame": milliseconds}
            tell((place + len(told) / (len(WAYS) + 1)) / len(sets))
        rows += [{"data": data, "way": way, **_row(values, told[PLAIN]["psnr"])} for way, values in told.items()]
    return {"rivals": rows, "left_out": [{"way": name, "why": why} for name, why in found.missing.items()]}


def _runs(upscaler: Upscaler, found: Tools, around: np.ndarray) -> dict[str, Callable[[], tuple[np.ndarray, float]]]:
    """For each way a function that gives its large frames and its milliseconds a large frame."""
    pairs = around[..., 3:9].reshape(*around.shape[:3], 2, 3).transpose(0, 3, 1, 2, 4)  # the two in the middle
    scaled: dict[str, tuple[np.ndarray, float]] = {}

    def by(scale: str, fill: str) -> tuple[np.ndarray, float]:
        if scale not in scaled:
            large, each = timed(found.scale[scale], pairs.reshape(-1, *pairs.shape[2:]))
            scaled[scale] = large.reshape(*pairs.shape[:2], *large.shape[1:]), each
        large, each = scaled[scale]
        made, gap = timed(found.fill[fill], large)
        return made, (each + gap) / len(PHASES)  # in a clip a small frame is scaled once for the gaps on both sides

    def ours() -> tuple[np.ndarray, float]:
        made, gap = timed(partial(by_ours, upscaler), around)
        return made, gap / len(PHASES)

    there = {way: parts for way, parts in WAYS.items() if parts[0] in found.scale and parts[1] in found.fill}
    return {OURS: ours} | {way: partial(by, *parts) for way, parts in there.items()}


def _row(told: dict[str, np.ndarray | float], plain: np.ndarray) -> dict[str, object]:
    """The columns of one way; gaps of one clip resemble each other, so the interval counts clips."""
    values, gain, likeness = (_of_clips(v) for v in (told["psnr"], told["psnr"] - plain, told["ssim"]))
    number, still = row_of(mean_number(values)), told["flicker_added"][np.isfinite(told["flicker_added"])]
    more = {"gain": gain.mean(), "ssim": likeness.mean(), "flicker": still.mean() if len(still) else None}
    more |= {"ms_a_frame": told["ms_a_frame"]}
    rounded = {name: value if value is None else round(float(value), 4) for name, value in more.items()}
    return {"psnr": number["value"], "low": number["low"], "high": number["high"], **rounded, "count": number["count"]}


def _of_clips(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, len(GAPS)).mean(axis=1)


def _bytes(pictures: np.ndarray | keras.KerasTensor) -> np.ndarray:
    return np.round(np.clip(keras.ops.convert_to_numpy(pictures), 0, 255)).astype(np.uint8)
