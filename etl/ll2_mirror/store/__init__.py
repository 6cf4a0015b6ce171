"""The file: one SQLite database, its transactions, and the tool's own tables in it.

In: staged pages, settings, what a run did. Out: the same, from one state of the file.

Open ``store`` first: it opens the file. ``walks`` keeps the pages of walks, ``ledger`` the runs,
records, history and tombstones, ``search`` the index that finds texts, ``lock`` lets one sync at a
time at a file. ``sql`` has the SQL that reading and writing share.
"""
