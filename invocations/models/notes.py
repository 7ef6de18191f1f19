"""Notes that people add to a message after it was recorded."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from invocations.models.encryption import EncryptedTextField
from invocations.models.invocations import Invocation

MAX_NOTE_CHARACTERS = 500


class Note(models.Model):
    """What a person wrote about a message, for colleagues. Never changed (`models.immutable`),
    but removed with its message.

    The note that is typed in the send form is `Invocation.note`.
    """

    # Made with the form, so that a form that is posted twice adds one note.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invocation = models.ForeignKey(Invocation, models.CASCADE, related_name="notes", db_index=False)
    text = EncryptedTextField(_("note"), bound_to="id", null=True)
    """None once it was removed with the values of its message."""
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        default_permissions = ()
        indexes = [models.Index(fields=["invocation", "created_at"], name="note_by_message")]

    def __str__(self) -> str:
        return f"{self.invocation_id}: {self.author}"
