"""How many records a page has: the most that LL2 gives, fewer where large pages keep failing."""

from __future__ import annotations

from collections.abc import Callable

from ll2_mirror.errors import Faulted, NotAPage
from ll2_mirror.extract.retry import TRIES
from ll2_mirror.ll2.page import Page

LIMITS = (100, 50, 25, 10)  # records: the most that LL2 gives at once, else fewer


class PageSize:
    """The size of a walk's next page."""

    def __init__(self, limit: int, shrunk: Callable[[int, int], None]) -> None:
        self.limit = limit
        self._shrunk = shrunk  # is told the size that keeps failing, and the smaller one

    def fetch(self, ask: Callable[[int, int], Page]) -> Page:
        """The page that ``ask`` gives, for so many records and tried so often; if need be, smaller.

        Raises what ``ask`` raises for the smallest page, or where its size isn't what is wrong.
        """
        tries = TRIES
        while True:
            try:
                return ask(self.limit, tries)
            except (Faulted, NotAPage) as error:
                smaller = next((one for one in LIMITS if one < self.limit), None)
                if not smaller or not _heavy(error):
                    raise
                self._shrunk(self.limit, smaller)
                self.limit, tries = smaller, 1  # once for each size: the budget is small


def _heavy(error: Faulted | NotAPage) -> bool:
    return error.cut if isinstance(error, NotAPage) else error.heavy
