"""The views for people: in each file, described, quick, and beside a user's own."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import counting_steps, rows, sync
from ll2_mirror.files import shipped
from ll2_mirror.ll2.descriptions import declared, label
from ll2_mirror.ll2.schema import APPLICATION_ID, edges, tables, views
from ll2_mirror.site.display import format_net
from ll2_mirror.testing import fake_ll2


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    db = tmp_path_factory.mktemp("views") / "spacecraft.db"
    names = ("spacecraft", "agencies", "spacecraft_configurations", "launches")
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, *names, "--mode", "detailed", "--base-url", upstream.base_url)
        craft = upstream.records["spacecraft", "detailed"]
        craft[1]["status"] = next(one["status"] for one in craft if one["status"]["id"] == 1)
        craft[0]["serial_number"] = "changed"
        craft.pop()
        launches = upstream.records["launches", "detailed"]
        launches[0]["net"], gone = "2026-10-05T17:40:00Z", launches.pop()
        sync(db)
        launches.append(gone)
        sync(db)
    return db


PEOPLES = [name for name in views() if not name.startswith("_")]


@pytest.mark.parametrize("name", PEOPLES)
def test_each_view_says_what_it_and_its_columns_hold(mirror, name):
    columns, _ = rows(mirror, f"SELECT * FROM {name}")
    assert list(views()[name].columns) == columns
    assert views()[name].text.endswith(".")
    [[made]] = rows(mirror, f"SELECT sql FROM sqlite_master WHERE name = '{name}'")[1]
    assert all(f"-- {said}" in made for said in views()[name].columns.values())


def test_a_column_of_a_view_has_one_type_in_an_attached_file_too(mirror):
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.execute("ATTACH ? AS mirror", [str(mirror)])
        for name in PEOPLES:
            for column in views()[name].columns:
                found = conn.execute(
                    f"SELECT DISTINCT typeof({column}) FROM mirror.{name} WHERE {column} NOT NULL"
                ).fetchall()
                assert len(found) <= 1, (name, column)


def test_duckdb_parses_each_view():
    duckdb = pytest.importorskip("duckdb")
    for view in views().values():
        assert len(duckdb.extract_statements(view.sql)) == 1


def test_a_change_is_told_in_names(mirror):
    sql = "SELECT kind, name, key, from_value, to_value FROM recent_changes WHERE table_name = ?"
    found = rows(mirror, sql.replace("?", "'spacecraft'"))[1]
    assert ("changed", "Soyuz 32", "status", "Single Use", "Active") in found
    assert [row[:2] for row in found if row[0] == "gone"] == [("gone", "Shenzhou 21")]
    assert not [row for row in found if row[0] == "added"]  # that was the first sync


def test_a_change_of_any_table_is_told_in_names():
    """Whatever its ids are: numbers, or texts."""
    called = {}
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.executescript(shipped("schema.sql").read_text(encoding="utf-8"))
        conn.execute(
            "INSERT INTO _runs (id, resource, mode, base_url, started, requests)"
            " VALUES (1, 'a', '', '', '', 0), (2, 'a', '', '', '', 0)"
        )
        ids = {table: {"TEXT": "x"}.get(columns[0].type, 1) for table, columns in tables().items()}
        named = [table for table in tables() if "__" not in table and label(table)]
        history = "INSERT INTO _history VALUES (2, ?, ?, ?, 'changed', ?, ?, 0)"
        for table in named:
            values = [
                ids[one.target or table] if one.target or one.name == "id" else f"{table}'s"
                for one in tables()[table]
            ]
            conn.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)
            conn.execute(history, (table, ids[table], "", None, None))
        keys = [
            (one.table, one.column.removesuffix("_id"), one.target)
            for one in edges()
            if one.owner == "id" and one.table in named and label(one.target)
        ]
        for table, key, target in keys:
            conn.execute(history, (table, ids[table], key, 9, ids[target]))
        for table in named:
            [[called[table]]] = conn.execute(f"SELECT {label(table)} FROM {table} AS t")
        found = conn.execute(
            "SELECT table_name, key, name, from_value, to_value FROM recent_changes"
        )
        wanted = [(table, "", called[table], None, None) for table in named]
        wanted += [(table, key, called[table], "9", called[target]) for table, key, target in keys]
        assert sorted(found.fetchall()) == sorted(wanted)
    assert None not in called.values()


def test_a_flight_says_whether_it_was_flown(mirror):
    found = dict(rows(mirror, "SELECT spacecraft, state FROM flights")[1])
    assert found["Orion Integrity"] == "flown"
    assert found["Orion 004"] == "planned"


def test_a_launch_says_what_came_of_it_and_when_no_more_precisely_than_is_known(mirror):
    sql = "SELECT launch, outcome, orbital, year, date, country_code FROM launches_overview"
    found = {launch: row for launch, *row in rows(mirror, sql)[1]}
    assert found["SLS Block 1 | Artemis II"] == ["success", 1, 2026, "1 Apr 2026, 22:35 UTC", "USA"]
    assert found["SLS Block 1 | Artemis III"] == ["planned", 1, 2027, "first half of 2027", "USA"]
    assert found["Sputnik 8K74PS | Sputnik 1"][3:] == ["4 Oct 1957", "KAZ"]


def test_the_dates_of_a_launch_end_when_it_is_gone_and_begin_anew_when_it_is_back(mirror):
    sql = "SELECT kind, valid_to IS NULL FROM launch_nets WHERE launch LIKE ? ORDER BY valid_from"
    assert rows(mirror, sql, ["%Shenzhou 21"])[1] == [("first", 0), ("slip", 1)]
    assert rows(mirror, sql, ["%Sputnik 2"])[1] == [("first", 0), ("first", 1)]
    assert rows(mirror, sql, ["%Artemis II"])[1] == [("first", 1)]


State = tuple[str, int] | None  # net and the id of its precision; None: LL2 doesn't list the launch


@cache
def blank() -> bytes:
    """A mirror that holds nothing."""
    with closing(sqlite3.connect(":memory:")) as conn:
        conn.executescript(shipped("schema.sql").read_text(encoding="utf-8"))
        return conn.serialize()


def history_of(states: dict[str, list[State]]) -> sqlite3.Connection:
    """A mirror in which the launches had these states, sync by sync."""
    conn = sqlite3.connect(":memory:")
    conn.deserialize(blank())
    precisions = declared()["precisions"]
    conn.executemany("INSERT INTO net_precisions (id, abbrev) VALUES (?, ?1)", zip(precisions))
    history = "INSERT INTO _history VALUES (?, 'launches', ?, ?, ?, ?, ?, 0)"
    for run in range(1, 1 + max(map(len, states.values()))):
        conn.execute(
            "INSERT INTO _runs (id, resource, mode, base_url, started, finished, requests)"
            " VALUES (?, 'launches', '', '', '', ?, 1)",
            (run, f"2026-01-0{run}T12:00:00.123456Z"),
        )
    for id_, series in states.items():
        for run, (before, now) in enumerate(pairwise([None, *series]), 1):
            if now and not before:
                conn.execute(history, (run, id_, "", "added", None, None))
            elif before and not now:
                body = {"name": id_, "net": before[0], "net_precision": {"id": before[1]}}
                conn.execute(history, (run, id_, "", "gone", json.dumps(body), None))
            elif before and now:
                for key, old, new in zip(("net", "net_precision"), before, now, strict=True):
                    if old != new:
                        conn.execute(history, (run, id_, key, "changed", old, new))
        if series[-1]:
            conn.execute(
                "INSERT INTO launches (id, name, net, net_precision_id) VALUES (?1, ?1, ?2, ?3)",
                (id_, *series[-1]),
            )
    return conn


STATES = st.none() | st.tuples(
    st.sampled_from(["2026-09-30T00:00:00Z", "2026-12-31T00:00:00Z", "2026-10-05T17:40:00Z"]),
    st.sampled_from([0, 5, 7, 14]),
)


@given(
    st.dictionaries(st.sampled_from("ABC"), st.lists(STATES, min_size=6, max_size=6), min_size=1)
)
def test_the_dates_of_launches_as_of_any_sync_are_those_they_had(states):
    with closing(history_of(states)) as conn:
        for run in range(1, 7):
            found = conn.execute(
                "SELECT id, launch, net, precision FROM launch_nets WHERE valid_from <= ?1"
                " AND (valid_to IS NULL OR valid_to > ?1)",
                [f"2026-01-0{run}T23:00:00Z"],
            ).fetchall()
            stand = {id_: series[run - 1] for id_, series in states.items() if series[run - 1]}
            assert sorted(found) == [
                (id_, id_, net, str(precision)) for id_, (net, precision) in sorted(stand.items())
            ]


@pytest.mark.parametrize(
    ("before", "now", "kind", "days"),
    [
        (("2026-10-05T17:40:00Z", 0), ("2026-10-06T17:40:00Z", 0), "slip", 1),
        (("2026-10-05T17:40:00Z", 0), ("2026-10-05T05:40:00Z", 1), "pull-in", -0.5),
        (("2026-10-05T00:00:00Z", 5), ("2026-10-05T17:40:00Z", 1), "firmed", 0.7),
        (("2026-12-31T00:00:00Z", 11), ("2026-10-01T00:00:00Z", 5), "firmed", -91),
        (("2026-12-31T00:00:00Z", 11), ("2026-09-30T00:00:00Z", 5), "pull-in", -92),
        (("2026-02-28T00:00:00Z", 7), ("2026-02-01T00:00:00Z", 5), "firmed", -27),
        (("2026-02-28T00:00:00Z", 7), ("2026-01-31T00:00:00Z", 5), "pull-in", -28),
        (("2026-02-05T00:00:00Z", 5), ("2026-02-28T00:00:00Z", 7), "loosened", 23),
        (("2026-02-05T00:00:00Z", 5), ("2026-12-31T00:00:00Z", 14), "loosened", 329),
        (("2026-12-31T00:00:00Z", 14), ("2027-12-31T00:00:00Z", 14), "slip", 365),
        (("2026-06-30T00:00:00Z", 12), ("2026-12-31T00:00:00Z", 13), "slip", 184),
        (("2026-10-11T00:00:00Z", 6), ("2026-10-14T00:00:00Z", 6), "slip", 3),
    ],
)
def test_a_date_that_moved_says_how(before, now, kind, days):
    with closing(history_of({"A": [before, now]})) as conn:
        found = conn.execute("SELECT kind, days_slipped FROM launch_nets ORDER BY valid_from")
        assert found.fetchall() == [("first", None), (kind, days)]


@pytest.mark.parametrize("precision", [*range(18), None])
def test_a_date_is_written_alike_by_the_views_and_on_the_site(precision):
    net = "2026-03-05T07:09:59Z"
    with closing(history_of({"A": [(net, precision)]})) as conn:
        conn.execute("INSERT INTO pads (id) VALUES (1), (2)")
        conn.execute("UPDATE launches SET pad_id = 1")
        event = "INSERT INTO events (id, date, date_precision_id) VALUES (1, ?, ?)"
        conn.execute(event, (net, precision))
        found = {
            *conn.execute("SELECT date FROM launch_nets"),
            *conn.execute("SELECT date FROM launches_overview"),
            *conn.execute("SELECT date FROM events_overview"),
            *conn.execute("SELECT earliest_date FROM launches_by_pad WHERE launches"),
            *conn.execute("SELECT latest_date FROM launches_by_pad WHERE launches"),
        }
    assert found == {(format_net(net, precision),)}


def test_a_sync_makes_the_views_that_are_not_there_and_leaves_a_users_own(tmp_path):
    db = tmp_path / "spacecraft.db"
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, "--base-url", upstream.base_url)
        with closing(sqlite3.connect(db)) as conn, conn:
            conn.execute("DROP VIEW flights")
            conn.execute("DROP VIEW image_credits")
            conn.execute("CREATE VIEW flights AS SELECT 1 AS mine")
            conn.execute("DROP VIEW family_tree")
            conn.execute("CREATE VIEW family_tree AS\n    -- older\nSELECT 1 AS old")
            conn.execute("CREATE VIEW mine AS SELECT * FROM flights")
        sync(db)
    assert rows(db, "SELECT * FROM flights") == (["mine"], [(1,)])
    assert rows(db, "SELECT * FROM mine") == (["mine"], [(1,)])
    assert rows(db, "SELECT * FROM people_flights")[1] == []  # needs no view that may be a user's
    assert rows(db, "SELECT count(*) > 1 FROM image_credits")[1] == [(1,)]
    assert rows(db, "SELECT path FROM family_tree")[1][1] == ("Dragon › Dragon 2",)


MOST_STEPS = 100_000  # of SQLite's: to pass three times over a table of 10,000 rows takes more


def test_each_view_answers_at_once_however_long_the_tables(tmp_path):
    with closing(sqlite3.connect(tmp_path / "large.db")) as conn:
        conn.executescript(shipped("schema.sql").read_text(encoding="utf-8"))
        many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
        for statement in (
            "INSERT INTO launch_statuses (id, abbrev) VALUES (0, 'Success'), (1, 'TBD')",
            f"{many} INSERT INTO pads (id, name) SELECT i, i FROM n WHERE i <= 300",
            f"{many} INSERT INTO rockets (id) SELECT i FROM n",
            f"{many} INSERT INTO launches (id, name, pad_id, status_id, net, rocket_id)"
            " SELECT i, i, i % 300, i % 2, i, i FROM n",
            f"{many} INSERT INTO first_stages (id) SELECT i FROM n",
            f"{many} INSERT INTO rockets__launcher_stage SELECT i, 0, i FROM n",
            f"{many} INSERT INTO landings (id, firststage_id) SELECT i, i FROM n",
            f"{many} INSERT INTO docking_events (id) SELECT i FROM n",
            f"{many} INSERT INTO agencies (id, name) SELECT i, i FROM n",
            f"{many} INSERT INTO images (id, name) SELECT i, i FROM n",
            f"{many} INSERT INTO spacecraft_configurations (id, name, agency_id)"
            " SELECT i, i, i FROM n",
            f"{many} INSERT INTO spacecraft_configuration_families (id, name)"
            " SELECT i, i FROM n WHERE i <= 300",
            f"{many} INSERT INTO spacecraft_configurations__family SELECT i, 0, i % 300 FROM n",
            f"{many} INSERT INTO spacecraft (id, name, spacecraft_config_id, image_id)"
            " SELECT i, i, i, i FROM n",
            f"{many} INSERT INTO spacecraft_flights (id, spacecraft_id, launch_id)"
            " SELECT i, i, i FROM n",
            "INSERT INTO _runs (id, resource, mode, base_url, started, requests)"
            " VALUES (1, 'a', '', '', '', 0), (2, 'a', '', '', '', 0)",
            f"{many} INSERT INTO _history SELECT 1 + (i > 5000), 'agencies', i, '', 'added',"
            " NULL, NULL, 0 FROM n",
        ):
            conn.execute(statement)
        assert conn.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        steps = {}
        for name in PEOPLES:
            with counting_steps(conn) as counted:
                conn.execute(f"SELECT * FROM {name} LIMIT 100").fetchall()
            steps[name] = counted()
        assert {name: count for name, count in steps.items() if count > MOST_STEPS} == {}
