"""What the commands say to people, as lines of text. Prints nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ll2_mirror.clock import AGE_UNITS, ago, for_people, from_iso
from ll2_mirror.progress import EVENTS

if TYPE_CHECKING:
    from ll2_mirror.load.report import Report

_MANY = 20  # lines of one kind
_MANY_ADDED = 3  # rows added to one table that are named one by one


def _bounded(lines: Iterable[str]) -> Iterator[str]:
    """The first of these lines, and how many more there are."""
    lines = list(lines)
    yield from lines[:_MANY]
    if more := lines[_MANY:]:
        yield f"  and {len(more):,} more: see --json"


def _some(count: int, what: str) -> str:
    """The count with its noun, which takes an s unless there is one."""
    return f"{count} {what}" if count == 1 else f"{count:,} {what}s"


def _counted(*counts: tuple[int, str, str]) -> Iterator[str]:
    """A line for each count that isn't 0: with its noun, and what there is to say of it."""
    return (f"  {_some(count, what)} {told}" for count, what, told in counts if count)


def _time(iso: str) -> str:
    return for_people(from_iso(iso))


# sync


def sync_lines(report: Report, server: str | None) -> Iterator[str]:
    """What a sync did with one resource; names a ``server`` that isn't LL2's own."""
    place = f" · from {server}" if server else ""
    yield (
        f"{report.resource}: {_some(report.records, 'record')}"
        f" in {_some(report.requests, 'request')}"
        f" · {report.added} added, {report.changed} changed, {report.unchanged} unchanged,"
        f" {report.gone} gone · {report.seconds:.1f} s{place}"
    )
    yield from _counted(
        (report.missing, "record", "not listed, but not confirmed gone: kept"),
        (report.conflicts, "row", "came with two values: the later stands"),
    )
    yield from _bounded(
        f"  {one['table']} {one['id']} is kept: your table {one['by']} refers to it"
        for one in report.kept
    )
    yield from _bounded(
        f"  new in LL2, kept: {_drift(one)} (as in {one['id']})" for one in report.drift
    )


def _drift(one: dict[str, Any]) -> str:
    """What LL2 sent that its document lacks; without a key, it is the order of the keys."""
    return f"{one['shape']}.{one['key']}".rstrip(".") + f": {one['what']}"


def event_line(event: str, facts: dict[str, Any]) -> str:
    """What people read of an event."""
    line = EVENTS[event]
    assert line is not None
    until = {"until": _time(facts["until"])} if "until" in facts else {}
    return line.format(**{**facts, **until})


def countdown_line(seconds: int) -> str:
    """What people read of a wait while it lasts."""
    minutes, rest = divmod(seconds, 60)
    return f"goes on in {minutes}:{rest:02}: LL2's limit is reached "


# plan


def plan_lines(found: dict[str, Any]) -> Iterator[str]:
    """What a sync would cost."""
    for one in found["resources"]:
        records = "" if one["records"] is None else f" for {_some(one['records'], 'record')}"
        staged = f", {_some(one['staged'], 'page')} staged already" if one["staged"] else ""
        yield f"{one['resource']}: {_requests(one['requests'])}{records}{staged}"
    if found["resumes"]:
        yield f"{found['base_url']} can be asked again at {_time(found['resumes'])}"
    elif found["limit"] is None:
        yield f"{found['base_url']} has no limit"
    else:
        yield f"LL2 allows {found['left']} of {found['limit']} now"
    if found["requests"] is None:
        yield "the first page tells how many"
    elif found["minutes"]:
        yield f"the last of {_requests(found['requests'])} can be made in {found['minutes']} min"
    else:
        yield f"{_requests(found['requests'])}: can be made now"


def _requests(count: int | None) -> str:
    return "an unknown number of requests" if count is None else _some(count, "request")


