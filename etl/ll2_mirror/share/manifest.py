"""The manifest: which state of a mirror is published, in which file."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from ll2_mirror import __version__
from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.errors import DataError, NotAMirror
from ll2_mirror.ll2.lists import SLICES
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.store.file import Store

MANIFEST = "manifest.json"
MAX_MANIFEST = 1024 * 1024  # bytes: far beyond any
_FORMAT = 1
_SNAPSHOT = re.compile(r"snapshot-([0-9a-f]{64})\.db")


class MirrorState(NamedTuple):
    """A state of a mirror: its last run, and the version of its schema."""

    run: int
    synced: str  # when that run ended
    schema_version: int

    def precedes(self, other: MirrorState) -> bool:
        """Whether it is certainly older: an earlier run, which ended before."""
        return self.synced < other.synced and self.run <= other.run

    def covers(self, other: MirrorState) -> bool:
        """Whether it includes the other: the same run, and at least its schema version."""
        return self[:2] == other[:2] and self.schema_version >= other.schema_version


def mirror_state(store: Store) -> MirrorState | None:
    """The state of a mirror; None before its first sync."""
    newest = store.ledger.newest()
    return MirrorState(*newest, store.version or SCHEMA_VERSION) if newest else None


def pulled_from(store: Store) -> dict[str, Any] | None:
    """Where a mirror was pulled from, and when; None if it wasn't, or was synced since."""
    pulled: dict[str, Any] | None = store.settings.read("pulled", dict)
    newest = store.ledger.newest()
    return pulled if pulled and newest and pulled.get("run") == newest[0] else None


def is_as_new_as(store: Store, state: MirrorState) -> bool:
    """Whether a mirror is as new as a state: it has that run, or was synced later.

    Compares runs before times: the writer's clock may have been set back.
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
    """A published state. ``older``: the names of earlier snapshots in the folder.

    ``document`` is the JSON object as it is published.
    """

    state: MirrorState
    file: PublishedFile
    older: list[str]
    document: dict[str, Any]


def manifest_of(store: Store, file: PublishedFile, older: list[str]) -> Manifest:
    """The manifest for a mirror and the file with its snapshot."""
    state = mirror_state(store)
    assert state is not None
    # A slice of a list, such as the upcoming launches, counts as many records as the list.
    names = {name: SLICES[name].resource.name for name in store.settings.resources}
    document = {
        "format": _FORMAT,
        "made_by": f"ll2-mirror {__version__}",
        **state._asdict(),
        "published": to_iso(store.clock.now()),
        "base_url": store.settings.base_url,
        "mode": store.walks.mode,
        "resources": {name: store.ledger.records(of) for name, of in names.items()},
        "file": file._asdict(),
        "gzip": None,  # until 0.6 a compressed copy; the `pull` of 0.6 needs the key
        "older": older,
        "source": "Launch Library 2, The Space Devs",
        "source_url": "https://thespacedevs.com/llapi",
        "license": "Free of charge; name The Space Devs where you show the data. Each picture has"
        " its own credit and license: see images and image_licenses.",
    }
    return Manifest(state, file, older, document)


def snapshot_name(sha256: str) -> str:
    """The name of a snapshot, from its digest: a file with that name never changes."""
    return f"snapshot-{sha256}.db"


def is_snapshot(name: str) -> bool:
    """Whether a name is that of a snapshot, and not a path or a user's file."""
    return _SNAPSHOT.fullmatch(name) is not None


def parse_manifest(text: bytes, where: str) -> Manifest:
    """Parses a manifest published at ``where``; raises DataError for anything else.

    Raises NotAMirror if only a newer version can read it or its snapshot.
    """
    try:
        document = json.loads(text)
        if document["format"] > _FORMAT or document["schema_version"] > SCHEMA_VERSION:
            by = f"{document['made_by']:.40}"
            raise NotAMirror(f"{where} was made by a newer version ({by}): upgrade ll2-mirror")
        run, version = _count(document["run"]), _count(document["schema_version"])
        about, older = document["file"], [name for name in document["older"] if is_snapshot(name)]
        file = PublishedFile(about["name"], _count(about["bytes"]), about["sha256"])
        times = document["synced"], document["published"]
        sound = is_snapshot(file.name) and file.name == snapshot_name(file.sha256)
        if not sound or not all(map(from_iso, times)):
            raise ValueError
        sum(map(_count, document["resources"].values()))
        return Manifest(MirrorState(run, document["synced"], version), file, older, document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError(f"{where} is not a manifest of ll2-mirror") from None


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError
    return value
