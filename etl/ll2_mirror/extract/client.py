"""One request to LL2: bounded in time and in size, its failures told apart.

Knows one origin. A redirect is not followed, so the token goes nowhere else.
"""

from __future__ import annotations

import json
import queue
import re
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from ll2_mirror import __version__
from ll2_mirror.clock import told
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

USER_AGENT = f"ll2-mirror/{__version__} (+https://pypi.org/project/ll2-mirror/)"
MAX_BODY = 64 * 1024 * 1024  # bytes, unpacked: far beyond the largest page
_CHUNK = 256 * 1024
_HEED = 0.1  # seconds: a signal that comes just before a wait begins doesn't end it
_WORDS = 200  # letters of a server's own words that are told


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]  # of any case
    body: bytes


class Http:
    """Asks one server, once a call."""

    def __init__(self, base_url: str, token: str | None, timeout: float) -> None:
        self.base_url = checked_base(base_url)
        self._timeout = timeout
        self._token = checked_token(token)
        self._courier: _Courier | None = None

    def get(self, path: str) -> Answer:
        """What this server answers, whatever its status.

        Raises Faulted where no whole answer came, UpstreamError where none will, NotAPage for a
        body that repeats the token: it would be kept.
        """
        answer = self._bounded(path)
        if self._token and answer.status == 200 and _repeats(answer.body, self._token):
            raise NotAPage(f"{self.base_url}{path}: the body repeats the token")
        return answer

    def refusal(self, path: str, answer: Answer, now: datetime) -> MirrorError | None:
        """The error that an answer is; None for a 200."""
        if answer.status == 200:
            return None
        error = _refusal(answer, now)
        error.args = (f"{self.base_url}{path}: {self._without_token(str(error))}",)
        return error

    def _without_token(self, told: str) -> str:
        """Words that may be the server's, without the token that it may repeat; not too many."""
        told = told.replace(self._token, "TOKEN") if self._token else told
        return told if len(told) <= _WORDS else f"{told[:_WORDS]}..."

    def _bounded(self, path: str) -> Answer:
        """The answer, if it is whole within the timeout.

        requests' own timeout starts anew with each byte that drips in. So another thread asks, and
        is left behind when its time is up.
        """
        self._courier = self._courier or _Courier(self._token, self._timeout)
        answer = self._courier.fetch(self.base_url + path)
        if isinstance(answer, Answer):
            return answer
        if isinstance(answer, TimeoutError):
            self._courier = None
        if isinstance(answer, Exception):  # http.client, too, has its own for what is no HTTP
            raise self._fault(path, answer) from None
        raise answer

    def _fault(self, path: str, error: Exception) -> UpstreamError:
        """What went wrong on the way, and whether another try may mend it."""
        reason = self._without_token(_reason(error))
        words = f"{self.base_url}{path} can't be reached: {reason}"
        if isinstance(error, requests.exceptions.SSLError):
            return UpstreamError(words)
        sent = not any(isinstance(cause, NewConnectionError) for cause in _causes(error))
        again = not isinstance(error, _TooLargeError)
        return Faulted(words, heavy=sent, again=again, sent=sent)


class _TooLargeError(Exception):
    """A body beyond MAX_BODY."""


class _Courier:
    """A thread that asks for one URL after the other, over one session."""

    def __init__(self, token: str | None, timeout: float) -> None:
        self._timeout = timeout
        self._given_up = threading.Event()
        self._urls: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Answer | BaseException] = queue.SimpleQueue()
        work = (_session(token), timeout, self._urls, self._answers, self._given_up)
        threading.Thread(target=_work, args=work, daemon=True).start()
        weakref.finalize(self, self._urls.put, None)  # which ends the thread

    def fetch(self, url: str) -> Answer | BaseException:
        """The answer, or what went wrong; after a TimeoutError the courier is of no more use."""
        self._urls.put(url)
        until = monotonic() + self._timeout
        while (left := until - monotonic()) > 0:
            with suppress(queue.Empty):
                return self._answers.get(timeout=min(left, _HEED))
        self._given_up.set()
        return TimeoutError(f"no whole answer within {self._timeout:g} s")


