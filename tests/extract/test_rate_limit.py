"""A server's limit is known before it is reached, and stays known."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editable_ll2 import EditableLL2
from helpers import TestClock, command, equals, examples, execute, public_rows, sampled
from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.extract.rate_limit import DECLARED, Budget, Throttle
from ll2_mirror.store.file import open_store
from ll2_mirror.testing.fake_ll2 import answering


@pytest.fixture
def tight(clock):
    """1,730 records, so 18 pages, of which 15 may be asked for in an hour."""
    with answering(EditableLL2(1730, clock, limit=15)) as world:
        yield world


def test_a_sync_stops_at_the_limit_and_the_next_goes_on(db, tight, clock):
    sync = ["sync", db, "--base-url", tight.base_url, "--json"]
    began = clock.now()
    first = command(clock, *sync)
    assert first.code == 75
    resumes = from_iso(first.json["resumes"])
    assert timedelta(0) <= resumes - (began + timedelta(hours=1)) < timedelta(seconds=10)
    assert first.json["staged"] == 15
    assert "429" not in first.err
    budget = json.loads(command(clock, "status", db, "--json").out)["budget"]
    assert (budget["limit"], budget["left"], budget["resumes"]) == (15, 0, first.json["resumes"])

    asked = len(tight.requests)
    clock.move(60)
    again = command(clock, *sync)
    assert again.code == 75
    off = abs(from_iso(again.json["resumes"]) - resumes)
    assert off < timedelta(seconds=2)
    assert tight.pages(asked) == []

    clock.time = max(resumes, from_iso(again.json["resumes"]))
    done = command(clock, *sync)
    # The first of the 15 is an hour old, the others are so a moment later.
    while done.code == 75:
        clock.time = from_iso(done.json["resumes"])
        done = command(clock, *sync)
    assert done.code == 0, done.err
    assert tight.pages() == [*range(0, 1500, 100), *range(1499, 1799, 100)]  # one is known
    assert {one.status for one in tight.requests} == {200}
    assert equals(db, tight)


def test_wait_completes_by_sleeping(db, tight, clock):
    done = command(clock, "sync", db, "--base-url", tight.base_url, "--wait")
    assert done.code == 0, done.err
    assert 3590 < sum(clock.slept) < 3660
    assert tight.pages() == [*range(0, 1500, 100), *range(1499, 1799, 100)]  # one is known
    assert {one.status for one in tight.requests} == {200}
    assert 1 <= done.text.count("LL2's limit is reached: continues at") <= 4
    assert equals(db, tight)


def test_what_others_spend_counts(db, tight, clock):
    tight.others(10)
    done = command(clock, "sync", db, "--base-url", tight.base_url, "--json")
    assert done.code == 75
    assert done.json["staged"] == 5
    assert {one.status for one in tight.requests} == {200}


def test_a_429_out_of_the_blue_stops_until_it_says(world, sync, clock):
    world.at(2, "429 1800")
    done = sync("--json")
    assert done.code == 75
    left = (from_iso(done.json["resumes"]) - clock.now()).total_seconds()
    assert 1795 < left <= 1800
    asked = len(world.requests)
    assert sync().code == 75
    assert world.pages(asked) == []
    clock.move(1801)
    assert sync().code == 0
    assert world.pages() == [0, 100, 99, 199]


def test_a_short_429_is_waited_out(world, sync, clock):
    world.at(2, "429 30")
    assert sync().code == 0
    assert world.pages() == [0, 100, 100, 200]
    assert 30 <= sum(clock.slept) < 31


@pytest.mark.parametrize("fault", ["500", "503", "html", "close", "cut"])
def test_a_fault_is_tried_again(db, world, sync, fault):
    world.at(2, fault)
    done = sync()
    assert done.code == 0, done.err
    assert equals(db, world)


@pytest.mark.parametrize("fault", ["500", "503", "html", "close", "cut"])
def test_a_fault_that_lasts_ends_the_sync_and_keeps_what_is_staged(db, world, sync, fault):
    sync()
    world.change(10, name="Renamed")
    before, asked = public_rows(db), len(world.requests)
    for k in range(2, 100):
        world.at(k, fault)
    done = sync("--json")
    assert done.code in (65, 69), done.err
    assert done.json["staged"] == 1
    assert public_rows(db) == before
    world.forget_plan()
    healed = len(world.requests)
    assert sync().code == 0
    assert world.pages(asked)[0] == 0
    assert 0 not in world.pages(healed)
    assert equals(db, world)


def test_requests_are_logged_without_the_token(db, world, clock):
    done = command(clock, "sync", db, "--base-url", world.base_url, "--token", "s3cr3t-t0ken")
    assert done.code == 0
    logged = execute(db, "SELECT path, counted, status FROM _requests ORDER BY id")
    assert logged == [(one.path, int(one.counted), one.status) for one in world.requests]
    assert [counted for _, counted, _ in logged] == [0, 1, 1, 1]
    for file in db.parent.iterdir():
        assert b"s3cr3t-t0ken" not in file.read_bytes()


def test_another_server_without_api_throttle_has_no_limit(db, clock):
    with answering(EditableLL2(1730, clock)) as world:
        done = command(clock, "sync", db, "--base-url", world.base_url)
        assert done.code == 0, done.err
        assert world.pages() == list(range(0, 1800, 100))
        budget = json.loads(command(clock, "status", db, "--json").out)["budget"]
        assert (budget["limit"], budget["left"], budget["resumes"]) == (None, None, None)


def test_the_machines_clock_works_as_well(db):
    """The world's limit by a clock that goes on by itself."""
    clock = TestClock()
    with answering(EditableLL2(330, clock, limit=2)) as world:
        done = command(clock, "sync", db, "--base-url", world.base_url, "--wait")
        assert done.code == 0, done.err
        assert equals(db, world)


