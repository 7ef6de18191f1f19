"""Batches of the same workflow with the same file, recognised by its content."""

from __future__ import annotations

from django.db.models import QuerySet

from invocations.models import Batch


def started_before(batch: Batch) -> QuerySet[Batch]:
    """Those that were started, newest first: their recipients would get it twice."""
    same = Batch.objects.filter(
        content_digest=batch.content_digest,
        workflow=batch.workflow_id,
        state__in=Batch.STARTED,
    )
    return same.exclude(pk=batch.pk).exclude(content_digest="").order_by("-id")
