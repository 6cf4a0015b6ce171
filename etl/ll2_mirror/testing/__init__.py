"""The fake LL2 that ``demo``, ``fake``, the tests and tests of users' own run against.

In: records, those of ``data/``, of a mirror, or any. Out: a server on loopback that lists them as
LL2 does. Open ``fake_ll2`` first; ``pytest_plugin`` has the fixture for users' tests.
"""
