"""One request to LL2, limited in time, size and memory.

It goes to one server only: redirects are not followed, so the token isn't sent elsewhere. In: a
path. Out: a ``Response``; ``error_of`` returns the error for a status other than 200.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.exceptions import SSLError
from urllib3.exceptions import HTTPError

from ll2_mirror.clock import for_people
from ll2_mirror.errors import (
    Faulted,
    MirrorError,
    NotAPage,
    NotThere,
    Stopped,
    Throttled,
    UpstreamError,
    UsageError,
)
from ll2_mirror.extract.network import ServerSession, outcome, reason_of, timeouts
from ll2_mirror.extract.rate_limit import LONGEST
from ll2_mirror.ll2.page import API_PATH, MAX_BODY, TooLargeError, bounded, counted, inflated

PATIENCE = 120.0  # seconds: if the server asks to wait longer, the sync stops
MAX_ERROR_BODY = 64 * 2**10  # bytes of a response that isn't a page
_CHUNK = 64 * 2**10
_PACKED = ("gzip", "x-gzip", "deflate")
_GZIP = b"\x1f\x8b"  # the first bytes of any gzip, and of no JSON
_SHOWN = 200  # characters of a server's text that an error shows
_RETRIED = {408, 425, *range(500, 600)}  # statuses that are worth a retry
_ELSEWHERE = "it redirects elsewhere: check --base-url"
_WHY = {
    401: "the server requires a token: see --token",
    403: "LL2, or a firewall in between, refuses",
    404: "LL2 isn't at this URL: check --base-url",
    **dict.fromkeys(range(300, 400), _ELSEWHERE),
}
_WHY_WITH_TOKEN = _WHY | dict.fromkeys((401, 403), "the token isn't accepted: see --token")
_EXPECTED = re.compile(r"available in (\d{1,9}) second")


class Response(NamedTuple):
    """A response of the server."""

    status: int
    headers: Mapping[str, str]  # case-insensitive
    body: bytes  # decompressed; empty if the status isn't 200 and the body can't be read


class Client:
    """Sends one request per call to one server.

    ``sent``: the server may have received the last request.
    """

    def __init__(self, base_url: str, token: str | None, timeout: float) -> None:
        self.base_url = checked_base(base_url)
        self.token = checked_token(token)
        self.sent = False
        self._timeout = timeout
        self._session = self._new_session()  # raises for invalid settings

    def _new_session(self) -> ServerSession:
        session = ServerSession(self.base_url)
        session.headers["Accept"] = "application/json"
        session.headers["Accept-Encoding"] = "gzip"
        if self.token:
            session.headers["Authorization"] = f"Token {self.token}"
        return session

    def get(self, path: str) -> Response:
        """Fetches a path and returns the response, whatever its status.

        Raises Faulted if no complete response came, NotAPage for a body in an encoding that wasn't
        requested, UpstreamError if a retry can't help, UsageError if a proxy wants a password.
        """
        self.sent = True
        session = self._session
        until = monotonic() + self._timeout + 1  # when an abandoned thread ends
        result = outcome(lambda: self._read(session, path, until), self._timeout)
        self.sent = not session.connecting.is_set()
        if isinstance(result, BaseException):
            self._session = self._new_session()  # the connection may be in any state
            if isinstance(result, Exception):  # http.client's own errors, too
                result = self._failure(session, path, result)
            raise result from None
        if result.status == 407 and session.proxy:
            self.sent = False
            raise session.proxy.refused()
        return result

    def _read(self, session: ServerSession, path: str, until: float) -> Response:
        """Reads a response with its body, until the deadline."""
        url = self.base_url + path
        with session.get(
            url, timeout=timeouts(self._timeout), allow_redirects=False, stream=True
        ) as response:
            status = response.status_code
            try:
                body = _body(response, MAX_BODY if status == 200 else MAX_ERROR_BODY, until)
            except (TooLargeError, NotAPage, HTTPError, OSError, zlib.error):
                if status == 200:
                    raise
                body = b""  # for any other status, the status is enough
            return Response(status, response.headers, body)

    def _failure(self, session: ServerSession, path: str, error: Exception) -> MirrorError:
        """The error for a failed request; its class says whether a retry may help."""
        url, proxy = f"{self.base_url}{path}", session.proxy
        reason = tidy(reason_of(error), self.token)
        if isinstance(error, NotAPage):
            return NotAPage(f"{url}: {reason}")
        if proxy and "Tunnel connection failed: 407" in reason:
            return proxy.refused()
        if isinstance(error, TooLargeError):
            return Faulted(f"{url}: {reason}", heavy=True, again=False)
        through = f" through the proxy {proxy.name}" if proxy else ""
        if isinstance(error, SSLError):
            return UpstreamError(f"{url} can't be reached{through}: {reason}")
        return Faulted(f"{url} can't be reached{through}: {reason}", heavy=self.sent)

    def close(self) -> None:
        """Closes the connection, if there is one; the next request opens another."""
        self._session.close()

    def error_of(self, path: str, response: Response, now: datetime) -> MirrorError | None:
        """The error for a response; None for a 200, unless its body repeats the token."""
        error = _error_of(response, now, self.token)
        if not error and self.token and re.search(_spellings(self.token).encode(), response.body):
            error = NotAPage("the body repeats the token")
        if error:
            error.args = (f"{self.base_url}{path}: {error}",)
        return error


def _body(response: requests.Response, most: int, until: float) -> bytes:
    """The decompressed body; raises TooLargeError, NotAPage for an unknown encoding.

    Gzip is recognized even if a proxy didn't declare it.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", *_PACKED):
        raise NotAPage(f"the body is encoded as {encoding}, which was not asked for")
    body = bytearray()
    while len(body) <= most and monotonic() < until and (chunk := response.raw.read1(_CHUNK)):
        body += chunk
    received = bounded(bytes(body), most)
    if encoding in _PACKED or received.startswith(_GZIP):
        received = inflated(received, most)
    return counted(received)


