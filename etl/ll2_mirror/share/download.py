"""Downloads over HTTP: bounded in size and time, resumed, redirects followed with care.

The one downloader, of ``pull`` and of ``images``. It sends no token and no password.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import SSLError
from urllib3.exceptions import HTTPError

from ll2_mirror.clock import Clock
from ll2_mirror.errors import DataError, Faulted, NotThere, UpstreamError
from ll2_mirror.extract.network import (
    USER_AGENT,
    CheckAddress,
    ServerSession,
    reason_of,
    taken,
    with_retries,
)
from ll2_mirror.files import CHUNK, open_own, sha256, writing
from ll2_mirror.ll2.json import quote
from ll2_mirror.progress import Emit
from ll2_mirror.share.manifest import PublishedFile

MAX_REDIRECTS = 5
SLOWEST = 8 * 1024  # bytes a second: a server that sends less for all of the timeout is given up
_RETRYABLE = {408, 425, 429, *range(500, 600)}  # statuses worth another try
_MAX_ETAG = 200  # letters of an ETag that is remembered


class Download(NamedTuple):
    """What a server sends: its body in chunks, as it comes; the ETag, which may be empty."""

    chunks: Iterator[bytes]
    etag: str = ""


class Downloader:
    """Asks web servers for files, one after the other."""

    def __init__(self, timeout: float, check_address: CheckAddress | None = None) -> None:
        """``check_address`` may refuse an address before anything is sent to it."""
        self._timeout = timeout
        self._check_address = check_address
        self._sessions: dict[str, requests.Session] = {}

    def check_url(self, url: str) -> None:
        """Raises UpstreamError for a URL, also of a redirect, that isn't to be asked for."""

    def get(self, url: str, most: int, *, offset: int = 0, etag: str = "") -> Download | None:
        """The bytes of a file from an offset on; None where it still has this ETag.

        At most ``most`` of them and one, so that more can be seen, no slower than SLOWEST. Raises
        Faulted where another try may help, UpstreamError where none does, also as they come.
        """
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        headers |= {"If-None-Match": etag} if etag else {}
        pieces = _in_time(self._exchange(url, headers), self._timeout, url)
        response: requests.Response = next(pieces)
        status = response.status_code
        if status == 304 and etag:
            return None
        if status == 206 and offset:
            if not response.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
                raise UpstreamError(f"{url}: another part came than was asked for")
            offset = 0
        elif status in (404, 410):
            raise NotThere(f"{url}: status {status}: nothing is published there")
        elif status != 200:  # also 206 that wasn't asked for
            raise (Faulted if status in _RETRYABLE else UpstreamError)(f"{url}: status {status}")
        tag = response.headers.get("ETag", "")
        return Download(cut(pieces, offset, most), tag if len(tag) <= _MAX_ETAG else "")

    def _exchange(self, url: str, headers: dict[str, str]) -> Iterator[Any]:
        """The response to a request, wherever redirects lead; then its body in chunks."""
        try:
            for _ in range(MAX_REDIRECTS):
                self.check_url(url)
                with self._session(url).get(
                    url, headers=headers, timeout=self._timeout, allow_redirects=False, stream=True
                ) as response:
                    if not response.is_redirect:
                        yield response
                        while chunk := response.raw.read1(CHUNK, decode_content=False):
                            yield chunk
                        return
                url = redirect_target(url, response.headers["Location"])
            raise UpstreamError(f"{url}: more than {MAX_REDIRECTS} redirects")
        except SSLError as error:
            raise Faulted(f"{url} can't be reached: {reason_of(error)}", again=False) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Faulted(f"{url} can't be reached: {reason_of(error)}") from None

    def _session(self, url: str) -> requests.Session:
        """What asks the server of a URL."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if origin not in self._sessions:
            session = ServerSession(origin, self._check_address)
            session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
            self._sessions[origin] = session
        return self._sessions[origin]


def redirect_target(url: str, location: str) -> str:
    """Where a redirect leads; raises UpstreamError for one away from the web, or to plain HTTP."""
    target = urljoin(url, location)
    if not target.startswith(("https://", "http://" if url.startswith("http://") else "https://")):
        raise UpstreamError(f"{url} leads to {quote(location)}: that isn't followed")
    return target


def download_file(
    get: Callable[[int], Iterator[bytes]],
    file: PublishedFile,
    path: Path,
    where: str,
    clock: Clock,
    emit: Emit,
) -> None:
    """Downloads what a file lacks, by ``get``, which gives its bytes from an offset on.

    Raises DataError where it isn't what its manifest says, and what ``get`` raises.
    """
    for _ in range(2):  # what an earlier run left may be of another making: then once more, anew
        with_retries(partial(_resume, get, file, path, where, emit), clock, emit)
        if is_whole(path, file):
            return
        path.unlink()
    raise DataError(f"{where} isn't what its manifest says: its size or its SHA-256 differs")


def _resume(
    get: Callable[[int], Iterator[bytes]], file: PublishedFile, path: Path, where: str, emit: Emit
) -> None:
    """Downloads what a file lacks; raises Faulted where the bytes end too early."""
    size = path.stat().st_size if path.exists() else 0
    with writing(path), open_own(path, "ab") as out:
        for chunk in get(size) if size < file.bytes else ():
            size += out.write(chunk)
            emit("fetched", bytes=size, of=file.bytes)
    if size < file.bytes:
        raise Faulted(f"{where} broke off after {size} of {file.bytes} bytes")


def is_whole(path: Path, file: PublishedFile) -> bool:
    """Whether a file is there and is what it should be."""
    return path.exists() and path.stat().st_size == file.bytes and sha256(path) == file.sha256


def cut(chunks: Iterator[bytes], skip: int, most: int) -> Iterator[bytes]:
    """The bytes behind the first ``skip``, and no more than ``most`` of them and one."""
    left = most + 1
    for chunk in chunks:
        rest = chunk[skip : skip + left]
        skip = max(0, skip - len(chunk))
        left -= len(rest)
        if rest:
            yield rest
        if not left:
            return


def _in_time(pieces: Iterator[Any], timeout: float, url: str) -> Iterator[Any]:
    """A response and the chunks of its body, as another thread gets them, unless it takes too long.

    A socket's own timeout starts anew with each byte that drips in. So ``left`` is the time that
    the server may still take: waiting uses it up, and what comes earns some of it back, as much as
    it may take at the slowest. The thread is left behind when the time is up.
    """
    results: queue.Queue[Any] = queue.Queue(maxsize=4)
    given_up = Event()
    Thread(target=_hand_over, args=(pieces, results, given_up), daemon=True).start()
    left = timeout
    try:
        while True:
            began = monotonic()
            piece = taken(results, left)
            if piece is None:
                return
            if isinstance(piece, BaseException):
                raise piece
            earned = len(piece) / SLOWEST if isinstance(piece, bytes) else timeout
            left = min(timeout, left - (monotonic() - began) + earned)
            yield piece
    except queue.Empty:
        slow = f"less than {SLOWEST // 1024} KiB a second came for {timeout:g} s"
        raise Faulted(f"{url}: {slow}") from None
    finally:
        given_up.set()
        with suppress(queue.Empty):  # the thread may wait for room
            while True:
                results.get_nowait()


def _hand_over(pieces: Iterator[Any], results: queue.Queue[Any], given_up: Event) -> None:
    """What the other thread does: it hands over each piece, and at the end None or the error."""
    end: BaseException | None = None
    try:
        for piece in pieces:
            if given_up.is_set():
                return
            results.put(piece)
    except BaseException as error:  # raised in the thread that waits
        end = error
    results.put(end)
