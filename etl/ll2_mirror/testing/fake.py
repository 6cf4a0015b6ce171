"""The bundled upstream: a small LL2 on loopback that serves the captured records of ``data/``."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from ll2_mirror.clock import Clock, from_iso
from ll2_mirror.files import shipped
from ll2_mirror.ll2.json import parse, spell, text
from ll2_mirror.ll2.lists import SLICES, Resource, View
from ll2_mirror.ll2.model import Key, Shape
from ll2_mirror.ll2.page import API_PATH

Records = dict[tuple[str, str], list[dict[str, Any]]]  # by list and mode


def bundled() -> Records:
    """The records of ``data/``, in files named ``<list>.<mode>.json``."""
    found = {}
    for path in sorted(shipped("data").rglob("*.*.json")):
        name, mode = path.relative_to(shipped("data")).as_posix().split(".")[:2]
        found[name, mode] = parse(path.read_bytes())["results"]
    return found


class SampleUpstream(ThreadingHTTPServer):
    """Answers the list and detail routes of LL2 from ``records``, which may change while it runs.

    A list whose records are there in another mode has them cut down, or with nulls where they would
    have more; any other list of LL2's is empty. ``log`` has the path and the headers of each
    request.
    """

    daemon_threads = True

    def __init__(self, records: Records, clock: Clock | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.records = records
        self.log: list[tuple[str, dict[str, str]]] = []
        self._clock = clock or Clock()

    @property
    def base_url(self) -> str:
        """What to give as ``--base-url``."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """The status and the document for a request."""
        place = path.removeprefix(API_PATH).rstrip("/")
        name, id_ = (place, "") if place in _LISTS else place.rpartition("/")[::2]
        if name not in _LISTS or not path.endswith("/"):
            return 404, {"detail": "Not found."}
        resource, view = _LISTS[name]
        if id_:
            return self._detail(resource, view, id_)
        mode = resource.mode_for(query.get("mode"))
        known = resource.orderings_in(mode)
        shown = [one for one in self._listed(resource, view, mode) if _is_new(resource, one, query)]
        listed = _ordered(shown, query.get("ordering", ""), known)
        return 200, self._page(path, query, listed)

    def _listed(self, resource: Resource, view: View | None, mode: str) -> list[dict[str, Any]]:
        """The records of a list in a mode; of a view, those that it shows now."""
        modes = list(resource.modes)
        place = modes.index(mode)
        richer_first = [mode, *modes[place + 1 :], *modes[:place][::-1]]
        there = next((one for one in richer_first if (resource.name, one) in self.records), mode)
        found = self.records.get((resource.name, there), [])
        if there != mode:
            found = [adapted(resource.modes[mode], record) for record in found]
        now = self._clock.now()
        return found if view is None else [one for one in found if _shows(view, one, now)]

    def _detail(self, resource: Resource, view: View | None, id_: str) -> tuple[int, Any]:
        """One record, in the richest mode, if it is there in each."""
        listed = [self._listed(resource, view, mode) for mode in resource.modes]
        found = [next((one for one in each if str(one["id"]) == id_), None) for each in listed]
        if all(found):
            return 200, self._linked(found[-1], "")
        return 404, {"detail": f"No {resource.noun} matches the given query."}

    def _page(self, path: str, query: dict[str, str], listed: list[Any]) -> dict[str, Any]:
        limit = min(int(query.get("limit", 10)), 100)
        offset = int(query.get("offset", 0))

        def link(to: int) -> str:
            asked = {**query, "limit": limit, "offset": to}
            if to == 0:
                del asked["offset"]
            return f"{self.base_url}{path}?{urlencode(sorted(asked.items()))}"

        suffix = f"?format={query['format']}" if "format" in query else ""
        return {
            "count": len(listed),
            "next": link(offset + limit) if offset + limit < len(listed) else None,
            "previous": link(max(offset - limit, 0)) if offset else None,
            "results": [self._linked(r, suffix) for r in listed[offset : offset + limit]],
        }

    def _linked(self, value: Any, suffix: str) -> Any:
        """The value with LL2's own links led here, as upstream leads them to the host asked."""
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


def adapted(shape: Shape, record: dict[str, Any]) -> dict[str, Any]:
    """A record as another mode has it: null for what isn't known, ``[]`` for such a list."""
    return {key.name: _adapted(shape, key, record) for key in shape.keys}


def _adapted(shape: Shape, key: Key, record: dict[str, Any]) -> Any:
    value = record.get(key.name, [] if key.kind == "many" else None)
    if key.kind == "const":
        return key.of
    if not value or key.name not in shape.nested:
        return value
    nested = shape.nested[key.name]
    return adapted(nested, value) if key.kind == "one" else [adapted(nested, one) for one in value]


def _shows(view: View, record: dict[str, Any], now: datetime) -> bool:
    """Whether a record is one that a view shows now."""
    if record[view.key] is None:
        return False
    at, edge = from_iso(record[view.key]), now + timedelta(hours=view.hours)
    return at >= edge if view.lookup == "gte" else at <= edge


def _is_new(resource: Resource, record: dict[str, Any], query: dict[str, str]) -> bool:
    """Whether a record is one that is asked for, where that is what is new."""
    by = resource.delta.by if resource.delta else ""
    key, since = by.removesuffix("__gte"), query.get(by)
    return since is None or from_iso(record[key]) >= from_iso(since)


def _ordered(
    listed: list[dict[str, Any]], ordering: str, known: tuple[str, ...]
) -> list[dict[str, Any]]:
    """The records by the terms of an ordering that are known; null last, or first if descending."""
    for term in reversed(ordering.split(",")):
        if (path := term.removeprefix("-")) in known:
            listed = sorted(listed, key=lambda one: _rank(one, path), reverse=term != path)
    return listed


def _rank(value: Any, path: str) -> tuple[bool, Any]:
    """What a record is ordered by: the value that a path leads to, a nested object by its id."""
    for key in path.split("__"):
        value = value and value[key]
    value = value["id"] if isinstance(value, dict) else value
    return value is None, 0 if value is None else value


def asked(target: str) -> tuple[str, dict[str, str]]:
    """The path of a request and its parameters, the last of each name."""
    parts = urlsplit(target)
    return parts.path, dict(parse_qsl(parts.query))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SampleUpstream

    def do_GET(self) -> None:
        self.server.log.append((self.path, dict(self.headers)))
        status, document = self.server.answer(*asked(self.path))
        body = document if isinstance(document, bytes) else text(spell(document)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # who asked may be gone
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the log is in the server."""


@contextmanager
def running(records: Records, clock: Clock | None = None) -> Iterator[SampleUpstream]:
    """A sample upstream that answers until the block ends."""
    with answering(SampleUpstream(records, clock)) as server:
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
