"""A choice of several records, by what a database takes as their ids."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import ModelMultipleChoiceField

MAX_ID_CHARACTERS = 18
"""A database refuses a statement with a number beyond 64 bits."""


class BoundedMultipleChoiceField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    def clean(self, value: Any) -> Any:
        for each in value if isinstance(value, list | tuple) else ():
            if len(str(each)) > MAX_ID_CHARACTERS:
                code = "invalid_choice"
                raise ValidationError(
                    self.error_messages[code], code=code, params={"value": str(each)[:20]}
                )
        return super().clean(value)
