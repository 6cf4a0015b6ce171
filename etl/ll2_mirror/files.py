"""Files: those shipped beside the package, how a name is shown, what says that one has no room."""

from __future__ import annotations

import errno
from pathlib import Path

# How the system says that there is no room for a file.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The path of ``schema.sql`` or of what is below ``data/`` or ``examples/``.

    In a wheel they lie inside the package, where pyproject.toml puts them; in a clone at its top.
    """
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parents[1] / name


def printable(name: str) -> str:
    """A file's name as a text that can be shown: what isn't UTF-8 in it is a question mark."""
    return name.encode(errors="replace").decode()
