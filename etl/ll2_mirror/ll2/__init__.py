"""What LL2 is, as data: the shapes of its objects, its lists, its pages; the tables made of them.

In: the declarations in ``shapes``, lists.toml and descriptions.toml; the text of a page. Out: a
``Shape`` for each object and a ``Resource`` for each list, which all other packages read; the
tables that follow from them, with a sentence for each column; a ``Page``.

Open ``shapes`` first, then lists.toml; ``model`` and ``lists`` say what they are made of.
``schema`` makes tables from them, ``generate`` writes schema.sql and docs/columns.md.
"""
