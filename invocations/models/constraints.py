"""The database constraints of `Invocation`."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

INVOCATION_CONSTRAINTS = [
    models.CheckConstraint(
        condition=Q(
            status__in=[
                *("queued", "sending", "accepted", "rejected"),
                *("unknown", "held", "cancelled", "expired"),
            ]
        ),
        name="invocation_status_is_known",
    ),
    models.CheckConstraint(
        condition=Q(delivery__in=["", "awaiting", "completed", "no_result"]),
        name="invocation_delivery_is_known",
    ),
    models.CheckConstraint(
        condition=~Q(status="sending") | Q(lease_until__isnull=False),
        name="invocation_sending_has_a_lease",
    ),
    models.CheckConstraint(
        condition=Q(doubtful_since__isnull=True, doubt_count=0)
        | Q(doubtful_since__isnull=False, doubt_count__gt=0),
        name="invocation_doubt_has_a_beginning",
    ),
    models.CheckConstraint(
        condition=~Q(delivery="awaiting") | Q(result_due_at__isnull=False),
        name="invocation_awaited_result_has_its_time",
    ),
    models.CheckConstraint(
        condition=Q(batch__isnull=True, batch_row__isnull=True)
        | Q(batch__isnull=False, batch_row__isnull=False),
        name="invocation_of_a_batch_has_its_row",
    ),
    models.UniqueConstraint(
        fields=["batch", "batch_row"],
        condition=Q(batch__isnull=False),
        name="invocation_of_a_row_stands_once",
    ),
    models.CheckConstraint(
        condition=Q(deciding_channel__isnull=True)
        | Q(deciding_channel__in=[0, 1, 2], delivery="completed"),
        name="invocation_channel_decides_with_a_result",
    ),
]
