"""Labels that say that the content is made by AI: the visible words, and the metadata in video and cover.

China's GB 45438-2025, in force since 2025-09-01: a visible label for at least 2 s at the start, its text at least 5 %
of the short side high; and the key AIGC in the file's metadata, a JSON text. In a JPEG it stands in XMP under TC260's
namespace (TC260-PG-20258A), and once more as EXIF UserComment for readers that know no XMP.
"""

import json
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import av
from PIL import Image, UnidentifiedImageError

from aigc_lab import LabError
from aigc_lab.storyboard import Storyboard
from aigc_lab.workshop import digest

KEY = "AIGC"
PRODUCER = "AIGC Short-Video Lab"
FIELDS = ("Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2")
NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
HEIGHT_SHARE = 0.05  # of the short side: least height of the visible label
SECONDS = 2.0  # least time that a video shows it
EXIF_IFD, USER_COMMENT = 0x8769, 0x9286
XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:TC260="{namespace}"><TC260:AIGC>{label}</TC260:AIGC></rdf:Description></rdf:RDF></x:xmpmeta>'
    '<?xpacket end="w"?>'
)
WARNINGS = {  # the visible label is off, the metadata is off
    "en": (
        "The visible AI label is off (ai_label: false): many places and platforms require one; add it before you post.",
        "The AIGC metadata is off (ai_metadata: false): GB 45438-2025 requires it in files that are spread in China.",
    ),
    "zh": (
        "可见的“AI生成”标识已关闭（ai_label: false）：GB 45438-2025 要求显式标识，发布前请自行补上。",
        "文件中的 AIGC 元数据已关闭（ai_metadata: false）：GB 45438-2025 要求文件带有隐式标识。",
    ),
}


def visible_label(language: str) -> str:
    """The words of the visible label."""
    return "AI生成" if language.startswith("zh") else "AI-generated"


def ad_mark(language: str) -> str:
    """The words that mark an ad."""
    return "广告" if language.startswith("zh") else "Ad"


def produce_id(storyboard: Storyboard) -> str:
    """A number for this content that the same storyboard gets again: 16 letters of SHA-256."""
    return digest(storyboard.model_dump(exclude={"notes", "logo", "photo", "first_frame", "adapter"}))


def aigc_metadata(produce_id: str, producer: str = PRODUCER, propagator: str = "", propagate_id: str = "") -> str:
    """The value of the metadata key AIGC: JSON with the seven fields of GB 45438-2025, Label "1" (made by AI).

    The platform that spreads the content fills ContentPropagator and PropagateID; the reserved codes stay empty.
    """
    values = ("1", producer, produce_id, "", propagator, propagate_id, "")
    return json.dumps(dict(zip(FIELDS, values, strict=True)), ensure_ascii=False, separators=(",", ":"))


def jpeg_metadata(metadata: str) -> dict[str, bytes]:
    """`metadata` as the keywords `exif` and `xmp` of `media.write_image`."""
    exif = Image.Exif()
    exif.get_ifd(EXIF_IFD)[USER_COMMENT] = b"UNICODE\0" + f"{KEY}={metadata}".encode("utf-16-le")
    exif[0x8769] = exif.get_ifd(EXIF_IFD)
    return {"exif": exif.tobytes(), "xmp": XMP.format(namespace=NAMESPACE, label=escape(metadata)).encode("utf-8")}


def read_aigc(path: Path) -> dict | None:
    """The AIGC label in an MP4 or a JPEG, as a dict of its fields; None when there is none.

    Raises LabError when the file cannot be opened.
    """
    path = Path(path)
    try:
        text = _from_picture(path) if path.suffix.lower() in {".jpg", ".jpeg"} else _from_video(path)
    except (OSError, UnidentifiedImageError, av.FFmpegError) as error:
        raise LabError(f"{path} cannot be opened to look for an AI label: check the file.") from error
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return None
    return value if isinstance(value, dict) and "Label" in value else None


def _from_video(path: Path) -> str:
    with av.open(str(path)) as container:
        return container.metadata.get(KEY, "")


def _from_picture(path: Path) -> str:
    with Image.open(path) as image:
        packet, comment = image.info.get("xmp", b""), image.getexif().get_ifd(EXIF_IFD).get(USER_COMMENT, b"")
    try:
        found = ElementTree.fromstring(packet.decode("utf-8").strip("\ufeff\0 ")).find(f".//{{{NAMESPACE}}}{KEY}")
    except (ElementTree.ParseError, UnicodeDecodeError):
        found = None
    if found is not None:
        return found.text or ""
    text = comment[8:].decode("utf-16-le", "replace") if bytes(comment[:8]) == b"UNICODE\0" else ""
    return text.removeprefix(f"{KEY}=") if text.startswith(f"{KEY}=") else ""


def label_state(storyboard: Storyboard) -> list[str]:
    """One warning, in the storyboard's language, for each AI label that is turned off."""
    text = WARNINGS["zh" if storyboard.language.startswith("zh") else "en"]
    on = (storyboard.ai_label, storyboard.ai_metadata)
    return [warning for warning, is_on in zip(text, on, strict=True) if not is_on]
