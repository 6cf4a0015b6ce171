"""A fake LL2 on loopback: it serves records as LL2 does, and goes wrong as a test tells it to.

For example, ``with running(bundled()) as ll2:`` and within the block, before a sync from
``ll2.base_url``: ``ll2.breaks("503", times=1)``.
"""

from __future__ import annotations

import gzip
import math
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from threading import RLock, Thread
from typing import Any, TypeVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from ll2_mirror.clock import Clock, FakeClock
from ll2_mirror.ll2.json import spell, text
from ll2_mirror.ll2.lists import PAGES, SLICES, Resource, View
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.testing.sample_records import (
    Record,
    Records,
    adapted,
    bundled,
    has_word,
    linked,
    passes,
    rank,
    shows,
)

__all__ = ["FakeLL2", "Record", "Records", "adapted", "answering", "bundled", "running"]
THROTTLE = f"{API_PATH}api-throttle/"  # costs no request of the limit
HOUR = timedelta(hours=1)


@dataclass
class FakeRequest:
    """A request that came, and the status of its response; None: none was sent, or no HTTP."""

    path: str
    at: datetime
    status: int | None = None

    @property
    def counted(self) -> bool:
        """Whether it counts against the limit."""
        return not self.path.startswith(THROTTLE)

    @property
    def offset(self) -> int | None:
        """The offset of the page that it asks for; None: it asks for no page, or the first."""
        query = parse_qs(urlsplit(self.path).query)
        return int(query["offset"][0]) if "offset" in query else None


class FakeHandler(BaseHTTPRequestHandler):
    """Sends the right response, unless a fault is due: then the fault sends what it likes."""

    protocol_version = "HTTP/1.1"
    server: FakeLL2

    def do_GET(self) -> None:
        """Answers one request."""
        self.server.log.append((self.path, dict(self.headers)))
        self.request_seen, (status, headers, body), fault = self.server.respond(self.path)
        if fault:
            self.close_connection = True
            fault(self, body)
            return
        headers = ["Content-Type: application/json", "Access-Control-Allow-Origin: *", *headers]
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            headers.append("Content-Encoding: gzip")
        self.reply(f"{status} {HTTPStatus(status).phrase}", body, *headers)

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self) -> None:
        """Plans what a test in another language tells it to, as in ``/-/breaks?fault=500``."""
        self.close_connection = True  # the body isn't read
        url = urlsplit(self.path)
        self.request_seen = FakeRequest(self.path, self.server.clock.now())
        status, body = "200 OK", b""
        try:
            with self.server.lock:
                _PLANS[url.path](self.server, **dict(parse_qsl(url.query)))
        except (KeyError, TypeError, ValueError, OverflowError):
            status, body = "400 Bad Request", _PLANS_HELP
        self.reply(status, body)

    def reply(self, status: str, body: bytes, *headers: str, length: object = None) -> None:
        """Sends a response, whose status and headers may lie: ``reply("503 Busy", b"")``."""
        self.request_seen.status = int(status[:3]) if status[:3].isdecimal() else None
        size = len(body) if length is None else length
        lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {size}"]
        lines += ["Connection: close"] if self.close_connection else []
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        self.send(head, b"" if self.command == "HEAD" else body)

    def send(self, *parts: bytes) -> None:
        """Sends bytes as they are."""
        self.wfile.write(b"".join(parts))

    def log_message(self, format: str, *args: Any) -> None:
        """Prints nothing: the log is in the server."""


Fault = Callable[[FakeHandler, bytes], object]  # is given the body that would be right
Response = tuple[int, list[str], bytes]  # status, headers, body

# What a test in another language can plan, by a POST; as FakeLL2's methods do.
_PLANS: dict[str, Callable[..., None]] = {
    "/-/breaks": lambda ll2, times="inf", **what: ll2.breaks(times=float(times), **what),
    "/-/heals": lambda ll2: ll2.heals(),
    "/-/others": lambda ll2, count: ll2.others(int(count)),
    "/-/clock": lambda ll2, seconds: ll2.clock.sleep(float(seconds)),
}
_PLANS_HELP = b"""POST /-/breaks?fault=html, cut, hang, close or a status[&path=PATH][&times=N]
     /-/heals   /-/others?count=N   /-/clock?seconds=N
"""


def _status(name: str) -> Fault:
    """Another status, as in ``500``, or in ``429 30``, to retry after 30 seconds."""
    code, _, after = name.partition(" ")
    headers = [f"Retry-After: {after}"] if after else []
    status = f"{code} {HTTPStatus(int(code)).phrase}"
    return lambda handler, _: handler.reply(status, b'{"detail":"It fails as told."}', *headers)


