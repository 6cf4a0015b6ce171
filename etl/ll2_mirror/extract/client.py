"""One request to LL2: bounded in time and in size, its failures told apart.

Knows one origin. A redirect is not followed, so the token goes nowhere else.
"""

from __future__ import annotations

import queue
import re
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from ssl import SSLCertVerificationError
from time import monotonic
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from requests.exceptions import SSLError

from ll2_mirror import __version__
from ll2_mirror.errors import Faulted, MirrorError, NotAPage, UpstreamError, UsageError
from ll2_mirror.extract.connection import Route
from ll2_mirror.extract.refusal import refusal, tidy
from ll2_mirror.extract.response import Response, read
from ll2_mirror.ll2.page import TooLargeError

USER_AGENT = f"ll2-mirror/{__version__} (+https://pypi.org/project/ll2-mirror/)"
_HEED = 0.1  # seconds: a signal that comes just before a wait begins doesn't end it

T = TypeVar("T")


class Client:
    """Asks one server, once a call. ``sent``: the server can have got the last request."""

    def __init__(self, base_url: str, token: str | None, timeout: float) -> None:
        self.base_url = checked_base(base_url)
        self.token = checked_token(token)
        self.sent = False
        self._timeout = timeout
        self._route = Route(self.base_url)
        self._courier: _Courier | None = None

    def get(self, path: str) -> Response:
        """What this server answers, whatever its status.

        Raises Faulted where no whole answer came, UpstreamError where none will, NotAPage for a
        body in an encoding that wasn't asked for, UsageError where a proxy wants a password.
        """
        self.sent = True
        courier = self._courier = self._courier or _Courier(self._route, self.token, self._timeout)
        found = courier.fetch(self.base_url + path)
        self.sent = not courier.connecting.is_set()
        if isinstance(found, Response):
            return self._passed(found)
        self._courier = None
        if isinstance(found, Exception):  # http.client, too, has its own for what is no HTTP
            raise self._fault(path, found) from None
        raise found

    def close(self) -> None:
        """Ends the connection, if one stands; the next request makes another."""
        if self._courier:
            self._courier.end()
            self._courier = None

    def refusal(self, path: str, response: Response, now: datetime) -> MirrorError | None:
        """The error that a response is; None for a 200, unless it repeats the token: it is kept."""
        error = refusal(response, now, self.token)
        if not error and self.token and _repeats(response.body, self.token):
            error = NotAPage("the body repeats the token")
        if error:
            error.args = (f"{self.base_url}{path}: {error}",)
        return error

    def _passed(self, response: Response) -> Response:
        """A response that is the server's own; raises UsageError where a proxy let nothing pass."""
        if response.status == 407 and self._route.proxy:
            self.sent = False
            raise self._route.proxy.barred()
        return response

    def _fault(self, path: str, error: Exception) -> MirrorError:
        """What went wrong on the way, and whether another try may mend it."""
        url, proxy = f"{self.base_url}{path}", self._route.proxy
        reason = tidy(reason_of(error), self.token)
        if isinstance(error, NotAPage):
            return NotAPage(f"{url}: {reason}")
        if proxy and "Tunnel connection failed: 407" in reason:
            return proxy.barred()
        if isinstance(error, TooLargeError):
            return Faulted(f"{url}: {reason}", heavy=True, again=False)
        words = f"{url} can't be reached{f' through the proxy {proxy.name}' if proxy else ''}"
        if isinstance(error, SSLError):
            return UpstreamError(f"{words}: {reason}")
        return Faulted(f"{words}: {reason}", heavy=self.sent)


def taken(found: queue.Queue[T] | queue.SimpleQueue[T], seconds: float) -> T:
    """What a thread puts into a queue; raises queue.Empty where nothing comes within this time."""
    until = monotonic() + seconds
    while (left := until - monotonic()) > 0:
        with suppress(queue.Empty):
            return found.get(timeout=min(left, _HEED))
    raise queue.Empty


