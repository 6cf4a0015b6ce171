"""Downloads over HTTP: bounded in size and time, resumed, redirects followed with care.

Used by ``pull`` and ``images``. Sends no token and no password.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import NamedTuple, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import SSLError
from urllib3.exceptions import HTTPError

from ll2_mirror.clock import Clock
from ll2_mirror.errors import DataError, Faulted, NotThere, UpstreamError
from ll2_mirror.extract.network import (
    CheckAddress,
    ServerSession,
    outcome,
    reason_of,
    with_retries,
)
from ll2_mirror.files import CHUNK, open_own, sha256, writing
from ll2_mirror.ll2.json import quote
from ll2_mirror.progress import Emit
from ll2_mirror.share.manifest import PublishedFile

MAX_REDIRECTS = 5
SLOWEST = 8 * 1024  # bytes a second: slower than this for all of the timeout is a failure
_RETRYABLE = {408, 425, 429, *range(500, 600)}  # statuses that are worth a retry
_MAX_ETAG = 200  # characters: longer ETags are not kept

T = TypeVar("T")


class Download(NamedTuple):
    """A response: its body in chunks, as it arrives, and the ETag, which may be empty."""

    chunks: Generator[bytes]
    etag: str = ""


class Downloader:
    """Fetches files from web servers, one after the other."""

    def __init__(
        self,
        timeout: float,
        check_url: Callable[[str], None] = lambda _: None,
        check_address: CheckAddress | None = None,
    ) -> None:
        """The checks may reject a URL, also of a redirect, and an address before it is used."""
        self._timeout = timeout
        self._check_url = check_url
        self._check_address = check_address
        self._sessions: dict[str, ServerSession] = {}

    def get(self, url: str, most: int, *, offset: int = 0, etag: str = "") -> Download | None:
        """The bytes of a file from an offset on; None if it still has this ETag.

        At most ``most`` plus one, so that the caller sees if there are more; not slower than
        SLOWEST. Raises Faulted if a retry may help, else UpstreamError, also while they arrive.
        """
        headers = {"Accept-Encoding": "identity"}
        headers |= {"Range": f"bytes={offset}-"} if offset else {}
        headers |= {"If-None-Match": etag} if etag else {}
        response = self._response(url, headers)
        status, tag = response.status_code, response.headers.get("ETag", "")
        part = response.headers.get("Content-Range", "")
        chunks = self._chunks(response, url)
        if status == 206 and offset and part.startswith(f"bytes {offset}-"):
            return Download(cut(chunks, 0, most))
        if status == 200:
            return Download(cut(chunks, offset, most), tag if len(tag) <= _MAX_ETAG else "")
        _close(response)
        if status == 304 and etag:
            return None
        if status in (404, 410):
            raise NotThere(f"{url}: status {status}: nothing is published there")
        if status == 206 and offset:
            raise UpstreamError(f"{url}: another part came than was requested")
        raise (Faulted if status in _RETRYABLE else UpstreamError)(f"{url}: status {status}")

    def _response(self, url: str, headers: dict[str, str]) -> requests.Response:
        """The response to a request, after redirects."""
        for _ in range(MAX_REDIRECTS):
            self._check_url(url)
            response = self._in_time(partial(self._ask, url, headers), self._timeout, url)
            if not response.is_redirect:
                return response
            _close(response)
            url = redirect_target(url, response.headers["Location"])
        raise UpstreamError(f"{url}: more than {MAX_REDIRECTS} redirects")

    def _ask(self, url: str, headers: dict[str, str]) -> requests.Response:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if origin not in self._sessions:
            self._sessions[origin] = ServerSession(origin, self._check_address)
        until, ask = monotonic() + self._timeout, self._sessions[origin].get
        response = ask(
            url, headers=headers, timeout=self._timeout, allow_redirects=False, stream=True
        )
        if monotonic() > until:  # nobody waits for it any more
            _close(response)
        return response

    def _chunks(self, response: requests.Response, url: str) -> Generator[bytes]:
        """The body of a response.

        ``left`` is the time that the server may still take. Waiting uses it up; received bytes
        add the time that they may take at the slowest rate.
        """
        left = self._timeout
        read = partial(response.raw.read1, CHUNK, decode_content=False)
        try:
            began = monotonic()
            while chunk := self._in_time(read, left, url):
                left = min(self._timeout, left - (monotonic() - began) + len(chunk) / SLOWEST)
                yield chunk
                began = monotonic()
        finally:
            _close(response)

    def _in_time(self, work: Callable[[], T], seconds: float, url: str) -> T:
        """What work with a connection gives; raises Faulted where it fails, or takes longer."""
        result = outcome(work, seconds)
        if isinstance(result, TimeoutError):
            slow = f"less than {SLOWEST // 1024} KiB a second came for {self._timeout:g} s"
            raise Faulted(f"{url}: {slow}")
        if isinstance(result, (requests.RequestException, HTTPError, OSError)):
            again = not isinstance(result, SSLError)
            raise Faulted(f"{url} can't be reached: {reason_of(result)}", again=again)
        if isinstance(result, BaseException):
            raise result
        return result


def _close(response: requests.Response) -> None:
    """Closes a response, also while another thread reads it: else that would be waited for."""
    with suppress(OSError, ValueError, RuntimeError):  # complete
        response.raw.shutdown()
    response.close()


def redirect_target(url: str, location: str) -> str:
    """The target of a redirect; raises UpstreamError if not HTTP(S), or from HTTPS to HTTP."""
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
    """Downloads the rest of a file; ``get`` returns its bytes from an offset on.

    Raises DataError if the file differs from its manifest, and what ``get`` raises.
    """
    for _ in range(2):  # the partial file may be of another one: then start over once
        with_retries(partial(_resume, get, file, path, where, emit), clock, emit)
        if is_whole(path, file):
            return
        path.unlink()
    raise DataError(f"{where} isn't what its manifest says: its size or its SHA-256 differs")


def _resume(
    get: Callable[[int], Iterator[bytes]], file: PublishedFile, path: Path, where: str, emit: Emit
) -> None:
    """Downloads the rest of a file; raises Faulted if the bytes end too early."""
    size = path.stat().st_size if path.exists() else 0
    with writing(path), open_own(path, "ab") as out:
        for chunk in get(size) if size < file.bytes else ():
            size += out.write(chunk)
            emit("fetched", bytes=size, of=file.bytes)
    if size < file.bytes:
        raise Faulted(f"{where} broke off after {size} of {file.bytes} bytes")


def is_whole(path: Path, file: PublishedFile) -> bool:
    """Whether a file exists with the size and digest that it should have."""
    return path.exists() and path.stat().st_size == file.bytes and sha256(path) == file.sha256


def cut(chunks: Generator[bytes], skip: int, most: int) -> Generator[bytes]:
    """The bytes after the first ``skip``, at most ``most`` plus one."""
    left = most + 1
    with closing(chunks):
        for chunk in chunks:
            rest = chunk[skip : skip + left]
            skip = max(0, skip - len(chunk))
            left -= len(rest)
            if rest:
                yield rest
            if not left:
                return
