"""What the commands say to people, as lines of text. Prints nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ll2_mirror.clock import for_people, from_iso
from ll2_mirror.progress import EVENTS

if TYPE_CHECKING:
    from ll2_mirror.load.report import Report


def sync_lines(report: Report, server: str | None) -> Iterator[str]:
    """What a sync did with one resource; names a ``server`` that isn't LL2's own."""
    place = f" · from {server}" if server else ""
    yield (
        f"{report.resource}: {_some(report.records, 'record')}"
        f" in {_some(report.requests, 'request')}"
        f" · {report.added} added, {report.changed} changed, {report.unchanged} unchanged,"
        f" {report.gone} gone · {report.seconds:.1f} s{place}"
    )
    if report.missing:
        yield f"  {_some(report.missing, 'record')} not listed, but not confirmed gone: kept"
    if report.conflicts:
        yield f"  {_some(report.conflicts, 'row')} came with two values: the later stands"
    for one in report.kept:
        yield f"  {one['table']} {one['id']} is kept: your table {one['by']} refers to it"
    for drift in report.drift:
        key = f".{drift['key']}" if drift["key"] else ""
        yield f"  new in LL2, kept: {drift['shape']}{key}: {drift['what']} (as in {drift['id']})"


def _some(count: int, what: str) -> str:
    """The count with its noun, which takes an s unless there is one."""
    return f"{count} {what}" if count == 1 else f"{count:,} {what}s"


def event_line(event: str, facts: dict[str, Any], *, countdown: bool) -> str:
    """What people read of an event; on a terminal, a wait counts down."""
    if event == "waiting":
        facts = {**facts, "until": for_people(from_iso(facts["until"]))}
        if countdown:
            minutes, seconds = divmod(facts["seconds"], 60)
            return f"LL2's limit is reached: goes on in {minutes}:{seconds:02} "
    line = EVENTS[event]
    assert line is not None
    return line.format(**facts)


def plan_lines(found: dict[str, Any]) -> Iterator[str]:
    """What a sync would cost."""
    for one in found["resources"]:
        records = "" if one["records"] is None else f" for {_some(one['records'], 'record')}"
        staged = f", {_some(one['staged'], 'page')} staged already" if one["staged"] else ""
        requests = _requests(one["requests"])
        yield f"{one['resource']}: {requests}{records}{staged}"
    if found["resumes"]:
        yield f"{found['base_url']} can be asked again at {for_people(from_iso(found['resumes']))}"
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


def status_lines(found: dict[str, Any]) -> Iterator[str]:
    """How a mirror stands."""
    if found["resources"]:
        yield f"{found['db']}: {found['mode']} mode, from {found['base_url']}"
    else:
        yield f"{found['db']}: no sync was completed yet"
    if pulled := found["pulled"]:
        yield f"pulled from {pulled['from']} at {pulled['pulled'][:19]}Z"
    for held in found["resources"]:
        gone = f", {held['tombstones']} gone" if held["tombstones"] else ""
        yield (
            f"{held['resource']}: {_some(held['records'], 'record')}{gone},"
            f" synced {_ago(held['age_seconds'])} ({held['synced'][:19]}Z)"
        )
        if held["conflicts"]:
            yield f"  {_some(held['conflicts'], 'row')} came with two values in the last sync"
    yield from _progress_lines(found)
    for one in found["quarantine"]:
        stands = "stays as it was" if one["stands"] else "is left out"
        yield f"{_named(one)}: {stands} since {one['since'][:10]}: {one['reason']}"
    if error := found["last_error"]:
        code = error["exit_code"]
        yield f"last sync, {error['at'][:19]}Z, ended with {code}: {error['message']}"
    if found["tables"]:
        yield "tables:"
    for name, count in found["tables"].items():
        yield f"  {count:>8,}  {name}"
    for drift in found["drift"]:
        key = f".{drift['key']}" if drift["key"] else ""
        what = f"{drift['shape']}{key}: {drift['what']}"
        yield f"new in LL2, kept: {what} (since {drift['since'][:10]})"


def _named(one: dict[str, Any]) -> str:
    """A record in quarantine; it may have no readable id."""
    return f"{one['resource']} {one['id'] if one['id'] is not None else '?'}"


def _progress_lines(found: dict[str, Any]) -> Iterator[str]:
    """The walks under way, and what may still be asked."""
    for walk in found["under_way"]:
        of = "" if walk["of"] is None else f" of {walk['of']}"
        yield f"{walk['resource']}: a walk is under way: {walk['pages']}{of} pages staged"
    budget = found["budget"]
    if not budget:
        return
    until = (
        f"; it goes on at {for_people(from_iso(budget['resumes']))}" if budget["resumes"] else ""
    )
    if budget["limit"] is not None:
        minutes = round(budget["seconds"] / 60)
        allowed = f"{budget['limit']} requests in {minutes} minutes"
        yield f"budget: {budget['left']} left of {allowed}{until}"
    elif until:
        yield f"budget: none left{until}"


def _ago(seconds: int) -> str:
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return f"{_some(seconds // length, unit)} ago"
    return "just now"


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
    if verdict["overtaken"]:
        overtaken = _some(verdict["overtaken"], "value")
        yield f"  {overtaken} gave way to a later one of the same row in the same sync"
    if verdict["respelled"]:
        yield f"  {_some(verdict['respelled'], 'page')} in another spelling of JSON, same values"


def _values(change: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The keys that a change is about, with the value before and now; absent ones as null."""
    if change["key"] != "_extra":
        yield change["key"], change["from"], change["to"]
        return
    before, after = (
        {
            key: value
            for part in (change[side] or {}).values()
            for key, value in part["values"].items()
        }
        for side in ("from", "to")
    )
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield key, before.get(key), after.get(key)


_MANY_ADDED = 3  # rows added to one table that are named one by one


def change_lines(found: list[dict[str, Any]]) -> Iterator[str]:
    """A line a change; many rows added to one table are one line."""
    added = Counter(change["table"] for change in found if change["kind"] == "added")
    for table, count in added.items():
        if count > _MANY_ADDED:
            yield f"  + {table}: {count:,} rows"
    for change in found:
        what = f"{change['table']} {change['id']}"
        if change["name"]:
            what += f" ({change['name']})"
        if change["kind"] == "added":
            if added[change["table"]] <= _MANY_ADDED:
                yield f"  + {what}"
        elif change["kind"] == "gone":
            yield f"  - {what}"
        else:
            for key, old, new in _values(change):
                shown = (json.dumps(side, ensure_ascii=False) for side in (old, new))
                yield f"  ~ {what}: {key}: {' → '.join(shown)}"


def table(headers: list[str], rows: list[tuple[Any, ...]]) -> Iterator[str]:
    """A table in columns."""
    cells = [headers, *(["" if cell is None else str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headers))]
    for row in [cells[0], ["-" * width for width in widths], *cells[1:]]:
        yield "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
