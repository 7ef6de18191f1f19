"""What the sweep does with results: retries the unmatched, marks the missing, drops the stale."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count

from invocations.models import Callback, ChannelResult, Invocation
from invocations.results import matching as whose
from invocations.results.apply import match, unless_being_sent
from invocations.results.matching import unmatched_results
from invocations.sending.outcomes import Status

if TYPE_CHECKING:
    pass

logger = logging.getLogger(__name__)
Delivery = Invocation.Delivery

MAX_UNMATCHED = 10_000
"""Results of one account that nobody knows whose they are. Beyond that the oldest are dropped."""
UNMATCHED_KEPT_FOR = timedelta(days=30)
ROWS_PER_ROUND = 500
MAX_ROUNDS = 2
RETRY_SCHEDULE = (
    (timedelta(seconds=30), timedelta(0)),
    (timedelta(minutes=5), timedelta(seconds=15)),
    (timedelta(minutes=30), timedelta(minutes=1)),
)
"""Up to which age a result that nobody knows whose it is is asked about how soon again: in each sweep at first, for its own 202 may be
late by as long as an attempt takes; and `SELDOM` when it is older."""
RETRY_LATE_EVERY = timedelta(minutes=5)


def retry_unmatched(now: datetime) -> int:
    """Tells results that came before their id was known, or while their message was being sent. Returns how many were told.

    Each in its turn, the longest waiting first, and the older it is the more seldom: what cannot be told keeps nothing else back, and ten
    thousand that nobody will ever know cost little.
    """
    told = 0
    for _round in range(MAX_ROUNDS):
        due = list(
            unmatched_results()
            .filter(ask_at__lt=now)
            .defer("body")
            .order_by("ask_at", "pk")[:ROWS_PER_ROUND]
        )
        told += _tell_if_known(due)
        for wait, pks in _turns(due, now).items():
            unmatched_results().filter(pk__in=pks).update(ask_at=now + wait)
        if len(due) < ROWS_PER_ROUND:
            break
    return told


def _tell_if_known(callbacks: Sequence[Callback]) -> int:
    if not callbacks:
        return 0
    settled = [
        callback
        for callback, its in zip(callbacks, whose.certain_matches(callbacks), strict=True)
        if unless_being_sent(its)
    ]
    return sum(_matches(callback) for callback in settled)


def _turns(callbacks: Sequence[Callback], now: datetime) -> dict[timedelta, list[int]]:
    """After how long each is asked about again."""
    turns: dict[timedelta, list[int]] = defaultdict(list)
    for callback in callbacks:
        age = now - callback.received_at
        turns[
            next((wait for at_most, wait in RETRY_SCHEDULE if age <= at_most), RETRY_LATE_EVERY)
        ].append(callback.pk)
    return turns


def _matches(callback: Callback) -> bool:
    """`match`; one result that cannot be told keeps neither the others back nor what is to be sent."""
    try:
        return match(callback)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.error(
            "account %s: result %s cannot be told: %s",
            callback.account_id,
            callback.pk,
            type(error).__name__,
        )
        return False


def mark_missing(now: datetime) -> int:
    """Awaited results whose time is over. One that comes later still counts. Returns how many are missed."""
    overdue = Invocation.objects.filter(delivery=Delivery.AWAITING, result_due_at__lte=now).exclude(
        status=Status.SENDING
    )
    return overdue.update(delivery=Delivery.NO_RESULT)


def drop_stale(now: datetime) -> int:
    """Drops results that belonged to nobody for `KEPT_FOR`, and of each account the oldest beyond `MOST_KEPT`. Returns how many."""
    stale = list(
        unmatched_results()
        .filter(received_at__lt=now - UNMATCHED_KEPT_FOR)
        .order_by("received_at")
        .values_list("pk", flat=True)[:ROWS_PER_ROUND]
    )
    crowded = (
        unmatched_results()
        .values("account_id")
        .annotate(n=Count("pk"))
        .filter(n__gt=MAX_UNMATCHED)
        .order_by()
    )
    for account_id in crowded.values_list("account_id", flat=True):
        newest_first = (
            unmatched_results().filter(account_id=account_id).order_by("-received_at", "-pk")
        )
        stale += newest_first.values_list("pk", flat=True)[
            MAX_UNMATCHED : MAX_UNMATCHED + ROWS_PER_ROUND
        ]
    if not stale:
        return 0
    with transaction.atomic():
        # Asked again under the deletion: what was matched meanwhile stays.
        going = list(
            unmatched_results()
            .filter(pk__in=stale)
            .select_for_update()
            .values_list("pk", flat=True)
        )
        ChannelResult.objects.filter(callback_id__in=going).delete()
        Callback.objects.filter(pk__in=going).delete()
    logger.warning("%s results were dropped: nobody knew whose they were", len(going))
    return len(going)
