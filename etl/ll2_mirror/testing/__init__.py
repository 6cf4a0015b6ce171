"""The fake LL2 that ``demo``, the tests and tests of users' own run against.

In: records, those of ``data/`` or any. Out: a server on loopback that lists them as LL2 does.
"""
