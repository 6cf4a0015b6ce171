"""What can go wrong in a response, as faults of the fake LL2, and records for three pages."""

from __future__ import annotations

import gzip
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from ll2_mirror.ll2.json import KEPT, parse, spell, text
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.testing.fake_ll2 import FakeHandler, Fault, Records, bundled

COUNT = 205  # records: two pages of 100, and a short one
LIST = f"{API_PATH}spacecraft/"
OK = "200 OK"


def three_pages(*, news: bool) -> Records:
    """Enough spacecraft for three pages; with news, some differ, one is gone and one is added."""
    made = []
    models = bundled()["spacecraft", "normal"][7:9]  # which agree on what they nest
    for n in range(COUNT + 1):
        record = {**models[n % len(models)]}
        record |= {"id": 1000 + n, "name": f"Craft {n}", "url": f"http://x{LIST}{1000 + n}/"}
        if news and n % 5 in (2, 3):
            record["description"] = f"News of {n}."
        made.append(record)
    made.pop(7 if news else -1)
    return {("spacecraft", "normal"): made}


def elsewhere(handler: FakeHandler) -> str:
    """The URL of a second server, which nobody may ask: a test gives it to the fake LL2."""
    return getattr(handler.server, "elsewhere", "")


def reset(handler: FakeHandler) -> None:
    """Ends the connection with RST."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.rfile.close()
    handler.connection.close()


# What can go wrong. Each makes a fault.


def status(line: str, *headers: str, body: bytes = b'{"detail":"It broke."}') -> Fault:
    """Another status; a header may have ``{soon}`` or ``{far}``, dates, or ``{elsewhere}``."""

    def fault(handler: FakeHandler, right: bytes) -> None:
        places = {
            "soon": handler.date_time_string(time.time() + 30),
            "far": handler.date_time_string(time.time() + 3000),
            "elsewhere": elsewhere(handler),
        }
        handler.reply(line, body, *(header.format(**places) for header in headers))

    return fault


def body(change: Callable[[bytes], bytes] | bytes, *headers: str, length: object = None) -> Fault:
    """Status 200 with another text."""

    def fault(handler: FakeHandler, right: bytes) -> None:
        told = change if isinstance(change, bytes) else change(right)
        told = told.replace(b"{elsewhere}", elsewhere(handler).encode())
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

    def fault(handler: FakeHandler, right: bytes) -> None:
        handler.send(*(part if isinstance(part, bytes) else part(right) for part in parts))
        if reset:
            reset(handler)

    return fault


def drip(*parts: bytes, every: float, seconds: float = 0.5) -> Fault:
    """Some bytes, then single ones for so long: far longer than the client's patience."""

    def fault(handler: FakeHandler, right: bytes) -> None:
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
