"""Messages that await results, the requests that post those, and what has become of them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from benchmarks.dispatch import rows
from invocations.models import Account, Callback, Invocation, WorkflowInstance
from invocations.results import endpoints
from invocations.sandbox import answers, results


def await_results(count: int, folder: str) -> dict[str, str]:
    """Makes accepted messages that await results, in an empty database.

    Returns the number of each, by its request ID.
    """
    rows.prepare("127.0.0.1:9")
    bodies = f"{folder}/bodies"
    rows.fill(count, 1, bodies)
    WorkflowInstance.objects.update(expects_callback=True)
    now = timezone.now()
    Invocation.objects.update(
        status="accepted",
        reason="accepted",
        due_at=None,
        final_at=now,
        workflow_invocation_id=Concat(Value("wf"), Cast("pk", CharField())),
        delivery=Invocation.Delivery.AWAITING,
        result_due_at=now + timedelta(hours=1),
    )
    with open(bodies, encoding="utf-8") as lines:
        sent = [json.loads(line) for line in lines]
    return {body["requestId"]: body["input"]["send1"]["recipient"] for body in sent}


class Reports:
    """Hands out, for messages that none was posted for yet, the request that posts its result."""

    def __init__(self, numbers: dict[str, str]) -> None:
        self._numbers = numbers
        accepted = Invocation.objects.filter(status="accepted").order_by("pk")
        # Not an iterator over an open query: on SQLite, that would hide what others write.
        self._rows = iter(list(accepted.only("request_id", "account_id", "workflow_invocation_id")))
        self._addresses = {
            account.pk: endpoints.ensure_address(account, None) for account in Account.objects.all()
        }

    def take(self, count: int) -> tuple[list[int], list[bytes]]:
        """The messages, and a request for each."""
        rows = list(islice(self._rows, count))
        assert len(rows) == count
        return [row.pk for row in rows], [self._request(row) for row in rows]

    def _request(self, invocation: Invocation) -> bytes:
        # The practice pod chooses by the number's end what it reports: 015 times out, then arrives.
        stand_in = f"91{invocation.pk:07d}015"
        received = answers.Invocation(
            sid="", workflow_instance_id="", request_id="", recipient=stand_in
        )
        flow = ("whatsapp", "sms")
        theirs = invocation.workflow_invocation_id
        body = results.reports(received, theirs, time.time_ns(), flow, results.Tempo())[0].body
        number = self._numbers[str(invocation.request_id)]
        body = body.replace(stand_in.encode(), number.encode())
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
