"""What analysts ask of launches needs no join with the views, and has the same answer as without.

The questions are those of launch statistics sites, notebooks and forums.
"""

from __future__ import annotations

import random
import sqlite3
from typing import Any

import pytest

from ll2_mirror.files import shipped

NOW = "2026-11-30T12:00:00Z"
STATUSES = "Go,TBD,Success,Failure,Hold,In Flight,Partial Failure,TBC,Deployed"
FLOWN = "s.abbrev IN ('Success', 'Failure', 'Partial Failure', 'In Flight', 'Deployed')"
DONE = "outcome <> 'planned'"
LAUNCH = "launches AS l JOIN launch_statuses AS s ON s.id = l.status_id"
BOOSTER = (
    "first_stages AS f JOIN launchers AS b ON b.id = f.launcher_id"
    " JOIN rockets__launcher_stage AS r ON r.first_stage_id = f.id"
    " JOIN launches AS l ON l.rocket_id = r.rocket_id JOIN launch_statuses AS s"
    " ON s.id = l.status_id LEFT JOIN landings AS g ON g.id = f.landing_id"
    " LEFT JOIN landing_types AS t ON t.id = g.type_id"
)
CRAFT = (
    "spacecraft_flights AS f JOIN launches AS l ON l.id = f.launch_id JOIN launch_statuses AS s"
    " ON s.id = l.status_id JOIN spacecraft AS c ON c.id = f.spacecraft_id"
    " JOIN spacecraft_configurations AS k ON k.id = c.spacecraft_config_id"
)
CREW = (
    f"{CRAFT} JOIN spacecraft_flights__launch_crew AS m ON m.spacecraft_flight_id = f.id"
    " JOIN astronaut_flights AS af ON af.id = m.astronaut_flight_id"
    " JOIN astronauts AS a ON a.id = af.astronaut_id"
)
RUN = (
    "WITH i AS (SELECT landed, row_number() OVER (ORDER BY at, id) - row_number() OVER"
    " (PARTITION BY landed ORDER BY at, id) AS island FROM x)"
    " SELECT max(n) FROM (SELECT count(*) AS n FROM i WHERE landed GROUP BY island)"
)
# The question: its answer by the tables alone; by a view.
ANSWERS = {
    "orbital attempts by year and country": (
        f"SELECT CAST(substr(net, 1, 4) AS INTEGER), c.name, count(*) FROM {LAUNCH}"
        " JOIN pads AS p ON p.id = l.pad_id JOIN countries AS c ON c.id = p.country_id"
        " LEFT JOIN missions AS m ON m.id = l.mission_id LEFT JOIN orbits AS o ON o.id = m.orbit_id"
        f" WHERE {FLOWN} AND coalesce(o.abbrev, '') <> 'Sub' GROUP BY 1, 2",
        f"SELECT year, country, count(*) FROM launches_overview WHERE {DONE} AND orbital"
        " GROUP BY 1, 2",
    ),
    "launches by provider and year": (
        f"SELECT a.name, CAST(substr(net, 1, 4) AS INTEGER), count(*) FROM {LAUNCH}"
        f" JOIN agencies AS a ON a.id = launch_service_provider_id WHERE {FLOWN} GROUP BY 1, 2",
        f"SELECT agency, year, count(*) FROM launches_overview WHERE {DONE} GROUP BY 1, 2",
    ),
    "first success of each agency": (
        f"SELECT a.name, min(net) FROM {LAUNCH} JOIN agencies AS a ON a.id ="
        " launch_service_provider_id WHERE s.abbrev IN ('Success', 'Deployed') GROUP BY 1",
        "SELECT agency, min(net) FROM launches_overview WHERE outcome = 'success' GROUP BY 1",
    ),
    "launches of the next 30 days": (
        "SELECT l.name, net, p.abbrev FROM launches AS l JOIN net_precisions AS p"
        f" ON p.id = net_precision_id WHERE net BETWEEN '{NOW}' AND '2026-12-30T12:00:00Z'",
        "SELECT launch, net, precision FROM launches_overview"
        f" WHERE net BETWEEN '{NOW}' AND '2026-12-30T12:00:00Z'",
    ),
    "launches by weekday and hour": (
        f"SELECT strftime('%w %H', net), count(*) FROM {LAUNCH} JOIN net_precisions AS p"
        f" ON p.id = net_precision_id WHERE {FLOWN} AND p.abbrev IN ('SEC', 'MIN') GROUP BY 1",
        f"SELECT strftime('%w %H', net), count(*) FROM launches_overview WHERE {DONE}"
        " AND precision IN ('SEC', 'MIN') GROUP BY 1",
    ),
    "success of each rocket": (
        "SELECT c.full_name, count(*), sum(s.abbrev IN ('Success', 'Deployed'))"
        f" FROM {LAUNCH} JOIN rockets AS r ON r.id = l.rocket_id JOIN launcher_configurations AS c"
        f" ON c.id = r.configuration_id WHERE {FLOWN} GROUP BY 1",
        "SELECT rocket, count(*), sum(outcome = 'success') FROM launches_overview"
        f" WHERE {DONE} GROUP BY 1",
    ),
    "missions by type and year": (
        "SELECT m.type, CAST(substr(net, 1, 4) AS INTEGER), count(*) FROM launches AS l"
        " LEFT JOIN missions AS m ON m.id = l.mission_id GROUP BY 1, 2",
        "SELECT mission_type, year, count(*) FROM launches_overview GROUP BY 1, 2",
    ),
    "length of launch windows by provider": (
        "SELECT a.name, avg(julianday(window_end) - julianday(window_start)) FROM launches AS l"
        " JOIN agencies AS a ON a.id = launch_service_provider_id GROUP BY 1",
        "SELECT agency, avg(julianday(window_end) - julianday(window_start))"
        " FROM launches_overview GROUP BY 1",
    ),
    "days between launches from each pad": (
        "SELECT p.name, julianday(net) - julianday(lag(net) OVER (PARTITION BY p.id ORDER BY net))"
        f" FROM {LAUNCH} JOIN pads AS p ON p.id = l.pad_id WHERE {FLOWN}",
        "SELECT pad, julianday(net) - julianday(lag(net) OVER (PARTITION BY pad_id ORDER BY net))"
        f" FROM launches_overview WHERE {DONE}",
    ),
    "launches by orbit": (
        f"SELECT o.name, count(*) FROM {LAUNCH} JOIN missions AS m ON m.id = l.mission_id"
        f" JOIN orbits AS o ON o.id = m.orbit_id WHERE {FLOWN} GROUP BY 1",
        "SELECT orbit, count(*) FROM launches_overview WHERE orbit IS NOT NULL"
        f" AND {DONE} GROUP BY 1",
    ),
    "launches of each pad": (
        f"SELECT p.name, count(*) FROM {LAUNCH} JOIN pads AS p ON p.id = l.pad_id"
        f" WHERE {FLOWN} GROUP BY 1",
        "SELECT pad, flown FROM launches_by_pad",
    ),
    "flights and landings of each booster": (
        f"SELECT b.serial_number, count(*), sum(g.attempt), sum(g.success) FROM {BOOSTER}"
        f" WHERE NOT b.is_placeholder AND {FLOWN} GROUP BY 1",
        "SELECT booster, count(*), sum(landing_tried), sum(landed) FROM booster_flights"
        f" WHERE NOT is_placeholder AND {DONE} GROUP BY 1",
    ),
    "fastest turnarounds of boosters": (
        "SELECT b.serial_number, round(f.turn_around_time_seconds / 86400, 1), l.name"
        f" FROM {BOOSTER} WHERE {FLOWN} ORDER BY f.turn_around_time_seconds LIMIT 10",
        f"SELECT booster, days_since_flight, launch FROM booster_flights WHERE {DONE}"
        " ORDER BY days_since_flight LIMIT 10",
    ),
    "landings of boosters by kind and year": (
        f"SELECT substr(net, 1, 4), t.abbrev, sum(g.success) FROM {BOOSTER} WHERE g.attempt"
        " AND g.success IS NOT NULL GROUP BY 1, 2",
        "SELECT substr(launched, 1, 4), landing_type, sum(landed) FROM booster_flights"
        " WHERE landing_tried AND landed IS NOT NULL GROUP BY 1, 2",
    ),
    "longest run of landings": (
        f"WITH x AS (SELECT f.id, net AS at, g.success AS landed FROM {BOOSTER} WHERE g.attempt"
        f" AND g.success IS NOT NULL) SELECT * FROM ({RUN})",
        "WITH x AS (SELECT id, launched AS at, landed FROM booster_flights WHERE landing_tried"
        f" AND landed IS NOT NULL) SELECT * FROM ({RUN})",
    ),
    "flights by type of spacecraft and year": (
        f"SELECT k.name, substr(net, 1, 4), count(*) FROM {CRAFT} WHERE {FLOWN} GROUP BY 1, 2",
        "SELECT configuration, substr(launched, 1, 4), count(*) FROM flights"
        " WHERE state <> 'planned' GROUP BY 1, 2",
    ),
    "people in space at a time": (
        f"SELECT DISTINCT a.name, c.name FROM {CREW} WHERE {FLOWN} AND net <= '{NOW}'"
        f" AND (mission_end IS NULL OR mission_end > '{NOW}')",
        "SELECT DISTINCT person, spacecraft FROM people_flights WHERE went_up"
        f" AND state <> 'planned' AND launched <= '{NOW}'"
        f" AND (mission_end IS NULL OR mission_end > '{NOW}')",
    ),
    "size of each crew": (
        f"SELECT l.name, count(*) FROM {CREW} GROUP BY l.id",
        "SELECT launch, count(*) FROM people_flights WHERE went_up GROUP BY launch_id",
    ),
    "days between dockings at each station": (
        "SELECT t.name, julianday(docking) - julianday(lag(docking) OVER (PARTITION BY t.id"
        " ORDER BY docking)) FROM docking_events AS d JOIN space_stations AS t"
        " ON t.id = d.space_station_target_id",
        "SELECT target, julianday(docking) - julianday(lag(docking) OVER (PARTITION BY target"
        " ORDER BY docking)) FROM dockings",
    ),
    "docked at a station at a time": (
        "SELECT c.name, d.docking FROM docking_events AS d JOIN spacecraft_flights AS f"
        " ON f.id = d.flight_vehicle_chaser_id JOIN spacecraft AS c ON c.id = f.spacecraft_id"
        " JOIN space_stations AS t ON t.id = d.space_station_target_id"
        f" WHERE t.name = '1' AND docking <= '{NOW}' AND coalesce(departure, '9') > '{NOW}'",
        "SELECT chaser, docking FROM dockings WHERE target = '1'"
        f" AND docking <= '{NOW}' AND coalesce(departure, '9') > '{NOW}'",
    ),
}


