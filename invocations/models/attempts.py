"""Attempts to send an invocation, and what a person decided about an unknown outcome."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.models.encryption import EncryptedTextField
from invocations.models.invocations import Invocation
from invocations.models.targets import Target


class Attempt(models.Model):
    """One POST, or a claim that was given back unused.

    `sending.claim` commits the row before the socket opens, so that a crash leaves a trace of it.
    `sending.store_outcome` fills in what came of it, `sending.expiry` if the process died.
    """

    class Outcome(models.TextChoices):
        UNDER_WAY = "under_way", pgettext_lazy("attempt", "Under way")
        ACCEPTED = "accepted", pgettext_lazy("attempt", "Accepted")
        REJECTED = "rejected", pgettext_lazy("attempt", "Rejected")
        REFUSED = "refused", pgettext_lazy("attempt", "Set-up refused")
        BUSY = "busy", pgettext_lazy("attempt", "Asked to wait")
        DOUBTFUL = "doubtful", pgettext_lazy("attempt", "Outcome unknown")
        NOT_SENT = "not_sent", pgettext_lazy("attempt", "Not sent")

    # Without an index of its own: the unique constraint begins with it.
    invocation = models.ForeignKey(
        Invocation, models.PROTECT, related_name="attempts", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    """From 1; the invocation's `attempt_count` at the claim."""
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    """None while the attempt is under way, or if its process died."""
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.UNDER_WAY)
    reason = models.CharField(max_length=40, blank=True)
    """A row of `sending.outcomes.TABLE`; empty while the attempt is under way."""
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    """None without an answer, as are `retry_after` without its header and `reply`."""
    retry_after = models.PositiveIntegerField(_("Retry-After in seconds"), null=True, blank=True)
    binding = models.UUIDField(default=uuid.uuid4, editable=False)
    """Identifies the row for the encryption of `reply` before it has a primary key."""
    reply = EncryptedTextField(bound_to="binding", null=True, blank=True, editable=False)
    """JSON, redacted (`kept_reply`)."""
    # The ids named by an answer that did not settle the outcome: a result with one of them may
    # belong to this invocation (`results.matching`). The request id only if another was posted.
    answered_invocation_id = models.CharField(
        max_length=100, blank=True, default="", db_default="", editable=False
    )
    answered_request_id = models.UUIDField(null=True, blank=True, editable=False)
    target = models.ForeignKey(
        Target,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        db_index=False,
    )
    """Where it was posted to. None in rows of a version that did not store it."""
    api_key_id = models.UUIDField(null=True, blank=True, editable=False)
    """The `ApiKey`, which may have been deleted since. None if the account had no key."""
    api_key_last_four = models.CharField(max_length=4, blank=True)
    """Empty if the account had no key."""
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        db_index=False,
    )
    """The person who asked for another attempt; None for the first one and the dispatcher's."""

    class Meta:
        ordering = ["invocation", "number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["invocation", "number"], name="attempt_number_once_per_invocation"
            ),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        "under_way",
                        "accepted",
                        "rejected",
                        "refused",
                        "busy",
                        "doubtful",
                        "not_sent",
                    ]
                ),
                name="attempt_outcome_is_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["answered_invocation_id"],
                condition=~Q(answered_invocation_id=""),
                name="attempt_by_answered_id",
            ),
            models.Index(
                fields=["answered_request_id"],
                condition=Q(answered_request_id__isnull=False),
                name="attempt_by_answered_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invocation_id}.{self.number}"

    @property
    def kept_reply(self) -> dict[str, Any]:
        """As `Invocation.kept_reply`, of this attempt's answer."""
        kept: dict[str, Any] = json.loads(self.reply) if self.reply else {}
        return kept


def read_answers(invocations: Iterable[Invocation]) -> None:
    """Reads the last answers of many invocations in one query, for their `kept_reply`."""
    rows = {row.pk: row for row in invocations if row.answered_attempt is not None}
    if not rows:
        return
    answered = Attempt.objects.filter(number=F("invocation__answered_attempt"))
    answered = answered.filter(invocation_id__in=rows).order_by()
    for attempt in answered.only("invocation_id", "number", "binding", "reply"):
        rows[attempt.invocation_id].answering_attempt = attempt


class Settlement(models.Model):
    """A person's decision about an unknown outcome, with the reason. Never changed.

    `sending.decisions` writes it.
    """

    class Verdict(models.TextChoices):
        DELIVERED = "delivered", _("it was delivered")
        NOT_DELIVERED = "not_delivered", _("it was not delivered")

    invocation = models.OneToOneField(Invocation, models.PROTECT, related_name="settlement")
    verdict = models.CharField(_("what became of it"), max_length=13, choices=Verdict.choices)
    reason = EncryptedTextField(_("how you know"), bound_to="invocation_id", null=True)
    """None once it was removed with the values of its message."""
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=["delivered", "not_delivered"]),
                name="settlement_verdict_is_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.invocation_id}: {self.verdict}"
