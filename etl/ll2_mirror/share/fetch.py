"""Gets a published snapshot beside the mirror that it is for: resumed where it broke off, checked.

What is fetched bears the mirror's name and the digest of what it is to become, so that the next
pull knows it again.
"""

from __future__ import annotations

import gzip
import shutil
import zlib
from functools import partial
from pathlib import Path

from ll2_mirror.clock import Clock
from ll2_mirror.errors import DataError, Faulted, Stopped
from ll2_mirror.extract.retry import patiently
from ll2_mirror.progress import Tell
from ll2_mirror.share.disk import CHUNK, discard, sha256, writing
from ll2_mirror.share.manifest import File, Manifest
from ll2_mirror.share.transport import Transport


def staged(db: Path, digest: str, suffix: str = "") -> Path:
    """Where a snapshot with this digest is staged for a mirror."""
    return db.with_name(f"{db.name}.pull-{digest[:16]}{suffix}")


def clear(db: Path, but: str = "none") -> None:
    """Takes away what was staged for a mirror, but what was fetched of one with this digest."""
    kept = staged(db, but), staged(db, but, ".gz")
    for path in list(db.parent.iterdir()):
        if path.name.startswith(f"{db.name}.pull-") and path not in kept:
            path.unlink(missing_ok=True)


def fetch(transport: Transport, manifest: Manifest, db: Path, clock: Clock, tell: Tell) -> Path:
    """The path of the snapshot that a manifest names, whole and checked.

    Raises DataError where it isn't what the manifest says, Stopped where there is no room, and
    what ``transport`` raises.
    """
    file, packed = manifest.file, manifest.packed if transport.far else None
    path = staged(db, file.sha256)
    if _is_whole(path, file):
        return path
    _check_room(db.parent, 2 * file.bytes)  # once more when it is brought in
    get = partial(_get, transport, clock=clock, tell=tell)
    if packed is None:
        get(file, path)
        return path
    gz = staged(db, file.sha256, ".gz")
    get(packed, gz)
    _unpack(gz, path, file.bytes)
    if not _is_whole(path, file):
        raise _differs(transport, file)
    return path


def _get(transport: Transport, file: File, path: Path, clock: Clock, tell: Tell) -> None:
    """Gets a file; what an earlier try left of it may be of another making, so once more anew."""
    for _ in range(2):
        patiently(partial(_go_on, transport, file, path, tell), clock, tell)
        if _is_whole(path, file):
            return
        discard(path)
    raise _differs(transport, file)


def _differs(transport: Transport, file: File) -> DataError:
    what = "isn't what its manifest says: its size or its SHA-256 differs"
    return DataError(f"{transport.name}/{file.name} {what}")


def _go_on(transport: Transport, file: File, path: Path, tell: Tell) -> None:
    """Fetches what is still missing of a file; no more than its size."""
    have = path.stat().st_size if path.exists() else 0
    with writing(path), path.open("ab") as out:
        for chunk in transport.read(file.name, have) if have < file.bytes else ():
            have += out.write(chunk[: file.bytes + 1 - have])
            tell("fetched", bytes=have, of=file.bytes)
            if have > file.bytes:
                break
    if have < file.bytes:
        raise Faulted(f"{transport.name}/{file.name} broke off after {have} of {file.bytes} bytes")


def _is_whole(path: Path, file: File) -> bool:
    return path.exists() and path.stat().st_size == file.bytes and sha256(path) == file.sha256


def _unpack(gz: Path, path: Path, size: int) -> None:
    """Unpacks a file; of one that is larger than it should be, enough to see that."""
    with writing(path), path.open("wb") as out, gzip.open(gz) as packed:
        try:
            while out.tell() <= size and (chunk := packed.read(CHUNK)):
                out.write(chunk)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            out.truncate(0)  # which is not what was published


def _check_room(folder: Path, needed: int) -> None:
    """Raises Stopped where a disk has no room for so many bytes: also for what no disk has."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise Stopped(
            f"{folder}: {needed:,} bytes are needed and {free:,} free: make room and run the same"
            " command again"
        )
