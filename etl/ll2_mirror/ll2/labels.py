"""What a row is called: by its name, else by what it is of."""

from __future__ import annotations

import tomllib
from functools import cache

from ll2_mirror.files import shipped
from ll2_mirror.ll2.schema import tables

_NAMING = ("name", "title")


@cache
def _said() -> dict[str, str]:
    return tomllib.loads(shipped("ll2/labels.toml").read_text(encoding="utf-8"))


@cache
def label(table: str) -> str:
    """What the row ``t`` of a table is called, as SQL; empty where it is called nothing."""
    columns = {column.name for column in tables()[table]}
    named = next((f't."{name}"' for name in _NAMING if name in columns), "")
    return _said().get(table, named)
