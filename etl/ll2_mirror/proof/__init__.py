"""The proof that the file holds what LL2 sent.

In: a file. Out: a ``Verdict`` that names each row that differs.

Open ``verify`` first: it renders each stored page and compares it, byte for byte. ``soundness``
checks what must be true of any mirror, whatever LL2 sent.
"""
