"""Pictures and moving scenes that stand in for a person's footage in tests."""

import cv2
import numpy as np

FPS = 30


def ground(width, height, seed=1):
    """A textured picture, detailed enough to count as sharp."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(
        rng.integers(60, 180, (9, 16, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    fine = cv2.resize(rng.integers(0, 60, (height // 4, width // 4, 3), dtype=np.uint8), (width, height))
    return cv2.add(coarse, fine)


def scene(width, height, seconds, subject=None, seed=1, fps=FPS):
    """Frames of a texture that drifts, with a bright disc at `subject` (share of the width) if there is one."""
    wide = ground(width + 200, height, seed)
    for i in range(round(seconds * fps)):
        shift = round(100 * i / (seconds * fps))
        frame = wide[:, shift : shift + width].copy()
        if subject is not None:
            frame = cv2.GaussianBlur(frame, (0, 0), 6)
            cv2.circle(frame, (round(subject * width), height // 2), height // 6, (250, 60, 40), -1, cv2.LINE_AA)
            cv2.circle(frame, (round(subject * width), height // 2), height // 12, (250, 240, 90), -1, cv2.LINE_AA)
        yield frame
