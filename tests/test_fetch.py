"""The downloader against a real server on this machine that is busy, broken, slow, changing or lying."""

import json
import os
import re
import shutil
import threading
from email.utils import formatdate
from functools import partial

import pytest
from web_server import Clock, codes, fetch_from, finished, left_over, picture, practice_server, video, without_proxies

from aigc_lab import LabError
from aigc_lab.collect.sources.practice_server import PracticeServer, Work


@pytest.fixture(scope="module")
def files():
    return {"sea.png": picture(), "sea.mp4": video()}


@pytest.fixture
def server(files, monkeypatch):
    without_proxies(monkeypatch)
    with PracticeServer([Work(name, data, name) for name, data in files.items()]) as running:
        yield running


@pytest.fixture
def fetcher(server, chinese_folder):
    return partial(fetch_from, server, chinese_folder)


def test_a_picture_and_a_video_arrive_whole_under_names_of_our_own(server, fetcher, files):
    fetch = fetcher()
    for name, suffix in (("sea.png", "png"), ("sea.mp4", "mp4")):
        file = fetch.download(server.url(name), name="From: ../Practice")
        assert file.read_bytes() == files[name]
        assert re.fullmatch(rf"from-practice-[0-9a-f]{{20}}\.{suffix}", file.name) and file.parent == fetch.folder
    assert left_over(fetch) == []


def test_nothing_is_fetched_twice(server, fetcher):
    first = fetcher().download(server.url("sea.png"))
    assert fetcher().download(server.url("sea.png")) == first
    assert codes(server) == [200]
    assert fetcher(fresh=0).download(server.url("sea.png")) == first
    assert codes(server) == [200, 304] and "if-none-match" in server.asked[-1].headers


def test_a_finished_file_is_good_while_its_host_is_away(server, fetcher, files):
    fetcher().download(server.url("sea.png"))
    server.mood("sea.png", *["fail"] * 9)
    assert fetcher(fresh=0, retries=1).download(server.url("sea.png")).read_bytes() == files["sea.png"]
    assert codes(server) == [200, 500, 500]


def test_a_changed_file_and_a_damaged_one_are_fetched_anew(server, fetcher):
    fetcher().download(server.url("sea.png"))
    server.works["sea.png"] = Work("sea.png", picture(7), "")
    file = fetcher(fresh=0).download(server.url("sea.png"))
    assert file.read_bytes() == picture(7)
    file.write_bytes(b"half")
    assert fetcher().download(server.url("sea.png")).read_bytes() == picture(7)


@pytest.mark.parametrize(("told", "least", "most"), [("throttle 7", 7, 7), ("throttle DATE", 30, 30)])
def test_a_busy_host_is_asked_again_when_it_says(server, fetcher, told, least, most):
    fetch = fetcher()
    server.mood("sea.png", told.replace("DATE", formatdate(fetch.clock.time() + 30, usegmt=True)))
    assert fetch.download(server.url("sea.png")).is_file()
    assert codes(server) == [429, 200]
    assert least <= max(fetch.clock.slept) <= most


def test_a_host_that_asks_for_an_hour_is_left_alone(server, fetcher):
    with pytest.raises(LabError, match="wait 3600 s"):
        fetcher().download(server.mood("sea.png", "throttle 3600"))
    assert codes(server) == [429]


def test_a_host_is_asked_once_a_second_at_most(server, fetcher):
    fetch = fetcher()
    for name in ("sea.png", "sea.mp4"):
        fetch.download(server.url(name))
    assert fetch.clock.slept == [1]


def test_a_failing_host_is_asked_more_and_more_slowly_and_then_no_more(server, fetcher):
    fetch = fetcher(per_second=1000, retries=3)
    server.mood("sea.png", *["fail"] * 9)
    with pytest.raises(LabError, match="answers 500; tries: 4"):
        fetch.download(server.url("sea.png"))
    assert codes(server) == [500] * 4
    waits = [wait for wait in fetch.clock.slept if wait > 0.1]
    assert len(waits) == 3 and waits == sorted(waits) and finished(fetch) == []
    assert fetcher(per_second=1000).download(server.mood("sea.png", "fail")).is_file()


