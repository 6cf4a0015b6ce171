"""The pytest plugin: it loads with pytest, so it imports the fake LL2 only for a test that asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ll2_mirror.testing.fake_ll2 import FakeLL2


@pytest.fixture
def fake_ll2() -> Iterator[FakeLL2]:
    """A fake LL2 on loopback: the bundled sample, 15 requests an hour, no fault yet."""
    from ll2_mirror.testing.fake_ll2 import FakeLL2, answering, bundled  # noqa: PLC0415

    with answering(FakeLL2(bundled(), limit=15)) as ll2:
        yield ll2
