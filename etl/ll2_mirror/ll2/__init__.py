"""LL2 as data: the shapes of its objects, its lists and pages, and the tables made from them.

In: the declarations in ``shapes``, lists.toml and descriptions.toml; the text of a page. Out: a
``Shape`` for each object and a ``Resource`` for each list, which all other packages use; the
tables derived from them, with a sentence for each column; a ``Page``.

Open ``shapes`` first, then lists.toml; ``model`` and ``lists`` have their classes. ``schema``
derives the tables, ``generate`` writes schema.sql and docs/columns.md.
"""
