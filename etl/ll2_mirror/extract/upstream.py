"""Fetches pages and single records of LL2, within the budget."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TypeVar
from urllib.parse import quote as in_path
from urllib.parse import urlencode

from ll2_mirror.clock import Clock, for_people, to_iso
from ll2_mirror.errors import Faulted, NotAPage, NotThere, Stopped, Throttled
from ll2_mirror.extract.client import Client, Response, document_of
from ll2_mirror.extract.network import TRIES, with_retries
from ll2_mirror.extract.rate_limit import Budget, throttle_from
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import API_PATH, Page, read_object, read_page
from ll2_mirror.progress import Emit, ignore

PAGE_SIZES = (100, 50, 25, 10)  # records: LL2's maximum, and less for pages that keep failing
MAX_PROBES = 5  # requests for single records in one sync
_COUNTDOWN = 1.0  # seconds between two events of a wait
T = TypeVar("T")


@dataclass(eq=False)
class Upstream:
    """One LL2 server.

    ``fault``: how the last request failed, if it did; ``gone``: the records that it answered with
    404.
    """

    client: Client
    budget: Budget
    clock: Clock
    emit: Emit = ignore
    wait: bool = False  # at the limit, instead of stopping
    tries: int = TRIES  # of one request
    fault: Faulted | None = None
    gone: set[tuple[str, Id]] = field(default_factory=set)
    probed: int = 0  # requests for single records

    def __enter__(self) -> Upstream:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    @property
    def base_url(self) -> str:
        """The server's URL, without a slash at its end."""
        return self.client.base_url

    def ask_limit(self) -> None:
        """Asks the server for its rate limit, which is free; keeps the known one if it has none.

        Raises Faulted or Stopped if it can't be asked now, UpstreamError if it refuses, UsageError
        for invalid proxy or certificate settings.
        """
        path = f"{API_PATH}api-throttle/"
        response = self._logged(path, counted=False)
        error = self.client.error_of(path, response, self.clock.now())
        if isinstance(error, Faulted | Stopped) or (error and response.status in (401, 403)):
            raise error
        if not error and (throttle := throttle_from(response.body)):
            self.budget.record_limit(throttle)

    def learn_limit(self) -> None:
        """Asks for the rate limit, ignoring failures: the next page will report them."""
        with suppress(Faulted, Stopped):
            self.ask_limit()

    def page(
        self,
        name: str,
        *,
        offset: int,
        limit: int = PAGE_SIZES[0],
        tries: int | None = None,
        **asked: str,
    ) -> Page:
        """Fetches one page of a list, with ``tries``; ``asked``: more query parameters.

        Raises Faulted after too many attempts, UpstreamError if a retry can't help,
        Stopped if the budget is used up.
        """
        query = sorted({**asked, "limit": limit, "offset": offset}.items())
        path = f"{API_PATH}{name}/?{urlencode(query)}"
        return self._tried(tries, path, lambda body: read_page(body, offset, limit))

    def object(self, name: str, mode: str, tries: int | None) -> Page:
        """Fetches a page that is one object; raises like ``page``."""
        return self._tried(tries, f"{API_PATH}{name}/?mode={mode}", read_object)

    def _tried(self, tries: int | None, path: str, read: Callable[[bytes], Page]) -> Page:
        ask = partial(self._ask, path, read)
        return with_retries(ask, self.clock, self.emit, tries or self.tries)

    @property
    def probes(self) -> int:
        """How many requests for single records are left: never the last of the budget."""
        return max(0, int(min(MAX_PROBES - self.probed, self.budget.left - 1)))

    def lists(self, resource: str, id_: Id) -> bool:
        """Whether LL2 has a record; raises like ``page``."""
        path = f"{API_PATH}{resource}/{in_path(str(id_), safe='')}/"

        def check(body: bytes) -> None:
            if document_of(body).get("id") != id_:
                raise NotAPage("no record of LL2")

        def ask() -> None:
            self.probed += 1
            self._ask(path, check)

        try:
            with_retries(ask, self.clock, self.emit, min(TRIES, self.probes))
        except NotThere:
            self.gone.add((resource, id_))
            return False
        return True

    def _ask(self, path: str, read: Callable[[bytes], T]) -> T:
        """Fetches a path once, when the budget allows it; returns what ``read`` makes of it."""
        self._wait_for_turn()
        try:
            result = self._fetch(path, read)
        except Faulted as error:
            self.fault = error
            raise
        self.fault = None
        return result

    def _fetch(self, path: str, read: Callable[[bytes], T]) -> T:
        """Sends the request; raises the error for any response that can't be read."""
        response = self._logged(path, counted=True)
        error = self.client.error_of(path, response, self.clock.now())
        if isinstance(error, Stopped):
            until = self.budget.record_throttle(error.resumes)
            if self.wait:
                raise Throttled(str(error), after=0)  # which is retried
            if error.resumes is None:
                raise Stopped(f"{error}, at {for_people(until)}", until)
        if error:
            raise error
        try:
            return read(response.body)
        except NotAPage as not_a_page:
            not_a_page.args = (f"{self.base_url}{path}: {not_a_page}",)
            raise

    def _wait_for_turn(self) -> None:
        """Waits until a request may be made; without ``wait``, raises Stopped instead."""
        self.budget.check_spent()
        while self.budget.current().resumes:
            self.learn_limit()
            if not self.wait:
                self.budget.check_limit()
            until = self.budget.current().resumes or self.clock.now()
            while (left := (until - self.clock.now()).total_seconds()) > 0:
                self.emit("waiting", until=to_iso(until), seconds=round(left))
                self.clock.sleep(min(left, _COUNTDOWN if left < 3600 else 60.0))

    def _logged(self, path: str, *, counted: bool) -> Response:
        """Sends one request, logged beforehand; one that never left isn't counted."""
        began, status, size = monotonic(), None, None
        number = self.budget.log_sent(path, counted=counted)
        try:
            response = self.client.get(path)
            status, size = response.status, len(response.body)
            return response
        finally:
            ms = round((monotonic() - began) * 1000)
            counted = counted and self.client.sent
            self.budget.log_ended(number, status, size, ms, counted=counted)
            self.emit("request", path=path, status=status, bytes=size, ms=ms)
