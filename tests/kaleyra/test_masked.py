"""Numbers with hidden digits, as the console and other tools show them."""

import pytest

from invocations.kaleyra import recipients
from invocations.kaleyra.masked import find_masked, read_masked


@pytest.mark.parametrize(
    ("text", "last_four", "calling_code"),
    [
        ("+91 ••••• •3202", "3202", 91),
        ("  +91 ••••• •3202 ", "3202", 91),
        ("+54 9 •• ••••-6503", "6503", 54),
        ("…3202", "3202", None),
        ("...3202", "3202", None),
        ("XXXX3202", "3202", None),
        ("xxx-xxx-3202", "3202", None),
        ("+1 (***) ***-3202", "3202", 1),
        ("+91 *****43202", "3202", 91),
        ("##3202", "3202", None),
    ],
)
def test_a_mask_tells_its_last_four_digits_and_its_country(text, last_four, calling_code):
    assert read_masked(text) == (last_four, calling_code)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3202",
        "919876543202",
        "+91 98765 43202",
        "9196208XXX",
        "•••",
        "•202",
        "TCK-3202",
        "#3202",
        "+1 415 555 2671 x3202",
    ],
)
def test_anything_else_is_no_mask(text):
    assert read_masked(text) is None


@pytest.mark.parametrize("digits", ["919876543202", "14155552671", "5491123456503", "6591234567"])
def test_the_consoles_own_mask_is_read(digits):
    masked = recipients.mask(recipients.describe(digits).formatted)
    read = read_masked(masked)
    assert read and read.last_four == digits[-4:]
    assert read.calling_code and digits.startswith(str(read.calling_code))


@pytest.mark.parametrize("text", ["." * 100_000, "x." * 50_000, "1" * 100_000, "+…" * 50_000])
def test_a_long_text_is_answered_at_once(text):
    assert read_masked(text + "a") is None


@pytest.mark.parametrize("typed", ["+91 ••••• •3202", "…3202", "XXXX3202", "+91 98••• •3202"])
def test_a_mask_is_refused_as_a_number_with_a_reason_of_its_own(typed):
    with pytest.raises(recipients.RecipientError, match="masked"):
        recipients.clean(typed)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("To: +91 ••••• •3202 / +44 •••• ••0958", ("3202", 91)),
        ("Order delayed to +54 9 •• ••••-6503", ("6503", 54)),
        ("+91 ••••• •3202 India", ("3202", 91)),
        ("T-4711, +1 •••-•••-3202, 14:05", ("3202", 1)),
        ("any number ending 3202", ("3202", None)),
        ("ends in ٣٢٠٢", ("3202", None)),
        ("+91\u00a0•••••\u202f•3202", ("3202", 91)),
        ("XXXX3202", ("3202", None)),
    ],
)
def test_a_mask_is_found_in_a_copied_line(line, found):
    assert find_masked(line) == found


@pytest.mark.parametrize("line", ["T-4711", "spending 3202 Euro", "ending 32021", "••• 12", "… 1"])
def test_other_lines_have_no_mask(line):
    assert find_masked(line) is None
