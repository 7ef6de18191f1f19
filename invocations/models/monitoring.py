"""What `invocations.monitoring` stores: incidents, the dispatcher's heartbeat, and statistics."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invocations.models.configuration import Account
from invocations.models.workflows import WorkflowInstance


class Incident(models.Model):
    """A problem of an account or a workflow, from when it was noticed until it ended.

    `monitoring.incidents` opens, updates and closes it; its docstring lists the rules.
    """

    class Kind(models.TextChoices):
        REFUSALS = "refusals", _("Rejections of one kind")
        PAUSED = "paused", _("Paused by the console")
        UNREACHABLE = "unreachable", _("Not reachable")
        UNKNOWN = "unknown", _("Outcome unknown")
        NO_RESULTS = "no_results", _("Results missing")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    account = models.ForeignKey(Account, models.CASCADE, related_name="incidents")
    workflow_instance = models.ForeignKey(
        WorkflowInstance, models.CASCADE, null=True, blank=True, related_name="incidents"
    )
    """None if the whole account is affected."""
    reason = models.CharField(max_length=200, blank=True)
    """Of `refusals` the `Invocation.error_kind`, of `paused` a row of `sending.outcomes.TABLE`."""
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    """When it was last seen."""
    count = models.PositiveIntegerField(default=1)
    """Messages affected; of `unreachable`, failed attempts."""
    closed_at = models.DateTimeField(null=True, blank=True)
    """None while it is open."""
    # When `monitoring.incident_emails` began to send the e-mail; None before. The process that sets
    # the column sends the e-mail, so that it is sent once.
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
    """When a dispatcher last swept (`monitoring.incidents`). One row; no row means never."""

    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="heartbeat_is_one")]

    def __str__(self) -> str:
        return str(self.at)


class Quarter(models.Model):
    """Outcomes of the messages recorded in one quarter of an hour, for the dashboard.

    `monitoring.statistics` counts them. The rows are a cache and may be deleted at any time.
    """

    begins_at = models.DateTimeField(primary_key=True)
    counts = models.JSONField(null=True, blank=True)
    """Workflow id -> name of the outcome -> messages. None until it is counted."""
    recount_at = models.DateTimeField(db_index=True)
    """When it is counted again: results and settlements arrive late."""
    revision = models.BigIntegerField(default=0, db_default=0)
    """Microseconds since 1970 when `counts` last changed; 0 until it is counted."""

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["begins_at", "revision"], name="quarter_revisions")]

    def __str__(self) -> str:
        return str(self.begins_at)
