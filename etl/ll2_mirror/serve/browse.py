"""LL2's browsable page, for ``format=api``: the answer with help, a form and pictures."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from ll2_mirror.images.folder import ImageFolder
from ll2_mirror.ll2.json import text
from ll2_mirror.ll2.lists import Resource
from ll2_mirror.ll2.page import API_PATH
from ll2_mirror.ll2.schema import tables
from ll2_mirror.query.params import MOST_LIMIT, Params
from ll2_mirror.query.response import Document
from ll2_mirror.query.routes import Context
from ll2_mirror.query.select import has_several

Shown = Callable[[str], str]  # the address of the copy of a picture; empty: there is none

_INDENT = 4  # as Django REST framework shows JSON
_MOST_OPTIONS = 300  # of a filter that are listed
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")(?P<colon>: )?'
    r"|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)|(?P<rest>[^\"\dtfn-]+|.)"
)


class Crumb(NamedTuple):
    """A step on the way to the page."""

    name: str
    url: str


class Field(NamedTuple):
    """A field of the form; ``options`` are values with their names, none for a field to type in."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


class Picture(NamedTuple):
    """A record's picture, with whom to name for it."""

    name: str
    url: str
    thumbnail: str
    image: str
    credit: str
    license: str


def browse(
    conn: sqlite3.Connection,
    context: Context,
    document: Document,
    folder: ImageFolder | None = None,
) -> str:
    """A document as HTML; every value in it is escaped.

    ``folder`` has copies of pictures, which are shown in their place.
    """
    request, _, params = context
    resource, shown = context.resource, document.value
    listed = isinstance(shown, dict) and "results" in shown
    fields = list(_fields(conn, resource, params)) if listed and resource else []
    return _template().render(
        title=_title(context, listed),
        crumbs=_crumbs(context, listed),
        resource=resource,
        examples=list(_examples(context)),
        fields=fields,
        narrowed=any(params.get(field.name) for field in fields),
        method=request.method,
        asked=f"{request.path}{'?' * bool(request.query)}{request.query}",
        status=f"{document.status} {HTTPStatus(document.status).phrase}",
        plain=_plain_url(context),
        rows=_rows_url(context),
        listed=listed,
        pages=_pages(shown, params) if listed else None,
        pictures=list(_pictures(shown, listed, _copies(context, folder)))
        if document.is_good
        else [],
        json=highlighted(text(shown, _INDENT)),
    )


@cache
def style_hash() -> str:
    """What a browser knows the pages' style by: see the header Content-Security-Policy."""
    source = Path(__file__).with_name("browse.html").read_text(encoding="utf-8")
    style = source.partition("<style>")[2].partition("</style>")[0]
    return f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("browse.html")


def highlighted(source: str) -> Markup:
    """JSON text as HTML: each value in an element of its kind, and each web address a link."""
    return Markup("".join(map(_marked, _TOKEN.finditer(source))))  # noqa: S704  (escaped below)


def _marked(match: re.Match[str]) -> str:
    kind, shown = match.lastgroup, html.escape(match[0], quote=False)
    if match["string"] is None:
        return shown if kind == "rest" else f'<span class="{kind}">{shown}</span>'
    if match["colon"]:
        key = html.escape(match["string"], quote=False)
        return f'<span class="key">{key}</span>: '
    value = json.loads(match["string"])
    if is_web(value):
        shown = f'"<a href="{html.escape(value)}" rel="nofollow">{shown[1:-1]}</a>"'
    return f'<span class="string">{shown}</span>'


def _title(context: Context, listed: bool) -> str:
    if context.request.path == API_PATH:
        return "Api Root"
    if context.resource:
        return f"{_named(context.resource.name)} {'List' if listed else 'Instance'}"
    return _named(context.request.path.removeprefix(API_PATH).strip("/"))


def _named(name: str) -> str:
    """A name of LL2's as a heading."""
    return re.sub(r"[_/-]", " ", name).title()


def _crumbs(context: Context, listed: bool) -> list[Crumb]:
    """The way from the root to the page."""
    suffix = "?format=api" if context.params.get("format") == "api" else ""
    root = f"{context.request.base}{API_PATH}"
    crumbs = [Crumb("Api Root", f"{root}{suffix}")]
    if context.resource:
        name = context.resource.name
        crumbs.append(Crumb(f"{_named(name)} List", f"{root}{name}/{suffix}"))
    url = f"{context.request.base}{context.request.path}{suffix}"
    if url not in (crumb.url for crumb in crumbs):
        crumbs.append(Crumb(_title(context, listed), url))
    return crumbs


def _examples(context: Context) -> Iterator[tuple[str, Crumb]]:
    """What the help shows of each kind of parameter: a link that uses it, by the kind."""
    if context.resource is None:
        return
    url = f"{context.request.base}{API_PATH}{context.resource.name}/"
    examples = {"mode": "detailed", **context.resource.examples, "limit": "2", "format": "json"}
    for name, value in examples.items():
        kind = name if name in ("mode", "search", "ordering", "limit", "format") else "filter"
        shown = urlencode({name: value})
        asked = shown if name == "format" else urlencode({name: value, "format": "api"})
        yield kind, Crumb(f"/{context.resource.name}/?{shown}", f"{url}?{asked}")


