"""A request, as path and query string, to the answer that LL2 gives, from what the file holds.

The order of the checks is upstream's: route, format, method, filters, search, then the record.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

from ll2_mirror.errors import DataError, NotHeld
from ll2_mirror.ll2.jsontext import text
from ll2_mirror.ll2.model import Id, Resource, Shape
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.ll2.resources import ENDPOINTS, MODES, RESOURCES
from ll2_mirror.query.filters import NULLS, Unanswerable, conditions
from ll2_mirror.query.memory import Known
from ll2_mirror.query.params import RENDERERS, Choice, Params, TooMany, negotiated
from ll2_mirror.query.request import HOSTED, Request, decoded
from ll2_mirror.query.select import Question, asked, columns, ordering
from ll2_mirror.store.search import terms
from ll2_mirror.transform.render import Renderer

THROTTLE = "api-throttle"
_UNLIMITED = 10**6  # requests in an hour: LL2 has no word for no limit
_COMPACT = Choice("json", None)
_HTML = "text/html; charset=utf-8"
_NOT_FOUND = {"detail": "Not found."}
_NOT_ACCEPTABLE = {"detail": "Could not satisfy the request Accept header."}
_PATH_SAFE = "/:,@&=+$!*'()~"
_QUERY_SAFE = "/#%[]=:;$&()+,!?*@'~"  # and the query that it sends on


class Answer(NamedTuple):
    """What goes back."""

    status: int
    body: bytes
    media_type: str
    headers: dict[str, str]

    @property
    def is_good(self) -> bool:
        """Whether the status is 2xx."""
        return self.status // 100 == 2


class Found(NamedTuple):
    """What a view found: its status, its document spelled for ``jsontext.text``.

    ``results``: the shape and the ids of records that are the document's last value.
    """

    status: int
    document: Any
    results: tuple[Shape, list[Id]] | None = None

    @property
    def is_good(self) -> bool:
        """Whether the document is what was asked for."""
        return self.status // 100 == 2


class Page(NamedTuple):
    """What a browsable page shows: the request, its resource (None: the root), what was found."""

    request: Request
    params: Params
    resource: Resource | None
    found: Found


Browse = Callable[[sqlite3.Connection, Page], str]  # draws a Page as HTML
View = Callable[[Params], Found]


class Mirror:
    """Answers requests from one file. ``name`` is the file's, for the commands in answers.

    ``known`` is what is known of the file; give the same again while the file is the same.
    """

    def __init__(
        self,
        conn: sqlite3.Connection,
        name: str,
        browse: Browse,
        known: Known | None = None,
    ) -> None:
        self.conn = conn
        self._known = known or Known(conn)
        self._name = name
        self._browse = browse

    def answer(self, request: Request) -> Answer:
        """The answer to a request; reads only. Never raises for what a client can send.

        Raises DataError, of which NotAPage is one, where the file holds what no sync writes.
        """
        try:
            return self._answer(request)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            told = " ".join(str(error).split())
            raise DataError(f"{self._name}: its tables are damaged: {told}") from error

    def _answer(self, request: Request) -> Answer:
        request = request._replace(method=request.method.upper())
        path = decoded(request.path)
        route = self._route(request, path)
        if route is None:
            slashed = not path.endswith("/") and self._route(request, f"{path}/")
            return _redirect(request, path) if slashed else _no_page()
        resource, view = route
        try:
            params = Params(request.query)
        except TooMany:
            return _plain(400, "Bad Request", "The query has too many fields.")
        choice = negotiated(params, request.accept)
        if isinstance(choice, int):
            document = _NOT_FOUND if choice == 404 else _NOT_ACCEPTABLE
            return self._drawn(_COMPACT, Page(request, params, resource, Found(choice, document)))
        try:
            if request.method != "GET":
                found = Found(405, {"detail": f'Method "{request.method}" not allowed.'})
            else:
                found = view(params)
            return self._drawn(choice, Page(request, params, resource, found))
        except NotHeld as error:
            found = _not_held(f"{self._name}: {error}")
            return self._drawn(choice, Page(request, params, resource, found))

    def _drawn(self, choice: Choice, page: Page) -> Answer:
        media_type = RENDERERS[choice.format]
        if choice == _COMPACT:
            body = self._compact(page)
        else:
            page = page._replace(found=self._filled(page))
            if choice.format == "api":
                body, media_type = self._browse(self.conn, page), _HTML
            else:
                body = text(page.found.document, choice.indent)
        headers = {"Allow": "GET", "Vary": "Accept"}
        return Answer(page.found.status, body.encode(), media_type, headers)

    def _filled(self, page: Page) -> Found:
        """What was found, with its results in the document."""
        status, document, results = page.found
        if results is None:
            return page.found
        objects = self._renderer(page).objects(*results)
        return Found(status, {**document, "results": [objects[id_] for id_ in results[1]]})

    def _compact(self, page: Page) -> str:
        """The document's text; that of each record is kept, for other pages that list it."""
        _, document, results = page.found
        if results is None:
            return text(document)
        shape, ids = results
        renderer = self._renderer(page)

        def render(missing: list[Id]) -> dict[Id, str]:
            return {id_: text(one) for id_, one in renderer.objects(shape, missing).items()}

        links = page.request.base, page.params.suffix
        records = ",".join(self._known.texts(links, shape.name, ids, render))
        return f"{text({**document, 'results': []})[:-2]}{records}]}}"

    def _renderer(self, page: Page) -> Renderer:
        base, suffix = page.request.base, page.params.suffix
        return Renderer(self.conn, base, suffix, self._known.nested(base, suffix))

    # Routes

    def _route(self, request: Request, path: str) -> tuple[Resource | None, View] | None:
        """What answers a decoded path, and its resource; None where LL2 has no such page."""
        if not path.startswith(API_PATH) or not path.endswith("/"):
            return None
        place = path[len(API_PATH) : -1]
        if path == API_PATH or place == THROTTLE:
            return (
                None,
                lambda params: self._root(request, params) if not place else _throttle(request),
            )
        name, id_ = (place, "") if place in ENDPOINTS else place.rpartition("/")[::2]
        if name not in ENDPOINTS or "." in id_ or (name != place and not id_):
            return None
        resource = RESOURCES.get(name)
        if resource is None or name not in self._known.held:
            return resource, lambda _: self._missing(name)
        if id_:
            return resource, lambda params: self._detail(resource, request, params, id_)
        return resource, lambda params: self._list(resource, request, params)

    def _root(self, request: Request, params: Params) -> Found:
        links = {
            name: f"{request.base}{API_PATH}{name}/{params.suffix}"
            for name in sorted(self._known.held)
        }
        return Found(200, links)

    def _missing(self, name: str) -> Found:
        if name in RESOURCES:
            return _not_held(
                f"This mirror doesn't hold {name}: `ll2-mirror sync {self._name} {name}`"
                " brings them."
            )
        return _not_held(f"This mirror doesn't hold {name}, and ll2-mirror can't sync them.")

    # Lists and details

    def _list(self, resource: Resource, request: Request, params: Params) -> Found:
        question = self._question(resource, params)
        if isinstance(question, Found):
            return question
        mode = resource.mode_for(params.get("mode"))
        order = ordering(resource, params)
        if poorer := self._poorer(resource, mode, [key for key, _ in order]):
            return poorer
        order = columns(resource, order)
        # Behind the end there is nothing, however far.
        offset = min(params.offset, self._known.held[resource.name].records)
        count, ids = question.page(self.conn, self._known, order, params.limit, offset)
        url = f"{request.base}{API_PATH}{resource.name}/"
        next_, previous = params.links(url, count)
        document = {"count": count, "next": next_, "previous": previous}
        return Found(200, document, (resource.modes[mode], ids))

    def _detail(self, resource: Resource, request: Request, params: Params, sent: str) -> Found:
        question = self._question(resource, params)
        if isinstance(question, Found):
            return question
        try:
            id_ = int(sent)
        except ValueError:
            return Found(404, _NOT_FOUND)
        if abs(id_) >= 2**63 or not question.has(self.conn, id_):
            return Found(404, {"detail": f"No {resource.noun} matches the given query."})
        mode = next(reversed(resource.modes))
        if poorer := self._poorer(resource, mode):
            return poorer
        nested = self._known.nested(request.base, params.suffix)
        renderer = Renderer(self.conn, request.base, params.suffix, nested)
        return Found(200, renderer.objects(resource.modes[mode], [id_])[id_])

    def _question(self, resource: Resource, params: Params) -> Question | Found:
        """What the filters and the search ask for, or what is wrong with them."""
        try:
            found, errors = conditions(self.conn, resource, params)
        except Unanswerable as error:
            return _not_held(
                f"The filter {error} can't be answered: LL2's document doesn't say what it"
                " compares."
            )
        if errors:
            return Found(400, errors)
        search = params.get("search")
        if search and "\0" in search:
            return Found(400, [NULLS])
        facts = self._known.held[resource.name]
        if poorer := self._poorer(resource, facts.mode, [one.key for one in found]):
            return poorer
        words = terms(search or "") if resource.search else []
        return asked(resource, facts, found, words, self._known.grams(self.conn, resource, words))

    def _poorer(self, resource: Resource, mode: str, keys: list[str] | None = None) -> Found | None:
        """The refusal where the file's mode hasn't what this mode and these keys need."""
        held = self._known.held[resource.name].mode
        known = resource.modes[held].names
        lacking = [key for key in keys or () if key not in known]
        modes = list(resource.modes)
        if modes.index(mode) <= modes.index(held) and not lacking:
            return None
        what = (
            f"{resource.name} in {mode} mode" if not lacking else f"{lacking[0]} of {resource.name}"
        )
        return _not_held(
            f"This mirror doesn't hold {what}: `ll2-mirror sync {self._name} {resource.name}"
            f" --mode {MODES[-1]}` brings it."
        )


