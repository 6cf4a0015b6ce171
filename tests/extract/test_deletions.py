"""What a complete walk didn't meet: LL2 is asked before it is taken for gone, within bounds."""

from __future__ import annotations

import json

import pytest

from editable_ll2 import EditableLL2
from helpers import command, equals, execute, public_rows, published, quarantine
from ll2_mirror.testing.fake_ll2 import answering


def hidden(world, monkeypatch, *ids):
    """Keeps records off the list, which still answer for themselves; counts without them."""
    page = world._page

    def listed(path, query, records):
        return page(path, query, [record for record in records if record["id"] not in ids])

    monkeypatch.setattr(world, "_page", listed)


def test_a_record_that_is_alive_is_never_buried(db, world, sync, monkeypatch):
    sync()
    hidden(world, monkeypatch, 30)
    for _ in range(3):
        done = sync()
        assert done.code == 75, done.err
        assert "LL2 has spacecraft 30, which the walk didn't find" in done.err
        assert 30 in published(db)
        assert execute(db, "SELECT * FROM _tombstones") == []
        assert command(world.clock, "verify", db).code == 0
    monkeypatch.undo()
    assert sync().code == 0
    assert equals(db, world)


def test_a_record_that_is_gone_is_asked_for_once(db, world, sync):
    sync()
    world.delete(30, 2000)
    report = sync("--json").json
    assert (report["gone"], report["requests"]) == (2, 5)
    assert world.details() == ["/2.3.0/spacecraft/30/", "/2.3.0/spacecraft/2000/"]
    assert execute(db, "SELECT id FROM _tombstones ORDER BY id") == [(30,), (2000,)]
    assert equals(db, world)


@pytest.mark.parametrize("allowed", [3, 4])
def test_what_can_not_be_asked_stays_until_a_second_walk_lacks_it(db, world, sync, clock, allowed):
    """Three pages leave nothing to ask with, or only the last."""
    sync()
    world.delete(30)
    first = sync("--max-requests", allowed, "--json")
    assert first.code == 0
    assert (first.json["gone"], first.json["missing"]) == (0, 1)
    assert 30 in published(db)
    assert command(clock, "verify", db).code == 0
    [held] = json.loads(command(clock, "status", db, "--json").out)["quarantine"]
    assert (held["id"], held["reason"]) == (30, "not listed, and not confirmed gone")
    second = sync("--max-requests", allowed, "--json")
    assert (second.json["gone"], second.json["missing"]) == (1, 0)
    [(body,)] = execute(db, "SELECT body FROM _tombstones WHERE id = 30")
    assert json.loads(body)["name"] == "Craft 30"
    assert equals(db, world)


def test_what_comes_back_before_the_second_walk_was_never_gone(db, world, sync, clock):
    sync()
    record = world.craft[2]
    world.delete(30)
    sync("--max-requests", 3)
    world.craft.append(record)
    assert sync("--max-requests", 3, "--json").json["added"] == 0
    assert json.loads(command(clock, "status", db, "--json").out)["quarantine"] == []
    assert execute(db, "SELECT kind FROM _history WHERE id = 30 AND run > 1") == []
    world.delete(30)
    assert sync("--max-requests", 3, "--json").json["missing"] == 1
    assert equals(db, world) if sync().code == 0 else False


def test_a_cut_walk_between_two_complete_ones_does_not_count(db, world, sync):
    sync()
    world.delete(30)
    sync("--max-requests", 3)
    sync("--max-requests", 1)
    assert 30 in published(db)
    assert sync("--max-requests", 2).code == 0
    assert 30 not in published(db)


# A list that shrinks too much


