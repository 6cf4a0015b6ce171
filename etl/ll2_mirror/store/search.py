"""Keeps the search index equal to the tables."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from ll2_mirror.ll2.lists import RESOURCES, Resource
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.schema import TOKENIZER, statement_of
from ll2_mirror.store.ledger import LISTED, listed
from ll2_mirror.store.sql import all_of, quoted

_RUN = re.compile(r"\S+")
_PLAIN = re.compile(r"""[^\s'"]*""")
_INSIDE = {quote: re.compile(rf"(?:[^{quote}\\]|\\.)*+") for quote in "\"'"}
_GRAM = 3  # characters: the index is of trigrams
_MOST_PHRASES = 16  # words looked up in the index; the rest are compared with the texts
_LONGEST = 64  # characters of a word looked up in the index: each takes some kB of memory
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_ERROR")  # SQLite's errors when FTS5 can't open an index


def terms(text: str) -> list[str]:
    """The terms of a search, as Django REST framework splits them.

    White space and commas separate them, except in quotes; empty quotes are a term.
    """
    parts = []
    for token in (token.strip(",") for token in _tokens(text)):
        if token and token[0] in _INSIDE and token[-1] == token[0]:
            quote = token[0]
            parts.append(token[1:-1].replace(f"\\{quote}", quote).replace("\\\\", "\\"))
        else:
            parts += [part.strip() for part in token.split(",") if part]
    return parts


def _tokens(text: str) -> Iterator[str]:
    """The parts separated by white space, except in closed quotes; there, a backslash escapes.

    This takes linear time: if a quote isn't closed, quotes of its kind up to where the search for
    the closing one ended are skipped, since they are escaped.
    """
    end, unclosed = 0, dict.fromkeys(_INSIDE, 0)
    while run := _RUN.search(text, end):
        plain = end = _after(_PLAIN, text, run.start())
        while (quote := text[end : end + 1]) in _INSIDE and end >= unclosed[quote]:
            closing = _after(_INSIDE[quote], text, end + 1)
            if text[closing : closing + 1] != quote:
                unclosed[quote] = closing
                break
            end = _after(_PLAIN, text, closing + 1)
        end = end if end > plain else run.end()
        yield text[run.start() : end]


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    """The end of what a pattern matches at a position; each matches at least nothing."""
    match = pattern.match(text, position)
    assert match
    return match.end()


def upper(text: str) -> str:
    """A text in upper case as PostgreSQL makes it: character by character, so ß stays."""
    if text.isascii():
        return text.upper()
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def matching(
    resource: Resource, words: Sequence[str], not_searched: Collection[str] = ()
) -> tuple[str, list[Any]]:
    """The query for the ids of the records that have each word in one of their texts.

    Texts at the paths ``not_searched`` are ignored. Words of one or two letters, which have no
    trigram, and words that aren't looked up in the index are compared with all texts.
    """
    # The longest first: they match the fewest records.
    capitals = sorted(dict.fromkeys(map(upper, words)), key=len, reverse=True)
    phrases = [_phrase(word) for word in capitals[:_MOST_PHRASES] if len(word) >= _GRAM]
    compared = [w for n, w in enumerate(capitals) if n >= len(phrases) or len(w) > _LONGEST]
    paths = [path for path in resource.search if path not in not_searched]
    expression = " AND ".join(phrases)
    if not_searched and phrases:
        expression = f"{{{' '.join(paths)}}} : ({expression})"
    if not compared:
        return _match(resource, expression)
    either = " OR ".join(f'instr("{path}", ?)' for path in paths)
    parts = [_rows(resource)] if phrases else []
    condition = all_of([*parts, *[f"({either})"] * len(compared)])
    values = [expression] if phrases else []
    return _ids(resource, condition), [*values, *(w for w in compared for _ in paths)]


def naming(resource: Resource, path: str, text: str) -> tuple[str, list[Any]]:
    """The query for the ids of candidates: records whose text at a searched path may be this one.

    It ignores case, and may find records whose text only contains it.
    """
    capitals = upper(text)
    if len(capitals) >= _GRAM:
        return _match(resource, f"{path} : {_phrase(capitals)}")
    return _ids(resource, f'"{path}" = ?'), [capitals]


def _match(resource: Resource, expression: str) -> tuple[str, list[Any]]:
    """The query for the ids of the records that an FTS5 expression finds."""
    if resource.search_key != "id":
        return _ids(resource, _rows(resource)), [expression]
    index = f"{resource.search_table}_fts"
    return f'SELECT rowid AS id FROM "{index}" WHERE "{index}" MATCH ?', [expression]


def _rows(resource: Resource) -> str:
    """The condition that an FTS5 expression matches a row."""
    index = f"{resource.search_table}_fts"
    return f'{resource.search_key} IN (SELECT rowid FROM "{index}" WHERE "{index}" MATCH ?)'


def _ids(resource: Resource, condition: str) -> str:
    """The query for the ids of the records with a row that meets a condition."""
    return f'SELECT{_once(resource)} id FROM "{resource.search_table}" WHERE {condition}'


def _once(resource: Resource) -> str:
    """DISTINCT, if a record can have several rows."""
    return "" if resource.search_key == "id" else " DISTINCT"


def _phrase(text: str) -> str:
    """The start of a text, as an FTS5 phrase."""
    return '"' + text[:_LONGEST].replace('"', '""') + '"'


UPPER = "ll2_upper"  # the SQL function: see teach_upper


def reindex(conn: sqlite3.Connection) -> None:
    """Updates the index of each resource, in the caller's transaction."""
    for resource in searched():
        is_used = f'SELECT EXISTS ({LISTED}) OR EXISTS (SELECT 1 FROM "{resource.search_table}")'
        if not conn.execute(is_used, (resource.name,)).fetchone()[0]:
            continue
        texts, columns, key = resource.search_table, quoted(resource.search), resource.search_key
        conn.execute("DROP TABLE IF EXISTS temp.stale")
        conn.execute(f"CREATE TEMP TABLE stale AS {_stale(resource)}")
        stale = "IN (SELECT id FROM temp.stale)"
        conn.execute(
            f'INSERT INTO "{texts}_fts" ("{texts}_fts", rowid, {columns})'
            f" SELECT 'delete', {key}, {columns} FROM \"{texts}\" WHERE id {stale}"
        )
        conn.execute(f'DELETE FROM "{texts}" WHERE id {stale}')
        current = f"{_current(resource)} AND record.id {stale}"
        conn.execute(f'INSERT INTO "{texts}" (id, {columns}) {current}')
        conn.execute(
            f'INSERT INTO "{texts}_fts" (rowid, {columns})'
            f' SELECT {key}, {columns} FROM "{texts}" WHERE id {stale}'
        )
        conn.execute("DROP TABLE temp.stale")


def damaged_indexes(conn: sqlite3.Connection) -> list[str]:
    """The tables of texts whose index is damaged.

    Outside a transaction: since SQLite 3.44, one in which FTS5 met damage can't be written in.
    """
    return [resource.search_table for resource in searched() if not is_whole(conn, resource)]


def rebuild_indexes(conn: sqlite3.Connection, damaged: list[str]) -> None:
    """Makes the indexes of these tables of texts anew, in the caller's transaction."""
    for texts in damaged:
        conn.execute(f'DELETE FROM "{texts}"')
        # FTS5 can't open a damaged index, even to drop it.
        index = f"{texts}_fts"
        for part in ("data", "idx", "config"):
            conn.execute(f'DROP TABLE IF EXISTS "{index}_{part}"')
        conn.execute("PRAGMA writable_schema = ON")
        conn.execute("DELETE FROM sqlite_master WHERE name = ?", (index,))
        conn.execute("PRAGMA writable_schema = RESET")
        conn.execute(statement_of(index))
    if damaged:
        reindex(conn)


def is_whole(conn: sqlite3.Connection, resource: Resource) -> bool:
    """Whether an index has as many texts as there are records, and finds the first and the last.

    This is a quick check; ``verify`` compares all terms.
    """
    texts, key, path = resource.search_table, resource.search_key, resource.search[0]
    indexed = f'SELECT count(*) FROM (SELECT{_once(resource)} id FROM "{texts}")'
    counts = f"SELECT ({indexed}) = (SELECT count(*) FROM ({LISTED}))"
    ends = f'SELECT min({key}) FROM "{texts}" UNION SELECT max({key}) FROM "{texts}"'
    at_ends = f'SELECT {key}, "{path}" FROM "{texts}" WHERE {key} IN ({ends})'
    try:
        known = conn.execute(counts, (resource.name,)).fetchone()[0]
        rows = conn.execute(at_ends).fetchall()
        return bool(known) and all(_finds(conn, resource, path, *row) for row in rows)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "").startswith(_DAMAGED):
            return False
        raise


