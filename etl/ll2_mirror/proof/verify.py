"""The proof: what the file renders is what LL2 sent, byte for byte.

Where it isn't, each difference is named by record, key path and row. One kind is no fault: a row
that came with two values, of which the file holds the later.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ll2_mirror.errors import DataError, NotHeld
from ll2_mirror.ll2.jsontext import KEPT, parse, spell, text
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.page import Links, ids_of, links_of, page_digest, records
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.load.quarantine import Understood, quarantined, standing
from ll2_mirror.proof.soundness import faults
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import StagedPage
from ll2_mirror.transform.render import Renderer

_MANY = 20  # differences that are named
_ABSENT = "nothing"
_ORDER = "the order of its keys"  # what differs where the key of a place is None


class Place(NamedTuple):
    """What a value belongs to: a key of a row; for what only one shape knows, in that shape."""

    table: str
    id: Id | None
    key: str | None
    shape: str


class Difference(NamedTuple):
    """A value that the file renders otherwise than LL2 sent it, both as the row holds them."""

    record: str  # "spacecraft 201"
    path: str  # "spacecraft_config.agency.name"
    place: Place
    held: str
    sent: str


@dataclass
class Verdict:
    """What verify found; ``as_json`` is the contract of ``verify --json``."""

    pages: int = 0
    records: int = 0
    bytes: int = 0
    respelled: int = 0  # pages whose values agree, but whose JSON is written another way
    quarantined: int = 0  # records that stay as they were, or out: see status
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
        verdict.problems, readable = faults(store)
        differences: list[Difference] = []
        verdict.problems += _settings(store)
        for name in RESOURCES if readable else ():
            differences += _resource(store, name, verdict)
        verdict.problems += _unexplained(store, differences, verdict)
    except sqlite3.DatabaseError as error:
        verdict.problems.append(f"the file is damaged: {error}")
    finally:
        if store.conn.in_transaction:
            store.conn.execute("ROLLBACK")
    return verdict


def _settings(store: Store) -> Iterator[str]:
    """What the next sync would do must be understood."""
    try:
        if store.settings.resources and not store.settings.mode:
            yield "the setting mode is gone"
    except DataError as error:
        yield str(error)


def _resource(store: Store, name: str, verdict: Verdict) -> list[Difference]:
    """Renders each page of a resource's last walk and compares it with what came."""
    walk = store.walks.published(name)
    held = set(store.ledger.ids(name))
    if not walk or walk.mode not in RESOURCES[name].modes:
        if held or store.ledger.last_run(name):
            verdict.problems.append(f"{name}: the pages of its last walk are gone")
        return []
    found: list[Difference] = []
    before = 0
    understood, stands = Understood(store, name), standing(store, name)
    verdict.quarantined += len(quarantined(store, name))
    listed = {record["id"] for _, record in stands}
    for shape, record in stands:
        links = links_of([record])
        mine = _render(Renderer(store.conn, *links), shape, [record], verdict)
        found += _differing(shape, [record], mine, links, verdict)
    for page in store.walks.pages(walk):
        verdict.pages += 1
        try:
            body, document = _stored(store, page, before)
        except DataError as error:
            verdict.problems.append(f"{name}: {error}")
            continue
        sent = understood.among(records(document))
        found += _page(store, RESOURCES[name].modes[walk.mode], body, document, sent, verdict)
        before += len(records(document))
        listed.update(record["id"] for record in sent)
    verdict.records += len(held)
    for id_ in sorted(held ^ listed, key=str)[:_MANY]:
        where = "the list of records" if id_ in held else "LL2's pages"
        verdict.problems.append(f"{name} {id_}: only {where} has it")
    return found


def _stored(store: Store, page: StagedPage, before: int) -> tuple[bytes, dict[str, Any]]:
    """A page's text and what it says; raises DataError where the file holds another than came."""
    body = store.walks.body(page.digest)
    at = f"the stored page at offset {page.offset}"
    if page_digest(body) != page.digest:
        raise DataError(f"{at} is not the one that came")
    document = parse(body)
    if page.ids != json.dumps(ids_of(records(document))):
        raise DataError(f"{at} is listed with other records than it has")
    if page.offset != before:
        raise DataError(f"{at} follows {before} records")
    return body, document


def _page(
    store: Store,
    shape: Shape,
    body: bytes,
    document: dict[str, Any],
    sent: list[Any],
    verdict: Verdict,
) -> list[Difference]:
    """Renders a page's records as the file has them; gives what differs from what came.

    ``sent`` has those of its records that were understood.
    """
    links = links_of(records(document))
    held = _render(Renderer(store.conn, *links), shape, sent, verdict)
    verdict.bytes += len(body)
    rendered = {
        **{key: spell(value) for key, value in document.items() if key != "results"},
        "results": [held.get(record["id"]) for record in sent],
    }
    ordered = {key: rendered[key] for key in document}
    if text(ordered, 4 if body[:2] == b"{\n" else None).encode() == body:
        return []
    found = _differing(shape, sent, held, links, verdict)
    if not found and len(held) == len(document["results"]):
        verdict.respelled += 1
    return found


