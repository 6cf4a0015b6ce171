"""A section of a page, as site.toml and pages.toml declare it: facts, a list, pictures, a chart.

Its SQL sees the row whose page it is as parameters (``:pad_id``). The names of its columns say what
they are for:

    name             the item; one without a name is left out
    key              what stands before it, among facts
    id               the row that it leads to, of the section's table or of table_name
    url              the page elsewhere that it leads to
    text, note       what stands beside it, and below
    image_id         its picture; image_url: one that isn't in the table images
    size             how many items there are, of which these are the first
    part, value      of bars: the name and the length of a part
    east, north      of a map: degrees
    begin, until     of spans: the times; until is null while it lasts
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from ll2_mirror.ll2.schema import tables, views
from ll2_mirror.site import charts, display
from ll2_mirror.site.context import Item, PageSection, Picture, Rows
from ll2_mirror.site.table_page import facts, shortened
from ll2_mirror.site.world_map import Dot, MapLayer

Declared = Mapping[str, Any]
Values = Mapping[str, Any]  # of a row, by column

_CREATE = "CREATE VIEW IF NOT EXISTS "
_read_tables = re.compile(r"(?:FROM|JOIN) (\w+)").findall
_CHARTS = {"bars": charts.stacked, "spans": charts.spans}


def read_section(rows: Rows, table: str, declared: Declared, values: Values) -> PageSection:
    """A section of the page of a row of a table; of the front page: of a row without values."""
    answers = _answers(rows, declared, values)
    items = [*_facts(rows, table, declared, values), *_items(rows, declared, answers)]
    if text := values.get(declared.get("text", "")):
        items.append(Item(str(text)))
    kind = declared.get("as") or next((key for key in ("facts", "text") if key in declared), "list")
    more = declared.get("more", "").format(id=quote(str(values.get("id"))))
    return PageSection(
        declared.get("title", ""),
        items,
        next((answer["size"] for answer in answers if "size" in answer), len(items)),
        more and f"{rows.home}/{more}",
        declared.get("empty", ""),
        kind,
        _drawn(kind, declared, items, answers) if items else None,
    )


def _drawn(kind: str, declared: Declared, items: list[Item], answers: list[dict[str, Any]]) -> Any:
    """What a section draws: a chart, or the layers of a map."""
    if kind == "map":
        places = ((answer["east"], answer["north"]) for answer in answers)
        dots = [Dot(item, *place) for item, place in zip(items, places, strict=True)]
        return [MapLayer(declared["table"], declared["title"], dots)]
    return _CHARTS[kind](answers) if kind in _CHARTS else None


def _answers(rows: Rows, declared: Declared, values: Values) -> list[dict[str, Any]]:
    """The rows that the SQL of a section gives; none if it has none."""
    sql = declared.get("sql") or display.site()["queries"].get(declared.get("query"), "")
    sql = _with_views(sql.replace("{where}", declared.get("where", "")))
    return [dict(answer) for answer in rows.conn.execute(sql, values)]


@cache
def _with_views(sql: str) -> str:
    """The SQL with the views that it names: the file's may be older, or a user's own."""
    tables, text = dict[str, str](), sql
    while named := views().keys() & set(_read_tables(text)) - tables.keys():
        for name in named:
            head, _, body = views()[name].sql.rstrip().partition(" AS\n")
            tables[name] = f"{head.removeprefix(_CREATE)} AS ({body.strip(';')})"
        text = " ".join(tables.values())
    return f"WITH {', '.join(tables.values())} {sql}" if tables else sql


def _items(rows: Rows, declared: Declared, answers: list[dict[str, Any]]) -> Iterator[Item]:
    pictures = rows.pictures({answer.get("image_id") for answer in answers} - {None})
    for answer in answers:
        name, id_ = answer["name"], answer.get("id")
        href = display.web_address(answer.get("url"))
        if id_ is not None:
            table = answer.get("table_name") or declared["table"]
            name, href = rows.name(table, id_, name), rows.href(table, id_)
        picture = pictures.get(answer.get("image_id")) or _picture(rows, answer.get("image_url"))
        if name not in (None, ""):
            text, note, key = (str(answer.get(each) or "") for each in ("text", "note", "key"))
            yield Item(str(name), href, text, note, picture, key)


def _picture(rows: Rows, url: Any) -> Picture | None:
    return rows.picture("", "", url, url, "", "") if display.web_address(url) else None


def _facts(rows: Rows, table: str, declared: Declared, values: Values) -> Iterator[Item]:
    """Each fact; one without a value is left out."""
    for key, source in declared.get("facts", {}).items():
        items: Iterable[Item] = ()
        if " " in source:
            items = _items(rows, {}, _answers(rows, {"sql": source}, values))
        elif source in tables():
            items = list_items(rows, source, values["id"])
        elif values[source] not in (None, ""):
            [[fact]] = facts(rows, table, [source], [values])
            items = [Item(f"{shortened(fact).value} {fact.unit}".strip(), fact.href)]
        yield from (item._replace(key=key) for item in items)


def list_items(rows: Rows, name: str, id_: Any) -> list[Item]:
    """The items of a list of a row, by the table of such lists."""
    owner, _, first, *_ = tables()[name]
    sql = f'SELECT * FROM "{name}" WHERE {owner.name} = ? ORDER BY position'
    read = [dict(row) for row in rows.conn.execute(sql, (id_,))]
    if first.kind == "item":
        return rows.items(first.target, [row[first.name] for row in read])
    return list(map(_without_page, read))


def _without_page(row: dict[str, Any]) -> Item:
    """An item without a page of its own, such as a web link."""
    text = row.get("title") or row.get("name") or row.get("url") or row["position"]
    return Item(str(text), display.web_address(row.get("url")))
