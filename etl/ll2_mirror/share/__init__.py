"""Copies a mirror from one writer to many readers.

In: a mirror and a folder, or the URL of such a folder. Out: a snapshot with its manifest in the
folder, or a mirror updated from them.

Open ``publisher`` first: what a published folder has, and how it is written. ``source`` stages a
snapshot at a reader, and ``pull`` loads it. ``download`` fetches over HTTP, also images. ``export``
writes tables as CSV or Parquet.
"""
