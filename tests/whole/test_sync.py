"""A sync writes what differs and nothing else, and says what it did."""

from __future__ import annotations

import copy
import json
import re
import sqlite3

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from helpers import examples, execute, pages_asked, public_rows
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.testing import fake_ll2
from ll2_mirror.testing.sample_records import linked
from strategies import DrawnRows, ids_of, resources_and_modes

ALL = ["spacecraft", "agencies", "spacecraft_configurations"]


def history(db):
    """The last run's history, without rows added."""
    return execute(
        db,
        "SELECT table_name, id, key, kind, from_value, to_value, moving FROM _history"
        " WHERE run = (SELECT max(id) FROM _runs) AND kind <> 'added'"
        " ORDER BY table_name, id, key",
    )


def public_pages(db):
    """The bytes of each database page that belongs to a public table or its indexes."""
    conn = sqlite3.connect(db)
    try:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = conn.execute("PRAGMA page_size").fetchone()[0]
        owned = conn.execute(
            "SELECT pageno FROM dbstat WHERE name NOT LIKE '\\_%' ESCAPE '\\'"
            " AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
    except sqlite3.OperationalError:
        pytest.skip("this SQLite has no dbstat")
    finally:
        conn.close()
    body = db.read_bytes()
    return {n: body[(n - 1) * size : n * size] for (n,) in owned}


def test_a_first_sync_brings_every_record(db, run, upstream):
    assert run("sync", db, "--base-url", upstream.base_url).code == 0
    assert execute(db, "SELECT count(*) FROM spacecraft") == [(21,)]
    free, (path, headers) = upstream.log
    assert free[0] == "/2.3.0/api-throttle/"
    assert path == "/2.3.0/spacecraft/?limit=100&mode=normal&offset=0&ordering=id"
    assert headers["User-Agent"].startswith("ll2-mirror/")
    assert "gzip" in headers["Accept-Encoding"]
    assert run("verify", db).code == 0


def test_a_second_sync_writes_no_page_of_a_public_table(synced, run):
    before = public_pages(synced)
    again = run("sync", synced, "--json")
    assert public_pages(synced) == before
    assert again.json["unchanged"] == again.json["records"] == 21
    assert [again.json[key] for key in ("added", "changed", "gone")] == [0, 0, 0]
    assert len(run("changes", synced, "--json").json["runs"]) == 1


def test_one_changed_field_is_one_row_and_one_entry(synced, run, upstream):
    before = public_rows(synced)
    record = upstream.records["spacecraft", "normal"][5]
    old, record["description"] = record["description"], "News."
    assert run("sync", synced, "--json").json["changed"] == 1
    after = public_rows(synced)
    different = {name for name in after if after[name] != before[name]}
    assert different == {"spacecraft"}
    assert len(set(after["spacecraft"]) - set(before["spacecraft"])) == 1
    assert history(synced) == [
        ("spacecraft", record["id"], "description", "changed", old, "News.", 0)
    ]


def test_what_moves_by_itself_is_stored_and_no_news(synced, run, upstream):
    for record in upstream.records["spacecraft", "normal"]:
        record["time_in_space"] = "P1000DT1S"
    report = run("sync", synced, "--json").json
    assert (report["changed"], report["moved"], report["unchanged"]) == (0, 21, 21)
    seconds = execute(synced, "SELECT DISTINCT time_in_space_seconds FROM spacecraft")
    assert seconds == [(86400001.0,)]
    assert len(run("changes", synced, "--json").json["runs"]) == 1
    assert len(run("changes", synced, "--json", "--all").json["runs"]) == 2


def test_another_host_of_a_picture_is_no_news(synced, run, upstream):
    for record in upstream.records["spacecraft", "normal"]:
        for image in (record["image"], record["spacecraft_config"]["image"]):
            image["image_url"] = image["image_url"].replace("-dev.", "-prod.")
    run("sync", synced)
    assert {row[6] for row in history(synced)} == {1}
    assert run("verify", synced).code == 0


def test_another_order_is_stored_and_no_news(synced, run, upstream):
    for record in upstream.records["spacecraft", "normal"]:
        record["spacecraft_config"]["family"].reverse()
    run("sync", synced)
    assert history(synced) == [
        ("spacecraft_configurations", 6, "family", "reordered", "[6, 7]", "[7, 6]", 1)
    ]
    assert run("verify", synced).code == 0


def test_a_record_that_is_gone_leaves_the_tables_and_is_remembered(synced, run, upstream):
    gone = upstream.records["spacecraft", "normal"].pop(0)
    assert run("sync", synced, "--json").json["gone"] == 1
    assert execute(synced, "SELECT count(*) FROM spacecraft WHERE id = ?", gone["id"]) == [(0,)]
    [(body,)] = execute(synced, "SELECT body FROM _tombstones")
    assert json.loads(body)["name"] == gone["name"]
    assert run("verify", synced).code == 0
    assert run("status", synced, "--json").json["resources"][0]["tombstones"] == 1
    upstream.records["spacecraft", "normal"].append(gone)
    assert run("sync", synced, "--json").json["added"] == 1
    assert execute(synced, "SELECT count(*) FROM _tombstones") == [(0,)]


def test_what_only_a_gone_record_led_to_goes_with_it(db, run, upstream):
    """Also where it leads back: a flight belongs to the spacecraft that lists it."""
    run("sync", db, "--base-url", upstream.base_url, "--mode", "detailed")
    detailed = upstream.records["spacecraft", "detailed"]
    detailed[:] = [record for record in detailed if record["id"] != 610]
    run("sync", db)
    assert execute(db, "SELECT count(*) FROM spacecraft_flights WHERE spacecraft_id = 610") == [
        (0,)
    ]
    assert execute(db, "SELECT count(*) FROM launches WHERE name LIKE '%Shenzhou 21'") == [(0,)]
    assert execute(db, "SELECT name FROM agencies WHERE id = 63") != []
    assert run("verify", db).code == 0


def _two_values(records):
    """Gives one agency another name in the first of two records that nest it."""
    for record, name in ((records[0], "Earlier"), (records[1], "Later")):
        record["spacecraft_config"]["agency"]["name"] = name


def test_of_two_values_in_one_walk_the_later_stands(db, run, upstream):
    records = upstream.records["spacecraft", "normal"]
    records[:] = [copy.deepcopy(records[0]), copy.deepcopy(records[1])]
    _two_values(records)
    report = run("sync", db, "--base-url", upstream.base_url, "--json").json
    assert report["conflicts"] == 0  # no longer counted
    assert execute(db, "SELECT name FROM agencies WHERE id = 63") == [("Later",)]
    verdict = run("verify", db, "--json")
    assert (verdict.code, verdict.json["overtaken"]) == (0, 1)


@pytest.mark.parametrize("changed_page", [0, 150])
def test_a_change_elsewhere_does_not_bring_the_earlier_value_back(db, run, upstream, changed_page):
    """Also when the page that has the later value did not change and need not be read again."""
    record = upstream.records["spacecraft", "normal"][0]
    records = [{**copy.deepcopy(record), "id": n, "name": f"Craft {n}"} for n in range(200)]
    _two_values([records[0], records[150]])
    upstream.records["spacecraft", "normal"] = records
    run("sync", db, "--base-url", upstream.base_url)
    before = execute(db, "SELECT name FROM agencies WHERE id = 63")
    records[changed_page + 1]["name"] = "Renamed"
    run("sync", db)
    assert execute(db, "SELECT name FROM agencies WHERE id = 63") == before
    assert [row[:3] for row in history(db)] == [("spacecraft", changed_page + 1, "name")]


def test_normal_to_detailed_keeps_everything_and_there_is_no_way_back(db, run, upstream):
    url = upstream.base_url
    assert run("sync", db, *ALL, "--base-url", url).code == 0
    ids = execute(db, "SELECT id, name FROM spacecraft ORDER BY id")
    assert run("sync", db, "--mode", "detailed", "--json").json[0]["mode"] == "detailed"
    assert execute(db, "SELECT id, name FROM spacecraft ORDER BY id") == ids
    assert execute(db, "SELECT count(*) FROM launches") == [(10,)]
    assert run("verify", db).code == 0
    back = run("sync", db, "--mode", "normal")
    assert back.code == 2
    assert "which has more" in back.err
    assert run("sync", db, "--json").json[0]["mode"] == "detailed"


def test_a_row_that_several_resources_bring_is_one_row(db, run, upstream):
    run("sync", db, *ALL, "--base-url", upstream.base_url, "--mode", "detailed")
    assert execute(db, "SELECT count(*), group_concat(_shapes) FROM agencies WHERE id = 44") == [
        (1, "AgencyMini AgencyNormal AgencyDetailed AgencyEndpointDetailed")
    ]
    assert run("verify", db).code == 0


def test_a_walk_takes_the_ordering_that_the_endpoint_offers(db, run, upstream):
    run("sync", db, *ALL, "--base-url", upstream.base_url)
    assert ["ordering=name" in path for path in pages_asked(upstream)] == [False, False, True]


def test_a_page_that_falls_short_publishes_nothing(synced, run, upstream, monkeypatch):
    before = public_rows(synced)
    page = upstream._page
    monkeypatch.setattr(upstream, "_page", lambda *a: {**page(*a), "count": 22})
    again = run("sync", synced)
    assert again.code == 65
    assert "a page of 1 records instead of 2: LL2 counts 22" in again.err
    assert public_rows(synced) == before


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("name",), 5, "name: expected text, got 5"),
        (("spacecraft_config", "family"), {}, "spacecraft_config.family: expected a list"),
    ],
)
def test_a_record_that_is_not_understood_stays_as_it_was(synced, run, upstream, path, value, told):
    before = public_rows(synced)
    record = upstream.records["spacecraft", "normal"][9]
    upstream.records["spacecraft", "normal"][0]["name"] = "Changed"
    inner = record
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    again = run("sync", synced)
    assert again.code == 65
    assert again.err.startswith(f"ll2-mirror: spacecraft {record['id']}: {told}")
    assert again.err.count("\n") == 1
    after = public_rows(synced)
    assert [row[2] for row in after["spacecraft"]].count("Changed") == 1
    assert set(after["spacecraft"]) - set(before["spacecraft"]) == {
        row for row in after["spacecraft"] if row[2] == "Changed"
    }
    assert run("verify", synced).code == 0


