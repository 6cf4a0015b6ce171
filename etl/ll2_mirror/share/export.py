"""Writes tables and views to a folder as CSV or Parquet, each column with its declared type.

Beside them is datapackage.json, made from the declarations of schema.sql: names, types, units, keys
and sentences. Its format is that of https://datapackage.org/standard/data-package/.
"""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ll2_mirror import __version__
from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.errors import DataError, UsageError
from ll2_mirror.files import writing
from ll2_mirror.ll2.descriptions import sections
from ll2_mirror.ll2.schema import views
from ll2_mirror.progress import Emit, ignore
from ll2_mirror.share.publisher import LICENSE, SOURCE, SOURCE_URL, mirror_state
from ll2_mirror.store.file import Store, lend_views
from ll2_mirror.store.sql import quoted

_DESCRIPTOR = "datapackage.json"
_PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TERMS = "https://github.com/TheSpaceDevs/Tutorials/blob/main/faqs/faq_TSD.md#terms-of-use"
_MEDIA_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_BATCH = 10_000  # rows in memory
_STEPS = 100_000  # of SQLite's virtual machine, some milliseconds, between two checks for a signal
# Types of a Table Schema, by the column's unit, its type in SQL, and the types of its values.
_BY_UNIT = {"0 or 1": "boolean", "UTC": "datetime", "YYYY-MM-DD": "date"}
_UNITS = (*_BY_UNIT, "days", "year", "ISO 3166-1")  # of views
_BY_SQL = {"INTEGER": "integer", "REAL": "number", "TEXT": "string"}
_BY_VALUES = {"integer": "integer", "real": "number", "integer,real": "number"}
_CSV_TIME = "%Y-%m-%d %H:%M:%S"  # in UTC: what spreadsheets take for a time
# What spreadsheets take for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class ExportColumn(NamedTuple):
    """A column with its type in a Table Schema; ``target`` is the table it refers to."""

    name: str
    type: str
    text: str
    unit: str = ""
    target: str = ""


class ExportTable(NamedTuple):
    """A table or a view; ``key`` has the columns of its primary key."""

    name: str
    text: str
    key: Sequence[str]
    columns: Sequence[ExportColumn]


Batches = Iterator[list[Any]]  # the rows of a table, some at a time
Write = Callable[[ExportTable, Batches, Path], None]  # to a file


def export(
    store: Store, folder: Path, names: Sequence[str], *, parquet: bool, emit: Emit = ignore
) -> dict[str, int]:
    """Writes tables and views into an empty folder; returns the number of rows of each.

    Without names, these are LL2's tables and our views that have rows. The folder gets all files or
    none. Raises UsageError if the folder isn't empty or a name isn't known, DataError if a view
    fails or a value doesn't fit its column, Stopped if there is no room.
    """
    write, ending = (_parquet_writer(), "parquet") if parquet else (_write_csv, "csv")
    described, counts = [], Counter[str]()
    store.conn.set_progress_handler(lambda: None, _STEPS)  # else Ctrl-C waits for a user's view
    with store.snapshot(), _staged(folder) as stage:
        chosen = _chosen(store, names)
        for done, name in enumerate(chosen, 1):
            with _explaining(name):
                table = _table(store.conn, name)
                batches = _read(store.conn, table, counts)
                write(table, batches, stage / f"{name}.{ending}")
                described.append(table)
            emit("exported", tables=done, of=len(chosen))
        document = _descriptor(store, described, ending)
        text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        (stage / _DESCRIPTOR).write_text(text, encoding="utf-8")
    return {table.name: counts[table.name] for table in described}


@contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """A temporary folder in an empty one, to which its files are moved if nothing fails."""
    with writing(folder):
        if is_new := not folder.exists():
            folder.mkdir()
        stage = folder / ".part"
        if any(path != stage for path in folder.iterdir()):
            raise UsageError(f"{folder} is not empty: choose another folder, or empty it")
        try:
            shutil.rmtree(stage, ignore_errors=True)  # an export that was killed left it
            stage.mkdir()
            yield stage
            for path in sorted(stage.iterdir(), key=lambda path: path.name == _DESCRIPTOR):
                path.rename(folder / path.name)
            stage.rmdir()
        except BaseException:
            shutil.rmtree(stage, ignore_errors=True)
            if is_new:
                folder.rmdir()
            raise


