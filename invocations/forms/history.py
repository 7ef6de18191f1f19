"""The filters of the history. They are in the URL."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlencode

from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from invocations.forms.days import DaysFilter
from invocations.forms.filter_choices import FilterChoices, filter_choices
from invocations.forms.plain_select import PlainSelect
from invocations.history import filters
from invocations.history.batch_names import batch_name
from invocations.history.filters import (
    DELIVERY_FILTERS,
    REASON_CHOICES,
    STATUS_CHOICES,
    upgrade_filters,
)
from invocations.models import Account, Batch, Invocation, WorkflowInstance
from invocations.models.people import full_name
from invocations.models.viewer import Viewer


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no subscript at run time
    """A choice of people, shown by their full names."""

    def label_from_instance(self, obj: Any) -> str:
        return full_name(obj)


class BatchField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A batch by its uid, shown by the name of its file."""

    def label_from_instance(self, obj: Any) -> str:
        return batch_name(obj)


_fields_without_filters: tuple[object, SafeString] = (None, SafeString())
"""What the choices were, and `HistoryFilter.as_fields` with them."""


class HistoryFilter(DaysFilter):
    """The filters of the history, from the query string of its URL (`address`).

    `why`, `error` and `batch` have no visible field: links from the page of errors and from that of
    a batch set them. `practice` has a switch above the list (`kind_links`).
    """

    field_order = (
        *("status", "delivery", "workflow", "account", "person", "since", "until", "http"),
        *("again", "practice", "batch", "error", "why"),
    )

    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        widget=PlainSelect,
        choices=[("", _("Any")), *STATUS_CHOICES],
        help_text=_("Whether Kaleyra accepted it."),
    )
    delivery = forms.ChoiceField(
        label=_("Delivery"),
        required=False,
        widget=PlainSelect,
        choices=[("", _("Any")), *((name, says) for name, (says, _q) in DELIVERY_FILTERS.items())],
        help_text=_("What Kaleyra reported, or what a person recorded."),
    )
    workflow = forms.ModelChoiceField(
        WorkflowInstance.objects.none(),
        label=_("Workflow"),
        required=False,
        widget=PlainSelect,
        empty_label=_("Any workflow"),
    )
    account = forms.ModelChoiceField(
        Account.objects.all(),
        label=_("Account"),
        required=False,
        widget=PlainSelect,
        empty_label=_("Any account"),
    )
    person = PersonField(
        User.objects.order_by("username"),
        label=_("Sent by"),
        required=False,
        widget=PlainSelect,
        empty_label=_("Anybody"),
    )
    http = forms.IntegerField(label=_("HTTP status"), required=False, min_value=100, max_value=599)
    again = forms.ChoiceField(
        label=_("Sent again"),
        required=False,
        widget=PlainSelect,
        choices=[("", _("All messages")), ("yes", _("Only messages sent again"))],
    )
    practice = forms.ChoiceField(
        label=_("Live or practice"),
        required=False,
        choices=[("", _("All")), ("without", _("Live")), ("only", _("Practice"))],
        widget=forms.HiddenInput,
    )
    batch = BatchField(
        Batch.objects.none(),
        to_field_name="uid",
        label=_("Batch"),
        required=False,
        widget=forms.HiddenInput,
    )
    error = forms.CharField(
        label=_("Error"), required=False, max_length=200, widget=forms.HiddenInput
    )
    why = forms.ChoiceField(
        label=_("Why"),
        required=False,
        choices=[("", ""), *REASON_CHOICES.items()],
        widget=forms.HiddenInput,
    )

    def __init__(self, address: QueryDict, viewer: Viewer) -> None:
        self._viewer = viewer
        super().__init__(upgrade_filters(address))
        offered: Any = self.fields["workflow"]
        offered.queryset = viewer.reading.workflows()
        of_batch: Any = self.fields["batch"]
        of_batch.queryset = viewer.batches().defer("found", "reading", "columns")
        for name in ("workflow", "account", "person"):
            field: Any = self.fields[name]
            field.choices = partial(self._choices_of, name)
        if not (settings.SANDBOX or self._filter_choices.has_practice):
            del self.fields["practice"]

    @cached_property
    def _filter_choices(self) -> FilterChoices:
        return filter_choices(self._viewer.reading)

    def _choices_of(self, name: str) -> list[tuple[int | str, Any]]:
        field: forms.ModelChoiceField[Any] = self.fields[name]  # type: ignore[assignment]
        return [("", field.empty_label), *getattr(self._filter_choices, name)]

    def as_fields(self) -> SafeString:
        """The visible fields as HTML. Without filters they differ only by their choices, so those
        of the last page are taken again: to render them takes a fifth of the page's time.
        """
        global _fields_without_filters  # replaced as a whole
        key = (get_language(), tuple(self.fields), repr(self._filter_choices))
        is_plain = not any(self.data.get(name) for name in self.fields)
        if is_plain and _fields_without_filters[0] == key:
            return _fields_without_filters[1]
        html = SafeString("".join(as_crispy_field(field) for field in self.visible_fields()))
        if is_plain:
            _fields_without_filters = (key, html)
        return html

    def kind_links(self) -> list[dict[str, Any]]:
        """The switch between all, live and practice messages, keeping all other filters.

        Empty in a console that has never had a practice account.
        """
        if "practice" not in self.fields:
            return []
        others = {name: value for name, value in self.chosen.items() if name != "practice"}
        current = self.chosen.get("practice", "")
        return [
            {
                "title": title,
                "address": urlencode(others | ({"practice": kind} if kind else {})),
                "current": kind == current,
            }
            for kind, title in self.fields["practice"].choices  # type: ignore[attr-defined]
        ]

    def narrow(
        self, found: QuerySet[Invocation], but: Collection[str] = ()
    ) -> QuerySet[Invocation]:
        """`found`, narrowed by every valid filter except for those named in `but`."""
        values = {name: self.cleaned_data[name] for name in self.chosen}
        return filters.narrow(found, values, but)

    @classmethod
    def chosen_in(cls, address: str, viewer: Viewer) -> list[tuple[Any, Any]]:
        """Label and value, in words, of each filter in the query string `address`."""
        form = cls(QueryDict(address), viewer)
        return [(form.fields[name].label, form.in_words(name)) for name in form.chosen]

    def in_words(self, name: str) -> str | Promise:
        """The value of a chosen filter as it is shown."""
        value, field = self.cleaned_data[name], self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            return field.label_from_instance(value)
        if isinstance(field, forms.ChoiceField):
            labels: dict[str, str | Promise] = dict(field.choices)  # type: ignore[arg-type]
            return labels[value]
        return date_format(value, "j M Y") if isinstance(value, date) else str(value)
