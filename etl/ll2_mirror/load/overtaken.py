"""Lets go of the pages of walks over parts that prove nothing any more, so that few are kept.

A walk over a part brings some records anew. A page of one before it isn't needed when each of its
records came again since, and when this walk brought all that they nest: else a row may be as that
page has it, and ``verify`` could not tell why.
"""

from __future__ import annotations

from ll2_mirror.ll2.json import parse
from ll2_mirror.ll2.page import records
from ll2_mirror.load.upsert import Upsert
from ll2_mirror.store.store import Store
from ll2_mirror.store.walks import StagedPage, Walk
from ll2_mirror.transform.normalize import Bad, Normalizer


def let_go(store: Store, walk: Walk, upsert: Upsert | None) -> None:
    """Drops the pages that a walk, now published, has overtaken; ``upsert``: what brought it in.

    None where it brought nothing in, as it is like the one before.
    """
    same = {page.digest for page in store.walks.pages(walk)}
    for part in store.walks.held(walk.resource):
        if part.part and part.id != walk.id:
            past = [page for page in store.walks.pages(part) if not any(page.latest)]
            gone = [
                page
                for page in past
                if page.digest in same or (upsert and _came(store, part, page, upsert))
            ]
            store.walks.forget(part, gone)


def _came(store: Store, part: Walk, page: StagedPage, upsert: Upsert) -> bool:
    """Whether all that a page nests came again."""
    results, bad = records(parse(store.walks.body(page.digest))), list[Bad]()
    groups = Normalizer().page(part.shape, results, bad)
    return not bad and all(map(upsert.brought, groups))
