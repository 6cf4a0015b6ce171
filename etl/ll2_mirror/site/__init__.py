"""The site: pages of a mirror for people, as a Datasette plugin beside the API.

In: a request for a page. Out: HTML, from one state of the file; all values escaped.

Open ``pages`` first: it registers the pages, also those of errors. ``context`` is a mirror as the
pages see it, and finds rows by name. ``section`` reads what site.toml and pages.toml declare, and
the front page; ``row_page``, ``table_page`` and ``change_list`` read the rest. ``display`` formats
values for people, ``charts`` computes bars, ``feeds`` writes calendars and Atom, and ``templates``
has the HTML.
"""

from ll2_mirror.site.pages import (
    canned_queries,
    extra_template_vars,
    filters_from_request,
    get_metadata,
    handle_exception,
    prepare_connection,
    register_routes,
)

__all__ = [
    "canned_queries",
    "extra_template_vars",
    "filters_from_request",
    "get_metadata",
    "handle_exception",
    "prepare_connection",
    "register_routes",
]
