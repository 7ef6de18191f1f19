"""Bugs of the web server, which the kill harness must find (`worker.BUGS`)."""

from __future__ import annotations

from itertools import islice
from typing import Any

from invocations.results import inbox

KEPT_LINES = 20


def short_result() -> None:
    """A result file ends early, as if it were whole."""
    from invocations.batches import result_file

    rows = result_file.result_rows
    result_file.result_rows = lambda batch, viewer: islice(rows(batch, viewer), KEPT_LINES)


def lost_results() -> None:
    """A result is answered before it is stored, and some are not."""
    insert = inbox.insert_or_count
    count = iter(range(10**9))

    def some(callback: Any) -> int:
        return 0 if next(count) % 3 == 0 else insert(callback)

    inbox.insert_or_count = some
