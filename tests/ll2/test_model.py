"""The notation of shapes: what is misspelt is named, and never read as something."""

from __future__ import annotations

import pytest

from ll2_mirror.ll2.model import Key, read_shapes

MOON = "Moon moons\n    id:int name landed:bool~ of=rock planet:Planet craters:[Crater]\n"
OTHERS = "Planet planets\n    id:int\nCrater\n    depth:float"


def test_a_shape_is_read_as_it_is_written():
    moon = read_shapes(MOON + OTHERS)["Moon"]
    assert moon.table == "moons"
    assert moon.keys == (
        Key("id", "int"),
        Key("name", "str"),
        Key("landed", "bool", volatile=True),
        Key("of", "const", "rock"),
        Key("planet", "one", "Planet"),
        Key("craters", "many", "Crater"),
    )
    assert moon.columns == ("id", "name", "landed", "planet_id", "craters_items")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("landed:bool~", "landed:boole", "Moon.landed: boole is no kind of key"),
        ("planet:Planet", "planet:Plant", "Moon.planet: there is no shape Plant"),
        ("[Crater]", "[Carter]", "Moon.craters: there is no shape Carter"),
        ("[Crater]", "[Crater", "Moon: no key of a shape: craters:\\[Crater"),
        ("[Crater]", "[Crater]~", "Moon: no key of a shape: craters:\\[Crater\\]~"),
        ("planet:Planet", "planet:", "Moon: no key of a shape: planet:"),
        ("name", "name name", "Moon: name occurs twice"),
        ("Moon moons", "Moon moons big", "no head of a shape: Moon moons big"),
        ("Moon moons", "moon moons", "no head of a shape: moon moons"),
        ("Moon moons", "Moon", "Moon: a shape has a table and begins with its id, or neither"),
        ("id:int name", "name id:int", "Moon: a shape has a table and begins with its id"),
        ("Planet planets", "Moon planets", "shapes: Moon occurs twice"),
    ],
)
def test_a_shape_that_is_misspelt_is_named(right, wrong, told):
    assert right in MOON + OTHERS
    with pytest.raises(ValueError, match=told):
        read_shapes((MOON + OTHERS).replace(right, wrong, 1))


def test_a_shape_that_is_as_another_has_its_keys_but_for_what_it_says_again():
    more = "\nFullMoon as Moon\n    -name of=iron planet:Rings rings:int\nRings planets\n    id:int"
    moons = read_shapes(MOON + OTHERS + more)
    assert moons["FullMoon"].table == "moons"
    assert moons["FullMoon"].keys == (
        Key("id", "int"),
        Key("landed", "bool", volatile=True),
        Key("of", "const", "iron"),
        Key("planet", "one", "Rings"),
        Key("craters", "many", "Crater"),
        Key("rings", "int"),
    )
    assert moons["Moon"].names == ("id", "name", "landed", "of", "planet", "craters")
    assert moons["FullMoon"].siblings == [moons["Moon"], moons["FullMoon"]]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("FullMoon as Mon\n    x", "FullMoon: there is no shape Mon before it"),
        ("FullMoon as Moon\n    -nam", "FullMoon: there is no nam to remove"),
        ("FullMoon as Moon\n    x x", "FullMoon: x occurs twice"),
        ("FullMoon as Moon\n    -id", "FullMoon: a shape has a table and begins with its id"),
    ],
)
def test_what_a_shape_says_wrongly_of_another_is_named(more, told):
    with pytest.raises(ValueError, match=told):
        read_shapes(f"{MOON}{OTHERS}\n{more}")


def test_a_shape_knows_all_that_it_nests():
    shapes = read_shapes(MOON + OTHERS)
    assert shapes["Moon"].closure == set(shapes.values())
    assert shapes["Crater"].closure == {shapes["Crater"]}
