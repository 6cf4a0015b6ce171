"""Pages as hypothesis draws them from the shapes themselves.

An upstream has one value for each row: what several objects of a page nest is the same row, seen
in several shapes. So a world of rows is drawn first, by table and id, and records read off it. The
deeper a row is met first, the less it nests: a launch can lead to hundreds.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from ll2_mirror.ll2.lists import RESOURCES, Resource
from ll2_mirror.ll2.model import Key, Shape

BASE = "https://ll.thespacedevs.com"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INTS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXT,
    "media": TEXT,
    "date": st.dates().map(str) | TEXT,
    "uuid": TEXT.filter(lambda text: "\0" not in text),
    "datetime": st.datetimes().map(lambda moment: f"{moment.isoformat()}Z") | TEXT,
    "duration": st.sampled_from(["P0D", "P4DT22H42M47S", "-P1DT19H", "PT1H0.000001S"]) | TEXT,
    "int": INTS | st.integers(-3, 3),
    "float": FLOATS | st.sampled_from([0.0, -0.0, 10.0, 1e-7]) | st.integers(-5, 5),
    "bool": st.booleans(),
    "link": TEXT
    | st.integers(0, 9).map(lambda n: f"{BASE}/2.3.0/agencies/{n}/")
    | st.sampled_from(["/2.3.0/x/", "http://elsewhere/2.2.0/x/", f"{BASE}x", f"{BASE}/?a=b"]),
}
UNKNOWN = st.dictionaries(TEXT, ANYTHING, max_size=2)
IDS = {int: st.integers(0, 3), str: st.sampled_from(["0", "a67b40f9-cfcc", "\N{ROCKET}"])}
LISTS = {(kind, most): st.lists(IDS[kind], max_size=most) for kind in IDS for most in (1, 2)}
COUNTS = {most: st.integers(0, most) for most in (1, 2)}
_DRAWN = 6  # values of a kind in one world


class DrawnRows:
    """Rows by table, id and key; drawn when first looked at, the same ever after.

    A draw takes longer than what is done with it. So a few values of each kind are drawn; which of
    them stands where is told by a seed that is drawn, too.
    """

    def __init__(self, data: st.DataObject, drift: bool) -> None:
        self._data = data
        self._drift = drift
        self._random = Random(data.draw(st.integers(0, 2**32)))
        self._drawn: dict[st.SearchStrategy[Any], list[Any]] = {}
        self._values: dict[tuple[Any, ...], Any] = {}

    def page(self, shape: Shape, ids: list[Any]) -> dict[str, Any]:
        """A page of records with these ids."""
        results = [self._object(shape, id_, 0) for id_ in ids]
        return {"count": len(ids), "next": None, "previous": None, "results": results}

    def _draw(self, place: tuple[Any, ...], strategy: st.SearchStrategy[Any]) -> Any:
        if place not in self._values:
            drawn = self._drawn.setdefault(strategy, [])
            if len(drawn) < _DRAWN:
                drawn.append(self._data.draw(strategy))
                self._values[place] = drawn[-1]
            else:
                self._values[place] = self._random.choice(drawn)
        return self._values[place]

    def _chance(self, place: tuple[Any, ...], of_six: int) -> bool:
        """Whether something is so, at the first look with a chance of so many in six."""
        return bool(self._values.setdefault(place, self._random.randrange(6) < of_six))

    def _object(
        self, shape: Shape, id_: Any, depth: int, owner: tuple[Any, ...] = ()
    ) -> dict[str, Any]:
        row = (shape.table or owner, id_)
        value = {key.name: self._value(shape, key, row, depth) for key in shape.keys}
        if self._drift and self._chance((*row, shape.name, "drift?"), 1):
            unknown = self._draw((*row, shape.name, "drift"), UNKNOWN)
            items = [*value.items(), *((k, v) for k, v in unknown.items() if k not in value)]
            value = dict(self._draw((*row, shape.name, "order"), st.permutations(items)))
        return value

    def _value(self, shape: Shape, key: Key, row: tuple[Any, ...], depth: int) -> Any:
        if key.name == "id":
            return row[1]
        place, nested = (*row, key.name), shape.nested.get(key.name)
        nulls = depth if nested else 0  # of six, and no more
        is_null = self._chance((*place, "null?"), 1 + nulls)
        if is_null and (key.kind != "const" or self._drift):
            return None
        if key.kind == "const":
            return key.of
        if nested is None:
            return self._draw(place, SCALARS[key.kind])
        if key.kind == "one":
            return self._object(nested, self._draw(place, IDS[nested.id_type]), depth + 1)
        most = 1 if depth else 2
        if not nested.table:
            count = self._draw(place, COUNTS[most])
            return [self._object(nested, n, depth + 1, owner=place) for n in range(count)]
        ids = self._draw(place, LISTS[nested.id_type, most])
        return [self._object(nested, id_, depth + 1) for id_ in ids]


def resources_and_modes() -> list[tuple[str, str]]:
    """Each resource in each mode that it knows."""
    return [(name, mode) for name, resource in RESOURCES.items() for mode in resource.modes]


def ids_of(resource: Resource) -> st.SearchStrategy[list[Any]]:
    """The ids of a page's records."""
    return st.lists(IDS[resource.richest.id_type], unique=True, max_size=3)
