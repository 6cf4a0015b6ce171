"""Walks a resource page by page, each staged before the next is asked for.

A walk that was cut off goes on. One during which LL2's list moved steps back, until the pages
agree again; where that doesn't come to an end, it begins anew.
"""

from __future__ import annotations

import json
from time import monotonic

from ll2_mirror.clock import for_people, from_iso
from ll2_mirror.errors import NotThere, Stopped
from ll2_mirror.extract.page_size import LIMITS, PageSize
from ll2_mirror.extract.retry import TRIES
from ll2_mirror.extract.upstream import Upstream
from ll2_mirror.ll2.model import Resource
from ll2_mirror.ll2.page import Page
from ll2_mirror.progress import Tell
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import Met, StagedPage, Walk

STALE = 86400.0  # seconds after which a walk that was cut off isn't gone on with
_ANEW = 2  # how often one sync begins a walk anew because the list moves


class _Moved(Exception):
    """The list moved so that stepping back is of no use; the text says how."""


class Crawl:
    """One resource's walk, from where it stands to its end; ``walk`` is the one that counts."""

    def __init__(
        self, store: Store, upstream: Upstream, resource: Resource, mode: str, tell: Tell
    ) -> None:
        self._store = store
        self._upstream = upstream
        self._resource = resource
        self._mode = mode
        self._asked = (mode, upstream.base_url)
        self._tell = tell
        self._anew = 0
        self._resumed = False
        self.seconds = 0.0  # that the walk took in this sync
        self.walk: Walk

    def begin(self, stale: float = STALE) -> None:
        """Takes up the walk that is under way, if it is still good, else begins one."""
        walk, pages, why = self.under_way(stale)
        if walk and pages:
            self.walk, self._resumed = walk, True
            self._tell(
                "resumed",
                resource=walk.resource,
                started=for_people(from_iso(walk.started)),
                staged=min(end_of(pages), walk.total or 0),
                total=walk.total,
            )
        else:
            if why:
                self._tell("anew", resource=self._resource.name, why=why)
            self._fresh()
        self._size = PageSize(self.first_limit(pages), self._shrunk)

    def under_way(self, stale: float) -> tuple[Walk | None, list[StagedPage], str | None]:
        """The walk that was cut off with its pages, or else why it can't be gone on with."""
        name = self._resource.name
        walk = next((w for w in self._store.walks.under_way() if w.resource == name), None)
        pages = self._store.walks.pages(walk) if walk else []
        why = self._why_anew(walk, stale) if walk and pages else None
        return (walk, [], why) if why else (walk, pages, None)

    def _why_anew(self, walk: Walk, stale: float) -> str | None:
        """Why a walk that was cut off can't be gone on with."""
        age = abs((self._store.clock.now() - from_iso(walk.started)).total_seconds())
        reasons = {
            f"it was in {walk.mode} mode": walk.mode != self._mode,
            f"it was from {walk.base_url}": walk.base_url != self._upstream.base_url,
            f"it is of {for_people(from_iso(walk.started))}": age >= stale,
            "LL2's list was moving": walk.total is None,
        }
        return next((why for why, holds in reasons.items() if holds), None)

    def first_limit(self, staged: list[StagedPage]) -> int:
        """A page as large as may be; where large ones failed within a day, as those after that."""
        last = self._store.walks.published(self._resource.name)
        if not staged and last and (last.mode, last.base_url) == self._asked:
            age = self._store.clock.now() - from_iso(last.started)
            staged = self._store.walks.pages(last) if abs(age.total_seconds()) < STALE else []
        return min((page.limit for page in staged), default=LIMITS[0])

    def _fresh(self) -> None:
        self.walk = self._store.walks.begin(
            self._resource.name, self._mode, self._upstream.base_url
        )
        self._resumed = False

    def run(self) -> None:
        """Stages what is left of the walk; each record is then in it once.

        Raises Stopped where the budget is spent or the list doesn't come to rest, UpstreamError
        or NotAPage where a page can't be had. What is staged stays for the next sync.
        """
        began = monotonic()
        while True:
            try:
                self._stage_all()
                self.seconds += monotonic() - began
                return
            except _Moved as error:
                self.again(str(error))
            except NotThere:
                if not self._store.walks.pages(self.walk):
                    self._store.walks.drop(self._resource.name)  # no sync need try it again
                raise

    def again(self, why: str) -> None:
        """Drops what is staged and begins anew; raises Stopped where that was done enough."""
        self._anew += 1
        if self._anew > _ANEW:
            self._store.walks.drop(self._resource.name)
            raise Stopped(f"{self._resource.name}: {why}: run the same command again")
        self._tell("anew", resource=self._resource.name, why=why)
        self._fresh()

    def mend(self, page: StagedPage) -> bool:
        """Fetches a page of the complete walk once more; False where that is of no use.

        It is, where the page lists the same records, but now comes otherwise.
        """
        fresh = self._fetch(page.offset, page.limit)
        listed = json.dumps(fresh.ids) == page.ids and fresh.total == self.walk.total
        if fresh.digest == page.digest or not listed:
            return False
        self._stage(fresh)
        return True

    def _stage_all(self) -> None:
        met = Met(self._store.conn, self.walk)
        pages = self._store.walks.pages(self.walk)
        if not met.refill(pages):
            raise _Moved("LL2's list moved: a record came twice")
        offset = end_of(pages)
        while self.walk.total is None or offset < self.walk.total:
            page = self._next(offset)
            if self.walk.total is None:
                self.walk = self._store.walks.set_total(self.walk, page.total)
            if self.walk.total != page.total:
                change = f"LL2's list went from {self.walk.total} to {page.total} records"
                if self._resumed:
                    raise _Moved(change)
                self._step_back(page, met, change)
            elif met.add(json.dumps(page.ids)):
                self._stage(page)
            else:
                self._step_back(page, met, "LL2's list moved: a record came twice")
            self._resumed = False
            offset = page.offset + page.limit
            done = min(offset, page.total)
            self._tell("page", resource=self._resource.name, staged=done, total=page.total)

    def _step_back(self, page: Page, met: Met, why: str) -> None:
        """Fetches the pages before one again, back to the first that lists what it did.

        Meanwhile the walk has no total: if the sync ends here, the next begins anew.
        """
        self._tell("moved", resource=self._resource.name, why=why)
        self.walk = self._store.walks.set_total(self.walk, None)
        for before in reversed(self._store.walks.pages(self.walk)):
            fresh = self._fetch(before.offset, before.limit)
            if fresh.total != page.total:
                raise _Moved("LL2's list keeps moving")
            self._stage(fresh)
            if json.dumps(fresh.ids) == before.ids:
                break
        self._stage(page)
        self._store.walks.drop_pages_behind(self.walk, page.total)
        if not met.refill(self._store.walks.pages(self.walk)):
            raise _Moved("LL2's list keeps moving")
        self.walk = self._store.walks.set_total(self.walk, page.total)

    def _next(self, offset: int) -> Page:
        """The page at an offset, as large as may be."""
        return self._size.fetch(lambda limit, tries: self._fetch(offset, limit, tries))

    def _fetch(self, offset: int, limit: int, tries: int = TRIES) -> Page:
        """The page of so many records at an offset."""
        return self._upstream.page(
            self._resource.name,
            mode=self._mode,
            ordering=self._resource.ordering,
            offset=offset,
            limit=limit,
            tries=tries,
        )

    def _shrunk(self, limit: int, smaller: int) -> None:
        self._tell("smaller", resource=self._resource.name, limit=limit, smaller=smaller)

    def _stage(self, page: Page) -> None:
        self._store.walks.stage(self.walk, page)


def end_of(pages: list[StagedPage]) -> int:
    """The offset behind the last page."""
    return pages[-1].offset + pages[-1].limit if pages else 0
