"""Which batches had the same file: its content decides, whatever its name."""

from __future__ import annotations

from django.db.models import QuerySet

from invocations.models import Batch


def sent_before(batch: Batch) -> QuerySet[Batch]:
    """Started batches of the same workflow with the same bytes, the newest first."""
    if not batch.content_digest:
        return Batch.objects.none()
    return (
        Batch.objects.filter(
            content_digest=batch.content_digest,
            workflow=batch.workflow_id,
            state__in=Batch.STARTED,
        )
        .exclude(pk=batch.pk)
        .select_related("workflow", "account__pod", "created_by", "started_by")
        .order_by("-id")
    )
