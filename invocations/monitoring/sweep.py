"""The periodic work of every dispatcher: expiry, results, incidents and statistics."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from invocations.access import lockout, sessions
from invocations.audit import sealing
from invocations.batches import approvals, ending, part_counts, retention
from invocations.batches.feed import feed_or_wait
from invocations.forms import kept_form
from invocations.models import seen_keys
from invocations.monitoring import (
    approval_emails,
    batch_emails,
    claimed_emails,
    incident_emails,
    incidents,
    statistics,
    trail_watch,
)
from invocations.privacy import erasure, purge
from invocations.results import pending, upkeep
from invocations.sending import caps, expiry, open_time, restored
from invocations.sending.dispatcher import THREADS, Dispatcher
from invocations.sending.high_water import HighWaterMark

logger = logging.getLogger(__name__)


def sweep() -> int:
    """Does what is due by time alone, and records the heartbeat. Returns how many rows changed.

    Incidents, their emails and statistics follow once per heartbeat, in whichever process wins it.
    """
    now = timezone.now()
    steps = (
        expiry.settle_interrupted,
        expiry.expire_overdue,
        open_time.count_open_time,
        expiry.stop_asking,
        restored.ask_restored,
        expiry.release_held,
        ending.end_due,
        part_counts.freeze_parts,
        pending.read_all,
        upkeep.retry_unmatched,
        upkeep.mark_missing,
        upkeep.drop_stale,
        kept_form.drop_expired,
        retention.delete_old,
        purge.purge_a_little,
        erasure.erase_a_little,
        approvals.refresh,
        caps.delete_old,
    )
    changed = sum(step(now) for step in steps)
    claimed_emails.release_unsent(now)
    if incidents.record_heartbeat(now):
        _update_monitoring(now)
    return changed


def _update_monitoring(now: datetime) -> None:
    """Updates incidents, emails, statistics and sessions. An error is logged, and sending goes on.

    Errors of the database connection are raised.
    """
    steps: tuple[Callable[[datetime], object], ...] = (
        incidents.update_incidents,
        incident_emails.send_due_emails,
        batch_emails.send_due_emails,
        approval_emails.send_due_emails,
        statistics.count_due_quarters,
        sessions.drop_over,
        lockout.drop_old,
        sealing.seal_all,
        sealing.log_head,
        trail_watch.watch_head,
        trail_watch.check_when_due,
        seen_keys.note_keys,
    )
    for step in steps:
        try:
            step(now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.error("%s failed: %s", step.__name__, type(error).__name__)


def run_once(width: int = THREADS, mark: HighWaterMark | None = None) -> int:
    """One sweep, then delivers until nothing is due. Returns how many rows changed.

    Raises `WillNotDispatch` if `mark` shows that the database is an older copy.
    """
    if mark:
        mark.check()
    moved = sweep() + Dispatcher(sweep, width, mark, feed_or_wait).run(until_idle=True)
    ending.end_due(timezone.now())
    return moved
