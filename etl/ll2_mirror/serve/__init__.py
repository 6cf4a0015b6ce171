"""The API over HTTP, as a Datasette plugin, with its server.

In: an HTTP request. Out: an HTTP response, read from one published state of the file.

Open ``plugin`` first: it stands before Datasette's routes. ``reader`` reads a response from the
file, ``headers`` makes it ready to send, ``browse`` draws it as a page, ``server`` runs it all.
"""
