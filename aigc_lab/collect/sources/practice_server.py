"""A small web server on this machine that answers like Wikimedia Commons, to practise with: no network, no key.

It keeps the rules of HTTP that matter for collecting (Range, ETag, 304, Retry-After), and it can be put into a bad
mood, so that one can see what a downloader makes of a host that is busy, broken, slow or lying.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

TYPES = {"mp4": "video/mp4", "webm": "video/webm", "jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}
PAGE = 3  # works in one answer: few, so that there are pages
STEP = 4096  # bytes between two looks at whether the server is to stop


@dataclass(frozen=True)
class Work:
    """A file on the server and what its page says: author and description may be HTML, as on Commons."""

    name: str
    data: bytes
    title: str
    author: str = ""
    licence: str = ""
    link: str = ""  # of the licence
    text: str = ""
    tags: tuple[str, ...] = ()
    width: int = 0
    height: int = 0
    limits: str = ""  # Commons' Restrictions, as "trademarked|personality"


@dataclass(frozen=True)
class Asked:
    """A request as it came: path, query, headers with names in small letters, and what it was answered."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    code: int


class PracticeServer:
    """Serves works under /files/NAME and finds them with /w/api.php; use it in a `with`.

    base: "http://127.0.0.1:PORT"; host: "127.0.0.1:PORT", for Fetcher's `allow`. asked: every request so far.
    pages: other paths, each a function of the query that gives JSON. moods: path -> what to do at its next requests,
    one a request: "throttle" or "throttle SECONDS or DATE", "fail", "stall", "truncate", "drip", "huge", "endless",
    "no range" (the whole file, whatever part was asked for), "careless" (a part, even of another version than asked
    for), "bare" (no ETag, no date; "bare truncate" is both), "redirect ADDRESS", "answer CODE"; then it behaves.
    """

    def __init__(self, works: Sequence[Work] = ()) -> None:
        self.works = {work.name: work for work in works}
        self.pages: dict[str, Callable[[dict[str, str]], object]] = {"/w/api.php": self.commons}
        self.moods: dict[str, list[str]] = {}
        self.asked: list[Asked] = []
        self.stopping = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"practice": self}))
        self.http.daemon_threads = True
        self.host = f"127.0.0.1:{self.http.server_port}"
        self.base = f"http://{self.host}"

    def __enter__(self) -> "PracticeServer":
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def url(self, name: str) -> str:
        """The address of a work's file."""
        return f"{self.base}/files/{quote(name)}"

    def mood(self, name: str, *moods: str) -> str:
        """Put a file into moods, one for each of its next requests, and give its address."""
        self.moods[f"/files/{name}"] = list(moods)
        return self.url(name)

    def commons(self, query: dict[str, str]) -> dict:
        """What the MediaWiki API answers to a search for files, format 2."""
        prop = query["prop"]
        words = [word for word in query["gsrsearch"].lower().split() if not word.startswith("filetype:")]
        video = "filetype:video" in query["gsrsearch"]
        found = [
            work
            for work in self.works.values()
            if video == (_type(work.name).startswith("video")) and all(word in _words(work) for word in words)
        ]
        start = int(query.get("gsroffset", 0))
        pages = [self._page(work, prop, start + i) for i, work in enumerate(found[start : start + PAGE])]
        answer: dict = {"batchcomplete": True}
        if start + PAGE < len(found):
            answer["continue"] = {"gsroffset": start + PAGE, "continue": "gsroffset||"}
        return answer | ({"query": {"pages": pages}} if pages else {})

    def _page(self, work: Work, prop: str, index: int) -> dict:
        told = {
            "LicenseShortName": work.licence, "LicenseUrl": work.link, "Artist": work.author, "ObjectName": work.title,
            "ImageDescription": work.text, "Categories": "|".join(work.tags), "Restrictions": work.limits,
        }  # fmt: skip
        info = {
            "size": len(work.data), "width": work.width, "height": work.height, "url": self.url(work.name),
            "mime": _type(work.name), "descriptionurl": f"{self.base}/wiki/File:{quote(work.name)}",
            "extmetadata": {key: {"value": value, "source": "commons"} for key, value in told.items() if value},
        }  # fmt: skip
        return {"pageid": index + 1, "ns": 6, "title": f"File:{work.name}", "index": index + 1, prop: [info]}


def _type(name: str) -> str:
    return TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def _words(work: Work) -> str:
    return " ".join((work.name, work.title, work.text, *work.tags)).lower()


class _Handler(BaseHTTPRequestHandler):
    practice: PracticeServer

    def log_message(self, *_: object) -> None:
        """Say nothing on the screen."""

    def handle(self) -> None:
        """A visitor who hangs up is no trouble."""
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def do_GET(self) -> None:
        """Answer one request, in the mood that its path is in."""
        split = urlsplit(self.path)
        self.where, self.query = unquote(split.path), {k: v[-1] for k, v in parse_qs(split.query).items()}
        moods = self.practice.moods.get(self.where, [])
        word, _, more = (moods.pop(0) if moods else "").partition(" ")
        if word == "throttle":
            self._plain(429, {"Retry-After": more or "2"})
        elif word == "fail":
            self._plain(500)
        elif word == "answer":
            self._plain(int(more))
        elif word == "redirect":
            self._plain(302, {"Location": more})
        elif self.where in self.practice.pages:
            body = json.dumps(self.practice.pages[self.where](self.query)).encode("utf-8")
            self._plain(200, {"Content-Type": "application/json"}, body)
        elif (name := self.where.removeprefix("/files/")) in self.practice.works:
            self._file(self.practice.works[name].data, _type(name), f"{word} {more}".strip())
        else:
            self._plain(404)

    def _note(self, code: int) -> None:
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.practice.asked.append(Asked(self.path if "://" in self.path else self.where, self.query, headers, code))
        self.send_response(code)

    def _plain(self, code: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self._note(code)
        for key, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def _file(self, data: bytes, type_: str, mood: str) -> None:
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self._plain(304, {"ETag": etag})
            return
        start = self._start(etag, len(data), "careless" in mood) if "no range" not in mood else 0
        self._note(206 if start else 200)
        self.send_header("Content-Type", type_)
        if "bare" not in mood:
            self.send_header("ETag", etag)
            self.send_header("Last-Modified", formatdate(0, usegmt=True))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if "endless" not in mood:
            self.send_header("Content-Length", str(2_000_000_000 if "huge" in mood else len(data) - start))
        self.end_headers()
        self._body(data[start:], mood)

    def _start(self, etag: str, length: int, careless: bool) -> int:
        """Where the asked range begins; 0 for all of it, also when it is a range of another version (If-Range)."""
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = careless or self.headers.get("If-Range") == etag
        return int(asked[1]) if asked and same and int(asked[1]) < length else 0

    def _body(self, data: bytes, mood: str) -> None:
        half = data[: len(data) // 2]
        if "truncate" in mood:
            self.wfile.write(half)
        elif "stall" in mood:
            self.wfile.write(half)
            self.practice.stopping.wait(5)
        elif "drip" in mood:
            for byte in data:
                self.wfile.write(bytes([byte]))
                if self.practice.stopping.wait(0.01):
                    return
        elif "endless" in mood or "huge" in mood:
            until = time.monotonic() + 5
            while not self.practice.stopping.is_set() and time.monotonic() < until:
                self.wfile.write(data[:STEP])
        else:
            self.wfile.write(data)
