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
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from invocations.models import Account, KillSwitch, Pace, WorkflowInstance
from invocations.sending.outcomes import TABLE, Effect, Outcome

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

HORIZON = timedelta(seconds=1)
"""How far ahead slots are given out: a brake works within this time."""
LONGEST_WAIT_OF_AN_ACCOUNT = timedelta(seconds=60)
FAILURES = 5
PROBE_EVERY = timedelta(seconds=10)
MENDED_PROBE_EVERY = timedelta(minutes=5)
RAMP = timedelta(seconds=30)
LEAST_OF_THE_RATE = 0.1
RESUMED = "resumed"
PROOFS_OF_THE_SET_UP = ("accepted", "rejected")
"""Answers that only the workflow itself gives, to a key that it knows."""


# --- the brake for everything -----------------------------------------------------------------------------------------


def is_stopped() -> bool:
    """Whether all sending is stopped."""
    return KillSwitch.objects.filter(is_on=True).exists()


def stop_everything(reason: str, by: User | None) -> None:
    """From now on nothing is claimed, by no process; what is being posted ends."""
    _switch(True, reason, by)
    logger.error("all sending was stopped")


def let_everything_go_on(by: User | None) -> None:
    """Takes the brake off. What waited is due as before."""
    _switch(False, "", by)
    logger.warning("sending goes on")


def _switch(is_on: bool, reason: str, by: User | None) -> None:
    KillSwitch(pk=1, is_on=is_on, reason=reason, changed_by=by).save()


# --- slots ------------------------------------------------------------------------------------------------------------


def locked(account: Account) -> Pace:
    """The account's pace, kept from every other process until the transaction ends."""
    pace = Pace.objects.select_for_update().filter(account=account).first()
    if pace is None:
        Pace.objects.get_or_create(account=account)
        pace = Pace.objects.select_for_update().get(account=account)
    return pace


def slots(
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


def spend(pace: Pace, account: Account, now: datetime, used: Sequence[datetime]) -> None:
    """Notes that the slots `used` are taken. Call it in the transaction that `locked` the pace."""
    if not used:
        return
    pace.next_slot_at = used[-1] + timedelta(seconds=1) / _rate(pace, account, now)
    if _is_open(pace):
        pace.wait_until = now + PROBE_EVERY
    pace.save(update_fields=["next_slot_at", "wait_until"])


def next_moment(pace: Pace, now: datetime) -> datetime:
    """When a message that found no slot may be tried again."""
    return max(pace.wait_until or now, pace.next_slot_at or now, now)


def _is_open(pace: Pace) -> bool:
    return pace.failures >= FAILURES


def _rate(pace: Pace, account: Account, now: datetime) -> float:
    share = 1.0 if pace.ramp_from is None else (now - pace.ramp_from) / RAMP
    return account.sends_per_second * min(1.0, max(LEAST_OF_THE_RATE, share))


# --- what an attempt does to the pace ---------------------------------------------------------------------------------


def learn(account: Account, outcomes: Sequence[tuple[str, int | None]]) -> None:
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
    _pause_or_resume(account, [reason for reason, _asked in outcomes])
    if (
        not (failures or asked)
        and not Pace.objects.filter(account=account, failures__gt=0).exists()
    ):
        return
    now = timezone.now()
    with transaction.atomic():
        pace = locked(account)
        was_open = _is_open(pace)
        pace.failures = failures if got_through else pace.failures + failures
        if asked is not None:
            pace.wait_until = now + min(timedelta(seconds=asked), LONGEST_WAIT_OF_AN_ACCOUNT)
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


def _pause_or_resume(account: Account, reasons: Sequence[str]) -> None:
    """The last word about the set-up holds: of a round that says both, the earlier ones are history."""
    words = [
        reason
        for reason in reasons
        if reason in PROOFS_OF_THE_SET_UP or TABLE[reason].effect is Effect.PAUSES_ACCOUNT
    ]
    if not words:
        return
    if words[-1] in PROOFS_OF_THE_SET_UP:
        resume(account, mended=True, by_itself=True)
    else:
        _pause(account, words[-1])


def _pause(account: Account, reason: str) -> None:
    """Stops the account, once. Who comes second finds it stopped, and raises no second alarm."""
    if Account.objects.filter(pk=account.pk, is_paused=False).update(
        is_paused=True, paused_because=reason
    ):
        logger.error("account %s is paused: %s", account.pk, reason)
        remember_the_change(Account, account.pk, reason, by_itself=True)
    Pace.objects.update_or_create(
        account=account, defaults={"probe_at": timezone.now() + MENDED_PROBE_EVERY}
    )


def pause_workflow(workflow_instance_pk: int, reason: str) -> None:
    """Stops one workflow, once, with an alarm: Kaleyra does not know it."""
    if WorkflowInstance.objects.filter(pk=workflow_instance_pk, is_paused=False).update(
        is_paused=True
    ):
        logger.error("workflow %s is paused: %s", workflow_instance_pk, reason)
        remember_the_change(WorkflowInstance, workflow_instance_pk, reason, by_itself=True)


def resume(account: Account, *, mended: bool = False, by_itself: bool = False) -> bool:
    """Lets the account go on. Returns whether it was paused.

    `mended`: only if the console itself had paused it. `by_itself`: because of an answer, not of a person.
    """
    paused = Account.objects.filter(pk=account.pk, is_paused=True)
    if mended:
        paused = paused.exclude(paused_because="")
    if not paused.update(is_paused=False, paused_because="", paused_reason=""):
        return False
    logger.warning("account %s goes on", account.pk)
    remember_the_change(Account, account.pk, RESUMED, by_itself=by_itself)
    start_afresh(account)
    return True


def resume_workflow(workflow: WorkflowInstance) -> bool:
    """Lets the workflow go on. Returns whether it was paused. If nothing was mended, the next answer pauses it again."""
    if not WorkflowInstance.objects.filter(pk=workflow.pk, is_paused=True).update(is_paused=False):
        return False
    logger.warning("workflow %s goes on", workflow.pk)
    remember_the_change(WorkflowInstance, workflow.pk, RESUMED)
    return True


def start_afresh(account: Account) -> None:
    """Forgets failures, waits and probes: what comes next is tried as if it were the first."""
    Pace.objects.filter(account=account).update(probe_at=None, failures=0, wait_until=None)


def remember_the_change(
    model: type[Account] | type[WorkflowInstance], pk: int, reason: str, *, by_itself: bool = False
) -> None:
    """Puts into the change history what a conditional UPDATE changed: it passes the models' own `save` by.

    Whose request it is has changed it, unless the console did so `by_itself`: an answer did, whoever's message it was the answer to.
    """
    changed: Any = model.objects.get(pk=pk)
    if by_itself:
        changed._history_user = None  # simple_history asks for it by this name
    model.history.bulk_history_create([changed], update=True, default_change_reason=reason)


def to_probe(now: datetime) -> QuerySet[Account]:
    """The accounts that the console paused and that may be asked again now."""
    found = Account.objects.filter(
        Q(is_paused=True) & ~Q(paused_because="") & Q(pace__probe_at__lte=now)
    )
    return found.select_related("pod")


def take_probe(account: Account, now: datetime) -> bool:
    """Takes the right to one probe, so that no other process has it."""
    due = Pace.objects.filter(account=account, probe_at__lte=now)
    return bool(due.update(probe_at=now + MENDED_PROBE_EVERY))


def give_probe_back(account: Account, now: datetime) -> None:
    """The right was not used: there was nothing to ask with just now."""
    Pace.objects.filter(account=account).update(probe_at=now)
