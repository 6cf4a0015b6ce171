"""Error pages that look like the site, with a search and a way home."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from datasette import Response, hookimpl

from ll2_mirror.serve.datasette_adapter import has_template
from ll2_mirror.site.context import SiteContext, database_in, site_context

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request


@hookimpl(trylast=True)
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Callable[[], Awaitable[Response | None]]:
    """The page for an exception. JSON and databases that aren't mirrors are left to Datasette."""

    async def page() -> Response | None:
        name = database_in(request)
        is_known = any(name == each.route for each in datasette.databases.values())
        site = site_context(datasette, request, name if is_known else "")
        if site is None or request.path.endswith(".json") or not await site.may_see():
            return None
        status, message = _explained(site, exception)
        if any(has_template(datasette, name) for name in (f"{status}.html", "error.html")):
            return None
        # Without the variables that other plugins add: one of them may be what failed.
        template = datasette.jinja_env.get_template("ll2_error.html")
        variables = {"ll2": site, "urls": datasette.urls, "sql": request.args.get("sql")}
        body = await template.render_async(status=status, message=message, **variables)
        headers = {"Allow": "GET, HEAD"} if status == 405 else {}
        return Response.html(body, status=status, headers=headers)

    return page


def _explained(site: SiteContext, exception: Exception) -> tuple[int, str]:
    """The HTTP status of an exception, and its message for people."""
    if getattr(exception, "message_is_html", False):  # only Datasette's page of a slow query
        limit = site.datasette.setting("sql_time_limit_ms")
        return 400, f"The query was stopped after {limit:,} ms, the limit of this server."
    status = getattr(exception, "status", 500)  # Datasette logs the others
    message = getattr(exception, "message", exception)
    return status, str(message) if status != 500 else "The server failed; its log has the details."
