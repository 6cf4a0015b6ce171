"""`export`: typed files with their description, whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import sqlite3
import sys
from datetime import UTC, date, datetime
from threading import Timer

import pytest

from helpers import execute
from ll2_mirror.ll2.schema import views

TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").fullmatch
READ = {
    "boolean": {"true": 1, "false": 0}.__getitem__,
    "integer": int,
    "number": float,
    "string": lambda text: text.removeprefix("'"),
    "date": str,
    "datetime": lambda text: text.replace(" ", "T") + "Z" if TIME(text) else None,
}


def exported(run, db, out, *arguments):
    ran = run("export", db, out, "--json", *arguments)
    assert ran.code == 0, ran.err
    return ran.json["tables"], json.loads((out / "datapackage.json").read_text("utf-8"))


def fields(package, name):
    [resource] = [each for each in package["resources"] if each["name"] == name]
    return {field["name"]: field for field in resource["schema"]["fields"]}


def to_the_second(value):
    """A value; of a time, without the fractions that the tool's own times have."""
    return re.sub(r"(:\d\d)\.\d{6}Z$", r"\1Z", value) if isinstance(value, str) else value


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def nasty(detailed):
    """A file with texts that a spreadsheet would take for formulas, and a view of the user's."""
    texts = ["=1+1", "+1", "-1", "@SUM(1)", "\tx", '=cmd|" /C calc"!A0', "", "“ü\n,"]
    for place, text in enumerate(texts):
        sql = "UPDATE spacecraft SET description = ? WHERE id IN (SELECT id FROM spacecraft"
        execute(detailed, f"{sql} ORDER BY id LIMIT 1 OFFSET {place})", text)
    execute(detailed, "CREATE VIEW mine AS SELECT id, name, 1.5 AS x, NULL AS y FROM pads")
    return detailed


def test_csv_has_each_value_in_the_type_that_its_description_says(nasty, out, run):
    counts, package = exported(run, nasty, out)
    names = [resource["name"] for resource in package["resources"]]
    assert sorted(path.name for path in out.iterdir()) == sorted(
        ["datapackage.json", *(f"{name}.csv" for name in names)]
    )
    assert {"spacecraft", "launches__program", "flights"} < set(names) == set(counts)
    for name in names:
        text = (out / f"{name}.csv").read_bytes()
        assert text.startswith(b"\xef\xbb\xbf"), "spreadsheets need the mark"
        header, *rows = csv.reader(text.decode("utf-8-sig").splitlines(keepends=True))
        described = fields(package, name)
        assert header == list(described)
        assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+@\t\r\n")]
        read = [READ[field["type"]] for field in described.values()]
        cells = [[one(c) if c else None for one, c in zip(read, row, strict=True)] for row in rows]
        quoted = ", ".join(f'nullif("{column}", "")' for column in header)
        stored = execute(nasty, f'SELECT {quoted} FROM "{name}"')
        assert cells == [list(map(to_the_second, row)) for row in stored], name
        assert counts[name] == len(rows) > 0


def test_the_description_has_units_keys_sentences_and_the_source(nasty, out, run):
    _, package = exported(run, nasty, out, "spacecraft", "spacecraft__flights", "flights", "mine")
    assert package["licenses"][0]["path"].startswith("https://github.com/TheSpaceDevs/")
    assert package["sources"][0]["title"] == "Launch Library 2, The Space Devs"
    schemas = {each["name"]: each["schema"] for each in package["resources"]}
    assert schemas["spacecraft"]["primaryKey"] == ["id"]
    assert schemas["spacecraft__flights"]["primaryKey"] == ["spacecraft_id", "position"]
    links = schemas["spacecraft__flights"]["foreignKeys"]
    assert links == [
        {"fields": "spacecraft_id", "reference": {"resource": "spacecraft", "fields": "id"}}
    ], "what isn't exported isn't referred to"
    described = fields(package, "flights")
    assert described["launched"]["type"] == "datetime"
    assert (described["landed"]["type"], described["days"]["unit"]) == ("boolean", "days")
    assert all(field["description"] for field in described.values())
    assert fields(package, "spacecraft")["time_in_space_seconds"]["unit"] == "seconds"
    types = {name: field["type"] for name, field in fields(package, "mine").items()}
    assert types == {"id": "integer", "name": "string", "x": "number", "y": "string"}


def test_parquet_has_the_rows_with_their_types(nasty, out, run):
    parquet = pytest.importorskip("pyarrow.parquet")
    counts, package = exported(run, nasty, out, "--parquet")
    kinds = {"boolean": bool, "integer": int, "number": float, "string": str}
    kinds |= {"date": date, "datetime": datetime}
    for name, count in counts.items():
        table = parquet.read_table(out / f"{name}.parquet")
        described = fields(package, name)
        assert table.num_rows == count
        assert table.column_names == list(described)
        quoted = ", ".join(f'"{column}"' for column in described)
        columns = zip(*execute(nasty, f'SELECT {quoted} FROM "{name}"'), strict=True)
        for column, stored in zip(described, columns, strict=True):
            values = table[column].to_pylist()
            kind = kinds[described[column]["type"]]
            assert {type(value) for value in values} <= {kind, type(None)}, column
            if kind is datetime:
                assert {value.tzinfo and value.utcoffset() for value in values if value} <= {
                    UTC.utcoffset(None)
                }
                values = [value and f"{value:%Y-%m-%dT%H:%M:%S}Z" for value in values]
            elif kind is date:
                values = [value and value.isoformat() for value in values]
            assert values == list(map(to_the_second, stored)), (name, column)
    note = parquet.read_schema(out / "flights.parquet").field("launched").metadata[b"description"]
    assert note.decode() == fields(package, "flights")["launched"]["description"]


