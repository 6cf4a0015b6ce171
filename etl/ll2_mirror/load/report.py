"""What a sync did with one resource, as programs and people are told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Report:
    """What a sync did with one resource; ``as_json`` is the contract of ``sync --json``."""

    resource: str
    mode: str
    complete: bool = True
    requests: int = 0
    records: int = 0
    added: int = 0
    changed: int = 0
    moved: int = 0
    unchanged: int = 0
    gone: int = 0
    nested: int = 0  # rows that records nest, added, changed or gone
    conflicts: int = 0
    missing: int = 0  # not listed, not confirmed gone: they stay for now
    kept: list[dict[str, Any]] = field(default_factory=list)  # for a table of the user's own
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    drift: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The report as a JSON object."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}
