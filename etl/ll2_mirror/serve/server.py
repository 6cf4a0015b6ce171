"""Runs Datasette with a mirror: LL2's API and the site, on one web server."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from contextlib import ExitStack
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import h11
import uvicorn
from datasette.app import DEFAULT_SETTINGS, Datasette
from datasette.utils import BadMetadataError, parse_metadata
from uvicorn.protocols.http.h11_impl import H11Protocol

from ll2_mirror.errors import UsageError
from ll2_mirror.serve.datasette_adapter import NAME, LiveDatabase, version_problem

_THEIRS = (asyncio.CancelledError, h11.LocalProtocolError)
# What uvicorn logs for a client that offers HTTP/2, as some do with each request.
_OFFERS = ("Unsupported upgrade request.", "No supported WebSocket library detected.")
_LAST_SECONDS = 3  # to finish responses when the server stops
_REQUEST_SECONDS = 20  # that a client may take to send a request
# Connections that wait to be accepted. At its limit of open files, asyncio logs each.
_BACKLOG = 100
_TOO_MANY = (errno.EMFILE, errno.ENFILE)
_TOLD_EVERY = 60  # seconds


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; raises UsageError."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with ExitStack() as undo:
            listening = undo.enter_context(socket.socket(family, kind, proto))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen()  # requests wait until the server runs
            undo.pop_all()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no host's name"
        raise UsageError(f"can't listen at {host}, port {port}: {reason}") from None
    return listening


def datasette(db: Path, base_url: str | None = None, **own: Any) -> Datasette:
    """A Datasette with a mirror; the API's links begin with ``base_url``, else as requested.

    ``own``: Datasette's options from the command line: files, metadata, settings and so on.
    Raises UsageError for an invalid option, and for an unsupported Datasette.
    """
    if problem := version_problem():
        raise UsageError(problem)
    given = _arguments(own)
    metadata = given.pop("metadata", {})
    config: dict[str, Any] = {"base_url": base_url} if base_url else {}
    plugins = metadata.get("plugins") or {}
    config = {**(plugins.get(NAME) or {}), **config}
    app = Datasette(**given, metadata={**metadata, "plugins": {**plugins, NAME: config}})
    beside = [each for each in app.databases.values() if not each.is_memory]
    app.databases = {name: each for name, each in app.databases.items() if each.is_memory}
    if not own.get("crossdb"):
        app.databases.pop("_memory", None)  # Datasette adds it if it gets no file
    for database in (LiveDatabase(app, db.absolute()), *beside):
        app.add_database(database)
    return app


def _arguments(own: dict[str, Any]) -> dict[str, Any]:
    """Command-line options as arguments of Datasette; raises UsageError."""
    metadata = own.get("metadata")
    return {
        "files": [str(path) for path in own.get("files", ())],
        "settings": dict(_setting(*pair) for pair in own.get("settings", ())),
        "metadata": _metadata(metadata) if metadata else {},
        "plugins_dir": own.get("plugins_dir") and str(own["plugins_dir"]),
        "template_dir": own.get("template_dir") and str(own["template_dir"]),
        "static_mounts": [(path, str(folder)) for path, folder in own.get("static", ())],
        "crossdb": own.get("crossdb", False),
        "cors": own.get("cors", False),
        "memory": own.get("crossdb", False),
    }


def _metadata(path: Path) -> dict[str, Any]:
    try:
        metadata = parse_metadata(path.read_text(encoding="utf-8"))
    except (BadMetadataError, OSError, UnicodeError) as error:
        raise UsageError(f"{path}: {error}") from None
    if not isinstance(metadata, dict):
        raise UsageError(f"{path} is not metadata: expected an object")
    return dict(metadata)


_SWITCHES = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}


def _setting(name: str, value: str) -> tuple[str, Any]:
    """A setting of Datasette's, with its value in the type of the default."""
    if name not in DEFAULT_SETTINGS:
        raise UsageError(
            f"{name} is not a Datasette setting: `datasette --help-settings` lists them"
        )
    default = DEFAULT_SETTINGS[name]
    try:
        if isinstance(default, bool):
            return name, _SWITCHES[value.lower()]
        return name, int(value) if isinstance(default, int) else value
    except (KeyError, ValueError):
        kind = "on or off" if isinstance(default, bool) else "a number"
        raise UsageError(f"the setting {name} is {kind}, not {value}") from None


class TimedConnection(H11Protocol):
    """A connection that is closed if a request isn't complete in time."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins the time for the first request."""
        super().connection_made(transport)
        self._time()

    def data_received(self, data: bytes) -> None:
        """Ends the time if a request is complete; else begins it, unless it began before."""
        super().data_received(data)
        self._time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the time."""
        super().connection_lost(exc)
        self._stop()

    def _time(self) -> None:
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop()
        elif not self._timer:
            self._timer = self.loop.call_later(_REQUEST_SECONDS, self.transport.close)

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None


def run(app: Datasette, listening: socket.socket) -> None:
    """Serves until it is interrupted or terminated, both of which are a normal end."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).addFilter(NewsFilter())
    try:
        asyncio.run(app.invoke_startup())
        config = uvicorn.Config(
            app.app(),
            log_level="warning",
            lifespan="on",
            http=TimedConnection,
            backlog=_BACKLOG,
            use_colors=False,  # else it asks stdout, which may be closed
            server_header=False,
            timeout_graceful_shutdown=_LAST_SECONDS,
        )
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        for database in app.databases.values():
            database.close()


class NewsFilter(logging.Filter):
    """Leaves out offers of HTTP/2, connections that end early, and invalid HTTP.

    Too many open files are one line a minute.
    """

    _told = -inf

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged."""
        error = record.exc_info and record.exc_info[1]
        if isinstance(error, OSError) and error.errno in _TOO_MANY:
            record.msg, record.exc_info = f"can't accept a connection: {error.strerror}", None
            is_due = monotonic() - self._told > _TOLD_EVERY
            self._told = monotonic() if is_due else self._told
            return is_due
        return not (isinstance(error, _THEIRS) or record.getMessage().startswith(_OFFERS))
