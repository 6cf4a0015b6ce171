"""Parts of a list are asked for by themselves: what is upcoming, what is new. They are merged.

No record is taken as gone for them; the proof has their pages beside those of the whole.
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from helpers import START, TestClock, command, examples, execute, ll2_time, settle
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.testing.fake_ll2 import FakeLL2, adapted, answering, bundled

DAY = timedelta(days=1)
UPCOMING = "/2.3.0/launches/upcoming/?limit=100"


class Library(FakeLL2):
    """Launches, a day apart, of which 110 lie behind; 130 updates, until the year's end."""

    def __init__(self, clock, launches=230):
        super().__init__(bundled(), clock)
        self.random = Random("library")
        self.launches = self.records["launches", "normal"]
        self.updates = self.records["updates", "normal"]
        launch, update = self.launches[0], self.updates[0]
        launch |= {"mission": None, "program": []}  # small, for speed
        for key in [key for key in self.records if key[0] == "launches"]:
            if key[1] != "normal":
                del self.records[key]
        self.launches[:] = [self._launch(launch, START + DAY * (n - 110)) for n in range(launches)]
        self.updates[:] = [self._update(update, n + 1) for n in range(130)]

    def _launch(self, like, net):
        id_ = str(UUID(int=self.random.getrandbits(128)))
        made = {**like, "id": id_, "name": f"Launch {id_[:8]}"}
        url = f"https://ll.thespacedevs.com/2.3.0/launches/{id_}/"
        return made | {"url": url, "net": ll2_time(net), "last_updated": ll2_time(START - 9 * DAY)}

    def _update(self, like, n):
        made = {**like, "id": n}
        return made | {"created_on": ll2_time(START + DAY / 2 * (n - 130))}

    def renew(self, place, **values):
        """A launch changes, and says so."""
        self.launches[place].update(values, last_updated=ll2_time(self.clock.now()))
        return self.launches[place]["id"]

    def announce(self):
        """One more launch, and one more update."""
        self.launches.append(self._launch(self.launches[0], START + 200 * DAY))
        self.launches[-1]["last_updated"] = ll2_time(self.clock.now())
        update = {**self.updates[-1], "id": self.updates[-1]["id"] + 1}
        self.updates.append({**update, "created_on": ll2_time(self.clock.now())})

    def asked(self, since=0):
        """The pages that were asked for."""
        paths = [path.removeprefix("/2.3.0/") for path, _ in self.log[since:]]
        return [path for path in paths if not path.startswith("api-throttle")]


@pytest.fixture
def clock():
    return TestClock(START)


@pytest.fixture
def library(clock):
    with answering(Library(clock)) as library:
        yield library


@pytest.fixture
def run(db, library, clock):
    def run(name, *options):
        given = ("--base-url", library.base_url) if name in ("sync", "plan") else ()
        return command(clock, name, db, *options, *given)

    return run


def names(db, table="launches"):
    return dict(execute(db, f"SELECT r.id, name FROM _records r JOIN {table} t ON t.id = r.id"))


def held(run, path):
    return json.loads(run("get", path).out)


def proved(run):
    verdict = run("verify")
    assert verdict.code == 0, verdict.out
    return True


def test_upcoming_launches_alone_are_two_pages_and_answered(run, library):
    done = run("sync", "launches/upcoming", "--json")
    assert (done.code, done.json["added"], done.json["resource"]) == (0, 120, "launches/upcoming")
    assert len(library.asked()) == 2
    assert all(path.startswith("launches/upcoming/?limit=100") for path in library.asked())
    assert held(run, UPCOMING)["count"] == 120
    whole = run("get", "/2.3.0/launches/")
    assert whole.code == 1
    assert "sync" in whole.out
    assert proved(run)
    assert run("sync", "--json").json["resource"] == "launches/upcoming"  # it remembers


def test_each_part_counts_its_own_requests(run, library):
    run("sync", "launches")
    asked = len(library.log)
    done = run("sync", "launches", "launches/upcoming", "launches/new", "--json").json
    assert sum(one["requests"] for one in done) == len(library.asked(asked))
    assert done[1]["requests"] == str(library.asked(asked)).count("launches/upcoming/?")


