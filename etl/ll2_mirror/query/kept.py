"""Values that are kept in memory, within a bound."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key; where they weigh too much together, those that were long unused go.

    ``weigh`` says what one weighs with its key, the same whenever it is asked.
    """

    def __init__(self, most: int, weigh: Callable[[K, V], int]) -> None:
        self._most = most
        self._weigh = weigh
        self._kept: OrderedDict[K, V] = OrderedDict()
        self.weight = 0

    def get(self, key: K) -> V | None:
        """The value kept under a key, or None."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key]

    def keep(self, key: K, value: V) -> V:
        """Keeps a value in place of the one that the key had, unless it is too heavy by itself."""
        weight = self._weigh(key, value)
        if key in self._kept:
            self.weight -= self._weigh(key, self._kept.pop(key))
        if weight <= self._most:
            self._kept[key] = value
            self.weight += weight
        while self.weight > self._most:
            self.weight -= self._weigh(*self._kept.popitem(last=False))
        return value

    def clear(self) -> None:
        """Drops all."""
        self._kept.clear()
        self.weight = 0
