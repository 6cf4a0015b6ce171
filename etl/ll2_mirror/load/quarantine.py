"""The records that stay as an earlier walk had them, or stay out; each with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import compress
from typing import Any, NamedTuple

from ll2_mirror.ll2.json import KEPT, parse, spell, text
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.page import ids_of
from ll2_mirror.store.sql import IN, among
from ll2_mirror.store.store import Store
from ll2_mirror.store.typed import Typed
from ll2_mirror.store.walks import Walk
from ll2_mirror.transform.normalize import Bad

MISSING = "not listed, and not confirmed gone"


class Quarantined(NamedTuple):
    """A record in quarantine."""

    id: Id | None
    run: int  # the first that found it so
    reason: str
    sent: str | None  # JSON, as LL2 sent it last; None: it was not listed
    mode: str | None  # of the body that stands
    stands: str | None  # JSON, as LL2 sent it when it was understood: what is published


def quarantined(store: Store, resource: str) -> list[Quarantined]:
    """The records of a resource that are in quarantine; raises DataError for damaged ones."""
    rows = store.conn.execute(
        "SELECT id, run, reason, sent, mode, stands FROM _quarantine"
        " WHERE resource = ? ORDER BY id",
        (resource,),
    )
    typed, found = Typed(store.path), [Quarantined(*row) for row in rows]
    for one in found:
        place = f"_quarantine {resource} {one.id}"
        typed.row(one, place)
        typed.document(one.stands or "{}", f"{place}: stands", dict)
    return found


def missed(store: Store, resource: str) -> set[Id]:
    """The records that the last complete walk didn't meet, and nobody could ask about."""
    held = quarantined(store, resource)
    return {one.id for one in held if one.reason == MISSING and one.id is not None}


def renew(store: Store, walk: Walk, run: int, bad: list[Bad], missing: set[Id]) -> None:
    """Puts what this walk found into quarantine, and lets out what it didn't.

    A walk over a part lets out only what it met. Needs the walks before, whose pages have the
    bodies that stand.
    """
    before = next(reversed(store.walks.held(walk.resource)), None)
    held = {one.id: one for one in quarantined(store, walk.resource)}
    bodies = last_sent(store, walk.resource, {one.id for one in bad} | missing)
    found = [
        *((one.id, one.reason, text(spell(one.record, KEPT))) for one in bad),
        *((id_, MISSING, None) for id_ in sorted(missing, key=str)),
    ]
    met = [id_ for page in store.walks.pages(walk) for id_ in json.loads(page.ids)]
    lets_out = f"? OR id {IN}"
    store.conn.execute(
        f"DELETE FROM _quarantine WHERE resource = ? AND ({lets_out})",
        (walk.resource, not walk.part, among([id_ for id_ in met if id_ is not None])),
    )
    for id_, reason, sent in found:
        fresh = Quarantined(id_, run, reason, sent, before and before.mode, bodies.get(id_))
        last = held.get(id_, fresh)
        store.conn.execute(
            "INSERT INTO _quarantine (resource, id, run, reason, sent, mode, stands)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (walk.resource, *fresh._replace(run=last.run, mode=last.stands and last.mode)),
        )


def last_sent(store: Store, resource: str, wanted: set[Id] | set[Id | None]) -> dict[Any, str]:
    """The JSON of these records as LL2 last sent them in a form that was understood, by id."""
    held = {one.id: one.stands for one in quarantined(store, resource)}
    found = {id_: body for id_, body in held.items() if body is not None and id_ in wanted}
    return found | dict(_published(store, resource, wanted - held.keys() - {None}))


def _published(store: Store, resource: str, wanted: set[Any]) -> Iterator[tuple[Id, str]]:
    """The JSON of these records on the pages of a resource's last walks, each with its id."""
    walks = store.walks.held(resource) if wanted else ()
    for page in (page for walk in walks for page in store.walks.pages(walk)):
        ids = json.loads(page.ids)
        if wanted.intersection(ids):
            results = store.walks.records(page)
            for id_, record in zip(compress(ids, page.latest), results, strict=True):
                if id_ in wanted:
                    yield id_, text(spell(record, KEPT))


class Understood:
    """Tells which records of a resource's last walk were understood."""

    def __init__(self, store: Store, resource: str) -> None:
        self._id_types = {shape.id_type for shape in RESOURCES[resource].modes.values()}
        self._bad = {one.id for one in quarantined(store, resource) if one.sent is not None}

    def among(self, results: list[Any]) -> list[Any]:
        """The records that were understood. One that has no readable id never was."""
        if not self._bad:
            return results
        return [
            record
            for id_, record in zip(ids_of(results), results, strict=True)
            if type(id_) in self._id_types and id_ not in self._bad
        ]


def standing(store: Store, resource: str) -> list[tuple[Shape, Any]]:
    """The bodies that stand for the records in quarantine, each with its shape."""
    return [
        (RESOURCES[resource].modes[one.mode], parse(one.stands.encode()))
        for one in quarantined(store, resource)
        if one.stands is not None and one.mode in RESOURCES[resource].modes
    ]
