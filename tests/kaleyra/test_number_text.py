"""Only what people group digits with may vanish from a typed number."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.number_text import RecipientError, consists_of_digits, read
from invocations.kaleyra.recipients import clean

INDIAN, ITALIAN = "919876543210", "393471234567"


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("393471234567.0", ITALIAN),
        ("919876543210.00", INDIAN),
        ("919876543210.00000", INDIAN),
        ("919876543210,0", INDIAN),
        ("+393471234567.0", ITALIAN),
        ("'393471234567.0", ITALIAN),
        ("00919876543210.0", INDIAN),
    ],
)
def test_the_zero_that_a_spreadsheet_adds_is_taken_off_and_said(typed: str, digits: str) -> None:
    assert (clean(typed).digits, clean(typed).notes) == (digits, ("tail_removed",))


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("9198765432 10", INDIAN),
        ("+91.98765.43210", INDIAN),
        ("0091.98765.43210", INDIAN),
        ("919.876.543.210", INDIAN),
        ("919876543210.", INDIAN),
        ("+39.347.1234567", ITALIAN),
        ("+33.6.12.34.56.78", "33612345678"),
        ("+49/176/12345678", "4917612345678"),
        ("+49 176/12345678", "4917612345678"),
        ("0049 33056/12345", "493305612345"),
        ("+1 (415) 555-2671", "14155552671"),
        ("+44 (0)20 7946 0958", "442079460958"),
        ("+353 (0) 86 123 4567", "353861234567"),
        ("[+91] 98765 43210", INDIAN),
        ("(+91 98765 43210)", INDIAN),
        ("+49 30 901820-12", "493090182012"),
        ("+62 812-3456-7890", "6281234567890"),
    ],
)
def test_what_groups_digits_vanishes(typed: str, digits: str) -> None:
    assert clean(typed).digits == digits


@pytest.mark.parametrize(
    "typed",
    [
        "+1\ufe0d-415-555-2671",
        "+1\u00ad415\u2212555\uff0d2671",
        "\uff0b1 415 555 2671",
        "\u2066+1~415~555~2671\u2069",
        "+\u0967 \u096a\u0967\u096b \u096b\u096b\u096b \u0968\u096c\u096d\u0967",
        "+١ ٤١٥ ٥٥٥ ٢٦٧١",
        "＋１（４１５）５５５−２６７１",
        "\ufeff+1\u3000415\u2009555\u30fc2671",
        "+1 415 555 2671\U000e0020",
        "tel:+1-415-555-2671",
        "TEL: +1 415 555 2671",
        "whatsapp:+14155552671",
        "‘+1 415 555 2671",
        "https://wa.me/14155552671",
        "wa.me/14155552671?text=Hello%202",
    ],
)
def test_unseen_characters_and_signs_of_any_script_are_read(typed: str) -> None:
    assert clean(typed).digits == "14155552671"


@pytest.mark.parametrize(
    ("typed", "code", "seen"),
    [
        ("919876543210.5", "decimal", ".5"),
        ("919876543210.0.0", "decimal", ".0"),
        ("919876543210. 5", "decimal", ".5"),
        ("393471234567,50", "decimal", ",50"),
        ("9198765432.10", "decimal", ".10"),
        ("+91 98765 43210.0", "decimal", ".0"),
        ("49176123.0000", "decimal", ".0000"),
        ("919876543210.1234", "tail", "1234"),
        ("919,876,543,210", "comma", ""),
        ("91 98765 43210,", "comma", ""),
        ("+91 98765 43210/11", "slash", "/11"),
        ("+91 98765 43210 / 11", "slash", "/11"),
        ("+91 98765 123/456", "slash", "/456"),
        ("+49 30 901820/21/22", "slash", "/21/22"),
        ("91 98765 43210 /", "slash", "/"),
        ("+91 98765 43210 (2)", "brackets", "(2)"),
        ("919876543210[2]", "brackets", "(2)"),
        ("+91 (98765 43210", "brackets", ""),
        ("+91 98765) 43210", "brackets", ""),
        ("+1 ((415)) 555 2671", "brackets", ""),
        ("+1 () 415 555 2671", "brackets", ""),
        ("+1 415 555 2671 x123", "extension", ""),
        ("+1 415 555 2671 Ext. 123", "extension", ""),
        ("+1 415 555 2671 #5", "extension", ""),
        ("919876543210 / 919876543211", "several_numbers", ""),
        ("919876543210/919876543211", "several_numbers", ""),
        ("919876543210 919876543211", "several_numbers", ""),
        ("919876543210 or 919876543211", "several_numbers", ""),
        ("919876543210;919876543211", "several_numbers", ""),
        ("919876543210\r\n919876543211", "several_numbers", ""),
        ("919876543210\u2028919876543211", "several_numbers", ""),
        ("+919876543210+919876543211", "several_numbers", ""),
        ("919876543210 & 919876543211", "several_numbers", ""),
        ("+91 98765\n43210", "line_break", ""),
        ("91+9876543210", "plus", ""),
        ("919876543210+", "plus", ""),
        ("+91+98765 43210", "plus", ""),
        ("919876543210-2", "tail", "2"),
        ("919876543210 2", "tail", "2"),
        ("919876543210\t2", "tail", "2"),
        ("+91 98765 43210 - 3", "tail", "3"),
        ("393471234567 0", "tail", "0"),
        ("+39 347 1234567 12", "tail", "12"),
        ("919876543210 123 456", "tail", "12345"),
        ("-919876543210", "not_digits", ""),
        (".919876543210", "not_digits", ""),
        ("919876543210:1", "not_digits", ""),
        ("919876543210*2", "not_digits", ""),
        ("919876543210%", "not_digits", ""),
        ("Mob: +91 98765 43210", "not_digits", ""),
        ("wa.me/message/ABC", "not_digits", ""),
        ("9.1987654321E11", "spreadsheet", ""),
        ("9.19E + 11", "spreadsheet", ""),
    ],
)
def test_what_carries_a_meaning_is_refused_with_what_was_seen(
    typed: str, code: str, seen: str
) -> None:
    with pytest.raises(RecipientError) as refused:
        clean(typed)
    assert (refused.value.code, refused.value.seen) == (code, seen)


@given(
    st.sampled_from([INDIAN, ITALIAN, "14155552671", "4915123456789", "6591234567"]),
    st.text(st.sampled_from(" .,/()[]-_:;#*|&+x\t\n\u00a0\u2013"), min_size=1, max_size=3),
    st.from_regex(r"\A[0-9]{1,3}\Z"),
    st.sampled_from(["", ")", " ", "."]),
)
def test_more_digits_after_a_complete_number_never_make_another(
    number: str, sign: str, tail: str, after: str
) -> None:
    try:
        found = clean(f"{number}{sign}{tail}{after}")
    except RecipientError:
        return
    assert found.digits == number
    assert found.notes == ("tail_removed",)


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


@pytest.mark.parametrize("type_", ["FIXED_LINE", "MOBILE"])
def test_what_libphonenumber_writes_is_read_back(type_: str) -> None:
    kind = getattr(phonenumbers.PhoneNumberType, type_)
    for region in REGIONS:
        number = phonenumbers.example_number_for_type(region, kind)
        digits = number and phonenumbers.format_number(number, 0).removeprefix("+")
        if number and len(digits) >= 8:
            for style in (1, 3):
                assert clean(phonenumbers.format_number(number, style)).digits == digits


@pytest.mark.parametrize(
    ("typed", "is_one"),
    [
        ("98765 43210", True),
        ("+91 98765 43210 (2)", True),
        ("9.19E+11", True),
        ("٩٨٧٦٥", True),
        ("KF-20418", False),
        ("1234", False),
        ("", False),
    ],
)
def test_a_text_of_digits_and_signs_is_probably_meant_as_a_number(typed: str, is_one: bool) -> None:
    assert consists_of_digits(typed) is is_one


def test_groups_are_kept_in_their_order() -> None:
    text = read("+49 (0)30/901820")
    assert (text.groups, text.is_international) == (("49", "0", "30", "901820"), True)
    assert read("00 49 30").groups == ("49", "30")
