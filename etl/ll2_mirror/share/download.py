"""Downloads over HTTP for ``pull`` and ``images``, limited in size and time.

Sends no token and no password; redirects from HTTPS to HTTP aren't followed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing, suppress
from functools import cache, partial
from time import monotonic
from typing import NamedTuple, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.exceptions import SSLError
from urllib3.exceptions import HTTPError

from ll2_mirror.errors import Faulted, NotThere, UpstreamError
from ll2_mirror.extract.network import (
    CheckAddress,
    ServerSession,
    outcome,
    reason_of,
    timeouts,
)
from ll2_mirror.files import CHUNK
from ll2_mirror.ll2.json import quote

MAX_REDIRECTS = 5
SLOWEST = 8 * 1024  # bytes a second: being slower for the whole timeout is a failure
_RETRYABLE = {408, 425, 429, *range(500, 600)}  # statuses after which a retry may help

T = TypeVar("T")


class Download(NamedTuple):
    """A response: its body in chunks, as it arrives, and its ETag, which may be empty.

    ``is_part``: the server sent only the requested range.
    """

    chunks: Generator[bytes]
    etag: str = ""
    is_part: bool = False


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
        self._session = cache(partial(ServerSession, check_address=check_address))

    def get(
        self, url: str, most: int, *, offset: int | None = None, etag: str = ""
    ) -> Download | None:
        """The bytes of a file, from an offset on if there is one; None if it still has this ETag.

        At most ``most`` plus one, so that the caller sees if there are more. Raises Faulted if a
        retry may help, else UpstreamError, also while the bytes arrive.
        """
        headers = {"Accept-Encoding": "identity"}  # a compressed download can't be resumed
        if offset is not None:
            headers["Range"] = f"bytes={offset}-{offset + most}"
        headers |= {"If-None-Match": etag} if etag else {}
        response = self._response(url, headers)
        if response.status_code == 206 and "Content-Encoding" in response.headers:
            _close(response)  # a range of compressed bytes
            del headers["Range"]
            response = self._response(url, headers)
        status, part = response.status_code, response.headers.get("Content-Range", "")
        chunks = self._chunks(response, url)
        if status == 206 and part.startswith(f"bytes {offset}-"):
            return Download(cut(chunks, 0, most), is_part=True)
        if status == 200:
            return Download(cut(chunks, offset or 0, most), response.headers.get("ETag", ""))
        _close(response)
        if status == 304 and etag:
            return None
        if status in (403, 404, 410):  # S3 says 403 to those who may not list a bucket
            raise NotThere(f"{url}: status {status}: nothing is published there")
        raise (Faulted if status in _RETRYABLE else UpstreamError)(f"{url}: status {status}")

    def _response(self, url: str, headers: dict[str, str]) -> requests.Response:
        """The response to a request, after redirects."""
        for _ in range(MAX_REDIRECTS):
            self._check_url(url)
            session = self._session("{0.scheme}://{0.netloc}".format(urlsplit(url)))
            ask = partial(session.get, headers=headers, allow_redirects=False, stream=True)
            work = partial(ask, url, timeout=timeouts(self._timeout))
            response = self._in_time(work, self._timeout, url)
            if not response.is_redirect:
                return response
            _close(response)
            url = redirect_target(url, response.headers["Location"])
        raise UpstreamError(f"{url}: more than {MAX_REDIRECTS} redirects")

    def _chunks(self, response: requests.Response, url: str) -> Generator[bytes]:
        """The body of a response, decompressed if the server sends it compressed nevertheless.

        ``left`` is the time that the server may still take. Waiting uses it up; each received byte
        adds the time that it may take at the slowest rate.
        """
        left = self._timeout
        read = partial(response.raw.read1, CHUNK, decode_content=True)
        try:
            began = monotonic()
            while chunk := self._in_time(read, left, url):
                left = min(self._timeout, left - (monotonic() - began) + len(chunk) / SLOWEST)
                yield chunk
                began = monotonic()
        finally:
            _close(response)

    def _in_time(self, work: Callable[[], T], seconds: float, url: str) -> T:
        """The result of work on a connection; raises Faulted if it fails or takes longer."""
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
    """Closes a response without waiting for another thread that reads it."""
    with suppress(OSError, ValueError, RuntimeError):  # complete
        response.raw.shutdown()
    response.close()


def redirect_target(url: str, location: str) -> str:
    """The target of a redirect; raises UpstreamError if not HTTP(S), or from HTTPS to HTTP."""
    target = urljoin(url, location)
    if not target.startswith(("https://", "http://" if url.startswith("http://") else "https://")):
        raise UpstreamError(f"{url} leads to {quote(location)}: that isn't followed")
    return target


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
