"""render undoes normalize: what came goes out again, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers import FIXTURES, ROOT, examples, normalized
from ll2_mirror.errors import NotInMirror
from ll2_mirror.ll2.json import parse, text
from ll2_mirror.ll2.lists import RESOURCES
from ll2_mirror.ll2.model import Shape
from ll2_mirror.ll2.page import Links, links_of, records
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.load.upsert import Upsert
from ll2_mirror.store.file import Store, open_store
from ll2_mirror.testing.fake_ll2 import bundled
from ll2_mirror.transform.render import Renderer
from strategies import DrawnRows, ids_of, resources_and_modes

BUNDLED = bundled()


@pytest.fixture
def store(db):
    with open_store(db, create=True) as store:
        yield store


def bring(store: Store, shape: Shape, body: bytes) -> list[Any]:
    """Brings a page into the file; gives the ids of its records."""
    listed = records(parse(body))
    Upsert(store.conn, None).write(normalized(shape, listed))
    return [record["id"] for record in listed]


def again(
    store: Store, shape: Shape, body: bytes, indent: int | None = None, links: Links | None = None
) -> bytes:
    """The page as the file renders it, with its own links or others."""
    page = parse(body)
    objects = []
    for record in page["results"]:
        renderer = Renderer(store.conn, *(links or links_of([record])))
        objects.append(renderer.objects(shape, [record["id"]])[record["id"]])
    return text({**page, "results": objects}, indent).encode()


# Assembled from captures of two hosts, so that one image has two values; see data/README.md.
TWO_HOSTS = (540, 541)
# Bodies that others recorded, each with the list and the mode that it is of.
SHARED = ROOT.parent / "shared" / "upstream" / "captures"
CAPTURES = [
    ("agency_44_detailed", "agencies", "detailed"),
    ("astronaut_5_mode_list", "astronauts", "list"),
    ("events_upcoming_limit3", "events", "normal"),
    ("launch_detailed", "launches", "detailed"),
    ("launches_limit2", "launches", "normal"),
    ("program_25", "programs", "normal"),
    ("space_stations_2", "space_stations", "normal"),
    ("spacecraft_flights_limit10", "spacecraft_flights", "normal"),
    ("spacecraft_in_space_dragon", "spacecraft", "normal"),
]
CAPTURED = (FIXTURES / "spacecraft_offset30.json").read_bytes()


def test_the_captured_page_comes_back_indented_and_compact(store):
    shape = SHAPES["SpacecraftNormal"]
    bring(store, shape, CAPTURED)
    assert again(store, shape, CAPTURED, indent=4) == CAPTURED
    compact = json.dumps(json.loads(CAPTURED), ensure_ascii=False, separators=(",", ":")).encode()
    assert again(store, shape, compact) == compact


@pytest.mark.parametrize(("resource", "mode"), list(BUNDLED))
def test_each_bundled_record_comes_back(store, resource, mode):
    shape = RESOURCES[resource].modes[mode]
    for record in BUNDLED[resource, mode]:
        if mode == "detailed" and record["id"] in TWO_HOSTS:
            continue
        body = text({"count": 1, "next": None, "previous": None, "results": [record]}).encode()
        bring(store, shape, body)
        assert again(store, shape, body) == body


@pytest.mark.parametrize(("capture", "resource", "mode"), CAPTURES)
def test_each_captured_body_comes_back(store, capture, resource, mode):
    """All of what others recorded of LL2, where it is at hand; the bundled records are from it."""
    path = SHARED / f"{capture}.json"
    if not path.exists():
        pytest.skip("the captures are not here")
    document = parse(path.read_bytes())
    shape = RESOURCES[resource].modes[mode]
    for record in document.get("results", [document]):
        body = text({"count": 1, "next": None, "previous": None, "results": [record]}).encode()
        bring(store, shape, body)
        assert again(store, shape, body) == body


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A file whose changes each example takes back."""
    with open_store(tmp_path_factory.mktemp("pages") / "x.db", create=True) as store:
        yield store


