"""What a file holds, whatever its name says."""

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from aigc_lab import LabError
from aigc_lab.media import STILLS

SPACES = set("\t\n\r\f\u3000\u00a0\u200b\ufeff")  # not printable for Python, and at home in texts


def content(path: Path) -> str:
    """What a file holds, whatever its name says: "text", "picture" or "video".

    Texts come first: FFmpeg would draw one as a film of letters, or follow the addresses in a playlist.
    Raises LabError when it is missing, empty, a moving WebP, or a picture of far too many pixels.
    """
    if not path.is_file():
        raise LabError(f"{path.name} is not there: check the name.")
    if path.stat().st_size == 0:
        raise LabError(f"{path.name} is empty (0 bytes): copy it again.")
    if _decoded(path) is not None:
        return "text"
    try:
        with Image.open(path) as image:
            moves = getattr(image, "is_animated", False) and image.format not in STILLS
            if moves and image.format == "WEBP":
                raise LabError(f"{path.name} is a moving WebP, which FFmpeg cannot read: convert it to GIF or MP4.")
            return "video" if moves else "picture"
    except Image.DecompressionBombError as error:
        raise LabError(f"{path.name} has too many pixels ({error}): make it smaller.") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return "video"


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, UTF-16 (with its mark) or GBK, with plain line ends. Raises LabError otherwise."""
    text = _decoded(Path(path))
    if text is None:
        raise LabError(f"{Path(path).name} is no text in UTF-8 or GBK: save it as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(8192)
        wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
        if b"\0" in head and not wide:
            return None
        data = head + file.read()
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):  # the last holds all of GBK
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(c.isprintable() or c in SPACES for c in set(text)):
            return text
    return None
