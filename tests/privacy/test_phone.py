"""A phone's number is found in any spelling, and the quick look before never misses it."""

from __future__ import annotations

import pytest

from invocations.privacy.phone import Phone

PHONE = Phone("919812345067")


@pytest.mark.parametrize(
    "text",
    [
        "call 98123 45067 today",
        '{"to":"+91-98123-45067","id":"7"}',
        "order 12, ring (0)98123/45067",
        "98123%34%35067",
        "98123%2045067",
        r"981234506\u0037",
        "98123&#160;45067",
        "९८१२३४५०६७",
        "९8123 45067",
    ],
)
def test_a_spelling_of_the_number_is_found(text: str) -> None:
    assert PHONE.is_in(text)


@pytest.mark.parametrize("text", ["+55 31 98765-4202", "+55 31 8765 4202"])
@pytest.mark.parametrize("digits", ["5531987654202", "553187654202"])
def test_a_phone_of_two_numbers_is_found_by_either(digits: str, text: str) -> None:
    assert Phone(digits).is_in(text)


@pytest.mark.parametrize("text", ["", "98123 45068", "2345067", "98123 and later 45067", "é 12"])
def test_other_digits_are_not_the_number(text: str) -> None:
    assert not PHONE.is_in(text)