def refusal(status: int, detail: str) -> Answer:
    """An answer that says why there is none, as JSON."""
    headers = {"Allow": "GET", "Vary": "Accept"}
    return Answer(status, text({"detail": detail}).encode(), RENDERERS["json"], headers)


def _not_held(detail: str) -> Found:
    return Found(501, {"detail": detail})


def _throttle(request: Request) -> Found:
    """What LL2 says of its limit; here there is none."""
    limit = {"your_request_limit": _UNLIMITED, "limit_frequency_secs": 3600}
    return Found(200, {**limit, "current_use": 0, "next_use_secs": 0, "ident": request.client})


def _redirect(request: Request, path: str) -> Answer:
    """To the same path with a slash at its end."""
    query = f"?{quote(request.query, safe=_QUERY_SAFE)}" if request.query else ""
    prefix = HOSTED.sub("", request.base)
    location = f"{prefix}{quote(path, safe=_PATH_SAFE)}/{query}"
    return Answer(301, b"", _HTML, {"Location": location})


def _no_page() -> Answer:
    return _plain(404, "Not Found", "There is no such page here.")


def _plain(status: int, title: str, words: str) -> Answer:
    """An answer from before any view: HTML, whatever was asked for."""
    body = (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title>'
        f"</head>\n<body><h1>{title}</h1><p>{words}</p></body>\n</html>\n"
    )
    return Answer(status, body.encode(), _HTML, {})
