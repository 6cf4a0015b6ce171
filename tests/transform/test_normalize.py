"""What isn't understood is refused by name; what is unknown is kept and reported."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from helpers import normalized
from ll2_mirror.errors import NotAPage, NotUnderstood
from ll2_mirror.ll2.json import parse
from ll2_mirror.ll2.page import Links, links_of, records
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.testing.fake_ll2 import bundled
from ll2_mirror.transform.normalize import Drift, Normalizer

NORMAL = SHAPES["SpacecraftNormal"]
REMOVED = object()


@pytest.fixture
def record() -> dict[str, Any]:
    return copy.deepcopy(bundled()["spacecraft", "normal"][0])


def put(record: dict[str, Any], path: str, value: Any) -> None:
    *way, last = path.split(".")
    for key in way:
        record = record[int(key) if key.isdigit() else key]
    if value is REMOVED:
        del record[last]
    else:
        record[last] = value


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("name", REMOVED, "name: expected text, got no such key"),
        ("name", 5, "name: expected text, got 5"),
        ("in_space", 1, "in_space: expected true or false, got 1"),
        ("flights_count", True, "flights_count: expected an integer, got true"),
        ("flights_count", 1.0, "flights_count: expected an integer, got 1.0"),
        ("flights_count", 2**63, "flights_count: expected an integer of at most 64 bits"),
        ("status", [], "status: expected an object, got a list"),
        ("status", 4, "status: expected an object, got 4"),
        ("image.license", "MIT", 'image.license: expected an object, got "MIT"'),
        ("image.variants", {}, "image.variants: expected a list, got an object"),
        ("image.variants", [None], "image.variants[0]: expected an object, got null"),
        ("image.id", None, "image.id: expected an integer, got null"),
        ("image.id", "7", 'image.id: expected an integer, got "7"'),
        ("image.id", -(2**63) - 1, "image.id: expected an integer of at most 64 bits"),
        ("response_mode", 3, "response_mode: expected text, got 3"),
        (
            "spacecraft_config.family.0.manufacturer.type.name",
            [],
            "spacecraft_config.family[0].manufacturer.type.name: expected text, got a list",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_named(record, path, value, told):
    """By its record, the path of its key, what was expected and what came."""
    put(record, path, value)
    with pytest.raises(NotUnderstood) as refused:
        normalized(NORMAL, [record])
    assert str(refused.value).startswith(f"spacecraft {record['id']}: {told}")


@pytest.mark.parametrize("id_", [None, "201", True, 2**64, 1.5, [1]])
def test_an_id_that_is_none_is_refused(record, id_):
    record["id"] = id_
    with pytest.raises(NotUnderstood, match="id: expected an integer"):
        normalized(NORMAL, [record])


@pytest.mark.parametrize("value", [None, 5, "text", [], True])
def test_a_record_that_is_no_object_is_refused_by_its_place(record, value):
    with pytest.raises(NotUnderstood, match="record 2 of the page: expected an object"):
        normalized(NORMAL, [record, value])


@pytest.mark.parametrize("twin", [True, 1.0])
def test_a_nested_object_is_not_taken_for_one_that_equals_it(record, twin):
    """To Python, 1, 1.0 and True are equal, and so are objects that hold them."""
    other = copy.deepcopy(record)
    other["id"] += 1
    other["image"]["license"]["id"] = twin
    assert other["image"] == record["image"]
    with pytest.raises(NotUnderstood, match=r"image\.license\.id: expected an integer"):
        normalized(NORMAL, [record, other])


def test_a_nested_object_is_walked_once_as_long_as_it_is_the_same(record):
    others = [{**copy.deepcopy(record), "id": id_} for id_ in (7, 8, 9)]
    [group] = normalized(NORMAL, others)
    assert list(group[NORMAL]) == [7, 8, 9]
    assert len(group[SHAPES["AgencyMini"]]) == 2  # RFSA and Energia


def test_what_comes_later_is_seen_also_where_it_is_the_first_value_again(record):
    """Two values of a row in turn: each that differs from the one before is a group."""
    others = [{**copy.deepcopy(record), "id": id_} for id_ in (7, 8, 9)]
    others[1]["status"]["name"] = "Lost"
    groups = normalized(NORMAL, others)
    statuses = [group[SHAPES["SpacecraftStatus"]][4].values for group in groups if group]
    assert statuses == [(4, "Single Use"), (4, "Lost"), (4, "Single Use")]


def test_unknown_keys_are_drift_at_every_level(record):
    record["colour"] = {"hex": "#fff"}
    record["spacecraft_config"]["family"][0]["nickname"] = None
    normalizer = Normalizer()
    normalizer.add(NORMAL, record)
    assert normalizer.drift == {
        Drift("SpacecraftNormal", "colour", "unknown key"): record["id"],
        Drift("SpacecraftConfigFamilyNormal", "nickname", "unknown key"): 1,
    }


def test_links_are_told_by_the_first_record():
    url = "https://lldev.thespacedevs.com/2.3.0/spacecraft/201/?format=api"
    assert links_of([{"url": url}]) == Links("https://lldev.thespacedevs.com", "?format=api")
    assert links_of([{}, 3, {"url": None}]) == Links("", "")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"[]", "expected an object, got a list"),
        (b'{"detail":"Not found."}', 'it has no "count"'),
        (b'{"count":1,"next":null}', 'it has no "results"'),
        (b'{"count":"1","next":null,"results":[]}', '"count" is "1"'),
        (b'{"count":true,"next":null,"results":[]}', '"count" is true'),
        (b'{"count":1,"next":5,"results":[]}', '"next" is 5'),
        (b'{"count":1,"next":null,"results":{}}', '"results" is an object'),
    ],
)
def test_what_is_no_page_is_refused(body, told):
    with pytest.raises(NotAPage) as refused:
        records(parse(body))
    assert told in str(refused.value)
