"""Invocations: what is sent, in which state it is, and what came back."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.kaleyra.payload import Send, sends_of
from invocations.models.answers import LastAnswer
from invocations.models.batches import Batch
from invocations.models.configuration import Account
from invocations.models.constraints import INVOCATION_CONSTRAINTS
from invocations.models.encryption import EncryptedTextField, ValuesRemoved
from invocations.models.indexes import INVOCATION_INDEXES
from invocations.models.permissions import INVOCATION_PERMISSIONS
from invocations.models.targets import Target
from invocations.models.template_fields import WorkflowVersion
from invocations.models.workflows import WorkflowInstance

PAYLOAD_DIGEST = "payload"
"""The purpose of the digests of payloads (`encryption.digests`)."""


class Invocation(LastAnswer, models.Model):
    """One message to one customer, and the job that sends it.

    The row is committed before the first byte is sent. `sending.record` writes what is sent, which
    the database then refuses to change (`models.immutable`). `sending.claim` and
    `sending.store_outcome` write what came of the attempts, `sending.decisions` what a person
    decided, `results.apply` what Kaleyra reported afterwards. All times are in UTC.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("status", "Queued")
        SENDING = "sending", pgettext_lazy("status", "Sending")
        ACCEPTED = "accepted", pgettext_lazy("status", "Accepted")
        REJECTED = "rejected", pgettext_lazy("status", "Rejected")
        UNKNOWN = "unknown", pgettext_lazy("status", "Outcome unknown")
        HELD = "held", pgettext_lazy("status", "On hold")
        CANCELLED = "cancelled", pgettext_lazy("status", "Cancelled")
        EXPIRED = "expired", pgettext_lazy("status", "Expired")

    class Delivery(models.TextChoices):
        NONE = "", pgettext_lazy("delivery", "Not sent")
        AWAITING = "awaiting", pgettext_lazy("delivery", "Awaiting result")
        COMPLETED = "completed", pgettext_lazy("delivery", "Completed")
        NO_RESULT = "no_result", pgettext_lazy("delivery", "No result received")

    # Groups of statuses. Use these names instead of repeating a tuple.
    UNSENT = (Status.QUEUED, Status.HELD)
    """Nothing was sent yet. These can be cancelled, and expire."""
    NEVER_LEFT = (*UNSENT, Status.CANCELLED, Status.EXPIRED)
    UNDER_WAY = (Status.QUEUED, Status.SENDING)
    UNSETTLED = (Status.QUEUED, Status.SENDING, Status.HELD)
    """An attempt that is under way or still to come will write the outcome."""
    OPEN = (Status.QUEUED, Status.UNKNOWN)
    """The dispatcher posts these by itself once `due_at` is reached."""
    WENT_WRONG = (Status.REJECTED, Status.UNKNOWN, Status.HELD, Status.EXPIRED)
    FINAL = (Status.ACCEPTED, Status.REJECTED, Status.UNKNOWN, Status.CANCELLED, Status.EXPIRED)
    """The status changes no more by itself, unless an unknown outcome has a `due_at`."""

    # --- what is sent

    request_id = models.UUIDField(_("request ID"), unique=True, default=uuid.uuid4, editable=False)
    # A foreign key with `db_index=False` is the first column of one of INVOCATION_INDEXES, or no
    # page filters by it.
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
    """The texts at the time of recording. None in rows older than the versions."""
    account = models.ForeignKey(
        Account,
        models.PROTECT,
        related_name="invocations",
        verbose_name=_("account"),
        db_index=False,
    )
    target = models.ForeignKey(
        Target,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        db_index=False,
    )
    """It follows the set-up while the message has certainly not left (`models.immutable`)."""
    payload = EncryptedTextField(_("payload"), bound_to="request_id", null=True)
    """The exact text that is posted. None once its values are removed (`privacy`).

    `payload_digest` pins it (`models.immutable`): the sender posts no other text.
    """
    codes_removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    values_removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When its one-time codes, and all of its values, were removed; None before."""
    # Keyed HMAC-SHA256 in hex (`encryption.digests`): they find equal values without showing them.
    # The columns of the second number are empty if both channels send to one number.
    payload_digest = models.CharField(max_length=64, editable=False)
    recipient_digest = models.CharField(max_length=64, editable=False)
    recipient2_digest = models.CharField(max_length=64, blank=True, editable=False)
    recipient_hint = models.CharField(_("phone number"), max_length=60, editable=False)
    recipient2_hint = models.CharField(
        _("second phone number"), max_length=60, blank=True, editable=False
    )
    recipient_last_four = models.CharField(max_length=4, blank=True, editable=False)
    recipient2_last_four = models.CharField(max_length=4, blank=True, editable=False)

    # --- state and schedule

    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    delivery = models.CharField(
        _("delivery"), max_length=10, choices=Delivery.choices, default=Delivery.NONE, blank=True
    )
    reason = models.CharField(max_length=40, blank=True, editable=False)
    """Why it has its status: a code that `history.reasons` puts into words."""
    # Not sent before or after these times; None sets no limit. `record` always sets `not_after`.
    not_before = models.DateTimeField(_("not before"), null=True, blank=True, editable=False)
    not_after = models.DateTimeField(_("expires"), null=True, blank=True, editable=False)
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the dispatcher posts it by itself; None if it does not."""
    comes_first = models.BooleanField(default=False, db_default=False, editable=False)
    """Whether a person waits for it: it is claimed before the rest of its account's queue."""
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    """Until when no other process takes over the attempt. None unless the status is `sending`."""
    attempt_count = models.PositiveIntegerField(default=0, editable=False)
    """Attempts claimed, and the fence: only the attempt with this number may write its outcome."""
    doubtful_since = models.DateTimeField(null=True, blank=True, editable=False)
    """Start of the first attempt that Kaleyra may have taken without saying so; None if none."""
    doubt_count = models.PositiveSmallIntegerField(default=0, editable=False)
    """How many such attempts there were, without those that only tested its account."""
    unasked_for = models.DurationField(
        default=timedelta(0), db_default=timedelta(0), editable=False
    )
    """How long since `doubtful_since` the console could not ask (`sending.open_time`)."""
    final_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When `is_final` became true; None before."""

    # --- the result, from Kaleyra's callbacks

    result_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    """By when a callback is expected; None if none was ever awaited."""
    result_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When the flow ended, as the earliest result says; None without a result."""
    deciding_channel = models.PositiveSmallIntegerField(
        _("deciding channel"), null=True, blank=True, editable=False
    )
    """Position of the channel that reached the customer; 0 if every channel of the workflow is
    reported to have failed; None without a result, or if the result says neither."""
    may_be_double = models.BooleanField(_("may have arrived twice"), default=False, editable=False)

    # --- who recorded it, and for what

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
    """None if it was sent from the command line."""
    created_at = models.DateTimeField(_("saved"), auto_now_add=True, db_index=True)
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
        db_index=False,
    )
    batch = models.ForeignKey(
        Batch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invocations",
        verbose_name=_("batch"),
        editable=False,
        db_index=False,
    )
    """The file of recipients that it comes from; None if it was sent by itself."""
    batch_row = models.PositiveIntegerField(null=True, blank=True, editable=False)
    """Its row there, as the spreadsheet counts."""

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]
        permissions = list(INVOCATION_PERMISSIONS)
        default_permissions = ("view",)
        constraints = INVOCATION_CONSTRAINTS
        indexes = INVOCATION_INDEXES

    def __str__(self) -> str:
        return f"{self.workflow_instance} → {self.recipient_hint}"

    @property
    def is_final(self) -> bool:
        """Whether only a person or a callback can still change it.

        An unknown outcome with a `due_at` is not final: the dispatcher posts it once more.
        """
        return self.status in self.FINAL and self.due_at is None

    @property
    def is_contradicted(self) -> bool:
        """Whether a result was reported although nothing should have gone to the customer."""
        return (
            self.delivery == self.Delivery.COMPLETED
            and self.status in (self.Status.REJECTED, *self.NEVER_LEFT)
            and not self.reason.startswith("settled_")
        )


def sends_in(invocation: Invocation) -> list[Send]:
    """What is sent on each channel, in order. Raises `Unreadable`, or its `ValuesRemoved`."""
    text = invocation.payload
    if text is None:
        raise ValuesRemoved("The values of this message were removed.")
    return sends_of(text)
