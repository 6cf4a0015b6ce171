"""The questions of docs/questions.md, which docs, demo, tests and site have in common."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from ll2_mirror.files import shipped

_QUESTION = re.compile(
    r"^### (?P<title>[^\n]+)\n\n(?P<why>.+?)\n\n(?P<notes>(?:<!-- [^\n]+ -->\n)*)"
    r"```sql\n(?P<sql>.+?);\n```",
    re.M | re.S,
)
_NOTE = re.compile(r"<!-- (\w+): (.+) -->")
_DETAILED = "\n## In a detailed mirror\n"
_END = "\n## How to ask\n"


class Question(NamedTuple):
    """A question with its SQL; ``values`` are those of its parameters to begin with.

    ``bars``: the columns that a drawing of its answer has as names and as lengths; or none.
    ``needs``: what a sync is asked for, beside the file, to have what it is about; or nothing.
    """

    name: str
    title: str
    why: str
    sql: str
    values: dict[str, str]
    bars: tuple[str, ...]
    needs: str
    in_demo: bool


@cache
def questions() -> dict[str, Question]:
    """All questions, by the name that stands in their address."""
    page = shipped("docs/questions.md").read_text(encoding="utf-8").partition(_END)[0]
    detailed = page.index(_DETAILED)
    found = (
        _question(match, "--mode detailed" if match.start() > detailed else "")
        for match in _QUESTION.finditer(page)
    )
    return {question.name: question for question in found}


def _question(match: re.Match[str], needs: str) -> Question:
    notes = dict(_NOTE.findall(match["notes"]))
    name = "-".join(re.findall(r"\w+", match["title"].lower()))
    values, bars = dict(parse_qsl(notes.get("with", ""))), tuple(notes.get("bars", "").split())
    why = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", match["why"]).replace("\n", " ").replace("`", "")
    needs = notes.get("needs", needs)
    return Question(name, match["title"], why, match["sql"], values, bars, needs, "demo" in notes)
