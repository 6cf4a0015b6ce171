"""The heart: JSON to rows by shape, and rows to JSON by the same shape.

``normalize``: in, the records of a page; out, rows, the nested before those they belong to.
``render``: in, a shape and ids; out, the objects as LL2 sent them. One undoes the other.
"""
