"""A mirror as the pages see it: rows by name, with pictures, found by words; from one state."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from unicodedata import normalize
from weakref import WeakKeyDictionary

from datasette import Forbidden, NotFound, Request, Response
from datasette.utils import tilde_decode, tilde_encode

from ll2_mirror.errors import MirrorError
from ll2_mirror.images.folder import UNKNOWN, ImageFolder
from ll2_mirror.ll2.descriptions import before_you_count, label, questions, sections
from ll2_mirror.ll2.lists import LIST_OF
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.ll2.schema import tables
from ll2_mirror.serve import datasette_adapter as adapter
from ll2_mirror.site import charts, display
from ll2_mirror.store.file import explained
from ll2_mirror.store.reader import snapshot
from ll2_mirror.store.sql import IN, among

if TYPE_CHECKING:
    from datasette.app import Datasette

T = TypeVar("T")

_READING = ("GET", "HEAD")  # methods

# Kept between requests, by the name of the database.
_kept: WeakKeyDictionary[Datasette, dict[str, tuple[NameIndex, ImageFolder]]] = WeakKeyDictionary()


class SiteContext:
    """A mirror for one request; what the templates call ``ll2``."""

    display, list_of, key = display, staticmethod(LIST_OF.get), staticmethod(display.format_key)

    def __init__(self, datasette: Datasette, name: str, request: Request | None) -> None:
        self.datasette, self.name, self.request = datasette, name, request
        self.home = str(datasette.urls.database(name))
        self.api = str(datasette.urls.path(API_PATH.lstrip("/")))
        self.root = str(datasette.urls.instance())
        self.address = self.absolute(request.path) if request else ""
        self.title = adapter.users_metadata(datasette, "title") or display.site()["title"]
        self.text = adapter.users_metadata(datasette, "description") or display.site()["text"]
        self.questions, self.before_you_count = questions(), before_you_count()
        self.feeds = display.site()["feeds"]
        kept = _kept.setdefault(datasette, {})
        if name not in kept:
            file = adapter.file_of(datasette.databases[name])
            kept[name] = NameIndex(), ImageFolder(file.path)
        self.names, self._folder = kept[name]

    async def may_see(self) -> bool:
        """Whether the visitor may see the whole mirror."""
        actor = self.request.scope.get("actor") if self.request else None
        return await adapter.may_see(self.datasette, actor, self.name)

    async def check(self) -> None:
        """Raises Forbidden if the visitor may not see all of LL2's tables: they see nothing."""
        if not await self.may_see():
            raise Forbidden("view-database")

    async def read(self, read: Callable[[Rows], T]) -> T:
        """What a function reads from the file, in one state of it.

        Raises Forbidden as ``check`` does, and UnreadablePage if the file isn't a complete mirror.
        """
        await self.check()

        def from_snapshot(conn: sqlite3.Connection) -> T:
            with snapshot(conn):
                return read(Rows(conn, self.home, self._copy))

        try:
            result: T = await self.datasette.databases[self.name].execute_fn(from_snapshot)
        except MirrorError as error:
            raise adapter.UnreadablePage(str(error)) from error
        except sqlite3.Error as error:
            known = explained(error, Path(self.name))
            message = str(known or f"{self.name} is not a complete mirror: {error}")
            raise adapter.UnreadablePage(message) from error
        return result

    def _copy(self, url: str) -> str:
        """The URL of the copy of a picture; empty if there is none."""
        name = self._folder.shown(url)
        return str(self.datasette.urls.path(f"-/picture/{name}")) if name else ""

    async def page(self, template: str, status: int = 200, **variables: Any) -> Response:
        """The response for one of our templates."""
        if self.request and self.request.method not in _READING:
            raise adapter.method_not_allowed(self.request.method)
        variables["ll2"] = self
        body = await self.datasette.render_template(template, variables, request=self.request)
        return Response.html(body, status=status)

    # For the templates

    def absolute(self, href: str) -> str:
        """The whole address of a path, its host as configured, else as requested."""
        base = adapter.configured_base(self.datasette)
        return base + href if base else str(self.datasette.absolute_url(self.request, href))

    def may_share(self, picture: Picture) -> bool:
        """Whether the license of a picture lets other sites show it."""
        return picture.license.startswith(tuple(display.site()["shared_licenses"]))

    def api_of(self, table: str) -> str:
        """The API's path for a table; empty if there is none."""
        return f"{self.api}{LIST_OF[table]}/" if table in LIST_OF else ""

    def sections(self, known: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
        """LL2's tables with rows, as Datasette knows them, by subject; without tables of lists."""
        shown = {t["name"]: t for t in known if t["count"] != 0 and display.has_pages(t["name"])}
        return [
            (section.heading, [shown[each.name] for each in section.tables if each.name in shown])
            for section in sections()
        ]

    def chart(self, question: str, columns: list[str], rows: list[Any]) -> charts.Chart | None:
        """The bar chart of a question's result; None if it has none."""
        known = self.questions.get(question)
        return charts.question_bars(columns, rows, known.bars) if known else None


def database_in(request: Request) -> str:
    """The name of the database in the path; empty for other paths."""
    return str(tilde_decode(request.url_vars.get("database", "")))


def site_context(
    datasette: Datasette, request: Request, name: str | None = None
) -> SiteContext | None:
    """The mirror that the path or ``name`` names, the first one if empty; None if there is none."""
    name = database_in(request) if name is None else name
    for each, database in datasette.databases.items():
        if adapter.is_mirror(database) and name in ("", database.route):
            return SiteContext(datasette, each, request)
    return None


def the_mirror(datasette: Datasette, request: Request) -> SiteContext:
    """The same; raises NotFound if there is none."""
    if site := site_context(datasette, request):
        return site
    raise NotFound("No mirror is open")


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
    license: str  # empty: unknown
    terms: str  # the address of the license


class Item(NamedTuple):
    """A row or a text, by its name; ``key`` is before it, ``text`` beside it, ``note`` below it."""

    name: str
    href: str = ""
    text: str = ""
    note: str = ""
    picture: Picture | None = None
    key: str = ""


class PageSection(NamedTuple):
    """Items under a title; ``size`` is the total, ``more`` the link to all of them."""

    title: str
    items: list[Item]
    size: int = 0
    more: str = ""
    kind: str = "list"  # how they are shown
    drawn: Any = None  # a chart, or the items of a map, each with its place
    table: str = ""  # the table of the items


# Reading


_is_number = re.compile(r"\d{1,18}").fullmatch  # that SQLite takes as an id
_PICTURES = (
    "SELECT images.id, coalesce(images.name, ''), coalesce(credit, ''), image_url, thumbnail_url,"
    f" coalesce(nullif(image_licenses.name, '{UNKNOWN}'), ''), image_licenses.link FROM images"
    f" LEFT JOIN image_licenses ON image_licenses.id = license_id WHERE images.id {IN}"
)


def as_id(text: str) -> Id:
    """The id that a text is."""
    return int(text) if _is_number(text) else text


def picture_id(row: Mapping[str, Any]) -> Any:
    """The id of the picture of a row: its own if it is one."""
    return row["id"] if "thumbnail_url" in row else row.get("image_id")


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
        return str(name) if name not in (None, "") else f"{display.noun(table).capitalize()} {id_}"

    def by_id(self, table: str, ids: Iterable[Any]) -> dict[Any, Item]:
        """Rows of a table by id, each with its caption from site.toml."""
        caption = display.of_table(table).get("caption", "''")
        sql = (
            f"SELECT t.id, {label(table) or 'NULL'}, coalesce({caption}, '')"
            f' FROM "{table}" AS t WHERE t.id {IN}'
        )
        return {
            id_: Item(self.name(table, id_, name), self.href(table, id_), str(text))
            for id_, name, text in self.conn.execute(sql, (among(set(ids)),))
        }

    def names(self, table: str, ids: Iterable[Any]) -> dict[Any, str]:
        """The names of rows, by id."""
        return {id_: item.name for id_, item in self.by_id(table, ids).items()}

    def items(self, table: str, ids: Sequence[Any]) -> list[Item]:
        """Rows in the order of their ids."""
        items = self.by_id(table, ids)
        return [items[id_] for id_ in ids if id_ in items]

    def linked(self, table: str, column: str, values: Iterable[Any]) -> dict[Any, Item]:
        """The rows that values of a column refer to, by value: by id in LL2's tables, else by name.

        site.toml says what a column of a view or of an answer names.
        """
        targets = {each.name: each.target for each in tables().get(table, ())}
        if target := targets.get(column):
            return self.by_id(target, set(values) - {None})
        link = "" if targets else display.site()["links"].get(column, "")
        table, _, name = link.partition(".")
        texts = {value for value in values if table and isinstance(value, str)}
        sql = (
            f"SELECT {name}, id FROM {table} WHERE {name} {IN} GROUP BY {name} HAVING count(*) = 1"
        )
        named = self.conn.execute(sql, (among(texts),)) if texts else ()
        return {text: Item(text, self.href(table, id_)) for text, id_ in named}

    def pictures(self, ids: Iterable[Any]) -> dict[Any, Picture]:
        """Pictures by id, without those that have no URL."""
        rows = self.conn.execute(_PICTURES, (among(set(ids)),))
        pictures = {id_: self.picture(*values) for id_, *values in rows}
        return {id_: picture for id_, picture in pictures.items() if picture.full}

    def picture(
        self,
        name: str,
        credit: str,
        large: str,
        small: str = "",
        license_: str = "",
        terms: str = "",
    ) -> Picture:
        """A picture, by its large and small URL; ``terms`` is the URL of its license."""
        large, small, terms = map(display.web_address, (large, small, terms))
        large_copy, small_copy = self.copy(large), self.copy(small)
        return Picture(
            name,
            credit,
            full=large_copy or large,
            shown=large_copy or small_copy or large,
            thumbnail=small_copy or large_copy or small or large,
            license=license_,
            terms=terms,
        )


# Finding rows by name

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

    It is in memory, built on first use and again after a sync, so it costs a sync no time, and the
    file has no index that could be wrong.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._state: Any = None
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        self._rows: list[tuple[str, Id]] = []  # the table and the id of each, by its rowid

    def find(self, conn: sqlite3.Connection, text: str, table: str = "") -> dict[str, list[Id]]:
        """The ids of rows whose names have all these words, by table; in one table or all."""
        ids = defaultdict[str, list[Id]](list)
        if expression := search_expression(text):
            with self._lock:
                self._refresh(conn)
                sql = "SELECT rowid FROM names WHERE text MATCH ?"
                for (rowid,) in self._index.execute(sql, (expression,)):
                    name, id_ = self._rows[rowid]
                    ids[name].append(id_)
        return {name: ids[name] for name in ids if table in ("", name)}

    def _refresh(self, conn: sqlite3.Connection) -> None:
        """Rebuilds the index if a sync has ended since."""
        state = tuple(conn.execute("SELECT count(*), max(id), max(finished) FROM _runs").fetchone())
        if state == self._state:
            return
        self._rows.clear()
        texts: list[str] = []
        for table in filter(display.is_searched, display.described()):
            columns = display.described_columns(table)
            named = [label(table), *(f't."{name}"' for name in _ALSO if name in columns)]
            text = " || ' ' || ".join(f"coalesce({each}, '')" for each in named)
            for id_, text_ in conn.execute(f'SELECT t.id, {text} FROM "{table}" AS t'):
                self._rows.append((table, id_))
                texts.append(text_)
        self._index.executescript(_INDEX)
        self._index.executemany("INSERT INTO names (rowid, text) VALUES (?, ?)", enumerate(texts))
        self._state = state