def test_a_part_is_merged_and_nothing_is_gone_for_it(db, run, library):
    run("sync", "launches")
    renamed = library.renew(200, name="Renamed")
    gone = library.launches.pop(220)["id"]
    library.announce()
    done = run("sync", "launches/upcoming", "--json").json
    assert (done["added"], done["changed"], done["gone"], done["missing"]) == (1, 1, 0, 0)
    assert names(db)[renamed] == "Renamed"
    assert gone in names(db)
    assert len(names(db)) == 231
    assert proved(run)
    assert run("sync", "launches", "--json").json["gone"] == 1
    assert gone not in names(db)
    assert execute(db, "SELECT part FROM _walks") == [("",)]
    assert proved(run)


def test_what_is_new_is_a_page_though_much_changed_in_a_day(db, run, library, clock):
    run("sync", "launches")
    clock.move(3 * 3600)
    for place in range(120):
        clock.move(1)
        library.renew(place, name="Renamed")
    clock.move(2 * 3600)
    assert run("sync", "launches/new").code == 0
    clock.move(3 * 3600)
    new, asked = library.renew(3, name="Renamed again"), len(library.log)
    assert run("sync", "launches/new").code == 0
    assert len(library.asked(asked)) == 1
    assert names(db)[new] == "Renamed again"


def test_what_is_new_since_the_last_walk_is_a_page(db, run, library, clock):
    run("sync", "launches", "updates")
    asked = len(library.log)
    clock.move(5 * 86400)
    old, new = library.renew(3, name="Renamed"), library.renew(200, name="Renamed, too")
    library.announce()
    done = run("sync", "launches/new", "updates/new", "--json").json
    assert [(one["added"], one["changed"]) for one in done] == [(1, 2), (1, 0)]
    assert names(db)[old] == "Renamed"
    assert names(db)[new] == "Renamed, too"
    paths = library.asked(asked)
    assert [path.split("?")[0] for path in paths] == ["launches/", *["updates/"] * 2]
    assert "last_updated__gte=2025-12-31T00" in paths[0]
    assert "ordering=-created_on" in paths[1]
    assert proved(run)
    runs = execute(db, "SELECT resource, part FROM _runs ORDER BY id")
    assert runs == [("launches", ""), ("updates", ""), ("launches", "new"), ("updates", "new")]


def test_what_is_new_can_not_be_asked_of_a_list_that_was_never_fetched(run):
    done = run("sync", "launches/new")
    assert done.code == 2
    assert "launches/new needs launches in the file: sync launches first" in done.err


def test_a_part_that_is_cut_off_is_gone_on_with_beside_the_whole(db, run, library):
    assert run("sync", "launches", "--max-requests", 1).code == 75
    assert run("sync", "launches/upcoming", "--max-requests", 1).code == 75
    assert run("sync", "launches/upcoming").code == 0
    assert held(run, UPCOMING)["count"] == 120
    library.renew(200, name="Renamed")
    assert run("sync", "launches").code == 0
    assert len(library.asked()) == 3 + 2
    assert len(names(db)) == 230
    assert proved(run)


def test_a_record_that_came_anew_during_a_long_walk_is_not_set_back(db, run, library):
    run("sync", "launches")
    assert run("sync", "launches", "--max-requests", 2).code == 75
    first = [record["id"] for record in sorted(library.launches, key=lambda one: one["id"])][:200]
    place = next(n for n in range(150, 230) if library.launches[n]["id"] in first)
    id_ = library.renew(place, name="Renamed")
    assert run("sync", "launches/upcoming").code == 0
    assert run("sync", "launches").code == 0
    assert names(db)[id_] == "Renamed"
    assert proved(run)


