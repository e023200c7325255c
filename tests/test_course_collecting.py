"""What lesson 01 practises on and shows: a moody server, a folder of downloads, planted copies, a slider."""

import io

import numpy as np
import pytest
from PIL import Image
from web_server import fetch_from

from aigc_lab.collect import cleaning
from aigc_lab.collect.sources import commons, local
from aigc_lab.course import collected, collecting
from aigc_lab.course.page import use_language

pytestmark = pytest.mark.usefixtures("learner_folder")


@pytest.fixture(scope="module")
def pairs():
    return collecting.all_pairs(collecting.planted())


def test_the_city_server_gives_four_videos_of_six_and_its_diary_tells_how(chinese_folder):
    said = []
    with collecting.city_server(chinese_folder) as server:
        fetcher = fetch_from(server, chinese_folder / "fetched")
        items = list(commons.search("city", fetcher, 9, "video", server.base, said.append))
    assert [item.licence for item in items] == [
        "LicenseRef-Public-Domain", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-4.0",
    ]  # fmt: skip
    assert items[0].path.read_bytes() == server.works["Earth.mp4"].data  # though it broke off in the middle
    assert len(said) == 2 and "All rights reserved" in said[0] and "web page" in said[1]
    diary = collected.diary(server).text.splitlines()[2:]
    assert "429" in diary[0] and "206" in diary[3] and "785,012" in diary[3]
    assert any("from work 3" in line for line in diary) and not any("Closed" in line for line in diary)


def test_each_download_has_the_fault_that_was_put_into_it(chinese_folder):
    items = {item.path.name: item for item in local.folder(collecting.downloads(chinese_folder))}
    refused = {}
    for name, item in items.items():
        flags = cleaning.inspect(item.path, item.kind).flags
        refused[name] = {flag.name for flag in flags if flag.name in cleaning.REFUSED}
    assert refused == {
        "black.mp4": {"black", "frozen"}, "blink.mp4": {"short"}, "still.mp4": {"frozen"}, "thumbnail.jpg": {"small"},
        "broken.mp4": {"decode", "short"}, "night-copy.mp4": set(), "from-a-forum.jpg": set(), "night.txt": set(),
        "港口.mp4": set(),
    }  # fmt: skip
    assert [name for name, item in items.items() if not item.licence] == ["from-a-forum.jpg"]


def test_no_limit_finds_all_planted_copies_without_a_false_alarm(pairs):
    scores = [collecting.score(pairs, limit / 100) for limit in range(101)]
    assert {found["found"] + found["missed"] for found in scores} == {8}
    assert not any(found["missed"] == 0 and found["false"] == 0 for found in scores)
    assert max(found["found"] for found in scores if not found["false"]) == 6


def test_real_copies_and_others_leave_room_for_a_limit():
    copies, others = collecting.measured_bits()
    assert len(copies) >= 4 and max(copies) <= 11 and min(others) >= 40


def test_the_slider_shows_what_the_functions_say(pairs):
    room = collected.Finder(pairs, limit=0.0)
    before = room.picture.value
    room.slider.value = 0.2
    counts = collecting.score(pairs, 0.2)
    assert f"found: {counts['found']}" in room.said.value and f"alarms: {counts['false']}" in room.said.value
    assert room.picture.value != before and Image.open(io.BytesIO(room.picture.value)).width > 600
    assert room.picture.value == collected.pair_sheet(collecting.found(pairs, 0.2)).data


def test_a_limit_without_pairs_says_so_and_shows_no_picture(pairs):
    far = [pair for pair in pairs if pair.distance > 0.3]
    room = collected.Finder(far, limit=0.1)
    assert "No pair is closer" in room.said.value and room.picture.layout.display == "none"


def test_a_gallery_names_titles_and_licences_in_the_readers_language():
    items = [item for item in local.samples() if item.path.stem in ("earth", "flower")]
    assert "public domain" in collected.gallery(items).alt and "Close-up of a flower" in collected.gallery(items).alt
    use_language("zh-CN")
    assert "地球、太空, 公有领域" in collected.gallery(items).alt


def test_every_flag_that_cleaning_raises_has_words_in_both_languages():
    known = {*cleaning.REFUSED, "rights", "text", "faces", "bars", "soft"}
    assert known == set(collected.FINDINGS)
    for name in known:
        flag = cleaning.Flag(name, 0.5, 0.25, "")
        english = collected.finding(flag)
        use_language("zh-CN")
        assert all(not text.isascii() for text in collected.finding(flag)) and all(text.isascii() for text in english)
        use_language("en")


def test_a_box_is_drawn_on_a_copy_of_the_picture():
    picture = np.zeros((60, 80, 3), np.uint8)
    framed = collected.boxed(picture, [(20, 10, 30, 30)])
    assert not picture.any() and framed[10, 20].any() and not framed[25, 35].any()
