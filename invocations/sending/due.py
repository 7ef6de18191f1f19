"""What is due: claimed account by account, with a probe for each paused one."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from invocations.models import Account, Invocation, Pace, WorkflowInstance
from invocations.sending import pause
from invocations.sending.claim import Claim, claim_invocations
from invocations.sending.outcomes import RELEASED_WITH_ACCOUNT, Status


def due_invocations(account: Account) -> QuerySet[Invocation]:
    """The account's messages whose time has come, the longest overdue first: put off, or to be asked about again."""
    return Invocation.objects.filter(
        account_id=account.pk, due_at__lte=timezone.now(), status__in=Invocation.OPEN
    ).order_by("due_at")


def accounts_with_work() -> list[Account]:
    """The accounts that have something due, and neither are paused nor wait."""
    now = timezone.now()
    going = WorkflowInstance.objects.filter(is_paused=False)
    rows = Invocation.objects.filter(
        due_at__lte=now, status__in=Invocation.OPEN, workflow_instance_id__in=going.values("pk")
    )
    has_due = Exists(rows.filter(account_id=OuterRef("pk")))
    waits = Exists(Pace.objects.filter(account_id=OuterRef("pk"), wait_until__gt=now))
    return list(Account.objects.filter(has_due & ~waits, is_paused=False).order_by("pk"))


def claim_due(most: int) -> list[Claim]:
    """Up to `most` claims, spread over the accounts that have work."""
    claims: list[Claim] = []
    accounts = accounts_with_work()
    for place, account in enumerate(accounts):
        share = -(-(most - len(claims)) // (len(accounts) - place))
        if share > 0:
            claims += claim_invocations(account, due_invocations(account), share)
    return claims


def accounts_to_probe() -> list[Account]:
    """The accounts that the console paused, that may be asked again now, and have a message to ask with."""
    now = timezone.now()
    going = WorkflowInstance.objects.filter(is_paused=False)
    rows = Invocation.objects.filter(
        account_id=OuterRef("pk"), workflow_instance_id__in=going.values("pk")
    )
    held = Exists(rows.filter(status=Status.HELD, reason__in=RELEASED_WITH_ACCOUNT))
    return list(
        pause.accounts_due_for_probe(now)
        .filter(held | Exists(rows.filter(due_at__lte=now, status__in=Invocation.OPEN)))
        .order_by("pk")
    )


def claim_probes() -> list[Claim]:
    """For each account that the console paused, once in a while, one message: it finds out whether the set-up was mended.

    One that is held, or else one that is due: no account may stay paused because none is held any more.
    """
    claims: list[Claim] = []
    for account in accounts_to_probe():
        if not pause.claim_probe(account, timezone.now()):
            continue
        held = Invocation.objects.filter(
            account_id=account.pk, status=Status.HELD, reason__in=RELEASED_WITH_ACCOUNT
        ).order_by("id")
        probe = claim_invocations(account, held, 1, is_probe=True) or claim_invocations(
            account, due_invocations(account), 1, is_probe=True
        )
        if not probe:
            pause.release_probe(account, timezone.now())
        claims += probe
    return claims
