"""The sweep's work on results: retry unmatched ones, mark missing ones, delete stale ones."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count

from invocations.models import Callback, ChannelResult, Invocation
from invocations.results.apply import match
from invocations.results.matching import certain_matches, unmatched_results
from invocations.sending.outcomes import Status

logger = logging.getLogger(__name__)
Delivery = Invocation.Delivery

MAX_UNMATCHED = 10_000
"""Results without a message kept for one account. Beyond that the oldest are deleted."""
UNMATCHED_KEPT_FOR = timedelta(days=30)
ROWS_PER_ROUND = 500
MAX_ROUNDS = 2
RETRY_SCHEDULE = (
    (timedelta(seconds=30), timedelta(0)),
    (timedelta(minutes=5), timedelta(seconds=15)),
    (timedelta(minutes=30), timedelta(minutes=1)),
)
"""Retry schedule for unmatched results, by age: up to this age, wait this long.

New ones are retried in every sweep, because their own 202 may be late by as long as an attempt
takes. Older ones wait `RETRY_LATE_EVERY`.
"""
RETRY_LATE_EVERY = timedelta(minutes=5)


def retry_unmatched(now: datetime) -> int:
    """Matches results that came before their id was stored, or while their message was being sent.

    Returns how many. The longest waiting are first, and old ones are retried less often: a result
    that cannot be matched delays no other, and ten thousand that never will be cost little.
    """
    matched = 0
    for _round in range(MAX_ROUNDS):
        due = list(
            unmatched_results()
            .filter(ask_at__lt=now)
            .defer("body")
            .order_by("ask_at", "pk")[:ROWS_PER_ROUND]
        )
        matched += match_certain(due)
        for wait, pks in _retries_by_wait(due, now).items():
            unmatched_results().filter(pk__in=pks).update(ask_at=now + wait)
        if len(due) < ROWS_PER_ROUND:
            break
    return matched


def match_certain(callbacks: Sequence[Callback]) -> int:
    """Matches those whose invocation is certain. Returns how many; an error is logged."""
    if not callbacks:
        return 0
    matchable = [
        callback
        for callback, invocation in zip(callbacks, certain_matches(callbacks), strict=True)
        if invocation and invocation.status != Status.SENDING
    ]
    return sum(_try_match(callback) for callback in matchable)


def _retries_by_wait(callbacks: Sequence[Callback], now: datetime) -> dict[timedelta, list[int]]:
    """The ids of the results, by the wait until they are retried."""
    retries: dict[timedelta, list[int]] = defaultdict(list)
    for callback in callbacks:
        age = now - callback.received_at
        waits = (wait for max_age, wait in RETRY_SCHEDULE if age <= max_age)
        retries[next(waits, RETRY_LATE_EVERY)].append(callback.pk)
    return retries


def _try_match(callback: Callback) -> bool:
    """Like `match`, but logs an error, so that it stops neither other results nor sending.

    Errors of the database connection are raised.
    """
    try:
        return match(callback)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.error(
            "account %s: result %s cannot be matched: %s",
            callback.account_id,
            callback.pk,
            type(error).__name__,
        )
        return False


def mark_missing(now: datetime) -> int:
    """Marks overdue results as missing. One that comes later still counts. Returns how many."""
    overdue = Invocation.objects.filter(delivery=Delivery.AWAITING, result_due_at__lte=now).exclude(
        status=Status.SENDING
    )
    return overdue.update(delivery=Delivery.NO_RESULT)


def drop_stale(now: datetime) -> int:
    """Deletes unmatched results older than `UNMATCHED_KEPT_FOR`, and any beyond `MAX_UNMATCHED`.

    Returns how many.
    """
    stale = [*_too_old(now), *_too_many()]
    if not stale:
        return 0
    with transaction.atomic():
        # Still unmatched, now under a lock: what was matched meanwhile stays.
        unmatched = unmatched_results().filter(pk__in=stale).select_for_update()
        dropped = list(unmatched.values_list("pk", flat=True))
        ChannelResult.objects.filter(callback_id__in=dropped).delete()
        Callback.objects.filter(pk__in=dropped).delete()
    logger.warning("%s results were dropped: no invocation was found for them", len(dropped))
    return len(dropped)


def _too_old(now: datetime) -> list[int]:
    old = unmatched_results().filter(received_at__lt=now - UNMATCHED_KEPT_FOR)
    return list(old.order_by("received_at").values_list("pk", flat=True)[:ROWS_PER_ROUND])


def _too_many() -> list[int]:
    """Of each account with more than `MAX_UNMATCHED`, the oldest beyond that."""
    surplus: list[int] = []
    crowded = (
        unmatched_results()
        .values("account_id")
        .annotate(n=Count("pk"))
        .filter(n__gt=MAX_UNMATCHED)
        .order_by()
    )
    for account_id in crowded.values_list("account_id", flat=True):
        unmatched = unmatched_results().filter(account_id=account_id)
        newest_first = unmatched.order_by("-received_at", "-pk").values_list("pk", flat=True)
        surplus += newest_first[MAX_UNMATCHED : MAX_UNMATCHED + ROWS_PER_ROUND]
    return surplus
