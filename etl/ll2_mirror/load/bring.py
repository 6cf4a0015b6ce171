"""Brings the records of a walk into the tables: those that LL2 sends otherwise than before.

A record that comes as it was says nothing new, unless another wrote a row that it leads to: of two
values the later stands. So the records that lead to what was written since the last walk are
brought in with the new ones, in the walk's order, until none is left out that should be there::

    before:  A{agency 1 "X"}  B{agency 1 "X"}  C{agency 2 "Z"}
    now:     A{agency 1 "Y"}  B{agency 1 "X"}  C{agency 2 "Z"}
    first    A, which writes agency 1;  then  A, B;  never  C
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from ll2_mirror.errors import NotAPage
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import ids_of, record_digests
from ll2_mirror.load.quarantine import standing
from ll2_mirror.load.referrers import Node, Referrers
from ll2_mirror.load.upsert import Upsert
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import StagedPage, Walk
from ll2_mirror.transform.normalize import Bad, Normalizer

_FEW = 100  # rows that are always looked at


class Unreadable(NotAPage):
    """A staged page that is no page of LL2, as only now is seen."""

    def __init__(self, told: str, walk: Walk, page: StagedPage) -> None:
        super().__init__(told)
        self.walk = walk
        self.page = page


class Bringing:
    """Brings one walk into the tables, within the caller's transaction.

    ``met`` counts its records, ``added`` those that are new in the list; ``bad`` has those that
    can't be understood, ``unlinked`` what a row ceased to refer to.
    """

    def __init__(self, store: Store, walk: Walk, run: int) -> None:
        self.run = run
        self.met = 0
        self.added = 0
        self.bad: list[Bad] = []
        self.unlinked: set[Node] = set()
        self.normalizer = Normalizer()
        self._store = store
        self._walk = walk
        self._resource = RESOURCES[walk.resource]
        self._again: set[Id] | None = None
        self._brought: set[Id] = set()

    def bring(self, since: int | None) -> Upsert:
        """Brings in what is new, and all that leads to what was written since a run; None: all.

        Gives what knows the rows that came. Raises Unreadable.
        """
        upsert = self._pass(None if since is None else set())
        while since is not None and self._again is not None:
            done = self._again | self._brought
            found = self._leading(self._store.ledger.rows_since(since + 1))
            if found is not None and found <= done:
                break
            upsert = self._pass(found and found | done)
        return upsert

    def _pass(self, again: set[Id] | None) -> Upsert:
        """Goes over what stands in quarantine, then the pages.

        ``again``: what of these to bring in beside what is new. None: all.
        """
        upsert = Upsert(self._store.conn, self._store.ledger, self.run, self._walk.shape)
        self.met, self.bad, self.normalizer = 0, [], Normalizer()
        self._again, self._brought = again, set()
        for shape, record in () if self._walk.part else standing(self._store, self._walk.resource):
            upsert.page(Normalizer().page(shape, [record]))
        for results in self._pages():
            self._page(upsert, results)
        self.unlinked |= upsert.unlinked
        return upsert

    def _pages(self) -> Iterator[list[Any]]:
        """The records of each staged page; raises Unreadable."""
        for page in self._store.walks.pages(self._walk):
            try:
                yield self._store.walks.records(page)
            except NotAPage as error:
                told = f"the page at offset {page.offset}: {error}"
                raise Unreadable(told, self._walk, page) from None

    def _page(self, upsert: Upsert, results: list[Any]) -> None:
        shape, ledger, bad = self._walk.shape, self._store.ledger, list[Bad]()
        ids = [id_ if type(id_) is shape.id_type else None for id_ in ids_of(results)]
        records = list(zip(ids, record_digests(shape.name, results), strict=True))
        known = ledger.digests(self._resource.name, (id_ for id_ in ids if id_ is not None))
        due = [place for place, one in enumerate(records) if self._is_due(*one, known)]
        upsert.page(self.normalizer.page(shape, results, bad, due))
        out = {one.id for one in bad}
        brought = (records[place] for place in due)
        listed = {id_: one for id_, one in brought if id_ is not None and id_ not in out}
        new = listed.keys() - known.keys()
        ledger.list_records(self.run, self._resource, listed, new)
        self.met += len(results)
        self.added += len(new)
        self.bad += bad
        if self._again is not None:
            self._brought.update(listed)

    def _is_due(self, id_: Id | None, digest: bytes | None, known: dict[Id, bytes | None]) -> bool:
        """Whether a record is to be brought in."""
        if self._again is None or id_ is None or digest is None:
            return True
        return id_ in self._again or digest != known.get(id_)

    def _leading(self, rows: Iterable[Node]) -> set[Id] | None:
        """The records that lead to rows; None where it takes less to bring in all than to look."""
        most = max(_FEW, self.met)
        above = list(islice(Referrers(self._store.conn).upwards(rows), most + 1))
        if len(above) > most:
            return None
        return {id_ for table, id_ in above if table == self._resource.table}
