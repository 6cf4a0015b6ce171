"""The lists of LL2 as declared: as its document has them, and each name leads somewhere."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from helpers import FIXTURES
from ll2_mirror.ll2.lists import (
    ENDPOINTS,
    RESOURCES,
    VIEWS,
    Delta,
    Filter,
    View,
    read_filters,
    read_lists,
)
from ll2_mirror.ll2.model import read_shapes

PATHS = json.loads((FIXTURES / "openapi-2.3.0.json").read_text("utf-8"))["paths"]
DOCUMENTED = {path.removeprefix("/2.3.0/").rstrip("/"): said for path, said in PATHS.items()}
EVERYWHERE = {"format", "limit", "mode", "offset", "ordering", "search"}
LOOKUPS = ("contains", "icontains", "gt", "gte", "lt", "lte")
# By kind: what the document says of such a parameter, and what the path of one leads to.
KINDS = {
    "bool": ({"boolean"}, {"bool"}),
    "int": ({"integer"}, {"int"}),
    "float": ({"number"}, {"float"}),
    "text": ({"string"}, {"str"}),
    "date": ({"date"}, {"date"}),
    "datetime": ({"date-time"}, {"datetime"}),
    "choice": ({"integer", "uuid"}, {"one", "uuid"}),
    "choices": ({"integers, repeated"}, {"many"}),
    "ints": ({"integers", "numbers"}, {"int"}),
    "texts": ({"strings"}, {"str"}),
    "uuids": ({"uuids"}, {"uuid"}),
    "part": ({"numbers"}, {"datetime"}),
    "has": ({"boolean"}, {"int", "many"}),
    "lacks": ({"boolean"}, {"str"}),
    "include": ({"boolean"}, {"str"}),
}
# Where LL2 names a key otherwise than the bodies do.
RENAMED = {
    "rocket__spacecraftflight__": "rocket__spacecraft_stage__",
    "spacecraftflight__rocket__": "spacecraftflight__",
}

resources = pytest.mark.parametrize("resource", RESOURCES.values(), ids=list(RESOURCES))


def at(shape, path):
    """The key that a path leads to."""
    *_, (_, key) = shape.resolve(path)
    return key


def same_row(shape, path, other, link):
    """Whether two paths lead to rows of one table."""
    ends = [
        (last.nested.get(key.name, last), key)
        for last, key in (last_of(shape, path), last_of(other, link))
    ]
    return ends[0][0].table == ends[1][0].table


def last_of(shape, path):
    return [*shape.resolve(path)][-1]


def kind(parameter):
    """What the document says of a parameter."""
    schema = parameter["schema"]
    if schema["type"] != "array":
        formats = {"double": "number", "float": "number"}
        found = schema.get("format", schema["type"])
        return formats.get(found, found)
    item = schema["items"]
    repeated = ", repeated" if parameter.get("explode", True) else ""
    return f"{item.get('format', item['type'])}s{repeated}"


def parameters(name):
    """The parameters of a list that are its own."""
    return {
        one["name"]: one for one in DOCUMENTED[name]["parameters"] if one["name"] not in EVERYWHERE
    }


def test_each_list_of_the_document_is_there():
    assert {*RESOURCES, *VIEWS} == DOCUMENTED.keys()
    assert DOCUMENTED.keys() | {"dashboard/starship"} == ENDPOINTS
    assert len([name for name in ENDPOINTS if name.startswith("config/")]) == 29
    assert len(ENDPOINTS) == 57 + 1


def test_each_list_has_a_table_of_its_own():
    assert len({resource.table for resource in RESOURCES.values()}) == len(RESOURCES)


@resources
def test_a_table_is_called_as_its_list(resource):
    assert resource.table == resource.name.removeprefix("config/")


@resources
def test_each_list_has_the_modes_that_the_document_gives_it(resource):
    said = DOCUMENTED[resource.name]
    shapes = {mode: shape.name for mode, shape in resource.modes.items()}
    declared = next((one for one in said["parameters"] if one["name"] == "mode"), None)
    assert list(shapes.values()) == said["results"]
    assert sorted(shapes) == (sorted(declared["schema"]["enum"]) if declared else ["normal"])
    assert resource.richest.name == said["detail"]


@resources
def test_a_mode_is_what_its_shape_calls_itself(resource):
    said = {
        mode: shape.by_name["response_mode"].of
        for mode, shape in resource.modes.items()
        if "response_mode" in shape.by_name
    }
    assert said == {mode: mode for mode in (resource.modes if said else ())}
    assert said or len(resource.modes) == 1


@resources
def test_a_richer_mode_has_all_that_the_poorer_have(resource):
    shapes = list(resource.modes.values())
    for poorer, richer in pairwise(shapes):
        assert holds(richer, poorer)
        assert poorer.table == richer.table
    assert resource.richest is shapes[-1]


def holds(richer, poorer):
    """Whether a shape has each key of another, down to the last nested one."""
    nested = ((richer.nested.get(key), shape) for key, shape in poorer.nested.items())
    return set(poorer.columns) <= set(richer.columns) and all(
        mine is not None and holds(mine, theirs) for mine, theirs in nested
    )


@resources
@pytest.mark.parametrize("asked", ["", "LIST", " list", "detailed ", "normal", "x", None])
def test_a_mode_that_a_list_has_not_is_normal(resource, asked):
    assert resource.mode_for(asked) == "normal"
    assert [resource.mode_for(mode) for mode in resource.modes] == list(resource.modes)


@resources
def test_each_filter_of_the_document_is_there_and_of_its_kind(resource):
    documented = parameters(resource.name)
    assert [one.name for one in resource.filters] == sorted(documented)
    for one in resource.filters:
        last = one.name.rpartition("__")[2]
        assert one.lookup == (last if last in LOOKUPS else "exact"), one.name
        if one.kind != "opaque":
            said, keys = KINDS[one.kind]
            assert kind(documented[one.name]) in said, one.name
            start = RESOURCES[one.through.resource] if one.through else resource
            assert at(start.richest, one.path).kind in keys, one.name
            if one.through:
                assert same_row(resource.richest, one.through.key, start.richest, one.through.link)


@resources
def test_each_text_that_the_document_says_is_searched_is_there(resource):
    named = [*resource.search, *resource.searched_elsewhere]
    said = " ".join(DOCUMENTED[resource.name]["searched"])
    for theirs, ours in RENAMED.items():
        said = said.replace(theirs, ours)
    assert sorted(named) == sorted(said.split())
    assert {at(resource.richest, path).kind for path in resource.search} <= {"str", "int"}


@resources
def test_the_orderings_are_those_of_the_document(resource):
    assert sorted(resource.orderings) == sorted(DOCUMENTED[resource.name]["ordered"])


@resources
def test_a_walk_is_ordered_by_a_value_that_every_record_has(resource):
    for shape in resource.modes.values():
        assert at(shape, resource.walk_ordering).kind in ("int", "uuid", "str", "datetime")
    assert resource.walk_ordering in resource.orderings_in("normal")
    unique = resource.walk_ordering == "id"
    assert unique == ("id" in resource.orderings_in("normal"))


@resources
def test_what_is_new_can_be_asked_for_where_it_is_said(resource):
    if resource.delta:
        by = resource.delta.by
        known = {one.name for one in resource.filters} | {f"-{key}" for key in resource.orderings}
        assert by in known


@resources
def test_each_example_is_of_something_that_can_be_asked(resource):
    opaque = {one.name for one in resource.filters if one.kind == "opaque"}
    known = {one.name for one in resource.filters} | {"search", "ordering", "mode"}
    assert resource.examples.keys() <= known - opaque
    assert resource.examples.get("mode", "normal") in resource.modes
    ordering = resource.examples.get("ordering", "id").lstrip("-")
    assert ordering in resource.orderings_in("normal")


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))
def test_a_view_is_of_its_list_in_time_and_asked_as_the_document_says(view):
    resource = RESOURCES[view.name.partition("/")[0]]
    assert view in resource.views
    assert at(resource.richest, view.key).kind == "datetime"
    assert view.default_ordering.lstrip("-") == view.key
    names = {one.name for one in (*resource.filters, *view.filters)}
    assert names == parameters(view.name).keys()
    assert DOCUMENTED[view.name]["results"] == DOCUMENTED[resource.name]["results"]
    searched = DOCUMENTED[view.name]["searched"]
    assert len(searched) == len(resource.search) - len(view.not_searched)
    assert not set(view.not_searched) & set(searched)


# How a declaration is read

SHAPES = read_shapes(
    "MoonMini moons\n    id:int name\nMoon as MoonMini\n    mass:float seen:datetime"
)
MOONS = """
[moons]
noun = "Moon"
modes = { list = "MoonMini", normal = "Moon" }
walk_ordering = "name"
age = "1d"
delta = { by = "-seen", age = "6h" }
filters = "mass:float* name[=,contains]"
search = "name"
searched_elsewhere = "planet__name"
orderings = "mass name"
examples = "name=Io search=Io+and"
indexed = true
[moons.views.seen]
key = "seen"
lookup = "lte"
hours = -24
age = "1h"
default_ordering = "-seen"
not_searched = "name"
[config]
moons = "Moon"
suns = { noun = "Sun", modes.normal = "Moon" }
"""


def test_a_list_is_read_as_it_is_written():
    found = read_lists(MOONS, SHAPES)
    moons, config = found["moons"], found["config/moons"]
    assert list(found) == ["moons", "config/moons", "config/suns"]
    assert (moons.name, moons.noun, moons.table) == ("moons", "Moon", "moons")
    assert moons.modes == {"list": SHAPES["MoonMini"], "normal": SHAPES["Moon"]}
    assert (moons.walk_ordering, moons.age, moons.delta) == ("name", 86400, Delta("-seen", 21600))
    assert [one.name for one in moons.filters if one.path == "name"] == ["name", "name__contains"]
    assert (moons.search, moons.searched_elsewhere, moons.orderings) == (
        ("name",),
        ("planet__name",),
        ("mass", "name"),
    )
    assert moons.examples == {"name": "Io", "search": "Io and"}
    assert moons.indexed
    assert moons.views == (View("moons/seen", "seen", "lte", -24, 3600, "-seen", (), ("name",)),)
    assert config.modes == {"normal": SHAPES["Moon"]}
    assert (config.walk_ordering, config.default_ordering) == ("id", "id")
    assert (config.age, config.delta) == (30 * 86400, None)
    assert found["config/suns"].modes == {"normal": SHAPES["Moon"]}


def test_where_nothing_is_said_a_list_is_sorted_by_each_key_that_it_has():
    config = read_lists(MOONS, SHAPES)["config/moons"]
    assert config.orderings_in("normal") == ("id", "name", "mass", "seen")


@pytest.mark.parametrize(
    ("most", "mode"), [("list", "list"), ("normal", "normal"), ("detailed", "normal")]
)
def test_the_richest_mode_up_to_one_is_one_that_the_list_has(most, mode):
    found = read_lists(MOONS, SHAPES)
    assert found["moons"].mode_upto(most) == mode
    assert found["config/moons"].mode_upto(most) == "normal"


@pytest.mark.parametrize(
    ("right", "wrong", "error", "told"),
    [
        ('normal = "Moon"', 'normal = "Mon"', KeyError, "Mon"),
        ('moons = "Moon"', 'moons = "Mon"', KeyError, "Mon"),
        ("walk_ordering =", "walk_ordring =", TypeError, "walk_ordring"),
        ("hours =", "houres =", TypeError, "houres"),
        ('search = "name"', 'walk_ordering = "name"', ValueError, "overwrite"),  # tomllib's word
        ("[moons.views.seen]", "[moons]", ValueError, "moons"),
    ],
)
def test_a_list_that_is_misspelt_is_named(right, wrong, error, told):
    assert right in MOONS
    with pytest.raises(error, match=told):
        read_lists(MOONS.replace(right, wrong, 1), SHAPES)


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
        ("name name", "filters: name occurs twice"),
        ("name[=,contains] name", "filters: name occurs twice"),
    ],
)
def test_a_filter_that_is_misspelt_is_named(text, told):
    with pytest.raises(ValueError, match=told):
        read_filters(text)
