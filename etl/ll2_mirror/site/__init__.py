"""The site: pages of a mirror for people, as a Datasette plugin beside the API.

In: a request for a page. Out: HTML, from one state of the file; all values escaped.

Open ``pages`` first: it registers the pages. ``context`` is a mirror as the pages see it;
``front_page``, ``row_page`` and ``table_page`` read what to show, ``section`` what site.toml and
pages.toml declare, ``changes`` the history; ``display`` formats values for people, ``charts`` makes
bars, ``templates`` has the HTML. ``feeds`` and ``world_map`` are declared, too; ``errors`` is last.
"""

from ll2_mirror.site.error_pages import handle_exception
from ll2_mirror.site.pages import (
    canned_queries,
    extra_template_vars,
    filters_from_request,
    get_metadata,
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
