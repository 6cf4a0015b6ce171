"""The file: one SQLite database, its transactions, and the tool's own tables in it.

In: staged pages, settings, what a run did. Out: the same, from one state of the file.

Open ``file`` first: it opens the file, and explains SQLite's errors. ``reader`` reads a file that
others write to. ``walks`` has the walks and their pages, ``records`` the texts that count,
``ledger`` the runs, history and tombstones, ``search`` the search index, ``settings`` and ``ages``
what the next sync needs. ``lock`` allows one sync of a file at a time. ``sql`` has the SQL that
reading and writing share.
"""
