"""Turns JSON into rows by shape, and rows into JSON by the same shape.

``normalize``: in, the records of a page; out, rows, nested ones before their owners.
``render``: in, a shape and ids; out, the objects as LL2 sent them: the reverse of ``normalize``.
"""
