"""A few pictures, the server that has them, and a mirror that names them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from helpers import execute, sync
from ll2_mirror.testing import fake_ll2
from static_server import StaticSite, site

COUNT = 4  # pictures that the tables name, each small and in full


def png(shade: int) -> bytes:
    """A picture of one grey pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(bytes([0, shade])))
    return b"\x89PNG\r\n\x1a\n" + head + pixel + chunk(b"IEND", b"")


def made(db: Path) -> Path:
    """Makes a mirror that names a few pictures; of the first two nobody knows the license."""
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, "--base-url", upstream.base_url)
    keep = f"SELECT id FROM images ORDER BY id LIMIT {COUNT}"
    none = "image_url = NULL, thumbnail_url = NULL"
    execute(db, f"UPDATE images SET {none} WHERE id NOT IN ({keep})")
    execute(db, "UPDATE images SET license_id = NULL")
    nasa = "SELECT id FROM image_licenses WHERE name LIKE 'NASA%'"
    execute(db, f"UPDATE images SET license_id = ({nasa}) WHERE id IN ({keep} OFFSET 2)")
    return db


@contextmanager
def hosting(folder: Path) -> Iterator[StaticSite]:
    """A server that has the pictures."""
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"small{number}.png").write_bytes(png(number))
        (folder / f"full{number}.png").write_bytes(png(100 + number))
    with site(folder) as server:
        yield server


def lead_to(db: Path, host: StaticSite) -> None:
    """Has a mirror name the pictures of a server."""
    rows = execute(db, "SELECT id FROM images WHERE image_url NOT NULL ORDER BY id")
    for number, (id_,) in enumerate(rows):
        name(db, id_, f"{host.url}/small{number}.png", f"{host.url}/full{number}.png")


def name(db, id_, small, full=None):
    sql = "UPDATE images SET thumbnail_url = ?, image_url = ? WHERE id = ?"
    execute(db, sql, small, full, id_)


def first(db):
    return execute(db, "SELECT min(id) FROM images WHERE thumbnail_url NOT NULL")[0][0]


def folder_of(db):
    return db.with_name(f"{db.name}.images")


def copies(db):
    """The copies, whose names say what they hold."""
    found = {path.name for path in folder_of(db).iterdir() if path.suffix == ".png"}
    for path in found:
        assert path == f"{sha256((folder_of(db) / path).read_bytes()).hexdigest()}.png"
    return found
