"""Whole copies of a mirror: from one writer to readers anywhere.

In: a mirror and a folder, or what such a folder's URL has. Out: a snapshot with its manifest there,
or a mirror brought up to date from them.

Open ``manifest`` first: both sides go by it. ``snapshot`` puts a snapshot out. ``pull`` brings one
in that an ``origin`` has staged; ``fetch`` gets it, resumed and checked, by a ``transport`` over
the ``web``. ``disk`` is what both sides need of files.
"""