@contextmanager
def _explaining(name: str) -> Iterator[None]:
    """Raises DataError if a view fails, or a value doesn't fit its column."""
    try:
        yield
    except (sqlite3.OperationalError, DataError) as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise KeyboardInterrupt from None
        raise DataError(f"{name} can't be exported: {error}") from error


# What is exported


def _chosen(store: Store, names: Sequence[str]) -> Sequence[str]:
    """The given tables and views, or all of ours that have rows; raises UsageError."""
    sql = (
        "SELECT name FROM (SELECT * FROM sqlite_master UNION SELECT * FROM temp.sqlite_master)"
        " WHERE type IN ('table', 'view')"
        " AND name NOT GLOB '_*' AND name NOT GLOB 'sqlite*' AND name NOT GLOB '*/*'"
    )
    lend_views(store.conn)
    known = {name for (name,) in store.conn.execute(sql)}
    for name in names:
        if name not in known:
            near = get_close_matches(name, sorted(known)) or sorted(known)[:3]
            raise UsageError(
                f"{name} is not a table or view of {store.path}: choose one like {', '.join(near)}"
            )
    if mirror_state(store) is None:
        raise UsageError(f"{store.path} holds nothing to export yet: sync it first")
    ours = (name for name in (*_declared(), *views()) if name in known)
    return list(dict.fromkeys(names)) or [name for name in ours if _has_rows(store.conn, name)]


def _has_rows(conn: sqlite3.Connection, name: str) -> bool:
    with _explaining(name):
        return bool(conn.execute(f"SELECT EXISTS (SELECT * FROM {quoted([name])})").fetchone()[0])


@cache
def _declared() -> dict[str, ExportTable]:
    """LL2's tables by name, without the columns that are the tool's own."""
    declared = {}
    for table in (table for section in sections() for table in section.tables):
        columns = [
            _column(each.column.name, each.column.type, each.unit, each.text, each.column.target)
            for each in table.columns
            if each.column.kind != "own"
        ]
        key = [each.name for each in columns[:2]] if table.is_list else ["id"]
        declared[table.name] = ExportTable(table.name, table.text, key, columns)
    return declared


def _column(name: str, sql_type: str, unit: str, text: str, target: str = "") -> ExportColumn:
    """A column with the type of its unit or its SQL type; empty if neither has one."""
    type_ = _BY_UNIT.get(unit) or _BY_SQL.get(sql_type, "")
    return ExportColumn(name, type_, text, "" if type_ in ("boolean", "date") else unit, target)


def _table(conn: sqlite3.Connection, name: str) -> ExportTable:
    """A table or a view; columns without a declared type have that of their values."""
    if name in _declared():
        return _declared()[name]
    view = views().get(name)
    columns = []
    for column, sql_type in conn.execute("SELECT name, type FROM pragma_table_info(?)", (name,)):
        text = view.columns.get(column, "") if view else ""
        unit, _, rest = text.partition(": ")
        declared = _column(column, sql_type, *((unit, rest) if unit in _UNITS else ("", text)))
        type_ = declared.type or _type_of_values(conn, name, column)
        columns.append(declared._replace(type=type_))
    return ExportTable(name, view.text if view else "", (), columns)


def _type_of_values(conn: sqlite3.Connection, name: str, column: str) -> str:
    """The type of all values of a column; ``string`` if there are several, or no values."""
    sql = (
        f"SELECT DISTINCT typeof({quoted([column])}) FROM {quoted([name])}"
        f" WHERE {quoted([column])} IS NOT NULL ORDER BY 1"
    )
    return _BY_VALUES.get(",".join(type_ for (type_,) in conn.execute(sql)), "string")


