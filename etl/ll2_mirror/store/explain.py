"""Turns SQLite's errors into ours: what happened, to which file, and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ll2_mirror.errors import DataError, MirrorError, NotAMirror, Stopped, UsageError

_AGAIN = "run the same command again"
_NO_ROOM = f": the disk, a quota or a limit of files is full: make room and {_AGAIN}"
_DAMAGED = " is damaged: {}: restore a backup, or sync to a new file"
_NO_FILE = (
    " is not an SQLite database, or its header is damaged: choose another file, or restore a backup"
)

# SQLite's name of the error, our error for it, and its text after the file's name. The first match
# counts. EDQUOT and EFBIG come as IOERR_WRITE: only ENOSPC is FULL.
_NAMED: tuple[tuple[str, type[MirrorError], str], ...] = (
    ("SQLITE_BUSY", Stopped, f" is in use by another process: {_AGAIN}"),
    ("SQLITE_LOCKED", Stopped, f" is in use by another process: {_AGAIN}"),
    ("SQLITE_FULL", Stopped, f": the disk is full: make room and {_AGAIN}"),
    ("SQLITE_IOERR_WRITE", Stopped, _NO_ROOM),
    ("SQLITE_IOERR_SHMSIZE", Stopped, _NO_ROOM),
    ("SQLITE_IOERR_CORRUPTFS", DataError, _DAMAGED),
    ("SQLITE_IOERR", Stopped, f": the disk failed ({{}}): {_AGAIN}"),
    ("SQLITE_READONLY", UsageError, " can't be written: {}"),
    ("SQLITE_CANTOPEN", UsageError, " can't be opened: {}"),
    ("SQLITE_NOTADB", NotAMirror, _NO_FILE),
    ("SQLITE_CORRUPT", DataError, _DAMAGED),
    ("SQLITE_INTERRUPT", Stopped, f": interrupted: {_AGAIN}"),
)
# The same by a part of the message, if SQLite has no name for the error.
_SAID: tuple[tuple[str, type[MirrorError], str], ...] = (
    ("no such table", NotAMirror, " lacks a table of a mirror: {}"),
    ("no such column", NotAMirror, " lacks a column of a mirror: {}"),
    ("has no column named", NotAMirror, " lacks a column of a mirror: {}"),
    ("no such module", NotAMirror, " needs an SQLite with FTS5: {}"),
    ("Could not decode", DataError, _DAMAGED),
    ("codec can't decode", DataError, _DAMAGED),  # what SQLite says of a damaged schema
    ("invalid fts5 file format", DataError, _DAMAGED),
    ("vtable constructor failed", DataError, _DAMAGED),
    ("already exists", DataError, _DAMAGED),  # what an upgrade makes
    # Ours raises nothing itself: a signal came while SQLite called it.
    ("user-defined function", Stopped, f": interrupted: {_AGAIN}"),
)


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Raises SQLite's errors about a file as ours, except those that only a bug causes."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise explained(error, path) or error from error


def explained(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> MirrorError | None:
    """Our error for one of SQLite's; None for one that only a bug of ours causes."""
    name = getattr(error, "sqlite_errorname", "")
    named = (row for row in _NAMED if name.startswith(row[0]))
    said = (row for row in _SAID if row[0] in str(error))
    _, ours, words = next(named, None) or next(said, ("", None, ""))
    return ours(f"{path}{words.format(error)}") if ours else None
