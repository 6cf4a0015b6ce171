"""The proof: what the file renders is what LL2 sent, byte for byte.

Where it isn't, each difference is named by record, key path and row. One kind is no fault: a row
that came with two values, of which the file holds the later.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from etl.duration import seconds
from etl.errors import DataError, NotHeld
from etl.jsontext import parse, quote, spell, text
from etl.model import Id, Key, Shape
from etl.normalize import links_of, records
from etl.prune import edges
from etl.render import Renderer
from etl.shapes import API_PATH, RESOURCES, SHAPES
from etl.store import Store, Walk, page_digest

_MANY = 20  # problems of one kind that are named
_LINK = re.compile(rf".+?({re.escape(API_PATH)}[^?#]*)(\?.*)?", re.DOTALL)


class Difference(NamedTuple):
    """A value that the file renders otherwise than LL2 sent it."""

    record: str  # "spacecraft 201"
    path: str  # "spacecraft_config.agency.name"
    table: str
    id: Id | None
    key: str
    held: str  # as the row's part of JSON text: comparable between pages
    sent: str


@dataclass
class Verdict:
    """What verify found; ``as_json`` is the contract of ``verify --json``."""

    pages: int = 0
    records: int = 0
    bytes: int = 0
    respelled: int = 0  # pages whose values agree, but whose JSON is written another way
    overtaken: int = 0  # values that a later one in the same sync replaced
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The verdict as a JSON object."""
        return {"ok": not self.problems, **vars(self)}


def verify(store: Store) -> Verdict:
    """Checks the file, reading only, as of one moment."""
    verdict = Verdict()
    store.conn.execute("BEGIN")
    try:
        verdict.problems += _integrity(store.conn)
        verdict.problems += _durations(store.conn)
        verdict.problems += _strays(store.conn)
        differences: list[Difference] = []
        for name in RESOURCES:
            if walk := store.published_walk(name):
                differences += _walk(store, walk, verdict)
        verdict.problems += _unexplained(store, differences, verdict)
    except sqlite3.DatabaseError as error:
        verdict.problems.append(f"the file is damaged: {error}")
    finally:
        if store.conn.in_transaction:
            store.conn.execute("ROLLBACK")
    return verdict


def _integrity(conn: sqlite3.Connection) -> Iterator[str]:
    for (line,) in conn.execute(f"PRAGMA integrity_check({_MANY})"):
        if line != "ok":
            yield f"the file is damaged: {line}"
    for table, rowid, target, _ in conn.execute("PRAGMA foreign_key_check").fetchmany(_MANY):
        at = f"{table} {rowid}" if rowid is not None else f"a row of {table}"
        yield f"{at} refers to a row that {target} doesn't have"


def _durations(conn: sqlite3.Connection) -> Iterator[str]:
    """The columns in seconds must say what the text says."""
    found = {
        (shape.table, key.name)
        for shape in SHAPES.values()
        for key in shape.keys
        if key.kind == "duration"
    }
    for table, key in sorted(found):
        rows = conn.execute(f'SELECT id, "{key}", "{key}_seconds" FROM "{table}"')
        wrong = (row for row in rows if seconds(row[1]) != row[2])
        for _, (id_, written, held) in zip(range(_MANY), wrong, strict=False):
            yield f"{table} {id_}: {key}_seconds is {held}, but {key} is {quote(written)}"


def _strays(conn: sqlite3.Connection) -> Iterator[str]:
    """A row must be a record that LL2 lists, or something that another row refers to."""
    for table in sorted({shape.table for shape in SHAPES.values() if shape.table}):
        ways = [
            f'id IN (SELECT "{edge.column}" FROM "{edge.table}")'
            for edge in edges()
            if edge.target == table
        ]
        ways += [
            f"id IN (SELECT id FROM _records WHERE resource = '{resource.name}')"
            for resource in RESOURCES.values()
            if resource.table == table
        ]
        strays = conn.execute(f'SELECT id FROM "{table}" WHERE NOT ({" OR ".join(ways)})')
        for (id_,) in strays.fetchmany(_MANY):
            yield f"{table} {id_}: nothing that LL2 lists leads to this row"


def _walk(store: Store, walk: Walk, verdict: Verdict) -> list[Difference]:
    """Renders each page of a walk and compares it with what came."""
    resource = RESOURCES[walk.resource]
    shape = resource.modes[walk.mode]
    found: list[Difference] = []
    listed: set[Id] = set()
    for page in store.pages(walk):
        try:
            body = store.body(page.digest)
            if page_digest(body) != page.digest:
                raise DataError(f"the stored page at offset {page.offset} is not the one that came")
            found += _page(store, shape, body, verdict)
            listed.update(record["id"] for record in records(parse(body)))
        except DataError as error:
            verdict.problems.append(str(error))
        verdict.pages += 1
    held = {
        id_
        for (id_,) in store.conn.execute(
            "SELECT id FROM _records WHERE resource = ?", (walk.resource,)
        )
    }
    verdict.records += len(held)
    for id_ in sorted(held ^ listed, key=str)[:_MANY]:
        where = "the list of records" if id_ in held else "LL2's pages"
        verdict.problems.append(f"{walk.resource} {id_}: only {where} has it")
    return found


