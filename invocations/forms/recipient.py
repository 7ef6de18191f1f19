"""The field of a phone number, and the numbers of an earlier message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from invocations.composing.error_text import number_text
from invocations.kaleyra import recipients
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import Recipient, RecipientError
from invocations.kaleyra.stored_numbers import stored


class RecipientField(forms.CharField):
    """A phone number in any spelling; gives a `Recipient`.

    Left empty, it stands for `kept`, where there is one. `home`: the region of numbers that are
    typed without a country code, or "".
    """

    def __init__(self, *, kept: Recipient | None = None, home: str = "", **kwargs: Any) -> None:
        self.kept = kept
        self.home = home
        widget = forms.TextInput(
            attrs={"inputmode": "tel", "autocomplete": "off", "class": "number", "maxlength": 60}
        )
        super().__init__(required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        typed = super().clean(value)
        if not typed and self.kept:
            return _still_possible(self.kept)
        try:
            return recipients.clean(typed, self.home)
        except RecipientError as error:
            raise forms.ValidationError(number_text(error), code=error.code) from None


def _still_possible(kept: Recipient) -> Recipient:
    """`kept`, which may be older than today's rules for numbers."""
    try:
        recipients.clean(kept.digits)
    except RecipientError:
        text = _("The number it went to is not accepted any more. Type a number.")
        raise forms.ValidationError(text, code="kept_number_refused") from None
    return kept


@dataclass(frozen=True)
class EarlierSends:
    """What an earlier invocation sent, for the form that sends it again.

    Without `may_see`, its numbers are used and not shown.
    """

    sends: Sequence[Send]
    may_see: bool


def initial_numbers(kept: EarlierSends) -> dict[str, Any]:
    first, second = kept.sends[0], kept.sends[-1]
    numbers: dict[str, Any] = {"same_recipient": first.recipient == second.recipient}
    if kept.may_see:
        numbers |= {
            "recipient": stored(first.recipient).formatted,
            "recipient2": stored(second.recipient).formatted,
        }
    return numbers