def _read(conn: sqlite3.Connection, table: ExportTable, counts: Counter[str]) -> Batches:
    """The rows of a table, some at a time, counted."""
    selected = (
        f"CAST({quoted([name])} AS TEXT)" if type_ == "string" else quoted([name])
        for name, type_, *_ in table.columns
    )
    rows = conn.execute(f"SELECT {', '.join(selected)} FROM {quoted([table.name])}")
    while batch := rows.fetchmany(_BATCH):
        counts[table.name] += len(batch)
        yield batch


# The files


def _write_csv(table: ExportTable, batches: Batches, path: Path) -> None:
    """Writes rows as spreadsheets read them: UTF-8 with a byte order mark, and no formulas."""
    cells = [_CELLS.get(column.type, str) for column in table.columns]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(column.name for column in table.columns)
        for batch in batches:
            writer.writerows(
                [
                    None if value is None else cell(value)
                    for cell, value in zip(cells, row, strict=True)
                ]
                for row in batch
            )


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


_CELLS: dict[str, Callable[[Any], str]] = {
    "boolean": ("false", "true").__getitem__,
    "datetime": lambda value: from_iso(value).astimezone(UTC).strftime(_CSV_TIME),
    "string": _no_formula,
}


def _parquet_writer() -> Write:
    """The function that writes Parquet; raises UsageError without pyarrow, which is an extra."""
    try:
        import pyarrow as arrow
        from pyarrow.parquet import ParquetWriter
    except ImportError:
        needs = "Parquet needs pyarrow: `pip install 'll2-mirror[parquet]'`, or export as CSV"
        raise UsageError(needs) from None
    types = {
        "boolean": arrow.bool_(),
        "datetime": arrow.timestamp("us", "UTC"),
        "date": arrow.date32(),
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "string": arrow.string(),
    }

    def write(table: ExportTable, batches: Batches, path: Path) -> None:
        schema = arrow.schema(
            arrow.field(column.name, types[column.type], metadata={"description": column.text})
            for column in table.columns
        )
        with ParquetWriter(path, schema) as writer:
            for batch in batches:
                columns = zip(zip(*batch, strict=True), schema.types, strict=True)
                try:
                    arrays = [arrow.array(values).cast(type_) for values, type_ in columns]
                except arrow.ArrowException as error:
                    raise DataError(str(error)) from None
                writer.write_batch(arrow.record_batch(arrays, schema=schema))

    return write


# datapackage.json


def _descriptor(store: Store, described: Sequence[ExportTable], ending: str) -> dict[str, Any]:
    """The description of the files, as a Data Package."""
    state, names = mirror_state(store), {table.name for table in described}
    assert state
    return {
        "$schema": _PROFILE,
        "name": "launch-library-2",
        "title": SOURCE,
        "description": f"Exported by ll2-mirror {__version__} as of {state.synced}, its last sync.",
        "created": to_iso(store.clock.now()),
        "sources": [{"title": SOURCE, "path": SOURCE_URL}],
        "licenses": [{"title": LICENSE, "path": _TERMS}],
        "resources": [_resource(table, names, ending) for table in described],
    }


def _resource(table: ExportTable, names: Collection[str], ending: str) -> dict[str, Any]:
    """The description of a file, with references only to exported tables."""
    schema = {
        "fields": [_field(column, ending) for column in table.columns],
        "primaryKey": table.key,
        "foreignKeys": [
            {"fields": column.name, "reference": {"resource": column.target, "fields": "id"}}
            for column in table.columns
            if column.target in names
        ],
    }
    resource = {
        "name": table.name,
        "type": "table",
        "path": f"{table.name}.{ending}",
        "format": ending,
        "mediatype": _MEDIA_TYPES[ending],
        "encoding": "utf-8",
        "description": table.text,
    }
    return _filled(resource) | {"schema": _filled(schema)}


def _field(column: ExportColumn, ending: str) -> dict[str, Any]:
    is_text = (column.type, ending) == ("datetime", "csv")
    field = {"name": column.name, "type": column.type, "format": _CSV_TIME if is_text else ""}
    return _filled(field | {"description": column.text, "unit": column.unit})


def _filled(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value}
