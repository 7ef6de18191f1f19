"""How many rows the next step of a long run takes, so that no transaction is long."""

from __future__ import annotations

LONG_SECONDS = 0.2
"""A step that took longer is followed by one with half as many rows.

Far below a second: on a busy machine the same rows take five times as long all at once.
"""
SHORT_SECONDS = 0.05
"""A step that was shorter is followed by one with twice as many."""


class StepSize:
    """`rows` is the size of the next step. It stays between `fewest` and `most`."""

    def __init__(self, first: int, *, fewest: int, most: int) -> None:
        self.rows, self._fewest, self._most = first, fewest, most

    def took(self, seconds: float) -> None:
        """Tells how long the last step was."""
        if seconds > LONG_SECONDS:
            self.rows = max(self.rows // 2, self._fewest)
        elif seconds < SHORT_SECONDS:
            self.rows = min(self.rows * 2, self._most)
