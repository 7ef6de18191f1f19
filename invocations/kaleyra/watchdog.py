"""Ends calls that are past their deadline, from a thread of its own."""

from __future__ import annotations

import math
import os
import threading
import time
from typing import Protocol


class Watched(Protocol):
    """A call's socket. `ends_at` is in seconds of `time.monotonic()`."""

    ends_at: float

    @property
    def is_over(self) -> bool: ...

    def shut_down(self) -> None: ...


class Watchdog:
    """Shuts down the socket of each call that is past its deadline.

    One thread for the process; it sleeps until the next deadline. As all calls have the same total
    time, a new call usually has the last deadline and does not have to wake the thread.
    """

    def __init__(self) -> None:
        self._reset()
        # A forked child inherits the watched sockets of its parent, but not the thread.
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self.lock = threading.Condition()
        self._watched: set[Watched] = set()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def watch(self, watched: Watched) -> None:
        with self.lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="connection watchdog", daemon=True
                )
                self._thread.start()
            self._watched.add(watched)
            if watched.ends_at < self._wakes_at:
                self.lock.notify()

    def forget(self, watched: Watched) -> None:
        with self.lock:
            self._watched.discard(watched)

    def _run(self) -> None:
        with self.lock:
            while True:
                for watched in [each for each in self._watched if each.is_over]:
                    watched.shut_down()
                    self._watched.remove(watched)
                self._wakes_at = min((each.ends_at for each in self._watched), default=math.inf)
                self.lock.wait(min(self._wakes_at - time.monotonic(), threading.TIMEOUT_MAX))


WATCHDOG = Watchdog()
