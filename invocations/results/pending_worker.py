"""Reads pending results all the time: beside the dispatcher, or else in the web server."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import Any

from django.core.signals import request_started
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from invocations.results.pending import MAX_AT_ONCE, read_pending

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
"""Seconds between two queries for pending results, while there are none."""
WEB_WAITS_SECONDS = 0.6
LEFT_TO_DISPATCHERS = timedelta(seconds=0.5)
"""A web server reads only what no dispatcher has read for so long. Shorter than
`WEB_WAITS_SECONDS`, so that a round that begins after a result was stored reads it."""


def run_worker(stopping: threading.Event) -> None:
    """Reads pending results until `stopping`, in a thread beside the dispatcher."""
    try:
        while not stopping.is_set():
            if _read_if_database_answers(timedelta(0)) != MAX_AT_ONCE:
                stopping.wait(POLL_SECONDS)
    finally:
        connection.close()  # belongs to this thread


def _read_if_database_answers(older_than: timedelta) -> int | None:
    """The number of results that were read; None after an error, which is logged."""
    try:
        return read_pending(older_than)
    except (OperationalError, InterfaceError) as error:  # its text could hold a row: not logged
        logger.error("the database does not answer (%s); trying again", type(error).__name__)
        close_old_connections()
    except Exception as error:
        logger.error("pending results could not be read: %s", type(error).__name__)
    return None


# --- in the web server ----------------------------------------------------------------------------

_wanted = threading.Event()
_starting = threading.Lock()
_thread: threading.Thread | None = None


def wake() -> None:
    """Has this process read what stays pending, should no dispatcher do so.

    Starts a thread on its first call in a process: not before a server has forked its workers.
    """
    global _thread
    _wanted.set()
    if _thread is None or not _thread.is_alive():
        with _starting:
            if _thread is None or not _thread.is_alive():
                _thread = threading.Thread(target=_run_in_web_server, daemon=True, name="results")
                _thread.start()


def wake_at_the_first_request() -> None:
    """For what a killed web server has left pending."""
    request_started.connect(_wake_once, dispatch_uid="pending results")


def _wake_once(**_: Any) -> None:
    request_started.disconnect(dispatch_uid="pending results")
    wake()


def _run_in_web_server() -> None:
    while True:
        _wanted.wait()
        _wanted.clear()
        time.sleep(WEB_WAITS_SECONDS)
        count: int | None = MAX_AT_ONCE
        while count == MAX_AT_ONCE:
            count = _read_if_database_answers(LEFT_TO_DISPATCHERS)
        if count is None:
            _wanted.set()
        if not _wanted.is_set():
            connection.close()
