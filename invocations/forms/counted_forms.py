"""Bounds of the counts that a browser posts with a set of forms."""

from __future__ import annotations

from typing import Any

from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

SPARE_FORMS = 2
"""Forms that are read beyond the most that a set may have, to show which are too many."""


class BoundedCounts:
    """For a `BaseFormSet`: a negative count is an error of the form.

    Django reads it as a number of forms, and fails. Pass `absolute_max` for the upper bound.
    """

    @cached_property
    def management_form(self) -> Any:
        form = super().management_form  # type: ignore[misc]
        for name in (TOTAL_FORM_COUNT, INITIAL_FORM_COUNT):
            if form.is_bound and form.cleaned_data.get(name, 0) < 0:
                form.add_error(name, _("This count is negative."))
                form.cleaned_data[name] = 0
        return form
