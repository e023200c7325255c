"""Commons, the Internet Archive, Pexels, Pixabay and lists of addresses, each against a real server on this machine."""

import pytest
from web_server import archive, fetch_from, pexels, pixabay, practice_server, without_proxies

from aigc_lab import LabError
from aigc_lab.collect.sources import archive as archive_source
from aigc_lab.collect.sources import commons, stock
from aigc_lab.collect.sources.addresses import fetch_list
from aigc_lab.collect.sources.finds import fitting, licence, plain
from aigc_lab.media import probe


@pytest.fixture
def server(monkeypatch):
    without_proxies(monkeypatch)
    with practice_server() as running:
        yield running


@pytest.fixture
def fetcher(server, chinese_folder):
    return fetch_from(server, chinese_folder, retries=1)


def test_commons_gives_works_with_licence_author_and_page(server, fetcher):
    said = []
    items = list(commons.search("sea", fetcher, 10, "video", server.base, said.append))
    assert [item.title for item in items] == ["Waves at dusk", "Sea of 1920", "Bridge over the sea", "Third sea"]
    first = items[0]
    assert (first.author, first.licence, first.kind) == ("Mei & Lin", "CC-BY-SA-4.0", "video")
    assert first.address == f"{server.base}/wiki/File:sea.mp4" and first.text == "The sea in the evening"
    assert first.tags == ("Waves", "Sea") and first.rights.may_train and probe(first.path).kind == "video"
    assert (
        items[1].author == "Unknown author"
        and items[1].group != items[2].group
        and items[1].licence == "LicenseRef-Public-Domain"
    )
    assert "personality" in items[2].note
    assert len(said) == 2 and "All rights reserved" in said[0] and "web page" in said[1]
    assert not any("closed" in asked.path for asked in server.asked)


def test_commons_is_paged_only_as_far_as_needed(server, fetcher):
    assert len(list(commons.search("sea", fetcher, 2, "video", server.base))) == 2
    asked = [asked.query for asked in server.asked if asked.path == "/w/api.php"]
    assert len(asked) == 1 and asked[0]["viprop"] == "url|size|mime|extmetadata|derivatives"
    list(commons.search("sea", fetcher, 9, "video", server.base))
    offsets = [asked.query.get("gsroffset") for asked in server.asked if asked.path == "/w/api.php"]
    assert offsets == [None, "3"]  # the first page came from the folder


def test_commons_gives_pictures_and_nothing_for_what_it_has_not(server, fetcher):
    (item,) = commons.search("sea", fetcher, 5, "picture", server.base)
    assert (item.kind, item.licence, item.path.suffix) == ("picture", "CC-BY-4.0", ".png")
    assert list(commons.search("volcano", fetcher, 5, "picture", server.base)) == []


def test_a_video_of_commons_is_taken_in_the_smallest_size_that_is_large_enough(server, fetcher):
    found = server.commons({"prop": "videoinfo", "gsrsearch": "dusk filetype:video"})
    info = found["query"]["pages"][0]["videoinfo"][0] | {"url": "/large", "width": 3840, "height": 2160, "size": 9**10}
    info["derivatives"] = [
        {"src": "/240", "width": 426, "height": 240, "type": 'video/webm; codecs="vp9, opus"'},
        {"src": "//" + server.host + "/files/sea.mp4", "width": 1280, "height": 720, "type": "video/webm"},
        {"src": "/1080", "width": 1920, "height": 1080, "type": "video/webm"},
        {"src": "/sound", "width": 1280, "height": 720, "type": "audio/ogg"},
    ]
    found["query"]["pages"][0]["videoinfo"] = [info]
    server.pages["/w/api.php"] = lambda query: found
    (item,) = commons.search("dusk", fetcher, 1, "video", server.base)
    assert item.path.read_bytes() == server.works["sea.mp4"].data


@pytest.mark.parametrize("answer", [{"error": {"info": "search is off"}}, {"query": {"pages": [{}, 1]}}, [1], None])
def test_an_answer_that_commons_never_gives_is_one_sentence(server, fetcher, answer):
    server.pages["/w/api.php"] = lambda query: answer
    with pytest.raises(LabError, match=r"search is off|shape that the lab does not know"):
        list(commons.search("sea", fetcher, 1, "video", server.base))


def test_three_files_whose_host_is_away_end_the_search(server, fetcher):
    for name in ("sea.mp4", "old sea.mp4", "bridge.mp4"):
        server.mood(name, *["fail"] * 5)
    with pytest.raises(LabError, match="answers 500"):
        list(commons.search("sea", fetcher, 9, "video", server.base))


def item_of_the_archive(name, licence, *files, **more):
    rows = [dict(zip(("name", "format", "height", "size", "source"), file, strict=True)) for file in files]
    return {"identifier": name, "title": f"Film {name}", "licenseurl": licence, "files": rows, **more}


ZERO = "http://creativecommons.org/publicdomain/zero/1.0/"
MARK = "http://creativecommons.org/publicdomain/mark/1.0/"


