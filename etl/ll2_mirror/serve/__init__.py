"""The API over HTTP, as a Datasette plugin, with its server.

In: an HTTP request. Out: an HTTP response, read from one published state of the file.

Open ``plugin`` first: it stands before Datasette's routes. ``reader`` reads a response from the
file, ``asgi`` has both as bytes, ``browse`` draws one as a page, ``server`` runs it all. Only
``datasette_adapter`` uses what Datasette doesn't document.
"""