def due_lines(found: dict[str, Any]) -> Iterator[str]:
    """What ``sync --due`` has to do."""
    for one in found["resources"]:
        when = "is due" if one["due"] else f"due at {_time(one['due_at'])}"
        late = "" if found["carries"] else f", will reach {age_text(one['reaches_seconds'])}"
        every = age_text(one["max_age_seconds"])
        yield f"{one['resource']}: {when}, {_requests(one['requests'])} every {every}{late}"
    fill = found["first_fill"]
    if fill["lists"]:
        least = "" if fill["known"] else "at least "
        hours = f", {least}{fill['hours']} hours" if found["limit"] else ""
        yield f"first fill: {least}{_requests(fill['requests'])}{hours}"
    allowed, cost = found["allowed_per_hour"], found["requests_per_hour"]
    limit = "without a limit" if allowed is None else f"of {allowed} that the limit allows"
    reserve = f", with {found['reserve']} in reserve" if found["reserve"] else ""
    yield f"to keep all fresh: {cost} requests an hour {limit}{reserve}"
    if not found["carries"]:
        yield "that is more than the limit allows: all get late alike; give lists a higher age"


# status


def age_text(seconds: float) -> str:
    """A length of time as it is given: 12h, 2d."""
    unit, size = next((u, s) for u, s in AGE_UNITS.items() if seconds % s == 0 or s == 1)
    return f"{seconds / size:.0f}{unit}"


def status_lines(found: dict[str, Any]) -> Iterator[str]:
    """How a mirror stands."""
    if found["resources"]:
        modes = f"{found['mode']} mode" if found["mode"] else "several modes"
        yield f"{found['db']}: {modes}, from {found['base_url']}"
    else:
        yield f"{found['db']}: no sync was completed yet"
    if pulled := found["pulled"]:
        yield f"pulled from {pulled['from']} at {pulled['pulled'][:19]}Z"
    for held in found["resources"]:
        yield from _resource_lines(held, "" if found["mode"] else f" in {held['mode']} mode")
    for walk in found["under_way"]:
        of = "" if walk["of"] is None else f" of {walk['of']}"
        yield f"{walk['resource']}: a walk is under way: {walk['pages']}{of} pages staged"
    yield from _budget_lines(found["budget"] or {"limit": None, "resumes": None})
    yield from _bounded(map(_quarantine_line, found["quarantine"]))
    if error := found["last_error"]:
        code = error["exit_code"]
        yield f"last sync, {error['at'][:19]}Z, ended with {code}: {error['message']}"
    if found["images"]:
        yield _standing_line(found["images"])
    yield from ["tables:"][: len(found["tables"])]
    yield from (f"  {count:>8,}  {name}" for name, count in found["tables"].items())
    yield from _bounded(
        f"new in LL2, kept: {_drift(one)} (since {one['since'][:10]})" for one in found["drift"]
    )


def _resource_lines(held: dict[str, Any], mode: str) -> Iterator[str]:
    """How a resource stands; ``mode`` says in which, where a file has several."""
    gone = f", {held['tombstones']} gone" if held["tombstones"] else ""
    yield (
        f"{held['resource']}: {_some(held['records'], 'record')}{mode}{gone},"
        f" synced {ago(held['age_seconds'])} ({held['synced'][:19]}Z),"
        f" may be {age_text(held['max_age_seconds'])} old"
    )
    yield from _counted((held["conflicts"], "row", "came with two values in the last sync"))


def _budget_lines(budget: dict[str, Any]) -> Iterator[str]:
    """What may still be asked."""
    until = f"; it goes on at {_time(budget['resumes'])}" if budget["resumes"] else ""
    if budget["limit"] is not None:
        minutes = round(budget["seconds"] / 60)
        allowed = f"{budget['limit']} requests in {minutes} minutes"
        yield f"budget: {budget['left']} left of {allowed}{until}"
    elif until:
        yield f"budget: none left{until}"


def _quarantine_line(one: dict[str, Any]) -> str:
    """A record in quarantine; it may have no readable id."""
    stands = "stays as it was" if one["stands"] else "is left out"
    id_ = "?" if one["id"] is None else one["id"]
    return f"{one['resource']} {id_}: {stands} since {one['since'][:10]}: {one['reason']}"


def _standing_line(held: dict[str, Any]) -> str:
    """How many pictures are held."""
    counts = (
        f"{held[kind]['held']:,} of {sum(held[kind].values()):,} {told}"
        for kind, told in (("thumbnails", "small"), ("full", "in full size"))
    )
    return f"pictures: {', '.join(counts)}, {megabytes(held['bytes'])}"


# images


def megabytes(count: int) -> str:
    """So many bytes, as people read them."""
    return f"{count / 1e6:,.1f} MB"


