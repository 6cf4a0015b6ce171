"""What nothing leads to any more goes; a table of the user's own keeps what it refers to."""

from __future__ import annotations

import pytest

from helpers import execute


@pytest.fixture
def noted(synced):
    """A file with notes of the user's own on a craft and on an agency."""
    craft = execute(synced, "SELECT id FROM spacecraft ORDER BY id LIMIT 1")[0][0]
    execute(synced, "CREATE TABLE notes (craft INTEGER REFERENCES spacecraft (id), note TEXT)")
    execute(synced, "INSERT INTO notes VALUES (?, 'mine')", craft)
    return synced, craft


def drop(upstream, id_):
    records = upstream.records["spacecraft", "normal"]
    records[:] = [record for record in records if record["id"] != id_]


def test_a_row_that_a_users_table_refers_to_stays_by_name(noted, run, upstream):
    db, craft = noted
    drop(upstream, craft)
    done = run("sync", db, "--json").json
    assert done["gone"] == 1
    assert done["kept"] == [{"table": "spacecraft", "id": craft, "by": "notes"}]
    assert execute(db, "SELECT count(*) FROM _records") == [(20,)]
    assert execute(db, "SELECT count(*) FROM spacecraft") == [(21,)]
    assert run("verify", db).code == 0
    assert run("get", db, f"/2.3.0/spacecraft/?limit=100&name=x{craft}").code == 0


def test_it_goes_when_the_user_lets_it_go(noted, run, upstream):
    db, craft = noted
    drop(upstream, craft)
    run("sync", db)
    told = run("sync", db)
    assert (told.code, "notes" in told.out) == (0, True)
    execute(db, "DROP TABLE notes")
    assert run("verify", db).code == 0
    assert "notes" not in run("sync", db).out
    assert execute(db, "SELECT count(*) FROM spacecraft") == [(20,)]
    assert run("verify", db).code == 0


def test_a_kept_row_may_be_deleted_by_hand(noted, run, upstream):
    db, craft = noted
    drop(upstream, craft)
    run("sync", db)
    execute(db, "DROP TABLE notes")
    execute(db, "DELETE FROM spacecraft WHERE id = ?", craft)
    assert run("sync", db, "--json").json["kept"] == []
    assert run("verify", db).code == 0


def test_a_row_that_goes_takes_along_what_the_user_said_it_should(synced, run, upstream):
    craft = execute(synced, "SELECT id FROM spacecraft ORDER BY id LIMIT 1")[0][0]
    execute(
        synced,
        "CREATE TABLE notes (craft INTEGER REFERENCES spacecraft (id) ON DELETE CASCADE)",
    )
    execute(synced, "INSERT INTO notes VALUES (?)", craft)
    drop(upstream, craft)
    assert run("sync", synced, "--json").json["kept"] == []
    assert execute(synced, "SELECT count(*) FROM notes") == [(0,)]


@pytest.mark.parametrize("column", ['"a""b" INTEGER', "a TEXT"])
def test_a_row_with_lists_stays_with_them(db, run, upstream, column):
    """However the user calls the column, and whatever type SQLite compares it by."""
    url = upstream.base_url
    assert run("sync", db, "agencies", "--base-url", url).code == 0
    [agency] = [one for one in upstream.records["agencies", "normal"] if one["country"]][:1]
    execute(db, f"CREATE TABLE mine ({column} REFERENCES agencies (id))")
    execute(db, "INSERT INTO mine VALUES (?)", agency["id"])
    upstream.records["agencies", "normal"].remove(agency)
    done = run("sync", db, "--json", "--allow-shrink").json
    assert {"table": "agencies", "id": agency["id"], "by": "mine"} in done["kept"]
    assert run("verify", db).code == 0
    assert run("sync", db).code == 0
    assert run("verify", db).code == 0


def test_what_hangs_on_a_row_sees_no_state_in_between(synced, run, upstream):
    """A row that a text lets go, and another still has, is the same before and after."""
    execute(synced, "CREATE TABLE seen (old, new)")
    execute(
        synced,
        "CREATE TRIGGER renamed AFTER UPDATE ON agencies BEGIN"
        " INSERT INTO seen VALUES (old.name, new.name); END",
    )
    upstream.records["spacecraft", "normal"][0]["spacecraft_config"] = None
    assert run("sync", synced).code == 0
    assert execute(synced, "SELECT count(*) FROM seen WHERE new IS NULL OR old = new") == [(0,)]
    assert run("verify", synced).code == 0
