"""How fast messages leave, and when they do not: an account's rate, its waits, its pauses, and the brake for everything.

All of it lives in the database, so that every process keeps to it. An account's `Pace` is taken under lock, with the claim:

- rate: each message has a slot, `1 / sends_per_second` after the one before (GCRA, ITU-T I.371); slots are given out for the next
  second only;
- wait: after 429 the whole account waits as Kaleyra asked, a minute at most; then it is ramped up;
- circuit: after `FAILURES` attempts in a row without any use, one probe every `PROBE_EVERY`, until one gets through;
- pause: what only an admin can mend stops the account once, with one alarm; one message every `MENDED_PROBE_EVERY` asks whether it
  has been mended.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from invocations.models import Account, Pace
from invocations.sending.outcomes import TABLE, Effect, Outcome
from invocations.sending.pause import pause_or_resume

if TYPE_CHECKING:
    pass

logger = logging.getLogger(__name__)

HORIZON = timedelta(seconds=1)
"""How far ahead slots are given out: a brake works within this time."""
LONGEST_ACCOUNT_WAIT = timedelta(seconds=60)
FAILURES = 5
PROBE_EVERY = timedelta(seconds=10)
RAMP = timedelta(seconds=30)
LEAST_SHARE = 0.1


# --- slots ------------------------------------------------------------------------------------------------------------


def lock_pace(account: Account) -> Pace:
    """The account's pace, kept from every other process until the transaction ends."""
    pace = Pace.objects.select_for_update().filter(account=account).first()
    if pace is None:
        Pace.objects.get_or_create(account=account)
        pace = Pace.objects.select_for_update().get(account=account)
    return pace


def free_slots(
    pace: Pace, account: Account, now: datetime, most: int, *, by_hand: bool = False
) -> list[datetime]:
    """When messages of the account may leave: up to `most` moments within the next second, none while it waits.

    `by_hand`: a person asks for one message now. It is not kept back by a circuit, for it is the probe.
    """
    if pace.wait_until and pace.wait_until > now and not (by_hand and _is_open(pace)):
        return []
    most = 1 if _is_open(pace) else most
    step = timedelta(seconds=1) / _rate(pace, account, now)
    first = max(pace.next_slot_at or now, now)
    free = max(0, (now + HORIZON - first) // step + 1) if first <= now + HORIZON else 0
    return [first + step * n for n in range(min(most, free))]


def take_slots(pace: Pace, account: Account, now: datetime, used: Sequence[datetime]) -> None:
    """Notes that the slots `used` are taken. Call it in the transaction that `locked` the pace."""
    if not used:
        return
    pace.next_slot_at = used[-1] + timedelta(seconds=1) / _rate(pace, account, now)
    if _is_open(pace):
        pace.wait_until = now + PROBE_EVERY
    pace.save(update_fields=["next_slot_at", "wait_until"])


def next_slot_at(pace: Pace, now: datetime) -> datetime:
    """When a message that found no slot may be tried again."""
    return max(pace.wait_until or now, pace.next_slot_at or now, now)


def _is_open(pace: Pace) -> bool:
    return pace.failures >= FAILURES


def _rate(pace: Pace, account: Account, now: datetime) -> float:
    share = 1.0 if pace.ramp_from is None else (now - pace.ramp_from) / RAMP
    return account.sends_per_second * min(1.0, max(LEAST_SHARE, share))


# --- what an attempt does to the pace ---------------------------------------------------------------------------------


def update_from_attempts(account: Account, outcomes: Sequence[tuple[str, int | None]]) -> None:
    """What a round of attempts, in order, tells about the account: the reason of each, and the seconds that Kaleyra asked to wait."""
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
    if (
        not (failures or asked)
        and not Pace.objects.filter(account=account, failures__gt=0).exists()
    ):
        return
    now = timezone.now()
    with transaction.atomic():
        pace = lock_pace(account)
        was_open = _is_open(pace)
        pace.failures = failures if got_through else pace.failures + failures
        if asked is not None:
            pace.wait_until = now + min(timedelta(seconds=asked), LONGEST_ACCOUNT_WAIT)
            pace.ramp_from = pace.wait_until
        if _is_open(pace) and not was_open:
            pace.wait_until = now + PROBE_EVERY
            logger.error(
                "account %s: %s attempts in a row led nowhere; one every %s from now on",
                account.pk,
                pace.failures,
                PROBE_EVERY,
            )
        elif was_open and not _is_open(pace):
            pace.wait_until, pace.ramp_from = None, now
            logger.warning("account %s can be reached again", account.pk)
        pace.save(update_fields=["failures", "wait_until", "ramp_from"])
