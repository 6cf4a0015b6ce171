"""The file: one SQLite database, its transactions, and the tool's own tables in it.

In: staged pages, settings, what a run did. Out: the same, from one state of the file.

Open ``file`` first: it opens the file, and explains SQLite's errors. ``reader`` reads a file that
others write to. ``walks`` keeps the pages of walks, ``records`` the texts that count, ``ledger``
the runs, history and tombstones, ``search`` the index that finds texts, ``lock`` lets one sync
at a time at a file. ``sql`` has the SQL that reading and writing share.
"""
