"""How a mirror stands, as Prometheus' node exporter reads it from a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ll2_mirror.clock import from_iso


class Metric(NamedTuple):
    """One metric: its name without the prefix, its help, and its samples by labels."""

    name: str
    help: str
    samples: list[tuple[dict[str, str], float]]


def prometheus(found: dict[str, Any]) -> str:
    """The metrics of what ``status`` found, in the text format; all are gauges."""
    return "".join(line for metric in _metrics(found) for line in _lines(metric, found["db"]))


def _metrics(found: dict[str, Any]) -> Iterator[Metric]:
    held = found["resources"]

    def each(key: str) -> list[tuple[dict[str, str], float]]:
        return [({"resource": one["resource"]}, one[key]) for one in held]

    yield Metric(
        "last_sync_timestamp_seconds",
        "When the last sync was completed.",
        [({"resource": one["resource"]}, from_iso(one["synced"]).timestamp()) for one in held],
    )
    yield Metric("records", "Records that LL2 lists.", each("records"))
    yield Metric("gone_records", "Records that LL2 no longer lists.", each("tombstones"))
    yield Metric(
        "quarantined_records",
        "Records that stay as an earlier sync had them, or out.",
        [
            ({"resource": one["resource"]}, _count(found["quarantine"], one["resource"]))
            for one in held
        ],
    )
    yield Metric(
        "staged_pages",
        "Pages of the walk under way.",
        [({"resource": one["resource"]}, one["pages"]) for one in found["under_way"]],
    )
    budget = found["budget"]
    if budget and budget["limit"] is not None:
        yield Metric("budget_requests", "Requests that LL2 allows.", [({}, budget["limit"])])
        yield Metric("budget_left_requests", "Requests left of them now.", [({}, budget["left"])])
    yield Metric("drift", "Keys and values that LL2's document lacks.", [({}, len(found["drift"]))])
    error = found["last_error"]
    yield Metric(
        "last_exit_code",
        "What the last sync ended with.",
        [({}, error["exit_code"] if error else 0)],
    )
    yield Metric(
        "table_rows",
        "Rows by table.",
        [({"table": name}, count) for name, count in found["tables"].items()],
    )


def _count(quarantine: list[dict[str, Any]], resource: str) -> int:
    return sum(one["resource"] == resource for one in quarantine)


def _lines(metric: Metric, db: str) -> Iterator[str]:
    if metric.samples:
        yield f"# HELP ll2_mirror_{metric.name} {metric.help}\n"
        yield f"# TYPE ll2_mirror_{metric.name} gauge\n"
    for labels, value in metric.samples:
        pairs = ",".join(
            f'{name}="{_escaped(text)}"' for name, text in {"db": db, **labels}.items()
        )
        number = repr(float(value)) if isinstance(value, float) else str(value)
        yield f"ll2_mirror_{metric.name}{{{pairs}}} {number}\n"


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
