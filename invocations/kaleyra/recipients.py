"""A typed phone number -> the digits that Kaleyra wants.

Source: seed, `recipient` ("must include the country code, but without the + prefix"). 8 to 15 digits is our reading of
ITU-T E.164; countries and groups come from Google's libphonenumber.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers
from babel import Locale
from babel.core import UnknownLocaleError

MIN_DIGITS, MAX_DIGITS = 8, 15
_FEWEST_AT_HOME = 6
# What people and spreadsheets put between digits, and marks that a copied number carries along unseen.
_SEPARATORS = re.compile(
    "[\\s().\\-/\u00a0\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


class RecipientError(ValueError):
    """A text that is no sendable number. `code` says why; the sentence for people is the caller's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Recipient:
    """A number as it is sent (`digits`) and as people read it."""

    digits: str
    formatted: str
    region: str
    is_assigned: bool
    """Whether the number lies in a range its country has given out. A test number or a new range may not."""


def clean(typed: str) -> Recipient:
    """The recipient in `typed`: `+`, a leading `00`, blanks, dashes, dots, slashes, brackets and a (0) after the country are taken away.

    Raises `RecipientError` with a code: `empty`, `spreadsheet` (9.19E+11), `not_digits`, `no_country` (starts with a single 0),
    `too_short`, `too_long`, `no_such_country`, `impossible` (a length that the country does not have).
    """
    text = _SEPARATORS.sub("", typed)
    if not text:
        raise RecipientError("empty")
    if re.fullmatch(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+", typed.strip()):
        raise RecipientError("spreadsheet")
    text = text.removeprefix("+").removeprefix("00")
    if not re.fullmatch("[0-9]+", text):
        raise RecipientError("not_digits")
    if text.startswith("0"):
        raise RecipientError("no_country")
    if len(text) < MIN_DIGITS:
        raise RecipientError("too_short")
    if len(text) > MAX_DIGITS:
        raise RecipientError("too_long")
    return describe(text)


def describe(digits: str) -> Recipient:
    """Country and grouping of a number's digits. Raises `RecipientError`: `no_such_country`, `too_short`, `too_long`, `impossible`."""
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        raise RecipientError("no_such_country") from None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible in (
        phonenumbers.ValidationResult.TOO_SHORT,
        phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY,
    ):
        raise RecipientError("too_short")
    if possible == phonenumbers.ValidationResult.TOO_LONG:
        raise RecipientError("too_long")
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise RecipientError("impossible")
    read = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    if read != digits:
        return clean(read)  # what is sent is what is shown: +44 (0)20 … has no 0 after the 44
    return Recipient(
        digits=digits,
        formatted=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
        region=phonenumbers.region_code_for_number(number)
        or phonenumbers.region_code_for_country_code(number.country_code or 0),
        is_assigned=phonenumbers.is_valid_number(number),
    )


def in_national_form(typed: str, calling_codes: Iterable[int]) -> list[Recipient]:
    """What `typed` may be as a number written the way its own country writes it ("098765 43210"): one for each calling code it fits.

    Nothing where it begins with its country code (+ or 00), for then `clean` knows it. Whether a 0 at the start belongs to the number
    (Italy), is dialled at home alone (India, the United Kingdom) or is not known there (Singapore) libphonenumber knows.
    """
    text = _SEPARATORS.sub("", typed)
    if not re.fullmatch(f"[0-9]{{{_FEWEST_AT_HOME},{MAX_DIGITS + 1}}}", text) or text.startswith(
        "00"
    ):
        return []
    found = {}
    for code in calling_codes:
        try:
            number = phonenumbers.parse(text, phonenumbers.region_code_for_country_code(code))
            read = clean(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        except (phonenumbers.NumberParseException, RecipientError):
            continue
        found[read.digits] = read
    return list(found.values())


def calling_code(masked: str) -> int | None:
    """The calling code with which a number begins that was written by `mask`.

    >>> calling_code("+91 ••••• •4581")
    91
    """
    begins = re.match(r"\+([0-9]{1,3}) ", masked)
    return int(begins[1]) if begins else None


def country(region: str, language: str = "en") -> str:
    """The name of a region ("IN" -> "India") in CLDR's words; the region itself where CLDR has none."""
    try:
        names = Locale.parse(language, sep="-").territories
    except (UnknownLocaleError, ValueError):
        names = Locale("en").territories
    return names.get(region) or region


def mask(formatted: str) -> str:
    """A number as it may be shown to everybody: country code and last four digits, the rest as dots, grouped as it was.

    >>> mask("+91 80612 34581")
    '+91 ••••• •4581'
    """
    country, _, rest = formatted.partition(" ")
    if not rest:
        country, rest = country[:2], country[2:]
    hidden = sum(c.isdigit() for c in rest) - 4
    shown = []
    for c in rest:
        if c.isdigit() and hidden > 0:
            hidden -= 1
            c = "•"
        shown.append(c)
    return f"{country} {''.join(shown)}"
