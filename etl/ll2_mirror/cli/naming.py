"""Changes in names: what a reference leads to instead of its id, and which run was a first one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ll2_mirror.ll2.labels import label
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.store.store import Store

_TARGETS = {  # the table that a key refers to, by its table and name
    (shape.table, key.name): shape.nested[key.name].table
    for shape in SHAPES.values()
    for key in shape.keys
    if key.kind == "one"
}


def named(store: Store, found: dict[str, Any]) -> dict[str, Any]:
    """The JSON object of ``changes`` with the names of what keys referred to, and now do."""
    sql = "SELECT min(id) FROM _runs GROUP BY resource"
    first = {id_ for (id_,) in store.conn.execute(sql).fetchall()}
    for run in found["runs"]:
        run["first"] = run["run"] in first
        for change in run["changes"]:
            change.update(_names(store, change))
    return found


def _names(store: Store, change: dict[str, Any]) -> dict[str, str | None]:
    target = _TARGETS.get((change["table"], change.get("key", "")))
    if target is None:
        return {}
    return {f"{side}_name": _name(store, target, change[side]) for side in ("from", "to")}


def _name(store: Store, table: str, id_: Any) -> str | None:
    """What a row is called, or was; None for no row, or one without a name."""
    sql = f'SELECT {label(table) or "NULL"} FROM "{table}" AS t WHERE t.id = ?'
    row = store.conn.execute(sql, (id_,)).fetchone()
    if row is None and (last := store.ledger.last_state(table, id_) if id_ is not None else None):
        row = (json.loads(last).get("name"),)
    return str(row[0]) if row and row[0] is not None else None


def side(change: dict[str, Any], which: str, value: Any) -> str:
    """One side of a change in words: by name where there is one, else as JSON."""
    name = change.get(f"{which}_name")
    return name if name is not None else json.dumps(value, ensure_ascii=False)


def first_line(run: dict[str, Any]) -> Iterator[str]:
    """A first sync in one line: what it added, the most first."""
    added = Counter(change["table"] for change in run["changes"] if change["kind"] == "added")
    shown = ", ".join(f"{count:,} {table}" for table, count in added.most_common())
    yield f"  the first sync: {shown or 'nothing'}"
