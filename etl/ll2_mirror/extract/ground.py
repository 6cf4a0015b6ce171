"""Where a walk stands: which page is next, and whether the one that came leaves nothing out.

Nothing moved, if the count stays and no record comes twice. Else a page must have a record that the
walk met before: it begins within what is known, and no record lies between. If it has none, the
walk steps back:

    ... 8 9 10 |                 3 goes, and the next page is
               12 13 14 15       did one more go, 11, or two? It can't tell
           9 10 11 12            so it steps back: 9 was met, 11 is here
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import Page
from ll2_mirror.store.walks import Met, StagedPage, Walk

_BACK = (10, 100)  # places


class Ground:
    """What a walk covers. ``rests``: the list has no time to move until the next page comes."""

    def __init__(self, met: Met, pages: list[StagedPage]) -> None:
        self.rests = True
        self.ascends = True  # by id: no record can move within the list
        self._met = met
        self._nameless = 0  # records without a readable id
        self._end = 0
        self._over = False  # it passes over what is covered
        met.refill(pages)
        self._firsts: list[tuple[int, Id]] = []  # of each page: its offset, its first record
        for page in pages:
            self._cover(page.offset, page.limit, json.loads(page.ids))

    def ends(self, total: int | None) -> bool:
        """Whether no page is to be fetched any more."""
        if total is None:
            return False
        return self._end >= total or (self._over and not self.lacks(total))

    def offset(self, steps: int) -> int:
        """Where the next page begins, after so many steps back: some places, a page, all."""
        overlaps = (0 if self.rests else 1, *_BACK, self._end)
        return max(0, self._end - overlaps[min(steps, len(_BACK) + 1)])

    def joins(self, page: Page, walk: Walk) -> bool:
        """Whether no record that was there all the time lies between the page and what is known."""
        calm = self.rests and not walk.steps and walk.total in (None, page.total)
        return calm or page.offset == 0 or self._met.any_of(page.ids)

    def take(self, page: Page) -> None:
        """Takes up a page that joins."""
        self._met.add(json.dumps(page.ids))
        self._cover(page.offset, page.limit, page.ids)

    def _cover(self, offset: int, limit: int, ids: list[Id | None]) -> None:
        named = self._met.named(ids)
        self._firsts += [(offset, first) for first in named[:1]]
        self._nameless += len(ids) - len(named)
        self.ascends = self.ascends and all(one < next_ for one, next_ in pairwise(named))
        self._end = offset + limit

    def place_of(self, id_: Any) -> int:
        """About where a record must be that was not met, if the ids ascend."""
        return min((offset for offset, first in self._firsts if first > id_), default=self._end)

    def pass_over(self) -> None:
        """Lets the walk begin at the start again, and keeps what it met."""
        self._end, self._over = 0, True

    def lacks(self, total: int) -> bool:
        """Whether fewer were met than there are, though a record can move within the list."""
        return not self.ascends and self._met.count + self._nameless < total
