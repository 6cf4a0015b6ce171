"""Extracts: fetches one page of LL2 after the other. Knows URLs and pages, no tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from etl.errors import NotAPage, Stopped
from etl.http import Http
from etl.jsontext import parse, quote
from etl.shapes import API_PATH

DEFAULT_BASE_URL = "https://ll.thespacedevs.com"
LIMIT = 100  # the most that LL2 gives at once: the fewest requests
TIMEOUT = 30.0  # seconds that one request may take


class Page(NamedTuple):
    """One page as it came."""

    offset: int
    body: bytes
    total: int  # how many records there are in all, as this page says


class Upstream:
    """One LL2 server."""

    def __init__(self, base_url: str, token: str | None = None, timeout: float = TIMEOUT) -> None:
        self._http = Http(base_url, token, timeout)

    @property
    def base_url(self) -> str:
        """The server's URL, without a slash at its end."""
        return self._http.base_url

    @property
    def requests(self) -> int:
        """How many requests were spent of the limit."""
        return self._http.requests

    def walk(self, resource: str, mode: str, ordering: str) -> Iterator[Page]:
        """Each page of a resource, in order.

        Raises UpstreamError where it can't be had, Stopped where LL2 asks to wait or its list
        moves, NotAPage for a body that is no page.
        """
        offset, total = 0, None
        while total is None or offset < total:
            page = self.page(resource, mode=mode, ordering=ordering, offset=offset)
            if total not in (None, page.total):
                raise Stopped(
                    f"LL2's list of {resource} went from {total} to {page.total} records during the"
                    " walk: run the same command again"
                )
            yield page
            total = page.total
            offset += LIMIT

    def page(self, resource: str, *, mode: str, ordering: str, offset: int) -> Page:
        """One page of a resource."""
        query = urlencode({"limit": LIMIT, "mode": mode, "offset": offset, "ordering": ordering})
        path = f"{API_PATH}{resource}/?{query}"
        body = self.fetch(path)
        try:
            return Page(offset, body, _total(body, offset))
        except NotAPage as error:
            raise NotAPage(f"{self.base_url}{path}: {error}") from None

    def fetch(self, path: str) -> bytes:
        """The body behind a path of this server."""
        return self._http.get(path)


def _total(body: bytes, offset: int) -> int:
    """How many records there are, read off a page's first bytes: its records are decoded later.

    Raises NotAPage, also for a page without records where some must be left.
    """
    if not body.rstrip().endswith(b"}"):
        parse(body)  # says what is wrong with a text that was cut off
    head, found, rest = body.partition(b'"results"')
    envelope: Any
    try:
        envelope = parse(head + b'"results":[]}') if found else parse(body)
    except NotAPage:
        envelope = parse(body)
    if type(envelope) is dict and "count" not in envelope:
        envelope = parse(body)  # it may stand behind the records
    if type(envelope) is not dict or type(envelope.get("count")) is not int:
        raise NotAPage(f"no page of LL2: {quote(envelope)} without a count")
    if envelope["count"] < 0:
        raise NotAPage(f"no page of LL2: its count is {envelope['count']}")
    if "results" not in envelope:
        raise NotAPage('no page of LL2: it has no "results"')
    total: int = envelope["count"]
    if offset < total and b"".join(rest[:40].split())[:3] == b":[]":
        raise NotAPage(f"an empty page, though {total - offset} records must follow")
    return total
