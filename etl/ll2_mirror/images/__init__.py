"""Copies of the images that the tables name, in a folder beside the mirror.

In: the tables, and the servers that they name. Out: files named by the digest of their contents,
and an index that says which image is in which file.

Open ``folder`` first: which images the tables name, and which of them are there. ``fetch``
downloads the missing ones.
"""
