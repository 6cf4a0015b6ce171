"""A walk that was cut off is gone on with; one that moved misses nothing; what is odd is held."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editable_ll2 import EditableLL2
from helpers import (
    START,
    TestClock,
    command,
    equals,
    examples,
    execute,
    public_rows,
    published,
    quarantine,
    sampled,
    settle,
)
from ll2_mirror.ll2.lists import RESOURCES, SLICES
from ll2_mirror.testing.fake_ll2 import answering


def fresh(sync, db):
    """The rows of a file that is made now, undisturbed."""
    other = db.with_name("undisturbed.db")
    other.unlink(missing_ok=True)
    assert sync(to=other).code == 0
    return public_rows(other)


# A walk in pieces


def cut(sync, db, world, pieces):
    """Makes so many syncs of one request each; all are cut off, and publish nothing."""
    for _ in range(pieces):
        before, asked = public_rows(db) if db.exists() else None, len(world.requests)
        done = sync("--max-requests", 1)
        assert done.code == 75, done.err
        assert "--max-requests 1 is used up" in done.err
        assert done.err.count("Traceback") == 0
        assert len([one for one in world.requests[asked:] if one.counted]) == 1
        after = public_rows(db)
        assert after == before if before else not any(after.values())
        assert command(world.clock, "verify", db).code == 0


def test_a_first_walk_in_pieces_asks_for_each_page_once(db, world, sync):
    cut(sync, db, world, 2)
    assert sync("--max-requests", 1).code == 0
    assert world.pages() == [0, 100, 200]
    assert equals(db, world)
    assert public_rows(db) == fresh(sync, db)


def test_a_later_walk_in_pieces_asks_for_each_page_once(db, world, sync):
    sync()
    world.change(10, name="Renamed")
    world.change(2500, name="Renamed, too")
    world.append()
    asked = len(world.requests)
    cut(sync, db, world, 2)
    report = sync("--max-requests", 1, "--json")
    assert report.code == 0
    assert (report.json["added"], report.json["changed"]) == (1, 2)
    assert world.pages(asked) == [0, 100, 200]
    assert equals(db, world)
    assert public_rows(db) == fresh(sync, db)


def test_a_cut_sync_says_what_it_spent_and_staged(world, sync):
    report = sync("--max-requests", 2, "--json").json
    found = [report[key] for key in ("complete", "requests", "staged", "resumes")]
    assert found == [False, 2, 2, None]
    assert "--max-requests" in report["error"]


def test_a_sync_that_goes_on_says_so(db, world, sync, clock):
    sync("--max-requests", 1)
    assert "resumes the walk of 2026-01-01" in sync("--max-requests", 1).text
    assert json.loads(command(clock, "status", db, "--json").out)["under_way"][0]["pages"] == 2


def test_a_cut_first_sync_with_options_is_continued_by_a_plain_one(db, world, sync, clock):
    world.detail()
    sync("spacecraft", "--mode", "detailed", "--max-requests", 1)
    done = command(clock, "sync", db, "--json")
    assert done.code == 0, done.err
    assert done.json["mode"] == "detailed"
    assert world.pages() == [0, 100, 200]
    assert equals(db, world)


def test_several_resources_in_pieces_are_published_as_one(db, world, sync, clock):
    world.records["agencies", "normal"] = []
    cut(lambda *a: sync("spacecraft", "agencies", *a), db, world, 3)
    done = command(clock, "sync", db, "--json")
    assert done.code == 0, done.err
    assert [one["complete"] for one in done.json] == [True, True]
    assert world.pages() == [0, 100, 200, 0]
    assert equals(db, world)


# A walk that can't be gone on with


def test_a_walk_older_than_a_day_begins_anew(db, world, sync, clock):
    sync("--max-requests", 2)
    clock.move(timedelta(days=1, seconds=1).total_seconds())
    done = sync()
    assert done.code == 0
    assert "starts the walk over: it began at 2026-01-01" in done.text
    assert world.pages() == [0, 100, 0, 100, 200]
    assert equals(db, world)


def test_a_walk_younger_than_a_day_is_gone_on_with(world, sync, clock):
    sync("--max-requests", 2)
    clock.move(timedelta(hours=23, minutes=59).total_seconds())
    assert sync().code == 0
    assert world.pages() == [0, 100, 199]  # one that is known, to see that nothing slipped by


def test_how_old_is_too_old_can_be_said(world, sync, clock):
    sync("--max-requests", 2)
    clock.move(3601)
    assert "starts the walk over" in sync("--stale-after", "1h").text
    assert world.pages() == [0, 100, 0, 100, 200]


def test_another_mode_begins_anew(db, world, sync):
    world.detail()
    sync("--max-requests", 2)
    done = sync("--mode", "detailed")
    assert done.code == 0, done.err
    assert "starts the walk over: it was in normal mode" in done.text
    assert world.pages() == [0, 100, 0, 100, 200]
    assert equals(db, world)


def test_another_base_url_begins_anew(db, world, sync, clock):
    sync("--max-requests", 2)
    with answering(EditableLL2(130, clock)) as other:
        done = command(clock, "sync", db, "--base-url", other.base_url)
        assert done.code == 0, done.err
        assert f"starts the walk over: it was from {world.base_url}" in done.text
        assert other.pages() == [0, 100]
        assert equals(db, other)


# A list that moves


EDITS = {
    "delete at the start": lambda world: world.delete(10),
    "delete at the end of a page": lambda world: world.delete(1000),
    "delete at the start of a page": lambda world: world.delete(1010),
    "delete at the end": lambda world: world.delete(2500),
    "insert at the start": lambda world: world.insert(5),
    "insert in the middle": lambda world: world.insert(1255),
    "append": lambda world: world.append(),
    "rename first": lambda world: world.change(10, name="Renamed"),
    "rename last": lambda world: world.change(2500, name="Renamed"),
    "many gone": lambda world: world.delete(*range(10, 160, 10)),
    "a page gone": lambda world: world.delete(*range(1010, 1210, 10)),
    "many added": lambda world: [world.insert(n) for n in range(11, 60) if n % 10],
}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("edit", "k", "held"), sampled(product(EDITS, [1, 2, 3], [False, True]), 5)
)
def test_one_edit_during_a_walk_skips_nothing_and_doubles_nothing(db, world, sync, held, k, edit):
    """What is published is the list as it was before the edit, or as it is after it.

    Beside what LL2 wasn't asked about yet: each sync asks about a few.
    """
    if held:
        assert sync().code == 0
    world.moments[:] = [world.listed]
    world.at(k, lambda: EDITS[edit](world))
    done = sync()
    assert done.code == 0, done.err
    unasked = {one["id"] for one in quarantine(db, world.clock)}
    stands = {id_: name for id_, name in published(db).items() if id_ not in unasked}
    assert stands in (world.moments[0], world.listed)
    assert command(world.clock, "verify", db).code == 0
    settle(world.clock, db)
    assert equals(db, world)


@pytest.mark.sampled
@pytest.mark.parametrize("edit", sampled(EDITS, 3))
def test_one_edit_between_two_pieces_of_a_walk_skips_nothing(db, world, sync, edit):
    sync("--max-requests", 2)
    EDITS[edit](world)
    asked = len(world.pages())
    done = sync()
    assert done.code == 0, done.err
    assert published(db) in world.moments
    assert len(world.pages()) - asked <= 1 + 3
    assert command(world.clock, "verify", db).code == 0


def test_a_renamed_agency_during_a_walk_is_one_name(db, world, sync):
    sync()
    world.at(2, lambda: world.rename_agency("Renamed"))
    assert sync().code == 0
    assert equals(db, world)


@pytest.mark.parametrize("k", [2, 3])
def test_a_held_record_that_the_walk_missed_at_an_equal_count_is_found(db, world, sync, k):
    """One goes behind the walk, one comes at the end: another slips from page to page."""
    sync()

    def edit():
        world.delete(10)
        world.append()

    world.at(k, edit)
    done = sync()
    assert done.code == 0, done.err
    assert "which the walk didn't find" in done.text
    assert published(db) == {**world.listed, 10: "Craft 10"}  # as it was when it was met
    assert sync().code == 0
    assert execute(db, "SELECT id FROM _tombstones") == [(10,)]
    assert equals(db, world)


def test_an_insert_behind_and_a_delete_ahead_double_nothing(db, world, sync):
    sync()

    def edit():
        world.insert(5)
        world.delete(2500)

    world.at(2, edit)
    assert sync().code == 0
    assert equals(db, world)


def test_a_record_that_moved_the_list_in_a_cut_walk_is_found(db, world, sync):
    """At an equal count, too, between two syncs."""
    sync()
    sync("--max-requests", 1)
    world.delete(20)
    world.append()
    assert sync().code == 0
    assert published(db) == {**world.listed, 20: "Craft 20"}
    assert sync().code == 0
    assert equals(db, world)


def test_a_list_that_moves_at_each_page_is_walked_to_its_end(db, world, sync):
    for k in range(1, 200):
        world.at(k, lambda: world.insert_before(1000))
    done = sync()
    assert done.code == 0
    assert len(world.pages()) == 3
    assert published(db).items() >= world.moments[0].items()


def test_a_list_that_keeps_losing_its_start_publishes_nothing(db, clock):
    with answering(EditableLL2(900, clock)) as world:
        for k in range(1, 200):
            world.at(k, lambda: world.delete(*world.ids[:11]))
        done = command(clock, "sync", db, "--base-url", world.base_url)
        assert done.code == 75
        assert "LL2's list keeps changing: run the same command again" in done.err
        assert published(db) == {}
        world.forget_plan()
        assert command(clock, "sync", db).code == 0
        settle(clock, db)
        assert equals(db, world)


def test_a_walk_cut_off_behind_a_step_back_is_not_taken_for_complete(db, clock):
    """A page before the one it stepped back to would reach the end of the list as it is now."""
    with answering(EditableLL2(401, clock)) as world:
        world.at(4, lambda: world.delete(*world.ids[:110]))
        asked = ("sync", db, "--base-url", world.base_url)
        assert command(clock, *asked, "--max-requests", 6).code == 75
        assert world.pages() == [0, 100, 200, 300, 200, 100]
        assert command(clock, *asked).code == 0
        assert published(db).items() >= world.listed.items()


def test_a_step_back_that_is_cut_off_is_gone_on_with(db, world, sync):
    sync()
    asked = len(world.requests)
    world.at(3, lambda: world.delete(10))
    assert sync("--max-requests", 3).code == 75
    assert sync().code == 0
    assert world.pages(asked) == [0, 100, 200, 100, 200]
    assert published(db) == world.moments[0]
    assert sync().code == 0
    assert equals(db, world)


PLACES = st.integers(0, 999)  # in the list, in thousandths
COMES_AND_GOES = st.lists(
    st.tuples(st.integers(2, 12), st.sampled_from(["comes", "goes"]), PLACES), max_size=6
)


def happen(world, kind, place):
    id_ = world.ids[len(world.ids) * place // 1000]
    world.insert_before(id_) if kind == "comes" else world.delete(id_)


@pytest.mark.sampled
@given(COMES_AND_GOES)
@settings(max_examples=examples(2, 60))
def test_what_comes_and_goes_in_a_long_walk_costs_three_requests_each_at_most(events):
    """A walk of ten pages, one an hour: it ends with all that was there all the time."""
    clock = TestClock(START)
    with TemporaryDirectory() as folder, answering(EditableLL2(1000, clock)) as world:
        db = Path(folder, "long.db")
        for k, kind, place in events:
            world.at(k, lambda kind=kind, place=place: happen(world, kind, place))
        asked = ("sync", db, "--base-url", world.base_url, "--max-requests", 1)
        for _ in range(11 + 3 * len(events)):
            if command(clock, *asked).code == 0:
                break
            clock.move(3600)
        assert len(world.pages()) <= 11 + 3 * len(events)
        was_there = [moment.items() for moment in world.moments]
        assert set.intersection(*map(set, was_there)) <= published(db).items()
        assert published(db).items() <= set.union(*map(set, was_there))
        assert command(clock, "verify", db).code == 0
        world.forget_plan()
        settle(clock, db)
        assert equals(db, world)


# A list without an order of its own


@pytest.fixture
def named(monkeypatch):
    """LL2 doesn't sort spacecraft by id, but by names."""
    named = replace(RESOURCES["spacecraft"], walk_ordering="name")
    monkeypatch.setitem(RESOURCES, "spacecraft", named)
    monkeypatch.setitem(SLICES, "spacecraft", SLICES["spacecraft"]._replace(resource=named))


