"""What belongs to the people who send: their own number, and sets of values to start from."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invocations.encryption import EncryptedTextField
from invocations.models.configuration import WorkflowInstance


class Profile(models.Model):
    """One person's settings."""

    binding = models.UUIDField(default=uuid.uuid4, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="profile")
    own_number = EncryptedTextField(_("my number"), bound_to="binding", blank=True, default="")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user)


class Preset(models.Model):
    """Values to start from, never a number. Without an owner it is for everybody who may send the workflow."""

    binding = models.UUIDField(default=uuid.uuid4, editable=False)
    workflow_instance = models.ForeignKey(WorkflowInstance, models.CASCADE, related_name="presets", verbose_name=_("workflow"))
    title = models.CharField(_("title"), max_length=100)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="presets")
    values = EncryptedTextField(bound_to="binding")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("preset")
        verbose_name_plural = _("presets")
        ordering = ["title"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["workflow_instance", "owner", "title"], name="preset_title_once_per_owner"),
            models.UniqueConstraint(
                fields=["workflow_instance", "title"], condition=Q(owner__isnull=True), name="shared_preset_title_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title