def _finds(
    conn: sqlite3.Connection, resource: Resource, path: str, key: int, text: str | None
) -> bool:
    """Whether the index finds a row by its text; True if the text is too short, or has a NUL."""
    if text is None or len(text) < _GRAM or "\0" in text:
        return True
    index = f"{resource.search_table}_fts"
    sql = f'SELECT 1 FROM "{index}" WHERE "{index}" MATCH ? AND rowid = ?'
    return conn.execute(sql, (f"{path} : {_phrase(text)}", key)).fetchone() is not None


def has_right_terms(conn: sqlite3.Connection, resource: Resource) -> bool:
    """Whether an index has exactly the terms of its texts.

    Raises sqlite3.DatabaseError if it can't be read.
    """
    texts, columns, key = resource.search_table, quoted(resource.search), resource.search_key
    if not conn.execute(f'SELECT 1 FROM "{texts}" LIMIT 1').fetchone():
        return next(_terms(conn, "main", f"{texts}_fts"), None) is None
    anew = f"{texts}_anew"
    conn.execute(
        f"CREATE VIRTUAL TABLE temp.\"{anew}\" USING fts5({columns}, content = '',"
        f" tokenize = '{TOKENIZER}')"
    )
    conn.execute(
        f'INSERT INTO temp."{anew}" (rowid, {columns}) SELECT {key}, {columns} FROM "{texts}"'
    )
    pairs = zip_longest(_terms(conn, "temp", anew), _terms(conn, "main", f"{texts}_fts"))
    same = all(expected == indexed for expected, indexed in pairs)
    conn.execute(f'DROP TABLE temp."{anew}"')
    return same


