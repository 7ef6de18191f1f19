"""Checks invocations against their attempts, settlements and results. Changes nothing."""

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
    """An invocation that breaks a rule, and the rule, as a text that continues its request id."""

    request_id: uuid.UUID
    what: str


def counts_by_status() -> Counter[str]:
    """How many invocations are in each status."""
    return Counter(dict(Invocation.objects.values_list("status").annotate(Count("pk")).order_by()))


def contradictions() -> Iterator[Contradiction]:
    """Every invocation that breaks a rule; one query for each rule."""
    for what, rows in (*_status_rules(), *_sending_rules(), *_result_rules()):
        for request_id in rows.order_by("id").values_list("request_id", flat=True).iterator():
            yield Contradiction(request_id, what)


Rule = tuple[str, QuerySet[Invocation]]
"""What is wrong, and the invocations that it is wrong with."""


def _attempts() -> QuerySet[Attempt]:
    return Attempt.objects.filter(invocation=OuterRef("pk")).order_by()


def _has_attempt(*outcomes: str) -> Exists:
    return Exists(_attempts().filter(outcome__in=outcomes))


def _status_rules() -> Iterator[Rule]:
    """What the status says, compared with the outcomes of the attempts.

    A settlement is a person's decision: a settled invocation may be accepted or rejected without
    an attempt that was.
    """
    rows = Invocation.objects.all()
    counts = _attempts().values("invocation").annotate(n=Count("pk")).values("n")
    number = Coalesce(Subquery(counts, output_field=IntegerField()), 0)
    settled = Exists(Settlement.objects.filter(invocation=OuterRef("pk")))
    may_have_left = _has_attempt(Outcome.ACCEPTED, Outcome.DOUBTFUL, Outcome.UNDER_WAY)
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
    # A message of a restored database may be in doubt without an attempt that is recorded.
    was_in_doubt = _has_attempt(Outcome.DOUBTFUL) | Q(doubtful_since__isnull=False)
    confirmed = Q(reason__in=["confirmed_by_duplicate", "confirmed_by_result"]) & was_in_doubt
    yield (
        "says accepted, and no attempt was",
        accepted.filter(~_has_attempt(Outcome.ACCEPTED) & ~confirmed),
    )
    rejected = rows.filter(status=Status.REJECTED).exclude(settled)
    yield "says rejected, and no attempt was", rejected.filter(~_has_attempt(Outcome.REJECTED))
    yield "says rejected, and an attempt may have got in", rejected.filter(may_have_left)
    # While a later attempt is under way, an answer to an earlier one may have come late.
    decided = rows.exclude(status__in=[Status.ACCEPTED, Status.SENDING]).exclude(settled)
    yield (
        "an attempt was accepted, and it says otherwise",
        decided.filter(_has_attempt(Outcome.ACCEPTED)),
    )


def _sending_rules() -> Iterator[Rule]:
    rows = Invocation.objects.all()
    under_way = _has_attempt(Outcome.UNDER_WAY)
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


def _result_rules() -> Iterator[Rule]:
    rows = Invocation.objects.all()
    results = Callback.objects.filter(invocation=OuterRef("pk"))
    completed = rows.filter(delivery=Invocation.Delivery.COMPLETED)
    yield "has a result, and no callback told it", completed.filter(~Exists(results))
    channels = ChannelResult.objects.filter(callback__invocation=OuterRef("pk"))
    yield (
        "a channel decided, and no callback told of one",
        completed.filter(deciding_channel__isnull=False).filter(~Exists(channels)),
    )
    yield (
        "has the callback of another account",
        rows.filter(Exists(results.exclude(account=OuterRef("account")))),
    )
