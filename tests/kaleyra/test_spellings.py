"""The digits that stand for one phone, and the number of today among them."""

import pytest

from invocations.kaleyra import recipients
from invocations.kaleyra.spellings import canonical, spellings

TWO_FORMS = [
    ("525512345678", "5215512345678"),
    ("523312345678", "5213312345678"),
    ("5491123456789", "541123456789"),
    ("5493434567890", "543434567890"),
    ("5531987654202", "553187654202"),
    ("5511961234567", "551161234567"),
]


@pytest.mark.parametrize(("today", "older"), TWO_FORMS)
def test_both_forms_stand_for_one_phone(today, older):
    assert spellings(today) == spellings(older) == (today, older)
    assert canonical(today) == canonical(older) == today


@pytest.mark.parametrize(
    "digits",
    [
        "919876543210",
        "14155552671",
        "551132654202",  # a landline in Sao Paulo: eight digits that begin with 2 to 5
        "5511934567890",  # without its first digit it would be a landline
        "551032654202",  # no area code of Brazil has a 0
        "521551234567",  # twelve digits: no 1 of the older plan
        "52155123456789",
        "5411234567",
        "549112345678",
        "",
    ],
)
def test_any_other_number_has_one_form(digits):
    assert spellings(digits) == (digits,)
    assert canonical(digits) == digits


@pytest.mark.parametrize(
    "typed", ["+52 1 55 1234 5678", "5215512345678", "0052 1 55 1234-5678", "+52 55 1234 5678"]
)
def test_a_mexican_number_is_read_with_and_without_the_1_that_whatsapp_asks_for(typed):
    assert recipients.clean(typed).digits == "525512345678"


@pytest.mark.parametrize("typed", ["+52 1 55 1234 56789", "+52 1 05 1234 5678", "52 2 55 12345678"])
def test_another_number_with_too_many_mexican_digits_is_refused(typed):
    with pytest.raises(recipients.RecipientError, match="too_long"):
        recipients.clean(typed)


@pytest.mark.parametrize("typed", ["+54 9 11 2345-6789", "+54 11 15 2345 6789"])
def test_the_15_of_argentinas_mobiles_becomes_the_9_of_calls_from_abroad(typed):
    assert recipients.clean(typed).digits == "5491123456789"
