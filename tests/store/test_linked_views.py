"""The views find launch, landing and crew by whichever of two lists holds the link."""

from __future__ import annotations

from typing import Any

import pytest

from helpers import rows, sync
from ll2_mirror.ll2.descriptions import questions
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.testing import fake_ll2
from ll2_mirror.testing.fake_ll2 import Record, adapted

UUID = "00000000-0000-0000-0000-00000000000{}"
STATUSES = {3: "Success", 4: "Failure", 7: "Partial Failure", 2: "TBD"}
# Of four launches: the status, the net, the id of its precision.
LAUNCHES = [
    (3, "2025-01-10T12:00:00Z", 0),
    (4, "2025-02-10T12:00:00Z", 1),
    (7, "2025-03-10T12:00:00Z", 5),
    (2, "2090-12-31T00:00:00Z", 14),
]


def launch(n: int) -> Record:
    status, net, precision = LAUNCHES[n - 1]
    return {
        "id": UUID.format(n),
        "name": f"Launch {n}",
        "status": {"id": status, "abbrev": STATUSES[status]},
        "net": net,
        "net_precision": {"id": precision, "abbrev": str(precision)},
        "pad": {"id": n, "name": f"Pad {n}"},
        "rocket": {"id": n, "configuration": {"id": 1, "full_name": "Rocket"}},
    }


def stage(n: int) -> Record:
    booster = {"id": 1, "serial_number": "B1", "is_placeholder": False}
    about = {"type": "Core", "launcher_flight_number": n, "turn_around_time": f"P{40 - n}D"}
    return {"id": n, **about, "launcher": booster}


def landing(n: int) -> Record:
    """Of the n-th flight; of the n-th stage, if above 10."""
    types = {"id": n // 10, "abbrev": "PCL" if n < 10 else "ASDS"}
    return {"id": n, "attempt": True, "success": n % 10 == 1, "type": types}


def crew(n: int, flight: int) -> list[Record]:
    return [{"id": n * 10 + flight, "role": {"id": n, "role": f"Role {n}"}, "astronaut": person(n)}]


def person(n: int) -> Record:
    return {"id": n, "name": f"Person {n}", "agency": {"id": 1, "name": "Agency"}}


def flight(n: int) -> Record:
    """With person 1 up and down on the first; 2 up on the first, down on the third."""
    configuration = {"id": 1, "name": "Capsule", "agency": {"id": 1, "name": "Agency"}}
    docking = {"id": 1, "docking": "2025-01-12T00:00:00Z", "departure": "2025-01-20T12:00:00Z"}
    return {
        "id": n,
        "mission_end": "2025-05-01T00:00:00Z" if n < 4 else None,
        "spacecraft": {"id": n, "name": f"Craft {n}", "spacecraft_config": configuration},
        "launch_crew": [*crew(1, 1), *crew(2, 1)] if n == 1 else [],
        "onboard_crew": crew(1, 1) if n == 1 else [],
        "landing_crew": {1: crew(1, 1), 3: crew(2, 3)}.get(n, []),
        "docking_events": [{**docking, **target()}] if n == 1 else [],
    }


def target() -> Record:
    station = {"id": 1, "name": "Station"}
    return {
        "docking_location": {"id": 1, "name": "Port", "spacestation": station},
        "space_station_target": station,
    }


def world() -> fake_ll2.Records:
    """The same four launches, each with a flight and a stage, in the lists that tell of them."""
    numbers = range(1, len(LAUNCHES) + 1)
    records: dict[str, list[Record]] = {
        "launches": [
            {
                **launch(n),
                "rocket": {
                    **launch(n)["rocket"],
                    "launcher_stage": [{**stage(n), "landing": landing(10 + n)}],
                    "spacecraft_stage": [{**flight(n), "landing": landing(n)}],
                },
            }
            for n in numbers
        ],
        "spacecraft_flights": [
            {**flight(n), "launch": launch(n), "landing": landing(n)} for n in numbers
        ],
        "landings": [
            *({**landing(n), "spacecraftflight": flight(n)} for n in numbers),
            *({**landing(10 + n), "firststage": stage(n)} for n in numbers),
        ],
        "docking_events": [
            {**each, "flight_vehicle_chaser": flight(1)} for each in flight(1)["docking_events"]
        ],
        "astronauts": [
            {**person(1), "flights": [launch(1)], "landings": [{**flight(1), "launch": launch(1)}]},
            {**person(2), "flights": [launch(1)], "landings": [{**flight(3), "launch": launch(3)}]},
        ],
    }
    return {
        (name, "detailed"): [adapted(RESOURCES[name].modes["detailed"], each) for each in listed]
        for name, listed in records.items()
    }


SYNCS = {
    "launches in detail": [("launches", "--mode", "detailed")],
    "flights": [("spacecraft_flights",)],
    "flights in detail": [("spacecraft_flights", "--mode", "detailed")],
    "landings in detail": [("landings", "--mode", "detailed")],
    "launches and landings in detail": [("launches", "landings", "--mode", "detailed")],
    "people in detail": [("astronauts", "--mode", "detailed")],
    "dockings": [("docking_events",)],
    "several lists in both modes": [
        ("launches", "landings"),
        ("astronauts", "spacecraft_flights", "launches", "--mode", "detailed"),
    ],
}


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory):
    """A mirror by name, of the lists of SYNCS."""
    folder, found = tmp_path_factory.mktemp("linked"), {}
    with fake_ll2.running(world()) as upstream:
        for name, syncs in SYNCS.items():
            found[name] = folder / f"{name}.db"
            for arguments in syncs:
                sync(found[name], *arguments, "--base-url", upstream.base_url)
    return found


