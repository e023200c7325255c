"""Which hosts the downloader may speak to, and how it calls them.

Addresses come out of lists and answers that somebody else wrote, so none of them may reach into the network that this
machine stands in (a router's page, a cloud's credentials). A name is looked up once, every address it has is checked,
and exactly the checked address is called, so that a name which changes its mind between check and call ("DNS
rebinding") gains nothing. The Host header, the TLS server name and with it the certificate stay those of the name.
"""

import ipaddress
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from aigc_lab import LabError

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: IPv4 in IPv6, on networks without IPv4


class Passed(LabError):
    """One address that is not to be had, or not what it was said to be; the next one may well be."""


class Away(Passed):
    """A host that gave no good answer however often it was asked; its next address will hardly do better."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet: not private, loopback, link-local, multicast or reserved.

    IPv4 inside IPv6 (mapped, 6to4, Teredo, NAT64) counts as the IPv4 address.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def parsed(url: str) -> httpx.URL:
    """An address of the web, taken apart. Raises Passed when it is none: only http and https, no name and password."""
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError) as error:
        raise Passed(f"'{str(url)[:80]}' is no address of the web: write https://host/file.") from error
    if found.scheme not in ("http", "https") or not found.raw_host:
        raise Passed(f"'{str(url)[:80]}' is no address of the web: only http:// and https:// are fetched.")
    if found.userinfo:
        raise Passed(f"The address of {found.host} holds a name or password: leave it out.")
    return found


def shown(url: httpx.URL) -> str:
    """An address as it may be printed: without the query, which may hold a key."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"


class Reach:
    """Calls one address after another. `private` lifts the check for all hosts, `allow` for single ones ("host:port").

    Each call has a connection and a client of its own: at a polite one request a second that costs nothing, no cookie
    is kept, and a connection whose certificate was checked for one name never serves another name on that address.

    A proxy that the environment names (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, the settings of Windows and macOS)
    is used, because in many schools there is no other way out. The proxy then looks up the name and connects, and what
    it may reach is up to whoever runs it; names that are private as seen from here are refused all the same.
    """

    def __init__(self, timeout: float, private: bool, allow: tuple[str, ...], resolve: Callable | None = None) -> None:
        self.timeout, self.private, self.allow = timeout, private, allow
        self.resolve = resolve or socket.getaddrinfo
        self.trust: object = None

    @contextmanager
    def get(self, url: httpx.URL, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """The answer to a GET, with its body still to be read; redirects are not followed.

        Raises Passed for a host that may not be reached, httpx.TransportError when the call fails.
        """
        proxy = self._proxy(url)
        addresses = self._addresses(url, needed=proxy is None)
        if self.trust is None:  # made once: reading the certificates takes longer than a call
            self.trust = httpx.create_ssl_context()
        options = {"verify": self.trust, "trust_env": False, "timeout": self.timeout, "follow_redirects": False}
        try:
            client = httpx.Client(proxy=proxy, **options)
        except (ValueError, ImportError) as error:
            raise LabError(f"The proxy in the environment cannot be used ({error}): name an http:// proxy.") from error
        with client:
            response = self._send(client, url, headers, [None] if proxy else addresses)
            try:
                yield response
            finally:
                response.close()

    def _send(
        self, client: httpx.Client, url: httpx.URL, headers: dict[str, str], addresses: list[str | None]
    ) -> httpx.Response:
        """Call the checked addresses in turn until one answers (a host's IPv6 address is often a dead end)."""
        for address in addresses:
            name = url.raw_host.decode("ascii")
            request = client.build_request(
                "GET",
                url if address is None else url.copy_with(host=address),
                headers={**headers, "Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": name},
            )
            try:
                return client.send(request, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if address == addresses[-1]:
                    raise
        raise httpx.ConnectError("it has no address")

    def _addresses(self, url: httpx.URL, needed: bool) -> list[str]:
        """Every address of the host, checked. Raises Passed when one of them is not public."""
        name, port = url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
        try:
            answers = self.resolve(name, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            if not needed:
                return []
            raise httpx.ConnectError(f"the name {name} is not known") from error
        found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        if self.private or self._allowed(url):
            return found
        for address in found:
            if not is_public(address):
                raise Passed(
                    f"{url.host} is the private address {address}: only public hosts are asked, unless you allow it."
                )
        return found

    def _allowed(self, url: httpx.URL) -> bool:
        name = url.netloc.decode("ascii")
        return name in self.allow or f"{name}:{443 if url.scheme == 'https' else 80}" in self.allow

    def _proxy(self, url: httpx.URL) -> str | None:
        """The environment's proxy for a host, if any; never for hosts that were allowed by name."""
        found = urllib.request.getproxies()
        place = found.get(url.scheme) or found.get("all")
        if not place or self._allowed(url) or urllib.request.proxy_bypass(url.host):
            return None
        return place if "://" in place else f"http://{place}"
