"""What the console notes about its own work: trouble that lasts, when a dispatcher was last at work, and what was counted."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invocations.models.configuration import Account
from invocations.models.workflows import WorkflowInstance


class Incident(models.Model):
    """Trouble that lasts, from when it was noticed until it was over. `invocations.incidents` opens and closes it.

    `reason`: of `refusals` the error without ids (`Invocation.error_kind`), of `paused` the code in `invocations.sending.outcomes`.
    `told_opened_at` and `told_closed_at`: when a mail about it was sent, or begun; whoever sets one sends it.
    """

    class Kind(models.TextChoices):
        REFUSALS = "refusals", _("Refusals of one kind")
        PAUSED = "paused", _("Paused by the console")
        UNREACHABLE = "unreachable", _("Not reachable")
        UNKNOWN = "unknown", _("Outcomes unknown")
        NO_RESULTS = "no_results", _("Results missing")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    account = models.ForeignKey(Account, models.CASCADE, related_name="incidents")
    workflow_instance = models.ForeignKey(
        WorkflowInstance, models.CASCADE, null=True, blank=True, related_name="incidents"
    )
    reason = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)
    closed_at = models.DateTimeField(null=True, blank=True)
    told_opened_at = models.DateTimeField(null=True, blank=True)
    told_closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=["refusals", "paused", "unreachable", "unknown", "no_results"]
                ),
                name="incident_kind_is_known",
            ),
            models.UniqueConstraint(
                fields=["kind", "workflow_instance", "reason"],
                condition=Q(closed_at__isnull=True, workflow_instance__isnull=False),
                name="incident_open_once_per_workflow",
            ),
            models.UniqueConstraint(
                fields=["kind", "account", "reason"],
                condition=Q(closed_at__isnull=True, workflow_instance__isnull=True),
                name="incident_open_once_per_account",
            ),
        ]
        indexes = [models.Index(fields=["closed_at"], name="incident_by_end")]

    def __str__(self) -> str:
        return f"{self.kind}: {self.workflow_instance or self.account}"


class Heartbeat(models.Model):
    """When a dispatcher last swept. One row; none means never."""

    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="heartbeat_is_one")]

    def __str__(self) -> str:
        return str(self.at)


class Quarter(models.Model):
    """What became of the messages recorded in one quarter of an hour, as `invocations.monitoring.statistics` counted them last.

    A shortcut for the dashboard and nothing else: it may be deleted at any time. `counts`: by workflow; empty until counted.
    """

    begins_at = models.DateTimeField(primary_key=True)
    counts = models.JSONField(null=True, blank=True)
    recount_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.begins_at)