def estimate_line(count: int, size: int, seconds: float) -> str:
    """What is to be fetched."""
    minutes = max(1, round(seconds / 60))
    return f"{_some(count, 'picture')} to fetch: about {megabytes(size)}, {minutes:,} min"


def picture_lines(folder: Path, done: dict[str, Any]) -> Iterator[str]:
    """What was fetched."""
    yield (
        f"{folder}: {done['fetched']:,} fetched, {done['dropped']:,} dropped"
        f" · {done['held']:,} held, {megabytes(done['bytes'])} · {done['seconds']:.1f} s"
    )
    told = "left, as --max-bytes is reached" if done["is_full"] else "still missing"
    yield from _counted((done["missing"], "picture", told))
    yield from _bounded(f"  {one['why']}" for one in done["refused"])


# verify


def verdict_lines(db: Path, verdict: dict[str, Any]) -> Iterator[str]:
    """What verify found, in short."""
    if not verdict["ok"]:
        yield f"{db}: not what LL2 sent: {_some(len(verdict['problems']), 'problem')}"
    elif not verdict["pages"]:
        yield f"{db}: sound, and empty: no sync was completed yet"
    else:
        yield (
            f"{db}: {_some(verdict['records'], 'record')} on {_some(verdict['pages'], 'page')},"
            f" {_some(verdict['bytes'], 'byte')}: as LL2 sent them"
        )
    yield from _counted(
        (verdict["overtaken"], "value", "gave way to a later one of the same row in the same sync"),
        (verdict["respelled"], "page", "in another spelling of JSON, same values"),
    )


# changes


def run_lines(runs: list[dict[str, Any]]) -> Iterator[str]:
    """What each run changed."""
    for run in runs:
        yield f"{run['finished'][:19]}Z  {run['resource']}"
        yield from first_line(run) if run["first"] else _change_lines(run["changes"])


def _change_lines(found: list[dict[str, Any]]) -> Iterator[str]:
    """A line a change; many rows added to one table are one line."""
    added = Counter(change["table"] for change in found if change["kind"] == "added")
    many = {table: count for table, count in added.items() if count > _MANY_ADDED}
    yield from (f"  + {table}: {count:,} rows" for table, count in many.items())
    for change in found:
        if change["kind"] != "added" or change["table"] not in many:
            yield from _CHANGES.get(change["kind"], _changed)(change)


def _row(change: dict[str, Any]) -> str:
    name = f" ({change['name']})" if change["name"] else ""
    return f"{change['table']} {change['id']}{name}"


def _changed(change: dict[str, Any]) -> Iterator[str]:
    """A line for each key that a change is about."""
    return _bounded(
        f"  ~ {_row(change)}: {key}: {side(change, 'from', before)} → {side(change, 'to', after)}"
        for key, before, after in _values(change)
    )


_CHANGES = {
    "added": lambda change: [f"  + {_row(change)}"],
    "gone": lambda change: [f"  - {_row(change)}"],
}


def _values(change: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """The keys that a change is about, with the value before and now; absent ones as null."""
    if change["key"] != "_extra":
        return [(change["key"], change["from"], change["to"])]
    before, after = _extra(change["from"]), _extra(change["to"])
    return [
        (key, before.get(key), after.get(key))
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    ]


def _extra(parts: dict[str, Any] | None) -> dict[str, Any]:
    """The values of ``_extra`` by key, whichever shape they are of."""
    return {key: value for part in (parts or {}).values() for key, value in part["values"].items()}


def first_line(run: dict[str, Any]) -> Iterator[str]:
    """A first sync in one line: what it added, the most first."""
    added = Counter(change["table"] for change in run["changes"] if change["kind"] == "added")
    shown = ", ".join(f"{count:,} {table}" for table, count in added.most_common())
    yield f"  the first sync: {shown or 'nothing'}"


def side(change: dict[str, Any], which: str, value: Any) -> str:
    """One side of a change in words: by name where there is one, else as JSON."""
    name = change.get(f"{which}_name")
    return name if name is not None else json.dumps(value, ensure_ascii=False)


# demo


def table(headers: list[str], rows: list[tuple[Any, ...]]) -> Iterator[str]:
    """A table in columns."""
    cells = [headers, *(["" if cell is None else str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in [cells[0], ["-" * width for width in widths], *cells[1:]]:
        yield "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
