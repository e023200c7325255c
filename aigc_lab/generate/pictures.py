"""One moving picture for each shot: generated, drawn, or a person's own footage, behind one function.

A provider is a function in PROVIDERS. It makes the moving backdrop only: the crisp subject, the words and the labels
are laid over it when the video is rendered.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from aigc_lab import LabError
from aigc_lab.collect.scenes import FPS as CLIP_FPS
from aigc_lab.collect.scenes import SceneSpec, sample_spec, scene_frames
from aigc_lab.generate import GUIDANCE, STEPS
from aigc_lab.generate.foreground import Foreground
from aigc_lab.generate.still import flatten, moving_photo, photo_crop
from aigc_lab.generate.timing import FPS
from aigc_lab.media import read_frames, read_image, write_frames
from aigc_lab.rights import Asset, built_in, supplied, uses_of
from aigc_lab.storyboard import Shot, Storyboard
from aigc_lab.train.adapters import check_fits, read_adapter
from aigc_lab.train.weights import digests, has_weights
from aigc_lab.workshop import Workshop, data_digest, file_digest

FINAL = (1080, 1920)  # (W, H) of the finished video
BACKDROP = (720, 1280)  # (W, H) of a drawn backdrop; the render scales it to the final size
Tell = Callable[[float], None]


@dataclass
class Takes:
    """What the render reads, one entry a shot; the assets in them; what the person should know."""

    takes: list[dict] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_pictures(storyboard: Storyboard) -> None:
    """Raise LabError when a shot asks for a provider that there is not, or for a folder that is missing or empty."""
    for source in {_source(s, storyboard) for s in storyboard.shots}:
        name, _, argument = source.partition(":")
        if name not in PROVIDERS:
            raise LabError(f"No pictures from '{source}': choose {', '.join(PROVIDERS)}, as in footage:my-clips.")
        if name == "footage" and not (Path(argument).is_dir() and any(Path(argument).iterdir())):
            raise LabError(f"The footage folder {argument} is missing or empty: put videos or photos into it.")
        if name == "generated":
            _check_weights()
    if storyboard.adapter or storyboard.first_frame:
        _check_steering(storyboard)


def _check_weights() -> None:
    if not has_weights():
        raise LabError("There are no trained weights in data/weights: train them (aigc-lab train), or choose drawn.")


def _check_steering(storyboard: Storyboard) -> None:
    """Raise LabError when there is nothing generated to steer, or the adapter cannot be used."""
    steered = storyboard.shots[:1] if storyboard.first_frame else storyboard.shots
    if not any(_source(shot, storyboard) == "generated" for shot in steered):
        what = "A first frame moves in the first shot" if storyboard.first_frame else "An adapter changes pictures"
        raise LabError(f"{what} only where it is generated: choose pictures: generated, or leave it out.")
    if storyboard.adapter:
        check_fits(read_adapter(Path(storyboard.adapter)))


def make_takes(storyboard: Storyboard, shop: Workshop, tell: Tell) -> Takes:
    """A moving picture for every shot, by the provider that the shot or the storyboard names; finished ones are kept.

    Raises LabError when a provider has nothing that can be shown.
    """
    check_pictures(storyboard)
    asked: dict[str, list[Shot]] = {}
    for shot in storyboard.shots:
        asked.setdefault(_source(shot, storyboard), []).append(shot)
    made = Takes()
    for source, shots in asked.items():
        name, _, argument = source.partition(":")
        part = PROVIDERS[name](shots, argument, storyboard, shop, tell)
        made.takes += [{**take, "provider": take.get("provider", name)} for take in part.takes]
        made.assets += part.assets
        made.notes += part.notes
    order = [s.id for s in storyboard.shots]
    made.takes.sort(key=lambda take: order.index(take["id"]))
    return made


def _source(shot: Shot, storyboard: Storyboard) -> str:
    """The shot's own provider, the product's photo where an ad speaks of its offer, else the storyboard's."""
    if not shot.picture and storyboard.photo and shot.role == "offer":
        return f"photo:{storyboard.photo}"
    return shot.picture or storyboard.pictures


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


