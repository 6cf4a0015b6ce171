"""What LL2 is, as data: the shapes of its objects, its lists, how it writes pages, texts and times.

In: the declarations in ``shapes``, ``resources`` and ``meanings``; the text of a page. Out: a
``Shape`` for each object and a ``Resource`` for each list, which all other packages read; the
tables that follow from them, with what is said of each column; a ``Page``.

Open ``shapes`` first, then ``resources``; ``model`` says what they are made of. ``schema`` makes
tables from them, ``describe`` adds the words of ``meanings``, ``generate`` writes schema.sql.
"""
