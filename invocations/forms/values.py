"""One field for each value that a template asks for, with the admin's words and rules."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from invocations.composing.template_fields import TemplateField


def field_name(position: int, key: str) -> str:
    """The name in the form of a channel's value. Keys may hold any sign; names and ids hold letters, digits, - and _ only."""
    safe = "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in key)
    return f"value{position}-{safe}"


class MostCharacters:
    """Refuses a value that is too long, and says by how much."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, value: str) -> None:
        if len(value) > self.limit:
            raise ValidationError(
                _("%(length)s characters. At most %(limit)s: take out %(over)s."),
                code="max_length",
                params={"length": len(value), "limit": self.limit, "over": len(value) - self.limit},
            )


class WholePattern:
    """Refuses a value that the admin's pattern does not match from end to end."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __call__(self, value: str) -> None:
        if not re.fullmatch(self.pattern, value):
            raise ValidationError(
                _("This does not look as it should: %(pattern)s."),
                code="pattern",
                params={"pattern": self.pattern},
            )


def value_field(asked: TemplateField) -> Any:
    """The field for one value."""
    said = asked.words
    common: dict[str, Any] = {
        "label": asked.label,
        "help_text": said.help_text,
        "required": asked.required,
        "initial": said.default,
        "error_messages": {"required": _("Fill this in: the template needs it.")},
    }
    field: Any
    if asked.choices:
        field = forms.ChoiceField(
            choices=[("", _("Choose …")), *((choice, choice) for choice in asked.choices)], **common
        )
    else:
        attributes = {
            "autocomplete": "off",
            "placeholder": said.sample and _("For example %s") % said.sample,
        }
        widget = (
            forms.PasswordInput(attributes, render_value=True)
            if asked.is_sensitive
            else forms.TextInput(attributes)
        )
        rules = [MostCharacters(said.max_length)] if said.max_length else []
        patterns = [WholePattern(said.pattern)] if said.pattern else []
        field = forms.CharField(widget=widget, validators=[*rules, *patterns], **common)
    field.asked = asked  # the template shows its key
    return field
