"""Numbers of another country, and numbers that take no messages."""

import random

import phonenumbers
import pytest

from invocations.composing.number_warnings import of_home_country, of_kinds
from invocations.kaleyra.home_country import guessed_from_pod, is_region, regions_by_name
from invocations.kaleyra.recipients import KINDS, RecipientError, clean

NEW_ZEALAND = "+64 4 309 4727"
"""Typed without +, its digits are an Indian mobile number, too."""


def test_a_number_of_the_home_country_has_no_caution():
    assert not list(of_home_country([clean("+91 98765 43210")], "IN"))


def test_without_a_home_country_no_number_is_foreign():
    assert not list(of_home_country([clean(NEW_ZEALAND)], ""))


def test_a_foreign_number_is_named_with_its_country():
    [finding] = of_home_country([clean("+44 7700 900123")], "IN")
    assert (finding.code, finding.blocks, finding.asks) == ("not_home_country", False, False)
    assert "United Kingdom" in finding.text and "India" in finding.text


def test_digits_that_are_both_name_both_and_have_to_be_acknowledged():
    [finding] = of_home_country([clean("6443094727", "IN")], "IN")
    assert finding.asks and finding.facts["home_number"].digits == "916443094727"
    assert all(word in finding.text for word in ["New Zealand", "India", "4727"])


def test_the_caution_shows_no_full_number():
    [finding] = of_home_country([clean("6443094727", "IN")], "IN")
    assert "6443" not in finding.text and "309" not in finding.text
    assert "6443094727" not in str(finding.as_json()) + repr(finding)


def test_two_foreign_numbers_are_acknowledged_apart():
    both = [clean("6443094727", "IN"), clean("6443094728", "IN")]
    assert [finding.token for finding in of_home_country(both, "IN")] == [
        "not_home_country:1",
        "not_home_country:2",
    ]


def test_a_number_of_no_country_is_called_international():
    [finding] = of_home_country([clean("+800 1234 5678")], "IN")
    assert "an international number" in finding.text


def random_mobiles(region, count):
    """Valid mobile numbers of the region, as E.164 digits, seeded."""
    chance = random.Random(region)
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    length, found = len(str(example.national_number)), 0
    while found < count:
        national = chance.randrange(10 ** (length - 1), 10**length)
        number = phonenumbers.PhoneNumber(example.country_code, national)
        if phonenumbers.number_type(number) in (1, 2) and (
            phonenumbers.region_code_for_number(number) == region
        ):
            found += 1
            yield number


def leaves_unsaid(number, typed, region):
    """Whether `typed` would go to another number than this one without a caution or a refusal."""
    try:
        read = clean(typed, region)
    except RecipientError:
        return False
    if read.digits == f"{number.country_code}{number.national_number}":
        return "home_code_added" not in read.notes
    return not any(finding.asks for finding in of_home_country([read], region))


@pytest.mark.parametrize(
    ("region", "count"),
    [("IN", 20_000), *((region, 500) for region in ("SG", "US", "IT", "DE", "MX", "BR", "GB"))],
)
def test_no_number_without_its_country_code_leaves_unsaid(region, count):
    for number in random_mobiles(region, count):
        assert not leaves_unsaid(number, str(number.national_number), region), number


@pytest.mark.parametrize("region", ["IN", "DE", "GB", "IT", "SG", "US", "MX", "BR", "FR", "JP"])
def test_a_mobile_number_as_people_at_home_write_it_is_read(region):
    for number in random_mobiles(region, 50):
        style = phonenumbers.PhoneNumberFormat.NATIONAL
        typed = phonenumbers.format_number(number, style)
        assert not leaves_unsaid(number, typed, region), typed


@pytest.mark.parametrize(
    ("typed", "home", "digits"),
    [
        ("098765 43210", "IN", "919876543210"),
        ("9876543210", "IN", "919876543210"),
        ("8012345678", "IN", "918012345678"),
        ("9876543210.0", "IN", "919876543210"),
        ("0176 12345678", "DE", "4917612345678"),
        ("030/901820", "DE", "4930901820"),
        ("347 123 4567", "IT", "393471234567"),
        ("06 698 12345", "IT", "390669812345"),
        ("4304350377", "IT", "394304350377"),
        ("(415) 555-2671", "US", "14155552671"),
        ("9123 4567", "SG", "6591234567"),
    ],
)
def test_the_national_form_is_read_where_it_can_only_be_that(typed, home, digits):
    read = clean(typed, home)
    assert read.digits == digits and "home_code_added" in read.notes


@pytest.mark.parametrize(
    ("typed", "home", "digits"),
    [
        ("+6443094727", "IN", "6443094727"),
        ("919876543210", "DE", "919876543210"),
        ("551187654321", "DE", "551187654321"),
        ("15123456789", "DE", "15123456789"),
        ("919876543210", "IN", "919876543210"),
        ("41555526711", "US", "41555526711"),
        ("91 098765 43210", "IN", "919876543210"),
        ("43 (0)664 1234567", "IN", "436641234567"),
    ],
)
def test_a_number_that_has_its_country_code_keeps_it(typed, home, digits):
    read = clean(typed, home)
    assert read.digits == digits and "home_code_added" not in read.notes


@pytest.mark.parametrize("home", ["IN", "US", "SG", "DE", "MX"])
@pytest.mark.parametrize("typed", ["90 212 309 35 89", "212 6 50 14 37 93", "998 66 955 11 08"])
def test_a_grouped_foreign_number_is_not_cut_where_a_number_at_home_would_end(typed, home):
    assert clean(typed, home).digits == typed.replace(" ", "")


@pytest.mark.parametrize("typed", ["+9876543210", "009876543210", "98765", "9876543210 2"])
def test_with_a_plus_or_with_digits_missing_nothing_is_read_into_it(typed):
    with pytest.raises(RecipientError):
        clean(typed, "IN")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("912223456789", "landline"),
        ("+44 20 7946 0958", "landline"),
        ("+800 1234 5678", "toll_free"),
        ("+1 800 234 5678", "toll_free"),
        ("+44 909 879 0000", "premium"),
        ("+49 180 5123456", "shared_cost"),
        ("3934712345670", "voicemail"),
    ],
)
def test_a_number_that_takes_no_messages_has_a_caution(typed, code):
    [finding] = of_kinds([clean(typed)] * 2)
    assert (finding.code, finding.blocks, finding.asks) == (code, False, False)
    assert "usually do not arrive" in finding.text
    assert clean(typed).digits[:-4] not in finding.text


@pytest.mark.parametrize("typed", ["919876543210", "+1 415 555 2671", "+91 11111 11111"])
def test_a_mobile_number_a_number_that_may_be_one_and_an_unassigned_one_have_none(typed):
    assert not list(of_kinds([clean(typed)]))


def test_every_kind_of_libphonenumber_has_a_name():
    types = set(phonenumbers.PhoneNumberType.values()) - {phonenumbers.PhoneNumberType.UNKNOWN}
    assert types == set(KINDS)


def test_the_home_country_is_guessed_from_the_pod():
    guesses = [guessed_from_pod(pod) for pod in ["IN", "SG", "NA", "EU", "PRACTICE"]]
    assert guesses == ["IN", "SG", "US", "", ""]


def test_regions_are_named_and_sorted():
    regions = regions_by_name()
    assert ("IN", "India") in regions and regions[0][1] == "Afghanistan"
    assert is_region("IN") and not any(map(is_region, ["ZZ", "in", "001", ""]))
