"""What a command asks LL2 for, and how: the options that sync and plan have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from ll2_mirror.cli.options import DB, Lists, base, seconds, timeout_option, with_options
from ll2_mirror.errors import MirrorError
from ll2_mirror.ll2.lists import MODES, RESOURCES, SLICES
from ll2_mirror.progress import Tell

if TYPE_CHECKING:
    from ll2_mirror.extract.upstream import Upstream
    from ll2_mirror.load.report import Report
    from ll2_mirror.store.store import Store
    from ll2_mirror.sync import Wanted


class Token(NamedTuple):
    """The API token, and whether the command line names it; else it is the environment's."""

    text: str
    given: bool


class Source(NamedTuple):
    """What a command asks LL2 for, and how, as far as its options say."""

    resources: tuple[str, ...]
    everything: bool
    base_url: str | None
    mode: str | None
    token: Token | None
    timeout: float
    stale_after: float | None
    max_requests: int | None = None
    wait: bool = False
    due: bool = False
    allow_shrink: bool = False

    def wanted(self, store: Store) -> Wanted:
        """What is to be mirrored, which the file knows where the options don't say."""
        from ll2_mirror.extract.crawl import STALE
        from ll2_mirror.sync import wanted

        names = list(RESOURCES if self.everything else self.resources)
        if self.due and (self.everything or not names):
            names = list(SLICES)
        what = wanted(store, names, self.base_url, self.mode)
        stale = STALE if self.stale_after is None else self.stale_after
        return what._replace(allow_shrink=self.allow_shrink, stale=stale)

    def token_for(self, base_url: str) -> str | None:
        """The token; not the environment's for a server that only the file names."""
        from ll2_mirror.extract.client import is_own

        meant = self.token and (self.token.given or self.base_url or is_own(base_url))
        return self.token.text if self.token and meant else None

    def run(
        self, store: Store, upstream: Upstream, what: Wanted, tell: Tell
    ) -> tuple[list[Report], MirrorError | None]:
        """Syncs what is wanted, or what is due of it; of that, some may fail and the rest not."""
        from ll2_mirror.due import sync_due
        from ll2_mirror.sync import sync

        if self.due:
            return sync_due(store, upstream, what, tell)
        return sync(store, upstream, what, tell), None

    def upstream(self, store: Store, base_url: str, tell: Tell) -> Upstream:
        """The server that is asked, with what the file knows of its limit."""
        from ll2_mirror.extract.budget import Budget
        from ll2_mirror.extract.client import Client
        from ll2_mirror.extract.upstream import Upstream

        token = self.token_for(base_url)
        if self.token and not token:
            tell("withheld", base_url=base_url)
        client = Client(base_url, token, self.timeout)
        budget = Budget(store, client.base_url, self.max_requests, token=bool(token))
        return Upstream(client, budget, store.clock, tell, wait=self.wait)


def _token(ctx: click.Context, param: click.Parameter, value: str | None) -> Token | None:
    source = ctx.get_parameter_source(param.name or "")
    return Token(value, source is ParameterSource.COMMANDLINE) if value else None


asks = with_options(  # gives a command the parameters of a Source
    DB,
    click.argument("resources", metavar="[RESOURCE]...", nargs=-1, type=Lists(SLICES)),
    click.option("--all", "everything", is_flag=True, help="All lists that LL2 has."),
    click.option(
        "--base-url",
        metavar="URL",
        callback=base,
        help="The LL2 server to ask.  [default: the file's]",
    ),
    click.option(
        "--mode",
        type=click.Choice(MODES),
        help="How much of each record; of several lists, what each has up to that."
        "  [default: the file's]",
    ),
    click.option(
        "--token",
        envvar="LL2_API_TOKEN",
        show_envvar=True,
        callback=_token,
        help="The API token, for more than 15 requests an hour. Never written to the file. The"
        " environment's goes to LL2's own servers, or to that of --base-url.",
    ),
    timeout_option("How long one request may take, as a whole."),
    click.option(
        "--stale-after",
        metavar="AGE",
        callback=seconds,
        help="How old a walk that was cut off may be, to be gone on with.  [default: 1d]",
    ),
    click.option(
        "--due",
        is_flag=True,
        help="Only what is older than its age, the most overdue first; of all lists, if none is"
        " named.",
    ),
)
