"""The filters and the search of the history.

Filters are in the URL. What is searched for never is, because it may be a phone number.
"""

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

from invocations.composing import error_text
from invocations.history import filters
from invocations.history.filters import (
    DELIVERY_FILTERS,
    REASON_CHOICES,
    STATUS_CHOICES,
    upgrade_filters,
)
from invocations.kaleyra import number_text, recipients
from invocations.kaleyra.characters import digit
from invocations.models import Account, ChannelResult, Invocation, WorkflowInstance
from invocations.models.recipients import sent_to_by_channel

# Outside this range the midnight of a day cannot be represented in every time zone.
DAY_VALIDATORS = [MinValueValidator(date(1970, 1, 2)), MaxValueValidator(date(2999, 12, 31))]


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A choice of people, shown by their full names."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.get_full_name() or obj.get_username())


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        validators=DAY_VALIDATORS,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class HistoryFilter(forms.Form):
    """The filters of the history, from the query string of its URL (`address`).

    A filter with an invalid value is ignored and named in `told`. `why` and `error` have no visible
    field: links from the page of errors set them.
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
        """`found`, narrowed by every valid filter except for those named in `but`."""
        values = {name: self.cleaned_data[name] for name in self.chosen}
        return filters.narrow(found, values, but)

    @cached_property
    def chosen(self) -> dict[str, str]:
        """The valid filters by name, as in a query string. Days are in ISO 8601."""
        self.is_valid()
        given = {name: self.cleaned_data.get(name) for name in self.fields}
        return {
            name: value.isoformat() if isinstance(value, date) else self.data[name]
            for name, value in given.items()
            if value
        }

    @property
    def told(self) -> list[str]:
        """The errors: one sentence for each filter with an invalid value."""
        self.is_valid()
        return [
            f"{self.fields[name].label}: {errors[0]}"
            for name, errors in self.errors.items()
            if name in self.fields
        ]

    @property
    def address(self) -> str:
        """The valid filters as a query string."""
        return urlencode(self.chosen)

    @classmethod
    def chosen_in(cls, address: str) -> list[tuple[Any, Any]]:
        """Label and value, in words, of each filter in the query string `address`."""
        form = cls(QueryDict(address))
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


UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
MAX_ROWS_FOR_COUNTRIES = 200
"""Rows with the same last four digits whose countries are tried for a national number."""
MAX_MESSAGE_ID_MATCHES = 100


class HistorySearch(forms.Form):
    """One field for a request id, an id of Kaleyra's, a ticket, or a phone number.

    A phone number is typed with its country code or in national form; or only its last four digits.
    """

    q = forms.CharField(label=_("Find"), max_length=120, required=False)

    @property
    def typed(self) -> str:
        """The text to search for; empty if it is invalid or missing."""
        return str(self.cleaned_data["q"]) if self.is_valid() else ""

    @cached_property
    def numbers(self) -> list[recipients.Recipient]:
        """The complete phone numbers that the text may mean.

        A number in national form is tried with the countries of stored numbers that end alike.
        """
        numbers = {}
        try:
            number = recipients.clean(self.typed)
            numbers[number.digits] = number
        except recipients.RecipientError:
            pass  # an id or a ticket, or a number without country code; `hint` explains it
        national = recipients.in_national_form(self.typed, self._calling_codes)
        numbers |= {number.digits: number for number in national}
        return list(numbers.values())

    @property
    def _calling_codes(self) -> Iterator[int]:
        """The calling codes of the newest stored numbers with the same last four digits."""
        last_four = "".join(map(digit, self.typed))[-4:]
        for column, hint in [
            ("recipient_last_four", "recipient_hint"),
            ("recipient2_last_four", "recipient2_hint"),
        ]:
            hints = (
                Invocation.objects.filter(~Q(**{column: ""}), **{column: last_four})
                .order_by("-pk")
                .values_list(hint, flat=True)
            )
            codes = {recipients.calling_code(masked) for masked in hints[:MAX_ROWS_FOR_COUNTRIES]}
            yield from sorted(code for code in codes if code)

    @property
    def last_four(self) -> str:
        """The last four digits of a number, complete or not; empty if the text is no number."""
        if self.numbers:
            return self.numbers[0].digits[-4:]
        return self.typed if re.fullmatch("[0-9]{4}", self.typed) else ""

    @property
    def understood(self) -> str | Promise:
        """What the text was taken for. A complete number is not repeated."""
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
        """The conditions that find the rows, depending on the form of the text.

        Each uses one index; a row may meet several of them. Empty without a valid text.
        """
        typed = self.typed
        if not typed:
            return []
        by_message_id = ChannelResult.objects.filter(
            message_id=typed, callback__invocation__isnull=False
        ).values_list("callback__invocation_id", flat=True)
        ways = [
            Q(Exact(Upper("reference"), Upper(Value(typed)))),
            Q(workflow_invocation_id=typed),
            Q(pk__in=list(by_message_id[:MAX_MESSAGE_ID_MATCHES])),
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
        """If nothing was found: what was searched for and what to try, or why it is invalid."""
        if not self.typed:
            return str(self.errors["q"][0]) if self.errors else ""
        if self.numbers:
            return self._hint_for_numbers()
        if self.last_four:
            return _("No message to a number that ends in these four digits.")
        if number_text.consists_of_digits(self.typed):
            try:
                recipients.clean(self.typed)
            except recipients.RecipientError as error:
                return error_text.number_text(error)
        if re.fullmatch(r"\d{1,3}", self.typed):
            return _("Type the last four digits of a number, or all of it with its country code.")
        return _(
            "IDs and tickets are found exactly as they are: paste the whole of it. "
            "A number is found in full, or by its last four digits."
        )

    def _hint_for_numbers(self) -> str:
        countries = dict.fromkeys(recipients.country(number.region) for number in self.numbers)
        facts = {"last_four": self.last_four, "countries": gettext(" or ").join(countries)}
        not_found = gettext("No message to a number ending %(last_four)s of %(countries)s. ")
        return not_found % facts + gettext(
            "Is it another country’s? Type it with + and its country code. "
            "Or try its last four digits alone."
        )
