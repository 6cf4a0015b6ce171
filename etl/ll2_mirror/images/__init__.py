"""Copies of the images that the tables name, in a folder beside the mirror.

In: the tables, and the servers that they name. Out: files named by the digest of what they hold,
and an index that says which image each one is.

Open ``catalog`` first: which images the tables name, and which of those are wanted. ``fetch``
downloads what is missing into the ``folder``.
"""
