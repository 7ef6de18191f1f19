"""What may be chosen where a form of the admin takes several records."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest

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


class PermissionsField(BoundedMultipleChoiceField):
    """Names a permission in a sentence: "Can stop all sending", without its app and model."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class BoundedChoices:
    """For a `ModelAdmin`."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the buttons that open another record in a popup window."""
        field = super().formfield_for_dbfield(  # type: ignore[misc]
            db_field, request, **kwargs
        )
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        options = {"form_class": BoundedMultipleChoiceField, **kwargs}
        return super().formfield_for_manytomany(  # type: ignore[misc]
            db_field, request, **options
        )
