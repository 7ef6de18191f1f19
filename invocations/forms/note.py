"""A note that a person adds to a message."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.composing.private_text import what_is_in
from invocations.kaleyra.characters import is_visible
from invocations.models import Invocation, Note
from invocations.models.notes import MAX_NOTE_CHARACTERS
from invocations.sending.decisions import facts_of


class NoteForm(forms.Form):
    """`note_id` is made with the form, so that posting it twice adds one note."""

    note_id = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Add a note"),
        max_length=MAX_NOTE_CHARACTERS,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Colleagues see it. The customer never does. No card or code numbers."),
        error_messages={"required": _("Type the note first.")},
    )

    keeps_it = forms.BooleanField(
        label=_("I have checked: it should stand in the note"), required=False
    )
    """Shown only once something was noticed in the text."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="", initial={"note_id": uuid.uuid4()})
        self.noticed = ""
        """What was noticed: a phone number or a key, in words."""

    def clean(self) -> dict[str, Any]:
        """Asks before a number or a key is saved."""
        cleaned = super().clean() or {}
        self.noticed = what_is_in(cleaned.get("text", ""))
        if self.noticed and not cleaned.get("keeps_it"):
            words = _(
                "It seems to contain %(what)s. Colleagues see it masked. Take it out, or tick the"
                " box below."
            )
            self.add_error("text", words % {"what": self.noticed})
        return cleaned

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not is_visible(text):
            raise forms.ValidationError(_("Type the note first."), code="required")
        return text

    def save(self, invocation: Invocation, author: User) -> bool:
        """Adds the note, unless the same form has added it already.

        False if the values of the message are removed: nothing would ever remove the note.
        """
        note = Note(
            id=self.cleaned_data["note_id"],
            invocation=invocation,
            author=author,
            text=self.cleaned_data["text"],
        )
        try:
            with transaction.atomic():
                kept = Invocation.objects.filter(pk=invocation.pk, values_removed_at__isnull=True)
                if not kept.select_for_update().values_list("pk").first():
                    return False
                note.save(force_insert=True)
                record(verbs.NOTE_ADDED, by=author, about=invocation, facts=facts_of(invocation))
        except IntegrityError:
            if not Note.objects.filter(pk=note.pk, author=author, invocation=invocation).exists():
                raise
        return True
