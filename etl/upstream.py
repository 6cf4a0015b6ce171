"""HTTP: fetches one page of LL2 after the other. Knows URLs and bodies, no tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import requests

from etl import __version__
from etl.errors import NotAPage, Stopped, UpstreamError, UsageError
from etl.jsontext import parse, quote
from etl.shapes import API_PATH

DEFAULT_BASE_URL = "https://ll.thespacedevs.com"
LIMIT = 100  # the most that LL2 gives at once: the fewest requests
USER_AGENT = f"ll2-mirror/{__version__} (+https://pypi.org/project/ll2-mirror/)"
_TIMEOUT = (10, 30)  # seconds to connect, and between two bytes


class Page(NamedTuple):
    """One page as it came."""

    offset: int
    body: bytes
    total: int  # how many records there are in all, as this page says


class Upstream:
    """One LL2 server. ``requests`` counts what was spent of its limit."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self.base_url = checked_base(base_url)
        self.requests = 0
        self._session = requests.Session()
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.headers["Accept"] = "application/json"
        self._session.max_redirects = 0
        # Credentials from ~/.netrc are for another purpose; proxies from the environment are not.
        self._session.auth = lambda request: request
        if token:
            if not token.isascii() or not token.isprintable():
                raise UsageError("the token has characters that no header can carry")
            self._session.headers["Authorization"] = f"Token {token}"

    def walk(self, resource: str, mode: str, ordering: str) -> Iterator[Page]:
        """Each page of a resource, in order.

        Raises UpstreamError where it can't be had, Stopped where LL2 asks to wait, NotAPage for a
        body that is no page.
        """
        offset = 0
        while True:
            page = self.page(resource, mode=mode, ordering=ordering, offset=offset)
            yield page
            offset += LIMIT
            if offset >= page.total:
                return

    def page(self, resource: str, *, mode: str, ordering: str, offset: int) -> Page:
        """One page of a resource."""
        query = urlencode({"limit": LIMIT, "mode": mode, "offset": offset, "ordering": ordering})
        url = f"{self.base_url}{API_PATH}{resource}/?{query}"
        body = self.fetch(url)
        try:
            return Page(offset, body, _count(body))
        except NotAPage as error:
            raise NotAPage(f"{url}: {error}") from None

    def fetch(self, url: str) -> bytes:
        """The body behind a URL of this server; only a 200 is an answer."""
        self.requests += 1
        try:
            response = self._session.get(url, timeout=_TIMEOUT, allow_redirects=False)
        except (requests.exceptions.InvalidURL, UnicodeError):
            raise UsageError(f"{self.base_url} is no URL of a server") from None
        except requests.RequestException as error:
            raise UpstreamError(f"{url} can't be reached: {_reason(error)}") from None
        if response.status_code != 200:
            raise _refusal(url, response)
        return response.content


def checked_base(url: str) -> str:
    """The base URL without a slash at its end; raises UsageError for what is none."""
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        port_is_fine = False
    if not port_is_fine or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url} is no base URL: expected one like {DEFAULT_BASE_URL}")
    if parts.query or parts.fragment or parts.username is not None:
        raise UsageError("a base URL has a scheme, a host and perhaps a path, and nothing else")
    return url.rstrip("/")


def _count(body: bytes) -> int:
    """How many records there are, read off a page's first bytes: its records are decoded later."""
    head, found, _ = body.partition(b'"results"')
    envelope: Any
    try:
        envelope = parse(head + b'"results":[]}') if found else parse(body)
    except NotAPage:
        envelope = parse(body)
    if type(envelope) is not dict or type(envelope.get("count")) is not int:
        raise NotAPage(f"no page of LL2: {quote(envelope)} without a count")
    if "results" not in envelope:
        raise NotAPage('no page of LL2: it has no "results"')
    count: int = envelope["count"]
    return count


def _reason(error: requests.RequestException) -> str:
    """The innermost cause, in its own words: requests' text repeats the URL and object ids."""
    cause: BaseException = error
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    reason = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return " ".join(str(reason).split())[:200]


def _refusal(url: str, response: requests.Response) -> Exception:
    status = response.status_code
    if status == 429:
        after = response.headers.get("Retry-After", "")
        when = f"in {after} s" if after.isdigit() else "later"
        return Stopped(f"{url}: LL2's limit is reached: run the same command again {when}")
    if status in (401, 403):
        return UpstreamError(f"{url}: {status}: the token isn't accepted: see --token")
    if 300 <= status < 400:
        return UpstreamError(f"{url}: {status}: it leads elsewhere: check --base-url")
    if status == 404:
        return UpstreamError(f"{url}: 404: no LL2 {API_PATH.strip('/')} is there: check --base-url")
    return UpstreamError(f"{url}: {status} {_detail(response)}".rstrip())


def _detail(response: requests.Response) -> str:
    try:
        detail = json.loads(response.content)["detail"]
    except (ValueError, KeyError, TypeError):
        return response.reason or ""
    return " ".join(str(detail).split())[:200]
