"""Finds out, by asking LL2, which records that a complete walk didn't find are deleted."""

from __future__ import annotations

from ll2_mirror.errors import Shrunk, Stopped, UpstreamError
from ll2_mirror.extract.upstream import MAX_PROBES, Upstream
from ll2_mirror.ll2.model import Id
from ll2_mirror.progress import Emit
from ll2_mirror.store.file import Store
from ll2_mirror.store.walks import NO_DELETIONS, Deletions, Walk

# If more records than both are missing from a walk, a fault of LL2 is assumed.
SHRINK_SHARE = 0.10
SHRINK_COUNT = 20


def find_deleted(
    store: Store,
    upstream: Upstream,
    walk: Walk,
    missed_before: set[Id],
    allow_shrink: bool,
    emit: Emit,
) -> Deletions:
    """Sorts the records that a complete walk didn't find into gone, missing and skipped.

    A record is gone if LL2 answers 404; or, if LL2 can't be asked, if the previous complete walk
    didn't find it either (``missed_before``). Raises Shrunk if too many are missing. A walk over a
    part finds no deletions.
    """
    if walk.part:
        return NO_DELETIONS
    missing, listed = store.walks.unfound(walk), store.ledger.records(walk.resource)
    if len(missing) > max(SHRINK_COUNT, SHRINK_SHARE * listed):
        if allow_shrink:
            return Deletions(missing, [], [])
        store.walks.drop(walk)
        raise Shrunk(
            f"{walk.resource}: LL2 lists {walk.total} records; {len(missing)} of the"
            f" {listed} held would be deleted: nothing was published. If that is right, sync"
            " with --allow-shrink"
        )
    ids = (id_ for page in store.walks.pages(walk) for id_ in page.ids)
    if all(type(id_) is walk.shape.id_type for id_ in ids):
        return _ask(upstream, walk.resource, missing, missed_before, emit)
    # A record without a readable id may be one of the missing.
    deletions = _ask(upstream, walk.resource, missing, set(), emit)
    return Deletions(deletions.gone, deletions.missing + deletions.skipped, [])


def _ask(
    upstream: Upstream, resource: str, missing: list[Id], missed_before: set[Id], emit: Emit
) -> Deletions:
    """Asks LL2 about each record, until that fails; an error doesn't end the sync."""
    deletions, why, ask_later = Deletions([], [], []), "", False
    for id_ in missing:
        if (resource, id_) in upstream.gone:
            deletions.gone.append(id_)
            continue
        if not why and upstream.budget.left < 2:  # the last request is for a page
            why = "the rate limit has no request left for it"
        elif not why and not upstream.probes:
            why = f"one sync asks at most {MAX_PROBES} times: the next one continues"
            ask_later = True
        if not why:
            try:
                has_it = upstream.lists(resource, id_)
                (deletions.skipped if has_it else deletions.gone).append(id_)
                continue
            except (UpstreamError, Stopped) as error:
                why = str(error)
        emit("unconfirmed", resource=resource, id=id_, why=why)
        is_gone = id_ in missed_before and not ask_later
        (deletions.gone if is_gone else deletions.missing).append(id_)
    return deletions
