"""ll2-mirror: Launch Library 2 in one SQLite file.

A record travels through these packages, in this order, and imports go the other way:

    ll2 → store → extract → transform → load → verify, query → serve → cli

Each begins with what comes in, what goes out, and which of its files to open first. ``sync`` and
``plan`` are the use cases over ``extract`` and ``load``; ``errors``, ``clock`` and ``progress`` are
known to all.
"""

__version__ = "0.7.2"  # the minor number is the version of the schema
