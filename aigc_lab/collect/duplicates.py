"""Which clips show the same: a perceptual hash four times a second, and groups of clips whose hashes agree.

A hash keeps the signs of the coarse waves of a picture. Encoding, scaling, brightness and frame rate hardly change
them; a mirrored picture has others. Each frame is hashed twice, whole and without its border, so that a copy whose
edges were cut off is found too.
"""

from collections.abc import Iterator, Sequence
from functools import cache

import cv2
import numpy as np

from aigc_lab import LabError

STEP = 0.25  # s between the frames of a fingerprint
BITS = 128  # of one hash
ZOOMS = (1.0, 0.9)  # shares of width and height that are hashed
SIZE = BITS // 8 * len(ZOOMS)  # bytes of a frame
# Of 360 copies (encoded roughly, halved, 5 % cut off each side, brighter, darker, slower, trimmed, stretched, several
# of these at once) 358 lie within it. Other scenes lie at 0.34 and more, the same place under another camera move at
# 0.18 and more; pieces of one slow take (a globe that turns) at 0.13 to 0.19, so these may share a group. A copy with
# 8 % cut off each side lies at 0.17 to 0.22: half of those are missed.
LIMIT = 0.17
OVERLAP = 0.6  # share of the shorter clip that both must show
PLAIN = 2.0  # standard deviation of luma below which a frame shows nothing that could be compared
WINDOW, HOP = 8, 4  # hashes in a key of the coarse search, and between keys
LIKELY = (
    0.5  # correlation of two keys from which clips are compared frame by frame: copies have 0.7, others 0.4 at most
)
SAME = 0.9  # correlation from which the next key of a clip says nothing new
ROWS = 512  # keys compared at a time


def fingerprint(frames: np.ndarray) -> bytes:
    """The perceptual hash over time of frames uint8 (T, H, W, 3), taken every STEP seconds: SIZE bytes a frame.

    A frame without any detail (black, white) gets zeros and counts nowhere. Raises LabError for another shape.
    Source: the DCT hash of Zauner 2010, "Implementation and benchmarking of perceptual image hash functions".
    """
    if np.ndim(frames) != 4 or np.shape(frames)[3] != 3:
        raise LabError(f"A fingerprint is made of frames (T, H, W, 3), not {np.shape(frames)}: stack the frames.")
    return b"".join(_hash(frame) for frame in frames)


def _hash(frame: np.ndarray) -> bytes:
    gray = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    if gray.std() < PLAIN:
        return bytes(SIZE)
    height, width = gray.shape
    out = b""
    for zoom in ZOOMS:
        y, x = round((1 - zoom) / 2 * height), round((1 - zoom) / 2 * width)
        part = cv2.resize(gray[y : height - y, x : width - x], (32, 32), interpolation=cv2.INTER_AREA)
        waves = cv2.dct(part.astype(np.float32))[_coarse()]
        out += np.packbits(waves > np.median(waves)).tobytes()
    return out


