"""Finds and claims the messages that are due, account by account, and probes of paused accounts."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from invocations.models import Account, Invocation, Pace, WorkflowInstance
from invocations.sending import pause, rate_limit
from invocations.sending.claim import Claim, claim_invocations
from invocations.sending.outcomes import RELEASED_WITH_ACCOUNT, Status
from invocations.sending.turns import Turns, come_first

FEWEST_OF_ACCOUNT = 128
"""Messages that a claim takes of an account at least, if it has them: each claim of an account
takes a dozen queries, however many it takes."""
_OF_STOPPED_BATCH = Q(batch_id__in=pause.stopped_batches().values("pk"), status=Status.QUEUED)


def accounts_with_work() -> list[Account]:
    """The accounts with something due that are neither paused nor made to wait by their rate.

    Those come first whose next slot is the earliest: the least recently claimed of busy ones.
    """
    now = timezone.now()
    going = WorkflowInstance.objects.filter(is_paused=False)
    rows = Invocation.objects.filter(
        due_at__lte=now, status__in=Invocation.OPEN, workflow_instance_id__in=going.values("pk")
    )
    has_due = Exists(rows.exclude(_OF_STOPPED_BATCH).filter(account_id=OuterRef("pk")))
    waits = Exists(Pace.objects.filter(account_id=OuterRef("pk"), wait_until__gt=now))
    found = Account.objects.filter(has_due & ~waits, is_paused=False)
    return list(found.order_by(F("pace__next_slot_at").asc(nulls_first=True), "pk"))


def claim_due(most: int) -> list[Claim]:
    """Up to `most` claims, divided evenly among the accounts with work, in turn if they are many.

    No account waits for its turn whose rate is below its share, or of which something comes first:
    slots are given out for a second only, so it would lose those of the time until then.
    """
    claims: list[Claim] = []
    accounts = accounts_with_work()
    with_first = _accounts_with_first(timezone.now()) if accounts else set()

    def waits(account: Account) -> bool:
        return account.pk not in with_first and account.sends_per_second * len(accounts) > most

    for place, account in enumerate(sorted(accounts, key=waits)):
        room = most - len(claims)
        share = ceil(room / (len(accounts) - place))
        if waits(account):
            share = min(room, max(share, FEWEST_OF_ACCOUNT))
        if share > 0:
            turns = Turns.of_due(account, has_first=account.pk in with_first)
            claims += claim_invocations(account, turns, share)
    return claims


def _accounts_with_first(now: datetime) -> set[int]:
    """The keys of the accounts of which something that comes before their queue is due."""
    rows = [each.order_by().values_list("account_id", flat=True) for each in come_first(now)]
    return set(rows[0].union(*rows[1:]))


def places_of(invocation: Invocation) -> list[tuple[str, int]]:
    """Where the message can be stopped, as `stopped` names it."""
    places = [
        ("account", invocation.account_id),
        ("workflow", invocation.workflow_instance_id),
    ]
    if invocation.batch_id is not None and invocation.status == Status.QUEUED:
        places.append(("batch", invocation.batch_id))
    return places


def stopped() -> list[tuple[str, int]]:
    """The accounts, workflows and batches whose messages must not leave now, except for probes."""
    accounts = rate_limit.closed_accounts(timezone.now())
    workflows = WorkflowInstance.objects.filter(is_paused=True)
    found: dict[str, QuerySet[Any]] = {
        "account": accounts,
        "workflow": workflows,
        "batch": pause.stopped_batches(),
    }
    return [
        (place, pk) for place, rows in found.items() for pk in rows.values_list("pk", flat=True)
    ]


def accounts_to_probe() -> list[Account]:
    """The accounts that the console paused, with a due probe and a message to post for it."""
    now = timezone.now()
    going = WorkflowInstance.objects.filter(is_paused=False)
    rows = Invocation.objects.filter(
        account_id=OuterRef("pk"), workflow_instance_id__in=going.values("pk")
    )
    held = Exists(rows.filter(status=Status.HELD, reason__in=RELEASED_WITH_ACCOUNT))
    return list(
        pause.accounts_due_for_probe(now)
        .filter(
            held
            | Exists(
                rows.exclude(_OF_STOPPED_BATCH).filter(due_at__lte=now, status__in=Invocation.OPEN)
            )
        )
        .order_by("pk")
    )


def claim_probes() -> list[Claim]:
    """Claims one message for each account with a due probe: its answer shows if the set-up works.

    It is a held message, or if there is none, one that is in doubt or due: otherwise an account
    without held messages would stay paused.
    """
    claims: list[Claim] = []
    for account in accounts_to_probe():
        if not pause.claim_probe(account, timezone.now()):
            continue
        held = Invocation.objects.filter(
            account_id=account.pk, status=Status.HELD, reason__in=RELEASED_WITH_ACCOUNT
        ).order_by("id")
        probe = claim_invocations(account, held, 1, is_probe=True) or claim_invocations(
            account, Turns.of_due(account), 1, is_probe=True
        )
        if not probe:
            pause.release_probe(account, timezone.now())
        claims += probe
    return claims
