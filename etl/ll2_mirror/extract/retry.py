"""Another try, after a pause: tenacity decides when, this module what is worth one.

tenacity, as its rules (how often, how long, which errors, whose clock) are values to pass in; what
urllib3 has can't see a body that is cut off or no JSON, nor the budget.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from ll2_mirror.clock import Clock
from ll2_mirror.errors import Faulted, NotAPage
from ll2_mirror.progress import Tell

TRIES = 5  # of one page
_BACKOFF = wait_random_exponential(multiplier=1, min=0.5, max=30)  # seconds, with jitter

T = TypeVar("T")


def patiently(ask: Callable[[], T], clock: Clock, tell: Tell, tries: int = TRIES) -> T:
    """What ``ask`` gives, tried so often; raises its last error, or one that no try mends."""
    retrying = Retrying(
        stop=stop_after_attempt(tries),
        wait=_pause,
        retry=retry_if_exception(_may_mend),
        sleep=clock.sleep,
        before_sleep=lambda state: tell("retry", why=str(_error(state)), seconds=_next(state)),
        reraise=True,
    )
    return retrying(ask)


def _may_mend(error: BaseException) -> bool:
    return isinstance(error, NotAPage) or (isinstance(error, Faulted) and error.again)


def _pause(state: RetryCallState) -> float:
    """As long as the server asks for, else longer each time."""
    after = getattr(_error(state), "after", None)
    return _BACKOFF(state) if after is None else after + 0.1


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _next(state: RetryCallState) -> float:
    return state.next_action.sleep if state.next_action else 0.0
