"""Which view a path leads to, and what it is asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ll2_mirror.ll2.lists import ENDPOINTS, RESOURCES, VIEWS, Resource, View
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.query.params import Params
from ll2_mirror.query.request import Request, decoded
from ll2_mirror.query.response import Unrouted, plain, redirect

MOST_URL = 8192  # characters of a path with its query
_SINGLE = {"": "root", "api-throttle/": "throttle"}  # the views that aren't of a list, by path


def list_of(name: str) -> str:
    """The name of the list whose records a list has: one in time has those of another."""
    return name.partition("/")[0] if name in VIEWS else name


class Route(NamedTuple):
    """What a path leads to: a view's name, LL2's name for a list, the id of one of its records."""

    view: str
    name: str = ""
    id: str = ""

    @property
    def resource(self) -> Resource | None:
        """The list, where it can be mirrored; of a list in time the one whose records it has."""
        return RESOURCES.get(list_of(self.name))

    @property
    def sublist(self) -> View | None:
        """The list in time, such as launches/upcoming, where the name is that of one."""
        return VIEWS.get(self.name)


class Context(NamedTuple):
    """What a view is asked: the request, where it leads, its parameters."""

    request: Request
    route: Route
    params: Params

    @property
    def resource(self) -> Resource | None:
        """The list that is asked for, or whose record is, where it can be mirrored."""
        return self.route.resource

    @property
    def links(self) -> tuple[str, str]:
        """What stands before and after the path of each link in a record."""
        return self.request.base, self.params.suffix


@lru_cache(128)
def find(path: str) -> Route | None:
    """The route of a decoded path; None where LL2 has no such page."""
    if not (path.startswith(API_PATH) and path.endswith("/")):
        return None
    place = path.removeprefix(API_PATH)
    if place in _SINGLE:
        return Route(_SINGLE[place])
    name, _, id_ = place[:-1].rpartition("/")
    if place[:-1] in ENDPOINTS:
        return Route("list", place[:-1])
    return Route("detail", name, id_) if name in ENDPOINTS and id_ and "." not in id_ else None


def routed(request: Request) -> Route:
    """The route of a request; raises Unrouted."""
    if len(request.path) + len(request.query) > MOST_URL:
        raise Unrouted(plain(414, "URI Too Long", f"A URL has {MOST_URL} characters at most."))
    path = decoded(request.path)
    if route := find(path):
        return route
    if find(f"{path}/"):
        raise Unrouted(redirect(request, f"{path}/"))
    raise Unrouted(plain(404, "Not Found", "There is no such page here."))
