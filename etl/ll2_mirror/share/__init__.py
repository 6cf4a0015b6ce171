"""Whole copies of a mirror: from one writer to readers anywhere.

In: a mirror and a folder, or the URL of such a folder. Out: a snapshot with its manifest there, or
a mirror brought up to date from them.

Open ``manifest`` first: both sides go by it. ``publish`` writes a snapshot. ``pull`` brings in what
a ``source`` has staged. ``download`` fetches over HTTP, also images.
"""