def test_of_two_values_the_one_that_was_published_last_stands(db, run, library):
    """The walk has an older version of a record, behind another that says what they share."""
    by_id = sorted(library.launches, key=lambda one: one["id"])[:100]
    past, ahead = (
        next(one for one in some if (one["net"] > ll2_time(START)) == upcoming)
        for some, upcoming in ((by_id, False), (by_id[::-1], True))
    )
    shared = {**past["launch_service_provider"], "id": 9999, "name": "X"}
    past["launch_service_provider"] = ahead["launch_service_provider"] = shared
    assert run("sync", "launches").code == 0
    past["launch_service_provider"] = {**shared, "name": "Y"}
    assert run("sync", "launches", "--max-requests", 2).code == 75
    ahead["name"] = "Renamed"
    assert run("sync", "launches/upcoming").code == 0
    assert run("sync", "launches").code == 0
    library.announce()
    assert run("sync", "launches").code == 0
    assert execute(db, "SELECT name FROM agencies WHERE id = 9999") == [("Y",)]
    assert proved(run)


def test_pages_of_parts_do_not_pile_up(db, run, library, clock):
    run("sync", "launches")
    for n in range(12):
        clock.move(3600)
        library.renew(120 + n, name=f"Renamed {n}")
        assert run("sync", "launches/upcoming").code == 0
    assert len(execute(db, "SELECT * FROM _pages")) <= 3 + 2 + 3
    assert proved(run)


def kept(db):
    """How many pages the file has."""
    return execute(db, "SELECT count(*) FROM _pages")[0][0]


def test_the_same_part_again_is_kept_once(db, run, library):
    run("sync", "launches")
    for _ in range(3):
        assert run("sync", "launches/upcoming").code == 0
        assert kept(db) <= 3 + 2


def test_what_a_part_brought_and_the_next_has_no_more_is_still_proved(db, run, library):
    """Its page is kept, though the one in front of it is not."""
    run("sync", "launches")
    id_ = library.renew(220, name="Renamed")
    assert run("sync", "launches/upcoming").code == 0
    library.launches.pop(220)
    assert run("sync", "launches/upcoming").code == 0
    assert kept(db) == 3 + 1 + 2
    assert names(db)[id_] == "Renamed"
    assert proved(run)


def test_what_a_part_nested_and_the_next_does_not_is_as_another_launch_says(db, run, library):
    agency = library.launches[200]["launch_service_provider"]
    other = {**agency, "id": 9999, "name": "As it was"}
    for place in (3, 200):
        library.renew(place, launch_service_provider=other)
    run("sync", "launches")
    for provider in ({**other, "name": "Renamed"}, agency):
        library.renew(200, launch_service_provider=provider)
        assert run("sync", "launches/upcoming").code == 0
    assert execute(db, "SELECT name FROM agencies WHERE id = 9999") == [("As it was",)]
    assert proved(run)
    library.renew(200, launch_service_provider={**other, "name": "Renamed again"})
    assert run("sync", "launches/upcoming").code == 0
    assert kept(db) <= 3 + 2
    assert proved(run)


def test_no_part_takes_a_page_of_the_whole_list_away(db, run, library):
    """The first page of all, by id, is the last of what is upcoming."""
    by_id = sorted(library.launches, key=lambda one: one["id"])
    for launch, net in zip(by_id, [one["net"] for one in library.launches][::-1], strict=True):
        launch["net"] = net
    run("sync", "launches")
    library.renew(200, name="Renamed")
    assert run("sync", "launches/upcoming").code == 0
    assert kept(db) <= 3 + 2
    assert proved(run)


def test_a_part_that_another_overtakes_is_as_fresh_as_it_was(run, library, clock):
    run("sync", "events")
    clock.move(25 * 3600)
    for event in library.records["events", "normal"]:
        event["last_updated"] = ll2_time(clock.now())
    for _ in range(2):
        assert run("sync", "events/upcoming", "events/new").code == 0
    planned = run("plan", "events/upcoming", "events/new", "--due", "--json").json["resources"]
    assert [one["due"] for one in planned] == [False, False]
    assert proved(run)


