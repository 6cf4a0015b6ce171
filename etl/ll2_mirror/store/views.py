"""Keeps the views for people in a file as this version makes them; a user's own stay."""

from __future__ import annotations

import sqlite3

from ll2_mirror.ll2.schema import SqlView, view_statements, views

_OURS = " AS\n    -- "  # how the text of each begins behind its name: a user's own doesn't


def renew_views(conn: sqlite3.Connection) -> None:
    """Makes the views anew that differ from those of this version, within no transaction."""
    there = _there(conn)
    stale = [view for view in views().values() if _differs(there.get(view.name), view)]
    if stale:
        drops = "".join(f"DROP VIEW IF EXISTS {name};" for name in ours(conn))
        conn.executescript(f"BEGIN IMMEDIATE;{drops}{view_statements()}COMMIT;")


def ours(conn: sqlite3.Connection) -> list[str]:
    """The views in a file that are ours, not a user's own."""
    return [name for name, sql in _there(conn).items() if name in views() and _is_ours(sql)]


def _there(conn: sqlite3.Connection) -> dict[str, str]:
    """What has the name of one of ours, or is a view; by name, how it was made."""
    return dict(conn.execute("SELECT name, sql FROM main.sqlite_master WHERE sql IS NOT NULL"))


def _is_ours(sql: str) -> bool:
    head, found, _ = sql.partition(_OURS)
    return bool(found) and head.startswith("CREATE VIEW ") and "\n" not in head


def _differs(sql: str | None, view: SqlView) -> bool:
    wanted = view.sql.replace(" IF NOT EXISTS", "", 1).rstrip(";\n")
    return sql is None or (_is_ours(sql) and sql != wanted)
