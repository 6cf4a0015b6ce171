"""Extracts: fetches pages and records of LL2, within the budget. Knows URLs, no tables of LL2's."""

from __future__ import annotations

import json
from time import monotonic
from urllib.parse import quote as in_path
from urllib.parse import urlencode

from ll2_mirror.clock import Clock, stamp, told
from ll2_mirror.errors import Faulted, MirrorError, NotAPage, NotThere, Stopped, Throttled
from ll2_mirror.extract.budget import Budget, Throttle, declared, throttle_from
from ll2_mirror.extract.client import Answer, Http
from ll2_mirror.extract.retry import TRIES, patiently
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.page import API_PATH, Page, read_page
from ll2_mirror.progress import Tell, silence

DEFAULT_BASE_URL = "https://ll.thespacedevs.com"
LIMITS = (100, 50, 25, 10)  # records in a page: the most that LL2 gives at once, else fewer
TIMEOUT = 30.0  # seconds that one request may take
_COUNTDOWN = 1.0  # seconds between two events of a wait


class Upstream:
    """One LL2 server."""

    def __init__(
        self,
        http: Http,
        budget: Budget,
        clock: Clock,
        tell: Tell = silence,
        *,
        has_token: bool = False,
        wait: bool = False,
    ) -> None:
        self.budget = budget
        self._http = http
        self._clock = clock
        self._tell = tell
        self._has_token = has_token
        self._wait = wait

    @property
    def base_url(self) -> str:
        """The server's URL, without a slash at its end."""
        return self._http.base_url

    def learn_limit(self) -> Throttle:
        """Asks what may be asked; that is free. Where the server doesn't say, what is declared.

        Raises UpstreamError where the token isn't accepted.
        """
        path = f"{API_PATH}api-throttle/"
        throttle = None
        try:
            answer = self._logged(path, counted=False)
        except (Faulted, NotAPage):
            answer = None
        if answer and answer.status in (401, 403):
            raise self._http.refusal(path, answer, self._clock.now()) or AssertionError
        if answer and answer.status == 200:
            throttle = throttle_from(answer.body)
        self.budget.learn(throttle or declared(self.base_url, self._has_token))
        return self.budget.throttle

    def page(
        self,
        resource: str,
        *,
        mode: str,
        ordering: str,
        offset: int,
        limit: int = LIMITS[0],
        tries: int = TRIES,
    ) -> Page:
        """One page of a resource.

        Raises Faulted or NotAPage where it can't be had after so many tries, UpstreamError where
        it never can, Stopped where the budget is spent.
        """
        query = urlencode({"limit": limit, "mode": mode, "offset": offset, "ordering": ordering})
        path = f"{API_PATH}{resource}/?{query}"

        def ask() -> Page:
            body = self._ask(path)
            try:
                return read_page(body, offset, limit)
            except NotAPage as error:
                explained = NotAPage(f"{self.base_url}{path}: {error}")
                explained.cut = error.cut
                raise explained from None

        return patiently(ask, self._clock, self._tell, tries)

    def lists(self, resource: str, id_: Id) -> bool:
        """Whether LL2 has a record; raises as ``page`` does where it doesn't say."""
        path = f"{API_PATH}{resource}/{in_path(str(id_), safe='')}/"

        def ask() -> None:
            if not _is_record(self._ask(path), id_):
                raise NotAPage(f"{self.base_url}{path}: no record of LL2")

        try:
            patiently(ask, self._clock, self._tell)
        except NotThere:
            return False
        return True

    def _ask(self, path: str) -> bytes:
        """The body behind a path, tried once, when the budget allows it."""
        self._pass_gate()
        answer = self._logged(path, counted=True)
        error = self._http.refusal(path, answer, self._clock.now())
        if isinstance(error, Stopped):
            error = self._hold(error)
        if error:
            raise error
        return answer.body

    def _hold(self, error: Stopped) -> MirrorError:
        """What the server asks to wait for: the next try does, where the user waits."""
        until = self.budget.throttled(error.resumes)
        if self._wait:
            return Throttled(str(error), after=0)
        if error.resumes is None:
            return Stopped(f"{error}: at {told(until)}, say", until)
        return error

    def _pass_gate(self) -> None:
        """Comes back when a request may be made; raises Stopped where that isn't now."""
        if spent := self.budget.spent_up():
            raise spent
        while self.budget.resumes:
            self.learn_limit()
            until = self.budget.resumes
            if until and not self._wait:
                raise self.budget.exhausted()
            while until and (left := (until - self._clock.now()).total_seconds()) > 0:
                self._tell("waiting", until=stamp(until), seconds=round(left))
                self._clock.sleep(min(left, _COUNTDOWN if left < 3600 else 60.0))

    def _logged(self, path: str, *, counted: bool) -> Answer:
        """One request, in the log from before it is sent."""
        number, began = self.budget.log(path, counted), monotonic()
        status = size = None
        try:
            answer = self._http.get(path)
            status, size = answer.status, len(answer.body)
            return answer
        except Faulted as error:
            if counted and not error.sent:
                self.budget.unsent(number)
            raise
        finally:
            took = monotonic() - began
            self.budget.answered(number, status, size, took)
            self._tell("request", path=path, status=status, bytes=size, ms=round(took * 1000))


def _is_record(body: bytes, id_: Id) -> bool:
    try:
        return bool(json.loads(body)["id"] == id_)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
