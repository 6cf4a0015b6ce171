"""Walks a resource page by page, each staged before the next is asked for.

A walk that was cut off goes on. One whose list moves steps back a little, so that it leaves nothing
out: see ``ground``. What comes behind its back is in the next. Where the ids don't ascend a record
can slip through: then as many must be met as LL2 counts. What was left out is looked for by halves,
or by passing over the list again.
"""

from __future__ import annotations

import json
from datetime import timedelta
from time import monotonic

from ll2_mirror.clock import for_people, from_iso, to_iso
from ll2_mirror.errors import NotThere, Stopped, UsageError
from ll2_mirror.extract.ground import Ground
from ll2_mirror.extract.page_size import LIMITS, PageSize
from ll2_mirror.extract.retry import TRIES
from ll2_mirror.extract.upstream import Upstream
from ll2_mirror.ll2.lists import NEW, Slice
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import Page
from ll2_mirror.progress import Tell
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import Met, StagedPage, Walk

STALE = 86400.0  # seconds after which a walk that was cut off isn't gone on with
_ANEW = 2  # how often one sync passes over a list again because it moves
_STEPS = 3  # back, before a walk must get further
_OVERLAP = 86400.0  # seconds that a walk over what is new begins before the last
_LACKS = "LL2's list moved: a record came twice, so another is left out"
_RESTS = 600.0  # seconds in which a list whose count stays is taken to be as it was


