"""What changed, for people: of one row, or of all in the last syncs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.schema import kind_of, target, views
from ll2_mirror.site import display
from ll2_mirror.site.context import Item, Rows

_MOST_CHANGES = 100  # of a row
_MOST_READ = 300  # of all rows
_LONGEST = 60  # characters of a changed value


class ChangeEntry(NamedTuple):
    """One change of a value, or of a whole row; ``row`` is the row, on a page of several."""

    finished: str  # when, as an ISO time
    kind: str
    key: str
    before: str = ""
    after: str = ""
    row: Item | None = None

    @property
    def when(self) -> str:
        """When, for people."""
        return display.format_time(self.finished)


def recent_changes(rows: Rows, tables: Sequence[str] = ()) -> list[ChangeEntry]:
    """What the last syncs changed in some tables, or in all, without first syncs.

    The newest come first, those of one sync in the order of the tables.
    """
    # Not from the view in the file, which may be a user's own with that name.
    select = views()["recent_changes"].sql.partition(" AS\n")[2].rstrip(";\n")
    read = rows.conn.execute(f"SELECT * FROM ({select}) LIMIT {_MOST_READ}")
    order = {table: index for index, table in enumerate(display.described())}
    changes = [row for row in read if row["table_name"] in (tables or order)]
    changes.sort(key=lambda row: order[row["table_name"]])
    changes.sort(key=lambda row: row["finished"], reverse=True)
    entries = []
    for finished, kind, table, id_, name, key, *values in changes:
        entry = _entry(rows, table, id_, (finished, kind, key, *values))
        row = Item(rows.name(table, id_, name), rows.href(table, id_), display.title(table))
        entries.append(entry._replace(row=row))
    return entries


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
        names = rows.names(target(table, key), {*values} - {None}) if is_row else {}
        named = [names.get(each, each) for each in values]
        entries.append(_entry(rows, table, id_, (finished, kind, key, *named)))
    return entries


def _entry(rows: Rows, table: str, id_: Id, change: tuple[str, str, str, Any, Any]) -> ChangeEntry:
    """A change with its values as texts; a date no more precisely than it was known."""
    finished, kind, key, *values = change
    if not key:
        return ChangeEntry(finished, kind, "")
    if column := display.of_table(table).get("precision", {}).get(key):
        known = zip(values, _precisions(rows, finished, table, id_, column), strict=True)
        values = [value and display.format_net(value, precision) for value, precision in known]
    before, after = (_text(kind_of(table, key), value) for value in values)
    return ChangeEntry(finished, kind, display.format_key(key), before, after)


def _precisions(rows: Rows, finished: str, table: str, id_: Id, column: str) -> Any:
    """The ids of the precisions before and after a sync, or now if it didn't change them."""
    sql = (
        "SELECT CAST(from_value AS INTEGER), CAST(to_value AS INTEGER) FROM _runs JOIN _history"
        " ON run = _runs.id AND table_name = ? AND _history.id = ? AND key = ?"
        " WHERE finished = ? AND kind = 'changed'"
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
