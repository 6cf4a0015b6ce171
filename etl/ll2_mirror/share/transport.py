"""How published files are read: from a web server, or from a folder."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple, Protocol
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import SSLError
from urllib3.exceptions import HTTPError

from ll2_mirror.errors import Faulted, NotThere, UpstreamError, UsageError
from ll2_mirror.extract.client import USER_AGENT, reason_of
from ll2_mirror.extract.connection import Route
from ll2_mirror.ll2.jsontext import quote
from ll2_mirror.share.disk import CHUNK
from ll2_mirror.share.manifest import MANIFEST, MOST

TIMEOUT = 30.0  # seconds that a server may be silent
_REDIRECTS = 5
_MENDS = {408, 425, 429, *range(500, 600)}  # what another try may mend
_LONGEST = 200  # letters of an ETag that is remembered
_HEED = 0.1  # seconds: a signal that comes just before a wait begins doesn't end it
_HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}


class Told(NamedTuple):
    """A manifest's text, and what to send along to ask whether it is still the same."""

    text: bytes
    etag: str | None = None


class Transport(Protocol):
    """Reads what is published. ``name`` is for people; ``far``: less to read is worth unpacking.

    All raise Faulted where another try may help, UpstreamError where none does.
    """

    name: str
    far: bool

    def manifest(self, etag: str | None) -> Told | None:
        """The manifest; None where it is still the one with this ETag."""

    def read(self, name: str, offset: int) -> Iterator[bytes]:
        """The bytes of a published file from an offset on."""


class Folder:
    """A folder on this machine, or mounted here."""

    far = False

    def __init__(self, path: Path) -> None:
        self.name = str(path.absolute())
        self._path = path

    def manifest(self, _etag: str | None) -> Told:
        """The manifest's text."""
        with self._opened(MANIFEST) as file:
            return Told(file.read(MOST + 1))

    def read(self, name: str, offset: int) -> Iterator[bytes]:
        """The bytes of a file from an offset on."""
        with self._opened(name) as file:
            file.seek(offset)
            while chunk := file.read(CHUNK):
                yield chunk

    @contextmanager
    def _opened(self, name: str) -> Iterator[Any]:
        path = self._path / name
        try:
            with path.open("rb") as file:
                yield file
        except FileNotFoundError:
            raise NotThere(f"{path} isn't there: publish a mirror to this folder first") from None
        except OSError as error:
            raise Faulted(f"{path} can't be read: {error.strerror}") from None


