"""How published files are read: from a web server, or from a folder."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from ll2_mirror.errors import Faulted, NotThere, UpstreamError, UsageError
from ll2_mirror.extract.client import USER_AGENT
from ll2_mirror.ll2.jsontext import quote
from ll2_mirror.share.disk import CHUNK
from ll2_mirror.share.manifest import MANIFEST, MOST

TIMEOUT = 30.0  # seconds that a server may be silent
_REDIRECTS = 5
_MEND = {408, 425, 429, *range(500, 600)}  # what another try may mend
_LONGEST = 200  # letters of an ETag that is remembered


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
        with self._reading(MANIFEST) as file:
            return Told(file.read(MOST + 1))

    def read(self, name: str, offset: int) -> Iterator[bytes]:
        """The bytes of a file from an offset on."""
        with self._reading(name) as file:
            file.seek(offset)
            while chunk := file.read(CHUNK):
                yield chunk

    @contextmanager
    def _reading(self, name: str) -> Iterator[Any]:
        path = self._path / name
        try:
            with path.open("rb") as file:
                yield file
        except FileNotFoundError:
            raise NotThere(f"{path} isn't there: publish a mirror to this folder first") from None
        except OSError as error:
            raise Faulted(f"{path} can't be read: {error.strerror}") from None


class Site:
    """A folder that a web server serves."""

    far = True

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self.name = _checked(url)
        self._timeout = timeout
        self._session = _Session()

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
            with self._session.get(
                url, headers=headers, timeout=self._timeout, stream=True
            ) as response:
                yield response
                yield from response.raw.stream(CHUNK, decode_content=False)
        except requests.exceptions.SSLError as error:
            raise UpstreamError(f"{url} can't be trusted: {_reason(error)}") from None
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Faulted(f"{url} can't be reached: {_reason(error)}") from None


class _Session(requests.Session):
    """Asks without a token or a password, and follows no redirect away from the web."""

    def __init__(self) -> None:
        super().__init__()
        self.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
        self.max_redirects = _REDIRECTS
        self.auth = lambda request: request  # those of ~/.netrc are for another purpose

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Where a response leads; raises UpstreamError where nobody should follow."""
        target = super().get_redirect_target(resp)
        if target is not None:
            before, after = (urlsplit(url).scheme for url in (resp.url, urljoin(resp.url, target)))
            if after not in ("http", "https") or (before, after) == ("https", "http"):
                raise UpstreamError(f"{resp.url} leads to {quote(target)}: that isn't followed")
        return target


def _checked(url: str) -> str:
    """The URL of a folder, without a slash at its end; raises UsageError for any other."""
    try:
        parts = urlsplit(url.removesuffix(f"/{MANIFEST}"))
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fine = False
    if not fine or "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable():
        # What stands before an @ or behind a ? may be a secret, so the URL isn't repeated.
        raise UsageError(
            "a URL to pull from has http or https, a host and a path, and nothing else: one like"
            " https://example.org/mirror"
        )
    return parts.geturl().rstrip("/")


def _refuse(url: str, status: int) -> None:
    """Raises what a status says that isn't good."""
    if status in (404, 410):
        raise NotThere(f"{url}: status {status}: nothing is published there")
    if status in _MEND:
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

    def work() -> None:
        last: Any = None
        try:
            for piece in pieces:
                found.put(piece)
                if given_up.is_set():
                    return
        except BaseException as error:  # raised in the thread that waits
            last = error
        found.put(last)

    threading.Thread(target=work, daemon=True).start()
    try:
        while (piece := found.get(timeout=seconds)) is not None:
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    except queue.Empty:
        raise Faulted(f"{name}: nothing came for {seconds:g} s") from None
    finally:
        given_up.set()
        with suppress(queue.Empty):  # so that the thread can end
            while True:
                found.get_nowait()


def _reason(error: BaseException) -> str:
    """The innermost cause, in its own words: requests' text repeats the URL and object ids."""
    cause: BaseException | None = error
    while cause is not None:
        error = cause
        reason = getattr(error, "reason", None)
        inner = reason if isinstance(reason, BaseException) else None
        cause = error.__cause__ or error.__context__ or inner
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(words.split())
