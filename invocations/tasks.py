"""Doors for Celery. The same functions as `manage.py dispatch`; `fallback_console.celery` says when they run."""

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

from invocations.history import exports
from invocations.monitoring import sweep as monitoring_sweep
from invocations.sending import due
from invocations.sending.dispatcher import Dispatcher

logger = logging.getLogger(__name__)

LONGEST = 60.0
"""Seconds after which a worker lets go. The next hint goes on."""

_ending = RawValue("b", 0)
"""Whether this worker is to end. Its pool's processes share this byte: only the process above them hears of it."""


@worker_shutting_down.connect
def _end(**said: Any) -> None:
    _ending.value = 1


def _a_hint(deed: Callable[[], int]) -> Callable[[], int]:
    """A hint that finds no database is as good as lost: the next one finds the same rows."""

    @wraps(deed)
    def done() -> int:
        try:
            return deed()
        except (OperationalError, InterfaceError) as error:  # what it says could hold a row
            logger.error(
                "the database does not answer (%s); the next hint tries again", type(error).__name__
            )
            return 0

    return done


@shared_task(name="invocations.deliver_due")
@_a_hint
def deliver_due() -> int:
    """Delivers until nothing is due. Several at once share the work. Returns how many attempts were made."""
    if _ending.value or not (due.accounts_with_work() or due.accounts_to_probe()):
        return 0
    dispatcher = Dispatcher(monitoring_sweep.sweep)
    with _ended_by_a_signal(dispatcher):
        return dispatcher.run(until_idle=True, seconds=LONGEST, until=lambda: bool(_ending.value))


@shared_task(name="invocations.sweep")
@_a_hint
def sweep() -> int:
    """Settles what only the passing of time settles. Returns how many rows moved."""
    return monitoring_sweep.sweep()


@shared_task(name="invocations.write_exports")
@_a_hint
def write_exports() -> int:
    """Writes the exports that somebody waits for, and clears away old ones. Returns how many there were."""
    written = 0
    while not _ending.value and exports.write_next_export():
        written += 1
    return written + exports.delete_old_exports(timezone.now())


@contextmanager
def _ended_by_a_signal(dispatcher: Dispatcher) -> Iterator[None]:
    """In a process of the pool: a service manager may send SIGTERM to all of them at once. What is being posted ends first."""
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if is_ours:
        signal.signal(signal.SIGTERM, lambda *_: dispatcher.stop())
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