class _Courier:
    """A thread that asks for one URL after the other, as long as each comes in time.

    requests' own timeout starts anew with each byte that drips in. So another thread asks, and is
    left behind when its time is up. ``connecting`` is set while the connection doesn't stand.
    """

    def __init__(self, route: Route, token: str | None, timeout: float) -> None:
        self.connecting = threading.Event()
        self._timeout = timeout
        self._given_up = threading.Event()
        self._urls: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._found: queue.SimpleQueue[Response | BaseException] = queue.SimpleQueue()
        session = _session(route, token, self.connecting)
        work = (session, timeout, self._urls, self._found, self._given_up)
        threading.Thread(target=_work, args=work, daemon=True).start()
        self.end = weakref.finalize(self, self._urls.put, None)  # which ends the thread

    def fetch(self, url: str) -> Response | BaseException:
        """The response, or what went wrong; after that the courier is of no more use."""
        self._urls.put(url)
        try:
            return taken(self._found, self._timeout)
        except queue.Empty:
            self._given_up.set()
            return TimeoutError(f"no whole answer within {self._timeout:g} s")


def _work(
    session: requests.Session,
    timeout: float,
    urls: queue.SimpleQueue[str | None],
    found: queue.SimpleQueue[Response | BaseException],
    given_up: threading.Event,
) -> None:
    """What a courier's thread does, until it is given None."""
    with session:
        while (url := urls.get()) is not None:
            try:
                response = session.get(url, timeout=timeout, allow_redirects=False, stream=True)
                with response:
                    found.put(read(response, given_up.is_set))
            except BaseException as error:  # raised in the thread that waits
                found.put(error)


def _session(route: Route, token: str | None, connecting: threading.Event) -> requests.Session:
    """What asks for a URL over a connection of its own."""
    session = route.session(connecting)
    session.headers["User-Agent"] = USER_AGENT
    session.headers["Accept"] = "application/json"
    session.headers["Accept-Encoding"] = "gzip"
    if token:
        session.headers["Authorization"] = f"Token {token}"
    return session


def checked_base(url: str) -> str:
    """The base URL without a slash at its end; raises UsageError for what is none."""
    if "@" in url or "?" in url or "#" in url or not url.isprintable() or " " in url:
        # What stands before an @ may be a secret, so the URL isn't repeated.
        raise UsageError("a base URL has a scheme, a host and perhaps a path, and nothing else")
    try:
        parts = urlsplit(url)
        fine = parts.port is None or parts.port > 0
        url.encode("ascii")
        (parts.hostname or "").encode("idna")
    except ValueError:
        fine = False
    if not fine or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            f"{ascii(url)[1:-1]} is no base URL: expected one like https://ll.thespacedevs.com"
        )
    if url.rstrip("/").endswith("/2.3.0"):
        raise UsageError(f"{url}: leave out /2.3.0: a base URL is what stands before it")
    return url.rstrip("/")


def is_own(base_url: str) -> bool:
    """Whether a server is one of LL2's own, over a connection that nobody reads along."""
    parts = urlsplit(base_url)
    return parts.scheme == "https" and f".{parts.hostname}".endswith(".thespacedevs.com")


def checked_token(token: str | None) -> str | None:
    """The token; raises UsageError, which doesn't show it, where no header can carry it."""
    token = (token or "").strip()
    if not token.isascii() or not token.isprintable():
        raise UsageError("the token has characters that no header can carry")
    return token or None


def _repeats(body: bytes, token: str) -> bool:
    """Whether a body holds the token, also where JSON's escapes hide it; makes no copy of it."""
    letters = (rf"(?:{re.escape(letter)}|\\u00(?i:{ord(letter):02x}))" for letter in token)
    return re.search(r"(?:\\u005[cC]|\\)*".join(letters).encode(), body) is not None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and those behind it, the innermost last."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def reason_of(error: BaseException) -> str:
    """The innermost cause, in its own words: requests' text repeats the URL and object ids."""
    *_, cause = _causes(error)
    if isinstance(cause, SSLCertVerificationError):
        return f"{cause.verify_message}: see SSL_CERT_FILE"
    return getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
