"""How many rows the next step of a long run takes, so that no transaction is long.

On SQLite a run also pauses. A writer that waits there looks every tenth of a second whether it may
write, and never finds the moment between two steps: somebody who sent waited for 16 seconds.
"""

from __future__ import annotations

import time

from django.db import connection

LONG_SECONDS = 0.2
"""A step that took longer is followed by one with half as many rows.

Far below a second: on a busy machine the same rows take five times as long all at once.
"""
SHORT_SECONDS = 0.05
"""A step that was shorter is followed by one with twice as many."""

BUSY_SECONDS = 0.3
"""Of steps between two pauses on SQLite."""
PAUSE_SECONDS = 0.12
"""Longer than the time between two looks of SQLite's busy handler."""


class StepSize:
    """`rows` is the size of the next step. It stays between `fewest` and `most`."""

    def __init__(self, first: int, *, fewest: int, most: int) -> None:
        self.rows, self._fewest, self._most = first, fewest, most
        self._busy = 0.0

    def took(self, seconds: float) -> None:
        """Tells how long the last step was, once its transaction has ended."""
        self._pause_after(seconds)
        if seconds > LONG_SECONDS:
            self.rows = max(self.rows // 2, self._fewest)
        elif seconds < SHORT_SECONDS:
            self.rows = min(self.rows * 2, self._most)

    def _pause_after(self, seconds: float) -> None:
        self._busy += seconds
        if self._busy > BUSY_SECONDS and connection.vendor == "sqlite":
            time.sleep(PAUSE_SECONDS)
            self._busy = 0.0
