"""A request to the response that LL2 would give, from what the file holds. Reads only.

In: a ``Request``, as path, query string and headers. Out: a ``Response``, its body byte for byte.

Open ``api`` first: ``routes`` finds the view, ``params`` reads the query, ``views`` finds what to
show: ``filters`` reads ``values`` and makes conditions along ``paths``, ``select`` gives the ids in
order, ``renderers`` writes it.
What one state of the file has in common for all responses is in ``memory``.
"""
