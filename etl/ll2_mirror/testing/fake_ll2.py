"""A fake LL2 on loopback: it serves records as LL2 does, and goes wrong as a test tells it to.

For example, ``with running(bundled()) as ll2:`` and within the block, before a sync from
``ll2.base_url``: ``ll2.breaks(lambda handler, body: handler.reply("503 Busy", b""), times=1)``.
"""

from __future__ import annotations

import gzip
import math
import operator
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from threading import RLock, Thread
from typing import Any, TypeVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from ll2_mirror.clock import Clock, from_iso
from ll2_mirror.errors import NoTime
from ll2_mirror.files import shipped
from ll2_mirror.ll2.json import parse, spell, text
from ll2_mirror.ll2.lists import SLICES, Filter, Resource, View
from ll2_mirror.ll2.model import Key, Shape
from ll2_mirror.ll2.page import API_PATH

Record = dict[str, Any]
Records = dict[tuple[str, str], list[Record]]  # by list and mode
THROTTLE = f"{API_PATH}api-throttle/"  # costs no request of the limit
HOUR = timedelta(hours=1)


def bundled() -> Records:
    """The records of ``data/``, in files named ``<list>.<mode>.json``."""
    records = {}
    for path in sorted(shipped("data").rglob("*.*.json")):
        name, mode = path.relative_to(shipped("data")).as_posix().split(".")[:2]
        records[name, mode] = parse(path.read_bytes())["results"]
    return records


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
        headers = ["Content-Type: application/json", *headers]
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            headers.append("Content-Encoding: gzip")
        self.reply(f"{status} {HTTPStatus(status).phrase}", body, *headers)

    def reply(self, status: str, body: bytes, *headers: str, length: object = None) -> None:
        """Sends a response, whose status and headers may lie: ``reply("503 Busy", b"")``."""
        self.request_seen.status = int(status[:3]) if status[:3].isdecimal() else None
        size = len(body) if length is None else length
        lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {size}"]
        lines += ["Connection: close"] if self.close_connection else []
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)

    def send(self, *parts: bytes) -> None:
        """Sends bytes as they are."""
        self.wfile.write(b"".join(parts))

    def log_message(self, format: str, *args: Any) -> None:
        """Prints nothing: the log is in the server."""


Fault = Callable[[FakeHandler, bytes], object]  # is given the body that would be right
Response = tuple[int, list[str], bytes]  # status, headers, body


class FakeLL2(ThreadingHTTPServer):
    """Serves the lists and records of LL2 from ``records``, which may change while it runs.

    A list whose records are there in another mode has them cut down, or with nulls where they would
    have more; any other list of LL2's is empty. With a ``limit`` it allows so many requests in a
    sliding hour of ``clock``. ``log`` has the path and the headers of each request.
    """

    daemon_threads = True

    def __init__(
        self, records: Records, clock: Clock | None = None, limit: int | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), FakeHandler)
        self.clock = clock or Clock()
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
        self, fault: Fault, *, path: str = "", offsets: range | None = None, times: float = math.inf
    ) -> None:
        """Sets a fault, in place of any other: of a path, of pages at offsets, so many times.

        It is called with the request's handler and the body that would be right, and may
        ``reply``, ``send`` other bytes, or nothing. ``hits`` counts how often it was.
        """
        self._fault, self._path, self._offsets, self._times = fault, path, offsets, times
        self.hits = 0

    def heals(self) -> None:
        """Ends the fault."""
        self.breaks(_nothing, times=0)

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
        if id_:
            return self.record(resource, view, id_)
        mode = resource.mode_for(query.get("mode"))
        records = self._list(resource, view, mode)
        filters = [*resource.filters, *(view.filters if view else ())]
        for filter_ in (one for one in filters if query.get(one.name)):
            records = [one for one in records if _passes(one, filter_, query[filter_.name])]
        for word in query.get("search", "").casefold().split():
            records = [one for one in records if _has_word(one, resource.search, word)]
        return 200, self._page(path, query, self.order(resource, mode, records, query))

    def order(
        self, resource: Resource, mode: str, records: list[Record], query: dict[str, str]
    ) -> list[Record]:
        """The records by an ordering's known terms; null last, or first where it descends."""
        for term in reversed(query.get("ordering", "").split(",")):
            if (path := term.removeprefix("-")) in resource.orderings_in(mode):
                records = sorted(records, key=lambda one: _rank(one, path), reverse=term != path)
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
        return records if view is None else [one for one in records if _shows(view, one, now)]

    def record(self, resource: Resource, view: View | None, id_: str) -> tuple[int, Any]:
        """One record, in the richest mode, if it is there in each."""
        lists = [self._list(resource, view, mode) for mode in resource.modes]
        matches = [next((one for one in each if str(one["id"]) == id_), None) for each in lists]
        if all(matches):
            return 200, self._linked(matches[-1], "")
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
            "results": [self._linked(one, suffix) for one in records[offset : offset + limit]],
        }

    def _linked(self, value: Any, suffix: str) -> Any:
        """The value with LL2's own links led here, as LL2 leads them to the host asked."""
        if isinstance(value, list):
            return [self._linked(item, suffix) for item in value]
        if not isinstance(value, dict):
            return value
        linked = {key: self._linked(item, suffix) for key, item in value.items()}
        url = linked.get("url")
        if isinstance(url, str) and API_PATH in url:
            linked["url"] = f"{self.base_url}{urlsplit(url).path}{suffix}"
        return linked


