"""A fake LL2 whose records are those of a mirror."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ll2_mirror.api.handlers import Api
from ll2_mirror.api.request import request_for
from ll2_mirror.errors import UsageError
from ll2_mirror.ll2.schema import SCHEMA_VERSION
from ll2_mirror.serve.browse import browse
from ll2_mirror.serve.responses import other_version
from ll2_mirror.store.file import open_store
from ll2_mirror.testing.fake_ll2 import FakeLL2


class MirrorLL2(FakeLL2):
    """Serves a mirror as ``ll2-mirror serve`` does, with FakeLL2's limit and faults.

    ``rest``: clock, limit and port, as FakeLL2's. Raises UsageError for a file that isn't there, or
    is of an older version.
    """

    def __init__(self, db: Path, *rest: Any) -> None:
        with open_store(db) as store:
            if store.version != SCHEMA_VERSION:
                raise UsageError(other_version(db.name, store.version))
        super().__init__({}, *rest)
        self.db = db

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """The status and the body for a request."""
        request = request_for(f"{path}?{urlencode(query)}", self.base_url)
        with open_store(self.db) as store, store.snapshot():
            response = Api(store.conn, self.db.name, browse, clock=self.clock).respond(request)
        return response.status, response.body
