"""The proof: what the file renders is what LL2 sent, byte for byte.

Where it isn't, each difference is named by record, key path and row. One kind is no fault: a row
that came with two values, of which the file holds the later.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import compress
from math import inf
from typing import Any

from ll2_mirror.errors import DataError, NotInMirror
from ll2_mirror.ll2.json import KEPT, parse, spell, text
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.page import Links, ids_of, links_of, page_digest, records
from ll2_mirror.load.quarantine import Understood, quarantined, standing
from ll2_mirror.proof.differences import ORDER, Difference, Place, differences, form, objects
from ll2_mirror.proof.soundness import faults
from ll2_mirror.store.reading import snapshot
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import StagedPage, Walk
from ll2_mirror.transform.render import Renderer

_MANY = 20  # differences that are named


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
    proof = _Proof(store)
    try:
        with snapshot(store.conn):
            proof.run()
    except sqlite3.DatabaseError as error:
        proof.verdict.problems.append(f"the file is damaged: {error}")
    return proof.verdict


class _Proof:
    """One run over the file; ``verdict`` fills."""

    def __init__(self, store: Store) -> None:
        self.verdict = Verdict()
        self._store = store
        self._different: list[Difference] = []

    def run(self) -> None:
        """Checks what must be true of any mirror, then what each resource's pages say."""
        found, readable = faults(self._store)
        self.verdict.problems += [*found, *self._settings()]
        for name in RESOURCES if readable else ():
            self._resource(name)
        self.verdict.problems += self._unexplained()

    def _settings(self) -> Iterator[str]:
        """What the next sync would do must be understood, and the server the one last asked."""
        settings = self._store.settings
        runs = self._store.ledger.runs("id = (SELECT max(id) FROM _runs)")
        try:
            _ = settings.resources, settings.mode
            if runs and settings.base_url != runs[0].base_url:
                yield f"the setting base_url isn't {runs[0].base_url}, which the last sync asked"
        except DataError as error:
            yield str(error)

    def _resource(self, name: str) -> None:
        """Renders each page of a resource's last walk and compares it with what came."""
        walks, listed = self._walks(name), set(self._store.ledger.ids(name))
        if walks:
            self.verdict.records += len(listed)
            self.verdict.quarantined += len(quarantined(self._store, name))
            sent = self._standing(name).union(*(self._walk(name, walk) for walk in walks))
            self.verdict.problems += _listed_elsewhere(name, listed, sent)
        elif listed or self._store.ledger.last_run(name):
            self.verdict.problems.append(f"{name}: the pages of its last walk are gone")

    def _walks(self, name: str) -> list[Walk]:
        """The walks that a resource's rows are from, in modes that it has."""
        held = self._store.walks.held(name)
        return [walk for walk in held if walk.mode in RESOURCES[name].modes]

    def _standing(self, name: str) -> set[Id]:
        """Compares the records that stand from an earlier walk; gives their ids."""
        stands = standing(self._store, name)
        for shape, record in stands:
            links = links_of([record])
            held = self._render(Renderer(self._store.conn, *links), shape, [record])
            self._compare(shape, [record], held, links)
        return {record["id"] for _, record in stands}

    def _walk(self, name: str, walk: Walk) -> set[Id]:
        """Compares the pages of a walk; gives the ids of the records that were understood."""
        understood = Understood(self._store, name)
        sent: set[Id] = set()
        end = inf if walk.part else 0  # pages of a part are let go, whichever are overtaken
        for page in self._store.walks.pages(walk):
            self.verdict.pages += 1
            try:
                body, document = _stored(self._store, page, end)
            except DataError as error:
                self.verdict.problems.append(f"{name}: {error}")
                continue
            came = understood.among(list(compress(records(document), page.latest)))
            self._page(walk.shape, body, document, came)
            end = max(end, page.offset + len(page.latest))
            sent.update(record["id"] for record in came)
        return sent

    def _page(self, shape: Shape, body: bytes, document: dict[str, Any], sent: list[Any]) -> None:
        """Renders a page as the file has it; ``sent``: its records that were understood."""
        links = links_of(document["results"])
        held = self._render(Renderer(self._store.conn, *links), shape, sent)
        self.verdict.bytes += len(body)
        results = [held.get(record["id"]) for record in sent]
        rendered = {
            key: results if key == "results" else spell(value) for key, value in document.items()
        }
        if text(rendered, 4 if body[:2] == b"{\n" else None).encode() == body:
            return
        if not self._compare(shape, sent, held, links) and len(held) == len(document["results"]):
            self.verdict.respelled += 1

    def _render(self, renderer: Renderer, shape: Shape, sent: list[Any]) -> dict[Any, Any]:
        """What the file has for records; those it lacks are problems."""
        try:
            return renderer.objects(shape, [record["id"] for record in sent])
        except (NotInMirror, DataError) as error:
            if len(sent) == 1:
                name = f"{shape.table} {sent[0]['id']}"
                self.verdict.problems.append(f"{name}: {error}")
                return {}
        one_by_one = (self._render(renderer, shape, [record]) for record in sent)
        return {id_: found for held in one_by_one for id_, found in held.items()}

    def _compare(self, shape: Shape, sent: list[Any], held: dict[Any, Any], links: Links) -> bool:
        """Notes what the file renders otherwise than it came; gives whether anything is."""
        before = len(self._different)
        for record in (spell(record, KEPT) for record in sent if record["id"] in held):
            mine = held[record["id"]]
            if text(record) == text(mine):
                continue
            name = f"{shape.table} {record['id']}"
            found = list(differences(name, shape, record, mine, links))
            self._different += found
            if not found:
                self.verdict.problems.append(f"{name} is rendered otherwise than LL2 sent it")
        return len(self._different) > before

    def _unexplained(self) -> Iterator[str]:
        """The differences that no second value explains; those that one does are counted."""
        last = self._last_values({one.place for one in self._different if one.place.table})
        told: set[Place] = set()
        overtaken: set[Place] = set()
        for one in self._different:
            if one.held in last.get(one.place, {}).values():
                overtaken.add(one.place)
            elif one.place not in told and len(told) < _MANY:
                told.add(one.place)
                yield _told(one)
        self.verdict.overtaken = len(overtaken)

    def _last_values(self, wanted: set[Place]) -> dict[Place, dict[str, str]]:
        """The last value that each resource's pages have for these places.

        Of one of which parts were walked, each value: which was brought in last can't be told.
        """
        rows: dict[tuple[str, Id | None], set[Place]] = {}
        for place in wanted:
            rows.setdefault((place.table, place.id), set()).add(place)
        found: dict[Place, dict[str, str]] = {}
        for name in RESOURCES if wanted else ():
            for whose, shape, record, links in self._sent(name):
                for inner, value in objects(shape, spell(record, KEPT)):
                    for place in rows.get((inner.table, value.get("id")), ()):
                        if _belongs(place, inner):
                            form_ = form(inner, place.key, value, links)
                            found.setdefault(place, {})[whose] = form_
        return found

    def _sent(self, name: str) -> Iterator[tuple[str, Shape, Any, Links]]:
        """The records that a resource's rows are from, those that stand from before first.

        Each with whose they are: the resource's, or nobody else's where parts of it were walked.
        """
        for shape, record in standing(self._store, name):
            yield name, shape, record, links_of([record])
        walks, understood = self._walks(name), Understood(self._store, name)
        pages = ((walk, page) for walk in walks for page in self._store.walks.pages(walk))
        for one, page in pages:
            counts = page.latest if len(walks) == 1 else b"\1" * len(page.latest)
            try:
                _, document = _stored(self._store, page, inf)
            except DataError:  # told where the pages were compared
                continue
            results = list(compress(document["results"], counts))
            for place, record in enumerate(understood.among(results)):
                whose = name if len(walks) == 1 else f"{name} {page.number} {place}"
                yield whose, one.shape, record, links_of(results)


