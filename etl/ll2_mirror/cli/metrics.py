"""How a mirror stands, as Prometheus' node exporter reads it from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Any, NamedTuple

from ll2_mirror.cli.status import oldest_age
from ll2_mirror.clock import from_iso

Found = dict[str, Any]  # what status found
Samples = list[tuple[dict[str, str], float]]  # by labels


class Metric(NamedTuple):
    """A gauge: its name without the prefix, its help, and its samples in what status found."""

    name: str
    help: str
    samples: Callable[[Found], Samples]


def _one(value: Callable[[Found], float]) -> Callable[[Found], Samples]:
    """One sample, whatever was found."""
    return lambda found: [({}, value(found))]


def _if_any(part: str, value: Callable[[Any], float | None]) -> Callable[[Found], Samples]:
    """One sample of a part, if there is one and it has the value."""

    def samples(found: Found) -> Samples:
        held = found.get(part)
        number = None if held is None else value(held)
        return [] if number is None else [({}, number)]

    return samples


def _each(part: str, value: Callable[[Any], float]) -> Callable[[Found], Samples]:
    """A sample for each resource that a part has."""
    return lambda found: [
        ({"resource": one["resource"]}, value(one)) for one in found.get(part, ())
    ]


def _quarantined(found: Found) -> Samples:
    """How many records each resource has in quarantine."""
    kept = [one["resource"] for one in found.get("quarantine", ())]
    resources = [one["resource"] for one in found.get("resources", ())]
    return [({"resource": name}, kept.count(name)) for name in resources]


_METRICS = (
    Metric("up", "Whether the file can be read.", _one(lambda found: "tables" in found)),
    Metric(
        "age_seconds",
        "How long ago the resource was synced that was synced longest ago; +Inf: never.",
        _one(oldest_age),
    ),
    Metric(
        "last_exit_code",
        "What the last sync ended with.",
        _one(lambda found: (found["last_error"] or {"exit_code": 0})["exit_code"]),
    ),
    Metric(
        "last_sync_timestamp_seconds",
        "When the last sync was completed.",
        _each("resources", lambda one: from_iso(one["synced"]).timestamp()),
    ),
    Metric("records", "Records that LL2 lists.", _each("resources", lambda one: one["records"])),
    Metric(
        "gone_records",
        "Records that LL2 no longer lists.",
        _each("resources", lambda one: one["tombstones"]),
    ),
    Metric(
        "quarantined_records",
        "Records that stay as an earlier sync had them, or out.",
        _quarantined,
    ),
    Metric(
        "staged_pages", "Pages of the walk under way.", _each("under_way", lambda one: one["pages"])
    ),
    Metric(
        "budget_requests", "Requests that LL2 allows.", _if_any("budget", lambda one: one["limit"])
    ),
    Metric(
        "budget_left_requests",
        "Requests left of them now.",
        _if_any("budget", lambda one: one["left"]),
    ),
    Metric("drift", "Keys and values that LL2's document lacks.", _if_any("drift", len)),
    Metric(
        "table_rows",
        "Rows by table.",
        lambda found: [({"table": name}, count) for name, count in found.get("tables", {}).items()],
    ),
)


def prometheus(found: Found, exit_code: int | None = None) -> bytes:
    """The metrics of what ``status`` found, in the text format: UTF-8, whatever the locale is.

    Of a file that can't be read, those that there are without it. ``exit_code``: what the last
    sync ended with, if the file doesn't say.
    """
    if exit_code:
        found = {**found, "last_error": {"exit_code": exit_code}}
    text = "".join(line for metric in _METRICS for line in _lines(metric, found))
    return text.encode("utf-8", "replace")


def _lines(metric: Metric, found: Found) -> Iterator[str]:
    samples = metric.samples(found)
    if samples:
        yield f"# HELP ll2_mirror_{metric.name} {metric.help}\n"
        yield f"# TYPE ll2_mirror_{metric.name} gauge\n"
    for labels, value in samples:
        pairs = ",".join(
            f'{name}="{_escaped(label)}"' for name, label in {"db": found["db"], **labels}.items()
        )
        yield f"ll2_mirror_{metric.name}{{{pairs}}} {_number(value)}\n"


def _number(value: float) -> str:
    return "+Inf" if value == inf else repr(float(value)) if type(value) is float else str(+value)


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
