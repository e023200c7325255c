"""One moving picture for each shot: drawn scenes, or a person's own footage, behind one function.

A provider is a function in PROVIDERS. It makes the moving backdrop only: the crisp subject, the words and the labels
are laid over it when the video is rendered.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from aigc_lab import LabError
from aigc_lab.collect.scenes import SceneSpec, sample_spec, scene_frames
from aigc_lab.generate.timing import FPS
from aigc_lab.media import read_frames, write_frames
from aigc_lab.rights import Asset, built_in
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.workshop import Workshop

BACKDROP = (720, 1280)  # (W, H) of a drawn backdrop; the render scales it to the final size
Tell = Callable[[float], None]


@dataclass
class Takes:
    """What the render reads, one entry a shot; the assets in them; what the person should know."""

    takes: list[dict] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def make_takes(storyboard: Storyboard, shop: Workshop, tell: Tell) -> Takes:
    """A moving picture for every shot, by the provider that the shot or the storyboard names; finished ones are kept.

    Raises LabError for an unknown provider, or when a provider has nothing that can be shown.
    """
    asked: dict[str, list[Shot]] = {}
    for shot in storyboard.shots:
        asked.setdefault(shot.picture or storyboard.pictures, []).append(shot)
    made = Takes()
    for source, shots in asked.items():
        name, _, argument = source.partition(":")
        if name not in PROVIDERS:
            known = ", ".join(PROVIDERS)
            raise LabError(f"Shot {shots[0].id}: no pictures from '{source}'; choose {known}, as in footage:my-clips.")
        part = PROVIDERS[name](shots, argument, storyboard, shop, tell)
        made.takes += part.takes
        made.assets += part.assets
        made.notes += part.notes
    order = [s.id for s in storyboard.shots]
    made.takes.sort(key=lambda take: order.index(take["id"]))
    return made


def drawn(shots: list[Shot], _: str, storyboard: Storyboard, shop: Workshop, tell: Tell) -> Takes:
    """Scenes drawn for each shot's theme, style, palette and motion.

    ffmpeg encodes one frame while the next is drawn, which keeps two cores busy.
    """
    takes = []
    for number, shot in enumerate(shots):
        spec, frames, name = _spec(shot, storyboard), round(shot.seconds * FPS), f"take-{shot.id}"
        path = shop.folder / f"{name}.mp4"
        make = partial(draw_take, spec, frames, path, lambda x, n=number: tell((n + x) / len(shots)))
        shop.step(name, [spec.labels(), frames, BACKDROP], make, [path.name], ("collect", "media"))
        takes.append({"id": shot.id, "path": str(path), "start": 0.0, "seconds": frames / FPS, "kind": "clip"})
    tell(1.0)
    return Takes(takes, [built_in("drawn")])


def take_frame(take: dict, time: float) -> np.ndarray:
    """The picture of a take, `time` seconds after the start of its shot: uint8 (H, W, 3). Raises LabError."""
    frames = read_frames(Path(take["path"]), take["start"] + time)
    picture = next(frames)[1]
    x, y, w, h = take.get("crop") or (0, 0, picture.shape[1], picture.shape[0])
    return picture[y : y + h, x : x + w]


def _spec(shot: Shot, storyboard: Storyboard) -> SceneSpec:
    palette = tuple(storyboard.brand_colors) or shot.palette or storyboard.palette
    wanted = {"theme": shot.theme, "subject": shot.subject, "style": storyboard.style, "motion": shot.motion}
    return sample_spec(shot.seed, palette=palette, **{k: v for k, v in wanted.items() if v})


def draw_take(spec: SceneSpec, frames: int, path: Path, tell: Tell = lambda _: None) -> None:
    """Draw the backdrop of one shot, `frames` long at 30 a second, and keep it without loss."""

    def watched() -> Iterator[np.ndarray]:
        pictures = scene_frames(spec, size=BACKDROP, fps=FPS, seconds=frames / FPS, subject=False)
        for number, picture in enumerate(pictures):
            yield picture
            tell((number + 1) / frames)

    write_frames(watched(), FPS, path, crf=0, preset="ultrafast")


PROVIDERS: dict[str, Callable[[list[Shot], str, Storyboard, Workshop, Tell], Takes]] = {"drawn": drawn}
