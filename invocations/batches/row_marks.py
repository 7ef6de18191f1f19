"""What decides whether a row is sent: one bit for each reason not to."""

from __future__ import annotations

from enum import IntFlag


class RowMark(IntFlag):
    FAULT = 1
    """It cannot be sent as it is."""
    LEFT_OUT = 2
    """A person left this very row out."""
    REPEAT = 4
    """An earlier row of the file has the same number."""
    SENT_LATELY = 8
    """The number was sent a message of the same workflow in the last 24 hours, or one waits."""


NEVER_SENT = RowMark.FAULT | RowMark.LEFT_OUT
TOGETHER = RowMark.FAULT | RowMark.REPEAT | RowMark.SENT_LATELY
"""What a person may leave out by kind (`Batch.leaves_out`)."""


def is_sent(mark: int, leaves_out: int) -> bool:
    return not mark & (NEVER_SENT | leaves_out)
