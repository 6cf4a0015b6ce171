"""The state of a mirror, as data for programs and as metrics for Prometheus. Only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from math import inf
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from ll2_mirror.clock import age, from_iso, to_iso
from ll2_mirror.due import failures, without_parts
from ll2_mirror.extract.rate_limit import HOUR, Budget
from ll2_mirror.files import printable
from ll2_mirror.images.folder import ImageFolder, image_counts
from ll2_mirror.ll2.lists import NEW, RESOURCES, SLICES, slice_name
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.share.publisher import pulled_from
from ll2_mirror.store.ages import ages
from ll2_mirror.store.file import Store
from ll2_mirror.store.ledger import Run
from ll2_mirror.store.sql import Typed

# The least maximum age in `late`: LL2 may be unreachable for this long.
OUTAGE = 6 * HOUR
FILL = 2.5 * 24 * HOUR  # the maximum age of a list that was never fetched


def status(store: Store, now: datetime) -> dict[str, Any]:
    """The state of the mirror, as the JSON object of ``status --json``.

    Raises DataError if the tool's own tables contain what no sync writes.
    """
    folder, resources = ImageFolder(store.path), list(_resources(store, now))
    return {
        "db": str(store.path),
        "schema_version": SCHEMA_VERSION,
        "base_url": store.settings.base_url,
        "pulled": pulled_from(store),
        "mode": store.walks.mode,
        "resources": resources,
        "late": dict(_lateness(store, resources, now)),
        "failed": [{"resource": name, **how._asdict()} for name, how in failures(store).items()],
        "under_way": [walk._asdict() for walk in store.walks.progress()],
        "budget": _budget(store),
        "last_error": _last_error(store),
        "quarantine": list(_quarantine(store)),
        "images": image_counts(store.conn, folder) if folder.index() else None,
        "tables": _table_counts(store),
        "drift": list(_drift(store)),
    }


def _lateness(
    store: Store, resources: list[dict[str, Any]], now: datetime
) -> Iterator[tuple[str, float | None]]:
    """The age of each list divided by its maximum age; None if it isn't known.

    The lists are those of the last ``sync --due``, else all that the file has. The age of a list
    that was never fetched begins when it was first requested.
    """
    held, due = {each["resource"]: each for each in resources}, store.settings.due
    for name in due or without_parts(held):
        row = held.get(name, held.get(SLICES[name].resource.name))
        if row:
            seconds, allowed = row["age_seconds"], max(OUTAGE, row["max_age_seconds"])
        else:
            since = Typed(store.path).time(due[name], "_settings due")
            seconds, allowed = age(since, now), FILL
        yield name, None if seconds is None else round(seconds / allowed, 2)


def late_lists(status: dict[str, Any], times: float) -> list[str]:
    """The lists older than so many times their maximum age, or of unknown age."""
    return [name for name, late in status["late"].items() if late is None or late > times]


def oldest_age(status: dict[str, Any]) -> float:
    """The age in seconds of the resource that was synced longest ago.

    Infinite before the first sync, and if a resource was synced at a time in the future, because
    the clock was wrong.
    """
    ages = [resource["age_seconds"] for resource in status.get("resources", ())]
    return inf if None in ages else max(ages, default=inf)


def _resources(store: Store, now: datetime) -> Iterator[dict[str, Any]]:
    """The resources that were synced; the age is None if that was in the future."""
    limits = ages(store)
    for name in store.settings.resources:
        part, fresh = SLICES[name], slice_name(name, NEW)
        kinds = (part.kind,) if part.kind else ("", NEW)
        walk = store.walks.holding(part.resource.name).walks.get(part.kind)
        run = _run(store, store.ledger.last_run(part.resource.name, *kinds))
        finished = Typed(store.path).time(run.finished, f"_runs {run.id}: finished")
        yield {
            "resource": name,
            "mode": walk.mode if walk else None,
            "synced": run.finished,
            "age_seconds": age(finished, now),
            "max_age_seconds": round(min(limits[name], limits.get(fresh, inf))),
            "records": run.records,
            "requests": run.requests,
            "conflicts": run.conflicts,
            "tombstones": store.ledger.tombstones(name),
            "twice": store.walks.listed_twice(walk) if walk else [],
        }


def _run(store: Store, run: Run | None) -> Run:
    """A run; raises DataError if it is missing, or its values have other types."""
    if run is None:
        raise Typed(store.path).damaged("a run in _runs", None)
    return Typed(store.path).row(run, f"_runs {run.id}")


def _budget(store: Store) -> dict[str, Any] | None:
    """The rate limit of the last sync's server, as far as the file knows it."""
    row = store.conn.execute("SELECT base_url FROM _requests ORDER BY id DESC LIMIT 1").fetchone()
    if row is None:
        return None
    base_url = Typed(store.path).text(row[0], "_requests: base_url")
    rate_limit = Budget(store, base_url).current()
    return {
        "base_url": base_url,
        "limit": rate_limit.limit,
        "seconds": round(rate_limit.window),
        "left": None if rate_limit.limit is None else round(rate_limit.left),
        "resumes": to_iso(rate_limit.resumes) if rate_limit.resumes else None,
    }


