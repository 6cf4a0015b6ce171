"""What is brought in: what is new, and what shares a row with it; as if all had been."""

from __future__ import annotations

import copy

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from helpers import execute, public_rows
from ll2_mirror.cli.main import main
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.testing import fake_ll2
from ll2_mirror.testing.fake_ll2 import adapted
from strategies import DrawnRows, ids_of

SHARING = ("agencies", "spacecraft_configurations", "spacecraft")


@settings(max_examples=6, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_file_is_as_if_all_records_had_been_brought_in(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("brought")
    mode = data.draw(st.sampled_from(["normal", "detailed"]))
    with fake_ll2.running({}) as upstream:
        for _ in range(4):
            world = DrawnRows(data, drift=False)
            for name in data.draw(st.sets(st.sampled_from(SHARING), min_size=1)):
                resource = RESOURCES[name]
                ids = data.draw(ids_of(resource))
                before = {one["id"]: one for one in upstream.records.get((name, mode), ())}
                news = world.page(resource.modes[mode], ids)["results"]
                stays = data.draw(st.sets(st.sampled_from(ids))) if ids else ()
                upstream.records[name, mode] = [
                    before.get(one["id"], one) if one["id"] in stays else one for one in news
                ]
            asked = data.draw(st.lists(st.sampled_from(SHARING), unique=True, min_size=1))
            asked = [name for name in asked if (name, mode) in upstream.records]
            for db in ("some.db", "all.db"):
                path = folder / db
                if db == "all.db" and path.exists():
                    execute(path, "UPDATE _records SET digest = NULL")
                if asked:
                    options = ["--mode", mode, "--base-url", upstream.base_url]
                    done = CliRunner().invoke(main, ["sync", str(path), *asked, *options])
                    assert done.exit_code == 0, done.output
            if asked:
                assert public_rows(folder / "some.db") == public_rows(folder / "all.db"), asked


AGENCY = "SELECT name FROM agencies WHERE id = 63"


@pytest.fixture
def craft(upstream):
    """Two craft of upstream's, which nest one agency."""
    one = upstream.records["spacecraft", "normal"][0]
    made = [{**copy.deepcopy(one), "id": id_, "name": f"Craft {id_}"} for id_ in (1, 2)]
    upstream.records["spacecraft", "normal"] = made
    return made


def _call(record, name):
    record["spacecraft_config"]["agency"].update(id=63, name=name)


@pytest.mark.parametrize("away", ["not understood", "not listed"])
def test_a_record_that_comes_back_as_it_was_says_again_what_it_said(db, run, upstream, craft, away):
    for record in craft:
        _call(record, "X")
    asked = ("--base-url", upstream.base_url, "--max-requests", 1)
    assert run("sync", db, *asked).code == 0
    _call(craft[0], "Y")
    if away == "not listed":  # and nobody could ask
        upstream.records["spacecraft", "normal"] = craft[:1]
    else:
        craft[1]["name"] = 5
    run("sync", db, *asked)
    assert execute(db, AGENCY) == [("Y",)]
    craft[1]["name"] = "Craft 2"
    upstream.records["spacecraft", "normal"] = craft
    assert run("sync", db, *asked).code == 0
    assert execute(db, AGENCY) == [("X",)]
    assert run("verify", db).code == 0


def test_what_stands_in_quarantine_says_what_it_said(db, run, upstream, craft):
    """Once nobody who came later says otherwise."""
    for record in craft:
        _call(record, "X")
    assert run("sync", db, "--base-url", upstream.base_url).code == 0
    _call(craft[0], "Y")
    craft[1]["name"] = 5
    assert run("sync", db).code == 65
    assert execute(db, AGENCY) == [("Y",)]
    craft[0]["spacecraft_config"] = None
    assert run("sync", db).code == 65
    assert execute(db, AGENCY) == [("X",)]
    assert run("verify", db).code == 0


@pytest.mark.parametrize("changed", [0, 1])
def test_a_mode_that_upstream_passes_over_is_no_mode_of_the_file(db, run, upstream, craft, changed):
    """Each record, or each but one, is as it was, but it was asked for in another shape."""
    asked = ("--base-url", upstream.base_url)
    assert run("sync", db, *asked).code == 0
    before = public_rows(db)
    for record in craft[:changed]:
        record["name"] = "Renamed"
    answer = upstream.answer
    upstream.answer = lambda path, query: answer(path, {**query, "mode": "normal"})
    done = run("sync", db, "--mode", "detailed")
    assert done.code == 65
    assert "nothing was published" in done.err
    assert public_rows(db) == before
    assert run("verify", db).code == 0


def test_a_record_is_another_where_the_links_of_its_page_are_others(db, run, upstream, craft):
    """They go by the first link, so that of a record which is as it was may be a stranger now."""
    for record in craft:
        record["spacecraft_config"] = record["image"] = None  # they share no row with a link
    assert run("sync", db, "--base-url", upstream.base_url).code == 0
    answer = upstream.answer

    def answered(path, query):
        status, page = answer(path, query)
        page["results"][0]["url"] = "http://other.example/2.3.0/spacecraft/1/"
        return status, page

    upstream.answer = answered
    assert run("sync", db).code == 0
    [(url,)] = execute(db, "SELECT url FROM spacecraft WHERE id = 2")
    assert url.startswith(upstream.base_url)
    assert run("verify", db).code == 0


def test_a_history_that_was_taken_away_is_not_asked_what_was_written(db, run, upstream, craft):
    """As docs/limits.md has it: then nobody knows which of the lists said the last word."""
    _call(craft[0], "X")
    nested = copy.deepcopy(craft[0]["spacecraft_config"])
    listed = adapted(RESOURCES["spacecraft_configurations"].modes["normal"], nested)
    upstream.records = {
        ("spacecraft", "normal"): craft[:1],
        ("spacecraft_configurations", "normal"): [{**listed, "id": 999}],
    }
    listed["agency"]["name"] = "Y"
    run("sync", db, "spacecraft", "--base-url", upstream.base_url)
    run("sync", db, "spacecraft_configurations")
    assert execute(db, AGENCY) == [("Y",)]
    execute(db, "DELETE FROM _history")
    assert run("sync", db, "spacecraft").code == 0
    assert execute(db, AGENCY) == [("X",)]
    run("sync", db, "spacecraft_configurations")
    execute(db, "DELETE FROM _history")
    listed["agency"]["id"] = 64
    run("sync", db, "spacecraft_configurations")
    assert run("sync", db, "spacecraft").code == 0
    assert execute(db, AGENCY) == [("X",)]
    assert run("verify", db).code == 0
