"""Lists that are due are fetched within the limit, the most overdue first; each has its age."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest

from editable_ll2 import EditableLL2
from helpers import START, TestClock, command, execute, public_rows
from ll2_mirror.clock import to_iso
from ll2_mirror.ll2.lists import AGES
from ll2_mirror.testing.fake_ll2 import answering

LISTS = ("spacecraft", "agencies", "spacecraft_configurations")
HOUR = 3600


@pytest.fixture
def clock():
    return TestClock(START)


@pytest.fixture
def world(clock):
    """1,000 spacecraft, so ten pages; two lists of one page; LL2's limit."""
    with answering(EditableLL2(1000, clock, limit=15)) as world:
        world.add_lists()
        yield world


@pytest.fixture
def run(db, world, clock):
    def run(name, *options):
        given = () if name == "ages" else ("--base-url", world.base_url)
        named = LISTS if options[:1] == ("--due",) else ()
        return command(clock, name, db, *named, *options, *given)

    return run


def lists(world, since=0):
    """The lists that were asked for, in order."""
    paths = [one.path.split("/")[2] for one in world.requests[since:] if one.counted]
    return list(dict.fromkeys(paths))


def synced(done):
    assert done.code == 0, done.err
    return [one["resource"] for one in done.json]


def test_a_new_file_gets_each_list_and_publishes_it_by_itself(db, run, world):
    assert synced(run("sync", "--due", "--json")) == [*LISTS]
    assert execute(db, "SELECT count(DISTINCT finished) FROM _runs") == [(3,)]
    assert len(world.pages()) == 12


def test_a_list_that_is_there_is_published_though_the_next_is_not(db, run):
    assert synced(run("sync", "--due", "--max-requests", 10, "--json")) == ["spacecraft"]
    assert execute(db, "SELECT DISTINCT resource FROM _records") == [("spacecraft",)]
    assert synced(run("sync", "--due", "--json")) == [*LISTS[1:]]


def test_what_is_fresh_is_not_asked_for(run, world, clock):
    run("sync", "--due")
    asked = len(world.requests)
    clock.move(23 * HOUR)
    assert synced(run("sync", "--due", "--json")) == []
    assert world.requests[asked:] == []


def test_what_a_clock_noted_that_ran_ahead_is_due(db, run, world, clock, fail):
    world.limit = None  # by its own clock, which was right
    clock.move(365 * 24 * HOUR)
    fail("agencies")
    run("sync", "--due")
    clock.move(-365 * 24 * HOUR)
    fail()
    due = {one["resource"]: one["due"] for one in run("plan", "--due", "--json").json["resources"]}
    assert due == dict.fromkeys(LISTS, True)
    assert {*synced(run("sync", "--due", "--json"))} == {*LISTS}
    assert synced(run("sync", "--due", "--json")) == []


def test_what_is_older_than_its_age_is_fetched_the_most_overdue_first(run, world, clock):
    run("sync", "--due")
    assert run("ages", "agencies=2h").code == 0
    clock.move(25 * HOUR)
    assert synced(run("sync", "--due", "--json")) == ["agencies", "spacecraft"]


def test_named_lists_are_kept_and_no_other(run):
    assert synced(run("sync", "agencies", "--due", "--json")) == ["agencies"]


def test_a_reserve_of_the_limit_is_left_for_a_sync_by_hand(run, world):
    while world.ids[-1] < 20000:
        world.append()
    done = run("sync", "--due", "--json")
    assert synced(done) == []
    assert len(world.pages()) == 12
    asked = len(world.requests)
    assert run("sync", "agencies").code == 0
    assert lists(world, asked) == ["agencies"]


def test_the_first_fill_goes_on_at_every_run_until_all_is_there(db, run, world, clock):
    world.append(2000)
    filled = []
    for _ in range(18):
        filled += synced(run("sync", "--due", "--json"))
        clock.move(600)
    assert filled == ["spacecraft", "agencies", "spacecraft_configurations"]
    assert len(world.pages()) <= 30 + 2 + 3  # in three pieces
    assert command(clock, "verify", db).code == 0


