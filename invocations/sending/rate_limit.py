"""An account's rate limit, its waits and its circuit breaker.

They are kept in the database (`Pace`), so that they hold for all processes together. The row is
locked in the transaction that claims:

- rate: each message has a slot, `1 / sends_per_second` after the one before (GCRA, ITU-T I.371).
  Slots are given out for the next second only. A person may borrow one (`slot_by_hand`);
- wait: after 429 the whole account waits as long as Kaleyra asked, a minute at most. Then its rate
  ramps up;
- circuit breaker: after `FAILURES` attempts in a row without a connection, without an answer or
  with a 5xx (`Effect.UNREACHABLE`), one probe every `PROBE_EVERY`, until one gets through.

What only an admin can correct pauses the account (`pause`).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from invocations.models import Account, Pace
from invocations.sending.outcomes import TABLE, Effect, Outcome
from invocations.sending.pause import pause_or_resume

logger = logging.getLogger(__name__)

HORIZON = timedelta(seconds=1)
"""How far ahead slots are given out. Stopping everything takes effect within this time."""
MOST_BORROWED = timedelta(seconds=3)
"""How far ahead the next slot may be for a message that a person sends to leave at once."""
LONGEST_ACCOUNT_WAIT = timedelta(seconds=60)
FAILURES = 5
"""Attempts in a row with `Effect.UNREACHABLE`, after which the circuit is open."""
PROBE_EVERY = timedelta(seconds=10)
"""How often one message is posted while the circuit is open."""
RAMP = timedelta(seconds=30)
"""How long the rate takes to grow from `LEAST_SHARE` back to the whole."""
LEAST_SHARE = 0.1


# --- slots ---


def lock_pace(account: Account) -> Pace:
    """The account's pace, locked until the transaction ends."""
    pace = Pace.objects.select_for_update().filter(account=account).first()
    if pace is None:
        Pace.objects.get_or_create(account=account)
        pace = Pace.objects.select_for_update().get(account=account)
    return pace


def free_slots(pace: Pace, account: Account, now: datetime, most: int) -> list[datetime]:
    """Up to `most` times within the next second at which messages may leave; none while it waits.

    While the circuit is open there is one at most.
    """
    if pace.wait_until and pace.wait_until > now:
        return []
    return _slots(pace, account, now, 1 if is_open(pace) else most)


def slot_by_hand(
    pace: Pace, account: Account, now: datetime, *, may_borrow: bool
) -> list[datetime]:
    """The time at which a message that a person sends may leave, or none.

    It may borrow the next slot and leave now, if that is `MOST_BORROWED` ahead at most: the slots
    after it move on, so that the account's rate over seconds remains. An open circuit does not
    count: the message is the probe.
    """
    if pace.wait_until and pace.wait_until > now and not is_open(pace):
        return []
    if may_borrow and (pace.next_slot_at or now) <= now + MOST_BORROWED:
        return [now]
    return _slots(pace, account, now, 1)


def _slots(pace: Pace, account: Account, now: datetime, most: int) -> list[datetime]:
    first = max(pace.next_slot_at or now, now)
    between = step(pace, account, now)
    free = max(0, (now + HORIZON - first) // between + 1) if first <= now + HORIZON else 0
    return [first + between * n for n in range(min(most, free))]


def step(pace: Pace, account: Account, now: datetime) -> timedelta:
    """The time between two slots."""
    return timedelta(seconds=1) / _rate(pace, account, now)


def take_slots(pace: Pace, account: Account, now: datetime, used: Sequence[datetime]) -> None:
    """Marks the slots `used` as taken, in the transaction that locked the pace."""
    if not used:
        return
    # A borrowed slot is before the next one.
    pace.next_slot_at = max(pace.next_slot_at or now, used[-1]) + step(pace, account, now)
    if is_open(pace):
        pace.wait_until = now + PROBE_EVERY
    pace.save(update_fields=["next_slot_at", "wait_until"])


def next_slot_at(pace: Pace, now: datetime) -> datetime:
    """When to try a message again for which there was no free slot."""
    return max(pace.wait_until or now, pace.next_slot_at or now, now)


def is_open(pace: Pace) -> bool:
    """Whether the circuit is open: the account cannot be reached."""
    return pace.failures >= FAILURES


def closed_accounts(now: datetime) -> QuerySet[Account]:
    """The accounts over which nothing may leave now, except for a probe."""
    waits = Q(wait_until__isnull=False, wait_until__gt=now)
    paces = Pace.objects.filter(waits | Q(failures__gte=FAILURES))
    return Account.objects.filter(Q(is_paused=True) | Q(pk__in=paces.values("pk")))


def _rate(pace: Pace, account: Account, now: datetime) -> float:
    share = 1.0 if pace.ramp_from is None else (now - pace.ramp_from) / RAMP
    return account.sends_per_second * min(1.0, max(LEAST_SHARE, share))


# --- after attempts ---


def accounts_in_trouble(account_pks: Collection[int]) -> set[int]:
    """Those that are paused or had failures: any answer may change that."""
    in_trouble = Q(is_paused=True) | Q(pace__failures__gt=0)
    found = Account.objects.filter(in_trouble, pk__in=account_pks)
    return set(found.values_list("pk", flat=True))


def update_from_attempts(account: Account, outcomes: Sequence[tuple[str, int | None]]) -> None:
    """Updates the account's waits, circuit and pause from results in order.

    Each has a reason of `outcomes.TABLE` and the seconds of `Retry-After`, if any.
    """
    failures, got_through, asked = 0, False, None
    for reason, retry_after in outcomes:
        effect = TABLE[reason].effect
        if effect is Effect.UNREACHABLE:
            failures += 1
        elif TABLE[reason].outcome != Outcome.NOT_SENT:
            failures, got_through = 0, True
        if effect is Effect.SLOWS_ACCOUNT or (effect is Effect.UNREACHABLE and retry_after):
            asked = retry_after or 1
    pause_or_resume(account, [reason for reason, _asked in outcomes])
    had_failures = Pace.objects.filter(account=account, failures__gt=0)
    if not failures and not asked and not had_failures.exists():
        return
    _update_pace(account, failures, got_through, asked)


def _update_pace(account: Account, failures: int, got_through: bool, asked: int | None) -> None:
    """`failures` are those after the last attempt that `got_through`; `asked`: seconds to wait."""
    now = timezone.now()
    with transaction.atomic():
        pace = lock_pace(account)
        was_open = is_open(pace)
        pace.failures = failures if got_through else pace.failures + failures
        if asked is not None:
            pace.wait_until = now + min(timedelta(seconds=asked), LONGEST_ACCOUNT_WAIT)
            pace.ramp_from = pace.wait_until
        if is_open(pace) and not was_open:
            pace.wait_until = now + PROBE_EVERY
            logger.error(
                "account %s: %s attempts in a row led nowhere; one every %s from now on",
                account.pk,
                pace.failures,
                PROBE_EVERY,
            )
        elif was_open and not is_open(pace):
            pace.wait_until, pace.ramp_from = None, now
            logger.warning("account %s can be reached again", account.pk)
        pace.save(update_fields=["failures", "wait_until", "ramp_from"])
