"""Which numbers were sent a message of the same workflow in the last 24 hours, or have one that
waits to leave.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone

from invocations.batches.row_check import RowFound
from invocations.batches.waiting_numbers import waiting_numbers
from invocations.models import Invocation, WorkflowInstance
from invocations.models.recipients import phone_digests, sent_to_digests

WITHIN = timedelta(hours=24)
_AT_ONCE = 1_000
"""Digests of one query. SQLite takes 32,766 parameters."""
_NOT_SENT = (
    Invocation.Status.REJECTED,
    Invocation.Status.CANCELLED,
    Invocation.Status.EXPIRED,
)


def messages_since(workflow: WorkflowInstance, moment: datetime) -> QuerySet[Invocation]:
    """Of the workflow, recorded after `moment`, that were sent, may have been or will be."""
    # `COALESCE(x, x)` keeps SQLite off the index of workflows, which has all its messages.
    of_workflow = Q(Exact(Coalesce("workflow_instance_id", "workflow_instance_id"), workflow.pk))
    found = Invocation.objects.filter(of_workflow, created_at__gt=moment)
    return found.exclude(status__in=_NOT_SENT).order_by()


class SentLately:
    """Of one workflow, from the time when this is made."""

    def __init__(self, workflow: WorkflowInstance) -> None:
        since = timezone.now() - WITHIN
        self._messages = messages_since(workflow, since)
        self._waiting = waiting_numbers(workflow)
        newest = Invocation.objects.filter(workflow_instance=workflow).order_by("-id").first()
        self._has_any = newest is not None and newest.created_at >= since

    def at(self, rows: Iterable[tuple[int, RowFound]]) -> dict[int, int]:
        """By row: when the last one was recorded, or the batch started in which it waits, in
        seconds since 1970. Rows without one are left out.
        """
        rows = list(rows)
        found = self._recorded(rows) if self._has_any else {}
        for row, found_in_row in rows if len(self._waiting) else ():
            for digest in found_in_row.digests:
                if (moment := self._waiting.find(digest)) is not None:
                    found[row] = max(found.get(row, 0), moment)
        return found

    def _recorded(self, rows: Iterable[tuple[int, RowFound]]) -> dict[int, int]:
        rows_by_digest: dict[str, list[int]] = {}
        for row, found_in_row in rows:
            for digits in found_in_row.digits:
                for digest in phone_digests(digits):
                    rows_by_digest.setdefault(digest, []).append(row)
        known = list(rows_by_digest)
        found: dict[int, int] = {}
        for start in range(0, len(known), _AT_ONCE):
            for digest, moment in self._sent_to(known[start : start + _AT_ONCE]):
                for row in rows_by_digest.get(digest, ()):
                    found[row] = max(found.get(row, 0), moment)
        return found

    def _sent_to(self, known: list[str]) -> list[tuple[str, int]]:
        columns = ("recipient_digest", "recipient2_digest")
        return [
            (digest, int(moment.timestamp()))
            for condition, column in zip(sent_to_digests(known), columns, strict=True)
            for digest, moment in self._messages.filter(condition).values_list(column, "created_at")
        ]
