"""Datasette on a mirror, with its web server: LL2's paths under /2.3.0/, its own pages beside."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette

from ll2_mirror.errors import UsageError
from ll2_mirror.serve.database import LiveDatabase
from ll2_mirror.serve.plugin import NAME

_LAST_SECONDS = 3  # that those who are being answered have when the server ends


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises UsageError where it can't."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with ExitStack() as undo:
            found = undo.enter_context(socket.socket(family, kind, proto))
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen()  # who asks before the server runs waits for it
            undo.pop_all()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no host's name"
        raise UsageError(f"can't listen at {host}, port {port}: {reason}") from None
    return found


def datasette(db: Path, base_url: str | None = None) -> Datasette:
    """Datasette on a mirror; its plugin leads links to ``base_url``, else to where it was asked."""
    config: dict[str, Any] = {"base_url": base_url} if base_url else {}
    app = Datasette([], metadata={"plugins": {NAME: config}})
    app.remove_database("_memory")  # which it makes where it is given no file
    app.add_database(LiveDatabase(app, db.absolute()))
    return app


def run(app: Datasette, listening: socket.socket) -> None:
    """Serves until it is interrupted or terminated, which both are how a server ends."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    try:
        asyncio.run(app.invoke_startup())
        config = uvicorn.Config(
            app.app(),
            log_level="warning",
            lifespan="on",
            server_header=False,
            timeout_graceful_shutdown=_LAST_SECONDS,
        )
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        for database in app.databases.values():
            database.close()


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a record is more than that the end cut somebody off."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