def aside(run):
    """The records in quarantine, each with whether an earlier version stands."""
    held = json.loads(run("status", "--json").out)["quarantine"]
    return {one["id"]: one["stands"] for one in held}


def test_a_bad_record_of_a_part_keeps_its_last_good_version(db, run, library):
    run("sync", "launches")
    name, id_ = library.launches[200]["name"], library.renew(200, name=5)
    assert run("sync", "launches/upcoming").code == 65
    assert names(db)[id_] == name
    assert aside(run) == {id_: True}
    assert proved(run)
    library.renew(200, name="Good")
    assert run("sync", "launches/upcoming").code == 0
    assert names(db)[id_] == "Good"
    assert aside(run) == {}
    assert proved(run)


def test_a_part_lets_no_record_out_of_quarantine_that_it_did_not_meet(db, run, library):
    old = library.renew(3, name=5)
    assert run("sync", "launches").code == 65
    library.announce()
    new = library.renew(-1, name=5)
    assert run("sync", "launches/upcoming").code == 65
    assert aside(run) == {old: False, new: False}
    assert proved(run)
    library.renew(-1, name="Good")
    assert run("sync", "launches/upcoming").code == 0
    assert (new in names(db), old in names(db)) == (True, False)
    assert aside(run) == {old: False}
    assert proved(run)


def test_due_fills_what_is_upcoming_first_launches_before_config_and_updates_last(
    db, run, clock, library
):
    assert run("sync", "--due").code == 0
    order = [
        f"{name}/{part}".strip("/")
        for name, part in execute(db, "SELECT resource, part FROM _runs ORDER BY id")
    ]
    assert {*order[:3]} == {"launches/upcoming", "events/upcoming", "dashboard/starship"}
    assert order[3] == "spacecraft"
    assert order.index("launches") < min(n for n, name in enumerate(order) if "config/" in name)
    assert order[-2:] == ["docking_events", "updates"]
    assert len(order) == 54 + 2 + order.count("launches/new")  # a launch is near
    assert proved(run)
    clock.move(25 * 3600)
    library.announce()
    asked = len(library.log)
    assert run("sync", "--due").code == 0
    again = {path.split("?")[0].rstrip("/") for path in library.asked(asked)}
    assert {"launches/upcoming", "launches", "updates", "events", "spacecraft"} <= again
    assert "launches/previous" not in again  # what is new comes as often
    assert "agencies" not in again
    assert sum("last_updated__gte" in path for path in library.asked(asked)) == 2
    assert held(run, "/2.3.0/launches/")["count"] == 231
    assert proved(run)


@pytest.mark.parametrize("options", [(), ("--due",), ("events/upcoming",)])
def test_a_part_cut_off_in_a_poorer_mode_than_the_list_has_now_begins_anew(run, options):
    assert run("sync", "events/upcoming", "agencies", "--max-requests", 1).code == 75
    assert run("sync", "events", "--mode", "detailed").code == 0
    done = run("sync", *options)
    assert done.code == 0, done.err
    anew = "events/upcoming: starts the walk over: it was in normal mode" in done.text
    assert anew == (options == ("events/upcoming",))  # else the list has it
    assert proved(run)


# Whatever is asked for in whatever order


PLACES = st.integers(0, 999)
NAMES = st.sampled_from(["launches", "launches/upcoming", "launches/new"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("renew"), PLACES),
        st.tuples(st.just("provider"), PLACES),  # of one record, so that it has two names
        st.tuples(st.just("announce"), st.just(0)),
        st.tuples(st.just("delete"), PLACES),
        st.tuples(NAMES, st.integers(1, 4)),  # that many requests
    ),
    min_size=4,
    max_size=10,
)