def minutes_asked(world, clock, run, every, name):
    """The minutes in which LL2 was asked for a list, by runs that came so often for an hour."""
    start, asked = clock.now() + timedelta(hours=2), []
    for minute in range(-2 * every, 61, every):
        clock.time = start + timedelta(minutes=minute)
        before = len(world.pages())
        assert run("sync", name, "--due").code == 0
        asked += [minute] if len(world.pages()) > before else []
        if minute == -every:
            run("sync", name)
    return [minute for minute in asked if minute > 0]


@pytest.mark.parametrize(
    ("age", "asked"), [("1h", [50]), ("25m", [10, 30, 50]), ("10m", [*range(10, 61, 10)])]
)
def test_due_is_what_would_exceed_its_age_before_the_next_run(run, world, clock, age, asked):
    run("sync", "agencies")
    run("ages", f"agencies={age}")
    assert minutes_asked(world, clock, run, 10, "agencies") == asked


@pytest.mark.parametrize(
    ("hours", "precision", "asked"),
    [
        (1.9, 1, [*range(4, 45, 4), 56, 60]),  # as often as the limit allows
        (-0.5, 2, [*range(4, 32, 4), 48]),  # until an hour after
        (30, 1, [16, 36, 56]),
        (1, 5, [16, 36, 56]),  # a day is not precise enough
    ],
)
def test_what_is_new_is_asked_for_more_often_near_a_launch(
    run, world, clock, hours, precision, asked
):
    launch = world.records["launches", "normal"][0]
    precisely = {**launch["net_precision"], "id": precision}
    launch |= {"net": to_iso(START + timedelta(hours=2 + hours)), "net_precision": precisely}
    world.records["launches", "normal"] = [launch]
    run("sync", "launches")
    assert minutes_asked(world, clock, run, 4, "launches/new") == asked


@pytest.mark.parametrize(("hours", "due"), [([5], False), ([5, 7.5], True), ([5, 20], False)])
def test_what_would_be_due_while_launches_are_near_is_due_before(run, world, clock, hours, due):
    launch = world.records["launches", "normal"][0]
    precisely = {**launch["net_precision"], "id": 1}
    world.records["launches", "normal"] = [
        {**launch, "id": str(UUID(int=n)), "net_precision": precisely}
        | {"net": to_iso(START + timedelta(hours=after))}
        for n, after in enumerate(hours)
    ]
    asked = ("launches", "agencies")
    run("ages", "agencies=6h")
    assert run("sync", *asked).code == 0
    clock.move(2 * HOUR)
    plan = run("plan", "launches/new", *asked, "--due", "--json").json["resources"]
    assert {one["resource"]: one["due"] for one in plan}["agencies"] is due


@pytest.fixture
def fail(world, monkeypatch):
    """Has LL2 lack some lists, or fail at them."""
    answer = world.answer

    def fail(*names, status=404):
        def without(path, query):
            fails = path.split("/")[2] in names
            return (status, {"detail": "Not now."}) if fails else answer(path, query)

        monkeypatch.setattr(world, "answer", without)

    return fail


def test_a_list_that_fails_holds_up_no_other_and_is_asked_again_later(db, run, world, clock, fail):
    fail("agencies")
    done = run("sync", "--due", "--json")
    assert done.code == 69
    assert "agencies" in done.err
    assert [one["resource"] for one in done.json] == ["spacecraft", "spacecraft_configurations"]
    assert "agencies" in command(clock, "status", db, "--json").json["last_error"]["message"]
    before, asked = public_rows(db), len(world.requests)
    clock.move(HOUR)
    assert run("sync", "--due").code == 0
    assert world.requests[asked:] == []
    clock.move(25 * HOUR)
    run("sync", "--due")
    assert lists(world, asked) == ["spacecraft", "agencies"]
    assert public_rows(db) == before


def failed(db):
    """What the file notes of the lists that failed."""
    [*noted] = execute(db, "SELECT value FROM _settings WHERE key = 'failed'")
    return json.loads(noted[0][0]) if noted else {}


def test_the_file_notes_since_when_a_list_fails_until_any_sync_has_it(db, run, clock, fail):
    fail("agencies")
    run("sync", "--due")
    first = failed(db)
    clock.move(25 * HOUR)
    run("sync", "--due")
    second = failed(db)
    fail()
    assert first.keys() == second.keys() == {"agencies"}
    assert first["agencies"]["since"] == first["agencies"]["at"] == second["agencies"]["since"]
    assert second["agencies"]["at"] > first["agencies"]["at"]
    assert [one["agencies"]["times"] for one in (first, second)] == [1, 2]
    assert "agencies" in second["agencies"]["error"]
    assert run("sync", "agencies").code == 0
    assert failed(db) == {}


