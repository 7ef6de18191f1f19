"""What was sent, every attempt at it, and what came back."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.kaleyra.payload import Send, sends_of
from invocations.models.configuration import Account
from invocations.models.encryption import EncryptedTextField
from invocations.models.template_fields import WorkflowVersion
from invocations.models.workflows import WorkflowInstance

if TYPE_CHECKING:
    pass

FILTERED = (
    "status",
    "delivery",
    "deciding_channel",
    "http_status",
    "workflow_instance",
    "account",
    "created_by",
    "created_at",
)
"""What the history's filters ask of a row, but for texts."""


def _filter(name: str, field: str = "", condition: Q | None = None) -> models.Index:
    """The index of one filter of the history, in the order of its pages. Without a field its condition is all that it asks.

    It carries what the other filters ask, so that PostgreSQL finds what two of them share without the rows themselves: where they
    share little that is the difference between a second and a minute. SQLite knows no such columns and does without.
    """
    others = [other for other in FILTERED if other != field]
    return models.Index(
        fields=[field, "id"] if field else ["id"], include=others, condition=condition, name=name
    )


class Invocation(models.Model):
    """One message to one customer. The row is the job: it is committed before the first byte leaves.

    `due_at`: when the dispatcher takes it up by itself; empty if it does not. `lease_until` and `attempt_count`: whose it is while
    it is being sent; only who still holds that attempt may write what came of it. `doubtful_since` and `doubt_count`: since when, and
    by how many attempts, it may have got in. `result_due_at`: by when a callback should have told what became of it.
    `deciding_channel`: the one that reached the customer; 0 if each that the workflow had is reported to have failed; empty, with a
    result, if that stays open. `error_kind`: what an answer complained of, without ids, so that all of a kind are found. What is sent
    (request id, payload, workflow, account) is immutable in the database itself (`invocations.models.immutable`).
    """

    class Status(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("status", "Queued")
        SENDING = "sending", pgettext_lazy("status", "Sending")
        ACCEPTED = "accepted", pgettext_lazy("status", "Accepted")
        REJECTED = "rejected", pgettext_lazy("status", "Rejected")
        UNKNOWN = "unknown", pgettext_lazy("status", "Outcome unknown")
        HELD = "held", pgettext_lazy("status", "Held")
        CANCELLED = "cancelled", pgettext_lazy("status", "Cancelled")
        EXPIRED = "expired", pgettext_lazy("status", "Expired")

    class Delivery(models.TextChoices):
        NONE = "", pgettext_lazy("delivery", "Not sent")
        AWAITING = "awaiting", pgettext_lazy("delivery", "Awaiting result")
        COMPLETED = "completed", pgettext_lazy("delivery", "Completed")
        NO_RESULT = "no_result", pgettext_lazy("delivery", "No result received")

    # Groups of statuses. Nothing spells the tuples out.
    UNSENT = (Status.QUEUED, Status.HELD)
    """Nothing has left yet. These can be cancelled, and expire."""
    NEVER_LEFT = (*UNSENT, Status.CANCELLED, Status.EXPIRED)
    UNDER_WAY = (Status.QUEUED, Status.SENDING)
    UNSETTLED = (Status.QUEUED, Status.SENDING, Status.HELD)
    """The row is still to be written by the attempt that sends it."""
    OPEN = (Status.QUEUED, Status.UNKNOWN)
    """The dispatcher posts these by itself once `due_at` has come."""
    WENT_WRONG = (Status.REJECTED, Status.UNKNOWN, Status.HELD, Status.EXPIRED)
    FINAL = (Status.ACCEPTED, Status.REJECTED, Status.UNKNOWN, Status.CANCELLED, Status.EXPIRED)
    """Nothing follows by itself, except for an unknown outcome that has a `due_at`."""

    request_id = models.UUIDField(_("request ID"), unique=True, default=uuid.uuid4, editable=False)
    # Of the foreign keys without an index of their own, one of `Meta.indexes` begins with the column.
    workflow_instance = models.ForeignKey(
        WorkflowInstance,
        models.PROTECT,
        related_name="invocations",
        verbose_name=_("workflow"),
        db_index=False,
    )
    version = models.ForeignKey(
        WorkflowVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invocations",
        editable=False,
    )
    account = models.ForeignKey(
        Account,
        models.PROTECT,
        related_name="invocations",
        verbose_name=_("account"),
        db_index=False,
    )
    payload = EncryptedTextField(
        _("payload"), bound_to="request_id", help_text=_("The exact text that is posted.")
    )
    payload_digest = models.CharField(max_length=64, editable=False)
    recipient_digest = models.CharField(max_length=64, editable=False)
    recipient2_digest = models.CharField(max_length=64, blank=True, editable=False)
    recipient_hint = models.CharField(_("recipient"), max_length=60, editable=False)
    recipient2_hint = models.CharField(
        _("second recipient"), max_length=60, blank=True, editable=False
    )
    recipient_last_four = models.CharField(max_length=4, blank=True, editable=False)
    recipient2_last_four = models.CharField(max_length=4, blank=True, editable=False)

    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    delivery = models.CharField(
        _("delivery"), max_length=10, choices=Delivery.choices, default=Delivery.NONE, blank=True
    )
    not_before = models.DateTimeField(_("not before"), null=True, blank=True, editable=False)
    not_after = models.DateTimeField(_("not after"), null=True, blank=True, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempt_count = models.PositiveIntegerField(default=0, editable=False)
    doubtful_since = models.DateTimeField(null=True, blank=True, editable=False)
    doubt_count = models.PositiveSmallIntegerField(default=0, editable=False)
    final_at = models.DateTimeField(null=True, blank=True, editable=False)

    workflow_invocation_id = models.CharField(
        _("workflow invocation ID"), max_length=100, blank=True
    )
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    provider_timestamp = models.CharField(_("Kaleyra's timestamp"), max_length=60, blank=True)
    reply = EncryptedTextField(bound_to="request_id", null=True, blank=True, editable=False)
    reason = models.CharField(max_length=40, blank=True, editable=False)
    error_kind = models.CharField(_("error"), max_length=200, blank=True, editable=False)

    result_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    result_at = models.DateTimeField(null=True, blank=True, editable=False)
    deciding_channel = models.PositiveSmallIntegerField(
        _("deciding channel"), null=True, blank=True, editable=False
    )
    may_be_double = models.BooleanField(
        _("may have been received twice"), default=False, editable=False
    )

    reference = models.CharField(_("ticket"), max_length=100, blank=True)
    note = EncryptedTextField(_("note"), bound_to="request_id", null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invocations",
        verbose_name=_("sent by"),
        db_index=False,
    )
    created_at = models.DateTimeField(_("recorded"), auto_now_add=True, db_index=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        db_index=False,
    )
    sent_again_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sent_again_as",
        verbose_name=_("sent again from"),
    )

    class Meta:
        verbose_name = _("invocation")
        verbose_name_plural = _("invocations")
        ordering = ["-id"]
        permissions = [
            ("send_invocation", _("Can send")),
            ("view_full_recipient", _("Can see full numbers")),
            ("view_values", _("Can see the values of what was sent")),
            ("settle_invocation", _("Can settle an unknown outcome")),
        ]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "queued",
                        "sending",
                        "accepted",
                        "rejected",
                        "unknown",
                        "held",
                        "cancelled",
                        "expired",
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
                condition=Q(deciding_channel__isnull=True)
                | Q(deciding_channel__in=[0, 1, 2], delivery="completed"),
                name="invocation_channel_decides_with_a_result",
            ),
        ]
        indexes = [
            _filter("invocation_by_status", "status"),
            _filter("invocation_by_workflow", "workflow_instance"),
            _filter("invocation_by_account", "account"),
            _filter("invocation_by_person", "created_by"),
            _filter("invocation_by_delivery", "delivery", ~Q(delivery="")),
            _filter("invocation_by_channel", "deciding_channel", Q(deciding_channel__isnull=False)),
            _filter("invocation_by_http_status", "http_status", ~Q(http_status=202)),
            _filter("invocation_by_error", "error_kind", ~Q(error_kind="")),
            _filter("invocation_by_reason", "reason", ~Q(reason="") & ~Q(reason="accepted")),
            _filter("invocation_delivered", condition=Q(deciding_channel__gt=0)),
            _filter(
                "invocation_ended_unreported",
                condition=Q(delivery="completed", deciding_channel__isnull=True),
            ),
            _filter("invocation_may_be_double", condition=Q(may_be_double=True)),
            _filter("invocation_sent_again", condition=Q(sent_again_from__isnull=False)),
            models.Index(
                fields=["lease_until"], condition=Q(status="sending"), name="invocation_under_way"
            ),
            models.Index(
                fields=["account", "due_at"],
                condition=Q(due_at__isnull=False),
                name="invocation_due_by_account",
            ),
            models.Index(
                fields=["not_after"],
                condition=Q(status__in=["queued", "held"]),
                name="invocation_may_expire",
            ),
            models.Index(
                fields=["result_due_at"],
                condition=Q(delivery="awaiting"),
                name="invocation_result_due",
            ),
            models.Index(
                fields=["final_at"],
                condition=Q(status="rejected"),
                name="invocation_refused_lately",
            ),
            # Ways to find one. A CharField's own `db_index` would add a second index on PostgreSQL, for LIKE, which nothing asks.
            models.Index(Upper("reference"), "id", name="invocation_by_reference"),
            models.Index(fields=["workflow_invocation_id"], name="invocation_by_kaleyras_id"),
            models.Index(fields=["recipient_digest", "id"], name="invocation_by_recipient"),
            # Most rows have no second number: counted among the others it made SQLite believe that each is to a million.
            models.Index(
                fields=["recipient2_digest", "id"],
                condition=~Q(recipient2_digest=""),
                name="invocation_by_2nd_recipient",
            ),
            models.Index(fields=["recipient_last_four", "id"], name="invocation_by_last_four"),
            models.Index(
                fields=["recipient2_last_four", "id"],
                condition=~Q(recipient2_last_four=""),
                name="invocation_by_second_last_four",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow_instance} → {self.recipient_hint}"

    @property
    def is_final(self) -> bool:
        """Whether it stays as it is unless a person or a callback changes it: an unknown outcome may still be asked about."""
        return self.status in self.FINAL and self.due_at is None

    @property
    def kept_reply(self) -> dict[str, Any]:
        """What came back, as `sending` kept it: `message`, `errors`, `text` (raw, bounded, without key and numbers)."""
        kept: dict[str, Any] = json.loads(self.reply) if self.reply else {}
        return kept

    @property
    def message(self) -> str | None:
        message: str | None = self.kept_reply.get("message")
        return message

    @property
    def errors(self) -> list[str]:
        return list(self.kept_reply.get("errors", []))


def sends_in(invocation: Invocation) -> list[Send]:
    """What the invocation sends, channel by channel. Raises `Unreadable`."""
    return sends_of(invocation.payload)
