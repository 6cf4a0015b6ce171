"""What LL2 is, as data: the shapes of its objects, its lists, how it writes pages, texts and times.

In: the declarations in ``shapes`` and ``resources``; the text of a page. Out: a ``Shape`` for each
object and a ``Resource`` for each list, which all other packages read; a ``Page``.

Open ``shapes`` first, then ``resources``; ``model`` says what they are made of, ``schema`` makes
the tables from them. Nothing here knows a file or a server.
"""