def ask(db: Any, sql: str) -> list[Any]:
    return rows(db, sql)[1]


@pytest.mark.parametrize(
    "name",
    ["launches in detail", "flights", "flights in detail", "several lists in both modes"],
)
def test_a_flight_has_its_launch_whichever_list_links_them(mirrors, name):
    sql = "SELECT spacecraft, configuration, agency, state, date, launch, pad, landed FROM flights"
    assert ask(mirrors[name], f"{sql} ORDER BY id") == [
        ("Craft 1", "Capsule", "Agency", "flown", "10 Jan 2025, 12:00 UTC", "Launch 1", "Pad 1", 1),
        (
            "Craft 2",
            "Capsule",
            "Agency",
            "launch failed",
            "10 Feb 2025, 12:00 UTC",
            "Launch 2",
            "Pad 2",
            0,
        ),
        ("Craft 3", "Capsule", "Agency", "flown", "10 Mar 2025", "Launch 3", "Pad 3", 0),
        ("Craft 4", "Capsule", "Agency", "planned", "2090", "Launch 4", "Pad 4", 0),
    ]


@pytest.mark.parametrize(
    "name",
    ["launches in detail", "launches and landings in detail", "several lists in both modes"],
)
def test_a_booster_has_its_launch_and_its_landing(mirrors, name):
    sql = "SELECT booster, flight, launch, outcome, date, landed, landing_type FROM booster_flights"
    assert ask(mirrors[name], f"{sql} ORDER BY id") == [
        ("B1", 1, "Launch 1", "success", "10 Jan 2025, 12:00 UTC", 1, "ASDS"),
        ("B1", 2, "Launch 2", "failure", "10 Feb 2025, 12:00 UTC", 0, "ASDS"),
        ("B1", 3, "Launch 3", "partial failure", "10 Mar 2025", 0, "ASDS"),
        ("B1", 4, "Launch 4", "planned", "2090", 0, "ASDS"),
    ]


def test_the_questions_on_boosters_and_people_are_answered(mirrors):
    boosters = questions()["how-soon-did-boosters-fly-again"].sql
    assert [(row[1], row[4]) for row in ask(mirrors["launches in detail"], boosters)] == [
        *((3, 37.0), (2, 38.0), (1, 39.0)),
    ]
    people = questions()["how-many-people-were-in-space-in-each-month"].sql
    for name in ("flights in detail", "launches in detail", "people in detail"):
        counts = ask(mirrors[name], people.replace("'now'", "'2025-06-15'"))
        assert len(counts) == 24
        assert dict(counts[:6]) == {
            "2025-06": 0,
            "2025-05": 0,
            "2025-04": 2,
            "2025-03": 2,
            "2025-02": 2,
            "2025-01": 0,
        }, name


def test_a_list_of_landings_has_boosters_without_their_launches(mirrors):
    sql = "SELECT booster, flight, launch, landed FROM booster_flights ORDER BY id"
    assert ask(mirrors["landings in detail"], sql) == [
        ("B1", 1, None, 1),
        ("B1", 2, None, 0),
        ("B1", 3, None, 0),
        ("B1", 4, None, 0),
    ]


@pytest.mark.parametrize(
    "name", ["launches in detail", "flights in detail", "several lists in both modes"]
)
def test_people_are_on_each_of_their_flights_once(mirrors, name):
    sql = "SELECT person, role, spacecraft, launch, date, went_up, came_down FROM people_flights"
    assert ask(mirrors[name], f"{sql} ORDER BY 1, 3") == [
        ("Person 1", "Role 1", "Craft 1", "Launch 1", "10 Jan 2025, 12:00 UTC", 1, 1),
        ("Person 2", "Role 2", "Craft 1", "Launch 1", "10 Jan 2025, 12:00 UTC", 1, 0),
        ("Person 2", "Role 2", "Craft 3", "Launch 3", "10 Mar 2025", 0, 1),
    ]


def test_a_list_of_people_has_their_launches_and_the_craft_they_came_down_with(mirrors):
    sql = "SELECT person, spacecraft, launch, went_up, came_down FROM people_flights ORDER BY 1, 3"
    assert ask(mirrors["people in detail"], sql) == [
        ("Person 1", "Craft 1", "Launch 1", 1, 1),
        ("Person 2", None, "Launch 1", 1, 0),
        ("Person 2", "Craft 3", "Launch 3", 0, 1),
    ]


@pytest.mark.parametrize(
    "name",
    ["launches in detail", "flights in detail", "dockings", "several lists in both modes"],
)
def test_a_docking_says_what_docked_where_and_how_long(mirrors, name):
    sql = "SELECT chaser, target, port, docking, days FROM dockings"
    assert ask(mirrors[name], sql) == [("Craft 1", "Station", "Port", "2025-01-12T00:00:00Z", 8.5)]


def test_launches_by_pad_count_flown_and_planned_ones_apart(mirrors):
    sql = "SELECT pad, launches, flown, planned, succeeded FROM launches_by_pad ORDER BY id"
    assert ask(mirrors["launches in detail"], sql) == [
        ("Pad 1", 1, 1, 0, 1),
        ("Pad 2", 1, 1, 0, 0),
        ("Pad 3", 1, 1, 0, 0),
        ("Pad 4", 1, 0, 1, 0),
    ]
