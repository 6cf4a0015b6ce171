"""What can happen to a file, made from a seed: other values, other tables, other bytes."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from random import Random

from ll2_mirror.ll2.json import text
from ll2_mirror.ll2.page import packed

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
VALUES = [
    None, 0, -1, 1, 2, 7, 2**31, 2**63 - 1, -(2**63), 0.5, -0.0, 9e999, -9e999, "", " ", "x", "0",
    "1", "null", "true", "[]", "{}", "[1]", "{", "[" * 10**5, '{"a":1}', '["spacecraft"]', "[[]]",
    '{"SpacecraftNormal":{}}', '{"SpacecraftNormal":{"values":{"x":1},"keys":["x"]}}', b"", b"\xff",
    b"\0" * 9, "\0", "\x1b[2J\n\u202e", "spacecraft", "launches", "normal", "detailed", "/2.3.0/x/",
    "SpacecraftNormal", "AgencyMini AgencyNormal", "2026-11-29T00:00:00.000000Z", "9999-99-99",
    "P1D",
    "0001-01-01T00:00:00Z", "http://127.0.0.1:1", "https://ll.thespacedevs.com", "x" * 10**5,
    packed(b"[" * 2**27), packed(b"{}"), packed(b"[" * 1000),
    '[{"id":1}]', '{"results":[]}', "1,2", "wal", "<script>alert(1)</script>", "9" * 400,
]  # fmt: skip


def tables(conn: sqlite3.Connection) -> list[str]:
    """The tables of a file, with those behind its indexes."""
    rows = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in rows]


def columns(conn: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table."""
    return [row[1] for row in conn.execute(f'PRAGMA table_info("{table}")')]


def _table(conn: sqlite3.Connection, random: Random) -> str:
    """A table: as often one that has rows and is the tool's own."""
    names = tables(conn)
    if random.random() < 0.4:
        names = [name for name in names if name.startswith("_") and "_fts" not in name]
    return random.choice(names)


def _cell(conn: sqlite3.Connection, random: Random) -> str:
    table = _table(conn, random)
    column = random.choice(columns(conn, table))
    value = random.choice(VALUES)
    if random.random() < 0.2:  # a value of the file's, elsewhere
        other = _table(conn, random)
        found = conn.execute(
            f'SELECT "{random.choice(columns(conn, other))}" FROM "{other}" LIMIT 9'
        )
        value = random.choice([*(one for (one,) in found), None])
    some = random.choice(["1", "1", "random() % 2", "1 LIMIT 1"])
    which, _, limit = some.partition(" LIMIT ")
    if limit:
        which = f'"{column}" IS (SELECT "{column}" FROM "{table}" LIMIT 1)'
    conn.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE {which}', (value,))
    return f"{table}.{column} = {value!r:.80} where {some}"


def _text(conn: sqlite3.Connection, random: Random) -> str:
    """A text that is no UTF-8, in a column of text."""
    table = _table(conn, random)
    column = random.choice(columns(conn, table))
    conn.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = CAST(x\'ff80\' AS TEXT)')
    return f"{table}.{column} isn't UTF-8"


def _rows(conn: sqlite3.Connection, random: Random) -> str:
    table = _table(conn, random)
    which = random.choice(["1", "random() % 2", "rowid % 3 = 0"])
    conn.execute(f'DELETE FROM "{table}" WHERE {which}')
    return f"delete from {table} where {which}"


def _insert(conn: sqlite3.Connection, random: Random) -> str:
    table = _table(conn, random)
    names = columns(conn, table)
    values = [random.choice(VALUES) for _ in names]
    places = ", ".join("?" * len(names))
    conn.execute(f'INSERT OR REPLACE INTO "{table}" VALUES ({places})', values)
    return f"insert into {table} {values!r:.300}"


def _drop(conn: sqlite3.Connection, random: Random) -> str:
    table = _table(conn, random)
    conn.execute(f'DROP TABLE "{table}"')
    return f"drop {table}"


def _stand_in(conn: sqlite3.Connection, random: Random) -> str:
    """Something else under a table's name, with its columns."""
    table = _table(conn, random)
    names = columns(conn, table)
    few = random.random() < 0.3
    kept = names[:1] if few else names
    listed = ", ".join(f'"{name}"' for name in kept)
    made = ", ".join(f'i AS "{name}"' for name in kept)
    conn.execute(f'ALTER TABLE "{table}" RENAME TO "old {table}"')
    view = random.choice(
        [
            f'SELECT {listed} FROM "old {table}"',
            f"{ENDLESS} SELECT {made} FROM n",
            f"SELECT {made} FROM (SELECT 1 AS i)",
            "SELECT abs(-9223372036854775808) AS id",
            f'SELECT * FROM "{table}"',
        ]
    )
    if random.random() < 0.3:
        conn.execute(f'CREATE TABLE "{table}" ({listed})')
        return f"{table} is a table of {listed}"
    conn.execute(f'CREATE VIEW "{table}" AS {view}')
    return f"{table} is a view: {view}"


