"""An LL2 on loopback that speaks HTTP badly on demand, and a second server nobody may ask."""

from __future__ import annotations

import copy
import gzip
import math
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from ll2_mirror.ll2.json import KEPT, parse, spell, text
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.testing.fake import Records, SampleUpstream, answering, asked, bundled

COUNT = 205  # records: two pages of 100, and a short one
LIST = f"{API_PATH}spacecraft/"
OK = "200 OK"


def world(*, news: bool) -> Records:
    """Enough spacecraft for three pages; with news, some differ, one is gone and one is added."""
    made = []
    models = bundled()["spacecraft", "normal"][7:9]  # which agree on what they nest
    for n in range(COUNT + 1):
        record = copy.deepcopy(models[n % len(models)])
        record |= {"id": 1000 + n, "name": f"Craft {n}", "url": f"http://x{LIST}{1000 + n}/"}
        if news and n % 5 in (2, 3):
            record["description"] = f"News of {n}."
        made.append(record)
    made.pop(7 if news else -1)
    return {("spacecraft", "normal"): made}


class Handler(BaseHTTPRequestHandler):
    """Answers rightly, unless a fault is due; then the fault writes what it likes."""

    protocol_version = "HTTP/1.1"
    server: FaultyUpstream

    def do_GET(self) -> None:
        self.server.log.append((self.path, dict(self.headers)))
        path, query = asked(self.path)
        status, body = self.server.right(path, query)
        fault = self.server.due(path, int(query.get("offset", 0)))
        if fault:
            self.close_connection = True
            fault(self, body)
        else:
            self.reply(f"{status} Right", body)

    def reply(
        self, status: str, body: bytes, *headers: str, length: object = None, keep: bool = False
    ) -> None:
        """An answer, whose headers may lie; ``keep``: the connection stays, as in HTTP/1.1."""
        known = len(body) if length is None else length
        self.close_connection = self.close_connection and not keep
        head = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {known}"]
        head += ["Connection: close"] if self.close_connection else []
        self.send(("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body)

    def send(self, *parts: bytes) -> None:
        """Bytes as they are."""
        self.wfile.write(b"".join(parts))

    def reset(self) -> None:
        """Ends the connection with RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing."""


Fault = Callable[[Handler, bytes], None]


class FaultyUpstream(SampleUpstream):
    """``breaks`` sets the fault of a path's pages at one hundred offsets, ``heals`` ends it."""

    def __init__(self, records: Records) -> None:
        super().__init__(records)
        self.elsewhere = ""  # a URL that nobody may follow
        self.RequestHandlerClass = Handler
        self._known: dict[Any, tuple[int, bytes]] = {}
        self.heals()

    def breaks(
        self, fault: Fault, first: int = 0, times: float = math.inf, path: str = LIST
    ) -> None:
        self._fault, self._path, self._times = fault, path, times
        self._offsets = range(first, first + 100)
        self.hits = 0
        self.log.clear()

    def heals(self) -> None:
        self._times = 0.0

    def right(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        """What a healthy server answers; remembered as long as the records are the same."""
        asked = (path, *sorted(query.items()))
        if asked not in self._known:
            status, document = self.answer(path, query)
            self._known[asked] = status, text(spell(document)).encode()
        return self._known[asked]

    def lists(self, records: Records) -> None:
        """From now on it has these."""
        self.records = records
        self._known.clear()

    def due(self, path: str, offset: int) -> Fault | None:
        if not self._times or path != self._path or offset not in self._offsets:
            return None
        self._times -= 1
        self.hits += 1
        return self._fault

    def handle_error(self, *_: Any) -> None:
        """A client that hung up is none of our business."""


@contextmanager
def serving(records: Records) -> Iterator[FaultyUpstream]:
    """A faulty upstream that answers until the block ends; whole until it breaks."""
    with answering(FaultyUpstream(records)) as server:
        yield server


# What can go wrong. Each makes a fault.


def status(line: str, *headers: str, body: bytes = b'{"detail":"It broke."}') -> Fault:
    """Another status; a header may have ``{soon}`` or ``{far}``, dates, or ``{elsewhere}``."""

    def fault(handler: Handler, right: bytes) -> None:
        places = {
            "soon": handler.date_time_string(time.time() + 30),
            "far": handler.date_time_string(time.time() + 3000),
            "elsewhere": handler.server.elsewhere,
        }
        handler.reply(line, body, *(header.format(**places) for header in headers))

    return fault


def body(change: Callable[[bytes], bytes] | bytes, *headers: str, length: object = None) -> Fault:
    """Status 200 with another text."""

    def fault(handler: Handler, right: bytes) -> None:
        told = change if isinstance(change, bytes) else change(right)
        told = told.replace(b"{elsewhere}", handler.server.elsewhere.encode())
        handler.reply(OK, told, *headers, length=length)

    return fault


def page(change: Callable[[dict[str, Any]], object]) -> Fault:
    """Status 200 with a page that ``change`` worked on, in place."""

    def changed(right: bytes) -> bytes:
        document = parse(right)
        change(document)
        return text(spell(document, KEPT)).encode()

    return body(changed)


def raw(*parts: bytes | Callable[[bytes], bytes], reset: bool = False) -> Fault:
    """Bytes of which nothing is HTTP but what they say; then the end, or a reset."""

    def fault(handler: Handler, right: bytes) -> None:
        handler.send(*(part if isinstance(part, bytes) else part(right) for part in parts))
        if reset:
            handler.reset()

    return fault


def drip(*parts: bytes, every: float, seconds: float = 0.5) -> Fault:
    """Some bytes, then single ones for so long: far longer than the client's patience."""

    def fault(handler: Handler, right: bytes) -> None:
        handler.send(*parts)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(every)
            handler.send(b" " if parts else b"H")

    return fault


def unpacked(right: bytes) -> bytes:
    """65 MiB of spaces before a page, in a few KiB."""
    return _BOMB + gzip.compress(right, 1)  # two members are one stream


_BOMB = gzip.compress(b" " * (65 * 2**20), 1)
