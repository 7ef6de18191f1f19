"""Starts a process that checks files, when one waits.

Never in the process that sends: checking a large file takes a CPU for half a minute.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from invocations.batches import checking

logger = logging.getLogger(__name__)

NICENESS = 15
"""With 15, pages and single messages are as quick as without a check beside them."""
_LOOK_SECONDS = 0.2


class CheckProcess:
    """`manage.py check_batches`, at most one at a time, until nothing waits."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start_if_needed(self) -> None:
        """One query. Starts the process if a file waits and this one has none running."""
        if not self.is_running and checking.waiting():
            self._process = _start()

    def stop(self) -> None:
        """The process gives back the file that it checks, so that another goes on at once."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


def _start() -> subprocess.Popen[bytes]:
    manage = Path(settings.BASE_DIR) / "manage.py"
    return subprocess.Popen(  # noqa: S603  # nosec B603  # our own command
        [sys.executable, str(manage), "check_batches", "--once", "--nice", str(NICENESS)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def run_worker(stopping: threading.Event) -> None:
    """Looks each second, in a thread beside the dispatcher, until `stopping`."""
    process = CheckProcess()
    try:
        while not stopping.is_set():
            try:
                process.start_if_needed()
            except (OperationalError, InterfaceError) as error:
                kind = type(error).__name__
                logger.error("the database does not answer (%s); trying again", kind)
                close_old_connections()
            stopping.wait(checking.LOOK_EVERY)
    finally:
        process.stop()
        connection.close()  # belongs to this thread


def check_all(until: Callable[[], bool] = lambda: False) -> bool:
    """Has all that waits checked by a process, or until `until` returns True. False: none did."""
    process = CheckProcess()
    process.start_if_needed()
    if not process.is_running:
        return False
    stopping = threading.Event()
    while process.is_running and not until():
        stopping.wait(_LOOK_SECONDS)
    process.stop()
    return True
