"""What changed, for people: of one row, or of all in the last syncs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.schema import kind_of, target, views
from ll2_mirror.site import display
from ll2_mirror.site.context import ChangeEntry, Item, Rows

_MOST_CHANGES = 100  # of a row
_MOST_READ = 300  # of all rows
_LONGEST = 60  # characters of a changed value


def recent_changes(rows: Rows, tables: Sequence[str] = ()) -> list[ChangeEntry]:
    """What the last syncs changed in some tables, or in all, without first syncs.

    The newest come first, those of one sync in the order of the tables.
    """
    # Not from the view in the file, which may be a user's own with that name.
    select = views()["recent_changes"].sql.partition(" AS\n")[2].rstrip(";\n")
    read = rows.conn.execute(f"SELECT * FROM ({select}) LIMIT {_MOST_READ}").fetchall()
    order = {table: index for index, table in enumerate(display.described())}
    changes = [row for row in read if row["table_name"] in (tables or order)]
    changes.sort(key=lambda row: order[row["table_name"]])
    changes.sort(key=lambda row: row["finished"], reverse=True)
    return [_recent_change(rows, *row) for row in changes]


def _recent_change(
    rows: Rows, finished: str, kind: str, table: str, id_: Any, name: Any, key: str, *values: Any
) -> ChangeEntry:
    before, after = _texts(rows, finished, table, id_, key, values)
    row = Item(rows.name(table, id_, name), rows.href(table, id_), display.title(table))
    return ChangeEntry(
        display.format_time(finished), kind, display.format_key(key), before, after, row, finished
    )


def history(rows: Rows, table: str, id_: Id) -> list[Any]:
    """What is shown of the history of a row, the newest first."""
    sql = (
        "SELECT _runs.finished, kind, key, from_value, to_value FROM _runs CROSS JOIN _history"
        " ON _history.run = _runs.id AND table_name = ? AND _history.id = ? WHERE NOT moving"
        f" ORDER BY _runs.id DESC LIMIT {_MOST_CHANGES}"
    )
    return rows.conn.execute(sql, (table, id_)).fetchall()


def row_changes(rows: Rows, table: str, id_: Id, changes: Sequence[Any]) -> list[ChangeEntry]:
    """The history of a row; rows that its values refer to are called by their names."""
    entries = []
    for finished, kind, key, *values in changes:
        is_row = kind_of(table, key) == "one"
        named = _named(rows, target(table, key), values) if is_row else values
        before, after = _texts(rows, finished, table, id_, key, named)
        when, label = display.format_time(finished), display.format_key(key)
        entries.append(ChangeEntry(when, kind, label, before, after))
    return entries


def _named(rows: Rows, table: str, ids: Sequence[Any]) -> list[Any]:
    """Rows by their names; None for none."""
    names = rows.names(table, {*ids} - {None})
    return [names.get(id_, id_ and f"number {id_}") for id_ in ids]


def _texts(
    rows: Rows, finished: str, table: str, id_: Id, key: str, values: Sequence[Any]
) -> list[str]:
    """The values before and after a change; a date no more precisely than it was known."""
    if not key:
        return ["", ""]
    precision, kind = display.of_table(table).get("precision", {}).get(key), kind_of(table, key)
    if precision:
        known = _precisions(rows, finished, table, id_, precision)
        values = [
            value and display.format_net(value, id_)
            for value, id_ in zip(values, known, strict=True)
        ]
    return [_text(kind, value) for value in values]


def _precisions(rows: Rows, finished: str, table: str, id_: Id, column: str) -> Any:
    """The ids of the precisions before and after a sync, or now if it didn't change them."""
    sql = (
        "SELECT from_value, to_value FROM _runs JOIN _history ON run = _runs.id AND table_name = ?"
        " AND _history.id = ? AND key = ? WHERE finished = ? AND kind = 'changed'"
        f" UNION ALL SELECT {column}, {column} FROM {table} WHERE id = ?"
    )
    read = rows.conn.execute(sql, (table, id_, column.removesuffix("_id"), finished, id_))
    return next(read, (None, None))


def _text(kind: str, value: Any) -> str:
    """A value as a short text, of a list its length."""
    if value in (None, ""):
        return "nothing"
    if kind == "many":
        items = decoded(value, None)
        return f"{len(items):,} in the list" if isinstance(items, list) else str(value)
    text = display.format_value(kind, value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def decoded(text: Any, default: Any) -> Any:
    """The value of a JSON text; the default if Python refuses it, as a number of 5,000 digits."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return default