def test_drift_is_kept_rendered_back_and_reported(synced, run, upstream):
    record = upstream.records["spacecraft", "normal"][3]
    items = list(record.items())
    record.clear()
    record.update([*items[:4], ("colour", {"rgb": [1, 2.5]}), *items[4:]])
    report = run("sync", synced, "--json").json
    assert report["drift"] == [
        {
            "shape": "SpacecraftNormal",
            "key": "colour",
            "what": "unknown key",
            "id": record["id"],
        }
    ]
    assert run("verify", synced).code == 0
    assert "SpacecraftNormal.colour: unknown key" in run("status", synced).out
    [(extra,)] = execute(synced, "SELECT _extra FROM spacecraft WHERE id = ?", record["id"])
    assert json.loads(extra)["SpacecraftNormal"]["values"] == {"colour": {"rgb": [1, 2.5]}}
    assert [(row[2], row[4]) for row in history(synced)] == [("_extra", None)]
    assert 'colour: null → {"rgb": [1, 2.5]}\n' in run("changes", synced).out
    del record["colour"]
    run("sync", synced)
    assert run("status", synced, "--json").json["drift"] == []


def test_no_raw_page_is_written_twice(synced, run):
    execute(
        synced,
        "CREATE TRIGGER twice BEFORE INSERT ON _pages BEGIN SELECT RAISE(ABORT, 'again'); END",
    )
    assert run("sync", synced).code == 0


