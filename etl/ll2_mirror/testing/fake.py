"""The bundled upstream: a small LL2 on loopback that serves the captured records of ``data/``."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from ll2_mirror.files import shipped
from ll2_mirror.ll2.jsontext import parse, spell, text
from ll2_mirror.ll2.model import Resource
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.ll2.resources import RESOURCES

Records = dict[tuple[str, str], list[dict[str, Any]]]  # by resource and mode


def bundled() -> Records:
    """The records of ``data/``, in files named ``<resource>.<mode>.json``."""
    found = {}
    for path in sorted(shipped("data").glob("*.*.json")):
        resource, mode, _ = path.name.split(".")
        found[resource, mode] = parse(path.read_bytes())["results"]
    return found


class SampleUpstream(ThreadingHTTPServer):
    """Answers the list and detail routes of LL2 from ``records``, which may change while it runs.

    ``log`` has the path and the headers of each request.
    """

    daemon_threads = True

    def __init__(self, records: Records) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.records = records
        self.log: list[tuple[str, dict[str, str]]] = []

    @property
    def base_url(self) -> str:
        """What to give as ``--base-url``."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """The status and the document for a request."""
        name, _, id_ = path.removeprefix(API_PATH).rstrip("/").partition("/")
        resource = RESOURCES.get(name)
        if resource is None:
            return 404, {"detail": "Not found."}
        if id_:
            return self._detail(resource, id_)
        listed = self.records.get((name, resource.mode_for(query.get("mode"))))
        if path != f"{API_PATH}{name}/" or listed is None:
            return 404, {"detail": "Not found."}
        if order := query.get("ordering"):
            listed = sorted(listed, key=lambda record: record[order])
        return 200, self._page(path, query, listed)

    def _detail(self, resource: Resource, id_: str) -> tuple[int, Any]:
        """One record, in the richest mode that is there."""
        lists = (self.records.get((resource.name, mode)) for mode in reversed(resource.modes))
        found = [
            next((record for record in listed if str(record["id"]) == id_), None)
            for listed in lists
            if listed is not None
        ]
        if found and all(found):
            return 200, self._linked(found[0], "")
        return 404, {"detail": "Not found."}

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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SampleUpstream

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.log.append((self.path, dict(self.headers)))
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        status, document = self.server.answer(parts.path, query)
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
def running(records: Records) -> Iterator[SampleUpstream]:
    """A sample upstream that answers until the block ends."""
    with SampleUpstream(records) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def questions() -> list[tuple[str, str]]:
    """The questions of the demo with their SQL, from ``data/questions.sql``."""
    blocks = shipped("data/questions.sql").read_text(encoding="utf-8").strip().split("\n\n")
    return [(head.removeprefix("-- "), sql) for head, _, sql in (b.partition("\n") for b in blocks)]
