"""Copies a mirror from one writer to many readers.

In: a mirror and a folder, or the URL of such a folder. Out: a snapshot with its manifest in the
folder, or a mirror updated from them.

Open ``manifest`` first: both sides use it. ``publish`` writes a snapshot. ``pull`` loads what a
``source`` has staged. ``download`` fetches over HTTP, also images.
"""
