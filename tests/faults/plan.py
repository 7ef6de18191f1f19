"""The parameters and the counts of one run of the kill harness."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Plan:
    """The parameters of a run. `kills` is a minimum; `gently`: SIGTERM in place of SIGKILL.

    In seconds: kills and faults last for `most_seconds`, and for `tail` once all is recorded; then
    `patience` is the time for open messages to be settled.
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
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began