def _belongs(place: Place, shape: Shape) -> bool:
    """Whether a shape has what a place names."""
    return place.shape == shape.name or (not place.shape and place.key in shape.names)


def _told(one: Difference) -> str:
    """A difference as a line for people."""
    place = one.place
    name = ORDER if place.key is None else place.key
    return (
        f"{place.table} {place.id}: {name} is {one.held[:80]}, but LL2 sent {one.sent[:80]}"
        f" ({one.record}: {one.path})"
    )


def _listed_elsewhere(name: str, listed: set[Id], sent: set[Id]) -> Iterator[str]:
    """The records that only the list of records has, or only LL2's pages."""
    for id_ in sorted(listed ^ sent, key=str)[:_MANY]:
        where = "the list of records" if id_ in listed else "LL2's pages"
        yield f"{name} {id_}: only {where} has it"


def _stored(store: Store, page: StagedPage, end: float) -> tuple[bytes, dict[str, Any]]:
    """A page's text and what it says; raises DataError where the file holds another than came."""
    body = store.walks.body(page.digest)
    at = f"the stored page at offset {page.offset}"
    if page_digest(body) != page.digest:
        raise DataError(f"{at} is not the one that came")
    document = parse(body)
    if page.ids != json.dumps(ids_of(records(document))):
        raise DataError(f"{at} is listed with other records than it has")
    if page.offset > end:
        raise DataError(f"{at} follows {end} records")
    return body, document
