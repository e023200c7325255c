"""What stands near the eye in a scene, drawn sharp over a generated clip: a picture with a shallow depth of field.

The model's clip is 40 x 72 pixels before it is made larger, so it gives colour, light, space and motion, and is soft,
as what lies far behind the focus is in a photo. What is near (the edge of a table, leaves, lamps, bunting, the grain of
paper or film, snow and sparks of the style) is drawn at full size by the same rules as drawn scenes, moved by the same
camera. Subject and words come over it when the video is rendered.
"""

import cv2
import numpy as np

from aigc_lab.collect.scenes import SceneSpec
from aigc_lab.collect.skies import grained
from aigc_lab.collect.stage import Stage

NEAR = 0.4  # depth (0 the horizon, 1 next to the eye) from which things are drawn sharp; looked at: 0.4, 0.5, 0.65


class Foreground:
    """The near things of a scene, made ready to be drawn over pictures of one size (width, height)."""

    def __init__(self, spec: SceneSpec, size: tuple[int, int]):
        self.size, self.style = size, spec.style
        self.stage = Stage(spec, size, subject=False)
        self.stage.layers = [(item, made) for item, made in self.stage.layers if item.front or item.depth >= NEAR]

    def over(self, picture: np.ndarray, t: float, seconds: float) -> np.ndarray:
        """The picture uint8 (h, w, 3) scaled to the size, with what is near at time t of `seconds`: uint8 (H, W, 3)."""
        behind = self.stage.sky
        behind[..., :3] = cv2.resize(picture, self.size, interpolation=cv2.INTER_CUBIC)
        grained(behind, self.style)
        return self.stage.frame(t, seconds)
