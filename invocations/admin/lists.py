"""What may be typed into the search of an admin list."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeListSearchForm
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.views import ChangeList

MAX_CHARACTERS = 200
MAX_WORDS = 10
"""Each word adds a condition for each field. A database refuses a statement with too many."""
_IN_NO_COLUMN = re.compile(r"\d{19}|\0")
"""A number beyond 64 bits, and NUL, which PostgreSQL refuses."""


def _check_words(typed: str) -> None:
    if len(typed.split()) > MAX_WORDS:
        raise ValidationError(_("Search for %(most)s words at most.") % {"most": MAX_WORDS})


class BoundedSearchForm(ChangeListSearchForm):
    """Shows a search that is too long as an error, above the whole list."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = forms.CharField(
            required=False, strip=False, max_length=MAX_CHARACTERS, validators=[_check_words]
        )


class BoundedChangeList(ChangeList):
    search_form_class = BoundedSearchForm

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        """Raises `IncorrectLookupParameters` for a filter by what no column can hold."""
        given = [value for values in self.filter_params.values() for value in values]
        if any(_IN_NO_COLUMN.search(str(value)) for value in given):
            raise IncorrectLookupParameters
        rows: QuerySet[Any] = super().get_queryset(request, *args, **kwargs)
        return rows


class BoundedLists:
    """For a `ModelAdmin`."""

    # The address of the page holds what is typed.
    search_help_text: ClassVar[Any] = gettext_lazy("Name or ID. Not a phone number or a key")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList
