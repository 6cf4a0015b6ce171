"""Loads staged pages into the tables: all walks of a sync are published, or none.

In: complete walks. Out: the tables as LL2 has them now, and a ``Report`` for each list.

Open ``publish`` first. Within one transaction, ``fold`` applies the records that changed,
``upsert`` writes the rows that differ, and ``history`` records the changes. ``upgrade`` rebuilds
the tables of an older file from its pages.
"""
