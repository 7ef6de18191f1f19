"""What narrows the history. Filters stand in the address; what is searched for never does, for it may be a number."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterator
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Upper
from django.db.models.lookups import Exact
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from invocations.composing.error_text import NUMBER_TEXT
from invocations.history import filters
from invocations.history.filters import (
    DELIVERY_FILTERS,
    REASON_CHOICES,
    STATUS_CHOICES,
    upgrade_filters,
)
from invocations.kaleyra import recipients
from invocations.models import Account, ChannelResult, Invocation, WorkflowInstance
from invocations.models.recipients import sent_to_by_channel

# Beyond these a day's midnight is no moment any more, in one time zone or another.
DAYS = [MinValueValidator(date(1970, 1, 2)), MaxValueValidator(date(2999, 12, 31))]


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """People by their names, in a list."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.get_full_name() or obj.get_username())


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, validators=DAYS, widget=forms.DateInput(attrs={"type": "date"})
    )


class HistoryFilter(forms.Form):
    """Filters by what became of it, by what an admin set up, by who sent and when. Wrong values in an address narrow nothing and are told.

    `why` and `error` come from the page of errors, by links.
    """

    status = forms.ChoiceField(
        label=_("Submission"),
        required=False,
        choices=[("", _("Any")), *STATUS_CHOICES],
        help_text=_("What became of the request."),
    )
    delivery = forms.ChoiceField(
        label=_("Delivery"),
        required=False,
        choices=[("", _("Any")), *((name, says) for name, (says, _q) in DELIVERY_FILTERS.items())],
        help_text=_("What Kaleyra reported of the customer’s phone, or what a person settled."),
    )
    workflow = forms.ModelChoiceField(
        WorkflowInstance.objects.all(),
        label=_("Workflow"),
        required=False,
        empty_label=_("Any workflow"),
    )
    account = forms.ModelChoiceField(
        Account.objects.all(), label=_("Account"), required=False, empty_label=_("Any account")
    )
    person = PersonField(
        User.objects.order_by("username"),
        label=_("Sent by"),
        required=False,
        empty_label=_("Anybody"),
    )
    since = _day(_("From"))
    until = _day(_("To"))
    http = forms.IntegerField(label=_("HTTP status"), required=False, min_value=100, max_value=599)
    again = forms.ChoiceField(
        label=_("Sent again"),
        required=False,
        choices=[("", _("Whether or not")), ("yes", _("Only what was sent again from another"))],
    )
    practice = forms.ChoiceField(
        label=_("Practice"),
        required=False,
        choices=[("", _("Shown as well")), ("without", _("Left out")), ("only", _("Only these"))],
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

    def __init__(self, address: QueryDict) -> None:
        super().__init__(upgrade_filters(address))
        if not (settings.SANDBOX or Account.for_practice()):
            del self.fields["practice"]

    def narrow(
        self, found: QuerySet[Invocation], but: Collection[str] = ()
    ) -> QuerySet[Invocation]:
        """`found`, narrowed by every valid filter, without those named in `but`."""
        values = {name: self.cleaned_data[name] for name in self.chosen}
        return filters.narrow(found, values, but)

    @cached_property
    def chosen(self) -> dict[str, str]:
        """The valid filters as they stand in an address. Days are written as ISO 8601 has them."""
        self.is_valid()
        given = {name: self.cleaned_data.get(name) for name in self.fields}
        return {
            name: value.isoformat() if isinstance(value, date) else self.data[name]
            for name, value in given.items()
            if value
        }

    @property
    def told(self) -> list[str]:
        """What in the address is wrong, in words."""
        self.is_valid()
        return [
            f"{self.fields[name].label}: {errors[0]}"
            for name, errors in self.errors.items()
            if name in self.fields
        ]

    @property
    def address(self) -> str:
        """The valid filters, as one text that an address can carry."""
        return urlencode(self.chosen)

    @classmethod
    def chosen_in(cls, address: str) -> list[tuple[Any, Any]]:
        """What `address` chose, in words: each filter's label and value."""
        form = cls(QueryDict(address))
        return [(form.fields[name].label, form.in_words(name)) for name in form.chosen]

    def in_words(self, name: str) -> str | Promise:
        """The value of a chosen filter as people read it."""
        value, field = self.cleaned_data[name], self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            return field.label_from_instance(value)
        if isinstance(field, forms.ChoiceField):
            words: dict[str, str | Promise] = dict(field.choices)  # type: ignore[arg-type]
            return words[value]
        return date_format(value, "j M Y") if isinstance(value, date) else str(value)


UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
LOOKED_AT_FOR_COUNTRIES = 200
"""How many rows with a number's last four digits, the newest, tell in which countries it may be at home."""


class HistorySearch(forms.Form):
    """One box for a request id, an id of Kaleyra's, a ticket, a whole phone number or its last four digits.

    A number may be typed with its country code, or as its own country writes it.
    """

    q = forms.CharField(label=_("Find"), max_length=120, required=False)

    @property
    def typed(self) -> str:
        """What is searched for; empty if it can be no id, ticket or number."""
        return str(self.cleaned_data["q"]) if self.is_valid() else ""

    @cached_property
    def numbers(self) -> list[recipients.Recipient]:
        """The whole phone numbers that it may be. Those in national form are of countries that have such a number here."""
        found = {}
        try:
            read = recipients.clean(self.typed)
            found[read.digits] = read
        except recipients.RecipientError:
            pass  # it is an id or a ticket then, or has no country code; `hint` says why it is no number
        if not self.typed.startswith("+"):
            at_home = recipients.in_national_form(self.typed, self._calling_codes)
            found |= {read.digits: read for read in at_home}
        return list(found.values())

    @property
    def _calling_codes(self) -> Iterator[int]:
        """Of the newest numbers here that end as it does."""
        end = "".join(sign for sign in self.typed if sign.isdecimal())[-4:]
        for last_four, hint in [
            ("recipient_last_four", "recipient_hint"),
            ("recipient2_last_four", "recipient2_hint"),
        ]:
            alike = (
                Invocation.objects.filter(~Q(**{last_four: ""}), **{last_four: end})
                .order_by("-pk")
                .values_list(hint, flat=True)
            )
            codes = {recipients.calling_code(masked) for masked in alike[:LOOKED_AT_FOR_COUNTRIES]}
            yield from sorted(code for code in codes if code)

    @property
    def last_four(self) -> str:
        """The last four digits of the number that was typed, whole or not; empty if it is none."""
        if self.numbers:
            return self.numbers[0].digits[-4:]
        return self.typed if re.fullmatch("[0-9]{4}", self.typed) else ""

    @property
    def understood(self) -> str | Promise:
        """What it was taken for. A whole number is not repeated."""
        if self.last_four:
            words = (
                _("this number, ending %(last_four)s")
                if self.numbers
                else _("any number ending %(last_four)s")
            )
            return words % {"last_four": self.last_four}
        return _("request ID") if UUID.fullmatch(self.typed) else _("ID or ticket")

    @cached_property
    def ways(self) -> list[Q]:
        """How what was typed may be found, by its shape. Each is a question for one index; a row may be found by several.

        None if it can be no id, ticket or number.
        """
        typed = self.typed
        if not typed:
            return []
        by_message = ChannelResult.objects.filter(
            message_id=typed, callback__invocation__isnull=False
        )
        ways = [
            Q(Exact(Upper("reference"), Upper(Value(typed)))),
            Q(workflow_invocation_id=typed),
            Q(pk__in=list(by_message.values_list("callback__invocation_id", flat=True)[:100])),
        ]
        if UUID.fullmatch(typed):
            ways.append(Q(request_id=uuid.UUID(typed)))
        if re.fullmatch("[0-9]{4}", typed):
            ways += [
                Q(recipient_last_four=typed),
                Q(recipient2_last_four=typed) & ~Q(recipient2_last_four=""),
            ]
        for number in self.numbers:
            ways += sent_to_by_channel(number.digits)
        return ways

    @property
    def hint(self) -> str | Promise:
        """For what was not found: as what it was searched for and what to try; or why it could not be searched for."""
        if not self.typed:
            return str(self.errors["q"][0]) if self.errors else ""
        if self.numbers:
            countries = list(
                dict.fromkeys(recipients.country(number.region) for number in self.numbers)
            )
            read_as = {"last_four": self.last_four, "countries": gettext(" or ").join(countries)}
            return gettext(
                "No message to a number ending %(last_four)s of %(countries)s. "
            ) % read_as + gettext(
                "Is it another country’s? Type it with + and its country code. Or try its last four digits alone."
            )
        if self.last_four:
            return _("No message to a number that ends in these four digits.")
        if re.fullmatch(r"[+()\d\s./-]{5,}|\d\.?\d*[eE]\+\d+", self.typed):
            try:
                recipients.clean(self.typed)
            except recipients.RecipientError as error:
                return NUMBER_TEXT[error.code]
        if re.fullmatch(r"\d{1,3}", self.typed):
            return _("Type the last four digits of a number, or all of it with its country code.")
        return _(
            "IDs and tickets are found exactly as they are: paste the whole of it. A number is found in full, or by its last four digits."
        )
