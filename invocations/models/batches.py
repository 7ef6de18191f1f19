"""Batches: files of recipients, from the upload to the result file.

The file's bytes are kept as encrypted chunks until its rows are read. The rows are kept as
encrypted parts, and the batch is a cursor over them: rows become invocations just ahead of need.
"""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.models.configuration import Account
from invocations.models.encryption import EncryptedBytesField, EncryptedTextField
from invocations.models.template_fields import WorkflowVersion
from invocations.models.workflows import WorkflowInstance

PART_ROWS = 1_000
"""Rows of a part, at most."""


class Batch(models.Model):
    """One file of recipients for one workflow. States change by conditional UPDATE only."""

    class State(models.TextChoices):
        UPLOADING = "uploading", pgettext_lazy("batch", "Uploading")
        CHECKING = "checking", pgettext_lazy("batch", "Being checked")
        REFUSED = "refused", pgettext_lazy("batch", "Cannot be used")
        CHECKED = "checked", pgettext_lazy("batch", "Not started")
        RUNNING = "running", pgettext_lazy("batch", "Sending")
        PAUSED = "paused", pgettext_lazy("batch", "Paused")
        DONE = "done", pgettext_lazy("batch", "Done")
        CANCELLED = "cancelled", pgettext_lazy("batch", "Cancelled")
        EXPIRED = "expired", pgettext_lazy("batch", "Expired")

    BEFORE_START = (State.UPLOADING, State.CHECKING, State.REFUSED, State.CHECKED)
    STARTED = (State.RUNNING, State.PAUSED, State.DONE, State.CANCELLED, State.EXPIRED)
    GOING = (State.RUNNING, State.PAUSED)
    """Started, and rows may still be to feed."""
    ENDED = (State.DONE, State.CANCELLED, State.EXPIRED)
    """No further row becomes an invocation. Those that did may still be on their way."""

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    """Its name in addresses; tokens are bound to it."""
    secret = EncryptedTextField(bound_to="uid", default=secrets.token_hex, editable=False)
    """Random; request IDs derive from it (`batches.request_ids`). A change of encryption keys
    encrypts it anew and leaves it as it is, so that a row keeps its ID."""
    workflow = models.ForeignKey(WorkflowInstance, models.PROTECT, related_name="batches")
    account = models.ForeignKey(Account, models.PROTECT, related_name="batches")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="batches"
    )
    """None if it came from the command line."""
    created_at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
    """It is part of each request ID (`batches.request_ids`)."""
    again_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="sent_again_as"
    )
    """The batch whose failed rows this one sends again."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADING)

    # --- the file

    file_name = EncryptedTextField(bound_to="uid", default="")
    """Empty for pasted text. Encrypted: names of files name people."""
    size = models.PositiveBigIntegerField(default=0)
    """Bytes of the file."""
    content_digest = models.CharField(max_length=64, blank=True, db_index=True)
    """Keyed HMAC-SHA256 of the file's bytes; empty until it is all here."""
    reading = EncryptedTextField(bound_to="uid", default="{}")
    """JSON: how the file is read (`batches.reading.Reading`), with its headings and notes."""
    columns = EncryptedTextField(bound_to="uid", default="{}")
    """JSON: which column goes where, fixed values and fall-backs (`batches.columns`)."""
    refused = EncryptedTextField(bound_to="uid", null=True, blank=True)
    """JSON: code and facts of `FileRefused`; None if the file can be used."""

    # --- the check

    lease_until = models.DateTimeField(null=True, blank=True)
    """Until when no other process takes the reading, checking or feeding of it over."""
    fence = models.PositiveIntegerField(default=0)
    """Counts who took it over: only the holder of the present number may write."""
    rows_read = models.PositiveIntegerField(default=0)
    """While it is being checked: how far."""
    version = models.ForeignKey(
        WorkflowVersion, models.PROTECT, null=True, blank=True, related_name="+"
    )
    """The texts and values of the workflow that the check held the rows against."""
    is_practice = models.BooleanField(null=True, blank=True)
    """Whether the account was at the practice pod when the rows were checked."""
    checked_at = models.DateTimeField(null=True, blank=True)
    """When the check began whose findings these are: what was sent since, it has not seen."""
    found = EncryptedTextField(bound_to="uid", default="{}")
    """JSON: what the check found in all parts together (`batches.summary.Summary`)."""
    rows = models.PositiveIntegerField(default=0)
    bad_rows = models.PositiveIntegerField(default=0)
    """Rows at fault. They are never sent: they are mended, or left out knowingly."""
    to_decide = models.PositiveIntegerField(default=0)
    """Rows at fault that were neither mended nor left out. A batch starts without any."""
    leaves_out = models.PositiveSmallIntegerField(default=0)
    """Kinds of rows that a person left out together: bits of `batches.row_marks.RowMark`."""
    left_out = models.PositiveIntegerField(default=0)
    """Rows that are not sent because a person left them out, those at fault among them."""

    # --- the start, and how far it is

    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    stage = models.CharField(max_length=6, blank=True)
    """The workflow's stage at the start."""
    reference = models.CharField(_("ticket"), max_length=100, blank=True)
    """For rows without one of their own."""
    not_before = models.DateTimeField(null=True, blank=True)
    not_after = models.DateTimeField(null=True, blank=True)
    per_second = models.PositiveSmallIntegerField(null=True, blank=True)
    """The batch's own pace; None for that of the account."""
    next_part = models.PositiveIntegerField(default=0)
    """The cursor: the first part with rows that are not fed."""
    next_row = models.PositiveIntegerField(default=0)
    """Rows of that part that are fed, or left out."""
    fed = models.PositiveIntegerField(default=0)
    """Rows that became invocations."""
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    paused_because = models.CharField(max_length=40, blank=True)
    """A code, if the console paused it; empty if a person did."""
    restored_at = models.DateTimeField(null=True, blank=True)
    """When a copy of the database with this batch was restored: its rows may have been sent since
    that copy was made (`sending.restored`). None if that never happened."""
    ended_at = models.DateTimeField(null=True, blank=True)
    """When the last row was fed, or the rest was cancelled or came too late."""
    told_at = models.DateTimeField(null=True, blank=True)
    """When its people were told that it is done."""
    delete_at = models.DateTimeField(db_index=True)
    """When its chunks, parts and texts are deleted. Its counts stay."""

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        default_permissions = ("view",)
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("uploading", "checking", "refused", "checked"),
                        *("running", "paused", "done", "cancelled", "expired"),
                    ]
                ),
                name="batch_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["uploading", "checking", "refused", "checked"])
                ^ Q(started_at__isnull=False),
                name="batch_has_a_start_once_started",
            ),
            models.CheckConstraint(
                condition=Q(fed__lte=F("rows")) & Q(bad_rows__lte=F("rows")),
                name="batch_counts_no_row_twice",
            ),
            models.UniqueConstraint(
                fields=["again_from"],
                condition=Q(state__in=["uploading", "checking", "checked", "running", "paused"]),
                name="batch_is_sent_again_by_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account"],
                condition=Q(state__in=["running", "paused"]),
                name="batch_going_by_account",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state="checking"), name="batch_to_check"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.workflow_id}, {self.created_at:%d %b %H:%M}"