@pytest.fixture(scope="module")
def world():
    """A thousand launches drawn at random, as a detailed mode of all lists gives them."""
    draw = random.Random(1)
    conn = sqlite3.connect(":memory:")
    conn.executescript(shipped("schema.sql").read_text(encoding="utf-8"))

    def insert(table: str, **values: Any) -> None:
        marks = ", ".join("?" * len(values))
        conn.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", [*values.values()]
        )

    def time(start: int, end: int) -> str:
        day = f"{draw.randint(start, end)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
        return f"{day}T{draw.randint(0, 23):02}:{draw.randint(0, 59):02}:{draw.randint(0, 59):02}Z"

    for n, abbrev in enumerate(STATUSES.split(","), 1):
        insert("launch_statuses", id=n, abbrev=abbrev)
    for n, abbrev in enumerate(("SEC", "MIN", "DAY", "Y")):
        insert("net_precisions", id=(0, 1, 5, 14)[n], abbrev=abbrev)
    for n, abbrev in enumerate(("LEO", "SSO", "Sub"), 1):
        insert("orbits", id=n, name=abbrev, abbrev=abbrev)
    for n in range(1, 6):
        for table in ("agencies", "countries", "space_stations", "spacecraft_configurations"):
            insert(table, id=n, name=str(n))
        insert("launcher_configurations", id=n, full_name=f"Rocket {n}")
        insert("landing_types", id=n, abbrev=str(n))
        insert("pads", id=n, name=str(n), country_id=draw.randint(1, 5))
    for n in range(1, 21):
        insert("launchers", id=n, serial_number=f"B{n}", is_placeholder=n == 20)
        insert("spacecraft", id=n, name=f"Craft {n}", spacecraft_config_id=draw.randint(1, 5))
        insert("astronauts", id=n, name=f"Person {n}")
    for n in range(1, 1001):
        orbit, window = draw.choice((1, 2, 3, None)), time(2020, 2026)
        insert("missions", id=n, type=draw.choice(("A", "B")), orbit_id=orbit)
        insert("rockets", id=n, configuration_id=draw.randint(1, 5))
        is_planned = n > 800
        insert(
            "launches",
            id=f"{n:08}",
            name=f"Launch {n}",
            net=time(2026, 2027) if is_planned else time(2000, 2026),
            net_precision_id=draw.choice((0, 1, 5, 14)),
            status_id=draw.choice((1, 2, 5, 8) if is_planned else (3, 3, 3, 4, 6, 7, 9)),
            window_start=window,
            window_end=f"{window[:11]}23:59:59Z",
            launch_service_provider_id=draw.randint(1, 5),
            rocket_id=n,
            mission_id=n,
            pad_id=draw.randint(1, 5),
            orbital_launch_attempt_count=None if orbit == 3 else n,
        )
        for kind in ("stage", "craft"):
            number = n if kind == "stage" else 10_000 + n
            insert(
                "landings",
                id=number,
                attempt=draw.choice((0, 1)),
                success=draw.choice((0, 1, 1, 1, None)),
                type_id=draw.randint(1, 5),
            )
        insert(
            "first_stages",
            id=n,
            launcher_id=draw.randint(1, 20),
            landing_id=n,
            turn_around_time_seconds=draw.randint(1, 10**9) * 8640,
        )
        insert("rockets__launcher_stage", rocket_id=n, position=0, first_stage_id=n)
        if n % 4 == 0:
            insert(
                "spacecraft_flights",
                id=n,
                spacecraft_id=draw.randint(1, 20),
                launch_id=f"{n:08}",
                landing_id=10_000 + n,
                mission_end=draw.choice((None, time(2000, 2027))),
            )
            for position, person in enumerate(draw.sample(range(1, 21), 3)):
                insert("astronaut_flights", id=n * 10 + position, astronaut_id=person)
                insert(
                    "spacecraft_flights__launch_crew",
                    spacecraft_flight_id=n,
                    position=position,
                    astronaut_flight_id=n * 10 + position,
                )
            insert(
                "docking_events",
                id=n,
                docking=time(2020, 2027),
                departure=draw.choice((None, time(2020, 2027))),
                flight_vehicle_chaser_id=n,
                space_station_target_id=draw.randint(1, 5),
            )
    yield conn
    conn.close()


@pytest.mark.parametrize("question", ANSWERS)
def test_a_view_answers_without_a_join_what_the_tables_answer(question, world):
    by_tables, by_view = (world.execute(sql).fetchall() for sql in ANSWERS[question])
    assert by_view
    assert sorted(by_view, key=repr) == sorted(by_tables, key=repr)
    assert "JOIN" not in ANSWERS[question][1]
