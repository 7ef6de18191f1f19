"""Whether the books agree: each invocation with its attempts, and what it says with what they say. Reads, and changes nothing."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from invocations.models import Attempt, Callback, ChannelResult, Invocation, Settlement
from invocations.sending.claim import LEASE
from invocations.sending.outcomes import Outcome, Status


class Contradiction(NamedTuple):
    """One row that contradicts itself, and how."""

    request_id: uuid.UUID
    what: str


def counts_by_status() -> Counter[str]:
    """How many invocations are in each status."""
    return Counter(dict(Invocation.objects.values_list("status").annotate(Count("pk")).order_by()))


def contradictions() -> Iterator[Contradiction]:
    """Every invocation that does not agree with its attempts, one statement a rule."""
    for what, rows in _rules():
        for request_id in rows.order_by("id").values_list("request_id", flat=True).iterator():
            yield Contradiction(request_id, what)


def _rules() -> Iterator[tuple[str, QuerySet[Invocation]]]:
    rows = Invocation.objects.all()
    attempts = Attempt.objects.filter(invocation=OuterRef("pk")).order_by()
    number = Coalesce(
        Subquery(
            attempts.values("invocation").annotate(n=Count("pk")).values("n"),
            output_field=IntegerField(),
        ),
        0,
    )
    settled = Exists(Settlement.objects.filter(invocation=OuterRef("pk")))
    may_have_left = Exists(
        attempts.filter(outcome__in=[Outcome.ACCEPTED, Outcome.DOUBTFUL, Outcome.UNDER_WAY])
    )

    def has(*outcomes: str, **more: str) -> Exists:
        return Exists(attempts.filter(outcome__in=outcomes, **more))

    yield (
        "has not as many attempts as it counts",
        rows.annotate(n=number).exclude(n=F("attempt_count")),
    )
    never_sent = rows.filter(status__in=Invocation.NEVER_LEFT)
    yield (
        "says that it never left, and an attempt may have got in",
        never_sent.filter(may_have_left),
    )
    accepted = rows.filter(status=Status.ACCEPTED).exclude(settled)
    confirmed = Q(reason__in=["confirmed_by_duplicate", "confirmed_by_result"]) & has(
        Outcome.DOUBTFUL
    )
    yield "says accepted, and no attempt was", accepted.filter(~has(Outcome.ACCEPTED) & ~confirmed)
    rejected = rows.filter(status=Status.REJECTED).exclude(settled)
    yield "says rejected, and no attempt was", rejected.filter(~has(Outcome.REJECTED))
    yield "says rejected, and an attempt may have got in", rejected.filter(may_have_left)
    yield (
        "an attempt was accepted, and it says otherwise",
        rows.filter(has(Outcome.ACCEPTED)).exclude(status=Status.ACCEPTED),
    )
    under_way = has(Outcome.UNDER_WAY)
    yield (
        "is not being sent, and an attempt is under way",
        rows.filter(under_way).exclude(status=Status.SENDING),
    )
    yield (
        "is being sent, and no attempt is under way",
        rows.filter(~under_way, status=Status.SENDING),
    )
    stuck = rows.filter(status=Status.SENDING, lease_until__lt=timezone.now() - LEASE)
    yield "is being sent for too long: is a dispatcher running?", stuck
    told = Callback.objects.filter(invocation=OuterRef("pk"))
    completed = rows.filter(delivery=Invocation.Delivery.COMPLETED)
    yield "has a result, and no callback told it", completed.filter(~Exists(told))
    channels = ChannelResult.objects.filter(callback__invocation=OuterRef("pk"))
    yield (
        "a channel decided, and no callback told of one",
        completed.filter(deciding_channel__isnull=False).filter(~Exists(channels)),
    )
    yield (
        "has the callback of another account",
        rows.filter(Exists(told.exclude(account=OuterRef("account")))),
    )
