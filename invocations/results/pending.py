"""Reads what `inbox` stored: matches results to their invocations, hundreds in one transaction.

What is stored and not read yet is pending (`Callback.is_pending`). Reading a result and updating
its invocation are one transaction: if the process is killed before its end, the result is still
pending, and the next process reads it. Several processes may read at once.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from invocations.kaleyra.callback_body import read_callback
from invocations.kaleyra.callbacks import FlowResult
from invocations.models import Callback, ChannelResult, Invocation
from invocations.models.bulk_update import update_each
from invocations.results.apply import lock_matches_by_ids
from invocations.results.channels import Recipients, channel_result
from invocations.results.delivery import Result, update_from_results
from invocations.results.removed import forget_late_bodies
from invocations.results.upkeep import match_certain
from invocations.sending.outcomes import Status

logger = logging.getLogger(__name__)

MAX_AT_ONCE = 200
"""Results that are read in one transaction: on SQLite all other writers wait for it."""
MAX_ROUNDS = 10
READ_LATER = timedelta(minutes=5)
"""How long a result that cannot be read now is put off."""
READ_COLUMNS = (
    "is_pending",
    "problem",
    "workflow_invocation_id",
    "request_id",
    "execution_status",
    "ended_at",
    "invocation_id",
    "matched_at",
)


def pending_results() -> QuerySet[Callback]:
    """The results that were stored and not read yet."""
    return Callback.objects.filter(is_pending=True)


def read_all(now: datetime) -> int:
    """Reads what is pending, at most `MAX_ROUNDS` times `MAX_AT_ONCE`. Returns how many."""
    total = 0
    for _round in range(MAX_ROUNDS):
        count = read_pending()
        total += count
        if count < MAX_AT_ONCE:
            break
    return total


def read_pending(older_than: timedelta = timedelta(0)) -> int:
    """Reads up to `MAX_AT_ONCE` pending results. Returns how many there were.

    `older_than`: leaves newer ones to other processes. A result that cannot be matched now stays
    unmatched, and `upkeep.retry_unmatched` tries again.
    """
    due = pending_results().filter(ask_at__lte=timezone.now() - older_than)
    due = due.order_by("ask_at", "pk")[:MAX_AT_ONCE]
    try:
        read = _read_together(due)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # One result that cannot be read must not stop the others.
        logger.error("results could not be read together: %s", type(error).__name__)
        return sum(_read_alone(pk) for pk in list(due.values_list("pk", flat=True)))
    # An answer may have named them. Each is matched under its own lock.
    match_certain(read.unnamed)
    return read.done + sum(_read_alone(pk) for pk in read.left)


def _read_alone(pk: int) -> int:
    """Reads one result; returns 1 if it was pending.

    If it cannot be matched because of an error, it is kept unmatched; if it cannot be read at all,
    it stays pending until later.
    """
    one = pending_results().filter(pk=pk)
    for matches in (True, False):
        try:
            read = _read_together(one, matches=matches)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.error("result %s could not be read: %s", pk, type(error).__name__)
        else:
            if matches:
                match_certain(read.unnamed)
            return read.done
    return _put_off([pk])


def _put_off(pks: Sequence[int]) -> int:
    """Has these results read later. Returns how many they were."""
    return pending_results().filter(pk__in=pks).update(ask_at=timezone.now() + READ_LATER)


# --- one transaction ------------------------------------------------------------------------------


class _Reading(NamedTuple):
    """A pending result, and what its body says."""

    callback: Callback
    flow: FlowResult


class _Read(NamedTuple):
    """What one transaction did."""

    done: int
    """How many results were read, or put off."""
    unnamed: list[Callback]
    """Read, and no invocation has an id of theirs."""
    left: list[int]
    """Still pending, because an earlier one changes what they may match."""


def _read_together(due: QuerySet[Callback], *, matches: bool = True) -> _Read:
    with _taken(due) as callbacks:
        # On SQLite this is outside the transaction: while one is open, nobody else can write.
        readings, unreadable = _opened(callbacks)
        now = timezone.now()
        with transaction.atomic(savepoint=False):
            if unreadable:
                _put_off(unreadable)
            readings = _still_pending(readings)
            plan = _matched(readings, now) if matches else _Plan()
            done = [reading for reading in readings if reading.callback.pk not in plan.left]
            _store(done, plan.invocations.values())
            if plan.added:
                update_from_results(list(plan.invocations.values()), plan.added)
    for reading in done:
        _log_problem(reading)
    return _Read(len(readings) - len(plan.left) + len(unreadable), plan.unnamed, plan.left)


@contextmanager
def _taken(due: QuerySet[Callback]) -> Iterator[list[Callback]]:
    """The results, locked, and without those that another process has locked.

    SQLite has no such locks: there two processes may take the same ones (`_still_pending`).
    """
    if connection.features.has_select_for_update_skip_locked:
        with transaction.atomic():
            yield list(due.select_for_update(skip_locked=True))
    else:
        yield list(due.all())  # read again, should it have been read before


def _opened(callbacks: Sequence[Callback]) -> tuple[list[_Reading], list[int]]:
    """What the bodies say, also set on the callbacks; and the keys of those that cannot be read.

    The latter stay pending: the web server may have an encryption key that is missing here.
    """
    readings: list[_Reading] = []
    unreadable: list[int] = []
    for callback in callbacks:
        try:
            readings.append(_open(callback))
        except Exception as error:
            logger.error("result %s is not read now: %s", callback.pk, type(error).__name__)
            unreadable.append(callback.pk)
    return readings, unreadable


def _open(callback: Callback) -> _Reading:
    flow = read_callback(callback.body.encode())
    callback.is_pending = False
    callback.problem = callback.problem or flow.problem
    callback.workflow_invocation_id = flow.workflow_invocation_id
    callback.request_id = flow.request_id
    callback.execution_status = flow.execution_status
    callback.ended_at = flow.ended_at
    return _Reading(callback, flow)


def _still_pending(readings: Sequence[_Reading]) -> list[_Reading]:
    """Without those that another process has read meanwhile."""
    if connection.features.has_select_for_update_skip_locked:
        return list(readings)  # they are locked
    pks = [reading.callback.pk for reading in readings]
    pending = set(pending_results().filter(pk__in=pks).values_list("pk", flat=True))
    return [reading for reading in readings if reading.callback.pk in pending]


class _Plan:
    """The locked invocations that take results, and which results they take."""

    def __init__(self) -> None:
        self.invocations: dict[int, Invocation] = {}
        self.added: dict[int, list[Result]] = {}
        self.unnamed: list[Callback] = []
        self.left: list[int] = []


def _matched(readings: Sequence[_Reading], now: datetime) -> _Plan:
    """Matches each reading by its ids, and sets that on its callback."""
    plan = _Plan()
    results = [Result(reading.callback, reading.flow.channels) for reading in readings]
    for result, match in zip(results, lock_matches_by_ids(results), strict=True):
        callback, invocation = result.callback, match.invocation
        if not match.is_named:
            plan.unnamed.append(callback)
        elif invocation and invocation.pk in plan.added and not _has_its_id(invocation):
            # The earlier result may give the message its id, with which this one may not agree.
            plan.left.append(callback.pk)
        elif invocation:
            callback.invocation, callback.matched_at = invocation, now
            plan.invocations[invocation.pk] = invocation
            plan.added.setdefault(invocation.pk, []).append(result)
    return plan


def _has_its_id(invocation: Invocation) -> bool:
    """Whether no result changes its status or its id: then all of its results are applied at once,
    in any order.
    """
    return invocation.status == Status.ACCEPTED and invocation.workflow_invocation_id != ""


def _store(readings: Sequence[_Reading], matches: Collection[Invocation]) -> None:
    callbacks = [reading.callback for reading in readings]
    update_each(
        Callback,
        [
            ({"id": each.pk}, {name: getattr(each, name) for name in READ_COLUMNS})
            for each in callbacks
        ],
    )
    recipients = Recipients(matches)
    channels = [
        channel_result(reading.callback, channel, recipients)
        for reading in readings
        for channel in reading.flow.channels
    ]
    # A result that was posted again while it was unmatched has them already.
    ChannelResult.objects.bulk_create(channels, ignore_conflicts=True)
    forget_late_bodies(matches)


def _log_problem(reading: _Reading) -> None:
    callback = reading.callback
    if callback.problem:
        logger.warning(
            "account %s: a result of %s characters has no usable id: %s",
            callback.account_id,
            len(callback.body),
            callback.problem,
        )
