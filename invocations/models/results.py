"""What Kaleyra posts after a flow has ended: address, body, and the result of each channel."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from invocations.kaleyra.callbacks import is_dated_before
from invocations.models.configuration import Account
from invocations.models.encryption import EncryptedTextField
from invocations.models.invocations import Invocation


class CallbackAddress(models.Model):
    """Where Kaleyra posts an account's results: /callbacks/<token>/.

    The request carries `secret` in a header or as the password of Basic authentication. An account
    has one current address, and during a rotation the previous one too; both are accepted.
    `results.endpoints` writes the rows, `monitoring.key_check` what it saw of them at Kaleyra.
    """

    class ProfileState(models.TextChoices):
        ON = "on", _("On")
        OFF = "off", _("Off")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="callback_addresses")
    token = EncryptedTextField(bound_to="id")
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    """Finds the row by the token of a request (`encryption.digests`)."""
    secret = EncryptedTextField(bound_to="id")
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    """To within `endpoints.USE_RECORDED_EVERY`; None if nothing was posted yet."""
    profile_state = models.CharField(
        max_length=3, choices=ProfileState.choices, blank=True, default="", db_default=""
    )
    """Of the callback profile at Kaleyra that posts here, when a check of the key last saw it."""
    profile_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When that was; None if no check has seen one."""

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(profile_state="", profile_seen_at__isnull=True)
                | Q(profile_state__in=["on", "off"], profile_seen_at__isnull=False),
                name="callback_profile_has_a_state_once_seen",
            ),
            models.UniqueConstraint(
                fields=["account", "is_current"], name="callback_address_current_and_the_one_before"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} ({'current' if self.is_current else 'before'})"


class Callback(models.Model):
    """One body posted to an account's address.

    `results.inbox` stores it, `results.pending` reads it. It never creates an invocation, and never
    sends. `invocation` is None until the result is matched (`results.apply`): it may come before
    our own answer is stored, or with an id that no answer named.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="callbacks")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    """Of account and body (`encryption.digests`): the same body is stored once."""
    body = EncryptedTextField(bound_to="digest", null=True)
    """As it was posted. None once it was removed with the values of its message."""
    problem = models.CharField(max_length=40, blank=True)
    """Why no usable id could be read (`kaleyra.callback_body`); empty if one could."""
    received_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    """How often it was posted."""
    last_received_at = models.DateTimeField()
    ask_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    """When `results.pending` reads it, if it is pending; when `results.upkeep` tries to match it
    again, if it is unmatched."""
    is_pending = models.BooleanField(default=False, db_default=False, editable=False)
    """Stored and not read yet. Until then nothing below is set, and it is not called unmatched."""
    # Read from the body: empty or None where it does not say.
    workflow_invocation_id = models.CharField(max_length=100, blank=True)
    request_id = models.UUIDField(null=True, blank=True)
    execution_status = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # No index of its own: SQLite would find the unmatched rows with it, and read and sort them all.
    invocation = models.ForeignKey(
        Invocation, models.PROTECT, null=True, blank=True, related_name="callbacks", db_index=False
    )
    matched_at = models.DateTimeField(null=True, blank=True)
    """None while it is unmatched."""
    matched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    """The person who matched it; None if its ids did."""
    # A person decided that nobody needs to review it. It is still
    # matched if its invocation turns up.
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
    """Written when it is set aside. None once it was removed."""

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
                    Q(set_aside_reason__isnull=False) | Q(body__isnull=True),
                    set_aside_at__isnull=False,
                    set_aside_by__isnull=False,
                ),
                name="callback_set_aside_by_somebody_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(invocation__isnull=True, matched_at__isnull=True)
                | Q(invocation__isnull=False, matched_at__isnull=False),
                name="callback_match_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(is_pending=False) | Q(invocation__isnull=True),
                name="callback_is_pending_until_matched",
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
            models.Index(
                fields=["ask_at", "id"], condition=Q(is_pending=True), name="callback_pending"
            ),
        ]

    def __str__(self) -> str:
        return self.workflow_invocation_id or self.digest[:12]

    @cached_property
    def loaded_results(self) -> list[ChannelResult]:
        """`results`, read once. `history.report.prefetch_for_page` reads those of many at once."""
        return list(self.results.all())

    @property
    def is_doubtful(self) -> bool:
        """Whether it is dated before its message was recorded, and no person matched it."""
        if self.invocation is None or self.matched_by_id is not None:
            return False
        starts = [result.started_at for result in self.loaded_results]
        return is_dated_before(self.invocation.created_at, self.ended_at, starts)


class ChannelResult(models.Model):
    """What a callback reports of one channel, in Kaleyra's own words.

    `results.pending` writes it. A text is empty and a number or time None where the body has none.
    """

    callback = models.ForeignKey(Callback, models.CASCADE, related_name="results")
    position = models.PositiveSmallIntegerField()
    """From 1, in the order of the flow."""
    kind = models.CharField(max_length=20, blank=True)
    code = models.CharField(max_length=100, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    wait_seconds = models.PositiveIntegerField(null=True, blank=True)
    """How long Kaleyra waited for a final report."""
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