# What is known stays known


def known(db):
    return execute(db, "SELECT your_request_limit, limit_frequency_secs FROM _throttles")


@pytest.fixture
def broken(monkeypatch, tight):
    """Has /api-throttle/ answer otherwise, from now on."""

    def broken(status, document=None):
        monkeypatch.setattr(tight, "_throttle", lambda: (status, document or {"detail": "no"}))

    return broken


@pytest.mark.parametrize("status", [500, 502, 503, 408, 429])
def test_a_plan_while_the_server_is_down_says_so_and_forgets_nothing(
    db, tight, clock, broken, status
):
    command(clock, "sync", db, "--base-url", tight.base_url)
    before = execute(db, "SELECT * FROM _throttles")
    broken(status)
    plan = command(clock, "plan", db)
    assert plan.code == (75 if status == 429 else 69)
    assert len(plan.err.splitlines()) == 1
    assert plan.out == ""
    assert execute(db, "SELECT * FROM _throttles") == before
    assert "0 left of 15 requests" in command(clock, "status", db).out


def test_a_plan_that_nobody_answers_forgets_nothing(db, tight, clock, monkeypatch):
    command(clock, "sync", db, "--base-url", tight.base_url)
    monkeypatch.setattr(tight, "respond", lambda _: None)
    plan = command(clock, "plan", db, "--json")
    assert (plan.code, plan.out, len(plan.err.splitlines())) == (69, "", 1)
    assert known(db) == [(15, 3600)]


@pytest.mark.sampled
@pytest.mark.parametrize("status", sampled([200, 404, 405, 418, 429, 500], 2))
def test_a_sync_that_can_not_ask_for_the_limit_keeps_the_one_it_knows(
    db, tight, clock, broken, status
):
    sync = ["sync", db, "--base-url", tight.base_url]
    assert command(clock, *sync).code == 75
    broken(status)
    for minutes in (1, 30):
        clock.move(60 * minutes)
        asked = len(tight.requests)
        done = command(clock, *sync)
        assert done.code == 75
        assert "limit of 15 in an hour is reached" in done.err
        assert tight.pages(asked) == []
        assert known(db) == [(15, 3600)]
    clock.move(1800)
    assert command(clock, *sync).code == 0
    assert {one.status for one in tight.requests if one.counted} == {200}
    assert equals(db, tight)


def test_a_limit_that_is_declared_holds_where_the_server_names_none(
    db, tight, clock, broken, monkeypatch
):
    monkeypatch.setitem(DECLARED, "127.0.0.1", (15, 3600.0))
    broken(404)
    sync = ["sync", db, "--base-url", tight.base_url]
    done = command(clock, *sync)
    assert done.code == 75
    assert len(tight.pages()) == 15
    assert json.loads(command(clock, "plan", db, "--json").out)["left"] == 0
    clock.move(3601)
    assert command(clock, *sync).code == 0
    assert {one.status for one in tight.requests if one.counted} == {200}


def test_a_declared_limit_still_holds_when_the_server_asked_to_wait(
    db, tight, clock, broken, monkeypatch
):
    monkeypatch.setitem(DECLARED, "127.0.0.1", (15, 3600.0))
    broken(404)
    tight.at(3, "429 500")
    sync = ["sync", db, "--base-url", tight.base_url]
    assert command(clock, *sync).code == 75
    clock.move(501)
    assert "limit of 15 in an hour" in command(clock, *sync).err
    assert len([one for one in tight.requests if one.counted]) == 15


def test_with_a_token_a_declared_limit_does_not_hold(db, tight, clock, broken, monkeypatch):
    monkeypatch.setitem(DECLARED, "127.0.0.1", (15, 3600.0))
    tight.limit = None
    done = command(clock, "sync", db, "--base-url", tight.base_url, "--token", "t0ken")
    assert done.code == 0
    assert len(tight.pages()) == 18


