"""What a complete walk didn't meet: gone, or only missed? LL2 is asked before it is removed."""

from __future__ import annotations

import json

from ll2_mirror.errors import NotAPage, Shrunk, Stopped, UpstreamError
from ll2_mirror.extract.upstream import Upstream
from ll2_mirror.ll2.model import Id
from ll2_mirror.ll2.resources import RESOURCES
from ll2_mirror.progress import Tell
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import Fate, Met, Walk

# A walk that lacks more than both is taken for a fault of LL2's.
SHRINK_SHARE = 0.10
SHRINK_COUNT = 20


def fate(
    store: Store,
    upstream: Upstream,
    walk: Walk,
    missed_before: set[Id],
    allow_shrink: bool,
    tell: Tell,
) -> Fate:
    """Sorts the records that a complete walk didn't meet.

    One is gone when LL2 has no such record any more, or, where the budget forbids to ask, when
    the complete walk before this one missed it, too (``missed_before``). Raises Shrunk where too
    many are missing.
    """
    missing = store.ledger.missing(Met(store.conn, walk))
    if _too_many(store, walk, len(missing)):
        if allow_shrink:
            return Fate(missing, [], [])
        store.walks.drop(walk.resource)
        listed = store.ledger.records(walk.resource)
        raise Shrunk(
            f"{walk.resource}: LL2 lists {walk.total} records; {len(missing)} of the {listed} held"
            " would go: nothing was published. If that is right, sync with --allow-shrink"
        )
    nameless = bool(missing) and _has_nameless(store, walk)
    found = Fate([], [], [])
    why = ""  # LL2 can't be asked now: once is enough to know
    for id_ in missing:
        there, why = _lists(upstream, walk.resource, id_, why)
        if there is None:
            tell("unconfirmed", resource=walk.resource, id=id_, why=why)
            gone = id_ in missed_before and not nameless
            (found.gone if gone else found.missing).append(id_)
        elif there:
            (found.missing if nameless else found.skipped).append(id_)
        else:
            found.gone.append(id_)
    return found


def _too_many(store: Store, walk: Walk, missing: int) -> bool:
    listed = store.ledger.records(walk.resource)
    return missing > SHRINK_COUNT and missing > SHRINK_SHARE * listed


def _has_nameless(store: Store, walk: Walk) -> bool:
    """Whether a record came without a readable id: it may be any of those missing."""
    kind = RESOURCES[walk.resource].modes[walk.mode].id_type
    return any(
        type(id_) is not kind for page in store.walks.pages(walk) for id_ in json.loads(page.ids)
    )


def _lists(upstream: Upstream, resource: str, id_: Id, why: str) -> tuple[bool | None, str]:
    """Whether LL2 has a record; None where it can't be asked, and why. ``why``: it couldn't before.

    Where it answers with an error, the pages came all the same: that ends no sync.
    """
    try:
        if not why and upstream.budget.left >= 1:
            return upstream.lists(resource, id_), ""
    except (UpstreamError, NotAPage, Stopped) as error:
        return None, str(error)
    return None, why or "the budget is spent"
