"""What the tests of fetching share: a changing upstream, a bare environment."""

from __future__ import annotations

import os

import pytest

from editable_ll2 import EditableLL2
from helpers import START, TestClock, command, execute
from ll2_mirror.extract.network import CERTIFICATES
from ll2_mirror.testing.fake_ll2 import answering


@pytest.fixture
def world(clock):
    """250 records, so three pages; no limit."""
    with answering(EditableLL2(250, clock)) as world:
        yield world


@pytest.fixture
def clock():
    return TestClock(START)


@pytest.fixture
def sync(db, world, clock):
    """Syncs the file from the world."""

    def sync(*options, to=db):
        return command(clock, "sync", to, "--base-url", world.base_url, *options)

    return sync


@pytest.fixture
def bare(monkeypatch):
    """An environment without proxies and certificates; sets variables in it."""
    for name in os.environ:
        if name.lower().endswith("_proxy") or name in CERTIFICATES:
            monkeypatch.delenv(name)
    return monkeypatch.setenv


@pytest.fixture
def counted(db):
    """How many requests the file counts against a limit."""
    return lambda: execute(db, "SELECT count(*) FROM _requests WHERE counted")[0][0]
