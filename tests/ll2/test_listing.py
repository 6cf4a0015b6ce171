"""The notation of lists: what is misspelt is named, and never read as something."""

from __future__ import annotations

import pytest

from ll2_mirror.ll2.listing import read_filters, read_resources
from ll2_mirror.ll2.model import Delta, Filter, View
from ll2_mirror.ll2.notation import read_shapes

SHAPES = read_shapes(
    "MoonMini moons\n    id:int name\nMoon as MoonMini\n    mass:float seen:datetime"
)
MOONS = """
moons  Moon  list:MoonMini
        normal:Moon
    walk       name
    age        24
    delta      -seen 6
    filters    mass:float*
               name[=,contains]
    search     name
    beyond     planet__name
    orderings  mass name
    examples   name=Io search=Io+and
    indexed
moons/seen  seen<=-24
    age        1
    order      -seen
    less       name
config/moons  Moon
"""


def test_a_list_is_read_as_it_is_written():
    found = read_resources(MOONS, SHAPES)
    moons, config = found["moons"], found["config/moons"]
    assert list(found) == ["moons", "config/moons"]
    assert (moons.name, moons.noun, moons.table) == ("moons", "Moon", "moons")
    assert moons.modes == {"list": SHAPES["MoonMini"], "normal": SHAPES["Moon"]}
    assert (moons.ordering, moons.age, moons.delta) == ("name", 24, Delta("-seen", 6))
    assert [one.name for one in moons.filters if one.path == "name"] == ["name", "name__contains"]
    assert (moons.search, moons.beyond, moons.orderings) == (
        ("name",),
        ("planet__name",),
        ("mass", "name"),
    )
    assert moons.examples == {"name": "Io", "search": "Io and"}
    assert moons.indexed
    assert moons.views == (View("moons/seen", "seen", "lte", -24, 1, "-seen", (), ("name",)),)
    assert config.modes == {"normal": SHAPES["Moon"]}
    assert (config.ordering, config.order, config.age, config.delta) == ("id", "id", 720, None)


def test_where_nothing_is_said_a_list_is_sorted_by_each_key_that_it_has():
    config = read_resources(MOONS, SHAPES)["config/moons"]
    assert config.orderings_in("normal") == ("id", "name", "mass", "seen")


@pytest.mark.parametrize(
    ("most", "mode"), [("list", "list"), ("normal", "normal"), ("detailed", "normal")]
)
def test_the_richest_mode_up_to_one_is_one_that_the_list_has(most, mode):
    found = read_resources(MOONS, SHAPES)
    assert found["moons"].mode_upto(most) == mode
    assert found["config/moons"].mode_upto(most) == "normal"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("moons  Moon ", "moons  moon ", "no head of a list: moons  moon"),
        ("normal:Moon", "normal:Mon", "moons: there is no shape Mon"),
        ("config/moons  Moon", "config/moons  Mon", "config/moons: there is no shape Mon"),
        ("walk ", "wlak ", "moons: nothing is called wlak"),
        ("search     name", "walk     name", "moons: walk stands twice"),
        ("config/moons", "moons", "resources: moons stands twice"),
        ("moons/seen", "suns/seen", "suns/seen: there is no list suns before it"),
        ("seen<=-24", "seen<-24", "no head of a list: moons/seen  seen<-24"),
    ],
)
def test_a_list_that_is_misspelt_is_named(right, wrong, told):
    assert right in MOONS
    with pytest.raises(ValueError, match=told):
        read_resources(MOONS.replace(right, wrong, 1), SHAPES)


def test_filters_are_read_as_they_are_written():
    assert read_filters("mass:int* name planet__id:choice=planet name[contains]")[-4:] == (
        Filter("mass__lte", "int", "mass", "lte"),
        Filter("name", "text", "name"),
        Filter("name__contains", "text", "name", "contains"),
        Filter("planet__id", "choice", "planet"),
    )
    assert read_filters("date__gt:datetime[lt]=date net:datetime[gt,lte]") == (
        Filter("date__gt__lt", "datetime", "date", "lt"),
        Filter("net__gt", "datetime", "net", "gt"),
        Filter("net__lte", "datetime", "net", "lte"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mass:imt", "mass: :imt is no kind of filter"),
        ("mass:int[=,above]", "is no kind of filter"),
        ("mass:", "no filter: mass:"),
        ("name name", "filters: name stands twice"),
        ("name[=,contains] name", "filters: name stands twice"),
    ],
)
def test_a_filter_that_is_misspelt_is_named(text, told):
    with pytest.raises(ValueError, match=told):
        read_filters(text)