def _work(
    session: requests.Session,
    timeout: float,
    urls: queue.SimpleQueue[str | None],
    answers: queue.SimpleQueue[Answer | BaseException],
    given_up: threading.Event,
) -> None:
    """What a courier's thread does, until it is given None."""
    with session:
        while (url := urls.get()) is not None:
            try:
                response = session.get(url, timeout=timeout, allow_redirects=False, stream=True)
                with response:
                    body = b"".join(_capped(response, given_up))
                answers.put(Answer(response.status_code, response.headers, body))
            except BaseException as error:  # raised in the thread that waits
                answers.put(error)


def _session(token: str | None) -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = USER_AGENT
    session.headers["Accept"] = "application/json"
    # Credentials from ~/.netrc are for another purpose; this one keeps them out.
    session.auth = lambda request: request
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


def checked_token(token: str | None) -> str | None:
    """The token; raises UsageError, which doesn't show it, where no header can carry it."""
    token = (token or "").strip()
    if not token.isascii() or not token.isprintable():
        raise UsageError("the token has characters that no header can carry")
    return token or None


def _repeats(body: bytes, token: str) -> bool:
    """Whether a body holds the token, also where JSON's escapes hide it."""
    if token.encode() in body:
        return True
    try:
        return b"\\" in body and token in json.dumps(json.loads(body), ensure_ascii=False)
    except (ValueError, RecursionError):
        return False


def _one_line(words: object) -> str:
    """What may be a server's words, fit for a terminal."""
    line = " ".join(str(words).split())
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _capped(response: requests.Response, given_up: threading.Event) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_content(_CHUNK):
        size += len(chunk)
        if size > MAX_BODY:
            raise _TooLargeError(f"a body of more than {MAX_BODY // 2**20} MiB")
        if given_up.is_set():
            return
        yield chunk


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and those behind it, the innermost last."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        # urllib3 keeps a cause as an argument, too.
        reason = getattr(cause, "reason", None)
        inner = reason if isinstance(reason, BaseException) else None
        cause = cause.__cause__ or cause.__context__ or inner


def _reason(error: BaseException) -> str:
    """The innermost cause, in its own words: requests' text repeats the URL and object ids."""
    *_, cause = _causes(error)
    reason = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return _one_line(reason)


_LONGEST = 366 * 86400.0  # seconds: what a server asks beyond that is no plan
PATIENCE = 120.0  # seconds that a sync waits because it is asked to, before it stops


def _refusal(answer: Answer, now: datetime) -> MirrorError:
    """The error that an answer other than 200 is."""
    status, detail = answer.status, _detail(answer.body)
    after = _after(answer, now) if status in (429, 503) else None
    if status == 429 or (after or 0) > PATIENCE:
        return _throttled(after, now)
    if status in (401, 403):
        return UpstreamError(f"status {status}: the token isn't accepted: see --token")
    if 300 <= status < 400:
        return UpstreamError(f"status {status}: it leads elsewhere: check --base-url")
    if status == 404:
        return NotThere("status 404: LL2 isn't there: check --base-url")
    words = f"status {status} {detail}".strip()
    if status in (408, 425) or status >= 500:
        return Faulted(words, after=after, heavy=status != 503)
    return UpstreamError(words)


def _throttled(after: float | None, now: datetime) -> MirrorError:
    """The server asks to wait: for a moment, or for longer than a sync does."""
    if after is None:
        return Stopped("LL2's limit is reached: run the same command again later")
    if after <= PATIENCE:
        return Throttled(f"LL2's limit is reached: asks to wait for {after:.0f} s", after=after)
    resumes = now + timedelta(seconds=after)
    return Stopped(
        f"LL2's limit is reached: run the same command again at {told(resumes)}", resumes
    )


_EXPECTED = re.compile(r"available in (\d{1,9}) second")


def _after(answer: Answer, now: datetime) -> float | None:
    """The seconds to wait: from Retry-After in either of its forms, else from LL2's own words."""
    header = answer.headers.get("Retry-After", "").strip()
    if header.isascii() and header.isdecimal():
        return min(float(header), _LONGEST)
    try:
        moment = parsedate_to_datetime(header)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max(0.0, (moment - now).total_seconds()), _LONGEST)
    except (ValueError, OverflowError):
        said = _EXPECTED.search(_detail(answer.body))
        return float(said[1]) if said else None


def _detail(body: bytes) -> str:
    try:
        detail = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return _one_line(detail)
