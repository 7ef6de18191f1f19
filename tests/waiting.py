"""Waiting for what must come true, at its own pace: a test never sleeps for a time that should be enough."""

from __future__ import annotations

import time
from collections.abc import Callable


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    """Waits until it is `true`; TimeoutError if it does not come to that."""
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.02)
