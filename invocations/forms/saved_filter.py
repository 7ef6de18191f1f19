"""Saved filters of the history, personal or shared."""

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
from invocations.models.reading import Reading
from invocations.models.viewer import Viewer

MAX_SAVED_FILTERS = 40
"""Saved filters that are listed for one person."""


class SavedFilterForm(forms.Form):
    """Stores `query`, the query string of the history, under a name."""

    name = forms.CharField(label=_("Name"), max_length=60)
    is_shared = forms.BooleanField(label=_("For everybody who reads the history"), required=False)
    query = forms.CharField(
        max_length=1000,
        widget=forms.HiddenInput,
        error_messages={"required": _("There is no filter to save.")},
    )

    def __init__(self, viewer: Viewer, person: User, data: Any = None, **kwargs: Any) -> None:
        self.viewer, self.person = viewer, person
        super().__init__(data, label_suffix="", **kwargs)

    def clean_query(self) -> str:
        """The valid filters only: nothing else of the query string is stored."""
        chosen = HistoryFilter(QueryDict(self.cleaned_data["query"]), self.viewer).chosen
        if not chosen:
            raise forms.ValidationError(self.fields["query"].error_messages["required"])
        return urlencode(chosen)

    def save(self) -> SavedFilter:
        """Stores the filters, in place of the person's own under the same name."""
        kept = {"query": self.cleaned_data["query"], "is_shared": self.cleaned_data["is_shared"]}
        return SavedFilter.objects.update_or_create(
            person=self.person, name=self.cleaned_data["name"], defaults=kept
        )[0]


def saved_filters_for(person: User, reading: Reading) -> list[SavedFilter]:
    """The person's filters and the shared ones, by name, but for those of a workflow that they do
    not read.
    """
    found = SavedFilter.objects.filter(Q(person=person) | Q(is_shared=True)).select_related(
        "person"
    )
    shown = found.order_by("name", "pk")[:MAX_SAVED_FILTERS]
    return [saved for saved in shown if reading.reads_workflow(_workflow_in(saved.query))]


def _workflow_in(query: str) -> int | None:
    text = QueryDict(query).get("workflow", "")
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
