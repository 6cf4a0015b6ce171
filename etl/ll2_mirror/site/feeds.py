"""What other programs follow: calendars and Atom feeds, robots.txt, the sitemap.

In: the rows that the feeds of site.toml select. Out: iCalendar (RFC 5545) and Atom (RFC 4287), with
links to the site's pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import escape

from datasette import NotFound, Request, Response
from datasette.utils.asgi import BadRequest

from ll2_mirror.clock import from_iso, to_iso
from ll2_mirror.ll2.model import Id
from ll2_mirror.serve.browse import shipped_template
from ll2_mirror.site import display
from ll2_mirror.site.change_list import ChangeEntry, recent_changes
from ll2_mirror.site.context import Rows, SiteContext, the_mirror
from ll2_mirror.store.ledger import Ledger
from ll2_mirror.store.sql import among

if TYPE_CHECKING:
    from datasette.app import Datasette

_XML = '<?xml version="1.0" encoding="utf-8"?>\n'
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST_ADDRESSES = 50_000  # that a sitemap may have
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no XML
_FOLD = re.compile(rb".{1,73}(?![\x80-\xbf])", re.DOTALL)
_ROBOTS = "User-agent: *\nDisallow: {}\nDisallow: {}*?\nSitemap: {}\n"


class FeedEntry(NamedTuple):
    """An entry of an Atom feed, or the feed itself; ``updated`` is an ISO time."""

    id: str
    title: str
    updated: str
    link: str = ""
    text: str = ""


def atom(feed: FeedEntry, entries: Iterable[FeedEntry]) -> str:
    """An Atom feed with its entries."""
    body = shipped_template("ll2_feed.atom").render(feed=feed, entries=entries)
    return _CONTROL.sub("\ufffd", body)


# The feeds of site.toml


class FeedRows(NamedTuple):
    """The rows of a feed, each with its ``address``; ``synced`` is when the last sync ended."""

    name: str
    title: str
    home: str
    synced: str
    rows: list[dict[str, Any]]


async def show_feed(datasette: Datasette, request: Request) -> Response:
    """A feed as a calendar or as Atom, narrowed by its filters."""
    site, name = the_mirror(datasette, request), request.url_vars["name"]
    declared = display.site()["feeds"].get(name)
    if declared is None:
        raise NotFound(f"No feed is called {name}")
    if unknown := sorted(set(request.args) - set(declared["filters"])):
        known = " and ".join(declared["filters"]) or "none"
        raise BadRequest(f"Unknown filter {unknown[0]}; this feed has {known}")
    make, kind = _FORMATS[request.url_vars["format"]]

    def read(rows: Rows) -> str:
        ids, names = dict.fromkeys(declared["filters"]), [declared["title"]]
        for key in request.args:
            matches = _matches(rows, declared["filters"][key], request.args[key])
            ids[key] = among(matches)
            names += matches.values()
        found = [dict(row) for row in rows.conn.execute(declared["sql"], ids)]
        for row in found:
            row["address"] = site.absolute(rows.href(declared["table"], row["id"]))
        synced = Ledger(rows.conn).finished() or to_iso(datetime.now(UTC))
        return make(FeedRows(name, ", ".join(names), site.absolute(site.root), synced, found))

    return Response(await site.read(read), content_type=f"{kind}; charset=utf-8")


def _matches(rows: Rows, declared: dict[str, Any], given: str) -> dict[Id, str]:
    """The names by id of the rows that a filter selects; raises NotFound if there are none."""
    table = declared["table"]
    columns = ", ".join(declared["names"])
    sql = f"SELECT id, name FROM {table} WHERE ? COLLATE NOCASE IN (CAST(id AS TEXT), {columns})"
    if not (found := dict(rows.conn.execute(sql, (given,)).fetchall())):
        raise NotFound(f"No {display.noun(table)} in this file has the id or the name {given}")
    return found


def _calendar(feed: FeedRows) -> str:
    """A calendar: what is known to the day or less takes all of its day, and is tentative."""
    stamp = f"{from_iso(feed.synced):%Y%m%dT%H%M%SZ}"
    body = shipped_template("ll2_feed.ics").render(feed=feed, stamp=stamp, text=_escaped)
    return "".join(map(_folded, body.strip().split("\n")))


def _escaped(value: Any) -> str:
    """A text, or an id, as the value of a property."""
    text = _CONTROL.sub("\ufffd", str("" if value is None else value)).replace("\r", "")
    return re.sub(r"[\\;,]", r"\\\g<0>", text).replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line, folded after 73 bytes at most, not within a letter."""
    return "\r\n ".join(part.decode() for part in _FOLD.findall(line.encode())) + "\r\n"


