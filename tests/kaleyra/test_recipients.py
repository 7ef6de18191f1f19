"""A typed number becomes the digits Kaleyra wants, or a reason why not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.recipients import (
    RecipientError,
    calling_code,
    clean,
    country,
    describe,
    in_national_form,
    mask,
)

INDIAN = "919876543210"


@pytest.mark.parametrize(
    "typed",
    [
        "919876543210",
        "+919876543210",
        "00919876543210",
        "+91 98765 43210",
        "+91-98765-43210",
        "(+91) 98765.43210",
        "91/98765/43210",
        "\t+91 98765 43210\n",
        "+91\u00a098765\u00a043210",
        "+91‑98765–43210",
        "\u202a+91 98765 43210\u202c",
        "\ufeff+91\u200b98765\u200d43210",
        "+91 (0) 98765 43210",
        "+91 098765 43210",
    ],
)
def test_a_number_is_read_as_people_and_spreadsheets_write_it(typed: str) -> None:
    assert clean(typed).digits == INDIAN


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "empty"),
        (" \u200b-()", "empty"),
        ("9.19877E+11", "spreadsheet"),
        ("9,19877E+11", "spreadsheet"),
        ("9e11", "spreadsheet"),
        ("+", "not_digits"),
        ("++919876543210", "plus"),
        ("91987654321O", "not_digits"),
        ("919876543210, 919876543211", "several_numbers"),
        ("919876543210;ext=1", "extension"),
        ("91987654321²", "not_digits"),
        ("919876543210\0", "not_digits"),
        ("=919876543210", "not_digits"),
        ("-1e999", "not_digits"),
        ("09876543210", "no_country"),
        ("+0919876543210", "no_country"),
        ("000919876543210", "no_country"),
        ("9198765", "too_short"),
        ("91987654", "too_short"),
        ("911234567", "too_short"),
        ("+1 253 0000", "too_short"),
        ("+1 415 555 01234", "too_long"),
        ("9" * 16, "too_long"),
        ("9" * 100_000, "too_long"),
        ("43000000", "too_short"),
        ("999123456789", "no_such_country"),
        ("210123456789", "no_such_country"),
    ],
)
def test_a_number_that_cannot_be_sent_to_is_refused_with_a_reason(typed: str, code: str) -> None:
    with pytest.raises(RecipientError) as refused:
        clean(typed)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("typed", "digits", "formatted"),
    [
        ("+44 (0)20 7946 0018", "442079460018", "+44 20 7946 0018"),
        ("+49 (0)30 901820", "4930901820", "+49 30 901820"),
        ("+39 06 1234 5678", "390612345678", "+39 06 1234 5678"),
        ("+54 11 15 1234 5678", "5491112345678", "+54 9 11 1234-5678"),
    ],
)
def test_the_sample_digits_sent_are_the_digits_shown(
    typed: str, digits: str, formatted: str
) -> None:
    recipient = clean(typed)
    assert (recipient.digits, recipient.formatted) == (digits, formatted)


@pytest.mark.parametrize(
    ("typed", "notes"),
    [
        ("+44 (0)20 7946 0018", ("zero_removed",)),
        ("+91 098765 43210", ("zero_removed",)),
        ("+91 98765 43210", ()),
        ("+39 06 1234 5678", ()),
    ],
)
def test_what_reading_changed_is_noted(typed: str, notes: tuple[str, ...]) -> None:
    assert clean(typed).notes == notes


@given(st.integers(10**7, 10**15 - 1))
def test_the_digits_sent_are_always_the_digits_shown(number: int) -> None:
    try:
        recipient = clean(str(number))
    except RecipientError:
        return
    assert "".join(filter(str.isdigit, recipient.formatted)) == recipient.digits
    assert clean(recipient.digits) == describe(recipient.digits) == recipient
    assert clean(recipient.formatted) == recipient


@given(
    st.text(st.sampled_from("+0123456789 ().-/eE,\u200b\u0669x"), max_size=20)
    | st.text(max_size=30)
)
def test_any_text_is_8_to_15_ascii_digits_or_a_reason(typed: str) -> None:
    try:
        digits = clean(typed).digits
    except RecipientError:
        return
    assert digits.isascii()
    assert digits.isdigit()
    assert 8 <= len(digits) <= 15


def test_a_hostile_text_is_refused_quickly() -> None:
    begun = time.thread_time()
    for evil in ("9" * 50_000, "9" * 50_000 + "E", "-" * 50_000, "9." * 25_000, "+" * 50_000):
        with pytest.raises(RecipientError):
            clean(evil)
    assert time.thread_time() - begun < 0.5


def test_a_number_has_a_country_and_may_be_unassigned() -> None:
    assert (clean("+91 98765 43210").region, clean("+91 98765 43210").is_assigned) == ("IN", True)
    assert (clean("+1 000 000 0000").region, clean("+1 000 000 0000").is_assigned) == ("US", False)


@pytest.mark.parametrize(
    ("region", "language", "name"),
    [
        ("IN", "en", "India"),
        ("DE", "de", "Deutschland"),
        ("IN", "pt-br", "Índia"),
        ("IN", "nonsense", "India"),
        ("001", "en", "world"),
        ("??", "en", "??"),
    ],
)
def test_a_country_has_its_name_in_the_readers_language(
    region: str, language: str, name: str
) -> None:
    assert country(region, language) == name


@pytest.mark.parametrize(
    ("formatted", "masked"),
    [
        ("+91 98765 43210", "+91 ••••• •3210"),
        ("+1 415-555-0123", "+1 •••-•••-0123"),
        ("+44 20 7946 0018", "+44 •• •••• 0018"),
        ("+919876543210", "+9 •••••••3210"),
    ],
)
def test_a_masked_number_shows_country_and_last_four(formatted: str, masked: str) -> None:
    assert mask(formatted) == masked


@given(st.from_regex(r"\A91[6-9][0-9]{9}\Z"))
def test_a_mask_hides_all_but_the_last_four(digits: str) -> None:
    masked = mask(describe(digits).formatted)
    assert [c for c in masked if c.isdigit()] == list("91" + digits[-4:])
    assert masked.count("•") == 6


@pytest.mark.parametrize(
    ("typed", "codes", "digits"),
    [
        ("098765 43210", [91], ["919876543210"]),
        ("98765-43210", [91], ["919876543210"]),
        ("(07700) 900123", [44, 1], ["447700900123"]),
        ("06 1234 5678", [39], ["390612345678"]),
        ("(415) 555-0123", [1], ["14155550123"]),
        ("1 415 555 0123", [1], ["14155550123"]),
        ("9123 4567", [65, 44], ["6591234567"]),
        ("98765 43210", [91, 1], ["919876543210", "19876543210"]),
        ("+91 98765 43210", [44], []),
        ("0091 98765 43210", [44], []),
        ("CARE-98765 43210", [91], []),
        ("98765 43210", [9, 999], []),
        ("3210", [91], []),
        ("9" * 99, [91], []),
        ("", [91], []),
    ],
)
def test_a_national_number_is_read_for_each_country_that_is_named(
    typed: str, codes: list[int], digits: list[str]
) -> None:
    assert [read.digits for read in in_national_form(typed, codes)] == digits


@given(st.text(alphabet="0123456789+-() ", max_size=40))
def test_any_text_is_read_in_national_form_without_an_error(typed: str) -> None:
    for read in in_national_form(typed, [91, 44, 1, 39, 49]):
        assert clean(read.digits).digits == read.digits


def test_the_calling_code_of_a_masked_number_is_found_where_possible() -> None:
    assert [
        calling_code(masked)
        for masked in ("+91 ••••• •3210", "+1 •••-•••-0123", "+9 ••• 1", "", "… 0001")
    ] == [91, 1, 9, None, None]