def test_what_a_version_before_noted_of_a_failure_is_left_out(db, run, clock):
    run("sync", "--due")
    clock.move(HOUR)
    noted = json.dumps({"agencies": "2026-01-01T00:00:00.000000Z"})
    execute(db, "INSERT INTO _settings VALUES ('failed', ?)", noted)
    execute(db, "DELETE FROM _walks WHERE resource = 'agencies'")
    assert synced(run("sync", "--due", "--json")) == ["agencies"]


@pytest.mark.parametrize(
    ("failing", "asked"),
    [
        (("spacecraft", "spacecraft_configurations"), (*LISTS[:2], "events", LISTS[2])),
        (("spacecraft", "agencies"), LISTS[:2]),
    ],
)
def test_only_failures_in_a_row_end_a_sync(db, world, clock, fail, failing, asked):
    fail(*failing)
    wanted = (*LISTS, "events", "--due", "--base-url", world.base_url)
    assert command(clock, "sync", db, *wanted).code == 69
    assert lists(world) == [*asked]


def test_what_failed_is_left_alone_for_an_eighth_of_its_age_then_longer(run, world, clock, fail):
    fail("spacecraft", "spacecraft_configurations")  # that may be a day old, and 30
    run("sync", "--due")
    craft = LISTS[:1]
    for hours, again in ((2, ()), (1.1, craft), (3, ()), (3.1, craft), (16, LISTS[::2])):
        asked = len(world.requests)
        clock.move(hours * HOUR)
        run("sync", "--due")
        assert lists(world, asked) == [*again]


def test_what_fails_is_tried_again_at_once_when_another_works_again(run, clock, fail):
    fail("spacecraft", "agencies")
    for _ in range(4):
        run("sync", "--due")
        clock.move(25 * HOUR)
    assert synced(run("sync", "agencies", "--due", "--json")) == []
    fail()
    assert synced(run("sync", "--due", "--json")) == ["spacecraft", "agencies"]


def test_a_list_that_spends_the_limit_in_vain_has_failed(db, run, world, fail):
    fail("agencies", status=500)
    run("sync", "agencies", "--max-requests", 1)
    world.others(9)  # of 15, and 3 are the reserve
    done = run("sync", "agencies", "--due")
    assert (done.code, lists(world)) == (69, ["agencies"])
    assert "status 500" in failed(db)["agencies"]["error"]


@pytest.mark.parametrize(
    "fault",
    ["500", "403", "404", "html", "close", pytest.param("hang", marks=pytest.mark.soak)],
)
def test_a_list_that_fails_takes_few_requests_from_the_others(run, world, clock, fault):
    run("sync", "spacecraft")
    run("ages", "agencies=1h", "spacecraft=2h")
    world.breaks(fault, path="/2.3.0/agencies/")
    started, times = clock.now(), 0
    for n in range(18):
        clock.time = max(clock.time, started + n * timedelta(minutes=10))
        times += '"spacecraft"' in run("sync", "--due", "--json", "--timeout", 3).out
    assert 2 <= world.hits <= 20
    assert times == 1


def test_while_ll2_is_down_for_days_it_is_seldom_asked_and_then_all_lists_come(
    db, run, world, clock
):
    run("sync", "--due")
    run("ages", "spacecraft=1h", "agencies=1d")
    world.breaks("503")
    codes = []
    for _ in range(24):
        clock.move(3 * HOUR)
        codes.append(run("sync", "--due").code)
    assert {*codes} == {0, 69}
    assert world.hits <= 70
    assert "spacecraft is late" in command(clock, "status", db, "--late", 2).err
    world.heals()
    clock.move(4 * HOUR)
    assert {*synced(run("sync", "--due", "--json"))} == {"spacecraft", "agencies"}
    assert command(clock, "status", db, "--late", 2).code == 0


def test_after_a_night_asleep_what_is_due_comes_at_once_and_not_again(run, clock):
    run("ages", "spacecraft=2h", "agencies=1h")
    for _ in range(3):
        run("sync", "--due")
        clock.move(600)
    clock.move(9 * HOUR)
    assert synced(run("sync", "--due", "--json")) == ["agencies", "spacecraft"]
    clock.move(600)
    assert synced(run("sync", "--due", "--json")) == []


