"""What each run changed, as data and in names. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ll2_mirror.errors import DataError
from ll2_mirror.ll2.descriptions import label
from ll2_mirror.ll2.lists import NEW
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.schema import kind_of, target
from ll2_mirror.store.ledger import Change
from ll2_mirror.store.store import Store
from ll2_mirror.store.typed import Typed
from ll2_mirror.transform.extra import read

_WHOLE, _PART = ("added", "gone"), ("changed", "reordered")  # rows, keys


def changes(store: Store, since: datetime | None, everything: bool) -> dict[str, Any]:
    """What each run changed, oldest first, as the JSON object of ``changes --json``.

    Runs that changed nothing are left out; so is, unless ``everything``, what moves by itself.
    Raises DataError where the ledger holds what no sync writes.
    """
    return {"runs": [run for run in _runs(store, since, everything) if run["changes"]]}


def _runs(store: Store, since: datetime | None, everything: bool) -> Iterator[dict[str, Any]]:
    typed = Typed(store.path)
    for run in store.ledger.runs():
        finished = typed.time(typed.row(run, f"_runs {run.id}").finished, f"_runs {run.id}")
        if since is None or finished >= since:
            yield {
                "run": run.id,
                "resource": run.name,
                "finished": run.finished,
                "changes": [
                    _shown(store, one, f"_history {one.table} {one.id}")
                    for one in store.ledger.changes(run.id, moving=everything)
                ],
            }


def _shown(store: Store, change: Change, place: str) -> dict[str, Any]:
    """A change as an object of ``changes --json``; ``place``: where it stands."""
    typed = Typed(store.path)
    typed.row(change, place)
    if change.kind not in (_PART if change.key else _WHOLE):
        raise typed.damaged(f"{place}: kind", change.kind)
    return {
        "table": change.table,
        "id": change.id,
        "name": _name(store, change.table, change.id),
        "kind": change.kind,
        **_sides(typed, change, f"{place} {change.key}".rstrip()),
        "moving": bool(change.moving),
    }


def _sides(typed: Typed, change: Change, place: str) -> dict[str, Any]:
    """What was before and what is now, as far as a change of its kind has them."""
    if change.kind == "added":
        return {}
    if change.kind == "gone":
        return {"from": typed.document(change.before, place, dict)}
    reader = _READERS.get(kind_of(change.table, change.key) or change.key, _scalar)
    before, after = (
        None if side is None else reader(typed, side, place)
        for side in (change.before, change.after)
    )
    return {"key": change.key, "from": before, "to": after}


def _scalar(typed: Typed, value: Any, place: str) -> Any:
    """A value as it is."""
    if not isinstance(value, str | int | float):
        raise typed.damaged(place, value)
    return value


def _parts(typed: Typed, value: Any, place: str) -> Any:
    """An ``_extra``."""
    try:
        read(value)
    except (DataError, AttributeError):
        raise typed.damaged(place, value) from None
    return typed.document(value, place)


# How a value of the history becomes LL2's, by the kind of its key.
_READERS: dict[str, Callable[[Typed, Any, str], Any]] = {
    "many": lambda typed, value, place: typed.document(value, place, list),
    "bool": lambda typed, value, place: bool(value),
    "_extra": _parts,
}


def _name(store: Store, table: str, id_: Id) -> str | None:
    """The name of a row, where its table has names."""
    return _called(store, "name", table, id_) if kind_of(table, "name") else None


def _called(store: Store, name: str, table: str, id_: Any) -> str | None:
    """What a row is called by an expression of SQL; by its name, where it is gone."""
    row = store.conn.execute(f'SELECT {name} FROM "{table}" AS t WHERE id = ?', (id_,)).fetchone()
    if row is None:
        last = (id_ is not None and store.ledger.last_state(table, id_)) or "{}"
        row = [Typed(store.path).document(last, f"_history {table} {id_}", dict).get("name")]
    return None if row[0] is None else str(row[0])


# In names


def named(store: Store, found: dict[str, Any]) -> dict[str, Any]:
    """The JSON object of ``changes`` with the names of what keys referred to, and now do.

    It says which runs were the first of a resource, too.
    """
    sql = f"SELECT min(id) FROM _runs WHERE part <> '{NEW}' GROUP BY resource, part"
    first = {id_ for (id_,) in store.conn.execute(sql).fetchall()}
    for run in found["runs"]:
        run["first"] = run["run"] in first
        for change in run["changes"]:
            change.update(_names(store, change))
    return found


def _names(store: Store, change: dict[str, Any]) -> dict[str, str | None]:
    if kind_of(change["table"], change.get("key", "")) != "one":
        return {}
    table = target(change["table"], change["key"])
    name = label(table) or "NULL"
    return {f"{side}_name": _called(store, name, table, change[side]) for side in ("from", "to")}