@pytest.mark.parametrize("trouble", ["truncate", "stall"])
def test_a_broken_download_goes_on_where_it_ended(server, fetcher, files, trouble):
    data = files["sea.png"]
    file = fetcher(timeout=1.5).download(server.mood("sea.png", trouble))
    assert file.read_bytes() == data
    assert codes(server) == [200, 206] and server.asked[1].headers["range"] == f"bytes={len(data) // 2}-"


@pytest.mark.parametrize("mood", [("truncate", "no range"), ("bare truncate",)])
def test_without_ranges_or_a_way_to_know_the_version_it_begins_again(server, fetcher, files, mood):
    assert fetcher().download(server.mood("sea.png", *mood)).read_bytes() == files["sea.png"]
    assert codes(server) == [200, 200]
    assert ("range" in server.asked[1].headers) == (mood[0] == "truncate")


@pytest.mark.parametrize(("then", "answers"), [((), [200, 200]), (("careless",), [200, 206, 200])])
def test_parts_of_two_versions_are_never_joined(server, fetcher, then, answers):
    fetch = fetcher(retries=0)
    with pytest.raises(LabError):
        fetch.download(server.mood("sea.png", "truncate"))
    assert len(left_over(fetch)) == 2 and finished(fetch) == []
    server.works["sea.png"] = Work("sea.png", picture(9), "")
    assert fetcher().download(server.mood("sea.png", *then)).read_bytes() == picture(9)
    assert server.asked[1].headers["if-range"].startswith('"') and codes(server) == answers


def test_ctrl_c_keeps_the_part_for_the_next_run(server, fetcher, files):
    class Stopped(Clock):
        def sleep(self, seconds):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetcher(clock=Stopped()).download(server.mood("sea.png", "truncate"))
    assert finished(fetcher()) == []
    assert fetcher().download(server.url("sea.png")).read_bytes() == files["sea.png"]
    assert codes(server) == [200, 206]


def test_two_gigabytes_are_refused_before_a_byte_is_read(server, fetcher):
    fetch = fetcher()
    with pytest.raises(LabError, match=r"2000\.0 MB"):
        fetch.download(server.mood("sea.png", "huge"))
    assert finished(fetch) == left_over(fetch) == []


def test_a_file_that_never_ends_is_left_at_the_limit(server, fetcher):
    fetch = fetcher(most_bytes=100_000)
    with pytest.raises(LabError, match=r"0\.1 MB is the most"):
        fetch.download(server.mood("sea.png", "endless"))
    assert finished(fetch) == left_over(fetch) == []


def test_a_dripping_host_and_a_long_one_are_given_up(server, fetcher):
    with pytest.raises(LabError, match="less than 5000 bytes a second"):
        fetcher(clock=Clock(tick=1), timeout=5, slowest=5000, retries=0).download(server.mood("sea.png", "drip"))
    with pytest.raises(LabError, match="longer than 4 s"):
        fetcher(clock=Clock(tick=1), longest=4).download(server.mood("sea.mp4", "drip"))


LIES = {
    "page.mp4": b"\n<!DOCTYPE html><title>sign in</title>" + b" " * 2000,
    "short.mp4": b"<html>no</html>",
    "list.mp4": b"#EXTM3U\n" + b"#EXTINF:1,\nfile:///etc/hostname\n" * 40,
    "drawing.png": b'<svg xmlns="http://www.w3.org/2000/svg"/>' + b" " * 600,
    "noise.mp4": b"\0\0\0\x18ftypisom" + bytes(range(256)) * 20,
    "empty.png": b"",
}


