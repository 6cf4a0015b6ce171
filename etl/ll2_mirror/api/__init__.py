"""A request to the response that LL2 would give, from what the file holds. Reads only.

In: a ``Request``, as path, query string and headers. Out: an ``ApiResponse``, its body byte for
byte.

Open ``handlers`` first: ``Api`` turns a request into a response. ``request`` parses the path and
the query, ``filters`` turns filter values into SQL conditions, ``select`` finds the ids in order,
``response`` has the results. ``snapshot`` caches what responses from one state of the file share.
"""
