"""What may be chosen where a form of the admin takes several records."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from invocations.forms.bounded_choices import BoundedMultipleChoiceField


class BoundedChoices:
    """For a `ModelAdmin`."""

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        options = {"form_class": BoundedMultipleChoiceField, **kwargs}
        return super().formfield_for_manytomany(  # type: ignore[misc]
            db_field, request, **options
        )