def test_a_file_with_older_views_has_the_newer_ones(detailed, out, run):
    execute(detailed, "DROP VIEW launches_overview")
    before = detailed.read_bytes()
    assert exported(run, detailed, out)[0]["launches_overview"] > 0
    assert detailed.read_bytes() == before


def test_tables_without_rows_are_left_out_unless_they_are_named(detailed, out, run):
    assert "docking_events" not in exported(run, detailed, out)[0]
    assert exported(run, detailed, out.with_name("two"), "docking_events")[0] == {
        "docking_events": 0
    }
    assert set(views()) > {"recent_changes"}


@pytest.mark.parametrize(
    ("names", "code", "message"),
    [
        (["lauches"], 2, "lauches is not a table or view of .*: choose one like launches"),
        (["_pages"], 2, "_pages is not a table or view of "),
        (["../x"], 2, "../x is not a table or view of "),
        (["broken"], 65, "broken can't be exported: no such table: main.nowhere"),
        (["late"], 65, "late can't be exported: malformed JSON"),
    ],
)
def test_what_cant_be_read_leaves_nothing(detailed, out, run, names, code, message):
    execute(detailed, "CREATE TABLE nowhere (x)")
    execute(detailed, "CREATE VIEW broken AS SELECT x FROM nowhere")
    execute(detailed, "DROP TABLE nowhere")
    execute(detailed, "CREATE VIEW late AS SELECT json(name) AS x FROM pads")
    ran = run("export", detailed, out, "spacecraft", *names)
    assert ran.code == code
    assert re.fullmatch(f"ll2-mirror: {message}.*\n", ran.err), ran.err
    assert not out.exists()
    out.mkdir()
    assert run("export", detailed, out, "spacecraft", *names).code == code
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_value_that_is_no_time_is_told(detailed, out, run, ending):
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    execute(detailed, "UPDATE launches SET net = 'soon'")
    ran = run("export", detailed, out, f"--{ending}", "launches")
    assert ran.code == 65
    assert re.fullmatch("ll2-mirror: launches can't be exported: .*soon.*\n", ran.err), ran.err
    assert not out.exists()


def test_ctrl_c_ends_an_endless_view_and_leaves_nothing(detailed, out, run):
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000000)"
    execute(detailed, f"CREATE VIEW endless AS {endless} SELECT i FROM n")
    sqlite3.enable_callback_tracebacks(False)  # as it is, unless Datasette is imported
    handler = signal.getsignal(signal.SIGINT)
    timer = Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    ran = run("export", detailed, out, "spacecraft", "endless")
    timer.join()
    signal.signal(signal.SIGINT, handler)
    assert ran.code == 75
    assert ran.err.startswith("ll2-mirror: interrupted: nothing was lost")
    assert not out.exists()


def test_what_a_killed_export_left_is_no_hindrance(detailed, out, run):
    (out / ".part").mkdir(parents=True)
    (out / ".part" / "pads.csv").write_text("half")
    exported(run, detailed, out, "agencies")
    assert sorted(path.name for path in out.iterdir()) == ["agencies.csv", "datapackage.json"]


def test_a_folder_that_isnt_empty_is_left_alone(detailed, out, run):
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    ran = run("export", detailed, out)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"ll2-mirror: {out} is not empty: choose another folder, or empty it\n"
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
    assert run("export", detailed, out / "mine.txt").code == 2
    assert run("export", detailed, out / "no" / "folder").code == 2


def test_a_full_disk_leaves_nothing(detailed, run, little_room):
    folder = little_room(60_000)
    for ending in ("csv", "parquet") if "pyarrow" in sys.modules else ("csv",):
        ran = run("export", detailed, folder, f"--{ending}")
        assert ran.code == 75
        assert "the disk is full: make room and run the same command again" in ran.err
        assert list(folder.iterdir()) == []


def test_without_pyarrow_parquet_says_what_to_install(detailed, out, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ran = run("export", detailed, out, "--parquet")
    assert ran.code == 2
    assert "pip install 'll2-mirror[parquet]'" in ran.err
    assert not out.exists()


def test_a_file_without_a_sync_has_nothing_to_export(db, out, run, upstream):
    upstream.answer = lambda path, query: (500, {})
    run("sync", db, "--base-url", upstream.base_url, "--max-requests", "1")
    ran = run("export", db, out)
    assert ran.code == 2
    assert "holds nothing to export yet: sync it first" in ran.err
    assert not out.exists()