@pytest.fixture
def by_name(named, world):
    """They have one of four."""
    for id_ in world.ids:
        world.change(id_, name=f"Name {id_ // 10 % 4}")
    world.moments[:] = [world.listed]
    world.key = lambda record: (record["name"], record["id"])
    return world


def test_a_list_with_ties_is_walked_whole_where_they_keep_their_order(db, by_name, sync):
    assert sync().code == 0
    assert by_name.pages() == [0, 100, 200]
    assert equals(db, by_name)


def test_ties_that_come_in_another_order_on_one_page_skip_nothing(db, by_name, sync):
    def turn():
        by_name.key = lambda record: (record["name"], -record["id"])

    by_name.at(2, turn)
    done = sync()
    assert done.code == 0
    assert "a record came twice" in done.text
    assert equals(db, by_name)


def test_ties_in_ever_another_order_are_passed_over_until_all_are_met_or_none_is_published(
    db, by_name, sync
):
    random = Random("ties")
    by_name.key = lambda record: (record["name"], random.random())
    codes = []
    while 0 not in codes:
        codes.append(sync().code)
        assert codes[-1] in (0, 75)
        assert codes[-1] == 0 or published(db) == {}
        assert len(codes) < 20
    assert len(by_name.pages()) <= 9 * len(codes)
    assert equals(db, by_name)


