"""The filters of the list of changes. They are in the address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import User
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from invocations.forms.days import DaysFilter
from invocations.forms.history import PersonField
from invocations.history.change import OF_THE_TRAIL, Kind
from invocations.history.changes import Query
from invocations.history.wording import person_name


class ChangesFilter(DaysFilter):
    has_trail = False
    """Whether the person reads the whole trail, and not the changes of the set-up alone."""

    kind = forms.ChoiceField(
        label=_("About"), required=False, choices=[("", _("Everything")), *Kind.choices]
    )
    person = PersonField(
        User.objects.order_by("username"),
        label=_("By"),
        required=False,
        empty_label=_("Anybody"),
    )
    of = forms.CharField(
        label=_("Of"),
        required=False,
        max_length=60,
        validators=[
            RegexValidator(
                r"^((account|pod|workflow|user|group)-[0-9]{1,18}"
                r"|apikey-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z"
            )
        ],
        widget=forms.HiddenInput,
    )

    @property
    def query(self) -> Query:
        self.is_valid()
        person = self.cleaned_data.get("person")
        return Query(
            kind=self.chosen.get("kind", ""),
            person=person.pk if person else None,
            of=self.chosen.get("of", ""),
            days=self.between,
        )

    def person_name(self) -> str:
        """Of the chosen person, for whom there is one."""
        self.is_valid()
        person = self.cleaned_data.get("person")
        return person_name(person) if person else ""

    def kind_links(self) -> list[dict[str, Any]]:
        """A link to each kind, keeping all other filters; the chosen one leads back to all."""
        others = {name: value for name, value in self.chosen.items() if name != "kind"}
        current = self.chosen.get("kind")
        return [
            {
                "label": label,
                "current": kind == current,
                "address": urlencode(others if kind == current else others | {"kind": kind}),
            }
            for kind, label in Kind.choices
            if self.has_trail or kind not in OF_THE_TRAIL
        ]
