"""Which numbers got a message of the same workflow in the last 24 hours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from django.utils import timezone

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


class SentLately:
    """Of one workflow, from the time when this is made."""

    def __init__(self, workflow: WorkflowInstance) -> None:
        since = timezone.now() - WITHIN
        # `COALESCE(x, x)` keeps SQLite off the index of workflows, which has all its messages.
        of_workflow = Q(
            Exact(Coalesce("workflow_instance_id", "workflow_instance_id"), workflow.pk)
        )
        self._messages = (
            Invocation.objects.filter(of_workflow, created_at__gte=since)
            .exclude(status__in=_NOT_SENT)
            .order_by()
        )
        newest = Invocation.objects.filter(workflow_instance=workflow).order_by("-id").first()
        self._has_any = newest is not None and newest.created_at >= since

    def at(self, digits_by_row: Mapping[int, Collection[str]]) -> dict[int, int]:
        """By row: when the last one was recorded, in seconds since 1970; rows without one are left
        out. `digits_by_row`: the numbers of each row.
        """
        if not self._has_any:
            return {}
        rows_by_digest: dict[str, list[int]] = {}
        for row, numbers in digits_by_row.items():
            for digits in numbers:
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
