"""What a complete walk didn't meet: gone, or only missed? LL2 is asked before it is removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum

from ll2_mirror.errors import NotAPage, Shrunk, Stopped, UpstreamError
from ll2_mirror.extract.upstream import MAX_PROBES, Upstream
from ll2_mirror.ll2.model import Id
from ll2_mirror.progress import Tell
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import NOTHING, Fate, Met, Walk

# A walk that lacks more than both is taken for a fault of LL2's.
SHRINK_SHARE = 0.10
SHRINK_COUNT = 20


class Said(Enum):
    """What LL2 says of a record that it didn't list."""

    GONE = "it has none"
    THERE = "it has it"
    NOTHING = "it can't be asked now"
    LATER = "it wasn't asked yet"


def fate(
    store: Store,
    upstream: Upstream,
    walk: Walk,
    missed_before: set[Id],
    allow_shrink: bool,
    tell: Tell,
) -> Fate:
    """Sorts the records that a complete walk didn't meet.

    One is gone when LL2 has no such record any more, or, where LL2 can't be asked, when the
    complete walk before this one missed it, too (``missed_before``). Raises Shrunk where too many
    are missing. A walk over a part says nothing of those that it didn't meet.
    """
    if walk.part:
        return NOTHING
    since = store.walks.met_since(walk)
    missing = [id_ for id_ in store.ledger.missing(Met(store.conn, walk)) if id_ not in since]
    listed = store.ledger.records(walk.resource)
    if len(missing) > max(SHRINK_COUNT, SHRINK_SHARE * listed):
        if allow_shrink:
            return Fate(missing, [], [])
        store.walks.drop(walk)
        raise Shrunk(
            f"{walk.resource}: LL2 lists {walk.total} records; {len(missing)} of the {listed} held"
            " would go: nothing was published. If that is right, sync with --allow-shrink"
        )
    found = Fate([], [], [])
    nameless = bool(missing) and _has_nameless(store, walk)
    for id_, said in _asked(upstream, walk.resource, missing, tell):
        twice = id_ in missed_before and not nameless
        {
            Said.GONE: found.gone,
            Said.THERE: found.missing if nameless else found.skipped,
            Said.NOTHING: found.gone if twice else found.missing,
            Said.LATER: found.missing,
        }[said].append(id_)
    return found


def _has_nameless(store: Store, walk: Walk) -> bool:
    """Whether a record came without a readable id: it may be any of those missing."""
    kind = walk.shape.id_type
    return any(
        type(id_) is not kind for page in store.walks.pages(walk) for id_ in json.loads(page.ids)
    )


def _asked(
    upstream: Upstream, resource: str, missing: list[Id], tell: Tell
) -> Iterator[tuple[Id, Said]]:
    """What LL2 says of each record; where it can't be asked about one, no other is asked about."""
    why = ""
    for id_ in missing:
        if (resource, id_) in upstream.gone:
            yield id_, Said.GONE
            continue
        if not why:
            said, why = _says(upstream, resource, id_)
        if why:
            tell("unconfirmed", resource=resource, id=id_, why=why)
        yield id_, said


def _says(upstream: Upstream, resource: str, id_: Id) -> tuple[Said, str]:
    """What LL2 says of a record, and why it doesn't: its pages came, so an error ends no sync."""
    if upstream.budget.left < 2:  # the last is for a page
        return Said.NOTHING, "the budget is spent"
    if not upstream.probes:
        return Said.LATER, f"one sync asks {MAX_PROBES} times at most: the next goes on"
    try:
        return (Said.THERE if upstream.lists(resource, id_) else Said.GONE), ""
    except (UpstreamError, NotAPage, Stopped) as error:
        return Said.NOTHING, str(error)
