"""The files that are made from the declarations: as they stand, and to read."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from itertools import pairwise

import pytest
from datasette.utils import parse_metadata

from ll2_mirror.files import shipped
from ll2_mirror.ll2.generate import made
from ll2_mirror.ll2.schema import tables, views


@pytest.mark.parametrize("name", list(made()))
def test_a_file_that_is_made_is_as_the_declarations_want_it(name):
    stands = shipped(name).read_text(encoding="utf-8")
    assert stands == made()[name], f"{name} is stale: run `make schema`"


def test_a_list_stands_under_its_owner_and_the_indexes_at_the_end():
    schema = made()["schema.sql"]
    names = re.findall(r"^CREATE TABLE ([a-z]\w*)", schema, re.MULTILINE)
    assert sorted(names) == sorted(tables())
    for before, name in pairwise(names):
        owner = name.rpartition("__")[0]
        assert not owner or before.startswith(owner)
    assert schema.index("CREATE INDEX") > max(map(schema.index, ["_fts USING", *map(str, names)]))


def test_each_column_says_what_it_holds_unless_the_head_does():
    head, tables_made = made()["schema.sql"].partition("-- The tool's own")[0].split("PRAGMA", 1)
    told = {*re.findall(r"^--   (\w+)", head, re.MULTILINE), "description"}
    for name, body in re.findall(r"^CREATE TABLE (\w+) \(\n(.*?)\n\)", tables_made, re.M | re.S):
        sentence, columns = re.split(r"\n(?!    --)", body, maxsplit=1)
        assert sentence.startswith("    -- "), name
        lines = re.split(r"\n(?!        -- )", columns)  # each with what is said below it
        bare = [line.split()[0] for line in lines if not re.search(r"-- \S", line)]
        known = told | {one for one in bare if one.endswith(("_seconds", "_items"))}
        if "__" in name:  # whose list it is, the place, and the item
            known |= {"PRIMARY", *bare[:3]}
        assert [one for one in bare if one not in known] == [], name


def test_a_view_fits_a_screen_unless_it_has_a_line_for_each_table():
    for view in views().values():
        assert view.sql.count("\n") <= 50 or view.name.startswith("_"), view.name


def test_the_page_of_columns_has_each_table_and_view_and_its_links_lead_there():
    page = made()["docs/columns.md"]
    headings = re.findall(r"^### `(\w+)`$", page, re.MULTILINE)
    peoples = [name for name in views() if not name.startswith("_")]
    assert sorted(headings) == sorted([*tables(), *peoples])
    assert set(re.findall(r"\]\(#(\w+)\)", page)) <= set(headings)
    of_tables, of_views = page.split("\n## Views\n")
    for part, bars in (of_tables, 5), (of_views, 3):
        lines = [line for line in part.splitlines() if "|" in line]
        assert {line.count("|") - line.count(r"\|") for line in lines} == {bars}


def test_a_datasette_without_the_plugin_takes_the_metadata(synced):
    metadata = parse_metadata(made()["examples/datasette/metadata.yml"])
    here = metadata["databases"]["spacecraft"]
    with closing(sqlite3.connect(synced)) as conn:
        conn.row_factory = sqlite3.Row
        for name, table in here["tables"].items():
            columns = {row["name"] for row in conn.execute(f'PRAGMA table_info("{name}")')}
            assert columns >= {
                *table.get("columns", ()),
                *filter(None, [table.get("label_column")]),
            }
        for query in here["queries"].values():
            values = dict.fromkeys(re.findall(r":(\w+)", query["sql"]), "dragon end")
            conn.execute(query["sql"], values)
        found = conn.execute(here["queries"]["find"]["sql"], {"text": "dragon end"}).fetchall()
    assert ("spacecraft", 289, "Crew Dragon Endeavour") in map(tuple, found)
