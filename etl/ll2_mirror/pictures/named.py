"""Which pictures the tables name, and under which licenses."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from ll2_mirror.errors import UsageError
from ll2_mirror.ll2.json import quote

UNKNOWN = "Unknown"  # what LL2 calls a license that nobody knows
_NAMED = (
    "SELECT thumbnail_url, image_url, coalesce(image_licenses.name, ?) FROM images"
    " LEFT JOIN image_licenses ON image_licenses.id = license_id ORDER BY images.id"
)


class Picture(NamedTuple):
    """A picture that the tables name: where it is, whether in full, its license's name.

    ``key`` is what it is known by, ``host`` who has it.
    """

    url: str
    full: bool
    license: str
    key: str
    host: str


class Licenses(NamedTuple):
    """Whose pictures are wanted, by the names of their licenses: only some, or all but some."""

    only: Collection[str] = ()
    but: Collection[str] = ()

    def allow(self, picture: Picture) -> bool:
        """Whether a picture is wanted."""
        return (not self.only or picture.license in self.only) and picture.license not in self.but


def key(url: str) -> str:
    """What a picture is known by: LL2 names it at several hosts, by day and API host.

    Empty for what is no URL, which has no copy.
    """
    try:
        return _key(urlsplit(url))
    except ValueError:
        return ""


def _key(parts: SplitResult) -> str:
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def named(conn: sqlite3.Connection) -> list[Picture]:
    """All pictures that the tables name, each once: the small ones first."""
    rows = conn.execute(_NAMED, (UNKNOWN,)).fetchall()
    made = (
        _picture(large if full else small, full, license_)
        for full in (False, True)
        for small, large, license_ in rows
    )
    found: dict[str, Picture] = {}
    for one in made:
        if one:
            found.setdefault(one.key, one)
    return list(found.values())


def _picture(url: object, full: bool, license_: str) -> Picture | None:
    """A picture; None where a value is nowhere to fetch one from."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        if not (parts and parts.scheme in ("http", "https") and parts.hostname):
            return None
    except ValueError:
        return None
    return Picture(str(url), full, license_, _key(parts), parts.netloc)


def check_licenses(conn: sqlite3.Connection, licenses: Licenses) -> None:
    """Raises UsageError for the name of a license that no picture can have."""
    known = {UNKNOWN, *(name for (name,) in conn.execute("SELECT name FROM image_licenses"))}
    for name in (*licenses.only, *licenses.but):
        if name not in known:
            raise UsageError(
                f"{quote(name)} is no license of a picture here: image_licenses has them"
            )
