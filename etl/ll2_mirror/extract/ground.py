"""Where a walk stands: which page is next, and whether the one that came leaves nothing out.

As long as the count stays and no record comes twice, pages follow each other. Else the list moved,
and the next page must be a bridge: one with a record that the walk met, so that none lies between.

    ... 7 8 9 |               3 goes, and the next page is
              11 12 13 14     did one more go, 10, or two? It can't tell,
        7 8 9 10 11           and steps back: 9 was met, so 10 is what comes after it
"""

from __future__ import annotations

import json
from itertools import chain, pairwise
from typing import Any

from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import Page
from ll2_mirror.store.walks import Met, StagedPage, Walk


class Ground:
    """What a walk covers. ``by_id``: that is the order asked for; whether it is LL2's is seen.

    ``total``: how many records LL2 lists. ``counted``: as many must be met at the end, so that one
    on a page may have come before.
    """

    def __init__(
        self, met: Met, pages: list[StagedPage], total: int, *, by_id: bool, counted: bool
    ) -> None:
        self.end = 0  # the offset behind the last page
        self._met = met
        self._by_id = by_id
        self._counted = counted
        self._ascends = by_id  # so far: then no record can move within the list
        self._nameless = 0  # records without a readable id
        self._chain = 0  # of the records from the last bridge on
        self._last: list[Any] = []  # of these, if any
        self._over = False  # it came to the end, and passes over what is covered
        self._firsts: list[tuple[int, Any]] = []  # of each page: its offset, its first record
        met.clear()
        for page in pages:
            self._cover(page.offset, page.limit, json.loads(page.ids))
        self._over = counted and any(_is_last(page, total) for page in pages)

    def ends(self, total: int | None) -> bool:
        """Whether no page is to be fetched any more."""
        if total is None:
            return False
        return self.end >= total or (self._over and not self.lacks(total))

    def offset(self, walk: Walk, limit: int, *, rests: bool) -> int:
        """Where the next page begins: at the end, if the list ``rests``, else where it is known.

        Steps go by whole pages; by halves where LL2 sorts by what several records have, for these
        may come in another order wherever a page ends.
        """
        step = limit if self._by_id else limit // 2
        back = step * 2 ** (walk.steps - 1) if walk.steps else not rests
        return max(0, self.end - back)

    def joins(self, page: Page, walk: Walk) -> bool:
        """Whether no record that was there all the time lies between the page and what is known."""
        named = self._met.named(page.ids)
        if len(set(named)) < len(named):
            return False
        if page.offset == self.end and walk.total in (None, page.total):
            may_come_twice = int(self._counted and not self._over)
            return self._twice(named) <= may_come_twice
        return page.offset == 0 or self._met.any_of(named)

    def _twice(self, named: list[Any]) -> int:
        """How many of a page's records are on the chain."""
        if not self._met.any_of(named, self._chain):
            return 0
        return sum(self._met.any_of([id_], self._chain) for id_ in named)

    def take(self, page: Page) -> None:
        """Takes up a page that joins."""
        self._cover(page.offset, page.limit, page.ids)

    def _cover(self, offset: int, limit: int, ids: list[Id | None]) -> None:
        named = self._met.named(ids)
        if offset != self.end or self._met.any_of(named, self._chain):
            self._break()
        self._met.add(named, self._chain)
        self._firsts += [(offset, first) for first in named[:1]]
        self._nameless += len(ids) - len(named)
        self._ascends &= all(one < next_ for one, next_ in pairwise([*self._last, *named]))
        self._last = named[-1:] or self._last
        self.end = offset + limit

    def _break(self) -> None:
        """Begins another chain."""
        self._chain += 1
        self._last = []

    def place_of(self, id_: Id) -> int:
        """About where a record must be that was not met, if the ids ascend."""
        return min((offset for offset, first in self._firsts if first > id_), default=self.end)

    def pass_over(self) -> None:
        """Lets the walk begin at the start again, and keeps what it met."""
        self.end, self._over = 0, True
        self._break()

    def gap(self, pages: list[StagedPage], total: int) -> tuple[int, int]:
        """Between which offsets what was left out is; 0 and 0 where that isn't known.

        Up to there each record stands where as many were met before it, behind it further on. Here
        the page at 4 begins with d, which was one of the first four: X comes before.

            met  a b c d e f g h    now  a X b c d e f g h
        """
        ended = next((n for n, page in enumerate(pages, 1) if _is_last(page, total)), 0)
        if not self._counted or len(pages) >= 2 * ended:  # else passing over costs less
            return 0, 0
        met, low, high = self._in_order(pages), 0, total
        for page in pages[ended:]:
            if set(met[: page.offset]).isdisjoint(json.loads(page.ids)):
                low = max(low, page.offset + page.limit)
            else:
                high = min(high, page.offset)
        return low, high

    def _in_order(self, pages: list[StagedPage]) -> list[Any]:
        """The records that were met, each where it was furthest on."""
        backwards = sorted(pages, key=lambda page: page.offset, reverse=True)
        ids = (self._met.named(json.loads(page.ids))[::-1] for page in backwards)
        return list(dict.fromkeys(chain.from_iterable(ids)))[::-1]

    def lacks(self, total: int) -> bool:
        """Whether fewer were met than there are, though a record can move within the list."""
        return not self._ascends and self._met.count + self._nameless < total


def _is_last(page: StagedPage, total: int) -> bool:
    """Whether LL2's list ended with a page."""
    return len(page.latest) < page.limit or page.offset + page.limit == total
