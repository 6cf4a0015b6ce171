"""Files of any name, in every command, on LL2's paths and on Datasette's pages."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest
import requests
from datasette.app import Datasette

from helpers import execute, sampled
from ll2_mirror.serve.server import datasette
from serving import LIST, served

NAMES = [
    "prod#2.db", "prod?v=2.db", "a%20b.db", "%23.db", "100%.db", "with space.db", "ünïcode 🚀.db",
    "-x.db", "--help", ".db", "none", "file:x.db", ":memory:", "a&b=c;d.db", "it's \"quoted\".db",
    "line\nbreak.db", "_internal.db", "2.3.0.db", "back\\slash.db", os.fsdecode(b"\xff\xfe.db"),
]  # fmt: skip


@pytest.fixture(params=sampled(NAMES, 5), ids=ascii)
def named(request, synced, tmp_path) -> Path:
    """A mirror alone in its folder, under a name that nobody would give it."""
    folder = tmp_path / "named"
    folder.mkdir()
    return Path(shutil.move(synced, folder / request.param))


def alone(named: Path) -> bool:
    return list(named.parent.iterdir()) == [named]


async def pages(app: Datasette) -> tuple[str, str, list[object]]:
    """Where Datasette's own list leads, and what is there."""
    home = await app.client.get("/-/index")
    path = re.findall(r'<h2[^>]*><a href="([^"]+)"', home.text)[0]
    database = await app.client.get(path)
    rows = await app.client.get(f"{path}/spacecraft.json?_shape=array&id=201")
    assert (home.status_code, database.status_code) == (200, 200)
    return path, database.text, rows.json()


@pytest.mark.sampled
def test_a_file_of_any_name_is_served(named):
    async def asked():
        app = datasette(named)
        response = await app.client.get(f"{LIST}201/?mode=normal")
        listed = await app.client.get(f"{LIST}?search=soyuz")
        found = await pages(app)
        app.databases[next(name for name in app.databases if name != "_internal")].close()
        return response, listed, found

    response, listed, (path, database, rows) = asyncio.run(asked())
    assert response.status_code == 501  # it names the file
    assert "ll2-mirror sync" in response.json()["detail"]
    assert listed.json()["count"] > 0
    assert re.fullmatch(r"/[\w~+-]+", path)
    assert "spacecraft_configurations" in database
    assert [row["name"] for row in rows] == ["Soyuz 6"]
    assert alone(named)


@pytest.mark.parametrize("crossdb", [False, True])
def test_files_are_served_beside_it(synced, tmp_path, crossdb):
    other = tmp_path / "other.db"
    execute(other, "CREATE TABLE moons (id INTEGER PRIMARY KEY)")

    async def asked():
        app = datasette(synced, files=(other,), crossdb=crossdb)
        paths = (LIST, "/other/moons.json", "/_memory.json")
        return [(await app.client.get(path)).status_code for path in paths]

    assert asyncio.run(asked()) == [200, 200, 200 if crossdb else 404]


@pytest.mark.sampled
def test_every_command_takes_a_file_of_any_name(named, run, monkeypatch):
    monkeypatch.chdir(named.parent)
    for command, *more in (
        ("sync",),
        ("status",),
        ("verify",),
        ("changes",),
        ("plan",),
        ("get", LIST),
    ):
        ran = run(command, "--", named.name, *more)
        assert ran.code == 0, ran.err
    assert alone(named)


@pytest.mark.parametrize("name", ["prod#2.db", "-x y?.db", os.fsdecode(b"\xff.db")], ids=ascii)
def test_the_command_serves_it(synced, tmp_path, name):
    folder = tmp_path / "named"
    folder.mkdir()
    db = Path(shutil.move(synced, folder / name))
    with served(db) as url:
        assert requests.get(f"{url}{LIST}", timeout=20).json()["count"] == 21
        assert "spacecraft" in requests.get(url, timeout=20).text
    assert alone(db)


@pytest.mark.parametrize("name", ["prod#2.db", "prod?v=2.db", "a%20b.db"])
def test_a_plain_datasette_reads_the_file_too(synced, tmp_path, name):
    folder = tmp_path / "named"
    folder.mkdir()
    db = Path(shutil.move(synced, folder / name))

    async def asked():
        app = Datasette([str(db)])
        listed = await app.client.get(LIST)
        return listed, await pages(app)

    listed, (_, database, rows) = asyncio.run(asked())
    assert listed.json()["count"] == 21
    assert "spacecraft_configurations" in database
    assert [row["name"] for row in rows] == ["Soyuz 6"]
    assert sorted(path.name.partition(".db")[0] for path in folder.iterdir()) == [db.stem] * 3


def test_datasettes_pages_write_nothing(synced):
    async def asked():
        app = datasette(synced)
        sql = "with x as (select 1) insert into spacecraft_statuses values (99, null, 'x')"
        first = await app.client.get("/spacecraft.json", params={"sql": sql})
        fn = app.databases["spacecraft"].execute_fn
        with pytest.raises(Exception, match="readonly"):
            await fn(lambda conn: conn.execute("DELETE FROM spacecraft"))
        return first

    assert asyncio.run(asked()).status_code == 400


def test_datasettes_pages_say_that_an_index_is_damaged(synced):
    execute(synced, "UPDATE _search_spacecraft_fts_config SET v = 0")

    async def asked():
        return await datasette(synced).client.get("/spacecraft")

    answer = asyncio.run(asked())
    assert answer.status_code == 503
    assert "spacecraft.db is damaged: invalid fts5 file format" in answer.text


def test_datasette_without_threads_reads_the_file(synced):
    async def asked():
        app = Datasette([str(synced)], settings={"num_sql_threads": 0})
        return [await app.client.get(path) for path in (LIST, "/spacecraft/spacecraft.json")]

    assert [answer.status_code for answer in asyncio.run(asked())] == [200, 200]


def test_another_plugin_may_write_where_it_asks_to(synced):
    async def asked():
        app = Datasette([str(synced)])
        await app.client.get(LIST)
        database = app.databases["spacecraft"]
        await database.execute_write("CREATE TABLE mine (id INTEGER PRIMARY KEY)")
        return await app.client.get("/spacecraft/mine.json")

    assert asyncio.run(asked()).status_code == 200
