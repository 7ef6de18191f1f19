"""Changes of status that the time brings, without an answer of Kaleyra or a person's decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q

from invocations.models import Account, Attempt, Invocation
from invocations.models.bulk_update import update_each
from invocations.sending.ask_again import ASKED_BY_HAND, repeats_until, window_is_over
from invocations.sending.claim import LEASE
from invocations.sending.late_answers import accept_by_earlier_attempt
from invocations.sending.outcomes import RELEASED_WITH_ACCOUNT, TABLE, Outcome, Status


class _Interrupted(NamedTuple):
    """Columns of a message whose lease is over."""

    pk: int
    attempt_count: int
    doubt_count: int
    doubtful_since: datetime | None
    lease_until: datetime | None
    not_after: datetime | None
    account_id: int


def settle_interrupted(now: datetime) -> int:
    """Ends attempts whose lease is over: the process died, and the request may have left.

    The messages become unknown. Returns how many.
    """
    over = Invocation.objects.filter(status=Status.SENDING, lease_until__lt=now)
    with transaction.atomic():
        locked = over.select_for_update(skip_locked=True).values_list(*_Interrupted._fields)
        rows = [_Interrupted(*columns) for columns in locked]
        accounts = Account.objects.filter(pk__in={row.account_id for row in rows})
        policies = dict(accounts.values_list("pk", "retry_ambiguous"))
        used_before = _with_id_used_before(rows)
        update_each(
            Invocation,
            [
                (
                    {"id": row.pk, "attempt_count": row.attempt_count, "status": Status.SENDING},
                    _columns_when_interrupted(
                        row,
                        now,
                        policy=policies[row.account_id],
                        adds_doubt=row.pk not in used_before,
                    ),
                )
                for row in rows
            ],
        )
        interrupted = Attempt.objects.filter(
            invocation_id__in=[row.pk for row in rows], outcome=Outcome.UNDER_WAY
        )
        interrupted.update(outcome=Outcome.DOUBTFUL, reason="interrupted")
        accept_by_earlier_attempt([row.pk for row in rows if row.attempt_count > 1], now)
    return len(rows)


def _with_id_used_before(rows: Sequence[_Interrupted]) -> set[int]:
    """The primary keys of messages whose ID Kaleyra had before any attempt of the console."""
    if not rows:
        return set()
    attempts = Attempt.objects.filter(
        invocation_id__in=[row.pk for row in rows], reason="id_used_before"
    )
    return set(attempts.values_list("invocation_id", flat=True))


def _columns_when_interrupted(
    row: _Interrupted, now: datetime, *, policy: str, adds_doubt: bool
) -> dict[str, Any]:
    since, doubts = row.doubtful_since, row.doubt_count
    if adds_doubt:
        since, doubts = since or (row.lease_until or now) - LEASE, doubts + 1
    # Nobody may have been there to ask since: whether its window is over, `stop_asking` finds out.
    until = repeats_until(
        policy, TABLE["interrupted"].next, since, doubts, row.not_after, ASKED_BY_HAND
    )
    repeats = until is not None and now < until
    return {
        "status": Status.UNKNOWN,
        "reason": "interrupted",
        "lease_until": None,
        "due_at": now if repeats else None,
        "doubtful_since": since,
        "doubt_count": doubts,
        "final_at": None if repeats else now,
    }


def expire_overdue(now: datetime) -> int:
    """Expires queued and held messages whose `not_after` has passed. Returns how many.

    Neither status allows a doubtful attempt, so these were certainly never sent.
    """
    over = Invocation.objects.filter(status__in=Invocation.UNSENT, not_after__lte=now)
    return over.update(status=Status.EXPIRED, reason="too_late", due_at=None, final_at=now)


def stop_asking(now: datetime) -> int:
    """Makes unknown outcomes final once their window is over, or their account's policy is "never".

    Returns how many. From then on a person or a callback settles them. `open_time` must be counted
    first.
    """
    asked = Invocation.objects.filter(status=Status.UNKNOWN, due_at__isnull=False)
    never = Account.objects.filter(retry_ambiguous=Account.RetryAmbiguous.NEVER)
    over = window_is_over(now) | Q(account_id__in=never.values("pk"))
    return asked.filter(over).update(due_at=None, final_at=now)


def release_held(now: datetime) -> int:
    """Queues messages, with their IDs, that were held with an account no longer paused.

    Returns how many.
    """
    going = Account.objects.filter(is_paused=False)
    held = Invocation.objects.filter(
        status=Status.HELD, reason__in=RELEASED_WITH_ACCOUNT, account_id__in=going.values("pk")
    )
    return held.update(status=Status.QUEUED, due_at=now)