class BatchChunk(models.Model):
    """Some of the bytes of a file, in order. Deleted once the batch is started."""

    place = models.CharField(max_length=50, primary_key=True)
    """`part_place`."""
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    """From 0."""
    content = EncryptedBytesField(bound_to="place")

    class Meta:
        default_permissions = ()
        ordering = ["number"]

    def __str__(self) -> str:
        return self.place


class BatchPart(models.Model):
    """Up to `PART_ROWS` rows of a file, with what the check found in them."""

    place = models.CharField(max_length=50, primary_key=True)
    """`part_place`."""
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    """From 0."""
    first_row, last_row = models.PositiveIntegerField(), models.PositiveIntegerField()
    """Row numbers, as the spreadsheet counts."""
    rows = models.PositiveSmallIntegerField()
    counts = models.JSONField(null=True, blank=True)
    """Frozen once all its rows are final (`batches.part_counts`); None before, and after a change
    that came later (`models.frozen_counts`). It stands before the long columns: SQLite reads those
    on the way to what comes after them."""
    codes_removed_at = models.DateTimeField(null=True, blank=True)
    """When its one-time codes were removed (`privacy.batch_codes`); None before."""
    content = EncryptedBytesField(bound_to="place")
    """zlib of JSON: the rows (`batches.parts`). A mended cell is written here."""
    found = EncryptedBytesField(bound_to="place", null=True)
    """zlib of JSON: rows at fault and left out, repeated numbers, countries, SMS parts
    (`batches.part_found`); None until it is checked."""
    digests = models.BinaryField(default=b"")
    """The first 8 bytes of the keyed digest of each number, sorted: a search by number asks them
    before the rows are fed."""

    class Meta:
        default_permissions = ()
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="batch_part_stands_once")
        ]

    def __str__(self) -> str:
        return self.place


class ColumnChoice(models.Model):
    """Where the columns of the last file of a workflow went, for the next one."""

    workflow = models.OneToOneField(
        WorkflowInstance, models.CASCADE, primary_key=True, related_name="column_choice"
    )
    choice = EncryptedTextField(bound_to="workflow_id", default="{}")
    """JSON: places by heading, fixed values and fall-backs."""
    chosen_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.workflow_id)


def part_place(batch: Batch, number: int) -> str:
    """The primary key of a chunk or part: what its content is bound to."""
    return f"{batch.uid.hex}:{number}"
