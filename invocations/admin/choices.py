"""What may be chosen where a form of the admin takes several records."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.http import HttpRequest

from invocations.forms.bounded_choices import BoundedMultipleChoiceField


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