def step(library, db, clock, what, number):
    """One thing that happens; a sync of so many requests at most."""
    place = number % len(library.launches)
    if what == "renew":
        library.renew(place, name=f"Renamed at {clock.now()}")
    elif what == "provider":
        agency = library.launches[place]["launch_service_provider"]
        library.renew(place, launch_service_provider={**agency, "name": f"As of {clock.now()}"})
    elif what == "announce":
        library.announce()
    elif what == "delete":
        library.launches.pop(place)
    else:
        asked = ("--base-url", library.base_url, "--max-requests", number)
        done = command(clock, "sync", db, what, *asked)
        assert done.code in (0, 75), done.err
        clock.move(3600)
    verdict = command(clock, "verify", db)
    assert verdict.code == 0, verdict.out


@given(STEPS)
@pytest.mark.sampled
@settings(max_examples=examples(2), phases=[Phase.generate])  # to shrink one takes minutes
def test_in_whatever_order_parts_are_asked_for_the_file_is_proved_and_ends_as_ll2_is(steps):
    clock = TestClock(START)
    with TemporaryDirectory() as folder, answering(Library(clock, 130)) as library:
        db = Path(folder, "launches.db")
        asked = ("--base-url", library.base_url, "--json")
        assert command(clock, "sync", db, "launches", *asked).code == 0
        for what, number in steps:
            step(library, db, clock, what, number)
        assert command(clock, "sync", db, "launches", *asked).code == 0  # one may be under way
        settle(clock, db, "launches", "--base-url", library.base_url)
        assert names(db) == {one["id"]: one["name"] for one in library.launches}
        assert command(clock, "verify", db).code == 0


def test_a_record_in_quarantine_stays_there_when_an_older_walk_is_published(db, run, library):
    """A walk over all is cut off, then a part meets the record in a form that isn't understood."""
    run("sync", "launches")
    assert run("sync", "launches", "--max-requests", 2).code == 75
    first = sorted(launch["id"] for launch in library.launches)[:100]
    place = next(n for n in range(120, 230) if library.launches[n]["id"] in first)
    name = library.launches[place]["name"]
    id_ = library.renew(place, name=5)
    assert run("sync", "launches/upcoming").code == 65
    run("sync", "launches")
    assert execute(db, "SELECT id FROM _quarantine") == [(id_,)]
    assert proved(run)
    library.renew(place, name=name)
    assert run("sync", "launches/upcoming").code == 0
    assert execute(db, "SELECT id FROM _quarantine") == []
    assert run("sync", "launches").code == 0
    assert proved(run)


def test_what_a_part_met_and_the_whole_no_more_in_one_sync_goes_with_a_tombstone(db, run, library):
    run("sync", "launches")
    id_ = library.renew(220, name="Renamed")
    answer = library.answer

    def going(path, query):
        if path.endswith("launches/"):
            library.launches[:] = [one for one in library.launches if one["id"] != id_]
        return answer(path, query)

    library.answer = going
    reports = run("sync", "launches/upcoming", "launches", "--json").json
    assert [report["gone"] for report in reports] == [0, 1]
    [(body,)] = execute(db, "SELECT body FROM _tombstones")
    assert json.loads(body)["name"] == "Renamed"
    [(kind, state)] = execute(db, "SELECT kind, from_value FROM _history WHERE id = ?1", id_)[-1:]
    assert (kind, json.loads(state)["name"]) == ("gone", "Renamed")
    assert id_ not in names(db)
    assert proved(run)


def test_a_record_that_is_not_understood_in_another_mode_is_no_lasting_fault(db, run, library):
    """The list is in normal mode, a part of it in detailed mode."""
    assert run("sync", "launches").code == 0
    detailed = adapted(RESOURCES["launches"].modes["detailed"], library.launches[220])
    rest = [adapted(RESOURCES["launches"].modes["detailed"], one) for one in library.launches]
    rest[220] = detailed
    library.records["launches", "detailed"] = rest
    assert run("sync", "launches/upcoming", "--mode", "detailed").code == 0
    name, detailed["name"] = detailed["name"], 5
    assert run("sync", "launches/upcoming", "--mode", "detailed").code == 65
    assert proved(run)
    detailed["name"] = name
    assert run("sync", "launches/upcoming", "--mode", "detailed").code == 0
    assert run("sync", "launches").code == 0
    assert proved(run)
