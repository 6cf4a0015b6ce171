"""The lists of LL2 as declared: each name in them leads somewhere."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ll2_mirror.ll2.resources import ENDPOINTS, MODES, RESOURCES

resources = pytest.mark.parametrize("resource", RESOURCES.values(), ids=list(RESOURCES))


def at(shape, path):
    """The key that a path leads to."""
    name, _, rest = path.partition("__")
    return at(shape.nested[name], rest) if rest else shape.by_name[name]


def test_each_list_has_the_modes_that_the_document_gives_it():
    assert {name: list(resource.modes) for name, resource in RESOURCES.items()} == {
        "spacecraft": ["normal", "detailed"],
        "agencies": ["list", "normal", "detailed"],
        "spacecraft_configurations": ["normal", "detailed"],
    }
    assert RESOURCES.keys() <= ENDPOINTS


@resources
def test_a_mode_is_what_its_shape_calls_itself(resource):
    said = {mode: shape.by_name["response_mode"].of for mode, shape in resource.modes.items()}
    assert said == {mode: mode for mode in resource.modes}


@resources
def test_a_richer_mode_has_all_that_the_poorer_have(resource):
    shapes = list(resource.modes.values())
    for poorer, richer in pairwise(shapes):
        assert set(poorer.columns) < set(richer.columns)
        assert poorer.table == richer.table
    assert resource.richest is shapes[-1]


@resources
@pytest.mark.parametrize("asked", ["", "LIST", " list", "detailed ", "normal", "x", None])
def test_a_mode_that_a_list_has_not_is_normal(resource, asked):
    assert resource.mode_for(asked) == "normal"
    assert [resource.mode_for(mode) for mode in resource.modes] == list(resource.modes)


@resources
def test_a_file_can_have_its_modes(resource):
    assert [mode for mode in resource.modes if mode in MODES] == list(MODES)


@resources
def test_each_filter_looks_at_a_key_of_its_kind(resource):
    kinds = {"bool": ["bool"], "int": ["int"], "text": ["str"], "choice": ["one"], "codes": ["str"]}
    for one in resource.filters:
        if one.kind != "opaque":
            assert at(resource.richest, one.path).kind in kinds[one.kind], one.name


@resources
def test_each_text_that_is_searched_is_there(resource):
    assert [at(resource.richest, path).kind for path in resource.search] == ["str"] * len(
        resource.search
    )


@resources
def test_each_ordering_is_by_a_value_of_the_record(resource):
    for name in (*resource.orderings, resource.ordering):
        assert at(resource.richest, name).kind not in ("one", "many", "const")


@resources
def test_each_example_is_of_something_that_can_be_asked(resource):
    known = {one.name for one in resource.filters} | {"search", "ordering"}
    assert resource.examples.keys() <= known
    assert resource.examples["ordering"].lstrip("-") in resource.orderings
