"""What changed as an Atom feed (RFC 4287), which any reader of feeds takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from ll2_mirror.cli.text import first_line, side
from ll2_mirror.ll2.lists import LIST_OF
from ll2_mirror.ll2.page import API_PATH, LL2_URL

_ATOM = "http://www.w3.org/2005/Atom"
_MOST = 500  # entries, the newest
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # no XML


def atom(found: dict[str, Any], name: str, now: str) -> str:
    """The feed of the runs that ``changes`` tells; ``name`` is the file's, ``now`` a time."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    runs = found["runs"][::-1]
    _text(feed, "id", f"urn:ll2-mirror:{name}")
    _text(feed, "title", f"{name}: what changed in Launch Library 2")
    _text(feed, "updated", runs[0]["finished"] if runs else now)
    _text(ET.SubElement(feed, f"{{{_ATOM}}}author"), "name", "The Space Devs, Launch Library 2")
    entries = (entry for run in runs for entry in _entries(run))
    for _, (id_, finished, title, link) in zip(range(_MOST), entries, strict=False):
        entry = ET.SubElement(feed, f"{{{_ATOM}}}entry")
        _text(entry, "id", f"urn:ll2-mirror:{name}:{id_}")
        _text(entry, "title", title)
        _text(entry, "updated", finished)
        _text(entry, "content", title).set("type", "text")
        ET.SubElement(entry, f"{{{_ATOM}}}link", href=link)
    ET.indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(feed, encoding="unicode")}'


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{_ATOM}}}{tag}")
    element.text = _CONTROL.sub("\ufffd", text)
    return element


def _entries(run: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """The entries of a run; a first one has one for all."""
    place, finished = f"{run['run']}", run["finished"]
    if run["first"]:
        title = f"{run['resource']}: {next(first_line(run)).strip()}"
        yield place, finished, title, f"{LL2_URL}{API_PATH}{run['resource']}/"
        return
    for change in run["changes"]:
        what = f"{place}:{change['table']}:{change['id']}:{change.get('key', '')}"
        yield what, finished, _title(change), _link(change)


def _title(change: dict[str, Any]) -> str:
    what = change["name"] or f"{change['table']} {change['id']}"
    if "key" not in change:
        return f"{what}: {change['kind']} ({change['table']})"
    before, after = (side(change, which, change[which]) for which in ("from", "to"))
    return f"{what}: {change['key']}: {before} → {after}"


def _link(change: dict[str, Any]) -> str:
    listed = LIST_OF.get(change["table"])
    end = f"{listed}/{change['id']}/" if listed else ""
    return f"{LL2_URL}{API_PATH}{end}"