def _terms(conn: sqlite3.Connection, schema: str, index: str) -> sqlite3.Cursor:
    """Each term of an index with its positions, in order."""
    vocabulary = f'temp."{index}_terms"'
    conn.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {vocabulary}"
        f" USING fts5vocab('{schema}', '{index}', 'instance')"
    )
    return conn.execute(f"SELECT term, doc, col, offset FROM {vocabulary}")


def searched() -> list[Resource]:
    """The resources that can be searched."""
    return [resource for resource in RESOURCES.values() if resource.search]


def misindexed(conn: sqlite3.Connection, resource: Resource) -> list[Id]:
    """The first records of a resource, if any, whose indexed texts aren't those of the tables."""
    return [id_ for (id_,) in conn.execute(f"{_stale(resource)} LIMIT 5")]


def _stale(resource: Resource) -> str:
    """The query for the ids of records whose indexed texts are missing, or not the tables'."""
    texts = f'"{resource.search_table}"'
    same = "".join(f' AND indexed."{path}" IS current."{path}"' for path in resource.search)
    others = f"SELECT id FROM {texts} WHERE id NOT IN ({listed(resource.name)})"
    if resource.search_key != "id":  # a record with several rows may have one too many
        others = (
            f"SELECT id FROM {texts} AS indexed WHERE NOT EXISTS"
            f" (SELECT 1 FROM current WHERE current.id = indexed.id{same})"
        )
    return (
        f"WITH current AS ({_current(resource)})"
        f" SELECT current.id FROM current LEFT JOIN {texts} AS indexed"
        f" ON indexed.id = current.id{same} WHERE indexed.id IS NULL UNION ALL {others}"
    )


def teach_upper(conn: sqlite3.Connection) -> None:
    """Defines the SQL function that converts texts to upper case as a search does."""
    conn.create_function(UPPER, 1, _capitals, deterministic=True)


def _capitals(value: Any) -> Any:
    """A text in upper case, or the digits of a number; a damaged value unchanged."""
    return str(value) if type(value) is int else upper(value) if isinstance(value, str) else value


def _current(resource: Resource) -> str:
    """The query for the texts of a resource's records that the index should have."""
    joins: dict[str, str] = {}
    texts = [
        f'{UPPER}({_column(resource.richest, path, joins)}) AS "{path}"' for path in resource.search
    ]
    return (
        f"SELECT{_once(resource)} record.id, {', '.join(texts)} FROM ({listed(resource.name)}) JOIN"
        f' "{resource.table}" AS record USING (id) {" ".join(joins.values())} WHERE true'
    )


def _column(shape: Shape, path: str, joins: dict[str, str]) -> str:
    """The column at the end of a path; adds the joins on the way, by the alias of their tables."""
    alias = "record"
    *ways, (_, last) = shape.resolve(path)
    for owner, key in ways:
        before, alias = alias, f"{alias}__{key.name}"
        id_ = f'"{before}"."{key.column}"'
        if key.kind == "many":
            link, item = f"{alias}[]", owner.nested[key.name].list_column
            id_ = f'"{link}".{item}'
            joins[link] = (
                f'LEFT JOIN "{owner.list_table(key)}" AS "{link}"'
                f' ON "{link}".{owner.list_column} = "{before}".id'
            )
        table = owner.nested[key.name].table
        joins[alias] = f'LEFT JOIN "{table}" AS "{alias}" ON "{alias}".id = {id_}'
    return f'"{alias}"."{last.column}"'