class Crawl:
    """One part's walk, from where it stands to its end; ``walk`` is the one that counts."""

    def __init__(
        self, store: Store, upstream: Upstream, part: Slice, mode: str, tell: Tell
    ) -> None:
        self._store = store
        self._upstream = upstream
        self._part = part
        self._mode = mode
        self._tell = tell
        self._anew = 0
        self.seconds = 0.0  # that the walk took in this sync
        self.walk: Walk

    def begin(self, stale: float) -> None:
        """Takes up the walk that is under way, if it is still good, else begins one."""
        walk, pages, why = self.under_way(stale)
        if walk and pages:
            self.walk = walk
            self._tell(
                "resumed",
                resource=walk.resource,
                started=for_people(from_iso(walk.started)),
                staged=min(end_of(pages), walk.total or 0),
                total=walk.total,
            )
        else:
            if why:
                self._tell("anew", resource=self._part.name, why=why)
            self._fresh()
        self._size = PageSize(self.first_limit(pages), self._shrunk)

    def under_way(self, stale: float) -> tuple[Walk | None, list[StagedPage], str | None]:
        """The walk that was cut off with its pages, or else why it can't be gone on with."""
        name = self._part.name
        walk = next((w for w in self._store.walks.under_way() if w.name == name), None)
        pages = self._store.walks.pages(walk) if walk else []
        why = self._why_anew(walk, stale) if walk and pages else None
        return (walk, [], why) if why else (walk, pages, None)

    def _why_anew(self, walk: Walk, stale: float) -> str | None:
        """Why a walk that was cut off can't be gone on with."""
        age = self._since(walk)
        reasons = {
            f"it was in {walk.mode} mode": walk.mode != self._mode,
            f"it was from {walk.base_url}": walk.base_url != self._upstream.base_url,
            f"it is of {for_people(from_iso(walk.started))}": age >= stale,
        }
        return next((why for why, holds in reasons.items() if holds), None)

    def first_limit(self, staged: list[StagedPage]) -> int:
        """A page as large as may be; where large ones failed within a day, as those after that."""
        last = self._store.walks.published(self._part.resource.name, self._part.kind)
        if not staged and last and self._why_anew(last, STALE) is None:
            staged = self._store.walks.pages(last)
        return min((page.limit for page in staged), default=LIMITS[0])

    def _since(self, walk: Walk) -> float:
        """The seconds since a walk began; some clocks were set."""
        return abs((self._store.clock.now() - from_iso(walk.started)).total_seconds())

    def _fresh(self) -> None:
        base_url, since = self._upstream.base_url, self._since_when()
        self.walk = self._store.walks.begin(self._part, self._mode, base_url, since)

    def _since_when(self) -> str | None:
        """From when on a record is new: since the last walk over all, or over what was new then.

        Less a day, as LL2's clock isn't ours. Raises UsageError where there was none.
        """
        if self._part.kind != NEW:
            return None
        walks = self._store.walks.held(self._part.resource.name)
        last = max(
            (from_iso(walk.started) for walk in walks if walk.part in ("", NEW)), default=None
        )
        if last is None or self._store.walks.published(self._part.resource.name) is None:
            name = self._part.resource.name
            raise UsageError(f"what is new in {name} is known once the file has {name}: sync that")
        return to_iso(last - timedelta(seconds=_OVERLAP))

    def run(self) -> None:
        """Stages what is left of the walk: it then has each record that was there all the time.

        Raises Stopped where the budget is spent or the list doesn't come to rest, UpstreamError
        or NotAPage where a page can't be had. What is staged stays for the next sync.
        """
        began = monotonic()
        try:
            self._stage_all()
        except NotThere:
            if not self._store.walks.pages(self.walk):
                self._store.walks.drop(self.walk)  # no sync need try it again
            raise
        self.seconds += monotonic() - began

    def find(self, id_: Id) -> None:
        """Fetches the page with a record that LL2 has, and the complete walk didn't meet."""
        why = f"LL2 has {self._part.name} {id_}, which the walk didn't meet"
        self._tell("moved", resource=self._part.name, why=why)
        page = self._next(max(0, self._ground.place_of(id_) - self._size.limit // 2))
        if id_ in page.ids:
            self._take(page)
        else:
            self._again(why)
            self._fresh()
            self.run()

    def _again(self, why: str) -> None:
        """Counts another way over the list; raises Stopped where there were enough."""
        self._anew += 1
        if self._anew > _ANEW:
            self._store.walks.drop(self.walk)
            raise Stopped(f"{self._part.name}: {why}: run the same command again")
        self._tell("anew", resource=self._part.name, why=why)

    def mend(self, page: StagedPage) -> bool:
        """Fetches a page of the complete walk once more; False where that is of no use.

        It is, where the page lists the same records, but now comes otherwise.
        """
        fresh = self._fetch(page.offset, page.limit)
        listed = json.dumps(fresh.ids) == page.ids and fresh.total == self.walk.total
        if fresh.digest == page.digest or not listed:
            return False
        self._store.walks.stage(self.walk, fresh, page.number)
        return True

    def _stage_all(self) -> None:
        met, pages = Met(self._store.conn, self.walk), self._store.walks.pages(self.walk)
        by_id = self._part.query(None)["ordering"] == "id"
        counted = not (by_id or self._part.newest_first)
        self._ground = Ground(met, pages, self.walk.total or 0, by_id=by_id, counted=counted)
        self._came = from_iso(self.walk.started)
        self._nothing_new = bool(pages) and self._is_known(json.loads(pages[-1].ids))
        self._seek()  # goes on with it
        self._pass()
        self._seek()
        while not self._nothing_new and self._ground.lacks(self.walk.total or 0):
            self._again(_LACKS)
            self._ground.pass_over()
            self._pass()

    def _seek(self) -> None:
        """Looks by halves for what a walk that came to its end left out."""
        total = self.walk.total or 0
        while self._ground.lacks(self.walk.total or 0):
            low, high = self._ground.gap(self._store.walks.pages(self.walk), total)
            if low >= high:
                break
            self._tell("moved", resource=self._part.name, why=_LACKS)
            self._take(self._next(max(low, (low + high - self._size.limit) // 2)))

    def _pass(self) -> None:
        """Stages one page after the other, to the end of the list."""
        furthest, steps = 0, 0
        while not (self._nothing_new or self._ground.ends(self.walk.total)):
            page = self._next(self._ground.offset(self.walk, self._size.limit, rests=self._rests()))
            if not self._ground.joins(page, self.walk):
                steps += 1
                self._step_back(page, steps)
                continue
            self._take(page)
            steps = 0 if self._ground.end > furthest else steps
            furthest = max(furthest, self._ground.end)

    def _rests(self) -> bool:
        """Whether LL2's list had no time to move since the last page, and has none now."""
        age = (self._store.clock.now() - self._came).total_seconds()
        return age < _RESTS and self._upstream.budget.left > 0

    def _take(self, page: Page) -> None:
        self.walk = self._store.walks.stage(self.walk, page)
        self._ground.take(page)
        self._nothing_new = self._is_known(page.ids)
        self._came = self._store.clock.now()
        done = min(page.offset + page.limit, page.total)
        self._tell("page", resource=self._part.name, staged=done, total=page.total)

    def _is_known(self, ids: list[Id | None]) -> bool:
        """Whether a page of what is new, the newest first, has nothing that is."""
        known = (
            self._store.ledger.lists(self.walk.resource, id_) for id_ in ids if id_ is not None
        )
        return self._part.newest_first and all(known)

    def _step_back(self, page: Page, steps: int) -> None:
        """Lets the walk step back; raises Stopped where it did so enough."""
        moved = "LL2's list moved: a record came twice"
        if self.walk.total not in (None, page.total):
            moved = f"LL2's list went from {self.walk.total} to {page.total} records"
        if steps > _STEPS:
            why = "LL2's list keeps moving: run the same command again"
            raise Stopped(f"{self._part.name}: {why}")
        self._tell("moved", resource=self._part.name, why=moved)
        self.walk = self._store.walks.step_back(self.walk)

    def _next(self, offset: int) -> Page:
        """The page at an offset, as large as may be."""
        return self._size.fetch(lambda limit, tries: self._fetch(offset, limit, tries))

    def _fetch(self, offset: int, limit: int, tries: int = TRIES) -> Page:
        """The page of so many records at an offset."""
        query = {"mode": self._mode, **self._part.query(self.walk.since)}
        return self._upstream.page(
            self._part.listed, offset=offset, limit=limit, tries=tries, **query
        )

    def _shrunk(self, limit: int, smaller: int) -> None:
        self._tell("smaller", resource=self._part.name, limit=limit, smaller=smaller)


def end_of(pages: list[StagedPage]) -> int:
    """The offset behind the last page."""
    return pages[-1].offset + pages[-1].limit if pages else 0
