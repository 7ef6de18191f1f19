"""Celery tasks. They call the same functions as `manage.py dispatch`.

`fallback_console.celery` schedules them.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from multiprocessing import RawValue
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from invocations.batches import worker
from invocations.batches.feed import feed_or_wait, has_running_batch
from invocations.history import exports
from invocations.monitoring import sweep
from invocations.sending import due
from invocations.sending.dispatcher import Dispatcher
from invocations.sending.high_water import HighWaterMark, WillNotDispatch

logger = logging.getLogger(__name__)

LONGEST_DELIVERY_RUN = 60.0
"""Seconds after which `deliver_due` ends. The next hint starts another one."""

_shutting_down = RawValue("b", 0)
"""1 once this worker shuts down. In shared memory, because only the parent of the pool's processes
gets the signal `worker_shutting_down`."""


@worker_shutting_down.connect
def _note_shutdown(**kwargs: Any) -> None:
    _shutting_down.value = 1


def _zero_without_database(task: Callable[[], int]) -> Callable[[], int]:
    """Logs that the database is away, or older, and returns 0. The next hint finds the rows."""

    @wraps(task)
    def wrapper() -> int:
        try:
            return task()
        except (OperationalError, InterfaceError) as error:
            # Not the message, which may quote a row.
            logger.error(
                "the database does not answer (%s); the next hint tries again", type(error).__name__
            )
            return 0
        except WillNotDispatch as refusal:
            logger.error("%s", refusal)
            return 0

    return wrapper


@shared_task(name="invocations.deliver_due")
@_zero_without_database
def deliver_due() -> int:
    """Delivers until nothing is due and returns the number of attempts.

    Several may run at once and share the work.
    """
    if _shutting_down.value or not _has_work():
        return 0
    dispatcher = Dispatcher(sweep.sweep, mark=HighWaterMark(), feed=feed_or_wait)
    with _stops_on_sigterm(dispatcher):
        return dispatcher.run(
            until_idle=True,
            seconds=LONGEST_DELIVERY_RUN,
            until=lambda: bool(_shutting_down.value),
        )


def _has_work() -> bool:
    return bool(due.accounts_with_work() or due.accounts_to_probe() or has_running_batch())


@shared_task(name="invocations.sweep")
@_zero_without_database
def run_sweep() -> int:
    """Runs the periodic sweep (`monitoring.sweep`). Returns the number of changed rows."""
    HighWaterMark().check()
    return sweep.sweep()


@shared_task(name="invocations.write_exports")
@_zero_without_database
def write_exports() -> int:
    """Writes requested exports and deletes old ones. Returns the number of both together."""
    written = 0
    while not _shutting_down.value and exports.write_next_export():
        written += 1
    return written + exports.delete_old_exports(timezone.now())


@shared_task(name="invocations.check_batches")
@_zero_without_database
def check_batches() -> int:
    """Has uploaded files checked, by a process that gives way to others. Returns 1 if one was."""
    if _shutting_down.value:
        return 0
    return int(worker.check_all(until=lambda: bool(_shutting_down.value)))


@contextmanager
def _stops_on_sigterm(dispatcher: Dispatcher) -> Iterator[None]:
    """Makes SIGTERM stop `dispatcher` after the requests in progress, in a process of the pool.

    A service manager may send SIGTERM to all processes at once, not to the parent alone.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    sets_handler = in_main_thread and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if sets_handler:
        signal.signal(signal.SIGTERM, lambda *_: dispatcher.stop())
    try:
        yield
    finally:
        if sets_handler:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
