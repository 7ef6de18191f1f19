"""What one admin wants to change about another, until a second admin has confirmed it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AdminChange(models.Model):
    """A change that makes somebody an admin, or that could take an admin's account over.

    `access.admin_changes` makes and confirms it. It is about a person or about a group. Nothing in
    it is a secret: of a password it says only that a new one is to be set.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("confirmation", "Waits to be confirmed")
        CONFIRMED = "confirmed", pgettext_lazy("confirmation", "Confirmed")
        REFUSED = "refused", pgettext_lazy("confirmation", "Refused")
        VOID = "void", pgettext_lazy("confirmation", "Void: something has changed meanwhile")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    """Whom it is about; None if it is about a group."""
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="+")
    changes = models.JSONField()
    """New values by field: IDs of groups and permissions, texts, yes and no. "password": True."""
    seen = models.CharField(max_length=64)
    """Digest of what both were when it was asked (`access.admin_changes`): if either has changed
    since, it is void."""
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """Who confirmed or refused it; None while it is open, or if it became void by itself."""
    ended_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    """When the new password was set, once it was confirmed. It may be set once."""

    class Meta:
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "confirmed", "refused", "void"]),
                name="admin_change_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=True) ^ Q(group__isnull=True),
                name="admin_change_is_about_one",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True)
                | ~Q(state="open") & Q(ended_at__isnull=False),
                name="admin_change_ends_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed")
                | Q(ended_by__isnull=True)
                | ~Q(ended_by=F("asked_by")),
                name="admin_change_is_confirmed_by_another",
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(state="open"), name="admin_change_open_per_person"
            ),
            models.UniqueConstraint(
                fields=["group"], condition=Q(state="open"), name="admin_change_open_per_group"
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(state="open"), name="admin_change_open")
        ]

    def __str__(self) -> str:
        return str(self.person or self.group)
