"""Changes of the time of scheduled messages."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from invocations.models.invocations import Invocation


class ScheduleChange(models.Model):
    """One change of a message's `not_before`, by `sending.schedule`. Never changed itself."""

    invocation = models.ForeignKey(
        Invocation, models.PROTECT, related_name="schedule_changes", editable=False
    )
    was = models.DateTimeField(editable=False)
    becomes = models.DateTimeField(editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False, db_index=False
    )
    changed_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.invocation_id}: {self.was} → {self.becomes}"
