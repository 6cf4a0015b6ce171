"""The site: Datasette's pages of a mirror, made for people. A plugin of Datasette's beside the API.

In: a request for a page. Out: HTML, from one state of the file; all values escaped.

Open ``pages`` first: it says which page is whose. ``context`` is a mirror as the pages see it;
``front_page``, ``row_page`` and ``table_page`` read what is shown, ``format`` writes values for
people; ``config`` has site.toml, ``templates`` the HTML.
"""

from ll2_mirror.site.pages import (
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