class Site:
    """A folder that a web server serves. Sends no token and no password."""

    far = True

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self.name = _checked(url)
        self._timeout = timeout
        self._sessions: dict[str, requests.Session] = {}

    def manifest(self, etag: str | None) -> Told | None:
        """The manifest's text and ETag."""
        response, chunks = self._ask(MANIFEST, {"If-None-Match": etag} if etag else {})
        if response.status_code == 304:
            return None
        tag = response.headers.get("ETag", "")
        return Told(_bounded(chunks), tag if 0 < len(tag) <= _LONGEST else None)

    def read(self, name: str, offset: int) -> Iterator[bytes]:
        """The bytes of a file from an offset on, also of a server that can't begin there."""
        response, chunks = self._ask(name, {"Range": f"bytes={offset}-"} if offset else {})
        if response.status_code != 206:
            return _behind(chunks, offset)
        begins = response.headers.get("Content-Range", "")
        if not begins.startswith(f"bytes {offset}-"):
            raise UpstreamError(f"{self.name}/{name}: another part came than was asked for")
        return chunks

    def _ask(self, name: str, headers: dict[str, str]) -> tuple[requests.Response, Iterator[bytes]]:
        """A good response, and its body in chunks."""
        url = f"{self.name}/{name}"
        pieces = hurried(self._pieces(url, headers), self._timeout, url)
        response = next(pieces)
        _refuse(url, response.status_code)
        return response, pieces

    def _pieces(self, url: str, headers: dict[str, str]) -> Iterator[Any]:
        """The response to a request, then its body in chunks, as it is sent."""
        try:
            with self._response(url, headers) as response:
                yield response
                yield from response.raw.stream(CHUNK, decode_content=False)
        except SSLError as error:
            raise UpstreamError(f"{url} can't be reached: {reason_of(error)}") from None
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Faulted(f"{url} can't be reached: {reason_of(error)}") from None

    def _response(self, url: str, headers: dict[str, str]) -> requests.Response:
        """The response to a request, wherever on the web it is led to."""
        for _ in range(_REDIRECTS):
            response = self._session(url).get(
                url, headers=headers, timeout=self._timeout, allow_redirects=False, stream=True
            )
            if not response.is_redirect:
                return response
            response.close()
            url = _led(url, response.headers["Location"])
        raise UpstreamError(f"{url}: more than {_REDIRECTS} redirects")

    def _session(self, url: str) -> requests.Session:
        """What asks the server of a URL."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if origin not in self._sessions:
            self._sessions[origin] = Route(origin).session(threading.Event())
            self._sessions[origin].headers.update(_HEADERS)
        return self._sessions[origin]


def _checked(url: str) -> str:
    """The URL of a folder, without a slash at its end; raises UsageError for any other."""
    try:
        parts = urlsplit(url.removesuffix(f"/{MANIFEST}"))
        whole = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole or "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable():
        # What stands before an @ or behind a ? may be a secret, so the URL isn't repeated.
        raise UsageError(
            "a URL to pull from has http or https, a host and a path, and nothing else: one like"
            " https://example.org/mirror"
        )
    return parts.geturl().rstrip("/")


def _led(url: str, location: str) -> str:
    """Where a redirect leads; raises UpstreamError where nobody should follow."""
    target = urljoin(url, location)
    if not target.startswith(("https://", "http://" if url.startswith("http://") else "https://")):
        raise UpstreamError(f"{url} leads to {quote(location)}: that isn't followed")
    return target


def _refuse(url: str, status: int) -> None:
    """Raises what a status says that isn't good."""
    if status in (404, 410):
        raise NotThere(f"{url}: status {status}: nothing is published there")
    if status in _MENDS:
        raise Faulted(f"{url}: status {status}")
    if status not in (200, 206, 304):
        raise UpstreamError(f"{url}: status {status}")


def _bounded(chunks: Iterator[bytes]) -> bytes:
    """A manifest's text; of one that is far too long, enough to be no manifest."""
    text = b""
    for chunk in chunks:
        text += chunk
        if len(text) > MOST:
            break
    return text


def _behind(chunks: Iterator[bytes], offset: int) -> Iterator[bytes]:
    """The bytes behind an offset."""
    for chunk in chunks:
        if rest := chunk[offset:]:
            yield rest
        offset = max(0, offset - len(chunk))


def hurried(pieces: Iterator[Any], seconds: float, name: str) -> Iterator[Any]:
    """What ``pieces`` gives, each within so many seconds; raises Faulted where one takes longer.

    requests' own timeout starts anew with each byte that drips in. So another thread asks, and is
    left behind when its time is up.
    """
    found: queue.Queue[Any] = queue.Queue(maxsize=4)
    given_up = threading.Event()
    threading.Thread(target=_work, args=(pieces, found, given_up), daemon=True).start()
    try:
        while (piece := _next(found, seconds, name)) is not None:
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        given_up.set()
        with suppress(queue.Empty):  # the thread may wait for room
            while True:
                found.get_nowait()


def _next(found: queue.Queue[Any], seconds: float, name: str) -> Any:
    until = monotonic() + seconds
    while (left := until - monotonic()) > 0:
        with suppress(queue.Empty):
            return found.get(timeout=min(left, _HEED))
    raise Faulted(f"{name}: nothing came for {seconds:g} s")


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
