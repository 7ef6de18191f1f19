"""What reading changed in a typed number, in plain words, so that nothing changes unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import phonenumbers
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

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


@dataclass(frozen=True)
class NumberNote:
    """`channel` is the position (1 or 2) of the number's channel, or 0 for both."""

    code: str
    text: str
    channel: int = 0
    key: str = ""
    """Always empty: a note is about no value. A `Finding` has one."""

    def as_json(self) -> dict[str, str | int | None]:
        """As `manage.py invoke --json` prints it. `channel` is null for both."""
        return {"code": self.code, "channel": self.channel or None, "text": self.text}


def notes_of(number: Recipient | None, channel: int = 0) -> list[NumberNote]:
    """What reading changed in `number`. None: what was typed could not be read."""
    if number is None:
        return []
    facts = {
        "country": country(number.region, get_language() or "en"),
        "calling_code": phonenumbers.country_code_for_region(number.region),
    }
    return [NumberNote(code, str(NOTE_TEXT[code]) % facts, channel) for code in number.notes]


def notes_of_all(numbers: Sequence[Recipient | None]) -> list[NumberNote]:
    """The notes of each channel's number, in their order; once, if they say the same of both."""
    by_channel = [notes_of(number) for number in numbers]
    if not by_channel or all(notes == by_channel[0] for notes in by_channel):
        return by_channel[0] if by_channel else []
    return [
        note
        for position, number in enumerate(numbers, start=1)
        for note in notes_of(number, position)
    ]
