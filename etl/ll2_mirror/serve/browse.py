"""The browsable page of the API, for ``format=api``: a response's JSON with its links, as HTML.

Its template is one of the site's, with the site's style. It is also made where no Datasette runs.
"""

from __future__ import annotations

import html
import json
import re
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from ll2_mirror.api.request import ApiRoute, Context
from ll2_mirror.api.response import Document
from ll2_mirror.files import shipped
from ll2_mirror.ll2.json import text
from ll2_mirror.ll2.page import API_PATH

_INDENT = 4  # as Django REST framework shows JSON
# The parameters that don't select records.
_UNNARROWED = {"format", "limit", "offset", "mode", "ordering"}
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")(?P<colon>: )?'
    r"|(?P<number>-?\d[\d.eE+-]*)|(?P<word>true|false|null)|(?P<rest>[^\"\dtfn-]+|.)"
)


def browse(context: Context, document: Document) -> str:
    """A document as HTML; every value in it is escaped."""
    request, route, params = context
    path, value = request.path, document.value
    up = "../" * (path.count("/") - 1)  # to where all paths begin, which may have a prefix
    is_list = isinstance(value, dict) and "results" in value
    sent = [(name, each) for name, each in params.pairs if name != "format"]
    return shipped_template("ll2_api.html").render(
        ll2={
            "title": "Launch Library 2, mirrored",
            "root": up,
            "home": f"{up}-/tables",
            "api": f"{up}{API_PATH.lstrip('/')}",
        },
        title=_title(route),
        name=route.name,
        heading=_heading(route.name),
        resource=context.resource,
        request_line=f"{request.method} {path}{'?' * bool(request.query)}{request.query}",
        status=f"HTTP {document.status} {HTTPStatus(document.status).phrase}",
        list=_page_of(value, params.offset) if is_list else None,
        plain=f"{request.base}{path}?{urlencode([*sent, ('format', 'json')])}",
        on_site=f"{up}{_on_site(context, document)}" if context.resource else "",
        json=highlighted(text(value, _INDENT)),
    )


def _on_site(context: Context, document: Document) -> str:
    """The site's page of the same: a record, the records of a narrowed list, or a whole table."""
    assert context.resource
    page, value = f"-/thing/{context.resource.table}", document.value
    if document.status != 200:
        return page
    if context.route.id:
        return f"{page}/{quote(context.route.id, safe='')}"
    is_narrowed = context.route.sublist or {name for name, _ in context.params.pairs} - _UNNARROWED
    if not (is_narrowed and value["results"]):
        return page
    return f"{page}?{urlencode({'id__in': ','.join(str(each['id']) for each in value['results'])})}"


@cache
def shipped_template(name: str) -> Template:
    """One of the site's templates, where Datasette's variables aren't there."""
    loader = FileSystemLoader(shipped("site/templates"))
    return Environment(loader=loader, autoescape=True).get_template(name)


def _title(route: ApiRoute) -> str:
    """What the page is called, as LL2's is."""
    kind = {"root": "Api Root", "throttle": "Api Throttle", "list": "List"}
    return f"{_heading(route.name)} {kind.get(route.page, 'Instance')}".strip()


def _heading(name: str) -> str:
    return re.sub(r"[_/-]", " ", name).title()


def _page_of(document: dict[str, Any], offset: int) -> dict[str, Any]:
    """Which part of a list a page shows, with the links to those beside it."""
    records = len(document["results"])
    first = offset + 1 if records else 0
    return {**document, "first": first, "last": offset + records if first else 0}


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


def is_web(value: Any) -> bool:
    """Whether a value is an address that a page may link to."""
    return isinstance(value, str) and value.startswith(("http://", "https://"))
