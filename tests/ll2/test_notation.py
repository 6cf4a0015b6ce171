"""The notations of shapes and filters: what is misspelt is named, and never read as something."""

from __future__ import annotations

import pytest

from ll2_mirror.ll2.model import Filter, Key
from ll2_mirror.ll2.notation import read_filters, read_shapes

MOON = "Moon moons\n    id:int name landed:bool~ of=rock planet:Planet craters:[Crater]\n"
OTHERS = "Planet planets\n    id:int\nCrater\n    depth:float"


def test_a_shape_is_read_as_it_is_written():
    moon = read_shapes(MOON + OTHERS)["Moon"]
    assert moon.table == "moons"
    assert moon.keys == (
        Key("id", "int"),
        Key("name", "str"),
        Key("landed", "bool", moving=True),
        Key("of", "const", "rock"),
        Key("planet", "one", "Planet"),
        Key("craters", "many", "Crater"),
    )
    assert moon.columns == ("id", "name", "landed", "planet_id", "craters")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("landed:bool~", "landed:boole", "Moon.landed: boole is no kind of key"),
        ("planet:Planet", "planet:Plant", "Moon.planet: there is no shape Plant"),
        ("[Crater]", "[Carter]", "Moon.craters: there is no shape Carter"),
        ("[Crater]", "[Crater", "Moon: no key of a shape: craters:\\[Crater"),
        ("[Crater]", "[Crater]~", "Moon: no key of a shape: craters:\\[Crater\\]~"),
        ("planet:Planet", "planet:", "Moon: no key of a shape: planet:"),
        ("name", "name name", "Moon: name stands twice"),
        ("Moon moons", "Moon moons big", "no head of a shape: Moon moons big"),
        ("Moon moons", "moon moons", "no head of a shape: moon moons"),
        ("Moon moons", "Moon", "Moon: a shape has a table and begins with its id, or neither"),
        ("id:int name", "name id:int", "Moon: a shape has a table and begins with its id"),
        ("Planet planets", "Moon planets", "shapes: Moon stands twice"),
    ],
)
def test_a_shape_that_is_misspelt_is_named(right, wrong, told):
    assert right in MOON + OTHERS
    with pytest.raises(ValueError, match=told):
        read_shapes((MOON + OTHERS).replace(right, wrong, 1))


def test_filters_are_read_as_they_are_written():
    assert read_filters("mass:int* name planet__id:choice=planet name__contains")[-4:] == (
        Filter("mass__lte", "int", "mass", "lte"),
        Filter("name", "text", "name"),
        Filter("name__contains", "text", "name", "contains"),
        Filter("planet__id", "choice", "planet"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [("mass:imt", "mass: imt is no kind of filter"), ("name name", "filters: name stands twice")],
)
def test_a_filter_that_is_misspelt_is_named(text, told):
    with pytest.raises(ValueError, match=told):
        read_filters(text)
