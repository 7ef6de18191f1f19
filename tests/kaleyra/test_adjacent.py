"""Places side by side: which they are, and how one value is split over them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.adjacent import adjacent_keys, split_value
from invocations.kaleyra.characters import is_visible
from invocations.kaleyra.template_params import ChannelKind


def runs(text: str, **options: bool) -> list[tuple[str, ...]]:
    return adjacent_keys(text, ChannelKind.SMS, **options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dear {#var#}{#var#}", [("01", "02")]),
        ("{#var#}{#var#}{#var#} {#var#}", [("01", "02", "03")]),
        ("{#var#}, {#var#}{#var#} of {#var#}{#var#}", [("02", "03"), ("04", "05")]),
        ("{#var#} {#var#}", []),
        ("{#var#}{#numeric#}{#var#}", []),
        ("{#var#}{{2}}", []),
        ("{#var#}{#var#} {{2}}", []),
        ("{name}{name}", []),
        ("", []),
    ],
)
def test_a_run_is_of_var_places_with_nothing_between(text, expected):
    assert runs(text) == expected


def test_the_place_of_the_verification_code_is_in_no_run():
    assert runs("{#var#}{#var#}", otp=True) == []
    assert runs("{#var#}{#var#}{#var#}", otp=True) == [("01", "02")]


def test_whatsapp_has_none():
    assert adjacent_keys("{#var#}{#var#}", ChannelKind.WHATSAPP) == []


@pytest.mark.parametrize(
    ("value", "places", "pieces"),
    [
        ("Asha", 2, ["Ash", "a"]),
        ("Asha Rao", 2, ["Asha Ra", "o"]),
        ("As", 2, ["A", "s"]),
        ("A B", 2, ["A ", "B"]),
        ("x" * 43, 2, ["x" * 30, "x" * 13]),
        ("x" * 60, 2, ["x" * 30, "x" * 30]),
        ("x" * 65, 2, ["x" * 30, "x" * 35]),
        ("x" * 29 + " " + "y" * 10, 2, ["x" * 28, "x " + "y" * 10]),
        ("A", 2, None),
        ("A ", 2, None),
        ("A\u200b", 2, None),
        ("AB", 3, None),
        ("", 2, None),
    ],
)
def test_a_value_fills_every_place(value, places, pieces):
    assert split_value(value, places) == pieces


def test_no_word_loses_its_blank_if_the_pieces_are_trimmed():
    value = "Sri Venkata Subramanian Raghavan Iyer of Mysuru"
    pieces = split_value(value, 2)
    assert "".join(piece.strip() for piece in pieces) == value


def test_a_letter_keeps_its_marks_and_an_emoji_its_parts():
    value = "क" * 28 + "श" + "क्षि" * 5
    for piece in split_value(value, 2):
        assert not piece.startswith(("\u094d", "\u093f"))
    family = "x" * 27 + "👨\u200d👩\u200d👧 home"
    assert all(not piece.startswith("\u200d") for piece in split_value(family, 2))


@given(st.text(min_size=1, max_size=100), st.integers(min_value=2, max_value=4))
def test_the_customer_reads_exactly_what_was_typed(value, places):
    pieces = split_value(value, places)
    if pieces is None:
        return
    assert "".join(pieces) == value and len(pieces) == places
    if len(value) <= 30 * places:
        assert all(len(piece) <= 30 and is_visible(piece) for piece in pieces)


@given(st.text("abc ", min_size=4, max_size=120).map(str.strip), st.integers(2, 4))
def test_a_value_with_enough_letters_can_always_be_split(value, places):
    letters = sum(char != " " for char in value)
    assert (split_value(value, places) is not None) == (letters >= places) or len(value) > 30 * 3
