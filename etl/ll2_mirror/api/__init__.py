"""A request to the response that LL2 would give, from what the file holds. Reads only.

In: a ``Request``, as path, query string and headers. Out: an ``ApiResponse``, its body byte for
byte.

Open ``handlers`` first: ``Api`` finds what a request is shown. ``request`` reads path and query,
``filters`` makes conditions of the values, ``select`` gives the ids in order, ``response`` writes
it. What one state of the file has in common for all responses is in ``snapshot``.
"""
