"""What is published: the state of the mirror, and the files that hold it. Both sides go by it."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from ll2_mirror import __version__
from ll2_mirror.clock import from_iso
from ll2_mirror.errors import DataError, NotAMirror
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.store.store import Store

MANIFEST = "manifest.json"
MOST = 1024 * 1024  # bytes of a manifest: far beyond any
_FORMAT = 1
_SNAPSHOT = re.compile(r"snapshot-([0-9a-f]{64})\.db")
_ABOUT = {
    "source": "Launch Library 2, The Space Devs",
    "source_url": "https://thespacedevs.com/llapi",
    "license": "Free of charge; name The Space Devs where you show the data. Each picture has its"
    " own credit and license: see images and image_licenses.",
}


class State(NamedTuple):
    """What tells one published state of a mirror from another: its last run, and its schema."""

    run: int
    synced: str  # when that run ended
    schema_version: int

    def precedes(self, other: State) -> bool:
        """Whether it is surely older: an earlier run, which ended before."""
        return self.synced < other.synced and self.run <= other.run

    def covers(self, other: State) -> bool:
        """Whether it has what the other has: the same run, in no older schema."""
        return self[:2] == other[:2] and self.schema_version >= other.schema_version


def state_of(store: Store) -> State | None:
    """The state of a mirror; None before its first sync."""
    newest = store.ledger.newest()
    return State(*newest, store.version or SCHEMA_VERSION) if newest else None


def pulled_from(store: Store) -> dict[str, Any] | None:
    """Where a mirror was pulled from, and when; None where it wasn't, or was synced since."""
    held: dict[str, Any] | None = store.settings.read("pulled", dict)
    newest = store.ledger.newest()
    return held if held and newest and held.get("run") == newest[0] else None


def follows(store: Store, state: State) -> bool:
    """Whether a mirror is no older than a state: it has that run among its own, or a later sync.

    The run counts more than the time: the writer's clock may have been set back.
    """
    newest = store.ledger.newest()
    assert newest is not None
    return store.ledger.has_run(state.run, state.synced) or newest[1] >= state.synced


class File(NamedTuple):
    """A published file: its name, its size, and the SHA-256 of its bytes."""

    name: str
    bytes: int
    sha256: str


class Manifest(NamedTuple):
    """A published state. ``older``: the names of snapshots before it that are still there."""

    state: State
    published: str
    base_url: str | None
    mode: str | None
    resources: dict[str, int]  # how many records, by resource
    file: File
    packed: File | None  # the same file, by gzip
    older: list[str]

    def as_json(self) -> dict[str, Any]:
        """The manifest as its JSON object."""
        state, published, base_url, mode, resources, file, packed, older = self
        return {
            "format": _FORMAT,
            "made_by": f"ll2-mirror {__version__}",
            **state._asdict(),
            "published": published,
            "base_url": base_url,
            "mode": mode,
            "resources": resources,
            "file": file._asdict(),
            "gzip": packed and packed._asdict(),
            "older": older,
            **_ABOUT,
        }


def name_of(sha256: str) -> str:
    """The name of a snapshot, which its digest makes: what bears it never changes."""
    return f"snapshot-{sha256}.db"


def is_snapshot(name: str) -> bool:
    """Whether a file's name is one of a snapshot, packed or not: no path, nothing of a user's."""
    return _SNAPSHOT.fullmatch(name.removesuffix(".gz")) is not None


def parsed(text: bytes, where: str) -> Manifest:
    """A manifest as it is published at ``where``; raises DataError for what is none.

    Raises NotAMirror where only a newer version can read it, or what it names.
    """
    try:
        found = json.loads(text)
        if found["format"] > _FORMAT or found["schema_version"] > SCHEMA_VERSION:
            by = f"{found['made_by']:.40}"
            raise NotAMirror(f"{where} was made by a newer version ({by}): upgrade ll2-mirror")
        return _manifest(found)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError(f"{where} is no manifest of ll2-mirror's") from None


def _manifest(found: dict[str, Any]) -> Manifest:
    """The manifest that a JSON object is; raises ValueError and its like for any other."""
    file = _file(found["file"])
    packed = _file(found["gzip"]) if found["gzip"] else None
    _demand(file.name == name_of(file.sha256))
    _demand(packed is None or packed.name == f"{file.name}.gz")
    from_iso(found["synced"]), from_iso(found["published"])
    return Manifest(
        State(_number(found["run"]), found["synced"], _number(found["schema_version"])),
        found["published"],
        found["base_url"],
        found["mode"],
        {str(name): _number(count) for name, count in found["resources"].items()},
        file,
        packed,
        [name for name in found["older"] if is_snapshot(name)],
    )


def _file(found: dict[str, Any]) -> File:
    file = File(found["name"], _number(found["bytes"]), found["sha256"])
    _demand(is_snapshot(file.name) and re.fullmatch("[0-9a-f]{64}", file.sha256) is not None)
    return file


def _number(value: Any) -> int:
    _demand(type(value) is int and 0 <= value < 2**63)
    return int(value)


def _demand(right: bool) -> None:
    if not right:
        raise ValueError
