"""Reads responses from a file, each from one state of it, and caches them until it changes."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from ll2_mirror.api.handlers import Api
from ll2_mirror.api.request import Request, decoded, find_route
from ll2_mirror.api.response import as_json
from ll2_mirror.api.snapshot import LRU, SnapshotCache
from ll2_mirror.errors import TooLong
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.serve.asgi import HttpResponse, http_response
from ll2_mirror.serve.browse import browse
from ll2_mirror.store.reader import (
    READ_SECONDS,
    File,
    Latest,
    Reading,
    Version,
    snapshot,
    time_limit,
)

MOST_BYTES = 64 * 2**20  # of responses that are cached
_QUICK = 20_000  # records: lists up to this size are read in the event loop
_QUICK_SECONDS = 0.25  # that the event loop may be blocked


class FileState(NamedTuple):
    """One state of the file."""

    version: Version
    snapshot: SnapshotCache
    waits: bool  # perhaps for a writer


class Responder:
    """Responds from a file, or from the cache if the file is unchanged."""

    def __init__(self, file: File, most: int = MOST_BYTES) -> None:
        self.responses = LRU[HttpResponse](most)  # by the file's version and the request
        self._name = file.path.name
        self._latest = Latest(file)
        self._watch = Latest(file, timeout=0)
        self._state: FileState | None = None
        self._thread = ThreadPoolExecutor(1, "ll2")
        self._busy = 0  # requests in the thread

    async def __call__(self, request: Request) -> HttpResponse:
        """The response; raises sqlite3.Error or MirrorError if the file can't be read."""
        version = self._watch.version
        if version and (response := self.responses.get((version, request))):
            return response
        response = await self._read_quickly(request)
        route = find_route(decoded(request.path))
        if version and not (route and (route.sublist or not route.name)):  # which time changes
            # With the compressed body, which has at most a fifth of its size.
            size = 2000 + sum(map(len, filter(None, request))) + len(response.body) * 6 // 5
            self.responses.keep((version, request), response, size)
        return response

    async def _read_quickly(self, request: Request) -> HttpResponse:
        """Reads a response: in the event loop if that is quick, else in a thread.

        It is one thread, and not one of Datasette's many, so that all share its cache.
        """
        if self._is_quick and not self._busy:
            try:
                return self.read(request, _QUICK_SECONDS)
            except TooLong:
                pass  # it goes on in the thread, so that others needn't wait
        self._busy += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self.read, request, READ_SECONDS)
        finally:
            self._busy -= 1

    @property
    def _is_quick(self) -> bool:
        """Whether a response takes a few milliseconds; False if that isn't known."""
        if self._state is None or self._state.waits:
            return False
        sizes = (holding.records for holding in self._state.snapshot.holdings.values())
        return max(sizes, default=0) <= _QUICK

    def read(self, request: Request, seconds: float) -> HttpResponse:
        """The response, not from the cache; raises TooLong if it takes more than so many seconds.

        Raises sqlite3.Error or MirrorError if the file can't be read.
        """
        return self._latest(partial(self._read, request, seconds))

    def _read(self, request: Request, seconds: float, conn: Reading) -> HttpResponse:
        with snapshot(conn), time_limit(conn, seconds, self._name):
            schema = conn.execute("PRAGMA user_version").fetchone()[0]  # the snapshot begins
            if schema != SCHEMA_VERSION:
                return http_response(as_json(501, {"detail": other_version(self._name, schema)}))
            if self._state is None or self._state.version != conn.version:
                known = SnapshotCache(conn, self._name)
                self._state = FileState(conn.version, known, conn.waits)
            known = self._state.snapshot
            response = Api(conn, self._name, browse, known).respond(request)
            return http_response(response, [known.ages[name] for name in response.lists])


def other_version(name: str, version: int) -> str:
    """What to do about a file of another schema version."""
    if version < SCHEMA_VERSION:
        return f"{name} was made by an older ll2-mirror: `ll2-mirror sync {name}` upgrades it."
    return f"{name} was made by a newer ll2-mirror: upgrade the server."
