"""Copies of the pictures that the tables name, in a folder beside the mirror.

In: the tables, and the servers that they name. Out: files by the digest of what they hold, and an
index that says which is whose.

Open ``wanted`` first: what of that which is ``named`` isn't in the ``folder``. ``fetch`` brings it
there, through ``web``; ``kinds`` knows a picture by its first bytes.
"""