# Faults by name; any other name is a status.
_FAULTS: dict[str, Fault] = {
    "html": lambda handler, _: handler.reply(
        "200 OK", b"<!doctype html><title>Maintenance</title>"
    ),
    "cut": lambda handler, body: handler.reply("200 OK", body[: len(body) // 2], length=len(body)),
    "hang": lambda handler, _: handler.rfile.read(1),  # until the client hangs up
    "close": lambda handler, _: None,
}


class FakeLL2(ThreadingHTTPServer):
    """Serves the lists and records of LL2 from ``records``, which may change while it runs.

    A list whose records are there in another mode has them cut down, or with nulls where they would
    have more; any other list of LL2's is empty. With a ``limit`` it allows so many requests in a
    sliding hour of ``clock``. ``log`` has the path and the headers of each request.
    """

    daemon_threads = True

    def __init__(
        self, records: Records, clock: Clock | None = None, limit: int | None = None, port: int = 0
    ) -> None:
        super().__init__(("127.0.0.1", port), FakeHandler)
        self.clock = clock or FakeClock()
        self.limit = limit
        self.lock = RLock()
        self.reset(records)

    def reset(self, records: Records) -> None:
        """Starts over with these records: no fault, nothing planned, no request came yet."""
        self.records = records
        self.log: list[tuple[str, dict[str, str]]] = []
        self.requests: list[FakeRequest] = []
        self._used: deque[datetime] = deque()  # when the requests of the last hour came
        self._counted = 0
        self._planned: dict[int, list[Callable[[], object]]] = {}
        self.heals()

    @property
    def base_url(self) -> str:
        """What to give as ``--base-url``."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        """Prints nothing: a client that hung up, or refused a certificate, is a test's doing."""

    # What a test plans

    def at(self, request: int, *calls: Callable[[], object]) -> None:
        """Makes calls just before the n-th counted request from now is answered, the next being 1.

        They may change the records, or set a fault for that request: ``breaks(fault, times=1)``.
        """
        self._planned.setdefault(self._counted + request, []).extend(calls)

    def forget_plan(self) -> None:
        """Makes none of the planned calls that are left."""
        self._planned.clear()

    def breaks(
        self,
        fault: Fault | str,
        *,
        path: str = "",
        offsets: range | None = None,
        times: float = math.inf,
    ) -> None:
        """Sets a fault, in place of any other: of a path, of pages at offsets, so many times.

        It is ``html``, ``cut``, ``hang``, ``close``, a status such as ``500``, or ``429 30`` to
        retry after 30 seconds; else a function, called with the request's handler and the body that
        would be right, that may ``reply``, ``send`` other bytes, or nothing. ``hits`` counts how
        often it was. Raises ValueError for another name.
        """
        if isinstance(fault, str):
            fault = _FAULTS.get(fault) or _status(fault)
        self._fault, self._path, self._offsets, self._times = fault, path, offsets, times
        self.hits = 0

    def heals(self) -> None:
        """Ends the fault."""
        self.breaks("close", times=0)

    def due(self, path: str, query: dict[str, str]) -> Fault | None:
        """The fault that a request meets."""
        if not self._times or self._path not in ("", path):
            return None
        if self._offsets is not None and int(query.get("offset", 0)) not in self._offsets:
            return None
        self._times -= 1
        self.hits += 1
        return self._fault

    # The limit

    @property
    def left(self) -> int:
        """How many requests the limit still allows now."""
        if self.limit is None:
            return 1000
        while self._used and self._used[0] <= self.clock.now() - HOUR:
            self._used.popleft()
        return self.limit - len(self._used)

    @property
    def next_use(self) -> int:
        """The seconds until the limit allows a request."""
        if self.left > 0 or not self._used:
            return 0
        return math.ceil((self._used[0] + HOUR - self.clock.now()).total_seconds())

    def others(self, count: int) -> None:
        """Counts requests that somebody else makes from the same address, up to the limit."""
        self._used.extend(self.clock.now() for _ in range(min(count, self.left)))

    def _throttle(self) -> tuple[int, Any]:
        assert self.limit is not None
        usage = {"current_use": self.limit - self.left, "next_use_secs": self.next_use}
        allowed = {"your_request_limit": self.limit, "limit_frequency_secs": 3600}
        return 200, {**allowed, **usage, "ident": "192.0.2.1"}

    # Responses

    def respond(self, target: str) -> tuple[FakeRequest, Response, Fault | None]:
        """What a request is answered with, and the fault that it meets."""
        with self.lock:
            request = FakeRequest(target, self.clock.now())
            self.requests.append(request)
            path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
            if not request.counted:
                told = self.answer(path, query) if self.limit is None else self._throttle()
                return request, _json(*told), self.due(path, query)
            self._counted += 1
            for call in self._planned.pop(self._counted, ()):
                call()
            fault = self.due(path, query)
            if self.left <= 0:
                seconds = self.next_use
                detail = f"Request was throttled. Expected available in {seconds} seconds."
                return request, _json(429, {"detail": detail}, f"Retry-After: {seconds}"), None
            self._used.append(self.clock.now())
            return request, _json(*self.answer(path, query)), fault

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """The status and the document for a request."""
        place = path.removeprefix(API_PATH).rstrip("/")
        name, id_ = (place, "") if place in _LISTS else place.rpartition("/")[::2]
        if name not in _LISTS or not path.endswith("/"):
            return 404, {"detail": "Not found."}
        resource, view = _LISTS[name]
        mode = resource.mode_for(query.get("mode"))
        if name in PAGES:
            return 200, next(
                iter(self._list(resource, view, mode)), adapted(resource.modes[mode], {})
            )
        if id_:
            return self.record(resource, view, id_)
        records = self._list(resource, view, mode)
        filters = [*resource.filters, *(view.filters if view else ())]
        for filter_ in (one for one in filters if query.get(one.name)):
            records = [one for one in records if passes(one, filter_, query[filter_.name])]
        for word in query.get("search", "").casefold().split():
            records = [one for one in records if has_word(one, resource.search, word)]
        return 200, self._page(path, query, self.order(resource, mode, records, query))

    def order(
        self, resource: Resource, mode: str, records: list[Record], query: dict[str, str]
    ) -> list[Record]:
        """The records by an ordering's known terms; null last, or first where it descends."""
        for term in reversed(query.get("ordering", "").split(",")):
            if (path := term.removeprefix("-")) in resource.orderings_in(mode):
                records = sorted(records, key=lambda one: rank(one, path), reverse=term != path)
        return records

    def _list(self, resource: Resource, view: View | None, mode: str) -> list[Record]:
        """The records of a list in a mode; of a view, those that it shows now."""
        modes = list(resource.modes)
        place = modes.index(mode)
        richer_first = [mode, *modes[place + 1 :], *modes[:place][::-1]]
        there = next((one for one in richer_first if (resource.name, one) in self.records), mode)
        records = self.records.get((resource.name, there), [])
        if there != mode:
            records = [adapted(resource.modes[mode], record) for record in records]
        now = self.clock.now()
        return records if view is None else [one for one in records if shows(view, one, now)]

    def record(self, resource: Resource, view: View | None, id_: str) -> tuple[int, Any]:
        """One record, in the richest mode, if it is there in each."""
        lists = [self._list(resource, view, mode) for mode in resource.modes]
        matches = [next((one for one in each if str(one["id"]) == id_), None) for each in lists]
        if all(matches):
            return 200, linked(matches[-1], self.base_url)
        return 404, {"detail": f"No {resource.noun} matches the given query."}

    def _page(self, path: str, query: dict[str, str], records: list[Record]) -> Record:
        limit = min(int(query.get("limit", 10)), 100)
        offset = int(query.get("offset", 0))

        def link(to: int) -> str:
            sent = {**query, "limit": limit, "offset": to}
            if to == 0:
                del sent["offset"]
            return f"{self.base_url}{path}?{urlencode(sorted(sent.items()))}"

        suffix = f"?format={query['format']}" if "format" in query else ""
        return {
            "count": len(records),
            "next": link(offset + limit) if offset + limit < len(records) else None,
            "previous": link(max(offset - limit, 0)) if offset else None,
            "results": [
                linked(one, self.base_url, suffix) for one in records[offset : offset + limit]
            ],
        }


_LISTS = {part.listed: (part.resource, part.view) for part in SLICES.values()}


def _json(status: int, document: Any, *headers: str) -> Response:
    body = document if isinstance(document, bytes) else text(spell(document)).encode()
    return status, list(headers), body


# Running it


@contextmanager
def running(records: Records, clock: Clock | None = None) -> Iterator[FakeLL2]:
    """A fake LL2 that answers until the block ends."""
    with answering(FakeLL2(records, clock)) as server:
        yield server


Server = TypeVar("Server", bound=BaseServer)


@contextmanager
def answering(server: Server) -> Iterator[Server]:
    """A server that answers until the block ends."""
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
