"""A request to the response that LL2 gives, from what a file holds.

The order of the checks is upstream's: route, format, then what the view checks.
"""

from __future__ import annotations

import sqlite3

from ll2_mirror.clock import Clock
from ll2_mirror.errors import NotHeld
from ll2_mirror.files import printable
from ll2_mirror.query.memory import Memory
from ll2_mirror.query.params import COMPACT, Params, negotiated
from ll2_mirror.query.renderers import BodyRenderer, Browse
from ll2_mirror.query.request import Request
from ll2_mirror.query.response import Document, Refusal, Response, Unrouted
from ll2_mirror.query.routes import Context, routed
from ll2_mirror.query.views import Views, not_held


class Mirror:
    """Answers requests from one state of a file, of which ``memory`` keeps what it is asked for.

    ``name`` is the file's; ``browse`` draws LL2's browsable pages.
    """

    def __init__(
        self,
        conn: sqlite3.Connection,
        name: str,
        browse: Browse,
        memory: Memory | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._file = printable(name)
        self.memory = memory or Memory(conn)
        self._view = Views(self.memory, self._file, clock or Clock())
        self._renderer = BodyRenderer(self.memory, browse)

    def respond(self, request: Request) -> Response:
        """The response to a request; reads only. Never raises for what a client can send.

        Raises DataError where the file holds what no sync writes, and sqlite3.Error.
        """
        request = request._replace(method=request.method.upper())
        try:
            context = Context(request, routed(request), Params(request.query))
        except Unrouted as unrouted:
            return unrouted.response
        choice = COMPACT
        try:
            choice = negotiated(context.params, request.accept)
            return self._renderer.render(choice, context, self._view(context))
        except (Refusal, NotHeld) as error:
            return self._renderer.render(choice, context, self._refused(error))

    def _refused(self, error: Refusal | NotHeld) -> Document:
        refusal = error if isinstance(error, Refusal) else not_held(f"{self._file}: {error}")
        return refusal.document
