"""What rows are called, where their pages are, and the pictures that they have."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from datasette.utils import tilde_encode

from ll2_mirror.images.catalog import UNKNOWN
from ll2_mirror.ll2.descriptions import label
from ll2_mirror.ll2.model import Id
from ll2_mirror.serve.browse import is_web
from ll2_mirror.site.config import noun, of_table
from ll2_mirror.store.sql import IN, among

_PICTURES = (
    "SELECT images.id, images.name, credit, image_url, thumbnail_url, image_licenses.name,"
    " image_licenses.link FROM images LEFT JOIN image_licenses"
    f" ON image_licenses.id = images.license_id WHERE images.id {IN}"
)
_READ = re.compile(r'\b(?:FROM|JOIN) "?(\w+)')


class Picture(NamedTuple):
    """A picture with whom to name for it and what may be done with it.

    ``image`` is where it is in full, ``shown`` what stands for it on a page, ``thumbnail`` in a
    list: copies where there are some.
    """

    id: int
    name: str
    credit: str
    image: str
    shown: str
    thumbnail: str
    license: str
    terms: str


class Link(NamedTuple):
    """A row by its name."""

    name: str
    href: str
    id: Id
    said: str = ""


class Rows(NamedTuple):
    """Reads names and pictures through one connection; ``home`` is the path of the database.

    Nothing is read of the hidden tables: those that somebody may not see. ``copy`` gives the
    address of the copy of a picture, if there is one.
    """

    conn: sqlite3.Connection
    home: str
    hidden: frozenset[str]
    copy: Callable[[str], str]

    def may_read(self, sql: str) -> bool:
        """Whether some SQL of ours reads no hidden table."""
        return self.hidden.isdisjoint(_READ.findall(sql))

    def href(self, table: str, id_: Id) -> str:
        """Where the page of a row is."""
        return f"{self.home}/{table}/{tilde_encode(str(id_))}"

    def names(self, table: str, ids: Iterable[Any]) -> dict[Any, str]:
        """What rows are called, by id; what has no name, by its id."""
        found = self._read(table, label(table), ids)
        return {id_: self.name(table, id_, name) for id_, name in found}

    def name(self, table: str, id_: Id, name: Any) -> str:
        """What a row is called that may have no name."""
        is_named = name not in (None, "") and self.may_read(label(table))
        return str(name) if is_named else f"{noun(table).capitalize()} {id_}"

    def links(self, table: str, ids: Iterable[Any]) -> list[Link]:
        """Rows by their names, in the order of the ids, with what is declared to stand beside."""
        wanted = list(ids)
        names, said = self.names(table, wanted), self._said(table, wanted)
        return [
            Link(names[id_], self.href(table, id_), id_, said.get(id_, ""))
            for id_ in wanted
            if id_ in names
        ]

    def _said(self, table: str, ids: list[Any]) -> dict[Any, str]:
        found = self._read(table, of_table(table).get("said", ""), ids)
        return {id_: str(said) for id_, said in found if said}

    def _read(self, table: str, told: str, ids: Iterable[Any]) -> list[Any]:
        """Rows, each with what SQL tells of it; none of a hidden table, nothing from one."""
        if table in self.hidden:
            return []
        told = told if told and self.may_read(told) else "NULL"
        sql = f'SELECT t.id, {told} FROM "{table}" AS t WHERE t.id {IN}'
        return self.conn.execute(sql, (among(set(ids)),)).fetchall()

    def pictures(self, ids: Iterable[Any]) -> dict[Any, Picture]:
        """Pictures by their ids; those without an address are left out."""
        if not self.may_read(_PICTURES):
            return {}
        found = self.conn.execute(_PICTURES, (among(set(ids)),))
        made = (self._picture(*row) for row in found)
        return {picture.id: picture for picture in made if picture.image}

    def _picture(
        self, id_: int, name: Any, credit: Any, image: Any, small: Any, license_: Any, terms: Any
    ) -> Picture:
        full = image if is_web(image) else ""
        thumbnail = small if is_web(small) else full
        full_copy, copy = self.copy(full), self.copy(thumbnail)
        return Picture(
            id_,
            str(name or ""),
            str(credit or ""),
            full_copy or full,
            full_copy or copy or full,
            copy or full_copy or thumbnail,
            "" if license_ in (None, UNKNOWN) else str(license_),
            terms if is_web(terms) else "",
        )
