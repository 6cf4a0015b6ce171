"""The site: Datasette's pages of a mirror, made for people. A plugin of Datasette's beside the API.

In: a request for a page. Out: HTML, from one state of the file; all values escaped.

Open ``hooks`` first: it says which page is whose. ``pages`` has them, ``context`` a mirror as
somebody sees it; ``front``, ``row_page`` and ``table_page`` read what is shown, ``names``
finds by name,
``format`` spells, ``bars`` draws; ``config`` has site.toml, ``templates`` the HTML.
"""

from ll2_mirror.site.hooks import (
    canned_queries,
    extra_template_vars,
    filters_from_request,
    get_metadata,
    register_routes,
)

__all__ = [
    "canned_queries",
    "extra_template_vars",
    "filters_from_request",
    "get_metadata",
    "register_routes",
]
