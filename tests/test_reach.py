"""Which hosts the downloader calls: public ones only, at the checked address, through a proxy if there is one."""

from functools import partial

import pytest
from web_server import codes, fetch_from, finished, picture, video, without_proxies

from aigc_lab import LabError
from aigc_lab.collect.sources.practice_server import PracticeServer, Work
from aigc_lab.collect.sources.reach import is_public


@pytest.fixture
def server(monkeypatch):
    without_proxies(monkeypatch)
    with PracticeServer([Work("sea.png", picture(), "sea"), Work("sea.mp4", video(), "sea")]) as running:
        yield running


@pytest.fixture
def fetcher(server, tmp_path):
    return partial(fetch_from, server, tmp_path)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"])
def test_private_hosts_are_not_called_however_they_are_written(server, fetcher, host):
    port = server.host.partition(":")[2]
    fetch = fetcher(allow=(), retries=0)
    with pytest.raises(LabError, match=r"private address|is not known|no address"):
        fetch.download(f"http://{host}:{port}/files/sea.png")
    assert server.asked == [] and finished(fetch) == []


@pytest.mark.parametrize(
    ("address", "public"),
    [("8.8.8.8", True), ("2606:4700::1111", True), ("64:ff9b::808:808", True), ("10.1.2.3", False),
     ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
     ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False), ("198.18.0.1", False), ("::", False),
     ("fe80::1%eth0", False), ("fc00::1", False), ("ff02::1", False), ("64:ff9b::a00:1", False),
     ("2002:7f00:1::", False), ("::ffff:10.0.0.1", False), ("fec0::1", False)],
)  # fmt: skip
def test_only_the_open_internet_counts_as_public(address, public):
    assert is_public(address) is public


def test_a_redirect_is_checked_like_the_first_address(server, fetcher):
    with PracticeServer([Work("secret.png", picture(), "")]) as inner:
        with pytest.raises(LabError, match="private address"):
            fetcher().download(server.mood("sea.png", f"redirect {inner.url('secret.png')}"))
        assert inner.asked == []
        allowed = fetcher(allow=(server.host, inner.host))
        assert allowed.download(server.mood("sea.png", f"redirect {inner.url('secret.png')}")).is_file()
    for target in ("file:///etc/hostname", "gopher://example.org/1"):
        with pytest.raises(LabError, match="no address of the web"):
            fetcher(retries=0).download(server.mood("sea.mp4", f"redirect {target}"))


def test_redirects_without_end_are_left(server, fetcher):
    with pytest.raises(LabError, match="more than 5 redirects"):
        fetcher().download(server.mood("sea.png", *["redirect /files/sea.png"] * 9))
    assert codes(server) == [302] * 6


@pytest.mark.parametrize(
    "address",
    ["file:///etc/hostname", "ftp://example.org/a.mp4", "sea.mp4", "", "http://", "https://me:pw@example.org/a"],
)
def test_only_plain_addresses_of_the_web_are_taken(fetcher, address):
    with pytest.raises(LabError, match=r"no address of the web|holds a name or password"):
        fetcher().download(address)


def test_the_checked_address_is_called_and_the_name_is_kept(server, fetcher):
    port, calls = int(server.host.partition(":")[2]), []

    def resolve(name, port, **_):
        calls.append(name)
        return [(2, 1, 6, "", ("127.0.0.1", port))] if len(calls) == 1 else [(2, 1, 6, "", ("127.0.0.9", port))]

    fetch = fetcher(allow=(f"media.example:{port}",), resolve=resolve)
    assert fetch.download(f"http://media.example:{port}/files/sea.png").is_file()
    assert calls == ["media.example"] and server.asked[0].headers["host"] == f"media.example:{port}"


def test_a_name_with_one_private_address_among_public_ones_is_refused(server, fetcher):
    port = int(server.host.partition(":")[2])
    both = [(2, 1, 6, "", ("8.8.8.8", port)), (2, 1, 6, "", ("127.0.0.1", port))]
    with pytest.raises(LabError, match=r"media.example is the private address 127\.0\.0\.1"):
        fetcher(resolve=lambda *_, **__: both).download(f"http://media.example:{port}/files/sea.png")
    assert server.asked == []


def test_a_proxy_of_the_environment_is_used_but_not_for_hosts_allowed_by_name(server, fetcher, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", server.base)
    monkeypatch.setenv("http_proxy", server.base)
    assert fetcher(resolve=lambda *_, **__: []).download("http://media.example/files/sea.png").is_file()
    with pytest.raises(LabError, match="private address"):
        fetcher(allow=()).download("http://10.0.0.1/sea.png")
    fetcher().download(server.url("sea.png"))
    assert [asked.path for asked in server.asked] == ["http://media.example/files/sea.png", "/files/sea.png"]
