"""One field for each value that a template asks for.

The gate (`composing.check`) judges what is typed.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invocations.composing.template_fields import TemplateField
from invocations.kaleyra.characters import is_visible
from invocations.kaleyra.line_breaks import in_one_line


class ValueField(forms.CharField):
    """A value as text, in one line. `required` is for its label: the gate refuses what is missing.

    A browser takes the line breaks out of what it shows in the field, and joins two words by it.
    """

    def prepare_value(self, value: Any) -> Any:
        return in_one_line(value) if isinstance(value, str) else value

    def to_python(self, value: Any) -> str:
        """Empty where nothing is to be seen, as for blanks alone."""
        text: str = in_one_line(super().to_python(value) or "")
        return text if is_visible(text) else ""

    def validate(self, value: Any) -> None:
        pass


class ChosenValueField(forms.ChoiceField):
    """A value from a list. The gate refuses what is not in it."""

    def validate(self, value: Any) -> None:
        pass


def value_field(field: TemplateField) -> Any:
    """The form field for one value, with the admin's words.

    It has the template field as `asked`.
    """
    words = field.words
    common: dict[str, Any] = {
        "label": field.label,
        "help_text": words.help_text,
        "required": field.required,
        "initial": words.default,
    }
    made: Any
    if field.choices:
        choices = [("", _("Choose …")), *((choice, choice) for choice in field.choices)]
        made = ChosenValueField(choices=choices, **common)
    else:
        sample = words.sample and _("For example %s") % words.sample
        attributes = {"autocomplete": "off", "placeholder": sample}
        hides = field.is_sensitive
        made = ValueField(
            widget=forms.PasswordInput(attributes, render_value=True)
            if hides
            else forms.TextInput(attributes),
            **common,
        )
    made.asked = field  # the template shows its key
    return made
