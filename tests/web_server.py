"""The practice server with works to fetch, and beside Commons the Internet Archive, Pexels and Pixabay."""

import io
import os
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from aigc_lab.collect.sources.fetch import Fetcher
from aigc_lab.collect.sources.practice_server import PracticeServer, Work
from aigc_lab.media import Clip, write_clip


class Clock:
    """Time that passes only when somebody sleeps, at once, and with `tick` (s) whenever somebody looks at it."""

    def __init__(self, tick=0.0):
        self.slept, self.ticked, self.tick = [], 0.0, tick

    def monotonic(self):
        self.ticked += self.tick
        return self.ticked + sum(self.slept)

    def time(self):
        return 1_800_000_000 + self.ticked + sum(self.slept)

    def sleep(self, seconds):
        self.slept.append(seconds)


def fetch_from(server, folder, **more):
    """A Fetcher that may call this server, in time that passes at once."""
    return Fetcher(folder, **{"allow": (server.host,), "clock": Clock(), **more})


def without_proxies(monkeypatch):
    """The environment as if no proxy were set."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def finished(fetcher):
    """The names of the files that look finished."""
    return sorted(file.name for file in fetcher.folder.iterdir() if file.is_file())


def left_over(fetcher):
    """The names of what is kept of unfinished files."""
    return sorted(file.name for file in fetcher.index.iterdir() if "part" in file.name)


def codes(server):
    """What the server answered so far."""
    return [asked.code for asked in server.asked]


def picture(seed=1, side=64):
    """A PNG of noise, about 12 KB."""
    noise = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, "PNG")
    return stream.getvalue()


@cache
def video(seed=1):
    """An MP4 of noise: 64 x 48, 8 frames."""
    frames = np.random.default_rng(seed).integers(0, 255, (8, 48, 64, 3), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "noise.mp4"
        write_clip(Clip(frames, 8), path)
        return path.read_bytes()


def practice_server():
    """A server with a few works: what Commons might have of the sea, and files that lie."""
    sea, link = video(), "https://creativecommons.org/licenses/by-sa/4.0/"
    mei = '<a href="//example.org/wiki/User:Mei" title="User:Mei">Mei &amp; Lin</a>'
    nobody = 'Unknown author<span style="display: none;">Unknown author</span>'
    works = [
        Work("sea.mp4", sea, "Waves at dusk", mei, "CC BY-SA 4.0", link, "<p>The <b>sea</b> in the evening</p>",
             ("Waves", "Sea", "CC-BY-SA-4.0", "Self-published work"), 640, 360),
        Work("old sea.mp4", video(2), "Sea of 1920", nobody, "Public domain", "", "sea", ("Sea",), 320, 240),
        Work("closed sea.mp4", video(3), "Sea, closed", "Kim", "All rights reserved", "", "sea"),
        Work("bridge.mp4", video(4), "Bridge over the sea", "Kim", "CC0", "", "sea", (), 320, 240, "personality"),
        Work("gone sea.mp4", b"<!DOCTYPE html><title>gone</title>" + b" " * 900, "Sea, gone", "Kim", "CC0", "", "sea"),
        Work("third sea.mp4", video(5), "Third sea", "Kim", "CC BY 3.0", "", "sea"),
        Work("sea.png", picture(), "The sea", "Mei", "CC BY 4.0", "", "sea", (), 64, 64),
    ]  # fmt: skip
    return PracticeServer(works)


def archive(server, rows, per_page=2):
    """Let the server answer like the Internet Archive: rows of the search, each with its list of files."""

    def search(query):
        start = (int(query["page"]) - 1) * per_page
        docs = [{k: v for k, v in row.items() if k != "files"} for row in rows[start : start + per_page]]
        return {"responseHeader": {"status": 0}, "response": {"numFound": len(rows), "start": start, "docs": docs}}

    server.pages["/advancedsearch.php"] = search
    for row in rows:
        server.pages[f"/metadata/{row['identifier']}"] = lambda query, row=row: {"files": row["files"], "metadata": {}}
        for file in row["files"]:
            at = f"/download/{row['identifier']}/{file['name']}"
            server.moods[at] = [f"redirect {server.url('sea.png' if file['name'].endswith('.jpg') else 'sea.mp4')}"] * 3


def pexels(server, works):
    """Let the server answer like Pexels, one work a page."""

    def answer(rows):
        def page(query):
            number = int(query["page"])
            more = {"next_page": "there is one"} if number < len(works) else {}
            return {"page": number, "total_results": len(works), rows: works[number - 1 : number], **more}

        return page

    server.pages |= {"/videos/search": answer("videos"), "/v1/search": answer("photos")}


def pixabay(server, works, total=None):
    """Let the server answer like Pixabay, everything on the first page."""

    def page(query):
        return {"total": len(works), "totalHits": total or len(works), "hits": works if query["page"] == "1" else []}

    server.pages |= {"/api/videos/": page, "/api/": page}
