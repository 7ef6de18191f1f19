"""What only the passing of time settles, and what people want to know of it."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from invocations.monitoring import incident_emails, incidents, statistics
from invocations.results import upkeep
from invocations.sending import expiry
from invocations.sending.dispatcher import THREADS, Dispatcher

logger = logging.getLogger(__name__)


def sweep() -> int:
    """What only the passing of time settles; notes that somebody is at work, and looks after incidents. Returns how many rows moved."""
    now = timezone.now()
    steps = (
        *(
            expiry.settle_interrupted,
            expiry.expire_overdue,
            expiry.stop_asking,
            expiry.release_held,
        ),
        *(upkeep.retry_unmatched, upkeep.mark_missing, upkeep.drop_stale),
    )
    moved = sum(step(now) for step in steps)
    incident_emails.release_unsent(now)
    if incidents.record_heartbeat(now):
        _look_after_the_console(now)
    return moved


def _look_after_the_console(now: datetime) -> None:
    """What people want to know. Whatever goes wrong with it keeps no message back."""
    for step in (
        incidents.update_incidents,
        incident_emails.send_due_emails,
        statistics.count_due_quarters,
    ):
        try:
            step(now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.error("%s failed: %s", step.__name__, type(error).__name__)


def run_once(width: int = THREADS) -> int:
    """Settles what was interrupted, ends what is too late, delivers what is due until nothing is. Returns how many rows moved."""
    return sweep() + Dispatcher(sweep, width).run(until_idle=True)