# The form


def _fields(conn: sqlite3.Connection, resource: Resource, params: Params) -> Iterator[Field]:
    """The form's fields: the search, each filter that compares one value, the order, the mode."""
    yield Field("search", "Search", params.get("search") or "", [])
    for one in resource.filters:
        value = params.get(one.name) or ""
        label = one.name.replace("_", " ").capitalize()
        if one.kind == "bool":
            chosen = value.lower().replace("1", "true").replace("0", "false")
            yield Field(one.name, label, chosen, [("", "any"), ("true", "yes"), ("false", "no")])
        elif one.kind == "choice" and one.path in resource.richest.nested:
            yield Field(
                one.name, label, value, _options(conn, resource.richest.nested[one.path].table)
            )
        elif one.kind == "text" and one.lookup == "exact":
            yield Field(one.name, label, value, [])
    yield Field("ordering", "Order", params.get("ordering") or "", list(_orders(resource)))
    modes = [(mode, mode) for mode in resource.modes]
    yield Field("mode", "Mode", resource.mode_for(params.get("mode")), modes)
    sizes = [(str(size), str(size)) for size in (10, 25, 50, MOST_LIMIT)]
    yield Field("limit", "Results per page", str(params.limit), sizes)


def _options(conn: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    """The rows that a filter can choose from, by name; none, where there are too many to list."""
    sql = f'SELECT id, name FROM "{table}" ORDER BY name LIMIT {_MOST_OPTIONS + 1}'
    rows = conn.execute(sql).fetchall()
    if len(rows) > _MOST_OPTIONS:
        return []
    return [("", "any"), *((str(id_), str(name)) for id_, name in rows)]


def _orders(resource: Resource) -> Iterator[tuple[str, str]]:
    yield "", "as listed"
    answered = (key for key in resource.orderings if not has_several(resource, "normal", key))
    for key in answered:
        yield key, f"{key.replace('_', ' ')} ↑"
        yield f"-{key}", f"{key.replace('_', ' ')} ↓"


# What is shown of the answer


def _plain_url(context: Context) -> str:
    """The same request for JSON."""
    sent = [(name, value) for name, value in context.params.pairs if name != "format"]
    url = f"{context.request.base}{context.request.path}"
    return f"{url}?{urlencode([*sent, ('format', 'json')])}"


def _rows_url(context: Context) -> str:
    """Where the same rows are shown as pages for people, from here; empty where there are none.

    It leads through ``-/thing/``, since nothing here knows what the database is called.
    """
    inside = context.request.path.partition(API_PATH)[2]
    name = context.resource.name if context.resource else inside.partition("/")[0]
    table = context.resource.table if context.resource else name
    if table not in tables():
        return ""
    id_ = inside.removeprefix(name).strip("/")
    return f"{_up(context)}-/thing/{quote('/'.join(filter(None, (table, id_))))}"


def _up(context: Context) -> str:
    """The way from the page to where all paths begin, which may have a prefix."""
    return "../" * (context.request.path.count("/") - 1)


def _pages(document: dict[str, Any], params: Params) -> dict[str, Any]:
    """Where the page stands in its list, with the links to those beside it."""
    first = params.offset + 1 if document["results"] else 0
    return {
        "first": first,
        "last": params.offset + len(document["results"]) if first else 0,
        "count": document["count"],
        "next": document["next"],
        "previous": document["previous"],
    }


def _copies(context: Context, folder: ImageFolder | None) -> Shown:
    """Finds the address of the copy of a picture, where there is one."""

    def shown(url: str) -> str:
        name = folder and folder.shown(url)
        return f"{_up(context)}-/picture/{name}" if name else ""

    return shown


def _pictures(document: Any, listed: bool, copy: Shown) -> Iterator[Picture]:
    """The picture of each record that has one."""
    for record in document["results"] if listed else [document]:
        image = record.get("image")
        if not isinstance(image, dict) or not is_web(image.get("image_url")):
            continue
        found = addresses(image["image_url"], image.get("thumbnail_url"), copy)
        licence = image.get("license")
        yield Picture(
            name=str(record.get("name") or ""),
            url=str(record["url"]) if is_web(record.get("url")) else "",
            thumbnail=found.thumbnail if listed else found.shown,
            image=found.image,
            credit=str(image.get("credit") or ""),
            license=str(licence.get("name") or "") if isinstance(licence, dict) else "",
        )


class Addresses(NamedTuple):
    """Where a picture is: in full, as it stands on a page of its own, as it stands in a list."""

    image: str
    shown: str
    thumbnail: str


def addresses(image: Any, thumbnail: Any, copy: Shown) -> Addresses:
    """The addresses of a picture, those of its copies where there are some; empty: it has none."""
    large = image if is_web(image) else ""
    small = thumbnail if is_web(thumbnail) else large
    whole, part = copy(large), copy(small)
    return Addresses(whole or large, whole or part or large, part or whole or small)


def is_web(value: Any) -> bool:
    """Whether a value is an address that a page may link to."""
    return isinstance(value, str) and value.startswith(("http://", "https://"))
