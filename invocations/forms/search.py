"""The search of the history. What is searched for is never in the URL: it may be a phone number."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from invocations.composing import error_text
from invocations.kaleyra import number_text, recipients
from invocations.kaleyra.characters import digit, without_invisible
from invocations.kaleyra.masked import MaskedNumber, find_masked
from invocations.models import ChannelResult, SearchableValue
from invocations.models.indexes import kaleyras_id_in, ticket_is, ticket_starts_with
from invocations.models.recipients import sent_to_by_channel
from invocations.models.searchable_values import value_digests
from invocations.models.viewer import Viewer

UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
MAX_ROWS_FOR_COUNTRIES = 200
"""Rows with the same last four digits whose countries are tried for a national number."""
MAX_MESSAGE_ID_MATCHES = 100
MIN_TICKET_CHARACTERS = 3
"""Fewer are no beginning of a ticket: a whole ticket alone is found by them."""


def _ends_in(masked: MaskedNumber) -> list[Q]:
    """Two conditions, each for one index: the first and the second number end in these digits."""
    first = Q(recipient_last_four=masked.last_four)
    second = Q(recipient2_last_four=masked.last_four) & ~Q(recipient2_last_four="")
    if masked.calling_code:
        country = f"+{masked.calling_code} "
        first &= Q(recipient_hint__startswith=country)
        second &= Q(recipient2_hint__startswith=country)
    return [first, second]


class HistorySearch(forms.Form):
    """One field for a phone number, a ticket, an id, or a value marked searchable.

    A phone number is typed with its country code or in national form; or only its last four digits.
    A ticket is found by its beginning, too. A value is found for who may see values: a hit would
    tell them one. Nothing is told of messages that `viewer` does not read.
    """

    q = forms.CharField(label=_("Find"), max_length=120, required=False)

    def __init__(self, data: Any = None, *, viewer: Viewer) -> None:
        super().__init__(data)
        self._viewer = viewer
        self.sees_values = viewer.sees_values

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
        try:
            last_four = number_text.read(self.typed).digits[-4:]
        except recipients.RecipientError:
            return
        for column, hint in [
            ("recipient_last_four", "recipient_hint"),
            ("recipient2_last_four", "recipient2_hint"),
        ]:
            hints = (
                self._viewer.invocations()
                .filter(~Q(**{column: ""}), **{column: last_four})
                .order_by("-pk")
                .values_list(hint, flat=True)
            )
            codes = {recipients.calling_code(masked) for masked in hints[:MAX_ROWS_FOR_COUNTRIES]}
            yield from sorted(code for code in codes if code)

    @cached_property
    def masked(self) -> MaskedNumber | None:
        """The last four digits of a number, alone or with its other digits hidden."""
        digits = "".join(map(digit, self.typed))
        if len(digits) == len(without_invisible(self.typed)) == 4:
            return MaskedNumber(digits, calling_code=None)
        return find_masked(self.typed)

    @cached_property
    def value_digests(self) -> list[str]:
        """The digests that the text has as a searchable value."""
        return value_digests(self.typed) if self.sees_values else []

    @property
    def last_four(self) -> str:
        """The last four digits of a number, complete or not; empty if the text is no number."""
        if self.numbers:
            return self.numbers[0].digits[-4:]
        return self.masked.last_four if self.masked else ""

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
        if UUID.fullmatch(self.typed):
            return _("request ID")
        return _("ticket, ID or value") if self.sees_values else _("ticket or ID")

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
            self._tickets,
            kaleyras_id_in([typed]),
            Q(pk__in=list(by_message_id[:MAX_MESSAGE_ID_MATCHES])),
        ]
        if UUID.fullmatch(typed):
            ways.append(Q(request_id=uuid.UUID(typed)))
        if self.masked:
            ways += _ends_in(self.masked)
        for number in self.numbers:
            ways += sent_to_by_channel(number.digits)
        if self.value_digests:
            having = SearchableValue.objects.filter(digest__in=self.value_digests)
            ways.append(Q(pk__in=having.values("invocation_id")))
        return ways

    @property
    def _tickets(self) -> Q:
        return (ticket_starts_with if self.finds_beginnings else ticket_is)(self.typed)

    @property
    def finds_beginnings(self) -> bool:
        """Whether the text may be the beginning of a ticket."""
        return len(self.typed) >= MIN_TICKET_CHARACTERS

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
            "A number is found in full or by its last four digits, a ticket by its beginning, "
            "an ID or a searchable value by the whole of it."
        )

    def _hint_for_numbers(self) -> str:
        countries = dict.fromkeys(recipients.country(number.region) for number in self.numbers)
        facts = {"last_four": self.last_four, "countries": gettext(" or ").join(countries)}
        not_found = gettext("No message to a number ending %(last_four)s of %(countries)s. ")
        return not_found % facts + gettext(
            "Is it another country’s? Type it with + and its country code. "
            "Or try its last four digits alone."
        )