_LISTS = {part.listed: (part.resource, part.view) for part in SLICES.values()}


def _nothing(handler: FakeHandler, body: bytes) -> None:
    """A fault that sends nothing."""


def _json(status: int, document: Any, *headers: str) -> Response:
    body = document if isinstance(document, bytes) else text(spell(document)).encode()
    return status, list(headers), body


def adapted(shape: Shape, record: Record) -> Record:
    """A record as another mode has it: null for what isn't known, ``[]`` for such a list."""
    return {key.name: _adapted(shape, key, record) for key in shape.keys}


def _adapted(shape: Shape, key: Key, record: Record) -> Any:
    value = record.get(key.name, [] if key.kind == "many" else None)
    if key.kind == "const":
        return key.of
    if not value or key.name not in shape.nested:
        return value
    nested = shape.nested[key.name]
    return adapted(nested, value) if key.kind == "one" else [adapted(nested, one) for one in value]


def _shows(view: View, record: Record, now: datetime) -> bool:
    """Whether a record is one that a view shows now."""
    if record[view.key] is None:
        return False
    at, edge = from_iso(record[view.key]), now + timedelta(hours=view.hours)
    return at >= edge if view.lookup == "gte" else at <= edge


# Filters, search and ordering


_SEVERAL = ("ints", "texts", "uuids", "choices")  # kinds of filters that take values with commas
# The kinds that let all records through here, as does a filter that leads through another list.
_UNKNOWN = ("part", "recent", "has", "lacks", "include", "opaque")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "contains": lambda value, sent: str(sent) in str(value),
    "icontains": lambda value, sent: str(sent).casefold() in str(value).casefold(),
}


def _passes(record: Record, filter_: Filter, sent: str) -> bool:
    """Whether a filter lets a record through; a value that can't be read filters nothing."""
    if filter_.kind in _UNKNOWN or filter_.through:
        return True
    compare = _COMPARE[filter_.lookup]
    several = sent.split(",") if filter_.kind in _SEVERAL else [sent]
    with suppress(ValueError, NoTime):
        return any(
            compare(*(_comparable(filter_, value, one) for one in (value, text)))
            for value in _values(record, filter_.path)
            for text in several
        )
    return True


def _comparable(filter_: Filter, like: Any, value: Any) -> Any:
    """What a filter compares a value or a sent text as: as the record's own value is."""
    if filter_.kind == "datetime":
        return from_iso(value)
    if isinstance(like, bool):
        return str(value).lower() in ("true", "1")
    return type(like)(value)


def _values(value: Any, path: str) -> Iterator[Any]:
    """The values that a path leads to, through lists; of a nested object its id."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            key, _, rest = (path or "id").partition("__")
            yield from _values(item[key], rest)
        elif item is not None:
            yield item


def _has_word(record: Record, paths: tuple[str, ...], word: str) -> bool:
    values = (value for path in paths for value in _values(record, path))
    return any(word in str(value).casefold() for value in values)


def _rank(record: Record, path: str) -> tuple[bool, Any]:
    """What a record is ordered by: the first value that a path leads to, nulls last."""
    value = next(_values(record, path), None)
    return value is None, 0 if value is None else value


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
