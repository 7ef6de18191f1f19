"""How far the removal of old values is, erasures of persons, and searches by whole numbers."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.models.encryption import EncryptedTextField
from invocations.models.workflows import WorkflowInstance


class CodeRemoval(models.Model):
    """Up to which message the one-time codes of a workflow are removed (`privacy.codes`)."""

    workflow = models.OneToOneField(
        WorkflowInstance, models.CASCADE, primary_key=True, related_name="+"
    )
    done_until = models.DateTimeField()
    """The messages that were final before this time have none any more."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.workflow_id}: {self.done_until}"


class PurgeRun(models.Model):
    """What a run of `privacy.purge` has removed so far. The trail gets it when the run is over."""

    started_at = models.DateTimeField(default=timezone.now)
    counts = models.JSONField(default=dict)
    """How many, by kind."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.started_at}"


class Erasure(models.Model):
    """One person is erased. The row stays, without the number: it is the receipt."""

    class State(models.TextChoices):
        UNDER_WAY = "under_way", pgettext_lazy("erasure", "Under way")
        DONE = "done", pgettext_lazy("erasure", "Done")

    LEFT = "texts_left"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = EncryptedTextField(bound_to="id", null=True)
    """The digits, while it is under way; None afterwards."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNDER_WAY)
    cursor = models.JSONField(default=list)
    """Which step it is at, and how far that is (`privacy.erasure`)."""
    counts = models.JSONField(default=dict)
    """How many, by kind: what was removed, and as `LEFT` the texts that still have the number."""
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """None if it was asked for on the command line."""
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="under_way", done_at__isnull=True, number__isnull=False)
                | Q(state="done", done_at__isnull=False, number__isnull=True),
                name="erasure_has_a_number_until_it_is_done",
            )
        ]
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(state="under_way"), name="erasure_under_way"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def removed(self) -> dict[str, int]:
        return {kind: count for kind, count in self.counts.items() if kind != self.LEFT}

    @property
    def texts_left(self) -> int:
        """Texts that still have the number: of messages to others that may still leave, or of
        records that never change.
        """
        return int(self.counts.get(self.LEFT, 0))


class NumberSearch(models.Model):
    """Somebody searched by a whole number. Kept for minutes, to see whether it looks like guessing
    (`privacy.number_searches`).
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    """Of the number (`models.recipients`)."""
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["person", "digest"], name="number_search_stands_once")
        ]
        indexes = [models.Index(fields=["person", "at"], name="number_search_by_person")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.at}"
