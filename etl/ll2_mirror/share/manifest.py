"""What is published: the state of a mirror, and the file that holds it. Both sides go by it."""

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
MAX_MANIFEST = 1024 * 1024  # bytes: far beyond any
_FORMAT = 1
_SNAPSHOT = re.compile(r"snapshot-([0-9a-f]{64})\.db")
_ABOUT = {
    "source": "Launch Library 2, The Space Devs",
    "source_url": "https://thespacedevs.com/llapi",
    "license": "Free of charge; name The Space Devs where you show the data. Each picture has its"
    " own credit and license: see images and image_licenses.",
}


class MirrorState(NamedTuple):
    """What tells one published state of a mirror from another: its last run, and its schema."""

    run: int
    synced: str  # when that run ended
    schema_version: int

    def precedes(self, other: MirrorState) -> bool:
        """Whether it is surely older: an earlier run, which ended before."""
        return self.synced < other.synced and self.run <= other.run

    def covers(self, other: MirrorState) -> bool:
        """Whether it has what the other has: the same run, in no older schema."""
        return self[:2] == other[:2] and self.schema_version >= other.schema_version


def mirror_state(store: Store) -> MirrorState | None:
    """The state of a mirror; None before its first sync."""
    newest = store.ledger.newest()
    return MirrorState(*newest, store.version or SCHEMA_VERSION) if newest else None


def pulled_from(store: Store) -> dict[str, Any] | None:
    """Where a mirror was pulled from, and when; None where it wasn't, or was synced since."""
    pulled: dict[str, Any] | None = store.settings.read("pulled", dict)
    newest = store.ledger.newest()
    return pulled if pulled and newest and pulled.get("run") == newest[0] else None


def is_as_new_as(store: Store, state: MirrorState) -> bool:
    """Whether a mirror is no older than a state: it has that run among its own, or a later sync.

    The run counts more than the time: the writer's clock may have been set back.
    """
    newest = store.ledger.newest()
    assert newest is not None
    return store.ledger.has_run(state.run, state.synced) or newest[1] >= state.synced


class PublishedFile(NamedTuple):
    """A published file: its name, its size, and the SHA-256 of its bytes."""

    name: str
    bytes: int
    sha256: str


class Manifest(NamedTuple):
    """A published state. ``older``: the names of earlier snapshots that are still there."""

    state: MirrorState
    published: str
    base_url: str | None
    mode: str | None
    resources: dict[str, int]  # how many records, by resource
    file: PublishedFile
    older: list[str]

    def as_json(self) -> dict[str, Any]:
        """The manifest as its JSON object."""
        return {
            "format": _FORMAT,
            "made_by": f"ll2-mirror {__version__}",
            **self.state._asdict(),
            "published": self.published,
            "base_url": self.base_url,
            "mode": self.mode,
            "resources": self.resources,
            "file": self.file._asdict(),
            "gzip": None,  # a second, packed file until 0.6, whose `pull` needs the key
            "older": self.older,
            **_ABOUT,
        }


def snapshot_name(sha256: str) -> str:
    """The name of a snapshot, made from its digest: a file of that name never changes."""
    return f"snapshot-{sha256}.db"


def is_snapshot(name: str) -> bool:
    """Whether a file's name is one of a snapshot: no path, and no file of a user's."""
    return _SNAPSHOT.fullmatch(name) is not None


def parse_manifest(text: bytes, where: str) -> Manifest:
    """A manifest as it is published at ``where``; raises DataError for anything else.

    Raises NotAMirror where only a newer version can read it, or what it names.
    """
    try:
        document = json.loads(text)
        if document["format"] > _FORMAT or document["schema_version"] > SCHEMA_VERSION:
            by = f"{document['made_by']:.40}"
            raise NotAMirror(f"{where} was made by a newer version ({by}): upgrade ll2-mirror")
        return _manifest(document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError(f"{where} is no manifest of ll2-mirror's") from None


def _manifest(document: dict[str, Any]) -> Manifest:
    """The manifest that a JSON object is; raises ValueError and its like for any other."""
    about = document["file"]
    file = PublishedFile(about["name"], _count(about["bytes"]), about["sha256"])
    if not is_snapshot(file.name) or file.name != snapshot_name(file.sha256):
        raise ValueError
    from_iso(document["synced"]), from_iso(document["published"])
    return Manifest(
        MirrorState(
            _count(document["run"]), document["synced"], _count(document["schema_version"])
        ),
        document["published"],
        document["base_url"],
        document["mode"],
        {str(name): _count(count) for name, count in document["resources"].items()},
        file,
        [name for name in document["older"] if is_snapshot(name)],
    )


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError
    return value