@cache
def _coarse() -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the BITS longest waves, without the mean."""
    waves = sorted(((u, v) for u in range(32) for v in range(32) if u + v), key=lambda w: (sum(w), w[0]))[:BITS]
    rows, columns = zip(*waves, strict=True)
    return np.array(rows), np.array(columns)


def part(mark: bytes, start: float, end: float) -> bytes:
    """The fingerprint of the seconds `start` to `end` of a clip, cut out of that of the whole; at least one frame."""
    first = min(round(start / STEP), max(len(mark) // SIZE - 1, 0))
    return mark[first * SIZE : max(round(end / STEP), first + 1) * SIZE]


def distance(a: bytes, b: bytes) -> float:
    """How differently two clips look, at the best offset in time: 0 the same, 0.45 nothing in common, 1 at most.

    Clips lie over each other by OVERLAP of the shorter one at least, whole or one of them without its border. Without
    a frame that can be compared it is 1, unless both are equal. Raises LabError when one is no fingerprint.
    """
    return 0.0 if a == b else _distance(_words(a), _words(b))


def _words(mark: bytes) -> np.ndarray:
    """A fingerprint as uint64 (T, zooms, words)."""
    if len(mark) % SIZE:
        raise LabError(f"A fingerprint has {SIZE} bytes a frame, not {len(mark)} in all: make it again.")
    return np.frombuffer(mark, np.uint8).reshape(-1, len(ZOOMS), BITS // 8).copy().view(np.uint64)


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    if not len(a) or not len(b):
        return 1.0
    shown = a.any(axis=(1, 2))[:, None] & b.any(axis=(1, 2))  # (Ta, Tb): both frames show something
    offset = (np.arange(len(b)) - np.arange(len(a))[:, None] + len(a) - 1).ravel()
    both = np.bincount(offset, shown.ravel())
    enough = both >= np.ceil(OVERLAP * min(len(a), len(b)))
    best = 1.0
    for i, j in ((0, 0), (0, 1), (1, 0)):
        differ = np.bitwise_count(a[:, None, i] ^ b[None, :, j]).sum(axis=2) / BITS
        sums = np.bincount(offset, (differ * shown).ravel())
        best = min(best, float((sums[enough] / both[enough]).min(initial=1.0)))
    return best


def groups(fingerprints: Sequence[bytes], limit: float = LIMIT) -> list[int]:
    """The number of the group of each clip: 0, 1, 2 ... in order of first appearance.

    Two clips that are at most `limit` apart share a group, and so do all that are joined by such pairs. An empty
    fingerprint (a text) is a group of its own. Raises LabError when one is no fingerprint.
    """
    first = {mark: i for i, mark in reversed(list(enumerate(fingerprints))) if mark}
    alike = np.array([first.get(mark, i) for i, mark in enumerate(fingerprints)], dtype=np.int64)
    own = sorted(first.values())  # one clip of each fingerprint
    words = {i: _words(fingerprints[i]) for i in own}
    group = np.arange(len(alike))
    for i, near in _likely([words[i] for i in own]):
        for j in near:
            a, b = group[own[i]], group[own[j]]
            if a != b and _distance(words[own[i]], words[own[j]]) <= limit:
                group[group == max(a, b)] = min(a, b)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(int(group[i]), len(numbers)) for i in alike]


def _likely(clips: list[np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    """For each clip the later ones that may be like it: their keys, means over short windows, point the same way."""
    whole, inner, owner = _keys(clips)
    for start in range(0, len(owner), ROWS):
        rows = slice(start, start + ROWS)
        close = whole[rows] @ whole[start:].T > LIKELY
        close |= whole[rows] @ inner[start:].T > LIKELY
        close |= inner[rows] @ whole[start:].T > LIKELY
        row, column = np.nonzero(close)
        pairs = np.unique(np.stack([owner[start + row], owner[start + column]], axis=1), axis=0)
        pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        for i in np.unique(pairs[:, 0]):
            yield int(i), pairs[pairs[:, 0] == i, 1]


def _keys(clips: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors float32 (keys, BITS) of whole frames and of those without a border, and the clip (keys,) of each."""
    keys: list[np.ndarray] = []
    owner: list[int] = []
    for number, clip in enumerate(clips):
        bits = np.unpackbits(clip.view(np.uint8), axis=2).astype(np.float32) * 2 - 1  # (T, zooms, BITS)
        bits[~clip.any(axis=(1, 2))] = 0
        for start in range(0, max(len(bits) - WINDOW, 0) + HOP, HOP):
            window = bits[start : start + WINDOW]
            if not len(window) or not window.any():
                continue
            key = window.mean(axis=0)  # (zooms, BITS)
            key /= np.maximum(np.linalg.norm(key, axis=1, keepdims=True), 1e-6)
            if not (owner and owner[-1] == number and np.sum(keys[-1] * key, axis=1).min() > SAME):
                keys.append(key)
                owner.append(number)
    both = np.stack(keys) if keys else np.zeros((0, len(ZOOMS), BITS), np.float32)
    return np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1]), np.array(owner, dtype=np.int64)