@contextmanager
def taken_back(store: Store) -> Iterator[None]:
    """What happens in the block leaves whole tables, and no trace."""
    store.conn.execute("BEGIN")
    store.conn.execute("PRAGMA defer_foreign_keys = ON")
    try:
        yield
        assert store.conn.execute("PRAGMA foreign_key_check").fetchall() == []
    finally:
        store.conn.execute("ROLLBACK")


drifting = pytest.mark.parametrize("drift", [False, True], ids=["as documented", "with drift"])


@drifting
@pytest.mark.sampled
@pytest.mark.parametrize(("resource", "mode"), resources_and_modes())
def test_any_page_of_the_shapes_comes_back(scratch, resource, mode, drift):
    shape = RESOURCES[resource].modes[mode]

    @settings(
        max_examples=examples(2 if shape.nested else 1), suppress_health_check=list(HealthCheck)
    )
    @given(data=st.data())
    def comes_back(data):
        ids = data.draw(ids_of(RESOURCES[resource]))
        body = text(DrawnRows(data, drift).page(shape, ids)).encode()
        with taken_back(scratch):
            bring(scratch, shape, body)
            assert again(scratch, shape, body) == body

    comes_back()


@pytest.mark.sampled
@pytest.mark.parametrize("name", [name for name, one in RESOURCES.items() if len(one.modes) > 1])
def test_the_richest_mode_answers_the_poorer_ones_too(scratch, name):
    """Whatever LL2 has: what it would send in a poorer mode is rendered from the richest one."""
    *poorer, richest = RESOURCES[name].modes.values()

    @settings(max_examples=examples(2), suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def answers(data):
        world, ids = DrawnRows(data, drift=False), data.draw(ids_of(RESOURCES[name]))
        with taken_back(scratch):
            rich = world.page(richest, ids)
            bring(scratch, richest, text(rich).encode())
            for shape in poorer:
                body = text(world.page(shape, ids)).encode()
                assert again(scratch, shape, body, links=links_of(rich["results"])) == body

    answers()


@pytest.mark.parametrize(
    ("resource", "mode"),
    [
        (name, mode)
        for name, mode in BUNDLED
        if mode != "detailed" and (name, "detailed") in BUNDLED
    ],
)
def test_a_file_in_detailed_mode_renders_records_of_a_poorer_one(store, resource, mode):
    """The projection equals what upstream sends in that mode."""
    records = BUNDLED
    shapes = RESOURCES[resource].modes
    for record, wanted in zip(records[resource, "detailed"], records[resource, mode], strict=True):
        page = {"count": 1, "next": None, "previous": None, "results": [record]}
        [id_] = bring(store, shapes["detailed"], text(page).encode())
        found = Renderer(store.conn, *links_of([record])).objects(shapes[mode], [id_])[id_]
        if record["id"] not in TWO_HOSTS:
            assert text(found) == text(wanted)


def test_keys_never_seen_are_not_rendered_as_nulls(store):
    shape = SHAPES["SpacecraftNormal"]
    ids = bring(store, shape, CAPTURED)
    with pytest.raises(NotInMirror, match=r"spacecraft \d+ was only received as SpacecraftNormal"):
        Renderer(store.conn).objects(SHAPES["SpacecraftEndpointDetailed"], ids)


def test_a_row_that_is_not_there_is_named(store):
    with pytest.raises(NotInMirror, match="spacecraft 7 is not in the file"):
        Renderer(store.conn).objects(SHAPES["SpacecraftNormal"], [7])


def test_links_are_the_askers(store):
    bring(store, SHAPES["SpacecraftNormal"], CAPTURED)
    renderer = Renderer(store.conn, "http://localhost:8001", "?format=json")
    record = renderer.objects(SHAPES["SpacecraftNormal"], [201])[201]
    assert record["url"] == "http://localhost:8001/2.3.0/spacecraft/201/?format=json"
    agency = record["spacecraft_config"]["agency"]
    assert agency["url"] == "http://localhost:8001/2.3.0/agencies/63/?format=json"
    assert record["image"]["image_url"].startswith("https://thespacedevs-dev.nyc3")
