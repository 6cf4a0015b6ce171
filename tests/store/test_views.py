"""The views for people: in each file, described, quick, and beside a user's own."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from helpers import counting_steps, rows, sync
from ll2_mirror.files import shipped
from ll2_mirror.ll2.descriptions import label
from ll2_mirror.ll2.schema import APPLICATION_ID, edges, tables, views
from ll2_mirror.testing import fake_ll2


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    db = tmp_path_factory.mktemp("views") / "spacecraft.db"
    names = ("spacecraft", "agencies", "spacecraft_configurations")
    with fake_ll2.running(fake_ll2.bundled()) as upstream:
        sync(db, *names, "--mode", "detailed", "--base-url", upstream.base_url)
        craft = upstream.records["spacecraft", "detailed"]
        craft[1]["status"] = next(one["status"] for one in craft if one["status"]["id"] == 1)
        craft[0]["serial_number"] = "changed"
        craft.pop()
        sync(db)
    return db


PEOPLES = [name for name in views() if not name.startswith("_")]


@pytest.mark.parametrize("name", PEOPLES)
def test_each_view_says_what_it_and_its_columns_hold(mirror, name):
    columns, found = rows(mirror, f"SELECT * FROM {name}")
    assert found
    assert list(views()[name].columns) == columns
    assert views()[name].text.endswith(".")
    [[made]] = rows(mirror, f"SELECT sql FROM sqlite_master WHERE name = '{name}'")[1]
    assert all(f"-- {said}" in made for said in views()[name].columns.values())


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
        wanted += [(table, key, called[table], 9, called[target]) for table, key, target in keys]
        assert sorted(found.fetchall()) == sorted(wanted)
    assert None not in called.values()


def test_a_flight_says_whether_it_was_flown(mirror):
    found = dict(rows(mirror, "SELECT spacecraft, state FROM flights")[1])
    assert found["Orion Integrity"] == "flown"
    assert found["Orion 004"] == "planned"


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
            f"{many} INSERT INTO launches (id, name, pad_id, status_id, net)"
            " SELECT i, i, i % 300, i % 2, i FROM n",
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