def test_two_files_behind_one_address_share_the_limit(db, world, clock):
    files = [db, db.with_name("other.db")]
    done, oldest = dict.fromkeys(files, START), dict.fromkeys(files, 0.0)
    for file in files:
        assert command(clock, "ages", file, "spacecraft=3h").code == 0
    for n in range(26):
        clock.time = max(clock.time, START + n * timedelta(minutes=10))
        for file in files:
            ran = command(
                clock, "sync", file, *LISTS, "--due", "--base-url", world.base_url, "--json"
            )
            oldest[file] = max(oldest[file], (clock.now() - done[file]) / timedelta(hours=3))
            done[file] = clock.now() if "spacecraft" in synced(ran) else done[file]
    assert {one.status for one in world.requests} == {200}
    assert max(oldest.values()) < 1.2


def test_ages_are_shown_and_changed_and_given_back(run, db, clock):
    assert run("sync", "--due").code == 0
    shown = run("ages").out.splitlines()
    assert {"spacecraft: 1d", "agencies: 1w", "spacecraft_configurations: 30d"} <= set(shown)
    assert len(shown) == len(AGES)
    assert "agencies: 90m" in run("ages", "agencies=90m", "spacecraft=2h").out
    assert run("ages", "--json").json["ages"]["agencies"] == 5400
    [craft, *_] = command(clock, "status", db, "--json").json["resources"]
    assert craft["max_age_seconds"] == 7200
    assert "may be 2h old" in command(clock, "status", db).out
    assert "agencies: 1w" in run("ages", "agencies=").out


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("agencies", "expected a list and an age"),
        ("rockets=1h", "rockets is not a list that can be mirrored: the nearest are"),
        ("agencies=soon", "soon is not an age"),
        ("agencies=5s", "can't be fresher than a minute"),
        ("launches/new:near=3h", "can't be longer than the age of launches/new"),
        ("events/new=5m", "events/new:near can't be longer"),
    ],
)
def test_an_age_that_is_none_is_refused(run, change, why):
    done = run("ages", change)
    assert done.code == 2
    assert why in done.err


def test_a_plan_says_what_the_first_fill_takes_and_what_the_ages_cost(run, world):
    plan = run("plan", "--due", "--json").json
    assert plan["first_fill"] == {"lists": 3, "requests": 3, "known": False, "hours": 0.2}
    assert (plan["limit"], plan["reserve"], plan["allowed_per_hour"]) == (15, 3, 12)
    run("sync", "--due")
    plan = run("plan", "--due", "--json").json
    assert plan["first_fill"]["lists"] == 0
    assert plan["requests_per_hour"] == round(10 / 24 + 1 / 168 + 1 / 720, 2)
    assert plan["carries"] is True
    assert [one["due"] for one in plan["resources"]] == [False] * 3


def test_a_plan_says_what_gets_late_where_the_limit_does_not_carry_the_ages(run):
    run("sync", "--due")
    run("ages", "spacecraft=30m")
    plan = run("plan", "--due", "--json").json
    assert plan["carries"] is False
    [craft] = [one for one in plan["resources"] if one["resource"] == "spacecraft"]
    assert craft["reaches_seconds"] == pytest.approx(1800 * 20 / 12, rel=0.01)
    told = run("plan", "--due").text
    assert "that is more than the limit allows" in told


def test_a_view_is_fetched_by_itself_only_where_it_is_to_be_fresher_than_what_is_new(run):
    def names(plan):
        return {one["resource"] for one in plan.json["resources"]}

    asked = ("launches", "launches/new", "launches/upcoming", "launches/previous")
    run("sync", *asked[:1])
    assert names(run("plan", *asked, "--due", "--json")) == {*asked[:3]}
    run("ages", "launches/previous=2h")
    assert names(run("plan", *asked, "--due", "--json")) == {*asked}


def test_a_walk_of_two_days_is_gone_on_with_where_the_list_may_be_a_month_old(
    db, run, world, clock
):
    run("ages", "spacecraft=30d")
    for _ in range(11):
        assert run("sync", "spacecraft", "--due", "--max-requests", 1).code == 0
        clock.move(4 * HOUR)
    assert public_rows(db)["spacecraft"]
    assert len(world.pages()) <= 11
    assert command(clock, "verify", db).code == 0
