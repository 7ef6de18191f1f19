"""Checks the whole trail once a day, and alarms when it was altered.

The check reads every row (12 s for a million), so it runs in a thread of its own.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.audit import verbs
from invocations.audit.checking import Check
from invocations.audit.record import record
from invocations.emails import console_email
from invocations.models import TrailHead, TrailRow, permissions
from invocations.monitoring.claimed_emails import EmailClaim, send_claimed
from invocations.monitoring.need import Need, Rank

logger = logging.getLogger(__name__)

CHECK_EVERY = timedelta(days=1)
MOST_NAMED = 20
"""Faults that are kept and logged."""


def check_when_due(now: datetime) -> threading.Thread | None:
    """Starts the check if no process has within `CHECK_EVERY`, the first time a day after the first
    row was sealed. Returns its thread.
    """
    head = TrailHead.objects.filter(Q(pk=1))
    # Far ahead: a clock was put back, or somebody wants no check.
    due = Q(checked_at__lte=now - CHECK_EVERY) | Q(checked_at__gte=now + CHECK_EVERY)
    if not head.filter(due).update(checked_at=now):
        return None
    thread = threading.Thread(target=_check_in_thread, name="trail", daemon=True)
    thread.start()
    return thread


def _check_in_thread() -> None:
    try:
        check_trail()
    except Exception as error:
        logger.error("the trail could not be checked: %s", type(error).__name__)
    finally:
        connection.close()  # belongs to this thread


def check_trail() -> list[str]:
    """Checks it now, and keeps what is broken for the page “Needs you”. Returns the faults."""
    return _report(list(islice(Check().faults(), MOST_NAMED)))


class _Seen:
    """The head that this process saw last."""

    head: tuple[int, str] | None = None


def watch_head(now: datetime) -> list[str]:
    """Alarms if the head that this process saw last is not in the trail any more: its end was cut,
    or all of it was made anew. Who owns the database can hide that from `check_trail`.
    """
    seen = _Seen.head
    _Seen.head = TrailHead.objects.filter(pk=1, seq__gt=0).values_list("seq", "chain").first()
    if seen is None or TrailRow.objects.filter(seq=seen[0], chain=seen[1]).exists():
        return []
    return _report([f"removed: row {seen[0]:,} was the last one, and is not in the trail any more"])


def _report(faults: list[str]) -> list[str]:
    head = TrailHead.objects.filter(pk=1).first()
    was_broken = bool(head and head.broken)
    for fault in faults:
        logger.error("the trail is broken: %s", fault)
    now = timezone.now()
    since = (head.broken_since if head and was_broken else now) if faults else None
    TrailHead.objects.filter(pk=1).update(broken="\n".join(faults), broken_since=since)
    if faults and not was_broken:
        record(verbs.TRAIL_BROKEN, by=None, facts={"count": len(faults)})
        _send_email(faults, now)
    return faults


def trail_need() -> Need | None:
    """The daily check found that the trail was altered. It stays until a check finds it whole."""
    head = TrailHead.objects.filter(pk=1).exclude(broken="").first()
    if head is None:
        return None
    return Need(
        cause="trail",
        rank=Rank.REFUSED,
        tone="rejected",
        icon="gpp_bad",
        title=_("The list of changes was altered"),
        says=_("Rows were changed, removed or inserted past the console. Tell whoever runs it."),
        permission=permissions.SEE_TRAIL,
        button=_("See the changes"),
        address=reverse("changes"),
        command=".venv/bin/python manage.py verify_audit",
        quoted=head.broken.partition("\n")[0],
        since=head.broken_since,
    )


def _send_email(faults: list[str], now: datetime) -> None:
    if not settings.ALERT_EMAILS:
        return
    lines = [_("The record of who did what was altered:"), "", *faults]
    subject = _("The list of changes was altered")
    email = console_email(subject, lines, page=reverse("changes"), to=settings.ALERT_EMAILS)
    send_claimed([(email, EmailClaim(TrailHead, 1, "broken_since", now))])
