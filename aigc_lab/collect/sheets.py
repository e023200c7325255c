"""Contact sheets of the drawn scenes for the data card: `python -m aigc_lab.collect.sheets [FOLDER]`."""

import sys
from pathlib import Path

import numpy as np

from aigc_lab.collect.scenes import draw_scene, sample_spec, scene_frames
from aigc_lab.media import write_image
from aigc_lab.settings import data_path
from aigc_lab.vocabulary import vocabulary

GAP = 6  # pixels between pictures


def sheet(pictures: list[np.ndarray], columns: int) -> np.ndarray:
    """Pictures of one size uint8 (H, W, 3), side by side in rows, on white."""
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    page = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), 255, np.uint8)
    for i, picture in enumerate(pictures):
        y, x = GAP + i // columns * (height + GAP), GAP + i % columns * (width + GAP)
        page[y : y + height, x : x + width] = picture
    return page


def subjects_sheet() -> np.ndarray:
    """Every subject once, the styles in turn."""
    words, size = vocabulary(), (108, 144)
    styles = list(words.styles)
    drawn = [
        sample_spec(7100 + i, subject=subject, style=styles[i % len(styles)], count=1, scale=1.15)
        for i, subject in enumerate(words.subjects)
    ]
    return sheet([draw_scene(spec, size, frames=1).frames[0] for spec in drawn], 13)


def styles_sheet(subject: bool, width: int, seed: int) -> np.ndarray:
    """A row for every style, a column for every theme."""
    words, pictures = vocabulary(), []
    for row, style in enumerate(words.styles):
        for column, theme in enumerate(words.themes):
            spec = sample_spec(seed + 10 * row + column, style=style, theme=theme)
            frames = scene_frames(spec, (width, width * 16 // 9), fps=30, seconds=2, subject=subject)
            pictures.append(next(frames))
    return sheet(pictures, len(words.themes))


def motions_sheet() -> np.ndarray:
    """A row for every motion: six moments of a clip."""
    words, pictures = vocabulary(), []
    styles = list(words.styles)
    for i, motion in enumerate(words.motions):
        clip = draw_scene(sample_spec(7300 + i, motion=motion, style=styles[i % 6], speed=1.3), (126, 224))
        pictures += [clip.frames[j] for j in range(0, 16, 3)]
    return sheet(pictures, 12)


def seeds_sheet() -> np.ndarray:
    """One subject, style and palette: what the seed alone changes."""
    drawn = [sample_spec(7400 + i, subject="coffee", style="retro", palette="jade") for i in range(24)]
    return sheet([draw_scene(spec, (126, 224), frames=1).frames[0] for spec in drawn], 12)


def main(folder: Path) -> None:
    """Write all sheets as WebP, each under 300 KB."""
    pages = {
        "subjects": subjects_sheet(),
        "styles": styles_sheet(True, 135, 7500),
        "backdrops": styles_sheet(False, 135, 7600),
        "motions": motions_sheet(),
        "seeds": seeds_sheet(),
    }
    for name, page in pages.items():
        path = folder / f"{name}.webp"
        write_image(page, path, quality=80)
        print(f"{path.name}: {page.shape[1]}x{page.shape[0]}, {path.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else data_path("scenes") / "sheets")
