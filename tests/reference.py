"""LL2's stack in small, over JSON records in memory: what a mirror's answers are compared with.

Written from the specification and not from etl/: a scanner where that has regular expressions,
sorted lists where that has SQL.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

import isodate

Record = dict[str, Any]
BOOLS = {"true": True, "1": True, "false": False, "0": False}
ORDERINGS = ("flights_count", "id", "mission_ends_count", "time_docked", "time_in_space")


def last(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))


def number(sent: str | None, default: int) -> int:
    try:
        value = int(sent if sent is not None else "x")
    except ValueError:
        return default
    return value if value >= 0 else default


def words(text: str) -> list[str]:
    """The terms of a search, read character by character."""
    found, place = [], 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        token, place = _token(text, place)
        token = token.strip(",")
        if token[:1] in ('"', "'") and token[-1] == token[0]:
            quote = token[0]
            inner = token[1:-1] if len(token) > 1 else ""
            found.append(inner.replace("\\" + quote, quote).replace("\\\\", "\\"))
        else:
            found += [part.strip() for part in token.split(",") if part]
    return found


def _token(text: str, start: int) -> tuple[str, int]:
    """A token and where it ends; a quote that is never closed makes it end at white space."""
    place, quoted = start, False
    while place < len(text) and not text[place].isspace():
        if text[place] in "\"'":
            end = _closing(text, place)
            if end is None:
                break
            place, quoted = end + 1, True
        else:
            place += 1
    if quoted:
        return text[start:place], place
    place = start
    while place < len(text) and not text[place].isspace():
        place += 1
    return text[start:place], place


def _closing(text: str, start: int) -> int | None:
    place = start + 1
    while place < len(text):
        if text[place] == "\\":
            if place + 1 >= len(text) or text[place + 1] == "\n":
                return None
            place += 2
            continue
        if text[place] == text[start]:
            return place
        place += 1
    return None


def capitals(text: str) -> str:
    return "".join(c.upper() if len(c.upper()) == 1 else c for c in text)


def found(records: list[Record], sent: dict[str, str]) -> list[Record]:
    """The records that the filters and the search leave."""
    for name in ("in_space", "is_placeholder"):
        wanted = BOOLS.get(sent.get(name, "").lower())
        if wanted is not None:
            records = [r for r in records if r[name] is wanted]
    for name in ("status", "spacecraft_config"):
        if sent.get(name):
            records = [r for r in records if r[name] and r[name]["id"] == int(sent[name])]
    if name := sent.get("name", "").strip():
        records = [r for r in records if r["name"] == name]
    for word in words(sent.get("search", "")):
        records = [r for r in records if any(capitals(word) in text for text in texts(r))]
    return records


def texts(record: Record) -> list[str]:
    config = record["spacecraft_config"]
    both = (record["name"], config["name"] if config else None)
    return [capitals(text) for text in both if text is not None]


def ordered(records: list[Record], ordering: str) -> list[Record]:
    """By id, then by each key from the last to the first; nulls last, and first if descending."""
    records = sorted(records, key=lambda r: r["id"])
    for term in reversed([term.strip() for term in ordering.split(",")]):
        key = term.removeprefix("-")
        if key not in ORDERINGS:
            continue
        records.sort(key=lambda r: rank(r[key]), reverse=False)
        if term.startswith("-"):
            groups: dict[Any, list[Record]] = {}
            for record in records:
                groups.setdefault(rank(record[key]), []).append(record)
            records = [r for value in sorted(groups, reverse=True) for r in groups[value]]
    return records


def rank(value: Any) -> tuple[bool, Any]:
    if isinstance(value, str):
        value = isodate.parse_duration(value).total_seconds()
    return value is None, value or 0


def page(records: list[Record], query: str, url: str) -> dict[str, Any]:
    """A list's page, its results being the records as they are."""
    sent = last(query)
    limit = min(number(sent.get("limit"), 10) or 10, 100)
    offset = number(sent.get("offset"), 0)
    all_of_them = ordered(found(records, sent), sent.get("ordering", ""))
    count = len(all_of_them)

    def link(to: int) -> str:
        carried = parse_qs(query, keep_blank_values=True) | {"limit": [str(limit)]}
        carried.pop("offset", None)
        if to > 0:
            carried["offset"] = [str(to)]
        return f"{url}?{urlencode(sorted(carried.items()), doseq=True)}"

    return {
        "count": count,
        "next": link(offset + limit) if offset + limit < count else None,
        "previous": link(offset - limit) if offset else None,
        "results": all_of_them[offset : offset + limit],
    }
