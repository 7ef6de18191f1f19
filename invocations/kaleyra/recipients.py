"""Converts a typed phone number to the digits that Kaleyra expects.

Source: seed, `recipient` ("must include the country code, but without the + prefix"). 8 to 15
digits is our reading of ITU-T E.164; countries and grouping come from Google's libphonenumber.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import phonenumbers
from babel import Locale
from babel.core import UnknownLocaleError
from phonenumbers import PhoneNumberType

from invocations.kaleyra import number_text
from invocations.kaleyra.masked import calling_code as calling_code
from invocations.kaleyra.number_text import NumberText
from invocations.kaleyra.number_text import RecipientError as RecipientError
from invocations.kaleyra.spellings import without_mexican_1

MIN_DIGITS, MAX_DIGITS = 8, 15
_MIN_NATIONAL_DIGITS = 6
_SHORT_TAIL, _UNBROKEN = 5, 9
"""Digits of a last group that may be an extension, and of a group that is a number by itself."""
_MAX_LANDLINE_LENGTHS = 2
_AT_HOME = "home_code_added"
_MAX_SEEN = 5
"""Digits that an error quotes."""

KINDS = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "landline_or_mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.UAN: "company_number",
    PhoneNumberType.VOICEMAIL: "voicemail",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal_number",
}
"""By the type of libphonenumber."""


@dataclass(frozen=True)
class Recipient:
    """A number as it is sent (`digits`) and as it is shown (`formatted`)."""

    digits: str
    formatted: str
    region: str
    is_assigned: bool
    """Whether the number is in an assigned range. Test numbers and new ranges may not be."""
    kind: str = ""
    """What libphonenumber takes it for: one of `KINDS`; empty if it is not assigned."""
    notes: tuple[str, ...] = field(default=(), compare=False)
    """What reading changed in the typed digits, by code; `composing.number_notes` words them.

    `tail_removed` (the .0 of a spreadsheet), `home_code_added` (the country code of the account's
    home country), `zero_removed` (the 0 for national calls after the country code),
    `national_digits_replaced` (Argentina's 15, Russia's 8), `mexico_1_removed` (the 1 that WhatsApp
    writes after Mexico's 52).
    """

    def with_note(self, code: str) -> Recipient:
        return replace(self, notes=(*self.notes, code))


def clean(typed: str, home: str = "") -> Recipient:
    """The recipient in `typed`, whose `notes` say what was changed.

    `number_text.read` says how the text is read. A number without + or 00 may be one of the region
    `home` (ISO 3166) without its country code, if it is not one of another country (note
    `home_code_added`).

    Raises `RecipientError` with a code: those of `number_text.read` and of `describe`; `no_country`
    (starts with a single 0); `tail` (a complete number, and more digits after it).
    """
    text = number_text.read(typed)
    try:
        whole = _at_home_or_abroad(text.digits, text.is_international, home)
    except RecipientError:
        _refuse_tail(text, None, home)
        raise
    if text.spelling != whole.formatted:
        _refuse_tail(text, whole, home)
    return replace(whole, notes=(*text.notes, *whole.notes))


def _at_home_or_abroad(digits: str, is_international: bool, home: str) -> Recipient:
    if is_international:
        return _abroad(digits)
    at_home = home_reading(digits, home)
    try:
        abroad = _abroad(digits)
    except RecipientError:
        if at_home is None:
            raise
        return at_home
    if at_home is None or at_home.digits == abroad.digits:
        return abroad
    # 4304350377 is no Austrian number with a 0 too many if it is an Italian one as it stands.
    is_clearly_abroad = abroad.is_assigned and abroad.digits == digits
    return abroad if is_clearly_abroad else at_home


def _abroad(digits: str) -> Recipient:
    if digits.startswith("0"):
        raise RecipientError("no_country")
    return describe(digits)


def _refuse_tail(text: NumberText, whole: Recipient | None, home: str) -> None:
    """Refuses `919876543210 2`: the digits up to a separator are a complete number by themselves.

    They may be part of a longer one where numbers differ in length (Germany), unless the rest is
    very short.
    """
    for count in range(1, len(text.groups)):
        head, tail = text.groups[:count], "".join(text.groups[count:])
        try:
            complete = _at_home_or_abroad("".join(head), text.is_international, home)
        except RecipientError:
            continue
        is_short = len(tail) == 1 or (len(tail) <= _SHORT_TAIL and len(head[-1]) >= _UNBROKEN)
        if complete.is_assigned and (is_short or not _is_longer(whole, complete)):
            raise RecipientError("tail", tail[:_MAX_SEEN])


def _is_longer(whole: Recipient | None, complete: Recipient) -> bool:
    """Whether `whole` is a number as good as `complete`, which its first digits are by themselves.

    A mobile number and more digits may be its voicemail box: +39 347 1234567 12.
    """
    if whole is None or not whole.is_assigned:
        return False
    is_same_country = (_AT_HOME in whole.notes) == (_AT_HOME in complete.notes)
    return whole.kind == complete.kind or not is_same_country


def home_reading(digits: str, home: str) -> Recipient | None:
    """The number of the region `home` that `digits` are without its country code, or None.

    Only an assigned one, written as people there do: landlines of any length with the prefix of
    national calls (the 0 in 030 901820). Otherwise many foreign numbers would be German landlines.
    """
    if not home:
        return None
    try:
        number = phonenumbers.parse(digits, home)
        read = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
        at_home = describe(read)
    except (phonenumbers.NumberParseException, RecipientError):
        return None
    is_of_home = number.country_code == phonenumbers.country_code_for_region(home)
    if read == digits or not is_of_home or not at_home.is_assigned:
        return None
    if at_home.kind == "landline" and not digits.startswith(_landline_prefix(home)):
        return None
    return at_home.with_note(_AT_HOME)


def _landline_prefix(region: str) -> str:
    """The prefix of national calls, where landlines differ in length by more than a digit."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    lengths = metadata.fixed_line.possible_length if metadata and metadata.fixed_line else ()
    prefix = phonenumbers.ndd_prefix_for_region(region, True) or ""
    return prefix if len(lengths) > _MAX_LANDLINE_LENGTHS else ""


def _refuse_impossible(number: phonenumbers.PhoneNumber) -> None:
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


def describe(digits: str) -> Recipient:
    """The recipient with these digits, which start with the country code.

    Raises `RecipientError`: `no_such_country`, `too_short`, `too_long`, `impossible`.
    """
    today = without_mexican_1(digits)
    if today != digits:
        return describe(today).with_note("mexico_1_removed")
    if len(digits) < MIN_DIGITS:
        raise RecipientError("too_short")
    if len(digits) > MAX_DIGITS:
        raise RecipientError("too_long")
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        raise RecipientError("no_such_country") from None
    _refuse_impossible(number)
    read = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    if read != digits:
        # The digits sent have to be the digits shown: +44 (0)20 … has no 0 after the 44.
        code = str(number.country_code)
        had_zero = digits.removeprefix(code).lstrip("0") == read.removeprefix(code)
        shown = describe(read)
        return shown.with_note("zero_removed" if had_zero else "national_digits_replaced")
    return Recipient(
        digits=digits,
        formatted=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
        region=phonenumbers.region_code_for_number(number)
        or phonenumbers.region_code_for_country_code(number.country_code or 0),
        is_assigned=phonenumbers.is_valid_number(number),
        kind=KINDS.get(phonenumbers.number_type(number), ""),
    )


def in_national_form(typed: str, calling_codes: Iterable[int]) -> list[Recipient]:
    """The recipients that `typed` stands for as a national number: one per matching calling code.

    "098765 43210" is a national number. The result is empty if `typed` starts with + or 00: that is
    an international number, see `clean`. libphonenumber decides whether a leading 0 is part of the
    number (Italy), a prefix for national calls only (India, the United Kingdom), or not in use
    (Singapore).
    """
    try:
        text = number_text.read(typed)
    except RecipientError:
        return []
    is_of_usual_length = _MIN_NATIONAL_DIGITS <= len(text.digits) <= MAX_DIGITS + 1
    if text.is_international or not is_of_usual_length:
        return []
    by_digits = {}
    for code in calling_codes:
        try:
            number = phonenumbers.parse(
                text.digits, phonenumbers.region_code_for_country_code(code)
            )
            read = clean(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        except (phonenumbers.NumberParseException, RecipientError):
            continue
        by_digits[read.digits] = read
    return list(by_digits.values())


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
