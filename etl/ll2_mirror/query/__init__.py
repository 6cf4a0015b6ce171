"""A request to the response that LL2 would give, from what the file holds. Reads only.

In: a ``Request``, as path, query string and headers. Out: a response, its body byte for byte.

Open ``api`` first: it finds the resource and has ``params`` read, ``filters`` made conditions,
``select`` find the ids in order; what one state of the file has in common is in ``memory``.
"""
