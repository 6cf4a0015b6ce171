"""What status and changes say. Reads only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from ll2_mirror.clock import from_iso as parsed
from ll2_mirror.clock import to_iso
from ll2_mirror.errors import DataError, UsageError
from ll2_mirror.extract.budget import Budget
from ll2_mirror.extract.crawl import end_of
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.load.quarantine import quarantined
from ll2_mirror.share.manifest import whence
from ll2_mirror.store.store import Store

_KINDS = ("added", "changed", "reordered", "gone")
_AGE = re.compile(r"(\d+)\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@contextmanager
def _reading(store: Store) -> Iterator[None]:
    """Raises DataError where the tool's own tables hold what no sync writes."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        told = " ".join(str(error).split())
        raise DataError(f"{store.path}: its history or its runs are damaged: {told}") from error


def status(store: Store, now: datetime) -> dict[str, Any]:
    """How the mirror stands, as the JSON object of ``status --json``."""
    with _reading(store):
        return {
            "db": str(store.path),
            "schema_version": SCHEMA_VERSION,
            "base_url": store.settings.get("base_url"),
            "pulled": whence(store),
            "mode": store.settings.mode,
            "resources": list(_resources(store, now)),
            "under_way": list(_under_way(store)),
            "budget": _budget(store),
            "last_error": json.loads(store.settings.get("last_error") or "null"),
            "quarantine": list(_quarantine(store)),
            "tables": _table_counts(store),
            "drift": _drift(store),
        }


def oldest_age(found: dict[str, Any]) -> int | None:
    """The age in seconds of the resource that was synced longest ago; None before a first sync."""
    return max((held["age_seconds"] for held in found["resources"]), default=None)


def _under_way(store: Store) -> Iterator[dict[str, Any]]:
    """The walks that were begun and not published, as far as they are."""
    for walk in store.walks.under_way():
        pages = store.walks.pages(walk)
        if pages:
            left = max(0, (walk.total or 0) - end_of(pages))
            limit = pages[-1].limit
            yield {
                "resource": walk.resource,
                "mode": walk.mode,
                "started": walk.started,
                "pages": len(pages),
                "of": len(pages) + -(-left // limit) if walk.total is not None else None,
                "records": min(end_of(pages), walk.total or 0),
                "total": walk.total,
            }


def _budget(store: Store) -> dict[str, Any] | None:
    """What the server of the last sync may still be asked, as far as the file knows."""
    row = store.conn.execute("SELECT base_url FROM _requests ORDER BY id DESC LIMIT 1")
    base_url = next(row, [None])[0]
    if base_url is None:
        return None
    standing = Budget(store, store.clock, base_url).standing()
    return {
        "base_url": base_url,
        "limit": standing.limit,
        "seconds": round(standing.window),
        "left": None if standing.limit is None else round(standing.left),
        "resumes": to_iso(standing.resumes) if standing.resumes else None,
    }


def _quarantine(store: Store) -> Iterator[dict[str, Any]]:
    """The records that the last walk didn't bring."""
    for name in RESOURCES:
        for one in quarantined(store, name):
            yield {
                "resource": name,
                "id": one.id,
                "reason": one.reason,
                "sent": one.sent is not None,
                "stands": one.stands is not None,
                "since": _finished(store, one.run),
            }


def _finished(store: Store, run: int) -> str:
    """When a run ended."""
    return store.ledger.runs("id = ?", run)[0].finished


def _resources(store: Store, now: datetime) -> Iterator[dict[str, Any]]:
    for name in store.settings.resources:
        walk, run = store.walks.published(name), store.ledger.last_run(name)
        if run is None:
            raise ValueError(f"{name} has no run")
        yield {
            "resource": name,
            "mode": walk.mode if walk else None,
            "synced": run.finished,
            "age_seconds": max(0, round((now - parsed(run.finished)).total_seconds())),
            "records": int(run.records),
            "requests": int(run.requests),
            "conflicts": int(run.conflicts),
            "tombstones": store.ledger.tombstones(name),
        }


def _table_counts(store: Store) -> dict[str, int]:
    """The rows of each public table that has any."""
    from sqlite_utils import Database  # 60 ms, so only where it is used

    db = Database(store.conn, execute_plugins=False, recursive_triggers=False)
    names = [name for name in db.table_names() if not name.startswith(("_", "sqlite_"))]
    counts = {name: db.table(name).count for name in names}
    return {name: count for name, count in counts.items() if count}


def _drift(store: Store) -> list[dict[str, Any]]:
    rows = store.conn.execute("SELECT shape, key, what, id, run FROM _drift ORDER BY 1, 2, 3")
    return [
        {"shape": shape, "key": key, "what": what, "id": id_, "since": _finished(store, run)}
        for shape, key, what, id_, run in rows.fetchall()
    ]


def changes(store: Store, since: datetime | None, everything: bool) -> dict[str, Any]:
    """What each run changed, oldest first, as the JSON object of ``changes --json``.

    Runs that changed nothing are left out; so is, unless ``everything``, what moves by itself.
    """
    runs = []
    with _reading(store):
        for run in store.ledger.runs():
            if since and parsed(run.finished) < since:
                continue
            if found := list(_run_changes(store, run.id, everything)):
                about = {"run": run.id, "resource": run.resource, "finished": run.finished}
                runs.append({**about, "changes": found})
    return {"runs": runs}


def _run_changes(store: Store, run: int, everything: bool) -> Iterator[dict[str, Any]]:
    kinds = {(s.table, key.name): key.kind for s in SHAPES.values() for key in s.keys}
    for one in store.ledger.changes(run, moving=everything):
        if one.kind not in _KINDS:
            raise ValueError(f"a change of the kind {one.kind}")
        name = _name(store, one.table, one.id)
        change = {"table": one.table, "id": one.id, "name": name, "kind": one.kind}
        if one.key:
            kept = kinds.get((one.table, one.key), "many")  # _extra is JSON, as lists are
            change |= {
                "key": one.key,
                "from": _value(kept, one.before),
                "to": _value(kept, one.after),
            }
        elif one.kind == "gone":
            change["from"] = _value("many", one.before)
        yield {**change, "moving": bool(one.moving)}


def _name(store: Store, table: str, id_: Any) -> str | None:
    """The name of a row, where its table has names, also of one that is gone."""
    if not any(s.table == table and "name" in s.columns for s in SHAPES.values()):
        return None
    row = store.conn.execute(f'SELECT name FROM "{table}" WHERE id = ?', (id_,)).fetchone()
    if row:
        return str(row[0]) if row[0] is not None else None
    last = store.ledger.last_state(table, id_)
    return json.loads(last).get("name") if last else None


def _value(kind: str, value: Any) -> Any:
    """A value of the history as LL2 has it."""
    if value is None:
        return None
    if kind == "many":
        return json.loads(value)
    return bool(value) if kind == "bool" else value


def moment(text: str, now: datetime) -> datetime:
    """A point in time from ``2026-11-23``, ``2026-11-23T20:00:00Z`` or an age such as ``2d``.

    Without a zone it is UTC. Raises UsageError for anything else.
    """
    try:
        return now - age(text) if _AGE.fullmatch(text) else parsed(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text} is no time: expected one like 2026-11-23, 2026-11-23T20:00:00Z or 2d"
        ) from None


def age(text: str) -> timedelta:
    """A length of time from ``90s``, ``15m``, ``12h``, ``2d`` or ``1w``; raises UsageError."""
    match = _AGE.fullmatch(text)
    try:
        if match:
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        pass
    raise UsageError(f"{text} is no age: expected one like 15m, 12h, 2d or 1w")