def test_the_archive_gives_one_file_of_each_item_that_fits(server, fetcher):
    mp4, ogv = ("film.mp4", "h.264", "720", "5000", "derivative"), ("film.ogv", "Ogg Video", "300", "50", "derivative")
    large = ("film.avi", "Cinepack", "1080", "9000000000", "original")
    small = ("film_512kb.mp4", "512Kb MPEG4", "240", "900", "derivative")
    rows = [
        item_of_the_archive("one", MARK, ogv, large, small, mp4, creator=["Ann", "Bo"], subject="sea; waves"),
        item_of_the_archive("two", "https://creativecommons.org/licenses/by-nc-nd/4.0/", mp4, creator="Cy"),
        item_of_the_archive("three", "http://example.org/own-terms", mp4),
        item_of_the_archive("four", ZERO, large),
        item_of_the_archive("five", ZERO, ("a b.mp4", "h.264", "", "", "original"), subject=["a", "b"]),
    ]
    archive(server, rows)
    said = []
    items = list(archive_source.search('sea "storm" OR (x)', fetcher, 9, "video", server.base, said.append))
    assert [(item.title, item.licence) for item in items] == [
        ("Film one", "LicenseRef-Public-Domain"), ("Film two", "CC-BY-NC-ND-4.0"), ("Film five", "CC0-1.0"),
    ]  # fmt: skip
    assert (items[0].author, items[0].tags, items[2].tags) == ("Ann; Bo", ("sea", "waves"), ("a", "b"))
    assert items[0].address == f"{server.base}/details/one" and not items[1].rights.may_train
    assert len(said) == 1 and "own-terms" in said[0]
    paths = [asked.path for asked in server.asked if asked.path.startswith("/download")]
    assert paths == ["/download/one/film.mp4", "/download/two/film.mp4", "/download/five/a b.mp4"]
    query = server.asked[0].query["q"]
    assert query == "(sea AND storm AND OR AND x) AND mediatype:(movies) AND licenseurl:[* TO *]"


def test_the_archive_gives_pictures_but_no_thumbnails(server, fetcher):
    thumb = ("p_thumb.jpg", "JPEG Thumb", "100", "10", "derivative")
    archive(server, [item_of_the_archive("p", ZERO, thumb, ("p.jpg", "JPEG", "", "4000", "original"))])
    (item,) = archive_source.search("sea", fetcher, 9, "picture", server.base)
    assert item.kind == "picture" and not any("thumb" in asked.path for asked in server.asked)


def test_pexels_gives_works_for_cutting_in_only(server, fetcher, monkeypatch):
    monkeypatch.setenv("AIGC_LAB_PEXELS_KEY", "k3y")
    files = [
        {"file_type": "video/mp4", "width": 3840, "height": 2160, "link": server.url("gone sea.mp4")},
        {"file_type": "video/mp4", "width": 720, "height": 1280, "link": server.url("sea.mp4")},
        {"file_type": "application/x-mpegURL", "width": None, "height": None, "link": server.url("x.m3u8")},
    ]
    works = [
        {"id": n, "url": f"https://www.pexels.com/video/waves-at-dusk-{n}/", "user": {"id": 5, "name": "Mei"},
         "video_files": files} for n in (11, 12, 13)
    ]  # fmt: skip
    pexels(server, works)
    items = list(stock.pexels("海浪", fetcher, 2, "video", server.base))
    assert [(item.title, item.author, item.licence) for item in items] == [
        ("waves at dusk", "Mei", "LicenseRef-Pexels")
    ] * 2
    assert items[0].rights.may_publish and items[0].rights.may_edit and not items[0].rights.may_train
    assert items[0].group == items[1].group and items[0].path == items[1].path
    searches = [asked for asked in server.asked if asked.path == "/videos/search"]
    assert [asked.query["page"] for asked in searches] == ["1", "2"]
    assert searches[0].query["locale"] == "zh-CN" and searches[0].headers["authorization"] == "k3y"
    assert all("authorization" not in asked.headers for asked in server.asked if asked.path.startswith("/files"))


def test_pexels_gives_pictures(server, fetcher, monkeypatch):
    monkeypatch.setenv("AIGC_LAB_PEXELS_KEY", "k3y")
    photo = {"id": 1, "url": "https://www.pexels.com/photo/1/", "photographer": "Mei", "photographer_id": 5,
             "alt": "The sea", "src": {"original": server.url("x.png"), "large2x": server.url("sea.png")}}  # fmt: skip
    pexels(server, [photo])
    (item,) = stock.pexels("sea", fetcher, 5, "picture", server.base)
    assert (item.title, item.author, item.kind) == ("The sea", "Mei", "picture")


