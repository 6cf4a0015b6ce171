"""A fake LL2 whose spacecraft a test edits between and within syncs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

from helpers import Listed, TestClock
from ll2_mirror.clock import Clock
from ll2_mirror.testing.fake_ll2 import FakeLL2, bundled

Edit = Callable[[], object]


class EditableLL2(FakeLL2):
    """Spacecraft 10, 20, 30, ..., all of one configuration.

    What is planned happens before the k-th counted request from now is answered, 1 being the next.
    A request moves a TestClock, as it takes its time.
    """

    def __init__(self, count: int, clock: Clock | None = None, limit: int | None = None) -> None:
        records = bundled()
        super().__init__({}, clock, limit)
        self.key = _by_id  # what the list is sorted by
        self._templates = {
            mode: copy.deepcopy(records["spacecraft", mode][0]) for mode in ("normal", "detailed")
        }
        self._templates["detailed"]["flights"] = []
        for template in self._templates.values():  # small, for speed
            template["image"] = template["spacecraft_config"]["image"] = None
            template["spacecraft_config"]["family"] = []
        self.records["spacecraft", "normal"] = [
            self._record(id_) for id_ in range(10, 10 * count + 10, 10)
        ]
        self.moments: list[Listed] = [self.listed]

    # What there is

    @property
    def craft(self) -> list[dict[str, Any]]:
        """The records, in their order."""
        found = self.records["spacecraft", "normal"]
        found.sort(key=self.key)
        return found

    @property
    def ids(self) -> list[Any]:
        return [record["id"] for record in self.craft]

    @property
    def listed(self) -> Listed:
        """The name of each record, by id."""
        return {record["id"]: record["name"] for record in sorted(self.craft, key=_by_id)}

    @property
    def agency(self) -> str:
        """The name of the agency that all records nest."""
        name: str = self._templates["normal"]["spacecraft_config"]["agency"]["name"]
        return name

    def _record(self, id_: int, mode: str = "normal") -> dict[str, Any]:
        url = f"https://ll.thespacedevs.com/2.3.0/spacecraft/{id_}/"
        return {**self._templates[mode], "id": id_, "url": url, "name": f"Craft {id_}"}

    def detail(self) -> None:
        """Lets the world have the detailed mode, too; it doesn't follow later edits."""
        self.records["spacecraft", "detailed"] = [
            {**self._record(id_, "detailed"), "name": name} for id_, name in self.listed.items()
        ]

    def add_lists(self) -> None:
        """Lets the world have the other lists of the bundled sample, too."""
        self.records |= {key: found for key, found in bundled().items() if key[0] != "spacecraft"}

    # Edits

    def _edited(self) -> None:
        self.moments.append(self.listed)

    def append(self, count: int = 1) -> int:
        """Adds records at the end; gives the last one's id."""
        first: int = max([0, *self.ids]) // 10 * 10 + 10
        ids = range(first, first + 10 * count, 10)
        self.craft.extend(map(self._record, ids))
        self._edited()
        return ids[-1]

    def insert(self, id_: int) -> int:
        """Adds a record with a free id."""
        assert id_ not in self.ids
        self.craft.append(self._record(id_))
        self._edited()
        return id_

    def insert_before(self, id_: int) -> int:
        """Adds a record with a free id just below one that is there; gives its id."""
        return self.insert(next(n for n in range(id_ - 1, 0, -1) if n not in self.ids))

    def delete(self, *ids: Any) -> None:
        """Takes records away."""
        self.craft[:] = [record for record in self.craft if record["id"] not in ids]
        self._edited()

    def change(self, id_: Any, **values: Any) -> None:
        """Gives a record other values."""
        next(record for record in self.craft if record["id"] == id_).update(values)
        self._edited()

    def rename_agency(self, name: str) -> None:
        """Gives the agency that all records nest another name."""
        self._templates["normal"]["spacecraft_config"]["agency"]["name"] = name
        self._edited()

    # What happens at a request

    def at(self, request: int, *calls: Edit | str) -> None:
        """Plans edits, or faults by their names, for the n-th counted request from now."""
        for call in calls:
            named = isinstance(call, str)
            super().at(request, partial(self.breaks, call, times=1) if named else call)

    def pages(self, since: int = 0) -> list[int]:
        """The offset of each page asked for since so many requests, in order."""
        return [one.offset for one in self.requests[since:] if one.offset is not None]

    def details(self, since: int = 0) -> list[str]:
        """The path of each single record asked for."""
        return [one.path for one in self.requests[since:] if one.counted and one.offset is None]

    def respond(self, target: str) -> Any:
        """A request takes a while, by a test's clock."""
        with self.lock:
            self._pass(0.1)
            response = super().respond(target)
            self._pass(0.2)
            return response

    def _pass(self, seconds: float) -> None:
        if isinstance(self.clock, TestClock):
            self.clock.move(seconds)

    def order(self, resource: Any, mode: str, records: Any, query: Any) -> Any:
        """Spacecraft by ``key``, as a record's id may be of any kind; other lists as asked."""
        if resource.name == "spacecraft":
            return sorted(records, key=self.key)
        return super().order(resource, mode, records, query)


def _by_id(record: dict[str, Any]) -> Any:
    return str(record["id"]).zfill(20)
