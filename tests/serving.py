"""`ll2-mirror serve`, run as a user runs it, and an upstream that answers every question."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ll2_mirror.testing.fake import SampleUpstream
from reference import page

LIST = "/2.3.0/spacecraft/"
SCRIPT = str(Path(sys.executable).with_name("ll2-mirror"))


@contextmanager
def served(db: Path, *options: str) -> Iterator[str]:
    """Serves a file on a free port; gives the URL."""
    command = [SCRIPT, "serve", str(db), "--port", "0", *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        told = server.stderr.readline()
        found = re.search(r"http://\S+(?=/2\.3\.0/)", told)
        assert found, told + server.stderr.read()
        try:
            yield found[0]
        finally:
            server.send_signal(signal.SIGINT)
            rest = server.stderr.read()
            assert server.wait(timeout=20) == 0, rest
            assert "Traceback" not in rest, rest


class Answering(SampleUpstream):
    """The bundled upstream, which also filters, searches and orders spacecraft."""

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if path != LIST:
            return super().answer(path, query)
        mode = "detailed" if query.get("mode") == "detailed" else "normal"
        listed = self.records["spacecraft", mode]
        found = page(listed, urlencode(query), f"{self.base_url}{path}")
        suffix = f"?format={query['format']}" if "format" in query else ""
        linked = [self._linked(record, suffix) for record in found["results"]]
        return 200, {**found, "results": linked}