@pytest.mark.parametrize("name", LIES)
def test_what_is_no_media_is_refused_whatever_its_name_and_type_say(server, fetcher, name):
    server.works[name] = Work(name, LIES[name], "")
    fetch = fetcher()
    with pytest.raises(LabError, match=r"web page|no picture|cannot be decoded"):
        fetch.download(server.url(name))
    assert finished(fetch) == left_over(fetch) == [] and codes(server) == [200]


def test_a_page_in_place_of_a_video_is_left_at_its_first_bytes(server, fetcher):
    server.works["page.mp4"] = Work("page.mp4", LIES["page.mp4"], "")
    with pytest.raises(LabError, match="web page"):
        fetcher(most_bytes=2_000_000).download(server.mood("page.mp4", "endless"))


def test_a_picture_is_no_answer_where_a_video_is_asked_for(server, fetcher, files):
    server.works["sea.mp4"] = Work("sea.mp4", files["sea.png"], "")
    with pytest.raises(LabError, match="is a picture, not a video"):
        fetcher().download(server.url("sea.mp4"), kinds=("video",))
    assert fetcher().download(server.url("sea.mp4"), kinds=("picture",)).suffix == ".png"


def test_a_full_disk_is_one_sentence_and_leaves_nothing_that_looks_finished(server, fetcher, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(LabError, match="No space left on device.*free some space"):
            fetcher().download(server.url("sea.png"))
    assert finished(fetcher()) == []
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 5, 5))
        with pytest.raises(LabError, match="has no room"):
            fetcher().download(server.url("sea.mp4"))
    assert finished(fetcher()) == []


def test_two_programs_fetch_one_file_once(server, fetcher):
    server.mood("sea.png", "throttle 0")
    got, clock = [], Clock()
    fetchers = [fetcher(clock=clock) for _ in "ab"]
    threads = [threading.Thread(target=lambda f=f: got.append(f.download(server.url("sea.png")))) for f in fetchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(got)) == 1 and len(got) == 2 and codes(server) == [429, 200]


def test_hosts_are_told_who_asks(server, fetcher, monkeypatch):
    monkeypatch.setenv("AIGC_LAB_CONTACT", "class@school.example\r\nX-Evil: 1")
    fetcher().download(server.url("sea.png"))
    agent = server.asked[0].headers["user-agent"]
    assert agent.startswith("AIGC-Short-Video-Lab/") and "(class@school.exampleX-Evil: 1)" in agent
    assert "x-evil" not in server.asked[0].headers


def test_answers_are_kept_and_a_key_is_neither_kept_nor_passed_on(server, fetcher):
    server.pages["/api"] = lambda query: {"page": query["page"]}
    ask = {"params": {"page": 1, "key": "s3cret"}, "headers": {"Authorization": "s3cret"}}
    for _ in range(2):
        assert fetcher().json(f"{server.base}/api", **ask) == {"page": "1"}
    assert codes(server) == [200] and server.asked[0].headers["authorization"] == "s3cret"
    assert fetcher(fresh=0).json(f"{server.base}/api", **ask) == {"page": "1"}
    stored = [file.read_text(encoding="utf-8") for file in fetcher().index.iterdir() if file.suffix == ".json"]
    assert len(stored) == 1 and "s3cret" not in stored[0] and json.loads(stored[0])["value"] == {"page": "1"}
    with practice_server() as other:
        other.pages["/api"] = lambda query: {}
        server.moods["/api"] = [f"redirect {other.base}/api"]
        fetcher(fresh=0, allow=(server.host, other.host)).json(f"{server.base}/api", **ask)
        assert "authorization" not in other.asked[0].headers
    server.moods["/api"] = ["answer 403"]
    with pytest.raises(LabError, match="403, not allowed") as told:
        fetcher(fresh=0).json(f"{server.base}/api", **ask)
    assert "s3cret" not in str(told.value)


def test_an_answer_that_is_no_json_is_one_sentence(server, fetcher):
    with pytest.raises(LabError, match="answers with no JSON"):
        fetcher().json(server.url("sea.png"))