def generated(shots: list[Shot], _: str, storyboard: Storyboard, shop: Workshop, tell: Tell) -> Takes:
    """Scenes from our own trained model, for the same wishes that `drawn` draws; the first shot goes on from the
    storyboard's first frame, and an adapter brings in what was learnt from own clips.

    Raises LabError when the weights are missing or changed.
    """
    made_with, takes = digests("autoencoder", "generator", "upscaler"), []
    own, assets = _own_wishes(storyboard)
    for number, shot in enumerate(shots):
        spec, frames, name = _spec(shot, storyboard), round(shot.seconds * FPS), f"take-{shot.id}"
        path, first = shop.folder / f"{name}.mp4", storyboard.first_frame if shot is storyboard.shots[0] else None
        wishes = own | ({"first_frame": Path(first)} if first else {})
        make = partial(generate_take, spec, frames, path, lambda x, n=number: tell((n + x) / len(shots)), **wishes)
        files = {name: file_digest(file) for name, file in wishes.items()}
        inputs = [spec.labels(), frames, made_with, GUIDANCE, STEPS, *([files] if files else [])]
        shop.step(name, inputs, make, [path.name], ("generate", "train", "collect", "media"))
        take = {"id": shot.id, "path": str(path), "start": 0.0, "seconds": frames / FPS, "kind": "clip"}
        takes.append(take | ({"provider": "photo"} if first else {}))  # the photo shows its own subject
        assets += [supplied("photo", Path(first))] if first else []
    tell(1.0)
    return Takes(takes, [built_in("generated"), *assets])


def _own_wishes(storyboard: Storyboard) -> tuple[dict[str, Path], list[Asset]]:
    """The storyboard's adapter as an argument of `generate_take`; the file itself and whose works it learnt from."""
    if not storyboard.adapter:
        return {}, []
    adapter = read_adapter(Path(storyboard.adapter))
    return {"adapter": adapter.path}, [adapter.asset, *adapter.whose]


