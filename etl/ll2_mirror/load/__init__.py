"""Staged pages to tables: a complete walk is published whole or not at all.

In: a walk that is complete. Out: the tables as LL2 has them now, and a ``Report``.

Open ``publish`` first: within one transaction it has ``bring`` normalize the records that are new,
``upsert`` write what differs, ``prune`` take out what nothing leads to any more, ``quarantine``
keep aside what isn't understood. ``rebuild`` makes the tables of an older file anew from its
staged pages.
"""