def test_a_list_that_shrank_too_much_is_not_believed(db, world, sync, clock):
    sync()
    before = public_rows(db)
    kept = list(world.craft)
    world.delete(*range(10, 270, 10))
    done = sync()
    assert done.code == 65
    assert "26 of the 250 held would be deleted" in done.err
    assert public_rows(db) == before
    assert command(clock, "verify", db).code == 0
    assert world.details() == []
    world.craft[:] = kept
    assert sync().code == 0
    assert equals(db, world)
    world.delete(*range(10, 270, 10))
    assert sync().code == 65
    assert sync("--allow-shrink", "--json").json["gone"] == 26
    assert equals(db, world)


@pytest.mark.parametrize(("count", "gone"), [(250, 25), (60, 20)])
def test_a_list_that_shrank_less_than_that_is_believed(db, clock, count, gone):
    """LL2 is asked about each record that is gone, about five in one sync."""
    with answering(EditableLL2(count, clock)) as world:
        command(clock, "sync", db, "--base-url", world.base_url)
        went = world.ids[:gone]
        world.delete(*went)
        for left in range(gone - 5, -1, -5):
            done = command(clock, "sync", db, "--json")
            assert (done.code, done.json["gone"], done.json["missing"]) == (0, 5, left)
            assert len(published(db)) == len(world.listed) + left
        assert world.details() == [f"/2.3.0/spacecraft/{id_}/" for id_ in went]
        assert equals(db, world)


def test_an_empty_list_is_not_believed(db, world, sync):
    sync()
    world.delete(*world.ids)
    assert sync().code == 65
    assert len(published(db)) == 250


# Asked about within bounds


@pytest.fixture
def tight(clock):
    """250 records, so three pages, and fifteen requests an hour."""
    with answering(EditableLL2(250, clock, limit=15)) as world:
        yield world


def test_asking_about_what_is_gone_does_not_spend_the_hour(db, tight, clock):
    """Fourteen are gone; what one sync doesn't ask about, the next ones do."""
    sync = ["sync", db, "--base-url", tight.base_url, "--json"]
    command(clock, *sync)
    went = tight.ids[:14]
    tight.delete(*went)
    for gone, left in ((5, 9), (5, 4), (4, 0)):
        clock.move(3600)
        done = command(clock, *sync)
        assert (done.code, done.json["gone"], done.json["missing"]) == (0, gone, left)
        assert done.json["requests"] == 3 + gone
        held = [one["id"] for one in quarantine(db, clock)]
        assert held == went[14 - left :]
        assert command(clock, "verify", db).code == 0
    assert tight.details() == [f"/2.3.0/spacecraft/{id_}/" for id_ in went]
    assert equals(db, tight)


def test_the_last_request_is_left_for_a_page(db, tight, clock):
    sync = ["sync", db, "--base-url", tight.base_url, "--json"]
    command(clock, *sync)
    clock.move(3600)
    tight.delete(10, 20, 30)
    tight.others(10)
    done = command(clock, *sync)
    assert (done.json["gone"], done.json["missing"]) == (1, 2)
    assert tight.left == 1


def test_tries_that_fail_are_among_the_five(world, sync, monkeypatch):
    """The first is gone; of the second LL2 says nothing, so it isn't asked about the third."""
    sync()
    world.delete(10, 20, 30)
    says = {"10": (404, {}), "20": (500, {"detail": "Oh."})}
    monkeypatch.setattr(world, "record", lambda *asked: says[asked[-1]])
    done = sync("--json")
    assert (done.code, done.json["gone"], done.json["missing"]) == (0, 1, 2)
    assert world.details() == ["/2.3.0/spacecraft/10/", *["/2.3.0/spacecraft/20/"] * 4]
    assert done.err.count("status 500 Oh.") == 2


def test_a_walk_that_begins_anew_asks_no_more_for_that(db, world, sync, monkeypatch):
    """Five in all, though the sync looks again for what is missing; it remembers the answers."""
    sync()
    world.delete(*world.ids[:4])
    hidden(world, monkeypatch, 50)
    done = sync("--json")
    assert len(world.details()) == 5
    assert done.code == 0, done.err
    assert 50 in published(db)
    assert (done.json["gone"], done.json["missing"]) == (4, 1)
