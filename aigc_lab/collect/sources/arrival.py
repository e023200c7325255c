"""One file on its way from the web: what is there of it, what is asked for, what comes, and when it is whole."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from aigc_lab import LabError
from aigc_lab.collect.sources.formats import HEAD, check_head, identify
from aigc_lab.collect.sources.reach import Passed, shown
from aigc_lab.media import write_json

if TYPE_CHECKING:
    from aigc_lab.collect.sources.fetch import Fetcher


class Again(Exception):
    """A trouble that may be over when asked again, after `wait` seconds if the host said so."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Arrival:
    """One file on its way: what is there of it, what is asked for, what comes."""

    def __init__(self, by: "Fetcher", url: httpx.URL, kinds: tuple[str, ...], name: str) -> None:
        self.by, self.url, self.kinds = by, url, kinds
        self.name = f"{name}-{mark(url)}" if name else mark(url)
        self.until = by.clock.monotonic() + by.longest

    def path(self, suffix: str) -> Path:
        """Where something of this address is kept."""
        return self.by.index / f"{mark(self.url)}.{suffix}"

    def finished(self) -> tuple[Path | None, dict[str, Any]]:
        """The file, if it is there and as long as it was, and what is known of it."""
        known = read_record(self.path("json"))
        file = self.by.folder / Path(known.get("file") or " ").name
        whole = file.is_file() and file.stat().st_size == known.get("size") and known.get("kind") in self.kinds
        return (file, known) if whole else (None, {})

    def once(self) -> Path:
        """Fetch what is missing and finish.

        Raises Again or an httpx error, with the part kept, when it may go on later; Passed, with nothing kept, if not.
        """
        have, part = self._resumable()
        if have and have == part["size"]:
            return self._finish(part)
        held, known = self.finished()
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": _strong(part)}
        elif held:
            asked = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("modified")}
            headers |= {key: value for key, value in asked.items() if value}
        with self.by.answer(self.url, headers, fine=(200, 206, 304, 416)) as response:
            if response.status_code == 304 and held:
                write_json(self.path("json"), {**known, "asked": self.by.clock.time()})
                return held
            try:
                start, part = self._meet(response, have, part)
                self._write(response, start, part)
            except Passed:
                self._drop()
                raise
        return self._finish(part)

    def _resumable(self) -> tuple[int, dict[str, Any]]:
        """How many bytes are there to go on from: only where the host can tell whether the file is still the same."""
        part, file = read_record(self.path("part.json")), self.path("part")
        have = file.stat().st_size if file.is_file() else 0
        good = part.get("address") == str(self.url) and _strong(part) and HEAD <= have <= (part["size"] or have)
        return (have, part) if good else (0, {})

    def _meet(self, response: httpx.Response, have: int, part: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Where to go on writing, and which version it is: the size is checked before any byte is read."""
        code, told = response.status_code, response.headers
        if told.get("content-encoding", "identity") != "identity":
            raise Passed(f"{shown(self.url)} comes packed ({told['content-encoding'][:20]}): leave it out.")
        if have and code == 206 and (size := _continues(told, have, part)):
            return have, {**part, "size": size}
        if code != 200:  # a part that does not fit what is here (206), none at all (416), or an answer to nothing (304)
            self._drop()
            raise Again(f"it answers {code}, which does not fit what was asked")
        length = told.get("content-length", "")
        size = int(length) if re.fullmatch(r"\d{1,15}", length) else 0
        if size > self.by.most_bytes:
            raise Passed(self._too_large(size))
        if size > shutil.disk_usage(self.by.folder).free:
            raise LabError(f"{self.by.folder} has no room for {size / 1e6:.1f} MB: free some space or choose another.")
        part = {"address": str(self.url), "etag": told.get("etag", ""), "modified": told.get("last-modified", "")}
        part |= {"size": size}
        self.path("part").unlink(missing_ok=True)
        write_json(self.path("part.json"), part)
        return 0, part

    def _write(self, response: httpx.Response, start: int, part: dict[str, Any]) -> None:
        """Append the body to the part. Its first bytes are looked at as soon as they are there."""
        by, count, head, since, counted = self.by, start, b"", self.by.clock.monotonic(), start
        with open(self.path("part"), "ab" if start else "wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)
                count += len(chunk)
                if not start and len(head) < HEAD and len(head := head + chunk[:HEAD]) >= HEAD:
                    check_head(head, shown(self.url))
                if count > by.most_bytes:
                    raise Passed(self._too_large(count))
                if (now := by.clock.monotonic()) > self.until:
                    raise Again(f"it takes longer than {by.longest:.0f} s")
                if now - since >= by.timeout:
                    if count - counted < by.slowest * (now - since):
                        raise Again(f"it sends less than {by.slowest:.0f} bytes a second")
                    since, counted = now, count
            file.flush()
            os.fsync(file.fileno())
        if part["size"] and count != part["size"]:
            raise Again(f"it ends after {count} of {part['size']} bytes")

    def _finish(self, part: dict[str, Any]) -> Path:
        """Give the whole part its name, if it is what was asked for."""
        try:
            kind, suffix = identify(self.path("part"), self.kinds, shown(self.url))
        except Passed:
            self._drop()
            raise
        file = self.by.folder / f"{self.name}{suffix}"
        size = self.path("part").stat().st_size
        os.replace(self.path("part"), file)
        record = {**part, "size": size, "file": file.name, "kind": kind, "asked": self.by.clock.time()}
        write_json(self.path("json"), record)
        self._drop()
        return file

    def _drop(self) -> None:
        self.path("part").unlink(missing_ok=True)
        self.path("part.json").unlink(missing_ok=True)

    def _too_large(self, size: int) -> str:
        most = self.by.most_bytes / 1e6
        return f"{shown(self.url)} has {size / 1e6:.1f} MB or more, and {most:.1f} MB is the most: leave it out."


def _continues(told: httpx.Headers, have: int, part: dict[str, Any]) -> int:
    """The whole size of the file whose bytes from `have` on come now; 0 when they are of another version or place."""
    span = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})", told.get("content-range", "").strip())
    if not span or int(span[1]) != have or told.get("etag", part["etag"]) != part["etag"]:
        return 0
    return int(span[2]) if part["size"] in (0, int(span[2])) else 0


def mark(url: httpx.URL) -> str:
    """What an address is called on disk: the first 80 bits of its SHA-256."""
    return hashlib.sha256(str(url).encode("utf-8")).hexdigest()[:20]


def _strong(part: dict[str, Any]) -> str:
    """What If-Range may name: a strong ETag, else a date (RFC 9110, 13.1.5); empty when there is neither."""
    etag = part.get("etag", "")
    return etag if etag and not etag.startswith("W/") else part.get("modified", "")


def read_record(path: Path) -> dict[str, Any]:
    """A record, empty when there is none or it is damaged."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
