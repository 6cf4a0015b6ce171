"""What can go wrong, as one tree: each class is one thing a user can act on, with its exit code.

The codes are those of BSD's sysexits.h where it has one: 65 data not understood, 69 upstream not
reached, 70 a bug of ours, 75 stopped early: to be run again. 1 and 2 are every program's: a check
says no, the command line is wrong.
"""

from __future__ import annotations

from datetime import datetime


class MirrorError(Exception):
    """Any failure that the user can do something about; its text is one line for people."""

    exit_code = 70


class Bug(MirrorError):
    """A fault of this program's own: what nobody foresaw is its ``__cause__``."""


class CheckFailed(MirrorError):
    """What was to be checked isn't so."""

    exit_code = 1


class UsageError(MirrorError):
    """What was asked for can't be done: the command line must change."""

    exit_code = 2


class DataError(MirrorError):
    """Upstream's data, or the file's, isn't understood."""

    exit_code = 65


class NoTime(DataError, ValueError):
    """What should name a time doesn't; most come from a file, which may be damaged."""


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
    """A body is no page of LL2: not JSON, or without what each page has.

    ``heavy``: part of it seems to be missing, so that a smaller page may come whole.
    """

    heavy = False
    again = True  # another try may mend it
    after: float | None = None  # as in Faulted


class Shrunk(DataError):
    """A walk would remove more of the records than is likely to be true."""


class NotInMirror(DataError):
    """The file doesn't hold what is asked for; the text says which sync would bring it."""


class TooLong(DataError):
    """Reading the file takes longer than any table of a mirror does: it may hold none."""


class NotAMirror(DataError):
    """The file is no mirror, or one that this version can't read."""


class UpstreamError(MirrorError):
    """Upstream can't be reached, or refuses."""

    exit_code = 69


class NotThere(UpstreamError):
    """Upstream has nothing behind a path: status 404."""


class Faulted(UpstreamError):
    """A request failed in a way that another try may mend.

    ``after`` is how many seconds the server asks to wait first, if it does; ``heavy`` says whether
    a smaller page may come through, ``again`` whether the same one may.
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


class Throttled(Faulted):
    """Upstream asks to wait, but not for long."""

    exit_code = 75


class Stopped(MirrorError):
    """The sync stopped early; the next one goes on, not before ``resumes`` if that is known."""

    exit_code = 75

    def __init__(self, message: str, resumes: datetime | None = None) -> None:
        super().__init__(message)
        self.resumes = resumes