class _Failure(NamedTuple):
    """A failed sync; ``at`` and ``resumes`` are ISO times."""

    at: str
    exit_code: int
    message: str
    resumes: str | None


def _last_error(store: Store) -> dict[str, Any] | None:
    """The error of the last sync, if it failed."""
    error = store.settings.read("last_error", dict)
    if error is None:
        return None
    failure = _Failure(*map(error.get, _Failure._fields))
    return Typed(store.path).row(failure, "_settings last_error")._asdict()


def _quarantine(store: Store) -> Iterator[dict[str, Any]]:
    """The records that weren't understood in the last walk."""
    for name in RESOURCES:
        for record in store.records.quarantined(name):
            run = next(iter(store.ledger.runs("id = ?", record.run)), None)
            yield {
                "resource": name,
                "id": record.id,
                "reason": record.reason,
                "sent": record.sent is not None,
                "stands": record.id is not None and store.ledger.lists(name, record.id),
                "since": _run(store, run).finished,
            }


def _table_counts(store: Store) -> dict[str, int]:
    """The rows of each public table that has any."""
    counts = store.conn.execute(
        """SELECT name, printf('SELECT count(*) FROM "%w"', name) FROM sqlite_master"""
        " WHERE type = 'table' AND name NOT GLOB '_*' AND name NOT GLOB 'sqlite_*'"
    )
    rows = {name: store.conn.execute(sql).fetchone()[0] for name, sql in counts.fetchall()}
    return {name: count for name, count in rows.items() if count}


class _DriftRow(NamedTuple):
    """A difference from LL2's document, and when the first run that found it ended."""

    shape: str
    key: str
    what: str
    id: Id
    since: str


def _drift(store: Store) -> Iterator[dict[str, Any]]:
    """The differences from LL2's document."""
    rows = store.conn.execute(
        "SELECT shape, key, what, _drift.id, finished FROM _drift LEFT JOIN _runs ON _runs.id = run"
        " ORDER BY 1, 2, 3"
    )
    for row in map(_DriftRow._make, rows.fetchall()):
        yield Typed(store.path).row(row, f"_drift {row.shape}")._asdict()


# As metrics

# The gauges with a value for each resource: name, help, and where in the status that is.
_BY_RESOURCE = (
    ("failed_since_timestamp_seconds", "When a list began to fail.", "failed", "since"),
    ("max_age_seconds", "The maximum age of a list.", "resources", "max_age_seconds"),
    ("last_sync_timestamp_seconds", "When the last sync was completed.", "resources", "synced"),
    ("records", "Records in LL2's list.", "resources", "records"),
    ("gone_records", "Records no longer in LL2's list.", "resources", "tombstones"),
    ("staged_pages", "Staged pages of the walk in progress.", "under_way", "pages"),
)


def metrics(status: dict[str, Any], exit_code: int | None = None) -> bytes:
    """The metrics of a status, in Prometheus' text format: UTF-8, whatever the locale is.

    A file that can't be read has only three. ``exit_code``: that of the last sync, if the file
    doesn't have it.
    """
    registry, db = CollectorRegistry(), printable(status["db"])
    if exit_code:
        status = {**status, "last_error": {"exit_code": exit_code}}
    for name, about, label, values in _gauges(status):
        labels = ["db", label] if label else ["db"]
        if values:
            gauge = Gauge(f"ll2_mirror_{name}", about, labels, registry=registry)
        for key, number in values.items():
            gauge.labels(*[db, key][: len(labels)]).set(number)
    return generate_latest(registry)


def _gauges(status: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, float]]]:
    """Each gauge: its name without the prefix, its help, its label, and its values by that label.

    A gauge without a label has at most one value.
    """
    error = status["last_error"] or {"exit_code": 0}
    yield "up", "Whether the file can be read.", "", {"": "tables" in status}
    about = "Seconds since the sync of the resource that was synced longest ago; +Inf: never."
    yield "age_seconds", about, "", {"": oldest_age(status)}
    yield "last_exit_code", "The exit code of the last sync.", "", {"": error["exit_code"]}
    if "tables" not in status:
        return
    for name, about, entries, key in _BY_RESOURCE:
        values = {entry["resource"]: _number(entry[key]) for entry in status[entries]}
        yield name, about, "resource", values
    aside = Counter(record["resource"] for record in status["quarantine"])
    late = {name: inf if times is None else times for name, times in status["late"].items()}
    yield "late", "The age of a list divided by its maximum age; +Inf: not known.", "resource", late
    about = "Records that weren't understood: they stay as they were, or are left out."
    names = [each["resource"] for each in status["resources"]]
    yield "quarantined_records", about, "resource", {name: aside[name] for name in names}
    budget = status["budget"] or {"limit": None}
    if budget["limit"] is not None:
        yield "budget_requests", "Requests that LL2 allows.", "", {"": budget["limit"]}
        yield "budget_left_requests", "Requests left of them now.", "", {"": budget["left"]}
    drift = len(status["drift"])
    yield "drift", "Keys and values that LL2's document lacks.", "", {"": drift}
    yield "table_rows", "Rows by table.", "table", status["tables"]


def _number(value: float | str) -> float:
    """A number as it is, a time as seconds since 1970."""
    return from_iso(value).timestamp() if isinstance(value, str) else value