def test_a_record_that_moves_to_where_the_walk_was_is_met_all_the_same(db, by_name, sync):
    by_name.at(2, lambda: by_name.change(2470, name="A new name"))
    assert sync().code == 0
    assert published(db).keys() == by_name.listed.keys()
    assert sync().code == 0
    assert equals(db, by_name)


def shift(world, kind, place, to):
    """One record comes, goes or moves to another place in the list."""
    ids = world.ids
    if kind == "goes":
        return world.delete(ids[len(ids) * place // 1000])
    id_ = ids[len(ids) * place // 1000] if kind == "moves" else world.append()
    return world.change(id_, name=f"{world.listed[ids[len(ids) * to // 1000]]} and on")


SHIFTS = [  # what, when, from and to where: in thousandths of the walk, and of the list
    ("moves", 999, 999, 0),  # from ahead of the walk to behind it
    ("moves", 999, 950, 290),
    ("moves", 700, 999, 600),
    ("moves", 300, 800, 120),
    ("moves", 999, 0, 970),  # the other way, so that another slips through between two pages
    ("moves", 500, 200, 999),
    ("comes", 999, 0, 290),
    ("comes", 500, 0, 990),
    ("goes", 999, 120, 0),
    ("goes", 500, 990, 0),
]


@pytest.mark.sampled
@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(("pages", "options"), [(6, ()), (6, ("--max-requests", 1))])
def test_one_that_comes_goes_or_moves_in_a_list_not_by_id_costs_one_more_pass_at_most(
    db, clock, pages, options
):
    with answering(EditableLL2(pages * 100 - 50, clock)) as world:
        for record in world.craft:
            record["name"] = f"{record['id']:05}"
        world.key = lambda record: record["name"]
        sync = ("sync", db, "--base-url", world.base_url, *options)
        for kind, when, place, to in sampled(SHIFTS, 3):
            before, asked = set(world.ids), len(world.requests)
            world.at(2 + (pages - 1) * when // 1000, partial(shift, world, kind, place, to))
            assert any(command(clock, *sync).code == 0 for _ in range(2 * pages + 3))
            assert len(world.pages(asked)) <= 2 * pages + 3
            assert before & set(world.ids) <= published(db).keys()
        assert command(clock, "verify", db).code == 0
        assert command(clock, "sync", db).code == 0
        assert equals(db, world)


def test_an_order_by_id_that_ll2_ignores_is_noticed(db, world, sync):
    random = Random("no order")
    world.key = lambda record: random.random()
    assert sync().code == 75
    assert published(db) == {}


def test_an_order_that_is_not_by_id_leaves_nothing_out_of_a_list_that_moves(db, world, sync):
    """The last comes to the front while the walk is behind it; so no page has it."""
    world.key = lambda record: -record["id"]

    def last_first():
        world.key = lambda record: (record["id"] != 10, -record["id"])

    world.at(3, last_first)
    done = sync()
    assert done.code == 0
    assert "a record came twice, so another was skipped" in done.text
    assert world.pages() == [0, 100, 200, 0]  # where it then is
    assert equals(db, world)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("place", [4, 99])  # within a page, or at the end of one
def test_a_record_that_ll2_lists_twice_is_there_once_and_named(db, world, sync, clock, place, sign):
    world.key = lambda record: sign * record["id"]
    id_ = world.ids[place]
    world.craft.append(dict(world.craft[place]))
    done = sync("--json")
    assert (done.code, done.json["records"], done.json["added"]) == (0, 250, 250)
    assert equals(db, world)
    assert sync("--json").json["unchanged"] == 250
    assert command(clock, "status", db, "--json").json["resources"][0]["twice"] == [id_]
    assert f"LL2 lists {id_} twice" in command(clock, "status", db).out


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 200])
def test_any_size_is_walked_whole(db, clock, size):
    with answering(EditableLL2(size, clock)) as world:
        assert command(clock, "sync", db, "--base-url", world.base_url).code == 0
        assert world.pages() == list(range(0, max(size, 1), 100))
        assert published(db) == world.listed


# Quarantine


def listed_as(world, monkeypatch, id_, **values):
    """Has the list show a record with other values; it answers for itself as it is."""
    page = world._page

    def listed(path, query, records):
        odd = [{**one, **values} if one["id"] == id_ else one for one in records]
        return page(path, query, odd)

    monkeypatch.setattr(world, "_page", listed)


def test_a_bad_record_keeps_its_last_good_version(db, world, sync, clock):
    sync()
    world.change(30, name=5)
    world.change(40, name="Renamed")
    for _ in range(2):
        done = sync("--json")
        assert done.code == 65
        assert "spacecraft 30: name: expected text, got 5" in done.err
        assert done.json["complete"] is True
        assert [one["id"] for one in done.json["quarantined"]] == [30]
        assert published(db) == {**world.listed, 30: "Craft 30"}
        [held] = quarantine(db, clock)
        assert (held["id"], held["sent"], held["stands"]) == (30, True, True)
        verdict = command(clock, "verify", db)
        assert verdict.code == 0, verdict.out
    world.change(30, name="Good again")
    done = sync("--json")
    assert (done.code, done.json["changed"]) == (0, 1)
    assert quarantine(db, clock) == []
    assert equals(db, world)


def test_a_bad_record_that_is_deleted_is_gone(db, world, sync, clock):
    sync()
    world.change(30, name=5)
    sync()
    world.delete(30)
    done = sync("--json")
    assert (done.code, done.json["gone"]) == (0, 1)
    [(body,)] = execute(db, "SELECT body FROM _tombstones")
    assert json.loads(body)["name"] == "Craft 30"
    assert quarantine(db, clock) == []
    assert equals(db, world)


def test_a_bad_new_record_is_left_out(db, world, sync, clock):
    sync()
    id_ = world.append()
    world.change(id_, name=5)
    for _ in range(2):
        done = sync("--json")
        assert done.code == 65
        assert done.json["added"] == 0
        assert id_ not in published(db)
        assert len(published(db)) == 250
        assert [one["stands"] for one in quarantine(db, clock)] == [False]
        assert command(clock, "verify", db).code == 0
    world.change(id_, name="Good")
    done = sync("--json")
    assert (done.code, done.json["added"]) == (0, 1)
    assert equals(db, world)


def test_a_bad_new_record_that_goes_again_leaves_nothing(db, world, sync, clock):
    sync()
    id_ = world.append()
    world.change(id_, name=5)
    sync()
    world.delete(id_)
    done = sync("--json")
    assert (done.code, done.json["gone"]) == (0, 0)
    assert quarantine(db, clock) == []
    assert execute(db, "SELECT * FROM _tombstones") == []
    assert equals(db, world)


def test_a_bad_record_in_a_first_sync_is_left_out(db, world, sync, clock):
    world.change(30, name=5)
    assert sync().code == 65
    assert len(published(db)) == 249
    assert command(clock, "verify", db).code == 0
    world.change(30, name="Good")
    assert sync().code == 0
    assert equals(db, world)


def test_too_many_bad_records_publish_nothing(db, world, sync, clock):
    """More than one, and more than one in a hundred."""
    sync()
    before = public_rows(db)
    world.change(40, name="Renamed")
    for id_ in (10, 20, 30):
        world.change(id_, name=5)
    done = sync()
    assert done.code == 65
    assert "3 of 250 records of spacecraft are not understood: nothing was published" in done.err
    assert public_rows(db) == before
    assert command(clock, "verify", db).code == 0
    world.change(30, name="Good")  # two of 250 may be
    assert sync().code == 65
    assert published(db)[40] == "Renamed"
    for id_ in (10, 20):
        world.change(id_, name="Good")
    assert sync().code == 0
    assert equals(db, world)


@pytest.mark.sampled
@pytest.mark.parametrize("id_", sampled([None, 1.5, True, [], 2**70], 2))
def test_a_bad_record_without_an_id_is_left_out(db, world, sync, clock, monkeypatch, id_):
    """While it is there, any that is missing may be it: nothing is taken for gone."""
    sync()
    listed_as(world, monkeypatch, 30, id=id_)
    for _ in range(3):
        done = sync("--json")
        assert done.code == 65, done.err
        assert published(db)[30] == "Craft 30"
        assert len(published(db)) == 250
        assert execute(db, "SELECT * FROM _tombstones") == []
        assert command(clock, "verify", db).code == 0
        assert None in [one["id"] for one in quarantine(db, clock)]
    monkeypatch.undo()
    assert sync().code == 0
    assert quarantine(db, clock) == []
    assert equals(db, world)


@pytest.mark.parametrize("odd", [{"id": "31"}, {"spacecraft_config": {}}, {"time_docked": 3}])
def test_other_faults_of_a_record_are_held_as_well(db, world, sync, clock, monkeypatch, odd):
    sync()
    listed_as(world, monkeypatch, 30, **odd)
    done = sync()
    assert done.code == 65, done.err
    assert published(db)[30] == "Craft 30"
    assert command(clock, "verify", db).code == 0
    monkeypatch.undo()
    assert sync().code == 0
    assert equals(db, world)


def test_a_record_that_is_no_object_is_left_out(db, world, sync, clock, monkeypatch):
    sync()
    page = world._page

    def odd(path, query, records):
        found = page(path, query, records)
        if query["offset"] == "0":
            found["results"][2] = 7
        return found

    monkeypatch.setattr(world, "_page", odd)
    done = sync()
    assert done.code == 65, done.err
    assert published(db)[30] == "Craft 30"
    assert command(clock, "verify", db).code == 0
    monkeypatch.undo()
    assert sync().code == 0
    assert equals(db, world)
