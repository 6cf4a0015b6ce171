"""What a server adds to the answers: a cache by the file's version, validators, gzip."""

from __future__ import annotations

import gzip
import hashlib
import sqlite3
from collections import OrderedDict
from dataclasses import dataclass
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from etl.browse import browse
from etl.clock import moment
from etl.errors import DataError
from etl.query import Answer, Mirror, Request, refusal
from etl.question import Known
from etl.store import APPLICATION_ID, SCHEMA_VERSION

MOST_BYTES = 64 * 2**20  # of answers kept
_SMALLEST_PACKED = 200  # bytes that are worth packing, as Django has it
_PACKED_AT = 1  # gzip's level: more takes longer than sending what it saves
_OK = 200
_QUICK = 20_000  # records that are asked so quickly that nobody need wait elsewhere

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Sent:
    """An answer as bytes for the wire."""

    status: int
    headers: Headers
    body: bytes

    @cached_property
    def etag(self) -> bytes:
        """What tells the body from others; weak, since it stands for the packed one, too."""
        return b'W/"%s"' % hashlib.blake2b(self.body, digest_size=16).hexdigest().encode()

    @cached_property
    def packed(self) -> bytes:
        """The body in gzip; empty where it is too short to be worth it."""
        return self.packing() if len(self.body) >= _SMALLEST_PACKED else b""

    def packing(self) -> bytes:
        """Packs the body."""
        return gzip.compress(self.body, _PACKED_AT, mtime=0)


def prepared(answer: Answer, modified: str | None = None) -> Sent:
    """An answer made ready to send again and again; ``modified``: when the last sync ended.

    That is as HTTP spells a time.
    """
    named = {"Content-Type": answer.media_type, **answer.headers}
    if modified and answer.status == _OK:
        named["Last-Modified"] = modified
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()]
    return Sent(answer.status, headers, answer.body)


def matches(if_none_match: bytes, etag: bytes) -> bool:
    """Whether a client has an answer already, by its If-None-Match header."""
    known = [one.strip() for one in if_none_match.split(b",")]
    bare = etag.removeprefix(b"W/")
    return b"*" in known or any(one.removeprefix(b"W/") == bare for one in known)


def packs(accept_encoding: bytes) -> bool:
    """Whether a client takes gzip."""
    for offer in accept_encoding.lower().split(b","):
        coding, _, quality = offer.partition(b";")
        if coding.strip() in (b"gzip", b"*"):
            return quality.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


class Watch:
    """Tells when a file has changed, through a connection that only reads.

    ``version`` moves with each commit of any other connection; None where it can't be read now.
    """

    def __init__(self, conn: sqlite3.Connection) -> None:
        self.conn = conn
        # Only in WAL mode does a reader never wait for a writer.
        self.waits = conn.execute("PRAGMA journal_mode").fetchone()[0] != "wal"
        conn.execute("PRAGMA busy_timeout = 0")

    @property
    def version(self) -> int | None:
        """The version of the file; see https://sqlite.org/pragma.html#pragma_data_version."""
        try:
            version: int = self.conn.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error:
            return None
        return version


class Cache:
    """The answers given since the file last changed, the oldest dropped where they are too many."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._size = 0
        self._version: int | None = None
        self._kept: OrderedDict[Request, Sent] = OrderedDict()

    def get(self, request: Request, version: int | None) -> Sent | None:
        """The answer to a request, if it was given since the file has this version."""
        if version is None or version != self._version:
            self._kept.clear()
            self._size, self._version = 0, version
        if request not in self._kept:
            return None
        self._kept.move_to_end(request)
        return self._kept[request]

    def keep(self, request: Request, sent: Sent, version: int | None) -> None:
        """Keeps an answer that was read when the file had this version, or later."""
        size = _size(request, sent)
        if version is None or version != self._version or size > self._most:
            return
        if request not in self._kept:
            self._kept[request] = sent
            self._size += size
        while self._size > self._most:
            self._size -= _size(*self._kept.popitem(last=False))


def _size(request: Request, sent: Sent) -> int:
    """The bytes that an answer takes, also when it was packed: by a fifth, or less."""
    asked = sum(len(part) for part in request if part)
    return 2000 + asked + len(sent.body) * 6 // 5


class Facts(NamedTuple):
    """What is known of a version of the file, and when the last sync ended, for HTTP."""

    version: int
    known: Known
    synced: str | None


class Reader:
    """Answers requests through one connection that only reads, each answer from one snapshot."""

    def __init__(self, path: Path, conn: sqlite3.Connection) -> None:
        self._name = path.name
        self._conn = conn
        self._facts: Facts | None = None

    @property
    def is_quick(self) -> bool:
        """Whether an answer takes a few milliseconds at most; False while that isn't known."""
        held = self._facts.known.held.values() if self._facts else ()
        return max((one.records for one in held), default=_QUICK + 1) <= _QUICK

    def __call__(self, request: Request) -> Sent:
        """The answer; raises sqlite3.Error or DataError where the file can't be read."""
        conn = self._conn
        conn.execute("BEGIN")
        try:
            version = conn.execute("PRAGMA user_version").fetchone()[0]  # the snapshot begins
            if version != SCHEMA_VERSION:
                words = f"Another version of ll2-mirror made {self._name}: `ll2-mirror status"
                return prepared(refusal(501, f"{words} {self._name}` helps."))
            facts = self._read_facts()
            mirror = Mirror(conn, self._name, browse, facts.known)
            return prepared(mirror.answer(request), facts.synced)
        finally:
            conn.execute("ROLLBACK")

    def _read_facts(self) -> Facts:
        """The facts of the snapshot; those read before, where the file is the same."""
        version = self._conn.execute("PRAGMA data_version").fetchone()[0]
        if self._facts is None or self._facts.version != version:
            finished = self._conn.execute("SELECT max(finished) FROM _runs").fetchone()[0]
            try:
                synced = format_datetime(moment(finished), usegmt=True) if finished else None
            except (ValueError, TypeError):
                raise DataError(f"{self._name}: its runs are damaged") from None
            self._facts = Facts(version, Known(self._conn), synced)
        return self._facts


def is_mirror(conn: sqlite3.Connection) -> bool:
    """Whether a file is a mirror of any version; raises sqlite3.Error where that can't be told."""
    return bool(conn.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)
