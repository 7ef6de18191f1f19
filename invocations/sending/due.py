"""Finds and claims the messages that are due, account by account, and probes of paused accounts."""

from __future__ import annotations

from math import ceil
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from invocations.models import Account, Invocation, Pace, WorkflowInstance
from invocations.sending import pause, rate_limit
from invocations.sending.claim import Claim, claim_invocations
from invocations.sending.outcomes import RELEASED_WITH_ACCOUNT, Status
from invocations.sending.turns import Turns

_OF_STOPPED_BATCH = Q(batch_id__in=pause.stopped_batches().values("pk"), status=Status.QUEUED)


def accounts_with_work() -> list[Account]:
    """The accounts with something due that are neither paused nor made to wait by their rate."""
    now = timezone.now()
    going = WorkflowInstance.objects.filter(is_paused=False)
    rows = Invocation.objects.filter(
        due_at__lte=now, status__in=Invocation.OPEN, workflow_instance_id__in=going.values("pk")
    )
    has_due = Exists(rows.exclude(_OF_STOPPED_BATCH).filter(account_id=OuterRef("pk")))
    waits = Exists(Pace.objects.filter(account_id=OuterRef("pk"), wait_until__gt=now))
    return list(Account.objects.filter(has_due & ~waits, is_paused=False).order_by("pk"))


def claim_due(most: int) -> list[Claim]:
    """Up to `most` claims, divided evenly among the accounts with work."""
    claims: list[Claim] = []
    accounts = accounts_with_work()
    for place, account in enumerate(accounts):
        share = ceil((most - len(claims)) / (len(accounts) - place))
        if share > 0:
            claims += claim_invocations(account, Turns.of_due(account), share)
    return claims


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
