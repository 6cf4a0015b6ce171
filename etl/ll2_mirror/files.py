"""Finds the files shipped beside the package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The path of ``schema.sql`` or of what is below ``data/`` or ``examples/``.

    In a wheel they lie inside the package, where pyproject.toml puts them; in a clone at its top.
    """
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parents[1] / name
