"""What can go wrong, as one tree: each class is one thing a user can act on, with its exit code.

The codes are those of BSD's sysexits.h where it has one: 2 usage, 65 data not understood,
69 upstream not reached, 75 stopped early: to be run again.
"""

from __future__ import annotations


class MirrorError(Exception):
    """Any failure that the user can do something about; its text is one line for people."""

    exit_code = 70


class UsageError(MirrorError):
    """What was asked for can't be done: the command line must change."""

    exit_code = 2


class DataError(MirrorError):
    """Upstream's data, or the file's, isn't understood."""

    exit_code = 65


class NotUnderstood(DataError):
    """A value of a page doesn't fit its shape.

    ``path`` holds the keys that lead to the value, outermost first; each level that the error
    passes on its way up adds its own key in front.
    """

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(expected, got)
        self.expected = expected
        self.got = got
        self.path: list[str] = []
        self.where = ""

    def inside(self, *keys: str) -> NotUnderstood:
        """Puts keys in front of the path, as the error passes a level on its way up."""
        self.path[:0] = keys
        return self

    def __str__(self) -> str:
        path = "".join(part if part.startswith("[") else f".{part}" for part in self.path)
        place = ": ".join(part for part in (self.where, path.lstrip(".")) if part)
        return f"{place or 'the page'}: expected {self.expected}, got {self.got}"


class NotAPage(DataError):
    """A body is no page of LL2: not JSON, or without what each page has."""


class NotHeld(DataError):
    """The file doesn't hold what is asked for; the text says which sync would bring it."""


class NotAMirror(DataError):
    """The file is no mirror, or one that this version can't read."""


class UpstreamError(MirrorError):
    """Upstream can't be reached, or refuses."""

    exit_code = 69


class Stopped(MirrorError):
    """The sync stopped early; the next one starts its walks again."""

    exit_code = 75