# No wait without end


DAYS_AGES = ["99999999999", "9" * 400, "Sat, 31 Dec 2999 23:59:59 GMT"]


@pytest.mark.parametrize("after", DAYS_AGES)
@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_to_wait_for_ages_is_asked_again_after_hours(
    world, sync, clock, status, after
):
    world.at(1, f"{status} {after}")
    done = sync("--json")
    assert done.code == 75
    wait = from_iso(done.json["resumes"]) - clock.now()
    assert timedelta(hours=5, minutes=59) < wait <= timedelta(hours=6)
    asked = len(world.requests)
    clock.move(wait.total_seconds() - 60)
    assert sync().code == 75
    assert world.pages(asked) == []
    clock.move(120)
    assert sync().code == 0


@pytest.mark.parametrize(
    "said", [{"next_use_secs": 10**6 - 1}, {"limit_frequency_secs": 10**6 - 1, "next_use_secs": 0}]
)
def test_a_limit_that_lasts_for_ages_and_is_then_gone_stops_nobody(db, tight, clock, broken, said):
    usual = {"your_request_limit": 15, "limit_frequency_secs": 3600, "current_use": 15}
    broken(200, usual | said)
    sync = ["sync", db, "--base-url", tight.base_url]
    for _ in range(3):
        assert command(clock, *sync).code == 75
        clock.move(3600)
    broken(404)
    clock.move(6 * 3600)
    assert command(clock, *sync, "--max-requests", 1).code == 75
    assert len(tight.pages()) == 1


@pytest.mark.parametrize("reset", [False, True])
def test_a_wait_without_end_that_stands_in_a_file_ends_or_is_reset(db, world, sync, clock, reset):
    sync()
    row = (world.base_url, to_iso(clock.now()), "2999-01-01T00:00:00.000000Z")
    execute(db, "INSERT INTO _throttles (base_url, asked, resumes) VALUES (?, ?, ?)", *row)
    assert sync().code == 75
    if reset:
        execute(db, "DELETE FROM _throttles")
    else:
        clock.move(6 * 3600)
    assert sync().code == 0


@pytest.mark.parametrize("column", ["asked", "your_request_limit", "current_use", "resumes"])
def test_a_damaged_table_of_limits_is_told_in_one_line(db, tight, clock, column):
    """Where the server says its limit, that mends the table."""
    command(clock, "sync", db, "--base-url", tight.base_url)
    execute(db, f"UPDATE _throttles SET {column} = '!'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tight, "_throttle", lambda: (404, {}))
        for name in ("sync", "plan", "status"):
            done = command(clock, name, db)
            assert done.code == 65
            assert "_throttles or _requests are damaged: delete their rows" in done.err
    assert command(clock, "plan", db).code == 0


@pytest.mark.sampled
@settings(max_examples=examples(6, 300))
@given(
    before=st.lists(st.integers(1, 5000), max_size=40),
    since=st.lists(st.integers(0, 1500), max_size=40),
    limit=st.integers(1, 20),
    use=st.integers(0, 40),
)
def test_the_newest_requests_say_as_much_as_all(tmp_path_factory, before, since, limit, use):
    """Ages in seconds of requests before the server told its use, 1500 s ago, and since."""
    clock, url, now = TestClock(), "http://h", TestClock().now()
    with open_store(tmp_path_factory.mktemp("budget") / "a.db", clock, create=True) as store:
        budget = Budget(store, url)
        sent = [now - timedelta(seconds=age) for age in (*(1500 + one for one in before), *since)]
        store.conn.executemany(
            "INSERT INTO _requests (base_url, path, sent, counted) VALUES (?, '/', ?, 1)",
            [(url, to_iso(one)) for one in sent],
        )
        clock.now = lambda: now - timedelta(seconds=1500)
        budget.record_limit(Throttle(limit, 3600.0, use))
        clock.now = lambda: now
        found = budget.current()
        with pytest.MonkeyPatch.context() as patch:
            counted = Budget.counted
            patch.setattr(
                Budget, "counted", lambda self, now, seconds, _=-1: counted(self, now, seconds)
            )
            whole = budget.current()
        assert (found.left, found.resumes) == (whole.left, whole.resumes)
        assert found.times[-limit:] == whole.times[-limit:]


def test_what_the_server_counted_of_this_file_is_free_again_after_an_hour(tmp_path):
    clock, url = TestClock(), "http://h"
    with open_store(tmp_path / "a.db", clock, create=True) as store:
        budget = Budget(store, url)
        budget.log_sent("/", counted=True)
        clock.move(1800)
        budget.record_limit(Throttle(2, 3600.0, 2))  # with one of another machine
        assert budget.current().left == 0
        clock.move(1801)
        assert budget.current().left == 1
