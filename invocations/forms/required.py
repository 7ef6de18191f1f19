"""What every form says of a field that was left empty."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

WORDS: dict[type[forms.Field], Any] = {
    forms.Field: _("Fill this in."),
    forms.ChoiceField: _("Choose one."),
    forms.MultipleChoiceField: _("Choose at least one."),
    forms.ModelMultipleChoiceField: _("Choose at least one."),
    forms.FileField: _("Choose a file."),
    forms.BooleanField: _("Tick this."),
}
"""In place of Django's "This field is required.", by kind of field."""


def name_what_to_do() -> None:
    """Changes the messages of Django's fields. A field with a message of its own keeps it."""
    for kind, words in WORDS.items():
        kind.default_error_messages = {**kind.default_error_messages, "required": words}
