"""A static web server on loopback, as any that serves a published folder, and its faults."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ll2_mirror.testing.fake_ll2 import answering


class Handler(BaseHTTPRequestHandler):
    """Answers with a file, from where it is asked for, or that it is still the same."""

    protocol_version = "HTTP/1.1"
    server: StaticSite

    def do_GET(self) -> None:
        self.server.log.append((self.path, dict(self.headers)))
        path = self.server.folder / self.path.removeprefix("/")
        body = path.read_bytes() if path.is_file() else None
        fault = self.server.fault
        if fault is not None and fault(self, body):
            self.close_connection = True
            return
        if body is None:
            self.reply(404)
            return
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self.reply(304, b"", ("ETag", etag))
            return
        asked = self.wanted
        if asked is None:
            self.reply(200, body, ("ETag", etag))
            return
        part = body[asked]
        said = f"bytes {asked.start}-{asked.start + len(part) - 1}/{len(body)}"
        self.reply(206, part, ("Content-Range", said))

    @property
    def wanted(self) -> slice | None:
        """The asked range."""
        first, _, last = self.headers.get("Range", "").removeprefix("bytes=").partition("-")
        return slice(int(first), int(last) + 1 if last else None) if first else None

    def reply(
        self, status: int, body: bytes = b"", *headers: tuple[str, str], cut: int = 0
    ) -> None:
        """An answer; ``cut``: so many bytes of it are missing at its end."""
        self.send_response(status)
        last = ("Connection", "keep-alive" if self.server.fault is None else "close")
        for name, value in (*headers, last, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) - cut])
        self.server.sent += len(body) - cut

    def log_message(self, *_: object) -> None:
        """Says nothing."""


Fault = Callable[[Handler, "bytes | None"], bool]  # whether it has answered


class StaticSite(ThreadingHTTPServer):
    """Serves a folder; ``fault`` may answer in its place. ``sent`` counts the bytes of bodies."""

    daemon_threads = True

    def __init__(self, folder: Path, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        super().__init__(address, Handler)
        self.folder = folder
        self.fault: Fault | None = None
        self.log: list[tuple[str, dict[str, str]]] = []
        self.sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def asked(self) -> list[str]:
        """The paths asked for."""
        return [path for path, _ in self.log]

    def handle_error(self, *_: object) -> None:
        """A client that hung up is none of our business."""


@contextmanager
def site(folder: Path) -> Iterator[StaticSite]:
    """A server of a folder, until the block ends."""
    with answering(StaticSite(folder)) as server:
        yield server


# What can go wrong. Each makes a fault of the files whose names end so.


def breaks(ending: str | tuple[str, ...], fault: Fault, times: float = float("inf")) -> Fault:
    """A fault of some files only, so many times."""
    left = [times]

    def some(handler: Handler, body: bytes | None) -> bool:
        if not handler.path.endswith(ending) or left[0] <= 0:
            return False
        left[0] -= 1
        return fault(handler, body)

    return some


def cut_after(count: int) -> Fault:
    """The connection ends when so many bytes of what was asked for were sent."""

    def fault(handler: Handler, body: bytes | None) -> bool:
        assert body is not None
        begin = handler.wanted.start if handler.wanted else 0
        rest = body[begin:]
        headers = [("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")]
        missing = max(0, len(rest) - count)
        handler.reply(206 if begin else 200, rest, *(headers if begin else []), cut=missing)
        return True

    return fault


def status(code: int, *headers: tuple[str, str]) -> Fault:
    """Another status."""

    def fault(handler: Handler, _: bytes | None) -> bool:
        handler.reply(code, b"no", *headers)
        return True

    return fault


def instead(change: Callable[[bytes], bytes]) -> Fault:
    """Another body, from its beginning, whatever range was asked for."""

    def fault(handler: Handler, body: bytes | None) -> bool:
        assert body is not None
        handler.reply(200, change(body))
        return True

    return fault


def drip(seconds: float, *, chunked: bool = False) -> Fault:
    """A byte now and then: never long enough apart for a socket's timeout."""
    piece = b"1\r\nx\r\n" if chunked else b"x"

    def fault(handler: Handler, body: bytes | None) -> bool:
        handler.send_response(200)
        length = ("Transfer-Encoding", "chunked"), ("Content-Length", str(len(body or b"")))
        handler.send_header(*length[not chunked])
        handler.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            handler.wfile.write(piece)
            time.sleep(0.05)
        return True

    return fault


def main(folder: str, host: str, port: str, log: str) -> None:
    """Serves a folder at an address; notes each request in a file."""
    with StaticSite(Path(folder), (host, int(port))) as server, Path(log).open("a") as notes:

        def note(handler: Handler, _: bytes | None) -> bool:
            notes.write(f"{handler.path} {handler.headers.get('Range', '')}\n")
            notes.flush()
            return False

        server.fault = note
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
