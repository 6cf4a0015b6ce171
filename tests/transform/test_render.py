"""render undoes normalize: what came goes out again, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ll2_mirror.errors import NotHeld
from ll2_mirror.ll2.jsontext import parse, text
from ll2_mirror.ll2.model import Shape
from ll2_mirror.ll2.page import links_of, records
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.ll2.shapes import SHAPES
from ll2_mirror.load.upsert import Upsert
from ll2_mirror.store.opening import open_store
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import Walk
from ll2_mirror.testing.fake import bundled
from ll2_mirror.transform.normalize import Normalizer
from ll2_mirror.transform.render import Renderer
from parts import FIXTURES
from strategies import World, resources_and_modes


@pytest.fixture
def store(db):
    with open_store(db, create=True) as store:
        yield store


def bring(store: Store, shape: Shape, body: bytes) -> list[Any]:
    """Brings a page into the file; gives the ids of its records."""
    listed = records(parse(body))
    run = store.ledger.open_run(Walk(0, "", "", "", "", None), 0)
    Upsert(store.conn, store.ledger, run, shape).page(Normalizer().page(shape, listed))
    return [record["id"] for record in listed]


def again(store: Store, shape: Shape, body: bytes, indent: int | None = None) -> bytes:
    """The page as the file renders it."""
    page = parse(body)
    renderer = Renderer(store.conn, *links_of(page["results"]))
    ids = [record["id"] for record in page["results"]]
    objects = renderer.objects(shape, ids)
    return text({**page, "results": [objects[id_] for id_ in ids]}, indent).encode()


# Assembled from captures of two hosts, so that one image has two values; see data/README.md.
TWO_HOSTS = (540, 541)
CAPTURED = (FIXTURES / "spacecraft_offset30.json").read_bytes()


def test_the_captured_page_comes_back_indented_and_compact(store):
    shape = SHAPES["SpacecraftNormal"]
    bring(store, shape, CAPTURED)
    assert again(store, shape, CAPTURED, indent=4) == CAPTURED
    compact = json.dumps(json.loads(CAPTURED), ensure_ascii=False, separators=(",", ":")).encode()
    assert again(store, shape, compact) == compact


@pytest.mark.parametrize(("resource", "mode"), resources_and_modes())
def test_each_bundled_record_comes_back(store, resource, mode):
    shape = RESOURCES[resource].modes[mode]
    for record in bundled()[resource, mode]:
        if mode == "detailed" and record["id"] in TWO_HOSTS:
            continue
        body = text({"count": 1, "next": None, "previous": None, "results": [record]}).encode()
        bring(store, shape, body)
        assert again(store, shape, body) == body


@pytest.mark.parametrize("drift", [False, True], ids=["as documented", "with drift"])
@pytest.mark.parametrize(("resource", "mode"), resources_and_modes())
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_page_of_the_shapes_comes_back(tmp_path_factory, resource, mode, drift, data):
    shape = RESOURCES[resource].modes[mode]
    world = World(data, drift)
    ids = data.draw(st.lists(st.integers(0, 5), unique=True, max_size=3))
    body = text(world.page(shape, ids)).encode()
    with open_store(tmp_path_factory.mktemp("page") / "x.db", create=True) as store:
        store.conn.execute("BEGIN")
        store.conn.execute("PRAGMA defer_foreign_keys = ON")
        bring(store, shape, body)
        store.conn.execute("COMMIT")
        assert again(store, shape, body) == body


@pytest.mark.parametrize(
    ("resource", "mode"), [pair for pair in resources_and_modes() if pair[1] != "detailed"]
)
def test_a_file_in_detailed_mode_renders_records_of_a_poorer_one(store, resource, mode):
    """The projection equals what upstream sends in that mode."""
    records = bundled()
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
    with pytest.raises(NotHeld, match=r"spacecraft \d+ was seen as SpacecraftNormal only"):
        Renderer(store.conn).objects(SHAPES["SpacecraftEndpointDetailed"], ids)


def test_a_row_that_is_not_there_is_named(store):
    with pytest.raises(NotHeld, match="spacecraft 7 is not in the file"):
        Renderer(store.conn).objects(SHAPES["SpacecraftNormal"], [7])


def test_links_are_the_askers(store):
    bring(store, SHAPES["SpacecraftNormal"], CAPTURED)
    renderer = Renderer(store.conn, "http://localhost:8001", "?format=json")
    record = renderer.objects(SHAPES["SpacecraftNormal"], [201])[201]
    assert record["url"] == "http://localhost:8001/2.3.0/spacecraft/201/?format=json"
    agency = record["spacecraft_config"]["agency"]
    assert agency["url"] == "http://localhost:8001/2.3.0/agencies/63/?format=json"
    assert record["image"]["image_url"].startswith("https://thespacedevs-dev.nyc3")
