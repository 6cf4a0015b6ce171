"""Walks over lists that move, in memory, so that thousands of histories can be tried."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import START, TestClock, examples
from ll2_mirror.clock import to_iso
from ll2_mirror.errors import Stopped
from ll2_mirror.extract.list_walk import ListWalk
from ll2_mirror.ll2.lists import SLICES
from ll2_mirror.ll2.page import Page
from ll2_mirror.progress import ignore
from ll2_mirror.store.walks import Holding, StagedPage, Walk

BY_ID = SLICES["spacecraft"]
BY_NAME = BY_ID._replace(resource=replace(BY_ID.resource, walk_ordering="name"))


class StagedWalks:
    """The one walk that is under way, as the file would keep it."""

    def __init__(self):
        self.walk, self.staged = None, []

    def begin(self, part, mode, base_url, since):
        self.staged = []
        self.walk = Walk(
            1, part.resource.name, part.kind, since, mode, base_url, to_iso(START), None
        )
        return self.walk

    def under_way(self):
        return [self.walk] if self.walk else []

    def holding(self, _):
        return Holding({})

    def pages(self, _):
        return list(self.staged)

    def stage(self, walk, page):
        number = len(self.staged)
        self.staged.append(StagedPage(number, page.offset, page.limit, number, page.ids))
        self.walk = walk._replace(total=page.total, steps=0)
        return self.walk

    def step_back(self, walk):
        self.walk = walk._replace(steps=walk.steps + 1)
        return self.walk

    def drop(self, _):
        self.walk = None

    @property
    def met(self):
        return {id_ for page in self.staged for id_ in page.ids}


class Cut(Exception):
    """The sync ends before a request."""


class MovingList:
    """A list as a server has it; before a request it may change, or the sync be cut off."""

    base_url = "http://moving.test"
    budget = SimpleNamespace(left=1)
    tries = 1

    def __init__(self, random, ids, changes, cuts):
        self.random, self.ids, self.changes, self.cuts = random, ids, changes, cuts
        self.there_all_the_time = set(ids)
        self.there_some_time = set(ids)

    def page(self, _, *, offset, limit, **__):
        if self.cuts and self.random.random() < 0.3:
            self.cuts -= 1
            raise Cut
        if self.changes and self.random.random() < 0.3:
            self.random.choice(self.changes.pop())(self)
        ids = self.ids[offset : offset + limit]
        return Page(offset, limit, b"", b"", len(self.ids), ids)

    def lose(self):
        for _ in range(self.random.choice([1, 2, 12])):
            if self.ids:
                self.ids.remove(id_ := self.random.choice(self.ids))
                self.there_all_the_time.discard(id_)

    def gain(self):
        for _ in range(self.random.choice([1, 2, 12])):
            self.ids.append(id_ := 10 * self.random.randint(1, 70) + self.random.randint(1, 9))
            self.there_some_time.add(id_)
        self.ids = sorted(set(self.ids))

    def gain_anywhere(self):
        place = self.random.randint(0, len(self.ids))
        self.ids.insert(place, 1001)
        self.there_some_time.add(1001)

    def move(self):
        id_ = self.ids.pop(self.random.randrange(len(self.ids)))
        self.ids.insert(self.random.randint(0, len(self.ids)), id_)


def walked(part, server, size):
    """Which records a walk met, resumed until it is complete."""
    walks = StagedWalks()
    store = SimpleNamespace(walks=walks, clock=TestClock(START), ledger=None)
    for _ in range(30):
        walk = ListWalk(store, server, part, "normal", ignore)
        walk.begin(stale=86400)
        try:
            walk.run()
        except Cut:
            store.clock.move(server.random.choice([1, 3600]))
        except Stopped:
            continue
        else:
            return walks.met
    raise AssertionError("the walk comes to no end")


@pytest.fixture(params=[3, 5, 8])
def size(request, monkeypatch):
    monkeypatch.setattr("ll2_mirror.extract.list_walk.PAGE_SIZES", (request.param,))
    return request.param


@given(st.randoms(use_true_random=False), st.integers(1, 60), st.integers(0, 5), st.integers(0, 6))
@settings(max_examples=examples(50, 1000))
def test_a_list_by_id_is_walked_whole_whatever_comes_and_goes(size, random, count, changes, cuts):
    ids = list(range(10, 10 * count + 10, 10))
    kinds = [[MovingList.lose, MovingList.gain]] * changes
    server = MovingList(random, ids, list(kinds), cuts)
    met = walked(BY_ID, server, size)
    assert server.there_all_the_time <= met <= server.there_some_time


@given(st.randoms(use_true_random=False), st.integers(1, 60), st.integers(0, 6))
@settings(max_examples=examples(50, 1000))
def test_a_list_not_by_id_is_walked_whole_where_one_thing_happens(size, random, count, cuts):
    ids = list(range(10, 10 * count + 10, 10))
    random.shuffle(ids)
    kinds = [MovingList.lose, MovingList.gain_anywhere, MovingList.move]
    server = MovingList(random, ids, [kinds], cuts)
    met = walked(BY_NAME, server, size)
    assert server.there_all_the_time <= met <= server.there_some_time
