"""What Kaleyra reports after a flow has ended: the address it posts to, what it posted, and what became of each channel."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from invocations.models.configuration import Account
from invocations.models.encryption import EncryptedTextField
from invocations.models.invocations import Invocation


class CallbackAddress(models.Model):
    """Where Kaleyra posts an account's results: /callbacks/<token>/, with `secret` in a header or as Basic's password.

    An account has one that is current, and while it is rotated the one before it as well; both are let in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="callback_addresses")
    token = EncryptedTextField(bound_to="id")
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    secret = EncryptedTextField(bound_to="id")
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["account", "is_current"], name="callback_address_current_and_the_one_before"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} ({'current' if self.is_current else 'before'})"


class Callback(models.Model):
    """One body that was posted to an account's address, as it came. It never makes an invocation and never sends anything.

    `invocation` is empty as long as nobody knows whose result it is: it may come before our own answer is stored, or for an id
    that no answer ever told us. `ask_at`: when it is its turn to be asked about again. `problem`: why nothing could be read from it.
    `set_aside_…`: a person said that nobody needs to look at it any more, and why; it still finds its message if that turns up.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="callbacks")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    body = EncryptedTextField(bound_to="digest")
    problem = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    last_received_at = models.DateTimeField()
    ask_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    workflow_invocation_id = models.CharField(max_length=100, blank=True)
    request_id = models.UUIDField(null=True, blank=True)
    execution_status = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Without the index that it would have: SQLite would look the unmatched ones up in it, and read and sort them all.
    invocation = models.ForeignKey(
        Invocation, models.PROTECT, null=True, blank=True, related_name="callbacks", db_index=False
    )
    matched_at = models.DateTimeField(null=True, blank=True)
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    set_aside_at = models.DateTimeField(null=True, blank=True)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    set_aside_reason = EncryptedTextField(bound_to="digest", null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    set_aside_at__isnull=True,
                    set_aside_by__isnull=True,
                    set_aside_reason__isnull=True,
                )
                | Q(
                    set_aside_at__isnull=False,
                    set_aside_by__isnull=False,
                    set_aside_reason__isnull=False,
                ),
                name="callback_set_aside_by_somebody_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(invocation__isnull=True, matched_at__isnull=True)
                | Q(invocation__isnull=False, matched_at__isnull=False),
                name="callback_match_has_its_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["invocation"],
                condition=Q(invocation__isnull=False),
                name="callback_by_invocation",
            ),
            models.Index(
                fields=["workflow_invocation_id"],
                condition=Q(invocation__isnull=True),
                name="callback_unmatched_by_id",
            ),
            models.Index(
                fields=["received_at"],
                condition=Q(invocation__isnull=True),
                name="callback_unmatched_by_time",
            ),
            models.Index(
                fields=["ask_at", "id"],
                condition=Q(invocation__isnull=True),
                name="callback_unmatched_by_turn",
            ),
            models.Index(
                fields=["received_at", "id"],
                condition=Q(invocation__isnull=True, set_aside_at__isnull=True),
                name="callback_open_by_time",
            ),
            models.Index(
                fields=["received_at", "id"],
                condition=Q(invocation__isnull=True, set_aside_at__isnull=False),
                name="callback_set_aside_by_time",
            ),
        ]

    def __str__(self) -> str:
        return self.workflow_invocation_id or self.digest[:12]


class ChannelResult(models.Model):
    """What a callback says of one channel, in Kaleyra's own words; `wait_seconds` is how long it waited for a final report."""

    callback = models.ForeignKey(Callback, models.CASCADE, related_name="results")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, blank=True)
    code = models.CharField(max_length=100, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    wait_seconds = models.PositiveIntegerField(null=True, blank=True)
    message_id = models.CharField(max_length=100, blank=True, db_index=True)
    client_message_id = models.CharField(max_length=100, blank=True)
    sender = models.CharField(max_length=100, blank=True)
    recipient_digest = models.CharField(max_length=64, blank=True)
    recipient_hint = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["callback", "position"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["callback", "position"], name="channel_result_position_once_per_callback"
            )
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.kind} {self.code}"
