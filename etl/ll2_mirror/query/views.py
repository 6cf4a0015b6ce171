"""What LL2's pages show, from one state of a file: a document for each, or why there is none.

The order of the checks is upstream's: method, filters, search, then the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

from ll2_mirror.clock import Clock
from ll2_mirror.errors import NotHeld
from ll2_mirror.ll2.lists import ENDPOINTS, RESOURCES, Resource
from ll2_mirror.ll2.model import Id, Shape
from ll2_mirror.ll2.page import API_PATH, INT64
from ll2_mirror.query.filters import conditions, in_time, narrows
from ll2_mirror.query.memory import Memory
from ll2_mirror.query.response import Document, Records, Refusal
from ll2_mirror.query.routes import Context, list_of
from ll2_mirror.query.select import Selection, as_sql, ordering, selected
from ll2_mirror.query.values import NULLS
from ll2_mirror.store.search import terms

_UNLIMITED = 10**6  # requests in an hour: LL2 has no word for no limit


class Views(NamedTuple):
    """The views. ``file`` is the file's name, for the commands in what they say."""

    memory: Memory
    file: str
    clock: Clock

    def __call__(self, context: Context) -> Document:
        """What a request is shown; raises Refusal, and NotHeld where the file lacks what it is."""
        if (method := context.request.method) != "GET":
            raise Refusal(405, {"detail": f'Method "{method}" not allowed.'})
        return _VIEWS[context.route.view](self, context)

    def _root(self, context: Context) -> Document:
        """Where the lists are that the file holds."""
        base, suffix = context.links
        lists = ((name, list_of(name)) for name in ENDPOINTS)
        shown = ((name, of) for name, of in lists if of not in context.request.hidden)
        names = sorted(name for name, of in shown if self.memory.holds(of, name))
        return Document(200, {name: f"{base}{API_PATH}{name}/{suffix}" for name in names})

    def _throttle(self, context: Context) -> Document:
        """What LL2 says of its limit; here there is none."""
        limit = {"your_request_limit": _UNLIMITED, "limit_frequency_secs": 3600}
        used = {"current_use": 0, "next_use_secs": 0}
        return Document(200, {**limit, **used, "ident": context.request.client})

    def _list(self, context: Context) -> Document:
        resource, params = self._held(context), context.params
        selection = self._selected(context, resource)
        mode = resource.mode_for(params.get("mode"))
        order = ordering(resource, params, context.route.sublist)
        self._require(resource, mode, [path for path, _ in order])
        offset = min(params.offset, selection.total)  # behind the end there is nothing, however far
        count, ids = selection.page(as_sql(resource, order), params.limit, offset)
        url = f"{context.request.base}{API_PATH}{context.route.name}/"
        next_, previous = params.links(url, count)
        document = {"count": count, "next": next_, "previous": previous}
        return Document(200, document, Records(resource.modes[mode], ids))

    def _detail(self, context: Context) -> Document:
        if not context.route.sublist and context.route.name not in self.memory.holdings:
            return self._nested(context)
        resource = self._held(context)
        selection = self._selected(context, resource)
        id_ = _id(context.route.id, resource.richest)
        if (type(id_) is int and id_ not in INT64) or not selection.has(id_):
            raise Refusal(404, {"detail": f"No {resource.noun} matches the given query."})
        try:
            return self._object(context, resource, id_)
        except NotHeld:
            self._require(resource, list(resource.modes)[-1])
            raise

    def _nested(self, context: Context) -> Document:
        """A record of a list that isn't held, where another nests it with its every key."""
        resource = context.resource
        if resource and not narrows(resource, context.params):
            with suppress(NotHeld, Refusal):
                id_ = _id(context.route.id, resource.richest)
                return self._object(context, resource, id_)
        raise self._missing(context.route.name)

    def _object(self, context: Context, resource: Resource, id_: Id) -> Document:
        """One record alone; raises NotHeld where its row was never seen with all of its keys."""
        objects = self.memory.renderer(context.links).objects(resource.richest, [id_])
        return Document(200, objects[id_])

    def _selected(self, context: Context, resource: Resource) -> Selection:
        """The records that the filters and the search leave; raises Refusal."""
        params = context.params
        found = conditions(self.memory.conn, resource, params)
        view = context.route.sublist
        if view:
            found.append(in_time(resource, view, params, self.clock.now()))
        search = params.get("search") or ""
        if "\0" in search:
            raise Refusal(400, [NULLS])
        mode = self.memory.holdings[resource.name].mode
        self._require(resource, mode, [condition.path for condition in found])
        words = terms(search) if resource.search else []
        if words or any(condition.is_searched for condition in found):
            self.memory.require_index(resource)
        return selected(self.memory, resource, found, words, view.not_searched if view else ())

    # What the file doesn't hold

    def _held(self, context: Context) -> Resource:
        """The resource that a path names; raises Refusal where the file has no list of it."""
        resource = context.resource
        if resource is None or not self.memory.holds(resource.name, context.route.name):
            raise self._missing(context.route.name)
        return resource

    def _missing(self, name: str) -> Refusal:
        """The refusal where the file has no list of a name."""
        brings = list_of(name)
        way = (
            f": `ll2-mirror sync {self.file} {brings}` brings them"
            if brings in RESOURCES
            else ", and ll2-mirror can't sync them"
        )
        return not_held(f"This mirror doesn't hold {name}{way}.")

    def _require(self, resource: Resource, mode: str, paths: Iterable[str] = ()) -> None:
        """Raises Refusal where the file's mode hasn't what this mode and these paths need."""
        held, modes = self.memory.holdings[resource.name].mode, list(resource.modes)
        lacking = next(filter(None, (self.memory.lacking(resource, path) for path in paths)), "")
        if not lacking and modes.index(mode) <= modes.index(held):
            return
        what = f"{lacking} of {resource.name}" if lacking else f"{resource.name} in {mode} mode"
        sync = f"`ll2-mirror sync {self.file} {resource.name} --mode {modes[-1]}`"
        raise not_held(f"This mirror doesn't hold {what}: {sync} brings it.")


_VIEWS = {  # by the name that a route has
    "root": Views._root,
    "throttle": Views._throttle,
    "list": Views._list,
    "detail": Views._detail,
}


def not_held(detail: str) -> Refusal:
    """The refusal of what LL2 has, and the file has not."""
    return Refusal(501, {"detail": detail})


def _id(sent: str, shape: Shape) -> Id:
    """The id that a path names, as LL2 reads it; raises Refusal where it is none."""
    try:
        return int(sent) if shape.id_type is int else str(UUID(sent))
    except ValueError:
        raise Refusal(404, {"detail": "Not found."}) from None
