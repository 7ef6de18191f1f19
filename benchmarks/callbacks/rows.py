"""Messages that await results, the requests that post those, and what has become of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from benchmarks.history.fill import fill
from invocations.models import Account, Callback, ChannelResult, Invocation
from invocations.results import endpoints
from invocations.sandbox import answers, results


def await_results(count: int) -> None:
    """Makes accepted messages that await results, in an empty database."""
    call_command("migrate", verbosity=0)
    fill(count * 2)
    ChannelResult.objects.all().delete()
    Callback.objects.all().delete()
    due = timezone.now() + timedelta(hours=1)
    Invocation.objects.filter(status="accepted").update(
        delivery=Invocation.Delivery.AWAITING,
        result_due_at=due,
        deciding_channel=None,
        may_be_double=False,
        result_at=None,
    )


class Reports:
    """Hands out, for messages that none was posted for yet, the request that posts its result."""

    def __init__(self) -> None:
        accepted = Invocation.objects.filter(status="accepted").order_by("pk")
        self._rows = accepted.only("account_id", "workflow_invocation_id").iterator()
        self._addresses = {
            account.pk: endpoints.ensure_address(account, None) for account in Account.objects.all()
        }

    def take(self, count: int) -> tuple[list[int], list[bytes]]:
        """The messages, and a request for each."""
        rows = list(islice(self._rows, count))
        assert len(rows) == count
        return [row.pk for row in rows], [self._request(row) for row in rows]

    def _request(self, invocation: Invocation) -> bytes:
        received = answers.Invocation(
            sid="", workflow_instance_id="", request_id="", recipient=f"91{invocation.pk:07d}015"
        )
        flow = ("whatsapp", "sms")
        theirs = invocation.workflow_invocation_id
        body = results.reports(received, theirs, time.time_ns(), flow, results.Tempo())[0].body
        address = self._addresses[invocation.account_id]
        head = (
            f"POST {endpoints.path_of(address)} HTTP/1.1\r\nHost: localhost\r\n"
            f"{endpoints.SECRET_HEADER}: {address.secret}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


class Outcome(NamedTuple):
    """`waits`: seconds from a result's storage until it was told to its message."""

    kept: int
    told: int
    waits: list[float]


def outcome_of(pks: Sequence[int]) -> Outcome:
    """What has become of the results of these messages, a result each."""
    told = Invocation.objects.filter(pk__in=pks, delivery=Invocation.Delivery.COMPLETED)
    matched = Callback.objects.filter(invocation_id__in=pks)
    waits = matched.annotate(wait=F("matched_at") - F("received_at"))
    seconds = [wait.total_seconds() for wait in waits.values_list("wait", flat=True)]
    return Outcome(len(seconds) + _unmatched(), told.count(), seconds)


def _unmatched() -> int:
    return Callback.objects.filter(invocation__isnull=True).count()


def all_told(pks: Sequence[int], patience: float = 120.0) -> float:
    """Waits until each of these messages has its result; `time.time()` then, or when it gave up."""
    first, last = pks[0], pks[-1]
    open_ones = Invocation.objects.filter(
        delivery=Invocation.Delivery.AWAITING, pk__gte=first, pk__lte=last, status="accepted"
    )
    ends = time.time() + patience
    while open_ones.exists() and time.time() < ends:
        time.sleep(0.05)
    return time.time()