def _atom_feed(feed: FeedRows) -> str:
    """An Atom feed: an entry's title has the date and the state, so that it is new with them."""
    entries = [
        FeedEntry(
            f"urn:ll2-mirror:{feed.name}:{quote(str(row['id']))}",
            " · ".join(filter(None, (row["name"], row["date"], row["state"]))),
            row["updated"] or feed.synced,
            row["address"],
            "\n\n".join(filter(None, (row["place"], row["text"]))),
        )
        for row in feed.rows
    ]
    id_ = f"urn:ll2-mirror:{quote(feed.title)}"
    return atom(FeedEntry(id_, feed.title, feed.synced, feed.home), entries)


_FORMATS = {"ics": (_calendar, "text/calendar"), "atom": (_atom_feed, "application/atom+xml")}


async def show_changes_feed(datasette: Datasette, request: Request) -> Response:
    """The recent changes as Atom."""
    site = the_mirror(datasette, request)
    changes = await site.read(recent_changes)
    updated = max((change.finished for change in changes), default=to_iso(datetime.now(UTC)))
    feed = FeedEntry(
        site.address,
        f"What changed · {site.title}",
        updated,
        site.absolute(f"{site.root}-/changes"),
    )
    body = atom(feed, [_change_entry(site, change) for change in changes])
    return Response(body, content_type="application/atom+xml; charset=utf-8")


def _change_entry(site: SiteContext, change: ChangeEntry) -> FeedEntry:
    row = change.row
    assert row
    texts = {"added": "added", "gone": "removed", "reordered": f"{change.key}: new order"}
    text = texts.get(change.kind, f"{change.key}: {change.before} → {change.after}")
    id_ = f"urn:ll2-mirror:{quote(f'{row.href}:{change.key}:{change.kind}:{change.finished}')}"
    return FeedEntry(id_, f"{row.name}: {text}", change.finished, site.absolute(row.href))


# For search engines


async def show_robots(datasette: Datasette, request: Request) -> Response:
    """What crawlers are to leave out: the API, and each page's endless variants."""
    site = the_mirror(datasette, request)
    sitemap = site.absolute(f"{site.root}sitemap.xml")
    return Response.text(_ROBOTS.format(site.api, site.root, sitemap))


async def show_sitemap(datasette: Datasette, request: Request) -> Response:
    """The addresses of the site's main pages, as many as one sitemap may have."""
    site = the_mirror(datasette, request)
    host = site.absolute(site.root).removesuffix(site.root)
    tables: Sequence[str] = display.site()["front_tables"]
    pages = [site.root, site.home, f"{site.root}-/map", f"{site.root}-/changes"]
    pages += [f"{site.home}/{name}" for name in (*tables, *site.questions)]

    def read(rows: Rows) -> str:
        ids = ((t, id_) for t in tables for (id_,) in rows.conn.execute(f'SELECT id FROM "{t}"'))
        of_rows = (rows.href(table, id_) for table, id_ in ids)
        paths = islice(chain(pages, of_rows), _MOST_ADDRESSES)
        urls = "".join(f"<url><loc>{escape(host + path)}</loc></url>\n" for path in paths)
        return f'{_XML}<urlset xmlns="{_SITEMAP}">\n{urls}</urlset>\n'

    return Response(await site.read(read), content_type="application/xml; charset=utf-8")
