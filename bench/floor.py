"""The floor: the least code that brings the same pages into the same public tables.

Written by hand for one shape (SpacecraftNormal): no history, no proof, no drift, no tidying up.
Run as ``python floor.py DB BASE_URL [fetch]``; bench.py checks that its tables hold what the
tool's do.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import isodate
import requests

HOST = "https://ll.thespacedevs.com"
SCHEMA = Path(__file__).resolve().parents[1] / "schema.sql"

# The tables with their columns in the order of LL2's keys, a row's references before the row. A
# parent family is a shorter object: its statement writes what it has.
TABLES = {
    "image_licenses": "id name priority link",
    "image_variant_types": "id name",
    "image_variants": "id type_id image_url",
    "images": "id name image_url thumbnail_url credit license_id single_use variants_items",
    "images__variants": "image_id position image_variant_id",
    "agency_types": "id name",
    "agencies": "id url name abbrev type_id",
    "spacecraft_configuration_families/parent": "id name",
    "spacecraft_configuration_families": "id name description manufacturer_id parent_id"
    " maiden_flight",
    "spacecraft_configuration_types": "id name",
    "spacecraft_configurations": "id url name type_id agency_id family_items in_use image_id",
    "spacecraft_configurations__family": "spacecraft_configuration_id position"
    " spacecraft_configuration_family_id",
    "spacecraft_statuses": "id name",
    "spacecraft": "id url name serial_number is_placeholder image_id in_space time_in_space"
    " time_docked flights_count mission_ends_count status_id description spacecraft_config_id"
    " fastest_turnaround time_in_space_seconds time_docked_seconds fastest_turnaround_seconds",
}


def upsert(table: str, columns: list[str]) -> str:
    """The statement that writes a row where there is none, or another one."""
    split = 2 if columns[1] == "position" else 1
    key, rest = columns[:split], columns[split:]
    news = ", ".join(f"excluded.{name}" for name in rest)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET ({', '.join(rest)}) = ({news})"
        f" WHERE ({', '.join(f'{table}.{name}' for name in rest)}) IS NOT ({news})"
    )


@lru_cache(maxsize=4096)
def seconds(text: str | None) -> float | None:
    """A duration in seconds."""
    return None if text is None else float(isodate.parse_duration(text).total_seconds())


class Rows(dict[str, dict[Any, tuple[Any, ...]]]):
    """The rows of a page by table and key, each once. A method takes an object, gives its id."""

    def __init__(self, records: list[Any]) -> None:
        super().__init__((table, {}) for table in TABLES)
        for record in records:
            self.spacecraft(record)

    def plain(self, table: str, value: Any) -> Any:
        """An object with nothing in it but values for the columns."""
        self[table][value["id"]] = tuple(value.values())
        return value["id"]

    def image(self, value: Any) -> Any:
        """An image with its license and variants."""
        if value is None or value["id"] in self["images"]:
            return value and value["id"]
        for place, item in enumerate(value["variants"]):
            item["type"] = self.plain("image_variant_types", item["type"])
            row = (value["id"], place, self.plain("image_variants", item))
            self["images__variants"][row[:2]] = row
        value["variants"] = len(value["variants"])
        value["license"] = self.plain("image_licenses", value["license"])
        return self.plain("images", value)

    def agency(self, value: Any) -> Any:
        """An agency with its type."""
        if value["id"] not in self["agencies"]:
            del value["response_mode"]
            value["url"] = value["url"].removeprefix(HOST)
            value["type"] = self.plain("agency_types", value["type"])
            self.plain("agencies", value)
        return value["id"]

    def family(self, value: Any) -> Any:
        """A family with its manufacturer and parent."""
        del value["response_mode"]
        value["manufacturer"] = self.agency(value["manufacturer"])
        if parent := value["parent"]:
            del parent["response_mode"]
            value["parent"] = self.plain("spacecraft_configuration_families/parent", parent)
        return self.plain("spacecraft_configuration_families", value)

    def config(self, value: Any) -> Any:
        """A configuration with its type, agency, families and image."""
        if value["id"] in self["spacecraft_configurations"]:
            return value["id"]
        for place, item in enumerate(value["family"]):
            row = (value["id"], place, self.family(item))
            self["spacecraft_configurations__family"][row[:2]] = row
        del value["response_mode"]
        value["url"] = value["url"].removeprefix(HOST)
        value["type"] = self.plain("spacecraft_configuration_types", value["type"])
        value["agency"] = self.agency(value["agency"])
        value["family"] = len(value["family"])
        value["image"] = self.image(value["image"])
        return self.plain("spacecraft_configurations", value)

    def spacecraft(self, value: Any) -> None:
        """A record with its image, status and configuration."""
        del value["response_mode"]
        value["url"] = value["url"].removeprefix(HOST)
        value["image"] = self.image(value["image"])
        value["status"] = self.plain("spacecraft_statuses", value["status"])
        value["spacecraft_config"] = self.config(value["spacecraft_config"])
        for key in ("time_in_space", "time_docked", "fastest_turnaround"):
            value[f"{key}_seconds"] = seconds(value[key])
        self.plain("spacecraft", value)


def main(db: Path, base_url: str, only_fetch: bool) -> None:
    """Fetches the pages and, unless that is all, brings them in, in one transaction."""
    upserts = {name: upsert(name.split("/")[0], TABLES[name].split()) for name in TABLES}
    schema = "" if db.exists() else SCHEMA.read_text(encoding="utf-8")
    conn = sqlite3.connect(db, isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")  # all settings as the tool has them
    conn.execute("PRAGMA synchronous = NORMAL")
    conn.execute("PRAGMA foreign_keys = ON")
    conn.executescript(f"BEGIN; {schema}")
    session = requests.Session()
    session.trust_env = False  # likewise
    offset, count = 0, 1
    while offset < count:
        query = f"limit=100&mode=normal&offset={offset}&ordering=id"
        body = session.get(f"{base_url}/2.3.0/spacecraft/?{query}").content
        if only_fetch:
            offset, count = offset + 100, int(body[:30].split(b":")[1].split(b",")[0])
            continue
        page = json.loads(body)
        for name, rows in Rows(page["results"]).items():
            conn.executemany(upserts[name], rows.values())
        offset, count = offset + 100, page["count"]
    conn.execute("COMMIT")
    conn.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], only_fetch=len(sys.argv) > 3)
