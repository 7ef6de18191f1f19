"""Converts a typed phone number to the digits that Kaleyra expects.

Source: seed, `recipient` ("must include the country code, but without the + prefix"). 8 to 15
digits is our reading of ITU-T E.164; countries and grouping come from Google's libphonenumber.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import phonenumbers
from babel import Locale
from babel.core import UnknownLocaleError

MIN_DIGITS, MAX_DIGITS = 8, 15
_MIN_NATIONAL_DIGITS = 6
# What people and spreadsheets put between digits, and invisible characters in copied numbers.
_SEPARATORS = re.compile(
    "[\\s().\\-/\u00a0\u2010-\u2015\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


class RecipientError(ValueError):
    """The text is not a number that can be sent to. `code` says why; the caller words it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Recipient:
    """A number as it is sent (`digits`) and as it is shown (`formatted`)."""

    digits: str
    formatted: str
    region: str
    is_assigned: bool
    """Whether the number is in an assigned range. Test numbers and new ranges may not be."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What reading changed in the typed digits, by code: `zero_removed` (the 0 for national calls
    after the country code). `composing.number_notes` words them.
    """

    def with_note(self, code: str) -> Recipient:
        return replace(self, notes=(*self.notes, code))


def clean(typed: str) -> Recipient:
    """The recipient in `typed`.

    Removes `+`, a leading `00`, blanks, dashes, dots, slashes, brackets, and a (0) after the
    country code.

    Raises `RecipientError` with a code: `empty`, `spreadsheet` (9.19E+11), `not_digits`,
    `no_country` (starts with a single 0), `too_short`, `too_long`, `no_such_country`, `impossible`
    (a length that does not exist in the country).
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
    return describe(text)


def describe(digits: str) -> Recipient:
    """The recipient with these digits, which start with the country code.

    Raises `RecipientError`: `no_such_country`, `too_short`, `too_long`, `impossible`.
    """
    if len(digits) < MIN_DIGITS:
        raise RecipientError("too_short")
    if len(digits) > MAX_DIGITS:
        raise RecipientError("too_long")
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
        # The digits sent have to be the digits shown: +44 (0)20 … has no 0 after the 44.
        code = str(number.country_code)
        had_zero = digits.removeprefix(code).lstrip("0") == read.removeprefix(code)
        shown = describe(read)
        return shown.with_note("zero_removed") if had_zero else shown
    return Recipient(
        digits=digits,
        formatted=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
        region=phonenumbers.region_code_for_number(number)
        or phonenumbers.region_code_for_country_code(number.country_code or 0),
        is_assigned=phonenumbers.is_valid_number(number),
    )


def in_national_form(typed: str, calling_codes: Iterable[int]) -> list[Recipient]:
    """The recipients that `typed` stands for as a national number: one per matching calling code.

    "098765 43210" is a national number. The result is empty if `typed` starts with + or 00: that is
    an international number, see `clean`. libphonenumber decides whether a leading 0 is part of the
    number (Italy), a prefix for national calls only (India, the United Kingdom), or not in use
    (Singapore).
    """
    text = _SEPARATORS.sub("", typed)
    national = f"[0-9]{{{_MIN_NATIONAL_DIGITS},{MAX_DIGITS + 1}}}"
    if not re.fullmatch(national, text) or text.startswith("00"):
        return []
    by_digits = {}
    for code in calling_codes:
        try:
            number = phonenumbers.parse(text, phonenumbers.region_code_for_country_code(code))
            read = clean(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        except (phonenumbers.NumberParseException, RecipientError):
            continue
        by_digits[read.digits] = read
    return list(by_digits.values())


def calling_code(masked: str) -> int | None:
    """The calling code at the start of a number masked by `mask`.

    >>> calling_code("+91 ••••• •4581")
    91
    """
    start = re.match(r"\+([0-9]{1,3}) ", masked)
    return int(start[1]) if start else None


def country(region: str, language: str = "en") -> str:
    """The name of a region in CLDR ("IN" -> "India"), or the region code if CLDR has none."""
    try:
        names = Locale.parse(language, sep="-").territories
    except (UnknownLocaleError, ValueError):
        names = Locale("en").territories
    return names.get(region) or region


def mask(formatted: str) -> str:
    """The number with all digits as dots, except the country code and the last four.

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