def _differing(
    shape: Shape, sent: list[Any], held: dict[Any, dict[str, Any]], links: Links, verdict: Verdict
) -> list[Difference]:
    """What the file renders otherwise than it came."""
    found: list[Difference] = []
    for record in (spell(record, KEPT) for record in sent if record["id"] in held):
        mine = held[record["id"]]
        if text(record) == text(mine):
            continue
        name = f"{shape.table} {record['id']}"
        why = list(_differences(name, "", shape, record, mine, links))
        if not why:
            verdict.problems.append(f"{name} is rendered otherwise than LL2 sent it")
        found += why
    return found


def _render(
    renderer: Renderer, shape: Shape, sent: list[Any], verdict: Verdict
) -> dict[Any, dict[str, Any]]:
    """What the file has for a page's records; those it lacks are problems."""
    try:
        return renderer.objects(shape, [record["id"] for record in sent])
    except NotHeld:
        pass
    held: dict[Any, dict[str, Any]] = {}
    for record in sent:
        try:
            held |= renderer.objects(shape, [record["id"]])
        except NotHeld as error:
            verdict.problems.append(f"{shape.table} {record['id']}: {error}")
    return held


def _differences(
    record: str, path: str, shape: Shape, sent: dict[str, Any], held: dict[str, Any], links: Links
) -> Iterator[Difference]:
    """Each value in which two objects of a shape differ, the innermost."""
    for name in (*dict.fromkeys((*sent, *held)), None):
        theirs, mine = _form(shape, name, sent, links), _form(shape, name, held, links)
        at = f"{path}.{_ORDER if name is None else name}".lstrip(".")
        if theirs != mine:
            yield Difference(record, at, _place(shape, name, sent.get("id")), mine, theirs)
            continue
        inner = shape.nested.get(name) if name is not None else None
        if inner is None or name is None or not sent.get(name):
            continue
        pairs = (sent[name], held[name])
        one, other = ([side] if isinstance(side, dict) else side for side in pairs)
        for place, (a, b) in enumerate(zip(one, other, strict=True)):
            here = at if isinstance(sent[name], dict) else f"{at}[{place}]"
            yield from _differences(record, here, inner, a, b, links)


def _place(shape: Shape, name: str | None, id_: Id | None) -> Place:
    stored = any(key.name == name and key.column for key in shape.keys)
    return Place(shape.table, id_, name, "" if stored else shape.name)


def _form(shape: Shape, name: str | None, value: dict[str, Any], links: Links) -> str:
    """A value as its row holds it, as text: a nested object is its id, a link its path."""
    if name is None:
        return "as documented" if tuple(value) == shape.names else text(list(value))
    if name not in value:
        return _ABSENT
    item = value[name]
    inner = shape.nested.get(name)
    if inner and inner.table and item:
        return text(item["id"] if isinstance(item, dict) else [one["id"] for one in item])
    if inner and item:  # items without ids live in the list: what they nest has rows of its own
        return text([{key: _form(inner, key, one, links) for key in one} for one in item])
    if isinstance(item, str) and any(k.kind == "link" and k.name == name for k in shape.keys):
        return text(links.path(item))
    return text(item)


def _unexplained(store: Store, differences: list[Difference], verdict: Verdict) -> Iterator[str]:
    """The differences that no second value explains; those that one does are counted."""
    wanted = {difference.place for difference in differences if difference.place.table}
    last = _last_values(store, wanted) if wanted else {}
    told: set[Place] = set()
    overtaken: set[Place] = set()
    for record, path, place, held, sent in differences:
        if held in last.get(place, {}).values():
            overtaken.add(place)
        elif place not in told and len(told) < _MANY:
            told.add(place)
            name = _ORDER if place.key is None else place.key
            yield (
                f"{place.table} {place.id}: {name} is {held[:80]}, but LL2 sent {sent[:80]}"
                f" ({record}: {path})"
            )
    verdict.overtaken = len(overtaken)


def _last_values(store: Store, wanted: set[Place]) -> dict[Place, dict[str, str]]:
    """The last value that each resource's pages have for these places."""
    rows: dict[tuple[str, Id | None], set[Place]] = {}
    for place in wanted:
        rows.setdefault((place.table, place.id), set()).add(place)
    found: dict[Place, dict[str, str]] = {}
    for name in RESOURCES:
        for shape, record, links in _sent(store, name):
            for inner, value in _objects(shape, spell(record, KEPT)):
                for place in rows.get((inner.table, value.get("id")), ()):
                    if place.shape == inner.name or (not place.shape and place.key in inner.names):
                        form = _form(inner, place.key, value, links)
                        found.setdefault(place, {})[name] = form
    return found


def _sent(store: Store, name: str) -> Iterator[tuple[Shape, Any, Links]]:
    """The records that a resource's rows are from, those that stand from before first."""
    for shape, record in standing(store, name):
        yield shape, record, links_of([record])
    walk, understood = store.walks.published(name), Understood(store, name)
    for page in store.walks.pages(walk) if walk else ():
        sent = understood.among(records(parse(store.walks.body(page.digest))))
        links = links_of(sent)
        for record in sent:
            yield RESOURCES[name].modes[walk.mode if walk else ""], record, links


def _objects(shape: Shape, value: dict[str, Any]) -> Iterator[tuple[Shape, dict[str, Any]]]:
    """An object and all it nests, in the order in which their rows come: the owner last."""
    for key in shape.keys:
        if key.kind == "one" and value[key.name]:
            yield from _objects(shape.nested[key.name], value[key.name])
        elif key.kind == "many":
            for item in value[key.name] or ():
                yield from _objects(shape.nested[key.name], item)
    yield shape, value