def _schema(conn: sqlite3.Connection, random: Random) -> str:
    table = _table(conn, random)
    column = random.choice(columns(conn, table))
    sql = random.choice(
        [
            f'ALTER TABLE "{table}" DROP COLUMN "{column}"',
            f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "x y"',
            f'ALTER TABLE "{table}" ADD COLUMN "more" DEFAULT 5',
            f"CREATE TRIGGER t AFTER UPDATE ON \"{table}\" BEGIN SELECT RAISE(ABORT, 'no'); END",
            f'CREATE TRIGGER t AFTER INSERT ON "{table}" BEGIN DELETE FROM "{table}"; END',
            f'CREATE TRIGGER t BEFORE DELETE ON "{table}" BEGIN SELECT RAISE(IGNORE); END',
            f'CREATE UNIQUE INDEX u ON "{table}" ("{column}")',
            f'CREATE TABLE mine (x REFERENCES "{table}" ("{column}"))',
            "CREATE VIEW broken AS SELECT * FROM nowhere",
            "CREATE TABLE _mine (x)",
            *(f"PRAGMA user_version = {version}" for version in (0, 1, 3, 99, -1)),
            "PRAGMA application_id = 5",
            "PRAGMA journal_mode = DELETE",
        ]
    )
    conn.execute(sql)
    return sql


def _indexes(conn: sqlite3.Connection, random: Random) -> str:
    names = [name for name in tables(conn) if name.endswith("_fts")]
    table = random.choice(names)
    what = random.choice(["'delete-all'", "'rebuild'", "'optimize'"])
    conn.execute(f'INSERT INTO "{table}" ("{table}") VALUES ({what})')
    return f"{table}: {what}"


def _written(conn: sqlite3.Connection, random: Random) -> str:
    """The schema's own text."""
    table = random.choice(tables(conn))
    sql = random.choice(
        ["NULL", "''", "'CREATE TABLE x (y)'", "replace(sql, 'TEXT', 'BLOB')", "sql || ' x'",
         "replace(sql, 'id', 'ID')", "replace(sql, 'INTEGER', '')", "substr(sql, 1, 40)"]
    )  # fmt: skip
    conn.execute("PRAGMA writable_schema = ON")
    conn.execute(f"UPDATE sqlite_master SET sql = {sql} WHERE name = ?", (table,))
    return f"sqlite_master: {table} is {sql}"


_BY_SQL = [_cell] * 8 + [
    _insert,
    _rows,
    _text,
    _drop,
    _stand_in,
    _stand_in,
    _schema,
    _indexes,
    _written,
]


def by_sql(db: Path, random: Random) -> list[str]:
    """Damages a file through SQLite; gives what was done."""
    done = []
    with closing(sqlite3.connect(db, isolation_level=None)) as conn:
        conn.execute("PRAGMA foreign_keys = OFF")
        conn.execute("PRAGMA ignore_check_constraints = ON")
        for _ in range(random.choice([1, 1, 1, 2, 5])):
            with suppress(sqlite3.Error, IndexError, UnicodeError):
                done.append(random.choice(_BY_SQL)(conn, random))
        with suppress(sqlite3.Error):
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return done


def by_bytes(db: Path, random: Random) -> list[str]:
    """Damages a file as a disk does; gives what was done."""
    body = bytearray(db.read_bytes())
    what = random.choice(["flip", "flip", "zero", "cut", "swap", "head", "grow", "text", "empty"])
    page = 4096
    pages = len(body) // page
    for _ in range(random.choice([1, 1, 5, 50])):
        at = random.randrange(len(body))
        if what == "flip":
            body[at] = random.randrange(256)
        elif what == "zero":
            body[at : at + 512] = bytes(len(body[at : at + 512]))
        elif what == "swap":
            one, other = (page * random.randrange(1, pages) for _ in range(2))
            body[one : one + page], body[other : other + page] = (
                body[other : other + page], body[one : one + page]
            )  # fmt: skip
        elif what == "head":
            body[random.randrange(100)] = random.randrange(256)
    if what == "cut":
        del body[random.randrange(len(body)) :]
    elif what == "grow":
        body += random.randbytes(random.choice([1, page, 5 * page]))
    elif what == "text":
        body[:] = text({"not": "a database"}).encode() * 99
    elif what == "empty":
        body.clear()
    db.write_bytes(body)
    if random.random() < 0.2:
        db.with_name(f"{db.name}-wal").write_bytes(random.randbytes(random.choice([0, 32, 9000])))
        what += " and a log"
    return [what]


def damaged(db: Path, random: Random) -> list[str]:
    """Damages a file; gives what was done."""
    return (by_sql if random.random() < 0.75 else by_bytes)(db, random)
