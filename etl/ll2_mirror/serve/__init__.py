"""The API over HTTP, as a Datasette plugin, with its server.

In: an HTTP request. Out: an HTTP response, read from one published state of the file.

Open ``plugin`` first: it handles LL2's paths before Datasette does. ``responses`` reads them from
the file, ``asgi`` converts requests and responses, ``browse`` renders the browsable page,
``server`` runs Datasette. Only ``datasette_adapter`` uses what Datasette doesn't document.
"""
