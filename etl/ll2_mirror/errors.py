"""The errors, as one tree: each class is one kind that a user can act on, with its exit code.

The codes are those of BSD's sysexits.h where it has one: 65 data not understood, 69 upstream not
reached, 70 a bug in this program, 75 stopped early: run it again. 1 is a failed check, and 2 a
wrong command line.
"""

from __future__ import annotations

from datetime import datetime


class MirrorError(Exception):
    """Any failure that the user can act on; its text is one line for people."""

    exit_code = 70


class Bug(MirrorError):
    """A bug in this program; the unforeseen exception is its ``__cause__``."""


class CheckFailed(MirrorError):
    """A check failed."""

    exit_code = 1


class UsageError(MirrorError):
    """The command can't be carried out: the command line must change."""

    exit_code = 2


class DataError(MirrorError):
    """Data from upstream or in the file isn't understood."""

    exit_code = 65


class NoTime(DataError, ValueError):
    """A text isn't a time; the file that it came from may be damaged."""


class NotUnderstood(DataError):
    """A value of a page doesn't fit its shape.

    ``path`` has the keys that lead to the value, outermost first; each level that the error
    passes on its way up adds its own key at the front.
    """

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(expected, got)
        self.expected = expected
        self.got = got
        self.path: list[str] = []
        self.where = ""

    def inside(self, *keys: str) -> NotUnderstood:
        """Adds keys at the front of the path."""
        self.path[:0] = keys
        return self

    def __str__(self) -> str:
        path = "".join(part if part.startswith("[") else f".{part}" for part in self.path)
        place = ": ".join(part for part in (self.where, path.lstrip(".")) if part)
        return f"{place or 'the page'}: expected {self.expected}, got {self.got}"


class Shrunk(DataError):
    """A walk would delete more records than is plausible."""


class NotInMirror(DataError):
    """The file lacks the requested data; the text says which sync would fetch it."""


class TooLong(DataError):
    """Reading takes longer than any table of a mirror needs: a view may have replaced one."""


class NotAMirror(DataError):
    """The file isn't a mirror, or one that this version can't read."""


class UpstreamError(MirrorError):
    """Upstream can't be reached, or refuses."""

    exit_code = 69


class NotThere(UpstreamError):
    """Upstream has nothing behind a path: status 404."""


class Faulted(UpstreamError):
    """A request failed in a way that a retry may fix.

    ``after``: the seconds that the server asks to wait, if it does; ``heavy``: a smaller page may
    succeed; ``again``: the same one may.
    """

    def __init__(
        self,
        message: str,
        *,
        after: float | None = None,
        heavy: bool = False,
        again: bool = True,
    ) -> None:
        super().__init__(message)
        self.after = after
        self.heavy = heavy
        self.again = again


class NotAPage(DataError, Faulted):
    """A body isn't a page of LL2: not JSON, or without the keys of a page.

    ``heavy``: part of it seems to be missing.
    """


class Throttled(Faulted):
    """Upstream asks to wait, but not for long."""

    exit_code = 75


class Stopped(MirrorError):
    """The sync stopped early; the next one continues, not before ``resumes`` if that is known."""

    exit_code = 75

    def __init__(self, message: str, resumes: datetime | None = None) -> None:
        super().__init__(message)
        self.resumes = resumes
