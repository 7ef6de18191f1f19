"""Which places ask for the same value, and which value each place takes."""

import pytest

from invocations.composing.template_fields import TemplateField
from invocations.composing.value_sources import sources_of
from invocations.models import Parameter

HEADER = "#param_header#"
HEADER_FIELD = "value1-_23_param_5f_header_23_"


def place(key, label="", by_position=True, **words):
    return TemplateField(key, by_position, label or key, Parameter(key=key, label=label, **words))


def by_name(first, second=()):
    return sources_of([first, second] if second else [first]).by_name


def test_a_header_with_the_label_of_the_text_takes_its_value():
    asked = [place("01", "First name"), place("02", "Order number"), place(HEADER, "order  Number")]
    assert by_name(asked) == {HEADER_FIELD: "value1-02"}


def test_places_without_a_label_are_typed_one_by_one():
    assert by_name([place("01"), place("02"), place(HEADER)]) == {}


def test_the_second_channel_takes_what_has_the_same_label_also_under_another_key():
    first = [place("01", "First name"), place("02", "Order number")]
    second = [place("01", "Order number"), place("02", "First name")]
    assert by_name(first, second) == {"value2-01": "value1-02", "value2-02": "value1-01"}


@pytest.mark.parametrize(
    ("first", "second", "shares"),
    [
        (place("01"), place("01"), True),
        (place("01", "Day"), place("01", "Day"), True),
        (place("01", "Day"), place("01", "Order"), False),
        (place("01", "Day"), place("01"), False),
        (place("name", "Name", by_position=False), place("name", by_position=False), True),
        (place("name", "Name", by_position=False), place("name", "Day", by_position=False), False),
    ],
)
def test_the_same_key_is_the_same_value_unless_the_labels_tell_it_apart(first, second, shares):
    assert bool(by_name([first], [second])) == shares


@pytest.mark.parametrize(
    "words", [{"is_sensitive": True}, {"choices": "a\nb"}, {"default": "KF-1"}]
)
def test_one_input_is_not_for_places_that_look_different(words):
    assert by_name([place("01", "Order"), place(HEADER, "Order", **words)]) == {}


def test_a_place_that_may_stay_empty_takes_nothing_by_its_label():
    optional = place("extra", "Order", by_position=False, required=False)
    assert by_name([place("01", "Order"), optional]) == {}


def test_the_header_of_the_second_channel_follows_its_own_text_first():
    """SMS first, then WhatsApp with the order number in text and header."""
    sources = sources_of(
        [[place("01", "Order")], [place("01", "Order"), place(HEADER, "Order")]],
    )
    header = HEADER_FIELD.replace("1", "2", 1)
    assert sources.root(header) == "value1-01"
    typed = {"value1-01": "KF-1", "value2-01": "KF-2"}.get
    assert sources.typed_in(header, typed, same=True) == "value1-01"
    assert sources.typed_in(header, typed, same=False) == "value2-01"


@pytest.mark.parametrize(
    ("own", "same", "taken_from"),
    [
        ("", True, "value1-01"),
        ("KF-2", True, "value1-01"),
        ("", False, "value1-01"),
        ("KF-2", False, "value2-01"),
    ],
)
def test_an_empty_place_takes_the_value_of_the_first_channel(own, same, taken_from):
    sources = sources_of([[place("01")], [place("01")]])
    typed = {"value1-01": "KF-1", "value2-01": own}.get
    assert sources.typed_in("value2-01", typed, same=same) == taken_from


def test_an_optional_place_of_its_own_channel_stays_empty():
    words = {"by_position": False, "required": False}
    sources = sources_of([[place("name", **words)], [place("name", **words)]])
    typed = {"value1-name": "Asha"}.get
    assert sources.typed_in("value2-name", typed, same=False) == "value2-name"
    assert sources.typed_in("value2-name", typed, same=True) == "value1-name"
