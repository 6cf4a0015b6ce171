"""What is said of the tables: all of it, of what is there, and once."""

from __future__ import annotations

import copy
import re

import pytest

from ll2_mirror.ll2.descriptions import declared, described, sections
from ll2_mirror.ll2.schema import tables, views


def changed(table, name, text):
    """What is declared, but with another text for a name of a table; empty: with none."""
    said = copy.deepcopy(declared())
    said["tables"].setdefault(table, {})[name] = text
    return said


def without(table):
    """What is declared, but for a table."""
    said = copy.deepcopy(declared())
    del said["tables"][table]
    return said


def test_each_table_and_each_column_has_its_sentence():
    found = {table.name: table for section in sections() for table in section.tables}
    assert found.keys() == tables().keys()
    for name, table in found.items():
        assert table.text.strip(), name
        assert tuple(one.column for one in table.columns) == tables()[name]
        assert [one.column.name for one in table.columns if not one.text.strip()] == []


def test_each_sentence_can_be_read_alone():
    """As in a tooltip: it names what it speaks of, so no pronoun stands for it."""
    texts = [one.text for each in sections() for table in each.tables for one in table.columns]
    texts += [text for view in views().values() for text in view.columns.values()]
    pronoun = re.compile(r"(it|its|their|whose|there|how it)\b|.* (for|of|builds|built|than) it$")
    assert [text for text in texts if pronoun.match(text)] == []


def test_what_a_column_holds_is_behind_its_unit():
    found = {table.name: table for section in sections() for table in section.tables}
    told = {one.column.name: one.comment for one in found["spacecraft_configurations"].columns}
    assert told["height"] == "m: length of the spacecraft"
    assert told["in_use"] == "0 or 1: the type of spacecraft is still flying"
    assert told["fastest_turnaround_seconds"].startswith("seconds: the duration as a number")
    assert told["family_items"].startswith("number of rows in spacecraft_configurations__family;")
    listed = [one.comment for one in found["agencies__launcher_list"].columns]
    assert listed[0] == "the agency that has the list"
    assert listed[2] == "the type of rocket in the list"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (changed("spacecraft", "serial_nr", "x"), "spacecraft has no serial_nr"),
        (changed("spacecraft", "flight[]", "x"), r"spacecraft has no flight\[\]"),
        (changed("spacecraft", "in_space", ""), "there is no description of spacecraft.in_space"),
        (changed("spacecraft", "flights[]", ""), "there is no description of spacecraft__flights"),
        (changed("pads", "text", ""), "there is no description of pads"),
        (changed("moons", "text", "x"), "no shape has the table moons"),
        (without("countries"), "there is no description of countries"),
        ({**declared(), "columns": {"colour": "x"}}, "no table has the column colour"),
    ],
)
def test_what_is_misspelt_or_not_said_is_named(said, told):
    with pytest.raises(ValueError, match=rf"descriptions\.toml: .*{told}"):
        described(said)


def test_no_table_says_again_what_is_said_of_the_name():
    general = declared()["everywhere"] | declared()["columns"]
    again = [
        f"{table}.{name}"
        for table, own in declared()["tables"].items()
        for name, text in own.items()
        if general.get(name) == text
    ]
    assert again == []