def _page(store: Store, shape: Shape, body: bytes, verdict: Verdict) -> list[Difference]:
    document = parse(body)
    sent = records(document)
    renderer = Renderer(store.conn, *links_of(sent))
    try:
        held = renderer.objects(shape, [record["id"] for record in sent])
    except NotHeld:
        held = {}
        for record in sent:
            try:
                held.update(renderer.objects(shape, [record["id"]]))
            except NotHeld as error:
                verdict.problems.append(f"{shape.table} {record['id']}: {error}")
    verdict.bytes += len(body)
    rendered = {
        **{key: spell(value) for key, value in document.items()},
        "results": [held.get(record["id"]) for record in sent],
    }
    if text(rendered, 4 if body[:2] == b"{\n" else None).encode() == body:
        return []
    different = [
        (record, held[record["id"]])
        for record in map(spell, sent)
        if record["id"] in held and text(record) != text(held[record["id"]])
    ]
    if not different and len(held) == len(sent):
        verdict.respelled += 1
    return [
        difference
        for record, mine in different
        for difference in _differences(f"{shape.table} {record['id']}", shape, record, mine, "")
    ]


def _differences(
    record: str, shape: Shape, sent: dict[str, Any], held: dict[str, Any], path: str
) -> Iterator[Difference]:
    """Each value in which two objects of a shape differ, the innermost."""
    for name in dict.fromkeys((*sent, *held)):
        mine, theirs = held.get(name), sent.get(name)
        at = f"{path}.{name}".lstrip(".")
        if name in sent and name in held and text(mine) == text(theirs):
            continue
        key = next((key for key in shape.keys if key.name == name), Key(name, "unknown"))
        pairs = _pairs(shape, key, theirs, mine)
        for place, theirs_in, mine_in in pairs:
            inner = shape.nested[name]
            if text(theirs_in) != text(mine_in):
                yield from _differences(record, inner, theirs_in, mine_in, at + place)
        if not pairs:
            yield Difference(
                record, at, shape.table, sent.get("id"), name, _form(key, mine), _form(key, theirs)
            )
    if list(sent) != list(held) and set(sent) == set(held):
        order = Difference(record, path, shape.table, sent.get("id"), "", "", "another order")
        yield order._replace(held="the order of keys")


def _pairs(shape: Shape, key: Key, sent: Any, held: Any) -> list[tuple[str, Any, Any]]:
    """The nested objects that stand for each other, where the difference lies within them."""
    if key.kind == "one" and sent and held and sent["id"] == held["id"]:
        return [("", sent, held)]
    if key.kind != "many" or not sent or not held or not shape.nested[key.name].table:
        return []
    if [item["id"] for item in sent] != [item["id"] for item in held]:
        return []
    return [(f"[{i}]", a, b) for i, (a, b) in enumerate(zip(sent, held, strict=True))]


def _form(key: Key, value: Any) -> str:
    """A value as its row holds it, as text: a nested object is its id, a link its path."""
    if key.kind == "one" and value:
        value = value["id"]
    elif key.kind == "many" and value and "id" in value[0]:
        value = [item["id"] for item in value]
    elif key.kind == "link" and isinstance(value, str) and (match := _LINK.fullmatch(value)):
        value = match[1]
    return text(value)


def _unexplained(store: Store, differences: list[Difference], verdict: Verdict) -> Iterator[str]:
    """The differences that no second value explains; those that one does are counted."""
    wanted = {(d.table, d.id, d.key) for d in differences if d.table}
    last = _last_values(store, wanted) if wanted else {}
    told: set[tuple[str, Id | None, str]] = set()
    overtaken = set()
    for difference in differences:
        row = (difference.table, difference.id, difference.key)
        if difference.held in last.get(row, {}).values():
            overtaken.add(row)
        elif row not in told and len(told) < _MANY:
            told.add(row)
            yield (
                f"{difference.table} {difference.id}: {difference.key} is"
                f" {difference.held[:80]}, but LL2 sent {difference.sent[:80]}"
                f" ({difference.record}: {difference.path})"
            )
    verdict.overtaken = len(overtaken)


def _last_values(
    store: Store, wanted: set[tuple[str, Id | None, str]]
) -> dict[tuple[str, Id | None, str], dict[str, str]]:
    """The last value that each resource's pages have for these (table, id, key)."""
    found: dict[tuple[str, Id | None, str], dict[str, str]] = {}
    for name, resource in RESOURCES.items():
        walk = store.published_walk(name)
        for page in store.pages(walk) if walk else ():
            for record in records(parse(store.body(page.digest))):
                for shape, value in _objects(resource.modes[walk.mode if walk else ""], record):
                    for key in shape.keys:
                        row = (shape.table, value.get("id"), key.name)
                        if row in wanted:
                            form = _form(key, spell(value[key.name]))
                            found.setdefault(row, {})[name] = form
    return found


def _objects(shape: Shape, value: dict[str, Any]) -> Iterator[tuple[Shape, dict[str, Any]]]:
    """An object and all it nests, in the order in which their rows come: the owner last."""
    for key in shape.keys:
        if key.kind == "one" and value[key.name]:
            yield from _objects(shape.nested[key.name], value[key.name])
        elif key.kind == "many":
            for item in value[key.name] or ():
                yield from _objects(shape.nested[key.name], item)
    yield shape, value
