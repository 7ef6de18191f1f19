"""The parameters and the counts of one run of the kill harness."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Plan:
    """The parameters of a run. `kills` is a minimum; `gently`: SIGTERM in place of SIGKILL.

    In seconds: kills and faults last for `most_seconds`, and for `tail` once all is recorded; then
    `patience` is the time for open messages to be settled. `moves`: changes of pod, SID or workflow
    ID in a second. `restores`: 1 to go back to a copy of the database half-way. `batch_rows`: of
    each batch that is fed meanwhile. `web_kills`: of the web server.
    """

    invocations: int
    kills: int
    database_kills: int
    workers: int
    threads: int
    seed: int
    policy: str
    dedupes: bool
    most_seconds: float
    tail: float
    patience: float
    moves: float = 0.0
    restores: int = 0
    batch_rows: int = 0
    web_kills: int = 0
    bug: str | None = None
    gently: bool = False


@dataclass
class Done:
    """Counts of processes that were killed, stopped, or ended wrongly."""

    kills: int = 0
    of_all_at_once: int = 0
    recorders: int = 0
    database: int = 0
    freezes: int = 0
    ended_wrongly: int = 0
    checked_by_hand: int = 0
    moves: int = 0
    restored: int = 0
    not_refused: int = 0
    in_copy: frozenset[str] = frozenset()
    """The request IDs in the copy that was restored."""
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began
