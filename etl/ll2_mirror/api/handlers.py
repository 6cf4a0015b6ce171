"""Answers requests from one state of a file.

The order of the checks is upstream's: route, format, method, filters, search, then the record.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from ll2_mirror.api.filters import NULLS, conditions, in_time
from ll2_mirror.api.request import (
    COMPACT,
    Choice,
    Context,
    Params,
    Request,
    list_of,
    negotiated,
    routed,
)
from ll2_mirror.api.response import (
    HTML,
    MEDIA_TYPES,
    NOT_KEPT,
    ApiResponse,
    Document,
    Records,
    Refusal,
    Unrouted,
    as_json,
    rendered,
)
from ll2_mirror.api.select import Selection, as_sql, ordering, selected
from ll2_mirror.api.snapshot import Columns, SnapshotCache, columns_of
from ll2_mirror.clock import Clock, to_iso
from ll2_mirror.errors import NotInMirror
from ll2_mirror.files import printable
from ll2_mirror.ll2.json import KEPT, spell, text
from ll2_mirror.ll2.lists import LIST_OF, MODES, PAGES, RESOURCES, Resource
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.page import API_PATH, INT64
from ll2_mirror.store.search import terms
from ll2_mirror.transform.render import Objects, Renderer, projected

_UNLIMITED = 10**6  # requests in an hour: LL2 has no word for no limit

# Draws a document, with its results in it, as a page of HTML.
Browse = Callable[[Context, Document], str]


class Api:
    """Answers requests from one state of a file; ``snapshot`` caches what was read of it.

    ``name`` is the file's; ``browse`` renders LL2's browsable pages.
    """

    def __init__(
        self,
        conn: sqlite3.Connection,
        name: str,
        browse: Browse,
        snapshot: SnapshotCache | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._file = printable(name)
        self._browse = browse
        self._clock = clock or Clock()
        self.snapshot = snapshot or SnapshotCache(conn, name, self._clock)
        self._lists = set[str]()  # from which the response is made

    def respond(self, request: Request) -> ApiResponse:
        """The response to a request. Reads only; never raises because of the request.

        Raises DataError for a damaged file, and sqlite3.Error.
        """
        request, self._lists = request._replace(method=request.method.upper()), set()
        try:
            context = Context(request, routed(request), Params(request.query))
        except Unrouted as unrouted:
            return unrouted.response
        choice = COMPACT
        try:
            choice = negotiated(context.params, request.accept)
            response = self.render(choice, context, self._document(context))
            if context.route.page == "throttle":  # tells who asks
                response.headers.update(NOT_KEPT)
            return response._replace(lists=frozenset(self._lists))
        except Refusal as refusal:
            document = refusal.document
        except NotInMirror as error:
            document = _not_in_mirror(f"{self._file}: {error}").document
        return self.render(choice, context, document)._replace(lists=frozenset(self._lists))

    def _document(self, context: Context) -> Document:
        """The document for a request; raises Refusal, or NotInMirror if the file lacks it."""
        if (method := context.request.method) != "GET":
            raise Refusal(405, {"detail": f'Method "{method}" not allowed.'})
        return _PAGES[context.route.page](self, context)

    # The pages

    def _root(self, context: Context) -> Document:
        """The root page: the URLs of the lists that the file holds, and how old they are."""
        base, suffix = context.links
        names = sorted(self.snapshot.ages)
        self._lists.update(names)
        urls = {name: f"{base}{API_PATH}{name}/{suffix}" for name in names}
        return Document(200, {**urls, "mirror": self._ages()})

    def _throttle(self, context: Context) -> Document:
        """The page about the rate limit, of which there is none."""
        limit = {"your_request_limit": _UNLIMITED, "limit_frequency_secs": 3600}
        used = {"current_use": 0, "next_use_secs": 0}
        own = {"ident": context.request.client, "mirror": self._ages()}
        return Document(200, {**limit, **used, **own})

    def _ages(self) -> dict[str, Any]:
        """How old each list is, by name."""
        now = self._clock.now()
        return {
            name: {
                "asked": to_iso(age.asked) if age.asked else None,
                "age_seconds": age.seconds(now),
                "max_age_seconds": round(age.most),
                "overdue": age.left(now) < 0,
            }
            for name, age in sorted(self.snapshot.ages.items())
        }

    def _list(self, context: Context) -> Document:
        resource, params = self._resource(context), context.params
        selection = self._selection(context, resource)
        mode = resource.mode_for(params.get("mode"))
        order = ordering(resource, params, context.route.sublist)
        self._require(resource, mode, [path for path, _ in order])
        offset = min(params.offset, selection.total)  # past the end there is nothing
        count, ids = selection.page(as_sql(resource, order), params.limit, offset)
        url = f"{context.request.base}{API_PATH}{context.route.name}/"
        next_, previous = params.links(url, count)
        document = {"count": count, "next": next_, "previous": previous}
        return Document(200, document, Records(resource.modes[mode], ids))

    def _detail(self, context: Context) -> Document:
        if not context.route.sublist and context.route.name not in self.snapshot.holdings:
            return self._nested(context)
        resource = self._resource(context)
        selection = self._selection(context, resource)
        id_ = _id(context.route.id, resource.richest)
        if (type(id_) is int and id_ not in INT64) or not selection.has(id_):
            raise Refusal(404, {"detail": f"No {resource.noun} matches the given query."})
        self._note_sources(resource, columns_of(resource.richest))
        try:
            return Document(200, self._records(context, Records(resource.richest, [id_]))[id_])
        except NotInMirror:
            self._require(resource, list(resource.modes)[-1])
            raise

    def _nested(self, context: Context) -> Document:
        """A record of a list that the file lacks, if another list nests it with all its keys."""
        resource, params = context.resource, context.params
        narrowing = ["search", *(filter_.name for filter_ in resource.filters)] if resource else []
        if resource and not any(map(params.get, narrowing)):
            with suppress(NotInMirror, Refusal):
                id_ = _id(context.route.id, resource.richest)
                renderer = self.snapshot.renderer(context.links)
                record = renderer.objects(resource.richest, [id_])[id_]
                self._note_sources(resource, columns_of(resource.richest))
                return Document(200, record)
        raise self._missing(context.route.name)

    def _object(self, context: Context) -> Document:
        """A page that is one object, from its text."""
        name = context.route.name
        if name not in self.snapshot.ages:
            raise self._missing(name)
        self._lists.add(name)
        own, value = self.snapshot.object(name)
        mode = PAGES[name].mode_for(context.params.get("mode"))
        if MODES.index(mode) > MODES.index(own):
            raise self._poorer(f"{name} in {mode} mode", PAGES[name])
        shapes = PAGES[name].modes[own], PAGES[name].modes[mode]
        renderer = self.snapshot.renderer(context.links)

        def otherwise(shape: Shape, id_: Any) -> Any:
            """What a nested record lacks in its place, its list may have."""
            self._lists.update({LIST_OF.get(shape.table, "")} & self.snapshot.ages.keys())
            return renderer.objects(shape, [id_])[id_]

        def one(value: Any) -> Any:
            return spell(projected(shapes[0], value, shapes[1], context.links, otherwise), KEPT)

        return Document(200, [*map(one, value)] if type(value) is list else one(value))

    def _selection(self, context: Context, resource: Resource) -> Selection:
        """The records that match the filters and the search; raises Refusal."""
        params, view = context.params, context.route.sublist
        for filter_ in resource.filters:
            if filter_.through and params.get(filter_.name):
                self._require_list(filter_.through.resource, [filter_.through.link, filter_.path])
        parts = conditions(self.snapshot.conn, resource, params)
        if view:
            parts.append(in_time(resource, view, params, self._clock.now()))
        search = params.get("search") or ""
        if "\0" in search:
            raise Refusal(400, [NULLS])
        words = terms(search) if resource.search else []
        not_searched = view.not_searched if view else ()
        paths = [condition.path for condition in parts]
        paths += [path for path in resource.search if words and path not in not_searched]
        self._require(resource, self.snapshot.holdings[resource.name].mode, paths)
        if words or any(condition.is_searched for condition in parts):
            self.snapshot.require_index(resource)
        return selected(self.snapshot, resource, parts, words, not_searched)

    # What the file lacks

    def _resource(self, context: Context) -> Resource:
        """The resource of a path; raises Refusal if the file doesn't have its list."""
        resource = context.resource
        if resource is None or not self.snapshot.holds(resource.name, context.route.name):
            raise self._missing(context.route.name)
        self._lists.add(context.route.name)
        return resource

    def _require_list(self, name: str, paths: list[str]) -> None:
        """Raises Refusal if the file doesn't have all of a list, with these keys."""
        if not self.snapshot.holds(name, name):
            raise self._missing(name, f" --mode {list(RESOURCES[name].modes)[-1]}")
        self._lists.add(name)
        self._require(RESOURCES[name], self.snapshot.holdings[name].mode, paths)

    def _missing(self, name: str, mode: str = "") -> Refusal:
        """The refusal for a list that the file doesn't have."""
        synced = list_of(name)
        sync = f"`ll2-mirror sync {self._file} {synced}{mode}`"
        return _not_in_mirror(f"This mirror doesn't hold {name}: {sync} brings them.")

    def _require(self, resource: Resource, mode: str, paths: Sequence[str] = ()) -> None:
        """Raises Refusal if the file's mode lacks what this mode and these paths need."""
        modes = list(resource.modes)
        held_mode = self.snapshot.holdings[resource.name].mode
        steps = [step for path in paths for step in resource.richest.resolve(path)]
        self._note_sources(resource, frozenset((shape.table, key.column) for shape, key in steps))
        unknown = (self.snapshot.unknown_key(resource, path) for path in paths)
        key = next(filter(None, unknown), "")
        if not key and modes.index(mode) <= modes.index(held_mode):
            return
        what = f"{key} of {resource.name}" if key else f"{resource.name} in {mode} mode"
        raise self._poorer(what, resource)

    def _poorer(self, what: str, resource: Resource) -> Refusal:
        """The refusal for what only the richest mode of a list or page has."""
        sync = f"`ll2-mirror sync {self._file} {resource.name} --mode {list(resource.modes)[-1]}`"
        return _not_in_mirror(f"This mirror doesn't hold {what}: {sync} brings it.")

    def _note_sources(self, resource: Resource, columns: Columns) -> None:
        """Notes the other lists to which a response owes what these columns hold."""
        self._lists.update(self.snapshot.sources(resource.name, columns))

    # Rendering

    def render(self, choice: Choice, context: Context, document: Document) -> ApiResponse:
        """Renders a document as a response; raises NotInMirror, DataError."""
        status, value, results = document
        if choice == COMPACT and results:
            return self._compact_list(context, document, results)
        if results:
            objects = self._records(context, results)
            value = {**value, "results": [objects[id_] for id_ in results.ids]}
        if choice.format == "api":
            page = self._browse(context, Document(status, value))
            return rendered(status, page, HTML)
        return as_json(status, value, choice.indent)

    def _compact_list(self, context: Context, document: Document, results: Records) -> ApiResponse:
        """A list as compact JSON; the text of each record is cached for other pages."""

        def render(missing: list[Id]) -> dict[Id, str]:
            objects = self._records(context, results._replace(ids=missing))
            return {id_: text(objects[id_]) for id_ in missing}

        texts = self.snapshot.texts(context.links, results.shape, results.ids, render)
        head = text({**document.value, "results": []}).removesuffix("]}")
        return rendered(document.status, f"{head}{','.join(texts)}]}}", MEDIA_TYPES["json"])

    def _records(self, context: Context, records: Records) -> Objects:
        """Records of a list, by id; one by one if they can't all be rendered.

        So a record that can't be rendered from its rows doesn't affect the others on its page.
        """
        renderer = self.snapshot.renderer(context.links)
        with suppress(NotInMirror):
            return renderer.objects(records.shape, records.ids)
        return {id_: self._record(context, renderer, records.shape, id_) for id_ in records.ids}

    def _record(self, context: Context, renderer: Renderer, shape: Shape, id_: Id) -> Any:
        """One record; from its own text if its rows lack a key, because another list has less.

        Raises NotInMirror if that text lacks it, too.
        """
        try:
            return renderer.objects(shape, [id_])[id_]
        except NotInMirror:
            name, records = list_of(context.route.name), self.snapshot.records
            if not (known := records.known(name, [id_]).get(id_)):
                raise
            [[own]] = records.texts([known.number])
            return spell(projected(own.shape, own.record, shape, context.links), KEPT)


_PAGES = {  # by the name of the route
    "root": Api._root,
    "throttle": Api._throttle,
    "list": Api._list,
    "detail": Api._detail,
    "object": Api._object,
}


def _not_in_mirror(detail: str) -> Refusal:
    """The refusal for data that LL2 has and the file lacks."""
    return Refusal(501, {"detail": detail})


def _id(sent: str, shape: Shape) -> Id:
    """The id in a path, as LL2 reads it; raises Refusal if it isn't one."""
    try:
        return int(sent) if shape.id_type is int else str(UUID(sent))
    except ValueError:
        raise Refusal(404, {"detail": "Not found."}) from None
