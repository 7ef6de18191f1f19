"""Forms that were posted after the session had ended, kept until their owner has signed in."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from invocations.models.encryption import EncryptedTextField
from invocations.models.workflows import WorkflowInstance


class KeptForm(models.Model):
    """What stood in one send form. `forms.kept_form` writes and reads it.

    `body` is JSON: each field's name with its values. The rows are deleted after an hour, or once
    the message is recorded.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request_id = models.UUIDField(unique=True)
    """Of the form's message, so that a form that is posted twice is kept once."""
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    """For whom the form was made. Nobody else gets it back."""
    workflow = models.ForeignKey(WorkflowInstance, models.CASCADE, related_name="+")
    body = EncryptedTextField(bound_to="id")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.workflow_id}, {self.created_at:%H:%M}"
