"""Approvals: what one person wants to send, and what another decided about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.models.batches import Batch
from invocations.models.invocations import Invocation


class Approval(models.Model):
    """A batch or a message that waits for a second person. States change by conditional UPDATE."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("approval", "Waiting for approval")
        APPROVED = "approved", pgettext_lazy("approval", "Approved")
        REFUSED = "refused", pgettext_lazy("approval", "Refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("approval", "Withdrawn")
        LAPSED = "lapsed", pgettext_lazy("approval", "Expired: nobody approved it")
        VOID = "void", pgettext_lazy("approval", "Void: something has changed")

    batch = models.ForeignKey(
        Batch, models.CASCADE, null=True, blank=True, related_name="approvals"
    )
    invocation = models.OneToOneField(
        Invocation, models.CASCADE, null=True, blank=True, related_name="approval"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    """None: from the command line."""
    asked_at = models.DateTimeField(default=timezone.now)
    lapses_at = models.DateTimeField()
    content = models.CharField(max_length=200)
    """What is approved, as a short text: any change of it makes the approval void."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    """When the approvers were told by email."""

    # How the batch starts once it is approved (`batches.start`).
    not_before = models.DateTimeField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    per_second = models.PositiveSmallIntegerField(null=True, blank=True)
    reference = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        default_permissions = ()
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(batch__isnull=True) ^ Q(invocation__isnull=True),
                name="approval_is_about_one_thing",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(decided_by=F("asked_by")),
                name="approval_is_never_ones_own",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["open", "approved", "refused", "withdrawn", "lapsed", "void"]
                ),
                name="approval_state_is_known",
            ),
            models.UniqueConstraint(
                fields=["batch"], condition=Q(state="open"), name="batch_waits_for_one_approval"
            ),
        ]
        indexes = [
            models.Index(
                fields=["lapses_at"], condition=Q(state="open"), name="approval_open_by_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch_id or self.invocation_id}, {self.state}"
