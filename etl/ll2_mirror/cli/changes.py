"""The command changes: what each run changed, as text, JSON or an Atom feed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from ll2_mirror.cli import options, output
from ll2_mirror.clock import to_iso
from ll2_mirror.errors import DataError
from ll2_mirror.ll2.json import unspelled
from ll2_mirror.ll2.lists import LIST_OF, NEW
from ll2_mirror.ll2.page import API_PATH, LL2_URL
from ll2_mirror.ll2.schema import kind_of, target
from ll2_mirror.store.file import Store
from ll2_mirror.store.ledger import Change
from ll2_mirror.store.sql import Typed

_CHANGES_HELP = """Show what each run added, changed and removed.

Changes have their old and new values; a first sync is summarized. The format atom is a feed.
"""
_MANY_ADDED = 3  # rows added to one table: more are only counted
_WHOLE, _PART = ("added", "gone"), ("changed", "reordered")  # kinds of changes: of rows, of keys
_MOST = 500  # entries of the feed: the newest


@click.command(cls=options.Command, help=_CHANGES_HELP)
@options.DB
@click.option(
    "--since", metavar="WHEN", help="Only runs since a date, a time or an age such as 2d."
)
@click.option(
    *("--all", "everything"),
    is_flag=True,
    help="Also values that change by themselves, such as counts.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "atom"]), help="The output format."
)
@options.JSON
def changes(db: Path, since: str | None, everything: bool, form: str | None) -> None:
    """Shows what each run changed."""
    start = None if since is None else options.point_in_time(since, output.clock().now())
    with options.opened(db) as store:
        document = changes_of(store, start, everything)
    output.this_run().as_json |= form == "json"
    if form == "atom":
        output.say(*_atom(document, db.stem, to_iso(output.clock().now())).split("\n"))
    elif document["runs"] or output.this_run().as_json:
        output.present(document, _run_lines(document["runs"]))
    else:
        output.say("nothing changed", err=True)


def _run_lines(runs: list[dict[str, Any]]) -> Iterator[str]:
    """The lines for each run."""
    for run in runs:
        yield f"{run['finished'][:19]}Z  {run['resource']}"
        if run["first"]:
            yield f"  {_first_sync_text(run)}"
        else:
            yield from _change_lines(run["changes"])


def _change_lines(changes: list[dict[str, Any]]) -> Iterator[str]:
    """A line for each change; many rows added to one table share a line."""
    many = {table: count for table, count in _added(changes).items() if count > _MANY_ADDED}
    yield from (f"  + {table}: {count:,} rows" for table, count in many.items())
    for change in changes:
        row = f"{change['table']} {change['id']}{output.optional(' ({})', change['name'])}"
        if "key" in change:
            yield from output.first_lines(f"  ~ {row}: {value}" for value in _value_texts(change))
        elif change["kind"] == "gone":
            yield f"  - {row}"
        elif change["table"] not in many:
            yield f"  + {row}"


def _added(changes: list[dict[str, Any]]) -> Counter[str]:
    """How many rows were added, by table."""
    return Counter(change["table"] for change in changes if change["kind"] == "added")


def _first_sync_text(run: dict[str, Any]) -> str:
    """A first sync in one line: how many rows it added, largest table first."""
    added = _added(run["changes"]).most_common()
    counts = ", ".join(f"{table} {count:,}" for table, count in added)
    return f"the first sync: {counts or 'nothing'}"


def _value_texts(change: dict[str, Any]) -> Iterator[str]:
    """Each changed key with its values before and after; null stands for a missing value."""
    before, after = _values(change, "from"), _values(change, "to")
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield _value_text(change, key, before.get(key), after.get(key))


def _values(change: dict[str, Any], side: str) -> dict[str, Any]:
    """The values before (``from``) or after (``to``) by key; ``_extra`` has several."""
    if change["key"] != "_extra":
        return {change["key"]: change[side]}
    parts = (part.get("values", part) for part in (change[side] or {}).values())
    return {key: value for part in parts for key, value in part.items()}


def _value_text(change: dict[str, Any], key: str, before: Any, after: Any) -> str:
    """A key with its values before and after: names of rows, or JSON."""
    old, new = (
        unspelled(json.dumps(value, ensure_ascii=False)) if name is None else name
        for value, name in ((before, change.get("from_name")), (after, change.get("to_name")))
    )
    return f"{key}: {old} → {new}"


# As data


def changes_of(store: Store, since: datetime | None, everything: bool) -> dict[str, Any]:
    """What each run changed, oldest first, as the JSON object of ``changes --json``.

    Without runs that changed nothing and, unless ``everything``, values that change by themselves.
    Raises DataError if the history contains what no sync writes.
    """
    sql = f"SELECT min(id) FROM _runs WHERE part <> '{NEW}' GROUP BY resource, part"
    first = {id_ for (id_,) in store.conn.execute(sql).fetchall()}
    typed = Typed(store.path)
    runs = []
    for run in store.ledger.runs():
        where = f"_runs {run.id}"
        finished = typed.time(typed.row(run, where).finished, where)
        if since is None or finished >= since:
            rows = store.ledger.changes(run.id, moving=everything)
            changes = [_change(store, typed, row) for row in rows]
            about = {"run": run.id, "resource": run.name, "finished": run.finished}
            runs.append({**about, "changes": changes, "first": run.id in first})
    return {"runs": [run for run in runs if run["changes"]]}


def _change(store: Store, typed: Typed, change: Change) -> dict[str, Any]:
    """A change as an object of ``changes --json``."""
    where = f"_history {change.table} {change.id}"
    typed.row(change, where)
    if change.kind not in (_PART if change.key else _WHOLE):
        raise typed.damaged(f"{where}: kind", change.kind)
    has_name = kind_of(change.table, "name")
    return {
        "table": change.table,
        "id": change.id,
        "name": _name(store, typed, "name", change.table, change.id) if has_name else None,
        "kind": change.kind,
        **_sides(store, typed, change, f"{where} {change.key}".rstrip()),
        "moving": bool(change.moving),
    }


def _sides(store: Store, typed: Typed, change: Change, where: str) -> dict[str, Any]:
    """The keys ``key``, ``from`` and ``to`` of a change, as far as its kind has them.

    The ids of nested objects come with their names.
    """
    from ll2_mirror.ll2.descriptions import label

    if change.kind == "added":
        return {}
    if change.kind == "gone":
        return {"from": typed.document(change.before, where, dict)}
    kind, sides = kind_of(change.table, change.key), dict[str, Any](key=change.key)
    read_value = _READERS.get(kind or change.key, _scalar)
    for side, value in (("from", change.before), ("to", change.after)):
        sides[side] = None if value is None else read_value(typed, value, where)
    if kind == "one":
        table = target(change.table, change.key)
        name = label(table) or "NULL"
        sides["from_name"] = _name(store, typed, name, table, sides["from"])
        sides["to_name"] = _name(store, typed, name, table, sides["to"])
    return sides


def _scalar(typed: Typed, value: Any, where: str) -> Any:
    """A value of the history as it is."""
    if not isinstance(value, str | int | float):
        raise typed.damaged(where, value)
    return value


def _extra(typed: Typed, value: Any, where: str) -> Any:
    """The value of an ``_extra``."""
    from ll2_mirror.transform.extra import read

    try:
        read(value)
    except (DataError, AttributeError):
        raise typed.damaged(where, value) from None
    return typed.document(value, where)


# Functions that convert a value of the history to JSON's, by the kind of its key.
_READERS: dict[str, Callable[[Typed, Any, str], Any]] = {
    "many": lambda typed, value, where: typed.document(value, where, list),
    "bool": lambda typed, value, where: bool(value),
    "_extra": _extra,
}


def _name(store: Store, typed: Typed, name: str, table: str, id_: Any) -> str | None:
    """The name of a row, from an SQL expression; the last one if the row was deleted."""
    row = store.conn.execute(f'SELECT {name} FROM "{table}" AS t WHERE id = ?', (id_,)).fetchone()
    if row is None:
        last = (id_ is not None and store.ledger.last_state(table, id_)) or "{}"
        row = [typed.document(last, f"_history {table} {id_}", dict).get("name")]
    return None if row[0] is None else str(row[0])


# As an Atom feed (RFC 4287)


def _atom(document: dict[str, Any], name: str, now: str) -> str:
    """The changes as a feed, newest first; ``name`` is the file's, ``now`` an ISO time."""
    from ll2_mirror.site.feeds import FeedEntry, atom

    runs, urn = document["runs"][::-1], f"urn:ll2-mirror:{name}"
    title, updated = (
        f"{name}: what changed in Launch Library 2",
        runs[0]["finished"] if runs else now,
    )
    entries = (
        FeedEntry(f"{urn}:{run['run']}{id_}", text, run["finished"], f"{LL2_URL}{API_PATH}{link}")
        for run in runs
        for id_, text, link in _entries(run)
    )
    return atom(FeedEntry(urn, title, updated), islice(entries, _MOST))


def _entries(run: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The entries for a run: id, title and path of each; a first run has only one."""
    if run["first"]:
        yield "", f"{run['resource']}: {_first_sync_text(run)}", f"{run['resource']}/"
        return
    for change in run["changes"]:
        table, id_, key = change["table"], change["id"], change.get("key", "")
        title = change["name"] or f"{table} {id_}"
        if key:
            title += f": {_value_text(change, key, change['from'], change['to'])}"
        else:
            title += f": {change['kind']} ({table})"
        link = f"{LIST_OF[table]}/{id_}/" if table in LIST_OF else ""
        yield f":{table}:{id_}:{key}", title, link
