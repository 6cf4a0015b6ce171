"""What any server of the web is asked for: redirects followed with care, no silence for long."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import SSLError
from urllib3.exceptions import HTTPError

from ll2_mirror.errors import Faulted, UpstreamError
from ll2_mirror.extract.client import USER_AGENT, reason_of, taken
from ll2_mirror.extract.connection import Met, Route
from ll2_mirror.ll2.json import quote
from ll2_mirror.share.disk import CHUNK

MENDS = {408, 425, 429, *range(500, 600)}  # what another try may mend
_REDIRECTS = 5
_HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}


class Web:
    """Asks for URLs, one after the other. Sends no token and no password."""

    def __init__(self, timeout: float, met: Met | None = None) -> None:
        """``timeout``: seconds of silence; ``met`` may refuse an address: see ``Route.session``."""
        self._timeout = timeout
        self._met = met
        self._sessions: dict[str, requests.Session] = {}

    def ask(
        self, url: str, headers: dict[str, str] | None = None
    ) -> tuple[requests.Response, Iterator[bytes]]:
        """The response, whatever its status, and its body in chunks, as it is sent.

        Raises Faulted where another try may help, UpstreamError where none does.
        """
        pieces = hurried(self._pieces(url, headers or {}), self._timeout, url)
        return next(pieces), pieces

    def check(self, url: str) -> None:
        """Raises UpstreamError for a URL, also of a redirect, that isn't to be asked for."""

    def _pieces(self, url: str, headers: dict[str, str]) -> Iterator[Any]:
        """The response to a request, then its body in chunks, as it is sent."""
        try:
            with self._response(url, headers) as response:
                yield response
                yield from response.raw.stream(CHUNK, decode_content=False)
        except SSLError as error:
            raise Faulted(f"{url} can't be reached: {reason_of(error)}", again=False) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Faulted(f"{url} can't be reached: {reason_of(error)}") from None

    def _response(self, url: str, headers: dict[str, str]) -> requests.Response:
        """The response to a request, wherever on the web it is led to."""
        for _ in range(_REDIRECTS):
            self.check(url)
            response = self._session(url).get(
                url, headers=headers, timeout=self._timeout, allow_redirects=False, stream=True
            )
            if not response.is_redirect:
                return response
            response.close()
            url = led(url, response.headers["Location"])
        raise UpstreamError(f"{url}: more than {_REDIRECTS} redirects")

    def _session(self, url: str) -> requests.Session:
        """What asks the server of a URL."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if origin not in self._sessions:
            self._sessions[origin] = Route(origin).session(threading.Event(), self._met)
            self._sessions[origin].headers.update(_HEADERS)
        return self._sessions[origin]


def led(url: str, location: str) -> str:
    """Where a redirect leads; raises UpstreamError where nobody should follow."""
    target = urljoin(url, location)
    if not target.startswith(("https://", "http://" if url.startswith("http://") else "https://")):
        raise UpstreamError(f"{url} leads to {quote(location)}: that isn't followed")
    return target


def hurried(pieces: Iterator[Any], seconds: float, name: str) -> Iterator[Any]:
    """What ``pieces`` gives, each within so many seconds; raises Faulted where one takes longer.

    requests' own timeout starts anew with each byte that drips in. So another thread asks, and is
    left behind when its time is up.
    """
    found: queue.Queue[Any] = queue.Queue(maxsize=4)
    given_up = threading.Event()
    threading.Thread(target=_work, args=(pieces, found, given_up), daemon=True).start()
    try:
        while (piece := taken(found, seconds)) is not None:
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    except queue.Empty:
        raise Faulted(f"{name}: nothing came for {seconds:g} s") from None
    finally:
        given_up.set()
        with suppress(queue.Empty):  # the thread may wait for room
            while True:
                found.get_nowait()


def _work(pieces: Iterator[Any], found: queue.Queue[Any], given_up: threading.Event) -> None:
    """What the other thread does: it hands on each piece, and what ends them."""
    last: BaseException | None = None
    try:
        for piece in pieces:
            if given_up.is_set():
                return
            found.put(piece)
    except BaseException as error:  # raised in the thread that waits
        last = error
    found.put(last)