def _error_of(response: Response, now: datetime, token: str | None) -> MirrorError | None:
    """The error for a response to a request with this token; None for a 200."""
    status = response.status
    if status == 200:
        return None
    detail = str(document_of(response.body).get("detail", ""))
    after = _retry_after(response, detail, now) if status in (429, 503) else None
    if status == 429 or (after or 0) > PATIENCE:
        return _throttled(after, now)
    message = f"status {status} {tidy(detail, token)}".strip()
    if status in _RETRIED:
        return Faulted(message, after=after, heavy=status != 503)
    why = (_WHY_WITH_TOKEN if token else _WHY).get(status)
    error = NotThere if status == 404 else UpstreamError
    return error(f"{message.rstrip('.')}: {why}" if why else message)


def document_of(body: bytes) -> dict[str, Any]:
    """The body's JSON object; an empty one for anything else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if type(document) is dict else {}


def _retry_after(response: Response, detail: str, now: datetime) -> float | None:
    """The seconds to wait, from Retry-After in either form, else from LL2's text."""
    header = response.headers.get("Retry-After", "").strip()
    if header.isascii() and header.isdecimal():
        return min(float(header), LONGEST)
    try:
        seconds = (parsedate_to_datetime(header) - now).total_seconds()
        return min(max(0.0, seconds), LONGEST)
    except (ValueError, OverflowError, TypeError):  # TypeError: a time without a zone
        match = _EXPECTED.search(detail)
        return min(float(match[1]), LONGEST) if match else None


def _throttled(after: float | None, now: datetime) -> MirrorError:
    """The error if the server asks to wait: Throttled for a short wait, Stopped for a long one."""
    reached = "LL2's limit is reached"
    if after is None:
        return Stopped(f"{reached}: run the same command again later")
    if after <= PATIENCE:
        return Throttled(f"{reached}: asks to wait for {after:.0f} s", after=after)
    resumes = now + timedelta(seconds=after)
    return Stopped(f"{reached}: run the same command again at {for_people(resumes)}", resumes)


def tidy(words: str, token: str | None) -> str:
    """A server's text, made safe for one line of a terminal: without the token, and shortened."""
    words = re.sub(_spellings(token), "TOKEN", words) if token else words
    words = " ".join(words.split())
    words = "".join(letter if letter.isprintable() else "?" for letter in words)
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}..."


def _spellings(token: str) -> str:
    """A pattern for the token as it is, JSON-escaped or percent-encoded, letter by letter."""
    codes = ((re.escape(letter), f"{ord(letter):02x}") for letter in token)
    letters = (rf"(?:{letter}|(?:\\u00|%)(?i:{code}))" for letter, code in codes)
    return r"(?:\\u005[cC]|\\)*".join(letters)


def checked_base(url: str) -> str:
    """The base URL without a slash at the end; raises UsageError for an invalid one."""
    if "@" in url or "?" in url or "#" in url or not url.isprintable() or " " in url:
        # The part before an @ may be a secret, so the message doesn't repeat the URL.
        raise UsageError("a base URL has a scheme, a host and perhaps a path, and nothing else")
    try:
        parts = urlsplit(url)
        is_valid = parts.port is None or parts.port > 0
        url.encode("ascii")
        (parts.hostname or "").encode("idna")
    except ValueError:
        is_valid = False
    if not is_valid or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            f"{ascii(url)[1:-1]} is not a base URL: expected one like https://ll.thespacedevs.com"
        )
    if url.rstrip("/").endswith(path := API_PATH.rstrip("/")):
        raise UsageError(f"{url}: leave out {path}: a base URL is what comes before it")
    return url.rstrip("/")


def is_own(base_url: str) -> bool:
    """Whether a server is one of LL2's own, over HTTPS."""
    parts = urlsplit(base_url)
    return parts.scheme == "https" and f".{parts.hostname}".endswith(".thespacedevs.com")


def checked_token(token: str | None) -> str | None:
    """The token; raises UsageError, without showing it, if it can't be sent in a header."""
    token = (token or "").strip()
    if not token.isascii() or not token.isprintable():
        raise UsageError("the token has characters that a header can't have")
    return token or None