def test_only_the_last_walk_is_kept(synced, run, upstream):
    for n in range(3):
        upstream.records["spacecraft", "normal"][0]["name"] = f"Name {n}"
        run("sync", synced)
    assert execute(synced, "SELECT count(*) FROM _pages") == [(1,)]
    assert execute(synced, "SELECT count(*) FROM _walks") == [(1,)]


# Without shrinking: it takes minutes on walks.
NO_SHRINK = [Phase.explicit, Phase.reuse, Phase.generate]


def _within(new, old):
    """Whether the words of a text, such as those of _shapes, are all in another."""
    return set(str(new).split()) <= set(str(old).split())


@pytest.mark.sampled
@settings(max_examples=examples(3, 100), phases=NO_SHRINK, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_after_any_syncs_the_file_equals_a_fresh_one(tmp_path_factory, data):
    """Whatever upstream went through: verify agrees, and the tables hold what a new file would.

    More they hold only of rows that were seen in a richer shape before: columns that the shapes
    they come in today don't have, and what those refer to.
    """
    from click.testing import CliRunner

    from ll2_mirror.cli.main import main

    resource, mode = data.draw(st.sampled_from(resources_and_modes()))
    shape = RESOURCES[resource].modes[mode]
    folder = tmp_path_factory.mktemp("walks")

    def sync(db):
        arguments = ["sync", str(folder / db), resource, "--base-url", upstream.base_url]
        result = CliRunner().invoke(main, [*arguments, "--mode", mode])
        assert result.exit_code == 0, result.output
        verdict = CliRunner().invoke(main, ["verify", str(folder / db)])
        assert verdict.exit_code == 0, verdict.output

    with fake_ll2.running({}) as upstream:
        for _ in range(3):
            world = DrawnRows(data, drift=False)
            ids = data.draw(ids_of(RESOURCES[resource]))
            before = {one["id"]: one for one in upstream.records.get((resource, mode), ())}
            stays = data.draw(st.sets(st.sampled_from(ids))) if ids else ()
            upstream.records[resource, mode] = [
                before.get(one["id"], one) if one["id"] in stays else one
                for one in world.page(shape, ids)["results"]
            ]
            sync("a.db")
        sync("b.db")
    held, fresh = public_rows(folder / "a.db"), public_rows(folder / "b.db")
    listed = "SELECT id FROM _records ORDER BY id"
    assert execute(folder / "a.db", listed) == execute(folder / "b.db", listed)
    for name, rows in fresh.items():
        known = {row[0]: row for row in held[name]}
        for row in rows if "__" not in name else ():
            pairs = zip(row, known[row[0]], strict=True)
            assert all(new in (None, old) or _within(new, old) for new, old in pairs)


def _craft(upstream, count):
    """Gives upstream this many records, all of one configuration; gives them."""
    record = upstream.records["spacecraft", "normal"][0]
    records = [{**copy.deepcopy(record), "id": n, "name": f"Craft {n}"} for n in range(count)]
    upstream.records["spacecraft", "normal"] = records
    return records


def test_the_earlier_of_two_values_comes_back_where_the_later_goes(db, run, upstream):
    """Also from a page that came as it was."""
    records = _craft(upstream, 150)
    _two_values([records[0], records[120]])
    run("sync", db, "--base-url", upstream.base_url)
    run("sync", db)
    records[120]["spacecraft_config"] = None
    run("sync", db)
    [(name,)] = execute(db, "SELECT name FROM agencies WHERE id = 63")
    assert name == records[149]["spacecraft_config"]["agency"]["name"]
    assert run("verify", db).code == 0


def test_a_record_that_was_nested_before_is_added_not_changed(synced, run, upstream):
    agency = upstream.records["agencies", "normal"][0]
    upstream.records["agencies", "normal"] = [{**agency, "id": 63, "name": "Roscosmos"}]
    report = run("sync", synced, "agencies", "--json").json
    assert [report[key] for key in ("added", "changed", "unchanged")] == [1, 0, 0]


def test_where_lists_disagree_the_record_that_changed_last_stands(db, run, upstream):
    agency = upstream.records["agencies", "normal"][0]
    upstream.records["agencies", "normal"] = [{**agency, "id": 63, "name": "Roscosmos"}]
    run("sync", db, "spacecraft", "agencies", "--base-url", upstream.base_url)
    upstream.records["spacecraft", "normal"][0]["description"] = "News."
    run("sync", db)
    assert execute(db, "SELECT name FROM agencies WHERE id = 63") != [("Roscosmos",)]
    entries = execute(db, "SELECT table_name, key FROM _history WHERE key <> ''")
    assert ("agencies", "name") in entries
    assert ("spacecraft", "description") in entries
    run("sync", db)
    assert execute(db, "SELECT table_name, key FROM _history WHERE key <> ''") == entries
    assert run("verify", db).code == 0


def _agency(upstream, record, **values):
    """Gives the agency of a record's configuration other values."""
    agency = upstream.records["spacecraft", "normal"][record]["spacecraft_config"]["agency"]
    agency.update(values)


def _objects(value):
    """Each object in a JSON value, the outer before the inner."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _objects(item)


def _consistent(db, run):
    verdict = run("verify", db)
    assert verdict.code == 0, verdict.out


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"family": [1, 6]}, {"family": [6, 1]}),  # an order
        ({"zz": 2}, {"zz": 1}),  # an unknown key
        ({"in_use": True}, {"in_use": False}),
    ],
)
def test_the_record_that_changed_last_has_the_last_word(db, run, upstream, first, second):
    """Also over one of a later page, which nests the same row and came as it was."""
    records = _craft(upstream, 150)
    family = upstream.records["spacecraft", "normal"][0]["spacecraft_config"]["family"][0]

    def configure(record, values):
        values = {**values}
        if "family" in values:
            values["family"] = [{**copy.deepcopy(family), "id": id_} for id_ in values["family"]]
        record["spacecraft_config"] = {**record["spacecraft_config"], **values}

    for record in records:
        configure(record, first)
    for record in records[1:100]:
        record["spacecraft_config"] = None
    run("sync", db, "--base-url", upstream.base_url)
    before = public_rows(db)
    configure(records[0], second)
    run("sync", db)
    changed = public_rows(db)
    assert changed != before
    _consistent(db, run)
    records[0]["spacecraft_config"] = None
    run("sync", db)
    before["spacecraft"] = changed["spacecraft"] = None
    after = {**public_rows(db), "spacecraft": None}
    assert after == before
    _consistent(db, run)


def test_a_list_that_lets_a_row_go_leaves_it_as_the_other_says(db, run, upstream):
    """Also where the other's pages came as they were."""
    agency = upstream.records["agencies", "normal"][0]
    upstream.records["agencies", "normal"] = [{**agency, "id": 63, "name": "A"}]
    name = "SELECT name FROM agencies WHERE id = 63"
    run("sync", db, "agencies", "--base-url", upstream.base_url)
    for record in range(10):
        _agency(upstream, record, name="B")
    run("sync", db, "spacecraft")
    assert execute(db, name) != [("A",)]
    upstream.records["spacecraft", "normal"].clear()
    run("sync", db, "agencies")
    assert execute(db, name) != [("A",)]
    run("sync", db, "--allow-shrink")
    assert execute(db, name) == [("A",)]
    _consistent(db, run)


def test_an_object_that_contradicts_itself_is_walked_again(db, run, upstream):
    """Once something was overtaken within it, it can't be skipped as one that is known."""
    records = _craft(upstream, 3)
    config = records[0]["spacecraft_config"]
    family = config["family"][0]
    config["agency"]["name"] = "A"
    config["family"] = [
        {**copy.deepcopy(family), "id": 1},
        {**copy.deepcopy(family), "id": 2},
    ]
    config["family"][0]["manufacturer"]["name"] = "X"
    config["family"][1]["manufacturer"]["name"] = "Y"
    records[1]["spacecraft_config"] = {**copy.deepcopy(config), "id": 99, "family": []}
    records[1]["spacecraft_config"]["agency"]["name"] = "C"
    records[2]["spacecraft_config"] = copy.deepcopy(config)
    run("sync", db, "--base-url", upstream.base_url)
    assert execute(db, "SELECT name FROM agencies WHERE id = 63") == [("A",)]
    _consistent(db, run)


def test_two_values_of_an_unknown_key_are_no_fault(db, run, upstream):
    records = _craft(upstream, 2)
    for value, record in enumerate(records):
        record["spacecraft_config"]["agency"]["zz"] = value
    agency = records[0]["spacecraft_config"]["agency"]
    records[0]["spacecraft_config"]["agency"] = dict(reversed(agency.items()))
    run("sync", db, "--base-url", upstream.base_url)
    assert "_extra" not in run("changes", db).out
    _consistent(db, run)


def test_one_change_in_two_shapes_is_no_second_value(db, run, upstream):
    """The shorter shape comes first and does not have the key that changed."""
    upstream.records["spacecraft", "detailed"] = [
        r for r in upstream.records["spacecraft", "detailed"] if r["id"] == 610
    ]
    url = upstream.base_url
    assert run("sync", db, "--base-url", url, "--mode", "detailed", "--json").json["conflicts"] == 0

    for value in _objects(upstream.records["spacecraft", "detailed"]):
        if "administrator" in value and value["id"] == 17:
            value["administrator"] = "New"
    assert run("sync", db, "--json").json["conflicts"] == 0
    _consistent(db, run)


def test_pages_whose_records_have_no_link_are_read_by_the_links_within(db, run, upstream):
    records = _craft(upstream, 150)
    for record in records[100:]:
        record["url"] = None
    report = run("sync", db, "--base-url", upstream.base_url, "--json").json
    assert report["conflicts"] == 0
    _consistent(db, run)


@pytest.mark.parametrize("url", ["//foo", "/2.3.0/rel/", "http://other/2.3.0/x/", "x", ""])
def test_an_odd_link_comes_back(db, run, upstream, monkeypatch, url):
    records = _craft(upstream, 2)
    records[1]["url"] = url
    monkeypatch.setattr(
        "ll2_mirror.testing.fake_ll2.linked",
        lambda value, base_url, suffix="": (
            {**linked(value, base_url, suffix), "url": url}
            if isinstance(value, dict) and value.get("id") == 1 and "serial_number" in value
            else linked(value, base_url, suffix)
        ),
    )
    run("sync", db, "--base-url", upstream.base_url)
    verdict = run("verify", db, "--json").json
    assert (verdict["ok"], verdict["overtaken"], verdict["respelled"]) == (True, 0, 0)


@pytest.mark.parametrize("depth", [40, 48, 60, 500, 900, 5000])
def test_too_deep_a_value_is_refused_and_a_deep_one_readable(db, run, upstream, depth, monkeypatch):
    _craft(upstream, 1)
    answer = upstream.answer

    def deep(*arguments):
        _, document = answer(*arguments)
        body = json.dumps(document).replace(
            '"is_placeholder"', f'"zz": {"[" * depth}{"]" * depth}, "is_placeholder"'
        )
        return 200, body.encode()

    monkeypatch.setattr(upstream, "answer", deep)
    done = run("sync", db, "--base-url", upstream.base_url)
    assert done.code == (0 if depth < 50 else 65), done.err
    assert done.err.count("\n") == (done.code != 0)
    assert run("verify", db).code == 0


def test_two_syncs_on_one_file(synced, run):
    """The second says who is at it, and ends."""
    from ll2_mirror.store.lock import only_sync

    with only_sync(synced):
        refused = run("sync", synced)
    assert refused.code == 75
    assert re.search(r"synced by another process \(pid \d+, since 20", refused.err)
    assert run("sync", synced).code == 0
    assert [path.name for path in synced.parent.iterdir()] == [synced.name]


def test_a_walk_whose_list_shrinks_steps_back(db, run, upstream, monkeypatch):
    """A record that goes behind the walk moves another one past it."""
    records = _craft(upstream, 150)
    run("sync", db, "--base-url", upstream.base_url)
    answer = upstream.answer

    def shrinking(path, query):
        if query.get("offset") == "100":
            records[:] = [record for record in records if record["id"] != 5]
        return answer(path, query)

    monkeypatch.setattr(upstream, "answer", shrinking)
    done = run("sync", db)
    assert done.code == 0
    assert "went from 150 to 149 records: steps back" in done.out
    assert "150 records in 4 requests" in done.out  # it was there when the walk met it
    listed = [id_ for (id_,) in execute(db, "SELECT id FROM _records ORDER BY id")]
    assert listed == list(range(150))
    assert run("verify", db).code == 0
    assert run("sync", db, "--json").json["gone"] == 1
    assert execute(db, "SELECT id FROM _tombstones") == [(5,)]


@pytest.mark.parametrize("status", [400, 403, 500])
def test_who_cannot_be_asked_about_is_kept(db, run, upstream, monkeypatch, status):
    """LL2 fails on detail routes: that is no word about any record, and no reason to ask again."""
    records = _craft(upstream, 150)
    run("sync", db, "--base-url", upstream.base_url)
    del records[3:8]
    monkeypatch.setattr(upstream, "record", lambda *_: (status, {"detail": "Not now."}))
    done = run("sync", db, "--json")
    assert (done.code, done.json["gone"], done.json["missing"]) == (0, 0, 5)
    assert done.json["requests"] == (2 + 5 if status == 500 else 2 + 1)
    assert run("verify", db).code == 0
    again = run("sync", db, "--json")
    assert (again.json["gone"], again.json["missing"]) == (5, 0)
    assert run("verify", db).code == 0


def test_resources_that_disagree_settle(db, run, upstream):
    """Each sync brings both values; what counts is the file before it and after it."""
    agency = upstream.records["agencies", "normal"][0]
    kind = {"id": 902, "name": "Two"}
    upstream.records["agencies", "normal"] = [{**agency, "id": 63, "name": "A", "type": kind}]
    for record in range(10):
        _agency(upstream, record, type={"id": 901, "name": "One"})
    run("sync", db, "spacecraft", "agencies", "--base-url", upstream.base_url)
    before = public_rows(db), execute(db, "SELECT * FROM _history WHERE kind <> 'added'")
    for _ in range(3):
        for report in run("sync", db, "--json").json:
            assert report["unchanged"] == report["records"]
            assert report["nested"] == 0
        after = public_rows(db), execute(db, "SELECT * FROM _history WHERE kind <> 'added'")
        assert after == before
    _consistent(db, run)


def test_a_row_is_there_as_long_as_a_text_has_it(db, run, upstream):
    """Also where another text says that what nested it refers to another row."""
    records = _craft(upstream, 2)
    records[0]["spacecraft_config"]["agency"]["id"] = 9001
    run("sync", db, "--base-url", upstream.base_url)
    assert execute(db, "SELECT id FROM agencies ORDER BY id") == [(63,), (1000,), (9001,)]
    _consistent(db, run)
    records[0]["spacecraft_config"] = None
    run("sync", db)
    assert execute(db, "SELECT id FROM agencies ORDER BY id") == [(63,), (1000,)]
    _consistent(db, run)


def test_two_values_within_an_item_that_has_no_id_are_no_fault(db, run, upstream):
    """Videos and pages live in their mission's list; their types are rows that all share."""
    url = {
        **dict.fromkeys(["priority", "source", "title", "description", "feature_image"]),
        "url": "https://x",
        "type": {"id": 1, "name": "Early"},
        "language": None,
    }
    objects = list(_objects(upstream.records["spacecraft", "detailed"]))
    missions = [value for value in objects if "info_urls" in value]
    for mission in missions:
        mission["info_urls"] = [copy.deepcopy(url)]
    missions[-1]["info_urls"][0]["type"]["name"] = "Late"
    run("sync", db, "--base-url", upstream.base_url, "--mode", "detailed")
    _consistent(db, run)
    execute(db, "UPDATE missions__info_urls SET title = 'X' WHERE mission_id = 6343")
    assert "missions 6343: info_urls is" in run("verify", db).out


def test_an_unknown_key_without_a_name_is_compared(synced, run, upstream):
    upstream.records["spacecraft", "normal"][0][""] = 1
    run("sync", synced)
    _consistent(synced, run)
    execute(synced, """UPDATE spacecraft SET _extra = replace(_extra, '"":1', '"":2')""")
    assert run("verify", synced).code == 1


def test_the_last_state_of_a_nested_row_is_kept(synced, run, upstream):
    """With the items of its lists, by LL2's keys."""
    records = upstream.records["spacecraft", "normal"]
    records[:] = [record for record in records if record["spacecraft_config"]["id"] != 6]
    run("sync", synced)
    found = "SELECT from_value FROM _history WHERE table_name = ? AND kind = 'gone'"
    [(state,)] = execute(synced, found, "spacecraft_configurations")
    state = json.loads(state)
    assert (state["name"], state["family"], state["agency"]) == ("Crew Dragon 2", [6, 7], 121)
    _consistent(synced, run)


def test_a_lock_takes_nothing_that_is_not_its_own(synced, run):
    """A file of the lock's name may be another's, and a mirror may have two names."""
    other = synced.with_name(f"{synced.name}.lock")
    other.write_text("precious")
    assert run("sync", synced).code == 2
    assert other.read_text() == "precious"
    other.unlink()
    alias = synced.with_name("alias.db")
    alias.symlink_to(synced)
    from ll2_mirror.store.lock import only_sync

    with only_sync(alias):
        assert run("sync", synced).code == 75
    other.symlink_to(synced.with_name("elsewhere"))
    assert run("sync", synced).code == 2
    assert not synced.with_name("elsewhere").exists()


def test_what_is_searched_follows_each_sync(synced, upstream, run):
    """Records that come, go and are renamed, and what they nest, renamed for all of them."""

    def found(search: str) -> list[int]:
        page = run("get", synced, f"/2.3.0/spacecraft/?limit=100&search={search}").json
        return [record["id"] for record in page["results"]]

    listed = upstream.records["spacecraft", "normal"]
    soyuz = found("soyuz")
    assert len(soyuz) > 5
    renamed, gone, *_ = listed
    renamed["name"] = "Renamed"
    listed.remove(gone)
    listed.append({**renamed, "id": 9000, "name": "Newcomer Soyuz"})
    for record in listed:
        if record["spacecraft_config"]["name"] == "Soyuz":
            record["spacecraft_config"]["name"] = "Союз"
    assert run("sync", synced).code == 0
    assert found("renamed") == [renamed["id"]]
    assert found("newcomer") == [9000]
    assert gone["id"] not in found("союз")
    assert set(found("союз")) == (set(soyuz) - {gone["id"]}) | {9000}
    assert run("verify", synced).code == 0
    execute(synced, "UPDATE _search_spacecraft SET name = 'X' WHERE id = 9000")
    ran = run("verify", synced)
    assert ran.code == 1
    assert "_search_spacecraft 9000 doesn't have the texts of spacecraft 9000" in ran.out


def test_a_row_that_one_resource_lets_go_is_as_the_others_say(db, run, upstream):
    agency = upstream.records["agencies", "normal"][0]
    upstream.records["agencies", "normal"] = [{**agency, "id": 63, "name": "A"}]
    [*_, craft] = _craft(upstream, 1)
    nested = craft["spacecraft_config"]["agency"]
    craft["spacecraft_config"]["agency"] = {**nested, "id": 63, "name": "B"}
    for _ in range(2):
        run("sync", db, "agencies", "spacecraft", "--base-url", upstream.base_url)
    name = "SELECT name FROM agencies WHERE id = 63"
    assert execute(db, name) == [("B",)]
    craft["spacecraft_config"]["agency"] = {**nested, "id": 64, "name": "C"}
    run("sync", db, "spacecraft")
    run("sync", db, "agencies")
    assert execute(db, name) == [("A",)]
    _consistent(db, run)


def test_a_record_that_another_list_overrides_is_rendered_from_its_own_text(db, run, upstream):
    """Its launch now refers to a rocket of which only a poorer object came."""
    asked = ("--mode", "detailed", "--base-url", upstream.base_url)
    assert run("sync", db, "launches", "spacecraft", *asked).code == 0
    path = "/2.3.0/launches/?mode=detailed&limit=100"
    before = run("get", db, path)
    [craft] = [one for one in upstream.records["spacecraft", "detailed"] if one["id"] == 289]
    rockets = [launch["rocket"] for launch in _objects(craft) if "rocket" in launch]
    for rocket in rockets:
        rocket["id"] += 100_000
    assert run("sync", db, "spacecraft").code == 0
    assert execute(db, "SELECT count(*) FROM launches WHERE rocket_id > 100000") != [(0,)]
    after = run("get", db, path)
    assert (after.code, after.out) == (0, before.out)
    verdict = run("verify", db, "--json").json
    assert verdict["ok"] is True
    assert verdict["overtaken"] > 0


@pytest.mark.parametrize("number", ["1e400", "7" * 5000])
def test_an_odd_number_in_what_goes_is_kept_in_the_history(db, run, upstream, monkeypatch, number):
    """Under an unknown key of a nested row, and of a record that is not understood for a while."""
    records = _craft(upstream, 3)
    records[0]["spacecraft_config"] = {**records[0]["spacecraft_config"], "id": 99, "zz": "ODD"}
    records[1]["zz"] = "ODD"
    answer = upstream.answer

    def odd(*arguments):
        status, document = answer(*arguments)
        return status, json.dumps(document).replace('"ODD"', number).encode()

    monkeypatch.setattr(upstream, "answer", odd)
    assert run("sync", db, "--base-url", upstream.base_url).code == 0
    _consistent(db, run)
    records[1]["name"] = 5
    assert run("sync", db).code == 65
    for command in ("status", "changes"):
        assert run(command, db, "--json").code == 0
    _consistent(db, run)
    records[0]["spacecraft_config"] = None
    del records[1]
    run("sync", db)
    _consistent(db, run)
    gone = "SELECT from_value FROM _history WHERE kind = 'gone' AND id IN (99, 1)"
    states = execute(db, gone)
    assert len(states) == 2
    assert all(number in state for (state,) in states)
    assert run("changes", db, "--json").code == 0


def test_a_list_that_grows_is_searched_by_what_its_mode_has(db, run, upstream):
    """Also where nothing else changed."""
    url = upstream.base_url
    mission = next(
        one["mission"]["name"] for one in upstream.records["launches", "detailed"] if one["mission"]
    )
    assert run("sync", db, "launches", "--mode", "list", "--base-url", url).code == 0
    assert run("sync", db, "launches", "--mode", "detailed").code == 0
    _consistent(db, run)
    found = run("get", db, f"/2.3.0/launches/?search={mission.split()[0]}&limit=100").json
    assert mission in [one["mission"]["name"] for one in found["results"]]