def test_pixabay_gives_works_for_cutting_in_only(server, fetcher, monkeypatch):
    monkeypatch.setenv("AIGC_LAB_PIXABAY_KEY", "s3cret")
    sizes = {
        "large": {"url": "", "width": 0, "height": 0, "size": 0},
        "medium": {"url": server.url("sea.mp4"), "width": 1280, "height": 720, "size": 5000},
        "tiny": {"url": server.url("bridge.mp4"), "width": 640, "height": 360, "size": 900},
    }
    row = {
        "id": 1,
        "pageURL": "https://pixabay.com/videos/sea-waves-1/",
        "tags": "sea, waves",
        "user": "Mei",
        "user_id": 5,
    }
    pixabay(server, [{**row, "videos": sizes}])
    (item,) = stock.pixabay("sea", fetcher, 5, "video", server.base)
    assert (item.title, item.tags, item.licence) == ("sea waves", ("sea", "waves"), "LicenseRef-Pixabay")
    assert not item.rights.may_train and item.path.read_bytes() == server.works["sea.mp4"].data
    assert server.asked[0].query["key"] == "s3cret" and [a.path for a in server.asked].count("/api/videos/") == 1
    pixabay(server, [{**row, "largeImageURL": server.url("sea.png"), "webformatURL": "x"}], total=400)
    (item,) = stock.pixabay("海", fetcher, 1, "picture", server.base)
    assert item.kind == "picture" and server.asked[-2].query["lang"] == "zh"


@pytest.mark.parametrize("source", [stock.pexels, stock.pixabay])
def test_without_a_key_one_is_told_where_to_get_it(fetcher, source):
    with pytest.raises(LabError, match=r"wants a key: get a free one at https://\S+ and put it into AIGC_LAB_P"):
        list(source("sea", fetcher))


def test_a_refused_key_is_one_sentence_that_does_not_show_it(server, fetcher, monkeypatch):
    monkeypatch.setenv("AIGC_LAB_PIXABAY_KEY", "s3cret")
    server.moods["/api/videos/"] = ["answer 401"]
    with pytest.raises(LabError, match="key is not accepted") as told:
        list(stock.pixabay("sea", fetcher, 1, "video", server.base))
    assert "s3cret" not in str(told.value)


def test_a_list_names_its_columns_in_either_language(server, fetcher, tmp_path):
    table = tmp_path / "清单.csv"
    rows = f'作者,标题,许可,网址,标签\n李梅,"海, 黄昏",CC BY 4.0,{server.url("sea.mp4")},海；波浪\n'
    table.write_text(rows + f"Kim,,,{server.url('sea.png')},\n", encoding="gbk")
    sea, picture = fetch_list(table, fetcher)
    assert (sea.author, sea.title, sea.licence, sea.kind) == ("李梅", "海, 黄昏", "CC-BY-4.0", "video")
    assert sea.tags == ("海", "波浪") and sea.address == server.url("sea.mp4")
    assert picture.kind == "picture" and picture.licence == "" and not picture.rights.may_publish


def test_a_plain_list_is_read_and_its_dead_addresses_are_told(server, fetcher, tmp_path):
    text = tmp_path / "list.txt"
    lines = ["# what we may use", "/files/sea.mp4, cc0, Mei, Waves", *[f"/files/no{n}.mp4" for n in range(4)], ""]
    lines += ["ftp://example.org/a.mp4", "http://10.0.0.1/a.mp4", "/files/sea.png"]
    text.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    said = []
    items = list(fetch_list(text, fetcher, base=server.base, say=said.append))
    assert [(item.kind, item.licence, item.title) for item in items] == [
        ("video", "CC0-1.0", "Waves"),
        ("picture", "", ""),
    ]
    assert len(said) == 6 and "404" in said[0] and "only http" in said[4] and "private" in said[5]
    assert len(list(fetch_list(text, fetcher, kind="picture", base=server.base))) == 1
    assert len(list(fetch_list(text, fetcher, count=1, base=server.base))) == 1


def test_a_list_without_an_address_is_one_sentence(fetcher, tmp_path):
    empty = tmp_path / "list.csv"
    empty.write_text("address,licence\n", encoding="utf-8", newline="\n")
    with pytest.raises(LabError, match="names no address"):
        list(fetch_list(empty, fetcher))


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (("CC BY-SA 4.0",), "CC-BY-SA-4.0"),
        ((ZERO,), "CC0-1.0"),
        ((MARK,), "LicenseRef-Public-Domain"),
        (("Attribution", "https://creativecommons.org/licenses/by/3.0/"), "CC-BY-3.0"),
        (("GFDL", ""), "GFDL"),
        ((None,), ""),
    ],
)
def test_licences_are_known_by_name_or_link(told, known):
    assert licence(*told) == known


def test_html_is_read_as_a_person_sees_it():
    assert (
        plain('<p>A<br>b<style>x{}</style> &lt;c&gt;</p><span style="DISPLAY: none">no<b>!</b></span> d') == "A b <c> d"
    )
    assert plain("Mei & Lin < Co") == "Mei & Lin < Co"


def test_the_smallest_file_that_is_large_enough_fits():
    sizes = [(3840, 2160, "4k"), (1280, 720, "hd"), (640, 360, "small")]
    assert fitting(sizes) == "hd" and fitting(sizes[2:]) == "small" and fitting([]) is None
