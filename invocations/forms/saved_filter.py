"""Saved filters: names for filters of the history, one's own or everybody's."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import User
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from invocations.forms.history import HistoryFilter
from invocations.models import SavedFilter

SHOWN_AT_MOST = 40


class SavedFilterForm(forms.Form):
    """The name under which `query`, filters as they stand in the history's address, is kept."""

    name = forms.CharField(label=_("Name"), max_length=60)
    is_shared = forms.BooleanField(label=_("For everybody who reads the history"), required=False)
    query = forms.CharField(
        max_length=1000,
        widget=forms.HiddenInput,
        error_messages={"required": _("There is no filter to save.")},
    )

    def __init__(self, person: User, data: Any = None, **kwargs: Any) -> None:
        self.person = person
        super().__init__(data, label_suffix="", **kwargs)

    def clean_query(self) -> str:
        """The filters alone, and of them those that are valid: nothing else is kept."""
        chosen = HistoryFilter(QueryDict(self.cleaned_data["query"])).chosen
        if not chosen:
            raise forms.ValidationError(self.fields["query"].error_messages["required"])
        return urlencode(chosen)

    def save(self) -> SavedFilter:
        """Keeps the filters, in place of those that the person had under this name."""
        kept = {"query": self.cleaned_data["query"], "is_shared": self.cleaned_data["is_shared"]}
        return SavedFilter.objects.update_or_create(
            person=self.person, name=self.cleaned_data["name"], defaults=kept
        )[0]


def saved_filters_for(person: User) -> list[SavedFilter]:
    """This person's filters, and those that others share."""
    found = SavedFilter.objects.filter(Q(person=person) | Q(is_shared=True)).select_related(
        "person"
    )
    return list(found.order_by("name", "pk")[:SHOWN_AT_MOST])
