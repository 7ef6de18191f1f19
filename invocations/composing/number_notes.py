"""What reading changed in a typed number, in plain words, so that nothing changes unsaid."""

from __future__ import annotations

from collections.abc import Sequence

import phonenumbers
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from invocations.composing.notes import Note
from invocations.kaleyra.recipients import Recipient, country

NOTE_TEXT: dict[str, str | Promise] = {
    "tail_removed": _("The “.0” at the end, which a spreadsheet adds, was taken off."),
    "home_code_added": _(
        "Read as a number of %(country)s, the account’s home country: "
        "its country code %(calling_code)s was put in front."
    ),
    "zero_removed": _("The 0 after the country code was taken out."),
    "national_digits_replaced": _(
        "Digits for calls within %(country)s were replaced by those for calls from abroad."
    ),
    "mexico_1_removed": _("The 1 after Mexico’s 52 was taken out: it is the same phone."),
}
"""By the codes of `Recipient.notes`."""


def notes_of(number: Recipient | None, channel: int = 0) -> list[Note]:
    """What reading changed in `number`. None: what was typed could not be read."""
    if number is None:
        return []
    facts = {
        "country": country(number.region, get_language() or "en"),
        "calling_code": phonenumbers.country_code_for_region(number.region),
    }
    return [Note(code, str(NOTE_TEXT[code]) % facts, channel) for code in number.notes]


def notes_of_all(numbers: Sequence[Recipient | None]) -> list[Note]:
    """The notes of each channel's number, in their order; once, if they say the same of both."""
    by_channel = [notes_of(number) for number in numbers]
    if not by_channel or all(notes == by_channel[0] for notes in by_channel):
        return by_channel[0] if by_channel else []
    return [
        note
        for position, number in enumerate(numbers, start=1)
        for note in notes_of(number, position)
    ]
