"""A mirror as the pages see it: its rows by name, with pictures, found by words, from one state."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from unicodedata import normalize
from weakref import WeakKeyDictionary

from datasette import Forbidden, Response
from datasette.utils import tilde_decode, tilde_encode

from ll2_mirror.images.folder import UNKNOWN, ImageFolder
from ll2_mirror.ll2.descriptions import label, questions, sections
from ll2_mirror.ll2.lists import LIST_OF
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.serve.browse import is_web
from ll2_mirror.serve.datasette_adapter import file_of, is_mirror, may_see, users_metadata
from ll2_mirror.site import config
from ll2_mirror.site.format import Bar, bars, format_key
from ll2_mirror.store.reader import snapshot
from ll2_mirror.store.sql import IN, among

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

T = TypeVar("T")

# Kept between requests, by the name of the database.
_kept: WeakKeyDictionary[Datasette, dict[str, tuple[NameIndex, ImageFolder]]] = WeakKeyDictionary()


class SiteContext:
    """A mirror for one request; what the templates call ``ll2``."""

    key = staticmethod(format_key)
    table = staticmethod(config.title)
    description = staticmethod(config.description)
    is_searched = staticmethod(config.is_searched)

    def __init__(self, datasette: Datasette, name: str, request: Request | None) -> None:
        self.datasette, self.name, self.request = datasette, name, request
        self.home = str(datasette.urls.database(name))
        self.api = str(datasette.urls.path(API_PATH.lstrip("/")))
        self.root = str(datasette.urls.instance())
        self.title = users_metadata(datasette, "title") or config.site()["title"]
        self.text = users_metadata(datasette, "description") or config.site()["text"]
        self.questions = questions()
        kept = _kept.setdefault(datasette, {})
        if name not in kept:
            file = file_of(datasette.databases[name])
            kept[name] = NameIndex(), ImageFolder(file.path)
        self.names, self._folder = kept[name]

    async def read(self, read: Callable[[Rows], T]) -> T:
        """What is read of the file, from one state of it.

        Raises Forbidden if the visitor may not see all of LL2's tables: then they see nothing.
        """
        if not await self.may_see():
            raise Forbidden("view-database")

        def from_snapshot(conn: sqlite3.Connection) -> T:
            with snapshot(conn):
                return read(Rows(conn, self.home, self._copy))

        result: T = await self.datasette.databases[self.name].execute_fn(from_snapshot)
        return result

    def _copy(self, url: str) -> str:
        """The URL of the copy of a picture; empty if there is none."""
        name = self._folder.shown(url)
        return str(self.datasette.urls.path(f"-/picture/{name}")) if name else ""

    async def may_see(self) -> bool:
        """Whether the visitor may see the whole mirror; checked once per request."""
        actor = self.request.actor if self.request else None
        cache = self.request.scope.setdefault("ll2_may_see", {}) if self.request else {}
        if self.name not in cache:
            cache[self.name] = await may_see(self.datasette, actor, self.name)
        return bool(cache[self.name])

    async def page(self, template: str, status: int = 200, **variables: Any) -> Response:
        """The response for one of our templates."""
        body = await self.datasette.render_template(
            template, {**variables, "ll2": self}, request=self.request
        )
        return Response.html(body, status=status)

    # For the templates of Datasette's pages

    def facet(self, table: str, column: str, value: Any) -> str:
        """The label of a facet's value: yes or no for a boolean."""
        if column in config.flags(table) and str(value) in ("0", "1"):
            return "yes" if str(value) == "1" else "no"
        return "none" if value in (None, "") else str(value)

    def api_of(self, table: str) -> str:
        """The API's path for a table; empty if there is none."""
        return f"{self.api}{LIST_OF[table]}/" if table in LIST_OF else ""

    def sections(self, tables: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
        """LL2's tables that have rows, as Datasette knows them, by subject, in the order to read.

        Tables of lists are left out.
        """
        shown = {t["name"]: t for t in tables if t["count"] != 0 and "__" not in t["name"]}
        by_subject = (
            (
                section.heading,
                [shown[table.name] for table in section.tables if table.name in shown],
            )
            for section in sections()
        )
        return [(heading, each) for heading, each in by_subject if each]

    def is_ours(self, table: str) -> bool:
        """Whether a table is one of LL2's."""
        return table in config.described()

    def bars(self, question: str | None, columns: list[str], rows: list[Any]) -> list[Bar]:
        """The bar chart of a question's result, or None."""
        known = self.questions.get(question or "")
        return bars(columns, rows, known.bars) if known else []


def site_context(datasette: Datasette, request: Request) -> SiteContext | None:
    """The mirror that the path names, else the first one; None if there is none."""
    name = tilde_decode(request.url_vars.get("database", ""))
    for each, database in datasette.databases.items():
        if is_mirror(database) and name in ("", database.route):
            return SiteContext(datasette, each, request)
    return None


# The parts of pages


class Picture(NamedTuple):
    """A picture with its credit and license.

    ``full``, ``shown`` on a page of its own, and ``thumbnail`` in a list are addresses: those of
    the copies where there are some.
    """

    name: str
    credit: str
    full: str
    shown: str
    thumbnail: str
    license: str = ""  # empty: unknown
    terms: str = ""  # the address of the license


class Item(NamedTuple):
    """A row or a text, by its name; ``text`` stands beside it, ``note`` below."""

    name: str
    href: str = ""
    text: str = ""
    note: str = ""
    picture: Picture | None = None


class PageSection(NamedTuple):
    """Items under a title; ``size`` is the total, ``more`` the link to all of them."""

    title: str
    items: list[Item]
    size: int = 0
    more: str = ""
    empty: str = ""  # the text where there are none


class Fact(NamedTuple):
    """One value; ``sent`` is what LL2 sent, if that differs."""

    key: str
    value: str
    href: str = ""
    sent: str = ""
    description: str = ""
    kind: str = ""  # number, time


# Reading


_PICTURES = (
    "SELECT images.id, coalesce(images.name, ''), coalesce(credit, ''), image_url, thumbnail_url,"
    f" coalesce(nullif(image_licenses.name, '{UNKNOWN}'), ''), image_licenses.link FROM images"
    f" LEFT JOIN image_licenses ON image_licenses.id = license_id WHERE images.id {IN}"
)


class Rows(NamedTuple):
    """Reads names and pictures through one connection; ``home`` is the path of the database.

    ``copy`` gives the address of the copy of a picture, if there is one.
    """

    conn: sqlite3.Connection
    home: str
    copy: Callable[[str], str]

    def href(self, table: str, id_: Id) -> str:
        """The path of a row's page."""
        return f"{self.home}/{table}/{tilde_encode(str(id_))}"

    def name(self, table: str, id_: Id, name: Any) -> str:
        """The name of a row, or a substitute if it has none."""
        return str(name) if name not in (None, "") else f"{config.noun(table).capitalize()} {id_}"

    def names(self, table: str, ids: Iterable[Any]) -> dict[Any, str]:
        """The names of rows, by id."""
        rows = self._read(table, label(table), ids)
        return {id_: self.name(table, id_, name) for id_, name in rows}

    def items(self, table: str, ids: Iterable[Any]) -> list[Item]:
        """Rows by their names, in the order of the ids, each with its caption from site.toml."""
        ids = list(ids)
        names = self.names(table, ids)
        captions = dict(self._read(table, config.of_table(table).get("caption", ""), ids))
        return [
            Item(names[id_], self.href(table, id_), str(captions[id_] or ""))
            for id_ in ids
            if id_ in names
        ]

    def _read(self, table: str, value: str, ids: Iterable[Any]) -> list[Any]:
        """The ids of rows, each with the value of an SQL expression for the row ``t``."""
        sql = f'SELECT t.id, {value or "NULL"} FROM "{table}" AS t WHERE t.id {IN}'
        return self.conn.execute(sql, (among(set(ids)),)).fetchall()

    def pictures(self, ids: Iterable[Any]) -> dict[Any, Picture]:
        """Pictures by id, without those that have no URL."""
        rows = self.conn.execute(_PICTURES, (among(set(ids)),))
        pictures = {id_: self._picture(*values) for id_, *values in rows}
        return {id_: picture for id_, picture in pictures.items() if picture.full}

    def _picture(
        self, name: str, credit: str, full: Any, small: Any, license_: str, terms: Any
    ) -> Picture:
        full = full if is_web(full) else ""
        small = small if is_web(small) else full
        full_copy, small_copy = self.copy(full), self.copy(small)
        shown, thumbnail = full_copy or small_copy or full, small_copy or full_copy or small
        terms = terms if is_web(terms) else ""
        return Picture(name, credit, full_copy or full, shown, thumbnail, license_, terms)


_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 16
_LONGEST_WORD = 64  # characters
_ALSO = ("abbrev", "serial_number", "full_name", "alias", "slug", "launch_designator", "credit")
_INDEX = (
    "DROP TABLE IF EXISTS names; CREATE VIRTUAL TABLE names USING fts5("
    "text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2')"
)


def search_expression(text: str) -> str:
    """The FTS5 query for a text; empty if it has no words."""
    words = _WORD.findall(normalize("NFC", text))[:_MOST_WORDS]
    return " AND ".join(f'"{word[:_LONGEST_WORD]}"*' for word in words)


class NameIndex:
    """Finds rows by the beginnings of words in their names, ignoring case and accents.

    It is in memory, made on first use and again after a sync: so it costs a sync nothing, and can't
    be wrong in the file.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._state: Any = None
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        self._ids: list[Id] = []  # of all rows, by rowid of the index
        self._rowids: dict[str, range] = {}  # of each table's rows

    def find(self, conn: sqlite3.Connection, text: str, table: str = "") -> dict[str, list[Id]]:
        """The ids of rows whose names have all these words, by table; in one table or all."""
        expression, ids = search_expression(text), dict[str, list[Id]]()
        if not expression:
            return ids
        with self._lock:
            self._refresh(conn)
            sql = "SELECT rowid FROM names WHERE text MATCH ? AND rowid BETWEEN ? AND ?"
            rowids = self._rowids.get(table, range(0)) if table else range(len(self._ids))
            rows = self._index.execute(sql, (expression, rowids.start, rowids.stop - 1))
            tables = iter(self._rowids.items())
            name, rowids = "", range(0)
            for (rowid,) in rows:  # ascending: the tables follow one another
                while rowid >= rowids.stop:
                    name, rowids = next(tables)
                ids.setdefault(name, []).append(self._ids[rowid])
        return ids

    def _refresh(self, conn: sqlite3.Connection) -> None:
        """Rebuilds the index if a sync has ended since."""
        state = tuple(conn.execute("SELECT count(*), max(id), max(finished) FROM _runs").fetchone())
        if state == self._state:
            return
        self._ids.clear()
        self._index.executescript(_INDEX)
        for table in filter(config.is_searched, config.described()):
            columns, start = config.described_columns(table), len(self._ids)
            texts = [label(table), *(f't."{name}"' for name in _ALSO if name in columns)]
            text = " || ' ' || ".join(f"coalesce({each}, '')" for each in texts)
            rows = conn.execute(f'SELECT t.id, {text} FROM "{table}" AS t').fetchall()
            self._rowids[table] = range(start, start + len(rows))
            self._ids += [id_ for id_, _ in rows]
            pairs = zip(self._rowids[table], (names for _, names in rows), strict=True)
            self._index.executemany("INSERT INTO names (rowid, text) VALUES (?, ?)", pairs)
        self._state = state
