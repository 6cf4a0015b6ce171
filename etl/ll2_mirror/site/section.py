"""Sections of pages, as site.toml and pages.toml declare them; the front page, made of them.

The SQL of a section gets the values of the row whose page it is as parameters (``:pad_id``). The
names of its columns say what they are for:

    name             the item; one without a name is left out
    key              the label before it, among facts
    id               the row that it links to, in the section's table or in table_name
    url              the page elsewhere that it links to
    text, note       texts beside it, and below
    image_id         its picture; image_url: one that isn't in the table images
    size             the total, if these are only the first items
    part             in a chart: the name of a part of a bar, which may be empty
    start, value     where it begins, and its length
    unit             of the length
    east, north      on a map: degrees
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from ll2_mirror.clock import age, ago, from_iso
from ll2_mirror.ll2.schema import SCHEMA_VERSION, tables, views
from ll2_mirror.site import charts, display
from ll2_mirror.site.change_list import ChangeEntry, recent_changes
from ll2_mirror.site.context import Item, PageSection, Rows
from ll2_mirror.site.table_page import facts, shortened
from ll2_mirror.store.ledger import Ledger
from ll2_mirror.store.walks import Walks

Declared = Mapping[str, Any]
Values = Mapping[str, Any]  # of a row, by column
Answers = Sequence[Mapping[str, Any]]  # rows of an answer, by column

_CREATE = "CREATE VIEW IF NOT EXISTS "
_read_tables = re.compile(r"(?:FROM|JOIN) (\w+)").findall
_BETWEEN = " · "  # the parts of a text; the first may be missing
_NO_ROW: Values = {}
_MOST_CHANGES = 8  # on the front page
# The lists that fail, and since when: see due.failures.
_FAILED = (
    "SELECT key, json_extract(value, '$.since') FROM json_each((SELECT value FROM _settings"
    " WHERE key = 'failed')) WHERE type = 'object'"
)


class FrontPage(NamedTuple):
    """What the front page shows. Where there is a problem with the file, nothing else."""

    problem: str = ""
    under_way: Sequence[str] = ()
    failed: Sequence[str] = ()
    synced: str = ""
    ago: str = ""
    counts: Sequence[Item] = ()
    sections: Sequence[PageSection] = ()
    changes: Sequence[ChangeEntry] = ()
    tables: Sequence[Item] = ()


def front_page(rows: Rows, now: datetime) -> FrontPage:
    """The contents of the front page; raises sqlite3.Error if the file isn't a complete mirror."""
    if rows.conn.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
        return FrontPage("Another version of ll2-mirror made this file. The next sync upgrades it.")
    under_way = [
        f"{display.format_key(walk.resource)}: {walk.records:,} of {walk.total or 0:,} fetched"
        for walk in Walks(rows.conn).progress()
    ]
    finished = Ledger(rows.conn).finished()
    if not finished:
        return FrontPage("No sync of this file has finished yet, so it is empty.", under_way)
    tables = display.site()["front_tables"]
    return FrontPage(
        under_way=under_way,
        failed=[
            f"{display.format_key(name)} have failed since {display.format_time(since)}"
            for name, since in rows.conn.execute(_FAILED)
        ],
        synced=display.format_time(finished),
        ago=ago(age(from_iso(finished), now)),
        counts=_counts(rows, display.site()["counts"]),
        sections=read_sections(rows, display.site()["front"]),
        changes=recent_changes(rows, tables)[:_MOST_CHANGES],
        tables=_counts(rows, [{"name": display.title(each), "to": each} for each in tables]),
    )


def _counts(rows: Rows, counts: Iterable[Declared]) -> list[Item]:
    """Counts of rows with names and links, without zeros."""
    items = []
    for each in counts:
        table, _, column = each["to"].partition("?")
        where = f"WHERE {column}" if column else ""
        [count] = rows.conn.execute(f'SELECT count(*) FROM "{table}" {where}').fetchone()
        items += [Item(each["name"], f"{rows.home}/{each['to']}", f"{count:,}")] * bool(count)
    return items


# Sections


def read_sections(
    rows: Rows, declared: Iterable[Declared], table: str = "", values: Values = _NO_ROW
) -> list[PageSection]:
    """The sections of the page of a row of a table, or of no row, without those that are empty."""
    sections = (_section(rows, each, table, values) for each in declared)
    return [section for section in sections if section.items]


def _section(rows: Rows, declared: Declared, table: str, values: Values) -> PageSection:
    answers = _answers(rows, declared, values)
    items = [*_facts(rows, table, declared, values), *_items(rows, declared, answers)]
    kind = declared.get("as", "facts" if "facts" in declared else "list")
    more = declared.get("more", "").format(id=quote(str(values.get("id"))))
    return PageSection(
        declared.get("title", ""),
        items,
        answers[0].get("size", len(items)) if answers else len(items),
        more and f"{rows.home}/{more}",
        kind,
        _DRAWN[kind](answers, items) if items and kind in _DRAWN else None,
        declared.get("table", ""),
    )


_DRAWN: dict[str, Callable[[Answers, Sequence[Item]], Any]] = {
    "bars": lambda answers, _items: charts.bars(answers),
    "map": lambda answers, items: list(zip(items, answers, strict=True)),
}


def _answers(rows: Rows, declared: Declared, values: Values) -> Answers:
    """The rows that the SQL of a section gives; none if it has none."""
    sql = declared.get("sql") or display.site()["queries"].get(declared.get("query"), "")
    sql = _with_views(sql.replace("{where}", declared.get("where", "")))
    return [dict(answer) for answer in rows.conn.execute(sql, values)]


@cache
def _with_views(sql: str) -> str:
    """The SQL with our views in it: a view in the file may be a user's own with the same name."""
    tables, text = dict[str, str](), sql
    while named := views().keys() & set(_read_tables(text)) - tables.keys():
        for name in named:
            head, _, body = views()[name].sql.rstrip().partition(" AS\n")
            tables[name] = f"{head.removeprefix(_CREATE)} AS ({body.strip(';')})"
        text = " ".join(tables.values())
    return f"WITH {', '.join(tables.values())} {sql}" if tables else sql


def _items(rows: Rows, declared: Declared, answers: Answers) -> Iterator[Item]:
    pictures = rows.pictures({answer.get("image_id") for answer in answers} - {None})
    urls = {display.web_address(answer.get("image_url")) for answer in answers} - {""}
    pictures |= {url: rows.picture("", "", url) for url in urls}
    for answer in answers:
        name, id_ = answer["name"], answer.get("id")
        href = display.web_address(answer.get("url"))
        if id_ is not None:
            table = answer.get("table_name") or declared["table"]
            name, href = rows.name(table, id_, name), rows.href(table, id_)
        picture = pictures.get(answer.get("image_id") or answer.get("image_url"))
        if name not in (None, ""):
            texts = (str(answer.get(each) or "") for each in ("text", "note", "key"))
            text, note, key = (each.removeprefix(_BETWEEN) for each in texts)
            yield Item(str(name), href, text, note, picture, key)


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
