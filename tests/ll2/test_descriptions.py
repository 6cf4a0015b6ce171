"""What is said of the tables: all of it, of what is there, and once."""

from __future__ import annotations

import pytest

from ll2_mirror.ll2.descriptions import described, sections
from ll2_mirror.ll2.meanings import COLUMNS, SECTIONS
from ll2_mirror.ll2.schema import tables
from ll2_mirror.ll2.words import Said, read_sections


def changed(table, name, text):
    """The sections as declared, but with another text for a name of a table; empty: with none."""
    said = Said("", text)

    def other(one):
        if one.table != table:
            return one
        columns = {**one.columns, name: said}
        return one._replace(said=said) if name == table else one._replace(columns=columns)

    return {heading: list(map(other, found)) for heading, found in SECTIONS.items()}


def test_each_table_and_each_column_has_its_sentence():
    found = {table.name: table for section in sections() for table in section.tables}
    assert found.keys() == tables().keys()
    for name, table in found.items():
        assert table.text.strip(), name
        assert tuple(one.column for one in table.columns) == tables()[name]
        assert [one.column.name for one in table.columns if not one.text.strip()] == []


def test_what_a_column_holds_stands_behind_its_unit():
    found = {table.name: table for section in sections() for table in section.tables}
    told = {one.column.name: one.comment for one in found["spacecraft_configurations"].columns}
    assert told["height"] == "m: how long it is"
    assert told["in_use"] == "0 or 1: still flying"
    assert told["fastest_turnaround_seconds"] == "seconds: the same, to sort and add"
    assert told["family_items"].startswith("how many rows in spacecraft_configurations__family;")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (changed("spacecraft", "serial_nr", "x"), "spacecraft has no serial_nr"),
        (changed("spacecraft", "flight[]", "x"), r"spacecraft has no flight\[\]"),
        (changed("spacecraft", "in_space", ""), "nothing is said of spacecraft.in_space"),
        (changed("spacecraft", "flights[]", ""), "nothing is said of spacecraft__flights"),
        (changed("pads", "pads", ""), "nothing is said of pads"),
        ({**SECTIONS, "x": read_sections("# x\nmoons  x")["x"]}, "no shape has the table moons"),
        ({**SECTIONS, "x": read_sections("# x\npads  x")["x"]}, "twice there is pads"),
        (dict(list(SECTIONS.items())[1:]), "nothing is said of spacecraft, spacecraft__flights"),
    ],
)
def test_what_is_misspelt_or_not_said_is_named(said, told):
    with pytest.raises(ValueError, match=rf"meanings\.py: .*{told}"):
        described(said)


def test_a_name_that_no_table_has_is_named(monkeypatch):
    monkeypatch.setitem(COLUMNS, "colour", COLUMNS["name"])
    with pytest.raises(ValueError, match="no table has the column colour"):
        described(SECTIONS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# a\npads  x\n    name  x\n    name  y", "name stands twice"),
        ("# a\npads  x\n# a\npads  x", "a stands twice"),
        ("# a\npads: x", "not in its notation: pads: x"),
        ("# a\npads  x\n    name [m  x", "not in its notation:     name \\[m  x"),
        ("pads  x", "in no section: pads  x"),
    ],
)
def test_what_is_not_in_the_notation_is_named(text, told):
    with pytest.raises(ValueError, match=rf"meanings\.py: {told}"):
        read_sections(text)


def test_no_table_says_again_what_is_said_of_the_name():
    again = [
        f"{words.table}.{name}"
        for found in SECTIONS.values()
        for words in found
        for name, said in words.columns.items()
        if COLUMNS.get(name) == said
    ]
    assert again == []
