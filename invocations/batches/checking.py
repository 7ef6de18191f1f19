"""Checks files: reads chunks into parts, holds each row against the gate, and adds up what it
found.

One process checks a batch at a time. It holds a lease, and each of its writes asks for its number
(`Batch.fence`): when a process dies, another begins the check anew half a minute later, and nothing
that the first still writes counts.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, close_old_connections
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from invocations.batches.change import refuse
from invocations.batches.check_run import LEASE, CheckRun, LeaseLost, TooLong, is_held
from invocations.batches.recipient_file import FileRefused
from invocations.models import Batch

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between queries for files to check."""
SMALL_BYTES, SMALL_ROWS = 500_000, 2_000
"""A file that is checked at once, inside the request that uploads it."""
State = Batch.State


def waiting() -> bool:
    """Whether a file waits to be checked."""
    return _unclaimed().exists()


def claim_check() -> Batch | None:
    """The batch that has waited longest, for this process alone; None if there is none."""
    for batch in _unclaimed().order_by("id")[:10]:
        if claim(batch):
            return batch
    return None


def claim(batch: Batch) -> bool:
    unclaimed = _is_unclaimed() & Q(fence=batch.fence)
    taken = Batch.objects.filter(unclaimed, pk=batch.pk).update(
        fence=F("fence") + 1, lease_until=timezone.now() + LEASE, rows_read=0
    )
    if taken:
        batch.refresh_from_db()
    return bool(taken)


def _unclaimed() -> QuerySet[Batch]:
    return Batch.objects.filter(_is_unclaimed())


def _is_unclaimed() -> Q:
    is_free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    return Q(state=State.CHECKING) & is_free


def check_now(batch: Batch) -> bool:
    """Checks a small file at once. False: a worker process does it, or does it already."""
    # A batch that sends rows again has no file, and its rows are counted.
    is_large = batch.size > SMALL_BYTES or batch.rows > SMALL_ROWS
    if is_large or not claim(batch):
        return False
    try:
        run_check(batch, most_rows=SMALL_ROWS)
    except TooLong:
        give_back(batch)
        return False
    except LeaseLost:
        return False
    return True


def run_check(
    batch: Batch, *, most_rows: int | None = None, told: Callable[[int], None] = lambda rows: None
) -> None:
    """Checks a batch that this process has claimed; then it is checked, or refused.

    `told`: called with the number of rows so far. Raises `LeaseLost`; `TooLong` if there are more
    than `most_rows`.
    """
    CheckRun(batch, most_rows, told).run()


def run_worker(stop: threading.Event, *, until_idle: bool = False) -> int:
    """Checks what waits, until `stop` is set; or, if `until_idle`, nothing waits. Returns how many
    files it has checked.
    """
    checked = 0
    while not stop.is_set():
        try:
            batch = claim_check()
            if batch is not None:
                _check_logged(batch)
                checked += 1
                continue
        except (OperationalError, InterfaceError) as error:
            logger.error("the database does not answer (%s); trying again", type(error).__name__)
            close_old_connections()
        if until_idle:
            break
        stop.wait(LOOK_EVERY)
    return checked


def _check_logged(batch: Batch) -> None:
    try:
        run_check(batch)
    except LeaseLost:
        logger.info("batch %s is checked elsewhere, or was deleted", batch.pk)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # only its type is logged: its text may quote a cell
        logger.error("the check of batch %s failed: %s", batch.pk, type(error).__name__)
        refuse(batch, FileRefused("check_failed"), is_held(batch))
    except BaseException:
        give_back(batch)  # the process ends: another need not wait for the lease
        raise


def give_back(batch: Batch) -> None:
    Batch.objects.filter(is_held(batch), pk=batch.pk).update(lease_until=None)
