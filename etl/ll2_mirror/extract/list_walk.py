"""Walks a list page by page, staging each page before the next request; resumes interrupted walks.

Pages are requested by offset, so adding or deleting a record moves all later ones. While LL2's
count stays the same, one page follows the other. Once it changes, a page is accepted only if it
has a record that is already in the walk: as ids ascend, no record can then be missing in between.

    ... 7 8 9 |               3 is deleted, and the next page is
              11 12 13 14     was only 10 skipped, or more? The walk can't know,
        7 8 9 10 11           and steps back: 9 is in the walk, and 10 follows it

In a list that LL2 sorts by another key, records can also move. There the walk ends when it has
as many records as LL2 counts; until then it passes over the list again. A record that is twice
on one page is one that LL2 lists twice: a page is one state of the list. A record that is added
before the walk's position is fetched by the next walk.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import pairwise
from time import monotonic
from typing import Any

from ll2_mirror.clock import for_people, from_iso, to_iso
from ll2_mirror.errors import Faulted, NotThere, Stopped, UsageError
from ll2_mirror.extract.upstream import PAGE_SIZES, Upstream
from ll2_mirror.ll2.lists import NEW, PAGES, Slice
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import Page
from ll2_mirror.progress import Emit
from ll2_mirror.store.file import Store
from ll2_mirror.store.walks import StagedPage, Walk

STALE = 86400.0  # seconds after which an interrupted walk isn't resumed
_PASSES = 2  # additional passes that one sync makes over a list that changes
_STEPS = 3  # steps back without progress before the walk gives up
_OVERLAPS = (86400.0, 3600.0)  # seconds by which a walk over what is new overlaps the last one
_FITTING = 90  # changed records that fit on a page, with room for newer ones
_LACKS = "LL2's list changed: a record came twice, so another was skipped"
_SETTLED = 600.0  # seconds in which a list with the same count is assumed to be unchanged


class ListWalk:
    """One walk over a list or part, from where it stopped to its end; ``walk`` is its row."""

    def __init__(
        self, store: Store, upstream: Upstream, part: Slice, mode: str, emit: Emit
    ) -> None:
        self._store = store
        self._upstream = upstream
        self._part = part
        self._mode = mode
        self._emit = partial(emit, resource=part.name)
        self._passes = 0  # additional passes so far
        self.seconds = 0.0  # the time that this sync spent on the walk
        self.walk: Walk

    # Begin

    def begin(self, stale: float) -> None:
        """Resumes the interrupted walk if possible, else begins a new one."""
        place = (self._store, self._part, self._mode, self._upstream.base_url)
        walk, pages, why = resumable(*place, stale)
        if walk:
            self.walk = walk
            self._emit(
                "resumed",
                started=for_people(from_iso(walk.started)),
                staged=min(end_of(pages), walk.total or 0),
                total=walk.total,
            )
        else:
            if why:
                self._emit("anew", why=why)
            base_url, since = self._upstream.base_url, self._since_when()
            self.walk = self._store.walks.begin(self._part, self._mode, base_url, since)
        self._size = page_size(*place, pages)

    def _since_when(self) -> str | None:
        """The time since which a record is new: the last walk over the list or its new records.

        A day earlier, because LL2's clock may differ; less, but at least an hour, if the changed
        records wouldn't fit on one page. Raises UsageError if the whole list was never walked.
        """
        name, delta = self._part.resource.name, self._part.resource.delta
        if self._part.kind != NEW or not delta:
            return None
        holding = self._store.walks.holding(name)
        if not holding.whole:
            raise UsageError(f"{self._part.name} needs {name} in the file: sync {name} first")
        last = max(from_iso(w.started) for part, w in holding.walks.items() if part in ("", NEW))
        last = min(last, self._store.clock.now())  # a wrong clock may have noted it
        key, table = delta.by.removesuffix("__gte").lstrip("-"), self._part.resource.table
        changed = f'SELECT "{key}" FROM "{table}" ORDER BY 1 DESC LIMIT 1 OFFSET {_FITTING}'
        [(fits,)] = self._store.conn.execute(f"SELECT ifnull(({changed}), '')")
        day, hour = (to_iso(last - timedelta(seconds=overlap)) for overlap in _OVERLAPS)
        return max(day, min(str(fits), hour))

    # Run

    def run(self) -> None:
        """Stages the rest of the walk, which then has each record that existed throughout.

        Raises Stopped if the budget is used up or the list keeps changing, UpstreamError if
        a page can't be fetched. The next sync continues from the staged pages.
        """
        began = monotonic()
        try:
            self._restore()
            self._pass()
            while self._lacks():
                self._count_pass(_LACKS)
                self._end, self._over = 0, True
                self._pass()
        except NotThere:
            if not self._store.walks.pages(self.walk):
                self._store.walks.drop(self.walk)  # no sync needs to try it again
            raise
        self.seconds += monotonic() - began

    def _restore(self) -> None:
        """Restores the state of the walk from its staged pages."""
        self._met: set[Any] = set()
        self._last: list[Any] = []  # the last id of the last page; empty before the first
        self._end = 0  # the offset after the last page
        self._by_id = self._part.query(None)["ordering"] == "id"  # and sorted so until now
        self._without_id = 0  # records without a valid id, each of which may be any record
        self._duplicates = Counter[Any]()  # how many additional times LL2 lists a record
        self._nothing_new = False
        self._wanted: Id | None = None  # a record that the walk must find
        reached_end = False
        for page in self._store.walks.pages(self.walk):
            self._cover(page.offset, page.limit, page.ids)
            reached_end |= len(page.ids) < page.limit
        self._over = reached_end and not self._by_id  # then another pass began
        self._arrived = from_iso(self.walk.started)  # when the last page arrived

    def _pass(self) -> None:
        """Stages one page after another, to the end of the list."""
        furthest = steps = 0
        while not self._is_done():
            page = self._fetch_any(self._next_offset(again=steps + self._passes > 0))
            if self._joins(page):
                self._take(page)
                steps = 0 if self._end > furthest else steps
                furthest = max(furthest, self._end)
            else:
                steps += 1
                self._step_back(page, steps)

    def _is_done(self) -> bool:
        """Whether no more pages need to be fetched."""
        if self._nothing_new or self.walk.total is None:
            return self._nothing_new
        return self._end >= self.walk.total or (self._over and not self._lacks())

    def _lacks(self) -> bool:
        """Whether the walk lacks the wanted record, or, if records can move, any record."""
        if self._wanted is not None:
            return self._wanted not in self._met
        listed = len(self._met) + self._duplicates.total() + self._without_id
        fewer = listed < (self.walk.total or 0)
        return fewer and not self._by_id and not self._nothing_new

    def _next_offset(self, *, again: bool) -> int:
        """The next page's offset: at the end, or before it if the list may have changed.

        ``again``: the walk was already there. One record of overlap then shows whether a record
        that came on two pages is listed twice.
        """
        age = (self._store.clock.now() - self._arrived).total_seconds()
        settled = age < _SETTLED and self._upstream.budget.left > 0
        back = 0 if settled and not again else 1
        if self.walk.steps:
            back = self._size * 2 ** (self.walk.steps - 1)
        return max(0, self._end - back)

    def _joins(self, page: Page) -> bool:
        """Whether the page overlaps or directly follows the staged ones: none is missing."""
        ids = self._valid(page.ids)
        if page.offset == self._end and self.walk.total in (None, page.total):
            may_come_again = self._over or not self._by_id or not ids
            return may_come_again or self._last < ids[:1]
        return page.offset == 0 or not self._met.isdisjoint(ids)

    def _take(self, page: Page) -> None:
        self.walk = self._store.walks.stage(self.walk, page)
        self._cover(page.offset, page.limit, page.ids)
        self._arrived = self._store.clock.now()
        done = min(page.offset + page.limit, page.total)
        self._emit("page", staged=done, total=page.total)

    def _cover(self, offset: int, limit: int, page_ids: list[Id | None]) -> None:
        """Adds a page's records to those of the walk."""
        ids = self._valid(page_ids)
        self._by_id &= all(id_ <= next_ for id_, next_ in pairwise(ids))
        self._duplicates |= Counter(ids) - Counter({*ids})
        self._without_id = len(page_ids) - len(ids) + (self._without_id if offset else 0)
        self._met.update(ids)
        self._last = ids[-1:]
        self._end = offset + limit
        if self._part.newest_first:  # a page without new records ends the walk
            lists, name = self._store.ledger.lists, self.walk.resource
            self._nothing_new = all(lists(name, id_) for id_ in page_ids if id_ is not None)

    def _valid(self, ids: list[Id | None]) -> list[Any]:
        """The valid ids of a page: those of the type of the list's ids."""
        kind = self.walk.shape.id_type
        return [id_ for id_ in ids if type(id_) is kind]

    def _step_back(self, page: Page, steps: int) -> None:
        """Steps the walk back: one page, two, four; raises Stopped after too many steps."""
        moved = "LL2's list changed: a record came twice"
        if self.walk.total not in (None, page.total):
            moved = f"LL2's list went from {self.walk.total} to {page.total} records"
        if steps > _STEPS:
            why = "LL2's list keeps changing: run the same command again"
            raise Stopped(f"{self._part.name}: {why}")
        self._emit("moved", why=moved)
        self.walk = self._store.walks.step_back(self.walk)

    def _count_pass(self, why: str) -> None:
        """Counts another pass over the list; raises Stopped after too many."""
        self._passes += 1
        if self._passes > _PASSES:
            self._store.walks.drop(self.walk)
            raise Stopped(f"{self._part.name}: {why}: run the same command again")
        self._emit("anew", why=why)

    # After a complete walk

    def find(self, id_: Id) -> None:
        """Passes over the list again to find a record that LL2 has and the walk lacks."""
        why = f"LL2 has {self._part.name} {id_}, which the walk didn't find"
        self._emit("moved", why=why)
        before = sum(met < id_ for met in self._met) if self._by_id else 0
        self._end = max(0, before - self._size // 2)
        self._wanted, self._over = id_, True
        self._pass()
        self._wanted = None
        if id_ not in self._met:
            self._count_pass(why)

    def refetch(self, page: StagedPage) -> bool:
        """Fetches a page of the complete walk again and stages it; False if that doesn't help.

        It helps if the page has the same records with other content.
        """
        fresh = self._fetch(page.offset, page.limit)
        listed = fresh.ids == page.ids and fresh.total == self.walk.total
        if fresh.body == self._store.walks.body(page.page) or not listed:
            return False
        self._store.walks.stage(self.walk, fresh, page.number)
        return True

    # Pages

    def _fetch_any(self, offset: int) -> Page:
        """Fetches the page at an offset, smaller if large pages keep failing."""
        tries = None  # as many as usual
        while True:
            try:
                return self._fetch(offset, self._size, tries)
            except Faulted as error:
                smaller = next((size for size in PAGE_SIZES if size < self._size), None)
                if not smaller or not error.heavy or self._part.name in PAGES:
                    raise
                self._emit("smaller", limit=self._size, smaller=smaller)
                self._size, tries = smaller, 1  # one attempt for each size: the budget is small

    def _fetch(self, offset: int, limit: int, tries: int | None = None) -> Page:
        """Fetches the page of ``limit`` records at an offset."""
        self._upstream.budget.walked = self._part.name
        if self._part.name in PAGES:
            return self._upstream.object(self._part.name, self._mode, tries)
        query = {"mode": self._mode, **self._part.query(self.walk.since)}
        return self._upstream.page(
            self._part.listed, offset=offset, limit=limit, tries=tries, **query
        )


def resumable(
    store: Store, part: Slice, mode: str, base_url: str, stale: float
) -> tuple[Walk | None, list[StagedPage], str | None]:
    """The interrupted walk and its pages, if any, or the reason why it can't be resumed."""
    walk = next((walk for walk in store.walks.under_way() if walk.name == part.name), None)
    if not walk or not (pages := store.walks.pages(walk)):
        return None, [], None
    why = _why_anew(store, walk, mode, base_url, stale)
    return (None, [], why) if why else (walk, pages, None)


def _why_anew(store: Store, walk: Walk, mode: str, base_url: str, stale: float) -> str | None:
    """Why an interrupted walk can't be resumed, or None."""
    started = from_iso(walk.started)
    if walk.mode != mode:
        return f"it was in {walk.mode} mode"
    if walk.base_url != base_url:
        return f"it was from {walk.base_url}"
    if abs((store.clock.now() - started).total_seconds()) >= stale:  # abs: a clock may be set back
        return f"it began at {for_people(started)}"
    return None


def page_size(store: Store, part: Slice, mode: str, base_url: str, staged: list[StagedPage]) -> int:
    """The number of records to request per page: less if larger pages failed within a day."""
    last = store.walks.holding(part.resource.name).walks.get(part.kind)
    if not staged and last and _why_anew(store, last, mode, base_url, STALE) is None:
        staged = store.walks.pages(last)
    return min((page.limit for page in staged), default=PAGE_SIZES[0])


def end_of(pages: list[StagedPage]) -> int:
    """The offset after the last page."""
    return pages[-1].offset + pages[-1].limit if pages else 0
