"""`python tests/ci_bundle.py FOLDER`: is a bundle whole, and is its video what the platforms take? Used by .ci/run."""

import json
import sys
from pathlib import Path

import av

from aigc_lab.media import probe, read_image

PARTS = ("video.mp4", "cover.jpg", "captions.srt", "captions.ass", "post.json", "storyboard.yaml", "credits.md")
PARTS += ("provenance.json", "report.html")


def faults(folder: Path, seconds: float) -> list[str]:
    """What is wrong with a bundle whose video should be about `seconds` long."""
    empty = [name for name in PARTS if not (folder / name).is_file() or not (folder / name).stat().st_size]
    if empty:
        return [f"missing or empty: {', '.join(empty)}"]
    film = probe(folder / "video.mp4")
    with av.open(str(folder / "video.mp4")) as container:
        video, sound = container.streams.video[0].codec_context, container.streams.audio[0].codec_context
        coded = (video.name, video.profile, video.pix_fmt, sound.name, sound.sample_rate, sound.channels)
    data = (folder / "video.mp4").read_bytes()
    facts = {
        "size": ((film.width, film.height), (1080, 1920)),
        "frames a second": (round(film.fps, 3), 30.0),
        "codecs": (coded, ("h264", "High", "yuv420p", "aac", 48_000, 2)),
        "length within 1 s": (abs(film.seconds - seconds) <= 1, True),
        "header before the pictures": (data.index(b"moov") < data.index(b"mdat"), True),
        "AIGC metadata in the video": (b"AIGC" in data, True),
        "AIGC metadata in the cover": (b"AIGC" in (folder / "cover.jpg").read_bytes(), True),
        "upright cover": (read_image(folder / "cover.jpg").shape[0] > 1000, True),
        "captions with times": (" --> " in (folder / "captions.srt").read_text(encoding="utf-8"), True),
        "hashtags": (bool(json.loads((folder / "post.json").read_text(encoding="utf-8"))["hashtags"]), True),
    }
    return [f"{name}: {found}, wanted {wanted}" for name, (found, wanted) in facts.items() if found != wanted]


if __name__ == "__main__":
    wrong = faults(Path(sys.argv[1]), float(sys.argv[2]))
    print("\n".join(wrong) or f"{sys.argv[1]} is whole.")
    sys.exit(bool(wrong))