def generate_take(
    spec: SceneSpec, frames: int, path: Path, tell: Tell = lambda _: None, adapter: Path | None = None,
    first_frame: Path | None = None,
) -> None:  # fmt: skip
    """Generate the backdrop of one shot, `frames` long at 30 a second, and keep it without loss.

    adapter: a file of what was learnt from own clips; first_frame: a photo that begins to move. Raises LabError.
    """
    from aigc_lab.generate.clips import generate_shot, load_models, upscale  # TensorFlow takes seconds to start
    from aigc_lab.train.adapting import load_adapted
    from aigc_lab.train.input import PHASES

    names = ("theme", "subject", "style", "palette", "motion", "speed", "layout", "time")
    wishes = {name: getattr(spec, name) for name in names}
    seconds = (-(-frames // len(PHASES)) + 1) / CLIP_FPS  # the upscaler fills the gaps between its frames
    models = load_adapted(adapter) if adapter else load_models()
    picture = None
    if first_frame:
        picture = flatten(read_image(first_frame))
        x, y, w, h = photo_crop(picture, FINAL[0] / FINAL[1])
        picture = picture[y : y + h, x : x + w]
    told = {"on_step": lambda x: tell(0.4 * x), "models": models}
    clip = generate_shot(seconds, spec.seed, first_frame=picture, **told, **wishes)
    large = upscale(clip, on_part=lambda x: tell(0.4 + 0.2 * x))
    pictures: Iterable[np.ndarray] = large.frames[:frames]
    if not adapter and not first_frame:  # what is near is drawn: it would lie over a person's own picture
        near = Foreground(spec, BACKDROP)
        pictures = (near.over(p, n / FPS, frames / FPS) for n, p in enumerate(large.frames[:frames]))
    write_frames(_watched(pictures, frames, tell, 0.6), FPS, path, crf=0, preset="ultrafast")


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
    pictures = scene_frames(spec, size=BACKDROP, fps=FPS, seconds=frames / FPS, subject=False)
    write_frames(_watched(pictures, frames, tell), FPS, path, crf=0, preset="ultrafast")


def _watched(pictures: Iterable[np.ndarray], count: int, tell: Tell, begun: float = 0.0) -> Iterator[np.ndarray]:
    """The pictures as they come; `tell` hears after each how much of the work is done, from `begun` to 1."""
    for number, picture in enumerate(pictures, 1):
        yield picture
        tell(begun + (1 - begun) * number / count)


def footage(shots: list[Shot], argument: str, storyboard: Storyboard, shop: Workshop, tell: Tell) -> Takes:
    """What fits of a person's own videos and photos, or of a corpus; a shot that none can fill is drawn, and that is
    said.

    Only what may be used for all that the bundle does with it is taken.
    """
    from aigc_lab.generate.footage import footage_takes  # what reads a corpus takes a second to start

    folder = Path(argument)
    files = [[str(f.relative_to(folder)), f.stat().st_size, f.stat().st_mtime_ns] for f in sorted(folder.rglob("*"))]
    asked, uses = [[s.id, s.say, s.headline, s.subject, s.theme, s.seconds, s.seed] for s in shots], uses_of(storyboard)
    inputs = [str(folder), files, storyboard.seed, storyboard.language, asked, uses, data_digest("words")]

    def make() -> dict:
        how = {"uses": uses, "language": storyboard.language}
        takes, assets, notes = footage_takes(shots, folder, storyboard.seed, shop.folder, FINAL, **how)
        return {"takes": takes, "assets": [{**vars(a), "path": str(a.path)} for a in assets], "notes": notes}

    rooms = ("generate", "collect", "words", "vision", "measures", "rights", "media")
    found = shop.step("footage", inputs, make, _clips, rooms)
    assets = [Asset(**{**a, "path": Path(a["path"])}) for a in found["assets"]]
    filled = {take["id"] for take in found["takes"]}
    rest = drawn([s for s in shots if s.id not in filled], "", storyboard, shop, tell)
    takes = found["takes"] + [{**take, "provider": "drawn"} for take in rest.takes]
    return Takes(takes, assets + (rest.assets if rest.takes else []), found["notes"])


def _clips(found: dict) -> list[str]:
    """The takes among them that were written: photos in motion; videos are only referred to."""
    return [Path(take["path"]).name for take in found["takes"] if take["kind"] == "clip"]


def photo(shots: list[Shot], argument: str, storyboard: Storyboard, shop: Workshop, tell: Tell) -> Takes:
    """One photo with a gentle move, as in the offer of an ad."""
    takes = []
    for shot in shots:
        path, frames = shop.folder / f"take-{shot.id}.mp4", round(shot.seconds * FPS)

        def make(shot: Shot = shot, path: Path = path, frames: int = frames) -> None:
            picture = flatten(read_image(Path(argument)))
            crop = photo_crop(picture, FINAL[0] / FINAL[1], 1.0)
            write_frames(moving_photo(picture, crop, frames, FINAL, shot.seed), FPS, path, crf=12)

        inputs = [file_digest(Path(argument)), frames, shot.seed]
        shop.step(f"take-{shot.id}", inputs, make, [path.name], ("generate", "vision", "media"))
        takes.append({"id": shot.id, "path": str(path), "start": 0.0, "seconds": frames / FPS, "kind": "clip"})
    return Takes(takes, [supplied("photo", Path(argument))])


PROVIDERS: dict[str, Callable[[list[Shot], str, Storyboard, Workshop, Tell], Takes]] = {
    "generated": generated,
    "drawn": drawn,
    "footage": footage,
    "photo": photo,
}
