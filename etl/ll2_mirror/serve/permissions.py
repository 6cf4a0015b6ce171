"""Who asks, and what they may see: up to Datasette and its plugins."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from datasette import Forbidden
from datasette.utils import await_me_maybe
from datasette.utils.asgi import Request

from ll2_mirror.serve.scope import Scope

if TYPE_CHECKING:
    from datasette.app import Datasette

PLUGINS = ("ll2_mirror", "ll2_mirror_site")  # the entry points' names
_KNOWING = {b"cookie", b"authorization"}  # headers by which Datasette knows who asks

Actor = dict[str, Any] | None  # None: nobody whom Datasette knows
_known: WeakKeyDictionary[Datasette, Permissions] = WeakKeyDictionary()


def permissions(datasette: Datasette) -> Permissions:
    """The permissions of a Datasette: one for all parts of it."""
    if datasette not in _known:
        _known[datasette] = Permissions(datasette)
    return _known[datasette]


class Permissions:
    """The permissions of one Datasette."""

    def __init__(self, datasette: Datasette) -> None:
        self._ref = ref(datasette)  # else none would ever be let go
        self._open: dict[tuple[str, str], bool] = {}  # by table: whether anybody may see it

    @property
    def _datasette(self) -> Datasette:
        found = self._ref()
        assert found is not None  # who asks has it
        return found

    async def actor(self, scope: Scope, receive: Any) -> Actor:
        """Who asks, as Datasette's plugins know them."""
        headers = {name for name, _ in scope["headers"]}
        if self._is_plain and not headers & _KNOWING and "actor" not in scope:
            return None
        for found in _hooks().actor_from_request(
            datasette=self._datasette, request=Request(scope, receive)
        ):
            if actor := await await_me_maybe(found):
                return dict(actor)
        return dict(scope["actor"]) if scope.get("actor") else None

    async def may_see(self, actor: Actor, database: str, table: str = "") -> bool:
        """Whether Datasette shows somebody a database, and a table of it."""
        if actor is not None or not self._is_plain:
            return await self._ask(actor, database, table)
        place = (database, table)
        if place not in self._open:
            self._open[place] = await self._ask(None, *place)
        return self._open[place]

    async def _ask(self, actor: Actor, database: str, table: str) -> bool:
        wanted: list[Any] = [("view-table", (database, table))] if table else []
        try:
            wanted += [("view-database", database), "view-instance"]
            await self._datasette.ensure_permissions(actor, wanted)
        except Forbidden:
            return False
        return True

    @cached_property
    def _is_plain(self) -> bool:
        """Whether no plugin but Datasette's own has a say in who asks, and who may see what."""
        hooks = _hooks()
        said = (hooks.actor_from_request, hooks.permission_allowed, hooks.get_metadata)
        names = {one.plugin_name for hook in said for one in hook.get_hookimpls()}
        return all(name.startswith("datasette.") or name in PLUGINS for name in names)


def _hooks() -> Any:
    """What plugins can say; imported late, since that imports the plugins, of which this is one."""
    return import_module("datasette.plugins").pm.hook
