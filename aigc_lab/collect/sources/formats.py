"""What a fetched file really is: told by its first bytes and by decoding a frame, not by its name or announced type."""

import re
from pathlib import Path

from aigc_lab import LabError
from aigc_lab.collect.contents import content
from aigc_lab.collect.sources.reach import Passed
from aigc_lab.media import probe

HEAD = 512  # bytes that are enough to tell every format below
KINDS = {"picture": "a picture", "video": "a video"}
# First bytes of the formats that are taken -> suffix. Text formats are not among them: an error page, an SVG or a
# playlist that makes ffmpeg open other files and hosts stops here.
MAGIC = (
    (rb"\xff\xd8\xff", ".jpg"),
    (rb"\x89PNG\r\n\x1a\n", ".png"),
    (rb"GIF8[79]a", ".gif"),
    (rb"RIFF....WEBP", ".webp"),
    (rb"II\x2a\x00|MM\x00\x2a", ".tif"),
    (rb"BM....\x00\x00\x00\x00", ".bmp"),
    (rb"....ftypavi[fs]", ".avif"),
    (rb"....ftypqt  |....(moov|mdat|wide|free)", ".mov"),
    (rb"....ftyp(?!heic|heix|mif1|M4A|M4B)", ".mp4"),
    (rb"\x1a\x45\xdf\xa3.{0,60}webm", ".webm"),
    (rb"\x1a\x45\xdf\xa3.{0,60}matroska", ".mkv"),
    (rb"OggS", ".ogv"),
    (rb"RIFF....AVI ", ".avi"),
    (rb"\x00\x00\x01[\xba\xb3]", ".mpg"),
    (rb"G.{187}G.{187}G", ".ts"),
    (rb"FLV\x01", ".flv"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ".wmv"),
)


def suffix_of(head: bytes) -> str:
    """The suffix of the format that a file's first HEAD bytes show; empty when it is none that the lab takes."""
    return next((suffix for magic, suffix in MAGIC if re.match(magic, head, re.DOTALL)), "")


def check_head(head: bytes, where: str) -> None:
    """Let a picture or a video pass by its first bytes. Raises Passed that says what it looks like instead."""
    if suffix_of(head):
        return
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    page = start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml", b"<svg"))
    told = "a web page" if page and b"svg" not in start else "no picture or video that the lab takes"
    raise Passed(f"{where} is {told}, whatever it says it is: give the address of the file itself.")


def identify(path: Path, kinds: tuple[str, ...], where: str) -> tuple[str, str]:
    """The kind ("video" or "picture") and the right suffix of a whole file.

    Raises Passed when it does not decode or is of another kind than `kinds`; an animated GIF is a video.
    """
    with open(path, "rb") as file:
        head = file.read(HEAD)
    check_head(head, where)
    try:
        kind = content(path)
        probe(path)
    except LabError as error:
        raise Passed(f"{where} cannot be decoded: it is damaged, or not what it says it is.") from error
    if kind not in kinds:
        wanted = " or ".join(KINDS.get(k, k) for k in kinds)
        raise Passed(f"{where} is {KINDS.get(kind, kind)}, not {wanted}: leave it out or ask for its kind.")
    return kind, suffix_of(head)
