"""The downloader of every source on the web: polite to the hosts, safe for this machine, and never the same work twice.

In `folder` lie the finished files; what is unfinished, and what is known of each address, lies in `folder/.fetched`:
MARK.part (the bytes so far), MARK.part.json (of which version they are), MARK.json (the finished file) and
MARK.answer.json (a service's answer). MARK is a hash of the address: nothing from outside comes into a file's name.
"""

import contextlib
import json
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar

import filelock
import httpx

from aigc_lab import LabError, __version__
from aigc_lab.collect.sources.arrival import Again, Arrival, mark, read_record
from aigc_lab.collect.sources.reach import Away, Passed, Reach, parsed, shown
from aigc_lab.media import write_json
from aigc_lab.settings import settings

T = TypeVar("T")
REDIRECTS = 5
MOVED = (301, 302, 303, 307, 308)
PASSING = (408, 425, 429, 500, 502, 503, 504)  # troubles that may be over when asked again
MEANING = {401: "the key is not accepted", 403: "not allowed", 404: "nothing is there", 410: "taken down"}
LONGEST_ANSWER = 16_000_000  # bytes of JSON


@dataclass
class Fetcher:
    """Fetches answers and files; use one for all sources of a run, from one thread (processes may share the folder).

    A host is asked `per_second` times a second at most, and when it says so (429, 503 with Retry-After) later. Passing
    troubles are tried again `retries` times, each time from where the last ended. See Reach for `private` and `allow`.
    """

    folder: Path
    _: KW_ONLY
    agent: str = ""  # who asks; by default the project, its version and AIGC_LAB_CONTACT
    per_second: float = 1.0  # requests to one host
    most_bytes: int = 500_000_000  # of one file
    timeout: float = 30.0  # s without a byte; also the stretch over which `slowest` is measured
    retries: int = 4
    longest: float = 1800.0  # s for one file, retries and waiting included
    slowest: float = 2000.0  # bytes a second; below it the connection is given up and tried again
    patience: float = 120.0  # s that a host may make us wait
    fresh: float = 86_400.0  # s in which the same answer or file is not asked for again
    private: bool = False
    allow: tuple[str, ...] = ()
    clock: Any = time  # anything with monotonic(), time() and sleep()
    resolve: Callable | None = None  # like socket.getaddrinfo
    due: dict[str, float] = field(default_factory=dict, init=False, repr=False)  # host -> when it may be asked next

    def __post_init__(self) -> None:
        self.folder = Path(self.folder)
        self.index = self.folder / ".fetched"
        self.agent = self.agent or _agent(settings().contact)
        self.reach = Reach(self.timeout, self.private, tuple(self.allow), self.resolve)
        with _told(self.folder):
            self.index.mkdir(parents=True, exist_ok=True)

    def json(self, url: str, params: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Any:
        """A service's answer as JSON; one that is younger than `fresh` seconds is taken from the folder.

        `headers` (a key) go to this host only, never to where it redirects. Raises LabError when there is no answer.
        """
        address = parsed(url)
        address = address.copy_merge_params(params) if params else address
        stored = self.index / f"{mark(address)}.answer.json"
        held = read_record(stored)
        if "value" in held and self._is_fresh(held):
            return held["value"]
        until = self.clock.monotonic() + self.longest
        value = self._tried(address, until, lambda: self._parse(address, headers or {}, until))
        write_json(stored, {"asked": self.clock.time(), "value": value})
        return value

    def download(self, url: str, kinds: tuple[str, ...] = ("video", "picture"), name: str = "") -> Path:
        """The file at an address, whole and of one of the kinds: "video", "picture".

        It is called NAME-MARK and the suffix of what it really is. A file that is there already is not fetched again;
        after `fresh` seconds the host is asked whether it changed, and if the host is away the file is still good.
        Raises Passed (a LabError) when this file is not to be had, LabError when this machine is the trouble.
        """
        address = parsed(url)
        arrival = Arrival(self, address, kinds, re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40])
        with _told(self.folder), self._alone(arrival):
            held, known = arrival.finished()
            if held and (self._is_fresh(known) or not (known.get("etag") or known.get("modified"))):
                return held
            try:
                return self._tried(address, arrival.until, arrival.once)
            except Passed:
                if held:
                    return held
                raise

    @contextlib.contextmanager
    def _alone(self, arrival: Arrival) -> Iterator[None]:
        """One process at a time fetches one address; the next finds the file."""
        lock = filelock.FileLock(arrival.path("lock"))
        try:
            lock.acquire(timeout=self.longest)
        except filelock.Timeout as error:
            raise LabError(f"{shown(arrival.url)} is being fetched by another program: wait for its end.") from error
        try:
            yield
        finally:
            lock.release()

    def _is_fresh(self, record: dict[str, Any]) -> bool:
        return abs(self.clock.time() - record.get("asked", 0)) < self.fresh

    def _tried(self, url: httpx.URL, until: float, once: Callable[[], T]) -> T:
        """Do `once` until it comes through or is told to be hopeless, waiting longer each time."""
        for turn in range(self.retries + 1):
            try:
                return once()
            except (Again, httpx.RequestError) as trouble:
                reason = "no byte came in time" if isinstance(trouble, httpx.TimeoutException) else str(trouble)
                told = getattr(trouble, "wait", None)
            slowly = min(
                2**turn * random.uniform(1, 1.5), self.patience
            )  # at random: a class must not come back as one
            wait = slowly if told is None else told
            if wait > self.patience:
                raise Away(f"{shown(url)} asks to wait {wait:.0f} s ({reason}): try again later.")
            if turn == self.retries or self.clock.monotonic() + wait > until:
                break
            self.clock.sleep(wait)
        raise Away(f"{shown(url)} cannot be fetched ({reason}; tries: {turn + 1}): try again later.")

    @contextlib.contextmanager
    def answer(
        self,
        url: httpx.URL,
        headers: dict[str, str],
        secret: dict[str, str] | None = None,
        fine: tuple[int, ...] = (200,),
    ) -> Iterator[httpx.Response]:
        """The answer after redirects, each checked like the first address; the headers `secret` stay with its host.

        Raises Again for a passing trouble, Passed for a lasting one.
        """
        origin = (url.scheme, url.netloc)
        for _ in range(REDIRECTS + 1):
            self._turn(url.host)
            own = secret if secret and (url.scheme, url.netloc) == origin else {}
            with self.reach.get(url, {"User-Agent": self.agent, **headers, **own}) as response:
                target = response.headers.get("location")
                if response.status_code not in MOVED or not target:
                    self._check(response, url, fine)
                    yield response
                    return
            try:
                url = parsed(str(url.join(target)))
            except (httpx.InvalidURL, UnicodeError, ValueError) as error:
                raise Passed(f"{shown(url)} redirects to what is no address: leave it out.") from error
        raise Passed(f"{shown(url)} is the end of more than {REDIRECTS} redirects: leave it out.")

    def _turn(self, host: str) -> None:
        """Wait until the host may be asked again."""
        now = self.clock.monotonic()
        if (wait := self.due.get(host, now) - now) > 0:
            self.clock.sleep(wait)
        self.due[host] = max(now, self.due.get(host, now)) + 1 / self.per_second

    def _check(self, response: httpx.Response, url: httpx.URL, fine: tuple[int, ...]) -> None:
        code = response.status_code
        if code in PASSING:
            raise Again(f"it answers {code}", self._wait(response.headers.get("retry-after", "")))
        if code not in fine:
            raise Passed(f"{shown(url)} answers {code}, {MEANING.get(code, 'which is no file')}: check the address.")

    def _wait(self, told: str) -> float | None:
        """Retry-After in seconds: it is a number or a date (RFC 9110, 10.2.3); None when it is neither."""
        if re.fullmatch(r"\d{1,9}", told.strip()):
            return float(told)
        try:
            return max(0.0, parsedate_to_datetime(told).timestamp() - self.clock.time())
        except (ValueError, TypeError, OverflowError):
            return None

    def _parse(self, url: httpx.URL, headers: dict[str, str], until: float) -> Any:
        raw = bytearray()
        with self.answer(url, {"Accept": "application/json"}, headers) as response:
            for chunk in response.iter_bytes():
                raw += chunk
                if len(raw) > LONGEST_ANSWER or self.clock.monotonic() > until:
                    raise Passed(f"{shown(url)} sends an answer without end: check the address.")
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise Passed(f"{shown(url)} answers with no JSON: check that it is the service's own address.") from error


def _agent(contact: str) -> str:
    contact = re.sub(r"[^ -~]+", "", contact)[:200] or "no contact given"
    return f"AIGC-Short-Video-Lab/{__version__} ({contact}) httpx/{httpx.__version__}"


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    """A trouble of this machine's disk as one sentence."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise LabError(f"Cannot write to {folder} ({reason}): free some space or choose another folder.") from error
