"""The shapes against schema.sql, and against LL2's own document."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlite_utils

from ll2_mirror.files import shipped
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.ll2.schema import check
from ll2_mirror.ll2.shapes import SHAPES
from parts import FIXTURES

SCHEMAS = json.loads((FIXTURES / "openapi-2.3.0.json").read_text("utf-8"))["components"]["schemas"]


@pytest.fixture
def empty():
    with sqlite_utils.Database(memory=True) as db:
        db.executescript(shipped("schema.sql").read_text(encoding="utf-8"))
        yield db


def test_every_key_has_its_column_and_every_column_its_key(empty):
    assert check(empty) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("ALTER TABLE spacecraft DROP COLUMN name", "spacecraft.name: TEXT by the shapes, None"),
        ("ALTER TABLE spacecraft ADD COLUMN colour TEXT", "spacecraft.colour: None by the shapes"),
        ("DROP TABLE images__variants", "images__variants: no such table"),
        ("CREATE TABLE moons (id INTEGER PRIMARY KEY)", "moons: a table of no shape"),
        ("DROP INDEX spacecraft_image_id", "spacecraft.image_id: no index"),
        ("DROP TABLE _search_agencies", "_search_agencies: its columns aren't id, abbrev, name"),
        ("DROP TABLE _search_agencies_fts", "_search_agencies_fts: no such index"),
    ],
)
def test_check_names_what_disagrees(empty, change, complaint):
    empty.execute(change)
    assert any(line.startswith(complaint) for line in check(empty))


def _declared(schema: dict[str, Any]) -> list[tuple[str, str]]:
    """Each key of an OpenAPI schema with what it holds, in the document's order."""
    formats = {"uri": "str", "date": "date", "date-time": "datetime", "uuid": "uuid"}
    plain = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
    keys = []
    for name, spec in schema["properties"].items():
        target = spec.get("allOf", [spec])[0].get("$ref")
        if name == "response_mode":
            keys.append((name, f"={spec['default']}"))
        elif target:
            keys.append((name, target.rsplit("/", 1)[1]))
        elif spec["type"] == "array":
            keys.append((name, f"[{spec['items']['$ref'].rsplit('/', 1)[1]}]"))
        else:
            keys.append((name, formats.get(spec.get("format"), plain[spec["type"]])))
    return keys


def _shaped(name: str) -> list[tuple[str, str]]:
    text = {"link", "media", "duration"}  # finer kinds of text than the document knows
    return [
        (
            key.name,
            {"const": f"={key.of}", "one": key.of, "many": f"[{key.of}]"}.get(
                key.kind, "str" if key.kind in text else key.kind
            ),
        )
        for key in SHAPES[name].keys
    ]


def test_the_shapes_are_the_closure_of_the_document():
    """The fixture holds what the resources reach in the document, and nothing else."""
    assert sorted(SHAPES) == sorted(SCHEMAS)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_shape_has_the_documents_keys_in_order_with_their_types(name):
    assert _shaped(name) == _declared(SCHEMAS[name])


def test_a_detailed_record_has_all_that_a_normal_one_has():
    for resource in RESOURCES.values():
        normal, detailed = resource.modes["normal"], resource.modes["detailed"]
        assert set(normal.columns) <= set(detailed.columns)
