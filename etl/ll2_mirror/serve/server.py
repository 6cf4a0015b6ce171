"""Datasette on a mirror, with its web server: LL2's paths under /2.3.0/, its own pages beside."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import uvicorn
from datasette.app import Datasette

from ll2_mirror.errors import UsageError
from ll2_mirror.serve.plugin import NAME


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
    logged = db.with_name(f"{db.name}-wal").exists()
    fixed = not os.access(db, os.W_OK) and not logged  # nobody writes, so nobody need look out
    files = [str(db)]
    return Datasette(
        [] if fixed else files,
        immutables=files if fixed else [],
        metadata={"plugins": {NAME: config}},
    )


def run(app: Datasette, listening: socket.socket) -> None:
    """Serves until it is interrupted."""
    with suppress(KeyboardInterrupt):  # a server ends so
        asyncio.run(app.invoke_startup())
        config = uvicorn.Config(app.app(), log_level="warning", lifespan="on", server_header=False)
        uvicorn.Server(config).run(sockets=[listening])
